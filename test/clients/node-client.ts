/** The same steps in this language, with the tests' own client: what `npm test` runs of all this. The steps: plan.ts. */
import { Client, type WireFrame } from '../contract/world.ts'
import type { Event, Plan, Step } from './plan.ts'

const plan = JSON.parse(process.argv[2] ?? '') as Plan
const say = (event: Event): void => console.log(JSON.stringify(event))
const messages: WireFrame[] = []
const waiting: WireFrame[] = []
const client = await Client.dial(plan.ports[0] ?? 0)
client.send('CONNECT', { 'accept-version': plan.version, ...plan.connect })
client.version = (await client.expect('CONNECTED')).headers.get('version') ?? ''
say({ event: 'connected', version: client.version })

/** Sends with a receipt; answers whether it came. Messages that come before it are kept. */
async function receipted(command: string, headers: Readonly<Record<string, string>>, body = ''): Promise<boolean> {
  client.send(command, { ...headers, receipt: 'r' }, body)
  for (;;) {
    const frame = await client.frame()
    if (frame.command === 'RECEIPT') return true
    if (frame.command === 'MESSAGE') waiting.push(frame)
    else {
      say({ event: 'error', message: frame.headers.get('message') ?? '' })
      return false
    }
  }
}

async function act(step: Step): Promise<void> {
  switch (step.do) {
    case 'send': {
      const headers = { destination: step.destination, ...step.headers }
      if (step.receipt !== true) return client.send('SEND', headers, step.body)
      if (await receipted('SEND', headers, step.body)) say({ event: 'receipt', body: step.body })
      return
    }
    case 'subscribe': {
      const { destination, id, ack, headers } = step
      const done = await receipted('SUBSCRIBE', { destination, id, ack, ...headers })
      return say({ event: done ? 'subscribed' : 'refused' })
    }
    case 'unsubscribe':
      return client.send('UNSUBSCRIBE', { id: step.id, ...step.headers })
    case 'take':
      for (let n = 0; n < step.count; n++) {
        const message = waiting.shift() ?? (await client.expect('MESSAGE'))
        messages.push(message)
        say({ event: 'message', body: message.body.toString(), headers: Object.fromEntries(message.headers) })
      }
      return
    case 'ack':
    case 'nack': {
      const { transaction } = step
      const id = messages[step.message]?.headers.get('ack') ?? ''
      return client.send(step.do.toUpperCase(), { id, ...(transaction !== undefined && { transaction }) })
    }
    case 'begin':
    case 'commit':
    case 'abort':
      return client.send(step.do.toUpperCase(), { transaction: step.transaction })
    case 'idle':
    case 'flood':
      throw new Error(`${step.do} is left to the foreign clients`)
    default:
      return step satisfies never
  }
}

for (const step of plan.steps) await act(step)
client.send('DISCONNECT')
await client.closed()
say({ event: 'done' })

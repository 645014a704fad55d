import { once } from 'node:events'
import { Client, type WireFrame } from '../contract/world.ts'
import type { Step } from './script.ts'

interface Connection {
  readonly number: number
  readonly version: string
  client: Client
  /** What came in this turn. */
  readonly frames: WireFrame[]
  /** MESSAGEs that may be acknowledged, in the order in which they are shown. */
  deliveries: WireFrame[]
}

/** One script with one broker: does steps, and shows what came, with all that may differ by right made equal. */
export class Talk {
  readonly #port: number
  readonly #name: string
  readonly #connections: Connection[] = []
  #barriers = 0

  constructor(port: number, name: string) {
    this.#port = port
    this.#name = name
  }

  async open(versions: readonly string[]): Promise<void> {
    for (const [number, version] of versions.entries())
      this.#connections.push({
        number,
        version,
        client: await this.#connect(number, version),
        frames: [],
        deliveries: [],
      })
  }

  close(): void {
    for (const { client } of this.#connections) client.destroy()
  }

  /** The client id is free when the broker is done with whoever had it before: it is asked again until then. */
  async #connect(number: number, version: string): Promise<Client> {
    for (;;) {
      const client = await Client.dial(this.#port)
      client.send('CONNECT', { 'accept-version': version, host: 'localhost', 'client-id': `${this.#name}-${number}` })
      const answer = await client.frame()
      client.version = version
      if (answer.command === 'CONNECTED') return client
      client.destroy()
    }
  }

  async act(step: Step): Promise<void> {
    const connection = this.#connections[step.c]!
    const { client, version } = connection
    if (step.command === 'DROP' || step.command === 'DISCONNECT') {
      if (step.command === 'DROP') client.destroy()
      else client.send('DISCONNECT')
      connection.client = await this.#connect(step.c, version)
      connection.deliveries = []
      return
    }
    const headers = step.headers.map(([name, value]) => [name, escaped(this.#filled(value), version)] as const)
    if (step.back !== undefined) headers.push(...this.#named(connection, step.back))
    if (step.command === 'UNSUBSCRIBE') {
      const id = step.headers.find(([name]) => name === 'id')?.[1]
      connection.deliveries = connection.deliveries.filter(message => message.headers.get('subscription') !== id)
    }
    client.send(step.command, Object.fromEntries(headers), step.body ?? '')
    await this.settle([connection])
  }

  /** What an ACK or NACK says of the delivery that lies so far back. */
  #named({ deliveries, version }: Connection, back: number): (readonly [string, string])[] {
    const message = deliveries.at(-1 - Math.min(back, deliveries.length - 1))?.headers
    const value = (name: string): string => escaped(message?.get(name) ?? 'ID:nobody-1-1-1:1:-1:1:1', version)
    if (version === '1.2') return [['id', value('ack')]]
    return [
      ['message-id', value('message-id')],
      ...(message === undefined ? [] : [['subscription', value('subscription')] as const]),
    ]
  }

  /** All that these connections said is done: a SEND behind it, which nobody hears, has its receipt. */
  async settle(connections: readonly Connection[] = this.#connections): Promise<void> {
    for (const { client, frames } of connections) {
      const receipt = `barrier-${++this.#barriers}`
      client.send('SEND', { destination: '/topic/nobody', receipt })
      for (let frame = await client.frame(); frame.headers.get('receipt-id') !== receipt; frame = await client.frame())
        frames.push(frame)
    }
  }

  /** Until something comes, or the signal says that it is too late. */
  async more(late: AbortSignal): Promise<void> {
    const over = new AbortController()
    const signal = AbortSignal.any([late, over.signal])
    await Promise.race(this.#connections.map(({ client }) => once(client.socket, 'data', { signal }))).catch(() => {})
    over.abort()
  }

  /** What came in this turn, by connection and subscription. */
  shown(): string[] {
    return this.#connections.flatMap(({ number, client, frames }) => {
      for (let frame = client.arrived(); frame !== null; frame = client.arrived()) frames.push(frame)
      return inOrder(frames).map(frame => `${number} ${this.#show(frame)}`)
    })
  }

  /** The turn is over. */
  next(): void {
    for (const { frames, deliveries } of this.#connections)
      deliveries.push(
        ...inOrder(frames.splice(0)).filter(frame => frame.command === 'MESSAGE' && !frame.headers.has('browser')),
      )
  }

  #filled(text: string): string {
    return text.replaceAll('$', this.#name)
  }

  #show({ command, headers, body }: WireFrame): string {
    const lines = [...headers].map(([name, value]) => `${name}:${this.#plain(name, value)}`)
    const text = command === 'ERROR' ? '' : body.toString()
    return `${command} ${lines.toSorted().join(' | ')} [${text.length > 100 ? `${text.length} characters` : text}]`
  }

  #plain(name: string, value: string): string {
    if (name === 'ack' || name === 'message-id') return value === '0' ? value : '*'
    if (name === 'timestamp' && Math.abs(Number(value) - Date.now()) < 3_600_000) return 'now'
    return value
      .replaceAll(this.#name, '$')
      .replaceAll(/ID:[\w.-]+-\d+-\d+-\d+:\d+(:-1:1:\d+)?/g, 'ID')
      .replace(/(Poison ack cannot be transacted).*/s, '$1')
      .replace(/Cannot remove a consumer that had not been registered.*/, 'No subscription matched.')
  }
}

/** The order between subscriptions, and between a RECEIPT and what its SEND causes, is nobody's promise (stomp S-RCP-02). */
const inOrder = (frames: readonly WireFrame[]): WireFrame[] =>
  frames.toSorted((a, b) => (groupOf(a) < groupOf(b) ? -1 : groupOf(a) > groupOf(b) ? 1 : 0))
const groupOf = ({ command, headers }: WireFrame): string =>
  command === 'MESSAGE' ? `${headers.get('subscription')} ${headers.get('destination')}` : ''

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', ':': '\\c' }
const escaped = (value: string, version: string): string =>
  version === '1.0' ? value : value.replaceAll(/[\\\n:]/g, letter => ESCAPES[letter]!)

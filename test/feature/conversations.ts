import { WebSocket } from 'ws'
import { bodies, depth, lost, take, until } from '../contract/consuming.ts'
import type { Client, World } from '../contract/world.ts'
import { INDIVIDUAL, all, holds, send, subscribe, type Feature } from './feature.ts'

const A = '/queue/a'
const MAP = '<map><entry><string>n</string><int>5</int></entry></map>'
const JSON_MAP = '{"map":{"entry":{"string":"n","int":5}}}'

export const conversations: readonly Feature[] = [
  {
    name: 'transactions',
    rows: 'X-02, S-TX-05, ST-03',
    async before(world) {
      await send(world, A, ['m1', 'm2'])
      const client = await subscribe(world, A, INDIVIDUAL)
      const [first, second] = await take(client, 2)
      await inTransaction(client, 'COMMIT', 'out', first!.headers.get('ack')!)
      await inTransaction(client, 'ABORT', 'never', second!.headers.get('ack')!)
    },
    async after(world, t) {
      t.deepEqual([depth(world, 'out'), depth(world, 'never')], [1, 0])
      const client = await subscribe(world, A, INDIVIDUAL)
      const [left] = await take(client, 1)
      t.is(left!.body.toString(), 'm2')
      await inTransaction(client, 'COMMIT', 'out', left!.headers.get('ack')!)
      t.deepEqual([depth(world, 'a'), depth(world, 'out')], [0, 2])
    },
  },
  {
    name: 'transactions that are open when the broker ends',
    rows: 'ST-03, X-08',
    async before(world) {
      await send(world, A, ['m1', 'm2'])
      const client = await subscribe(world, A, INDIVIDUAL)
      const [first] = await take(client, 2)
      await client.receipted('BEGIN', { transaction: 't' })
      await client.receipted('ACK', { id: first!.headers.get('ack')!, transaction: 't' })
      for (const text of ['n1', 'n2'])
        await client.receipted('SEND', { destination: A, persistent: 'true', transaction: 't' }, text)
    },
    async after(world, t) {
      const client = await world.connect()
      client.send('COMMIT', { transaction: 't', receipt: 'r' })
      t.regex((await client.expect('ERROR')).headers.get('message') ?? '', /^Invalid transaction id/)
      await holds(world, t, A, ['m1', 'm2'])
    },
  },
  {
    name: 'transformations',
    rows: 'S-TRF-02, S-TRF-04',
    async before(world) {
      await send(world, A, [MAP], { transformation: 'jms-map-xml' })
      await send(world, A, ['no map'], { transformation: 'jms-map-xml' })
    },
    async after(world, t) {
      await send(world, A, [JSON_MAP], { transformation: 'jms-map-json' })
      const client = await subscribe(world, A, { transformation: 'jms-json' })
      const frames = await take(client, 3)
      t.deepEqual(bodies(frames), [JSON_MAP, 'no map', JSON_MAP])
      t.true(frames[1]!.headers.has('transformation-error'))
    },
  },
  {
    name: 'WebSocket connectors',
    rows: 'S-WS-01, S-WS-03',
    xml: { connectors: { stomp: 'stomp://127.0.0.1:0', ws: 'ws://127.0.0.1:0' } },
    async before(world, t) {
      await send(world, A, ['m1'])
      t.deepEqual(await overWebSocket(world, 'client-individual', 1), ['m1'])
    },
    async after(world, t) {
      await send(world, A, ['m2'])
      t.deepEqual(await overWebSocket(world, 'auto', 2), ['m1', 'm2'])
      await until(world, 'what was handed over is settled', () => depth(world, 'a') === 0)
    },
  },
  {
    name: 'ack modes',
    rows: 'S-ACK-02, S-ACK-13, P-04',
    async before(world, t) {
      for (const name of ['auto', 'client', 'individual']) await send(world, `/queue/${name}`, ['m1', 'm2', 'm3'])
      t.deepEqual(await all(await subscribe(world, '/queue/auto'), 3), ['m1', 'm2', 'm3'])
      for (const [name, ack] of [
        ['client', 'client'],
        ['individual', 'client-individual'],
      ] as const) {
        const client = await subscribe(world, `/queue/${name}`, { ack })
        const frames = await take(client, 3)
        await client.receipted('ACK', { id: frames[1]!.headers.get('ack')! })
        if (name === 'client') await lost(world, client)
      }
    },
    async after(world, t) {
      t.is(depth(world, 'auto'), 0, 'what was handed over is settled')
      await holds(world, t, '/queue/client', ['m3'])
      await holds(world, t, '/queue/individual', ['m1', 'm3'])
    },
  },
]

/** Acknowledges, and sends to another queue, in one transaction. */
async function inTransaction(client: Client, end: 'COMMIT' | 'ABORT', to: string, ack: string): Promise<void> {
  const transaction = end
  await client.receipted('BEGIN', { transaction })
  await client.receipted('SEND', { destination: `/queue/${to}`, persistent: 'true', transaction }, 'm')
  await client.receipted('ACK', { id: ack, transaction })
  await client.receipted(end, { transaction })
}

/** What a WebSocket that subscribes with this ack mode is given; it ends without acknowledging. */
function overWebSocket(world: World, ack: string, count: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${world.port('ws')}`, ['v12.stomp'])
    const got: string[] = []
    socket.once('error', reject)
    socket.once('open', () => {
      socket.send('CONNECT\naccept-version:1.2\n\n\0')
      socket.send(`SUBSCRIBE\nid:1\ndestination:${A}\nack:${ack}\n\n\0`)
    })
    socket.on('message', data => {
      const frame = (data as Buffer).toString()
      if (!frame.startsWith('MESSAGE')) return
      got.push(frame.slice(frame.indexOf('\n\n') + 2, -1))
      if (got.length === count) socket.close()
    })
    socket.once('close', () => resolve(got))
  })
}

import { depth, drain, take, until } from '../contract/consuming.ts'
import { bodies, error } from '../contract/exchange.ts'
import { INDIVIDUAL, VOLATILE, all, holds, policies, send, subscribe, type Feature } from './feature.ts'

const A = '/queue/a'

const usage = (limits: string, attributes = ''): string =>
  `<systemUsage><systemUsage ${attributes}>${limits}</systemUsage></systemUsage>`
const memory = (limit: string): string => `<memoryUsage><memoryUsage limit="${limit}"/></memoryUsage>`
/** Four small messages fill it (L-07). */
const FULL = (attributes = ''): string =>
  policies(
    `<policyEntry queue="a" memoryLimit="4kb" ${attributes}><pendingQueuePolicy><vmQueueCursor/></pendingQueuePolicy></policyEntry>`,
  )
const LONG = 'x'.repeat(4096)
const SMALL = 'stomp://127.0.0.1:0?maximumConnections=1&wireFormat.maxFrameSize=1000'
const FOUR = ['m1', 'm2', 'm3', 'm4']

export const resources: readonly Feature[] = [
  {
    name: 'destination policies',
    rows: 'PM-01, P-02',
    xml: {
      body: policies('<policyEntry queue=">" queuePrefetch="1"/><policyEntry queue="a.>" queuePrefetch="2"/>'),
    },
    async before(world) {
      for (const name of ['a.b', 'b']) await send(world, `/queue/${name}`, FOUR)
    },
    async after(world, t) {
      t.deepEqual(await all(await subscribe(world, '/queue/a.b', INDIVIDUAL), 2), ['m1', 'm2'])
      t.deepEqual(await all(await subscribe(world, '/queue/b', INDIVIDUAL), 1), ['m1'])
    },
  },
  {
    name: 'the number of destinations',
    rows: 'LD-05',
    xml: { body: policies('<policyEntry queue="a.>" maxDestinations="1"/>') },
    async before(world) {
      await send(world, '/queue/a.one', ['m1'])
    },
    async after(world, t) {
      const client = await world.connect()
      client.send('SEND', { destination: '/queue/a.two' })
      t.regex(await error(client), /number of destinations allowed \(1\)/)
      await holds(world, t, '/queue/a.one', ['m1'])
    },
  },
  {
    name: 'producer flow control',
    rows: 'F-01, L-06, CU-02',
    xml: { body: FULL() },
    async before(world, t) {
      await send(world, A, FOUR)
      const late = await world.connect()
      late.send('SEND', { destination: A, persistent: 'true', receipt: 'late' }, 'never receipted')
      await until(world, 'the sender waits', () => world.running.broker.spaceWanted)
      t.false(late.received.includes('RECEIPT'))
    },
    async after(world, t) {
      // What waits for space is not accepted yet, and dies with its broker.
      t.is(depth(world, 'a'), 4)
      const late = await world.connect()
      late.send('SEND', { destination: A, persistent: 'true', receipt: 'late' }, 'm5')
      await until(world, 'the sender waits', () => world.running.broker.spaceWanted)
      t.deepEqual(await bodies(await subscribe(world, A), 5), [...FOUR, 'm5'])
      await late.expect('RECEIPT')
    },
  },
  {
    name: 'sendFailIfNoSpace',
    rows: 'F-03',
    xml: { body: FULL() + usage('', 'sendFailIfNoSpace="true"') },
    async before(world) {
      await send(world, A, FOUR)
    },
    async after(world, t) {
      const client = await world.connect()
      client.send('SEND', { destination: A, persistent: 'true' }, 'm5')
      t.regex(await error(client), /^Usage Manager Memory Limit reached on queue:\/\/a\./)
      await drain(world, 'a')
      await client.receipted('SEND', { destination: A, persistent: 'true' }, 'm5')
    },
  },
  {
    name: 'the memory limit',
    rows: 'L-01, CU-01',
    xml: { body: usage(memory('64kb')) },
    async before(world) {
      // Far more than the limit: what does not fit waits on disk.
      const client = await world.connect()
      for (let i = 0; i < 50; i++) client.send('SEND', { destination: A, persistent: 'true' }, `${i} ${LONG}`)
      await client.receipted('SEND', { destination: A, persistent: 'true' }, `50 ${LONG}`)
    },
    async after(world, t) {
      const got = await bodies(await subscribe(world, A), 51)
      t.deepEqual(
        got.map(text => text.split(' ')[0]),
        Array.from({ length: 51 }, (_, i) => String(i)),
      )
    },
  },
  {
    name: 'the store limit',
    rows: 'F-09, L-02',
    xml: {
      body:
        `<persistenceAdapter><kahaDB directory="\${activemq.data}/kahadb" journalMaxFileLength="32kb"/></persistenceAdapter>` +
        usage('<storeUsage><storeUsage limit="128kb"/></storeUsage>', 'sendFailIfNoSpace="true"'),
    },
    async before(world, t) {
      const client = await world.connect()
      for (let i = 0; i < 20; i++) client.send('SEND', { destination: A, persistent: 'true' }, 'x'.repeat(16_000))
      t.regex(await error(client), /^Persistent store is Full, 100% of 131072\./)
    },
    async after(world, t) {
      const client = await world.connect()
      client.send('SEND', { destination: A, persistent: 'true' }, 'one more')
      t.regex(await error(client), /^Persistent store is Full/, 'it is as full as it was')
      await client.receipted('SEND', { destination: '/queue/b', ...VOLATILE }, 'm')
      await holds(world, t, '/queue/b', ['m'])
    },
  },
  {
    name: 'the temp limit',
    rows: 'F-11, L-03, T-03',
    xml: {
      body: usage(memory('1mb') + '<tempUsage><tempUsage limit="1mb"/></tempUsage>', 'sendFailIfNoSpace="true"'),
    },
    async before(world, t) {
      await flooded(world, t)
    },
    async after(world, t) {
      // The backlog of a plain subscription is gone with it, and so is what it took.
      await flooded(world, t)
    },
  },
  {
    name: 'connection and frame limits',
    rows: 'K-01, K-04',
    xml: { connectors: { stomp: 'stomp://127.0.0.1:0', small: SMALL } },
    async before(world, t) {
      const client = await world.connect({}, 'small')
      await client.receipted('SEND', { destination: A, persistent: 'true' }, 'm1')
      t.deepEqual(await (await world.dial('small')).closed(), [], 'one too many')
    },
    async after(world, t) {
      const client = await world.connect({}, 'small')
      t.deepEqual(await (await world.dial('small')).closed(), [], 'one too many')
      client.send('SEND', { destination: A }, 'x'.repeat(2000))
      t.is(await error(client), 'The maximum frame size was exceeded')
      await holds(world, t, A, ['m1'])
    },
  },
]

/** A subscriber that reads nothing on, until neither memory nor disk takes more for it. */
async function flooded(world: Parameters<Feature['before']>[0], t: Parameters<Feature['before']>[1]): Promise<void> {
  const stuck = await subscribe(world, '/topic/t', { ...INDIVIDUAL, 'activemq.prefetchSize': '1' })
  const sender = await world.connect()
  for (let i = 0; i < 80; i++) sender.send('SEND', { destination: '/topic/t' }, 'x'.repeat(60_000))
  t.regex(await error(sender), /^Temp Store is Full \(\d+% of 1048576\)/)
  await take(stuck, 1)
  sender.destroy()
  stuck.destroy()
}

import { drain, flags, bodies, lost, refused, take } from '../contract/consuming.ts'
import { eventually } from '../contract/twins.ts'
import {
  INDIVIDUAL,
  ONE,
  all,
  exists,
  holds,
  policies,
  queue,
  send,
  settle,
  subscribe,
  type Feature,
  type Headers,
} from './feature.ts'

const A = '/queue/a'

export const queues: readonly Feature[] = [
  {
    name: 'dispatch order',
    rows: 'Q-01, ST-05',
    async before(world) {
      await send(world, A, ['m1', 'm2', 'm3', 'm4', 'm5'])
      const client = await subscribe(world, A, INDIVIDUAL)
      const frames = await take(client, 5)
      for (const i of [1, 3]) await client.receipted('ACK', { id: frames[i]!.headers.get('ack')! })
    },
    async after(world, t) {
      await send(world, A, ['m6'])
      await holds(world, t, A, ['m1', 'm3', 'm5', 'm6'])
    },
  },
  {
    name: 'round robin',
    rows: 'Q-04',
    async before(world, t) {
      const clients = [await subscribe(world, A, INDIVIDUAL), await subscribe(world, A, INDIVIDUAL)]
      await send(world, A, ['m1', 'm2', 'm3', 'm4'])
      t.deepEqual(await all(clients[0]!, 2), ['m1', 'm3'])
      t.deepEqual(await all(clients[1]!, 2), ['m2', 'm4'])
    },
    async after(world, t) {
      const first = await subscribe(world, A, INDIVIDUAL)
      t.deepEqual(await all(first, 4), ['m1', 'm2', 'm3', 'm4'])
      const second = await subscribe(world, A, INDIVIDUAL)
      await send(world, A, ['m5', 'm6', 'm7', 'm8'])
      const shares = inOrder([await all(first, 2), await all(second, 2)])
      t.deepEqual(shares, [
        ['m5', 'm7'],
        ['m6', 'm8'],
      ])
    },
  },
  {
    name: 'strict order',
    rows: 'Q-05',
    xml: { body: policies('<policyEntry queue="a" strictOrderDispatch="true"/>') },
    async before(world, t) {
      const clients = [await subscribe(world, A, INDIVIDUAL), await subscribe(world, A, INDIVIDUAL)]
      await send(world, A, ['m1', 'm2'])
      t.deepEqual(await all(clients[0]!, 2), ['m1', 'm2'])
    },
    async after(world, t) {
      const window = { ...INDIVIDUAL, 'activemq.prefetchSize': '3' }
      const clients = [await subscribe(world, A, window), await subscribe(world, A, window)]
      await send(world, A, ['m3', 'm4'])
      t.deepEqual(await all(clients[0]!, 3), ['m1', 'm2', 'm3'])
      t.deepEqual(await all(clients[1]!, 1), ['m4'])
    },
  },
  {
    name: 'lazy dispatch and pages',
    rows: 'Q-10, Q-12',
    xml: { body: policies('<policyEntry queue="a" lazyDispatch="true" maxPageSize="2"/>') },
    async before(world) {
      for (const text of ['x1', 'x2', 'y1']) await send(world, A, [text], { kind: text[0]! })
    },
    async after(world, t) {
      // A page full of what nobody wants hides what is behind it.
      const picky = await subscribe(world, A, { selector: "kind = 'y'" })
      await picky.quiet()
      const other = await subscribe(world, A, { selector: "kind = 'x'" })
      t.deepEqual(await all(other, 2), ['x1', 'x2'])
      t.deepEqual(await all(picky, 1), ['y1'])
    },
  },
  {
    name: 'exclusive consumers',
    rows: 'Q-07',
    async before(world, t) {
      const exclusive = await subscribe(world, A, { ...INDIVIDUAL, 'activemq.exclusive': 'true' })
      const plain = await subscribe(world, A, INDIVIDUAL)
      await send(world, A, ['m1', 'm2'])
      t.deepEqual(await all(exclusive, 2), ['m1', 'm2'])
      await plain.quiet()
    },
    async after(world, t) {
      const exclusive = await subscribe(world, A, { ...INDIVIDUAL, 'activemq.exclusive': 'true' })
      const plain = await subscribe(world, A, INDIVIDUAL)
      await send(world, A, ['m3'])
      t.deepEqual(await all(exclusive, 3), ['m1', 'm2', 'm3'])
      await plain.quiet()
      await lost(world, exclusive)
      t.deepEqual(await all(plain, 3), ['m1', 'm2', 'm3'])
    },
  },
  {
    name: 'consumer priority',
    rows: 'Q-06',
    async before(world, t) {
      const low = await subscribe(world, A, { ...INDIVIDUAL, 'activemq.priority': '-1' })
      const high = await subscribe(world, A, { ...INDIVIDUAL, 'activemq.priority': '1' })
      await send(world, A, ['m1', 'm2'])
      t.deepEqual(await all(high, 2), ['m1', 'm2'])
      await low.quiet()
    },
    async after(world, t) {
      const low = await subscribe(world, A, { ...INDIVIDUAL, 'activemq.priority': '-1' })
      t.deepEqual(await all(low, 2), ['m1', 'm2'], 'there is nobody else')
      const high = await subscribe(world, A, { ...INDIVIDUAL, 'activemq.priority': '1' })
      await send(world, A, ['m3', 'm4'])
      t.deepEqual(await all(high, 2), ['m3', 'm4'])
      await low.quiet()
    },
  },
  {
    name: 'message groups',
    rows: 'G-01, G-02, G-05',
    async before(world, t) {
      const [one, two] = [await subscribe(world, A, INDIVIDUAL), await subscribe(world, A, INDIVIDUAL)]
      for (const [text, group] of GROUPS) await send(world, A, [text], { JMSXGroupID: group })
      t.deepEqual(await all(one, 2), ['g1', 'g2'])
      t.deepEqual(await all(two, 1), ['h1'])
    },
    async after(world, t) {
      const { operations } = world.running
      operations.pause(queue('a'))
      const [one, two] = [await subscribe(world, A, INDIVIDUAL), await subscribe(world, A, INDIVIDUAL)]
      operations.resume(queue('a'))
      await send(world, A, ['h2'], { JMSXGroupID: 'h' })
      const shares = inOrder([await all(one, 2), await all(two, 2)])
      t.deepEqual(shares, [
        ['g1', 'g2'],
        ['h1', 'h2'],
      ])
    },
  },
  {
    name: 'prioritizedMessages',
    rows: 'Q-13',
    xml: { body: policies('<policyEntry queue="a" prioritizedMessages="true"/>') },
    async before(world) {
      for (const priority of ['1', '9', '4']) await send(world, A, [`p${priority}`], { priority })
    },
    async after(world, t) {
      await send(world, A, ['p7'], { priority: '7' })
      await holds(world, t, A, ['p9', 'p7', 'p4', 'p1'])
    },
  },
  {
    name: 'selectors',
    rows: 'S-18, S-19',
    async before(world, t) {
      for (const colour of ['red', 'blue', 'red']) await send(world, A, [colour], { colour, size: '7' })
      const selector = "colour LIKE 'r_d' AND size BETWEEN 5 AND 9"
      t.is(await settle(await subscribe(world, A, { ...ONE, selector })), 'red')
    },
    async after(world, t) {
      await holds(world, t, A, ['blue'], { selector: "NOT (colour = 'red') AND missing IS NULL" })
      await holds(world, t, A, ['red'])
      const wrong = { id: '1', destination: A, selector: 'colour = = 1' }
      t.is(await refused(await world.connect(), 'SUBSCRIBE', wrong), 'colour = = 1')
    },
  },
  {
    name: 'redelivery flag and count',
    rows: 'R-03, R-08, R-09',
    xml: { body: policies('<policyEntry queue="kept" persistJMSRedelivered="true"/>') },
    async before(world) {
      for (const name of ['returned', 'kept', 'held']) {
        await send(world, `/queue/${name}`, ['m1', 'm2'])
        const client = await subscribe(world, `/queue/${name}`, ONE)
        await take(client, 1)
        if (name === 'returned') await lost(world, client)
      }
    },
    async after(world, t) {
      // Who held a message when the broker died is known where that was told to the disk beforehand.
      for (const [name, counted] of [
        ['returned', true],
        ['kept', true],
        ['held', false],
      ] as const) {
        const selector = `JMSXDeliveryCount = ${counted ? 2 : 1}`
        const client = await subscribe(world, `/queue/${name}`, { ...ONE, selector })
        const frames = await take(client, 1)
        t.deepEqual([bodies(frames), flags(frames)], [['m1'], [counted]], name)
        await lost(world, client)
        t.deepEqual(flags(await drain(world, name)), [true, false], name)
      }
    },
  },
  {
    name: 'browsers',
    rows: 'B-01, B-02',
    async before(world, t) {
      await send(world, A, ['m1', 'm2'])
      t.deepEqual(await browsed(await subscribe(world, A, BROWSE)), ['m1', 'm2'])
    },
    async after(world, t) {
      await send(world, A, ['m3'])
      t.deepEqual(await browsed(await subscribe(world, A, BROWSE)), ['m1', 'm2', 'm3'])
      const frames = await drain(world, 'a')
      t.deepEqual(bodies(frames), ['m1', 'm2', 'm3'])
      t.deepEqual(flags(frames), [false, false, false])
    },
  },
  {
    name: 'inactive destinations',
    rows: 'LD-03, LD-04',
    xml: {
      attributes: 'schedulePeriodForDestinationPurge="20"',
      body: policies('<policyEntry queue="gc.>" gcInactiveDestinations="true" inactiveTimeoutBeforeGC="20"/>'),
    },
    async before(world) {
      for (const name of ['gc.used', 'gc.full', 'kept']) await send(world, `/queue/${name}`, ['m1'])
      for (const name of ['gc.used', 'kept']) await drain(world, name)
      await eventually('it is collected', () => !exists(world, 'gc.used'))
    },
    async after(world, t) {
      t.deepEqual([exists(world, 'gc.used'), exists(world, 'gc.full'), exists(world, 'kept')], [false, true, true])
      await holds(world, t, '/queue/gc.full', ['m1'])
      await eventually('it is collected', () => !exists(world, 'gc.full'))
      t.true(exists(world, 'kept'))
    },
  },
]

/** Which of two consumers was first does not matter. */
const inOrder = (shares: readonly string[][]): string[][] => shares.toSorted(([a = ''], [b = '']) => a.localeCompare(b))

const GROUPS = [
  ['g1', 'g'],
  ['h1', 'h'],
  ['g2', 'g'],
] as const

const BROWSE: Headers = { browser: 'true' }

/** What a browser shows, up to its end. */
async function browsed(client: Awaited<ReturnType<typeof subscribe>>): Promise<string[]> {
  const texts: string[] = []
  for (;;) {
    const { headers, body } = await client.expect('MESSAGE')
    if (headers.get('browser') === 'end') return texts
    texts.push(body.toString())
  }
}

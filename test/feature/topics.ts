import { bodies, drain, lost, take } from '../contract/consuming.ts'
import { eventually } from '../contract/twins.ts'
import type { Client, World } from '../contract/world.ts'
import { INDIVIDUAL, VOLATILE, all, policies, send, subscribe, type Feature, type Headers } from './feature.ts'

const T = '/topic/t'

const durable = (world: World, destination: string, headers: Headers = {}): Promise<Client> =>
  subscribe(world, destination, { 'activemq.subscriptionName': 's', ...headers }, { 'client-id': 'c' })

/** A durable subscription that exists, and that nobody uses. */
async function offline(world: World, destination: string, headers: Headers = {}): Promise<void> {
  await lost(world, await durable(world, destination, headers))
}

const isDurable = (world: World, client: string): boolean =>
  world.running.broker.durables.find(client, 's') !== undefined

const retroactive = { 'activemq.retroactive': 'true' }

export const topics: readonly Feature[] = [
  {
    name: 'durable subscriptions',
    rows: 'U-02, U-03, R-10',
    async before(world) {
      await offline(world, T)
      await send(world, T, ['m1', 'm2', 'm3'])
      await send(world, T, ['volatile'], VOLATILE)
      const client = await durable(world, T, { ...INDIVIDUAL, 'activemq.prefetchSize': '2' })
      const [first] = await take(client, 2)
      await client.receipted('ACK', { id: first!.headers.get('ack')! })
    },
    async after(world, t, way) {
      await send(world, T, ['m4'])
      const client = await durable(world, T)
      const expected = way === 'restart' ? ['m2', 'm3', 'm4'] : ['m2', 'm3', 'volatile', 'm4']
      const frames = await take(client, expected.length)
      t.deepEqual(bodies(frames).toSorted(), expected.toSorted())
      t.false(frames.some(({ headers }) => headers.has('redelivered')))
    },
  },
  {
    name: 'another selector of a durable subscription',
    rows: 'U-05, U-12',
    async before(world) {
      await offline(world, T, { selector: "kind = 'x'" })
      await send(world, T, ['old'], { kind: 'x' })
      await offline(world, T, { selector: "kind = 'y'" })
      for (const kind of ['x', 'y']) await send(world, T, [kind], { kind })
    },
    async after(world, t) {
      for (const kind of ['x', 'y']) await send(world, T, [`${kind}2`], { kind })
      t.deepEqual(await all(await durable(world, T, { selector: "kind = 'y'" }), 2), ['y', 'y2'])
    },
  },
  {
    name: 'the time limit of durable subscriptions',
    rows: 'U-10',
    xml: { attributes: 'offlineDurableSubscriberTimeout="50" offlineDurableSubscriberTaskSchedule="20"' },
    async before(world) {
      await offline(world, T)
      await eventually('it is removed', () => !isDurable(world, 'c'))
      await subscribe(world, T, { 'activemq.subscriptionName': 's' }, { 'client-id': 'used' })
      await send(world, T, ['m1'])
    },
    async after(world, t) {
      t.false(isDurable(world, 'c'))
      await eventually('who does not come back is removed', () => !isDurable(world, 'used'))
    },
  },
  {
    name: 'retroactive subscriptions and recovery policies',
    rows: 'T-20, T-21, T-22, T-23, AU-04',
    xml: {
      body: policies(
        '<policyEntry topic=">"><subscriptionRecoveryPolicy><fixedCountSubscriptionRecoveryPolicy maximumSize="2"/></subscriptionRecoveryPolicy></policyEntry>',
      ),
    },
    async before(world, t) {
      await send(world, T, ['m1', 'm2', 'm3'])
      await send(world, T, ['retained'], { 'ActiveMQ.Retain': 'true' })
      // The history holds it too: it comes once.
      t.deepEqual(await all(await subscribe(world, T, retroactive), 2), ['retained', 'm3'])
    },
    async after(world, t) {
      // What a topic remembers is in memory only, on one node.
      const first = await subscribe(world, T, retroactive)
      await first.quiet()
      await send(world, T, ['m4', 'm5', 'm6'])
      t.deepEqual(await all(first, 3), ['m4', 'm5', 'm6'])
      t.deepEqual(await all(await subscribe(world, T, retroactive), 2), ['m5', 'm6'])
    },
  },
  {
    name: 'slow-consumer limits and eviction',
    rows: 'T-07, T-10, T-12',
    xml: {
      body: policies(
        '<policyEntry topic=">"><pendingMessageLimitStrategy><constantPendingMessageLimitStrategy limit="1"/></pendingMessageLimitStrategy><messageEvictionStrategy><oldestMessageEvictionStrategy/></messageEvictionStrategy></policyEntry>',
      ),
    },
    async before(world, t) {
      await overrun(world, t, ['m1', 'm2', 'm3', 'm4'], ['m1', 'm4'])
    },
    async after(world, t) {
      t.deepEqual(bodies(await drain(world, 'ActiveMQ.DLQ')), ['m2', 'm3'])
      await overrun(world, t, ['n1', 'n2', 'n3'], ['n1', 'n3'])
      t.deepEqual(bodies(await drain(world, 'ActiveMQ.DLQ')), ['n2'])
    },
  },
  {
    name: 'slow-consumer strategies',
    rows: 'T-15, T-16',
    xml: {
      body: policies(
        '<policyEntry queue=">"><slowConsumerStrategy><abortSlowAckConsumerStrategy checkPeriod="20" maxTimeSinceLastAck="20" maxSlowDuration="20"/></slowConsumerStrategy></policyEntry>',
      ),
    },
    async before(world) {
      await aborted(world, 'm1')
    },
    async after(world) {
      await aborted(world, 'm2')
    },
  },
  {
    name: 'noLocal',
    rows: 'T-04, U-05',
    async before(world, t) {
      const own = await durable(world, T, { 'activemq.noLocal': 'true' })
      await own.receipted('SEND', { destination: T, persistent: 'true' }, 'own')
      await send(world, T, ['m1'])
      t.deepEqual(await all(own, 1), ['m1'])
      await lost(world, own)
      await send(world, T, ['m2'])
    },
    async after(world, t) {
      const own = await durable(world, T, { 'activemq.noLocal': 'true' })
      t.deepEqual(await all(own, 1), ['m2'])
      await own.receipted('SEND', { destination: T, persistent: 'true' }, 'own')
      await send(world, T, ['m3'])
      t.deepEqual(await all(own, 1), ['m3'])
    },
  },
  {
    name: 'dispatch policies',
    rows: 'DP-03, T-01',
    xml: {
      body: policies('<policyEntry topic=">"><dispatchPolicy><priorityDispatchPolicy/></dispatchPolicy></policyEntry>'),
    },
    async before(world, t) {
      const plain = await subscribe(world, T, INDIVIDUAL)
      await send(world, T, ['m1'])
      t.deepEqual(await all(plain, 1), ['m1'])
    },
    async after(world, t) {
      const client = await subscribe(world, T, { 'activemq.priority': '1' })
      await client.receipted('SUBSCRIBE', { id: '2', destination: T, 'activemq.priority': '5' })
      await client.quiet()
      await send(world, T, ['m2'])
      const frames = await take(client, 2)
      t.deepEqual(
        frames.map(({ headers }) => headers.get('subscription')),
        ['2', '1'],
        'what plain subscribers had not acknowledged is gone with them, and priorities count',
      )
    },
  },
]

/** A subscriber that takes one message and then nothing is sent these; what it gets afterwards. */
async function overrun(
  world: World,
  t: Parameters<Feature['before']>[1],
  texts: readonly string[],
  expected: readonly string[],
): Promise<void> {
  const client = await subscribe(world, T, { ...INDIVIDUAL, 'activemq.prefetchSize': '1' })
  await send(world, T, texts)
  const got: string[] = []
  while (got.length < expected.length) {
    const message = await client.expect('MESSAGE')
    got.push(message.body.toString())
    client.send('ACK', { id: message.headers.get('ack')! })
  }
  await client.quiet()
  t.deepEqual(got, [...expected])
  await lost(world, client)
}

/** Who acknowledges nothing loses its subscription, and what it held is given to the next. */
async function aborted(world: World, text: string): Promise<void> {
  const stuck = await subscribe(world, '/queue/a', INDIVIDUAL)
  await send(world, '/queue/a', [text])
  await take(stuck, 1)
  const next = await subscribe(world, '/queue/a', { ack: 'auto' })
  await take(next, 1)
  next.destroy()
  stuck.destroy()
}

import test from 'ava'
import { DestinationKind } from '../../src/base/destination.ts'
import { bodies, connect, depth, drain, fill, lost, queueOf, refused, started, take } from './consuming.ts'
import { eventually, fail, pair } from './twins.ts'
import { brokerXml, type World, type XmlParts } from './world.ts'

const entries = (...all: readonly string[]): string =>
  `<destinationPolicy><policyMap><policyEntries>${all.map(entry => `<policyEntry ${entry}/>`).join('')}</policyEntries></policyMap></destinationPolicy>`

const PURGE: XmlParts = {
  attributes: 'schedulePeriodForDestinationPurge="20"',
  body: entries(
    'queue="gc.>" gcInactiveDestinations="true" inactiveTimeoutBeforeGC="60"',
    'topic="gc.>" gcInactiveDestinations="true" inactiveTimoutBeforeGC="60"',
  ),
}

const exists = (world: World, name: string, kind: DestinationKind = DestinationKind.queue): boolean =>
  world.running.broker.find(kind, name) !== null

test('LD-04, LD-03: what is empty and unused is removed, under either spelling of the timeout, and stays away after a restart', async t => {
  const world = await started(t, PURGE)
  const client = await connect(world, '1.2')
  for (const name of ['gc.full', 'gc.used', 'gc.empty', 'kept']) await fill(world, `/queue/${name}`, 1)
  await client.receipted('SUBSCRIBE', { id: 'u', destination: '/queue/gc.used' })
  await take(client, 1)
  for (const name of ['gc.empty', 'kept']) await drain(world, name)
  await client.receipted('SEND', { destination: '/topic/gc.t' })
  await eventually(
    'they are removed',
    () => !exists(world, 'gc.empty') && !exists(world, 'gc.t', DestinationKind.topic),
  )
  t.true(['gc.full', 'gc.used', 'kept'].every(name => exists(world, name)))
  t.is(depth(world, 'gc.full'), 1)
  // Its last consumer goes, and then so does it.
  await lost(world, client)
  await eventually('it is removed', () => !exists(world, 'gc.used'))
  await world.stop()
  await world.start(brokerXml())
  t.deepEqual(
    ['gc.full', 'gc.used', 'gc.empty', 'kept'].map(name => exists(world, name)),
    [true, false, false, true],
  )
})

test('LD-04: a sender that goes on after its queue was removed gets a new one, and nothing is lost', async t => {
  const world = await started(t, PURGE)
  const client = await connect(world, '1.2')
  for (let round = 1; round <= 3; round++) {
    await client.receipted('SEND', { destination: '/queue/gc.a', persistent: 'true' }, `m${round}`)
    t.deepEqual(bodies(await drain(world, 'gc.a')), [`m${round}`])
    await eventually('it is removed', () => !exists(world, 'gc.a'))
  }
  await client.receipted('BEGIN', { transaction: 't' })
  await client.receipted('SEND', { destination: '/queue/gc.a', persistent: 'true', transaction: 't' }, 'late')
  await eventually('it is removed', () => !exists(world, 'gc.a'))
  await client.receipted('COMMIT', { transaction: 't' })
  t.deepEqual(bodies(await drain(world, 'gc.a')), ['late'])
})

test('LD-04: with always a transaction open somewhere, a removed queue is remembered for those that were open then only', async t => {
  const world = await started(t, PURGE)
  const { lifetimes } = world.running.broker
  const client = await connect(world, '1.2')
  const begin = (transaction: string): Promise<unknown> => client.receipted('BEGIN', { transaction })
  const commit = (transaction: string): Promise<unknown> => client.receipted('COMMIT', { transaction })
  await begin('0')
  await client.receipted('SEND', { destination: '/queue/gc.first', persistent: 'true', transaction: '0' }, 'first')
  for (let i = 1; i <= 3; i++) {
    await eventually('it is removed', () => !exists(world, i === 1 ? 'gc.first' : `gc.${i - 1}`))
    await begin(String(i))
    await client.receipted(
      'SEND',
      { destination: `/queue/gc.${i}`, persistent: 'true', transaction: String(i) },
      `${i}`,
    )
  }
  await eventually('all are removed', () => !exists(world, 'gc.3'))
  t.is(lifetimes.remembered, 4)
  await commit('0')
  await commit('2')
  await commit('1')
  await eventually('what only they knew is forgotten', () => lifetimes.remembered === 1)
  await commit('3')
  for (const name of ['first', '1', '2', '3']) t.deepEqual(bodies(await drain(world, `gc.${name}`)), [name])
  await eventually('nothing is remembered', () => lifetimes.remembered === 0)
})

test('A-06: where no sweep comes round, which is the default, removed queues are not remembered for ever either', async t => {
  const world = await started(t)
  const { broker } = world.running
  const remove = (name: string): void =>
    broker.lifetimes.remove(broker.create({ kind: DestinationKind.queue, name }, null), false)
  const client = await world.connect()
  await client.receipted('BEGIN', { transaction: 't' })
  await client.receipted('SEND', { destination: '/queue/known', persistent: 'true', transaction: 't' }, 'x')
  remove('known')
  for (let i = 0; i < 3000; i++) remove(`q.${i}`)
  t.is(broker.lifetimes.remembered, 3001, 'a transaction is open that may know all of them')
  await client.receipted('COMMIT', { transaction: 't' })
  t.deepEqual(bodies(await drain(world, 'known')), ['x'])
  for (let i = 0; i < 5000; i++) remove(`q.${i}`)
  t.true(broker.lifetimes.remembered <= 1000, `${broker.lifetimes.remembered}`)
})

test('LD-04: a sweep looks at the transactions of sessions only when a queue is gone', async t => {
  const world = await started(t)
  const { broker } = world.running
  const client = await world.connect()
  await client.receipted('BEGIN', { transaction: 't' })
  let looks = 0
  for (const session of broker.sessions) {
    const { transactions } = session
    Object.defineProperty(session, 'transactions', { get: () => (looks++, transactions) })
  }
  broker.lifetimes.sweep(0)
  t.is(looks, 0)
  broker.create({ kind: DestinationKind.queue, name: 'gone' }, null)
  broker.lifetimes.remove(queueOf(world, 'gone'), false)
  broker.lifetimes.sweep(0)
  t.is(looks, 1)
})

test('LD-04: no message is lost to a sweep, however fast destinations come and go', async t => {
  const world = await started(t, {
    attributes: 'schedulePeriodForDestinationPurge="1"',
    body: entries('queue="gc.>" gcInactiveDestinations="true" inactiveTimeoutBeforeGC="1"'),
  })
  const [sender, taker] = [await connect(world, '1.2'), await connect(world, '1.2')]
  for (let round = 0; round < 60; round++) {
    const destination = `/queue/gc.${round % 3}`
    for (let i = 0; i < 3; i++) sender.send('SEND', { destination, persistent: 'true' }, `${round}.${i}`)
    taker.send('SUBSCRIBE', { id: String(round), destination })
    t.deepEqual(
      bodies(await take(taker, 3)),
      [0, 1, 2].map(i => `${round}.${i}`),
    )
    taker.send('UNSUBSCRIBE', { id: String(round) })
  }
})

test('LD-04: one sweep removes at most maxPurgedDestinationsPerSweep', async t => {
  const world = await started(t, {
    attributes: 'schedulePeriodForDestinationPurge="3600000" maxPurgedDestinationsPerSweep="2"',
    body: entries('queue="gc.>" gcInactiveDestinations="true" inactiveTimeoutBeforeGC="1"'),
  })
  const { broker } = world.running
  for (const name of ['1', '2', '3']) broker.create({ kind: DestinationKind.queue, name: `gc.${name}` }, null)
  await eventually('they are there', () => broker.state.applied === broker.journal.end)
  broker.sweep('inactive', 2)
  const seen = performance.now()
  await eventually('they are old', () => performance.now() - seen > 5)
  broker.sweep('inactive', 2)
  t.deepEqual(
    ['gc.1', 'gc.2', 'gc.3'].map(name => exists(world, name)),
    [false, false, true],
  )
})

test('LD-05: one destination more than maxDestinations is refused in the words of ActiveMQ; what exists goes on', async t => {
  const world = await started(t, {
    body: entries('queue="few.>" maxDestinations="2"', 'topic="none" maxDestinations="0"'),
  })
  const client = await connect(world, '1.2')
  const text = (limit: number, uri: string): string =>
    `The maxmimum number of destinations allowed (${limit}) for the policy ${uri} has already been reached.`
  await client.receipted('SEND', { destination: '/queue/few.1' })
  await client.receipted('SUBSCRIBE', { id: '1', destination: '/queue/few.2', ack: 'client' })
  for (const [command, headers] of [
    ['SEND', { destination: '/queue/few.3' }],
    ['SUBSCRIBE', { id: '3', destination: '/queue/few.3' }],
  ] as const)
    t.is(await refused(client, command, headers), text(2, 'queue://few.>'))
  t.is(await refused(client, 'SEND', { destination: '/topic/none' }), text(0, 'topic://none'))
  await client.receipted('SEND', { destination: '/queue/few.1' })
  await client.receipted('SEND', { destination: '/queue/other' })
  // A place is free when one is removed.
  await world.running.operations.removeDestination({ kind: DestinationKind.queue, name: 'few.1' })
  await client.receipted('SEND', { destination: '/queue/few.3' })
})

test('LD-05, LD-03, D-12: what is stored exists after the limit was lowered, and dead letters find their queue', async t => {
  const world = await started(t)
  for (const name of ['a', 'b', 'c']) await fill(world, `/queue/${name}`, 1)
  await world.stop()
  await world.start(brokerXml({ body: entries('queue=">" maxDestinations="1"') }))
  t.is(depth(world, 'c'), 1)
  const client = await connect(world, '1.2')
  t.regex((await refused(client, 'SEND', { destination: '/queue/d' })) ?? '', /\(1\).*queue:\/\/>/)
  client.send('SUBSCRIBE', { id: '1', destination: '/queue/a', ack: 'client' })
  const [message] = await take(client, 1)
  await client.receipted('NACK', { id: message!.headers.get('ack')! })
  t.is(depth(world, 'ActiveMQ.DLQ'), 1)
})

test('LD-04: what a sweep removed is gone on the twin too, with equal digests', async t => {
  const worlds = await pair(t, PURGE)
  const [one, two] = worlds
  for (const name of ['gc.a', 'gc.b']) await fill(one, `/queue/${name}`, 1)
  await drain(one, 'gc.a')
  await eventually('it is removed', () => !exists(one, 'gc.a'))
  await fail(t, worlds)
  t.deepEqual([exists(two, 'gc.a'), exists(two, 'gc.b')], [false, true])
})

import test, { type ExecutionContext } from 'ava'
import { DestinationKind, type DestinationName } from '../../src/base/destination.ts'
import { about, bodies, connect, depth, drain, fill, flags, names, queueOf, started, take } from './consuming.ts'
import { eventually, fail, pair } from './twins.ts'
import { World, brokerXml, type WireFrame } from './world.ts'

const queue = (name: string): DestinationName => ({ kind: DestinationKind.queue, name })
const topic = (name: string): DestinationName => ({ kind: DestinationKind.topic, name })
const header = (frames: readonly WireFrame[], name: string): (string | undefined)[] =>
  frames.map(({ headers }) => headers.get(name))

const code = async (t: ExecutionContext, promise: Promise<unknown>): Promise<string | undefined> =>
  ((await t.throwsAsync(promise)) as { code?: string } | undefined)?.code

test('A-01: purge takes everything that is in the queue now, what consumers hold included, and nothing becomes a dead letter', async t => {
  const world = await started(t)
  const { operations } = world.running
  await fill(world, '/queue/a', 3)
  await fill(world, '/queue/a', 3, {})
  await fill(world, '/queue/a', 1, { persistent: 'true', expires: '1' })
  const holder = await connect(world, '1.2')
  holder.send('SUBSCRIBE', { id: '1', destination: '/queue/a', ack: 'client-individual', 'activemq.prefetchSize': '2' })
  const held = await take(holder, 2)
  t.is(await operations.purge(queue('a')), 6)
  t.is(depth(world, 'a'), 0)
  // The ACK of what is gone is answered as any, and the window opens.
  await holder.receipted('ACK', about(holder, held[0]!))
  await fill(world, '/queue/a', 1)
  t.deepEqual(bodies(await take(holder, 1)), ['m1'])
  t.is(operations.statistics(queue('ActiveMQ.DLQ'))?.size, 1, 'expired on arrival, before')
})

test('A-01: a long queue is purged in batches, while clients are served', async t => {
  const world = await started(t)
  const count = 20_000
  await fill(world, '/queue/long', count)
  const purging = world.running.operations.purge(queue('long'))
  const client = await connect(world, '1.2')
  client.send('SUBSCRIBE', { id: '1', destination: '/queue/other' })
  await client.receipted('SEND', { destination: '/queue/other' }, 'served')
  // What is sent after the purge began is not its concern.
  await fill(world, '/queue/long', 2)
  t.is(await purging, count)
  t.deepEqual(bodies(await drain(world, 'long')), ['m1', 'm2'])
})

test('A-02: messages are removed by id, by selector, and no more than asked for', async t => {
  const world = await started(t)
  const { operations } = world.running
  const sender = await connect(world, '1.2')
  for (let i = 1; i <= 6; i++)
    await sender.receipted(
      'SEND',
      { destination: '/queue/a', persistent: 'true', kind: i % 2 === 0 ? 'even' : 'odd' },
      `m${i}`,
    )
  t.is(await operations.remove(queue('a'), { selector: "kind = 'even'", max: 2 }), 2)
  const looker = await connect(world, '1.2')
  looker.send('SUBSCRIBE', { id: 'b', destination: '/queue/a', browser: 'true' })
  const left = await take(looker, 5)
  t.deepEqual(bodies(left), ['m1', 'm3', 'm5', 'm6', ''])
  const ids = [left[1]!, left[3]!].map(({ headers }) => headers.get('message-id') ?? '')
  t.is(await operations.remove(queue('a'), { ids: [...ids, 'ID:nobody:1'] }), 2)
  t.is(await operations.remove(queue('a'), { selector: 'kind = 3' }), 0, 'S-06: compared as it is')
  t.is(await code(t, operations.remove(queue('a'), { selector: 'kind = = 3' })), 'SELECTOR_INVALID')
  t.deepEqual(bodies(await drain(world, 'a')), ['m1', 'm5'])
})

test('A-03: a copy keeps its identity and says where it is from; the source stays, and to itself nothing is copied', async t => {
  const world = await started(t)
  const { operations } = world.running
  await fill(world, '/queue/a', 3)
  t.is(await operations.copy(queue('a'), queue('b'), { max: 2 }), 2)
  t.is(await operations.copy(queue('a'), queue('a')), 0)
  const subscriber = await connect(world, '1.2')
  await subscriber.receipted('SUBSCRIBE', { id: 't', destination: '/topic/t' })
  t.is(await operations.copy(queue('a'), topic('t')), 3)
  t.deepEqual(bodies(await take(subscriber, 3)), names(1, 3))
  const copies = await drain(world, 'b')
  const sources = await drain(world, 'a')
  t.deepEqual(bodies(copies), ['m1', 'm2'])
  t.deepEqual(header(copies, 'original-destination'), ['/queue/a', '/queue/a'])
  t.deepEqual(header(copies, 'message-id'), header(sources, 'message-id').slice(0, 2))
  t.deepEqual(header(copies, 'persistent'), ['true', 'true'])
  t.deepEqual(bodies(sources), names(1, 3))
})

test('A-04: moving counts redeliveries anew, keeps the expiry, and keeps queue order', async t => {
  const world = await started(t)
  const { operations } = world.running
  const later = String(Date.now() + 3_600_000)
  await fill(world, '/queue/a', 3, { persistent: 'true', expires: later })
  const holder = await connect(world, '1.2')
  holder.send('SUBSCRIBE', { id: '1', destination: '/queue/a', ack: 'client' })
  await take(holder, 3)
  await holder.receipted('UNSUBSCRIBE', { id: '1' })
  t.is(await operations.move(queue('a'), queue('a')), 0)
  t.is(await operations.move(queue('a'), queue('b')), 3)
  t.is(depth(world, 'a'), 0)
  const moved = await drain(world, 'b')
  t.deepEqual(bodies(moved), names(1, 3))
  t.deepEqual(flags(moved), [false, false, false])
  t.deepEqual(header(moved, 'expires'), [later, later, later])
})

test('A-05, A-04, D-10: retry sends dead letters back to where they died, and they may die again', async t => {
  const world = await started(t)
  const { operations } = world.running
  const client = await connect(world, '1.2')
  await fill(world, '/queue/ActiveMQ.DLQ', 1, { persistent: 'true', mine: 'yes' })
  for (const name of ['a', 'b']) await fill(world, `/queue/${name}`, 1)
  for (let round = 0; round < 2; round++) {
    for (const name of ['a', 'b']) {
      client.send('SUBSCRIBE', { id: name, destination: `/queue/${name}`, ack: 'client' })
      const [message] = await take(client, 1)
      await client.receipted('NACK', about(client, message!))
      await client.receipted('UNSUBSCRIBE', { id: name })
    }
    t.is(depth(world, 'ActiveMQ.DLQ'), 3)
    t.true(operations.statistics(queue('ActiveMQ.DLQ'))?.holdsDeadLetters)
    t.is(await operations.retry(queue('ActiveMQ.DLQ')), 2)
    t.is(depth(world, 'a'), 1)
    t.is(depth(world, 'b'), 1)
  }
  t.deepEqual(header(await drain(world, 'a'), 'original-destination'), ['/queue/ActiveMQ.DLQ'])
  t.deepEqual(header(await drain(world, 'ActiveMQ.DLQ'), 'mine'), ['yes'])
})

test('A-05, TD-03: what died in a temporary queue that is gone stays where it is', async t => {
  const world = await started(t)
  const client = await connect(world, '1.2')
  client.send('SUBSCRIBE', { id: '1', destination: '/temp-queue/x', ack: 'client' })
  client.send('SEND', { destination: '/temp-queue/x', persistent: 'true' }, 'm1')
  await client.receipted('NACK', about(client, (await take(client, 1))[0]!))
  await client.receipted('DISCONNECT')
  t.is(await world.running.operations.retry(queue('ActiveMQ.DLQ')), 0)
  t.is(depth(world, 'ActiveMQ.DLQ'), 1)
})

test('Q-15: a paused queue takes what is sent and hands nothing over; resumed it goes on in order', async t => {
  const world = await started(t)
  const { operations } = world.running
  await fill(world, '/queue/a', 1)
  const client = await connect(world, '1.2')
  client.send('SUBSCRIBE', { id: '1', destination: '/queue/a', ack: 'client' })
  await take(client, 1)
  operations.pause(queue('a'))
  t.true(operations.statistics(queue('a'))?.paused)
  await fill(world, '/queue/a', 2)
  await client.quiet()
  operations.resume(queue('a'))
  t.deepEqual(bodies(await take(client, 2)), ['m1', 'm2'])
})

test('A-06: a destination with consumers is not removed, unless by force; then they get what a new one of that name is sent', async t => {
  const world = await started(t)
  const { operations } = world.running
  await fill(world, '/queue/a', 3)
  const client = await connect(world, '1.2')
  client.send('SUBSCRIBE', { id: '1', destination: '/queue/a', ack: 'client', 'activemq.prefetchSize': '1' })
  const [held] = await take(client, 1)
  t.is(await code(t, operations.removeDestination(queue('a'))), 'DESTINATION_IN_USE')
  await operations.removeDestination(queue('a'), { force: true })
  t.is(operations.statistics(queue('a')), null)
  t.is(await code(t, operations.removeDestination(queue('a'))), 'DESTINATION_UNKNOWN')
  await client.receipted('ACK', about(client, held!))
  await fill(world, '/queue/a', 1, { n: 'new' })
  t.deepEqual(header(await take(client, 1), 'n'), ['new'])
  client.send('SUBSCRIBE', { id: 't', destination: '/topic/a' })
  await client.quiet()
  await operations.removeDestination(topic('a'), { force: true })
  await fill(world, '/topic/a', 1)
  t.deepEqual(bodies(await take(client, 1)), ['m1'])
})

test('A-06: what an open transaction has sent to a queue that is removed goes to a new queue of that name', async t => {
  const world = await started(t)
  const client = await connect(world, '1.2')
  await client.receipted('BEGIN', { transaction: 't' })
  for (const destination of ['/queue/a', '/queue/b', '/queue/a,/queue/b'])
    await client.receipted('SEND', { destination, transaction: 't', persistent: 'true' }, destination)
  await world.running.operations.removeDestination(queue('a'))
  await client.receipted('COMMIT', { transaction: 't' })
  t.deepEqual(bodies(await drain(world, 'a')), ['/queue/a', '/queue/a,/queue/b'])
  t.deepEqual(bodies(await drain(world, 'b')), ['/queue/b', '/queue/a,/queue/b'])
  await world.stop()
  await world.start(brokerXml())
  t.is(depth(world, 'a'), 0)
})

test('A-07: the counters of a destination say what became of its messages', async t => {
  const world = await started(t)
  const { operations } = world.running
  await fill(world, '/queue/a', 5)
  await fill(world, '/queue/a', 1, { expires: '1' })
  const client = await connect(world, '1.2')
  client.send('SUBSCRIBE', { id: '1', destination: '/queue/a', ack: 'client-individual', 'activemq.prefetchSize': '3' })
  const messages = await take(client, 3)
  await client.receipted('ACK', about(client, messages[0]!))
  await take(client, 1)
  const counts = operations.statistics(queue('a'))!
  t.like(counts, {
    kind: 'queue',
    name: 'a',
    size: 4,
    enqueueCount: 6,
    dequeueCount: 2,
    dispatchCount: 4,
    expiredCount: 1,
    inflightCount: 3,
    consumerCount: 1,
    producerCount: 0,
    paused: false,
  })
  t.is(counts.averageMessageSize, counts.memoryUsage / 4)
  await client.receipted('SUBSCRIBE', { id: 't', destination: '/topic/t' })
  await fill(world, '/topic/t', 1)
  t.like(operations.statistics(topic('t'))!, { enqueueCount: 1, dispatchCount: 1, consumerCount: 1, size: 0 })
  t.deepEqual(
    operations.destinations().map(({ name }) => name),
    ['a', 't'],
  )
})

test('A-01 … A-06: what an administrator did is so after a restart', async t => {
  const world = await started(t)
  const { operations } = world.running
  for (const name of ['purged', 'moved', 'copied', 'removed']) await fill(world, `/queue/${name}`, 3)
  await operations.create(queue('made'))
  await operations.purge(queue('purged'))
  await operations.move(queue('moved'), queue('to'), { max: 2 })
  await operations.copy(queue('copied'), queue('to'))
  await operations.removeDestination(queue('removed'))
  await world.stop()
  await world.start(brokerXml())
  const sizes = world.running.operations.destinations().map(({ name }) => `${name} ${depth(world, name)}`)
  t.deepEqual(sizes, ['purged 0', 'moved 1', 'copied 3', 'made 0', 'to 5'])
  t.deepEqual(bodies(await drain(world, 'to')), ['m1', 'm2', ...names(1, 3)])
})

test('A-01 … A-06: and after a failover, with equal digests on both nodes', async t => {
  const worlds = await pair(t)
  const [one, two] = worlds
  const { operations } = one.running
  for (const name of ['purged', 'moved', 'copied', 'removed']) await fill(one, `/queue/${name}`, 3)
  await operations.purge(queue('purged'))
  await operations.move(queue('moved'), queue('to'), { max: 2 })
  await operations.copy(queue('copied'), queue('to'))
  await operations.removeDestination(queue('removed'))
  await fail(t, worlds)
  const sizes = two.running.operations.destinations().map(({ name }) => `${name} ${depth(two, name)}`)
  t.deepEqual(sizes.toSorted(), ['copied 3', 'moved 1', 'purged 0', 'to 5'])
  t.deepEqual(bodies(await drain(two, 'to')), ['m1', 'm2', ...names(1, 3)])
})

test('A-04: a move that is cut short by the end of the broker is completed by asking again, each message once', async t => {
  const world = await started(t)
  const count = 5000
  await fill(world, '/queue/a', count)
  const { operations } = world.running
  const cut = t.throwsAsync(operations.move(queue('a'), queue('b')), { message: /stopped/ })
  await eventually('some are moved', () => (operations.statistics(queue('b'))?.size ?? 0) > 0)
  await world.stop()
  await cut
  await world.start(brokerXml())
  const before = depth(world, 'b')
  t.is(before + depth(world, 'a'), count)
  t.true(before < count, `${before} were moved before the stop`)
  t.is(await world.running.operations.move(queue('a'), queue('b')), count - before)
  t.deepEqual(bodies(await drain(world, 'b')), names(1, count))
})

test('A-04: what a consumer acknowledges while it is moved is in one place or none, never in two', async t => {
  const world = await started(t)
  const count = 3000
  await fill(world, '/queue/a', count)
  const client = await connect(world, '1.2')
  client.send('SUBSCRIBE', {
    id: '1',
    destination: '/queue/a',
    ack: 'client-individual',
    'activemq.prefetchSize': String(count),
  })
  const held = await take(client, count)
  const acknowledged = held.filter((_, i) => i % 3 === 0)
  const acks = acknowledged.map(message => `ACK\nid:${message.headers.get('ack')!.replaceAll(':', '\\c')}\n\n\0`)
  client.raw(acks.join(''))
  await client.receipted('BEGIN', { transaction: 'sync' })
  const moved = await world.running.operations.move(queue('a'), queue('b'))
  t.is(moved, count - acknowledged.length)
  t.is(depth(world, 'a'), 0)
  t.is(queueOf(world, 'b').stored?.messages.live, moved)
})

test('while a hand-over is under way no operation changes anything; given up, they go on', async t => {
  const world = await started(t)
  const { broker, operations } = world.running
  await fill(world, '/queue/a', 1000)
  broker.quiesce()
  const { end } = broker.journal
  const moving = operations.move(queue('a'), queue('b'))
  const made = operations.create(queue('c'))
  for (let i = 0; i < 20; i++) await new Promise(resolve => setImmediate(resolve))
  t.is(broker.journal.end, end)
  broker.resume()
  t.is(await moving, 1000)
  await made
  t.deepEqual(bodies(await drain(world, 'b')), names(1, 1000))
})

test('LD-05: an administrator makes no more destinations than maxDestinations allows', async t => {
  const entry = '<policyEntry queue="few.>" maxDestinations="1"/>'
  const body = `<destinationPolicy><policyMap><policyEntries>${entry}</policyEntries></policyMap></destinationPolicy>`
  const world = await started(t, { body })
  const { operations } = world.running
  await operations.create(queue('few.1'))
  await operations.create(queue('few.1'))
  t.is(await code(t, operations.create(queue('few.2'))), 'DESTINATION_LIMIT')
})

test('a broker that is gone answers no operation', async t => {
  const world = await new World().start(brokerXml())
  const { operations } = world.running
  await fill(world, '/queue/a', 1)
  await world.stop()
  t.is(await code(t, operations.purge(queue('a'))), 'BROKER_STOPPED')
  await world.end()
})

import test, { type ExecutionContext } from 'ava'
import { bodies, fresh } from './exchange.ts'
import { started, until } from './consuming.ts'
import type { Client, World } from './world.ts'

const policies = (entries: string): string =>
  `<destinationPolicy><policyMap><policyEntries>${entries}</policyEntries></policyMap></destinationPolicy>`
const entry = (topic: string, content: string, attributes = ''): string =>
  `<policyEntry topic="${topic}" ${attributes}>${content}</policyEntry>`
const limit = (n: number): string =>
  `<pendingMessageLimitStrategy><constantPendingMessageLimitStrategy limit="${n}"/></pendingMessageLimitStrategy>`
const eviction = (strategy: string): string => `<messageEvictionStrategy>${strategy}</messageEvictionStrategy>`
const slow = (strategy: string): string => `<slowConsumerStrategy>${strategy}</slowConsumerStrategy>`

const broker = (t: ExecutionContext, entries: string): Promise<World> => started(t, { body: policies(entries) })

async function slowClient(world: World, destination: string, prefetch = 1): Promise<Client> {
  const client = await world.connect()
  await client.receipted('SUBSCRIBE', {
    id: '1',
    destination,
    ack: 'client-individual',
    'activemq.prefetchSize': String(prefetch),
  })
  return client
}

type Message = readonly [body: string, headers?: Readonly<Record<string, string>>]

async function publish(world: World, destination: string, messages: readonly Message[]): Promise<void> {
  const client = await world.connect()
  for (const [body, headers = {}] of messages) await client.receipted('SEND', { destination, ...headers }, body)
  client.destroy()
}

/** Turns of the broker, until this time is over. */
const passed = (world: World, time: number): Promise<void> => until(world, 'the time is over', () => Date.now() > time)

/** Acknowledges one by one what comes, so many messages, and proves that no more does. */
async function readAll(client: Client, count: number): Promise<string[]> {
  const all: string[] = []
  while (all.length < count) {
    const message = await client.expect('MESSAGE')
    all.push(message.body.toString())
    client.send('ACK', { id: message.headers.get('ack') ?? '' })
  }
  await client.quiet()
  return all
}

test('T-10: oldestMessageEvictionStrategy discards the oldest of those that wait', async t => {
  const world = await broker(t, entry('>', limit(2) + eviction('<oldestMessageEvictionStrategy/>')))
  const client = await slowClient(world, '/topic/a')
  await publish(world, '/topic/a', [['1'], ['2'], ['3'], ['4'], ['5']])
  t.deepEqual(await readAll(client, 3), ['1', '4', '5'])
})

test('T-10: oldestMessageWithLowestPriorityEvictionStrategy discards the oldest of the lowest priority', async t => {
  const strategy = eviction('<oldestMessageWithLowestPriorityEvictionStrategy/>')
  const world = await broker(t, entry('>', limit(3) + strategy))
  const client = await slowClient(world, '/topic/a')
  const low = { priority: '1' }
  const high = { priority: '8' }
  await publish(world, '/topic/a', [
    ['sent at once'],
    ['low 1', low],
    ['high 1', high],
    ['low 2', low],
    ['high 2', high],
    ['high 3', high],
    ['high 4', high],
  ])
  t.deepEqual(await readAll(client, 4), ['sent at once', 'high 2', 'high 3', 'high 4'])
})

test('T-10: uniquePropertyMessageEvictionStrategy keeps the newest of each value, and the oldest goes when all differ', async t => {
  const strategy = eviction('<uniquePropertyMessageEvictionStrategy propertyName="stock"/>')
  const world = await broker(t, entry('>', limit(3) + strategy))
  const client = await slowClient(world, '/topic/a')
  const of = (stock: string, timestamp: number): Readonly<Record<string, string>> => ({
    stock,
    timestamp: String(timestamp),
  })
  await publish(world, '/topic/a', [
    ['sent at once'],
    ['A 1', of('A', 1)],
    ['B 1', of('B', 1)],
    ['no stock'],
    ['A 2', of('A', 2)],
  ])
  // Over the limit: A 1 is superseded, and what has no such header goes with it.
  await publish(world, '/topic/a', [
    ['C 1', of('C', 1)],
    ['D 1', of('D', 1)],
  ])
  t.deepEqual(await readAll(client, 4), ['sent at once', 'A 2', 'C 1', 'D 1'])
})

test('T-11: above evictExpiredMessagesHighWatermark one that has expired goes before any other', async t => {
  const strategy = eviction('<oldestMessageEvictionStrategy evictExpiredMessagesHighWatermark="2"/>')
  const world = await broker(t, entry('>', limit(4) + strategy))
  const client = await slowClient(world, '/topic/a')
  const expires = Date.now() + 100
  await publish(world, '/topic/a', [['1'], ['2'], ['soon', { expires: String(expires), persistent: 'true' }]])
  await passed(world, expires)
  // Two wait: the mark is not passed. With the third it is.
  t.is(world.running.broker.backlogs.memory.bytes > 0, true)
  await publish(world, '/topic/a', [['3']])
  const letters = await world.connect()
  letters.send('SUBSCRIBE', { id: '1', destination: '/queue/ActiveMQ.DLQ' })
  t.deepEqual(await bodies(letters, 1), ['soon'])
  t.deepEqual(await readAll(client, 3), ['1', '2', '3'])
})

test('T-12, D-10: a discarded persistent message is one dead letter with its cause, however many discard it; others vanish', async t => {
  const world = await broker(t, entry('>', limit(1)))
  const clients = [await slowClient(world, '/topic/a'), await slowClient(world, '/topic/a')]
  const persistent = { persistent: 'true' }
  await publish(world, '/topic/a', [
    ['1'],
    ['volatile'],
    ['kept', persistent],
    ['lost', persistent],
    ['last', persistent],
  ])
  for (const client of clients) t.deepEqual(await readAll(client, 2), ['1', 'last'])
  const letters = await world.connect()
  letters.send('SUBSCRIBE', { id: '1', destination: '/queue/ActiveMQ.DLQ' })
  const found = [await letters.expect('MESSAGE'), await letters.expect('MESSAGE')]
  await letters.quiet()
  t.deepEqual(
    found.map(({ body }) => body.toString()),
    ['kept', 'lost'],
  )
  for (const { headers } of found) {
    t.regex(headers.get('dlqDeliveryFailureCause') ?? '', /^java\.lang\.Throwable: TopicSubDiscard\. ID:ID:.+:-1:\d+$/)
    t.is(headers.get('original-destination'), '/topic/a')
  }
})

test('T-07: with limit 0 what is beyond the window is no dead letter either', async t => {
  const world = await broker(t, entry('>', limit(0)))
  const client = await slowClient(world, '/topic/a')
  await publish(world, '/topic/a', [['1'], ['2', { persistent: 'true' }]])
  t.deepEqual(await readAll(client, 1), ['1'])
  t.is(world.running.broker.find(0, 'ActiveMQ.DLQ'), null)
})

test('E-05: what expires while it waits for a slow subscriber goes where the expired go, once', async t => {
  const world = await broker(t, entry('>', ''))
  const destination = `/topic/${fresh()}`
  const clients = [await slowClient(world, destination), await slowClient(world, destination)]
  const expires = Date.now() + 100
  await publish(world, destination, [['1'], ['2', { expires: String(expires), persistent: 'true' }], ['3']])
  await passed(world, expires)
  for (const client of clients) t.deepEqual(await readAll(client, 2), ['1', '3'])
  const letters = await world.connect()
  letters.send('SUBSCRIBE', { id: '1', destination: '/queue/ActiveMQ.DLQ' })
  const letter = await letters.expect('MESSAGE')
  await letters.quiet()
  t.is(letter.headers.get('dlqDeliveryFailureCause'), `java.lang.Throwable: Message Expired. Expiration:${expires}`)
})

const subscriptions = (world: World, destination: string): number =>
  [...world.running.broker.sessions].flatMap(({ allSubscriptions }) =>
    [...allSubscriptions].filter(({ options }) => options.destinations.some(({ name }) => destination.endsWith(name))),
  ).length

test('T-13, T-14, T-16: abortSlowConsumerStrategy ends the subscription without a word, and the id can be used again', async t => {
  const strategy = slow('<abortSlowConsumerStrategy checkPeriod="20" maxSlowDuration="40"/>')
  const world = await broker(t, entry('>', strategy))
  const client = await slowClient(world, '/topic/a', 2)
  const patient = await slowClient(world, '/topic/a', 100)
  await publish(
    world,
    '/topic/a',
    ['1', '2', '3', '4', '5'].map(body => [body]),
  )
  await until(world, 'the slow subscription has ended', () => subscriptions(world, '/topic/a') === 1)
  t.true(world.lines.some(line => /^WARN .*too slow: its subscription is ended/.test(line)))
  t.deepEqual(await bodies(client, 2), ['1', '2'])
  await client.quiet()
  await client.receipted('SUBSCRIBE', { id: '1', destination: '/topic/a' })
  await publish(world, '/topic/a', [['again']])
  t.deepEqual(await bodies(client, 1), ['again'])
  t.is((await bodies(patient, 6)).at(-1), 'again')
})

test('T-13: what waits may be as much as the window before a consumer is slow, and one that catches up is forgiven', async t => {
  const strategy = slow('<abortSlowConsumerStrategy checkPeriod="10" maxSlowDuration="-1" maxSlowCount="2"/>')
  const world = await broker(t, entry('>', strategy))
  const client = await slowClient(world, '/topic/a', 2)
  const burst = async (names: readonly string[]): Promise<void> =>
    publish(
      world,
      '/topic/a',
      names.map(body => [body]),
    )
  const { slowConsumers } = world.running.broker
  await burst(['1', '2', '3', '4'])
  const [subscription] = [...world.running.broker.sessions].flatMap(({ allSubscriptions }) => [...allSubscriptions])
  t.false(subscription!.slow)
  await readAll(client, 4)
  await burst(['1', '2', '3', '4', '5'])
  t.true(subscription!.slow)
  slowConsumers.check()
  await readAll(client, 5)
  await burst(['6'])
  t.false(subscription!.slow)
  t.deepEqual(await readAll(client, 1), ['6'])
})

test('T-14: maxSlowCount ends a consumer that was flagged so often, abortConnection closes its connection', async t => {
  const strategy = slow(
    '<abortSlowConsumerStrategy checkPeriod="20" maxSlowDuration="-1" maxSlowCount="1" abortConnection="true"/>',
  )
  const world = await broker(t, entry('>', strategy))
  const client = await slowClient(world, '/topic/a', 2)
  await publish(
    world,
    '/topic/a',
    ['1', '2', '3', '4', '5'].map(body => [body]),
  )
  const frames = await client.closed()
  t.deepEqual(
    frames.map(({ command }) => command),
    ['MESSAGE', 'MESSAGE'],
  )
  t.true(world.lines.some(line => /^WARN .*too slow: its connection is closed/.test(line)))
})

test('T-14: the consumer of a queue is not slow by what waits', async t => {
  const strategy = slow('<abortSlowConsumerStrategy checkPeriod="10" maxSlowDuration="10"/>')
  const world = await broker(t, `<policyEntry queue=">">${strategy}</policyEntry>`)
  await slowClient(world, '/queue/a', 2)
  for (let i = 0; i < 6; i++) await publish(world, '/queue/a', [[String(i)]])
  const began = Date.now()
  await passed(world, began + 60)
  t.is(subscriptions(world, '/queue/a'), 1)
})

test('T-15, T-16: abortSlowAckConsumerStrategy ends who does not acknowledge, on queues and topics, and its messages are redelivered', async t => {
  const strategy = slow(
    '<abortSlowAckConsumerStrategy checkPeriod="20" maxSlowDuration="20" maxTimeSinceLastAck="1500"/>',
  )
  const world = await broker(t, `<policyEntry queue=">">${strategy}</policyEntry>${entry('>', strategy)}`)
  const idle = await slowClient(world, '/queue/idle')
  const topic = await slowClient(world, '/topic/a')
  const client = await slowClient(world, '/queue/a', 10)
  await publish(world, '/topic/a', [['1']])
  await publish(world, '/queue/a', [['1'], ['2']])
  t.deepEqual(await bodies(client, 2), ['1', '2'])
  t.deepEqual(await bodies(topic, 1), ['1'])
  await until(world, 'both have ended', () => subscriptions(world, '/topic/a') + subscriptions(world, '/queue/a') === 0)
  await client.quiet()
  await topic.receipted('SUBSCRIBE', { id: '1', destination: '/queue/a' })
  const again = [await topic.expect('MESSAGE'), await topic.expect('MESSAGE')]
  t.deepEqual(
    again.map(({ body, headers }) => [body.toString(), headers.get('redelivered')]),
    [
      ['1', 'true'],
      ['2', 'true'],
    ],
  )
  // Who has nothing to acknowledge is left alone.
  t.is(subscriptions(world, '/queue/idle'), 1)
  await idle.quiet()
})

test('T-15: with ignoreIdleConsumers="false" who has nothing to acknowledge is ended too; maxSlowCount counts the checks', async t => {
  const strategy = slow(
    '<abortSlowAckConsumerStrategy checkPeriod="20" maxSlowDuration="-1" maxSlowCount="2" maxTimeSinceLastAck="30" ignoreIdleConsumers="false" abortConnection="true"/>',
  )
  const world = await broker(t, entry('>', strategy))
  const client = await slowClient(world, '/topic/a')
  t.deepEqual(await client.closed(), [])
})

import test from 'ava'
import { bodies, error, fresh } from './exchange.ts'
import { clockShows } from './looking.ts'
import { World, brokerXml, type Client } from './world.ts'

const world = new World()
const limit = (topic: string, strategy: string): string =>
  `<policyEntry topic="${topic}"><pendingMessageLimitStrategy>${strategy}</pendingMessageLimitStrategy></policyEntry>`
const entries =
  limit('keep2.>', '<constantPendingMessageLimitStrategy limit="2"/>') +
  limit('keep0.>', '<constantPendingMessageLimitStrategy limit="0"/>') +
  limit('half.>', '<prefetchRatePendingMessageLimitStrategy/>') +
  limit('twice.>', '<prefetchRatePendingMessageLimitStrategy multiplier="2"/>')
test.before(() =>
  world.start(
    brokerXml({
      body: `<destinationPolicy><policyMap><policyEntries>${entries}</policyEntries></policyMap></destinationPolicy>`,
    }),
  ),
)
test.after.always(() => world.end())

async function subscribed(destination: string, headers: Readonly<Record<string, string>> = {}): Promise<Client> {
  const client = await world.connect()
  await client.receipted('SUBSCRIBE', { id: '1', destination, ...headers })
  return client
}

async function publish(
  destination: string,
  count: number,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const client = await world.connect()
  for (let i = 1; i < count; i++) client.send('SEND', { destination, ...headers }, String(i))
  await client.receipted('SEND', { destination, ...headers }, String(count))
}

/** Acknowledges one by one and answers everything that came, up to the message `last`. */
async function readUpTo(client: Client, last: string): Promise<string[]> {
  const all: string[] = []
  while (all.at(-1) !== last) {
    const message = await client.expect('MESSAGE')
    all.push(message.body.toString())
    client.send('ACK', { id: message.headers.get('ack') ?? '' })
  }
  return all
}

test('T-01: every subscription of the moment gets each message, in publish order; a later one nothing of it', async t => {
  const destination = `/topic/${fresh()}`
  const [a, b] = [await subscribed(destination), await subscribed(destination, { ack: 'client' })]
  await publish(destination, 50, { persistent: 'true' })
  const later = await subscribed(destination)
  const expected = Array.from({ length: 50 }, (_, i) => String(i + 1))
  t.deepEqual(await bodies(a, 50), expected)
  t.deepEqual(await bodies(b, 50), expected)
  await later.quiet()
})

test('T-01: what a topic subscription did not acknowledge vanishes with it', async t => {
  const destination = `/topic/${fresh()}`
  const client = await subscribed(destination, { ack: 'client' })
  await publish(destination, 2, { persistent: 'true' })
  await bodies(client, 2)
  await client.receipted('UNSUBSCRIBE', { id: '1' })
  await client.receipted('SUBSCRIBE', { id: '1', destination, ack: 'client' })
  await client.quiet()
  t.pass()
})

test('T-03: what does not fit the window waits, however much, and comes in order', async t => {
  const destination = `/topic/${fresh()}`
  const client = await subscribed(destination, { ack: 'client-individual', 'activemq.prefetchSize': '1' })
  await publish(destination, 200)
  t.deepEqual(
    await readUpTo(client, '200'),
    Array.from({ length: 200 }, (_, i) => String(i + 1)),
  )
})

test('T-05: overlapping subscriptions of one connection each get their copy', async t => {
  const name = fresh()
  const client = await subscribed(`/topic/${name}.a`)
  await client.receipted('SUBSCRIBE', { id: '2', destination: `/topic/${name}.>` })
  await publish(`/topic/${name}.a`, 1)
  const ids = [await client.expect('MESSAGE'), await client.expect('MESSAGE')].map(({ headers }) =>
    headers.get('subscription'),
  )
  t.deepEqual(new Set(ids), new Set(['1', '2']))
})

test('T-06: NACK on a plain topic subscription only settles', async t => {
  const destination = `/topic/${fresh()}`
  const client = await subscribed(destination, { ack: 'client-individual', 'activemq.prefetchSize': '1' })
  await publish(destination, 2, { persistent: 'true' })
  const message = await client.expect('MESSAGE')
  client.send('NACK', { id: message.headers.get('ack') ?? '' })
  t.deepEqual(await bodies(client, 1), ['2'])
  await (await subscribed('/queue/ActiveMQ.DLQ')).quiet()
})

test('T-07: beyond the window at most the limit is kept, the oldest goes first', async t => {
  const destination = `/topic/keep2.${fresh()}`
  const client = await subscribed(destination, { ack: 'client-individual', 'activemq.prefetchSize': '3' })
  await publish(destination, 9)
  t.deepEqual(await readUpTo(client, '9'), ['1', '2', '3', '8', '9'])
})

test('T-07: with limit 0 everything beyond the window is dropped, and nothing within it', async t => {
  const destination = `/topic/keep0.${fresh()}`
  const client = await subscribed(destination, { ack: 'client-individual', 'activemq.prefetchSize': '2' })
  await publish(destination, 5)
  t.deepEqual(await readUpTo(client, '2'), ['1', '2'])
  await client.quiet()
  await publish(destination, 1)
  t.deepEqual(await bodies(client, 1), ['1'])
})

test('T-07, S-SUB-19: a limit of 0 loses nothing for an auto consumer that reads slowly within its window', async t => {
  const destination = `/topic/keep0.${fresh()}`
  const client = await subscribed(destination)
  client.socket.pause()
  const sender = await world.connect()
  const body = 'x'.repeat(50_000)
  for (let i = 0; i < 200; i++) sender.send('SEND', { destination }, body)
  await sender.quiet()
  client.socket.resume()
  t.is((await bodies(client, 200)).length, 200)
})

test('T-08: a relative limit is the multiplier times the window, 0.5 by default', async t => {
  for (const [name, expected] of [
    ['half', ['1', '2', '3', '4', '8', '9']],
    ['twice', ['1', '2', '5', '6', '7', '8']],
  ] as const) {
    const destination = `/topic/${name}.${fresh()}`
    const window = name === 'half' ? '4' : '2'
    const client = await subscribed(destination, { ack: 'client-individual', 'activemq.prefetchSize': window })
    await publish(destination, Number(expected.at(-1)))
    t.deepEqual(await readUpTo(client, expected.at(-1)!), [...expected])
  }
})

test('T-09: the client can only tighten the limit', async t => {
  const destination = `/topic/keep2.${fresh()}`
  const options = { ack: 'client-individual', 'activemq.prefetchSize': '1' }
  const looser = await subscribed(destination, { ...options, 'activemq.maximumPendingMessageLimit': '5' })
  const tighter = await subscribed(destination, { ...options, 'activemq.maximumPendingMessageLimit': '1' })
  await publish(destination, 6)
  t.deepEqual(await readUpTo(looser, '6'), ['1', '5', '6'])
  t.deepEqual(await readUpTo(tighter, '6'), ['1', '6'])
})

test('E-05: what expires while it waits for a slow subscriber is not delivered', async t => {
  const destination = `/topic/${fresh()}`
  const client = await subscribed(destination, { ack: 'client-individual', 'activemq.prefetchSize': '1' })
  const sender = await world.connect()
  const expires = Date.now() + 100
  sender.send('SEND', { destination }, '1')
  sender.send('SEND', { destination, expires: String(expires) }, '2')
  await sender.receipted('SEND', { destination }, '3')
  const first = await client.expect('MESSAGE')
  await clockShows(expires + 1)
  await client.quiet()
  client.send('ACK', { id: first.headers.get('ack') ?? '' })
  t.deepEqual(await bodies(client, 1), ['3'])
})

test('T-03, F-06: a topic that has filled the memory refuses with sendFailIfNoSpace, in the words of ActiveMQ', async t => {
  const own = await new World().start(
    brokerXml({
      body: '<systemUsage><systemUsage sendFailIfNoSpace="true"><memoryUsage><memoryUsage limit="64kb"/></memoryUsage></systemUsage></systemUsage>',
    }),
  )
  t.teardown(() => own.end())
  const client = await own.connect()
  await client.receipted('SUBSCRIBE', { id: '1', destination: '/topic/a', ack: 'client', 'activemq.prefetchSize': '1' })
  const sender = await own.connect()
  const body = 'x'.repeat(40_000)
  for (let i = 0; i < 3; i++) await sender.receipted('SEND', { destination: '/topic/a' }, body)
  sender.send('SEND', { destination: '/topic/a' }, body)
  t.regex(
    await error(sender),
    /^Usage Manager memory limit \(65536\) reached\. Rejecting send for producer \(ID:.+\) to prevent flooding topic:\/\/a\./,
  )
})

test('T-02: a persistent message to a topic without durable subscriptions is not journaled, one to a topic with one is', async t => {
  const { journal } = world.running.broker
  const subscriber = await subscribed('/topic/volatile')
  const before = journal.end
  await publish('/topic/volatile', 3, { persistent: 'true' })
  t.is((await subscriber.expect('MESSAGE')).headers.get('persistent'), 'true')
  t.is(journal.end, before)
  const durable = await world.connect({ 'client-id': 'keeper' })
  await durable.receipted('SUBSCRIBE', { id: '1', destination: '/topic/kept', 'activemq.subscriptionName': 'k' })
  const subscribedAt = journal.end
  await publish('/topic/kept', 1, { persistent: 'true' })
  t.true(journal.end > subscribedAt)
})

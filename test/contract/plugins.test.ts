import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { DestinationKind } from '../../src/base/destination.ts'
import { about, bodies, connect, depth, drain, fill, lost, started, take, until } from './consuming.ts'
import { brokerXml, type Client, type WireFrame, type World } from './world.ts'

const with_ = (t: ExecutionContext, plugins: string, attributes = ''): Promise<World> =>
  started(t, { attributes, body: `<plugins>${plugins}</plugins>` })

async function consumer(world: World, destination: string, headers: Record<string, string> = {}): Promise<Client> {
  const client = await world.connect()
  await client.receipted('SUBSCRIBE', { id: '1', destination, ...headers })
  return client
}

/** What a consumer gets of a message that was sent with these headers. */
async function given(world: World, headers: Record<string, string>): Promise<WireFrame> {
  const client = await consumer(world, '/queue/given')
  client.send('SEND', { destination: '/queue/given', ...headers }, 'm')
  const [message] = await take(client, 1)
  client.send('UNSUBSCRIBE', { id: '1' })
  return message!
}
const number = ({ headers }: WireFrame, name: string): number => Number(headers.get(name))

test('PL-06: the clock of the broker replaces that of the sender, and the lifetime stays what it was', async t => {
  const world = await with_(t, '<timeStampingBrokerPlugin/>')
  const before = Date.now()
  const message = await given(world, { timestamp: '1000', expires: '61000', persistent: 'true' })
  t.true(number(message, 'timestamp') >= before)
  t.is(number(message, 'expires'), number(message, 'timestamp') + 60_000)
  t.is((await given(world, { timestamp: '1000' })).headers.get('expires'), '0')
  // A sender that wants no timestamp gets none.
  t.is((await given(world, { timestamp: '0' })).headers.get('timestamp'), '0')
})

test('PL-06: zeroExpirationOverride gives a lifetime to what has none', async t => {
  const world = await with_(t, '<timeStampingBrokerPlugin zeroExpirationOverride="50000"/>')
  const message = await given(world, {})
  t.is(number(message, 'expires'), number(message, 'timestamp') + 50_000)
  const own = await given(world, { timestamp: '1000', expires: '61000' })
  t.is(number(own, 'expires'), number(own, 'timestamp') + 60_000)
})

test('PL-06: ttlCeiling is the longest lifetime, whoever asked for more', async t => {
  const world = await with_(t, '<timeStampingBrokerPlugin zeroExpirationOverride="90000" ttlCeiling="70000"/>')
  for (const [headers, lifetime] of [
    [{}, 70_000],
    [{ timestamp: '1000', expires: '61000' }, 60_000],
    [{ timestamp: '1000', expires: '99999' }, 70_000],
  ] as const) {
    const message = await given(world, headers)
    t.is(number(message, 'expires'), number(message, 'timestamp') + lifetime)
  }
})

test('PL-06: futureOnly changes nothing when that would end a message earlier', async t => {
  const world = await with_(t, '<timeStampingBrokerPlugin futureOnly="true"/>')
  const timestamp = String(Date.now() + 3_600_000)
  const expires = String(Date.now() + 3_660_000)
  const ahead = await given(world, { timestamp, expires })
  t.is(ahead.headers.get('timestamp'), timestamp)
  t.is(ahead.headers.get('expires'), expires)
  const behind = await given(world, { timestamp: '1000', expires: '61000' })
  t.is(number(behind, 'expires'), number(behind, 'timestamp') + 60_000)
})

test('PL-06, D-07: a dead letter keeps its timestamp', async t => {
  const world = await with_(t, '<timeStampingBrokerPlugin/>')
  const client = await consumer(world, '/queue/a', { ack: 'client' })
  client.send('SEND', { destination: '/queue/a', persistent: 'true' }, 'm')
  const [message] = await take(client, 1)
  await client.receipted('NACK', about(client, message!))
  const [letter] = await drain(world, 'ActiveMQ.DLQ')
  t.is(letter!.headers.get('timestamp'), message!.headers.get('timestamp'))
})

for (const flag of [true, false])
  test(`PL-08: with persistenceFlag="${flag}" every message is ${flag ? '' : 'not '}persistent, dead letters too`, async t => {
    const world = await with_(t, `<forcePersistencyModeBrokerPlugin persistenceFlag="${flag}"/>`)
    const expected = flag ? 'true' : undefined
    const client = await consumer(world, '/queue/a', { ack: 'client' })
    const headers = [{}, { persistent: 'true' }, { JMSDeliveryMode: '2' }, { JMSDeliveryMode: '1' }]
    for (const each of headers) client.send('SEND', { destination: '/queue/a', ...each }, 'm')
    const messages = await take(client, headers.length)
    for (const message of messages) t.is(message.headers.get('persistent'), expected)
    await client.receipted('NACK', about(client, messages[0]!))
    await world.stop()
    await world.start(brokerXml())
    t.is(world.running.broker.find(DestinationKind.queue, 'ActiveMQ.DLQ') === null, !flag)
    t.is(depth(world, 'a'), flag ? 3 : 0)
  })

test('PL-12: discardingDLQBrokerPlugin drops every death, and the source is empty', async t => {
  const world = await with_(t, '<discardingDLQBrokerPlugin/>')
  const client = await consumer(world, '/queue/a', { ack: 'client' })
  client.send('SEND', { destination: '/queue/a', persistent: 'true' }, 'm')
  const [message] = await take(client, 1)
  await client.receipted('NACK', about(client, message!))
  await client.receipted('SEND', { destination: '/queue/b', persistent: 'true', expires: '1' }, 'expired')
  await until(world, 'b is empty', () => depth(world, 'b') === 0)
  t.is(depth(world, 'a'), 0)
  t.is(world.running.broker.find(DestinationKind.queue, 'ActiveMQ.DLQ'), null)
})

test('PL-12: dropOnly names whole sources by regular expressions; dropTemporaryQueues and -Topics are told apart', async t => {
  const world = await with_(
    t,
    '<discardingDLQBrokerPlugin dropAll="false" dropTemporaryQueues="false" dropOnly="a\\.\\d b"/>',
  )
  const client = await world.connect()
  for (const destination of ['/queue/a.1', '/queue/a.12', '/queue/b', '/queue/bb', '/temp-queue/t']) {
    await client.receipted('SUBSCRIBE', { id: destination, destination, ack: 'client' })
    client.send('SEND', { destination, persistent: 'true' }, destination)
    const [message] = await take(client, 1)
    await client.receipted('NACK', about(client, message!))
  }
  const letters = await drain(world, 'ActiveMQ.DLQ')
  t.deepEqual(bodies(letters), ['/queue/a.12', '/queue/bb', '/temp-queue/t'])
})

const lines = (world: World, start: string): string[] =>
  world.lines.filter(line => line.startsWith(`INFO ${start}`)).map(line => line.slice(5))

/** A client does one of everything, under these attributes of loggingBrokerPlugin. */
async function logged(t: ExecutionContext, attributes: string): Promise<World> {
  const world = await with_(t, `<loggingBrokerPlugin ${attributes}/>`)
  const client = await world.connect({ 'client-id': 'c', login: 'u', passcode: 'secret' })
  await client.receipted('SUBSCRIBE', { id: '1', destination: '/queue/a', ack: 'client' })
  client.send('BEGIN', { transaction: 'tx1' })
  client.send('SEND', { destination: '/queue/a', transaction: 'tx1' }, 'body')
  client.send('COMMIT', { transaction: 'tx1' })
  const [message] = await take(client, 1)
  await client.receipted('ACK', about(client, message!))
  client.send('BEGIN', { transaction: 'tx2' })
  await client.receipted('ABORT', { transaction: 'tx2' })
  client.send('UNSUBSCRIBE', { id: '1' })
  await lost(world, client)
  t.false(
    world.lines.some(line => /secret|body/.test(line)),
    'no password and no body',
  )
  return world
}
/** A word from a line of each kind of event. */
const KINDS = {
  connections: 'Adding Connection: ',
  sessions: 'Adding Session: ',
  transactions: 'Beginning transaction: tx1',
  consumers: 'Adding Consumer: queue://a of client ID c',
  producers: 'Sending message: 4 bytes to /queue/a, of client ID c',
  internal: 'Adding destination: queue://a',
}
const told = (world: World): string[] =>
  Object.entries(KINDS).flatMap(([kind, start]) => (lines(world, start).length > 0 ? [kind] : []))

test('PL-07: loggingBrokerPlugin tells of connections and sessions, and of nothing else unless asked', async t => {
  const world = await logged(t, '')
  t.deepEqual(told(world), ['connections', 'sessions'])
  t.is(lines(world, 'Removing Connection: ').length, 1)
  t.is(lines(world, 'Removing Session: ').length, 1)
  t.deepEqual(told(await logged(t, 'logConnectionEvents="false" logSessionEvents="false"')), [])
})

test('PL-07: each kind of event is told of when it is asked for, and logAll asks for all', async t => {
  const none = 'logConnectionEvents="false" logSessionEvents="false"'
  const transactions = await logged(t, `${none} logTransactionEvents="true"`)
  t.deepEqual(told(transactions), ['transactions'])
  t.is(lines(transactions, 'Committing transaction: tx1').length, 1)
  t.is(lines(transactions, 'Rolling back transaction: tx2').length, 1)
  const consumers = await logged(t, `${none} logConsumerEvents="true"`)
  t.deepEqual(told(consumers), ['consumers'])
  for (const start of ['Removing Consumer: ', 'Acknowledging message for client ID: c', 'preProcessDispatch: '])
    t.is(lines(consumers, start).length, 1, start)
  t.deepEqual(told(await logged(t, `${none} logProducerEvents="true"`)), ['producers'])
  t.deepEqual(told(await logged(t, `${none} logMessageEvents="true"`)), ['producers'])
  const internal = await logged(t, `${none} logInternalEvents="true"`)
  t.deepEqual(told(internal), ['internal'])
  t.is(lines(internal, 'Starting test').length, 1)
  t.deepEqual(told(await logged(t, 'logAll="true"')), Object.keys(KINDS))
  const named = await logged(t, `${none} logProducerEvents="true" perDestinationLogger="true"`)
  t.is(lines(named, '/queue/a: Sending message: ').length, 1)
})

test('PL-13: traceBrokerPathPlugin adds the name of the broker on each delivery, behind what stands there', async t => {
  const world = await with_(t, '<traceBrokerPathPlugin/>')
  t.is((await given(world, {})).headers.get('BrokerPath'), 'test')
  t.is((await given(world, { BrokerPath: 'other' })).headers.get('BrokerPath'), 'other,test')
  await fill(world, '/queue/a', 1)
  const first = await consumer(world, '/queue/a', { ack: 'client' })
  await take(first, 1)
  await lost(world, first)
  const second = await connect(world, '1.1')
  second.send('SUBSCRIBE', { id: '1', destination: '/queue/a' })
  const [again] = await take(second, 1)
  t.is(again!.headers.get('BrokerPath'), 'test,test')
  t.is(again!.headers.get('redelivered'), 'true')
  const topic = await consumer(world, '/topic/t')
  topic.send('SEND', { destination: '/topic/t', x: 'y' }, 'm')
  const [published] = await take(topic, 1)
  t.is(published!.headers.get('BrokerPath'), 'test')
  t.is(published!.headers.get('x'), 'y')
})

test('PL-13: stampProperty names the header', async t => {
  const world = await with_(t, '<traceBrokerPathPlugin stampProperty="via"/>')
  const { headers } = await given(world, {})
  t.is(headers.get('via'), 'test')
  t.false(headers.has('BrokerPath'))
})

/** The file, when it says this. */
async function drawn(world: World, file: string, text: string): Promise<string> {
  await until(world, `${file} says ${text}`, () => existsSync(file) && readFileSync(file, 'utf8').includes(text))
  return readFileSync(file, 'utf8')
}

test('PL-14: connectionDotFilePlugin and destinationDotFilePlugin keep a picture up to date in their files', async t => {
  const plugins =
    '<connectionDotFilePlugin file="${activemq.data}/c.dot"/><destinationDotFilePlugin file="${activemq.data}/d.dot"/>'
  const world = await with_(t, plugins)
  const file = (name: string): string => join(world.directory, 'data', name)
  const client = await world.connect({ 'client-id': 'drawn' })
  await client.receipted('SUBSCRIBE', { id: '1', destination: '/queue/a.b"c' })
  // With its subscription: a picture of the connection alone may come before.
  const connections = await drawn(world, file('c.dot'), '"queue://a.b\\"c" -> "ID:')
  t.regex(connections, /^digraph "ActiveMQ Connections" \{\n/)
  t.true(connections.includes('"drawn"'))
  const destinations = await drawn(world, file('d.dot'), '"b\\"c"')
  t.true(destinations.includes('"queues.a" -> "queues.a.b\\"c";'))
})

test('PL-16: destinationsPlugin saves the list of destinations at the end and makes them again at the start', async t => {
  const plugins = (location: string): string => `<plugins><destinationsPlugin ${location}/></plugins>`
  const world = await started(t, { body: plugins('') })
  const client = await world.connect()
  await client.receipted('SUBSCRIBE', { id: '1', destination: '/topic/t' })
  await client.receipted('SUBSCRIBE', { id: '2', destination: '/queue/a.b' })
  await client.receipted('SUBSCRIBE', { id: '3', destination: '/temp-queue/x' })
  await client.receipted('SUBSCRIBE', { id: '4', destination: '/topic/two words' })
  await world.stop()
  const file = join(world.directory, 'data', 'test', 'destinations')
  t.deepEqual(readFileSync(file, 'utf8').trim().split('\n').sort(), ['queue://a.b', 'topic://t', 'topic://two words'])
  await world.start(brokerXml({ body: plugins('') }))
  t.not(world.running.broker.find(DestinationKind.topic, 't'), null)
  t.not(world.running.broker.find(DestinationKind.topic, 'two words'), null)
  await world.stop()
  const other = join(world.directory, 'other')
  await world.start(brokerXml({ body: plugins(`location="${other}"`) }))
  t.is(world.running.broker.find(DestinationKind.topic, 't'), null)
  await world.stop()
  t.is(readFileSync(other, 'utf8'), 'queue://a.b\n')
})

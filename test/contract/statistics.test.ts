import test, { type ExecutionContext } from 'ava'
import { started } from './consuming.ts'
import type { Client, World, WireFrame, XmlParts } from './world.ts'

const PLUGIN = '<plugins><statisticsBrokerPlugin/></plugins>'
const STATISTICS = 'ActiveMQ.Statistics.'

/** A broker with the plugin, and a client whose answers come as JSON. */
async function asking(t: ExecutionContext, parts: XmlParts = {}): Promise<readonly [World, Client]> {
  const world = await started(t, { body: PLUGIN, ...parts })
  const client = await world.connect({ 'client-id': 'asker' })
  await client.receipted('SUBSCRIBE', { id: 'r', destination: '/temp-queue/r', transformation: 'jms-map-json' })
  return [world, client]
}

const ask = (client: Client, destination: string, headers: Record<string, string> = {}): void =>
  client.send('SEND', { destination, 'reply-to': '/temp-queue/r', ...headers })

interface Answer {
  readonly values: Readonly<Record<string, unknown>>
  readonly types: Readonly<Record<string, string>>
}

/** The entries of a reply by key. */
function entries({ body }: WireFrame): Answer {
  const { map } = JSON.parse(body.toString()) as { map: '' | { entry: Record<string, unknown>[] } }
  const values: Record<string, unknown> = {}
  const types: Record<string, string> = {}
  for (const entry of map === '' ? [] : map.entry) {
    const { string, ...others } = entry
    const [key, value] = Array.isArray(string) ? (string as string[]) : [string as string, undefined]
    const [type, other] = Object.entries(others)[0] ?? ['string', value]
    types[key!] = type
    values[key!] = other
  }
  return { values, types }
}

const answer = async (client: Client): Promise<Answer> => entries(await client.expect('MESSAGE'))

test('PL-01, PL-02, S-ADV-06: what is counted of a queue, every key with its type', async t => {
  const [world, client] = await asking(t)
  const sender = await world.connect()
  for (let i = 0; i < 3; i++) await sender.receipted('SEND', { destination: '/queue/q', persistent: 'true' }, 'abc')
  const consumer = await world.connect()
  const subscribe = { id: 's', destination: '/queue/q', ack: 'client-individual', 'activemq.prefetchSize': '2' }
  await consumer.receipted('SUBSCRIBE', subscribe)
  const [first] = [await consumer.expect('MESSAGE'), await consumer.expect('MESSAGE')]
  consumer.send('ACK', { id: first.headers.get('ack')! })
  await consumer.expect('MESSAGE')
  ask(client, `/queue/${STATISTICS}Destination.q`, { 'correlation-id': 'c:1' })
  const frame = await client.expect('MESSAGE')
  t.like(Object.fromEntries(frame.headers), {
    'correlation-id': 'c:1',
    type: 'Advisory',
    transformation: 'jms-map-json',
    priority: '4',
  })
  t.false(frame.headers.has('persistent'))
  const { values, types } = entries(frame)
  t.like(values, {
    brokerName: 'test',
    destinationName: 'queue://q',
    size: 2,
    enqueueCount: 3,
    dequeueCount: 1,
    dispatchCount: 3,
    inflightCount: 2,
    expiredCount: 0,
    consumerCount: 1,
    producerCount: 0,
    messagesCached: 0,
    memoryPercentUsage: 0,
  })
  t.true((values['averageMessageSize'] as number) > 3)
  t.true((values['memoryUsage'] as number) > 0)
  t.true((values['memoryLimit'] as number) > 0)
  const [least, average, most] = ['min', 'average', 'max'].map(which => values[`${which}EnqueueTime`] as number)
  t.true(least! <= average! && average! <= most! && most! < 60_000)
  t.like(types, { size: 'long', memoryPercentUsage: 'int', averageEnqueueTime: 'double', brokerId: 'string' })
  t.is(Object.keys(values).length, 19)
})

test('PL-02: by default a reply is XML', async t => {
  const world = await started(t, { body: PLUGIN })
  const client = await world.connect()
  await client.receipted('SUBSCRIBE', { id: 'r', destination: '/temp-queue/r' })
  await client.receipted('SEND', { destination: '/queue/q' }, 'x')
  ask(client, `/queue/${STATISTICS}Destinationq`)
  const { headers, body } = await client.expect('MESSAGE')
  t.is(headers.get('transformation'), 'jms-map-xml')
  const text = body.toString()
  t.true(text.startsWith('<map>\n  <entry>\n    <string>brokerName</string>\n    <string>test</string>\n  </entry>\n'))
  t.true(text.includes('    <string>enqueueCount</string>\n    <long>1</long>\n'))
  t.true(text.includes('    <string>averageEnqueueTime</string>\n    <double>0.0</double>\n'))
  t.true(text.includes('memoryUsage'))
})

test('PL-01: one reply for each destination that matches, of the request’s own kind; none for none', async t => {
  const [world, client] = await asking(t)
  const sender = await world.connect()
  for (const destination of ['/queue/a.one', '/queue/a.two', '/topic/a.three'])
    await sender.receipted('SEND', { destination }, 'x')
  ask(client, `/queue/${STATISTICS}Destination.nosuch`)
  ask(client, `/queue/${STATISTICS}Destination.a.>`)
  const names = [await answer(client), await answer(client)].map(({ values }) => values['destinationName'])
  t.deepEqual(new Set(names), new Set(['queue://a.one', 'queue://a.two']))
  ask(client, `/topic/${STATISTICS}Destination.a.*`)
  const topic = (await answer(client)).values
  t.like(topic, { destinationName: 'topic://a.three', enqueueCount: 1, size: 0 })
})

test('PL-03: an empty map ends the list, asked for by header or at the end of the name', async t => {
  const [world, client] = await asking(t)
  await (await world.connect()).receipted('SEND', { destination: '/queue/q' }, 'x')
  const option = `${STATISTICS}Destination.List.End.With.Null`
  ask(client, `/queue/${STATISTICS}Destination.q`, { [option]: 'true' })
  t.is((await answer(client)).values['destinationName'], 'queue://q')
  t.deepEqual((await answer(client)).values, {})
  ask(client, `/queue/${STATISTICS}Destination.q${option}`)
  t.is((await answer(client)).values['destinationName'], 'queue://q')
  t.deepEqual((await answer(client)).values, {})
})

test('PL-03: the time of the first message, when it is asked for and there is one', async t => {
  const [world, client] = await asking(t)
  const sender = await world.connect()
  await sender.receipted('SEND', { destination: '/queue/q', timestamp: '4711' }, 'x')
  await sender.receipted('SEND', { destination: '/queue/q', timestamp: '4712' }, 'x')
  const option = { [`${STATISTICS}Destination.Include.First.Message.Timestamp`]: 'x' }
  ask(client, `/queue/${STATISTICS}Destination.q`, option)
  t.is((await answer(client)).values['firstMessageTimestamp'], 4711)
  ask(client, `/queue/${STATISTICS}Destination.q`)
  t.false('firstMessageTimestamp' in (await answer(client)).values)
})

test('PL-02: what is counted of the broker: all destinations, limits and connectors', async t => {
  const [world, client] = await asking(t, {
    body: `${PLUGIN}<systemUsage><systemUsage><memoryUsage><memoryUsage limit="10mb"/></memoryUsage><storeUsage><storeUsage limit="20mb"/></storeUsage><tempUsage><tempUsage limit="30mb"/></tempUsage></systemUsage></systemUsage>`,
    connectors: { stomp: 'stomp://127.0.0.1:0', openwire: 'tcp://127.0.0.1:0' },
  })
  const sender = await world.connect()
  for (const destination of ['/queue/a', '/queue/b', '/topic/t']) await sender.receipted('SEND', { destination }, 'x')
  ask(client, `/queue/${STATISTICS}Broker`)
  const { values, types } = await answer(client)
  t.like(values, {
    brokerName: 'test',
    size: 2,
    enqueueCount: 3,
    consumerCount: 1,
    memoryLimit: 10 * 1024 * 1024,
    storeLimit: 20 * 1024 * 1024,
    tempLimit: 30 * 1024 * 1024,
    openwire: `tcp://127.0.0.1:${world.port('openwire')}`,
    stomp: `stomp://127.0.0.1:${world.port('stomp')}`,
    ssl: '',
    'stomp+ssl': '',
    vm: 'vm://test',
  })
  t.true((values['storeUsage'] as number) > 0)
  t.true((values['dataDirectory'] as string).endsWith('data'))
  t.like(types, { storePercentUsage: 'int', tempPercentUsage: 'int', storeUsage: 'long', stomp: 'string' })
})

test('PL-03: the counters begin anew after a reset, and what is in the queues is still told', async t => {
  const [world, client] = await asking(t)
  const sender = await world.connect()
  await sender.receipted('SEND', { destination: '/queue/q' }, 'x')
  ask(client, `/queue/${STATISTICS}Broker`, { [`${STATISTICS}Broker.Reset`]: 'true' })
  t.like((await answer(client)).values, { enqueueCount: 0, dispatchCount: 0, size: 1 })
  await sender.receipted('SEND', { destination: '/queue/q' }, 'x')
  ask(client, `/queue/${STATISTICS}Destination.q`)
  t.like((await answer(client)).values, { enqueueCount: 1, size: 2 })
})

test('PL-03: what is counted of each subscription that is no temporary one’s', async t => {
  const [world, client] = await asking(t)
  const consumer = await world.connect({ 'client-id': 'c' })
  await consumer.receipted('SUBSCRIBE', {
    id: 's',
    destination: '/queue/q',
    ack: 'client',
    'activemq.prefetchSize': '7',
    selector: 'a = 1',
  })
  await (await world.connect()).receipted('SEND', { destination: '/queue/q', a: '1' }, 'x')
  await consumer.expect('MESSAGE')
  ask(client, `/queue/${STATISTICS}Subscription`)
  const { values } = await answer(client)
  t.like(values, {
    destinationName: 'q',
    clientId: 'c',
    selector: 'a = 1',
    prefetchSize: 7,
    enqueueCounter: 1,
    dispatchedCounter: 1,
    dequeueCounter: 0,
    dispatchedQueueSize: 1,
    exclusive: false,
    slowConsumer: false,
  })
})

test('PL-01: a request is not stored; without reply-to, or without the plugin, it is a message like any other', async t => {
  const [world, client] = await asking(t)
  ask(client, `/queue/${STATISTICS}Broker`, { receipt: 'asked' })
  const frames = [await client.frame(), await client.frame()]
  t.true(frames.some(({ command, headers }) => command === 'RECEIPT' && headers.get('receipt-id') === 'asked'))
  t.is(world.running.broker.find(0, `${STATISTICS}Broker`), null)
  const sender = await world.connect()
  await sender.receipted('SEND', { destination: `/queue/${STATISTICS}Broker` }, 'plain')
  await sender.receipted('SUBSCRIBE', { id: 's', destination: `/queue/${STATISTICS}Broker` })
  t.is((await sender.expect('MESSAGE')).body.toString(), 'plain')
  const plain = await started(t)
  const other = await plain.connect()
  const request = { destination: `/queue/${STATISTICS}Broker`, 'reply-to': '/queue/r' }
  await other.receipted('SEND', request, 'plain')
  await other.receipted('SUBSCRIBE', { id: 's', destination: `/queue/${STATISTICS}Broker` })
  t.is((await other.expect('MESSAGE')).body.toString(), 'plain')
})

test('PL-01: who may not write to the request’s queue, or to that of the answer, gets none', async t => {
  const user =
    '<simpleAuthenticationPlugin><users><authenticationUser username="joe" password="p" groups="users"/></users></simpleAuthenticationPlugin>'
  const entries = `<authorizationEntry queue="${STATISTICS}>" write="users" admin="users"/><authorizationEntry queue="mine" read="users" write="users" admin="users"/><authorizationEntry queue=">" read="users"/><authorizationEntry topic=">" read="users"/>`
  const plugin = `<authorizationPlugin><map><authorizationMap><authorizationEntries>${entries}</authorizationEntries></authorizationMap></map></authorizationPlugin>`
  const world = await started(t, { body: `<plugins>${user}${plugin}<statisticsBrokerPlugin/></plugins>` })
  const client = await world.connect({ login: 'joe', passcode: 'p' })
  client.send('SEND', { destination: `/topic/${STATISTICS}Broker`, 'reply-to': '/queue/mine' })
  t.regex((await client.expect('ERROR')).headers.get('message')!, /not authorized to write to: topic:/)
  client.send('SEND', { destination: `/queue/${STATISTICS}Broker`, 'reply-to': '/queue/other' })
  t.regex((await client.expect('ERROR')).headers.get('message')!, /not authorized to write to: queue:\/\/other/)
  await client.receipted('SUBSCRIBE', { id: 's', destination: '/queue/mine' })
  client.send('SEND', { destination: `/queue/${STATISTICS}Broker`, 'reply-to': '/queue/mine' })
  t.true((await client.expect('MESSAGE')).body.toString().includes('brokerName'))
})

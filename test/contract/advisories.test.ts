import test, { type ExecutionContext } from 'ava'
import { started } from './consuming.ts'
import { eventually, pair } from './twins.ts'
import type { Client, WireFrame, World, XmlParts } from './world.ts'

const TOPIC = '/topic/ActiveMQ.Advisory.'

/** What the tests look at in an advisory's body. */
type Body = Readonly<Record<string, unknown>>

/** What lies at this path of a body. */
function part(body: unknown, ...path: string[]): unknown {
  let inner = body
  for (const name of path) inner = (inner as Body)[name]
  return inner
}

interface Advisory {
  /** Behind `ActiveMQ.Advisory.`. */
  readonly topic: string
  readonly headers: ReadonlyMap<string, string>
  readonly body: Body
}

const advisory = ({ headers, body }: WireFrame): Advisory => ({
  topic: headers.get('destination')!.slice(TOPIC.length),
  headers,
  body: JSON.parse(body.toString()) as Body,
})

async function watching(world: World, topics: string, headers: Record<string, string> = {}): Promise<Client> {
  const client = await world.connect()
  const destination = topics
    .split(',')
    .map(topic => TOPIC + topic)
    .join(',')
  await client.receipted('SUBSCRIBE', { id: 'w', destination, ...headers })
  return client
}

const next = async (watcher: Client): Promise<Advisory> => advisory(await watcher.expect('MESSAGE'))

/** Advisories until one of this topic, which is the last. */
async function until(watcher: Client, topic: string): Promise<Advisory[]> {
  const all: Advisory[] = []
  do all.push(await next(watcher))
  while (all.at(-1)!.topic !== topic)
  return all
}

const topicsOf = (all: readonly Advisory[]): string[] => all.map(({ topic }) => topic)

/** A broker whose policy entry has these attributes. */
const withPolicy = (t: ExecutionContext, attributes: string, more: XmlParts = {}): Promise<World> =>
  started(t, {
    ...more,
    body: `<destinationPolicy><policyMap><policyEntries>${attributes}</policyEntries></policyMap></destinationPolicy>`,
  })

test('AD-01, AD-02, AD-03, S-ADV-01: a watcher of everything sees a connection live, in order', async t => {
  const world = await started(t)
  const watcher = await watching(world, '>')
  t.is((await next(watcher)).topic, 'MasterBroker')
  const client = await world.connect({ 'client-id': 'c1', login: 'joe', passcode: 'secret' })
  await client.receipted('SUBSCRIBE', { id: 's', destination: '/queue/q' })
  await client.receipted('UNSUBSCRIBE', { id: 's' })
  await client.receipted('SUBSCRIBE', { id: 't', destination: '/temp-queue/mine' })
  await client.receipted('SEND', { destination: '/topic/t' }, 'x')
  client.send('DISCONNECT', {})
  const all = await until(watcher, 'Connection')
  all.push(...(await until(watcher, 'Connection')))
  const id = String(part(all[0]!.body, 'ConnectionInfo', 'connectionId', 'value'))
  t.deepEqual(topicsOf(all), [
    'Connection',
    'Queue',
    'Consumer.Queue.q',
    'Consumer.Queue.q',
    'TempQueue',
    `Consumer.Queue.${id}:1`,
    'Topic',
    `Consumer.Queue.${id}:1`,
    'TempQueue',
    'Connection',
  ])
  t.deepEqual(
    all.map(({ body }) => Object.keys(body)[0]),
    [
      'ConnectionInfo',
      'DestinationInfo',
      'ConsumerInfo',
      'RemoveInfo',
      'DestinationInfo',
      'ConsumerInfo',
      'DestinationInfo',
      'RemoveInfo',
      'DestinationInfo',
      'RemoveInfo',
    ],
  )
  t.like(part(all[1]!.body, 'DestinationInfo'), {
    destination: { '@class': 'ActiveMQQueue', string: 'q' },
    operationType: 0,
  })
  t.is(part(all[8]!.body, 'DestinationInfo', 'operationType'), 1)
  t.deepEqual(
    [2, 3].map(i => all[i]!.headers.get('consumerCount')),
    ['1', '0'],
  )
  t.is(part(all[9]!.body, 'RemoveInfo', 'objectId', 'value'), id)
})

test('S-ADV-03: the headers of an advisory', async t => {
  const world = await started(t)
  const watcher = await watching(world, 'Connection')
  const { headers } = await next(watcher)
  t.like(Object.fromEntries(headers), {
    type: 'Advisory',
    priority: '0',
    timestamp: '0',
    expires: '0',
    transformation: 'jms-advisory-json',
    originBrokerName: 'test',
    originBrokerURL: `stomp://127.0.0.1:${world.port()}`,
  })
  t.regex(headers.get('originBrokerId')!, /^ID:/)
  t.true(headers.get('message-id')!.startsWith(headers.get('originBrokerId')!))
  t.false(headers.has('content-length'))
})

test('S-ADV-05: what is told of a connection and a consumer; the password never', async t => {
  const world = await started(t)
  const watcher = await watching(world, 'Connection,Consumer.>')
  await next(watcher)
  const client = await world.connect({ 'client-id': 'c1', login: 'joe', passcode: 'geheim-4711' })
  await client.receipted('SUBSCRIBE', {
    id: 's',
    destination: '/topic/t',
    'activemq.prefetchSize': '7',
    'activemq.priority': '3',
    'activemq.noLocal': 'true',
    'activemq.exclusive': 'true',
    'activemq.subscriptionName': 'sub',
    selector: "a = 'b'",
  })
  const frames = [await watcher.expect('MESSAGE'), await watcher.expect('MESSAGE')]
  for (const { body } of frames) t.false(body.toString().includes('geheim'))
  const [connection, consumer] = frames.map(advisory)
  t.like(part(connection!.body, 'ConnectionInfo'), { clientId: 'c1', userName: 'joe', password: '' })
  t.regex(String(part(connection!.body, 'ConnectionInfo', 'clientIp')), /^tcp:\/\/127\.0\.0\.1:\d+$/)
  const connectionId = part(connection!.body, 'ConnectionInfo', 'connectionId', 'value')
  t.like(part(consumer!.body, 'ConsumerInfo'), {
    consumerId: { connectionId, sessionId: -1, value: 1 },
    destination: { '@class': 'ActiveMQTopic', string: 't' },
    prefetchSize: 7,
    selector: "a = 'b'",
    clientId: 'c1',
    subscriptionName: 'sub',
    browser: false,
    noLocal: true,
    exclusive: true,
    priority: 3,
  })
  t.is(consumer!.topic, 'Consumer.Topic.t')
})

test('S-ADV-02: XML for who asks for it, as XStream prints it; an unknown wish gets no body', async t => {
  const world = await started(t)
  for (const [wish, shown] of [
    ['jms-xml', 'jms-advisory-xml'],
    ['jms-advisory-xml', 'jms-advisory-xml'],
  ] as const) {
    const watcher = await watching(world, 'Connection', { transformation: wish })
    const { headers, body } = await watcher.expect('MESSAGE')
    t.is(headers.get('transformation'), shown)
    t.regex(
      body.toString(),
      /^<ConnectionInfo>\n {2}<commandId>0<\/commandId>\n[^]*<password><\/password>\n[^]*<\/ConnectionInfo>$/,
    )
    watcher.destroy()
  }
  const json = await watching(world, 'Connection', { transformation: 'jms-json' })
  const first = await json.expect('MESSAGE')
  t.is(first.headers.get('transformation'), 'jms-advisory-json')
  t.true(first.body.toString().startsWith('{"ConnectionInfo":'))
  const unknown = await watching(world, 'Connection', { transformation: 'foo' })
  t.is((await unknown.expect('MESSAGE')).body.toString(), '')
})

test('AD-16, S-ADV-04: a new watcher is told what exists, its own connection included, and then what happens', async t => {
  const world = await started(t)
  const client = await world.connect({ 'client-id': 'c1' })
  await client.receipted('SUBSCRIBE', { id: 'q', destination: '/queue/a,/queue/b' })
  await client.receipted('SUBSCRIBE', { id: 't', destination: '/topic/t' })
  await client.receipted('SUBSCRIBE', { id: 'm', destination: '/temp-queue/mine' })
  const connections = await watching(world, 'Connection')
  const both = [await next(connections), await next(connections)]
  t.deepEqual(
    both.map(({ body }) => part(body, 'ConnectionInfo', 'clientId')),
    ['c1', part(both[1]!.body, 'ConnectionInfo', 'connectionId', 'value')],
  )
  const id = String(part(both[0]!.body, 'ConnectionInfo', 'connectionId', 'value'))

  const destinations = await watching(world, 'Queue,Topic')
  const names = []
  for (let i = 0; i < 3; i++)
    names.push(part((await next(destinations)).body, 'DestinationInfo', 'destination', 'string'))
  t.deepEqual(names, ['a', 'b', 't'])

  const temporary = await watching(world, 'TempQueue,TempTopic')
  t.like(part((await next(temporary)).body, 'DestinationInfo'), {
    connectionId: { value: id },
    destination: { '@class': 'ActiveMQTempQueue', string: `${id}:1` },
  })

  const consumers = await watching(world, 'Consumer.>')
  const seen = [await next(consumers), await next(consumers), await next(consumers)]
  t.deepEqual(topicsOf(seen), ['Consumer.Queue.a&sbquo;queue://b', 'Consumer.Topic.t', `Consumer.Queue.${id}:1`])
  t.deepEqual(
    seen.map(({ headers }) => headers.get('consumerCount')),
    ['0', '1', '1'],
  )
  // Then what happens, once.
  await client.receipted('UNSUBSCRIBE', { id: 't' })
  const [gone] = [await next(consumers)]
  t.is(gone.topic, 'Consumer.Topic.t')
  t.like(part(gone.body, 'RemoveInfo'), { objectId: { '@class': 'ConsumerId', connectionId: id, value: 2 } })
})

test('S-ADV-04: a watcher that connects and subscribes in one packet is told of itself once', async t => {
  const world = await started(t)
  const other = await watching(world, 'Connection')
  await next(other)
  const client = await world.dial()
  client.raw(
    'CONNECT\naccept-version:1.2\nhost:h\nclient-id:me\n\n\0SUBSCRIBE\nid:w\ndestination:/topic/ActiveMQ.Advisory.Connection\n\n\0',
  )
  await client.expect('CONNECTED')
  const told = [await next(client), await next(client)]
  const ids = told.map(({ body }) => part(body, 'ConnectionInfo', 'clientId'))
  t.true(ids.includes('me'))
  t.is(new Set(ids).size, 2)
  const third = await world.connect({ 'client-id': 'third' })
  t.is(part((await next(client)).body, 'ConnectionInfo', 'clientId'), 'third')
  third.destroy()
})

test('AD-13: MasterBroker is replayed to whoever subscribes to it, by name or pattern', async t => {
  const world = await started(t)
  for (const topics of ['MasterBroker', '>', '*']) {
    const watcher = await watching(world, topics)
    const { topic, body } = await next(watcher)
    t.is(topic, 'MasterBroker')
    t.deepEqual(body, { null: '' })
    watcher.destroy()
  }
})

test('S-ADV-01: with advisorySupport="false" nothing is told', async t => {
  const world = await started(t, { attributes: 'advisorySupport="false"' })
  const watcher = await watching(world, '>')
  const client = await world.connect()
  await client.receipted('SUBSCRIBE', { id: 's', destination: '/queue/q' })
  const end = await world.connect()
  await end.receipted('SEND', { destination: '/topic/ActiveMQ.Advisory.end' }, '{}')
  t.is((await next(watcher)).topic, 'end')
})

test('AD-04, M-02: STOMP senders are told of on Producer.Anonymous only with anonymousProducerAdvisorySupport', async t => {
  const off = await started(t)
  const silent = await watching(off, 'Producer.>,Connection')
  await off.connect()
  t.deepEqual(topicsOf([await next(silent), await next(silent)]), ['Connection', 'Connection'])
  const world = await started(t, { attributes: 'anonymousProducerAdvisorySupport="true"' })
  const watcher = await watching(world, 'Producer.>')
  t.is((await next(watcher)).topic, 'Producer.Anonymous')
  const client = await world.connect()
  const come = await next(watcher)
  t.is(come.headers.get('producerCount'), '0')
  client.send('DISCONNECT', {})
  const gone = await next(watcher)
  t.is(part(gone.body, 'RemoveInfo', 'objectId', '@class'), 'ProducerId')
  t.is(
    part(gone.body, 'RemoveInfo', 'objectId', 'connectionId'),
    part(come.body, 'ProducerInfo', 'producerId', 'connectionId'),
  )
})

test('AD-05, AD-06: an expired and a dead-lettered message are told of, without a body; a discarded one is no dead letter', async t => {
  const world = await withPolicy(
    t,
    `<policyEntry queue="ex.>" expireMessagesPeriod="100"/>
     <policyEntry queue="gone" ><deadLetterStrategy><discarding/></deadLetterStrategy></policyEntry>`,
  )
  const watcher = await watching(world, 'Expired.>,MessageDLQd.>')
  const client = await world.connect()
  const send = { persistent: 'true', foo: 'bar' }
  await client.receipted('SEND', { destination: '/queue/ex.q', ...send, expires: `${Date.now() + 50}` }, 'hello')
  const [dead, expired] = [await next(watcher), await next(watcher)]
  t.deepEqual(topicsOf([dead, expired]), ['MessageDLQd.Queue.ex.q', 'Expired.Queue.ex.q'])
  t.true(expired.headers.has('orignalMessageId'))
  const message = part(expired.body, 'ActiveMQTextMessage')
  t.is(part(message, 'content'), undefined)
  t.like(message, {
    destination: { string: 'ex.q' },
    persistent: true,
    properties: { entry: { string: ['foo', 'bar'] } },
  })
  for (const queue of ['gone', 'kept']) {
    await client.receipted('SEND', { destination: `/queue/${queue}`, ...send }, 'x')
    await client.receipted('SUBSCRIBE', { id: queue, destination: `/queue/${queue}`, ack: 'client-individual' })
    await client.receipted('NACK', { id: (await client.expect('MESSAGE')).headers.get('ack')! })
  }
  t.is((await next(watcher)).topic, 'MessageDLQd.Queue.kept')
  await client.receipted('SEND', { destination: '/topic/t', expires: '1' }, 'x')
  t.is((await next(watcher)).topic, 'Expired.Topic.t')
})

test('AD-07: a non-persistent message that nobody takes is published itself, and its queue keeps it', async t => {
  const world = await withPolicy(
    t,
    '<policyEntry queue=">" sendAdvisoryIfNoConsumers="true"/><policyEntry topic="t" sendAdvisoryIfNoConsumers="true"/>',
  )
  const watcher = await watching(world, 'NoConsumer.>')
  const client = await world.connect()
  await client.receipted('SEND', { destination: '/queue/q', persistent: 'true' }, 'persistent')
  await client.receipted('SEND', { destination: '/queue/q', foo: 'bar', priority: '7' }, 'hello')
  const told = await watcher.expect('MESSAGE')
  t.like(Object.fromEntries(told.headers), { destination: `${TOPIC}NoConsumer.Queue.q`, foo: 'bar', priority: '7' })
  t.is(told.body.toString(), 'hello')
  t.false(told.headers.has('type'))
  await client.receipted('SEND', { destination: '/topic/t' }, 'topic')
  t.is((await watcher.expect('MESSAGE')).headers.get('destination'), `${TOPIC}NoConsumer.Topic.t`)
  const consumer = await world.connect()
  await consumer.receipted('SUBSCRIBE', { id: 's', destination: '/queue/q' })
  t.is((await consumer.expect('MESSAGE')).body.toString(), 'persistent')
  const kept = await consumer.expect('MESSAGE')
  t.is(kept.headers.get('message-id'), told.headers.get('message-id'))
  // With a consumer, and where the policy does not ask, nothing.
  await client.receipted('SEND', { destination: '/queue/q' }, 'taken')
  await client.receipted('SEND', { destination: '/topic/other' }, 'x')
  await client.receipted('SEND', { destination: '/topic/t' }, 'last')
  t.is((await watcher.expect('MESSAGE')).body.toString(), 'last')
})

test('AD-09, AD-12: a sender that a memory limit holds up, and the limit, are told of', async t => {
  const world = await withPolicy(
    t,
    `<policyEntry queue="full" memoryLimit="4kb" advisoryForFastProducers="true" advisoryWhenFull="true">
       <pendingQueuePolicy><vmQueueCursor/></pendingQueuePolicy></policyEntry>
     <policyEntry queue="quiet" memoryLimit="4kb"><pendingQueuePolicy><vmQueueCursor/></pendingQueuePolicy></policyEntry>`,
  )
  const watcher = await watching(world, 'FULL.>,FastProducer.>')
  const client = await world.connect()
  for (const queue of ['quiet', 'full']) {
    const destination = `/queue/${queue}`
    for (let i = 0; i < 3; i++) await client.receipted('SEND', { destination }, 'x'.repeat(1000))
    client.send('SEND', { destination, receipt: 'late' }, 'x')
  }
  const [full, fast] = [await next(watcher), await next(watcher)]
  t.is(full.topic, 'FULL.Queue.full')
  t.is(full.headers.get('usageName'), 'Main:memory:queue://full:memory')
  t.true(Number(full.headers.get('usageCount')) > 4096)
  t.is(fast.topic, 'FastProducer.Queue.full')
  t.regex(fast.headers.get('producerId')!, /:-1:1$/)
  t.true('ProducerInfo' in fast.body)
})

test('AD-10: what a slow topic consumer loses is told of, one by one', async t => {
  const world = await withPolicy(
    t,
    `<policyEntry topic="t" advisoryForDiscardingMessages="true" includeBodyForAdvisory="true">
       <pendingMessageLimitStrategy><constantPendingMessageLimitStrategy limit="1"/></pendingMessageLimitStrategy></policyEntry>
     <policyEntry topic="quiet"><pendingMessageLimitStrategy><constantPendingMessageLimitStrategy limit="1"/></pendingMessageLimitStrategy></policyEntry>`,
  )
  const watcher = await watching(world, 'MessageDiscarded.>')
  const [client, sender] = [await world.connect(), await world.connect()]
  for (const topic of ['quiet', 't']) {
    const destination = `/topic/${topic}`
    await client.receipted('SUBSCRIBE', { id: topic, destination, ack: 'client', 'activemq.prefetchSize': '1' })
    for (let i = 0; i < 4; i++) await sender.receipted('SEND', { destination }, `m${i}`)
    await client.expect('MESSAGE')
  }
  const all = [await next(watcher), await next(watcher)]
  t.deepEqual(topicsOf(all), ['MessageDiscarded.Topic.t', 'MessageDiscarded.Topic.t'])
  t.deepEqual(
    all.map(({ headers }) => headers.get('discardedCount')),
    ['1', '2'],
  )
  t.regex(all[0]!.headers.get('consumerId')!, /:-1:\d+$/)
  t.is(all[0]!.headers.get('orignalDestination'), 'topic://t')
  const data = String(part(all[0]!.body, 'ActiveMQTextMessage', 'content', 'data'))
  t.is(Buffer.from(data, 'base64').toString('latin1'), '\0\0\0\u0002m1')
})

test('AD-08: a topic consumer that becomes slow is told of, once until it has caught up', async t => {
  const world = await withPolicy(t, '<policyEntry topic="t" advisoryForSlowConsumers="true"/>')
  const watcher = await watching(world, 'SlowConsumer.>')
  const [client, sender] = [await world.connect(), await world.connect()]
  for (const topic of ['quiet', 't']) {
    const destination = `/topic/${topic}`
    await client.receipted('SUBSCRIBE', { id: topic, destination, ack: 'client', 'activemq.prefetchSize': '2' })
    for (let i = 0; i < 8; i++) await sender.receipted('SEND', { destination }, `m${i}`)
    for (let i = 0; i < 2; i++) await client.expect('MESSAGE')
  }
  const slow = await next(watcher)
  t.is(slow.topic, 'SlowConsumer.Topic.t')
  t.regex(slow.headers.get('consumerId')!, /:-1:\d+$/)
  t.is(part(slow.body, 'ConsumerInfo', 'prefetchSize'), 2)
  await watcher.quiet()
})

test('AD-11: accepted and acknowledged messages are told of, also of topics and durable subscriptions', async t => {
  const flags = 'advisoryForDelivery="true" advisoryForConsumed="true"'
  const world = await withPolicy(
    t,
    `<policyEntry queue="q" ${flags} includeBodyForAdvisory="true"/><policyEntry topic="t" ${flags}/>`,
  )
  const watcher = await watching(world, 'MessageDelivered.>,MessageConsumed.>')
  const client = await world.connect({ 'client-id': 'c' })
  const sender = await world.connect()
  await sender.receipted('SEND', { destination: '/queue/quiet' }, 'x')
  await sender.receipted('SEND', { destination: '/queue/q', persistent: 'true' }, 'hello')
  const delivered = await next(watcher)
  t.is(delivered.topic, 'MessageDelivered.Queue.q')
  t.is(delivered.headers.get('orignalDestination'), 'queue://q')
  t.is(part(delivered.body, 'ActiveMQTextMessage', 'content', 'length'), 9)
  await client.receipted('SUBSCRIBE', { id: 's', destination: '/queue/q', ack: 'client-individual' })
  const message = await client.expect('MESSAGE')
  t.is(delivered.headers.get('orignalMessageId'), message.headers.get('message-id'))
  await client.receipted('ACK', { id: message.headers.get('ack')! })
  const consumed = await next(watcher)
  t.is(consumed.topic, 'MessageConsumed.Queue.q')
  t.is(consumed.headers.get('orignalMessageId'), message.headers.get('message-id'))

  const durable = { id: 'd', destination: '/topic/t', ack: 'client-individual', 'activemq.subscriptionName': 'd' }
  await client.receipted('SUBSCRIBE', durable)
  await sender.receipted('SEND', { destination: '/topic/t' }, 'topic')
  t.is((await next(watcher)).topic, 'MessageDelivered.Topic.t')
  await client.receipted('ACK', { id: (await client.expect('MESSAGE')).headers.get('ack')! })
  t.is((await next(watcher)).topic, 'MessageConsumed.Topic.t')

  // In auto mode, and in a transaction: when it is committed.
  await client.receipted('SUBSCRIBE', { id: 'a', destination: '/queue/q' })
  await client.receipted('UNSUBSCRIBE', { id: 's' })
  sender.send('BEGIN', { transaction: 'x' })
  await sender.receipted('SEND', { destination: '/queue/q', transaction: 'x' }, 'later')
  await sender.receipted('SEND', { destination: '/topic/t' }, 'before')
  t.is((await next(watcher)).topic, 'MessageDelivered.Topic.t')
  sender.send('COMMIT', { transaction: 'x' })
  t.deepEqual(topicsOf([await next(watcher), await next(watcher)]), [
    'MessageDelivered.Queue.q',
    'MessageConsumed.Queue.q',
  ])
})

test('VER-08: a scheduled message is told of when it fires, not before', async t => {
  const world = await withPolicy(t, '<policyEntry queue="q" advisoryForDelivery="true"/>', {
    attributes: 'schedulerSupport="true"',
  })
  const watcher = await watching(world, 'MessageDelivered.>')
  const client = await world.connect()
  await client.receipted('SEND', { destination: '/queue/q', AMQ_SCHEDULED_DELAY: '1500' }, 'later')
  await client.receipted('SEND', { destination: '/queue/q' }, 'now')
  const [first, second] = [await next(watcher), await next(watcher)]
  await client.receipted('SUBSCRIBE', { id: 's', destination: '/queue/q' })
  const seen = [await client.expect('MESSAGE'), await client.expect('MESSAGE')]
  t.deepEqual(
    seen.map(({ body }) => body.toString()),
    ['now', 'later'],
  )
  t.deepEqual(
    [first, second].map(({ headers }) => headers.get('orignalMessageId')),
    seen.map(({ headers }) => headers.get('message-id')),
  )
})

test('VER-06: messages that were handed to a consumer are told of with advisoryForDispatched', async t => {
  const world = await withPolicy(t, '<policyEntry queue="q" advisoryForDispatched="true"/>')
  const watcher = await watching(world, 'MessageDispatched.>')
  const client = await world.connect()
  const sender = await world.connect()
  await client.receipted('SUBSCRIBE', { id: 'x', destination: '/queue/quiet' })
  await client.receipted('SUBSCRIBE', { id: 's', destination: '/queue/q', ack: 'client' })
  await sender.receipted('SEND', { destination: '/queue/quiet' }, 'x')
  await sender.receipted('SEND', { destination: '/queue/q' }, 'hello')
  const told = await next(watcher)
  t.is(told.topic, 'MessageDispatched.Queue.q')
  t.regex(told.headers.get('consumerId')!, /:-1:\d+$/)
  t.is(told.headers.get('orignalDestination'), 'queue://q')
})

test('AD-16: includeBodyForAdvisory adds the body to what is told of a message', async t => {
  const world = await withPolicy(
    t,
    '<policyEntry queue="with" advisoryForDelivery="true" includeBodyForAdvisory="true"/><policyEntry queue="without" advisoryForDelivery="true"/>',
  )
  const watcher = await watching(world, 'MessageDelivered.>')
  const client = await world.connect()
  for (const queue of ['with', 'without'])
    await client.receipted('SEND', { destination: `/queue/${queue}`, 'content-length': '3' }, 'abc')
  const bodies = [await next(watcher), await next(watcher)].map(({ body }) => part(body, 'ActiveMQBytesMessage'))
  t.like(bodies[0], { content: { data: Buffer.from('abc').toString('base64'), length: 3 } })
  t.is(part(bodies[1], 'content'), undefined)
})

test('U-08: an advisory topic cannot be subscribed to durably', async t => {
  const world = await started(t)
  const client = await world.connect({ 'client-id': 'c' })
  client.send('SUBSCRIBE', { id: 's', destination: `${TOPIC}Connection`, 'activemq.subscriptionName': 'd' })
  t.is(
    (await client.expect('ERROR')).headers.get('message'),
    'Cannot create a durable subscription for an advisory Topic',
  )
})

test('SA-10: reading advisories needs the right to read them; that they are told needs none of anybody', async t => {
  const users =
    '<simpleAuthenticationPlugin><users><authenticationUser username="admin" password="p" groups="admins"/><authenticationUser username="joe" password="p" groups="users"/></users></simpleAuthenticationPlugin>'
  const entries = `<authorizationEntry queue=">" read="users,admins" write="users,admins" admin="users,admins"/>
    <authorizationEntry topic="T.>" read="users,admins" write="users,admins" admin="users,admins"/>
    <authorizationEntry topic="ActiveMQ.Advisory.Queue" read="users" admin="users"/>
    <authorizationEntry topic="ActiveMQ.Advisory.>" read="admins" write="admins" admin="admins"/>`
  const plugin = `<authorizationPlugin><map><authorizationMap><authorizationEntries>${entries}</authorizationEntries></authorizationMap></map></authorizationPlugin>`
  const world = await started(t, { body: `<plugins>${users}${plugin}</plugins>` })
  const admin = await world.connect({ login: 'admin', passcode: 'p' })
  await admin.receipted('SUBSCRIBE', { id: 'w', destination: `${TOPIC}Connection` })
  t.is(part((await next(admin)).body, 'ConnectionInfo', 'userName'), 'admin')
  const joe = await world.connect({ login: 'joe', passcode: 'p' })
  t.is(part((await next(admin)).body, 'ConnectionInfo', 'userName'), 'joe')
  joe.send('SUBSCRIBE', { id: 's', destination: `${TOPIC}Connection` })
  t.is(
    (await joe.expect('ERROR')).headers.get('message'),
    'User joe is not authorized to read from: topic://ActiveMQ.Advisory.Connection',
  )
  joe.send('SEND', { destination: `${TOPIC}Connection` }, 'forged')
  t.regex((await joe.expect('ERROR')).headers.get('message')!, /not authorized to write to/)
  await joe.receipted('SUBSCRIBE', { id: 'q', destination: `${TOPIC}Queue` })
  await joe.receipted('SEND', { destination: '/queue/q' }, 'x')
  t.is((await next(joe)).topic, 'Queue')
})

test('AD-13, S-ADV-04: after a take-over the new active tells what it has, and MasterBroker', async t => {
  const [one, two] = await pair(t)
  const before = await watching(one, 'Queue')
  const client = await one.connect({ 'client-id': 'old' })
  await client.receipted('SEND', { destination: '/queue/kept', persistent: 'true' }, 'x')
  t.is(part((await next(before)).body, 'DestinationInfo', 'destination', 'string'), 'kept')
  await one.stop()
  await eventually('the other leads', () => two.running.addresses.length > 0)
  const watcher = await watching(two, 'MasterBroker,Connection,Queue')
  const told = [await next(watcher), await next(watcher), await next(watcher)]
  t.deepEqual(topicsOf(told).sort(), ['Connection', 'MasterBroker', 'Queue'])
  const queue = told.find(({ topic }) => topic === 'Queue')!
  t.is(part(queue.body, 'DestinationInfo', 'destination', 'string'), 'kept')
  // Who connected to the other node is not known here.
  const connection = told.find(({ topic }) => topic === 'Connection')!
  t.not(part(connection.body, 'ConnectionInfo', 'clientId'), 'old')
})

test('AD-02: the topics about a temporary destination end with it', async t => {
  const world = await started(t)
  const watcher = await watching(world, 'Consumer.>,Connection')
  await next(watcher)
  const client = await world.connect()
  await client.receipted('SUBSCRIBE', { id: 't', destination: '/temp-queue/mine' })
  client.send('DISCONNECT', {})
  const all = [...(await until(watcher, 'Connection')), ...(await until(watcher, 'Connection'))]
  const about = all.find(({ topic }) => topic.startsWith('Consumer.'))!.topic
  await watcher.receipted('SEND', { destination: '/topic/rest' }, 'x')
  const { broker } = world.running
  t.is(broker.find(1, `ActiveMQ.Advisory.${about}`), null)
})

test('S-ADV-01: a rule may forward an advisory topic to a queue', async t => {
  const rule =
    '<compositeTopic name="ActiveMQ.Advisory.Connection"><forwardTo><queue physicalName="log"/></forwardTo></compositeTopic>'
  const world = await started(t, {
    body: `<destinationInterceptors><virtualDestinationInterceptor><virtualDestinations>${rule}</virtualDestinations></virtualDestinationInterceptor></destinationInterceptors>`,
  })
  const client = await world.connect({ 'client-id': 'c1' })
  await client.receipted('SUBSCRIBE', { id: 's', destination: '/queue/log' })
  const frame = await client.expect('MESSAGE')
  t.is(part(JSON.parse(frame.body.toString()) as Body, 'ConnectionInfo', 'clientId'), 'c1')
})

test('no watcher, no advisory: none is put together', async t => {
  const world = await started(t)
  const client = await world.connect()
  await client.receipted('SUBSCRIBE', { id: 's', destination: '/queue/q' })
  const watcher = await watching(world, 'MasterBroker')
  const { headers } = await next(watcher)
  // Advisories are numbered when they are put together: this is the first.
  t.regex(headers.get('message-id')!, /:0:0:1$/)
  await client.receipted('UNSUBSCRIBE', { id: 's' })
  const second = await watching(world, 'MasterBroker')
  t.regex((await next(second)).headers.get('message-id')!, /:0:0:2$/)
})

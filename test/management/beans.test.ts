import test from 'ava'
import { Turns } from '../../src/beans/turns.ts'
import { TandemError } from '../../src/base/errors.ts'
import { DestinationKind } from '../../src/base/destination.ts'
import { silentLog } from '../../src/base/log.ts'
import { BeanError, Jolokia, POLICIES, objectName, ownBean } from '../../src/management/management.ts'
import { BROKER, CALLER, bean, exec, named, queueBean, read, send, topicBean, world, write } from './shown.ts'

test('AD-01 AD-02: a queue shows what came in, is held, left and waits', async t => {
  const node = await world(t)
  const { beans } = node.running
  const client = await node.connect()
  await send(client, '/queue/orders', ['a', 'b', 'c', 'd'])
  t.like(read(beans, queueBean('orders')), {
    Name: 'orders',
    QueueSize: 4,
    EnqueueCount: 4,
    DequeueCount: 0,
    DispatchCount: 0,
    InFlightCount: 0,
    ConsumerCount: 0,
    ProducerCount: 0,
    DLQ: false,
    Paused: false,
    Subscriptions: [],
  })
  await client.receipted('SUBSCRIBE', {
    id: '1',
    destination: '/queue/orders',
    ack: 'client-individual',
    'activemq.prefetchSize': '2',
  })
  const first = await client.expect('MESSAGE')
  await client.expect('MESSAGE')
  await client.receipted('ACK', { id: first.headers.get('ack') ?? '' })
  await client.expect('MESSAGE')
  const now = read(beans, queueBean('orders'))
  t.like(now, { QueueSize: 3, DequeueCount: 1, DispatchCount: 3, InFlightCount: 2, ConsumerCount: 1 })
  t.is((now['Subscriptions'] as unknown[]).length, 1)
  t.true((now['MinMessageSize'] as number) > 0)
  t.true((now['MaxMessageSize'] as number) >= (now['MinMessageSize'] as number))
  t.true((now['StoreMessageSize'] as number) > 0)
})

test('AD-01: a topic holds nothing, and counts what it handed out', async t => {
  const node = await world(t)
  const { beans } = node.running
  const client = await node.connect()
  await client.receipted('SUBSCRIBE', { id: '1', destination: '/topic/prices' })
  await send(await node.connect(), '/topic/prices', ['1', '2', '3'])
  for (let i = 0; i < 3; i++) await client.expect('MESSAGE')
  t.like(read(beans, topicBean('prices')), {
    QueueSize: 0,
    EnqueueCount: 3,
    DispatchCount: 3,
    DequeueCount: 3,
    ConsumerCount: 1,
  })
  t.is(beans.find(queueBean('prices')), null, 'a topic is no queue')
})

test('AB-01 … AB-07: the broker shows totals, limits, connectors and what it has', async t => {
  const node = await world(t)
  const { beans } = node.running
  const client = await node.connect()
  await send(client, '/queue/a', ['1', '2'])
  await send(client, '/topic/b', ['3'])
  const all = read(beans, BROKER)
  t.like(all, {
    BrokerName: 'test',
    Slave: false,
    Persistent: true,
    CurrentConnectionsCount: 1,
    TotalConnectionsCount: 1,
    TotalEnqueueCount: 3,
    TotalDequeueCount: 0,
    TotalMessageCount: 2,
    TotalConsumerCount: 0,
    TotalProducerCount: 1,
    VMURL: 'vm://test',
    TransportConnectors: { stomp: `stomp://127.0.0.1:${node.port()}` },
    StompURL: `stomp://127.0.0.1:${node.port()}`,
    JMSJobScheduler: null,
  })
  t.regex(all['Uptime'] as string, /^\d+\.\d{3} seconds$/)
  t.regex(all['BrokerId'] as string, /^ID:/)
  t.deepEqual(all['Queues'], [queueBean('a')])
  t.deepEqual(all['Topics'], [topicBean('b')])
  write(beans, BROKER, 'MemoryLimit', 123_456)
  t.like(read(beans, BROKER), { MemoryLimit: 123_456 })
  client.destroy()
})

test('AB-03: totals outlive connections and destinations', async t => {
  const node = await world(t)
  const { beans } = node.running
  const client = await node.connect()
  await send(client, '/queue/gone', ['1', '2'])
  await client.receipted('DISCONNECT')
  await exec(beans, BROKER, 'removeQueue', 'gone')
  t.like(read(beans, BROKER), { TotalEnqueueCount: 2, TotalConnectionsCount: 1, CurrentConnectionsCount: 0 })
})

test('ON-11: a name with colons, stars and question marks is found by its encoded form, and keeps its Name', async t => {
  const node = await world(t)
  const { beans } = node.running
  await exec(beans, BROKER, 'addQueue', 'a:b?c=d')
  const name = queueBean('a:b?c=d')
  t.is(name.keys.get('destinationName'), 'a_b&qe;c&amp;d')
  t.is(read(beans, name, 'Name')['Name'], 'a:b?c=d')
})

test('ON-12: a pattern needs the same keys, unless it ends with ,*', async t => {
  const node = await world(t)
  const { beans } = node.running
  const client = await node.connect()
  await client.receipted('SUBSCRIBE', { id: '1', destination: '/queue/ord.1' })
  await send(client, '/queue/ord.2', ['x'])
  const keys = (value: string) =>
    [
      ['destinationType', 'Queue'],
      ['brokerName', '*'],
      ['type', 'Broker'],
      ['destinationName', value],
    ] as const
  const search = (value: string) =>
    [...beans.query(objectName('org.apache.activemq', keys(value)))].map(({ name }) => name.canonical)
  t.deepEqual(search('ord*'), [queueBean('ord.1').canonical, queueBean('ord.2').canonical])
  t.deepEqual(search('ord.?'), search('ord*'))
  t.deepEqual(search('nothing*'), [])
  const everything = [...beans.query(objectName('*', [], true))].map(({ name }) => name.canonical)
  t.true(everything.includes(BROKER.canonical))
  t.true(everything.includes(queueBean('ord.1').canonical))
  t.deepEqual(everything, [...everything].sort(), 'in the order of canonical names')
})

test('ON-12: thousands of beans are looked for with rests, whether the pattern accepts them or not, and others are served meanwhile', async t => {
  const node = await world(t)
  const { beans, broker } = node.running
  for (let i = 0; i < 5000; i++) broker.create({ kind: DestinationKind.queue, name: `many.${i}` }, null)
  const keys = { type: 'Broker', brokerName: 'test', destinationType: 'Queue' }
  for (const name of ['many.*', 'none.*']) {
    const pattern = objectName('org.apache.activemq', Object.entries({ ...keys, destinationName: name }))
    const work = beans.gather!(pattern)
    let rests = 0
    let step = work.next()
    for (; step.done !== true; step = work.next()) rests++
    t.is(rests, 10)
    t.is(step.value.length, name === 'many.*' ? 5000 : 0)
    t.deepEqual(
      step.value.map(bean => bean.name.canonical),
      [...beans.query(pattern)].map(bean => bean.name.canonical),
    )
  }
  const options = {
    policy: POLICIES.compat,
    log: silentLog,
    now: Date.now,
    version: '0',
    record: () => {},
    forbade: () => {},
  }
  const jolokia = new Jolokia({ beans, ...options })
  const ask = (type: string) =>
    jolokia.answer({
      path: '',
      query: new Map(),
      method: 'post',
      body: JSON.stringify({
        type,
        mbean: 'org.apache.activemq:destinationName=none.*,*',
        path: type === 'list' ? 'org.apache.activemq' : '',
      }),
      caller: CALLER,
      onlyReads: null,
    })
  for (const type of ['search', 'read', 'list']) {
    let pieces = 0
    let text = ''
    for await (const piece of ask(type)) {
      pieces++
      text += piece
    }
    t.true(pieces > 10, `${type}: ${pieces} pieces`)
    JSON.parse(text)
  }
})

test('OQ-01: purge, pause, resume and reset', async t => {
  const node = await world(t)
  const { beans } = node.running
  const client = await node.connect()
  await send(client, '/queue/q', ['1', '2', '3', '4'])
  t.is(await exec(beans, queueBean('q'), 'purge', 1), undefined)
  t.like(read(beans, queueBean('q')), { QueueSize: 3 })
  await exec(beans, queueBean('q'), 'pause')
  t.like(read(beans, queueBean('q')), { Paused: true })
  await exec(beans, queueBean('q'), 'resume')
  await exec(beans, queueBean('q'), 'purge')
  t.like(read(beans, queueBean('q')), { QueueSize: 0, EnqueueCount: 4, DequeueCount: 4, Paused: false })
  await exec(beans, queueBean('q'), 'resetStatistics')
  t.like(read(beans, queueBean('q')), { EnqueueCount: 0, DequeueCount: 0, MaxMessageSize: 0 })
})

test('OQ-02 OM-01: browse shows messages with headers, properties and text, and takes a selector', async t => {
  const node = await world(t)
  const { beans } = node.running
  const client = await node.connect()
  const headers = { color: 'red', 'correlation-id': 'c9', priority: '7', type: 'order', 'reply-to': '/queue/answers' }
  await send(client, '/queue/q', ['hi'], headers)
  await client.receipted('SEND', { destination: '/queue/q', 'content-length': '3' }, Buffer.from([1, 255, 0]))
  const rows = (await exec(beans, queueBean('q'), 'browse')) as Record<string, unknown>[]
  t.is(rows.length, 2)
  t.like(rows[0], {
    JMSDestination: 'queue://q',
    JMSDeliveryMode: 'PERSISTENT',
    JMSPriority: 7,
    JMSCorrelationID: 'c9',
    JMSType: 'order',
    JMSReplyTo: 'queue://answers',
    JMSRedelivered: false,
    JMSExpiration: 0,
    Text: 'hi',
    StringProperties: { color: 'red' },
    PropertiesText: '{color=red}',
  })
  t.true((rows[0]!['JMSTimestamp'] as Date).getTime() > 0)
  t.like(rows[1], { BodyLength: 3, BodyPreview: [1, -1, 0], JMSDeliveryMode: 'NON-PERSISTENT' })
  t.deepEqual(await exec(beans, queueBean('q'), 'browse', "color = 'red'"), rows.slice(0, 1))
  t.like(await exec(beans, queueBean('q'), 'getMessage', rows[0]!['JMSMessageID']), { Text: 'hi' })
  t.is(await exec(beans, queueBean('q'), 'getMessage', 'ID:nobody'), null)
  await t.throwsAsync(exec(beans, queueBean('q'), 'browse', 'a b c'), { message: 'a b c' })
  t.like(read(beans, queueBean('q')), { QueueSize: 2, DispatchCount: 0 }, 'to look changes nothing')
})

test('AD-07: the newest message that a queue holds', async t => {
  const node = await world(t)
  const { beans } = node.running
  await exec(beans, BROKER, 'addQueue', 'q')
  t.is(read(beans, queueBean('q'), 'EnqueuedMessageId')['EnqueuedMessageId'], null)
  const before = Date.now()
  await send(await node.connect(), '/queue/q', ['1', '2'])
  const rows = (await exec(beans, queueBean('q'), 'browse')) as Record<string, unknown>[]
  const now = read(beans, queueBean('q'))
  t.is(now['EnqueuedMessageId'], rows[1]!['JMSMessageID'])
  t.true((now['EnqueuedMessageBrokerInTime'] as number) >= before)
  t.true((now['EnqueuedMessageTimestamp'] as number) >= before)
  await exec(beans, queueBean('q'), 'purge')
  t.is(read(beans, queueBean('q'), 'EnqueuedMessageId')['EnqueuedMessageId'], null)
})

test('OM-01: a map shows its entries', async t => {
  const node = await world(t)
  const { beans } = node.running
  const map =
    '<map><entry><string>name</string><string>Ada</string></entry><entry><string>age</string><int>36</int></entry></map>'
  await send(await node.connect(), '/queue/q', [map], { transformation: 'jms-map-xml' })
  const [row] = (await exec(beans, queueBean('q'), 'browse')) as Record<string, unknown>[]
  t.deepEqual(row!['ContentMap'], { name: 'Ada', age: 36 })
  t.false('Text' in row!)
})

test('AD-05 AD-06: what is writable changes this destination alone, until the next start', async t => {
  const node = await world(t)
  const { beans } = node.running
  for (const name of ['a', 'b']) await exec(beans, BROKER, 'addQueue', name)
  write(beans, queueBean('a'), 'MaxPageSize', 7)
  write(beans, queueBean('a'), 'DLQ', true)
  t.like(read(beans, queueBean('a')), { MaxPageSize: 7, DLQ: true })
  t.like(read(beans, queueBean('b')), { MaxPageSize: 200, DLQ: false })
  t.is(await exec(beans, queueBean('a'), 'retryMessages'), 0)
})

test('OQ-03: a text that is sent arrives as its headers say', async t => {
  const node = await world(t)
  const { beans } = node.running
  const client = await node.connect()
  await client.receipted('SUBSCRIBE', { id: '1', destination: '/queue/q' })
  const id = await exec(
    beans,
    queueBean('q'),
    'sendTextMessage',
    { JMSPriority: 7, JMSCorrelationID: 'x', color: 'red', n: 5 },
    'hé',
  )
  const message = await client.expect('MESSAGE')
  t.is(message.body.toString(), 'hé')
  t.is(message.headers.get('message-id'), id as string)
  t.like(Object.fromEntries(message.headers), { priority: '7', 'correlation-id': 'x', color: 'red', n: '5' })
  t.false(message.headers.has('persistent'))
  await t.throwsAsync(async () => exec(beans, queueBean('q'), 'sendTextMessage', { JMSPriority: 'high' }, 'x'), {
    message: /JMSPriority/,
  })
})

test('OQ-03: a property can be no header of the frame, and none can end its line', async t => {
  const node = await world(t)
  const { beans } = node.running
  const client = await node.connect()
  await client.receipted('SUBSCRIBE', { id: '1', destination: '/queue/q' })
  const forged = { 'content-length': '2', 'message-id': 'x', subscription: '9', destination: '/queue/other' }
  await exec(beans, queueBean('q'), 'sendTextMessage', { ...forged, constructor: 'c', JMSXUserID: 'boss' }, 'hello')
  const message = await client.expect('MESSAGE')
  t.is(message.body.toString(), 'hello')
  t.is(message.headers.get('constructor'), 'c')
  for (const name of ['content-length', 'JMSXUserID']) t.false(message.headers.has(name), name)
  for (const [name, value] of Object.entries(forged)) t.false(message.lines.includes(`${name}:${value}`), name)
  for (const name of ['a\nb', 'a:b', '', 'a\0', '\r'])
    await t.throwsAsync(async () => exec(beans, queueBean('q'), 'sendTextMessage', { [name]: 'x' }, 'hello'), {
      message: /cannot be the name of a property/,
    })
})

test('OQ-03: during a hand-over nothing is journaled, and whoever asked is answered when it is over or the broker ends', async t => {
  const node = await world(t)
  const { beans, broker } = node.running
  const client = await node.connect()
  await client.receipted('SUBSCRIBE', { id: '1', destination: '/queue/q' })
  broker.quiesce()
  const { end } = broker.journal
  const sent = exec(beans, queueBean('q'), 'sendTextMessage', 'late')
  const made = exec(beans, BROKER, 'createDurableSubscriber', 'c1', 'sub', 'q', '')
  t.is(await Promise.race([sent, new Promise(resolve => setImmediate(resolve, 'waits'))]), 'waits')
  t.is(broker.journal.end, end)
  broker.resume()
  t.is((await client.expect('MESSAGE')).headers.get('message-id'), (await sent) as string)
  await made
  broker.quiesce()
  const never = exec(beans, queueBean('q'), 'sendTextMessage', 'never')
  await Promise.all([t.throwsAsync(never, { code: 'BROKER_STOPPED' }), node.stop()])
})

test('R-02: a message that was taken from the queue is answered, whatever happens after that is committed', async t => {
  const node = await world(t)
  const { beans, broker } = node.running
  const round = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
  await send(await node.connect(), '/queue/q', ['only'])
  const { journal } = broker
  const { end } = journal
  const taken = exec(beans, ownBean('Messages', 'test'), 'take', 'queue://q', null)
  while (journal.end === end) await round()
  broker.quiesce()
  while (journal.committed < journal.end) await round()
  await node.stop()
  t.is(((await taken) as { Text: string }).Text, 'only')
})

test('OB-02, JE-10: browseQueue shows messages; null for a text is an answer or a sentence, never a fault of ours', async t => {
  const node = await world(t)
  const { beans, broker } = node.running
  await send(await node.connect(), '/queue/q', ['one'])
  t.like((await exec(beans, BROKER, 'browseQueue', 'q')) as object[], [{ Text: 'one' }])
  await exec(beans, queueBean('q'), 'sendTextMessage', null)
  await exec(beans, queueBean('q'), 'sendTextMessageWithProperties', null)
  t.is(broker.operations.statistics({ kind: 0, name: 'q' })?.size, 3)
  await t.throwsAsync(exec(beans, BROKER, 'createDurableSubscriber', 'c', null, 'news', ''), { message: /are needed/ })
  await t.throwsAsync(exec(beans, BROKER, 'destroyDurableSubscriber', null, null), {
    message: /No durable subscription/,
  })
  await t.throwsAsync(exec(beans, BROKER, 'addQueue', 'q'.repeat(10_241)), { message: /it is too long/ })
})

test('whatever an operation is called with, it answers or says what is wrong', async t => {
  const node = await world(t)
  const { beans } = node.running
  await send(await node.connect(), '/queue/q', ['one', 'two', 'three'])
  const reader = await node.connect({ 'client-id': 'c' })
  await reader.receipted('SUBSCRIBE', { id: '1', destination: '/topic/t', 'activemq.subscriptionName': 's' })
  let seed = Number(process.env['TANDEMMQ_SEED'] ?? (Date.now() % 1_000_000) + 1)
  t.log(`TANDEMMQ_SEED=${seed}`)
  const one = <T>(of: readonly T[]): T => of[(seed = (seed * 48_271) % 2_147_483_647) % of.length] as T
  const texts = [
    null,
    '',
    'q',
    't',
    'queue://q',
    'topic://t',
    "n = '1'",
    '((',
    '\0',
    '\ud800',
    'é\n',
    'ID:x',
    '{"name":1}',
  ]
  const maps = [null, { a: 1 }, { '': '' }, { 'content-length': '1' }]
  const value = (type: string): unknown =>
    type === 'int' || type === 'long' ? one([-1, 0, 1, 7]) : one<unknown>(type === 'java.util.Map' ? maps : texts)
  const ending = /^(?:stop|terminateJVM|stopGracefully|promote|demote)$/
  for (let i = 0; i < 600; i++) {
    const { kind, target, name } = one([...beans.query(objectName('*', [], true))])
    const operations = kind.operations.filter(operation => !ending.test(operation.name))
    if (operations.length === 0) continue
    const operation = one(operations)
    const args = operation.parameters.map(({ type }) => value(type))
    const outcome: unknown = await Promise.resolve()
      .then(() => operation.call(target, args, CALLER))
      .catch((error: unknown) => error)
    const isFault = outcome instanceof Error && !(outcome instanceof BeanError) && !(outcome instanceof TandemError)
    t.false(isFault, `${operation.name}(${JSON.stringify(args)}) on ${name.text}: ${String(outcome)}`)
  }
  await (await node.connect()).receipted('SEND', { destination: '/queue/q' }, 'alive')
})

test('C-06: only so many answers with whole messages are gathered at once, and each of them comes', async t => {
  const turns = new Turns(2)
  let [now, most, failed] = [0, 0, 0]
  const one = async (i: number): Promise<number> => {
    most = Math.max(most, ++now)
    await new Promise(resolve => setImmediate(resolve))
    now--
    if (i === 3) throw new Error('one of them fails')
    return i
  }
  const all = Array.from({ length: 8 }, (_, i) => turns.take(() => one(i)).catch(() => ++failed))
  t.is((await Promise.all(all)).length, 8)
  t.is(most, 2)
  t.is(failed, 1)
})

test('OT-01: a text goes to a topic with and without subscribers', async t => {
  const node = await world(t)
  const { beans } = node.running
  await exec(beans, BROKER, 'addTopic', 'news')
  t.regex((await exec(beans, topicBean('news'), 'sendTextMessage', 'nobody hears')) as string, /^ID:/)
  const client = await node.connect()
  await client.receipted('SUBSCRIBE', { id: '1', destination: '/topic/news' })
  await exec(beans, topicBean('news'), 'sendTextMessage', 'heard')
  t.is((await client.expect('MESSAGE')).body.toString(), 'heard')
})

test('OQ-04: messages are removed, copied, moved and retried', async t => {
  const node = await world(t)
  const { beans } = node.running
  const client = await node.connect()
  for (const n of ['1', '2', '3', '4']) await send(client, '/queue/q', [n], { n })
  const rows = (await exec(beans, queueBean('q'), 'browse')) as Record<string, string>[]
  const id = rows[0]!['JMSMessageID']!
  t.true(await exec(beans, queueBean('q'), 'copyMessageTo', id, 'other'))
  t.true(await exec(beans, queueBean('q'), 'moveMessageTo', id, 'queue://other'))
  t.false(await exec(beans, queueBean('q'), 'moveMessageTo', id, 'other'))
  t.is(await exec(beans, queueBean('q'), 'moveMatchingMessagesTo', "n IN ('2','3')", 'other', 1), 1)
  t.is(await exec(beans, queueBean('q'), 'removeMatchingMessages', "n = '3'"), 1)
  t.like(read(beans, queueBean('q')), { QueueSize: 1 })
  t.like(read(beans, queueBean('other')), { QueueSize: 3 })
  // No selector is all of them, as in ActiveMQ.
  t.is(await exec(beans, queueBean('other'), 'moveMatchingMessagesTo', '', 'third'), 3)
  t.is(await exec(beans, queueBean('third'), 'copyMatchingMessagesTo', null, 'other'), 3)
  await t.throwsAsync(async () => exec(beans, queueBean('other'), 'retryMessages'), {
    message: 'Retry of message is only possible on Dead Letter Queues!',
  })
})

test('OQ-04 AD-05: dead letters go back to where they died', async t => {
  const node = await world(t)
  const { beans } = node.running
  const client = await node.connect()
  await send(client, '/queue/q', ['x'])
  await client.receipted('SUBSCRIBE', { id: '1', destination: '/queue/q', ack: 'client' })
  const { headers } = await client.expect('MESSAGE')
  await client.receipted('NACK', { id: headers.get('ack') ?? '' })
  await client.receipted('UNSUBSCRIBE', { id: '1' })
  const dlq = queueBean('ActiveMQ.DLQ')
  t.like(read(beans, dlq), { QueueSize: 1, DLQ: true })
  t.is(await exec(beans, dlq, 'retryMessages'), 1)
  t.like(read(beans, queueBean('q')), { QueueSize: 1 })
})

test('OB-01: destinations and durable subscriptions are made and removed', async t => {
  const node = await world(t)
  const { beans } = node.running
  await exec(beans, BROKER, 'addQueue', 'made')
  await exec(beans, BROKER, 'addTopic', 'news')
  t.is(read(beans, queueBean('made'), 'QueueSize')['QueueSize'], 0)
  const name = await exec(beans, BROKER, 'createDurableSubscriber', 'c1', 'sub', 'news', '')
  t.deepEqual(read(beans, BROKER, 'InactiveDurableTopicSubscribers')['InactiveDurableTopicSubscribers'], [name])
  t.is(read(beans, topicBean('news'), 'ConsumerCount')['ConsumerCount'], 1)
  await send(await node.connect(), '/topic/news', ['kept'])
  const reader = await node.connect({ 'client-id': 'c1' })
  reader.send('SUBSCRIBE', { id: '1', destination: '/topic/news', 'activemq.subscriptionName': 'sub' })
  t.is((await reader.expect('MESSAGE')).body.toString(), 'kept')
  await t.throwsAsync(exec(beans, BROKER, 'destroyDurableSubscriber', 'c1', 'sub'), {
    message: 'Durable consumer is in use',
  })
  await reader.receipted('DISCONNECT')
  await exec(beans, BROKER, 'destroyDurableSubscriber', 'c1', 'sub')
  t.deepEqual(read(beans, BROKER, 'InactiveDurableTopicSubscribers')['InactiveDurableTopicSubscribers'], [])
  await exec(beans, BROKER, 'removeQueue', 'made')
  t.is(beans.find(queueBean('made')), null)
  await t.throwsAsync(exec(beans, BROKER, 'createDurableSubscriber', 'c1', 'sub', 'news', '((no selector'), {
    message: '((no selector',
  })
  await t.throwsAsync(exec(beans, BROKER, 'createDurableSubscriber', 'c'.repeat(70_000), 'sub', 'news', ''), {
    message: /more than 10240 bytes/,
  })
  t.deepEqual(read(beans, BROKER, 'InactiveDurableTopicSubscribers')['InactiveDurableTopicSubscribers'], [])
})

test('OB-02: queryQueues pages, filters and sorts as new consoles ask for it', async t => {
  const node = await world(t)
  const { beans } = node.running
  const client = await node.connect()
  for (const [name, count] of [
    ['a', 1],
    ['b', 3],
    ['c', 2],
  ] as const)
    await send(
      client,
      `/queue/${name}`,
      Array.from({ length: count }, () => 'x'),
    )
  await exec(beans, BROKER, 'addQueue', 'd')
  const ask = async (filter: object, page: number, size: number) =>
    JSON.parse((await exec(beans, BROKER, 'queryQueues', JSON.stringify(filter), page, size)) as string) as {
      data: Record<string, Record<string, unknown>>
      count: number
    }
  const page = await ask({ name: '', filter: 'nonEmpty', sortColumn: 'queueSize', sortOrder: 'desc' }, 1, 2)
  t.is(page.count, 3)
  t.deepEqual(Object.keys(page.data), [queueBean('b').text, queueBean('c').text])
  t.like(page.data[queueBean('b').text], { name: 'b', queueSize: 3, dlq: false })
  t.deepEqual(Object.keys((await ask({ name: 'D' }, 1, 10)).data), [queueBean('d').text])
  await t.throwsAsync(async () => exec(beans, BROKER, 'queryQueues', '[', 1, 1), { message: /JSON/ })
})

test('OB-04: terminateJVM ends the node as a signal would', async t => {
  const node = await world(t)
  await exec(node.running.beans, BROKER, 'terminateJVM', 0)
  await node.running.stopped
  t.pass()
})

test('what the broker cannot do says so', async t => {
  const node = await world(t)
  await t.throwsAsync(async () => exec(node.running.beans, BROKER, 'addConnector', 'stomp://:1'), {
    message: /restart/,
  })
  t.is(bean(node.running.beans, BROKER).kind.className, 'org.apache.activemq.broker.jmx.BrokerView')
  t.is(node.running.beans.find(named(['service', 'Nothing'])), null)
})

const TAKES_GROUP = { removeMessageGroup: ['a'], removeAllMessageGroups: [] } as const
for (const [operation, given] of Object.entries(TAKES_GROUP))
  test(`OQ-05: when its group is taken from a consumer that is full, another one gets what waited for that at once (${operation})`, async t => {
    const node = await world(t)
    const { beans } = node.running
    const subscribe = { id: '1', destination: '/queue/g', ack: 'client-individual', 'activemq.prefetchSize': '1' }
    const [owner, sender] = [await node.connect(), await node.connect()]
    await owner.receipted('SUBSCRIBE', subscribe)
    const post = (body: string) => sender.receipted('SEND', { destination: '/queue/g', JMSXGroupID: 'a' }, body)
    await post('a1')
    t.is((await owner.expect('MESSAGE')).body.toString(), 'a1')
    const other = await node.connect()
    await other.receipted('SUBSCRIBE', subscribe)
    await post('a2')
    await other.quiet()
    await exec(beans, queueBean('g'), operation, ...given)
    t.is((await other.expect('MESSAGE')).body.toString(), 'a2')
  })

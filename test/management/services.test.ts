import test from 'ava'
import { Table, encodeValue, objectName, ownBean } from '../../src/management/management.ts'
import { BROKER, bean, exec, named, queueBean, read, send, topicBean, world } from './shown.ts'

test('ON-03 AS-01 AS-02: a subscription shows whose it is, and what it holds', async t => {
  const node = await world(t)
  const { beans } = node.running
  const client = await node.connect({ 'client-id': 'c1' })
  await client.receipted('SUBSCRIBE', {
    id: '7',
    destination: '/queue/orders',
    ack: 'client-individual',
    selector: 'n > 0',
    'activemq.prefetchSize': '2',
    'activemq.exclusive': 'true',
  })
  for (const n of ['1', '2', '3']) await send(await node.connect(), '/queue/orders', [n], { n })
  const message = await client.expect('MESSAGE')
  await client.expect('MESSAGE')
  await client.receipted('ACK', { id: message.headers.get('ack') ?? '' })
  const [name] = read(beans, BROKER, 'QueueSubscribers')['QueueSubscribers'] as ReturnType<typeof queueBean>[]
  t.is(name!.keys.get('clientId'), 'c1')
  t.is(name!.keys.get('endpoint'), 'Consumer')
  t.deepEqual(read(beans, queueBean('orders'), 'Subscriptions')['Subscriptions'], [name])
  const shown = read(beans, name!)
  t.like(shown, {
    ClientId: 'c1',
    DestinationName: 'orders',
    DestinationQueue: true,
    Active: true,
    Durable: false,
    Exclusive: true,
    Selector: 'n > 0',
    SubscriptionName: null,
    PrefetchSize: 2,
    DispatchedCounter: 3,
    DequeueCounter: 1,
    DispatchedQueueSize: 2,
    MessageCountAwaitingAcknowledge: 2,
  })
  t.is(read(beans, shown['Connection'] as typeof BROKER, 'ClientId')['ClientId'], 'c1')
  t.true(await exec(beans, name!, 'isMatchingQueue', 'orders'))
  await exec(beans, name!, 'resetStatistics')
  t.like(read(beans, name!), { DispatchedCounter: 0, DequeueCounter: 0 })
})

test('ON-04 AS-03: a durable subscription has one name, whether somebody consumes it or not', async t => {
  const node = await world(t)
  const { beans } = node.running
  const subscribe = async () => {
    const client = await node.connect({ 'client-id': 'c1' })
    await client.receipted('SUBSCRIBE', { id: '1', destination: '/topic/news', 'activemq.subscriptionName': 'sub' })
    return client
  }
  const client = await subscribe()
  const name = named(
    ['destinationType', 'Topic'],
    ['destinationName', 'news'],
    ['endpoint', 'Consumer'],
    ['clientId', 'c1'],
    ['consumerId', 'Durable(c1_sub)'],
  )
  t.like(read(beans, name), { Active: true, Durable: true, SubscriptionName: 'sub' })
  t.deepEqual(read(beans, BROKER, 'DurableTopicSubscribers')['DurableTopicSubscribers'], [name])
  await client.receipted('DISCONNECT')
  await send(await node.connect(), '/topic/news', ['1', '2'])
  t.like(read(beans, name), {
    Active: false,
    Durable: false,
    ConnectionId: 'NOTSET',
    SubscriptionId: -1,
    SessionId: 0,
    Connection: null,
    PendingQueueSize: 2,
  })
  const rows = (await exec(beans, name, 'browse')) as Record<string, unknown>[]
  t.deepEqual(
    rows.map(row => row['Text']),
    ['1', '2'],
  )
  await exec(beans, name, 'removeMessage', rows[0]!['JMSMessageID'])
  t.like(read(beans, name), { PendingQueueSize: 1 })
  t.deepEqual(read(beans, topicBean('news'), 'Subscriptions')['Subscriptions'], [name])
  await exec(beans, name, 'destroy')
  t.is(beans.find(name), null)
})

test('ON-06 ON-07 ON-08: connectors, connections under both names, and what connections send', async t => {
  const node = await world(t)
  const { beans } = node.running
  const client = await node.connect({ 'client-id': 'c1' })
  await send(client, '/queue/q', ['x'])
  const connector = named(['connector', 'clientConnectors'], ['connectorName', 'stomp'])
  t.like(read(beans, connector), { Started: true, ConnectionCount: 1, URI: `stomp://127.0.0.1:${node.port()}` })
  t.is(await exec(beans, connector, 'connectionCount'), 1)
  const pattern = objectName('org.apache.activemq', [['connectionViewType', '*']], true)
  const found = [...beans.query(pattern)]
  t.deepEqual(
    found.map(({ name }) => name.keys.get('connectionViewType')),
    ['clientId', 'remoteAddress'],
  )
  t.is(found[1]!.name.keys.get('connectionName'), `tcp_//127.0.0.1_${client.socket.localPort}`)
  for (const { name } of found)
    t.like(read(beans, name), {
      ClientId: 'c1',
      RemoteAddress: `tcp://127.0.0.1:${client.socket.localPort}`,
      WireFormatInfo: 'STOMP 1.2',
    })
  const [producer] = read(beans, BROKER, 'DynamicDestinationProducers')['DynamicDestinationProducers'] as [
    typeof BROKER,
  ]
  t.like(read(beans, producer), { SentCount: 1, DestinationName: 'q', DestinationQueue: true, ClientId: 'c1' })
})

test('OC-01: stop of a connection drops the client', async t => {
  const node = await world(t)
  const { beans } = node.running
  const client = await node.connect({ 'client-id': 'c1' })
  const [connection] = beans.query(objectName('org.apache.activemq', [['connectionName', 'c1']], true))
  await exec(beans, connection!.name, 'stop')
  t.deepEqual(await client.closed(), [])
  t.is(beans.find(connection!.name), null)
})

test('AH-01 OH-01: health is Good, and says what is not', async t => {
  const node = await world(t, {
    body: '<systemUsage><systemUsage><storeUsage><storeUsage limit="1 mb"/></storeUsage></systemUsage></systemUsage>',
  })
  const { beans } = node.running
  const health = named(['service', 'Health'])
  t.is(read(beans, health)['CurrentStatus'], 'Good')
  t.is(await exec(beans, health, 'healthStatus'), 'Good')
  t.deepEqual(await exec(beans, health, 'healthList'), [])
  await send(await node.connect(), '/queue/q', ['x'.repeat(980 * 1024)])
  const [worry] = (await exec(beans, health, 'healthList')) as Record<string, string>[]
  t.like(worry, { healthId: 'org.apache.activemq.StoreLimit', level: 'WARNING' })
  t.regex(
    read(beans, health)['CurrentStatus'] as string,
    /^Getting Worried \{ org\.apache\.activemq\.StoreLimit: WARNING Message Store size is within \d+% of its limit from .* \}$/,
  )
  t.true((await exec(beans, health, 'health')) instanceof Table)
})

test('AJ-01 OJ-01: jobs are shown in the order in which they are due, and called off', async t => {
  const node = await world(t, { attributes: 'schedulerSupport="true"' })
  const { beans } = node.running
  const client = await node.connect()
  const name = read(beans, BROKER, 'JMSJobScheduler')['JMSJobScheduler'] as typeof BROKER
  await send(client, '/queue/q', ['late'], { AMQ_SCHEDULED_DELAY: '7200000' })
  await send(client, '/queue/q', ['soon'], {
    AMQ_SCHEDULED_DELAY: '3600000',
    AMQ_SCHEDULED_PERIOD: '1000',
    AMQ_SCHEDULED_REPEAT: '2',
  })
  const shown = read(beans, name)
  t.like(shown, { ScheduledMessageCount: 2, DelayedMessageCount: 1 })
  const all = shown['AllJobs'] as Table
  t.deepEqual(all.index, ['jobId'])
  t.like(all.rows[0], { delay: 3_600_000, period: 1000, repeat: 2, cronEntry: '' })
  t.is(shown['NextScheduleTime'], all.rows[0]!['next'])
  await exec(beans, name, 'removeJob', all.rows[0]!['jobId'])
  t.is(read(beans, name, 'ScheduledMessageCount')['ScheduledMessageCount'], 1)
  await exec(beans, name, 'removeAllJobs')
  t.is(read(beans, name, 'ScheduledMessageCount')['ScheduledMessageCount'], 0)
})

test('AJ-01: of very many jobs a table has the 5000 that are due first', async t => {
  const node = await world(t, { attributes: 'schedulerSupport="true"' })
  const { beans } = node.running
  const client = await node.connect()
  const later = (minutes: number): Record<string, string> => ({
    destination: '/queue/q',
    AMQ_SCHEDULED_DELAY: String(minutes * 60_000),
  })
  for (let i = 0; i < 3; i++) client.send('SEND', later(100))
  for (let i = 0; i < 4999; i++) client.send('SEND', later(90))
  await client.receipted('SEND', later(80))
  const name = read(beans, BROKER, 'JMSJobScheduler')['JMSJobScheduler'] as typeof BROKER
  const shown = read(beans, name)
  t.is(shown['ScheduledMessageCount'], 5003)
  const { rows } = shown['AllJobs'] as Table
  t.is(rows.length, 5000)
  t.is(rows[0]!['delay'], 80 * 60_000)
  t.is(rows[4999]!['delay'], 90 * 60_000)
  t.is(shown['NextScheduleTime'], rows[0]!['next'])
  t.is((shown['NextScheduleJobs'] as Table).rows.length, 1)
  await exec(beans, name, 'removeAllJobs')
  t.is(read(beans, name, 'ScheduledMessageCount')['ScheduledMessageCount'], 0)
})

test('ON-10 AO-01: the store, the log and slow consumer strategies have beans', async t => {
  const policy =
    '<policyEntry queue=">"><slowConsumerStrategy><abortSlowConsumerStrategy maxSlowCount="3"/></slowConsumerStrategy></policyEntry>'
  const node = await world(t, {
    body: `<destinationPolicy><policyMap><policyEntries>${policy}</policyEntries></policyMap></destinationPolicy>`,
  })
  const { beans } = node.running
  await exec(beans, BROKER, 'addQueue', 'q')
  const strategy = read(beans, queueBean('q'), 'SlowConsumerStrategy')['SlowConsumerStrategy'] as typeof BROKER
  t.like(read(beans, strategy), { MaxSlowCount: 3 })
  const services = [...beans.query(objectName('org.apache.activemq', [['service', '*']], true))]
  t.deepEqual([...new Set(services.map(({ name }) => `${name.keys.get('service')}`))].sort(), [
    'Health',
    'Log4JConfiguration',
    'PersistenceAdapter',
    'SlowConsumerStrategy',
  ])
  const store = services.find(({ name }) => name.keys.get('service') === 'PersistenceAdapter')!
  t.true((read(beans, store.name)['Size'] as number) > 0)
  t.notThrows(() => JSON.parse(read(beans, store.name)['Statistics'] as string) as unknown)
})

test('ON-15: the process shows its memory, time and files where monitors look for them', async t => {
  const node = await world(t)
  const { beans } = node.running
  const java = (type: string) => read(beans, objectName('java.lang', [['type', type]]))
  t.true((java('Memory')['HeapMemoryUsage'] as Record<string, number>)['used']! > 0)
  t.is(java('Runtime')['VmVersion'], process.versions.node)
  t.true((java('OperatingSystem')['AvailableProcessors'] as number) > 0)
  t.true((java('Threading')['ThreadCount'] as number) !== 0)
})

test('P-05 ON-16: the pair and the store have beans of their own', async t => {
  const node = await world(t)
  const { beans } = node.running
  t.like(read(beans, ownBean('Pair', 'test')), {
    Role: 'active',
    State: 'ALONE',
    InSync: false,
    PeerConnected: false,
    FailoverCount: 0,
    LagRecords: null,
  })
  await t.throwsAsync(exec(beans, ownBean('Pair', 'test'), 'promote', 99), { message: /epoch is 1 now/ })
  await t.throwsAsync(exec(beans, ownBean('Pair', 'test'), 'promote', 1), { message: /leads already/ })
  const everything = [...beans.query(objectName('org.apache.activemq', [], true))]
  t.true(everything.every(({ name }) => name.domain === 'org.apache.activemq'))
})

test('C-01: each file of the store says what keeps it', async t => {
  const node = await world(t, {
    body: '<persistenceAdapter><kahaDB directory="${activemq.data}/kahadb" journalMaxFileLength="1mb"/></persistenceAdapter>',
  })
  const { beans } = node.running
  const client = await node.connect()
  await send(client, '/queue/old', ['pin'])
  for (let i = 0; i < 5; i++) await send(client, '/queue/new', ['x'.repeat(400 * 1024)])
  const rows = (await exec(beans, ownBean('Store', 'test'), 'segments')) as Record<string, unknown>[]
  t.true(rows.length >= 2)
  t.like(rows[0], { base: 0, sealed: true })
  const pin = rows[0]!['oldestPin'] as Record<string, unknown>
  t.is(pin['destination'], 'queue://old')
  const [message] = (await exec(beans, queueBean('old'), 'browse')) as Record<string, unknown>[]
  t.is(pin['messageId'], message!['JMSMessageID'])
  t.true((pin['ageMs'] as number) >= 0)
  t.like(rows.at(-1), { sealed: false })
  t.is((rows.at(-1)!['oldestPin'] as Record<string, unknown>)['destination'], 'queue://new')
})

test('C-06 C-07: a deep queue is paged through by key, and a selector reaches its end', async t => {
  const node = await world(t)
  const { beans } = node.running
  const client = await node.connect()
  for (let i = 0; i < 1200; i++)
    client.send('SEND', { destination: '/queue/deep', n: `${i}`, persistent: 'true' }, `body ${i}`)
  await client.receipted('SEND', { destination: '/queue/deep', n: 'last', persistent: 'true' }, 'end')
  const messages = ownBean('Messages', 'test')
  const page = async (selector: string, after: number, limit: number) =>
    (await exec(beans, messages, 'page', 'deep', selector, after, limit)) as {
      rows: Record<string, unknown>[]
      next: number | null
      scanned: number
      total: number
    }
  const first = await page('', -1, 3)
  t.deepEqual(
    first.rows.map(row => row['preview']),
    ['body 0', 'body 1', 'body 2'],
  )
  t.is(first.total, 1201)
  const second = await page('', first.next!, 2)
  t.deepEqual(
    second.rows.map(row => row['preview']),
    ['body 3', 'body 4'],
  )
  const found = await page("n = 'last'", -1, 10)
  t.like(found, { scanned: 1201, next: null })
  t.is(found.rows.length, 1)
  t.like(await exec(beans, messages, 'message', 'deep', found.rows[0]!['key']), { Text: 'end' })
  t.is(((await exec(beans, queueBean('deep'), 'browse')) as unknown[]).length, 400, 'ActiveMQ shows as many')
  await t.throwsAsync(exec(beans, messages, 'page', 'nowhere', '', -1, 1), { message: 'There is no nowhere' })
  t.is(bean(beans, messages).kind.className, 'io.tandemmq.Messages')
  t.is(encodeValue("a'b"), 'a_b')
})

test('AD-03 AD-04 AN-01 AP-01: a queue without room shows who waits for it, and for how long they did', async t => {
  const policy =
    '<policyEntry queue="full" memoryLimit="4kb"><pendingQueuePolicy><vmQueueCursor/></pendingQueuePolicy></policyEntry>'
  const node = await world(t, {
    body: `<destinationPolicy><policyMap><policyEntries>${policy}</policyEntries></policyMap></destinationPolicy>`,
  })
  const { beans } = node.running
  const client = await node.connect({ 'client-id': 'sender' })
  await send(client, '/queue/full', ['1', '2', '3', '4'])
  client.send('SEND', { destination: '/queue/full', receipt: 'late' }, '5')
  await client.quiet()
  const full = read(beans, queueBean('full'))
  t.like(full, { BlockedSends: 1, MemoryLimit: 4096, CursorFull: true })
  t.true((full['MemoryPercentUsage'] as number) >= 100)
  const [connection] = beans.query(objectName('org.apache.activemq', [['connectionName', 'sender']], true))
  t.is(read(beans, connection!.name, 'Blocked')['Blocked'], true)
  const [producer] = read(beans, BROKER, 'DynamicDestinationProducers')['DynamicDestinationProducers'] as [
    typeof BROKER,
  ]
  t.is(read(beans, producer, 'ProducerBlocked')['ProducerBlocked'], true)
  // Time goes by: what is measured below is not nothing.
  const began = Date.now()
  while (Date.now() === began) await new Promise(resolve => setImmediate(resolve))
  await exec(beans, queueBean('full'), 'purge')
  t.is((await client.expect('RECEIPT')).headers.get('receipt-id'), 'late')
  t.true((read(beans, queueBean('full'), 'TotalBlockedTime')['TotalBlockedTime'] as number) > 0)
  t.is(read(beans, connection!.name, 'Blocked')['Blocked'], false)
})

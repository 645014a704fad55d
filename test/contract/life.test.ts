import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { DestinationKind } from '../../src/base/destination.ts'
import { FaultyFiles } from '../journal/faulty-files.ts'
import { depth, drain, fill, started, take, until } from './consuming.ts'
import { World, brokerXml, type Client } from './world.ts'

/** From the start of a broker to its end, and who may do what in between. */

const SMALL = `<destinationPolicy><policyMap><policyEntries><policyEntry queue="full.>" memoryLimit="4kb">
  <pendingQueuePolicy><vmQueueCursor/></pendingQueuePolicy></policyEntry></policyEntries></policyMap></destinationPolicy>`

test('a message sent with a receipt is delivered, and after a restart it is still there', async t => {
  const world = await new World().start(brokerXml())
  t.teardown(() => world.end())
  const producer = await world.connect()
  await producer.receipted('SEND', { destination: '/queue/a', persistent: 'true', custom: 'x' }, 'one')
  await producer.receipted('SEND', { destination: '/queue/a', persistent: 'true' }, 'two')
  const consumer = await world.connect()
  consumer.send('SUBSCRIBE', { id: '7', destination: '/queue/a', ack: 'client-individual' })
  const first = await consumer.expect('MESSAGE')
  t.is(first.body.toString(), 'one')
  t.is(first.headers.get('custom'), 'x')
  t.is(first.headers.get('subscription'), '7')
  await consumer.expect('MESSAGE')
  await consumer.receipted('ACK', { id: first.headers.get('ack') ?? '' })
  await world.stop()
  await world.start(brokerXml())
  const again = await world.connect()
  again.send('SUBSCRIBE', { id: '1', destination: '/queue/a', ack: 'auto' })
  t.is((await again.expect('MESSAGE')).body.toString(), 'two')
  await again.quiet()
})

test('A connector whose port is taken ends the start, and no disk error is remembered for it', async t => {
  const other = await new World().start(brokerXml())
  t.teardown(() => other.end())
  const world = new World()
  t.teardown(() => world.end())
  const connectors = { stomp: `stomp://127.0.0.1:${other.port()}` }
  await t.throwsAsync(world.start(brokerXml({ connectors })), { code: 'TRANSPORT_BIND' })
  t.false(
    world.lines.some(line => line.includes('disk')),
    world.lines.join('\n'),
  )
  const files = readFileSync(join(world.directory, 'data', 'test', 'KahaDB', 'tandemmq-store.json'), 'utf8')
  t.false((JSON.parse(files) as { suspect: boolean }).suspect)
  await world.start(brokerXml())
  t.is(world.running.addresses.length, 1)
})

test('LC-01: no connector opens before everything that is stored has been read', async t => {
  const world = await started(t)
  await fill(world, '/queue/a', 50)
  await world.stop()
  world.lines.length = 0
  await world.start(brokerXml())
  const at = (pattern: RegExp): number => world.lines.findIndex(line => pattern.test(line))
  t.true(at(/recovered 50 messages/) >= 0, world.lines.join('\n'))
  t.true(at(/recovered 50 messages/) < at(/listens on/))
  t.is(depth(world, 'a'), 50)
})

test('ST-06: a consumer that waits gets a persistent message when it is on disk, not before', async t => {
  const files = new FaultyFiles()
  const world = new World()
  t.teardown(() => world.end())
  await world.start(brokerXml(), { files })
  const consumer = await world.connect()
  await consumer.receipted('SUBSCRIBE', { id: '1', destination: '/queue/a' })
  const sender = await world.connect()
  const { promise: inSync, resolve: syncs } = deferred()
  const { promise: goOn, resolve: release } = deferred()
  files.before = async operation => {
    if (operation === 'sync') syncs()
    return operation === 'sync' ? goOn : undefined
  }
  sender.send('SEND', { destination: '/queue/a', persistent: 'true' }, 'x')
  await inSync
  await world.connect() // a turn of the broker
  t.notRegex(consumer.received.toString(), /MESSAGE/)
  release()
  t.is((await consumer.expect('MESSAGE')).body.toString(), 'x')
})

function deferred(): { promise: Promise<undefined>; resolve: () => void } {
  let settle: ((value: undefined) => void) | undefined
  const promise = new Promise<undefined>(resolve => (settle = resolve))
  return { promise, resolve: () => settle?.(undefined) }
}

test('LC-02, LK-05: a stop closes every socket without an ERROR, and drops the senders that wait for space', async t => {
  const world = await started(t, { body: SMALL })
  const idle = await world.connect()
  const consumer = await world.connect()
  await consumer.receipted('SUBSCRIBE', { id: '1', destination: '/queue/b', ack: 'client' })
  const sender = await world.connect()
  for (let n = 0; n < 4; n++)
    await sender.receipted('SEND', { destination: '/queue/full.a', persistent: 'true' }, `${n}`)
  sender.send('SEND', { destination: '/queue/full.a', persistent: 'true', receipt: 'never' }, 'waits')
  await sender.quiet()
  const blocked = await world.connect()
  blocked.send('SEND', { destination: '/queue/full.a', persistent: 'true' }, 'waits too')
  await idle.quiet()
  await world.stop()
  for (const client of [idle, consumer, sender, blocked]) t.deepEqual(await client.closed(), [])
  await world.start(brokerXml())
  t.deepEqual(
    (await drain(world, 'full.a')).map(({ body }) => body.toString()),
    ['0', '1', '2', '3'],
  )
})

test('X-08: what expires before its COMMIT is receipted, and dies instead of being delivered', async t => {
  const world = await started(t)
  const consumer = await world.connect()
  await consumer.receipted('SUBSCRIBE', { id: 'q', destination: '/queue/x' })
  await consumer.receipted('SUBSCRIBE', { id: 't', destination: '/topic/x' })
  const sender = await world.connect()
  const expires = Date.now() + 150
  await sender.receipted('BEGIN', { transaction: 't' })
  const dying = { transaction: 't', persistent: 'true', expires: `${expires}` }
  await sender.receipted('SEND', { destination: '/queue/x', ...dying }, 'late')
  await sender.receipted('SEND', { destination: '/topic/x', ...dying }, 'late')
  await sender.receipted('SEND', { destination: '/queue/x', transaction: 't' }, 'lives')
  await until(world, 'it has expired', () => Date.now() > expires)
  await sender.receipted('COMMIT', { transaction: 't' })
  t.deepEqual(
    (await take(consumer, 1)).map(({ body }) => body.toString()),
    ['lives'],
  )
  await consumer.quiet()
  const { broker } = world.running
  const isThere = (): boolean => broker.find(DestinationKind.queue, 'ActiveMQ.DLQ') !== null
  await until(world, 'both are dead letters', () => isThere() && depth(world, 'ActiveMQ.DLQ') === 2)
  const dead = (await drain(world, 'ActiveMQ.DLQ')).map(({ headers }) => headers)
  t.deepEqual(
    dead.map(headers => headers.get('original-destination') ?? '').toSorted((a, b) => a.localeCompare(b)),
    ['/queue/x', '/topic/x'],
  )
  for (const headers of dead)
    t.is(headers.get('dlqDeliveryFailureCause'), `java.lang.Throwable: Message Expired. Expiration:${expires}`)
})

test('VER-04: a SUBSCRIBE to a pattern with a receipt creates no destination of that name', async t => {
  const world = await started(t)
  const client = await world.connect()
  await client.receipted('SUBSCRIBE', { id: '1', destination: '/queue/A.*' })
  await client.receipted('SUBSCRIBE', { id: '2', destination: '/topic/A.>' })
  t.is(world.running.broker.find(DestinationKind.queue, 'A.*'), null)
  t.is(world.running.broker.find(DestinationKind.topic, 'A.>'), null)
})

test('VER-07: the sweep for expired messages leaves a paused queue alone', async t => {
  const entry = '<policyEntry queue=">" expireMessagesPeriod="20"/>'
  const body = `<destinationPolicy><policyMap><policyEntries>${entry}</policyEntries></policyMap></destinationPolicy>`
  const world = await started(t, { body })
  const { operations } = world.running
  await fill(world, '/queue/paused', 1, { persistent: 'true', expires: `${Date.now() + 1000}` })
  operations.pause({ kind: DestinationKind.queue, name: 'paused' })
  await fill(world, '/queue/swept', 1, { persistent: 'true', expires: `${Date.now() + 1000}` })
  await until(world, 'the other queue was swept', () => depth(world, 'swept') === 0)
  t.is(depth(world, 'paused'), 1)
  operations.resume({ kind: DestinationKind.queue, name: 'paused' })
  await until(world, 'it is swept now', () => depth(world, 'paused') === 0)
})

/** An administrator, and a reader who may read and nothing else; no rights on advisory topics for anybody. */
const RIGHTS = `<plugins><simpleAuthenticationPlugin><users>
    <authenticationUser username="admin" password="admin" groups="admins"/>
    <authenticationUser username="reader" password="reader" groups="readers"/>
    <authenticationUser username="worker" password="worker" groups="workers"/>
  </users></simpleAuthenticationPlugin>
  <authorizationPlugin><map><authorizationMap><authorizationEntries>
    <authorizationEntry queue="a" read="admins,readers" write="admins" admin="admins"/>
    <authorizationEntry topic="news" read="admins,readers" write="admins" admin="admins"/>
    <authorizationEntry queue="work.>" read="workers" write="workers" admin="workers"/>
    <authorizationEntry topic="work.>" read="workers" write="workers" admin="workers"/>
    <authorizationEntry queue="ActiveMQ.DLQ" read="admins" write="admins" admin="admins"/>
  </authorizationEntries></authorizationMap></map></authorizationPlugin></plugins>`

const enter = (world: World, name: string, more: Readonly<Record<string, string>> = {}): Promise<Client> =>
  world.connect({ login: name, passcode: name, ...more })

test('SA-12: ACK and NACK need no right, and deleting a durable subscription needs none', async t => {
  const world = await started(t, { body: RIGHTS })
  const admin = await enter(world, 'admin')
  for (const body of ['1', '2']) await admin.receipted('SEND', { destination: '/queue/a', persistent: 'true' }, body)
  await admin.receipted('SEND', { destination: '/topic/news' }, 'creates it')
  const reader = await enter(world, 'reader', { 'client-id': 'reader' })
  await reader.receipted('SUBSCRIBE', { id: '1', destination: '/queue/a', ack: 'client-individual' })
  const [first, second] = await take(reader, 2)
  await reader.receipted('ACK', { id: first?.headers.get('ack') ?? '' })
  await reader.receipted('NACK', { id: second?.headers.get('ack') ?? '' })
  const dead = await enter(world, 'admin')
  dead.send('SUBSCRIBE', { id: '1', destination: '/queue/ActiveMQ.DLQ' })
  t.is((await dead.expect('MESSAGE')).body.toString(), '2')
  const durable = { id: '2', destination: '/topic/news', 'activemq.subscriptionName': 'mine' }
  await reader.receipted('SUBSCRIBE', durable)
  await reader.receipted('UNSUBSCRIBE', { id: '2' })
  await reader.receipted('UNSUBSCRIBE', { id: '2', 'activemq.subscriptionName': 'mine' })
})

test('SA-10: whoever has no right on ActiveMQ.Advisory.> connects, creates and uses what he may use', async t => {
  const world = await started(t, { body: RIGHTS })
  const worker = await enter(world, 'worker')
  await worker.receipted('SUBSCRIBE', { id: '1', destination: '/queue/work.a' })
  await worker.receipted('SUBSCRIBE', { id: '2', destination: '/topic/work.b' })
  for (const destination of ['/queue/work.a', '/topic/work.b']) {
    worker.send('SEND', { destination }, 'x')
    t.is((await worker.expect('MESSAGE')).headers.get('destination'), destination)
  }
})

test('SA-05: the right to write is remembered by the connection, and asked for before the right to create', async t => {
  const world = await started(t, { body: RIGHTS })
  const reader = await enter(world, 'reader')
  reader.send('SEND', { destination: '/queue/a', receipt: 'r' }, 'x')
  t.is((await reader.expect('ERROR')).headers.get('message'), 'User reader is not authorized to write to: queue://a')
  reader.send('SUBSCRIBE', { id: '1', destination: '/queue/a', receipt: 'r' })
  t.is((await reader.expect('ERROR')).headers.get('message'), 'User reader is not authorized to create: queue://a')
  t.is(world.running.broker.find(DestinationKind.queue, 'a'), null)
})

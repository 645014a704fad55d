import test from 'ava'
import { DestinationKind } from '../../src/base/destination.ts'
import { error } from './exchange.ts'
import { bodies, depth, names, started, take, until } from './consuming.ts'
import { brokerXml, type Client, type WireFrame, type World } from './world.ts'

const inside = (content: string): string =>
  `<destinationInterceptors><virtualDestinationInterceptor><virtualDestinations>${content}</virtualDestinations></virtualDestinationInterceptor></destinationInterceptors>`

async function subscribed(world: World, destination: string, headers: Record<string, string> = {}): Promise<Client> {
  const client = await world.connect()
  await client.receipted('SUBSCRIBE', { id: '1', destination, ...headers })
  return client
}

async function send(
  world: World,
  destination: string,
  body = 'm',
  headers: Record<string, string> = {},
): Promise<void> {
  const client = await world.connect()
  await client.receipted('SEND', { destination, persistent: 'true', ...headers }, body)
  client.destroy()
}

const about = ({ headers }: WireFrame): (string | undefined)[] => [
  headers.get('destination'),
  headers.get('original-destination'),
]

/** The next message, and that no second comes. */
async function only(client: Client): Promise<WireFrame> {
  const [frame] = await take(client, 1)
  await client.quiet()
  return frame!
}

const exists = (world: World, kind: DestinationKind, name: string): boolean =>
  world.running.broker.find(kind, name) !== null

test('V-01, V-03, V-04, V-08, S-DST-17: each consumer queue gets its copy, plain subscribers get the message as it is', async t => {
  const world = await started(t)
  const a = await subscribed(world, '/queue/Consumer.a.VirtualTopic.orders')
  const a2 = await subscribed(world, '/queue/Consumer.a.VirtualTopic.orders', { 'activemq.priority': '-1' })
  const b = await subscribed(world, '/queue/Consumer.b.VirtualTopic.orders')
  const other = await subscribed(world, '/queue/Consumer.b.VirtualTopic.others')
  const deep = await subscribed(world, '/queue/Consumer.a.b.VirtualTopic.orders')
  const plain = await subscribed(world, '/topic/VirtualTopic.orders')
  await send(world, '/topic/VirtualTopic.orders', 'x', { key: 'v' })
  const frames = [await only(a), await only(b), await only(plain)]
  t.deepEqual(frames.map(about), [
    ['/queue/Consumer.a.VirtualTopic.orders', '/topic/VirtualTopic.orders'],
    ['/queue/Consumer.b.VirtualTopic.orders', '/topic/VirtualTopic.orders'],
    ['/topic/VirtualTopic.orders', undefined],
  ])
  t.is(new Set(frames.map(({ headers }) => headers.get('message-id'))).size, 1)
  t.true(frames.every(({ headers }) => headers.get('persistent') === 'true' && headers.get('key') === 'v'))
  for (const client of [a2, other, deep]) await client.quiet()
})

test('V-03, V-04: queues collect while nobody consumes, across a restart, and only what was sent since they exist', async t => {
  const world = await started(t)
  await send(world, '/topic/VirtualTopic.t', 'before')
  const client = await subscribed(world, '/queue/Consumer.a.VirtualTopic.t')
  client.destroy()
  await send(world, '/topic/VirtualTopic.t', 'p')
  await send(world, '/topic/VirtualTopic.t', 'v', { persistent: 'false' })
  t.is(depth(world, 'Consumer.a.VirtualTopic.t'), 2)
  await world.stop()
  await world.start(brokerXml())
  await send(world, '/topic/VirtualTopic.t', 'after')
  const again = await subscribed(world, '/queue/Consumer.a.VirtualTopic.t')
  t.deepEqual(bodies(await take(again, 2)), ['p', 'after'])
  await again.quiet()
})

test('V-05: a consumer queue with wildcards is one queue that collects from all matching topics', async t => {
  const world = await started(t)
  const all = await subscribed(world, '/queue/Consumer.a.VirtualTopic.>')
  const some = await subscribed(world, '/queue/Consumer.b.VirtualTopic.*.x')
  t.true(exists(world, DestinationKind.queue, 'Consumer.a.VirtualTopic.>'))
  for (const name of ['one', 'two.x', 'two.y']) await send(world, `/topic/VirtualTopic.${name}`, name)
  const frames = await take(all, 3)
  t.deepEqual(bodies(frames), ['one', 'two.x', 'two.y'])
  t.deepEqual(about(frames[1]!), ['/queue/Consumer.a.VirtualTopic.>', '/topic/VirtualTopic.two.x'])
  t.is((await only(some)).body.toString(), 'two.x')
})

test('S-DST-17: thirty thousand messages through a virtual topic, none lost and none twice', async t => {
  const world = await started(t)
  const consumer = await subscribed(world, '/queue/Consumer.a.VirtualTopic.many')
  const sender = await world.connect()
  const count = 30_000
  for (let i = 1; i <= count; i++) {
    sender.send('SEND', { destination: '/topic/VirtualTopic.many' }, `m${i}`)
    if (i % 1000 === 0) await sender.quiet()
  }
  t.deepEqual(bodies(await take(consumer, count)), names(1, count))
  await consumer.quiet()
})

test('S-TX-05, C-03: copies wait for COMMIT, and none is left by ABORT', async t => {
  const world = await started(t)
  const queue = await subscribed(world, '/queue/Consumer.a.VirtualTopic.t')
  const plain = await subscribed(world, '/topic/VirtualTopic.t')
  const client = await world.connect()
  for (const end of ['ABORT', 'COMMIT']) {
    await client.receipted('BEGIN', { transaction: 'x' })
    await client.receipted('SEND', { destination: '/topic/VirtualTopic.t', transaction: 'x' }, end)
    await queue.quiet()
    await plain.quiet()
    await client.receipted(end, { transaction: 'x' })
  }
  t.is((await only(queue)).body.toString(), 'COMMIT')
  t.is((await only(plain)).body.toString(), 'COMMIT')
})

test('V-01, V-02: useVirtualTopics="false", and interceptors of its own, end the built-in virtual topics', async t => {
  for (const parts of [
    { attributes: 'useVirtualTopics="false"' },
    { body: inside('<virtualTopic name="news.>" prefix="VQ.*." postfix=".q"/>') },
  ]) {
    const world = await started(t, parts)
    const queue = await subscribed(world, '/queue/Consumer.a.VirtualTopic.t')
    const own = await subscribed(world, '/queue/VQ.a.news.sport.q')
    await send(world, '/topic/VirtualTopic.t')
    await send(world, '/topic/news.sport', 'sport')
    await queue.quiet()
    if (parts.body === undefined) await own.quiet()
    else t.deepEqual(about(await only(own)), ['/queue/VQ.a.news.sport.q', '/topic/news.sport'])
  }
})

test('V-07: with setOriginalDestination="false" copies are shown under the topic', async t => {
  const world = await started(t, { body: inside('<virtualTopic name="t" setOriginalDestination="false"/>') })
  const queue = await subscribed(world, '/queue/Consumer.a.t')
  await send(world, '/topic/t')
  t.deepEqual(about(await only(queue)), ['/topic/t', undefined])
})

test('V-07, U-07: durable subscriptions and consumer queues of one topic each get their own', async t => {
  const world = await started(t)
  const queue = await subscribed(world, '/queue/Consumer.a.VirtualTopic.t')
  const durable = await world.connect({ 'client-id': 'c' })
  const headers = { id: '1', destination: '/topic/VirtualTopic.>', 'activemq.subscriptionName': 's' }
  await durable.receipted('SUBSCRIBE', headers)
  await send(world, '/topic/VirtualTopic.t', 'x')
  t.deepEqual(about(await only(queue)), ['/queue/Consumer.a.VirtualTopic.t', '/topic/VirtualTopic.t'])
  t.deepEqual(about(await only(durable)), ['/topic/VirtualTopic.t', undefined])
})

const forward = (attributes: string, targets: string, kind = 'Queue'): string =>
  inside(`<composite${kind} ${attributes}><forwardTo>${targets}</forwardTo></composite${kind}>`)

test('C-01, C-02, C-03: a composite queue forwards to queues and topics, and keeps nothing', async t => {
  const world = await started(t, {
    body: forward('name="IN"', '<queue physicalName="FOO"/><topic physicalName="BAR"/>'),
  })
  const foo = await subscribed(world, '/queue/FOO')
  const bar = await subscribed(world, '/topic/BAR')
  const own = await subscribed(world, '/queue/IN')
  await send(world, '/queue/IN')
  const frames = [await only(foo), await only(bar)]
  t.deepEqual(frames.map(about), [
    ['/queue/FOO', '/queue/IN'],
    ['/topic/BAR', '/queue/IN'],
  ])
  await own.quiet()
  t.is(depth(world, 'IN'), 0)
})

test('C-01, C-02: names with wildcards, topics as composites, and forwardOnly="false" keeps a copy without an origin', async t => {
  const world = await started(t, {
    body: forward('name="IN.>" forwardOnly="false"', '<queue physicalName="ALL"/>', 'Topic'),
  })
  const all = await subscribed(world, '/queue/ALL')
  const own = await subscribed(world, '/topic/IN.a')
  await send(world, '/topic/IN.a')
  t.deepEqual(about(await only(all)), ['/queue/ALL', '/topic/IN.a'])
  t.deepEqual(about(await only(own)), ['/topic/IN.a', undefined])
})

test('C-01: a composite may lead to a composite, a virtual topic, or back to itself, and ends', async t => {
  const chain = `<compositeQueue name="A"><forwardTo><queue physicalName="B"/></forwardTo></compositeQueue>
    <compositeQueue name="B"><forwardTo><topic physicalName="VirtualTopic.c"/><queue physicalName="A"/></forwardTo></compositeQueue>
    <virtualTopic name="VirtualTopic.>"/>`
  const world = await started(t, { body: inside(chain) })
  const queue = await subscribed(world, '/queue/Consumer.x.VirtualTopic.c')
  const first = await subscribed(world, '/queue/A')
  await send(world, '/queue/A')
  t.deepEqual(about(await only(queue)), ['/queue/Consumer.x.VirtualTopic.c', '/topic/VirtualTopic.c'])
  t.deepEqual(about(await only(first)), ['/queue/A', '/queue/B'])
})

test('AU-01: one queue that is reached by two ways takes the message once', async t => {
  const targets = '<queue physicalName="X"/><queue physicalName="Y"/>'
  const content = `<compositeQueue name="A"><forwardTo>${targets}</forwardTo></compositeQueue>
    <compositeQueue name="Y"><forwardTo><queue physicalName="X"/></forwardTo></compositeQueue>`
  const world = await started(t, { body: inside(content) })
  const queue = await subscribed(world, '/queue/X')
  await send(world, '/queue/A,/queue/X')
  await only(queue)
  t.is(depth(world, 'X') <= 1, true)
})

const USERS = `<simpleAuthenticationPlugin><users>
  <authenticationUser username="app" password="p" groups="apps"/><authenticationUser username="root" password="p" groups="admins"/>
  </users></simpleAuthenticationPlugin>`
const rights = (entries: string): string =>
  `<plugins>${USERS}<authorizationPlugin><map><authorizationMap><authorizationEntries>${entries}</authorizationEntries></authorizationMap></map></authorizationPlugin></plugins>`

test('C-07, V-08, SA-11: the sender needs write on the name it sends to, and admin where that makes a target', async t => {
  const entries = `<authorizationEntry queue="IN.*" read="apps" write="apps" admin="apps"/>
    <authorizationEntry queue="OUT" read="admins" write="admins" admin="admins"/>
    <authorizationEntry topic="VirtualTopic.>" read="admins" write="apps" admin="apps"/>
    <authorizationEntry queue="Consumer.>" read="admins" write="admins" admin="admins"/>`
  const composite = '<compositeQueue name="IN.*"><forwardTo><queue physicalName="OUT"/></forwardTo></compositeQueue>'
  const world = await started(t, {
    body: `${inside(`${composite}<virtualTopic name="VirtualTopic.>"/>`)}${rights(entries)}`,
  })
  const app = await world.connect({ login: 'app', passcode: 'p' })
  app.send('SEND', { destination: '/queue/IN.a' })
  t.is(await error(app), 'User app is not authorized to create: queue://OUT')
  const root = await world.connect({ login: 'root', passcode: 'p' })
  await root.receipted('SUBSCRIBE', { id: '1', destination: '/queue/OUT' })
  await root.receipted('SUBSCRIBE', { id: '2', destination: '/queue/Consumer.r.VirtualTopic.t' })
  await app.receipted('SEND', { destination: '/queue/IN.a' }, 'forwarded')
  await app.receipted('SEND', { destination: '/topic/VirtualTopic.t' }, 'copied')
  t.deepEqual(bodies(await take(root, 2)), ['forwarded', 'copied'])
  app.send('SEND', { destination: '/queue/OUT' })
  t.is(await error(app), 'User app is not authorized to write to: queue://OUT')
})

test('C-08: with useMirroredQueues what is sent to a queue is published on its mirror, which is a virtual topic', async t => {
  const world = await started(t, { attributes: 'useMirroredQueues="true"' })
  const mirror = await subscribed(world, '/topic/VirtualTopic.Mirror.Q')
  const watcher = await subscribed(world, '/queue/Consumer.w.VirtualTopic.Mirror.Q')
  await send(world, '/queue/Q', 'm')
  t.deepEqual(about(await only(mirror)), ['/topic/VirtualTopic.Mirror.Q', undefined])
  t.deepEqual(about(await only(watcher)), ['/queue/Consumer.w.VirtualTopic.Mirror.Q', '/topic/VirtualTopic.Mirror.Q'])
  t.deepEqual(about(await only(await subscribed(world, '/queue/Q'))), ['/queue/Q', undefined])
})

test('C-08: a mirroredQueue with names of its own; temporary queues only where that is asked for', async t => {
  for (const temporary of [true, false]) {
    const world = await started(t, {
      attributes: `useTempMirroredQueues="${temporary}"`,
      body: '<destinationInterceptors><mirroredQueue prefix="M." postfix=".m"/></destinationInterceptors>',
    })
    const mirror = await subscribed(world, '/topic/M.>')
    const client = await subscribed(world, '/temp-queue/x')
    await client.receipted('SEND', { destination: '/temp-queue/x' }, 'temp').catch(() => {})
    await send(world, '/queue/Q', 'queue')
    t.deepEqual(bodies(await take(mirror, temporary ? 2 : 1)), temporary ? ['temp', 'queue'] : ['queue'])
    await mirror.quiet()
  }
})

test('D-01, D-04: a dead letter goes through the rules of its dead letter queue', async t => {
  const world = await started(t, {
    body: forward('name="ActiveMQ.DLQ" forwardOnly="false"', '<queue physicalName="WATCH"/>'),
  })
  const client = await subscribed(world, '/queue/a', { ack: 'client' })
  await send(world, '/queue/a', 'dies')
  await client.receipted('NACK', { id: (await only(client)).headers.get('ack')! })
  const watch = await only(await subscribed(world, '/queue/WATCH'))
  t.deepEqual(about(watch), ['/queue/WATCH', '/queue/ActiveMQ.DLQ'])
  const letter = await only(await subscribed(world, '/queue/ActiveMQ.DLQ'))
  t.deepEqual(about(letter), ['/queue/ActiveMQ.DLQ', '/queue/a'])
})

test('F-01, S-RCP-03: a copy that finds no space holds the whole SEND back, and then everything arrives', async t => {
  const policy = `<destinationPolicy><policyMap><policyEntries><policyEntry queue="FULL" memoryLimit="5 kb">
    <pendingQueuePolicy><vmQueueCursor/></pendingQueuePolicy></policyEntry></policyEntries></policyMap></destinationPolicy>`
  const world = await started(t, {
    body: `${policy}${forward('name="IN"', '<queue physicalName="FULL"/><topic physicalName="T"/>')}`,
  })
  const topic = await subscribed(world, '/topic/T')
  const sender = await world.connect()
  const message = (i: number): string => `m${i}`.padEnd(2000)
  for (const i of [1, 2]) await sender.receipted('SEND', { destination: '/queue/IN' }, message(i))
  for (let i = 3; i <= 8; i++) sender.send('SEND', { destination: '/queue/IN', receipt: `r${i}` }, message(i))
  const waits = (): boolean => [...world.running.broker.sessions].some(({ parked }) => parked.count > 0)
  await until(world, 'some wait for space', waits)
  t.true(depth(world, 'FULL') < 8)
  const queue = await subscribed(world, '/queue/FULL')
  t.deepEqual(
    bodies(await take(queue, 8)).map(text => text.trim()),
    names(1, 8),
  )
  t.deepEqual(
    bodies(await take(topic, 8)).map(text => text.trim()),
    names(1, 8),
  )
})

test('V-07: with dropOnResourceLimit="true" a full queue is passed over, and the send goes on', async t => {
  const policy = `<destinationPolicy><policyMap><policyEntries><policyEntry queue="Consumer.full.t" memoryLimit="3 kb">
    <pendingQueuePolicy><vmQueueCursor/></pendingQueuePolicy></policyEntry></policyEntries></policyMap></destinationPolicy>`
  const world = await started(t, { body: `${policy}${inside('<virtualTopic name="t" dropOnResourceLimit="true"/>')}` })
  await subscribed(world, '/queue/Consumer.full.t', { 'activemq.prefetchSize': '0' })
  const other = await subscribed(world, '/queue/Consumer.other.t')
  for (let i = 1; i <= 5; i++) await send(world, '/topic/t', `m${i}`.padEnd(2000))
  t.deepEqual(
    bodies(await take(other, 5)).map(text => text.trim()),
    names(1, 5),
  )
  t.is(depth(world, 'Consumer.full.t'), 1)
})

import { existsSync, readdirSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import { join } from 'node:path'
import test from 'ava'
import { freePort } from '../bench/ports.ts'
import { loadBroker, STOMP } from '../config/loading.ts'
import { FaultyFiles } from '../journal/faulty-files.ts'
import { bodies, error } from './exchange.ts'
import { depth, fill, started, until } from './consuming.ts'
import { Client, World, brokerXml } from './world.ts'

const VM =
  '<destinationPolicy><policyMap><policyEntries><policyEntry queue=">" memoryLimit="4kb"><pendingQueuePolicy><vmQueueCursor/></pendingQueuePolicy></policyEntry></policyEntries></policyMap></destinationPolicy>'

/** Connects as soon as somebody listens. */
async function dialFirst(port: number): Promise<Client> {
  for (;;) {
    const socket = connectTcp(port, '127.0.0.1')
    const client = new Client(socket)
    const connected = await new Promise<boolean>(resolve => {
      socket.once('connect', () => resolve(true))
      socket.once('error', () => resolve(false))
    })
    if (connected) return client
  }
}

test('LC-01: who connects as early as the port lets him finds the store recovered and the configured destinations made', async t => {
  const port = await freePort()
  const xml = brokerXml({
    body: '<destinations><queue physicalName="configured"/></destinations>',
    connectors: { stomp: `stomp://127.0.0.1:${port}` },
  })
  const world = await new World().start(xml)
  t.teardown(() => world.end())
  await fill(world, '/queue/a', 2000)
  await world.stop()
  const early = dialFirst(port)
  const start = world.start(xml)
  const client = await early
  client.send('CONNECT', { 'accept-version': '1.2', host: 'localhost' })
  client.send('SUBSCRIBE', { id: '1', destination: '/queue/a', 'activemq.prefetchSize': '5000' })
  await client.expect('CONNECTED')
  t.is((await bodies(client, 2000)).at(-1), 'm2000')
  await start
  t.truthy(world.running.broker.find(0, 'configured'))
})

test('LC-02: a stop closes every connection without an ERROR, and a sender that waits is dropped with what it sent', async t => {
  const world = await started(t, { body: VM })
  const sender = await world.connect()
  for (let i = 0; i < 4; i++)
    await sender.receipted('SEND', { destination: '/queue/a', persistent: 'true' }, `m${i + 1}`)
  sender.send('SEND', { destination: '/queue/a', persistent: 'true', receipt: 'late' }, 'waiting')
  const consumer = await world.connect()
  await consumer.receipted('SUBSCRIBE', { id: '1', destination: '/queue/b' })
  await until(world, 'the sender waits', () => world.running.broker.spaceWanted)
  await world.stop()
  t.deepEqual(await sender.closed(), [])
  t.deepEqual(await consumer.closed(), [])
  await world.start(brokerXml())
  t.is(depth(world, 'a'), 4)
})

test('LC-02, AD-01: connections end with the broker while somebody watches the advisories of that', async t => {
  const world = await started(t)
  for (let i = 0; i < 3; i++) await world.connect()
  const watcher = await world.connect()
  await watcher.receipted('SUBSCRIBE', { id: '1', destination: '/topic/ActiveMQ.Advisory.Connection' })
  await world.stop()
  await t.notThrowsAsync(watcher.closed())
})

test('LC-04, LC-09, LC-10: what a broker does that is told nothing, and what only Java would do', async t => {
  const { config: model } = await loadBroker('', STOMP)
  t.like(model, {
    persistent: true,
    useJmx: true,
    advisorySupport: true,
    scheduler: null,
    populateJMSXUserID: false,
    deleteAllMessagesOnStartup: false,
  })
  t.is(model?.durables.keepActive, true)
  t.deepEqual(
    model?.virtual.map(({ kind }) => kind),
    ['virtualTopic'],
  )
  const background = await loadBroker(
    'startAsync="true" useShutdownHook="false" brokerId="b" enableStatistics="false"',
    STOMP,
  )
  t.deepEqual(
    background.findings
      .filter(({ severity }) => severity === 'warn' || severity === 'error')
      .map(({ message }) => message),
    [],
  )
  const waiting = await loadBroker('start="false"', STOMP)
  t.regex(waiting.findings.map(({ message }) => message).join('\n'), /start="false" leaves that to Java code/)
})

test('LC-04: with startAsync="true" the broker serves all the same', async t => {
  const world = await started(t, { attributes: 'startAsync="true" brokerId="any"' })
  await fill(world, '/queue/a', 1)
  t.is(depth(world, 'a'), 1)
})

test('LC-06: connection ids are new ones after a restart, so that no message id comes twice', async t => {
  const world = await started(t)
  const ids = async (): Promise<string> => {
    const client = await world.connect()
    await client.receipted('SUBSCRIBE', { id: '1', destination: '/queue/a' })
    client.send('SEND', { destination: '/queue/a' })
    return (await client.expect('MESSAGE')).headers.get('message-id') ?? ''
  }
  const before = await ids()
  await world.stop()
  await world.start(brokerXml())
  t.not(await ids(), before)
})

test('LC-08: deleteAllMessagesOnStartup takes queues and durable subscriptions away, not only messages', async t => {
  const attributes = 'deleteAllMessagesOnStartup="true"'
  const world = await started(t, { attributes })
  await fill(world, '/queue/a', 3)
  const client = await world.connect({ 'client-id': 'c' })
  await client.receipted('SUBSCRIBE', { id: '1', destination: '/topic/t', 'activemq.subscriptionName': 's' })
  await world.stop()
  await world.start(brokerXml({ attributes }))
  t.is(world.running.broker.find(0, 'a'), null)
  t.is(world.running.broker.durables.find('c', 's'), undefined)
})

test('LC-12: when the store fails under a frame its client is told nothing, and the connection drops', async t => {
  const files = new FaultyFiles()
  const world = await new World().start(brokerXml(), { files })
  t.teardown(() => world.end().catch(() => {}))
  const client = await world.connect()
  await client.receipted('SEND', { destination: '/queue/a', persistent: 'true' })
  files.before = operation => {
    if (operation === 'write' || operation === 'sync') throw Object.assign(new Error('EIO: simulated'), { code: 'EIO' })
  }
  client.send('SEND', { destination: '/queue/a', persistent: 'true', receipt: 'r' })
  t.deepEqual(await client.closed(), [])
  await t.throwsAsync(world.running.stopped, { code: 'JOURNAL_FAILED' })
})

test('LC-20, LC-21, LC-22: what a connector says to clients of ActiveMQ alone is taken without a word to STOMP clients', async t => {
  const connector = (attributes: string): string =>
    `<transportConnectors><transportConnector name="s" uri="stomp://127.0.0.1:61613" ${attributes}/></transportConnectors>`
  const quiet = await loadBroker(
    '',
    connector(
      'updateClusterClients="true" rebalanceClusterClients="true" updateClusterClientsOnRemove="true" updateClusterFilter=".*" enableStatusMonitor="true" disableAsyncDispatch="true" maximumProducersAllowedPerConnection="1" auditNetworkProducers="true" warnOnRemoteClose="true" displayStackTrace="true"',
    ),
  )
  t.deepEqual(
    quiet.findings.filter(({ severity }) => severity === 'warn' || severity === 'error').map(({ message }) => message),
    [],
  )
  const announced = await loadBroker('', connector('discoveryUri="multicast://default"'))
  t.regex(announced.findings.map(({ message }) => message).join('\n'), /not announced by discovery/)
  t.is(announced.config?.connectors.length, 1)
})

test('LC-24: a newer connection takes the client id over only where allowLinkStealing says so', async t => {
  const world = await started(t, {
    connectors: { plain: 'stomp://127.0.0.1:0', stealing: 'stomp://127.0.0.1:0?allowLinkStealing=true' },
  })
  const first = await world.connect({ 'client-id': 'c' }, 'plain')
  await t.throwsAsync(world.connect({ 'client-id': 'c' }, 'plain'), { message: /already connected from/ })
  await first.quiet()
  await world.connect({ 'client-id': 'c' }, 'stealing')
  t.deepEqual(await first.closed(), [])
})

test('LC-25: expired messages go, and files that nothing needs, without anybody asking', async t => {
  const world = await started(t, {
    body: `<persistenceAdapter><kahaDB directory="\${activemq.data}/kahadb" journalMaxFileLength="32kb" cleanupInterval="20" checkpointInterval="20"/></persistenceAdapter><destinationPolicy><policyMap><policyEntries><policyEntry queue=">" expireMessagesPeriod="20"/></policyEntries></policyMap></destinationPolicy>`,
  })
  const client = await world.connect()
  const expires = String(Date.now() + 50)
  for (let i = 0; i < 10; i++)
    await client.receipted('SEND', { destination: '/queue/a', persistent: 'true', expires }, 'x'.repeat(10_000))
  const files = join(world.directory, 'data', 'kahadb')
  const before = readdirSync(files).length
  await until(world, 'they have expired', () => depth(world, 'a') === 0)
  await (await world.connect()).receipted('SUBSCRIBE', { id: '1', destination: '/queue/ActiveMQ.DLQ' })
  await until(world, 'their files are gone', () => readdirSync(files).length < before)
  t.true(existsSync(files))
})

test('K-02, K-03: a subscription too many is refused with its text, advisories do not count, and a SEND is no producer too many', async t => {
  const world = await new World().start(
    brokerXml().replace(
      'uri="stomp://127.0.0.1:0"',
      'uri="stomp://127.0.0.1:0" maximumConsumersAllowedPerConnection="1" maximumProducersAllowedPerConnection="1"',
    ),
  )
  t.teardown(() => world.end())
  const client = await world.connect()
  await client.receipted('SUBSCRIBE', { id: 'advisory', destination: '/topic/ActiveMQ.Advisory.FULL.>' })
  await client.receipted('SUBSCRIBE', { id: '1', destination: '/queue/a' })
  client.send('SUBSCRIBE', { id: '2', destination: '/queue/b' })
  t.regex(await error(client), /^Can't add consumer on connection ID:.+: at maximum limit: 1$/)
  await client.receipted('UNSUBSCRIBE', { id: '1' })
  await client.receipted('SUBSCRIBE', { id: '2', destination: '/queue/b' })
  for (const destination of ['/queue/x', '/queue/y']) await client.receipted('SEND', { destination })
})

test('K-04: frames beyond a limit are answered by the text of ActiveMQ, and the connection is closed', async t => {
  const world = await started(t, {
    connectors: {
      frames: 'stomp://127.0.0.1:0?wireFormat.maxFrameSize=2000',
      data: 'stomp://127.0.0.1:0?wireFormat.maxDataLength=2000',
    },
  })
  const refusal = async (headers: Record<string, string>, body: string, name?: string): Promise<string> => {
    const client = await world.connect({}, name)
    client.send('SEND', { destination: '/queue/a', ...headers }, body)
    const frames = await client.closed()
    return frames[0]?.headers.get('message') ?? ''
  }
  t.is(await refusal({}, 'x'.repeat(3000), 'frames'), 'The maximum frame size was exceeded')
  t.is(await refusal({ 'content-length': '3000' }, 'x'.repeat(3000), 'data'), 'The maximum data length was exceeded')
  t.is(await refusal({ long: 'x'.repeat(11_000) }, '', 'data'), 'The maximum header length was exceeded')
  const many = Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`h${i}`, 'x']))
  t.is(await refusal(many, '', 'data'), 'The maximum number of headers was exceeded')
})

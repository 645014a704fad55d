import { mkdirSync, readdirSync } from 'node:fs'
import { Server, type ListenOptions } from 'node:net'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { FaultyFiles } from '../journal/faulty-files.ts'
import { depth, drain, until } from './consuming.ts'
import { brokerXml, World, type XmlParts } from './world.ts'

/** What a setting of the file does to a running broker, for those that no other test looks at. */

async function started(t: ExecutionContext, parts: XmlParts, world: World = new World()): Promise<World> {
  t.teardown(() => world.end())
  return world.start(brokerXml(parts))
}

const kahaDB = (attributes: string, content = ''): string =>
  `<persistenceAdapter><kahaDB directory="\${activemq.data}/store" ${attributes}>${content}</kahaDB></persistenceAdapter>`
const persistent = { persistent: 'true' }

test('OS-02: without a store of its own the journal lies in dataDirectory, brokerName, KahaDB', async t => {
  const world = new World()
  const { directory } = await started(t, {}, world)
  t.true(readdirSync(join(directory, 'data/test/KahaDB')).some(name => name.startsWith('tandemmq-')))
})

test('LC-08: deleteAllMessagesOnStartup empties the store at each start, and only then', async t => {
  const world = await started(t, {})
  const client = await world.connect()
  await client.receipted('SEND', { destination: '/queue/a', ...persistent }, 'old')
  await world.stop()
  await world.start(brokerXml())
  t.is(depth(world, 'a'), 1)
  await world.stop()
  await world.start(brokerXml({ attributes: 'deleteAllMessagesOnStartup="true"' }))
  const again = await world.connect()
  await again.receipted('SEND', { destination: '/queue/a', ...persistent }, 'new')
  t.deepEqual(
    (await drain(world, 'a')).map(({ body }) => body.toString()),
    ['new'],
  )
})

test('KB-03, KB-05: with archiveDataLogs spent segments are moved to directoryArchive', async t => {
  const often = 'journalMaxFileLength="16kb" cleanupInterval="20" checkpointInterval="20"'
  const world = new World()
  const archive = join(world.directory, 'spent')
  mkdirSync(archive)
  await started(t, { body: kahaDB(`${often} archiveDataLogs="true" directoryArchive="${archive}"`) }, world)
  const client = await world.connect()
  for (let i = 0; i < 20; i++)
    await client.receipted('SEND', { destination: '/queue/a', ...persistent }, 'x'.repeat(4000))
  await drain(world, 'a')
  await until(world, 'a segment was archived', () => readdirSync(archive).length > 0)
  t.regex(readdirSync(archive)[0] ?? '', /^tandemmq-/)
})

test('KB-14: useLock="false": a second broker on the same directory is not kept out, and both say so', async t => {
  const first = await started(t, { body: kahaDB('useLock="false"') })
  const second = new World(first.directory)
  await second.start(brokerXml({ body: kahaDB('useLock="false"') }))
  t.teardown(() => second.stop())
  t.is(second.running.addresses.length, 1)
  t.regex(second.lines.join('\n'), /WARN .*useLock="false"/)
})

for (const [words, least, most] of [
  ['journalDiskSyncStrategy="never"', 0, 0],
  ['enableJournalDiskSyncs="false"', 0, 0],
  ['journalDiskSyncStrategy="always"', 5, Infinity],
] as const)
  test(`KB-04: five receipted messages are synced as ${words} says`, async t => {
    const files = new FaultyFiles()
    const world = new World()
    t.teardown(() => world.end())
    await world.start(brokerXml({ body: kahaDB(words) }), { files })
    let syncs = 0
    files.before = operation => void (syncs += operation === 'sync' ? 1 : 0)
    const client = await world.connect()
    for (let i = 0; i < 5; i++) await client.receipted('SEND', { destination: '/queue/a', ...persistent }, 'x')
    files.before = () => undefined
    t.true(syncs >= least && syncs <= most, `${syncs} syncs`)
  })

test('KB-04: with journalDiskSyncStrategy="periodic" the journal is synced every journalDiskSyncInterval, not per message', async t => {
  const files = new FaultyFiles()
  const world = new World()
  t.teardown(() => world.end())
  await world.start(brokerXml({ body: kahaDB('journalDiskSyncStrategy="periodic" journalDiskSyncInterval="30"') }), {
    files,
  })
  const client = await world.connect()
  await client.receipted('SEND', { destination: '/queue/a', ...persistent }, 'x')
  let syncs = 0
  files.before = operation => void (syncs += operation === 'sync' ? 1 : 0)
  for (let i = 0; i < 3; i++) await client.receipted('SEND', { destination: '/queue/a', ...persistent }, 'x')
  await until(world, 'it was synced after a while', () => syncs > 0)
  files.before = () => undefined
  t.pass()
})

test('maximumConsumersAllowedPerConnection: a SUBSCRIBE beyond it is refused, the connection goes on', async t => {
  const uri = 'stomp://127.0.0.1:0'
  const body = `<transportConnectors><transportConnector name="few" uri="${uri}" maximumConsumersAllowedPerConnection="1"/></transportConnectors>`
  const xml = brokerXml({ body }).replace(/<transportConnectors><transportConnector name="stomp".*\n/, '')
  const world = new World()
  t.teardown(() => world.end())
  await world.start(xml)
  const client = await world.connect()
  await client.receipted('SUBSCRIBE', { id: '1', destination: '/queue/a' })
  client.send('SUBSCRIBE', { id: '2', destination: '/queue/b' })
  t.is((await client.expect('ERROR')).command, 'ERROR')
  const other = await world.connect()
  await other.receipted('SUBSCRIBE', { id: '1', destination: '/queue/b' })
})

test('PL-09: destinationPathSeparatorPlugin: a client that writes / in names means the dot', async t => {
  const plugin = '<plugins><destinationPathSeparatorPlugin pathSeparator="/"/></plugins>'
  const world = await started(t, { body: plugin })
  const client = await world.connect()
  await client.receipted('SEND', { destination: '/queue/orders/new' }, 'x')
  t.is(depth(world, 'orders.new'), 1)
})

test.serial('backlog, keepAlive and tcpNoDelay of a connector are what its listening socket is given', async t => {
  const listen = Server.prototype.listen
  const asked: unknown[] = []
  Server.prototype.listen = function (this: Server, ...args: never[]) {
    const [options] = args as unknown as readonly ListenOptions[]
    const { keepAlive, noDelay } = this as unknown as Readonly<Record<string, unknown>> // Node's own fields, untyped
    asked.push({ backlog: options?.backlog, keepAlive, noDelay })
    return Reflect.apply(listen, this, args) as Server
  } as typeof listen
  t.teardown(() => void (Server.prototype.listen = listen))
  await started(t, { connectors: { stomp: 'stomp://127.0.0.1:0?backlog=17&keepAlive=true&tcpNoDelay=false' } })
  t.deepEqual(asked, [{ backlog: 17, keepAlive: true, noDelay: false }])
})

test('VER-06: autoStart="false" leaves the port closed', async t => {
  const body =
    '<transportConnectors><transportConnector name="closed" uri="stomp://127.0.0.1:0" autoStart="false"/><transportConnector name="open" uri="stomp://127.0.0.1:0"/></transportConnectors>'
  const world = new World()
  t.teardown(() => world.end())
  await world.start(brokerXml({ body }).replace(/<transportConnectors><transportConnector name="stomp".*\n/, ''))
  t.deepEqual(
    world.running.addresses.map(({ name }) => name),
    ['open'],
  )
})

import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { error } from './exchange.ts'
import { started, until } from './consuming.ts'
import { brokerXml, type Client, type World } from './world.ts'

const usage = (limits: string, attributes = ''): string =>
  `<systemUsage><systemUsage ${attributes}>${limits}</systemUsage></systemUsage>`
const memory = (limit: string): string => `<memoryUsage><memoryUsage limit="${limit}"/></memoryUsage>`
const temp = (limit: string): string => `<tempUsage><tempUsage limit="${limit}"/></tempUsage>`
const policies = (entries: string): string =>
  `<destinationPolicy><policyMap><policyEntries>${entries}</policyEntries></policyMap></destinationPolicy>`

const files = (directory: string): string[] =>
  existsSync(directory) ? readdirSync(directory).filter(name => name.startsWith('topic-backlog-')) : []
const spool = (world: World): string => join(world.directory, 'data', 'test', 'tmp_storage')

async function slow(world: World, destination = '/topic/a', headers: Record<string, string> = {}): Promise<Client> {
  const client = await world.connect()
  await client.receipted('SUBSCRIBE', {
    id: '1',
    destination,
    ack: 'client-individual',
    'activemq.prefetchSize': '1',
    ...headers,
  })
  return client
}

const FILLER = 'x'.repeat(10_000)

/** Publishes <from> … <to>, each of 10 KB, every tenth with a receipt. */
async function publish(world: World, from: number, to: number, headers: Record<string, string> = {}): Promise<void> {
  const client = await world.connect()
  for (let i = from; i < to; i++) client.send('SEND', { destination: '/topic/a', ...headers }, `${i} ${FILLER}`)
  await client.receipted('SEND', { destination: '/topic/a', ...headers }, `${to} ${FILLER}`)
  client.destroy()
}

/** Acknowledges one by one; the numbers of so many messages. */
async function numbers(client: Client, count: number): Promise<number[]> {
  const all: number[] = []
  while (all.length < count) {
    const message = await client.expect('MESSAGE')
    t0(message.body.length > 10_000)
    all.push(Number.parseInt(message.body.toString('latin1', 0, 8), 10))
    client.send('ACK', { id: message.headers.get('ack') ?? '' })
  }
  await client.quiet()
  return all
}

function t0(whole: boolean): void {
  if (!whole) throw new Error('a message came back shorter than it was sent')
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i)

/** Ten megabytes in a broker with one: that the sender is not held back shows that they went to disk. */
async function spilled(t: ExecutionContext, entries = '', attributes = ''): Promise<{ world: World; client: Client }> {
  const world = await started(t, { body: policies(entries) + usage(memory('1mb')), attributes })
  const client = await slow(world)
  await publish(world, 1, 1000)
  return { world, client }
}

test('T-03, CU-03: what a slow subscriber cannot take goes to disk when memory is short, and comes in order', async t => {
  const { world, client } = await spilled(t)
  const { backlogs } = world.running.broker
  t.true(backlogs.memory.bytes <= 1024 * 1024, `${backlogs.memory.bytes} bytes in memory`)
  t.true(backlogs.temp!.bytes > 8_000_000, `${backlogs.temp!.bytes} bytes on disk`)
  t.true(files(spool(world)).length > 0)
  t.deepEqual(await numbers(client, 1000), range(1, 1000))
  t.is(backlogs.memory.bytes, 0)
  await publish(world, 1, 3)
  t.deepEqual(await numbers(client, 3), [1, 2, 3])
})

test('T-03: two subscribers of one topic and a pattern each get everything, and the copies in memory count once', async t => {
  const world = await started(t, { body: usage(memory('1mb')) })
  const clients = [await slow(world), await slow(world, '/topic/*'), await slow(world)]
  await publish(world, 1, 50)
  const { backlogs } = world.running.broker
  t.true(backlogs.memory.bytes < 49 * 12_000, `${backlogs.memory.bytes} bytes`)
  await publish(world, 51, 400)
  t.true(backlogs.memory.bytes <= 1024 * 1024)
  for (const client of clients) t.deepEqual(await numbers(client, 400), range(1, 400))
  t.is(backlogs.memory.bytes, 0)
})

test('T-03, LC-07: the files lie in tmp_storage, are gone with their subscriber, and what a dead broker left goes at the start', async t => {
  const { world, client } = await spilled(t)
  await client.expect('MESSAGE')
  await client.receipted('UNSUBSCRIBE', { id: '1' })
  await until(world, 'all that is left is the file in use', () => files(spool(world)).length <= 1)
  t.is(world.running.broker.backlogs.memory.bytes, 0)
  await world.stop()
  t.deepEqual(files(spool(world)), [])
  writeFileSync(join(spool(world), 'topic-backlog-77.tmp'), 'left by a broker that was killed')
  writeFileSync(join(spool(world), 'db.data'), "an ActiveMQ's own")
  await world.start(brokerXml())
  t.deepEqual(readdirSync(spool(world)), ['db.data'])
})

test('LC-07: tmpDataDirectory names another place for the files', async t => {
  const { world } = await spilled(t, '', 'tmpDataDirectory="${activemq.data}/elsewhere"')
  t.true(files(join(world.directory, 'data', 'elsewhere')).length > 0)
  t.deepEqual(files(spool(world)), [])
})

test('T-07, T-12: the limit of a slow subscriber counts what lies on disk too, and dead letters are read back from there', async t => {
  const limit =
    '<pendingMessageLimitStrategy><constantPendingMessageLimitStrategy limit="500"/></pendingMessageLimitStrategy>'
  const world = await started(t, {
    body: policies(`<policyEntry topic=">">${limit}</policyEntry>`) + usage(memory('1mb')),
  })
  const client = await slow(world)
  await publish(world, 1, 400, { persistent: 'true' })
  t.true(world.running.broker.backlogs.temp!.bytes > 0)
  await publish(world, 401, 1000)
  t.deepEqual(await numbers(client, 501), [1, ...range(501, 1000)])
  const letters = await world.connect()
  letters.send('SUBSCRIBE', { id: '1', destination: '/queue/ActiveMQ.DLQ' })
  for (let i = 2; i <= 400; i++) t.is(Number.parseInt((await letters.expect('MESSAGE')).body.toString(), 10), i)
  await letters.quiet()
})

test('CU-03, F-01: with vmCursor everything stays in memory, and the memory limit holds the senders back', async t => {
  const entry = '<policyEntry topic=">"><pendingSubscriberPolicy><vmCursor/></pendingSubscriberPolicy></policyEntry>'
  const world = await started(t, { body: policies(entry) + usage(memory('1mb')) })
  const client = await slow(world)
  const sender = await world.connect()
  for (let i = 1; i <= 200; i++) sender.send('SEND', { destination: '/topic/a', receipt: String(i) }, `${i} ${FILLER}`)
  await sender.expect('RECEIPT')
  await until(world, 'it has stopped', () => world.running.broker.spaceWanted)
  t.deepEqual(files(spool(world)), [])
  t.deepEqual(await numbers(client, 200), range(1, 200))
})

test('L-09: cursorMemoryHighWaterMark says how much of the memory limit is filled before anything goes to disk', async t => {
  const used = async (mark: number): Promise<number> => {
    const entry = `<policyEntry topic=">" cursorMemoryHighWaterMark="${mark}"/>`
    const world = await started(t, { body: policies(entry) + usage(memory('4mb')) })
    await slow(world)
    await publish(world, 1, 800)
    const { backlogs } = world.running.broker
    // What is on its way to a slow disk is in memory still.
    await until(world, 'it has been written', () => backlogs.temp?.writing === 0)
    return backlogs.memory.bytes
  }
  const [low, high] = [await used(20), await used(90)]
  t.true(low < 2_000_000, `${low}`)
  t.true(high > 3_000_000 && high < 4_200_000, `${high}`)
})

test('F-11, L-03: when memory and tempUsage are full the connection waits, receipt or not, and goes on when there is room', async t => {
  const world = await started(t, { body: usage(memory('1mb') + temp('2mb')) })
  const client = await slow(world)
  const sender = await world.connect()
  for (let i = 1; i <= 1000; i++) sender.send('SEND', { destination: '/topic/a', receipt: String(i) }, `${i} ${FILLER}`)
  sender.send('BEGIN', { transaction: 't', receipt: 'begin' })
  const told = (): boolean => world.lines.some(line => /^WARN topic:\/\/a has no space.*Temp Store is Full/.test(line))
  await until(world, 'the sender waits', told)
  const { backlogs } = world.running.broker
  t.true(backlogs.temp!.bytes < 4_000_000, `${backlogs.temp!.bytes} bytes on disk`)
  t.true(backlogs.memory.bytes < 2_000_000, `${backlogs.memory.bytes} bytes in memory`)
  t.is(sender.received.indexOf('begin'), -1)
  t.deepEqual(await numbers(client, 1000), range(1, 1000))
})

test('F-11: with sendFailIfNoSpace a full tempUsage is an ERROR, on topics and for non-persistent messages of queues', async t => {
  const world = await started(t, { body: usage(memory('1mb') + temp('1mb'), 'sendFailIfNoSpace="true"') })
  await slow(world)
  for (const destination of ['/topic/a', '/queue/a']) {
    const sender = await world.connect()
    for (let i = 1; i <= 600; i++) sender.send('SEND', { destination }, `${i} ${FILLER}`)
    t.regex(
      await error(sender),
      /^Temp Store is Full \(\d+% of 1048576\)\. Stopping producer \(ID:.+\) to prevent flooding (topic|queue):\/\/a\./,
    )
  }
  const other = await world.connect()
  await other.receipted('SEND', { destination: '/queue/a', persistent: 'true' }, 'x')
})

test('CU-04, F-01: without a store nothing goes to disk, and a topic holds its senders back', async t => {
  const world = await started(t, { body: usage(memory('1mb')), attributes: 'persistent="false"' })
  const client = await slow(world)
  const sender = await world.connect()
  for (let i = 1; i <= 200; i++) sender.send('SEND', { destination: '/topic/a' }, `${i} ${FILLER}`)
  await until(world, 'it has stopped', () => world.running.broker.spaceWanted)
  t.is(world.running.broker.backlogs.temp, null)
  t.deepEqual(await numbers(client, 200), range(1, 200))
})

test('T-03: when the disk does not take the files messages stay in memory, the senders wait, and nothing is lost', async t => {
  const world = await started(t, {
    body: usage(memory('1mb')),
    attributes: 'tmpDataDirectory="${activemq.data}/blocked"',
  })
  mkdirSync(join(world.directory, 'data'), { recursive: true })
  writeFileSync(join(world.directory, 'data', 'blocked'), 'a file where the directory should be')
  const client = await slow(world)
  const sender = await world.connect()
  for (let i = 1; i <= 200; i++) sender.send('SEND', { destination: '/topic/a' }, `${i} ${FILLER}`)
  await until(world, 'it has stopped', () => world.running.broker.spaceWanted)
  await until(world, 'the log says why', () => world.lines.some(line => line.startsWith('ERROR tmp_storage: ')))
  t.deepEqual(await numbers(client, 200), range(1, 200))
})

import test, { type ExecutionContext } from 'ava'
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLog } from '../../src/base/log.ts'
import { lsn } from '../../src/base/lsn.ts'
import { Maintenance, openStore } from '../../src/broker/broker.ts'
import { emptyDelivery } from '../../src/destination/destination.ts'
import { diskFiles, type Files, type JournalFile, type JournalWriter } from '../../src/journal/journal.ts'
import { Mark, bodyOffset } from '../../src/store/store.ts'
import { bodies, depth, drain, take, until } from '../contract/consuming.ts'
import { World, brokerXml } from '../contract/world.ts'
import { VirtualClock } from '../journal/virtual-clock.ts'
import { LoneBroker } from './lone-broker.ts'

const SEGMENT_BYTES = 64 * 1024

const xml = (cleanupInterval: number, body = '', segmentBytes = SEGMENT_BYTES): string =>
  brokerXml({
    body: `<persistenceAdapter><kahaDB directory="\${activemq.data}/store" journalMaxFileLength="${segmentBytes}"
      cleanupInterval="${cleanupInterval}" checkpointInterval="${cleanupInterval}"/></persistenceAdapter>${body}`,
  })

const storeOf = (world: World): string => join(world.directory, 'data', 'store')
const filesOf = (world: World, kind: 'journal' | 'snapshot'): string[] =>
  readdirSync(storeOf(world)).filter(name => name.endsWith(`.${kind}`))

const stays = (count: number): string[] => Array.from({ length: count }, (_, i) => `stays ${i + 1}`)

/** `count` messages that stay, each between a segment's worth of messages that go. */
async function fillBoth(world: World, count: number): Promise<void> {
  const client = await world.connect()
  const body = 'x'.repeat(1000)
  for (let i = 1; i <= count; i++) {
    for (let n = 0; n < 70; n++) client.send('SEND', { destination: '/queue/goes', persistent: 'true' }, body)
    await client.receipted('SEND', { destination: '/queue/stays', persistent: 'true' }, `stays ${i}`)
  }
  client.destroy()
}

test('KB-03, F-10: snapshots are taken, spent segments deleted, nearly dead ones relocated; what stays survives restarts in order', async t => {
  const world = await new World().start(xml(50))
  t.teardown(() => world.end())
  await fillBoth(world, 8)
  const before = filesOf(world, 'journal')
  t.true(before.length >= 8)
  const consumer = await world.connect()
  consumer.send('SUBSCRIBE', { id: '1', destination: '/queue/goes', ack: 'auto' })
  await take(consumer, 8 * 70)
  const old = new Set(before.slice(0, -2))
  await until(world, 'the old segments are deleted', () => !filesOf(world, 'journal').some(name => old.has(name)))
  t.true(filesOf(world, 'journal').length <= 3)
  t.true(filesOf(world, 'snapshot').length >= 1)
  t.is(depth(world, 'stays'), 8)
  for (let i = 0; i < 2; i++) {
    world.lines.length = 0
    await world.stop()
    await world.start(xml(50))
    t.true(
      world.lines.some(line => /recovered 8 messages.*\(snapshot/.test(line)),
      world.lines.join('\n'),
    )
    t.is(depth(world, 'stays'), 8)
  }
  t.deepEqual(bodies(await drain(world, 'stays')), stays(8))
  t.is(depth(world, 'goes'), 0)
})

test('G11: what a bit flipped in is not moved, which would make it pass for whole: it stays where it is, and is told of', async t => {
  const world = await new World().start(xml(50))
  t.teardown(() => world.end())
  await fillBoth(world, 4)
  const sealed = filesOf(world, 'journal').toSorted().slice(0, -1)
  const contentOf = (name: string): Buffer => readFileSync(join(storeOf(world), name))
  const damaged = sealed.find(name => contentOf(name).includes('stays 1'))!
  const bytes = contentOf(damaged)
  bytes[bytes.indexOf('stays 1')]! ^= 1
  writeFileSync(join(storeOf(world), damaged), bytes)
  t.is((await drain(world, 'goes')).length, 4 * 70)
  const others = sealed.filter(name => name !== damaged)
  await until(world, 'the others are deleted', () => !filesOf(world, 'journal').some(name => others.includes(name)))
  t.true(filesOf(world, 'journal').includes(damaged))
  // The daily look at the disk tells of it too, when it comes by.
  const told = world.lines.filter(line => line.includes(`${damaged} at byte`) && line.endsWith('is not moved'))
  t.is(told.length, 1, world.lines.join('\n'))
  t.is(depth(world, 'stays'), 4)
})

/** The disk, and a look at the directory after everything that changes it. */
function watched(after: (operation: string) => void): Files {
  const seen = async <T>(operation: string, work: Promise<T>): Promise<T> => {
    const result = await work
    after(operation)
    return result
  }
  return {
    list: directory => diskFiles.list(directory),
    open: async path => {
      const file = await diskFiles.open(path)
      const watching: JournalFile = {
        size: () => file.size(),
        read: (...range) => file.read(...range),
        close: () => file.close(),
        sync: () => file.sync(),
        write: (...range) => seen('write', file.write(...range)),
        truncate: size => seen('truncate', file.truncate(size)),
      }
      return watching
    },
    rename: (from, to) => seen('rename', diskFiles.rename(from, to)),
    remove: path => seen('remove', diskFiles.remove(path)),
    syncDirectory: directory => diskFiles.syncDirectory(directory),
  }
}

/** What a store holds when it is opened: the bodies of each queue, in order. */
async function contents(directory: string): Promise<Map<string, string[]>> {
  const events = { committed: () => {}, writeFailed: () => 'stop' as const, writeResumed: () => {}, failed: () => {} }
  const { journal, state } = await openStore(
    {
      kind: 'journal',
      directory,
      segmentBytes: SEGMENT_BYTES,
      sync: 'always',
      syncIntervalMs: 1000,
      cacheBytes: 0,
      readCacheBytes: 1 << 20,
      archiveDirectory: null,
      deleteAll: false,
      log: silentLog,
      clock: new VirtualClock(),
      epochUid: Buffer.alloc(16, 1),
    },
    events,
  )
  const found = new Map<string, string[]>()
  const delivery = emptyDelivery()
  for (const { name, messages } of state.destinations.values()) {
    const texts: string[] = []
    for (let chunk = messages.first; chunk !== null; chunk = chunk.next) {
      for (let slot = 0; slot < chunk.count; slot++) {
        if (chunk.marks[slot] === Mark.removed) continue
        const at = chunk.position(slot)
        const bytes = chunk.sizes[slot]!
        if (!journal.peek(at, bytes, delivery)) await journal.fetch(at, bytes)
        if (!journal.peek(at, bytes, delivery)) throw new Error(`${name}: no bytes at ${at}`)
        const { block, view, offset } = delivery
        const start = offset + bodyOffset(view, offset)
        texts.push(block.toString('utf8', start, start + view.getUint32(offset + 44, true)))
      }
    }
    found.set(name, texts)
  }
  await journal.close()
  return found
}

interface Look {
  readonly directory: string
  readonly after: string
  /** Messages whose ACK was committed then, at least. */
  readonly acknowledged: number
}

test('KB-03: killed after any step of snapshot, relocation and deletion, the store has every message that it must', async t => {
  const root = mkdtempSync(join(tmpdir(), 'tandemmq-steps-'))
  t.teardown(() => rmSync(root, { recursive: true, force: true }))
  const looks: Look[] = []
  let watching = false
  let acknowledged = 0
  let writes = 0
  const world = new World()
  const files = watched(after => {
    // Of plain writes some, of what maintenance does everything.
    if (!watching || (after === 'write' && writes++ % 5 > 0)) return
    const directory = join(root, String(looks.length))
    cpSync(storeOf(world), directory, { recursive: true })
    looks.push({ directory, after, acknowledged })
  })
  await world.start(xml(20), { files })
  t.teardown(() => world.end())
  await fillBoth(world, 5)
  watching = true
  const consumer = await world.connect()
  const window = { ack: 'client', 'activemq.prefetchSize': '50' }
  consumer.send('SUBSCRIBE', { id: '1', destination: '/queue/goes', ...window })
  for (let i = 0; i < 7; i++) {
    const messages = await take(consumer, 50)
    // The window is full: these came because the ACK before them was committed.
    acknowledged = i * 50
    consumer.send('ACK', { id: messages[49]!.headers.get('ack')! })
  }
  await until(world, 'at most two segments are left', () => world.running.broker.journal.segments.length <= 2)
  acknowledged = 350
  watching = false
  for (const kind of ['write', 'rename', 'remove'])
    t.true(
      looks.some(({ after }) => after === kind),
      kind,
    )
  for (const [i, { directory, after, acknowledged: least }] of looks.entries()) {
    const found = await contents(directory)
    t.deepEqual(found.get('stays'), stays(5), `step ${i}, ${after}`)
    t.true(found.get('goes')!.length <= 350 - least, `step ${i}, ${after}`)
  }
})

const limited = (limit: string, options = '', segmentBytes = SEGMENT_BYTES): string =>
  xml(
    50,
    `<systemUsage><systemUsage ${options}><storeUsage><storeUsage limit="${limit}"/></storeUsage></systemUsage></systemUsage>`,
    segmentBytes,
  )

/** Messages of 5 kB, of which about fifty fit. */
const COUNT = 70

for (const receipted of [true, false]) {
  test(`F-09, F-10, F-01: with a full store persistent senders wait${receipted ? '' : ' (without receipt)'}, others go on, and consuming frees them, in order`, async t => {
    const world = await new World().start(limited('256kb', '', 16 * 1024))
    t.teardown(() => world.end())
    const producer = await world.connect()
    const body = (i: number): string => `${i} ${'x'.repeat(5000)}`
    for (let i = 0; i < COUNT; i++) {
      const receipt: Record<string, string> = receipted ? { receipt: `s${i}` } : {}
      producer.send('SEND', { destination: '/queue/a', persistent: 'true', ...receipt }, body(i))
    }
    await until(world, 'the sender waits', () => world.running.broker.spaceWanted)
    await until(world, 'what there is space for is stored', () => depth(world, 'a') >= 10)
    t.true(depth(world, 'a') < COUNT)
    const other = await world.connect()
    await other.receipted('SEND', { destination: '/queue/other' }, 'volatile')
    const consumer = await world.connect()
    consumer.send('SUBSCRIBE', { id: '1', destination: '/queue/a', ack: 'client', 'activemq.prefetchSize': '5' })
    for (let i = 0; i < COUNT; i++) {
      const message = await consumer.expect('MESSAGE')
      t.true(message.body.toString().startsWith(`${i} `))
      consumer.send('ACK', { id: message.headers.get('ack')! })
    }
    if (receipted) {
      for (let i = 0; i < COUNT; i++) t.is((await producer.expect('RECEIPT')).headers.get('receipt-id'), `s${i}`)
    }
    await producer.quiet()
    t.is(depth(world, 'other'), 1)
    await until(world, 'the store is small again', () => world.running.broker.journal.totalBytes < 100_000)
  })
}

test('F-09: with sendFailIfNoSpace a persistent SEND into a full store is refused, a non-persistent one is not', async t => {
  const world = await new World().start(limited('256kb', 'sendFailIfNoSpace="true"'))
  t.teardown(() => world.end())
  const producer = await world.connect()
  const refusedWith = await untilRefused(t, producer)
  t.regex(
    refusedWith,
    /^Persistent store is Full, 100% of 262144\. Stopping producer .*to prevent flooding queue:\/\/a\./,
  )
  await producer.receipted('SEND', { destination: '/queue/a' }, 'volatile')
})

for (const options of ['', 'sendFailIfNoSpace="true"']) {
  test(`F-10: a full store in which little lives takes messages again: its files are emptied (${options})`, async t => {
    const limit = 1024 * 1024
    const world = await new World().start(limited(String(limit), options))
    t.teardown(() => world.end())
    const producer = await world.connect()
    // A third of each file stays: too much to move it while there is room.
    const send = (queue: string, body: string): void =>
      producer.send('SEND', { destination: `/queue/${queue}`, persistent: 'true' }, body)
    for (let i = 0; world.running.broker.journal.totalBytes < limit - 2 * SEGMENT_BYTES; i++) {
      for (let n = 0; n < 2; n++) send('goes', 'x'.repeat(5000))
      send('stays', `${i} ${'x'.repeat(5000)}`)
      await producer.receipted('SEND', { destination: '/queue/goes', persistent: 'true' }, 'x')
    }
    const count = depth(world, 'stays')
    await drain(world, 'goes')
    await producer.receipted('SEND', { destination: '/queue/more' }, 'the first')
    for (let i = 0; i < 100; i++) send('more', `${i} ${'x'.repeat(5000)}`)
    if (options === '') await until(world, 'all is taken', () => depth(world, 'more') === 101)
    else {
      for (let i = 0; i < 5000 && depth(world, 'more') <= 100; i++) {
        producer.send('SEND', { destination: '/queue/more', persistent: 'true', receipt: 'r' }, 'x'.repeat(5000))
        while ((await producer.frame()).headers.get('receipt-id') !== 'r');
      }
    }
    t.true(depth(world, 'more') > 100)
    t.is(depth(world, 'stays'), count)
    await world.stop()
    await world.start(limited(String(limit), options))
    t.deepEqual(
      bodies(await drain(world, 'stays')).map(body => Number.parseInt(body, 10)),
      Array.from({ length: count }, (_, i) => i),
    )
  })
}

test('KB-03: a hand-over that begins while a file is emptied waits for no more than the message in hand', async t => {
  const lone = await new LoneBroker().start()
  const { broker, files } = lone
  const client = lone.client()
  const send = (queue: string, body: string): void =>
    client.send('SEND', { destination: `/queue/${queue}`, persistent: 'true' }, body)
  for (let i = 1; i <= 5; i++) send('stays', `stays ${i}`)
  for (let i = 0; i < 150; i++) send('goes', 'x'.repeat(1000))
  client.send('SUBSCRIBE', { id: '1', destination: '/queue/goes', ack: 'client' })
  await lone.rest()
  client.send('ACK', { id: client.frames().at(-1)!.headers.get('ack')! })
  await lone.rest()
  const owner = {
    state: broker.state,
    spaceWanted: true,
    space: { storeFull: false },
    spaceFreed: () => {},
    schedule: () => {
      broker.quiesce()
      broker.schedule()
    },
  }
  const settled = (): boolean => !broker.quiesced
  const options = { files, directory: '/d', inMemory: false, settled, log: silentLog }
  const maintenance = new Maintenance(owner, broker.journal as JournalWriter, options, lsn(0))
  const { end } = broker.journal
  await maintenance.run()
  t.true(broker.quiesced)
  const moved = broker.journal.end - end
  t.true(moved > 0 && moved < 400, `${moved} bytes`)
  // Given up: it goes on.
  while (broker.quiesced) {
    broker.resume()
    await lone.rest()
    await maintenance.run()
  }
  const heir = lone.client()
  heir.send('SUBSCRIBE', { id: '1', destination: '/queue/stays', ack: 'client' })
  await lone.rest()
  t.deepEqual(
    heir.frames().map(({ body }) => body),
    stays(5),
  )
})

async function untilRefused(t: ExecutionContext, producer: Awaited<ReturnType<World['connect']>>): Promise<string> {
  for (let i = 0; i < 100; i++) {
    producer.send('SEND', { destination: '/queue/a', persistent: 'true', receipt: 'r' }, 'x'.repeat(10_000))
    const answer = await producer.frame()
    if (answer.command === 'ERROR') return answer.headers.get('message') ?? ''
  }
  t.fail('never refused')
  return ''
}

import { cpSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { silentLog } from '../../src/base/log.ts'
import type { Lsn } from '../../src/base/lsn.ts'
import { openStore, type OpenedStore, type StoreOptions } from '../../src/broker/broker.ts'
import { emptyDelivery } from '../../src/destination/destination.ts'
import type { Files } from '../../src/journal/journal.ts'
import { tandem } from '../cli/terminal.ts'
import { World, brokerXml } from '../contract/world.ts'
import { FaultyFiles } from '../journal/faulty-files.ts'
import { VirtualClock } from '../journal/virtual-clock.ts'
import { connectTo, Site } from './broker-process.ts'
import { recordsOf, type RecordPlace } from './records.ts'

/** A directory that a broker filled with receipted messages before it was killed. The last three records add messages. */
async function filled(site: Site): Promise<{ segment: string; bytes: Buffer; records: RecordPlace[] }> {
  const broker = site.start()
  const client = await connectTo(await broker.port())
  const headers = { destination: '/queue/a', persistent: 'true' }
  for (let i = 1; i <= 12; i++) await client.receipted('SEND', headers, `plain ${i} ${'.'.repeat(i * 7)}`)
  client.send('BEGIN', { transaction: 't' })
  client.send('SEND', { ...headers, transaction: 't' }, 'in t, first')
  client.send('SEND', { ...headers, transaction: 't' }, 'in t, second')
  await client.receipted('COMMIT', { transaction: 't' })
  await client.receipted('SEND', headers, 'last')
  await broker.kill()
  const segments = readdirSync(site.data).filter(name => name.endsWith('.journal'))
  if (segments.length !== 1) throw new Error(`expected one segment, found ${segments.join(' ')}`)
  const segment = segments[0]!
  const bytes = readFileSync(join(site.data, segment))
  return { segment, bytes, records: recordsOf(bytes) }
}

const events = { committed: () => {}, writeFailed: () => 'stop' as const, writeResumed: () => {}, failed: () => {} }

/** The store on these files, with nothing of a broker around it. */
function open(files: Files): Promise<OpenedStore> {
  const options: StoreOptions = {
    kind: 'journal',
    directory: '/data',
    files,
    segmentBytes: 32 << 20,
    sync: 'always',
    syncIntervalMs: 1000,
    cacheBytes: 1 << 20,
    readCacheBytes: 1 << 20,
    archiveDirectory: null,
    deleteAll: false,
    log: silentLog,
    clock: new VirtualClock(),
    epochUid: Buffer.alloc(16, 7),
  }
  return openStore(options, events)
}

/** The records of all messages, as the store reads them back. */
async function messagesIn({ journal, state }: OpenedStore): Promise<Buffer[]> {
  const found: Buffer[] = []
  for (const { messages } of state.destinations.values()) {
    for (let chunk = messages.first; chunk !== null; chunk = chunk.next) {
      for (let slot = 0; slot < chunk.count; slot++) {
        const at: Lsn = chunk.position(slot)
        const bytes = chunk.sizes[slot]!
        const into = emptyDelivery()
        if (!journal.peek(at, bytes, into)) await journal.fetch(at, bytes)
        if (!journal.peek(at, bytes, into)) throw new Error(`no record at ${at}`)
        found.push(Buffer.from(into.block.subarray(into.offset, into.offset + bytes)))
      }
    }
  }
  return found
}

test('ST-07: the last segment cut at every byte of its last three records: every whole record before the cut is kept', async t => {
  const site = new Site()
  t.teardown(() => site.end())
  const { segment, bytes, records } = await filled(site)
  const lastThree = records.slice(-3)
  t.deepEqual(
    lastThree.map(({ adds }) => adds.length),
    [1, 2, 1],
    'a message, a transaction of two, a message',
  )
  for (let cut = lastThree[0]!.start; cut <= records.at(-1)!.end; cut++) {
    // In memory, for there are hundreds of cuts; the next test does the same to real files.
    const files = new FaultyFiles()
    files.replace(`/data/${segment}`, bytes.subarray(0, cut))
    const store = await open(files)
    const whole = records.filter(({ end }) => end <= cut)
    const expected = whole.flatMap(({ adds }) => adds.map(({ start, end }) => bytes.subarray(start, end)))
    const kept = await messagesIn(store)
    await store.journal.close()
    if (Buffer.concat(kept).equals(Buffer.concat(expected)) && kept.length === expected.length) continue
    return t.fail(`cut at byte ${cut}: ${kept.length} messages, expected the ${expected.length} before it, unchanged`)
  }
  t.pass()
})

test('a broker on a cut journal delivers what was whole, takes new messages, and keeps them', async t => {
  const site = new Site()
  t.teardown(() => site.end())
  const { segment, records } = await filled(site)
  const [plain, transaction, last] = records.slice(-3)
  const cuts = [
    { at: plain!.end - 1, bodies: [] },
    { at: transaction!.end - 1, bodies: ['plain 12'] },
    { at: last!.end - 1, bodies: ['plain 12', 'in t, first', 'in t, second'] },
  ]
  for (const { at, bodies } of cuts) {
    const world = new World()
    t.teardown(() => world.end())
    cpSync(join(site.directory, 'data'), join(world.directory, 'data'), { recursive: true })
    truncateSync(join(world.directory, 'data', 'test', 'KahaDB', segment), at)
    await world.start(brokerXml())
    t.regex(world.lines.join('\n'), /cut \d+ bytes at byte \d+/)
    const producer = await world.connect()
    await producer.receipted('SEND', { destination: '/queue/a', persistent: 'true' }, 'new')
    await world.stop()
    await world.start(brokerXml())
    const consumer = await world.connect()
    consumer.send('SUBSCRIBE', { id: '1', destination: '/queue/a', ack: 'auto', 'activemq.prefetchSize': '100' })
    for (let i = 1; i <= 11; i++)
      t.regex((await consumer.expect('MESSAGE')).body.toString(), new RegExp(`^plain ${i} `))
    for (const body of [...bodies, 'new']) {
      t.true((await consumer.expect('MESSAGE')).body.toString().startsWith(body))
    }
    await consumer.quiet()
  }
})

test('KB-07: one flipped bit in an earlier record: start and store check name file and byte, exit 1, and change nothing', async t => {
  const site = new Site()
  t.teardown(() => site.end())
  const { segment, bytes, records } = await filled(site)
  const middle = records[Math.floor(records.length / 2)]!
  const flips = {
    'its checksum': middle.start + 1,
    'its length': middle.start + 5,
    'its flags': middle.start + 9,
    'its headers': middle.start + 60,
    'its body': middle.end - 4,
  }
  const path = join(site.data, segment)
  const says = new RegExp(`${segment} at byte ${middle.start}:`)
  for (const [what, at] of Object.entries(flips)) {
    const damaged = Buffer.from(bytes)
    damaged[at]! ^= 1 << (at % 8)
    writeFileSync(path, damaged)
    const before = readdirSync(site.data).sort()
    const broker = await tandem(site.startArguments, site.directory)
    t.is(broker.code, 1, what)
    t.regex(broker.err, says, what)
    t.notRegex(broker.err, /listens on/)
    const check = await tandem(['store', 'check', site.data, '--json'], site.directory)
    t.is(check.code, 1, what)
    const { damage } = JSON.parse(check.out) as { damage: { file: string; offset: number; kind: string } }
    t.like(damage, { file: segment, offset: middle.start, kind: 'corrupt' }, what)
    t.true(readFileSync(path).equals(damaged), `${what}: the file was changed`)
    t.deepEqual(readdirSync(site.data).sort(), before)
  }
})

test('store check finds nothing wrong with what a killed broker left', async t => {
  const site = new Site()
  t.teardown(() => site.end())
  await filled(site)
  const check = site.run(['store', 'check', site.data, '--json'])
  t.deepEqual(await check.exited, { code: 0, signal: null }, check.stderr)
})

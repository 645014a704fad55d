import test from 'ava'
import { lsn } from '../../src/base/lsn.ts'
import { MemoryFiles, RECORD_HEADER, RecordFlag, type Peeked } from '../../src/journal/journal.ts'
import { SEGMENT_RECORD_BYTES } from '../../src/journal/record.ts'
import { FaultyFiles, type Operation } from './faulty-files.ts'
import { append, commit, opened, recovered, texts, DIRECTORY } from './open.ts'

const { volatile } = RecordFlag
const nothing = (): Peeked => ({ block: Buffer.alloc(0), view: new DataView(new ArrayBuffer(0)), offset: 0 })

/** Holds up each operation of a kind until it is let go. */
function gate(files: FaultyFiles, held: Operation): { arrived: () => Promise<void>; open: () => void } {
  let open: () => void = () => undefined
  let arrived: () => void = () => undefined
  let arrival = new Promise<void>(resolve => (arrived = resolve))
  files.before = async operation => {
    if (operation !== held) return
    const opening = new Promise<void>(resolve => (open = resolve))
    arrived()
    arrival = new Promise<void>(resolve => (arrived = resolve))
    await opening
  }
  return { arrived: () => arrival, open: () => open() }
}

test('a committed record is read back as it was written, and the journal goes on behind it', async t => {
  const files = new MemoryFiles()
  const first = await opened(files)
  await commit(first, 'one', 'two')
  await first.journal.close()
  const second = await opened(files)
  const [third] = await commit(second, 'three')
  await second.journal.close()
  const { seen, result } = await recovered(files)
  t.deepEqual(texts(seen), ['one', 'two', 'three'])
  t.is(seen[2]?.at, third)
  t.is(result.epoch, 2)
  t.is(result.end, second.journal.end)
})

test('what is appended while a sync is in flight goes out together with the next one', async t => {
  const files = new FaultyFiles()
  const open = await opened(files)
  await commit(open, 'warm')
  const syncs = gate(files, 'sync')
  const before = files.counts.get('sync') ?? 0
  append(open.journal, 'first')
  open.journal.flush()
  await syncs.arrived()
  for (let i = 0; i < 100; i++) {
    append(open.journal, `next ${i}`)
    open.journal.flush()
  }
  const committed = open.commits.length
  const second = syncs.arrived()
  syncs.open()
  await second
  syncs.open()
  await open.until(open.journal.end)
  t.is((files.counts.get('sync') ?? 0) - before, 2)
  t.is(open.commits.length - committed, 2, 'one event per batch')
})

test('rule 2: nothing counts before its sync has returned', async t => {
  const files = new FaultyFiles()
  const open = await opened(files)
  const syncs = gate(files, 'sync')
  append(open.journal, 'payment')
  open.journal.flush()
  await syncs.arrived()
  t.true(open.journal.committed <= SEGMENT_RECORD_BYTES)
  t.is(open.journal.pendingBytes, open.journal.end - open.journal.committed)
  syncs.open()
  await open.until(open.journal.end)
  t.is(open.journal.pendingBytes, 0)
})

test('a new segment file counts only after its directory was synced', async t => {
  const files = new FaultyFiles()
  const steps: string[] = []
  files.before = (operation, path) => void steps.push(`${operation} ${path.split('/').pop() ?? ''}`)
  const open = await opened(files, { segmentBytes: 200 })
  steps.length = 0
  await commit(open, 100, 100)
  const name = (base: number): string => `tandemmq-${base.toString(16).padStart(16, '0')}.journal`
  t.deepEqual(steps, [
    `open ${name(0)}`,
    'syncDirectory data',
    `write ${name(0)}`,
    `sync ${name(0)}`,
    `close ${name(0)}`,
    `open ${name(172)}`,
    'syncDirectory data',
    `write ${name(172)}`,
    `sync ${name(172)}`,
  ])
})

test('volatile records commit at the flush without waiting for the disk, outside of flush', async t => {
  const files = new FaultyFiles()
  const open = await opened(files)
  const writes = gate(files, 'write')
  append(open.journal, 'price', volatile)
  open.journal.flush()
  t.deepEqual(open.commits, [], 'never from within flush')
  await open.until(open.journal.end)
  t.deepEqual(open.commits, [open.journal.end])
  await writes.arrived()
  writes.open()
  await open.journal.close()
  t.deepEqual(texts((await recovered(files)).seen), ['price'], 'they are written all the same')
})

test('volatile records need no fsync, but those behind a durable record wait for it', async t => {
  const files = new FaultyFiles()
  const open = await opened(files)
  await commit(open, 'warm')
  const synced = files.counts.get('sync')
  append(open.journal, 'a', volatile)
  open.journal.flush()
  await open.until(open.journal.end)
  t.is(files.counts.get('sync'), synced)
  const syncs = gate(files, 'sync')
  append(open.journal, 'b', volatile)
  const durable = append(open.journal, 'c')
  append(open.journal, 'd', volatile)
  open.journal.flush()
  await syncs.arrived()
  t.is<number, number>(open.journal.committed, durable)
  syncs.open()
  await open.until(open.journal.end)
  t.is(open.commits.at(-1), open.journal.end)
})

test('a run of volatile records does not end where a new segment starts', async t => {
  const files = new FaultyFiles()
  const open = await opened(files, { segmentBytes: 300 })
  const syncs = gate(files, 'sync')
  for (let i = 0; i < 6; i++) append(open.journal, 100, volatile)
  open.journal.flush()
  await open.until(open.journal.end)
  t.true(open.journal.segments.length > 2)
  void syncs.arrived().then(() => syncs.open())
})

test('a lazy flush waits for the next one that is not lazy, at most lazyFlushMs', async t => {
  const files = new FaultyFiles()
  const open = await opened(files, { lazyFlushMs: 50 })
  await commit(open, 'warm')
  const writes = files.counts.get('write')
  append(open.journal, 'acknowledgement')
  open.journal.flush(true)
  t.is(open.clock.waiting, 1)
  open.clock.advance(49)
  t.is(files.counts.get('write'), writes)
  open.clock.advance(1)
  await open.until(open.journal.end)
  t.is(files.counts.get('write'), (writes ?? 0) + 1)

  append(open.journal, 'another')
  open.journal.flush(true)
  append(open.journal, 'payment')
  open.journal.flush()
  await open.until(open.journal.end)
  const both = files.counts.get('write')
  open.clock.advance(10)
  append(open.journal, 'a third')
  open.journal.flush(true)
  open.clock.advance(49)
  await Promise.resolve()
  t.is(files.counts.get('write'), both, 'the payment carried the second one, and the third has its own time')
  open.clock.advance(1)
  await open.until(open.journal.end)
  t.is(files.counts.get('write'), (both ?? 0) + 1)
  t.is(open.clock.waiting, 0)
})

test('a flush that is not lazy carries what was flushed lazily, even with nothing new', async t => {
  const open = await opened(new FaultyFiles())
  append(open.journal, 'acknowledgement')
  open.journal.flush(true)
  open.journal.flush()
  await open.until(open.journal.end)
  t.pass()
})

test('what is flushed lazily while a batch is in flight still gets written', async t => {
  const files = new FaultyFiles()
  const open = await opened(files)
  const syncs = gate(files, 'sync')
  append(open.journal, 'payment')
  open.journal.flush()
  await syncs.arrived()
  append(open.journal, 'acknowledgement')
  open.journal.flush(true)
  files.before = () => undefined
  syncs.open()
  const end = open.journal.end
  await open.until(lsn(end - RECORD_HEADER - 'acknowledgement'.length))
  open.clock.advance(50)
  await open.until(end)
  t.pass()
})

test('a segment is never longer than journalMaxFileLength, but for one record that alone is', async t => {
  const files = new MemoryFiles()
  const open = await opened(files, { segmentBytes: 1000, blockBytes: 256 })
  for (const size of [100, 700, 90, 5000, 10, 10, 900]) await commit(open, size)
  await open.journal.close()
  const sizes = open.journal.segments.map(({ base, end }) => end - base)
  t.deepEqual(sizes, [56 + 116 + 716 + 106, 56 + 5016, 56 + 26 + 26, 56 + 916])
  t.is(
    open.journal.totalBytes,
    sizes.reduce((sum, size) => sum + size),
  )
  const { seen, result } = await recovered(files)
  t.deepEqual(
    seen.map(({ payload }) => payload.length),
    [100, 700, 90, 5000, 10, 10, 900],
  )
  t.deepEqual(
    result.segments,
    open.journal.segments.map(({ base, end }) => ({ base, end })),
  )
})

test('a reserved record that is not sealed never existed', async t => {
  const files = new MemoryFiles()
  const open = await opened(files)
  append(open.journal, 'one')
  open.journal.reserve(500)
  open.journal.block.fill(0xff, open.journal.at, open.journal.at + 500)
  await commit(open, 'two')
  await open.journal.close()
  t.deepEqual(texts((await recovered(files)).seen), ['one', 'two'])
})

test('blocks with records that are not committed are never given up', async t => {
  const files = new FaultyFiles()
  const open = await opened(files, { blockBytes: 1024, cacheBytes: 0 })
  const syncs = gate(files, 'sync')
  const first = append(open.journal, 'first')
  open.journal.flush()
  await syncs.arrived()
  for (let i = 0; i < 50; i++) append(open.journal, 500)
  open.journal.flush()
  t.true(open.journal.peek(first, 21, nothing()))
  const walked: number[] = []
  open.journal.scan(first, open.journal.end, (_block, _view, _offset, at) => void walked.push(at))
  t.is(walked.length, 51)
  files.before = () => undefined
  syncs.open()
  await open.until(open.journal.end)
  await open.journal.close()
  t.is((await recovered(files)).seen.length, 51)
})

test('a spent segment is removed or archived; the last one never', async t => {
  for (const archiveDirectory of [null, '/archive']) {
    const files = new FaultyFiles()
    const open = await opened(files, { segmentBytes: 200, archiveDirectory })
    await commit(open, 100)
    await commit(open, 100)
    await commit(open, 100)
    const [, second, last] = open.journal.segments
    await open.journal.removeSegment(lsn(second?.base ?? -1))
    t.is(open.journal.segments.length, 2)
    t.is(open.journal.totalBytes, 172 * 2)
    t.false(files.names().includes(`${DIRECTORY}/tandemmq-00000000000000ac.journal`))
    t.is(files.names().includes('/archive/tandemmq-00000000000000ac.journal'), archiveDirectory !== null)
    await t.throwsAsync(open.journal.removeSegment(lsn(last?.base ?? -1)))
    t.like(await t.throwsAsync(open.journal.fetch(lsn(172 + 56), 116)), { code: 'JOURNAL_CORRUPT' })
    await open.journal.close()
    const from = lsn(344)
    const { result } = await recovered(files, DIRECTORY, { from })
    t.deepEqual(
      result.segments.map(({ base }) => base as number),
      [0, 344],
      'a gap before the snapshot is no damage',
    )
    t.like(await t.throwsAsync(recovered(files)), { code: 'JOURNAL_CORRUPT' }, 'without the snapshot it is')
  }
})

test('a segment is removed only when the one behind it is on disk', async t => {
  const files = new FaultyFiles()
  const open = await opened(files, { segmentBytes: 200, sync: 'never' })
  await commit(open, 100)
  append(open.journal, 100)
  const steps: string[] = []
  files.before = operation => void steps.push(operation)
  await open.journal.removeSegment(lsn(0))
  t.true(steps.indexOf('remove') > steps.lastIndexOf('sync'))
  t.true(steps.includes('sync'))
  const { seen } = await recovered(
    files.crash(() => 0, 'prefix'),
    DIRECTORY,
    { from: lsn(172) },
  )
  t.is(seen.length, 1)
})

test('periodic: records commit when written and are synced every syncIntervalMs; never: when a segment is full', async t => {
  for (const sync of ['periodic', 'never'] as const) {
    const files = new FaultyFiles()
    const open = await opened(files, { sync, syncIntervalMs: 1000, segmentBytes: 200 })
    const synced = (): number => files.counts.get('sync') ?? 0
    const before = synced()
    await commit(open, 20)
    await commit(open, 20)
    t.is(synced(), before)
    t.is(open.clock.waiting, sync === 'periodic' ? 1 : 0)
    if (sync === 'periodic') {
      const syncs = gate(files, 'sync')
      const arrived = syncs.arrived()
      open.clock.advance(1000)
      await arrived
      syncs.open()
      files.before = () => undefined
    } else {
      await commit(open, 100)
      t.is(synced(), before + 1, 'the full segment was synced before the next one was begun')
    }
    await open.journal.close()
  }
})

test('sync makes everything durable at once, whatever the strategy', async t => {
  const files = new FaultyFiles()
  const open = await opened(files, { sync: 'never' })
  append(open.journal, 'snapshot base')
  await open.journal.sync()
  const left = files.crash(() => 0, 'prefix')
  t.deepEqual(texts((await recovered(left)).seen), ['snapshot base'])
})

test('close writes and syncs what is appended, twice is once, and nothing can be appended behind it', async t => {
  const files = new FaultyFiles()
  const open = await opened(files)
  append(open.journal, 'not flushed')
  await Promise.all([open.journal.close(), open.journal.close()])
  t.is<number, number>(open.journal.committed, open.journal.end)
  t.throws(() => append(open.journal, 'late'), { code: 'JOURNAL_FAILED' })
  const left = files.crash(() => 0, 'prefix')
  t.deepEqual(texts((await recovered(left)).seen), ['not flushed'])
})

test('committed positions only grow, and no event comes from within append or flush', async t => {
  const open = await opened(new MemoryFiles())
  for (let i = 0; i < 200; i++) {
    const events = open.commits.length
    append(open.journal, 30, i % 3 === 0 ? RecordFlag.none : volatile)
    open.journal.flush(i % 5 === 0)
    t.is(open.commits.length, events)
    if (i % 7 === 0) await Promise.resolve()
  }
  open.journal.flush()
  await open.until(open.journal.end)
  t.deepEqual(
    open.commits,
    [...new Set(open.commits)].sort((a, b) => a - b),
  )
})

test('a record that no start could read is not written', async t => {
  const files = new MemoryFiles()
  const first = await opened(files)
  await commit(first, 'one')
  t.throws(() => first.journal.reserve(2 ** 30 + 1), { instanceOf: RangeError })
  await commit(first, 'two')
  await first.journal.close()
  t.deepEqual(texts((await recovered(files)).seen), ['one', 'two'])
})

import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { TandemError } from '../../src/base/errors.ts'
import { lsn, type Lsn } from '../../src/base/lsn.ts'
import {
  diskFiles,
  readNewestSnapshot,
  RecordFlag,
  RecordType,
  type Files,
  type JournalWriter,
} from '../../src/journal/journal.ts'
import { silentLog } from '../../src/base/log.ts'
import { FaultyFiles } from './faulty-files.ts'
import { append, commit, DIRECTORY, opened, recovered, texts } from './open.ts'
import { between, freshSeed, randomFrom } from './random.ts'

const FIRST = 'tandemmq-0000000000000000.journal'

const temporary = test.macro(async (t, run: (t: ExecutionContext, directory: string) => Promise<void>) => {
  const directory = await mkdtemp(join(tmpdir(), 'tandemmq-journal-'))
  t.teardown(() => rm(directory, { recursive: true }))
  await run(t, directory)
})

/** A closed journal of these payloads, in batches of one, or of as many as `inBatch` says. */
async function written(
  files: Files,
  directory: string,
  payloads: readonly (string | number)[],
  segmentBytes = 1 << 20,
  inBatch: () => number = () => 1,
): Promise<JournalWriter> {
  const open = await opened(files, { directory, segmentBytes })
  for (let i = 0; i < payloads.length;) {
    const count = inBatch()
    await commit(open, ...payloads.slice(i, i + count))
    i += count
  }
  await open.journal.close()
  return open.journal
}

test(
  'the last segment may be cut at every byte of its last three records: every whole record before is kept, and the journal goes on',
  temporary,
  async (t, directory) => {
    const base = join(directory, 'base')
    const payloads = ['first', 'second', 'record three', 'the fourth', 'five']
    const journal = await written(diskFiles, base, payloads)
    const ends = [56]
    for (const payload of payloads) ends.push((ends.at(-1) ?? 0) + 16 + payload.length)
    for (let size = ends[2] ?? 0; size <= journal.end; size++) {
      const copy = join(directory, 'cut')
      await cp(base, copy, { recursive: true })
      await truncate(join(copy, FIRST), size)
      const kept = ends.filter(end => end <= size).length - 1
      const first = await recovered(diskFiles, copy)
      if (!t.deepEqual(texts(first.seen), payloads.slice(0, kept), `cut at ${size}`)) return
      t.is(first.result.truncatedBytes, size - (ends[kept] ?? 0))
      const again = await opened(diskFiles, { directory: copy }, first.result)
      await commit(again, 'afterwards')
      await again.journal.close()
      const second = await recovered(diskFiles, copy)
      if (!t.deepEqual(texts(second.seen), [...payloads.slice(0, kept), 'afterwards'], `cut at ${size}, again`)) return
      await rm(copy, { recursive: true })
    }
  },
)

test('a last segment cut at any byte, its first record included, goes back to the whole record before', async t => {
  const base = new FaultyFiles()
  const journal = await written(base, DIRECTORY, [100, 100, 100, 20, 30], 400)
  const last = journal.segments.at(-1)?.base ?? -1
  t.is(journal.segments.length, 2)
  const path = `${DIRECTORY}/tandemmq-${last.toString(16).padStart(16, '0')}.journal`
  const whole = base.bytesOf(path)
  for (let size = 0; size < whole.length; size++) {
    base.replace(path, whole.subarray(0, size))
    const fresh = new FaultyFiles()
    for (const name of base.names()) fresh.replace(name, base.bytesOf(name))
    const { result, seen } = await recovered(fresh)
    t.is(
      result.end,
      lsn(
        [...seen.map(record => record.at + 16 + record.payload.length), size < 56 ? last : last + 56]
          .sort((a, b) => a - b)
          .at(-1) ?? -1,
      ),
    )
    const again = await opened(fresh, { segmentBytes: 400 }, result)
    await commit(again, 'afterwards')
    await again.journal.close()
    t.is((await recovered(fresh)).seen.length, seen.length + 1)
  }
})

test(
  'one flipped bit in the middle is refused with file and byte, and every file is left as it was',
  temporary,
  async (t, directory) => {
    const seed = freshSeed()
    t.log(`seed ${seed}`)
    const random = randomFrom(seed)
    const payloads = Array.from({ length: 60 }, () => between(random, 0, 400))
    const journal = await written(diskFiles, directory, payloads, 2048, () => between(random, 1, 8))
    const names = (await readdir(directory)).sort()
    t.true(names.length > 3)
    const { seen } = await recovered(diskFiles, directory)
    // Behind the damage at least one whole record must remain: without it the damage is a torn tail (A8).
    const end = (seen.at(-1)?.at ?? 0) - 1
    const starts = journal.segments
      .flatMap(segment => [segment.base as number])
      .concat(seen.map(({ at }) => at))
      .sort((a, b) => a - b)
    for (let round = 0; round < 150; round++) {
      const place = between(random, 0, end)
      const segment = journal.segments.findLast(({ base }) => base <= place)
      const name = `tandemmq-${(segment?.base ?? 0).toString(16).padStart(16, '0')}.journal`
      const before = await readFile(join(directory, name))
      const damaged = Buffer.from(before)
      const offset = place - (segment?.base ?? 0)
      damaged[offset] = (damaged[offset] ?? 0) ^ (1 << between(random, 0, 8))
      await writeFile(join(directory, name), damaged)
      const start = (starts.findLast(at => at <= place) ?? 0) - (segment?.base ?? 0)
      const error = await t.throwsAsync<TandemError>(
        recovered(diskFiles, directory),
        undefined,
        `byte ${place}, seed ${seed}`,
      )
      t.is(error?.code, 'JOURNAL_CORRUPT')
      t.true(
        error?.message.startsWith(`${name} at byte ${start}:`),
        `${error?.message} but damaged was record ${start} at ${offset}, seed ${seed}`,
      )
      t.deepEqual((await readdir(directory)).sort(), names)
      t.deepEqual(await readFile(join(directory, name)), damaged)
      await writeFile(join(directory, name), before)
    }
  },
)

test('A8: damage below the position of a snapshot is refused, even where nothing intact follows', async t => {
  const files = new FaultyFiles()
  const journal = await written(files, DIRECTORY, ['one', 'two', 'three'])
  const path = `${DIRECTORY}/${FIRST}`
  const whole = files.bytesOf(path)
  files.replace(path, whole.subarray(0, whole.length - 1))
  const committed = journal.end
  const error = await t.throwsAsync(recovered(files, DIRECTORY, { committed }))
  t.like(error, { code: 'JOURNAL_CORRUPT' })
  t.is(files.bytesOf(path).length, whole.length - 1)
  files.replace(path, whole.subarray(0, whole.length - 21))
  t.like(await t.throwsAsync(recovered(files, DIRECTORY, { committed })), { code: 'JOURNAL_CORRUPT' }, 'a shorter file')
  t.is((await recovered(files, DIRECTORY)).seen.length, 2, 'without a snapshot it is a torn tail')
})

test('a sector lost in the last batch is a torn tail; lost in a batch that was synced before another, it is damage', async t => {
  const sizes = [300, 300, 300, 600, 300, 300, 300]
  const lose = (files: FaultyFiles, sector: number): FaultyFiles => {
    const bytes = Buffer.from(files.bytesOf(`${DIRECTORY}/${FIRST}`)).fill(0, sector * 512, sector * 512 + 512)
    const left = new FaultyFiles()
    left.replace(`${DIRECTORY}/${FIRST}`, bytes)
    return left
  }
  const inFlight = new FaultyFiles()
  await written(inFlight, DIRECTORY, sizes, 1 << 20, () => sizes.length)
  for (const [sector, kept] of [0, 1, 3, 3, 5].entries()) {
    const { seen } = await recovered(lose(inFlight, sector))
    t.is(seen.length, kept, `sector ${sector} of the only batch`)
  }
  const acknowledged = new FaultyFiles()
  await written(acknowledged, DIRECTORY, sizes, 1 << 20, () => 4)
  for (const sector of [0, 1, 2]) {
    t.like(await t.throwsAsync(recovered(lose(acknowledged, sector))), { code: 'JOURNAL_CORRUPT' })
  }
  t.is((await recovered(lose(acknowledged, 4))).seen.length, 5)
})

test('A4: bytes of a longer, older tail never come back behind a shorter new one', async t => {
  const files = new FaultyFiles()
  const first = await opened(files)
  await commit(first, 'kept')
  const start = await recovered(files)
  await commit(first, 'lost 1', 'lost 2', 'lost 3')
  await first.journal.close()
  const old = files.bytesOf(`${DIRECTORY}/${FIRST}`)
  // The same place, another history: shorter, with the old bytes behind it, as if a truncation had been forgotten.
  const second = await opened(files, {}, start.result)
  await commit(second, 'new 1!')
  await second.journal.close()
  t.is(files.bytesOf(`${DIRECTORY}/${FIRST}`).length, old.length)
  t.like(await t.throwsAsync(recovered(files)), { code: 'JOURNAL_CORRUPT' }, 'refused rather than believed')

  const cut = new FaultyFiles()
  cut.replace(`${DIRECTORY}/${FIRST}`, old.subarray(0, old.length - 2))
  const { result } = await recovered(cut)
  t.is(cut.bytesOf(`${DIRECTORY}/${FIRST}`).length, result.end, 'so recovery cuts physically')
})

test('A7: what recovery read back is synced before it counts', async t => {
  const files = new FaultyFiles()
  const open = await opened(files)
  await commit(open, 'synced')
  append(open.journal, 'in the page cache', RecordFlag.volatile)
  open.journal.flush()
  await open.until(open.journal.end)
  files.before = operation => (operation === 'sync' ? new Promise(() => undefined) : undefined)
  append(open.journal, 'written, not synced')
  open.journal.flush()
  // The process is killed here, with its sync in flight; the machine lives on for now.
  while (!files.bytesOf(`${DIRECTORY}/${FIRST}`).includes('written, not')) await new Promise(setImmediate)
  const alive = files.kill()
  const killed = await recovered(alive)
  t.is(killed.seen.length, 3)
  t.deepEqual(texts((await recovered(alive.crash(() => 0, 'prefix'))).seen), texts(killed.seen))
})

test('records from the snapshot on are visited, those before it are not; a snapshot inside a record is refused', async t => {
  const files = new FaultyFiles()
  const open = await opened(files, { segmentBytes: 250 })
  const at = await commit(open, 'a', 'b')
  at.push(...(await commit(open, 100)), ...(await commit(open, 'd')))
  await open.journal.close()
  for (const [i, from] of at.entries()) {
    const { seen } = await recovered(files, DIRECTORY, { from, committed: from })
    t.is(seen.length, at.length - i)
    t.is(seen[0]?.at, from)
  }
  const { end } = open.journal
  t.is((await recovered(files, DIRECTORY, { from: end, committed: end })).seen.length, 0)
  const inside = recovered(files, DIRECTORY, { from: lsn((at[1] ?? 0) + 1) })
  t.like(await t.throwsAsync(inside), { code: 'JOURNAL_CORRUPT' })
  const beyond = recovered(files, DIRECTORY, { from: lsn(end + 1), committed: lsn(end + 1) })
  t.like(await t.throwsAsync(beyond), { code: 'JOURNAL_CORRUPT' })
})

test('KB-06: a missing, swapped or foreign segment is refused by name', async t => {
  const base = new FaultyFiles()
  const journal = await written(base, DIRECTORY, [100, 100, 100], 200)
  const [first, second, third] = journal.segments.map(
    ({ base: at }) => `${DIRECTORY}/tandemmq-${at.toString(16).padStart(16, '0')}.journal`,
  ) as [string, string, string]
  const refused = async (change: (files: FaultyFiles) => void | Promise<void>): Promise<string> => {
    const files = new FaultyFiles()
    for (const name of base.names()) files.replace(name, base.bytesOf(name))
    await change(files)
    const before = files.names().map(name => files.bytesOf(name))
    const error = await t.throwsAsync<TandemError>(recovered(files))
    t.is(error?.code, 'JOURNAL_CORRUPT')
    t.deepEqual(
      files.names().map(name => files.bytesOf(name)),
      before,
    )
    return error?.message ?? ''
  }
  t.regex(await refused(files => files.remove(first)), /00ac\.journal at byte 0: the journal begins here/)
  t.regex(await refused(files => files.remove(second)), /0000\.journal at byte 172: .*segment is missing/)
  t.regex(await refused(files => files.replace(second, base.bytesOf(third))), /00ac\.journal at byte 0/)
  t.regex(
    await refused(files => files.replace(second, base.bytesOf(second).subarray(0, 171))),
    /00ac\.journal at byte 56/,
  )
  const other = new FaultyFiles()
  await written(other, DIRECTORY, [90, 110, 100], 200)
  t.regex(await refused(files => files.replace(third, other.bytesOf(third))), /0158\.journal at byte 0/)
})

test('files of KahaDB and others in the directory are left alone', temporary, async (t, directory) => {
  const foreign = [
    'db-1.log',
    'db.data',
    'db.redo',
    'lock',
    'tandemmq-0.journal',
    'tandemmq-0000000000000000.journal.bak',
  ]
  for (const name of foreign) await writeFile(join(directory, name), `this is ${name}`)
  await written(diskFiles, directory, ['one'])
  t.deepEqual(texts((await recovered(diskFiles, directory)).seen), ['one'])
  for (const name of foreign) t.is(await readFile(join(directory, name), 'utf8'), `this is ${name}`)
})

test('the epoch of the last record comes back, with the uid of its EPOCH record', async t => {
  const files = new FaultyFiles()
  const open = await opened(files, { segmentBytes: 300 })
  const uid = Buffer.alloc(16, 9)
  open.journal.reserve(41)
  uid.copy(open.journal.block, open.journal.at + 16)
  open.journal.seal(RecordType.epoch, RecordFlag.none, 41)
  await commit(open, 'one')
  await open.journal.close()
  const { result } = await recovered(files)
  t.is(result.epoch, 1)
  t.deepEqual(result.epochUid, uid)
})

test('records longer than what is read at once come back whole', async t => {
  const files = new FaultyFiles()
  const sizes = [10, 4 << 20, 100, (4 << 20) - 16, 9 << 20, 5]
  await written(files, DIRECTORY, sizes, 64 << 20)
  const { seen } = await recovered(files)
  t.deepEqual(
    seen.map(({ payload }) => payload.length),
    sizes,
  )
})

test('random power cuts and kills lose nothing committed, make nothing up, and never stop the next start', async t => {
  const seed = freshSeed()
  t.log(`seed ${seed}`)
  const random = randomFrom(seed)
  for (let run = 0; run < 40; run++) {
    const loss = run % 2 === 0 ? 'prefix' : 'sectors'
    // Half of the runs on a disk whose writes can be their own sync (O_DSYNC), as the real one's are.
    let files = new FaultyFiles(run % 4 >= 2)
    /** Everything appended in the lives so far, as far as it was found again, and how many of them must be found. */
    let all: string[] = []
    let promised = 0
    for (let life = 0; life < 6; life++) {
      const start = await recovered(files)
      const found = texts(start.seen)
      const told = `run ${run}, life ${life}, ${loss}, seed ${seed}`
      if (!t.deepEqual(found, all.slice(0, found.length), told) || !t.true(found.length >= promised, told)) return
      const open = await opened(files, { segmentBytes: 20_000, blockBytes: 4096 }, start.result)
      const pace = randomFrom(between(random, 0, 2 ** 32))
      files.before = async operation => {
        if (operation !== 'write' && operation !== 'sync') return
        for (let turns = between(pace, 0, 8); turns > 0; turns--) await new Promise(setImmediate)
      }
      all = found
      promised = found.length
      const sent: { upTo: Lsn; count: number }[] = []
      for (let i = between(random, 1, 60); i > 0; i--) {
        const flags = random() < 0.3 ? RecordFlag.volatile : RecordFlag.none
        const text = `${run} ${life} ${i} ${'.'.repeat(between(random, 0, 3000))}`
        append(open.journal, text, flags)
        all.push(text)
        if (flags === RecordFlag.none) sent.push({ upTo: open.journal.end, count: all.length })
        if (random() < 0.3) open.journal.flush(random() < 0.2)
        if (random() < 0.5) await new Promise(setImmediate)
      }
      promised = sent.findLast(({ upTo }) => upTo <= open.journal.committed)?.count ?? promised
      files.before = () => new Promise(() => undefined)
      files = random() < 0.2 ? files.kill() : files.crash(random, loss)
    }
  }
})

test('a journal that this user may not read is said to be that, with the way out', async t => {
  const files = new FaultyFiles()
  await written(files, DIRECTORY, ['one'])
  files.before = operation => {
    if (operation === 'open') throw Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' })
  }
  for (const start of [
    () => readNewestSnapshot(files, DIRECTORY, silentLog),
    () => recovered(files),
  ] as (() => Promise<unknown>)[]) {
    const error = await t.throwsAsync<TandemError>(start(), { code: 'JOURNAL_IO', message: /cannot be read: EACCES/ })
    t.regex(error.hint ?? '', /belong to the user of this process/)
  }
})

test('C-14: recovery tells how far it has read, over all segments and to the last byte', async t => {
  const files = new FaultyFiles()
  const payloads = Array.from({ length: 40 }, (_, i) => `${i} ${'.'.repeat(1000)}`)
  await written(files, DIRECTORY, payloads, 10_000)
  const bytes = files.names().reduce((sum, name) => sum + files.bytesOf(name).length, 0)
  const told: [number, number][] = []
  await recovered(files, DIRECTORY, { onProgress: (done, total) => void told.push([done, total]) })
  t.true(told.length >= 4, 'there are several segments')
  t.deepEqual(told.at(-1), [bytes, bytes])
  for (const [index, [done, total]] of told.entries()) {
    t.is(total, bytes)
    t.true(done > (told[index - 1]?.[0] ?? 0))
  }
})

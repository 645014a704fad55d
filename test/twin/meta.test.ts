import test from 'ava'
import type { TandemError } from '../../src/base/errors.ts'
import { lsn } from '../../src/base/lsn.ts'
import { MemoryFiles } from '../../src/journal/journal.ts'
import {
  META_NAME,
  MetaFile,
  journalDirectory,
  newMeta,
  readMeta,
  wipeRefusal,
  wipeStore,
  writeMeta,
} from '../../src/twin/twin.ts'
import { DiskFull, FaultyFiles } from '../journal/faulty-files.ts'
import { randomFrom } from '../journal/random.ts'
import { Records } from './records.ts'

const ID = '0123456789abcdef'.repeat(2)
const OTHER = 'f'.repeat(32)
const paired = { ...newMeta(ID), pairId: 'p', secret: 's3cret', role: 'active', paired: true, maxEpoch: 3 } as const

test('a node remembers what it wrote, unknown fields of a later version included', async t => {
  const files = new MemoryFiles()
  t.is(await readMeta(files, '/d'), null)
  await writeMeta(files, '/d', { ...paired, later: 1 } as never)
  const meta = await MetaFile.open(files, '/d', () => OTHER)
  await meta.save({ ...meta.meta, maxEpoch: 4 })
  t.like(await readMeta(files, '/d'), { storeId: ID, maxEpoch: 4, later: 1, journal: '.' })
})

test('rule 6, K10: a damaged meta file is refused, never taken for a new store, and no value of it is shown', async t => {
  for (const text of [
    '',
    '{',
    'null',
    '[]',
    '{"format":1}',
    JSON.stringify({ ...paired, secret: 77, storeId: 's3cret' }),
  ]) {
    const files = new MemoryFiles()
    const file = await files.open(`/d/${META_NAME}`)
    await file.write(Buffer.from(text), 0, Buffer.byteLength(text), 0)
    const error = await t.throwsAsync(
      MetaFile.open(files, '/d', () => OTHER),
      { code: 'TWIN_META_INVALID' },
    )
    t.notRegex(error.message, /s3cret/)
  }
  const files = new MemoryFiles()
  await writeMeta(files, '/d', { ...paired, journal: '../elsewhere' })
  await t.throwsAsync(readMeta(files, '/d'), { message: /"journal"/ })
})

test('what may not be read is not called damaged, and the way out is said', async t => {
  const files = new FaultyFiles()
  await writeMeta(files, '/d', paired)
  for (const wanted of ['list', 'open', 'read'] as const) {
    files.before = operation => {
      if (operation === wanted) throw Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' })
    }
    const error = await t.throwsAsync<TandemError>(
      MetaFile.open(files, '/d', () => OTHER),
      { code: 'JOURNAL_IO', message: /tandemmq-store\.json cannot be read: EACCES/ },
    )
    t.regex(error.hint ?? '', /belong to the user of this process/)
  }
})

test('D-13: a data directory of a newer version is refused, with the version that it needs, and stays as it is', async t => {
  const files = new MemoryFiles()
  // What a later version may have made of it is not judged by the rules of this one.
  const later = { format: 2, readableBy: '0.7.0', journal: { somewhere: 'else' }, secret: 's3cret' }
  const text = JSON.stringify(later)
  const file = await files.open(`/d/${META_NAME}`)
  await file.write(Buffer.from(text), 0, text.length, 0)
  for (const opens of [() => readMeta(files, '/d'), () => MetaFile.open(files, '/d', () => OTHER)]) {
    const error = await t.throwsAsync<TandemError>(opens())
    t.is(error.code, 'STORE_NEWER')
    t.is(
      error.message,
      'the data directory /d has format 2, and this version reads 1: it needs TandemMQ 0.7.0 or newer',
    )
    t.regex(error.hint ?? '', /npx tandemmq@0\.7\.0 start/)
  }
  const left = Buffer.alloc(text.length)
  await file.read(left, 0, left.length, 0)
  t.is(left.toString(), text)
  t.is(await file.size(), text.length)
  await writeMeta(files, '/d', { ...paired, format: 3, readableBy: 'rm -rf' } as never)
  await t.throwsAsync(readMeta(files, '/d'), { message: /it needs a newer TandemMQ$/ })
  await writeMeta(files, '/d', { ...paired, format: 1 })
  t.like(await readMeta(files, '/d'), { readableBy: '0.1.0' }, 'this version says what it needs, too')
})

test('a data directory that held a copy and lost its meta file is refused: the journal in it may be the old one', async t => {
  const files = new MemoryFiles()
  await files.open('/d/copy-0000000000000001/tandemmq-0000000000000000.journal')
  const error = await t.throwsAsync(
    MetaFile.open(files, '/d', () => ID),
    { code: 'TWIN_META_INVALID' },
  )
  t.regex(error.message, /missing, and copy-0000000000000001/)
})

test('a save and a swap at the same time lose nothing of one another', async t => {
  const files = new MemoryFiles()
  const meta = await MetaFile.open(files, '/d', () => ID)
  const saving = meta.save({ ...meta.meta, rev: 5 })
  const pointing = meta.point('copy-0000000000000001')
  await Promise.all([saving, pointing, meta.save({ ...newMeta(ID), rev: 6 })])
  t.like(await readMeta(files, '/d'), { rev: 6, journal: 'copy-0000000000000001' })
  t.is(journalDirectory('/d', meta.meta), '/d/copy-0000000000000001')
})

test('a power cut at any step of a write leaves the old meta file or the new one', async t => {
  let step = 1
  for (let over = false; !over; step++) {
    const files = new FaultyFiles()
    await writeMeta(files, '/d', paired)
    let steps = 0
    files.before = () => {
      if (++steps >= step) throw new Error('the power is gone')
    }
    const done = await writeMeta(files, '/d', { ...paired, maxEpoch: 9 }).then(
      () => true,
      () => false,
    )
    const left = files.crash(randomFrom(step), 'sectors')
    const found = await readMeta(left, '/d')
    t.true(found?.maxEpoch === 9 || (!done && found?.maxEpoch === 3), `step ${step}`)
    over = done
  }
  t.true(step > 5)
})

test('A7: a meta file that a start has read is there after a power cut, although the process that wrote it was killed', async t => {
  const files = new FaultyFiles()
  await writeMeta(files, '/d', paired)
  let left: FaultyFiles | undefined
  files.before = operation => {
    if (operation === 'syncDirectory') left = files.kill()
  }
  await writeMeta(files, '/d', { ...paired, maxEpoch: 9 })
  const { meta } = await MetaFile.open(left!, '/d', () => OTHER)
  t.is(meta.maxEpoch, 9)
  t.like(
    await readMeta(
      left!.crash(() => 0, 'prefix'),
      '/d',
    ),
    { maxEpoch: 9 },
  )
})

test('a new store syncs the directories above it, which may be new too, as far up as it may look', async t => {
  for (const [closed, expected] of [
    ['', ['/a/b/c', '/a/b', '/a', '/']],
    ['/a', ['/a/b/c', '/a/b']],
  ] as const) {
    const files = new FaultyFiles()
    const synced: string[] = []
    files.before = (operation, path) => {
      if (operation !== 'syncDirectory') return
      if (path === closed) throw Object.assign(new Error('EACCES'), { code: 'EACCES' })
      synced.push(path)
    }
    await MetaFile.open(files, '/a/b/c', () => ID)
    t.deepEqual(synced, [...expected])
  }
  const files = new FaultyFiles()
  files.before = (operation, path) => {
    if (operation === 'syncDirectory' && path === '/a') throw new Error('EIO')
  }
  await t.throwsAsync(
    MetaFile.open(files, '/a/b', () => ID),
    { code: 'JOURNAL_IO', message: /\/a cannot be synced: EIO/ },
  )
})

test('deleteAllMessagesOnStartup is refused for a store of a pair, and says what to do', t => {
  t.is(wipeRefusal(null), null)
  t.is(wipeRefusal(newMeta(ID)), null)
  t.regex(wipeRefusal(paired) ?? '', /belongs to a pair.*move the data directory away/)
})

test('K10: a wiped store has no history and another name, wherever its journal lay', async t => {
  const files = new MemoryFiles()
  const meta = await MetaFile.open(files, '/d', () => ID)
  for (const directory of ['/d', '/d/copy-0000000000000001']) {
    const records = await Records.at(files, directory)
    records.queue(1, 'a')
    await records.commit()
    await records.snapshot()
    await records.journal.close()
  }
  await meta.point('copy-0000000000000001')
  await wipeStore(files, '/d', meta, () => OTHER)
  t.deepEqual(await files.list('/d'), [META_NAME, `${META_NAME}.new`])
  t.like(await readMeta(files, '/d'), { storeId: OTHER, journal: '.', inSyncTo: lsn(0) })
})

test('E5: a disk that has become full does not hinder what the pair has to remember', async t => {
  const files = new FaultyFiles()
  await (await MetaFile.open(files, '/d', () => ID)).save({ ...paired })
  const meta = await MetaFile.open(files, '/d', () => OTHER)
  // Files grow no more: what is written has to lie where something lay.
  files.before = (operation, path) => {
    if (operation === 'write' && files.bytesOf(path).length === 0) throw new DiskFull('ENOSPC')
  }
  await meta.save({ ...meta.meta, paired: false })
  files.before = () => undefined
  const found = await readMeta(files, '/d')
  t.like(found, { storeId: ID, paired: false })
})

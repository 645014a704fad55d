import test from 'ava'
import { MemoryFiles, RecordFlag, RecordType, verifyJournal } from '../../src/journal/journal.ts'
import { FaultyFiles } from './faulty-files.ts'
import { append, commit, DIRECTORY, opened } from './open.ts'

const FIRST = 'tandemmq-0000000000000000.journal'

async function journaled(): Promise<FaultyFiles> {
  const files = new FaultyFiles()
  const open = await opened(files, { segmentBytes: 300 })
  for (let i = 0; i < 6; i++) await commit(open, 100)
  open.journal.reserve(28)
  open.journal.block.fill(0, open.journal.at + 16, open.journal.at + 28)
  open.journal.seal(RecordType.messageRemoved, RecordFlag.none, 28)
  append(open.journal, 'volatile', RecordFlag.volatile)
  open.journal.flush()
  await open.journal.close()
  return files
}

test('store check counts every record by its type and finds no damage in a sound journal', async t => {
  const result = await verifyJournal(await journaled(), DIRECTORY)
  t.is(result.damage, undefined)
  t.deepEqual(Object.fromEntries(result.counts), { segment: 4, messageAdded: 7, messageRemoved: 1 })
  t.is(result.records, 12)
  t.is(result.segments, 4)
  t.deepEqual(result.gaps, [])
})

test('store check names file and byte of the first damage, counts what is intact elsewhere, and changes nothing', async t => {
  const files = await journaled()
  const path = `${DIRECTORY}/${FIRST}`
  const damaged = Buffer.from(files.bytesOf(path))
  damaged[100] = 0
  files.replace(path, damaged)
  const { damage, records } = await verifyJournal(files, DIRECTORY)
  t.like(damage, { file: FIRST, offset: 56, kind: 'corrupt' })
  t.is(records, 12 - 2)
  t.is(files.bytesOf(path), damaged)
})

test('store check tells an unfinished write from damage, and reports gaps', async t => {
  const files = await journaled()
  const last = files.names().at(-1) ?? ''
  files.replace(last, files.bytesOf(last).subarray(0, -3))
  const [, second = ''] = files.names()
  await files.remove(second)
  const { damage, gaps } = await verifyJournal(files, DIRECTORY)
  t.like(damage, { file: last.slice(DIRECTORY.length + 1), kind: 'torn' })
  t.deepEqual(
    gaps.map(({ from, to }) => [from, to] as number[]),
    [[288, 576]],
  )
})

test('an empty directory is a sound journal', async t => {
  t.like(await verifyJournal(new MemoryFiles(), DIRECTORY), { segments: 0, records: 0, damage: undefined })
})

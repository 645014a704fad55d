import test from 'ava'
import { MemoryFiles, segmentName, type Files } from '../../src/journal/journal.ts'
import { compareJournals } from '../../src/twin/twin.ts'
import { Records, bytesOf } from './records.ts'

async function write(files: Files, directory: string, then: (records: Records) => void = () => {}): Promise<Records> {
  const records = await Records.at(files, directory)
  records.epoch(1)
  records.queue(1, 'orders')
  for (let i = 0; i < 30; i++) records.message(1, `message ${i} ${'x'.repeat(80)}`)
  then(records)
  await records.commit()
  return records
}

test('I6: two journals of one history are the same, and what only one has is named', async t => {
  const files = new MemoryFiles()
  const a = await write(files, '/a')
  const b = await write(files, '/b', records => records.message(1, 'more'))
  const result = await compareJournals(files, '/a', '/b')
  t.true(result.same)
  t.is(result.compared, a.journal.end)
  t.deepEqual(result.a.only, [])
  t.deepEqual(result.b.only, [{ from: a.journal.end, to: b.journal.end }])
  t.like(result.commonEpoch, { n: 1, uid: '01'.repeat(16) })
})

test('I6: the first byte that differs is named on both sides, with its record and epoch', async t => {
  const files = new MemoryFiles()
  const a = await write(files, '/a', records => records.message(1, 'mine'))
  await write(files, '/b', records => records.remove(1, records.journal.segments[0]!.base))
  const result = await compareJournals(files, '/a', '/b')
  t.false(result.same)
  const last = a.journal.segments.at(-1)!
  t.is(result.difference?.lsn, result.compared as never)
  t.like(result.difference?.a, { file: segmentName(last.base), offset: result.compared - last.base })
  t.is(result.difference?.a.record?.type, 'messageAdded')
  t.is(result.difference?.b.record?.type, 'messageRemoved')
  t.is(result.difference?.a.record?.epoch, 1)
})

test('G11: one flipped bit in one of two journals is found, and said to be damage', async t => {
  const files = new MemoryFiles()
  const a = await write(files, '/a')
  await write(files, '/b')
  const middle = a.journal.segments[1]!
  const path = `/b/${segmentName(middle.base)}`
  const bytes = await bytesOf(files, path)
  bytes[700]! ^= 4
  const file = await files.open(path)
  await file.write(bytes, 700, 701, 700)
  const result = await compareJournals(files, '/a', '/b')
  t.false(result.same)
  t.is(result.difference?.lsn, (middle.base + 700) as never)
  t.is(result.b.damage?.kind, 'corrupt')
  t.is(result.a.damage, null)
})

test('an unfinished last write is not compared', async t => {
  const files = new MemoryFiles()
  const a = await write(files, '/a', records => records.message(1, 'more'))
  const b = await write(files, '/b')
  const last = b.journal.segments.at(-1)!
  const file = await files.open(`/b/${segmentName(last.base)}`)
  await file.write(Buffer.alloc(40, 0xee), 0, 40, b.journal.end - last.base)
  const result = await compareJournals(files, '/a', '/b')
  t.true(result.same)
  t.is(result.compared, b.journal.end)
  t.is(result.b.damage?.kind, 'torn')
  t.is(result.a.end, a.journal.end)
})

test('removed segments on one side leave the rest comparable', async t => {
  const files = new MemoryFiles()
  const a = await write(files, '/a')
  await write(files, '/b')
  const [first, second] = a.journal.segments
  await files.remove(`/b/${segmentName(first!.base)}`)
  const result = await compareJournals(files, '/a', '/b')
  t.true(result.same)
  t.deepEqual(result.a.only, [{ from: first!.base, to: second!.base }])
  t.is(result.compared, a.journal.end - second!.base)
})

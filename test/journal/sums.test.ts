import test from 'ava'
import { lsn } from '../../src/base/lsn.ts'
import { checksum, RECORD_HEADER, RecordType } from '../../src/journal/journal.ts'
import { findRuns } from '../../src/journal/runs.ts'
import { Sums } from '../../src/journal/sums.ts'
import { lookBehind } from '../../src/journal/tail-damage.ts'
import { FaultyFiles } from './faulty-files.ts'
import { commit, DIRECTORY, opened, recovered } from './open.ts'
import { between, freshSeed, randomFrom } from './random.ts'

const FIRST = `${DIRECTORY}/tandemmq-0000000000000000.journal`

/** A body made of nothing but headers, each of a record that reaches to the end of it. */
function hostile(bytes: number, type: number = RecordType.destinationAdded): Buffer {
  const body = Buffer.alloc(bytes)
  for (let at = 0; at + RECORD_HEADER <= bytes; at += RECORD_HEADER) {
    body.writeUInt32LE(at ^ 0x5eed, at)
    body.writeUInt32LE(bytes - at, at + 4)
    body[at + 8] = type
  }
  return body
}

/** The record with its checksum. */
function sealed(record: Buffer, seed: number): number {
  const crc = checksum(record, 4, record.length, seed)
  record.writeUInt32LE(crc, 0)
  return crc
}

function record(length: number, filling: number): Buffer {
  const bytes = Buffer.alloc(length, filling)
  bytes.fill(0, 0, RECORD_HEADER)
  bytes.writeUInt32LE(length, 4)
  bytes[8] = RecordType.destinationAdded
  return bytes
}

test('the sum of any stretch, and the seed of any record, are those that zlib computes', t => {
  const seed = freshSeed()
  t.log(`seed ${seed}`)
  const random = randomFrom(seed)
  for (let round = 0; round < 40; round++) {
    const bytes = Buffer.from(Array.from({ length: between(random, 40, 6000) }, () => between(random, 0, 256)))
    const sums = new Sums(bytes)
    for (let n = 0; n < 40; n++) {
      const from = between(random, 0, bytes.length)
      const to = between(random, from, bytes.length + 1)
      const start = between(random, 0, 2 ** 32)
      const about = `seed ${seed}, round ${round}: ${from} to ${to} of ${bytes.length} from ${start}`
      t.is(sums.of(from, to, start), checksum(bytes, from, to, start), about)
    }
    const at = between(random, 0, bytes.length - RECORD_HEADER)
    const end = between(random, at + RECORD_HEADER, bytes.length + 1)
    const start = between(random, 0, 2 ** 32)
    bytes.writeUInt32LE(end - at, at + 4)
    bytes.writeUInt32LE(checksum(bytes, at + 4, end, start), at)
    t.is(new Sums(bytes).seedOf(at), start, `seed ${seed}, round ${round}: the record at ${at} to ${end}`)
  }
})

test('A8: a body full of headers is summed a few times, and not as often as it has headers', t => {
  const body = hostile(1 << 20)
  const torn = Buffer.concat([record(RECORD_HEADER, 0), body])
  torn.writeUInt32LE(torn.length + 1, 4) // the write was interrupted before its last byte
  const behind = lookBehind(torn, 56, 7)
  t.like(behind, { intactBehind: false, barrierBehind: false })
  // Each of its 65,536 headers asked for half a MiB, three times: 100 GB.
  t.true(behind.summed < 40 * torn.length, `${behind.summed} bytes of ${torn.length} were summed`)
})

test('A8: behind a body full of headers a record that is whole is found all the same, by the one before it or behind it', t => {
  const body = hostile(1 << 20)
  const bad = Buffer.concat([record(RECORD_HEADER, 0), body])
  bad.writeUInt32LE(bad.length, 4)
  const crc = sealed(bad, 7)
  const next = record(100_000, 1)
  const last = record(50_000, 2)
  sealed(last, sealed(next, crc))
  const damaged = Buffer.concat([bad, next, last])
  damaged[RECORD_HEADER + 5000]! ^= 1
  t.like(lookBehind(damaged, 56, 7), { intactBehind: true, at: bad.length })
  damaged[2]! ^= 1 // nor is there anything left that it could follow
  t.like(lookBehind(damaged, 56, 7), { intactBehind: true, at: bad.length })
  damaged[bad.length + next.length + 70]! ^= 1
  t.like(lookBehind(damaged, 56, 7), { intactBehind: false })
})

test('A8: a start after a write of such a body was torn cuts it off; a whole record behind it is refused with file and byte', async t => {
  const files = new FaultyFiles()
  const open = await opened(files, { segmentBytes: 4 << 20 })
  const [, at = -1] = await commit(open, 'kept', hostile(1 << 20))
  await commit(open, 'behind')
  await open.journal.close()
  const whole = files.bytesOf(FIRST)
  const damaged = Buffer.from(whole)
  damaged[at + 100_000]! ^= 1
  files.replace(FIRST, damaged)
  await t.throwsAsync(recovered(files), {
    code: 'JOURNAL_CORRUPT',
    message: new RegExp(`^tandemmq-0+\\.journal at byte ${at}: .*intact records follow at byte \\d+`),
  })
  t.deepEqual(files.bytesOf(FIRST), damaged)
  files.replace(FIRST, whole.subarray(0, at + 1_000_000))
  const { result } = await recovered(files)
  t.is(result.end, lsn(at))
})

test('C-14: salvage finds large records behind a body full of headers', t => {
  const body = hostile(1 << 20)
  const bad = Buffer.concat([record(RECORD_HEADER, 0), body])
  bad.writeUInt32LE(bad.length, 4)
  const crc = sealed(bad, 7)
  const next = record(100_000, 1)
  next[20] = 0 // a queue
  const after = sealed(next, crc)
  const damaged = Buffer.concat([bad, next])
  damaged[RECORD_HEADER + 5000]! ^= 1
  t.deepEqual(findRuns(damaged, { before: 7, after, last: false }), [
    { at: bad.length, end: damaged.length, proven: true },
  ])
})

import test from 'ava'
import type { Lsn } from '../../src/base/lsn.ts'
import { RECORD_HEADER, RecordFlag, RecordType } from '../../src/journal/journal.ts'
import { judgeDamage, lookBehind } from '../../src/journal/tail-damage.ts'
import { FaultyFiles } from './faulty-files.ts'
import { commit, DIRECTORY, opened, recovered, type Opened } from './open.ts'

const FIRST = `${DIRECTORY}/tandemmq-0000000000000000.journal`

/** The payload of a message record with this body, as record.ts has it. */
function message(body: Buffer, hidden = '', also: readonly number[] = []): Buffer {
  const headers = 'message-id:1\n'
  const fields = Buffer.alloc(32)
  fields.writeUInt16LE(also.length, 6)
  fields.writeUInt32LE(headers.length, 24)
  fields.writeUInt32LE(body.length, 28)
  const ids = Buffer.alloc(4 * also.length)
  for (const [i, id] of also.entries()) ids.writeUInt32LE(id, 4 * i)
  return Buffer.concat([fields, Buffer.from(`${headers}\n`), body, Buffer.from(`\0\n${hidden}`), ids])
}

/** The payload of a group of messages with these bodies. */
function group(...bodies: Buffer[]): Buffer {
  const inner = bodies.map(body => {
    const payload = message(body)
    const header = Buffer.alloc(RECORD_HEADER)
    header.writeUInt32LE(RECORD_HEADER + payload.length, 4)
    header[8] = RecordType.messageAdded
    return Buffer.concat([header, payload])
  })
  return Buffer.concat(inner)
}

interface Appended {
  readonly type: RecordType
  readonly payload: Buffer
}
const added = (payload: Buffer): Appended => ({ type: RecordType.messageAdded, payload })
const grouped = (...bodies: Buffer[]): Appended => ({ type: RecordType.group, payload: group(...bodies) })

/** What was being written when the write was torn; each body is a journal. */
const BATCHES: readonly [string, (sent: Buffer) => Appended[]][] = [
  ['one message', sent => [added(message(sent))]],
  ['one message with hidden lines, in three queues', sent => [added(message(sent, 'JMSXGroupID:a\n', [7, 300]))]],
  ['two messages', sent => [added(message(sent)), added(message(sent))]],
  ['two messages, one with hidden lines', sent => [added(message(sent, 'JMSXGroupID:a\n', [7])), added(message(sent))]],
  ['a group of three', sent => [grouped(sent, Buffer.from('between'), sent)]],
  ['a group and a message', sent => [grouped(sent, sent), added(message(sent))]],
]

/** A whole journal, as somebody may send one: its records follow from one another, and were synced one by one. */
async function sentJournal(): Promise<Buffer> {
  const files = new FaultyFiles()
  const open = await opened(files)
  for (const bytes of [20, 40, 30, 25]) await commit(open, bytes)
  await open.journal.close()
  return files.bytesOf(FIRST)
}

function append({ journal }: Opened, { type, payload }: Appended): Lsn {
  journal.reserve(RECORD_HEADER + payload.length)
  payload.copy(journal.block, journal.at + RECORD_HEADER)
  return journal.seal(type, RecordFlag.none, RECORD_HEADER + payload.length)
}

interface Written {
  readonly whole: Buffer
  /** Where the first of the records starts. */
  readonly from: number
  /** Where each of them ends. */
  readonly ends: readonly number[]
  /** The crc of the record before it. */
  readonly chain: number
}

/** A journal that ends with these records; `apart`: each in a write of its own, and three small ones behind. */
async function written(records: readonly Appended[], apart: boolean): Promise<Written> {
  const files = new FaultyFiles()
  const open = await opened(files)
  const kept = (await commit(open, 'kept'))[0] as number
  const from = open.journal.end as number
  const ends: number[] = []
  for (const record of records) {
    ends.push(append(open, record) + RECORD_HEADER + record.payload.length)
    if (!apart) continue
    open.journal.flush()
    await open.until(open.journal.end)
  }
  open.journal.flush()
  await open.until(open.journal.end)
  if (apart) await commit(open, 'acknowledged', 'this too', 'and this')
  await open.journal.close()
  const whole = files.bytesOf(FIRST)
  return { whole, from, ends, chain: whole.readUInt32LE(kept) }
}

/** What a start does with a last segment whose bad record starts at `from`. */
function judged(bytes: Buffer, from: number, chain: number): 'cut' | 'refuse' {
  const behind = lookBehind(bytes.subarray(from), from, chain)
  return judgeDamage({ ...behind, lastSegment: true, belowCommitted: false, lenient: false })
}

for (const [what, records] of BATCHES) {
  test(`A8: ${what} with a journal for a body is a torn tail wherever the write was torn`, async t => {
    const { whole, from, ends, chain } = await written(records(await sentJournal()), false)
    const last = ends.at(-1) as number
    let start = from
    let seed = chain
    for (const end of ends) {
      for (let size = start + 1; size < end; size += size < start + 50 ? 9 : 4) {
        const torn = whole.subarray(0, size)
        if (!t.is(judged(torn, start, seed), 'cut', `torn at ${size - start}`)) return
        const ahead = Buffer.concat([torn, Buffer.alloc(2048)])
        if (!t.is(judged(ahead, start, seed), 'cut', `torn at ${size - start}, with zeros written ahead`)) return
      }
      seed = whole.readUInt32LE(start)
      start = end
    }
    // The sectors of a write reach the disk in any order. Without the one with its header nothing tells a record's length.
    const header = Math.ceil((from + 64) / 512)
    for (let sector = header; (sector + 1) * 512 < last; sector++) {
      const place = sector * 512
      const bad = [from, ...ends].findLast(at => at <= place) as number
      if (ends.some(at => at + 64 > place && at < place + 512)) continue
      const index = [from, ...ends].indexOf(bad)
      const before = index === 0 ? chain : whole.readUInt32LE([from, ...ends][index - 1] as number)
      t.is(judged(Buffer.from(whole).fill(0, place, place + 512), bad, before), 'cut', `sector ${sector} is missing`)
    }
  })

  test(`A8: ${what} with a journal for a body is refused when it was damaged after it was acknowledged`, async t => {
    const { whole, from, ends, chain } = await written(records(await sentJournal()), true)
    const last = ends.at(-1) as number
    for (let at = from; at < (ends[0] as number); at += at < from + 50 ? 1 : 17) {
      for (const bytes of [1, 8, 48, 512]) {
        for (const fill of [0xff, 0]) {
          const damaged = Buffer.from(whole).fill(fill, at, Math.min(at + bytes, last))
          if (damaged.equals(whole)) continue
          const told = `${bytes} of ${fill} at ${at - from}`
          if (!t.is(judged(damaged, from, chain), 'refuse', told)) return
        }
      }
    }
  })
}

test('A8: a start cuts a torn message that holds a journal, and goes on', async t => {
  const sent = await sentJournal()
  const { whole, ends } = await written([added(message(Buffer.concat([sent, sent])))], false)
  const files = new FaultyFiles()
  files.replace(FIRST, whole.subarray(0, (ends[0] as number) - 100))
  const { seen, result } = await recovered(files)
  t.is(seen.length, 1)
  t.true(result.truncatedBytes > sent.length)
})

import test from 'ava'
import { MESSAGE_HEADER, RECORD_HEADER, RecordType, checksum } from '../../src/journal/journal.ts'
import { findRuns, type Run } from '../../src/journal/runs.ts'
import { between, freshSeed, randomFrom } from './random.ts'

type Random = () => number

const head = (type: number, length: number): Buffer => {
  const bytes = Buffer.alloc(length)
  bytes.writeUInt32LE(length, 4)
  bytes[8] = type
  bytes.writeUInt32LE(1, 12)
  return bytes
}

function message(body: Buffer): Buffer {
  const headers = Buffer.from('message-id:m\n')
  const bytes = head(RecordType.messageAdded, MESSAGE_HEADER + headers.length + 1 + body.length + 2)
  bytes.writeUInt32LE(1, 16)
  bytes.writeUInt32LE(headers.length, 40)
  bytes.writeUInt32LE(body.length, 44)
  Buffer.concat([headers, Buffer.from('\n'), body, Buffer.from('\0\n')]).copy(bytes, MESSAGE_HEADER)
  return bytes
}

function removal(keys: number): Buffer {
  const bytes = head(RecordType.messageRemoved, 24 + 8 * keys)
  bytes.writeUInt32LE(1, 16)
  for (let i = 0; i < keys; i++) bytes.writeUInt32LE(56 + i, 24 + 8 * i)
  return bytes
}

function group(...inner: readonly Buffer[]): Buffer {
  const payload = Buffer.concat(inner)
  const bytes = head(RecordType.group, RECORD_HEADER + payload.length)
  payload.copy(bytes, RECORD_HEADER)
  return bytes
}

function anyRecord(random: Random): Buffer {
  const body = Buffer.alloc(between(random, 0, 300), between(random, 0, 256))
  const dice = random()
  return dice < 0.6 ? message(body) : dice < 0.8 ? removal(between(random, 1, 4)) : group(message(body), removal(1))
}

interface Chain {
  readonly bytes: Buffer
  /** Where each record starts, and where the last one ends. */
  readonly at: readonly number[]
  readonly crc: number
}

/** Records, each with the crc that follows from the one before. */
function chained(records: readonly Buffer[], seed: number): Chain {
  const at = [0]
  let crc = seed
  for (const record of records) {
    crc = checksum(record, 4, record.length, crc)
    record.writeUInt32LE(crc, 0)
    at.push(at.at(-1)! + record.length)
  }
  return { bytes: Buffer.concat(records), at, crc }
}

const within = (runs: readonly Run[], at: number): Run | undefined => runs.find(run => run.at <= at && at < run.end)

/** The records of a run that is there, or a text that says which is none of the chain's. */
function falseIn(runs: readonly Run[], chain: Chain, damaged: Buffer, onlyProven: boolean): string | null {
  for (const run of runs) {
    if (onlyProven && !run.proven) continue
    for (let at = run.at; at < run.end; at += damaged.readUInt32LE(at + 4)) {
      const i = chain.at.indexOf(at)
      if (i < 0) return `no record starts at ${at}`
      // Only its own checksum may be wrong, which its neighbour makes good.
      const [stored, true_] = [damaged, chain.bytes].map(bytes => bytes.subarray(at + 4, chain.at[i + 1]))
      if (!stored!.equals(true_!)) return `the record at ${at} is not what was written`
    }
  }
  return null
}

/** Of each record: is every byte as it was? */
const wholeIn = ({ at, bytes }: Chain, damaged: Buffer): boolean[] =>
  at.slice(0, -1).map((from, i) => damaged.subarray(from, at[i + 1]).equals(bytes.subarray(from, at[i + 1])))

const SEED_OF_ALL = 0x5eed

test('C-14: whatever one damage leaves whole is found, and nothing that is not', t => {
  const seed = freshSeed()
  t.log(`TANDEMMQ_SEED=${seed}`)
  const random = randomFrom(seed)
  for (let round = 0; round < 300; round++) {
    const chain = chained(
      Array.from({ length: between(random, 2, 40) }, () => anyRecord(random)),
      SEED_OF_ALL,
    )
    const damaged = Buffer.from(chain.bytes)
    const known = random() < 0.7
    const from = between(random, 0, known ? damaged.length : chain.at[1]!)
    const to = Math.min(damaged.length, from + between(random, 1, random() < 0.5 ? 20 : 1500))
    if (random() < 0.5) damaged.fill(0, from, to)
    else for (let i = from; i < to; i++) damaged[i] = between(random, 0, 256)
    const isWhole = wholeIn(chain, damaged)
    const bad = isWhole.indexOf(false)
    if (bad < 0) continue
    const before = known ? (bad === 0 ? SEED_OF_ALL : chain.bytes.readUInt32LE(chain.at[bad - 1]!)) : null
    const start = chain.at[bad]!
    const rest = damaged.subarray(start)
    const hasNext = random() < 0.5
    const runs = findRuns(rest, { before, after: hasNext ? chain.crc : null, last: !hasNext }).map(run => ({
      ...run,
      at: run.at + start,
      end: run.end + start,
    }))
    const about = `seed ${seed}, round ${round}, bytes ${from} to ${to} of ${damaged.length}`
    t.is(falseIn(runs, chain, damaged, false), null, about)
    for (let i = bad + 1; i < isWhole.length; i++) {
      // The last record, when the one before it is gone and no segment behind it says its checksum.
      const alone = i === isWhole.length - 1 && !hasNext && !isWhole[i - 1]
      if (isWhole[i] && !alone)
        t.truthy(within(runs, chain.at[i]!), `${about}: the record at ${chain.at[i]} was not found`)
    }
  }
})

test('C-14: many damages at once: what is proven is what was written, and who has whole neighbours is found', t => {
  const seed = freshSeed()
  t.log(`TANDEMMQ_SEED=${seed}`)
  const random = randomFrom(seed)
  for (let round = 0; round < 300; round++) {
    const chain = chained(
      Array.from({ length: between(random, 5, 60) }, () => anyRecord(random)),
      SEED_OF_ALL,
    )
    const damaged = Buffer.from(chain.bytes)
    for (let n = between(random, 1, 12); n > 0; n--)
      damaged[between(random, 0, damaged.length)]! ^= 1 << between(random, 0, 8)
    const isWhole = wholeIn(chain, damaged)
    const first = isWhole.indexOf(false)
    if (first < 0) continue
    const start = chain.at[first]!
    const before = first === 0 ? SEED_OF_ALL : chain.bytes.readUInt32LE(chain.at[first - 1]!)
    const runs = findRuns(damaged.subarray(start), { before, after: null, last: true }).map(run => ({
      ...run,
      at: run.at + start,
      end: run.end + start,
    }))
    const about = `seed ${seed}, round ${round}`
    t.is(falseIn(runs, chain, damaged, true), null, about)
    for (let i = first + 1; i < isWhole.length; i++)
      if (isWhole[i - 1] && isWhole[i] && isWhole[i + 1] !== false)
        t.truthy(within(runs, chain.at[i]!), `${about}: the record at ${chain.at[i]} was not found`)
  }
})

test('C-14: a journal that somebody sent in a body is never taken for the journal itself', t => {
  const forged = chained([removal(3), message(Buffer.from('pay 1000')), message(Buffer.from('to me'))], 0)
  const records = [message(Buffer.from('a')), message(forged.bytes), message(Buffer.from('b')), removal(1)]
  const chain = chained(records, SEED_OF_ALL)
  const damaged = Buffer.from(chain.bytes)
  damaged.fill(0, chain.at[1]!, chain.at[1]! + 20)
  const rest = damaged.subarray(chain.at[1])
  const runs = findRuns(rest, { before: chain.bytes.readUInt32LE(0), after: chain.crc, last: false })
  const [second, third] = [chain.at[2]! - chain.at[1]!, chain.at[3]! - chain.at[1]!]
  t.deepEqual(
    runs.filter(({ proven }) => proven),
    [{ at: third, end: rest.length, proven: true }],
  )
  t.deepEqual(
    within(runs, second),
    { at: second, end: third, proven: false },
    'nothing says what its checksum began with',
  )
})

test('C-14: a wrong checksum alone loses nothing: the record behind it began with the right one', t => {
  const chain = chained([message(Buffer.from('a')), message(Buffer.from('b')), removal(1)], SEED_OF_ALL)
  const damaged = Buffer.from(chain.bytes)
  damaged[2]! ^= 8
  t.deepEqual(findRuns(damaged, { before: SEED_OF_ALL, after: null, last: true }), [
    { at: 0, end: damaged.length, proven: true },
  ])
})

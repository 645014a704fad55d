import test, { type ExecutionContext } from 'ava'
import { lsn, type Lsn } from '../../src/base/lsn.ts'
import { silentLog } from '../../src/base/log.ts'
import {
  MESSAGE_HEADER,
  MemoryFiles,
  RecordType,
  checksum,
  segmentPath,
  visitInner,
  writeSnapshot,
} from '../../src/journal/journal.ts'
import { writeSegmentHeader } from '../../src/journal/segment.ts'
import { DurableState, FrozenState, SalvagedStore, type Doubt } from '../../src/store/store.ts'
import { between, freshSeed, randomFrom } from '../journal/random.ts'
import { History, applyStep, type PlainMessage, type Step } from './history.ts'

const DIRECTORY = '/data'
/** An id that records of a history name, and that never was a destination. */
const NOBODY = 999_999

const viewOf = (bytes: Buffer): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)

/** Gives the records of a history what they lack as long as only the fold reads them: bodies, and the chain of checksums. */
function finish(steps: readonly Step[]): void {
  let crc = 0
  for (const { at, bytes } of steps) {
    const view = viewOf(bytes)
    visitInner(bytes, view, 0, at, (_, __, inner) => {
      const type = bytes[inner + 8]
      if (type !== RecordType.messageAdded && type !== RecordType.relocated) return
      const end = inner + view.getUint32(inner + 4, true) - 4 * view.getUint16(inner + 22, true)
      view.setUint32(inner + 44, end - inner - MESSAGE_HEADER - 3, true)
      bytes[inner + MESSAGE_HEADER] = 10
      bytes[end - 1] = 10
    })
    if (bytes[8] === RecordType.segment)
      writeSegmentHeader(bytes, view, 0, { format: 1, seed: crc, base: at, epochUid: Buffer.alloc(16) })
    // Everything before it was synced: no hole can be a write that was never finished.
    bytes.writeUInt16LE(1, 10)
    crc = checksum(bytes, 4, bytes.length, crc)
    bytes.writeUInt32LE(crc, 0)
  }
}

interface Written {
  readonly files: MemoryFiles
  /** By base. */
  readonly segments: ReadonlyMap<Lsn, Buffer>
}

async function written(steps: readonly Step[], snapshotAt: number | null): Promise<Written> {
  const parts = new Map<Lsn, Buffer[]>()
  for (const { at, bytes } of steps) {
    if (bytes[8] === RecordType.segment) parts.set(at, [])
    ;[...parts.values()].at(-1)!.push(bytes)
  }
  const segments = new Map([...parts].map(([base, records]) => [base, Buffer.concat(records)]))
  const files = new MemoryFiles()
  for (const [base, bytes] of segments) await write(files, base, bytes)
  if (snapshotAt !== null) {
    const state = new DurableState()
    for (const step of steps.slice(0, snapshotAt)) applyStep(state, step)
    await writeSnapshot(files, DIRECTORY, state.applied, new FrozenState(state).chunks())
  }
  return { files, segments }
}

async function write(files: MemoryFiles, base: Lsn, bytes: Buffer): Promise<void> {
  const file = await files.open(segmentPath(DIRECTORY, base))
  await file.truncate(0)
  await file.write(bytes, 0, bytes.length, 0)
  await file.close()
}

/** Every message that was salvaged, by destination and key. */
async function salvaged(
  files: MemoryFiles,
): Promise<{ store: SalvagedStore; messages: Map<string, Doubt | null>; gone: number }> {
  const store = (await SalvagedStore.read(files, DIRECTORY, silentLog))!
  const messages = new Map<string, Doubt | null>()
  let gone = 0
  for (const at of store.state.destinations.values()) {
    for await (const one of store.messages(at)) {
      if (one === null) gone++
      else messages.set(`${at.id}:${one.message.key}`, one.doubt)
    }
  }
  await store.close()
  return { store, messages, gone }
}

function history(random: () => number): History {
  const made = new History(random)
  for (let n = between(random, 20, 300); n > 0; n--) made.step()
  finish(made.steps)
  return made
}

test('C-14: of a journal that is whole, everything is salvaged, and nothing is doubtful', async t => {
  const seed = freshSeed()
  t.log(`TANDEMMQ_SEED=${seed}`)
  const random = randomFrom(seed)
  for (let round = 0; round < 30; round++) {
    const made = history(random)
    const { files } = await written(made.steps, random() < 0.5 ? between(random, 1, made.steps.length) : null)
    const { store, messages, gone } = await salvaged(files)
    const wanted = [...made.model.queues].flatMap(([id, queue]) => queue.messages.map(({ key }) => `${id}:${key}`))
    t.deepEqual([...messages.keys()].toSorted(), wanted.toSorted(), `seed ${seed}, round ${round}`)
    t.true([...messages.values()].every(doubt => doubt === null))
    t.deepEqual([store.holes.length, gone, store.nameless.size], [0, 0, 0])
  }
})

test('C-14: of a damaged journal, no message that was consumed comes back as certain, and none that can be read is lost', async t => {
  const seed = freshSeed()
  t.log(`TANDEMMQ_SEED=${seed}`)
  const random = randomFrom(seed)
  for (let round = 0; round < 150; round++) {
    const made = history(random)
    const place = await written(made.steps, random() < 0.4 ? between(random, 1, made.steps.length) : null)
    const damaged = await damage(random, place)
    const { store, messages } = await salvaged(place.files)
    // What is cut off the end looks like a write that was never finished, to a start as well.
    if (store.holes.length === 0 && damaged.to > made.steps.at(-2)!.at) continue
    const about = `seed ${seed}, round ${round}, damage from ${damaged.from} to ${damaged.to}`
    check(t, made, damaged, messages, store.nameless, about)
  }
})

interface Damaged {
  readonly from: number
  readonly to: number
}

/** A range of a segment is wiped, overwritten or, at its end, cut off; or the segment is lost. In the log: [from, to). */
async function damage(random: () => number, { files, segments }: Written): Promise<Damaged> {
  const bases = [...segments.keys()]
  const base = bases[between(random, 0, bases.length)]!
  const bytes = Buffer.from(segments.get(base)!)
  const dice = random()
  if (dice < 0.1 && bases.length > 1) {
    await files.remove(segmentPath(DIRECTORY, base))
    return { from: base, to: base + bytes.length }
  }
  const from = between(random, 0, bytes.length)
  if (dice < 0.25) {
    await write(files, base, bytes.subarray(0, from))
    return { from: base + from, to: base + bytes.length }
  }
  const to = Math.min(bytes.length, from + between(random, 1, 600))
  if (dice < 0.6) bytes.fill(0, from, to)
  else for (let i = from; i < to; i++) bytes[i]! ^= between(random, 1, 256)
  await write(files, base, bytes)
  return { from: base + from, to: base + to }
}

function check(
  t: ExecutionContext,
  { model, steps }: History,
  { from, to }: Damaged,
  messages: ReadonlyMap<string, Doubt | null>,
  nameless: ReadonlyMap<number, Lsn>,
  about: string,
): void {
  const there = new Map<string, PlainMessage>(
    [...model.queues].flatMap(([id, queue]) =>
      queue.messages.map(message => [`${id}:${message.key}`, message] as const),
    ),
  )
  for (const [name, doubt] of messages) {
    if (name.startsWith(`${NOBODY}:`) || doubt !== null) continue
    t.true(there.has(name), `${about}: ${name} was consumed, and comes back as certain`)
  }
  // The last step is one whose loss looks like a write that was never finished.
  const near = (at: Lsn): boolean => {
    const i = steps.findLastIndex(step => step.at <= at)
    return i >= steps.length - 1 || (steps[i]!.at < to + 1 && from < steps[i + 1]!.at)
  }
  for (const [name, { position, persistent }] of there) {
    const isKept = persistent || nameless.size === 0
    if (isKept && !near(lsn(position)) && from < steps.at(-1)!.at && to < steps.at(-1)!.at)
      t.true(messages.has(name), `${about}: ${name} at ${position} is lost`)
  }
}

import { TandemError } from '../base/errors.ts'
import { epoch as toEpoch, type Lsn, type MessageKey } from '../base/lsn.ts'
import { FrozenChunk, Mark, type Chunk } from './message-index.ts'
import type { Job } from './schedule.ts'
import { DurableState, StoredKind } from './state.ts'
import { decodeSubscription, encodeSubscription, type StoredSubscription } from './stored-subscription.ts'

/**
 * The state as bytes, for recovery to start from instead of the journal's beginning. All numbers little-endian.
 *
 *     head         format u32 · epoch u32 · next destination id u32 · segments u32 · destinations u32 · epochs u32 ·
 *                  jobs u32 (formats 1 and 2: none)
 *     segment      base f64                                                  × segments
 *     epoch        n u32 · 0 u32 · start f64 · uid 16 bytes                  × epochs (format 1: none)
 *     destination  id u32 · kind u8 · 0 u8 · name bytes u16 · chunks u32 · name · of kind 4: bytes u32 and the payload
 *                  of its SUBSCRIPTION_ADDED from `flags` on, and no name
 *       chunk      count u32 · columns u32 (1 positions, 2 expires, 4 redelivered)
 *                  keys f64 × n · sizes u32 × n · kinds u8 × n · marks u8 × n · then the optional columns
 *     job          bytes u32 (all of it) · destination id u32 · key f64 · next f64 · period f64 · remaining i32 · cron
 *
 * Segments and epochs are oldest first; a destination's kind is as in DESTINATION_ADDED, its messages in queue order.
 * `sizes` are the lengths of the message records, `kinds` the priority in the low four bits and the traits in the high
 * four, a `mark` of 2 means removed (1 and 0: there). Without positions a message lies at its key, without expires it
 * never does, without redelivered it never was; else its low seven bits are the redelivery count, the highest one says
 * that it was DISPATCHED (in the formats 1 and 2 all eight are the count).
 * Formats 1 and 2 are still read: of format 1 the activations before it are not known.
 * Snapshots are local and can be thrown away at any time: the journal is the truth.
 */
const SNAPSHOT_FORMAT = 3
const HEAD_BYTES = 28
/** Of the formats 1 and 2. */
const OLD_HEAD_BYTES = 24
const JOB_BYTES = 36
const EPOCH_BYTES = 32

interface FrozenDestination {
  readonly id: number
  readonly kind: StoredKind
  readonly name: string
  readonly subscription: StoredSubscription | null
  readonly chunks: FrozenChunk[]
}

/** The state at one position, readable while the state moves on: a chunk is copied only when it changes. */
export class FrozenState {
  readonly at: Lsn
  readonly #head: Buffer
  readonly #destinations: FrozenDestination[] = []
  readonly #jobs: readonly Job[]
  readonly #live: { readonly chunk: Chunk; readonly frozen: FrozenChunk }[] = []

  constructor(state: DurableState) {
    this.at = state.applied
    const segments = state.liveness.segments
    this.#head = Buffer.alloc(HEAD_BYTES + segments.length * 8 + state.epochs.length * EPOCH_BYTES)
    this.#head.writeUInt32LE(SNAPSHOT_FORMAT, 0)
    this.#head.writeUInt32LE(state.epoch, 4)
    this.#head.writeUInt32LE(state.nextDestinationId, 8)
    this.#head.writeUInt32LE(segments.length, 12)
    this.#head.writeUInt32LE(state.destinations.size, 16)
    this.#head.writeUInt32LE(state.epochs.length, 20)
    this.#head.writeUInt32LE(state.schedule.size, 24)
    // A job is replaced, never changed.
    this.#jobs = [...state.schedule.values()]
    for (const [i, segment] of segments.entries()) this.#head.writeDoubleLE(segment.base, HEAD_BYTES + i * 8)
    for (const [i, { n, uid, start }] of state.epochs.entries()) {
      const at = HEAD_BYTES + segments.length * 8 + i * EPOCH_BYTES
      this.#head.writeUInt32LE(n, at)
      this.#head.writeDoubleLE(start, at + 8)
      this.#head.write(uid, at + 16, 16, 'hex')
    }
    for (const { id, kind, name, subscription, messages } of state.destinations.values()) {
      const chunks: FrozenChunk[] = []
      for (let chunk = messages.first; chunk !== null; chunk = chunk.next) {
        chunk.thaw()
        const frozen = new FrozenChunk(chunk)
        chunk.frozen = frozen
        chunks.push(frozen)
        this.#live.push({ chunk, frozen })
      }
      this.#destinations.push({ id, kind, name, subscription, chunks })
    }
  }

  /** The snapshot is written, or given up: chunks need not be copied for it any more. */
  release(): void {
    for (const { chunk, frozen } of this.#live) if (chunk.frozen === frozen) chunk.frozen = null
    this.#live.length = 0
  }

  *chunks(): Generator<Buffer> {
    yield this.#head
    for (const at of this.#destinations) {
      const name = at.subscription === null ? Buffer.from(at.name, 'utf8') : Buffer.alloc(0)
      const head = Buffer.alloc(12)
      head.writeUInt32LE(at.id, 0)
      head.writeUInt8(at.kind, 4)
      head.writeUInt16LE(name.length, 6)
      head.writeUInt32LE(at.chunks.length, 8)
      yield Buffer.concat([head, name])
      if (at.subscription !== null) yield* encodeFacts(at.subscription)
      for (const chunk of at.chunks) yield encodeChunk(chunk)
    }
    for (const job of this.#jobs) yield encodeJob(job)
  }
}

function* encodeFacts(subscription: StoredSubscription): Generator<Buffer> {
  const facts = encodeSubscription(subscription)
  const length = Buffer.alloc(4)
  length.writeUInt32LE(facts.length)
  yield length
  yield facts
}

function encodeJob({ destination, key, next, period, remaining, cron }: Job): Buffer {
  const text = Buffer.from(cron, 'utf8')
  const head = Buffer.alloc(JOB_BYTES)
  head.writeUInt32LE(JOB_BYTES + text.length, 0)
  head.writeUInt32LE(destination, 4)
  head.writeDoubleLE(key, 8)
  head.writeDoubleLE(next, 16)
  head.writeDoubleLE(period, 24)
  head.writeInt32LE(remaining, 32)
  return Buffer.concat([head, text])
}

const column = (array: Float64Array | Uint32Array | Uint8Array, count: number): Buffer =>
  Buffer.from(array.buffer, array.byteOffset, count * array.BYTES_PER_ELEMENT)

function encodeChunk(chunk: FrozenChunk): Buffer {
  const { count, positions, expires, redelivered } = chunk
  const head = Buffer.alloc(8)
  head.writeUInt32LE(count, 0)
  head.writeUInt32LE((positions ? 1 : 0) | (expires ? 2 : 0) | (redelivered ? 4 : 0), 4)
  const parts = [
    head,
    column(chunk.keys, count),
    column(chunk.sizes, count),
    column(chunk.kinds, count),
    column(chunk.marks, count),
  ]
  if (positions) parts.push(column(positions, count))
  if (expires) parts.push(column(expires, count))
  if (redelivered) parts.push(column(redelivered, count))
  return Buffer.concat(parts)
}

/** Builds the state from a snapshot's bytes. Throws STORE_BAD_SNAPSHOT when they are of another format. */
export function thawState(bytes: Buffer, at: Lsn): DurableState {
  const state = new DurableState()
  const format = bytes.readUInt32LE(0)
  if (format < 1 || format > SNAPSHOT_FORMAT) {
    throw new TandemError('STORE_BAD_SNAPSHOT', `snapshot format ${format} is not among 1 to ${SNAPSHOT_FORMAT}`)
  }
  state.epoch = toEpoch(bytes.readUInt32LE(4))
  const headBytes = format < 3 ? OLD_HEAD_BYTES : HEAD_BYTES
  const segments = bytes.readUInt32LE(12)
  const destinations = bytes.readUInt32LE(16)
  for (let i = 0; i < segments; i++) state.liveness.startSegment(bytes.readDoubleLE(headBytes + i * 8) as Lsn)
  let offset = headBytes + segments * 8
  for (let i = bytes.readUInt32LE(20); i > 0; i--, offset += EPOCH_BYTES) {
    const uid = bytes.toString('hex', offset + 16, offset + 32)
    state.epochs.push({ n: bytes.readUInt32LE(offset), uid, start: bytes.readDoubleLE(offset + 8) as Lsn })
  }
  for (let i = 0; i < destinations; i++) offset = thawDestination(bytes, offset, state)
  for (let i = format < 3 ? 0 : bytes.readUInt32LE(24); i > 0; i--) offset = thawJob(bytes, offset, state)
  state.nextDestinationId = bytes.readUInt32LE(8)
  state.applied = at
  return state
}

function thawDestination(bytes: Buffer, start: number, state: DurableState): number {
  const id = bytes.readUInt32LE(start)
  const kind = bytes.readUInt8(start + 4) as StoredKind
  let offset = start + 12 + bytes.readUInt16LE(start + 6)
  if (kind === StoredKind.subscription) {
    state.restoreSubscription(id, decodeSubscription(bytes, offset + 4))
    offset += 4 + bytes.readUInt32LE(offset)
  } else {
    state.restoreDestination(id, kind, bytes.toString('utf8', start + 12, offset))
  }
  for (let n = bytes.readUInt32LE(start + 8); n > 0; n--) offset = thawChunk(bytes, offset, state, id)
  return offset
}

function thawJob(bytes: Buffer, offset: number, state: DurableState): number {
  const end = offset + bytes.readUInt32LE(offset)
  const key = bytes.readDoubleLE(offset + 8) as MessageKey
  state.schedule.set(key, {
    destination: bytes.readUInt32LE(offset + 4),
    key,
    next: bytes.readDoubleLE(offset + 16),
    period: bytes.readDoubleLE(offset + 24),
    remaining: bytes.readInt32LE(offset + 32),
    cron: bytes.toString('utf8', offset + JOB_BYTES, end),
  })
  return end
}

function thawChunk(bytes: Buffer, offset: number, state: DurableState, id: number): number {
  const count = bytes.readUInt32LE(offset)
  const columns = bytes.readUInt32LE(offset + 4)
  const keys = offset + 8
  const sizes = keys + count * 8
  const kinds = sizes + count * 4
  const marks = kinds + count
  const positions = marks + count
  const expires = positions + (columns & 1 ? count * 8 : 0)
  const redelivered = expires + (columns & 2 ? count * 8 : 0)
  const end = redelivered + (columns & 4 ? count : 0)
  const countsOnly = bytes.readUInt32LE(0) < 3
  const messages = state.destination(id)!.messages
  for (let slot = 0; slot < count; slot++) {
    if (bytes[marks + slot] === Mark.removed) continue
    const key = bytes.readDoubleLE(keys + slot * 8) as MessageKey
    const size = bytes.readUInt32LE(sizes + slot * 4)
    messages.add(key, size, bytes[kinds + slot]!, columns & 2 ? bytes.readDoubleLE(expires + slot * 8) : 0)
    const position = columns & 1 ? (bytes.readDoubleLE(positions + slot * 8) as Lsn) : key
    state.liveness.add(position, size, bytes[kinds + slot]!)
    if (position === key && !(columns & 4)) continue
    messages.find(key)
    if (position !== key) messages.relocateFound(position, size)
    const byte = columns & 4 ? bytes[redelivered + slot]! : 0
    // Before format 3 the whole byte was a count.
    if (byte > 0) messages.restoreFound(countsOnly ? Math.min(127, byte) : byte)
  }
  return end
}

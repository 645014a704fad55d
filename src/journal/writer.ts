import type { Clock } from '../base/clock.ts'
import { TandemError } from '../base/errors.ts'
import type { DurableLsn, Epoch, Lsn } from '../base/lsn.ts'
import type { Journal, JournalEpoch, JournalEvents, Peeked, SegmentInfo } from './appender.ts'
import { Announcer } from './announcer.ts'
import { checksum } from './checksum.ts'
import type { Visit } from './chain.ts'
import { commitPosition, none, positionsAt, type Positions } from './commit.ts'
import type { Files } from './files.ts'
import { GroupCommit } from './group-commit.ts'
import { Intake, type IntakeOwner } from './intake.ts'
import { BLOCK_BYTES, LAZY_FLUSH_MS, type JournalOptions, type JournalStart } from './options.ts'
import { Reader } from './reader.ts'
import {
  EPOCH_RECORD_BYTES,
  JOURNAL_FORMAT,
  RecordFlag,
  RecordType,
  SEGMENT_RECORD_BYTES,
  recordBytesMax,
  writeLsn,
} from './record.ts'
import { SegmentFiles } from './segment-files.ts'
import { Segment, Segments, writeSegmentHeader } from './segment.ts'
import { Tail, type Block } from './tail.ts'

/** The journal being written. `reserve` and `seal` are the hot path: no objects, closures or promises per record. */
export class JournalWriter implements Journal {
  block: Buffer
  view: DataView
  at = 0
  end: Lsn
  /** The crc of the last record, which seeds the next one. */
  chain: number
  #epoch: number
  #epochUid: Buffer
  readonly #epochs: JournalEpoch[]
  readonly #positions: Positions
  readonly #tail: Tail
  #tailBlock!: Block
  #segment!: Segment
  /** Behind the segment's SEGMENT record: up to here it counts as empty. */
  #segmentStart = 0
  #segmentLimit = 0
  readonly #segments: Segments
  /** Bytes of all segments but the last. */
  #closedBytes = 0
  readonly #options: JournalOptions
  readonly #handles: SegmentFiles
  readonly #events: JournalEvents
  readonly #commit: GroupCommit
  readonly #announcer: Announcer
  readonly #reader: Reader
  readonly #intake: Intake
  /** Maintenance keeps what lies at or behind this position, spent or not; Infinity: nothing but what the store needs. */
  retaining: Lsn = none
  #stopped: Error | undefined
  #closed: Promise<void> | undefined

  constructor(options: JournalOptions, files: Files, clock: Clock, events: JournalEvents, start: JournalStart) {
    this.#options = options
    this.#events = events
    this.#epoch = options.epoch
    this.#epochUid = options.epochUid
    this.#epochs = [...(start.epochs ?? [])]
    this.chain = start.chain
    this.end = start.end
    const { end } = start
    this.#positions = positionsAt(end)
    this.#announcer = new Announcer(this.#positions, events, end)
    const { blockBytes = BLOCK_BYTES } = options
    this.#tail = new Tail(blockBytes, options.cacheBytes)
    this.#intake = new Intake(this.#intakeOwner(), blockBytes)
    this.#handles = new SegmentFiles(files, options.directory)
    const group = { ...options, lazyFlushMs: options.lazyFlushMs ?? LAZY_FLUSH_MS }
    this.#commit = new GroupCommit(group, files, clock, events, this.#tail, this.#positions, {
      takeBatch: () => this.#takeBatch(),
      barrierFrom: from => this.#intake.barrierFrom(from),
      advanced: () => this.#advanced(),
      failed: error => this.#failed(error),
    })
    this.#segments = new Segments(start.segments.map(({ base, end: to }) => new Segment(base, to)))
    this.#reader = new Reader(this.#tail, this.#segments, this.#handles, this.#positions, options.readCacheBytes)
    this.block = Buffer.alloc(0)
    this.view = new DataView(this.block.buffer)
    this.#continue()
  }

  #continue(): void {
    for (const { base, end } of this.#segments.list) this.#closedBytes += end - base
    const last = this.#segments.list.at(-1)
    if (last !== undefined) {
      this.#closedBytes -= last.end - last.base
      this.#enter(last)
    } else {
      // An empty journal: its first segment begins with the first record, ours or an active's.
      this.#segment = new Segment(this.end)
      this.#segmentStart = -1
    }
    this.#nextBlock(0)
  }

  get committed(): DurableLsn {
    return this.#announcer.committed
  }

  get pendingBytes(): number {
    return this.end - this.committed
  }

  /** Number of the epoch of the last record, or of the one to come. */
  get epoch(): Epoch {
    return this.#epoch as Epoch
  }

  /** Every activation known, oldest first. */
  get epochs(): readonly JournalEpoch[] {
    return this.#epochs
  }

  get totalBytes(): number {
    return this.#closedBytes + (this.end - this.#segment.base)
  }

  get segments(): readonly SegmentInfo[] {
    this.#segment.end = this.end
    return this.#segments.list
  }

  reserve(bytes: number): void {
    if (this.#stopped !== undefined) throw this.#stopped
    // No start could read it.
    if (bytes > recordBytesMax) throw new RangeError(`a record of ${bytes} bytes`)
    if (this.end + bytes > this.#segmentLimit && this.end > this.#segmentStart) this.#roll()
    if (this.at + bytes > this.block.length) this.#nextBlock(bytes)
  }

  /**
   * Appends the EPOCH record of a new activation (rule 3); what is appended from then on belongs to it. `uid`: 16 random
   * bytes; `started`: ms since 1970; `reason`: see record.ts. It begins no new segment, so that nothing of this epoch lies
   * before its start.
   */
  beginEpoch(epoch: Epoch, uid: Buffer, started: number, reason: number): JournalEpoch {
    if (this.#stopped !== undefined) throw this.#stopped
    this.#intake.dropPartial()
    this.#commit.gathers = false
    this.#epoch = epoch
    this.#epochUid = Buffer.from(uid)
    if (this.#segments.list.length === 0) this.#roll()
    if (this.at + EPOCH_RECORD_BYTES > this.block.length) this.#nextBlock(EPOCH_RECORD_BYTES)
    const { block, view, at } = this
    uid.copy(block, at + 16, 0, 16)
    writeLsn(view, at + 32, started)
    view.setUint8(at + 40, reason)
    const start = this.seal(RecordType.epoch, RecordFlag.none, EPOCH_RECORD_BYTES)
    const begun = { n: epoch, uid: uid.toString('hex', 0, 16), start }
    this.#epochs.push(begun)
    return begun
  }

  seal(type: RecordType, flags: number, length: number): Lsn {
    const { at, view, block, end } = this
    view.setUint32(at + 4, length, true)
    block[at + 8] = type
    block[at + 9] = flags
    view.setUint16(at + 10, end === this.#commit.barrier ? 1 : 0, true)
    view.setUint32(at + 12, this.#epoch, true)
    this.chain = checksum(block, at + 4, at + length, this.chain)
    view.setUint32(at, this.chain, true)
    if ((flags & RecordFlag.volatile) === 0 && this.#positions.durablePending === none) {
      this.#positions.durablePending = end
    }
    this.at = at + length
    this.end = (end + length) as Lsn
    return end
  }

  flush(lazy = false): void {
    const { end } = this
    if (this.#stopped !== undefined) return
    const nothingNew = end === this.#positions.flushed
    // A flush that is not lazy carries what was flushed lazily before it.
    if (nothingNew && (lazy || this.#positions.written === end)) return
    this.#tailBlock.used = this.at
    this.#positions.flushed = end
    this.#announcer.flushed(lazy) // first: a twin is sent what this disk may be about to stand still for
    if (lazy) this.#commit.requestLazily()
    else this.#commit.request()
  }

  /**
   * Commits no further than `to`, a record boundary: the twin's position in a pair, the present commit while frozen,
   * Infinity alone. When that lets more commit, `committed` is called before this returns. A commit is never taken back.
   */
  limitCommit(to: Lsn): void {
    this.#positions.limit = to
    // From within an event: told when that returns.
    if (commitPosition(this.#positions) > this.committed && !this.#announcer.telling) this.#advanced()
  }

  /**
   * Takes over journal bytes of an active that continue at `received`, cut anywhere, and starts writing the whole records
   * among them. Throws JOURNAL_CHAIN for a record that does not verify: what came before it was taken, of it and
   * what follows nothing was. What is neither written nor committed stays in memory (`pendingBytes`): stop reading from
   * the active when that exceeds the window. Records are applied by `scan` when `committed` says so, under `limitCommit`
   * of what the active told: so a follower has applied all but the window, also while it catches up.
   */
  receive(block: Buffer, from: number, to: number): void {
    if (this.#stopped !== undefined) throw this.#stopped
    try {
      this.#intake.receive(block, from, to)
    } finally {
      if (this.end > this.#positions.flushed) this.flush()
    }
  }

  /** Everything below was received; behind `end` lies the beginning of a record. */
  get received(): Lsn {
    return (this.end + this.#intake.partialBytes) as Lsn
  }

  /** Forgets the beginning of a record: `received` is `end` again. */
  dropPartial(): void {
    this.#intake.dropPartial()
  }

  /**
   * On: a taken-over record with barrier 1 is written only once everything before it is synced here too, so that recovery
   * may rely on it (tail-damage.ts). Off, while catching up: batches are as large as they come, and recovery must be told
   * by `lenientFrom` where that began. Counts for what is received from now on: turn it on, then `sync`, before the store
   * is recorded as in sync.
   */
  honourBarriers(on: boolean): void {
    this.#intake.honourBarriers = on
    this.#commit.gathers = !on
  }

  /** Bytes from `at` that lie contiguously in memory, at most `max`; fills `into`. 0: not in memory, see `readRange`. */
  shipFrom(at: Lsn, max: number, into: Peeked): number {
    this.#tailBlock.used = this.at
    return this.#reader.fromMemory(at, max, into)
  }

  /** Reads [from, to) into the start of `into` as far as it is in the files; answers how many bytes. Rejects JOURNAL_IO. */
  readRange(from: Lsn, to: Lsn, into: Buffer): Promise<number> {
    this.#segment.end = this.end
    return this.#reader.fromFiles(from, to, into)
  }

  /** The crc of the record that ends at `at`; null when none ends there or its bytes are gone. */
  async chainAt(at: Lsn): Promise<number | null> {
    if (at === this.end) return this.chain
    this.#segment.end = this.end
    this.#tailBlock.used = this.at
    return this.#reader.chainAt(at, this.end)
  }

  /** The oldest position from which on everything is there. */
  get retainedFrom(): Lsn {
    return this.#segments.contiguousFrom(this.end)
  }

  retainFrom(at: Lsn): void {
    this.retaining = at
  }

  peek(at: Lsn, bytes: number, into: Peeked): boolean {
    return this.#reader.peek(at, bytes, into)
  }

  fetch(at: Lsn, bytes: number): Promise<void> {
    this.#segment.end = this.end
    return this.#reader.fetch(at, bytes)
  }

  scan(from: Lsn, to: Lsn, visit: Visit): void {
    this.#tailBlock.used = this.at
    const at = this.#tail.scan(from, to, visit)
    if (at < to) throw new TandemError('JOURNAL_FAILED', `the records from ${at} to ${to} are no longer in memory`)
  }

  /** Resolves when everything appended before the call is synced, whatever the sync strategy; see `writeSnapshot`. */
  sync(): Promise<void> {
    return this.#stopped === undefined ? this.#commit.sync() : Promise.reject(this.#stopped)
  }

  async removeSegment(base: Lsn): Promise<void> {
    const index = this.#segments.list.findIndex(segment => segment.base === base)
    const segment = this.#segments.list[index]
    const next = this.#segments.list[index + 1]
    if (segment === undefined) return
    if (next === undefined) throw new TandemError('JOURNAL_FAILED', 'the last segment of a journal is never removed')
    // What follows must be on disk before this goes, or a power cut could leave a journal without a beginning.
    if (this.#commit.synced < next.base + SEGMENT_RECORD_BYTES) await this.sync()
    if (!this.#segments.list.includes(segment)) return
    this.#segments.remove(segment)
    this.#closedBytes -= segment.end - segment.base
    await this.#handles.remove(segment, this.#options.archiveDirectory)
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    const closing = this.#commit.close()
    this.#stopped ??= new TandemError('JOURNAL_FAILED', 'the journal is closed')
    await closing
    await this.#handles.close()
  }

  /** Starts a new segment with its SEGMENT record. */
  #roll(): void {
    this.#enterNew()
    const { end: base, view, block, at } = this
    writeSegmentHeader(block, view, at, { format: JOURNAL_FORMAT, seed: this.chain, base, epochUid: this.#epochUid })
    // It adds nothing, so a run of volatile records does not end at a new segment.
    this.seal(RecordType.segment, RecordFlag.volatile, SEGMENT_RECORD_BYTES)
  }

  #enterNew(): void {
    if (this.#segments.list.length > 0) {
      this.#segment.end = this.end
      this.#closedBytes += this.end - this.#segment.base
    }
    const segment = new Segment(this.end)
    this.#segments.list.push(segment)
    this.#enter(segment)
    this.#nextBlock(SEGMENT_RECORD_BYTES)
  }

  #enter(segment: Segment): void {
    this.#segment = segment
    this.#segmentStart = segment.base + SEGMENT_RECORD_BYTES
    this.#segmentLimit = segment.base + this.#options.segmentBytes
  }

  #nextBlock(bytes: number, adopted?: Buffer): void {
    if (this.#tailBlock !== undefined) this.#tailBlock.used = this.at
    const next = this.#tail.start(this.#segment, this.end, bytes, adopted)
    this.#tailBlock = next
    this.block = next.buffer
    this.view = next.view
    this.at = 0
  }

  #takeBatch(): Lsn {
    this.#tailBlock.used = this.at
    this.#positions.flushed = this.end
    this.#segment.end = this.end
    this.#announcer.flushed(false)
    return this.end
  }

  #advanced(): void {
    this.#announcer.tell()
    this.#tail.evict(Math.min(this.#positions.written, this.committed) as Lsn)
  }

  #intakeOwner(): IntakeOwner {
    return {
      position: at => {
        at.end = this.end
        at.chain = this.chain
      },
      room: bytes => {
        if (this.at + bytes > this.block.length) this.#nextBlock(bytes)
        return this.block.length - this.at
      },
      adopt: buffer => this.#nextBlock(buffer.length, buffer),
      enterSegment: uid => {
        this.#epochUid = uid
        this.#enterNew()
      },
      enterEpoch: epoch => {
        this.#epoch = epoch.n
        this.#epochUid = Buffer.from(epoch.uid, 'hex')
        this.#epochs.push(epoch)
      },
      append: (block, from, to, chain, durable) => this.#take(block, from, to, chain, durable),
    }
  }

  /** A run of verified records. */
  #take(block: Buffer, from: number, to: number, chain: number, durable: Lsn): void {
    if (block !== this.block) block.copy(this.block, this.at, from, to)
    if (this.#positions.durablePending === none) this.#positions.durablePending = durable
    this.at += to - from
    this.end = (this.end + to - from) as Lsn
    this.chain = chain
  }

  #failed(error: Error): void {
    this.#announcer.fail()
    this.#stopped = new TandemError('JOURNAL_FAILED', `the journal has stopped: ${error.message}`, { cause: error })
    this.#events.failed(error)
  }
}

import type { Clock } from '../base/clock.ts'
import { TandemError } from '../base/errors.ts'
import type { DurableLsn, Lsn } from '../base/lsn.ts'
import type { Journal, JournalEvents, Peeked, SegmentInfo } from './appender.ts'
import { checksum } from './checksum.ts'
import { commitPosition, none, type Positions } from './commit.ts'
import type { Files } from './files.ts'
import { GroupCommit } from './group-commit.ts'
import { BLOCK_BYTES, LAZY_FLUSH_MS, type JournalOptions } from './options.ts'
import { ReadCache } from './read-cache.ts'
import { JOURNAL_FORMAT, RecordFlag, RecordType, SEGMENT_RECORD_BYTES } from './record.ts'
import { SegmentFiles } from './segment-files.ts'
import { Segment, segmentName, segmentPath, Segments, writeSegmentHeader } from './segment.ts'
import { Tail, type Block } from './tail.ts'

/** Where a journal goes on: what recovery found, or nothing at all. */
export interface JournalStart {
  readonly segments: readonly SegmentInfo[]
  readonly end: Lsn
  /** The crc of the last record, which seeds the next one. */
  readonly chain: number
}

/** The journal being written. `reserve` and `seal` are the hot path: no objects, closures or promises per record. */
export class JournalWriter implements Journal {
  block: Buffer
  view: DataView
  at = 0
  end: Lsn
  committed: DurableLsn
  #chain: number
  readonly #epoch: number
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
  readonly #files: Files
  readonly #handles: SegmentFiles
  readonly #cache: ReadCache
  readonly #events: JournalEvents
  readonly #commit: GroupCommit
  #notifying = false
  #stopped: Error | undefined
  #closed: Promise<void> | undefined

  constructor(options: JournalOptions, files: Files, clock: Clock, events: JournalEvents, start: JournalStart) {
    this.#options = options
    this.#files = files
    this.#events = events
    this.#epoch = options.epoch
    this.#chain = start.chain
    this.end = start.end
    this.committed = start.end as DurableLsn
    const { end } = start
    this.#positions = { flushed: end, written: end, safe: end, durableInFlight: none, durablePending: none }
    this.#tail = new Tail(options.blockBytes ?? BLOCK_BYTES, options.cacheBytes)
    this.#handles = new SegmentFiles(files, options.directory)
    this.#cache = new ReadCache(this.#handles, options.readCacheBytes)
    const { directory, sync, syncIntervalMs, lazyFlushMs = LAZY_FLUSH_MS } = options
    this.#commit = new GroupCommit(
      { directory, sync, syncIntervalMs, lazyFlushMs },
      files,
      clock,
      events,
      this.#tail,
      this.#positions,
      { takeBatch: () => this.#takeBatch(), advanced: () => this.#advanced(), failed: error => this.#failed(error) },
    )
    this.#segments = new Segments(start.segments.map(({ base, end: to }) => new Segment(base, to)))
    this.block = Buffer.alloc(0)
    this.view = new DataView(this.block.buffer)
    this.#continue()
  }

  #continue(): void {
    for (const { base, end } of this.#segments.list) this.#closedBytes += end - base
    const last = this.#segments.list.at(-1)
    if (last === undefined) return this.#roll()
    this.#closedBytes -= last.end - last.base
    this.#enter(last)
    this.#nextBlock(0)
  }

  get pendingBytes(): number {
    return this.end - this.committed
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
    if (this.end + bytes > this.#segmentLimit && this.end > this.#segmentStart) this.#roll()
    if (this.at + bytes > this.block.length) this.#nextBlock(bytes)
  }

  seal(type: RecordType, flags: number, length: number): Lsn {
    const { at, view, block, end } = this
    view.setUint32(at + 4, length, true)
    block[at + 8] = type
    block[at + 9] = flags
    view.setUint16(at + 10, end === this.#commit.barrier ? 1 : 0, true)
    view.setUint32(at + 12, this.#epoch, true)
    this.#chain = checksum(block, at + 4, at + length, this.#chain)
    view.setUint32(at, this.#chain, true)
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
    if (lazy) this.#commit.requestLazily()
    else this.#commit.request()
    if (!this.#notifying && commitPosition(this.#positions) > this.committed) {
      this.#notifying = true
      queueMicrotask(() => this.#notify())
    }
  }

  peek(at: Lsn, bytes: number, into: Peeked): boolean {
    const block = this.#tail.find(at, bytes)
    if (block !== undefined) {
      into.block = block.buffer
      into.view = block.view
      into.offset = at - block.base
      return true
    }
    const segment = this.#segments.find(at)
    const page = segment === undefined ? undefined : this.#cache.find(segment, at, bytes)
    if (page === undefined) return false
    into.block = page.buffer
    into.view = page.view
    into.offset = at - page.start
    return true
  }

  async fetch(at: Lsn, bytes: number): Promise<void> {
    this.#segment.end = this.end
    const segment = this.#segments.find(at)
    if (segment === undefined) throw new TandemError('JOURNAL_CORRUPT', `no segment holds position ${at}`)
    if (this.#tail.find(at, bytes) !== undefined) return
    await this.#cache.fetch(segment, at, bytes, Math.min(segment.end, this.#positions.written) as Lsn)
  }

  scan(from: Lsn, to: Lsn, visit: (block: Buffer, view: DataView, offset: number, at: Lsn) => void): void {
    let at = from
    this.#tailBlock.used = this.at
    for (const block of this.#tail.from(from)) {
      const stop = Math.min(to, block.base + block.used)
      if (at < block.base && at < stop) break
      while (at < stop) {
        const offset = at - block.base
        visit(block.buffer, block.view, offset, at)
        at = (at + block.view.getUint32(offset + 4, true)) as Lsn
      }
    }
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
    await this.#handles.retire(segment)
    const path = segmentPath(this.#options.directory, base)
    const archive = this.#options.archiveDirectory
    if (archive === null) return this.#files.remove(path)
    await this.#files.list(archive)
    await this.#files.rename(path, `${archive}/${segmentName(base)}`)
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

  #roll(): void {
    if (this.#segments.list.length > 0) {
      this.#segment.end = this.end
      this.#closedBytes += this.end - this.#segment.base
    }
    const segment = new Segment(this.end)
    this.#segments.list.push(segment)
    this.#enter(segment)
    this.#nextBlock(SEGMENT_RECORD_BYTES)
    const { end: base, view, block, at } = this
    writeSegmentHeader(block, view, at, {
      format: JOURNAL_FORMAT,
      seed: this.#chain,
      base,
      epochUid: this.#options.epochUid,
    })
    // It adds nothing, so a run of volatile records does not end at a new segment.
    this.seal(RecordType.segment, RecordFlag.volatile, SEGMENT_RECORD_BYTES)
  }

  #enter(segment: Segment): void {
    this.#segment = segment
    this.#segmentStart = segment.base + SEGMENT_RECORD_BYTES
    this.#segmentLimit = segment.base + this.#options.segmentBytes
  }

  #nextBlock(bytes: number): void {
    if (this.#tailBlock !== undefined) this.#tailBlock.used = this.at
    const next = this.#tail.start(this.#segment, this.end, bytes)
    this.#tailBlock = next
    this.block = next.buffer
    this.view = next.view
    this.at = 0
  }

  #takeBatch(): Lsn {
    this.#tailBlock.used = this.at
    this.#positions.flushed = this.end
    this.#segment.end = this.end
    return this.end
  }

  #advanced(): void {
    this.#notify()
    this.#tail.evict(Math.min(this.#positions.written, this.committed) as Lsn)
  }

  #notify(): void {
    this.#notifying = false
    if (this.#stopped instanceof TandemError && this.#stopped.cause !== undefined) return
    const upTo = commitPosition(this.#positions)
    if (upTo <= this.committed) return
    this.committed = upTo
    this.#events.committed(upTo)
  }

  #failed(error: Error): void {
    this.#stopped = new TandemError('JOURNAL_FAILED', `the journal has stopped: ${error.message}`, { cause: error })
    this.#events.failed(error)
  }
}

/** Opens the journal for appending where recovery found its end. Nothing is written before the first flush. */
export function openJournal(
  options: JournalOptions,
  files: Files,
  clock: Clock,
  events: JournalEvents,
  start: JournalStart,
): JournalWriter {
  return new JournalWriter(options, files, clock, events, start)
}

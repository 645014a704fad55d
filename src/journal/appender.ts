import type { DurableLsn, Lsn } from '../base/lsn.ts'
import type { RecordType } from './record.ts'

/**
 * Where a record is written, in place: nothing is copied between the socket buffer and the block that goes to disk.
 *
 *     reserve(n) ─► write payload into block/view from `at + 16` ─► seal(type, flags, length) ─► Lsn
 *
 * `block`, `view` and `at` may change with every reserve. A reserved record that is not sealed never existed.
 */
export interface Appender {
  readonly block: Buffer
  /** Over the same bytes as `block`: offsets into one are offsets into the other. */
  readonly view: DataView
  /** Offset in `block` at which the next record starts; its payload starts RECORD_HEADER later. */
  readonly at: number
  /** The Lsn that the next sealed record gets, after a reserve. */
  readonly end: Lsn
  /** Makes room for one record of at most `bytes` (header included). Throws JOURNAL_FAILED after a failure. */
  reserve(bytes: number): void
  /** Ends the record of `length` bytes (header included) written at `at`; answers its Lsn. */
  seal(type: RecordType, flags: number, length: number): Lsn
}

/**
 * What the journal tells its owner. All calls come outside of `append` and `flush`, never from within them; a risen
 * limit is answered by `committed` from within `limitCommit`.
 */
export interface JournalEvents {
  /**
   * Records below `end` were flushed: they can be shipped while they are being written here. Lazily flushed ones are told
   * at the latest when their batch is taken. Greater at every call.
   */
  flushed?(end: Lsn): void
  /** By the commit rule of this node alone, everything below is safe here. Greater at every call; comes before `committed`. */
  durable?(upTo: Lsn): void
  /** Everything below `upTo` is safe: apply it, answer, dispatch. Called with ever greater positions. */
  committed(upTo: DurableLsn): void
  /** A write failed for lack of space or for another reason; `stop` ends the journal, a number retries after that many ms. */
  writeFailed(error: Error): 'stop' | number
  /** A retried write went through. */
  writeResumed(): void
  /** The journal is dead (an fsync error, or a write error answered with `stop`). Nothing is acknowledged any more. */
  failed(error: Error): void
}

/** Bytes of one or more whole records in memory. Valid only until the next await: the block is used again. */
export interface Peeked {
  block: Buffer
  view: DataView
  offset: number
}

export interface SegmentInfo {
  /** The segment's first Lsn: that of its SEGMENT record. */
  readonly base: Lsn
  /** The Lsn behind its last record. */
  readonly end: Lsn
}

/** One activation in the journal's history. */
export interface JournalEpoch {
  readonly n: number
  /** 32 hex digits. */
  readonly uid: string
  /** Where its EPOCH record starts. */
  readonly start: Lsn
}

export interface Journal extends Appender {
  /** Everything below is durable by the commit rule. */
  readonly committed: DurableLsn
  /** Bytes appended but not committed: the measure for back-pressure. */
  readonly pendingBytes: number
  /** Bytes of all segments on disk. */
  readonly totalBytes: number
  /** Oldest first; the last one is being written. */
  readonly segments: readonly SegmentInfo[]
  /**
   * Starts writing what was appended, unless a write is in flight (then it follows by itself).
   * `lazy`: nothing waits for these records (auto-mode acknowledgements): they may wait for the next flush that is not
   * lazy, at most `lazyFlushMs`.
   */
  flush(lazy?: boolean): void
  /** Fills `into` with where the record at `at` lies, when its `bytes` are in memory. */
  peek(at: Lsn, bytes: number, into: Peeked): boolean
  /** Reads the page around `at` into memory, so that the next peek finds it. Rejects JOURNAL_CORRUPT, JOURNAL_IO. */
  fetch(at: Lsn, bytes: number): Promise<void>
  /** Calls `visit` for each record of [from, to); both must be record boundaries still in memory (not yet applied). */
  scan(from: Lsn, to: Lsn, visit: (block: Buffer, view: DataView, offset: number, at: Lsn) => void): void
  /** Deletes (or archives) the segment. Never the last one. */
  removeSegment(base: Lsn): Promise<void>
  /** Writes and syncs what is appended, then closes the files. Idempotent. */
  close(): Promise<void>
}

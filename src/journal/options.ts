import type { Histogram } from '../base/histogram.ts'
import type { Epoch, Lsn } from '../base/lsn.ts'
import type { Log } from '../base/log.ts'
import type { JournalEpoch, SegmentInfo } from './appender.ts'

export interface JournalOptions {
  /** Holds the segments, and nothing else that this room reads. */
  readonly directory: string
  /** Bytes after which a new segment starts (journalMaxFileLength). A larger record makes a larger segment. */
  readonly segmentBytes: number
  /** `always`: fdatasync before a record counts; `periodic`: every `syncIntervalMs`; `never`: when a segment is full. */
  readonly sync: 'always' | 'periodic' | 'never'
  readonly syncIntervalMs: number
  /** Write zeros ahead of the end (preallocation.ts), with `always`; default false. */
  readonly preallocate?: boolean
  /** What a lazy flush may wait; default 50 ms. */
  readonly lazyFlushMs?: number
  /** Memory is taken in pieces of this size; default 1 MiB. */
  readonly blockBytes?: number
  /** Written records are kept in memory up to this many bytes, the newest first. */
  readonly cacheBytes: number
  /** Bytes of pages read back from disk that are kept. */
  readonly readCacheBytes: number
  /** The epoch of every record that is appended, until `beginEpoch`. */
  readonly epoch: Epoch
  /** Its 16 random bytes: no two activations ever have the same. */
  readonly epochUid: Buffer
  /** Spent segments are moved there; null deletes them. */
  readonly archiveDirectory: string | null
  readonly log: Log
  /** Is told how long each sync took, in seconds. */
  readonly syncSeconds?: Histogram
}

/** Where a journal goes on: what recovery found, or nothing at all. */
export interface JournalStart {
  readonly segments: readonly SegmentInfo[]
  readonly end: Lsn
  /** The crc of the last record, which seeds the next one. */
  readonly chain: number
  /** Every activation known, oldest first. */
  readonly epochs?: readonly JournalEpoch[]
}

export const LAZY_FLUSH_MS = 50
export const BLOCK_BYTES: number = 1 << 20

/**
 * The journal remembers, in one order, everything that must survive a crash.
 *
 *     reserve · write in place · seal ─► tail (blocks in memory) ─► group commit ─► segment files
 *                                          │      │                  one write, one fdatasync │
 *     an active's bytes ─► intake ──┘      │      │                                             │
 *                                  peek ◄──┘      └─ scan ◄── committed(DurableLsn) ◄─────────┘
 *                                  fetch ◄── read cache ◄── segment files ──► recover ─► visit, oldest first
 *
 * Read: record (the bytes) · segment (one file) · tail · writer · group-commit · preallocation · commit (the rule) · announcer · recovery ·
 * tail-damage (torn or corrupt?) · mend, runs, candidate (what is whole in a damaged one) · reader · read-cache · snapshot · intake (following) · cut · lock. The world is reached by disk, checksum and lock only.
 *
 * Promises: what `committed` announced is on disk as `sync` says, and comes back in order; a write error acknowledges
 * nothing; an fsync error ends the journal for good; memory stays within its limits but for what is not yet committed.
 * Refuses: to guess. A bad record that is not an unfinished last write stops the start, names file and byte, and
 * changes nothing.
 */
export type { Appender, Journal, JournalEpoch, JournalEvents, Peeked, SegmentInfo } from './appender.ts'
export { ChainReader, type ChainEnd, type Visit } from './chain.ts'
export { checksum } from './checksum.ts'
export { cutJournal, finishCut } from './cut.ts'
export { diskFiles, readOnlyDisk } from './disk.ts'
export type { Files, JournalFile } from './files.ts'
export { holders, visitInner } from './inner.ts'
export { ioError } from './io-error.ts'
export { acquireLock, type DirectoryLock, type LockOptions } from './lock.ts'
export { MemoryFiles } from './memory.ts'
export { mendJournal, type Hole, type Mended } from './mend.ts'
export type { JournalOptions, JournalStart } from './options.ts'
export {
  EPOCH_RECORD_BYTES,
  JOURNAL_FORMAT,
  MESSAGE_HEADER,
  RECORD_HEADER,
  RecordFlag,
  RecordType,
  RemovalReason,
  SEGMENT_RECORD_BYTES,
  RETRIES,
  SHOWN_AS,
  TARGET,
  Trait,
  ADVISORY,
  MAP,
  hiddenEnd,
  hiddenStart,
  readLsn,
  recordBytesMax,
  writeLsn,
} from './record.ts'
export { recover, type Recovered, type RecoveryOptions } from './recovery.ts'
export { listSegments, readSegmentHeader, Segment, segmentName, segmentPath, type SegmentHeader } from './segment.ts'
export {
  newestIntactSnapshot,
  readNewestSnapshot,
  snapshotName,
  writeSnapshot,
  type NewestSnapshot,
  type Snapshot,
} from './snapshot.ts'
export { recordName, verifyJournal, verifySealed, type Damage, type Look, type Verification } from './verify.ts'
export { openJournal } from './opening.ts'
export { JournalWriter } from './writer.ts'

import type { Clock } from '../base/clock.ts'
import { TandemError } from '../base/errors.ts'
import { epoch as toEpoch, lsn, type Lsn } from '../base/lsn.ts'
import type { Log } from '../base/log.ts'
import {
  MemoryFiles,
  RECORD_HEADER,
  RecordFlag,
  RecordType,
  diskFiles,
  openJournal,
  readNewestSnapshot,
  recover,
  writeLsn,
  type Files,
  type JournalEvents,
  type JournalWriter,
} from '../journal/journal.ts'
import { DurableState, EpochReason, thawState } from '../store/store.ts'

export interface StoreOptions {
  readonly kind: 'journal' | 'memory'
  readonly directory: string
  readonly segmentBytes: number
  readonly sync: 'always' | 'periodic' | 'never'
  readonly syncIntervalMs: number
  readonly cacheBytes: number
  readonly readCacheBytes: number
  readonly archiveDirectory: string | null
  /** Forget everything first (deleteAllMessagesOnStartup). */
  readonly deleteAll: boolean
  readonly log: Log
  readonly clock: Clock
  /** 16 random bytes. */
  readonly epochUid: Buffer
  /** The disk, unless a test brings its own. */
  readonly files?: Files
}

export interface OpenedStore {
  readonly journal: JournalWriter
  readonly state: DurableState
  readonly files: Files
  readonly directory: string
  /** What recovery read, for the operator. */
  readonly recovered: { readonly records: number; readonly truncatedBytes: number; readonly fromSnapshot: Lsn | null }
}

const OUR_FILE = /^tandemmq-[0-9a-f]{16}\.(journal|snapshot)(\.new)?$/

/**
 * A data directory becomes a journal and its state: newest valid snapshot, then every record behind it, then the epoch
 * that this activation starts. Rejects JOURNAL_CORRUPT with file and byte, having changed nothing.
 */
export async function openStore(options: StoreOptions, events: JournalEvents): Promise<OpenedStore> {
  const files = options.files ?? (options.kind === 'memory' ? new MemoryFiles() : diskFiles)
  const { directory, log } = options
  if (options.deleteAll) await wipe(files, directory)
  const { snapshot, committed } = await readNewestSnapshot(files, directory, log)
  let state = new DurableState()
  if (snapshot !== undefined) {
    const chunks: Buffer[] = []
    for await (const chunk of snapshot.chunks()) chunks.push(chunk)
    state = thawState(Buffer.concat(chunks), snapshot.lsn)
  }
  const from = snapshot?.lsn ?? lsn(0)
  const target = state
  const recovered = await recover(files, { directory, from, committed, log }, (block, view, offset, at) => {
    target.apply(block, view, offset, at)
  })
  dropGoneSegments(state, recovered.segments)
  const epoch = toEpoch(Math.max(recovered.epoch, state.epoch) + 1)
  const journal = openJournal({ ...options, epoch }, files, options.clock, events, recovered)
  appendEpoch(journal, options, recovered.epoch === 0 ? EpochReason.first : EpochReason.restart)
  const { records, truncatedBytes } = recovered
  return {
    journal,
    state,
    files,
    directory,
    recovered: { records, truncatedBytes, fromSnapshot: snapshot?.lsn ?? null },
  }
}

/** Segments that were deleted after the snapshot are forgotten. Rejects JOURNAL_CORRUPT when a message lies in one. */
function dropGoneSegments(state: DurableState, present: readonly { readonly base: Lsn }[]): void {
  const bases = new Set(present.map(({ base }) => base))
  const gone = state.liveness.segments.filter(({ base }) => !bases.has(base))
  for (const { base, live } of gone) {
    if (live === 0) state.liveness.forget(base)
    else throw new TandemError('JOURNAL_CORRUPT', `a segment is missing: ${live} messages lie at ${base} and behind it`)
  }
}

/** Every activation is an epoch of its own (replication rule 3). */
function appendEpoch(journal: JournalWriter, options: StoreOptions, reason: number): void {
  const length = RECORD_HEADER + 25
  journal.reserve(length)
  const { block, view, at } = journal
  options.epochUid.copy(block, at + 16, 0, 16)
  writeLsn(view, at + 32, options.clock.now())
  view.setUint8(at + 40, reason)
  journal.seal(RecordType.epoch, RecordFlag.none, length)
}

/** Removes our own files and nothing else: what is not ours is never touched. */
async function wipe(files: Files, directory: string): Promise<void> {
  for (const name of await files.list(directory)) if (OUR_FILE.test(name)) await files.remove(`${directory}/${name}`)
  await files.syncDirectory(directory)
}

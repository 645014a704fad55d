import type { Clock } from '../base/clock.ts'
import type { Histogram } from '../base/histogram.ts'
import { TandemError } from '../base/errors.ts'
import { epoch as toEpoch, lsn, type Lsn } from '../base/lsn.ts'
import type { Log } from '../base/log.ts'
import {
  MemoryFiles,
  diskFiles,
  finishCut,
  openJournal,
  readNewestSnapshot,
  recover,
  type Files,
  type JournalEvents,
  type JournalWriter,
} from '../journal/journal.ts'
import { DurableState, EpochReason, thawState } from '../store/store.ts'

export interface RecoverOptions {
  readonly kind: 'journal' | 'memory'
  readonly directory: string
  readonly segmentBytes: number
  readonly sync: 'always' | 'periodic' | 'never'
  readonly syncIntervalMs: number
  /** Write zeros ahead of the journal's end; see JournalOptions. */
  readonly preallocate?: boolean
  readonly cacheBytes: number
  readonly readCacheBytes: number
  readonly archiveDirectory: string | null
  /** Forget everything first (deleteAllMessagesOnStartup). */
  readonly deleteAll: boolean
  readonly log: Log
  readonly clock: Clock
  /** The disk, unless a test brings its own. */
  readonly files?: Files
  /** Where a follower that was not in sync began to catch up; see `RecoveryOptions`. */
  readonly lenientFrom?: Lsn | null
  /** As JournalOptions has it. */
  readonly syncSeconds?: Histogram
  /** Told as the journal is read: bytes so far, and bytes in all. */
  readonly onProgress?: (done: number, total: number) => void
}

export interface StoreOptions extends RecoverOptions {
  /** 16 random bytes. */
  readonly epochUid: Buffer
}

export interface OpenedStore {
  readonly journal: JournalWriter
  readonly state: DurableState
  readonly files: Files
  readonly directory: string
  /** Number of the last epoch in the journal; 0 for an empty one. */
  readonly lastEpoch: number
  /** What recovery read, for the operator. */
  readonly recovered: { readonly records: number; readonly truncatedBytes: number; readonly fromSnapshot: Lsn | null }
}

const OUR_FILE = /^tandemmq-[0-9a-f]{16}\.(journal|snapshot|cut)(\.new)?$/

/**
 * What a lone broker starts from: the store as it was left, then the epoch that this activation starts, which is written
 * with the first flush. Rejects as `recoverStore` does.
 */
export async function openStore(options: StoreOptions, events: JournalEvents): Promise<OpenedStore> {
  const store = await recoverStore(options, events)
  const reason = store.lastEpoch === 0 ? EpochReason.first : EpochReason.restart
  store.journal.beginEpoch(toEpoch(store.lastEpoch + 1), options.epochUid, options.clock.now(), reason)
  return store
}

/**
 * A data directory becomes a journal and its state: newest valid snapshot, then every record behind it. Nothing is
 * appended: it may follow an active, or begin an epoch. Rejects JOURNAL_CORRUPT with file and byte, having changed nothing.
 */
export async function recoverStore(options: RecoverOptions, events: JournalEvents): Promise<OpenedStore> {
  const files = options.files ?? (options.kind === 'memory' ? new MemoryFiles() : diskFiles)
  const { directory, log } = options
  if (options.deleteAll) await wipe(files, directory)
  else await finishCut(files, directory, log)
  const { snapshot, committed } = await readNewestSnapshot(files, directory, log)
  let state = new DurableState()
  if (snapshot !== undefined) {
    const chunks: Buffer[] = []
    for await (const chunk of snapshot.chunks()) chunks.push(chunk)
    state = thawState(Buffer.concat(chunks), snapshot.lsn)
  }
  const from = snapshot?.lsn ?? lsn(0)
  const target = state
  const { lenientFrom = null, onProgress } = options
  const progress = onProgress === undefined ? {} : { onProgress }
  const where = { directory, from, committed, lenientFrom, epochs: [...state.epochs], log, ...progress }
  const recovered = await recover(files, where, (block, view, offset, at) => {
    target.apply(block, view, offset, at)
  })
  dropGoneSegments(state, recovered.segments)
  const lastEpoch = Math.max(recovered.epoch, state.epoch)
  const { epochUid } = recovered
  const journal = openJournal(
    { ...options, epoch: toEpoch(lastEpoch), epochUid },
    files,
    options.clock,
    events,
    recovered,
  )
  const { records, truncatedBytes } = recovered
  return {
    journal,
    state,
    files,
    directory,
    lastEpoch,
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

/** Removes our own files and nothing else: what is not ours is never touched. */
async function wipe(files: Files, directory: string): Promise<void> {
  for (const name of await files.list(directory)) if (OUR_FILE.test(name)) await files.remove(`${directory}/${name}`)
  await files.syncDirectory(directory)
}

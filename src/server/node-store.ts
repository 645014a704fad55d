import { randomBytes } from 'node:crypto'
import { DISK_SECONDS, Histogram } from '../base/histogram.ts'
import { epoch as toEpoch, type DurableLsn, type Lsn } from '../base/lsn.ts'
import type { Log } from '../base/log.ts'
import type { ScrubView } from '../base/scrub-view.ts'
import { Maintenance, recoverStore, type OpenedStore } from '../broker/broker.ts'
import type { BrokerConfig } from '../config/config.ts'
import {
  cutJournal,
  diskFiles,
  MemoryFiles,
  readOnlyDisk,
  verifyJournal,
  type Files,
  type JournalEvents,
} from '../journal/journal.ts'
import type { EpochEntry, PairMeta } from '../pair/pair.ts'
import { EpochReason } from '../store/store.ts'
import {
  checkCut,
  exportTail,
  journalDirectory,
  MetaFile,
  settleDirectory,
  wipeRefusal,
  wipeStore,
  type StoreFacts,
} from '../twin/twin.ts'
import { TandemError } from '../base/errors.ts'
import { systemClock } from './clock.ts'
import { SyncTimes, timedFiles } from './disk-speed.ts'
import { Follower } from './follower.ts'
import { storeOptions } from './options.ts'
import { RecoveryProgress, duration, size } from './recovery-progress.ts'
import { Scrub, UNSCRUBBED } from './scrub.ts'

/** What a recovery found. */
export interface RecoveredFacts {
  readonly messages: number
  readonly destinations: number
  /** Of the journal. */
  readonly bytes: number
  readonly ms: number
}

/** A node's data directory: the meta file, and the journal and state that it points to, opened and reopened. */
export class NodeStore {
  readonly files: Files
  readonly directory: string
  /** Of all journals that this node has open one after the other. */
  readonly syncSeconds: Histogram = new Histogram(DISK_SECONDS)
  /** Null: what lies sealed is not read. */
  readonly scrub: Scrub | null
  readonly #config: BrokerConfig
  readonly #log: Log
  readonly #events: JournalEvents
  #meta!: MetaFile
  #opened!: OpenedStore
  #follower!: Follower
  #maintenance!: Maintenance
  /** This history is the active's, so that snapshots and cleanup may go by it (replication A6). */
  settled = false
  /** The journal that was open is being closed. */
  closing = false
  /** What the last opening found. */
  recovered: RecoveredFacts | null = null
  #progress: RecoveryProgress | null = null
  readonly #onProgress: (text: string) => void
  #waiting: { readonly upTo: Lsn; readonly run: () => void } | null = null

  /** `onProgress` is told while a recovery takes long. */
  constructor(
    config: BrokerConfig,
    log: Log,
    events: JournalEvents,
    files: Files | undefined,
    onProgress: (text: string) => void = () => {},
  ) {
    this.#onProgress = onProgress
    this.#config = config
    this.#log = log
    this.#events = events
    this.directory = config.store.directory
    const disk = (): Files => timedFiles(diskFiles, new SyncTimes(log, systemClock, this.directory))
    this.files = files ?? (config.store.kind === 'memory' ? new MemoryFiles() : disk())
    const { scrub: restMs } = config
    const options = { now: systemClock.now, log }
    this.scrub = restMs === null || this.inMemory ? null : new Scrub(readOnlyDisk, this, { ...options, restMs })
  }

  get scrubbed(): ScrubView {
    return this.scrub?.view ?? UNSCRUBBED
  }

  get opened(): OpenedStore {
    return this.#opened
  }

  get meta(): PairMeta {
    return this.#meta.meta
  }

  /** It was in a pair, or is to be in one. */
  get hasTwin(): boolean {
    return this.meta.pairId !== null || this.#config.pair.activeConnector !== null
  }

  get metaFile(): MetaFile {
    return this.#meta
  }

  get follower(): Follower {
    return this.#follower
  }

  /** Of the journal that is open now. */
  get journalDirectory(): string {
    return journalDirectory(this.directory, this.#meta.meta)
  }

  /** The first opening. Rejects JOURNAL_CORRUPT, TWIN_META_INVALID, PAIR_WIPE_REFUSED; nothing was changed then. */
  async start(): Promise<void> {
    this.#meta = await MetaFile.open(this.files, this.directory, newId)
    if (this.#config.deleteAllMessagesOnStartup) await this.#wipe()
    await settleDirectory(this.files, this.directory, this.#meta.meta, Date.now(), this.#log)
    if (this.#meta.meta.suspect) await this.#verify()
    try {
      await this.open()
    } catch (error) {
      throw this.#withWayOut(error)
    }
  }

  /** What to do about a damaged journal depends on who else has the store. */
  #withWayOut(error: unknown): unknown {
    if (!(error instanceof TandemError) || error.code !== 'JOURNAL_CORRUPT') return error
    const salvage = `"tandemmq store salvage ${this.directory} --to FILE"`
    const hint = this.hasTwin
      ? `Nothing was changed. The twin has this store too: let it lead, move ${this.directory} aside, name the twin in ` +
        `activeConnectorURI and start: this node gets a whole copy. Is the twin lost as well, ${salvage} reads what is left.`
      : `Nothing was changed. Restore a backup, or read what is left: ${salvage} writes every message that is still ` +
        'whole, for "tandemmq import" into an empty broker.'
    return new TandemError(error.code, error.message, { cause: error.cause ?? error, hint })
  }

  /**
   * After a disk error nothing was acknowledged any more, so a store that verifies from its first record to its last
   * holds everything that was (rule 7, I15). One that does not stays suspect: its twin has to help.
   */
  async #verify(): Promise<void> {
    const directory = this.journalDirectory
    this.#log.warn(`the disk failed when this store was used last: verifying ${directory}`, { code: 'STORE_VERIFIED' })
    const { damage, records } = await verifyJournal(this.files, directory)
    if (damage?.kind === 'corrupt')
      return this.#log.error(`${damage.file} at byte ${damage.offset}: ${damage.what}; see "tandemmq store check"`, {
        code: 'JOURNAL_CORRUPT',
      })
    await this.#meta.save({ ...this.#meta.meta, suspect: false })
    this.#log.info(`${records} records verified: the store is whole`, { code: 'STORE_VERIFIED' })
  }

  async #wipe(): Promise<void> {
    const { role } = this.#meta.meta
    const refusal = this.#config.pair.deleteAll ? null : wipeRefusal(this.#meta.meta)
    if (refusal === null) return wipeStore(this.files, this.directory, this.#meta, newId)
    // A passive's copy becomes its active's again anyway; and if the active is gone for good, it is the last one.
    if (role === 'passive')
      return this.#log.warn(
        'deleteAllMessagesOnStartup: this copy of the active is kept, and brought up to date by it',
        {
          code: 'PAIR_WIPE_REFUSED',
        },
      )
    throw new TandemError('PAIR_WIPE_REFUSED', refusal, {
      hint: 'Give -Dtandemmq.pair.deleteAll=true to delete it all the same.',
    })
  }

  /** Recovers what the meta file points to; also after a cut, a copy, or the end of a leadership. */
  async open(): Promise<void> {
    const began = performance.now()
    const { role, mayPromote, inSyncTo } = this.#meta.meta
    // Until it is in sync a passive gathers its writes: only what lies below its last time in sync must be whole.
    const lenientFrom = role === 'passive' && !mayPromote ? inSyncTo : null
    const progress = new RecoveryProgress(this.#log, systemClock, this.#onProgress)
    this.#progress = progress
    this.#opened = await recoverStore(
      {
        ...storeOptions(this.#config),
        deleteAll: false, // done, or refused, before
        directory: this.journalDirectory,
        files: this.files,
        log: this.#log,
        clock: systemClock,
        lenientFrom,
        syncSeconds: this.syncSeconds,
        onProgress: progress.report,
      },
      this.#events,
    )
    this.#follower = new Follower(this.#opened)
    const { journal, state, recovered } = this.#opened
    // The core says how far records count; until then nothing new does.
    journal.limitCommit(journal.end)
    this.settled = false
    const space = { storeFull: false }
    const port = { state, journal, schedule: () => {}, spaceFreed: () => {}, spaceWanted: false, space }
    const { files, inMemory } = this
    const options = {
      files,
      directory: this.journalDirectory,
      inMemory,
      relocates: false,
      settled: () => this.settled,
      log: this.#log,
    }
    this.#maintenance = new Maintenance(port, journal, options, recovered.fromSnapshot ?? (0 as DurableLsn))
    this.#tell(performance.now() - began)
  }

  get inMemory(): boolean {
    return this.#config.store.kind === 'memory'
  }

  #tell(ms: number): void {
    const { recovered, state, journal } = this.#opened
    const { messages, destinations } = state
    this.recovered = { messages, destinations: destinations.size, bytes: journal.totalBytes, ms: Math.round(ms) }
    if (state.applied === 0) return
    this.#log.info(
      `recovered ${messages} messages in ${destinations.size} queues, ${size(journal.totalBytes)} of journal, in ${duration(ms)} ` +
        `(${recovered.fromSnapshot === null ? 'no snapshot' : 'snapshot'}, ${recovered.records} records read)`,
      { code: 'STORE_RECOVERED', ms: Math.round(ms) },
    )
    if (recovered.truncatedBytes > 0)
      this.#log.warn(
        `the journal ended in ${recovered.truncatedBytes} bytes of an unfinished write; they were cut off`,
        {
          code: 'STORE_TAIL_CUT',
        },
      )
  }

  /** How far the recovery is that is under way. */
  get progress(): string {
    return this.#progress?.text ?? 'The data directory is being opened.'
  }

  get facts(): StoreFacts {
    const { end, chain, epochs, retainedFrom } = this.#opened.journal
    return { end, chain, epochs: [...epochs], retainedFrom }
  }

  /** What the journal must hold before this is remembered. */
  async syncBefore({ role, paired, mayPromote, suspect }: PairMeta): Promise<void> {
    // A journal that failed syncs nothing more: that it is suspect is remembered all the same (I15).
    if (suspect) return
    const { journal } = this.#opened
    // From in sync on a crash may leave no more than the active's own would: what was gathered is synced first.
    if (role === 'passive' && mayPromote) journal.honourBarriers(true)
    // Alone: what was committed on both without a sync, the passive expects to find here when it comes back.
    else if (role !== 'active' || paired || !this.meta.paired) return
    await journal.sync()
  }

  save(meta: PairMeta): Promise<void> {
    return this.#meta.save(meta)
  }

  /** Every activation is an epoch of its own (rule 3). Resolves when its record is durable here. */
  async begin(
    n: number,
    uid: string,
    reason: 'restart' | 'promotion',
  ): Promise<{ readonly epoch: EpochEntry; readonly end: Lsn }> {
    const { journal } = this.#opened
    const why = journal.end === 0 ? EpochReason.first : EpochReason[reason]
    const epoch = journal.beginEpoch(toEpoch(n), Buffer.from(uid, 'hex'), systemClock.now(), why)
    const { end } = journal
    const durable = new Promise<void>(resolve => {
      this.#waiting = { upTo: end, run: resolve }
    })
    journal.flush()
    await durable
    return { epoch, end }
  }

  /** The journal says how far it is safe here. */
  durable(upTo: Lsn): void {
    const waiting = this.#waiting
    if (waiting === null || upTo < waiting.upTo) return
    this.#waiting = null
    waiting.run()
  }

  /** Rules 9 and A5: what lies behind `at` is exported, then cut; the state is what is left. All of it, when it cannot be cut there. */
  async cut(at: Lsn, receipted: boolean): Promise<StoreFacts> {
    await this.close()
    const why = 'the twin leads with another history from here on'
    const { journal } = this.#meta.meta
    try {
      await checkCut(this.files, this.journalDirectory, at, this.#log)
      await exportTail(this.files, this.directory, at, { journal, receipted, why, now: Date.now(), log: this.#log })
      await cutJournal(this.files, this.journalDirectory, at, this.#log)
    } catch (error) {
      // What lies before `at` is folded away, or not whole: nothing was cut, and a base copy keeps all of it as salvage.
      if (!(error instanceof TandemError) || !['JOURNAL_CUT', 'TWIN_SALVAGE'].includes(error.code)) throw error
      this.#log.warn(`pair: ${error.message}; a copy of the active's journal takes its place`, { code: 'PAIR_COPY' })
    }
    await this.open()
    return this.facts
  }

  /** Passive: what comes round there. */
  maintain(): Promise<void> {
    return this.#maintenance.run()
  }

  /** A snapshot, so that the next start reads little. */
  async snapshot(): Promise<void> {
    await this.#maintenance.idle()
    await this.#maintenance.snapshot()
  }

  async close(): Promise<void> {
    await this.#maintenance.idle()
    this.closing = true
    await this.#opened.journal.close()
    this.closing = false
  }
}

const newId = (): string => randomBytes(16).toString('hex')

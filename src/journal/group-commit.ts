import type { Clock } from '../base/clock.ts'
import type { Lsn } from '../base/lsn.ts'
import type { JournalEvents } from './appender.ts'
import { BatchWriter, type BatchWriterOptions } from './batch-writer.ts'
import { none, type Positions } from './commit.ts'
import { soon } from '../base/soon.ts'
import type { Files } from './files.ts'
import { BLOCK_BYTES } from './options.ts'
import { FREE_BLOCKS_MAX, type Tail } from './tail.ts'

/** Bytes that one sync covers at most while a follower catches up: 8 MiB. */
const gatheredBytesMax = 8 * 1024 * 1024

/** What the writer and its group commit tell each other. */
export interface GroupCommitOwner {
  /** Everything appended so far becomes the batch; answers where it ends. */
  takeBatch(): Lsn
  /** The first record at or behind `from` that must find everything before it synced (taken over from an active); `none`. */
  barrierFrom(from: Lsn): Lsn
  /** A batch is on disk, or volatile records may commit. */
  advanced(): void
  /** The journal is dead. Called once. */
  failed(error: Error): void
}

export interface GroupCommitOptions extends BatchWriterOptions {
  readonly syncIntervalMs: number
  readonly lazyFlushMs: number
}

interface Waiter {
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** What is on its way to disk; see WrittenRange. */
interface Batch {
  from: Lsn
  to: Lsn
  sync: boolean
  syncFirst: boolean
  inline: boolean
  /** It ends before a barrier, so not all that was appended is part of it. */
  split: boolean
  /** Somebody waits for a sync, whatever the strategy. */
  demanded: boolean
  waiters: readonly Waiter[]
}

const nobody: readonly Waiter[] = []

/** Decides what is written when, one batch at a time: what is appended while a batch is in flight makes up the next one. */
export class GroupCommit {
  readonly #tail: Tail
  readonly #clock: Clock
  readonly #options: GroupCommitOptions
  readonly #at: Positions
  readonly #owner: GroupCommitOwner
  readonly #writer: BatchWriter
  /** The batch in flight, while `#running`. */
  readonly #batch: Batch
  /** Really synced, whatever `sync` says. */
  synced: Lsn
  /** The first record at or behind this position is written only once everything before it is synced. */
  barrier: Lsn
  #gathers = false
  /** Written, to be synced, and not synced yet: only while it gathers. */
  #owes = false
  #urgent = false
  #syncDemanded = false
  #syncWaiters: Waiter[] = []
  #running = false
  /** They wait for `#running` to end. */
  readonly #idle: (() => void)[] = []
  #dead: Error | undefined
  /** What was flushed lazily waits since then; ms, monotonic. `none`: nothing does. */
  #lazySince: number = none
  #cancelLazy: (() => void) | undefined
  #cancelPeriodic: (() => void) | undefined

  constructor(
    options: GroupCommitOptions,
    files: Files,
    clock: Clock,
    events: JournalEvents,
    tail: Tail,
    at: Positions,
    owner: GroupCommitOwner,
  ) {
    this.#options = options
    this.#clock = clock
    this.#tail = tail
    this.#at = at
    this.#owner = owner
    this.#writer = new BatchWriter(options, files, clock, events, tail, error => this.#written(error))
    const { written } = at
    this.#batch = {
      from: written,
      to: written,
      sync: false,
      syncFirst: false,
      inline: false,
      split: false,
      demanded: false,
      waiters: nobody,
    }
    this.synced = written
    this.barrier = written
  }

  /** A follower catches up: nobody waits for single batches, so several share one sync, and much is in memory meanwhile. */
  set gathers(on: boolean) {
    this.#gathers = on
    this.#tail.freeBlocksMax = on ? (4 * gatheredBytesMax) / BLOCK_BYTES : FREE_BLOCKS_MAX
  }

  /** Writes what is flushed now, or with the batch that follows the one in flight. */
  request(): void {
    this.#urgent = true
    this.#lazySince = none
    this.#start()
  }

  /** Writes what is flushed within `lazyFlushMs`. */
  requestLazily(): void {
    if (this.#urgent || this.#lazySince < none) return
    this.#lazySince = this.#clock.monotonic()
    this.#cancelLazy ??= this.#clock.after(this.#options.lazyFlushMs, this.#lazyEnds)
  }

  /** Nearly always another flush has come before: the timer is left to run out, as one for each message is more work than that. */
  readonly #lazyEnds = (): void => {
    this.#cancelLazy = undefined
    if (this.#lazySince === none) return
    const left = this.#lazySince + this.#options.lazyFlushMs - this.#clock.monotonic()
    if (left > 0) this.#cancelLazy = this.#clock.after(left, this.#lazyEnds)
    else this.request()
  }

  /** Resolves when everything appended before the call is synced, whatever the sync strategy. */
  async sync(): Promise<void> {
    if (this.#dead !== undefined) throw this.#dead
    const { promise, waiter } = waiting()
    this.#syncWaiters.push(waiter)
    this.#syncDemanded = true
    this.request()
    await promise
  }

  /** Writes and syncs everything, then closes the file. A failing disk is not waited for. */
  async close(): Promise<void> {
    this.#writer.hurry()
    if (this.#dead === undefined) await this.sync().catch(() => undefined)
    if (this.#running) await new Promise<void>(resolve => this.#idle.push(resolve))
    this.#cancelLazy?.()
    this.#cancelPeriodic?.()
    await this.#writer.close(this.#dead === undefined ? this.#at.written : undefined)
  }

  #start(): void {
    if (this.#running || this.#dead !== undefined) return
    this.#running = true
    this.#next()
  }

  /** Batch after batch, until nothing waits. What a batch holds is told (`flushed`) before the first byte of it is written. */
  #next(): void {
    if (this.#dead === undefined && (this.#urgent || this.#syncDemanded || this.#owes)) {
      this.#take()
      return soon(this.#write)
    }
    this.#running = false
    if (this.#idle.length > 0) for (const resolve of this.#idle.splice(0)) resolve()
    if (this.#dead === undefined && !this.#gathers)
      this.#writer.writeAhead(this.#at.written, error => this.#fail(error))
  }

  readonly #write = (): void => {
    if (this.#writer.write(this.#batch)) this.#written(null)
  }

  /** An error of the owner's callbacks is a broken promise, not a disk error: it is not caught. */
  #written(error: Error | null): void {
    if (error === null) this.#finish()
    else {
      this.#syncWaiters.push(...this.#batch.waiters)
      this.#fail(error)
    }
    this.#next()
  }

  /** What was appended becomes the batch. */
  #take(): void {
    const at = this.#at
    const batch = this.#batch
    // Nothing follows: what was written without a sync is synced now.
    if (!this.#urgent && !this.#syncDemanded) this.#syncDemanded = true
    this.#urgent = false
    batch.demanded = this.#syncDemanded
    this.#syncDemanded = false
    batch.waiters = nobody
    if (this.#syncWaiters.length > 0) {
      batch.waiters = this.#syncWaiters
      this.#syncWaiters = []
    }
    const from = at.written
    const taken = this.#owner.takeBatch()
    let barrier = this.#owner.barrierFrom(from)
    batch.syncFirst = barrier === from && this.synced < from
    if (barrier === from) barrier = this.#owner.barrierFrom((from + 1) as Lsn)
    batch.split = barrier < taken
    const to = batch.split ? barrier : taken
    at.durableInFlight = Math.min(at.durableInFlight, at.durablePending) as Lsn
    at.durablePending = batch.split ? barrier : none
    const wanted = this.#options.sync === 'always' && at.durableInFlight !== none
    this.#owes = wanted && this.#gathers && !batch.demanded && !batch.split && to - this.synced < gatheredBytesMax
    batch.from = from
    batch.to = to
    batch.sync = batch.demanded || batch.split || (wanted && !this.#owes)
    // In a pair (`limit`) never: the other end must hear from this one whatever its disk does.
    batch.inline = at.limit === none && !this.#gathers
    if (batch.sync) this.barrier = to
  }

  /** The batch is written, and on disk when it had to be. */
  #finish(): void {
    const at = this.#at
    const { to, sync, split, demanded, waiters } = this.#batch
    at.written = to
    if (sync) this.synced = to
    else if (this.#options.sync === 'periodic') this.#syncSoon()
    if (sync || this.#options.sync !== 'always') {
      at.safe = to
      at.durableInFlight = none
    }
    if (split) {
      // The rest follows at once; who waits for a sync of all of it waits on.
      this.#urgent = true
      this.#syncDemanded ||= demanded
      this.#syncWaiters.unshift(...waiters)
    } else for (const waiter of waiters) waiter.resolve()
    this.#owner.advanced()
  }

  #syncSoon(): void {
    this.#cancelPeriodic ??= this.#clock.after(this.#options.syncIntervalMs, () => {
      this.#cancelPeriodic = undefined
      this.#syncDemanded = true
      this.#start()
    })
  }

  #fail(error: Error): void {
    this.#dead = error
    this.#cancelLazy?.()
    this.#cancelPeriodic?.()
    for (const waiter of this.#syncWaiters.splice(0)) waiter.reject(error)
    this.#owner.failed(error)
  }
}

function waiting(): { promise: Promise<void>; waiter: Waiter } {
  let waiter: Waiter | undefined
  const promise = new Promise<void>((resolve, reject) => {
    waiter = { resolve, reject }
  })
  return { promise, waiter: waiter as unknown as Waiter }
}

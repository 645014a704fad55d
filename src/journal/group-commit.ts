import type { Clock } from '../base/clock.ts'
import type { Histogram } from '../base/histogram.ts'
import type { Lsn } from '../base/lsn.ts'
import type { JournalEvents } from './appender.ts'
import { none, type Positions } from './commit.ts'
import type { Files, JournalFile } from './files.ts'
import { BLOCK_BYTES } from './options.ts'
import { InlineSync } from './inline-sync.ts'
import { isFull, Preallocation } from './preallocation.ts'
import { segmentPath, type Segment } from './segment.ts'
import { FREE_BLOCKS_MAX, type Block, type Tail } from './tail.ts'

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

export interface GroupCommitOptions {
  readonly directory: string
  readonly sync: 'always' | 'periodic' | 'never'
  readonly syncIntervalMs: number
  readonly lazyFlushMs: number
  readonly segmentBytes: number
  readonly preallocate?: boolean
  readonly syncSeconds?: Histogram
}

interface Waiter {
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/**
 * Carries the tail to disk, one batch at a time: what is appended while a batch is in flight makes up the next one.
 *
 *     batch = write … (a new segment: sync the old, create, sync the directory, write …) ─► fdatasync when it must
 *
 * The order of these steps is a promise to recovery: every segment but the last is whole on disk before the next one
 * holds a byte. An fsync error is final (after it the kernel may call lost pages clean); a write error is the owner's call.
 */
export class GroupCommit {
  readonly #files: Files
  readonly #tail: Tail
  readonly #clock: Clock
  readonly #events: JournalEvents
  readonly #options: GroupCommitOptions
  readonly #at: Positions
  readonly #owner: GroupCommitOwner
  readonly #ahead: Preallocation | null
  readonly #inline = new InlineSync()
  #file: JournalFile | undefined
  #segment: Segment | undefined
  /** The open file holds bytes that no sync has covered. */
  #dirty = false
  /** The last batch ended before a barrier, so not all that was appended is part of it. */
  #split = false
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
  #running: Promise<void> | undefined
  #closing = false
  #dead: Error | undefined
  /** A write is to be tried again: at once. */
  #retryNow: (() => void) | undefined
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
    this.#files = files
    this.#clock = clock
    this.#events = events
    this.#tail = tail
    this.#at = at
    this.#owner = owner
    this.#ahead =
      options.preallocate === true && options.sync === 'always' ? new Preallocation(options.segmentBytes) : null
    this.synced = at.written
    this.barrier = at.written
  }

  /** A follower catches up: nobody waits for single batches, so several share one sync, and much is in memory meanwhile. */
  set gathers(on: boolean) {
    this.#gathers = on
    this.#tail.freeBlocksMax = on ? (4 * gatheredBytesMax) / BLOCK_BYTES : FREE_BLOCKS_MAX
  }

  /** Writes what is flushed now, or with the batch that follows the one in flight. */
  request(): void {
    this.#urgent = true
    this.#cancelLazy?.()
    this.#cancelLazy = undefined
    this.#start()
  }

  /** Writes what is flushed within `lazyFlushMs`. */
  requestLazily(): void {
    if (this.#urgent || this.#cancelLazy !== undefined) return
    this.#cancelLazy = this.#clock.after(this.#options.lazyFlushMs, () => this.request())
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
    this.#closing = true
    this.#retryNow?.()
    if (this.#dead === undefined) await this.sync().catch(() => undefined)
    await this.#running
    this.#cancelLazy?.()
    this.#cancelPeriodic?.()
    if (this.#dead === undefined) await this.#trim(this.#at.written).catch(() => undefined)
    await this.#file?.close().catch(() => undefined)
    this.#file = undefined
  }

  #start(): void {
    if (this.#running !== undefined || this.#dead !== undefined) return
    this.#running = this.#run()
  }

  async #run(): Promise<void> {
    // An error of the owner's callbacks is a broken promise, not a disk error: only `#persist` is guarded.
    while (this.#dead === undefined && (this.#urgent || this.#syncDemanded || this.#owes)) {
      // Nothing follows: what was written without a sync is synced now.
      if (!this.#urgent && !this.#syncDemanded) this.#syncDemanded = true
      this.#urgent = false
      const demanded = this.#syncDemanded
      const waiters = this.#syncWaiters
      this.#syncDemanded = false
      this.#syncWaiters = []
      const error = await this.#persist(demanded)
      if (error === undefined) {
        if (this.#split) this.#goOn(demanded, waiters)
        else for (const waiter of waiters) waiter.resolve()
        this.#owner.advanced()
      } else {
        this.#syncWaiters.push(...waiters)
        this.#fail(error)
      }
    }
    this.#running = undefined
    this.#writeAhead()
  }

  /** Nothing waits: zeros are written behind the end. */
  #writeAhead(): void {
    if (this.#ahead === null || this.#closing || this.#gathers || this.#dead !== undefined) return
    if (this.#file === undefined || this.#segment === undefined) return
    this.#ahead.extend(this.#file, this.#at.written - this.#segment.base, error => this.#fail(error))
  }

  /** The open file becomes as long as what is written in it. */
  async #trim(end: Lsn): Promise<void> {
    await this.#ahead?.settled
    if (this.#file === undefined || this.#segment === undefined) return
    const length = end - this.#segment.base
    if (this.#ahead?.reaches(length) !== true) return
    await this.#file.truncate(length)
    this.#dirty = true
  }

  /** The rest follows at once; who waits for a sync of all of it waits on. */
  #goOn(demanded: boolean, waiters: Waiter[]): void {
    this.#urgent = true
    this.#syncDemanded ||= demanded
    this.#syncWaiters.unshift(...waiters)
  }

  /** One batch. Answers the error that ends the journal. */
  async #persist(demanded: boolean): Promise<Error | undefined> {
    const at = this.#at
    const from = at.written
    const taken = this.#owner.takeBatch()
    let barrier = this.#owner.barrierFrom(from)
    const syncFirst = barrier === from && this.synced < from
    if (barrier === from) barrier = this.#owner.barrierFrom((from + 1) as Lsn)
    this.#split = barrier < taken
    const to = this.#split ? barrier : taken
    const strategy = this.#options.sync
    at.durableInFlight = Math.min(at.durableInFlight, at.durablePending) as Lsn
    at.durablePending = this.#split ? barrier : none
    const wanted = strategy === 'always' && at.durableInFlight !== none
    this.#owes = wanted && this.#gathers && !demanded && !this.#split && to - this.synced < gatheredBytesMax
    const sync = demanded || this.#split || (wanted && !this.#owes)
    if (sync) this.barrier = to
    try {
      if (syncFirst) await this.#syncFile()
      for (const block of this.#tail.from(from)) {
        const start = Math.max(from, block.base)
        const stop = Math.min(to, block.base + block.used)
        if (stop <= start) continue
        if (block.segment !== this.#segment) await this.#enter(block.segment)
        await this.#write(block, start, stop, sync && stop === to)
      }
      if (sync) await this.#syncFile()
    } catch (thrown) {
      return thrown instanceof Error ? thrown : new Error(String(thrown))
    }
    at.written = to
    if (sync) this.synced = to
    else if (strategy === 'periodic') this.#syncSoon()
    if (sync || strategy !== 'always') {
      at.safe = to
      at.durableInFlight = none
    }
    return undefined
  }

  /**
   * Writes [start, stop) of a block. The last write of a batch is its own sync where the file can do that and nothing
   * else waits for one: the disk then works on while the event loop is busy, instead of waiting to be told to sync.
   */
  async #write(block: Block, start: number, stop: number, durably: boolean): Promise<void> {
    const file = this.#file as JournalFile
    const { base, buffer } = block
    const range = [buffer, start - base, stop - base, start - block.segment.base] as const
    await this.#ahead?.blocks(stop - block.segment.base)
    if (durably && !this.#dirty && file.writeDurably !== undefined) {
      const inline = file.writeDurablySync !== undefined && this.#mayStandStill(stop - start)
      await this.#timed(() =>
        this.#retrying(async () => {
          if (inline) file.writeDurablySync!(...range)
          else await file.writeDurably!(...range)
        }, isFull),
      )
    } else {
      this.#dirty = true
      await this.#retrying(() => file.write(...range))
    }
  }

  /** In a pair (`limit`) never: the other end must hear from this one whatever its disk does. */
  #mayStandStill(bytes: number): boolean {
    if (this.#at.limit !== none || this.#gathers || this.#ahead?.filling === true) return false
    return this.#inline.allows(bytes, this.#clock.monotonic())
  }

  /** Goes on to the next segment's file; the one before is whole and synced first. */
  async #enter(segment: Segment): Promise<void> {
    if (this.#file !== undefined) {
      if (this.#segment !== undefined) await this.#trim(this.#segment.end)
      await this.#syncFile()
      await this.#file.close().catch(() => undefined)
      this.#file = undefined
    }
    await this.#retrying(async () => {
      this.#file ??= await this.#files.open(segmentPath(this.#options.directory, segment.base))
    })
    await this.#files.syncDirectory(this.#options.directory)
    this.#segment = segment
    this.#ahead?.enter()
  }

  async #syncFile(): Promise<void> {
    if (!this.#dirty) return
    await this.#timed(async () => this.#file?.sync())
    this.#dirty = false
  }

  /** A sync, or a write that is its own. */
  async #timed(sync: () => Promise<void>): Promise<void> {
    const began = this.#clock.monotonic()
    await sync()
    const now = this.#clock.monotonic()
    this.#inline.took(now - began, now)
    this.#options.syncSeconds?.add((now - began) / 1000)
  }

  async #retrying(work: () => Promise<void>, repeatable: (error: Error) => boolean = () => true): Promise<void> {
    for (let failures = 0; ; failures++) {
      try {
        await work()
        if (failures > 0) this.#events.writeResumed()
        return
      } catch (thrown) {
        const error = thrown instanceof Error ? thrown : new Error(String(thrown))
        if (this.#closing || !repeatable(error)) throw error
        const answer = this.#events.writeFailed(error)
        if (answer === 'stop') throw error
        await this.#pause(answer)
      }
    }
  }

  async #pause(ms: number): Promise<void> {
    if (this.#closing) return
    await new Promise<void>(resolve => {
      const cancel = this.#clock.after(ms, resolve)
      this.#retryNow = () => (cancel(), resolve())
    })
    this.#retryNow = undefined
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

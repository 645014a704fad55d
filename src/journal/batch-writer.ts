import type { Clock } from '../base/clock.ts'
import type { Histogram } from '../base/histogram.ts'
import type { Lsn } from '../base/lsn.ts'
import type { JournalEvents } from './appender.ts'
import { durableWrite, type Files, type JournalFile } from './files.ts'
import { InlineSync } from './inline-sync.ts'
import { isFull, Preallocation } from './preallocation.ts'
import { segmentPath, type Segment } from './segment.ts'
import type { Block, Tail } from './tail.ts'

export interface BatchWriterOptions {
  readonly directory: string
  readonly sync: 'always' | 'periodic' | 'never'
  readonly segmentBytes: number
  readonly preallocate?: boolean
  readonly syncSeconds?: Histogram
}

/** What is to be written: [from, to) of the journal. */
export interface WrittenRange {
  readonly from: Lsn
  readonly to: Lsn
  /** It is on disk before it counts as written. */
  readonly sync: boolean
  /** What lies before must be synced before the first byte is written. */
  readonly syncFirst: boolean
  /** The event loop may stand still for it, if that is the sooner way; see inline-sync.ts. */
  readonly inline: boolean
}

/**
 * The journal's end of the files: brings one range at a time to disk.
 *
 *     write … (a new segment: sync the old, create, sync the directory, write …) ─► fdatasync when it must
 *
 * The order of these steps is a promise to recovery: every segment but the last is whole on disk before the next one
 * holds a byte. An fsync error is final (after it the kernel may call lost pages clean); a write error is the owner's call.
 * Whoever waits for a single message waits for each promise on this way, so a range that is one durable write into the
 * open file, as nearly all are, makes none.
 */
export class BatchWriter {
  readonly #files: Files
  readonly #tail: Tail
  readonly #clock: Clock
  readonly #events: JournalEvents
  readonly #options: BatchWriterOptions
  readonly #ahead: Preallocation | null
  readonly #inline = new InlineSync()
  /** The range is on disk (null), or never will be. Not called from within `write`. */
  readonly #done: (error: Error | null) => void
  #file: JournalFile | undefined
  #segment: Segment | undefined
  /** The open file holds bytes that no sync has covered. */
  #dirty = false
  #range!: WrittenRange
  /** When the sync that is under way began; ms, monotonic. */
  #began = 0
  /** A write failed and is tried again. */
  #interrupted = false
  #closing = false
  /** A write is to be tried again: at once. */
  #retryNow: (() => void) | undefined

  constructor(
    options: BatchWriterOptions,
    files: Files,
    clock: Clock,
    events: JournalEvents,
    tail: Tail,
    done: (error: Error | null) => void,
  ) {
    this.#options = options
    this.#files = files
    this.#clock = clock
    this.#events = events
    this.#tail = tail
    this.#done = done
    this.#ahead =
      options.preallocate === true && options.sync === 'always' ? new Preallocation(options.segmentBytes) : null
  }

  /** Writes the range, which stays as it is meanwhile. True: that is done. False: `done` will be called. */
  write(range: WrittenRange): boolean {
    this.#range = range
    const block = this.#plainBlock()
    if (block === undefined) return this.#carryOut()
    const { from, to } = range
    const file = this.#file as JournalFile
    const start = from - block.base
    const stop = to - block.base
    const position = from - block.segment.base
    this.#began = this.#clock.monotonic()
    if (file.writeDurablySync === undefined || !this.#mayStandStill(to - from)) {
      file.writeDurably?.(block.buffer, start, stop, position, this.#wrote)
      return false
    }
    try {
      file.writeDurablySync(block.buffer, start, stop, position)
    } catch (thrown) {
      return this.#tryAgain(asError(thrown))
    }
    this.#took()
    this.#resumed()
    return true
  }

  readonly #wrote = (error: Error | null): void => {
    if (error !== null) return void this.#tryAgain(error)
    this.#took()
    this.#resumed()
    this.#done(null)
  }

  /** Unless what failed is final. */
  #tryAgain(error: Error): false {
    void this.#overcome(error, isFull).then(() => {
      if (this.write(this.#range)) this.#done(null)
    }, this.#done)
    return false
  }

  /** Nothing waits: zeros are written behind the journal's end. */
  writeAhead(end: Lsn, failed: (error: Error) => void): void {
    if (this.#ahead === null || this.#closing || this.#file === undefined || this.#segment === undefined) return
    this.#ahead.extend(this.#file, end - this.#segment.base, failed)
  }

  /** Nothing is waited for any more. */
  hurry(): void {
    this.#closing = true
    this.#retryNow?.()
  }

  /** Closes the file. `end`: where the journal ends, when its disk is known to work. */
  async close(end: Lsn | undefined): Promise<void> {
    if (end !== undefined) await this.#trim(end).catch(() => undefined)
    await this.#file?.close().catch(() => undefined)
    this.#file = undefined
  }

  /** The block that holds all of the range, when a durable write into the open file is all there is to do. */
  #plainBlock(): Block | undefined {
    const { from, to, sync, syncFirst } = this.#range
    if (!sync || syncFirst || this.#dirty || from === to || this.#file?.writeDurably === undefined) return undefined
    const block = this.#tail.find(from, to - from)
    if (block === undefined || block.segment !== this.#segment) return undefined
    return this.#ahead?.blocks(to - block.segment.base) === undefined ? block : undefined
  }

  #mayStandStill(bytes: number): boolean {
    return this.#range.inline && this.#ahead?.filling !== true && this.#inline.allows(bytes, this.#began)
  }

  /** The range, whatever it needs. */
  #carryOut(): false {
    void this.#persist().then(this.#done)
    return false
  }

  /** Answers the error that ends the journal. */
  async #persist(): Promise<Error | null> {
    const { from, to, sync, syncFirst } = this.#range
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
      return asError(thrown)
    }
    return null
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
      await this.#timed(() => this.#retrying(() => durableWrite(file, ...range), isFull))
    } else {
      this.#dirty = true
      await this.#retrying(() => file.write(...range))
    }
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

  /** The open file becomes as long as what is written in it. */
  async #trim(end: Lsn): Promise<void> {
    await this.#ahead?.settled
    if (this.#file === undefined || this.#segment === undefined) return
    const length = end - this.#segment.base
    if (this.#ahead?.reaches(length) !== true) return
    await this.#file.truncate(length)
    this.#dirty = true
  }

  async #syncFile(): Promise<void> {
    if (!this.#dirty) return
    await this.#timed(async () => this.#file?.sync())
    this.#dirty = false
  }

  async #timed(sync: () => Promise<void>): Promise<void> {
    this.#began = this.#clock.monotonic()
    await sync()
    this.#took()
  }

  /** A sync has ended, or a write that is its own. */
  #took(): void {
    const now = this.#clock.monotonic()
    const ms = now - this.#began
    this.#inline.took(ms, now)
    this.#options.syncSeconds?.add(ms / 1000)
  }

  async #retrying(work: () => Promise<void>, repeatable: (error: Error) => boolean = () => true): Promise<void> {
    for (;;) {
      try {
        await work()
        break
      } catch (thrown) {
        await this.#overcome(asError(thrown), repeatable)
      }
    }
    this.#resumed()
  }

  #resumed(): void {
    if (!this.#interrupted) return
    this.#interrupted = false
    this.#events.writeResumed()
  }

  /** Returns when what failed may be tried again; throws the error when it is final. */
  async #overcome(error: Error, repeatable: (error: Error) => boolean): Promise<void> {
    if (this.#closing || !repeatable(error)) throw error
    const answer = this.#events.writeFailed(error)
    if (answer === 'stop') throw error
    this.#interrupted = true
    await this.#pause(answer)
  }

  async #pause(ms: number): Promise<void> {
    if (this.#closing) return
    await new Promise<void>(resolve => {
      const cancel = this.#clock.after(ms, resolve)
      this.#retryNow = () => (cancel(), resolve())
    })
    this.#retryNow = undefined
  }
}

const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)))

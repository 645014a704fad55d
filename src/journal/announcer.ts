import type { DurableLsn, Lsn } from '../base/lsn.ts'
import type { JournalEvents } from './appender.ts'
import { commitPosition, ownPosition, type Positions } from './commit.ts'
import { soon } from '../base/soon.ts'

/** Tells the owner what was flushed, is safe here, and is committed: each position once, ever greater, never from within a call. */
export class Announcer {
  committed: DurableLsn
  readonly #at: Positions
  readonly #events: JournalEvents
  /** What was told by `flushed` and `durable`. */
  #flushed: Lsn
  #own: Lsn
  #waiting = false
  /** The owner is being told something. */
  telling = false
  #failed = false

  constructor(at: Positions, events: JournalEvents, end: Lsn) {
    this.#at = at
    this.#events = events
    this.#flushed = end
    this.#own = end
    this.committed = end as DurableLsn
  }

  /** A failed journal tells nothing more (rule 7). */
  fail(): void {
    this.#failed = true
  }

  /** After a flush: tells soon, when there is something to tell. */
  flushed(lazy: boolean): void {
    const ships = !lazy && this.#events.flushed !== undefined && this.#at.flushed > this.#flushed
    if (ships || ownPosition(this.#at) > this.#own) this.#soon()
  }

  #soon(): void {
    if (this.#waiting) return
    this.#waiting = true
    soon(this.#tellNow)
  }

  readonly #tellNow = (): void => this.tell()

  /** What the owner's answers bring about (a risen limit) is told here too, not from within them. */
  tell(): void {
    this.#waiting = false
    if (this.telling) return
    this.telling = true
    try {
      while (!this.#failed && this.#tellOnce()) continue
    } finally {
      this.telling = false
    }
  }

  #tellOnce(): boolean {
    const at = this.#at
    if (at.flushed > this.#flushed) {
      this.#flushed = at.flushed
      this.#events.flushed?.(at.flushed)
    }
    const own = ownPosition(at)
    if (own > this.#own) {
      this.#own = own
      this.#events.durable?.(own)
    }
    const upTo = commitPosition(at)
    if (upTo <= this.committed) return false
    this.committed = upTo
    this.#events.committed(upTo)
    return true
  }
}

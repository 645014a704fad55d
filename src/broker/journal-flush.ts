import type { Lsn } from '../base/lsn.ts'
import type { Journal } from '../journal/journal.ts'
import type { Dispatching } from './dispatching.ts'

/** Bytes that may be appended and not committed before reading stops: 16 MiB; it goes on at half of that. */
export const pendingBytesMax: number = 16 * 1024 * 1024

/** Hands what was appended to the disk, and says when nobody waits for it. */
export class JournalFlush {
  readonly #journal: Journal
  readonly #dispatching: Dispatching
  /** Where the journal ended at the last flush, and how much of what came since nobody waits for. */
  #flushed: Lsn
  #lazyBytes = 0
  readonly #held: () => boolean

  /** While `held`, the journal is not the broker's: nothing is flushed, and there is nothing to do. */
  constructor(journal: Journal, dispatching: Dispatching, held: () => boolean) {
    this.#journal = journal
    this.#held = held
    this.#dispatching = dispatching
    this.#flushed = journal.end
  }

  /** Nothing was appended since, and nothing is to be. */
  get done(): boolean {
    return this.#held() || (this.#dispatching.settled.empty && this.#journal.end === this.#flushed)
  }

  run(): void {
    if (this.#held()) return
    this.#dispatching.remembered.write(this.#journal)
    this.#lazyBytes += this.#dispatching.settled.write(this.#journal)
    const { end } = this.#journal
    if (end === this.#flushed) return
    this.#journal.flush(end - this.#flushed === this.#lazyBytes)
    this.#flushed = end
    this.#lazyBytes = 0
  }
}

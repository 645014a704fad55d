import type { Chronicle } from '../crash/clients.ts'

/** When receipts came: how long clients had none. Times in ms of performance.now(). */
export class Receipts {
  count = 0
  /** The longest time between two receipts, since `restart` or the beginning. */
  longestMs = 0
  #lastAt = 0
  #newestOpenedAt = 0
  #waiting: (() => void)[] = []

  constructor(chronicle: Chronicle) {
    chronicle.onReceipt = openedAt => this.#came(openedAt)
  }

  /** Measures anew, from the last receipt on. */
  restart(): void {
    this.longestMs = 0
  }

  /** Resolves at the first receipt of a connection that was opened after that time. */
  async ofConnectionAfter(time: number): Promise<void> {
    while (this.#newestOpenedAt < time) await this.#next()
  }

  /** Resolves when this many more came. */
  async more(count: number): Promise<void> {
    for (const end = this.count + count; this.count < end;) await this.#next()
  }

  /** How long it has been since the last one. */
  silentMs(): number {
    return performance.now() - this.#lastAt
  }

  #came(openedAt: number): void {
    const now = performance.now()
    this.count++
    if (this.#lastAt > 0) this.longestMs = Math.max(this.longestMs, now - this.#lastAt)
    this.#lastAt = now
    this.#newestOpenedAt = Math.max(this.#newestOpenedAt, openedAt)
    for (const wake of this.#waiting.splice(0)) wake()
  }

  #next(): Promise<void> {
    return new Promise(resolve => this.#waiting.push(resolve))
  }
}

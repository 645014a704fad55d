/** Bytes of a write that may be made in line: 64 KiB. */
const bytesMax = 64 << 10
/** Syncs that take longer on average than this (ms) are never made in line. */
const averageMsMax = 0.8
/** After a sync that took longer than this (ms), none is made in line for `calmMs`. */
const slowMs = 20
const calmMs = 1000
/** Syncs that are watched before the first is made in line. */
const watched = 16
/** Of the time that passes, this share may be spent on the disk before it counts as busy. */
const restShare = 0.5
/** The disk counts as busy while it has worked for more syncs than this ahead of that share, up to `debtMax` of them. */
const debtAllowed = 3
const debtMax = 20
/** The average follows the last syncs: each counts for an eighth. */
const weight = 1 / 8

/**
 * When the event loop may make a durable write itself, and stand still meanwhile, instead of giving it to another thread.
 * The hand-over there and back costs a receipt about a seventh of its time, which matters to whoever waits for one message; under
 * load the loop has better to do, and on a slow disk others would wait with it.
 *
 *     in line:  the batch is small · the disk is fast · no twin is in step
 *               · it was idle for as long as a sync takes, or lately for more than half of the time (two that come together)
 */
export class InlineSync {
  #averageMs = 0
  #watched = 0
  #endedAt = -Infinity
  #slowUntil = -Infinity
  /** What the disk has worked, less its share of the time passed, at `#endedAt`; ms. */
  #debtMs = 0

  /** May a write of so many bytes be made in line at `now` (ms, monotonic)? */
  allows(bytes: number, now: number): boolean {
    return (
      bytes <= bytesMax &&
      this.#watched >= watched &&
      this.#averageMs <= averageMsMax &&
      now >= this.#slowUntil &&
      (now - this.#endedAt >= this.#averageMs || this.#debt(now) <= debtAllowed * this.#averageMs)
    )
  }

  /** A durable write, in line or not, took so many ms and ended at `now`. */
  took(ms: number, now: number): void {
    const debt = this.#debt(now - ms) + ms
    this.#averageMs = this.#watched === 0 ? ms : this.#averageMs + (ms - this.#averageMs) * weight
    if (this.#watched < watched) this.#watched += 1
    this.#debtMs = Math.min(debt, debtMax * this.#averageMs)
    this.#endedAt = now
    if (ms > slowMs) this.#slowUntil = now + calmMs
  }

  #debt(now: number): number {
    return Math.max(0, this.#debtMs - (now - this.#endedAt) * restShare)
  }
}

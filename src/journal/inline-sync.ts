/** Bytes of a write that may be made in line: 64 KiB. */
const bytesMax = 64 << 10
/** Syncs that take longer on average than this (ms) are never made in line. */
const averageMsMax = 0.8
/** After a sync that took longer than this (ms), none is made in line for `calmMs`. */
const slowMs = 20
const calmMs = 1000
/** Syncs that are watched before the first is made in line. */
const watched = 16
/** The average follows the last syncs: each counts for an eighth. */
const weight = 1 / 8

/**
 * When the event loop may make a durable write itself, and stand still meanwhile, instead of giving it to another thread.
 * The hand-over there and back costs a receipt about a seventh of its time, which matters to whoever waits for one message; under
 * load the loop has better to do, and on a slow disk others would wait with it.
 *
 *     in line:  the batch is small · the disk is fast · it was idle for as long as a sync takes · no twin is in step
 */
export class InlineSync {
  #averageMs = 0
  #watched = 0
  #endedAt = -Infinity
  #slowUntil = -Infinity

  /** May a write of so many bytes be made in line at `now` (ms, monotonic)? */
  allows(bytes: number, now: number): boolean {
    return (
      bytes <= bytesMax &&
      this.#watched >= watched &&
      this.#averageMs <= averageMsMax &&
      now >= this.#slowUntil &&
      now - this.#endedAt >= this.#averageMs
    )
  }

  /** A durable write, in line or not, took so many ms and ended at `now`. */
  took(ms: number, now: number): void {
    this.#averageMs = this.#watched === 0 ? ms : this.#averageMs + (ms - this.#averageMs) * weight
    if (this.#watched < watched) this.#watched += 1
    this.#endedAt = now
    if (ms > slowMs) this.#slowUntil = now + calmMs
  }
}

/** ms between two looks. */
const LAG_EVERY_MS = 1000

/** How late the event loop was the last time it was looked at. */
export class LoopLag {
  ms = 0
  #due = performance.now() + LAG_EVERY_MS
  readonly #timer = setInterval(() => {
    const now = performance.now()
    this.ms = Math.max(0, now - this.#due)
    this.#due = now + LAG_EVERY_MS
  }, LAG_EVERY_MS).unref()

  stop(): void {
    clearInterval(this.#timer)
  }
}

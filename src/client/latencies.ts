/** Steps of a power of two: a value is known to 3 %. */
const STEPS = 32
const OCTAVES = 40

/** How long things took, in a bounded place: counts by magnitude. Times in ms. */
export class Latencies {
  /** By microseconds: STEPS places for each power of two. */
  readonly #counts = new Float64Array(STEPS * OCTAVES)
  count = 0

  add(ms: number): void {
    const micros = Math.max(1, ms * 1000)
    const octave = Math.min(OCTAVES - 1, Math.floor(Math.log2(micros)))
    const step = Math.min(STEPS - 1, Math.floor((micros / 2 ** octave - 1) * STEPS))
    this.#counts[octave * STEPS + step]!++
    this.count++
  }

  /** Adds what another has counted. */
  include(other: Latencies): void {
    for (let i = 0; i < this.#counts.length; i++) this.#counts[i]! += other.#counts[i]!
    this.count += other.count
  }

  /** The time that `share` (0 to 1) of all stayed below, ms; null when nothing was measured. */
  percentile(share: number): number | null {
    if (this.count === 0) return null
    let left = Math.ceil(share * this.count)
    for (let i = 0; i < this.#counts.length; i++) {
      left -= this.#counts[i]!
      if (left <= 0) return (2 ** Math.floor(i / STEPS) * (1 + ((i % STEPS) + 1) / STEPS)) / 1000
    }
    return null
  }
}

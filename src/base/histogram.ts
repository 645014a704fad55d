/** How often something took how long: counts in buckets of fixed bounds, as Prometheus wants them. */
export class Histogram {
  /** Upper bounds, ascending; what exceeds the last is counted in `count` alone. */
  readonly bounds: readonly number[]
  /** For each bound how many were not above it and above the one before. */
  readonly buckets: number[]
  count = 0
  sum = 0

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.buckets = bounds.map(() => 0)
  }

  add(value: number): void {
    this.count++
    this.sum += value
    for (let i = 0; i < this.bounds.length; i++) {
      if (value > this.bounds[i]!) continue
      this.buckets[i]!++
      return
    }
  }
}

/** Seconds that a disk may take, from half a millisecond to some seconds. */
export const DISK_SECONDS: readonly number[] = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
]

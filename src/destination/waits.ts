/** How long messages waited, ms, as a running statistic. */
export class Waits {
  count = 0
  total = 0
  min = 0
  max = 0

  add(ms: number): void {
    this.min = this.count === 0 || ms < this.min ? ms : this.min
    if (ms > this.max) this.max = ms
    this.count++
    this.total += ms
  }

  get average(): number {
    return this.count === 0 ? 0 : this.total / this.count
  }
}

/** How large messages were, bytes, as a running statistic. One for each destination, read by management. */
export class Sizes {
  count = 0
  total = 0
  min = 0
  max = 0

  add(bytes: number): void {
    if (bytes > this.max) this.max = bytes
    if (this.count === 0 || bytes < this.min) this.min = bytes
    this.count++
    this.total += bytes
  }

  get average(): number {
    return this.count === 0 ? 0 : this.total / this.count
  }
}

/** SENDs that waited for space at a destination, and for how long. */
export class Blocked {
  sends = 0
  /** ms, of those that wait no longer. */
  total = 0
}

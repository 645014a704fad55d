/**
 * Times and the keys that are due at them, the earliest first: 16 bytes each, in typed arrays. An entry is not looked up
 * and not removed: whoever takes it out asks whether it still holds.
 */
export class DueHeap {
  #times = new Float64Array(16)
  #keys = new Float64Array(16)
  #count = 0

  get size(): number {
    return this.#count
  }

  /** The earliest time; Infinity when there is none. */
  get next(): number {
    return this.#count === 0 ? Infinity : this.#times[0]!
  }

  /** The key of the earliest; meaningless when there is none. */
  get key(): number {
    return this.#keys[0]!
  }

  add(time: number, key: number): void {
    if (this.#count === this.#times.length) this.#grow()
    let at = this.#count++
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#before(time, key, parent)) break
      this.#set(at, this.#times[parent]!, this.#keys[parent]!)
      at = parent
    }
    this.#set(at, time, key)
  }

  /** Takes the earliest out. */
  shift(): void {
    const last = --this.#count
    if (last > 0) this.#sink(0, this.#times[last]!, this.#keys[last]!)
  }

  /** Keeps what holds. */
  keep(holds: (time: number, key: number) => boolean): void {
    let kept = 0
    for (let at = 0; at < this.#count; at++) {
      if (holds(this.#times[at]!, this.#keys[at]!)) this.#set(kept++, this.#times[at]!, this.#keys[at]!)
    }
    this.#count = kept
    for (let at = (kept >> 1) - 1; at >= 0; at--) this.#sink(at, this.#times[at]!, this.#keys[at]!)
  }

  /** At equal times what was scheduled first. */
  #before(time: number, key: number, other: number): boolean {
    return time < this.#times[other]! || (time === this.#times[other]! && key < this.#keys[other]!)
  }

  #set(at: number, time: number, key: number): void {
    this.#times[at] = time
    this.#keys[at] = key
  }

  #sink(from: number, time: number, key: number): void {
    let at = from
    for (;;) {
      let child = 2 * at + 1
      if (child >= this.#count) break
      if (child + 1 < this.#count && this.#before(this.#times[child + 1]!, this.#keys[child + 1]!, child)) child++
      if (this.#before(time, key, child)) break
      this.#set(at, this.#times[child]!, this.#keys[child]!)
      at = child
    }
    this.#set(at, time, key)
  }

  #grow(): void {
    const [times, keys] = [this.#times, this.#keys]
    this.#times = new Float64Array(2 * times.length)
    this.#keys = new Float64Array(2 * keys.length)
    this.#times.set(times)
    this.#keys.set(keys)
  }
}

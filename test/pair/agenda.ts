/** What will happen, in order of time, then of entry: a binary heap. */
export class Agenda {
  readonly #heap: { at: number; seq: number; run: () => void }[] = []
  #seq = 0
  now = 0

  after(ms: number, run: () => void): void {
    const entry = { at: this.now + ms, seq: this.#seq++, run }
    const heap = this.#heap
    let at = heap.push(entry) - 1
    while (at > 0) {
      const up = (at - 1) >> 1
      const parent = heap[up]
      if (parent === undefined || !before(entry, parent)) break
      heap[at] = parent
      at = up
    }
    heap[at] = entry
  }

  /** Runs the next one; false: there is none before `until`. */
  step(until: number): boolean {
    const heap = this.#heap
    const top = heap[0]
    if (top === undefined || top.at > until) return false
    const last = heap.pop()
    if (last !== undefined && heap.length > 0) this.#sink(last)
    this.now = top.at
    top.run()
    return true
  }

  #sink(entry: { at: number; seq: number; run: () => void }): void {
    const heap = this.#heap
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      const left = heap[child]
      if (left === undefined) break
      const right = heap[child + 1]
      if (right !== undefined && before(right, left)) child++
      const least = heap[child]
      if (least === undefined || !before(least, entry)) break
      heap[at] = least
      at = child
    }
    heap[at] = entry
  }
}

const before = (a: { at: number; seq: number }, b: { at: number; seq: number }): boolean =>
  a.at < b.at || (a.at === b.at && a.seq < b.seq)

import type { Lsn } from '../base/lsn.ts'

/** Samples kept; of older ones every second is dropped. */
const samplesMax = 4096
/** Samples looked at one by one, the newest first: most messages have just arrived. */
const nearMax = 8

/**
 * When the messages of the journal arrived, by position: what lies below a sample's position was there at its time. Exact
 * to the turn of the event loop for what is new, and less so the older it is; what is older than the broker counts as of
 * its start.
 */
export class Arrivals {
  #positions: number[] = []
  #times: number[] = []
  /** The newest sample: it covers what lies from `start` to `end`. Most messages are asked for while they are new. */
  #start = 0
  #end = -1
  #now = 0

  /** The journal ends here now. */
  note(end: Lsn, now: number): void {
    if (end === this.#end) return
    if (now === this.#now && this.#positions.length > 0) {
      this.#positions[this.#positions.length - 1] = end
    } else {
      this.#positions.push(end)
      this.#times.push(now)
      if (this.#positions.length > samplesMax) this.#thin()
      this.#start = this.#end
    }
    this.#end = end
    this.#now = now
  }

  /** ms since 1970; `now` for what no sample covers yet. */
  at(position: Lsn, now: number): number {
    if (position >= this.#end) return now
    if (position >= this.#start) return this.#now
    const positions = this.#positions
    let i = positions.length
    const near = Math.max(0, i - nearMax)
    while (i > near && positions[i - 1]! > position) i--
    if (i === near && near > 0 && positions[near - 1]! > position) i = firstAbove(positions, position, near)
    return this.#times[i] ?? now
  }

  /** The newer half stays as it is. */
  #thin(): void {
    const positions = this.#positions
    const times = this.#times
    const half = positions.length >> 1
    let kept = 0
    for (let i = 0; i < positions.length; i++) {
      if (i < half && i % 2 === 0) continue // of two neighbours the later one covers both
      positions[kept] = positions[i]!
      times[kept++] = times[i]!
    }
    positions.length = kept
    times.length = kept
  }
}

function firstAbove(positions: readonly number[], position: number, end: number): number {
  let low = 0
  let high = end
  while (low < high) {
    const middle = (low + high) >> 1
    if (positions[middle]! > position) high = middle
    else low = middle + 1
  }
  return low
}

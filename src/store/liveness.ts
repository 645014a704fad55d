import type { Lsn } from '../base/lsn.ts'

export interface SegmentLife {
  readonly base: Lsn
  /** Messages whose record lies in this segment and that are still in a queue. */
  live: number
  bytes: number
}

/** The trait in a message's kind (message-index.ts). */
const PERSISTENT = 1 << 4

/** How much of each segment is still needed: what cleanup and relocation decide by. Part of the fold. */
export class SegmentLiveness {
  /** Oldest first. */
  readonly segments: SegmentLife[] = []
  /** All live messages, and the bytes of their records. */
  live = 0
  bytes = 0
  /** Those of them that outlive no restart. Not part of what two twins compare. */
  volatileBytes = 0

  startSegment(base: Lsn): void {
    const last = this.segments.at(-1)
    if (last !== undefined && last.base >= base) return
    this.segments.push({ base, live: 0, bytes: 0 })
  }

  add(at: Lsn, size: number, kind: number): void {
    const segment = this.#of(at)
    if (segment === undefined) return
    segment.live++
    segment.bytes += size
    this.live++
    this.bytes += size
    if ((kind & PERSISTENT) === 0) this.volatileBytes += size
  }

  remove(at: Lsn, size: number, kind: number): void {
    const segment = this.#of(at)
    if (segment === undefined) return
    segment.live--
    segment.bytes -= size
    this.live--
    this.bytes -= size
    if ((kind & PERSISTENT) === 0) this.volatileBytes -= size
  }

  /** The journal deleted it. */
  forget(base: Lsn): void {
    const index = this.segments.findIndex(segment => segment.base === base)
    if (index >= 0) this.segments.splice(index, 1)
  }

  /** Most records are in the newest segment or the oldest: look there before searching. */
  #of(at: Lsn): SegmentLife | undefined {
    const segments = this.segments
    const last = segments.at(-1)
    if (last === undefined) return undefined
    if (at >= last.base) return last
    let low = 0
    let high = segments.length - 2
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (segments[middle]!.base <= at) low = middle
      else high = middle - 1
    }
    const found = segments[low]
    return found !== undefined && found.base <= at ? found : undefined
  }
}

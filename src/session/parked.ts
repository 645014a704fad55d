import type { Queue, Topic } from '../destination/destination.ts'
import type { Transaction } from './on-transaction.ts'

/** A frame that waits for space: a SEND, or the COMMIT of a transaction whose SENDs wait. */
export interface ParkedFrame {
  /** Where the SEND goes; nowhere for a COMMIT. */
  readonly to: readonly (Queue | Topic)[]
  readonly transaction: Transaction | null
  readonly bytes: number
  /** Nothing more is read from the connection while it waits. */
  readonly blocks: boolean
  /** Answers false while there is still no space. */
  attempt(): boolean
  /** Wall clock, ms, at which it waits no longer; Infinity never. */
  readonly deadline: number
  /** Its time is over: it is refused (semantics F-04). */
  late(): void
  /** The transaction was aborted: answer, and forget the message. */
  abort(): void
}

/** Bytes of SENDs that may wait before the connection is no longer read, whoever has a receipt: 4 MiB. */
const parkedBytesMax = 4 * 1024 * 1024

/** What one session has sent and the broker cannot take yet, in order for each destination (semantics F-01, F-02). */
export class ParkedFrames {
  #frames: ParkedFrame[] = []
  #bytes = 0
  #trying = false

  get count(): number {
    return this.#frames.length
  }

  /** Must the connection not be read meanwhile? */
  get blocks(): boolean {
    return this.#bytes > parkedBytesMax || this.#frames.some(frame => frame.blocks)
  }

  add(frame: ParkedFrame): void {
    this.#frames.push(frame)
    this.#bytes += frame.bytes
  }

  /** Does something wait for one of these? Then what comes later waits behind it. */
  waitsFor(to: readonly (Queue | Topic)[]): boolean {
    return this.#frames.some(frame => frame.to.some(place => to.includes(place)))
  }

  holds(transaction: Transaction): boolean {
    return this.#frames.some(frame => frame.transaction === transaction)
  }

  /** Tries each; one that must go on waiting holds back what waits for the same destination or transaction. */
  retry(now: number): void {
    if (this.#trying) return
    this.#trying = true
    const full = new Set<Queue | Topic | Transaction>()
    const left: ParkedFrame[] = []
    this.#bytes = 0
    for (const frame of this.#frames) {
      const { to, transaction } = frame
      const behind = to.length === 0 ? transaction !== null && full.has(transaction) : to.some(place => full.has(place))
      if (!behind && frame.attempt()) continue
      if (frame.deadline <= now) {
        frame.late()
        continue
      }
      for (const place of to) full.add(place)
      if (transaction !== null) full.add(transaction)
      left.push(frame)
      this.#bytes += frame.bytes
    }
    this.#frames = left
    this.#trying = false
  }

  /** What waits for this transaction is answered and forgotten; null: what waits for any transaction is forgotten. */
  abort(transaction: Transaction | null): void {
    this.#frames = this.#frames.filter(frame => {
      if (frame.transaction === null || (transaction !== null && frame.transaction !== transaction)) return true
      if (transaction !== null) frame.abort()
      this.#bytes -= frame.bytes
      return false
    })
  }
}

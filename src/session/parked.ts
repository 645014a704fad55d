import { Blocked, type Queue, type Topic } from '../destination/destination.ts'
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

/** Memory that waiting SENDs may take before the connection is no longer read, whoever has a receipt: 4 MiB. */
const parkedBytesMax = 4 * 1024 * 1024

/** What a frame takes besides its record, about; measured. */
const frameBytes = 1536

/** What one session has sent and the broker cannot take yet, in order for each destination (semantics F-01, F-02). */
export class ParkedFrames {
  #frames: ParkedFrame[] = []
  /** When each came, wall clock, ms. */
  readonly #since = new Map<ParkedFrame, number>()
  /** ms that the SENDs waited that wait no longer. */
  waited = 0
  #bytes = 0
  #trying = false

  get count(): number {
    return this.#frames.length
  }

  /** Memory that they take, about. */
  get bytes(): number {
    return this.#bytes + this.#frames.length * frameBytes
  }

  /** Must the connection not be read meanwhile? */
  get blocks(): boolean {
    return this.bytes > parkedBytesMax || this.#frames.some(frame => frame.blocks)
  }

  add(frame: ParkedFrame, now: number): void {
    this.#frames.push(frame)
    this.#since.set(frame, now)
    for (const place of frame.to) (place.blocked ??= new Blocked()).sends++
    this.#bytes += frame.bytes
  }

  /** It waits no longer, for whatever reason. */
  #settled(frame: ParkedFrame, now: number): void {
    const ms = Math.max(0, now - (this.#since.get(frame) ?? now))
    this.#since.delete(frame)
    for (const place of frame.to) (place.blocked ??= new Blocked()).total += ms
    if (frame.to.length > 0) this.waited += ms
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
      if (!behind && frame.attempt()) {
        this.#settled(frame, now)
        continue
      }
      if (frame.deadline <= now) {
        this.#settled(frame, now)
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
  abort(transaction: Transaction | null, now: number): void {
    this.#frames = this.#frames.filter(frame => {
      if (frame.transaction === null || (transaction !== null && frame.transaction !== transaction)) return true
      if (transaction !== null) frame.abort()
      this.#settled(frame, now)
      this.#bytes -= frame.bytes
      return false
    })
  }

  /** Everything that waits is forgotten; nobody is left to be answered. */
  clear(now: number): void {
    for (const frame of this.#frames) this.#settled(frame, now)
    this.#frames = []
    this.#bytes = 0
  }
}

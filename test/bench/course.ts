import type { Ledger } from './ledger.ts'

/** Latencies of one kind, in microseconds; capacity is what a perfect run records, more is not kept. */
export class Latencies {
  readonly #values: Uint32Array
  #count = 0

  constructor(capacity: number) {
    this.#values = new Uint32Array(capacity)
  }

  addMs(ms: number): void {
    if (this.#count < this.#values.length) this.#values[this.#count++] = ms * 1000
  }

  percentiles(): Percentiles {
    const sorted = this.#values.subarray(0, this.#count).toSorted()
    const at = (p: number): number => sorted[Math.min(sorted.length - 1, Math.trunc(p * sorted.length))] ?? 0
    return { p50: at(0.5), p99: at(0.99), p999: at(0.999) }
  }
}

/** Microseconds. */
export interface Percentiles {
  readonly p50: number
  readonly p99: number
  readonly p999: number
}

/** The state all connections of one load share while it runs. */
export interface Course {
  readonly ledger: Ledger
  readonly run: Buffer
  readonly receipts: Latencies
  readonly deliveries: Latencies
  /** When each message was given to its socket, in ms of `performance.now()`, by producer and sequence. */
  readonly sentAt: Float64Array
  /** ms of `performance.now()` when the bytes now being scanned were read: one clock call per read, not per message. */
  now: number
  /** SENDs not yet taken by the operating system. */
  unsent: number
  readonly errors: string[]
  /** A connection is ready to work, has taken leave, or has something new to count. */
  ready(): void
  left(): void
  progress(): void
  failed(why: string): void
}

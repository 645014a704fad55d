import type { PairRecord } from '../../src/pair/pair.ts'

/** The register: one record, changed by compare-and-swap on its revision. */
export class WitnessDouble {
  record: PairRecord | null = null
  available = true
  /** Called with every change that is made. */
  readonly #changed: (before: PairRecord | null, after: PairRecord) => void

  constructor(changed: (before: PairRecord | null, after: PairRecord) => void) {
    this.#changed = changed
  }

  swap(from: number | null, record: PairRecord): boolean {
    if ((this.record?.rev ?? null) !== from) return false
    const before = this.record
    this.record = record
    this.#changed(before, record)
    return true
  }
}

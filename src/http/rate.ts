/** Addresses that are counted at once; those that were quiet longest are forgotten first. */
const ADDRESSES_MAX = 4096

/** A bucket for each address that leaks so many requests a second and holds as many (management W-11). */
export class Rate {
  readonly #perSecond: number
  readonly #buckets = new Map<string, { level: number; at: number }>()

  constructor(perSecond: number) {
    this.#perSecond = perSecond
  }

  /** May one more request of this address be answered? `now` in ms. */
  take(address: string, now: number): boolean {
    const bucket = this.#buckets.get(address) ?? { level: 0, at: now }
    const leaked = ((now - bucket.at) / 1000) * this.#perSecond
    const level = Math.max(0, bucket.level - leaked)
    const allowed = level + 1 <= this.#perSecond
    this.#buckets.delete(address)
    this.#buckets.set(address, { level: allowed ? level + 1 : level, at: now })
    const [oldest] = this.#buckets.keys()
    if (this.#buckets.size > ADDRESSES_MAX && oldest !== undefined) this.#buckets.delete(oldest)
    return allowed
  }
}

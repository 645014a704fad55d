/** Named deadlines; setting one again moves it. */
export class Timers {
  readonly #at = new Map<string, number>()
  /** The earliest; null: it is to be looked for, as that is asked at every event, and seldom changes. */
  #next: number | null = Infinity

  set(name: string, at: number): void {
    this.#at.set(name, at)
    this.#next = null
  }

  /** Unless it runs already. */
  ensure(name: string, at: number): void {
    if (!this.#at.has(name)) this.set(name, at)
  }

  stop(name: string): void {
    if (this.#at.delete(name)) this.#next = null
  }

  has(name: string): boolean {
    return this.#at.has(name)
  }

  clear(): void {
    this.#at.clear()
    this.#next = Infinity
  }

  get next(): number {
    if (this.#next !== null) return this.#next
    let next = Infinity
    for (const at of this.#at.values()) if (at < next) next = at
    return (this.#next = next)
  }

  /** Takes out one that is due. */
  take(now: number): string | null {
    if (this.next > now) return null
    for (const [name, at] of this.#at)
      if (at <= now) {
        this.stop(name)
        return name
      }
    return null
  }
}

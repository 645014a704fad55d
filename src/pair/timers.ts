/** Named deadlines; setting one again moves it. */
export class Timers {
  readonly #at = new Map<string, number>()

  set(name: string, at: number): void {
    this.#at.set(name, at)
  }

  /** Unless it runs already. */
  ensure(name: string, at: number): void {
    if (!this.#at.has(name)) this.#at.set(name, at)
  }

  stop(name: string): void {
    this.#at.delete(name)
  }

  has(name: string): boolean {
    return this.#at.has(name)
  }

  clear(): void {
    this.#at.clear()
  }

  get next(): number {
    let next = Infinity
    for (const at of this.#at.values()) if (at < next) next = at
    return next
  }

  /** Takes out one that is due. */
  take(now: number): string | null {
    for (const [name, at] of this.#at)
      if (at <= now) {
        this.#at.delete(name)
        return name
      }
    return null
  }
}

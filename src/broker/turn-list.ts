/** Places that are kept for the next turn. */
const placesMax = 1024

/**
 * What a turn has to look at, in order: one by one they are taken, and some kept for later; it may grow meanwhile. Its places
 * are used again, so that a turn with one message in it allocates nothing for it.
 */
export class TurnList<T> {
  size = 0
  #places: (T | null)[] = []
  #kept = 0

  add(one: T): void {
    this.#places[this.size++] = one
  }

  /** Takes it off the end again; false: others came behind it. */
  drop(one: T): boolean {
    if (this.size === 0 || this.#places[this.size - 1] !== one) return false
    this.#places[--this.size] = null
    return true
  }

  /** Takes the one at `index`: each once, from 0 on. */
  take(index: number): T {
    const one = this.#places[index]!
    this.#places[index] = null
    return one
  }

  /** The one taken last stays for another turn, behind those that stay before it. */
  keep(one: T): void {
    this.#places[this.#kept++] = one
  }

  /** All were taken: those that were kept are left. */
  end(): void {
    this.size = this.#kept
    this.#kept = 0
    if (this.size === 0 && this.#places.length > placesMax) this.#places = []
  }
}

/** Places that are kept for the next turn. */
const placesMax = 1024

/**
 * What one turn has to look at, in order: it may grow while it is walked, and is emptied then. Its places are used again,
 * so that a turn with one message in it allocates nothing for it.
 */
export class TurnList<T> {
  size = 0
  #places: (T | null)[] = []

  add(one: T): void {
    this.#places[this.size++] = one
  }

  /** Takes the one at `index`, once; the list ends where it did. */
  take(index: number): T {
    const one = this.#places[index]!
    this.#places[index] = null
    return one
  }

  /** All were taken. */
  clear(): void {
    this.size = 0
    if (this.#places.length > placesMax) this.#places = []
  }
}

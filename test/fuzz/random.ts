import { randomFrom } from '../journal/random.ts'

/** Chance, from one seed. */
export class Random {
  readonly #next: () => number

  constructor(seed: number) {
    this.#next = randomFrom(seed)
  }

  /** A whole number in [0, limit). */
  below(limit: number): number {
    return Math.floor(this.#next() * limit)
  }

  chance(of: number): boolean {
    return this.#next() < of
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!
  }
}

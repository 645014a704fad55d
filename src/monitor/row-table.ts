/**
 * Rows in the order in which a broker tells them, and by bean. Most readings tell the same beans in the same order: then
 * nothing is looked up by name, and the index of the reading before serves this one too.
 */
export class RowTable<T extends { readonly bean: string }> {
  readonly list: readonly T[]
  readonly #index: { places: ReadonlyMap<string, number> | null }

  /** `like`: a table of the same beans in the same order. */
  constructor(list: readonly T[], like: RowTable<T> | null = null) {
    this.list = list
    this.#index = like === null ? { places: null } : like.#index
  }

  get(bean: string): T | undefined {
    this.#index.places ??= new Map(this.list.map((row, i) => [row.bean, i]))
    return this.list[this.#index.places.get(bean) ?? -1]
  }

  /** The row of a bean that stands at `place` if it stands where it stood. */
  near(place: number, bean: string): T | undefined {
    const row = this.list[place]
    return row?.bean === bean ? row : this.get(bean)
  }
}

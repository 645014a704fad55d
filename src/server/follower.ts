import type { Lsn } from '../base/lsn.ts'
import type { OpenedStore } from '../broker/broker.ts'

/**
 * The passive's part of the way of a message: records that are committed on both nodes change the state here too, by
 * the same `apply`. A recovery that never ends.
 */
export class Follower {
  readonly #store: OpenedStore
  /** How far the active said that everything is committed; Infinity when this node leads. */
  #told: Lsn = 0 as Lsn

  constructor(store: OpenedStore) {
    this.#store = store
  }

  /** The active, or the core, says how far records count. */
  tell(to: Lsn): void {
    if (to > this.#told) this.#told = to
    this.advance(this.#store.journal.committed)
  }

  /** So far everything is safe here. */
  advance(safe: Lsn): void {
    const { journal, state } = this.#store
    const to = Math.min(this.#told, safe) as Lsn
    if (to > state.applied)
      journal.scan(state.applied, to, (block, view, offset, at) => void state.apply(block, view, offset, at))
  }
}

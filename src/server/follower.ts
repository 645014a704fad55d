import type { Lsn } from '../base/lsn.ts'
import type { OpenedStore } from '../broker/broker.ts'

/**
 * The passive's part of the way of a message: records that are committed on both nodes change the state here too, by
 * the same `apply`. A recovery that never ends.
 */
export class Follower {
  readonly #store: OpenedStore

  constructor(store: OpenedStore) {
    this.#store = store
  }

  /** Everything below is committed, as the active said, and safe here. */
  advance(upTo: Lsn): void {
    const { journal, state } = this.#store
    if (upTo > state.applied) journal.scan(state.applied, upTo, this.#visit)
  }

  readonly #visit = (block: Buffer, view: DataView, offset: number, at: Lsn): void => {
    this.#store.state.apply(block, view, offset, at)
  }
}

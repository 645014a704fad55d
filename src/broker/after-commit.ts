import type { Lsn } from '../base/lsn.ts'

/** Actions of the broker's own that wait for a position, in order. */
export class AfterCommit {
  readonly #actions: { readonly at: Lsn; readonly run: () => void }[] = []

  add(at: Lsn, run: () => void): void {
    this.#actions.push({ at, run })
  }

  /** Runs what waited for positions up to `upTo`. */
  run(upTo: Lsn): void {
    const actions = this.#actions
    let done = 0
    while (done < actions.length && actions[done]!.at <= upTo) actions[done++]!.run()
    if (done > 0) actions.splice(0, done)
  }
}

import type { Lsn } from '../base/lsn.ts'

/** Actions of the broker's own that wait for a position, in order. */
export class AfterCommit {
  /** The last run left nothing that was due. */
  caughtUp = true
  #actions: { readonly at: Lsn; readonly run: () => void }[] = []

  add(at: Lsn, run: () => void): void {
    this.#actions.push({ at, run })
  }

  /** Runs what waited for positions up to `upTo`, as long as nobody is tired of it. */
  run(upTo: Lsn, pace: { readonly tired: boolean }): void {
    if (this.#actions.length === 0) return
    const isDue = (at: number): boolean => at < this.#actions.length && this.#actions[at]!.at <= upTo
    let done = 0
    while (isDue(done) && !pace.tired) this.#actions[done++]!.run()
    if (done > 0) this.#actions = this.#actions.slice(done)
    this.caughtUp = !isDue(0)
  }
}

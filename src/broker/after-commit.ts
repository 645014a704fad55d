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
    let done = 0
    while (this.#isDue(done, upTo) && !pace.tired) this.#actions[done++]!.run()
    if (done > 0) this.#actions = this.#actions.slice(done)
    this.caughtUp = !this.#isDue(0, upTo)
  }

  #isDue(at: number, upTo: Lsn): boolean {
    return at < this.#actions.length && this.#actions[at]!.at <= upTo
  }
}

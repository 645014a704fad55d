import type { Lsn } from '../base/lsn.ts'
import type { Broker } from './broker.ts'

/** Actions that run in a turn. */
const turnMax = 2000

/**
 * Actions that wait for the commit of everything before them, and for the end of what the broker is doing: in order, never
 * within a dispatch or a publication. What they publish is for those who had subscribed when they were added.
 */
export class Due {
  readonly #broker: Broker
  #actions: { readonly at: Lsn; readonly moment: number; readonly run: () => void }[] = []

  constructor(broker: Broker) {
    this.#broker = broker
  }

  /** `committed`: what it is about is committed already. */
  add(run: () => void, committed = false): void {
    const { journal, publishing } = this.#broker
    this.#actions.push({ at: committed ? (0 as Lsn) : journal.end, moment: publishing.nextMoment(), run })
    this.#broker.schedule()
  }

  /** Answers whether more is due: a hundred thousand destinations may be removed at once. */
  run(): boolean {
    const { publishing } = this.#broker
    let done = 0
    try {
      while (done < turnMax && this.#isDue(done)) {
        const { moment, run } = this.#actions[done++]!
        publishing.asOf(moment, run)
      }
    } finally {
      if (done > 0) this.#actions = this.#actions.slice(done)
    }
    return this.#isDue(0)
  }

  #isDue(at: number): boolean {
    return at < this.#actions.length && this.#actions[at]!.at <= this.#broker.journal.committed
  }
}

import type { Lsn } from '../base/lsn.ts'
import type { Broker } from './broker.ts'

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

  run(): void {
    const { journal, publishing } = this.#broker
    for (let first = this.#actions[0]; first !== undefined && first.at <= journal.committed; first = this.#actions[0]) {
      this.#actions.shift()
      publishing.asOf(first.moment, first.run)
    }
  }
}

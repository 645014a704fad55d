import type { BrokerEvents } from '../session/session.ts'

/** Tells several. */
export class EventFan implements BrokerEvents {
  readonly #all: readonly BrokerEvents[]

  private constructor(all: readonly BrokerEvents[]) {
    this.#all = all
  }

  /** Null when there is nobody to tell. */
  static of(all: readonly BrokerEvents[]): BrokerEvents | null {
    return all.length > 1 ? new EventFan(all) : (all[0] ?? null)
  }

  connection(...about: Parameters<BrokerEvents['connection']>): void {
    for (const one of this.#all) one.connection(...about)
  }

  consumer(...about: Parameters<BrokerEvents['consumer']>): void {
    for (const one of this.#all) one.consumer(...about)
  }

  unsubscribed(...about: Parameters<BrokerEvents['unsubscribed']>): void {
    for (const one of this.#all) one.unsubscribed(...about)
  }

  destination(...about: Parameters<BrokerEvents['destination']>): void {
    for (const one of this.#all) one.destination(...about)
  }

  transaction(...about: Parameters<BrokerEvents['transaction']>): void {
    for (const one of this.#all) one.transaction(...about)
  }

  leads(starts: boolean): void {
    for (const one of this.#all) one.leads(starts)
  }

  sending(...about: Parameters<BrokerEvents['sending']>): void {
    for (const one of this.#all) one.sending(...about)
  }

  acknowledging(...about: Parameters<BrokerEvents['acknowledging']>): void {
    for (const one of this.#all) one.acknowledging(...about)
  }

  dispatching(...about: Parameters<BrokerEvents['dispatching']>): void {
    for (const one of this.#all) one.dispatching(...about)
  }
}

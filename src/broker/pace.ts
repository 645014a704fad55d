import { TandemError } from '../base/errors.ts'
import type { Broker } from './broker.ts'

interface Waiter {
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** How the broker's own long work keeps step: with the disk, with the clients, with a hand-over, and with the end. */
export class Pace {
  readonly #broker: Broker
  readonly #waiters = new Set<Waiter>()
  /** Those that wait for the end of a hand-over. */
  #quiet: Waiter[] = []
  #stopped = false

  constructor(broker: Broker) {
    this.#broker = broker
  }

  /**
   * Resolves when everything appended up to now is committed, the clients have had a turn, and no hand-over is under way.
   * Rejects BROKER_STOPPED.
   */
  committed(): Promise<void> {
    return new Promise((resolve, reject) => {
      const { journal, hold } = this.#broker
      if (this.#stopped || hold !== null) return reject(stopped(hold))
      const waiter: Waiter = { resolve, reject }
      this.#waiters.add(waiter)
      const done = (): void => this.#done(waiter)
      if (journal.end > journal.committed) this.#broker.afterCommit(done)
      else this.#broker.later(0, done)
    })
  }

  /** Runs it where `committed` would resolve, in a turn of its own; not at all when the broker ends before. */
  soon(run: () => void): void {
    if (this.#stopped) return
    const { journal } = this.#broker
    const waiter: Waiter = { resolve: run, reject: () => {} }
    this.#waiters.add(waiter)
    // A journal in memory commits before anybody else has a turn: that must be waited for too.
    const later = (): void => this.#broker.later(0, () => this.#done(waiter))
    if (journal.end > journal.committed) this.#broker.afterCommit(later)
    else later()
  }

  /** Resolves when everything appended up to now is committed, also during a hand-over. Rejects BROKER_STOPPED. */
  written(): Promise<void> {
    return new Promise((resolve, reject) => {
      const { journal } = this.#broker
      if (journal.end <= journal.committed) return resolve()
      if (this.#stopped) return reject(stopped(null))
      const waiter: Waiter = { resolve, reject }
      this.#waiters.add(waiter)
      this.#broker.afterCommit(() => {
        if (this.#waiters.delete(waiter)) resolve()
      })
    })
  }

  #done(waiter: Waiter): void {
    if (this.#broker.quiesced) return void this.#quiet.push(waiter)
    if (this.#waiters.delete(waiter)) waiter.resolve()
  }

  /** A hand-over was given up. */
  resumed(): void {
    const quiet = this.#quiet
    this.#quiet = []
    for (const waiter of quiet) this.#done(waiter)
  }

  /** The broker ends. */
  stop(): void {
    this.#stopped = true
    for (const { reject } of this.#waiters) reject(stopped(null))
    this.#waiters.clear()
  }
}

const stopped = (hold: string | null): TandemError =>
  new TandemError('BROKER_STOPPED', hold ?? 'the broker stopped, or handed over, before this was done', {
    hint: 'Ask again, of the node that leads: what was done is not done twice.',
  })

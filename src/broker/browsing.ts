import { destinationMatches, isPattern } from '../base/destination.ts'
import { Queue } from '../destination/destination.ts'
import { Browser, type BrowsePort, type Subscription } from '../session/session.ts'
import type { Broker } from './broker.ts'

/** Messages that one browser is shown in a turn: others have their turn too. */
const turnMax = 500

/** The queue browsers of all sessions, each shown a little in each turn. */
export class Browsing implements BrowsePort {
  readonly #broker: Broker
  /** Those that have not shown everything. */
  readonly #browsers = new Set<Browser>()
  readonly #all = new Set<Subscription>()
  #due: Subscription[] = []

  constructor(broker: Broker) {
    this.#broker = broker
  }

  /** No browser has anything to do now. */
  get done(): boolean {
    return this.#due.length === 0
  }

  attach(subscription: Subscription): void {
    const browser = new Browser(subscription, this.#queuesOf(subscription), this.#broker.journal.end)
    subscription.browser = browser
    this.#browsers.add(browser)
    this.#all.add(subscription)
    this.#broker.notices?.subscribed(subscription)
  }

  detach(subscription: Subscription): void {
    if (subscription.browser !== null) this.#browsers.delete(subscription.browser)
    this.#all.delete(subscription)
  }

  /** The browsers that were opened on this queue and are not closed. */
  countOf({ at }: Queue): number {
    let count = 0
    for (const { options } of this.#all)
      if (options.destinations.some(({ kind, name }) => kind === at.kind && name === at.name)) count++
    return count
  }

  wake(subscription: Subscription): void {
    if (!this.#due.includes(subscription)) this.#due.push(subscription)
    this.#broker.schedule()
  }

  /** Dispatch of this queue goes on, and so does looking at it (semantics Q-15). */
  resumed(queue: Queue): void {
    for (const browser of this.#browsers) if (browser.looksAt(queue)) this.wake(browser.subscription)
  }

  run(): void {
    if (!this.done) this.#run()
  }

  #run(): void {
    const due = this.#due
    this.#due = []
    for (const subscription of due) {
      const { browser } = subscription
      if (browser === null) continue
      const browsed = browser.run(turnMax, () => this.wake(subscription))
      if (browsed === 'more') this.wake(subscription)
      else if (browsed === 'done') this.#browsers.delete(browser)
    }
  }

  /** A pattern reaches only what its owner may read (semantics SA-07). */
  #queuesOf({ session, options }: Subscription): Queue[] {
    const broker = this.#broker
    const queues = new Set<Queue>()
    for (const { kind, name } of options.destinations) {
      const exact = broker.find(kind, name)
      if (exact instanceof Queue) queues.add(exact)
      if (!isPattern(name)) continue
      for (const queue of broker.registry.namedQueues()) if (destinationMatches(name, queue.at.name)) queues.add(queue)
    }
    return [...queues].filter(({ at }) => broker.refusal(session.identity, 'read', at) === null)
  }
}

import { destinationMatches, isPattern } from '../base/destination.ts'
import type { DurableSubscription } from '../broker/broker.ts'
import type { Subscription } from '../session/session.ts'
import type { Desk } from './desk.ts'

/**
 * What is looked up for each of ten thousand destinations, gathered once: good until something else happens, which is
 * when whoever asked lets go of the event loop.
 */
export class Passing {
  #durables: DurablesByTopic | null = null
  #browsers: Subscription[] | null = null

  durables({ host }: Desk): DurablesByTopic {
    this.#durables ??= this.#until(new DurablesByTopic(host.broker?.durables.all() ?? []))
    return this.#durables
  }

  browsers(desk: Desk): Subscription[] {
    this.#browsers ??= this.#until([...desk.subscriptions()].filter(({ browser }) => browser !== null))
    return this.#browsers
  }

  #until<T>(found: T): T {
    queueMicrotask(() => {
      this.#durables = null
      this.#browsers = null
    })
    return found
  }
}

/** Durable subscriptions by what they collect from. */
class DurablesByTopic {
  readonly #exact = new Map<string, DurableSubscription[]>()
  /** Those with a pattern, or several topics. */
  readonly #others: DurableSubscription[] = []

  constructor(all: Iterable<DurableSubscription>) {
    for (const durable of all) {
      const [topic = '', more] = durable.topics
      if (more !== undefined || isPattern(topic)) this.#others.push(durable)
      else {
        const known = this.#exact.get(topic)
        if (known === undefined) this.#exact.set(topic, [durable])
        else known.push(durable)
      }
    }
  }

  /** Those of exactly this name. */
  of(topic: string): readonly DurableSubscription[] {
    return this.#exact.get(topic) ?? []
  }

  /** Those that collect what is published there. */
  countOf(topic: string): number {
    let count = this.of(topic).length
    for (const { topics } of this.#others) if (topics.some(pattern => destinationMatches(pattern, topic))) count++
    return count
  }
}

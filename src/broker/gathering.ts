import type { Queue } from '../destination/destination.ts'
import type { Broker } from './broker.ts'

/** What dispatch waits at most when only a number of consumers is configured, ms. */
const defaultWaitMs = 1000

/** Queues whose dispatch waits for more consumers, or for its time (semantics Q-09). */
export class Gathering {
  readonly #broker: Broker
  /** The wait of each queue that waits; a later wait of the same queue is another object. */
  readonly #waits = new Map<Queue, object>()

  constructor(broker: Broker) {
    this.#broker = broker
  }

  /** A consumer has joined. */
  joined(queue: Queue): void {
    const { consumersBeforeDispatchStarts: wanted, timeBeforeDispatchStarts: time } = queue.policy
    if (wanted <= 0 && time <= 0) return
    if (queue.consumers.size > 1) return this.look(queue)
    const wait = {}
    this.#waits.set(queue, wait)
    queue.gathering = true
    this.#broker.later(time > 0 ? time : defaultWaitMs, () => {
      if (this.#waits.get(queue) === wait) this.#open(queue)
    })
    this.look(queue)
  }

  /** A consumer may be given messages: perhaps there are enough now. */
  look(queue: Queue): void {
    const { consumersBeforeDispatchStarts: wanted } = queue.policy
    if (!queue.gathering || wanted <= 0) return
    let ready = 0
    for (const consumer of queue.consumers) if (consumer.ready()) ready++
    if (ready >= wanted) this.#open(queue)
  }

  /** The last consumer has left: it begins anew. */
  left(queue: Queue): void {
    if (queue.consumers.size > 0 || !queue.gathering) return
    this.#waits.delete(queue)
    queue.gathering = false
  }

  #open(queue: Queue): void {
    this.#waits.delete(queue)
    if (!queue.gathering) return
    queue.gathering = false
    this.#broker.markDirty(queue)
  }
}

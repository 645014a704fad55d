import { Published, emptyDelivery, type Delivery, type Topic } from '../destination/destination.ts'
import { readLsn } from '../journal/journal.ts'
import type { PublishPort, Subscription } from '../session/session.ts'
import type { Broker } from './broker.ts'

/** Hands messages to the subscribers that a topic has at this moment, in the order in which they were sent (semantics T-01). */
export class Publishing implements PublishPort {
  readonly published: Published = new Published(emptyDelivery())
  readonly #waiting: Delivery = emptyDelivery()
  readonly #broker: Broker
  /** Counts publications and subscriptions. */
  #moment = 0

  constructor(broker: Broker) {
    this.#broker = broker
  }

  /** What is published from now on is for a subscription that is made now. */
  nextMoment(): number {
    return ++this.#moment
  }

  /** What waits for a topic subscription goes on. */
  drain(subscription: Subscription): void {
    subscription.drain(this.#waiting)
    this.#broker.space.freed()
  }

  now(topic: Topic, block: Buffer, view: DataView, length: number, isCopy: boolean): void {
    this.#publish(topic, block, view, length, ++this.#moment, isCopy)
  }

  record(topic: Topic, record: Buffer): void {
    this.#record(topic, record, ++this.#moment)
  }

  later(topic: Topic, record: Buffer): void {
    const { journal } = this.#broker
    if (journal.end <= journal.committed && topic.committing === 0) return this.record(topic, record)
    const moment = ++this.#moment
    topic.committing++
    this.#broker.afterCommit(() => {
      topic.committing--
      this.#record(topic, record, moment)
    })
  }

  #record(topic: Topic, record: Buffer, moment: number): void {
    const view = new DataView(record.buffer, record.byteOffset, record.length)
    this.#publish(topic, record, view, record.length, moment, true)
  }

  #publish(topic: Topic, block: Buffer, view: DataView, length: number, moment: number, isCopy: boolean): void {
    const broker = this.#broker
    const { published } = this
    const expires = readLsn(view, 32)
    const delivery = published.lend(topic, block, view, length)
    if (expires !== 0 && expires <= broker.now) return broker.deadLetters.buryPublished(topic, delivery)
    published.moment = moment
    // A copy may be of the same SEND as the one before it (semantics AU-04).
    if (isCopy) published.identify()
    else published.identity++
    topic.publish(published, broker.now)
  }
}

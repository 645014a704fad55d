import { Published, emptyDelivery, type Delivery, type Topic } from '../destination/destination.ts'
import { readLsn } from '../journal/journal.ts'
import type { PublishPort, Session, Subscription } from '../session/session.ts'
import type { Broker } from './broker.ts'

/**
 * Copies of published messages that are made before the event loop has another turn: half a second at most. What one
 * subscriber is given in a turn is one write: fewer copies would not make it shorter by much, and the whole much longer.
 */
const offeredMax = 500_000

function isExpired(record: Buffer, now: number): boolean {
  const expires = readLsn(new DataView(record.buffer, record.byteOffset, record.length), 32)
  return expires !== 0 && expires <= now
}

/** Hands messages to the subscribers that a topic has at this moment, in the order in which they were sent (semantics T-01). */
export class Publishing implements PublishPort {
  readonly published: Published = new Published(emptyDelivery())
  readonly #waiting: Delivery = emptyDelivery()
  readonly #broker: Broker
  /** Copies that were offered in this turn. */
  #offered = 0
  readonly #resting: Session[] = []
  /** Counts publications and subscriptions. */
  #moment = 0

  constructor(broker: Broker) {
    this.#broker = broker
  }

  /** What is published from now on is for a subscription that is made now. */
  nextMoment(): number {
    return this.#asOf > 0 ? this.#asOf : ++this.#moment
  }

  /** What `run` publishes counts as published at that moment, which was. */
  asOf(moment: number, run: () => void): void {
    this.#asOf = moment
    try {
      run()
    } finally {
      this.#asOf = 0
    }
  }
  #asOf = 0

  /** So much was published in this turn that others have theirs first: a topic may have ten thousand subscribers. */
  get tired(): boolean {
    return this.#offered > offeredMax
  }

  /** Nothing was published in this turn. */
  get fresh(): boolean {
    return this.#offered === 0
  }

  rest(session: Session): void {
    session.stall()
    this.#resting.push(session)
    this.#broker.schedule()
  }

  /** Nobody rests. */
  get done(): boolean {
    return this.#resting.length === 0
  }

  /** Another turn begins: first for what was published before and waited for its commit. */
  rested(earlier: () => void): void {
    this.#offered = 0
    earlier()
    while (!this.tired && this.#resting.length > 0) this.#resting.shift()!.unstall()
  }

  /** What waits for a topic subscription goes on. */
  drain(subscription: Subscription): void {
    subscription.drain(this.#waiting)
    this.#broker.space.freed()
  }

  now(topic: Topic, block: Buffer, view: DataView, length: number, isCopy: boolean): void {
    this.#publish(topic, block, view, length, this.nextMoment(), isCopy)
  }

  record(topic: Topic, record: Buffer): void {
    this.#record(topic, record, this.nextMoment())
  }

  later(topic: Topic, record: Buffer, collected: boolean): void {
    const { journal, now } = this.#broker
    if (isExpired(record, now)) return collected ? undefined : this.record(topic, record)
    const isSafe = journal.end <= journal.committed
    if (isSafe && topic.committing === 0 && !this.tired) return this.record(topic, record)
    const moment = this.nextMoment()
    topic.committing++
    this.#broker.afterCommit(() => {
      topic.committing--
      if (!collected || !isExpired(record, this.#broker.now)) this.#record(topic, record, moment)
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
    this.#offered += topic.consumers.size
    topic.publish(published, broker.now)
    if (broker.notices?.watched === true) broker.notices.messages.published(topic, delivery)
  }

  /** One message for one subscriber of the topic. */
  only(subscription: Subscription, topic: Topic, { block, view, length }: Delivery): void {
    const { published } = this
    published.lend(topic, block, view, length)
    published.moment = this.nextMoment()
    published.identity++
    subscription.publish(published)
    published.forgetCopy()
  }
}

import type { DestinationName } from '../base/destination.ts'
import { Trait } from '../journal/journal.ts'
import { nextSerial, type Delivery } from './consumer.ts'
import type { DestinationPolicy } from './policy.ts'

/** A subscription to a topic. It keeps what it cannot send at once; the memory of that is the broker's to account. */
export interface TopicConsumer {
  /** Offers one published message; answers the bytes it kept waiting (0 when it was sent or refused). */
  publish(message: Published): number
}

/** A message being published: its bytes are borrowed, `own` gives bytes that stay. */
export class Published {
  readonly delivery: Delivery
  /** When it was published, as a count; a subscription that came later does not get it (semantics T-01). */
  moment = 0
  #copy: Buffer | null = null

  constructor(delivery: Delivery) {
    this.delivery = delivery
  }

  /** Lends the record of `length` bytes at the start of `block`, on its way to `topic`; answers the delivery. */
  lend(topic: Topic, block: Buffer, view: DataView, length: number): Delivery {
    const { delivery } = this
    delivery.queue = null
    delivery.topic = topic
    delivery.block = block
    delivery.view = view
    delivery.offset = 0
    delivery.length = length
    delivery.persistent = (view.getUint8(21) & Trait.persistent) !== 0
    delivery.redelivered = 0
    delivery.serial = nextSerial()
    return delivery
  }

  /** The record's bytes, copied once however many subscriptions keep them. */
  own(): Buffer {
    const { block, offset, length } = this.delivery
    this.#copy ??= Buffer.from(block.subarray(offset, offset + length))
    return this.#copy
  }

  forgetCopy(): void {
    this.#copy = null
  }
}

/** A topic: whoever subscribes when a message is published gets it, in publish order (semantics T-01). */
export class Topic {
  readonly at: DestinationName
  readonly policy: DestinationPolicy
  readonly consumers: Set<TopicConsumer> = new Set<TopicConsumer>()
  /** A temporary topic whose connection has ended (stomp S-TMP-05). */
  gone = false
  /** Messages that are published when they are committed. */
  committing = 0
  /** Counter since start, for management. */
  published = 0
  /** Messages that were expired when they came, and copies that were offered to subscriptions. */
  expired = 0
  dispatched = 0
  /** When it was last seen unused, ms; 0: it is in use (semantics LD-04). And how much had happened then. */
  idleSince = 0
  idleAt = 0

  constructor(at: DestinationName, policy: DestinationPolicy) {
    this.at = at
    this.policy = policy
  }

  /** Answers the bytes that subscriptions keep waiting because of it. */
  publish(message: Published): number {
    this.published++
    this.dispatched += this.consumers.size
    let kept = 0
    for (const consumer of this.consumers) kept += consumer.publish(message)
    message.forgetCopy()
    return kept
  }
}

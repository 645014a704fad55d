import type { Delivery } from './consumer.ts'
import type { Queue } from './queue.ts'
import type { Topic } from './topic.ts'

/** Something a message must satisfy to be stored or published somewhere: a selector, noLocal, somebody who wants it. */
export interface Condition {
  accepts(message: Delivery): boolean
}

/** A queue, or the backlog of a durable subscription, that may take a copy. */
export interface StoredCopy {
  readonly queue: Queue
  readonly when: Condition | null
  /** A full queue is passed over instead of waited for (dropOnResourceLimit, semantics V-07). */
  readonly dropsWhenFull: boolean
}

/** A topic whose subscribers of the moment get a copy. */
export interface LiveCopy {
  readonly topic: Topic
  readonly when: Condition | null
}

/** Copies that are the same to the byte: one record for all that are stored. */
export interface Variant {
  /** Their `original-destination` line; null: none. */
  readonly original: Buffer | null
  /** The hidden line that says what consumers are shown, when it is not the queue they read from; null: that queue. */
  readonly shown: Buffer | null
  /** Traits that these lines bring along. */
  readonly traits: number
  readonly stored: readonly StoredCopy[]
  readonly live: readonly LiveCopy[]
}

/** Where a SEND to one or more names goes. Valid as long as the destinations, durable subscriptions and rules it was made from. */
export interface Route {
  /** Exactly one queue, or one topic without durable subscriptions: nothing else is to be done. */
  readonly plain: Queue | Topic | null
  readonly variants: readonly Variant[]
  /** Every destination in it, for flow control. */
  readonly places: readonly (Queue | Topic)[]
  /** The value of `Routes.epoch` it was made at. */
  readonly epoch: number
}

/** A destination in it is gone. */
export const isGone = (route: Route): boolean => route.places.some(place => place.gone)

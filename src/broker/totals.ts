import { Queue, type Topic } from '../destination/destination.ts'
import type { Session, Subscription } from '../session/session.ts'

/** What a destination counts for ever. */
export interface DestinationCounts {
  readonly enqueued: number
  readonly dequeued: number
  readonly dispatched: number
  readonly expired: number
}

export const countsOf = (to: Queue | Topic): DestinationCounts =>
  to instanceof Queue
    ? { enqueued: to.enqueued, dequeued: to.dequeued, dispatched: to.dispatched, expired: to.expired }
    : { enqueued: to.published, dequeued: settledOf(to), dispatched: to.dispatched, expired: to.expired }

/** Copies that a topic handed out and nobody holds or waits for any more. Of consumers of several topics it is a guess. */
function settledOf(topic: Topic): number {
  let held = 0
  for (const consumer of topic.consumers as ReadonlySet<Subscription>) held += consumer.pending + consumer.inFlight
  return Math.max(0, topic.dispatched - held)
}

/**
 * Counts since the broker started that outlive what they count: connections, consumers, destinations that are gone. What
 * lives is added by whoever reads.
 */
export class Totals {
  /** CONNECTs that were accepted. */
  connections = 0
  /** SENDs that were taken, of connections that are over. */
  sends = 0
  bytesIn = 0
  bytesOut = 0
  /** Connections that were ended with an ERROR. */
  securityFailures = 0
  protocolFailures = 0
  /** MESSAGEs, of subscriptions that are over, and those of them that were acknowledged. */
  delivered = 0
  acknowledged = 0
  /** ms that SENDs waited for space, of connections that are over. */
  blocked = 0
  enqueued = 0
  dequeued = 0
  dispatched = 0
  expired = 0

  sessionEnded({ sends, traffic, parked }: Session): void {
    this.sends += sends
    this.bytesIn += traffic.bytesIn
    this.bytesOut += traffic.bytesOut
    this.blocked += parked.waited
    if (traffic.failure === 'security') this.securityFailures++
    if (traffic.failure === 'protocol') this.protocolFailures++
  }

  subscriptionEnded({ browser, delivered, inFlight }: Subscription): void {
    if (browser !== null) return
    this.delivered += delivered
    this.acknowledged += delivered - inFlight
  }

  destinationGone(to: Queue | Topic): void {
    const { enqueued, dequeued, dispatched, expired } = countsOf(to)
    this.enqueued += enqueued
    this.dequeued += dequeued
    this.dispatched += dispatched
    this.expired += expired
  }
}

import { DestinationKind, isQueueKind, isTemporaryKind, type DestinationName } from '../base/destination.ts'
import { countsOf, type DestinationCounts } from '../broker/broker.ts'
import { Queue, perMessageBytes, type DestinationPolicy, type Topic } from '../destination/destination.ts'
import { Subscription } from '../session/session.ts'
import type { MessageIndex, StoredDestination } from '../store/store.ts'
import type { Desk } from './desk.ts'

const NOTHING: DestinationCounts = { enqueued: 0, dequeued: 0, dispatched: 0, expired: 0 }

/** A destination as it is now, of a broker that leads or of a replica: a queue or topic there, or what the journal knows. */
export class DestinationView {
  readonly desk: Desk
  readonly at: DestinationName
  /** Null on a passive. */
  readonly to: Queue | Topic | null
  readonly #stored: StoredDestination | null

  constructor(desk: Desk, at: DestinationName, to: Queue | Topic | null, stored: StoredDestination | null) {
    this.desk = desk
    this.at = at
    this.to = to
    this.#stored = stored
  }

  /** Its messages; null: it holds none, or none yet. */
  get messages(): MessageIndex | null {
    return (this.to instanceof Queue ? this.to.stored : this.#stored)?.messages ?? null
  }

  get queue(): Queue | null {
    return this.to instanceof Queue ? this.to : null
  }

  get topic(): Topic | null {
    return this.to === null || this.to instanceof Queue ? null : this.to
  }

  get policy(): DestinationPolicy {
    return this.to?.policy ?? this.desk.host.policyOf(this.at)
  }

  get size(): number {
    return isQueueKind(this.at.kind) ? (this.messages?.live ?? 0) : 0
  }

  /** Counted since the start, or since somebody reset them. */
  get counts(): DestinationCounts {
    return this.to === null ? NOTHING : this.desk.resets.since(this.to)
  }

  /** Messages that consumers hold. Those of a consumer of several queues are counted one by one. */
  get inFlight(): number {
    const { queue, topic } = this
    if (queue !== null && queue.dispatched === 0) return 0
    let held = 0
    for (const consumer of queue?.consumers ?? topic?.consumers ?? []) {
      if (!(consumer instanceof Subscription)) continue
      if (queue !== null && consumer.queues.size > 1) return queue.inFlight
      held += consumer.inFlight
    }
    return held
  }

  get consumers(): number {
    return this.desk.consumerCountOf(this)
  }

  /** Its messages are in memory, and count there (semantics CU-02, CU-04). */
  get isInMemory(): boolean {
    return (
      !isQueueKind(this.at.kind) ||
      isTemporaryKind(this.at.kind) ||
      this.policy.queueInMemory ||
      this.desk.host.config.store.kind === 'memory'
    )
  }

  /** Bytes as the memory limit counts them (semantics L-07). */
  get memoryBytes(): number {
    const { topic, messages } = this
    if (topic !== null) return topic.keptBytes
    return messages === null || !this.isInMemory ? 0 : messages.live * perMessageBytes(this.policy) + messages.bytes
  }

  /** Bytes; without a limit of its own the broker's. */
  get memoryLimit(): number {
    return this.policy.memoryLimit || this.desk.limits.memoryLimit
  }

  /** Changes its policy, until the next start. */
  change(change: Partial<DestinationPolicy>): void {
    if (this.to !== null) this.to.policy = { ...this.to.policy, ...change }
  }

  /** It is where a policy sends the dead, or was sent some. */
  get isDeadLetterQueue(): boolean {
    return this.queue?.holdsDeadLetters === true || this.desk.deadLetterQueues.includes(this.at)
  }

  get isAdvisory(): boolean {
    return this.at.kind === DestinationKind.topic && this.at.name.startsWith('ActiveMQ.Advisory.')
  }
}

/** What had been counted when somebody reset the counters of a destination. */
export class Resets {
  readonly #before = new WeakMap<Queue | Topic, DestinationCounts>()

  since(to: Queue | Topic): DestinationCounts {
    const now = countsOf(to)
    const before = this.#before.get(to)
    if (before === undefined) return now
    return {
      enqueued: now.enqueued - before.enqueued,
      dequeued: Math.max(0, now.dequeued - before.dequeued),
      dispatched: now.dispatched - before.dispatched,
      expired: now.expired - before.expired,
    }
  }

  /** Counts begin anew, and so do times and sizes. */
  reset(to: Queue | Topic): void {
    this.#before.set(to, countsOf(to))
    to.sizes = null
    to.blocked = null
    if (to instanceof Queue) to.waits = null
  }
}

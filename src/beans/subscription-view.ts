import {
  DestinationKind,
  destinationMatches,
  isQueueKind,
  isTemporaryKind,
  type DestinationName,
} from '../base/destination.ts'
import type { DestinationPolicy, Queue } from '../destination/destination.ts'
import type { Subscription } from '../session/session.ts'
import type { MessageIndex, StoredSubscription } from '../store/store.ts'
import type { Desk } from './desk.ts'
import { listed } from './names.ts'

/** What one subscription has been given, and what of that it has settled. */
export interface SubscriptionCounts {
  readonly delivered: number
  readonly settled: number
}

/** A subscription as it is now: one of a connection, or a durable one that nobody consumes. */
export class SubscriptionView {
  readonly desk: Desk
  /** Null: it is durable and offline. */
  readonly subscription: Subscription | null
  /** Null: it is not durable. */
  readonly facts: StoredSubscription | null

  constructor(desk: Desk, subscription: Subscription | null, facts: StoredSubscription | null) {
    this.desk = desk
    this.subscription = subscription
    this.facts = facts
  }

  get isDurable(): boolean {
    return this.facts !== null
  }

  get at(): DestinationName {
    if (this.facts !== null) return { kind: DestinationKind.topic, name: this.facts.topics }
    return listed(this.subscription?.options.destinations ?? [])
  }

  /** The backlog of a durable subscription; null: it has none, or this node is a passive. */
  get queue(): Queue | null {
    if (this.facts === null) return null
    return this.desk.host.broker?.durables.find(this.facts.clientId, this.facts.name)?.queue ?? null
  }

  get messages(): MessageIndex | null {
    if (this.facts === null) return null
    if (this.desk.host.broker !== null) return this.queue?.stored?.messages ?? null
    for (const { subscription, messages } of this.desk.host.state.destinations.values())
      if (subscription === this.facts) return messages
    return null
  }

  get policy(): DestinationPolicy {
    return this.desk.host.broker?.policyOf(this.at) ?? this.desk.host.policyOf(this.at)
  }

  get clientId(): string {
    return this.facts?.clientId ?? this.subscription?.session.clientId ?? ''
  }

  get selector(): string | null {
    return this.facts !== null ? this.facts.selector : (this.subscription?.options.selection?.selector.text ?? null)
  }

  /** Messages that it holds unacknowledged. */
  get inFlight(): number {
    return this.subscription?.inFlight ?? 0
  }

  /** Messages that wait for it alone. */
  get pending(): number {
    if (this.facts !== null) return Math.max(0, (this.messages?.live ?? 0) - this.inFlight)
    return this.subscription?.pending ?? 0
  }

  /** Since it began, or somebody reset them; of a durable one since the broker started. */
  get counts(): SubscriptionCounts {
    const now = this.#counted
    const of = this.subscription ?? this.queue
    const before = of === null ? undefined : this.desk.subscriptionResets.get(of)
    if (before === undefined) return now
    return { delivered: now.delivered - before.delivered, settled: Math.max(0, now.settled - before.settled) }
  }

  get #counted(): SubscriptionCounts {
    const { subscription, queue } = this
    if (queue !== null) return { delivered: queue.dispatched, settled: queue.dequeued }
    if (subscription === null) return { delivered: 0, settled: 0 }
    return { delivered: subscription.delivered, settled: subscription.delivered - subscription.inFlight }
  }

  reset(): void {
    const of = this.subscription ?? this.queue
    if (of !== null) this.desk.subscriptionResets.set(of, this.#counted)
  }

  /** Does it take from a queue, or topic, of this name? */
  matches(name: string, queue: boolean): boolean {
    const { at } = this
    const names = this.subscription?.options.destinations ?? [at]
    return names.some(({ kind, name: pattern }) => isQueueKind(kind) === queue && destinationMatches(pattern, name))
  }

  get isTemporary(): boolean {
    return isTemporaryKind(this.at.kind)
  }
}

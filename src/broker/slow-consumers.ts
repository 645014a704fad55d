import type { PolicyEntry, SlowConsumerPolicy } from '../destination/destination.ts'
import { aboutSession, type SlowConsumersPort, type Subscription } from '../session/session.ts'
import type { Broker } from './broker.ts'
import type { BrokerOptions } from './options.ts'

interface Suspect {
  /** Checks it was slow at, and times it was flagged. */
  checks: number
  flags: number
}

/** One configured strategy and whom it watches: all consumers of the destinations that its entry governs (PM-06). */
interface Watch {
  readonly suspects: Map<Subscription, Suspect>
  checkedAt: number
}

/** Aborts consumers that are slow for too long (semantics T-13 … T-17). */
export class SlowConsumers implements SlowConsumersPort {
  readonly #broker: Broker
  readonly #watches = new Map<SlowConsumerPolicy, Watch>()

  constructor(broker: Broker, { policies, defaultPolicy }: Pick<BrokerOptions, 'policies' | 'defaultPolicy'>) {
    this.#broker = broker
    this.renew([...policies, ...(defaultPolicy === null ? [] : [defaultPolicy])])
  }

  /** The strategies of these entries are in force; who is suspected under one that stays goes on being so. */
  renew(entries: readonly PolicyEntry[]): void {
    const configured = new Set(entries.flatMap(({ slowConsumer }) => slowConsumer ?? []))
    for (const policy of this.#watches.keys()) if (!configured.has(policy)) this.#watches.delete(policy)
    for (const policy of configured)
      if (!this.#watches.has(policy)) this.#watches.set(policy, { suspects: new Map(), checkedAt: this.#broker.now })
  }

  /** More waits for it than its window holds. */
  flag(subscription: Subscription): void {
    for (const topic of subscription.topics) this.#broker.notices?.slow(subscription, topic)
    for (const topic of subscription.topics) {
      const policy = topic.policy.slowConsumer
      const watch = policy?.kind === 'pending' ? this.#watches.get(policy) : undefined
      if (watch === undefined) continue
      const known = watch.suspects.get(subscription)
      if (known === undefined) watch.suspects.set(subscription, { checks: 0, flags: 1 })
      else known.flags++
      return
    }
  }

  /** The round of each strategy whose period is over. */
  check(): void {
    for (const [policy, watch] of this.#watches) {
      const { now } = this.#broker
      if (now - watch.checkedAt < policy.checkPeriod) continue
      watch.checkedAt = now
      this.#check(policy, watch.suspects)
    }
  }

  #check(policy: SlowConsumerPolicy, suspects: Map<Subscription, Suspect>): void {
    for (const suspect of suspects.values()) suspect.checks++
    if (policy.kind === 'acknowledgement') this.#suspect(policy, suspects)
    const { maxSlowDuration, maxSlowCount } = policy
    for (const [subscription, { checks, flags }] of suspects) {
      const gone = subscription.closed || (policy.kind === 'pending' && !subscription.slow)
      const long = maxSlowDuration > 0 && checks * policy.checkPeriod >= maxSlowDuration
      const often = maxSlowCount > 0 && flags >= maxSlowCount
      if (!gone && !long && !often) continue
      suspects.delete(subscription)
      if (!gone) this.#abort(subscription, policy)
    }
  }

  /** Who has not acknowledged anything for too long, and has something to acknowledge (semantics T-15). */
  #suspect(policy: SlowConsumerPolicy, suspects: Map<Subscription, Suspect>): void {
    if (policy.maxTimeSinceLastAck < 0) return
    for (const subscription of this.#governed(policy)) {
      const idle = policy.ignoreIdleConsumers && subscription.window.unsettled === 0
      const slow = !idle && this.#broker.now - subscription.acknowledgedAt > policy.maxTimeSinceLastAck
      const known = suspects.get(subscription)
      if (!slow) suspects.delete(subscription)
      else if (known === undefined) suspects.set(subscription, { checks: 0, flags: 1 })
      else known.flags++
    }
  }

  *#governed(policy: SlowConsumerPolicy): Generator<Subscription> {
    for (const session of this.#broker.sessions)
      for (const subscription of session.allSubscriptions) {
        const destinations = [...subscription.queues, ...subscription.topics]
        if (destinations.some(to => to.policy.slowConsumer === policy)) yield subscription
      }
  }

  /** The client is told nothing: its subscription is gone, or its connection (semantics T-16). */
  #abort(subscription: Subscription, { abortConnection }: SlowConsumerPolicy): void {
    const { session } = subscription
    const what = abortConnection ? 'its connection is closed' : 'its subscription is ended'
    this.#broker.log.warn(`${session.link.remote}: consumer ${subscription.consumerId} is too slow: ${what}`, {
      code: 'CLIENT_SLOW',
      ...aboutSession(session),
    })
    if (!abortConnection) return subscription.end()
    session.end()
    session.link.end()
  }
}

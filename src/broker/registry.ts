import {
  destinationMatches,
  isPattern,
  isQueueKind,
  isTemporaryKind,
  type DestinationName,
} from '../base/destination.ts'
import { DestinationKind } from '../base/destination.ts'
import {
  BUILT_BY,
  Queue,
  Topic,
  following,
  policyFor,
  renewedPolicy,
  type DestinationPolicy,
  type DurableName,
  type LateBudgets,
  type PolicyEntry,
  type PolicySetting,
  type RenewedPolicy,
  type TopicMemory,
} from '../destination/destination.ts'
import type { Session, Subscription } from '../session/session.ts'
import { DestinationLimits } from './destination-limits.ts'
import { StoredKind, type StoredDestination } from '../store/store.ts'

/** Where topics count what they keep. */
export interface TopicsKeep extends LateBudgets {
  readonly memory: TopicMemory
}

/** A destination keeps a setting as it was. */
export interface KeptSetting {
  readonly setting: PolicySetting
  readonly at: DestinationName
}

/** Every destination that exists, by name and id, and the subscriptions whose patterns wait for new ones. */
export class Registry {
  readonly #queues = new Map<string, Queue>()
  readonly #topics = new Map<string, Topic>()
  readonly #temporary = new Map<string, { readonly to: Queue | Topic; readonly owner: Session }>()
  /** A Map: ids are never used again, and those gone must cost nothing. */
  readonly #byId = new Map<number, Queue>()
  readonly #patterns = new Set<Subscription>()
  #policies: readonly PolicyEntry[]
  #defaultPolicy: PolicyEntry | null
  #limits: DestinationLimits

  readonly #topicsKeep: TopicsKeep
  /** Queues whose backlog counts as memory. */
  readonly queuesInMemory: Set<Queue> = new Set<Queue>()

  constructor(policies: readonly PolicyEntry[], defaultPolicy: PolicyEntry | null, topicsKeep: TopicsKeep) {
    this.#policies = policies
    this.#defaultPolicy = defaultPolicy
    this.#topicsKeep = topicsKeep
    this.#limits = new DestinationLimits(policies, defaultPolicy)
  }

  policyOf(at: DestinationName): DestinationPolicy {
    return policyFor(this.#policies, this.#defaultPolicy, at)
  }

  /** The entries in force, the default one last. */
  get entries(): readonly PolicyEntry[] {
    return this.#defaultPolicy === null ? this.#policies : [...this.#policies, this.#defaultPolicy]
  }

  /**
   * Other entries are in force, for destinations that exist too (semantics RC-01). Answers what some of these keep as it was,
   * once for each of them.
   */
  renew(policies: readonly PolicyEntry[], defaultPolicy: PolicyEntry | null): readonly KeptSetting[] {
    const before = { policies: this.#policies, defaultPolicy: this.#defaultPolicy }
    this.#policies = following(policies, before.policies)
    const alone = (entry: PolicyEntry | null): PolicyEntry[] => (entry === null ? [] : [entry])
    this.#defaultPolicy = following(alone(defaultPolicy), alone(before.defaultPolicy))[0] ?? null
    const kept: KeptSetting[] = []
    type Made = Map<DestinationPolicy, Map<DestinationPolicy, RenewedPolicy>>
    const made: Readonly<Record<keyof typeof BUILT_BY, Made>> = {
      queue: new Map(),
      durable: new Map(),
      topic: new Map(),
    }
    for (const to of [...this.queues(), ...this.#allTopics()]) {
      const [old, now] = [policyFor(before.policies, before.defaultPolicy, to.at), this.policyOf(to.at)]
      const sort = to instanceof Topic ? 'topic' : to.durable === null ? 'queue' : 'durable'
      // Those that were alike stay alike: ten thousand queues under one entry share one policy.
      const alike = made[sort].get(to.policy) ?? new Map<DestinationPolicy, RenewedPolicy>()
      made[sort].set(to.policy, alike)
      const renewed = alike.get(now) ?? renewedPolicy(to.policy, old, now, BUILT_BY[sort])
      alike.set(now, renewed)
      for (const setting of renewed.kept) kept.push({ setting, at: to.at })
      to.renew(renewed.policy)
    }
    this.#limits = new DestinationLimits(this.#policies, this.#defaultPolicy)
    for (const { at } of this.named()) this.#limits.added(at)
    return kept
  }

  *#allTopics(): Generator<Topic> {
    for (const to of this.all()) if (to instanceof Topic) yield to
  }

  find(kind: DestinationKind, name: string): Queue | Topic | null {
    switch (kind) {
      case DestinationKind.queue:
        return this.#queues.get(name) ?? null
      case DestinationKind.topic:
        return this.#topics.get(name) ?? null
      case DestinationKind.tempQueue:
      case DestinationKind.tempTopic: {
        const found = this.#temporary.get(name)
        return found !== undefined && found.to.at.kind === kind ? found.to : null
      }
    }
  }

  byId(id: number): Queue | undefined {
    return this.#byId.get(id)
  }

  ownerOf(at: DestinationName): Session | null {
    return this.#temporary.get(at.name)?.owner ?? null
  }

  /** All that hold messages, the backlogs of durable subscriptions included. */
  queues(): Iterable<Queue> {
    return [...this.#byId.values()]
  }

  /** Those that are no temporary ones and no durable subscriptions. */
  namedQueues(): Iterable<Queue> {
    return this.#queues.values()
  }

  topics(): Iterable<Topic> {
    return this.#topics.values()
  }

  addDurable(at: DestinationName, id: number, durable: DurableName): Queue {
    const queue = new Queue(at, id, this.policyOf(at), durable)
    this.#byId.set(id, queue)
    return queue
  }

  forgetId(id: number): void {
    this.#byId.delete(id)
  }

  /** All that are no temporary ones. */
  *named(): Iterable<Queue | Topic> {
    yield* this.#queues.values()
    yield* this.#topics.values()
  }

  /** All, temporary ones too. */
  *all(): Iterable<Queue | Topic> {
    yield* this.named()
    for (const { to } of this.#temporary.values()) yield to
  }

  /** A named destination is gone. */
  forget(to: Queue | Topic): void {
    if (to instanceof Queue) {
      this.#queues.delete(to.at.name)
      this.#byId.delete(to.id)
    } else {
      this.#topics.delete(to.at.name)
      to.end()
    }
    this.#limits.removed(to.at)
  }

  /** The refusal to make one more destination, or null (semantics LD-05). */
  refusal(at: DestinationName): string | null {
    return this.#limits.refusal(at)
  }

  /** The queues that the journal knows. */
  restore(stored: Iterable<StoredDestination>): void {
    for (const each of stored) {
      // Of an earlier life: the epoch that begins forgets it.
      if (each.kind !== StoredKind.queue) continue
      this.addQueue({ kind: each.kind, name: each.name }, each.id, null).stored = each
    }
  }

  addQueue(at: DestinationName, id: number, owner: Session | null): Queue {
    const queue = new Queue(at, id, this.policyOf(at))
    this.#byId.set(id, queue)
    if (queue.policy.queueInMemory || owner !== null) this.queuesInMemory.add(queue)
    if (owner !== null) this.#temporary.set(at.name, { to: queue, owner })
    else {
      this.#queues.set(at.name, queue)
      this.#limits.added(at)
    }
    return queue
  }

  addTopic(at: DestinationName, owner: Session | null): Topic {
    const topic = new Topic(at, this.policyOf(at), this.#topicsKeep.memory, this.#topicsKeep)
    if (owner !== null) this.#temporary.set(at.name, { to: topic, owner })
    else {
      this.#topics.set(at.name, topic)
      this.#limits.added(at)
    }
    return topic
  }

  /** Forgets a temporary destination; answers what it was. */
  removeTemporary(name: string): Queue | Topic | null {
    const found = this.#temporary.get(name)
    if (found === undefined) return null
    this.#temporary.delete(name)
    if (found.to instanceof Topic) found.to.end()
    else {
      this.#byId.delete(found.to.id)
      this.queuesInMemory.delete(found.to)
    }
    return found.to
  }

  /** The existing destinations that a subscription's names accept. */
  matching(subscription: Subscription): (Queue | Topic)[] {
    const found: (Queue | Topic)[] = []
    for (const wanted of subscription.options.destinations) {
      const exact = this.find(wanted.kind, wanted.name)
      if (exact !== null) found.push(exact)
      if (!isPattern(wanted.name) || isTemporaryKind(wanted.kind)) continue
      this.#patterns.add(subscription)
      const all: Iterable<Queue | Topic> = isQueueKind(wanted.kind) ? this.#queues.values() : this.#topics.values()
      for (const to of all) if (to !== exact && destinationMatches(wanted.name, to.at.name)) found.push(to)
    }
    return found
  }

  /** The existing topics that these names accept. */
  topicsOf(names: readonly DestinationName[]): Topic[] {
    const accepts = ({ at }: Topic): boolean => names.some(({ name }) => destinationMatches(name, at.name))
    return [...this.#topics.values()].filter(accepts)
  }

  forgetPattern(subscription: Subscription): void {
    this.#patterns.delete(subscription)
  }

  /** It is to be connected to a destination that its names accept, when there is one again. */
  awaits(subscription: Subscription): void {
    this.#patterns.add(subscription)
  }

  /** The subscriptions that were waiting for a destination of this name (stomp S-DST-13). */
  waitingFor(at: DestinationName): Subscription[] {
    if (isTemporaryKind(at.kind)) return []
    return [...this.#patterns].filter(subscription =>
      subscription.options.destinations.some(
        wanted => wanted.kind === at.kind && destinationMatches(wanted.name, at.name),
      ),
    )
  }
}

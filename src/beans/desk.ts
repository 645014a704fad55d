import { DestinationKind, type DestinationName } from '../base/destination.ts'
import type { Broker } from '../broker/broker.ts'
import { Queue } from '../destination/destination.ts'
import { BeanError, type ObjectName } from '../management/management.ts'
import { Subscription, type Session } from '../session/session.ts'
import { StoredKind, type MessageIndex, type StoredDestination, type StoredSubscription } from '../store/store.ts'
import { DeadLetterQueues } from './dead-letter-queues.ts'
import { DestinationView, Resets } from './destination-view.ts'
import type { BeanHost } from './host.ts'
import { BeanNames } from './names.ts'
import { Passing } from './passing.ts'
import type { SubscriptionCounts } from './subscription-view.ts'
import { Turns } from './turns.ts'

/** Limits of the whole broker, bytes; 0: none. */
export interface Limits {
  readonly memoryLimit: number
  readonly storeLimit: number
  readonly tempLimit: number
}

/** Everything that beans look up: what there is in this node now. One for as long as the node lives. */
export class Desk {
  readonly host: BeanHost
  readonly names: BeanNames
  readonly resets: Resets = new Resets()
  readonly subscriptionResets: WeakMap<object, SubscriptionCounts> = new WeakMap<object, SubscriptionCounts>()
  /** Answers with whole messages: each gathers megabytes before it can be sent. */
  readonly browses: Turns = new Turns(4)
  readonly #connectors = new WeakMap<Session, string>()
  readonly #passing = new Passing()
  #deadLetterQueues: { readonly of: BeanHost['config']; readonly queues: DeadLetterQueues } | null = null
  #sent = 0

  constructor(host: BeanHost) {
    this.host = host
    this.names = new BeanNames(host.config.brokerName)
  }

  /** Throws what ActiveMQ's beans throw before the broker serves. */
  get broker(): Broker {
    const { broker } = this.host
    if (broker === null) throw new BeanError('java.lang.IllegalStateException', 'Broker is not yet started.')
    return broker
  }

  /** By the policies that are in force: a reload brings others. */
  get deadLetterQueues(): DeadLetterQueues {
    const { config } = this.host
    if (this.#deadLetterQueues?.of !== config)
      this.#deadLetterQueues = { of: config, queues: new DeadLetterQueues(config) }
    return this.#deadLetterQueues.queues
  }

  get limits(): Limits {
    return this.host.broker?.space.limits ?? this.host.config.usage
  }

  /** What is used of the limits now, bytes. */
  get used(): { readonly memory: number; readonly store: number; readonly temp: number; readonly jobs: number } {
    const { broker, journal } = this.host
    // Looking for the scheduler's messages goes over every destination: only for who wants to know.
    const jobs = (): number => this.jobs?.bytes ?? 0
    const { memoryBytes, storeBytes, tempBytes } =
      broker === null ? { memoryBytes: 0, storeBytes: journal.totalBytes, tempBytes: 0 } : broker.space.inUse
    return {
      memory: memoryBytes,
      store: storeBytes,
      temp: tempBytes,
      get jobs() {
        return jobs()
      },
    }
  }

  /** The messages that the scheduler keeps; null: none yet. */
  get jobs(): MessageIndex | null {
    for (const { kind, messages } of this.#stored()) if (kind === StoredKind.scheduler) return messages
    return null
  }

  /** An id for a message that management sends. */
  nextMessageId(): string {
    return `${this.broker.identification.brokerId}:2:${++this.#sent}`
  }

  /** Every destination, in no order. Those of a passive are what its replica holds, and the topics that it collects from. */
  *destinations(kind: DestinationKind | null = null): Generator<DestinationView> {
    const { broker } = this.host
    if (broker === null) {
      yield* this.#replicated(kind)
      return
    }
    for (const to of broker.registry.all())
      if (kind === null || to.at.kind === kind) yield new DestinationView(this, to.at, to, null)
  }

  *#replicated(kind: DestinationKind | null): Generator<DestinationView> {
    for (const stored of this.#stored()) {
      if (stored.kind === StoredKind.subscription || stored.kind === StoredKind.scheduler) continue
      const at = { kind: stored.kind, name: stored.name }
      if (kind === null || at.kind === kind) yield new DestinationView(this, at, null, stored)
    }
    if (kind !== null && kind !== DestinationKind.topic) return
    for (const name of this.#topics())
      yield new DestinationView(this, { kind: DestinationKind.topic, name }, null, null)
  }

  #topics(): Set<string> {
    const names = new Set<string>()
    for (const { topics } of this.storedSubscriptions()) if (!topics.includes(',')) names.add(topics)
    for (const { kind, name } of this.host.config.destinations) if (kind === DestinationKind.topic) names.add(name)
    return names
  }

  destination(at: DestinationName): DestinationView | null {
    const { broker } = this.host
    if (broker !== null) {
      const to = broker.find(at.kind, at.name)
      return to === null ? null : new DestinationView(this, at, to, null)
    }
    for (const view of this.#replicated(at.kind)) if (view.at.name === at.name) return view
    return null
  }

  /** The connections of clients: those that said CONNECT and are not the twin's. */
  *sessions(): Generator<Session> {
    for (const session of this.host.broker?.sessions ?? [])
      if (session.connected && session.replication === null) yield session
  }

  /** The bean of a connection; null: it is none of an open connector. */
  connectionName(session: Session): ObjectName | null {
    let connector = this.#connectors.get(session)
    if (connector === undefined) {
      for (const { options, connections } of this.host.listeners)
        for (const { session: one } of connections) this.#connectors.set(one, options.name)
      connector = this.#connectors.get(session)
    }
    return connector === undefined ? null : this.names.connection(connector, 'clientId', session)
  }

  *subscriptions(): Generator<Subscription> {
    for (const session of this.sessions()) yield* session.allSubscriptions
  }

  /** Durable subscriptions that nobody consumes: on a passive all of them. */
  *offline(): Generator<StoredSubscription> {
    const { broker } = this.host
    if (broker === null) yield* this.storedSubscriptions()
    else for (const { subscriber, facts } of broker.durables.all()) if (subscriber === null) yield facts
  }

  /** What the journal knows of durable subscriptions, also on a passive. */
  *storedSubscriptions(): Generator<StoredSubscription> {
    for (const { subscription } of this.#stored()) if (subscription !== null) yield subscription
  }

  /** What the journal knows; nothing before it is recovered. */
  #stored(): Iterable<StoredDestination> {
    return this.host.isOpen ? this.host.state.destinations.values() : []
  }

  /** Who consumes a destination: also whoever only looks, and on a topic the durable subscriptions of exactly its name. */
  consumersOf({ at, to }: DestinationView): Subscription[] {
    const found: Subscription[] = []
    for (const one of to?.consumers ?? []) if (one instanceof Subscription) found.push(one)
    if (to instanceof Queue) return [...found, ...this.#passing.browsers(this).filter(one => isFor(one, at))]
    for (const { subscriber } of this.#passing.durables(this).of(at.name))
      if (subscriber !== null) found.push(subscriber)
    return found
  }

  /** Subscriptions, durable ones whether somebody consumes them or not, and whoever only looks. */
  consumerCountOf({ at, to }: DestinationView): number {
    if (to === null) return 0
    if (to instanceof Queue)
      return to.consumers.size + this.#passing.browsers(this).filter(one => isFor(one, at)).length
    return to.consumers.size + (at.kind === DestinationKind.topic ? this.#passing.durables(this).countOf(at.name) : 0)
  }
}

const isFor = ({ options }: Subscription, { kind, name }: DestinationName): boolean =>
  options.destinations.some(one => one.kind === kind && one.name === name)

import { DestinationKind, destinationMatches, type DestinationName } from '../base/destination.ts'
import type { Queue } from '../destination/destination.ts'
import type { Condition, Delivery, Selection, StoredCopy } from '../destination/destination.ts'
import { RECORD_HEADER, RecordFlag, RecordType } from '../journal/journal.ts'
import { Refusal, type DurablePort, type Identity, type Subscription } from '../session/session.ts'
import { StoredKind, encodeSubscription, type StoredDestination, type StoredSubscription } from '../store/store.ts'
import type { Broker } from './broker.ts'
import { writeForgotten } from './destinations.ts'
import { both } from './routes.ts'
import { selectedBy } from './selection.ts'

export interface DurableOptions {
  /** Non-persistent messages are collected while it is offline (keepDurableSubsActive, semantics U-03). */
  readonly keepActive: boolean
  /** rejectDurableConsumers (semantics U-09). */
  readonly reject: boolean
  /** ms that a subscription may be offline before it is removed; -1 for ever (semantics U-10). */
  readonly offlineTimeout: number
  /** enableMessageExpirationOnActiveDurableSubs (semantics E-05). */
  readonly sweepActive: boolean
}

/** One durable subscription: what it collects lies in a queue of its own, whether somebody consumes it or not. */
export class DurableSubscription {
  readonly facts: StoredSubscription
  readonly queue: Queue
  readonly topics: readonly string[]
  readonly #options: DurableOptions
  /** Whoever consumes it now, or null: it is offline. */
  subscriber: Subscription | null = null
  /** Who consumed it last; null: nobody since the broker started. */
  identity: Identity | null = null
  /** Wall clock, ms. */
  offlineSince: number
  /** The selector; undefined: there is none; null: it is none, and nothing is accepted. */
  readonly #selected: Selection | null | undefined

  constructor(facts: StoredSubscription, queue: Queue, options: DurableOptions, now: number) {
    this.facts = facts
    this.queue = queue
    this.topics = facts.topics.split(',')
    this.#options = options
    this.offlineSince = now
    this.#selected = selectedBy(facts)
  }

  /** What a message on its way to this topic must satisfy to be collected. */
  conditionFor(topic: DestinationName): Condition {
    const selected = this.#selected?.for(topic)
    return {
      accepts: message => this.#takes(message) && (this.#selected === undefined || selected?.accepts(message) === true),
    }
  }

  collectsFrom(topic: string): boolean {
    return this.topics.some(pattern => destinationMatches(pattern, topic))
  }

  /** While nobody consumes it, volatile messages may be kept out; noLocal keeps out one's own (semantics U-03, T-04). */
  #takes(message: Delivery): boolean {
    if (this.subscriber === null && !message.persistent && !this.#options.keepActive) return false
    return !this.facts.noLocal || this.subscriber?.session.sent(message) !== true
  }
}

/** The durable subscriptions of a broker, by client id and name (semantics U-01 … U-12). */
export class Durables implements DurablePort {
  readonly #broker: Broker
  readonly #options: DurableOptions
  readonly #byKey = new Map<string, DurableSubscription>()

  constructor(broker: Broker, options: DurableOptions) {
    this.#broker = broker
    this.#options = options
  }

  all(): Iterable<DurableSubscription> {
    return this.#byKey.values()
  }

  find(clientId: string, name: string): DurableSubscription | undefined {
    return this.#byKey.get(keyOf(clientId, name))
  }

  /** Those that the journal knows. */
  restore(stored: Iterable<StoredDestination>): void {
    for (const each of stored)
      if (each.kind === StoredKind.subscription && each.subscription !== null)
        this.#add(each.subscription, each.id).queue.stored = each
  }

  /** The subscriptions that collect what is published to this topic. */
  copiesFor(topic: DestinationName, when: Condition | null): StoredCopy[] {
    const copies: StoredCopy[] = []
    if (topic.kind !== DestinationKind.topic) return copies
    for (const durable of this.#byKey.values()) {
      if (!durable.collectsFrom(topic.name) || !this.#mayRead(durable, topic)) continue
      copies.push({ queue: durable.queue, when: both(when, durable.conditionFor(topic)), dropsWhenFull: false })
    }
    return copies
  }

  /** A pattern reaches only what its owner may read (semantics SA-07); of the time before a restart the owner is not known. */
  #mayRead({ identity, topics }: DurableSubscription, topic: DestinationName): boolean {
    if (identity === null || topics.includes(topic.name)) return true
    return this.#broker.refusal(identity, 'read', topic) === null
  }

  open(facts: StoredSubscription): Queue | Refusal {
    if (this.#options.reject) return new Refusal('Durable Consumers are not allowed', false)
    const { clientId, name } = facts
    const known = this.find(clientId, name)
    if (known === undefined) return this.#create(facts).queue
    if (known.subscriber !== null) {
      const who = `client: ${clientId} and subscriptionName: ${name}`
      return new Refusal(`Durable consumer is in use for ${who}`, false)
    }
    if (isSame(known.facts, facts)) return known.queue
    // Another subscription under the same name: what the old one had collected is not its (semantics U-05).
    this.#end(known)
    return this.#create(facts).queue
  }

  ensure(facts: StoredSubscription, identity: Identity): Refusal | null {
    const { clientId, name } = facts
    const known = this.find(clientId, name)
    if (known === undefined) {
      const queue = this.open(facts)
      if (queue instanceof Refusal) return queue
      // Until somebody consumes it, it collects what its maker may read (SA-07).
      this.#of(queue)!.identity = identity
      return null
    }
    if (isSame(known.facts, facts)) return null
    const { topics, selector } = known.facts
    const what = `${topics}${selector === null ? '' : `, selector ${selector}`}${known.facts.noLocal ? ', noLocal' : ''}`
    return new Refusal(`Durable subscription ${clientId}:${name} is there already, as another one: on ${what}`, false)
  }

  backlogOf(clientId: string, name: string, topic: string): Queue | Refusal {
    const durable = this.find(clientId, name)
    if (durable === undefined) return new Refusal(noneSuch(clientId, name), false)
    if (durable.collectsFrom(topic)) return durable.queue
    return new Refusal(`Durable subscription ${clientId}:${name} does not collect from topic://${topic}`, false)
  }

  topicsOf(clientId: string, name: string): string | null {
    return this.find(clientId, name)?.facts.topics ?? null
  }

  /** The subscription consumes what its durable has collected. */
  attach(subscription: Subscription, queue: Queue): void {
    const durable = this.#of(queue)
    if (durable === undefined) return
    durable.subscriber = subscription
    if (durable.identity !== subscription.session.identity) {
      durable.identity = subscription.session.identity
      this.#broker.routes.changed()
    }
    subscription.queues.add(queue)
    queue.consumers.add(subscription)
  }

  /** It goes offline, and goes on collecting (semantics U-02). */
  detach(subscription: Subscription): void {
    for (const queue of subscription.queues) {
      const durable = this.#of(queue)
      if (durable?.subscriber !== subscription) continue
      durable.subscriber = null
      durable.offlineSince = this.#broker.now
    }
  }

  remove(clientId: string, name: string): string | null {
    const durable = this.find(clientId, name)
    if (durable === undefined) return noneSuch(clientId, name)
    if (durable.subscriber !== null) return 'Durable consumer is in use'
    this.#end(durable)
    return null
  }

  /** Removes those that have been offline for too long (semantics U-10). */
  sweep(): void {
    const { offlineTimeout } = this.#options
    if (offlineTimeout < 0) return
    for (const durable of this.#byKey.values()) {
      if (durable.subscriber !== null || this.#broker.now - durable.offlineSince < offlineTimeout) continue
      const { clientId, name } = durable.facts
      this.#broker.log.info(
        `durable subscription ${clientId}:${name} was offline for too long: removed with its messages`,
        { code: 'SUBSCRIPTION_REMOVED', client: clientId },
      )
      this.#end(durable)
    }
  }

  /** Are its expired messages looked for now (semantics E-05)? */
  sweepsExpired(queue: Queue): boolean {
    return this.#options.sweepActive || (this.#of(queue)?.subscriber ?? null) === null
  }

  #of(queue: Queue): DurableSubscription | undefined {
    const { durable } = queue
    return durable === null ? undefined : this.find(durable.clientId, durable.name)
  }

  #create(facts: StoredSubscription): DurableSubscription {
    const { journal } = this.#broker
    const id = this.#broker.destinations.nextId()
    const payload = encodeSubscription(facts)
    const length = RECORD_HEADER + 4 + payload.length
    journal.reserve(length)
    journal.view.setUint32(journal.at + 16, id, true)
    payload.copy(journal.block, journal.at + 20)
    journal.seal(RecordType.subscriptionAdded, RecordFlag.none, length)
    this.#broker.schedule()
    return this.#add(facts, id)
  }

  #add(facts: StoredSubscription, id: number): DurableSubscription {
    const at = { kind: DestinationKind.topic, name: facts.topics }
    const queue = this.#broker.registry.addDurable(at, id, facts)
    const durable = new DurableSubscription(facts, queue, this.#options, this.#broker.now)
    this.#byKey.set(keyOf(facts.clientId, facts.name), durable)
    this.#broker.routes.changed()
    return durable
  }

  #end({ facts, queue }: DurableSubscription): void {
    this.#byKey.delete(keyOf(facts.clientId, facts.name))
    queue.gone = true
    this.#broker.registry.forgetId(queue.id)
    this.#broker.routes.changed()
    writeForgotten(this.#broker.journal, queue.id, RecordFlag.none)
    this.#broker.schedule()
  }
}

const noneSuch = (clientId: string, name: string): string =>
  `No durable subscription exists for clientID: ${clientId} and subscriptionName: ${name}`

/** No text can be made up so that two pairs have one key. */
const keyOf = (clientId: string, name: string): string => `${clientId.length}:${clientId}${name}`

const isSame = (a: StoredSubscription, b: StoredSubscription): boolean =>
  a.topics === b.topics && a.selector === b.selector && a.exact === b.exact && a.noLocal === b.noLocal

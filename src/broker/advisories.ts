import { DestinationKind, destinationUri, type DestinationName } from '../base/destination.ts'
import { Queue, perMessageBytes, type Delivery, type Kept, type Topic } from '../destination/destination.ts'
import { ADVISORY } from '../journal/journal.ts'
import { messageIdOf, ownMessage, type NoticePort, type Session, type Subscription } from '../session/session.ts'
import { writeJson, type Element } from '../transformation/transformation.ts'
import {
  NOTHING,
  connectionInfo,
  connectionRemoved,
  consumerInfo,
  consumerRemoved,
  destinationInfo,
  messageInfo,
  producerInfo,
  producerRemoved,
} from './advisory-bodies.ts'
import {
  ANONYMOUS_PRODUCER,
  CONNECTION,
  DESTINATION_EVENTS,
  MASTER_BROKER,
  eventTopic,
  isAdvisoryTopic,
  lifeTopic,
  listedName,
  type DestinationEvent,
} from './advisory-names.ts'
import { replaysOf } from './advisory-replays.ts'
import type { Broker } from './broker.ts'
import { consumerCount } from './consumer-count.ts'
import { Due } from './due.ts'
import { MessageNotices } from './message-notices.ts'
import { Watchers, names } from './watchers.ts'

export interface AdvisoryOptions {
  /** anonymousProducerAdvisorySupport (semantics AD-04). */
  readonly anonymousProducers: boolean
}

type Headers = readonly (readonly [name: string, value: string])[]

/**
 * Tells subscribers of `ActiveMQ.Advisory.…` topics what happens in the broker (semantics section 14, stomp S-ADV). What
 * nobody subscribes to is not even put together; what is told waits until what it tells is committed.
 */
export class Advisories implements NoticePort {
  readonly messages: MessageNotices
  readonly #broker: Broker
  readonly #options: AdvisoryOptions
  readonly #watchers: Watchers
  readonly #due: Due
  /** The connections that made destinations. */
  readonly #creators = new WeakMap<Queue | Topic, string>()
  #sent = 0

  constructor(broker: Broker, options: AdvisoryOptions) {
    this.#broker = broker
    this.#options = options
    this.#watchers = new Watchers(broker.routes.rules)
    this.#due = new Due(broker)
    this.messages = new MessageNotices(broker, this)
  }

  /** Somebody listens: else no event costs more than this question. */
  get watched(): boolean {
    return this.#watchers.any
  }

  /** Publishes what is due; answers whether there is more. During a hand-over it waits, as everything does. */
  flush(): boolean {
    return !this.#broker.quiesced && this.#due.run()
  }

  wants(event: DestinationEvent, at: DestinationName): boolean {
    return this.#watchers.wants(eventTopic(event, at))
  }

  // What happened

  connected(session: Session): void {
    if (session.identity.twin === true) return
    this.#tell(CONNECTION, () => connectionInfo(session))
    if (this.#options.anonymousProducers) this.#tell(ANONYMOUS_PRODUCER, () => producerInfo(session), NO_PRODUCERS)
  }

  disconnected(session: Session): void {
    if (session.identity.twin === true) return
    if (this.#options.anonymousProducers) this.#tell(ANONYMOUS_PRODUCER, () => producerRemoved(session), NO_PRODUCERS)
    this.#tell(CONNECTION, () => connectionRemoved(session))
  }

  created(to: Queue | Topic, owner: Session | null): void {
    if (isAdvisoryTopic(to.at)) return
    const creator = (owner ?? this.#broker.acting)?.id
    if (creator !== undefined) this.#creators.set(to, creator)
    this.#tell(lifeTopic(to.at.kind), () => this.destinationInfo(to))
  }

  removed(to: Queue | Topic): void {
    if (isAdvisoryTopic(to.at)) return
    const creator = this.#creators.get(to) ?? null
    this.#tell(lifeTopic(to.at.kind), () => destinationInfo(to.at, creator, true))
    // Its own topics end with it: temporary destinations come and go for ever.
    this.#due.add(() => this.#forgetTopics(to.at))
  }

  subscribed(subscription: Subscription): void {
    const { destinations } = subscription.options
    if (!destinations.some(isAdvisoryTopic)) {
      this.#watchers.add(subscription)
      this.#tellConsumers(destinations, at => this.consumerInfo(subscription, at))
    } else this.#watchers.add(subscription)
    this.#replay(subscription)
  }

  unsubscribed(subscription: Subscription): void {
    this.#watchers.remove(subscription)
    const { destinations } = subscription.options
    if (destinations.some(isAdvisoryTopic)) return
    this.#tellConsumers(destinations, () => consumerRemoved(subscription))
  }

  #tellConsumers(destinations: readonly DestinationName[], body: (at: DestinationName) => Element): void {
    if (!this.watched) return
    const at = listedName(destinations)
    this.#tell(eventTopic('Consumer', at), () => body(at), this.consumerHeaders(at))
  }

  full(session: Session, to: Queue | Topic): void {
    const { policy, at } = to
    if (!this.watched || isAdvisoryTopic(at)) return
    if (policy.advisoryWhenFull)
      this.#tell(eventTopic('FULL', at), () => NOTHING, [
        ['usageName', `Main:memory:${destinationUri(at)}:memory`],
        ['usageCount', `${usageOf(to)}`],
      ])
    if (policy.advisoryForFastProducers)
      this.#tell(eventTopic('FastProducer', at), () => producerInfo(session), [['producerId', `${session.id}:-1:1`]])
  }

  slow(subscription: Subscription, { policy, at }: Queue | Topic): void {
    if (!this.watched || !policy.advisoryForSlowConsumers || isAdvisoryTopic(at)) return
    this.#tell(eventTopic('SlowConsumer', at), () => this.consumerInfo(subscription), [
      ['consumerId', subscription.consumerId],
    ])
  }

  discarded(subscription: Subscription, message: Kept, count: number): void {
    this.messages.discarded(subscription, message, count)
  }

  dispatched(subscription: Subscription, message: Delivery): void {
    this.messages.dispatched(subscription, message)
  }

  // What is told

  consumerInfo(
    subscription: Subscription,
    at: DestinationName = listedName(subscription.options.destinations),
  ): Element {
    const name = subscription.options.durable?.durable ?? null
    const durable = name === null ? undefined : this.#broker.durables.find(name.clientId, name.name)
    return consumerInfo(subscription, at, durable?.facts ?? null)
  }

  consumerHeaders(at: DestinationName): Headers {
    return [['consumerCount', `${consumerCount(this.#broker, at)}`]]
  }

  destinationInfo(to: Queue | Topic): Element {
    return destinationInfo(to.at, this.#creators.get(to) ?? null, false)
  }

  get tellsProducers(): boolean {
    return this.#options.anonymousProducers
  }

  /** An event about one message (semantics AD-05, AD-06, AD-10, AD-11). */
  tellMessage(
    event: DestinationEvent,
    at: DestinationName,
    message: Delivery,
    headers: Headers,
    committed = false,
  ): void {
    const topic = eventTopic(event, at)
    if (!this.#watchers.wants(topic)) return
    const withBody = this.#broker.policyOf(at).includeBodyForAdvisory
    const own = event === 'MessageDLQd' ? [] : [['orignalMessageId', messageIdOf(message)] as const]
    const record = this.advisory(messageInfo(message, at, withBody), [...own, ...headers])
    this.publishLater(topic, record, committed)
  }

  /** `record` goes to the topic when what happened before is committed. */
  publishLater(topic: string, record: Delivery, committed: boolean): void {
    this.#due.add(() => this.#broker.deposit([{ kind: DestinationKind.topic, name: topic }], record), committed)
  }

  #tell(topic: string, body: () => Element, headers: Headers = []): void {
    if (this.#watchers.wants(topic)) this.publishLater(topic, this.advisory(body(), headers), false)
  }

  /** The record of an advisory (stomp S-ADV-02, S-ADV-03). */
  advisory(body: Element, headers: Headers): Delivery {
    const { brokerName, brokerId, urls } = this.#broker.identification
    return ownMessage({
      id: `${brokerId}:0:0:${++this.#sent}`,
      persistent: false,
      priority: 0,
      expires: 0,
      timestamp: 0,
      text: true,
      headers: [
        ['type', 'Advisory'],
        ['transformation', 'jms-advisory-json'],
        ['originBrokerId', brokerId],
        ['originBrokerName', brokerName],
        ['originBrokerURL', urls[0]?.uri ?? `vm://${brokerName}`],
        ...headers,
      ],
      hidden: [[ADVISORY, 'body']],
      body: Buffer.from(writeJson(body), 'utf8'),
    })
  }

  // What a new subscriber is told of the time before it (semantics AD-13, AD-16)

  /** What is told of later than this subscription comes behind what it is replayed, and nothing twice. */
  #replay(subscription: Subscription): void {
    const replays = replaysOf(this.#broker, this, subscription)
    if (names(subscription, MASTER_BROKER)) replays.push({ topic: MASTER_BROKER, body: NOTHING, headers: [] })
    if (replays.length === 0) return
    const { publishing } = this.#broker
    const records = replays.map(({ topic, body, headers }) => ({ topic, record: this.advisory(body, headers) }))
    this.#due.add(() => {
      if (subscription.closed) return
      for (const { topic, record } of records) {
        const to = this.#broker.create({ kind: DestinationKind.topic, name: topic }, null) as Topic // by its kind
        // A pattern reaches only what its owner may read (semantics SA-07).
        if (subscription.topics.has(to)) publishing.only(subscription, to, record)
      }
    })
  }

  #forgetTopics(at: DestinationName): void {
    const broker = this.#broker
    if (broker.find(at.kind, at.name) !== null) return // there is one of that name again
    for (const event of DESTINATION_EVENTS) {
      const topic = broker.find(DestinationKind.topic, eventTopic(event, at))
      if (topic === null) continue
      for (const consumer of [...topic.consumers] as Subscription[]) consumer.forgetLine(topic)
      broker.lifetimes.remove(topic, true)
    }
  }
}

/** Bytes as the memory limit counts them (semantics L-07). */
function usageOf(to: Queue | Topic): number {
  if (!(to instanceof Queue)) return to.keptBytes
  return to.stored === null ? 0 : to.stored.messages.live * perMessageBytes(to.policy) + to.stored.messages.bytes
}

const NO_PRODUCERS: Headers = [['producerCount', '0']]

import {
  destinationMatches,
  destinationUri,
  isQueueKind,
  isTemporaryKind,
  type DestinationName,
} from '../base/destination.ts'
import type { Lsn, MessageKey } from '../base/lsn.ts'
import { Queue, emptyDelivery, type Topic } from '../destination/destination.ts'
import { MAP, MESSAGE_HEADER } from '../journal/journal.ts'
import { ownMessage, type StatisticsPort, type StatisticsRequest, type Subscription } from '../session/session.ts'
import { javaDouble, leaf, node, writeXml, type Element } from '../transformation/transformation.ts'
import type { Broker } from './broker.ts'
import { consumerCount } from './consumer-count.ts'
import type { BrokerOptions } from './options.ts'
import { BrokerSpace } from './space-in-use.ts'
import { statisticsOf, type DestinationStatistics } from './statistics.ts'

const PREFIX = 'ActiveMQ.Statistics.'
const DESTINATION = `${PREFIX}Destination`
const END_WITH_NULL = `${DESTINATION}.List.End.With.Null`
const FIRST_TIMESTAMP = `${DESTINATION}.Include.First.Message.Timestamp`
const RESET = `${PREFIX}Broker.Reset`

/** Replies that are made in one go. */
const repliesMax = 500

/** The counts of a destination that grow for ever, and can be reset. */
const COUNTS = ['enqueueCount', 'dequeueCount', 'dispatchCount', 'expiredCount'] as const
type Counts = Readonly<Record<(typeof COUNTS)[number], number>>

/** Answers requests for statistics with map messages, as the StatisticsBrokerPlugin does (semantics PL-01 … PL-03). */
export class StatisticsReplies implements StatisticsPort {
  readonly #broker: Broker
  readonly #options: BrokerOptions
  readonly #inUse: BrokerSpace
  /** What had been counted when a request reset the counters. */
  #before = new WeakMap<Queue | Topic, Counts>()
  #sent = 0

  constructor(broker: Broker, options: BrokerOptions) {
    this.#broker = broker
    this.#options = options
    this.#inUse = new BrokerSpace(broker, options.space)
  }

  answer(request: StatisticsRequest): boolean {
    const { name } = request.to
    const is = (prefix: string): boolean => name.slice(0, prefix.length).toLowerCase() === prefix.toLowerCase()
    if (is(DESTINATION)) this.#destinations(request)
    else if (is(`${PREFIX}Broker`)) this.#whole(request)
    else if (is(`${PREFIX}Subscription`)) this.#subscriptions(request)
    else return false
    return true
  }

  #destinations(request: StatisticsRequest): void {
    const { to, flags } = request
    let query = to.name.slice(DESTINATION.length)
    // The option may also be the end of the name.
    const ends = query.endsWith(END_WITH_NULL)
    if (ends) query = query.slice(0, -END_WITH_NULL.length)
    query = query.replace(/^\./, '')
    const wanted = [...this.#broker.registry.named()].filter(
      ({ at }) => isQueueKind(at.kind) === isQueueKind(to.kind) && destinationMatches(query, at.name),
    )
    this.#replyEach(
      request,
      wanted,
      at => {
        const entries = this.#identity([['destinationName', text(destinationUri(at.at))], ...this.#counts(at)])
        const first = flags.has(FIRST_TIMESTAMP) && at instanceof Queue ? this.#firstTimestamp(at) : null
        return first === null ? entries : [...entries, ['firstMessageTimestamp', whole(first)]]
      },
      ends || flags.has(END_WITH_NULL),
    )
  }

  /** In slices: a pattern may ask for a hundred thousand. */
  #replyEach<T>(
    request: StatisticsRequest,
    of: readonly T[],
    entries: (one: T) => readonly Entry[],
    ends: boolean,
  ): void {
    for (const one of of.slice(0, repliesMax)) this.#reply(request, entries(one))
    const rest = of.slice(repliesMax)
    if (rest.length > 0) this.#broker.operations.soon(() => this.#replyEach(request, rest, entries, ends))
    else if (ends) this.#reply(request, [])
  }

  #counts(to: Queue | Topic): Entry[] {
    const memoryLimit = this.#options.space.memoryLimit
    const now = this.#statistics(to)
    const limit = now.memoryLimit === 0 ? memoryLimit : now.memoryLimit
    return [
      ...counted(now),
      ['messagesCached', whole(0)],
      ['averageMessageSize', whole(now.averageMessageSize)],
      ['memoryPercentUsage', percent(now.memoryUsage, limit)],
      ['memoryUsage', whole(now.memoryUsage)],
      ['memoryLimit', whole(limit)],
      ...times(now),
    ]
  }

  /** As they are since the last reset. */
  #statistics(to: Queue | Topic): DestinationStatistics {
    const now = statisticsOf(to)
    const before = this.#before.get(to)
    const counts = before === undefined ? {} : difference(now, before)
    return { ...now, ...counts, consumerCount: consumerCount(this.#broker, to.at) }
  }

  #whole(request: StatisticsRequest): void {
    const { identification, journal, registry } = this.#broker
    const all = [...registry.all()]
    if (request.flags.has(RESET)) for (const to of all) this.#reset(to)
    const each = all.map(to => this.#statistics(to))
    const sum = (key: Exclude<keyof DestinationStatistics, 'kind' | 'name' | 'paused' | 'holdsDeadLetters'>): number =>
      each.reduce((total, one) => total + one[key], 0)
    const { memoryLimit, storeLimit, tempLimit } = this.#options.space
    const { memoryBytes, tempBytes } = this.#inUse
    const waits = all.flatMap(to => (to instanceof Queue && to.waits !== null ? [to.waits] : []))
    const url = (scheme: string): Element => text(identification.urls.find(one => one.scheme === scheme)?.uri ?? '')
    const waited = waits.reduce((total, one) => total + one.count, 0)
    const enqueued = all.reduce((total, to) => total + (to instanceof Queue ? (to.sizes?.count ?? 0) : 0), 0)
    const bytes = all.reduce((total, to) => total + (to instanceof Queue ? (to.sizes?.total ?? 0) : 0), 0)
    this.#reply(
      request,
      this.#identity([
        ...counted({
          size: sum('size'),
          enqueueCount: sum('enqueueCount'),
          dequeueCount: sum('dequeueCount'),
          dispatchCount: sum('dispatchCount'),
          expiredCount: sum('expiredCount'),
          inflightCount: sum('inflightCount'),
          consumerCount: sum('consumerCount'),
          producerCount: 0,
        }),
        ['messagesCached', whole(0)],
        ['averageMessageSize', whole(enqueued === 0 ? 0 : bytes / enqueued)],
        ['memoryPercentUsage', percent(memoryBytes, memoryLimit)],
        ['memoryUsage', whole(memoryBytes)],
        ['memoryLimit', whole(memoryLimit)],
        ...times({
          averageEnqueueTime: waited === 0 ? 0 : waits.reduce((total, one) => total + one.total, 0) / waited,
          minEnqueueTime: waits.reduce((least, one) => Math.min(least, one.min), waits.length === 0 ? 0 : Infinity),
          maxEnqueueTime: waits.reduce((most, one) => Math.max(most, one.max), 0),
        }),
        ['storePercentUsage', percent(journal.totalBytes, storeLimit)],
        ['storeUsage', whole(journal.totalBytes)],
        ['storeLimit', whole(storeLimit)],
        ['tempPercentUsage', percent(tempBytes, tempLimit)],
        ['tempUsage', whole(tempBytes)],
        ['tempLimit', whole(tempLimit)],
        ['openwire', url('tcp')],
        ['stomp', url('stomp')],
        ['ssl', url('ssl')],
        ['stomp+ssl', url('stomp+ssl')],
        ['vm', text(`vm://${identification.brokerName}`)],
        ['dataDirectory', text(identification.dataDirectory)],
      ]),
    )
  }

  /** What management reads goes on counting; the times begin anew for both. */
  #reset(to: Queue | Topic): void {
    this.#before.set(to, statisticsOf(to))
    if (to instanceof Queue) to.waits = null
  }

  #subscriptions(request: StatisticsRequest): void {
    const all = [...this.#broker.sessions].flatMap(({ allSubscriptions }) => [...allSubscriptions])
    const named = all.filter(({ options }) => !options.destinations.some(({ kind }) => isTemporaryKind(kind)))
    this.#replyEach(request, named, one => this.#identity(subscriptionEntries(one)), false)
  }

  #identity(entries: readonly Entry[]): Entry[] {
    const { brokerName, brokerId } = this.#broker.identification
    return [['brokerName', text(brokerName)], ['brokerId', text(brokerId)], ...entries]
  }

  /** Of the oldest message, when its sender or the broker says so: its header, if its bytes are at hand. */
  #firstTimestamp(queue: Queue): number | null {
    const messages = queue.stored?.messages
    if (messages === undefined || messages.live === 0) return null
    for (let chunk = messages.first; chunk !== null; chunk = chunk.next) {
      for (let slot = 0; slot < chunk.count; slot++) {
        const key = chunk.keys[slot]! as MessageKey
        if (!messages.find(key)) continue
        return this.#timestamp(chunk.position(slot), chunk.sizes[slot]!) ?? this.#broker.dispatching.arrivedAt(key)
      }
    }
    return null
  }

  #timestamp(at: Lsn, bytes: number): number | null {
    const message = emptyDelivery()
    if (!this.#broker.journal.peek(at, bytes, message)) return null
    const { block, view, offset } = message
    const start = offset + MESSAGE_HEADER
    const found = /^timestamp:(\d+)$/m.exec(block.toString('latin1', start, start + view.getUint32(offset + 40, true)))
    return found === null ? null : Number(found[1])
  }

  #reply({ replyTo, correlationId }: StatisticsRequest, entries: readonly Entry[]): void {
    const broker = this.#broker
    const map = node(
      'map',
      entries.map(([key, value]) => node('entry', [leaf('string', key), value])),
    )
    const message = ownMessage({
      id: `${broker.identification.brokerId}:1:0:${++this.#sent}`,
      persistent: false,
      priority: 4,
      expires: 0,
      timestamp: broker.now,
      text: true,
      headers: [
        ...(correlationId === null ? [] : [['correlation-id', correlationId] as const]),
        ['type', 'Advisory'],
        ['transformation', 'jms-map-xml'],
      ],
      hidden: [[MAP, 'body']],
      body: Buffer.from(writeXml(map), 'utf8'),
    })
    broker.deposit(replyTo, message)
  }
}

type Entry = readonly [key: string, value: Element]

const text = (value: string): Element => leaf('string', value)
const whole = (value: number): Element => leaf('long', Math.floor(value))
const double = (value: number): Element => ({ ...leaf('double', value), text: javaDouble(value) })
const percent = (usage: number, limit: number): Element =>
  leaf('int', limit === 0 ? 0 : Math.floor((usage * 100) / limit))

const counted = (of: Pick<DestinationStatistics, (typeof COUNTED)[number]>): Entry[] =>
  COUNTED.map(key => [key, whole(of[key])])
const COUNTED = [
  'size',
  'enqueueCount',
  'dequeueCount',
  'dispatchCount',
  'expiredCount',
  'inflightCount',
  'consumerCount',
  'producerCount',
] as const

const times = (of: Pick<DestinationStatistics, (typeof TIMES)[number]>): Entry[] =>
  TIMES.map(key => [key, double(of[key])])
const TIMES = ['averageEnqueueTime', 'minEnqueueTime', 'maxEnqueueTime'] as const

const difference = (now: Counts, before: Counts): Counts => ({
  enqueueCount: now.enqueueCount - before.enqueueCount,
  dequeueCount: now.dequeueCount - before.dequeueCount,
  dispatchCount: now.dispatchCount - before.dispatchCount,
  expiredCount: now.expiredCount - before.expiredCount,
})

function subscriptionEntries({ session, options, delivered, inFlight, pending, slow }: Subscription): Entry[] {
  const names = options.destinations.map(({ name }: DestinationName) => name).join(',')
  const selector = options.selection?.selector.text ?? null
  return [
    ['destinationName', text(names)],
    ['clientId', text(session.clientId)],
    ['connectionId', text(session.id)],
    ['sessionId', leaf('long', -1)],
    ['selector', selector === null ? leaf('null', '') : text(selector)],
    ['enqueueCounter', whole(delivered + pending)],
    ['dispatchedCounter', whole(delivered)],
    ['dequeueCounter', whole(delivered - inFlight)],
    ['dispatchedQueueSize', whole(inFlight)],
    ['prefetchSize', leaf('int', options.prefetch)],
    ['maximumPendingMessageLimit', leaf('int', Math.max(0, options.pendingLimit))],
    ['exclusive', leaf('boolean', options.exclusive)],
    ['retroactive', leaf('boolean', options.retroactive)],
    ['slowConsumer', leaf('boolean', slow)],
  ]
}

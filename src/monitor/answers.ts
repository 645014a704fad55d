import type { BeanAnswer } from '../admin/admin.ts'
import type { BrokerFacts, ConnectionFacts, DestinationFacts, Facts, Page, SubscriptionFacts } from './facts.ts'
import { DESTINATION_ATTRIBUTES, type About, type Question } from './questions.ts'
import { readOwn, readSegments } from './own-answer.ts'
import { countOf, isAttributes, numberOf, stringOf, textOrNull, timeOf, type Attributes } from './values.ts'

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** What the answers to one round of questions say. One that failed says nothing; the others still count. */
export function readAnswers(questions: readonly Question[], answers: readonly BeanAnswer[]): Facts {
  const facts: Writable<Facts> = {}
  for (const [i, { about }] of questions.entries()) {
    const answer = answers[i]
    // Nothing matches the pattern: there is none, which is an answer (management JR-06).
    const none = answer?.ok === false && answer.status === 404
    if (answer?.ok === true) facts.nodeSeconds = answer.timestamp
    if (answer?.ok === true || none) read(facts, about, answer.ok ? answer.value : {})
  }
  return facts
}

function read(facts: Writable<Facts>, about: About, value: unknown): void {
  switch (about) {
    case 'broker': {
      const broker = readBroker(value)
      if (broker !== null) facts.broker = broker
      break
    }
    case 'health': {
      const status = textOrNull(beansOf(value)[0]?.[1]['CurrentStatus'])
      if (status !== null) facts.health = status
      break
    }
    case 'queues':
    case 'topics': {
      const kind = about === 'queues' ? 'queue' : 'topic'
      const rows = beansOf(value).map(([bean, attributes]) => destination(kind, bean, attributes))
      facts[about] = { rows, total: rows.length, chosen: false }
      break
    }
    case 'queues-page':
      facts.queues = readPage('queue', value)
      break
    case 'topics-page':
      facts.topics = readPage('topic', value)
      break
    case 'subscriptions':
    case 'durables':
      facts[about] = beansOf(value).map(subscription)
      break
    case 'connections':
      facts.connections = beansOf(value).map(connection)
      break
    case 'pair':
    case 'traffic':
    case 'oldest':
    case 'store':
      Object.assign(facts, readOwn(about, beansOf(value)[0]?.[1] ?? {}))
      break
    case 'segments':
      facts.segments = readSegments(value)
      break
    case 'detail':
      if (isAttributes(value)) facts.detail = value
      break
    default:
      about satisfies never
  }
}

/** The answer to a pattern: attributes by the bean's canonical name. */
function beansOf(value: unknown): readonly (readonly [string, Attributes])[] {
  if (!isAttributes(value)) return []
  const beans: (readonly [string, Attributes])[] = []
  for (const name in value) {
    const attributes = value[name]
    if (isAttributes(attributes)) beans.push([name, attributes])
  }
  return beans
}

function readBroker(value: unknown): BrokerFacts | null {
  const [found] = beansOf(value)
  if (found === undefined) return null
  const [bean, attributes] = found
  const connectors = isAttributes(attributes['TransportConnectors']) ? attributes['TransportConnectors'] : {}
  return {
    bean,
    name: textOrNull(attributes['BrokerName']) ?? keyOf(bean, 'brokerName'),
    version: stringOf(attributes['BrokerVersion']),
    uptimeMs: numberOf(attributes['UptimeMillis']),
    slave: attributes['Slave'] === true,
    memoryPercent: numberOf(attributes['MemoryPercentUsage']),
    storePercent: numberOf(attributes['StorePercentUsage']),
    tempPercent: numberOf(attributes['TempPercentUsage']),
    connections: numberOf(attributes['CurrentConnectionsCount']),
    enqueued: numberOf(attributes['TotalEnqueueCount']),
    dequeued: numberOf(attributes['TotalDequeueCount']),
    queues: numberOf(attributes['TotalQueuesCount']),
    topics: numberOf(attributes['TotalTopicsCount']),
    connectors: Object.fromEntries(Object.entries(connectors).map(([name, uri]) => [name, stringOf(uri)])),
  }
}

/** One literal: ten thousand of them are made at once. */
const destination = (kind: 'queue' | 'topic', bean: string, attributes: Attributes): DestinationFacts => ({
  kind,
  bean,
  name: textOrNull(attributes['Name']) ?? keyOf(bean, 'destinationName'),
  size: countOf(attributes['QueueSize']),
  inFlight: countOf(attributes['InFlightCount']),
  consumers: countOf(attributes['ConsumerCount']),
  producers: countOf(attributes['ProducerCount']),
  enqueued: countOf(attributes['EnqueueCount']),
  dequeued: countOf(attributes['DequeueCount']),
  expired: countOf(attributes['ExpiredCount']),
  memoryPercent: countOf(attributes['MemoryPercentUsage']),
  blockedSends: countOf(attributes['BlockedSends']),
  dlq: attributes['DLQ'] === true,
  paused: attributes['Paused'] === true,
})

const LOWER = new Map(DESTINATION_ATTRIBUTES.map(name => [name.toLowerCase(), name]))

/** The text that `queryQueues` answers (management OB-02): attributes in camel case, by registered name. */
function readPage(kind: 'queue' | 'topic', value: unknown): Page<DestinationFacts> {
  let page: unknown = null
  try {
    page = JSON.parse(stringOf(value))
  } catch {
    // It is no page then, and none of its rows are shown.
  }
  const { data, count } = isAttributes(page) ? page : { data: {}, count: 0 }
  const rows = beansOf(data).map(([bean, attributes]) => {
    const named = Object.entries(attributes).map(([name, one]) => [LOWER.get(name.toLowerCase()) ?? name, one] as const)
    return destination(kind, bean, Object.fromEntries(named))
  })
  return { rows, total: Math.max(rows.length, countOf(count)), chosen: true }
}

function subscription([bean, attributes]: readonly [string, Attributes]): SubscriptionFacts {
  const name = textOrNull(attributes['SubscriptionName'])
  const isQueue = attributes['DestinationQueue'] ?? keyOf(bean, 'destinationType') === 'Queue'
  return {
    bean,
    destination: textOrNull(attributes['DestinationName']) ?? keyOf(bean, 'destinationName'),
    kind: isQueue === true ? 'queue' : 'topic',
    clientId: textOrNull(attributes['ClientId']) ?? keyOf(bean, 'clientId'),
    // An offline one says that it is not durable (management AS-03).
    name: attributes['Durable'] === true || attributes['Active'] === false ? name : null,
    selector: textOrNull(attributes['Selector']),
    active: attributes['Active'] !== false,
    slow: attributes['SlowConsumer'] === true,
    pending: countOf(attributes['PendingQueueSize']),
    dispatched: countOf(attributes['DispatchedQueueSize']),
    enqueued: countOf(attributes['EnqueueCounter']),
    dequeued: countOf(attributes['DequeueCounter']),
  }
}

const connection = ([bean, attributes]: readonly [string, Attributes]): ConnectionFacts => ({
  bean,
  connector: keyOf(bean, 'connectorName'),
  clientId: textOrNull(attributes['ClientId']) ?? keyOf(bean, 'connectionName'),
  user: textOrNull(attributes['UserName']),
  remote: stringOf(attributes['RemoteAddress']).replace(/^\w+:\/\//, ''),
  pending: countOf(attributes['DispatchQueueSize']),
  transactions: countOf(attributes['ActiveTransactionCount']),
  slow: attributes['Slow'] === true,
  blocked: attributes['Blocked'] === true,
  connectedAt: timeOf(attributes['ConnectedTimestamp']),
})

/** The value of a key of an object name, as it is encoded there. */
function keyOf(bean: string, key: string): string {
  const at = bean.search(new RegExp(`[:,]${key}=`))
  return at < 0 ? '' : (bean.slice(at + key.length + 2).split(',')[0] ?? '')
}

import type { BeanRequest } from '../admin/admin.ts'

/** What the screen needs to know. */
export interface Demand {
  readonly tab: 'queues' | 'topics' | 'subscriptions' | 'connections' | 'store'
  /** The panel of connections is on the screen. */
  readonly connections: boolean
  /** Canonical name of the bean that is open. */
  readonly detail: string | null
  /** What a node with very many destinations shall choose its rows by. */
  readonly choices: Readonly<Record<'queues' | 'topics', Choice>>
}

export interface Choice {
  readonly column: string
  readonly descending: boolean
  /** A part of the name; empty: any. */
  readonly name: string
}

/** What is known of the node already, because it decides how to ask. */
export interface Known {
  readonly bean: string | null
  readonly queues: number | null
  readonly topics: number | null
  /** It has the beans that only a TandemMQ has. */
  readonly own: boolean
}

export type About =
  | 'broker'
  | 'health'
  | 'queues'
  | 'topics'
  | 'queues-page'
  | 'topics-page'
  | 'subscriptions'
  | 'durables'
  | 'connections'
  | 'pair'
  | 'traffic'
  | 'oldest'
  | 'store'
  | 'segments'
  | 'detail'

export interface Question {
  readonly about: About
  readonly request: BeanRequest
}

/** Above this a node chooses the rows itself: all of them would cost more than a tick may (management UD-01). */
export const ALL_ROWS_MAX = 2000
/** Rows that it then sends. */
const PAGE_ROWS = 500

const ANY = 'org.apache.activemq:type=Broker,brokerName=*'

const BROKER_ATTRIBUTES: readonly string[] = [
  'BrokerName',
  'BrokerVersion',
  'UptimeMillis',
  'Slave',
  'MemoryPercentUsage',
  'StorePercentUsage',
  'TempPercentUsage',
  'CurrentConnectionsCount',
  'TotalEnqueueCount',
  'TotalDequeueCount',
  'TotalQueuesCount',
  'TotalTopicsCount',
  'TransportConnectors',
]
export const DESTINATION_ATTRIBUTES: readonly string[] = [
  'Name',
  'QueueSize',
  'InFlightCount',
  'ConsumerCount',
  'ProducerCount',
  'EnqueueCount',
  'DequeueCount',
  'ExpiredCount',
  'MemoryPercentUsage',
  'BlockedSends',
  'DLQ',
  'Paused',
]
const SUBSCRIPTION_ATTRIBUTES: readonly string[] = [
  'DestinationName',
  'DestinationQueue',
  'ClientId',
  'SubscriptionName',
  'Selector',
  'Active',
  'Durable',
  'SlowConsumer',
  'PendingQueueSize',
  'DispatchedQueueSize',
  'EnqueueCounter',
  'DequeueCounter',
]
const CONNECTION_ATTRIBUTES: readonly string[] = [
  'ClientId',
  'UserName',
  'RemoteAddress',
  'DispatchQueueSize',
  'ActiveTransactionCount',
  'Slow',
  'Blocked',
  'ConnectedTimestamp',
]

/** The one bulk request of a tick (management UD-01). Patterns, because a broker's name is not known before. */
export function questionsFor(demand: Demand, known: Known): readonly Question[] {
  const { tab, detail } = demand
  const questions: Question[] = [
    read('broker', ANY, BROKER_ATTRIBUTES),
    read('health', `${ANY},service=Health`, ['CurrentStatus']),
    // Alerts watch the queues whatever is on the screen.
    destinations('queues', demand, known),
    read('durables', DURABLES, SUBSCRIPTION_ATTRIBUTES),
  ]
  if (tab === 'topics') questions.push(destinations('topics', demand, known))
  if (tab === 'subscriptions' || detail !== null)
    questions.push(read('subscriptions', `${ANY},endpoint=Consumer,*`, SUBSCRIPTION_ATTRIBUTES))
  if (tab === 'connections' || demand.connections) {
    const name = `${ANY},connector=clientConnectors,connectorName=*,connectionViewType=clientId,connectionName=*`
    questions.push(read('connections', name, CONNECTION_ATTRIBUTES))
  }
  if (known.own) questions.push(...ownQuestions(tab, known))
  if (detail !== null) questions.push({ about: 'detail', request: { type: 'read', mbean: detail } })
  return questions
}

/** Durable subscriptions, of clients that are there and of those that are not (management ON-04). */
const DURABLES = `${ANY},destinationType=Topic,destinationName=*,endpoint=Consumer,clientId=*,consumerId=Durable(*)`

const OWN = 'io.tandemmq:brokerName=*,type'

function ownQuestions(tab: Demand['tab'], { bean, queues }: Known): readonly Question[] {
  const questions = [
    read('pair', `${OWN}=Pair`, ['LagRecords', 'LastFailoverOutageMillis']),
    read('traffic', `${OWN}=Traffic`, ['MessagesReceived', 'MessagesDelivered', 'BytesIn', 'BytesOut']),
    read('store', `${OWN}=Store`, ['SyncSeconds']),
  ]
  if (tab === 'queues' && (queues ?? 0) <= ALL_ROWS_MAX)
    questions.push(read('oldest', `${OWN}=Traffic`, ['OldestMessages']))
  if (tab === 'store' && bean !== null)
    questions.push({
      about: 'segments',
      request: { type: 'exec', mbean: ownBean('Store', bean), operation: 'segments' },
    })
  return questions
}

/** A bean of TandemMQ's own, of the broker that this bean is. */
export const ownBean = (type: 'Pair' | 'Store' | 'Messages', broker: string): string =>
  `io.tandemmq:type=${type},brokerName=${/[:,]brokerName=([^,]*)/.exec(broker)?.[1] ?? ''}`

const read = (about: About, mbean: string, attribute: readonly string[]): Question => ({
  about,
  request: { type: 'read', mbean, attribute },
})

/** What the broker may sort by when it chooses the rows. */
const SORTABLE: Readonly<Record<string, string>> = {
  name: 'name',
  size: 'queueSize',
  inflight: 'inFlightCount',
  consumers: 'consumerCount',
  producers: 'producerCount',
}

function destinations(what: 'queues' | 'topics', { choices }: Demand, known: Known): Question {
  const total = known[what]
  if (total === null || total <= ALL_ROWS_MAX || known.bean === null) {
    const kind = what === 'queues' ? 'Queue' : 'Topic'
    return read(what, `${ANY},destinationType=${kind},destinationName=*`, DESTINATION_ATTRIBUTES)
  }
  const { name, column, descending } = choices[what]
  const choice = {
    name,
    filter: '',
    sortColumn: SORTABLE[column] ?? 'queueSize',
    sortOrder: descending ? 'desc' : 'asc',
  }
  const operation = what === 'queues' ? 'queryQueues' : 'queryTopics'
  return {
    about: what === 'queues' ? 'queues-page' : 'topics-page',
    request: { type: 'exec', mbean: known.bean, operation, arguments: [JSON.stringify(choice), 1, PAGE_ROWS] },
  }
}

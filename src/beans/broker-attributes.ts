import { hostname } from 'node:os'
import { DestinationKind, isQueueKind, isTemporaryKind } from '../base/destination.ts'
import { Type, formatDuration, type AttributeRow, type ObjectName } from '../management/management.ts'
import type { Subscription } from '../session/session.ts'
import type { Desk } from './desk.ts'
import { percent } from './destination-attributes.ts'
import { listed } from './names.ts'
import { totalsOf } from './totals.ts'

type Row = AttributeRow<Desk>

/** What the broker says of itself (management AB-01 … AB-07). Sizes in bytes. */
export const BROKER_ATTRIBUTES: readonly Row[] = [
  ['BrokerName', Type.string, 'The name of this broker.', ({ host }) => host.config.brokerName],
  [
    'BrokerId',
    Type.string,
    'The id of this life of the broker.',
    ({ host }) => host.broker?.identification.brokerId ?? '',
  ],
  ['BrokerVersion', Type.string, 'The version of TandemMQ.', ({ host }) => host.version],
  [
    'VMURL',
    Type.string,
    'The URI for connections within the process: of use to its name only.',
    ({ host }) => `vm://${host.config.brokerName}`,
  ],
  ['DataDirectory', Type.string, 'Where its data lies.', ({ host }) => host.config.dataDirectory],
  ['Persistent', Type.boolean, 'Messages outlive a restart.', ({ host }) => host.config.store.kind !== 'memory'],
  ['Slave', Type.boolean, 'This node is the passive of a pair.', ({ host }) => host.pair.role === 'passive'],
  ['StatisticsEnabled', Type.boolean, 'Statistics are counted.', () => true],

  ['UptimeMillis', Type.long, 'ms since this node began to start.', ({ host }) => host.now() - host.startedAt],
  ['Uptime', Type.string, 'For how long it has been up.', ({ host }) => formatDuration(host.now() - host.startedAt)],
  ['CurrentConnectionsCount', Type.int, 'Connections of clients.', desk => count(desk.sessions())],
  ['TotalConnectionsCount', Type.long, 'Connections of clients since the start.', desk => totalsOf(desk).connections],
  ['TransportConnectors', Type.map, 'Connectors by name, with their URIs.', transportConnectors],

  ['TotalEnqueueCount', Type.long, 'Messages that came in, everywhere.', desk => totalsOf(desk).enqueued],
  ['TotalDequeueCount', Type.long, 'Messages that were settled and left, everywhere.', desk => totalsOf(desk).dequeued],
  ['TotalMessageCount', Type.long, 'Messages that are held now.', desk => totalsOf(desk).messages],
  ['TotalConsumerCount', Type.long, 'Subscriptions.', desk => totalsOf(desk).consumers],
  ['TotalProducerCount', Type.long, 'Connections that may send.', desk => count(desk.sessions())],
  ['AverageMessageSize', Type.long, 'Bytes of a message on average.', desk => totalsOf(desk).averageSize],
  ['MinMessageSize', Type.long, 'Bytes of the smallest message.', desk => totalsOf(desk).minSize],
  ['MaxMessageSize', Type.long, 'Bytes of the largest message.', desk => totalsOf(desk).maxSize],

  [
    'MemoryPercentUsage',
    Type.int,
    'Per cent of the memory limit in use.',
    d => percent(d.used.memory, d.limits.memoryLimit),
  ],
  [
    'StorePercentUsage',
    Type.int,
    'Per cent of the store limit in use.',
    d => percent(d.used.store, d.limits.storeLimit),
  ],
  ['TempPercentUsage', Type.int, 'Per cent of the temp limit in use.', d => percent(d.used.temp, d.limits.tempLimit)],
  [
    'JobSchedulerStorePercentUsage',
    Type.int,
    'Per cent of the job store limit in use.',
    d => percent(d.used.jobs, jobsLimit(d)),
  ],
  limit('MemoryLimit', 'Bytes of messages in memory at which senders wait; 0 no limit.', 'memoryLimit'),
  limit('StoreLimit', 'Bytes of the store at which senders wait; 0 no limit.', 'storeLimit'),
  limit('TempLimit', 'Bytes of non-persistent messages on disk at which senders wait; 0 no limit.', 'tempLimit'),
  ['JobSchedulerStoreLimit', Type.long, 'Bytes of scheduled messages; 0 no limit.', jobsLimit],

  names('Queues', 'Queues.', desk => destinations(desk, DestinationKind.queue)),
  names('Topics', 'Topics.', desk => destinations(desk, DestinationKind.topic)),
  names('TemporaryQueues', 'Temporary queues.', desk => destinations(desk, DestinationKind.tempQueue)),
  names('TemporaryTopics', 'Temporary topics.', desk => destinations(desk, DestinationKind.tempTopic)),
  names('QueueSubscribers', 'Subscriptions to queues.', desk => subscribers(desk, DestinationKind.queue)),
  names('TopicSubscribers', 'Subscriptions to topics.', desk => subscribers(desk, DestinationKind.topic)),
  names('TemporaryQueueSubscribers', 'Subscriptions to temporary queues.', desk =>
    subscribers(desk, DestinationKind.tempQueue),
  ),
  names('TemporaryTopicSubscribers', 'Subscriptions to temporary topics.', desk =>
    subscribers(desk, DestinationKind.tempTopic),
  ),
  names('DurableTopicSubscribers', 'Durable subscriptions that somebody consumes.', durableSubscribers),
  names('InactiveDurableTopicSubscribers', 'Durable subscriptions that nobody consumes.', desk =>
    [...desk.offline()].map(facts => desk.names.durable(facts)),
  ),
  names('QueueProducers', 'Producers of one queue: STOMP has none.', () => []),
  names('TopicProducers', 'Producers of one topic: STOMP has none.', () => []),
  names('TemporaryQueueProducers', 'Producers of one temporary queue: STOMP has none.', () => []),
  names('TemporaryTopicProducers', 'Producers of one temporary topic: STOMP has none.', () => []),
  names('DynamicDestinationProducers', 'Connections that may send.', desk =>
    [...desk.sessions()].map(session => desk.names.producer(session)),
  ),
  [
    'JMSJobScheduler',
    Type.name,
    'The scheduler, if there is one.',
    d => (d.host.config.scheduler === null ? null : d.names.jobScheduler),
  ],

  ['MaxUncommittedCount', Type.int, 'Messages of one transaction; 0 no limit.', () => 0],
  ['TotalMaxUncommittedExceededCount', Type.long, 'Transactions that were too large.', () => 0],
  ...(['Queue', 'Topic'] as const).flatMap(kind => counts(kind)),
  ['DedicatedTaskRunner', Type.boolean, 'Each destination has a thread of its own.', () => false],
  ['VirtualThreadTaskRunner', Type.boolean, 'Destinations are served by virtual threads.', () => false],
  url('OpenWireURL', 'tcp'),
  url('StompURL', 'stomp'),
  url('SslURL', 'ssl'),
  url('StompSslURL', 'stomp+ssl'),
]

function jobsLimit({ host }: Desk): number {
  return host.config.scheduler?.limit ?? 0
}

/** A limit that may be changed until the next start. */
function limit(name: string, description: string, key: 'memoryLimit' | 'storeLimit' | 'tempLimit'): Row {
  const write = ({ broker }: Desk, value: number): void => {
    broker.space.limits = { ...broker.space.limits, [key]: value }
    broker.spaceFreed()
  }
  return [name, Type.long, description, desk => desk.limits[key], write]
}

function names(name: string, description: string, read: (desk: Desk) => ObjectName[]): Row {
  return [name, Type.names, description, read]
}

const destinations = (desk: Desk, kind: DestinationKind): ObjectName[] =>
  [...desk.destinations(kind)].map(view => desk.names.destination(view.at, view.to))

function subscribers(desk: Desk, kind: DestinationKind): ObjectName[] {
  const found: ObjectName[] = []
  for (const subscription of desk.subscriptions())
    if (subscription.options.durable === null && kindOf(subscription) === kind)
      found.push(desk.names.subscription(subscription))
  return found
}

const kindOf = ({ options }: Subscription): DestinationKind => listed(options.destinations).kind

function durableSubscribers(desk: Desk): ObjectName[] {
  const durable = [...desk.subscriptions()].filter(({ options }) => options.durable !== null)
  return durable.map(subscription => desk.names.subscription(subscription))
}

function counts(kind: 'Queue' | 'Topic'): Row[] {
  const isOf = (of: DestinationKind): boolean => isQueueKind(of) === (kind === 'Queue')
  const all = (desk: Desk, temporary: boolean): number => {
    let found = 0
    for (const { at } of desk.destinations()) if (isOf(at.kind) && isTemporaryKind(at.kind) === temporary) found++
    return found
  }
  return [
    [`Total${kind}sCount`, Type.int, `${kind}s.`, desk => all(desk, false)],
    [`TotalManaged${kind}sCount`, Type.int, `${kind}s that have a bean.`, desk => all(desk, false)],
    [`TotalTemporary${kind}sCount`, Type.int, `Temporary ${kind.toLowerCase()}s.`, desk => all(desk, true)],
  ]
}

function url(name: string, scheme: string): Row {
  const find = (desk: Desk): string =>
    Object.values(transportConnectors(desk)).find(uri => uri.startsWith(`${scheme}://`)) ?? ''
  return [name, Type.string, `Where a connector of scheme ${scheme} listens.`, find]
}

/** Where connectors listen that let clients in; a passive's, where they will. */
function transportConnectors({ host }: Desk): Record<string, string> {
  const open = host.listeners.map(({ options, address }) => ({ ...options, host: address.address, port: address.port }))
  const shown = host.broker === null ? host.config.connectors.filter(({ autoStart }) => autoStart) : open
  return Object.fromEntries(
    shown.map(({ name, scheme, host: at, port }) => [name, `${scheme}://${reachable(at)}:${port}`]),
  )
}

function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return hostname()
  return host.includes(':') ? `[${host}]` : host
}

function count(of: Iterable<unknown>): number {
  let found = 0
  for (const one of of) if (one !== undefined) found++
  return found
}

import { Type, type AttributeRow } from '../management/management.ts'
import { Subscription } from '../session/session.ts'
import type { DestinationView } from './destination-view.ts'
import { lastMessage } from './last-message.ts'

type Row = AttributeRow<DestinationView>

const whole = (value: number): number => Math.floor(value)

/** What every destination says of itself (management AD-01 … AD-07). Sizes in bytes, times in ms. */
export const DESTINATION_ATTRIBUTES: readonly Row[] = [
  ['Name', Type.string, 'Name of this destination.', d => d.at.name],
  ['QueueSize', Type.long, 'Messages in it, those that consumers hold included.', d => d.size],
  ['EnqueueCount', Type.long, 'Messages that came in.', d => d.counts.enqueued],
  ['DequeueCount', Type.long, 'Messages that were settled and left.', d => d.counts.dequeued],
  ['DispatchCount', Type.long, 'Messages that were handed to consumers.', d => d.counts.dispatched],
  ['InFlightCount', Type.long, 'Messages that consumers hold unacknowledged.', d => d.inFlight],
  ['ExpiredCount', Type.long, 'Messages that expired.', d => d.counts.expired],
  ['ForwardCount', Type.long, 'Messages that a network bridge took: there are none.', () => 0],
  ['ConsumerCount', Type.long, 'Subscriptions, browsers and durable ones included.', d => d.consumers],
  ['ProducerCount', Type.long, 'Producers bound to it: STOMP senders are bound to nothing.', () => 0],

  [
    'AverageEnqueueTime',
    Type.double,
    'ms that messages waited before they were handed over.',
    d => d.queue?.waits?.average ?? 0,
  ],
  ['MinEnqueueTime', Type.long, 'ms that a message waited at least.', d => whole(d.queue?.waits?.min ?? 0)],
  ['MaxEnqueueTime', Type.long, 'ms that a message waited at most.', d => whole(d.queue?.waits?.max ?? 0)],
  ['AverageMessageSize', Type.long, 'Bytes of a message on average.', d => whole(d.to?.sizes?.average ?? 0)],
  ['MinMessageSize', Type.long, 'Bytes of the smallest message.', d => d.to?.sizes?.min ?? 0],
  ['MaxMessageSize', Type.long, 'Bytes of the largest message.', d => d.to?.sizes?.max ?? 0],
  ['StoreMessageSize', Type.long, 'Bytes of its messages in the store.', d => d.messages?.bytes ?? 0],

  ['MemoryPercentUsage', Type.int, 'Per cent of its memory limit in use.', d => percent(d.memoryBytes, d.memoryLimit)],
  ['MemoryUsageByteCount', Type.long, 'Bytes of its messages in memory.', d => d.memoryBytes],
  [
    'MemoryLimit',
    Type.long,
    'Bytes in memory at which its senders wait.',
    d => d.memoryLimit,
    (d, memoryLimit: number) => d.change({ memoryLimit }),
  ],
  ['MemoryUsagePortion', Type.float, 'Share of the memory limit that it may use.', () => 1],
  [
    'TempUsagePercentUsage',
    Type.int,
    'Per cent of the temp limit in use.',
    d => percent(d.desk.used.temp, d.desk.limits.tempLimit),
  ],
  ['TempUsageLimit', Type.long, 'Bytes that non-persistent messages may take on disk.', d => d.desk.limits.tempLimit],

  ['BlockedSends', Type.long, 'SENDs that waited for space.', d => d.to?.blocked?.sends ?? 0],
  ['TotalBlockedTime', Type.long, 'ms that SENDs waited for space.', d => d.to?.blocked?.total ?? 0],
  ['AverageBlockedTime', Type.double, 'ms that a SEND waited for space on average.', averageBlocked],
  [
    'ProducerFlowControl',
    Type.boolean,
    'Senders wait when it is full.',
    d => d.policy.producerFlowControl,
    (d, producerFlowControl: boolean) => d.change({ producerFlowControl }),
  ],
  [
    'BlockedProducerWarningInterval',
    Type.long,
    'ms between two warnings about senders that wait; 0 none.',
    d => d.policy.blockedProducerWarningInterval,
    (d, blockedProducerWarningInterval: number) => d.change({ blockedProducerWarningInterval }),
  ],

  ['Options', Type.string, 'Options of its name.', () => ''],
  [
    'DLQ',
    Type.boolean,
    'Dead messages are sent here.',
    d => d.isDeadLetterQueue,
    (d, dlq: boolean) => {
      if (d.queue !== null) d.queue.holdsDeadLetters = dlq
    },
  ],
  ['Subscriptions', Type.names, 'Its subscriptions.', subscriptionNames],
  ['SlowConsumerStrategy', Type.name, 'What ends consumers that are too slow.', slowConsumerStrategy],

  [
    'MaxPageSize',
    Type.int,
    'Messages that are looked at without being deliverable.',
    d => d.policy.maxPageSize,
    (d, maxPageSize: number) => d.change({ maxPageSize }),
  ],
  ['MaxBrowsePageSize', Type.int, 'Messages that a browser is shown.', d => finite(d.policy.maxBrowsePageSize)],
  ['MaxAuditDepth', Type.int, 'Messages remembered for each producer.', d => d.policy.maxQueueAuditDepth],
  ['MaxProducersToAudit', Type.int, 'Producers whose messages are remembered.', d => d.policy.maxProducersToAudit],
  ['EnableAudit', Type.boolean, 'A second message of the same identity is not taken.', d => d.policy.enableAudit],
  ['PrioritizedMessages', Type.boolean, 'Higher priorities are delivered first.', d => d.policy.prioritizedMessages],
  ['UseCache', Type.boolean, 'New messages are kept in memory while there is room.', () => true],
  [
    'AlwaysRetroactive',
    Type.boolean,
    'Every subscriber is given what the topic keeps.',
    d => d.policy.alwaysRetroactive,
    (d, alwaysRetroactive: boolean) => d.change({ alwaysRetroactive }),
  ],
  ['DuplicateFromStoreCount', Type.long, 'Messages that the store gave twice: it does not.', () => 0],
  ['SendDuplicateFromStoreToDLQ', Type.boolean, 'What the store gave twice goes to the dead letters.', () => false],
  ['MessagesCachedCount', Type.long, 'Messages in a cursor cache: there is none.', () => 0],
  ['MaxUncommittedExceededCount', Type.long, 'Transactions that were too large.', () => 0],
  ['AdvancedNetworkStatisticsEnabled', Type.boolean, 'Messages of bridges are counted apart.', () => false],
  ['AdvancedMessageStatisticsEnabled', Type.boolean, 'The last message is remembered.', () => false],
  ['EnqueuedMessageId', Type.string, 'The newest message that it holds.', d => lastMessage(d).id],
  ['EnqueuedMessageClientId', Type.string, 'Who sent it: that is not kept.', () => null],
  ['EnqueuedMessageBrokerInTime', Type.long, 'When it came, ms since 1970.', d => lastMessage(d).brokerInTime],
  ['EnqueuedMessageTimestamp', Type.long, 'When it was sent, ms since 1970.', d => lastMessage(d).timestamp],
  ['NetworkEnqueues', Type.long, 'Messages that came over a bridge.', () => 0],
  ['NetworkDequeues', Type.long, 'Messages that left over a bridge.', () => 0],
]

/** What only queues have (management AQ-01). */
export const QUEUE_ATTRIBUTES: readonly Row[] = [
  ['Paused', Type.boolean, 'Nothing is handed to consumers.', d => d.queue?.paused ?? false],
  ['CacheEnabled', Type.boolean, 'New messages go by way of memory.', () => true],
  ['CursorMemoryUsage', Type.long, 'Bytes of its messages in memory.', d => d.memoryBytes],
  ['CursorPercentUsage', Type.int, 'Per cent of its memory limit in use.', d => percent(d.memoryBytes, d.memoryLimit)],
  [
    'CursorFull',
    Type.boolean,
    'Its memory limit is reached.',
    d => d.memoryBytes >= d.memoryLimit && d.memoryLimit > 0,
  ],
  ['MessageGroups', Type.map, 'The consumer that serves each message group.', messageGroups],
  ['MessageGroupType', Type.string, 'How the owners of groups are remembered.', d => d.policy.messageGroups.kind],
]

export const percent = (bytes: number, limit: number): number => (limit <= 0 ? 0 : Math.floor((bytes * 100) / limit))

/** `int` in Java: without a limit it is the greatest. */
const finite = (value: number): number => (Number.isFinite(value) ? value : 2 ** 31 - 1)

function averageBlocked({ to }: DestinationView): number {
  const blocked = to?.blocked
  return blocked === null || blocked === undefined || blocked.sends === 0 ? 0 : blocked.total / blocked.sends
}

function subscriptionNames(view: DestinationView): unknown {
  const { desk, at } = view
  const active = desk.consumersOf(view).map(subscription => desk.names.subscription(subscription))
  if (at.kind !== 1) return active
  const offline = [...desk.offline()].filter(({ topics }) => topics === at.name)
  return [...active, ...offline.map(facts => desk.names.durable(facts))]
}

function slowConsumerStrategy({ desk, policy }: DestinationView): unknown {
  return policy.slowConsumer === null ? null : desk.names.slowConsumerStrategy(policy.slowConsumer)
}

/** Of those that are held now, as far as they are kept by name. */
function messageGroups({ queue }: DestinationView): Record<string, string> {
  return queue === null
    ? {}
    : Object.fromEntries(
        [...queue.groups.owners()].map(([name, owner]) => [
          name,
          owner instanceof Subscription ? owner.consumerId : '',
        ]),
      )
}

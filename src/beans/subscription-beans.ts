import { isQueueKind } from '../base/destination.ts'
import {
  ACTIVEMQ,
  BeanError,
  Type,
  beanClass,
  encodeValue,
  type AttributeRow,
  type Bean,
  type BeanClass,
  type OperationRow,
} from '../management/management.ts'
import type { Subscription } from '../session/session.ts'
import type { Desk } from './desk.ts'
import { percent } from './destination-attributes.ts'
import { browse, browseAsTable } from './message-browse.ts'
import { listSource, type BeanSource } from './sources.ts'
import { SubscriptionView } from './subscription-view.ts'

type Row = AttributeRow<SubscriptionView>

/** What every subscription says of itself (management AS-01, AS-02). */
const ATTRIBUTES: readonly Row[] = [
  ['ClientId', Type.string, 'The client id of its connection.', s => s.clientId],
  ['ConnectionId', Type.string, 'The id of its connection.', s => s.subscription?.session.id ?? 'NOTSET'],
  [
    'Connection',
    Type.name,
    'Its connection.',
    s => (s.subscription === null ? null : s.desk.connectionName(s.subscription.session)),
  ],
  ['SessionId', Type.long, 'Its session: STOMP has one for each connection.', s => (s.subscription === null ? 0 : -1)],
  ['SubscriptionId', Type.long, 'Its number in its connection.', s => s.subscription?.number ?? -1],
  ['SubscriptionName', Type.string, 'The name of a durable subscription.', s => s.facts?.name ?? null],
  ['UserName', Type.string, 'Who subscribed.', s => s.subscription?.session.identity.user ?? null],
  ['DestinationName', Type.string, 'What it is subscribed to.', s => s.at.name],
  ['DestinationQueue', Type.boolean, 'That is a queue.', s => isQueueKind(s.at.kind)],
  ['DestinationTopic', Type.boolean, 'That is a topic.', s => !isQueueKind(s.at.kind)],
  ['DestinationTemporary', Type.boolean, 'That is temporary.', s => s.isTemporary],
  ['Selector', Type.string, 'Its selector.', s => s.selector],
  ['Active', Type.boolean, 'Somebody consumes it.', s => s.subscription !== null],
  ['Durable', Type.boolean, 'It is durable and consumed.', s => s.isDurable && s.subscription !== null],
  ['Network', Type.boolean, 'It is that of a network bridge.', () => false],
  [
    'Retroactive',
    Type.boolean,
    'It asked for what its topics keep.',
    s => s.subscription?.options.retroactive ?? false,
  ],
  ['Exclusive', Type.boolean, 'It asked to be the only one.', s => s.subscription?.exclusive ?? false],
  [
    'NoLocal',
    Type.boolean,
    'It does not want what its own connection sends.',
    s => s.facts?.noLocal ?? s.subscription?.options.noLocal ?? false,
  ],
  ['DispatchAsync', Type.boolean, 'It is served by turns.', () => true],
  ['SlowConsumer', Type.boolean, 'It does not keep up.', s => s.subscription?.slow ?? false],

  ['PendingQueueSize', Type.int, 'Messages that wait for it alone.', s => s.pending],
  ['DispatchedQueueSize', Type.int, 'Messages that it holds.', s => s.inFlight],
  ['MessageCountAwaitingAcknowledge', Type.int, 'Messages that it holds unacknowledged.', s => s.inFlight],
  ['DispatchedCounter', Type.long, 'Messages that it was given.', s => s.counts.delivered],
  ['EnqueueCounter', Type.long, 'Messages that were meant for it.', s => s.counts.delivered + s.pending],
  ['DequeueCounter', Type.long, 'Messages that it settled.', s => s.counts.settled],
  ['ConsumedCount', Type.long, 'Messages that it settled.', s => s.counts.settled],
  [
    'PrefetchSize',
    Type.int,
    'Messages that it may hold.',
    s => s.subscription?.options.prefetch ?? s.policy.durableTopicPrefetch,
  ],
  [
    'MaximumPendingMessageLimit',
    Type.int,
    'Messages that may wait for it; 0 no limit.',
    s => Math.max(0, s.subscription?.options.pendingLimit ?? 0),
  ],
  ['Priority', Type.byte, 'Consumers of higher priority are served first.', s => s.subscription?.priority ?? 0],
]

const TOPIC_ATTRIBUTES: readonly Row[] = [
  [
    'DiscardedCount',
    Type.int,
    'Messages that were dropped because too many waited.',
    s => s.subscription?.discarded ?? 0,
  ],
  [
    'MaximumPendingQueueSize',
    Type.int,
    'Messages that may wait for it; -1 no limit.',
    s => s.subscription?.options.pendingLimit ?? -1,
  ],
]

const DURABLE_ATTRIBUTES: readonly Row[] = [
  ['CacheEnabled', Type.boolean, 'New messages go by way of memory.', () => true],
  ['CursorSize', Type.int, 'Messages that wait for it.', s => s.pending],
  ['CursorMemoryUsage', Type.long, 'Bytes of its messages in memory: they are in the store.', () => 0],
  ['CursorPercentUsage', Type.int, 'Per cent of its memory limit in use.', s => percent(0, s.policy.memoryLimit)],
  ['CursorFull', Type.boolean, 'Its memory limit is reached.', () => false],
]

const OPERATIONS: readonly OperationRow<SubscriptionView>[] = [
  { name: 'resetStatistics', does: 'Its counters begin anew.', call: s => s.reset() },
  {
    name: 'isMatchingQueue',
    takes: 'queueName',
    returns: Type.boolean,
    does: 'It takes from a queue of this name.',
    reads: true,
    call: (s, [name]) => s.matches((name as string | null) ?? '', true),
  },
  {
    name: 'isMatchingTopic',
    takes: 'topicName',
    returns: Type.boolean,
    does: 'It takes from a topic of this name.',
    reads: true,
    call: (s, [name]) => s.matches((name as string | null) ?? '', false),
  },
]

const DURABLE_OPERATIONS: readonly OperationRow<SubscriptionView>[] = [
  {
    name: 'browse',
    returns: Type.composites,
    does: 'Shows the first messages that wait.',
    reads: true,
    call: s => browse(s, null),
  },
  {
    name: 'browseAsTable',
    returns: Type.table,
    does: 'As browse, as a table.',
    reads: true,
    call: s => browseAsTable(s, null),
  },
  {
    name: 'removeMessage',
    takes: 'messageId',
    does: 'Removes a message that waits.',
    call: async ({ queue, desk }, [id]) => {
      if (queue !== null) await desk.broker.operations.removeFrom(queue, { ids: [id as string] })
    },
  },
  { name: 'destroy', does: 'Removes it with its messages; not while somebody consumes it.', call: destroy },
]

async function destroy({ facts, desk: { broker } }: SubscriptionView): Promise<void> {
  const refusal = await broker.operations.change(() => broker.durables.remove(facts?.clientId ?? '', facts?.name ?? ''))
  if (refusal !== null) throw new BeanError('javax.jms.JMSException', refusal)
}

const JMX = 'org.apache.activemq.broker.jmx'
const durable = {
  attributes: [...ATTRIBUTES, ...DURABLE_ATTRIBUTES],
  operations: [...OPERATIONS, ...DURABLE_OPERATIONS],
}

const QUEUE = beanClass<SubscriptionView>({
  className: `${JMX}.SubscriptionView`,
  description: 'A subscription to a queue.',
  attributes: ATTRIBUTES,
  operations: OPERATIONS,
})
const TOPIC = beanClass<SubscriptionView>({
  className: `${JMX}.TopicSubscriptionView`,
  description: 'A subscription to a topic.',
  attributes: [...ATTRIBUTES, ...TOPIC_ATTRIBUTES],
  operations: OPERATIONS,
})
const DURABLE = beanClass<SubscriptionView>({
  className: `${JMX}.DurableSubscriptionView`,
  description: 'A durable subscription that somebody consumes.',
  ...durable,
})
const OFFLINE = beanClass<SubscriptionView>({
  className: `${JMX}.InactiveDurableSubscriptionView`,
  description: 'A durable subscription that nobody consumes.',
  ...durable,
})

/** Subscriptions, and what is durable of them also without its consumer (management ON-03, ON-04). */
export function subscriptionBeans(desk: Desk): BeanSource {
  const keys = new Map([
    ['type', 'Broker'],
    ['brokerName', encodeValue(desk.host.config.brokerName)],
    ['destinationType', null],
    ['destinationName', null],
    ['endpoint', 'Consumer'],
    ['clientId', null],
    ['consumerId', null],
  ])
  return listSource(ACTIVEMQ, keys, () => beans(desk))
}

function* beans(desk: Desk): Generator<Bean> {
  for (const subscription of desk.subscriptions()) {
    const facts = factsOf(desk, subscription)
    const target = new SubscriptionView(desk, subscription, facts)
    yield { name: desk.names.subscription(subscription), kind: classOf(target), target }
  }
  for (const facts of desk.offline())
    yield { name: desk.names.durable(facts), kind: OFFLINE, target: new SubscriptionView(desk, null, facts) }
}

function factsOf({ host }: Desk, { options }: Subscription): SubscriptionView['facts'] {
  const name = options.durable?.durable
  if (name === null || name === undefined) return null
  return host.broker?.durables.find(name.clientId, name.name)?.facts ?? null
}

function classOf({ facts, at }: SubscriptionView): BeanClass<SubscriptionView> {
  if (facts !== null) return DURABLE
  return isQueueKind(at.kind) ? QUEUE : TOPIC
}

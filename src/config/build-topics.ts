import type { Site } from './site.ts'
import { Fields } from './fields.ts'
import type { EvictionConfig, PolicyConfig, RecoveryConfig, SlowConsumerConfig } from './model.ts'
import type { ObjectNode } from './node.ts'

type TopicPolicy = { -readonly [K in keyof PolicyConfig]?: PolicyConfig[K] }

const CURSORS: Readonly<Record<string, 'vm' | 'file'>> = { vmCursor: 'vm', fileCursor: 'file' }
const DISPATCH: Readonly<Record<string, PolicyConfig['dispatch']>> = {
  roundRobinDispatchPolicy: 'roundRobin',
  priorityDispatchPolicy: 'priority',
}

/** What an entry says of topics: slow subscribers, late ones, and who is served first. */
export function topicStrategies(entry: Fields, pointer: string, site: Site): TopicPolicy {
  const out: TopicPolicy = {}
  const cursor = CURSORS[entry.object('pendingSubscriberPolicy')?.name ?? '']
  if (cursor !== undefined) out.subscriberCursor = cursor
  const dispatch = DISPATCH[entry.object('dispatchPolicy')?.name ?? '']
  if (dispatch !== undefined) out.dispatch = dispatch
  const evicts = entry.object('messageEvictionStrategy')
  if (evicts !== null) out.eviction = eviction(evicts, `${pointer}/eviction`, site)
  const slow = entry.object('slowConsumerStrategy')
  if (slow !== null) out.slowConsumer = slowConsumer(slow, `${pointer}/slowConsumer`, site)
  const recovers = entry.object('subscriptionRecoveryPolicy')
  if (recovers !== null) out.recovery = recovery(recovers, `${pointer}/recovery`, site)
  return out
}

const EVICTIONS: Readonly<Record<string, EvictionConfig['kind']>> = {
  oldestMessageEvictionStrategy: 'oldest',
  oldestMessageWithLowestPriorityEvictionStrategy: 'lowestPriority',
  uniquePropertyMessageEvictionStrategy: 'uniqueProperty',
}

function eviction(node: ObjectNode, pointer: string, { places }: Site): EvictionConfig {
  const fields = new Fields(node, pointer, places)
  return {
    kind: EVICTIONS[node.name] ?? 'oldest',
    propertyName: fields.text('propertyName'),
    expiredHighWatermark: fields.integer('evictExpiredMessagesHighWatermark', 1000, 'expiredHighWatermark'),
  }
}

function slowConsumer(node: ObjectNode, pointer: string, { places }: Site): SlowConsumerConfig {
  const fields = new Fields(node, pointer, places)
  return {
    kind: node.name === 'abortSlowAckConsumerStrategy' ? 'acknowledgement' : 'pending',
    checkPeriod: fields.integer('checkPeriod', 30_000),
    maxSlowDuration: fields.integer('maxSlowDuration', 30_000),
    maxSlowCount: fields.integer('maxSlowCount', -1),
    abortConnection: fields.boolean('abortConnection'),
    maxTimeSinceLastAck: fields.integer('maxTimeSinceLastAck', 30_000),
    ignoreIdleConsumers: fields.boolean('ignoreIdleConsumers', true),
  }
}

/** retainedMessageSubscriptionRecoveryPolicy only wraps another: the one retained message is kept anyway (semantics T-23). */
function recovery(node: ObjectNode, pointer: string, site: Site): RecoveryConfig {
  const fields = new Fields(node, pointer, site.places)
  switch (node.name) {
    case 'lastImageSubscriptionRecoveryPolicy':
      return { kind: 'lastImage', limit: 1 }
    case 'fixedCountSubscriptionRecoveryPolicy':
      return { kind: 'fixedCount', limit: fields.integer('maximumSize', 100, 'limit') }
    case 'fixedSizedSubscriptionRecoveryPolicy':
      return { kind: 'fixedSize', limit: fields.integer('maximumSize', 65_536, 'limit') }
    case 'timedSubscriptionRecoveryPolicy':
      return { kind: 'timed', limit: fields.integer('recoverDuration', 60_000, 'limit') }
    case 'retainedMessageSubscriptionRecoveryPolicy': {
      const wrapped = fields.object('wrapped')
      return wrapped === null ? NOTHING : recovery(wrapped, pointer, site)
    }
    default:
      return NOTHING
  }
}
const NOTHING: RecoveryConfig = { kind: 'none', limit: 0 }

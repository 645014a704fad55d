/**
 * Every feature on which users of a queue broker rely, once through a restart and once through a failover of the pair.
 *
 *   before ─► broker ──┬── killed, and started again from what its disk had ──► after
 *                      └── its disk fails, and its twin takes over ───────────► after
 *
 * Read: feature (what an entry is) · queues, deaths, operations, topics, routes, resources, plugins, conversations (the
 * entries) · survive (both ends, with the digests compared). LIST is what the entries are held against.
 */
import type { Feature } from './feature.ts'
import { conversations } from './conversations.ts'
import { deaths } from './deaths.ts'
import { extras } from './plugins.ts'
import { operations } from './operations.ts'
import { queues } from './queues.ts'
import { resources } from './resources.ts'
import { routes } from './routes.ts'
import { topics } from './topics.ts'

/** In the order in which the entries come. */
export const LIST: readonly string[] = [
  // Queues
  'dispatch order',
  'round robin',
  'strict order',
  'lazy dispatch and pages',
  'exclusive consumers',
  'consumer priority',
  'message groups',
  'prioritizedMessages',
  'selectors',
  'redelivery flag and count',
  'browsers',
  'inactive destinations',
  // Dead letters and expiry
  'shared dead letters',
  'individual dead letters',
  'discarded dead letters',
  'dead letters of expired messages',
  'expiry',
  // Operations
  'pause and resume',
  'purge',
  'move',
  'copy',
  'retry',
  'removed destinations',
  // Topics
  'durable subscriptions',
  'another selector of a durable subscription',
  'the time limit of durable subscriptions',
  'retroactive subscriptions and recovery policies',
  'slow-consumer limits and eviction',
  'slow-consumer strategies',
  'noLocal',
  'dispatch policies',
  // Ways
  'virtual topics',
  'composite destinations',
  'filtered destinations',
  'mirrored queues',
  'wildcards',
  'temporary destinations and reply-to',
  'advisories',
  // Limits
  'destination policies',
  'the number of destinations',
  'producer flow control',
  'sendFailIfNoSpace',
  'the memory limit',
  'the store limit',
  'the temp limit',
  'connection and frame limits',
  // Scheduler and plugins
  'the scheduler',
  'the scheduler’s management destination',
  'statisticsBrokerPlugin',
  'timeStampingBrokerPlugin',
  'forcePersistencyModeBrokerPlugin',
  'discardingDLQBrokerPlugin',
  'redeliveryPlugin',
  'loggingBrokerPlugin',
  'destinationPathSeparatorPlugin',
  // Conversations
  'transactions',
  'transactions that are open when the broker ends',
  'transformations',
  'WebSocket connectors',
  'ack modes',
]

export const features: readonly Feature[] = [
  ...queues,
  ...deaths,
  ...operations,
  ...topics,
  ...routes,
  ...resources,
  ...extras,
  ...conversations,
]

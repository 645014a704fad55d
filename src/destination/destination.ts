/**
 * Destinations decide who gets which message: queues, topics, temporary ones, and the policies over them.
 *
 *   store (what is in a queue) ─► queue: cursor, looked-at list ─► consumer ranks ─► consumer.deliver
 *   SEND to a topic ────────────► topic ─────────────────────────► every subscription of this moment
 *
 *   SEND ─► route: names ─► virtual rules ─► variants of the message ─► queues, durable subscriptions, topics
 *
 * Read: consumer (what a subscription must be able to do) · queue (dispatch order) · backlog-cursor (what is in it, for whoever only looks) · window (what is in flight) ·
 * groups (message groups) · record-fields (what a selector reads) · topic · route and virtual (composites, virtual topics, mirrors) · policy and policy-change (which policyEntry applies, where the dead go; what a reload changes) ·
 * audit (who has died before) · cron (when a scheduled message is due).
 * Promises: queue order is the order of acceptance, within a priority where those count; what came back is served first; an expired message reaches nobody.
 * Refuses: clocks, sockets and disks. Bytes that are not in memory are asked for through the port, and dispatch stops.
 */
export { ConsumerRanks, nextSerial } from './consumer.ts'
export { Selection, selectionOf } from './selection.ts'
export type { Consumer, Delivery, DispatchPort } from './consumer.ts'
export { MessageAudit } from './audit.ts'
export { BacklogCursor } from './backlog-cursor.ts'
export { Queue, emptyDelivery } from './queue.ts'
export type { DurableName, Unswept } from './queue.ts'
export { retriesOf, shownName } from './shown.ts'
export { nextFiring, parseCron, type Cron, type WallTime, type Zone } from './cron.ts'
export { isGone } from './route.ts'
export type { Condition, LiveCopy, Route, StoredCopy, Variant } from './route.ts'
export { builtInVirtualTopic, copiesOf, feedsFrom, patternsMeet } from './virtual.ts'
export type {
  CompositeRule,
  CompositeTarget,
  Copy,
  MirrorRule,
  Requirement,
  VirtualRule,
  VirtualTopicRule,
} from './virtual.ts'
export { evicted, type EvictionPolicy } from './eviction.ts'
export { History, LateBudget, type LateBudgets, type RecoveryPolicy } from './history.ts'
export { Kept, TopicMemory } from './kept.ts'
export { Published, Topic } from './topic.ts'
export type { TopicConsumer } from './topic.ts'
export { Blocked, Sizes } from './sizes.ts'
export { Waits } from './waits.ts'
export { DeliveryState, DeliveryWindow } from './window.ts'
export { builtInPolicy, deadLetterTarget, entryApplies, entryFor, perMessageBytes, policyFor } from './policy.ts'
export { BUILT_BY, following, renewedPolicy, type PolicySetting, type RenewedPolicy } from './policy-change.ts'
export type { DeadLetterPolicy, DestinationPolicy, EntryScope, PolicyEntry, SlowConsumerPolicy } from './policy.ts'

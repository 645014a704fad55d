/**
 * Destinations decide who gets which message: queues, topics, temporary ones, and the policies over them.
 *
 *   store (what is in a queue) ─► queue: cursor, looked-at list ─► consumer ranks ─► consumer.deliver
 *   SEND to a topic ────────────► topic ─────────────────────────► every subscription of this moment
 *
 * Read: consumer (what a subscription must be able to do) · queue (dispatch order) · window (what is in flight) ·
 * groups (message groups) · topic · policy (which policyEntry applies, where the dead go).
 * Promises: queue order is the order of acceptance; what came back is served first; an expired message reaches nobody.
 * Refuses: clocks, sockets and disks. Bytes that are not in memory are asked for through the port, and dispatch stops.
 */
export { ConsumerRanks } from './consumer.ts'
export type { Consumer, Delivery, DispatchPort } from './consumer.ts'
export { Queue, emptyDelivery } from './queue.ts'
export { Published, Topic } from './topic.ts'
export type { TopicConsumer } from './topic.ts'
export { DeliveryState, DeliveryWindow } from './window.ts'
export { builtInPolicy, deadLetterTarget, entryApplies, entryFor, policyFor } from './policy.ts'
export type { DeadLetterPolicy, DestinationPolicy, EntryScope, PolicyEntry } from './policy.ts'

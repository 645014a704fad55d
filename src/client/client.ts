/**
 * A STOMP client for this project's own verbs: produce, consume, browse, move messages from one broker to another.
 *
 *   --brokerUrl ─► address ─► dialling ─► connection ─┬─► producer ─► receipts, in a window or by transaction
 *                    (failover)  └ not-stomp          ├─► consumer ─► inbox ─► settling: acknowledged in batches
 *                                  frames ◄───────────┤
 *                                                     └─► migration ─► ledger (what has arrived), browsing, queue-list
 *
 * Read: address · connection (one of them, and its receipts) · frames · dialling · producer · consumer · settling · sequence
 * (gaps and duplicates) · latencies · destination
 * · forwarding (a MESSAGE as a SEND) · restoring (what no destination takes) · migration (moved-queue) · releasing (what a TandemMQ holds beside queues) · ledger · alone · browsing · queue-list.
 * Promises: what it says is confirmed has its receipt; what may have happened twice is counted; a login goes to the address
 * that was given, and nowhere else.
 * Refuses: to be a library for others; stompit and @stomp/stompjs are.
 */
export { parseAddress, parseBrokerUrl, type Address, type BrokerUrl, type Redial } from './address.ts'
export { NOBODY, StompConnection, type Login } from './connection.ts'
export { browse } from './browsing.ts'
export { Consumer, type Consumed, type ConsumerOptions } from './consumer.ts'
export { stompDestination, uriOf } from './destination.ts'
export { dial, type Dialling } from './dialling.ts'
export { ORIGINAL, isForwarded, sentAgain } from './forwarding.ts'
export type { Headers, ServerFrame } from './frames.ts'
export { Inbox } from './inbox.ts'
export { LEDGER, Ledger } from './ledger.ts'
export { Migration, type MigrationOptions } from './migration.ts'
export type { MovedQueue } from './moved-queue.ts'
export {
  RELEASED_JOBS,
  inventoryOf,
  isReleasedFact,
  releasedFact,
  releasedIn,
  releasedOf,
  type Held,
  type Inventory,
} from './releasing.ts'
export { canTransform, isMovable, listQueues } from './queue-list.ts'
export { Latencies } from './latencies.ts'
export { Producer, type Outgoing, type Produced, type ProducerOptions } from './producer.ts'
export {
  askForScheduler,
  backlogOf,
  isOurs,
  isScheduleHeader,
  makeSubscription,
  scheduledFor,
  type Definition,
  type Schedule,
} from './restoring.ts'
export { PRODUCER, SEQUENCE, SequenceCheck, type SequenceReport } from './sequence.ts'
export type { AckMode } from './settling.ts'

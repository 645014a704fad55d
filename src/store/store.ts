/**
 * The store is the broker's durable state: what the journal says, folded.
 *
 *   journal record ─► apply ─► destinations ─► message index (14 bytes a message) ─► snapshot
 *                        └───► liveness: which segments are still needed
 *
 * Read: state (apply, the one way in) · message-index (one queue) · stored-subscription and schedule (what else a record says) · liveness (segments) · snapshot (state as bytes) · digest (state as a number) · offline (a stopped broker's) · salvaged and salvage-fold (a damaged one's) · record-shown.
 * Promises: the same records in the same order give the same state, on the active, after a crash and on the passive.
 * Refuses: to know who consumes. Windows, consumers and cursors are dispatch's, volatile, and never journaled.
 */
export { DurableState, EpochReason, StoredKind, bodyOffset } from './state.ts'
export type { Applied, StoredDestination } from './state.ts'
export { Chunk, Mark, MessageIndex } from './message-index.ts'
export { FrozenState, thawState } from './snapshot.ts'
export { jobBytes, readJob, writeJob } from './schedule.ts'
export type { Job } from './schedule.ts'
export { decodeSubscription, encodeSubscription } from './stored-subscription.ts'
export type { StoredSubscription } from './stored-subscription.ts'
export { SegmentLiveness } from './liveness.ts'
export type { SegmentLife } from './liveness.ts'
export { SalvagedStore, type Doubt } from './salvaged.ts'
export { OfflineStore, storedUri, type StoredMessage } from './offline.ts'
export { RecordReader, type ShownRecord } from './record-shown.ts'

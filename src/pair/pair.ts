/**
 * The pair: two nodes, one journal. This room decides; it never acts.
 *
 *     sockets, disk, timers, people ─► PairEvent ─► PairCore.handle ─► PairEffect ─► the shell (twin/) acts
 *
 * Read: model (what is remembered, set and shown) · frames (what the twins say) · events (what happens, what must be
 * done) · link (a replication connection, as the shell holds it).
 * Promises: the same events give the same effects; the invariants I-1 … of replication.md hold after every event.
 * Refuses: clocks, sockets, files, chance. Journal bytes never pass through here, only positions.
 */
export type { LinkId, PairEffect, PairEvent } from './events.ts'
export type { CopyFrame, Hello, PairFrame, RefusalCode, Welcome } from './frames.ts'
export type { PairLink, PairLinkEvents } from './link.ts'
export type {
  EpochEntry,
  PairMeta,
  PairRecord,
  PairSettings,
  PairState,
  PairStatus,
  PeerIdentity,
  Policy,
} from './model.ts'
export { PairCore } from './core.ts'

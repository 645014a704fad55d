/**
 * The pair: two nodes, one journal. This room decides; it never acts.
 *
 *     sockets, disk, timers, people ─► PairEvent ─► PairCore.handle ─► PairEffect ─► the shell (twin/) acts
 *
 *     boot ─► waiting ─► activation ─► active: solo · joining · paired · lost · handover ─► door (steps down) ─┐
 *       └──► passive: dialler · following · takeover ─► activation                        ◄────────────────────┘
 *
 * Read: model (what is remembered, set and shown) · frames (what the twins say) · events (what happens, what must be
 * done) · core (one event) · node (what every role shares) · boot (what a store says about its node) · active with
 * session, attach (tail, cut or copy?), loss, handover, door (two actives meet) · passive with following, takeover ·
 * activation (a new epoch) · register (the witness) · history (whose is newer?) · rules (what the proof takes away, one
 * at a time) · link (a connection, as the shell holds it) · wire with control, header-lines and frame-reader (frames as
 * bytes) · uris (where a twin may be).
 * Promises: the same events give the same effects; the invariants I-1 … of replication.md hold after every event.
 * Refuses: clocks, sockets, files, chance. Journal bytes never pass through here, only positions.
 */
export { PairCore } from './core.ts'
export type { LinkId, PairEffect, PairEvent } from './events.ts'
export type { CopyFrame, Hello, LinkFrame, PairFrame, RefusalCode, VerifyFrame, Welcome } from './frames.ts'
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
export { FrameReader, type ServerFrames } from './frame-reader.ts'
export type { HeaderLines } from './header-lines.ts'
export { CONTROL, COPY, FrameDecoder, JOURNAL, bodyBytesMax, writeFrame, type Checksum, type Side } from './wire.ts'
export { isByNumber, readTwinUris, type TwinUri } from './uris.ts'

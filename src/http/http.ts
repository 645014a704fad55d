/**
 * The HTTP interface for people, scripts and probes: /api/pair and /health.
 *
 *     request ─► listener ─► router ─► caller (from this machine?) ─► Management ─► JSON
 *                limits      routes    for what changes or copies     the server answers for the node
 *
 * Read: management (what a node must answer) · router (which path does what) · caller (who may) · pair-json, health
 * (the shapes, fixed by architecture.md "Interfaces that others depend on" and management D-06) · listener (limits).
 * Promises: a hostile or slow client harms nobody else; no secret is ever shown; a port that is taken stops no broker.
 * Refuses: to change anything, or to give out the journal, for a caller that is not on this machine.
 */
export { startHttp, type HttpInterface, type HttpOptions } from './listener.ts'
export type { Health, Management, Outcome, PairView, SegmentView } from './management.ts'
export type { PairJson, PeerJson } from './pair-json.ts'

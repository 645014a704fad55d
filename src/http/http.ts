/**
 * The HTTP interface for people, scripts and probes: /api/jolokia, /api/pair and /health.
 *
 *     request ─► listener ─► router ─┬► access (login, role) ─► jolokia (Origin, policy) ─► beans ─► pieces ─► pace
 *                limits      routes  └► caller (from this machine?) ─► Management ─► JSON
 *
 * Read: management (what a node must answer) · router (which path does what) · access (who may manage) · jolokia, origin
 * and pace (a long answer lets the broker go first) · caller (who may promote) · pair-json, health (the shapes, fixed by
 * architecture.md "Interfaces that others depend on" and management D-06) · listener (limits).
 * Promises: a hostile or slow client harms nobody else; no secret is ever shown; a port that is taken stops no broker.
 * Refuses: to promote, to hand over or to give out the journal for a caller that is not on this machine; to manage for one
 * whom jetty.xml does not let in, or, without it, for another machine or a page in a browser.
 */
export { startHttp, type HttpInterface, type HttpOptions, type SecureAddress } from './listener.ts'
export { startMetrics, type MetricsListener } from './metrics-listener.ts'
export type { Health, Management, MonitorSettings, Outcome, SegmentView } from './management.ts'
export type { PairJson, PeerJson } from './pair-json.ts'
export { NO_LOGIN, type Constraint, type Login, type LoginGuard, type WebAccess } from './access.ts'

/**
 * The HTTP interface for people, scripts and probes: /api/pair and /health.
 *
 *     request ─► route ─► Management (the server answers for the node) ─► JSON
 *
 * Promises: a hostile or slow client harms nobody else; no secret is ever shown.
 * Refuses: to change anything for a caller that is not on this machine.
 */
export {}

/**
 * The client of a node's HTTP interface, for the command line and the dashboard.
 *
 *   verb, dashboard ─► NodeClient ─► fetch ─► Jolokia, /api/pair ─► values, or an AdminError that says what to do
 *
 * Read: admin (the seam).
 * Promises: no request without a time limit; a password is sent where it was given for, and shown nowhere.
 * Refuses: to follow a redirect.
 */
export type { AdminErrorKind, BeanAnswer, BeanRequest } from './requests.ts'

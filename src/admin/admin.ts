/**
 * The client of a node's HTTP interface, for the command line and the dashboard.
 *
 *   verb, dashboard ─► NodeClient ─► exchange (one request) ─► Jolokia, /api/pair ─► values, or an AdminError
 *
 * Read: requests (what is asked of beans) · client (NodeClient) · error (kinds, each with its exit code and next step)
 * · report (/api/pair) · address (who is the twin) · bean-names (object names) · jolokia (answers) · exchange.
 * Promises: no request without a time limit; a password is sent where it was given for, and shown nowhere.
 * Refuses: to follow a redirect.
 */
export { isLoopback, nodeUrl, twinUrl } from './address.ts'
export { ANY_BROKER, beanValue, brokerBean, destinationBean, destinationsOf, keysOf } from './bean-names.ts'
export { NodeClient, type ClientOptions, type Login } from './client.ts'
export { AdminError, EXIT_CODES, type AdminErrorKind } from './error.ts'
export { valueOf } from './jolokia.ts'
export { isObject } from './json.ts'
export type { NodeReport } from './report.ts'
export type { BeanAnswer, BeanRequest } from './requests.ts'

/**
 * The beans of a running node: what ActiveMQ shows over JMX, read from the broker that leads here or from the replica.
 *
 *   broker, store, pair ─► desk (what there is now) ─► views ─► attributes and operations, as tables ─► BeanServer
 *
 * Read: host (what a node must answer) · desk · names · server (finding and searching) with sources · broker-attributes,
 * broker-operations · destination-attributes, destination-operations with message-walk and message-row.
 * Promises: nothing is registered, so nothing leaks; reading changes nothing and never loads a queue.
 * Refuses: to look done. What this broker cannot do is answered with an exception that says why.
 */
export type { BeanHost, OpenConnector } from './host.ts'
export { NodeBeans } from './server.ts'

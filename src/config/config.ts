/**
 * Reads an ActiveMQ `activemq.xml` as it is and answers one plain model of the broker, or every reason why not.
 *
 *   source ─► tree ─► document ─► objects ─► build-* ─► check-* ─► BrokerConfig
 *    file,    xml2js    imports,    names,    the model   what only   + findings, all at once,
 *    broker:, + places  beans       types,    by parts    the whole     each with file:line:column
 *    properties:        by id       verdicts              shows
 *                       ▲           ▲                     ▲
 *              placeholders,   schemas/activemq.json   schemas/broker.json
 *              properties      schemas/transports.json
 *
 * Read: model (the answer) · sources, synthetic, composite (what a start is asked to read; JSON and YAML give the same tree,
 * by the room document/) · document, beans, spring (Spring's shell and spellings) · configurers, placeholders, decryption
 * · jetty, jetty-* and access-file (what the HTTP interface takes from jetty.xml and jolokia-access.xml) · node, objects,
 * names, value, verdicts, bean-verdict (the generic walker) · site, fields, build, build-* · check, check-* · pipeline (the order) · load (the only file that touches the disk).
 *
 * Promises: no word of a file is dropped in silence. What protects is in force, or the start is refused. Which words
 * exist and what becomes of them is data in `schemas/`. No secret is in any finding.
 * Refuses: to fetch anything, to expand entities, to guess a password, to run Java classes.
 */
export { formatFinding } from '../base/findings.ts'
export { loadConfig, loadTools, readConfig, type LoadOptions } from './load.ts'
export { readFile } from './pipeline.ts'
export type { Reading, Tools } from './pipeline.ts'
export { attribute, descendants, isSpring, SPRING_BEANS, textOf } from './beans.ts'
export { DEFAULT_LOGINS } from './check.ts'
export { PROPERTY_NAMES } from './check-properties.ts'
export { isConfigurer } from './configurers.ts'
export type { Context, Import } from './document.ts'
export type { Environment, Provers, Sources } from './environment.ts'
export type { Places } from './fields.ts'
export type { Item, ObjectNode, Origin, Value } from './node.ts'
export type { Placeholders } from './placeholders.ts'
export { normalValue } from './values.ts'
export type * from './model.ts'
export { isLoopback, parseUri } from './uri.ts'
export type * from './model-virtual.ts'
export type * from './model-web.ts'
export type { Finding, Severity } from '../base/findings.ts'

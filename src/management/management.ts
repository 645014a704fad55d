/**
 * What a node shows of itself and lets do with it, in the forms that ActiveMQ's users know. No sockets, clocks or files.
 *
 *   broker, pair, journal ─► beans (attributes, operations) ─┬─► jolokia: read write exec search list
 *                                                            ├─► feeds: queues.jsp topics.jsp subscribers.jsp
 *                                                            └─► metrics: Prometheus text
 *
 * Read: bean (the seam: classes, beans, errors) · object-name with bean-names and pattern · define (classes as tables).
 * Promises: names, attributes and errors read as ActiveMQ's do (../shared/spec/management.md); reading never changes anything.
 * Refuses: to know a broker. The server hands in beans; what they do is theirs.
 */
export {
  BeanError,
  Table,
  type Attribute,
  type Bean,
  type BeanClass,
  type BeanServer,
  type Caller,
  type Operation,
  type Parameter,
} from './bean.ts'
export {
  ACTIVEMQ,
  DESTINATION_TYPES,
  TANDEMMQ,
  brokerBean,
  destinationKeys,
  encodeValue,
  isAmbiguous,
  ownBean,
  type Pairs,
} from './bean-names.ts'
export { Type, beanClass, type AttributeRow, type ClassTable, type OperationRow } from './define.ts'
export { formatDuration } from './duration.ts'
export { objectName, type ObjectName } from './object-name.ts'
export { globMatches, isConcrete, isGlob, nameMatches } from './pattern.ts'

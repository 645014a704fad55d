/**
 * What a node shows of itself and lets do with it, in the forms that ActiveMQ's users know. No sockets, clocks or files.
 *
 *   broker, pair, journal ─► beans (attributes, operations) ─┬─► jolokia: read write exec search list
 *                                                            ├─► feeds: queues.jsp topics.jsp subscribers.jsp
 *                                                            └─► metrics: Prometheus text
 *
 * Read: bean (the seam: classes, beans, errors) · object-name with bean-names and pattern (old-name: those before 5.8) ·
 * define (classes as tables) · request (a path or a body becomes requests) · jolokia (and answers) · read, change with
 * exec, list, render, convert · access, access-policies (who may).
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
export { POLICIES, type PolicyName } from './access-policies.ts'
export { originAllowed, type AccessPolicy, type AccessRule, type OriginRule } from './access.ts'
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
export { failureText, forbidden } from './failure.ts'
export type { Deed } from './change.ts'
export { Jolokia, type JolokiaCall, type JolokiaOptions } from './jolokia.ts'
export { objectName, parseObjectName, type ObjectName } from './object-name.ts'
export { globMatches, isConcrete, isGlob, nameMatches } from './pattern.ts'
export {
  escapeXml,
  queuesXml,
  subscribersXml,
  topicsXml,
  writeQueuesXml,
  writeSubscribersXml,
  writeTopicsXml,
  type FeedSource,
} from './feeds.ts'
export { queueFeed, type QueueFeedOptions } from './queue-feed.ts'
export { metricsText, writeMetrics, type MetricsOptions, type MetricsSource } from './metrics.ts'
export type { DestinationMetricsOptions, MetricsNames } from './destination-metrics.ts'
export { CONTENT_TYPES, type MetricsFormat } from './prometheus.ts'
export { atOnce, readingOf, type Reading, type Work } from './read-beans.ts'

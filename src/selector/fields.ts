/** What a selector can read of a message without naming a header: the typed fields of S-15. */
export type JmsField =
  | 'JMSDestination'
  | 'JMSReplyTo'
  | 'JMSType'
  | 'JMSDeliveryMode'
  | 'JMSPriority'
  | 'JMSMessageID'
  | 'JMSTimestamp'
  | 'JMSCorrelationID'
  | 'JMSExpiration'
  | 'JMSRedelivered'
  | 'JMSXDeliveryCount'
  | 'JMSXGroupID'
  | 'JMSXGroupSeq'
  | 'JMSXUserID'
  | 'JMSXProducerTXID'
  | 'JMSActiveMQBrokerInTime'
  | 'JMSActiveMQBrokerOutTime'
  | 'JMSActiveMQBrokerPath'
  | 'JMSXGroupFirstForConsumer'

/**
 * A message as a selector reads it. The caller implements this over its record; nothing is kept after `matches` returns.
 * `undefined` and `null` both mean NULL.
 */
export interface Fields {
  /**
   * The text of a property: a header of SEND that is no STOMP header of its own (S-16) and no JMS field. Typed
   * properties, which only messages of the broker's own making have, are given as their decimal, `true` or `false` text.
   */
  property(name: string): string | undefined
  /**
   * A typed field. Texts: JMSDestination and JMSReplyTo as `queue://name`, JMSDeliveryMode as `PERSISTENT` or
   * `NON_PERSISTENT`. Numbers: JMSPriority (0-9), JMSXDeliveryCount (first delivery 1), JMSXGroupSeq (0 if absent), and
   * the times in epoch milliseconds (JMSExpiration 0 = never). Booleans: JMSRedelivered, JMSXGroupFirstForConsumer.
   * A value of another type counts as NULL.
   */
  field(name: JmsField): string | number | boolean | undefined | null
  /** The body, asked for by XPATH only. */
  body(): Uint8Array
}

/** The Java type that ActiveMQ gives each field: it decides how comparisons and arithmetic treat it. */
export const JMS_FIELDS: ReadonlyMap<string, 'string' | 'int' | 'long' | 'boolean'> = new Map([
  ['JMSDestination', 'string'],
  ['JMSReplyTo', 'string'],
  ['JMSType', 'string'],
  ['JMSDeliveryMode', 'string'],
  ['JMSPriority', 'int'],
  ['JMSMessageID', 'string'],
  ['JMSTimestamp', 'long'],
  ['JMSCorrelationID', 'string'],
  ['JMSExpiration', 'long'],
  ['JMSRedelivered', 'boolean'],
  ['JMSXDeliveryCount', 'int'],
  ['JMSXGroupID', 'string'],
  ['JMSXGroupSeq', 'int'],
  ['JMSXUserID', 'string'],
  ['JMSXProducerTXID', 'string'],
  ['JMSActiveMQBrokerInTime', 'long'],
  ['JMSActiveMQBrokerOutTime', 'long'],
  ['JMSActiveMQBrokerPath', 'string'],
  ['JMSXGroupFirstForConsumer', 'boolean'],
] as const)

/** Whether a name in a selector is a typed field (case counts, S-15) and not a header. */
export const isJmsField = (name: string): name is JmsField => JMS_FIELDS.has(name)

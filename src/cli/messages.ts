import { isObject } from '../admin/admin.ts'

/** A message as `browse` of a queue's bean answers it (management OM-01). */
export type Browsed = Readonly<Record<string, unknown>>

export const isMessages = (value: unknown): value is readonly Browsed[] => Array.isArray(value) && value.every(isObject)

/** The groups of -V, with ActiveMQ's prefixes. */
export const GROUPS = { header: 'JMS_HEADER_FIELD', custom: 'JMS_CUSTOM_FIELD', body: 'JMS_BODY_FIELD' } as const
export type Group = keyof typeof GROUPS

/** One line of a message: group, name, value. */
export interface Field {
  readonly group: Group
  readonly name: string
  readonly value: string
}

const HEADERS = [
  'JMSCorrelationID',
  'JMSDeliveryMode',
  'JMSDestination',
  'JMSExpiration',
  'JMSMessageID',
  'JMSPriority',
  'JMSRedelivered',
  'JMSReplyTo',
  'JMSTimestamp',
  'JMSType',
  'JMSXGroupID',
  'JMSXGroupSeq',
  'JMSXUserID',
]

/** Everything in a message that has a value, in the order of the groups. */
export const fieldsOf = (message: Browsed): readonly Field[] => [
  ...HEADERS.flatMap(name => field('header', name, message[name])),
  ...propertiesOf(message),
  ...bodyOf(message),
]

const field = (group: Group, name: string, value: unknown): readonly Field[] =>
  value === null || value === undefined || value === '' ? [] : [{ group, name, value: textOf(value) }]

function propertiesOf(message: Browsed): readonly Field[] {
  const maps = Object.entries(message).filter(([key]) => key.endsWith('Properties'))
  return maps.flatMap(([, map]) =>
    isObject(map) ? Object.entries(map).flatMap(([name, value]) => field('custom', name, value)) : [],
  )
}

function bodyOf(message: Browsed): readonly Field[] {
  const { Text: text, BodyLength: length, BodyPreview: preview, ContentMap: map } = message
  if (typeof text === 'string') return [{ group: 'body', name: 'JMSText', value: text }]
  if (isObject(map)) return Object.entries(map).flatMap(([name, value]) => field('body', name, value))
  if (length === undefined) return []
  const bytes = Array.isArray(preview) ? Buffer.from(preview.map(Number)) : Buffer.alloc(0)
  return [
    ...field('body', 'BodyLength', length),
    { group: 'body', name: 'BodyPreview', value: bytes.toString('latin1') },
  ]
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

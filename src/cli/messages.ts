import { isObject } from '../admin/admin.ts'
import { UsageError } from './arguments.ts'
import { visible, visibleLines } from './visible.ts'

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

/** Which fields are shown; null: all. */
export interface View {
  readonly groups: readonly Group[] | null
  readonly names: readonly string[] | null
}

/** The groups that `-Vheader`, `-Vbody,custom` name; null: all. Throws UsageError. */
export function groupsOf(args: readonly string[]): readonly Group[] | null {
  const names = args.flatMap(arg => arg.slice(2).split(','))
  for (const name of names)
    if (!Object.hasOwn(GROUPS, name)) throw new UsageError(`-V${name}: choose header, custom or body`)
  return names.length === 0 ? null : (names as Group[])
}

/** A body keeps its lines; all else is one line, whatever a client put into it. */
export function messageText(message: Browsed, view: View): string {
  const lines = fieldsOf(message)
    .filter(field => isViewed(field, view))
    .map(({ group, name, value }) => {
      const text = group === 'body' ? visibleLines(value) : visible(value)
      return `${GROUPS[group]}:${visible(name)} = ${text}\n`
    })
  return `${lines.join('')}\n`
}

function isViewed({ group, name }: Field, { groups, names }: View): boolean {
  if (groups === null && names === null) return true
  return groups?.includes(group) === true || names?.some(one => one === name || one === `${group}:${name}`) === true
}

import type { MessageFacts, MessagePage } from './facts.ts'
import { isAttributes, numberOf, stringOf, textOrNull, timeOf, type Attributes } from './values.ts'

/** Characters of a body that are kept; the rest of a larger one is told, not shown (management UK-04). */
export const BODY_MAX = 65_536

const HEADERS = [
  'JMSDestination',
  'OriginalDestination',
  'JMSCorrelationID',
  'JMSReplyTo',
  'JMSType',
  'JMSXGroupID',
  'JMSXUserID',
  'JMSExpiration',
  'JMSPriority',
  'JMSDeliveryMode',
  'JMSRedelivered',
]

/** What `browse()` answers (management OM-01), the first `most` of it. */
export const readMessages = (value: unknown, most: number): MessagePage => ({
  list: (Array.isArray(value) ? value : []).filter(isAttributes).slice(0, most).map(message),
  next: null,
})

/** What a TandemMQ answers when it is asked for a page: no bodies. */
export function readMessagePage(value: unknown): MessagePage {
  const { rows, next } = isAttributes(value) ? value : { rows: [], next: null }
  return { list: (Array.isArray(rows) ? rows : []).filter(isAttributes).map(short), next: numberOf(next) }
}

const short = (row: Attributes): MessageFacts => ({
  key: numberOf(row['key']),
  id: stringOf(row['messageId']),
  at: timeOf(row['timestamp']),
  priority: numberOf(row['priority']),
  persistent: row['persistent'] === true,
  redelivered: row['redelivered'] === true,
  body: textOrNull(row['preview']) ?? `${numberOf(row['bodyLength']) ?? 0} bytes`,
  headers: [],
})

/** One message with all that there is of it; null: it is gone. */
export const readMessage = (value: unknown): MessageFacts | null => (isAttributes(value) ? message(value) : null)

function message(map: Attributes): MessageFacts {
  const told = HEADERS.flatMap(name => {
    const value = map[name]
    return value === null || value === undefined || value === '' ? [] : [[name, shown(value)] as const]
  })
  const properties = Object.entries(map)
    .filter(([name, value]) => name.endsWith('Properties') && isAttributes(value))
    .flatMap(([, value]) => (isAttributes(value) ? Object.entries(value) : []))
    .map(([name, value]) => [name, shown(value)] as const)
  return {
    key: null,
    id: stringOf(map['JMSMessageID']),
    at: timeOf(map['JMSTimestamp']),
    priority: numberOf(map['JMSPriority']),
    persistent: map['JMSDeliveryMode'] === 'PERSISTENT',
    redelivered: map['JMSRedelivered'] === true,
    body: bodyOf(map),
    headers: [...told, ...properties],
  }
}

function bodyOf(map: Attributes): string {
  const text = textOrNull(map['Text'])
  if (text !== null)
    return text.length <= BODY_MAX ? text : `${text.slice(0, BODY_MAX)}\n(${text.length - BODY_MAX} characters more)`
  if (isAttributes(map['ContentMap'])) return JSON.stringify(map['ContentMap'], null, 2)
  const preview = map['BodyPreview']
  if (!Array.isArray(preview)) return ''
  const length = numberOf(map['BodyLength']) ?? preview.length
  const rows: string[] = [`${length} bytes, the first ${preview.length}:`]
  for (let at = 0; at < preview.length; at += 16) {
    const row = preview.slice(at, at + 16).map(byte => (typeof byte === 'number' ? byte & 255 : 0))
    const hex = row.map(byte => byte.toString(16).padStart(2, '0')).join(' ')
    const text = row.map(byte => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.')).join('')
    rows.push(`${at.toString(16).padStart(6, '0')}  ${hex.padEnd(47)}  ${text}`)
  }
  return rows.join('\n')
}

const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

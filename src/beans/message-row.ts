import { destinationUri, type DestinationName } from '../base/destination.ts'
import { retriesOf, shownName, type Delivery } from '../destination/destination.ts'
import { MESSAGE_HEADER, Trait, readLsn } from '../journal/journal.ts'
import { headersOf, hiddenOf, mapIn } from '../session/session.ts'
import type { Element } from '../transformation/transformation.ts'

/** A message as ActiveMQ's beans show one (management OM-01). */
export type MessageRow = Readonly<Record<string, unknown>>

/** Header lines that are no properties to ActiveMQ. */
const STANDARD = new Set([
  'message-id',
  'destination',
  'correlation-id',
  'reply-to',
  'expires',
  'priority',
  'type',
  'persistent',
  'timestamp',
  'redelivered',
  'content-length',
  'original-destination',
  'JMSXUserID',
])
/** Bytes of a body that a preview shows. */
const previewBytes = 255

export function messageRow(message: Delivery, at: DestinationName): MessageRow {
  const { view, offset } = message
  const headers = headersIn(message)
  const traits = view.getUint8(offset + 21)
  const properties = Object.fromEntries([...headers].filter(([name]) => !STANDARD.has(name)))
  const shown = traits & Trait.shownAs ? shownName(message) : null
  const group = hiddenOf(message, 'JMSXGroupID')
  return {
    JMSMessageID: headers.get('message-id') ?? '',
    JMSDestination: destinationUri(shown ?? at),
    JMSDeliveryMode: traits & Trait.persistent ? 'PERSISTENT' : 'NON-PERSISTENT',
    JMSTimestamp: new Date(Number(headers.get('timestamp') ?? 0) || 0),
    JMSExpiration: readLsn(view, offset + 32),
    JMSPriority: view.getUint8(offset + 20),
    JMSRedelivered: message.redelivered + retriesOf(message) > 0,
    JMSCorrelationID: headers.get('correlation-id') ?? null,
    JMSReplyTo: uriOf(headers.get('reply-to')),
    JMSType: headers.get('type') ?? null,
    JMSXGroupID: group ?? null,
    JMSXGroupSeq: Number(hiddenOf(message, 'JMSXGroupSeq') ?? 0),
    JMSXUserID: headers.get('JMSXUserID') ?? null,
    BrokerPath: 'null',
    OriginalDestination: uriOf(headers.get('original-destination')),
    PropertiesText: `{${Object.entries(properties)
      .map(([name, value]) => `${name}=${value}`)
      .join(', ')}}`,
    StringProperties: properties,
    BooleanProperties: {},
    ByteProperties: {},
    ShortProperties: {},
    IntProperties: {},
    LongProperties: {},
    FloatProperties: {},
    DoubleProperties: {},
    ...bodyOf(message, traits),
  }
}

/** The entries of a map message, as management shows them. */
function entriesOf(map: Element): MessageRow {
  const entries = map.children.map(({ children: [key, value] }) => [
    key?.text ?? '',
    value === undefined ? null : valueOf(value),
  ])
  return Object.fromEntries(entries) as MessageRow
}

function valueOf(value: Element): unknown {
  switch (value.name) {
    case 'map':
      return entriesOf(value)
    case 'list':
      return value.children.map(valueOf)
    case 'null':
      return null
    case 'boolean':
      return value.text === 'true'
    default:
      return value.bare && Number.isSafeInteger(Number(value.text)) ? Number(value.text) : value.text
  }
}

/** A text, the entries of a map, or the first of some bytes, which are signed in Java. */
function bodyOf(message: Delivery, traits: number): MessageRow {
  const { block, view, offset } = message
  const start = offset + MESSAGE_HEADER + view.getUint32(offset + 40, true) + 1
  const length = view.getUint32(offset + 44, true)
  const map = mapIn(message)
  if (map !== null) return { ContentMap: entriesOf(map) }
  if (traits & Trait.text) return { Text: block.toString('utf8', start, start + length) }
  const preview = block.subarray(start, start + Math.min(length, previewBytes))
  return { BodyLength: length, BodyPreview: [...preview].map(byte => (byte > 127 ? byte - 256 : byte)) }
}

/** The header lines by name, the first of each, as they were meant. */
export function headersIn(message: Delivery): Map<string, string> {
  const headers = new Map<string, string>()
  for (const line of headersOf(message).split('\n')) {
    const colon = line.indexOf(':')
    if (colon <= 0) continue
    const name = decoded(line.slice(0, colon))
    if (!headers.has(name)) headers.set(name, decoded(line.slice(colon + 1)))
  }
  return headers
}

const MEANINGS: Readonly<Record<string, string>> = { n: '\n', c: ':', r: '\r', '\\': '\\' }
const decoded = (text: string): string =>
  text.includes('\\') ? text.replace(/\\(.)/g, (all, letter: string) => MEANINGS[letter] ?? all) : text

/** `/queue/a` as `queue://a`; other text is no destination, and is shown as it is. */
function uriOf(text: string | undefined): string | null {
  if (text === undefined) return null
  const match = /^\/(?:remote-)?((?:temp-)?(?:queue|topic))\/(.*)$/s.exec(text)
  return match === null ? text : `${match[1]}://${match[2]}`
}

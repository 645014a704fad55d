import type { ServerFrame } from './frames.ts'

/** What the broker says about a message, not its producer; and what who sends it again decides anew. */
const NOT_FROM_THE_PRODUCER = new Set([
  'message-id',
  'destination',
  'subscription',
  'redelivered',
  'ack',
  'receipt',
  'transaction',
  'persistent',
  'priority',
  'content-length',
  'amq-msg-type',
  'original-destination',
  'browser',
  'JMSXUserID',
  'JMSXDeliveryCount',
  'JMSRedelivered',
  // It has waited already.
  'AMQ_SCHEDULED_DELAY',
  'AMQ_SCHEDULED_PERIOD',
  'AMQ_SCHEDULED_REPEAT',
  'AMQ_SCHEDULED_CRON',
])

/** Of the transformations only these make a message of another kind than text and bytes. */
const MAPS = new Set(['jms-map-xml', 'jms-map-json'])

/** May a header of a message be sent again as it is? 0 for expires says nothing. */
export function isForwarded(name: string, value: string): boolean {
  if (name === '' || NOT_FROM_THE_PRODUCER.has(name)) return false
  if (name === 'transformation') return MAPS.has(value)
  return name !== 'expires' || value !== '0'
}

/** Is it a Java object, which only a Java client can read, written as text? No broker makes the object again from it. */
export const isJavaObject = ({ headers }: ServerFrame): boolean =>
  headers.get('transformation')?.startsWith('jms-object-') === true

/** The property that says where a message was before it died: a broker takes `original-destination` from nobody. */
export const ORIGINAL = 'tandemmq-original-destination'

/**
 * The headers of a SEND that makes the message of a MESSAGE frame again, for `destination`: persistence, priority, expiry, time,
 * correlation, reply-to, type, group and properties as they were. The id becomes a new one.
 */
export function sentAgain({ headers, body, sized }: ServerFrame, destination: string): [string, string][] {
  const sent: [string, string][] = [
    ['destination', destination],
    ['persistent', headers.get('persistent') === 'true' ? 'true' : 'false'],
    ['priority', headers.get('priority') ?? '4'],
  ]
  // Without it a message is one of text, whose end is a NUL.
  if (sized) sent.push(['content-length', String(body.length)])
  const died = headers.get('original-destination')
  if (died !== undefined) sent.push([ORIGINAL, died])
  for (const [name, value] of headers) if (isForwarded(name, value)) sent.push([name, value])
  return sent
}

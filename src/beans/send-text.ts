import { isTemporaryKind } from '../base/destination.ts'
import { BeanError } from '../management/management.ts'
import { ownMessage } from '../session/session.ts'
import type { DestinationView } from './destination-view.ts'

/** As JSON gives them: a JMS header, or a property. */
export type Headers = Readonly<Record<string, unknown>>

interface Envelope {
  persistent: boolean
  priority: number
  expires: number
  readonly lines: (readonly [name: string, value: string])[]
}

/**
 * Sends a text as ActiveMQ's DestinationView does (management OQ-03): not persistent and of priority 0, unless the headers
 * say otherwise. Resolves, with its id, when the message is journaled. `login`: whose rights it is sent with; null: those
 * of whoever may call this.
 */
export async function sendText(
  view: DestinationView,
  given: Headers | null,
  text: string | null,
  login: readonly [user: string, password: string] | null,
): Promise<string> {
  const { desk, at } = view
  const [headers, body] = [given ?? {}, text ?? '']
  const { broker } = desk
  // Without a content-length the NUL would end the frame.
  if (body.includes('\0')) throw new BeanError('java.lang.IllegalArgumentException', 'a text message holds no NUL')
  const refusal = login === null ? null : await desk.host.refusalOfSender(login[0], login[1], at)
  if (refusal !== null) throw new BeanError('javax.jms.JMSSecurityException', refusal)
  if (isTemporaryKind(at.kind) && broker.find(at.kind, at.name) === null)
    throw new BeanError('javax.jms.InvalidDestinationException', `Cannot publish to a deleted Destination: ${at.name}`)
  const { persistent, priority, expires, lines } = envelope(headers, desk.host.now())
  const id = desk.nextMessageId()
  const message = ownMessage({
    id,
    persistent,
    priority,
    expires,
    timestamp: desk.host.now(),
    text: true,
    headers: lines,
    body: Buffer.from(body, 'utf8'),
  })
  await broker.operations.change(() => broker.deposit([at], message))
  return id
}

function envelope(headers: Headers, now: number): Envelope {
  const made: Envelope = { persistent: false, priority: 0, expires: 0, lines: [] }
  for (const [name, value] of Object.entries(headers)) if (value !== null) put(made, name, textOf(name, value), now)
  return made
}

function put(into: Envelope, name: string, value: string, now: number): void {
  switch (name) {
    case 'JMSDeliveryMode':
      into.persistent = value === '2' || value.toUpperCase() === 'PERSISTENT'
      return
    case 'JMSPriority':
      into.priority = Math.min(9, Math.max(0, number(name, value)))
      return
    case 'JMSExpiration':
      into.expires = number(name, value)
      return
    case 'timeToLive':
    case 'JMSTimeToLive':
      into.expires = now + number(name, value)
      return
    case 'JMSTimestamp':
    case 'JMSMessageID':
    case 'JMSDestination':
    case 'JMSRedelivered':
      return // what sending sets
    case 'JMSReplyTo':
      into.lines.push(['reply-to', stompName(value)])
      return
    case 'JMSCorrelationID':
      into.lines.push(['correlation-id', value])
      return
    case 'JMSType':
      into.lines.push(['type', value])
      return
    default:
      if (!OF_THE_BROKER.has(name)) into.lines.push([propertyName(name), value])
  }
}

/** What the broker says of a message itself: a property of that name goes, as a header of SEND does (stomp S-SND-14). */
const OF_THE_BROKER: ReadonlySet<string> = new Set([
  'JMSXDeliveryCount',
  'JMSXUserID',
  'ack',
  'browser',
  'content-length',
  'destination',
  'expires',
  'message-id',
  'original-destination',
  'persistent',
  'priority',
  'receipt',
  'redelivered',
  'subscription',
  'timestamp',
  'transaction',
])

/** Another name would end its line, or be two. */
function propertyName(name: string): string {
  if (name === '' || name.length > propertyNameMax || /[\p{Cc}:\\]/u.test(name))
    throw new BeanError(
      'javax.jms.MessageFormatException',
      `${JSON.stringify(name.slice(0, 100))} cannot be the name of a property.`,
    )
  return name
}
const propertyNameMax = 1000

/** `queue://a` as a STOMP client names it. */
const stompName = (uri: string): string =>
  uri.replace(/^(?:(queue|topic):\/\/)?/, (_, kind?: string) => `/${kind ?? 'queue'}/`)

/** JMS knows no other values of properties. */
function textOf(name: string, value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  throw new BeanError('javax.jms.MessageFormatException', `Property ${name} is no text, number or boolean.`)
}

function number(name: string, value: string): number {
  const parsed = Number(value)
  if (Number.isSafeInteger(parsed) && parsed >= 0) return parsed
  throw new BeanError('javax.jms.MessageFormatException', `Property ${name} cannot be set from "${value}".`)
}

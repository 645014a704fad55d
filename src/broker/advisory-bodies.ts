import type { DestinationName } from '../base/destination.ts'
import { MESSAGE_HEADER, Trait, readLsn } from '../journal/journal.ts'
import type { Delivery } from '../destination/destination.ts'
import type { Session, Subscription } from '../session/session.ts'
import { leaf, node, type Element } from '../transformation/transformation.ts'

// The commands of OpenWire that advisories carry, as ActiveMQ's XStream prints them (stomp S-ADV-02, S-ADV-05).

const CLASSES = ['ActiveMQQueue', 'ActiveMQTopic', 'ActiveMQTempQueue', 'ActiveMQTempTopic'] as const

const command = (answered: boolean): Element[] => [leaf('commandId', 0), leaf('responseRequired', answered)]
const connectionId = (id: string): Element => node('connectionId', [leaf('value', id)])
const destination = ({ kind, name }: DestinationName): Element =>
  node('destination', [leaf('string', name)], CLASSES[kind])

/** An id of something that belongs to a connection: a consumer, a producer. */
const innerId = (name: string, connection: string, value: number, type: string | null = null): Element =>
  node(name, [leaf('connectionId', connection), leaf('sessionId', -1), leaf('value', value)], type)

/** No body at all. */
export const NOTHING: Element = leaf('null', '')

/** The password is never told, and its place says so (S-ADV-05). */
export function connectionInfo({ id, clientId, link, identity }: Session): Element {
  return node('ConnectionInfo', [
    ...command(true),
    connectionId(id),
    leaf('clientId', clientId),
    leaf('clientIp', link.remote),
    ...(identity.user === null ? [] : [leaf('userName', identity.user)]),
    leaf('password', ''),
    leaf('brokerMasterConnector', false),
    leaf('manageable', false),
    leaf('clientMaster', true),
    leaf('faultTolerant', false),
    leaf('failoverReconnect', false),
  ])
}

const removeInfo = (object: Element): Element =>
  node('RemoveInfo', [...command(true), object, leaf('lastDeliveredSequenceId', -2)])

export const connectionRemoved = ({ id }: Session): Element =>
  removeInfo(node('objectId', [leaf('value', id)], 'ConnectionId'))

export const consumerRemoved = ({ session, number }: Subscription): Element =>
  removeInfo(innerId('objectId', session.id, number, 'ConsumerId'))

export const producerRemoved = ({ id }: Session): Element => removeInfo(innerId('objectId', id, 1, 'ProducerId'))

/** `creator`: the connection that made it, or null when that is not known. */
export const destinationInfo = (at: DestinationName, creator: string | null, removed: boolean): Element =>
  node('DestinationInfo', [
    ...command(false),
    ...(creator === null ? [] : [connectionId(creator)]),
    destination(at),
    leaf('operationType', removed ? 1 : 0),
    leaf('timeout', 0),
  ])

export function consumerInfo(
  { session, options, browser, number }: Subscription,
  at: DestinationName,
  durable: { readonly name: string; readonly selector: string | null } | null,
): Element {
  const selector = durable?.selector ?? options.selection?.selector.text ?? null
  const name = durable?.name ?? null
  return node('ConsumerInfo', [
    ...command(true),
    innerId('consumerId', session.id, number),
    destination(at),
    leaf('prefetchSize', options.prefetch),
    leaf('maximumPendingMessageLimit', Math.max(0, options.pendingLimit)),
    leaf('browser', browser !== null),
    leaf('dispatchAsync', true),
    ...(selector === null ? [] : [leaf('selector', selector)]),
    ...(name === null ? [] : [leaf('clientId', session.clientId), leaf('subscriptionName', name)]),
    leaf('noLocal', options.noLocal),
    leaf('exclusive', options.exclusive),
    leaf('retroactive', options.retroactive),
    leaf('priority', options.priority),
    leaf('optimizedAcknowledge', false),
    leaf('noRangeAcks', false),
  ])
}

/** STOMP senders are bound to no destination: one per connection (semantics M-02, AD-04). */
export const producerInfo = ({ id, sends }: Session): Element =>
  node('ProducerInfo', [
    ...command(true),
    innerId('producerId', id, 1),
    leaf('dispatchAsync', false),
    leaf('windowSize', 0),
    leaf('sentCount', sends),
  ])

/** Lines that are fields of a message; the others are its properties. */
const FIELDS: ReadonlySet<string> = new Set([
  'message-id',
  'expires',
  'priority',
  'timestamp',
  'persistent',
  'content-length',
  'correlation-id',
  'reply-to',
  'type',
  'redelivered',
  'original-destination',
])

/** A message, with its body only when that is wanted (includeBodyForAdvisory, semantics AD-16). */
export function messageInfo(message: Delivery, at: DestinationName, withBody: boolean): Element {
  const { block, view, offset } = message
  const traits = view.getUint8(offset + 21)
  const text = (traits & Trait.text) !== 0
  const headersEnd = offset + MESSAGE_HEADER + view.getUint32(offset + 40, true)
  const bodyBytes = view.getUint32(offset + 44, true)
  const lines = headerLines(block.toString('utf8', offset + MESSAGE_HEADER, headersEnd))
  const field = (name: string): string => lines.find(([each]) => each === name)?.[1] ?? ''
  const { connection, producer, sequence } = idParts(field('message-id'))
  const properties = lines.filter(([name]) => !FIELDS.has(name))
  const named = (name: string, element: string): Element[] => {
    const value = field(name)
    return value === '' ? [] : [leaf(element, value)]
  }
  const body = Buffer.from(block.subarray(headersEnd + 1, headersEnd + 1 + bodyBytes))
  return node(text ? 'ActiveMQTextMessage' : 'ActiveMQBytesMessage', [
    ...command(false),
    node('messageId', [
      innerId('producerId', connection, producer),
      leaf('producerSequenceId', sequence),
      leaf('brokerSequenceId', 0),
    ]),
    innerId('producerId', connection, producer),
    destination(at),
    ...named('correlation-id', 'correlationId'),
    ...named('reply-to', 'replyTo'),
    leaf('expiration', readLsn(view, offset + 32)),
    leaf('timestamp', Number(field('timestamp'))),
    leaf('persistent', (traits & Trait.persistent) !== 0),
    ...named('type', 'type'),
    leaf('priority', view.getUint8(offset + 20)),
    leaf('compressed', false),
    ...(withBody ? [content(body, text)] : []),
    leaf('redeliveryCounter', message.redelivered),
    leaf('size', 1024 + bodyBytes),
    ...(properties.length === 0 ? [] : [node('properties', properties.map(property))]),
  ])
}

const property = ([name, value]: readonly [string, string]): Element =>
  node('entry', [leaf('string', name), leaf('string', value)])

/** As OpenWire carries it: a text with its length in front; in base64. */
function content(body: Buffer, text: boolean): Element {
  const length = Buffer.alloc(text ? 4 : 0)
  if (text) length.writeUInt32BE(body.length)
  const data = Buffer.concat([length, body])
  return node('content', [leaf('data', data.toString('base64')), leaf('offset', 0), leaf('length', data.length)])
}

function headerLines(text: string): (readonly [string, string])[] {
  return text.split('\n').flatMap(line => {
    const colon = line.indexOf(':')
    return colon < 0 ? [] : [[decode12(line.slice(0, colon)), decode12(line.slice(colon + 1))] as const]
  })
}

const decode12 = (value: string): string =>
  value.replace(/\\(.)/g, (_, letter: string) => ({ n: '\n', c: ':', r: '\r', '\\': '\\' })[letter] ?? `\\${letter}`)

/** `ID:…:<session>:<producer>:<sequence>`; a message of the broker's own has other ids. */
function idParts(id: string): { connection: string; producer: number; sequence: number } {
  const match = /^(.*):-?\d+:(\d+):(\d+)$/.exec(id)
  if (match === null) return { connection: id, producer: 0, sequence: 0 }
  return { connection: match[1]!, producer: Number(match[2]), sequence: Number(match[3]) }
}

import { emptyDelivery, type Delivery } from '../destination/destination.ts'
import { MESSAGE_HEADER, RecordFlag, RecordType, Trait, writeLsn } from '../journal/journal.ts'
import { Version, encode } from '../stomp/stomp.ts'
import { RecordBuffer } from './record-target.ts'

/** A message that the broker makes itself: an advisory, a reply, a firing. */
export interface OwnMessage {
  readonly id: string
  readonly persistent: boolean
  /** 0-9. */
  readonly priority: number
  /** ms since 1970; 0: never, and for `timestamp` none. */
  readonly expires: number
  readonly timestamp: number
  /** A text message, whose frames have no content-length; else a bytes message. */
  readonly text: boolean
  /** Further headers, as they are meant: `type`, `correlation-id`, properties. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Uint8Array
}

/** The whole record of such a message, for `Broker.deposit`; it has no destination yet. */
export function ownMessage({
  id,
  persistent,
  priority,
  expires,
  timestamp,
  text,
  headers,
  body,
}: OwnMessage): Delivery {
  const lines: (readonly [string, string])[] = [
    ['message-id', id],
    ['expires', `${expires}`],
    ['priority', `${priority}`],
    ['timestamp', `${timestamp}`],
    ...(persistent ? [['persistent', 'true'] as const] : []),
    ...(text ? [] : [['content-length', `${body.length}`] as const]),
    ...headers,
  ]
  const block = Buffer.from(lines.map(([name, value]) => `${name}:${encode(value, Version.v12)}\n`).join(''), 'utf8')
  const escapedCr = headers.some(([, value]) => value.includes('\r'))
  const length = MESSAGE_HEADER + block.length + 1 + body.length + 2
  const into = new RecordBuffer(length)
  into.block.fill(0, 0, MESSAGE_HEADER)
  let at = MESSAGE_HEADER + block.copy(into.block, MESSAGE_HEADER)
  into.block[at++] = 10
  into.block.set(body, at)
  at += body.length
  into.block[at++] = 0
  into.block[at] = 10
  const traits = (persistent ? Trait.persistent : 0) | (text ? Trait.text : 0) | (escapedCr ? Trait.escapedCr : 0)
  into.view.setUint8(20, priority)
  into.view.setUint8(21, traits)
  writeLsn(into.view, 32, expires)
  into.view.setUint32(40, block.length, true)
  into.view.setUint32(44, body.length, true)
  into.seal(RecordType.messageAdded, persistent ? RecordFlag.none : RecordFlag.volatile, length)
  return { ...emptyDelivery(), block: into.block, view: into.view, length, persistent }
}

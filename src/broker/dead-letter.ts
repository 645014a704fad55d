import { isTemporaryKind, type DestinationName } from '../base/destination.ts'
import type { Delivery, DeadLetterPolicy } from '../destination/destination.ts'
import { MESSAGE_HEADER, RecordFlag, RecordType, Trait, hiddenEnd, readLsn, writeLsn } from '../journal/journal.ts'
import type { RecordBuffer } from '../session/session.ts'

/** Lines that a dead letter gets anew; what the message had under these names goes (semantics D-08). */
const REPLACED = [
  'expires:',
  'persistent:',
  'original-destination:',
  'originalExpiration:',
  'originalDeliveryMode:',
  'dlqDeliveryFailureCause:',
]
const PREFIXES = ['/queue/', '/topic/', '/remote-temp-queue/', '/remote-temp-topic/'] as const

/** How a message becomes a dead letter. */
export interface DeadLetterFacts {
  readonly policy: DeadLetterPolicy
  /** Where it died. */
  readonly source: DestinationName
  readonly target: DestinationName
  /** Null when there is none to tell: NACK (stomp S-DLQ-03). */
  readonly cause: string | null
  readonly now: number
  /** populateJMSXUserID: it is the broker that sends a dead letter (semantics D-12). */
  readonly stampUserId: boolean
}

const encode12 = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll(':', '\\c')

function replaceUser(lines: string[]): void {
  const at = lines.findIndex(line => line.startsWith('JMSXUserID:'))
  lines.splice(at < 0 ? lines.length : at, at < 0 ? 0 : 1, 'JMSXUserID:ActiveMQBroker')
}

/**
 * Writes the dead letter of a message: same id, body and properties, its history in added headers, always persistent,
 * no redeliveries (stomp S-DLQ-02, semantics D-07, D-08). Answers the record's length.
 */
export function writeDeadLetter(
  into: RecordBuffer,
  delivery: Delivery,
  destination: number,
  facts: DeadLetterFacts,
): number {
  const { block, view, offset } = delivery
  const headerBytes = view.getUint32(offset + 40, true)
  // Without the ids of other destinations at its end.
  const recordBytes = hiddenEnd(view, offset) - offset
  const start = offset + MESSAGE_HEADER
  const traits = view.getUint8(offset + 21)
  const expires = facts.policy.expiration > 0 ? facts.now + facts.policy.expiration : 0
  const died = PREFIXES[facts.source.kind] + facts.source.name
  const lines = block
    .toString('utf8', start, start + headerBytes)
    .split('\n')
    .filter(line => line !== '' && !REPLACED.some(name => line.startsWith(name)))
  lines.push(`expires:${expires}`, 'persistent:true', `original-destination:${encode12(died)}`)
  if (expires === 0) lines.push(`originalExpiration:${readLsn(view, offset + 32)}`)
  if (!(traits & Trait.persistent)) lines.push('originalDeliveryMode:NON_PERSISTENT')
  if (facts.stampUserId) replaceUser(lines)
  if (facts.cause !== null) lines.push(`dlqDeliveryFailureCause:${encode12(facts.cause)}`)
  const headers = Buffer.from(lines.join('\n') + '\n', 'utf8')
  // Body and hidden lines (a message group) come along as they are.
  const length = recordBytes - headerBytes + headers.length
  into.reserve(length)
  const at = into.at
  headers.copy(into.block, at + MESSAGE_HEADER)
  block.copy(into.block, at + MESSAGE_HEADER + headers.length, start + headerBytes, offset + recordBytes)
  into.view.setUint32(at + 16, destination, true)
  into.view.setUint8(at + 20, view.getUint8(offset + 20))
  into.view.setUint8(
    at + 21,
    (traits & ~Trait.retried) | Trait.persistent | (isTemporaryKind(facts.source.kind) ? Trait.temporaryReply : 0),
  )
  into.view.setUint16(at + 22, 0, true)
  writeLsn(into.view, at + 24, 0)
  writeLsn(into.view, at + 32, expires)
  into.view.setUint32(at + 40, headers.length, true)
  into.view.setUint32(at + 44, view.getUint32(offset + 44, true), true)
  into.seal(RecordType.messageAdded, RecordFlag.none, length)
  return length
}

import type { DestinationName } from '../base/destination.ts'
import type { Epoch } from '../base/lsn.ts'
import { emptyDelivery, type Delivery } from '../destination/destination.ts'
import { TARGET, readLsn } from '../journal/journal.ts'
import {
  AS_IT_IS,
  JOB_ID,
  RecordBuffer,
  SCHEDULE_HEADERS,
  headerOf,
  hiddenOf,
  namesIn,
  plainName,
  writeRewritten,
  type Rewriting,
} from '../session/session.ts'

/** Destinations as that line holds them. */
export const targetsOf = (names: readonly DestinationName[]): string => names.map(plainName).join(',')

/** A message of its own in memory, and where it is to go. */
export interface Fired {
  readonly to: readonly DestinationName[]
  readonly fired: Delivery
}

/** A scheduled message as it is delivered: without its schedule, with the id of its job (semantics SC-06, SC-08). */
export function firedMessage(message: Delivery, messageId: string | null, now: number, epoch: () => Epoch): Fired {
  return asNew(message, epoch, {
    ...AS_IT_IS,
    drops: name => SCHEDULE_HEADERS.includes(name),
    adds: [[JOB_ID, headerOf(message, 'message-id') ?? '']],
    dropsHidden: name => name === TARGET,
    ...(messageId !== null && { messageId }),
    ...laterExpiry(message, now),
  })
}

/** A job as whoever browses sees it (semantics SC-11). */
export function browsedMessage(message: Delivery, messageId: string, epoch: () => Epoch): Delivery {
  return asNew(message, epoch, {
    ...AS_IT_IS,
    adds: [
      [JOB_ID, headerOf(message, 'message-id') ?? ''],
      ['original-destination', hiddenOf(message, TARGET) ?? ''],
      ['type', 'Advisory'],
    ],
    dropsHidden: name => name === TARGET,
    messageId,
    persistent: false,
  }).fired
}

function asNew(message: Delivery, epoch: () => Epoch, change: Rewriting): Fired {
  const into = new RecordBuffer(message.length + 512, epoch)
  const { length } = writeRewritten(into, message, 0, message.persistent, change)
  const { block, view } = into
  const persistent = change.persistent ?? message.persistent
  const to = namesIn(hiddenOf(message, TARGET) ?? '')
  return { to, fired: { ...emptyDelivery(), block, view, length, persistent } }
}

/** The lifetime begins when it fires, unless that would end it earlier (semantics SC-08). */
function laterExpiry(message: Delivery, now: number): { expires?: number; timestamp?: number } {
  const expires = readLsn(message.view, message.offset + 32)
  const timestamp = Number(headerOf(message, 'timestamp') ?? 0)
  if (expires === 0 || timestamp === 0 || now + expires - timestamp <= expires) return {}
  return expires > timestamp ? { expires: now + expires - timestamp, timestamp: now } : { timestamp: now }
}

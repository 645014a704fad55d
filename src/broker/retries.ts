import type { Epoch } from '../base/lsn.ts'
import { emptyDelivery, retriesOf, type Delivery } from '../destination/destination.ts'
import { RETRIES, SHOWN_AS, Trait, readLsn } from '../journal/journal.ts'
import { AS_IT_IS, JOB_ID, RecordBuffer, headerOf, writeRewritten, type SendPlugin } from '../session/session.ts'

/** The header that says how long the last retry waited (semantics PL-10). */
const REDELIVERY_DELAY = 'redeliveryDelay'

export const lastDelayOf = (message: Delivery): number => Number(headerOf(message, REDELIVERY_DELAY) ?? 0) || 0

/** The message that comes again after `delay` ms: the same, but redelivered once more, and scheduled (semantics PL-10). */
export function retryOf(
  message: Delivery,
  delay: number,
  send: SendPlugin | null,
  now: number,
  epoch: () => Epoch,
): Delivery {
  const fields = {
    persistent: message.persistent,
    expires: readLsn(message.view, message.offset + 32),
    timestamp: Number(headerOf(message, 'timestamp') ?? 0),
  }
  // It is sent again, through every plugin.
  send?.apply(fields, now)
  const into = new RecordBuffer(message.length + 512, epoch)
  const { length } = writeRewritten(into, message, 0, fields.persistent, {
    ...AS_IT_IS,
    ...fields,
    drops: name => name === JOB_ID,
    adds: [
      [REDELIVERY_DELAY, String(delay)],
      ['AMQ_SCHEDULED_DELAY', String(delay)],
    ],
    dropsHidden: name => name === RETRIES || name === SHOWN_AS,
    addsHidden: [[RETRIES, String(message.redelivered + retriesOf(message) + 1)]],
    addsTraits: Trait.retried,
    dropsTraits: Trait.shownAs,
  })
  const { block, view } = into
  return { ...emptyDelivery(), block, view, length, persistent: fields.persistent }
}

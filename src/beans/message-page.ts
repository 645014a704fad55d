import type { DestinationName } from '../base/destination.ts'
import type { MessageKey } from '../base/lsn.ts'
import { emptyDelivery, type Delivery } from '../destination/destination.ts'
import { MESSAGE_HEADER, Trait } from '../journal/journal.ts'
import { BeanError } from '../management/management.ts'
import type { Desk } from './desk.ts'
import { destinationOf } from './destination-operations.ts'
import type { DestinationView } from './destination-view.ts'
import { conditionOf } from './message-browse.ts'
import { headersIn, messageRow, type MessageRow } from './message-row.ts'
import { lend, walk, type Met } from './message-walk.ts'

/** Rows of one page, and messages that one request looks at (management C-06, C-07). */
const rowsMax = 1000
const scannedMax = 100_000
/** Characters of a text that a row shows. */
const previewChars = 120

/** A page of a queue's messages, without their bodies. */
export interface MessagePage {
  readonly rows: readonly Readonly<Record<string, unknown>>[]
  /** To be given as `after` for what follows; null: this is the end. */
  readonly next: number | null
  /** Messages that were looked at, and those that are in the queue. */
  readonly scanned: number
  readonly total: number
}

/** The messages behind `after` (-1: from the first) that a selector accepts, at most `limit`. However deep the queue is. */
export async function messagePage(
  desk: Desk,
  destination: string,
  selector: string | null,
  after: number,
  limit: number,
): Promise<MessagePage> {
  const view = queueOf(desk, destination)
  const condition = conditionOf(selector)
  const most = Math.min(rowsMax, Math.max(1, limit))
  const rows: Readonly<Record<string, unknown>>[] = []
  let scanned = 0
  for await (const met of walk(view, after)) {
    scanned++
    if (condition === null || condition.accepts(met.delivery)) rows.push(shortRow(met))
    if (rows.length >= most || scanned >= scannedMax) return { rows, next: met.key, scanned, total: view.size }
  }
  return { rows, next: null, scanned, total: view.size }
}

/** One message by its key, with its body; null: it is not there any more. */
export async function messageByKey(desk: Desk, destination: string, key: number): Promise<MessageRow | null> {
  const view = queueOf(desk, destination)
  const delivery = emptyDelivery()
  return (await lend(view, key as MessageKey, delivery)) ? messageRow(delivery, view.at) : null
}

/** The first message that waits, and is gone from the queue when this resolves; bytes as `BodyBase64`. */
export async function takeMessage(
  desk: Desk,
  destination: string,
  selector: string | null,
): Promise<MessageRow | null> {
  const at = destinationOf(destination)
  if (desk.destination(at) === null) return null
  return take(desk, at, conditionOf(selector) === null ? {} : { selector: selector ?? '' })
}

const take = (desk: Desk, at: DestinationName, filter: { selector?: string }): Promise<MessageRow | null> =>
  desk.broker.operations.take(at, filter, message => ({ ...messageRow(message, at), ...wholeBody(message) }))

/** Of bytes a row shows the first ones only, and of a map no text. */
function wholeBody({ block, view, offset }: Delivery): MessageRow {
  const start = offset + MESSAGE_HEADER + view.getUint32(offset + 40, true) + 1
  const end = start + view.getUint32(offset + 44, true)
  const isText = (view.getUint8(offset + 21) & Trait.text) !== 0
  return isText ? { Text: block.toString('utf8', start, end) } : { BodyBase64: block.toString('base64', start, end) }
}

function queueOf(desk: Desk, text: string): DestinationView {
  const view = desk.destination(destinationOf(text))
  if (view === null) throw new BeanError('javax.jms.InvalidDestinationException', `There is no ${text}`)
  return view
}

function shortRow({
  delivery,
  key,
  bytes,
  priority,
  persistent,
  redelivered,
  expires,
  held,
}: Met): Record<string, unknown> {
  const headers = headersIn(delivery)
  const { block, view, offset } = delivery
  const start = offset + MESSAGE_HEADER + view.getUint32(offset + 40, true) + 1
  const length = view.getUint32(offset + 44, true)
  const isText = (view.getUint8(offset + 21) & Trait.text) !== 0
  return {
    key,
    messageId: headers.get('message-id') ?? '',
    timestamp: Number(headers.get('timestamp') ?? 0) || 0,
    type: headers.get('type') ?? null,
    correlationId: headers.get('correlation-id') ?? null,
    bytes,
    bodyLength: length,
    priority,
    persistent,
    redelivered,
    expires,
    held,
    // Four bytes are one character at most; what is cut in the middle of one shows as a replacement.
    preview: isText
      ? block.toString('utf8', start, start + Math.min(length, 4 * previewChars)).slice(0, previewChars)
      : null,
  }
}

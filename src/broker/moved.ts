import type { DestinationName } from '../base/destination.ts'
import { emptyDelivery, type Delivery } from '../destination/destination.ts'
import { MESSAGE_HEADER } from '../journal/journal.ts'
import { RecordBuffer, parseDestinations, variantLines, writeVariant } from '../session/session.ts'

/** The message as it is sent anew from `source`: the same identity, and `original-destination` says where it was. */
export function asMoved(message: Delivery, source: DestinationName): Delivery {
  const records = new RecordBuffer(message.length + 256)
  const variant = { ...variantLines([source], null), stored: [], live: [] }
  const { length } = writeVariant(records, message, variant, [])
  const { block, view } = records
  return { ...emptyDelivery(), block, view, length, persistent: message.persistent }
}

/** What the message's `original-destination` names; none without such a header. */
export function originalNames({ block, view, offset }: Delivery): DestinationName[] {
  const start = offset + MESSAGE_HEADER
  const headers = block.toString('utf8', start, start + view.getUint32(offset + 40, true))
  const value = /^original-destination:(.*)$/m.exec(headers)?.[1]
  if (value === undefined) return []
  // The first is in STOMP form, the others of a list are URIs (semantics W-05).
  const text = value
    .replace(/\\(.)/g, (_, letter: string) => ({ c: ':', n: '\n', r: '\r' })[letter] ?? letter)
    .split(',')
    .map(name => name.replace(/^(queue|topic):\/\//, '/$1/'))
    .join(',')
  return (parseDestinations(text) ?? []).map(({ kind, name }) => ({ kind, name }))
}

import { DestinationKind, type DestinationName } from '../base/destination.ts'
import { RETRIES, SHOWN_AS, Trait } from '../journal/journal.ts'
import type { Delivery } from './consumer.ts'
import { hiddenValue } from './groups.ts'

/** The destination that a message says it is shown as (journal/record.ts), or null. */
export function shownName(delivery: Delivery): DestinationName | null {
  const text = hiddenValue(delivery, SHOWN_AS)
  if (text === null) return null
  const kind = text.startsWith('/queue/') ? DestinationKind.queue : DestinationKind.topic
  return { kind, name: decode12(text.slice('/queue/'.length)) }
}

const MEANINGS: Readonly<Record<string, string>> = { n: '\n', c: ':', r: '\r', '\\': '\\' }
/** A value of a stored header line as it was meant. */
export const decode12 = (value: string): string =>
  value.replace(/\\(.)/g, (all, letter: string) => MEANINGS[letter] ?? all)

/** How often a message was sent again after it died (semantics PL-10). */
export const retriesOf = (delivery: Delivery): number =>
  delivery.view.getUint8(delivery.offset + 21) & Trait.retried ? Number(hiddenValue(delivery, RETRIES) ?? 0) : 0

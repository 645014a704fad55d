import { DestinationKind, destinationUri, isTemporaryKind, type DestinationName } from '../base/destination.ts'
import type { Lsn } from '../base/lsn.ts'
import type { Delivery, Variant } from '../destination/destination.ts'
import {
  MESSAGE_HEADER,
  RecordFlag,
  RecordType,
  SHOWN_AS,
  Trait,
  hiddenEnd,
  hiddenStart,
  writeLsn,
} from '../journal/journal.ts'
import { Version, encode } from '../stomp/stomp.ts'
import type { RecordTarget } from './record-target.ts'

const PREFIXES = ['/queue/', '/topic/', '/remote-temp-queue/', '/remote-temp-topic/'] as const

/** A destination as a header shows it to somebody who does not own it. */
export const plainName = (at: DestinationName): string => PREFIXES[at.kind] + at.name

/** A list as `original-destination` shows it: the first in STOMP form, the others as URIs (semantics W-05). */
export const listName = ([first, ...others]: readonly DestinationName[]): string =>
  [first === undefined ? '' : plainName(first), ...others.map(destinationUri)].join(',')

/** The lines that the copies of a variant carry, and what they say of them. */
export function variantLines(
  original: readonly DestinationName[] | null,
  shown: DestinationName | null,
): Pick<Variant, 'original' | 'shown' | 'traits'> {
  const text = original === null ? null : encode(listName(original), Version.v12)
  let traits = shown === null ? 0 : Trait.shownAs
  if (text?.includes('\\r') === true) traits |= Trait.escapedCr
  if (original?.some(({ kind }) => isTemporaryKind(kind)) === true) traits |= Trait.temporaryReply
  return {
    original: text === null ? null : Buffer.from(`${ORIGINAL}${text}\n`, 'utf8'),
    shown: shown === null ? null : Buffer.from(`${SHOWN}${encode(plainName(shown), Version.v12)}\n`, 'utf8'),
    traits,
  }
}

const ORIGINAL = 'original-destination:'
const SHOWN = `${SHOWN_AS}:`

/** Does every copy in these destinations end with a restart, whatever the message says? */
const endsWithRestart = (stored: readonly { readonly at: DestinationName }[]): boolean =>
  stored.every(({ at }) => at.kind === DestinationKind.tempQueue)

/** Bytes of a piece of another record. */
type Piece = readonly [from: number, to: number]

/**
 * Writes the copy of a message that goes into these destinations, the first of which is the record's own: the message
 * with the variant's lines. Answers where it lies and how long it is; seals it.
 */
export function writeVariant(
  into: RecordTarget,
  message: Delivery,
  variant: Variant,
  queues: readonly { readonly id: number; readonly at: DestinationName }[],
): { readonly at: Lsn; readonly length: number; readonly durable: boolean } {
  const { block, view, offset } = message
  const start = offset + MESSAGE_HEADER
  const headersEnd = start + view.getUint32(offset + 40, true)
  const headers =
    variant.original === null ? [[start, headersEnd] as const] : without(block, ORIGINAL, start, headersEnd)
  const hiddenFrom = hiddenStart(view, offset)
  const hidden = without(block, SHOWN, hiddenFrom, hiddenEnd(view, offset))
  const also = Math.max(0, queues.length - 1)
  into.reserve(
    view.getUint32(offset + 4, true) + (variant.original?.length ?? 0) + (variant.shown?.length ?? 0) + 4 * also,
  )
  const from = into.at
  const target = into.block
  const copy = (at: number, [a, b]: Piece): number => at + block.copy(target, at, a, b)
  let at = from + MESSAGE_HEADER
  for (const piece of headers) at = copy(at, piece)
  if (variant.original !== null) at += variant.original.copy(target, at)
  const headerBytes = at - from - MESSAGE_HEADER
  at = copy(at, [headersEnd, hiddenFrom])
  for (const piece of hidden) at = copy(at, piece)
  if (variant.shown !== null) at += variant.shown.copy(target, at)
  for (let i = 1; i <= also; i++, at += 4) into.view.setUint32(at, queues[i]!.id, true)
  // Priority and traits, expiry, body: as they were.
  block.copy(target, from + 16, offset + 16, start)
  into.view.setUint32(from + 16, queues[0]?.id ?? 0, true)
  into.view.setUint8(from + 21, (view.getUint8(offset + 21) & ~Trait.shownAs) | variant.traits)
  into.view.setUint16(from + 22, also, true)
  writeLsn(into.view, from + 24, 0)
  into.view.setUint32(from + 40, headerBytes, true)
  const durable = message.persistent && queues.length > 0 && !endsWithRestart(queues)
  const length = at - from
  const lsn = into.seal(RecordType.messageAdded, durable ? RecordFlag.none : RecordFlag.volatile, length)
  return { at: lsn, length, durable }
}

/** The lines [from, to) of `block` without the one of this name. */
function without(block: Buffer, name: string, from: number, to: number): Piece[] {
  for (let line = from; line < to;) {
    const end = block.indexOf(10, line) + 1
    if (end <= line || end > to) break
    if (end - line > name.length && block.toString('latin1', line, line + name.length) === name) {
      return [
        [from, line],
        [end, to],
      ]
    }
    line = end
  }
  return [[from, to]]
}

import {
  MESSAGE_HEADER,
  RecordFlag,
  RecordType,
  Trait,
  hiddenEnd,
  hiddenStart,
  readLsn,
  writeLsn,
} from '../journal/journal.ts'
import type { Lsn } from '../base/lsn.ts'
import type { Delivery } from '../destination/destination.ts'
import { Version, encode } from '../stomp/stomp.ts'
import type { RecordTarget } from './record-target.ts'

/** How a message becomes another one. */
export interface Rewriting {
  /** Header lines that go: true for their name. */
  readonly drops: (name: string) => boolean
  /** Header lines that come behind the others. */
  readonly adds: readonly (readonly [name: string, value: string])[]
  readonly dropsHidden: (name: string) => boolean
  readonly addsHidden: readonly (readonly [name: string, value: string])[]
  /** A new `message-id`; absent: it stays. */
  readonly messageId?: string
  /** ms since 1970; the record's expiry and the `expires` line. Absent: they stay. */
  readonly expires?: number
  /** ms since 1970, as `expires`. */
  readonly timestamp?: number
  /** What the message is now: persistent or not. Absent: as it was. */
  readonly persistent?: boolean
  /** Traits that it gets, beyond those that follow from the above. */
  readonly addsTraits?: number
  readonly dropsTraits?: number
}

/** Nothing changes. */
export const AS_IT_IS: Rewriting = { drops: () => false, adds: [], dropsHidden: () => false, addsHidden: [] }

const line = ([name, value]: readonly [string, string]): string =>
  `${encode(name, Version.v12)}:${encode(value, Version.v12)}\n`

/**
 * Writes a copy of a message with other header lines, for one destination, and seals it; its body is copied as it is.
 * Answers where it lies and how long it is. `durable` false: it need not outlive a restart.
 */
export function writeRewritten(
  into: RecordTarget,
  message: Delivery,
  destination: number,
  durable: boolean,
  change: Rewriting,
): { readonly at: Lsn; readonly length: number } {
  const { block, view, offset } = message
  const start = offset + MESSAGE_HEADER
  const headersEnd = start + view.getUint32(offset + 40, true)
  const hidden = hiddenStart(view, offset)
  const headers = Buffer.from(headerLines(block.toString('utf8', start, headersEnd), change), 'utf8')
  const kept = lines(block.toString('utf8', hidden, hiddenEnd(view, offset)), change.dropsHidden)
  const hiddenLines = Buffer.from(kept + change.addsHidden.map(line).join(''), 'utf8')
  const length = MESSAGE_HEADER + headers.length + (hidden - headersEnd) + hiddenLines.length
  into.reserve(length)
  const { at } = into
  let to = at + MESSAGE_HEADER
  to += headers.copy(into.block, to)
  to += block.copy(into.block, to, headersEnd, hidden)
  hiddenLines.copy(into.block, to)
  into.view.setUint32(at + 16, destination, true)
  into.view.setUint8(at + 20, view.getUint8(offset + 20))
  into.view.setUint8(at + 21, traitsOf(view.getUint8(offset + 21), headers, change))
  into.view.setUint16(at + 22, 0, true)
  writeLsn(into.view, at + 24, 0)
  writeLsn(into.view, at + 32, change.expires ?? readLsn(view, offset + 32))
  into.view.setUint32(at + 40, headers.length, true)
  into.view.setUint32(at + 44, view.getUint32(offset + 44, true), true)
  const lsn = into.seal(RecordType.messageAdded, durable ? RecordFlag.none : RecordFlag.volatile, length)
  return { at: lsn, length }
}

function traitsOf(traits: number, headers: Buffer, change: Rewriting): number {
  let now = (traits | (change.addsTraits ?? 0)) & ~(change.dropsTraits ?? 0)
  if (change.persistent !== undefined) now = change.persistent ? now | Trait.persistent : now & ~Trait.persistent
  return headers.includes('\\r') ? now | Trait.escapedCr : now
}

/** The lines with those replaced that a rewriting has a word for. The message-id stays the first. */
function headerLines(text: string, change: Rewriting): string {
  const { messageId, expires, timestamp, persistent } = change
  const replaced = (name: string): boolean => {
    if (name === 'message-id') return messageId !== undefined
    if (name === 'expires') return expires !== undefined
    if (name === 'timestamp') return timestamp !== undefined
    return name === 'persistent' && persistent !== undefined
  }
  const added = change.adds.map(([name]) => name)
  const kept = lines(text, name => change.drops(name) || replaced(name) || added.includes(name))
  return (
    (messageId === undefined ? '' : line(['message-id', messageId])) +
    kept +
    (expires === undefined ? '' : `expires:${expires}\n`) +
    (timestamp === undefined ? '' : `timestamp:${timestamp}\n`) +
    (persistent === true ? 'persistent:true\n' : '') +
    change.adds.map(line).join('')
  )
}

const lines = (text: string, drops: (name: string) => boolean): string =>
  text
    .split('\n')
    .filter(one => one !== '' && !drops(decoded(one.slice(0, Math.max(0, one.indexOf(':'))))))
    .map(one => `${one}\n`)
    .join('')

const MEANINGS: Readonly<Record<string, string>> = { n: '\n', c: ':', r: '\r', '\\': '\\' }
const decoded = (value: string): string =>
  value.includes('\\') ? value.replace(/\\(.)/g, (all, letter: string) => MEANINGS[letter] ?? all) : value

/** The value of a header of a stored message, first occurrence, or undefined. */
export const headerOf = (message: Delivery, name: string): string | undefined => valueIn(headersOf(message), name)

/** All header lines of a stored message, for `valueIn`. */
export function headersOf({ block, view, offset }: Delivery): string {
  const start = offset + MESSAGE_HEADER
  return block.toString('utf8', start, start + view.getUint32(offset + 40, true))
}

/** The value of a hidden line of a stored message, or undefined. */
export const hiddenOf = ({ block, view, offset }: Delivery, name: string): string | undefined =>
  valueIn(block.toString('utf8', hiddenStart(view, offset), hiddenEnd(view, offset)), name)

/** The value of the first line of this name. */
export function valueIn(text: string, name: string): string | undefined {
  const wanted = `${encode(name, Version.v12)}:`
  const at = text.startsWith(wanted) ? 0 : text.indexOf(`\n${wanted}`) + 1
  if (at === 0 && !text.startsWith(wanted)) return undefined
  return decoded(text.slice(at + wanted.length, text.indexOf('\n', at)))
}

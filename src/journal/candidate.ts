import {
  EPOCH_RECORD_BYTES,
  MESSAGE_HEADER,
  RECORD_HEADER,
  RecordFlag,
  RecordType,
  SEGMENT_RECORD_BYTES,
  hiddenStart,
  recordBytesMax,
} from './record.ts'

const LAST_TYPE: number = Math.max(...Object.values(RecordType))
/** The highest kind of a destination (DESTINATION_ADDED). */
const LAST_KIND = 5
const LF = 10

/** Could a record start here? Rules out nearly every offset before its crc is computed. */
export function plausible(view: DataView, at: number): boolean {
  if (at + RECORD_HEADER > view.byteLength) return false
  const length = view.getUint32(at + 4, true)
  if (length < RECORD_HEADER || at + length > view.byteLength) return false
  const type = view.getUint8(at + 8)
  if (type === 0 || type > LAST_TYPE) return false
  return view.getUint8(at + 9) <= RecordFlag.volatile && view.getUint16(at + 10, true) <= 1
}

/**
 * Is the payload of the plausible record at `at` laid out as its type says (record.ts)? What was not verified by its crc can
 * be read without harm only then.
 */
export function wellFormed(bytes: Buffer, view: DataView, at: number): boolean {
  const length = view.getUint32(at + 4, true)
  switch (view.getUint8(at + 8) as RecordType) {
    case RecordType.segment:
      return length === SEGMENT_RECORD_BYTES
    case RecordType.epoch:
      return length >= EPOCH_RECORD_BYTES
    case RecordType.destinationAdded:
      return length >= 21 && view.getUint8(at + 20) <= LAST_KIND
    case RecordType.destinationRemoved:
      return length === 20
    case RecordType.messageAdded:
    case RecordType.relocated:
      return isMessage(view, at, length)
    case RecordType.messageRemoved:
      return length >= 24 && (length - 24) % 8 === 0
    case RecordType.redelivered:
    case RecordType.dispatched:
      return length >= 20 && (length - 20) % 8 === 0
    case RecordType.subscriptionAdded:
      return isSubscription(view, at, length)
    case RecordType.job:
      return length >= 50 && length === 50 + view.getUint16(at + 48, true)
    case RecordType.group:
      return isGroup(bytes, view, at, length)
  }
}

function isMessage(view: DataView, at: number, length: number): boolean {
  if (length < MESSAGE_HEADER + 3) return false
  const hidden = hiddenStart(view, at)
  if (hidden + 4 * view.getUint16(at + 22, true) > at + length) return false
  return (
    view.getUint8(headersEnd(view, at)) === LF && view.getUint8(hidden - 2) === 0 && view.getUint8(hidden - 1) === LF
  )
}

const headersEnd = (view: DataView, at: number): number => at + MESSAGE_HEADER + view.getUint32(at + 40, true)

/** Four texts behind the flags; a length of 0xFFFF stands for none. */
function isSubscription(view: DataView, at: number, length: number): boolean {
  let text = at + 22
  for (let n = 0; n < 4; n++) {
    if (text + 2 > at + length) return false
    const bytes = view.getUint16(text, true)
    text += 2 + (bytes === 0xffff ? 0 : bytes)
  }
  return text === at + length
}

function isGroup(bytes: Buffer, view: DataView, at: number, length: number): boolean {
  const end = at + length
  let inner = at + RECORD_HEADER
  while (inner < end) {
    if (!plausible(view, inner) || inner + view.getUint32(inner + 4, true) > end) return false
    // There is no group in a group.
    if (view.getUint8(inner + 8) === RecordType.group || !wellFormed(bytes, view, inner)) return false
    inner += view.getUint32(inner + 4, true)
  }
  return true
}

/**
 * Where the message, or the group of records, whose beginning stands at `at` ends, as far as two of its fields agree on it: then
 * it takes more than one damaged place to make that too far. `at` when that cannot be said. The end may lie beyond that
 * of the bytes, and some of the bytes may never have been written: they are zeros.
 */
export function unfinishedEnd(bytes: Buffer, view: DataView, at: number): number {
  if (!begins(view, at)) return at
  const length = view.getUint32(at + 4, true)
  const type = view.getUint8(at + 8)
  if (type === RecordType.messageAdded || type === RecordType.relocated)
    return unfinishedMessage(bytes, view, at, length)
  return type === RecordType.group ? unfinishedGroup(bytes, view, at, length) : at
}

/** As `plausible`, and the rest of it need not be there. */
function begins(view: DataView, at: number): boolean {
  if (at + RECORD_HEADER > view.byteLength) return false
  const length = view.getUint32(at + 4, true)
  const type = view.getUint8(at + 8)
  if (length < RECORD_HEADER || length > recordBytesMax || type === 0 || type > LAST_TYPE) return false
  return view.getUint8(at + 9) <= RecordFlag.volatile && view.getUint16(at + 10, true) <= 1
}

/** Up to the hidden lines, and to their end where it is seen that they end there: nothing but the record tells their length. */
function unfinishedMessage(bytes: Buffer, view: DataView, at: number, length: number): number {
  if (at + MESSAGE_HEADER > bytes.length || length < MESSAGE_HEADER + 3) return at
  const hidden = hiddenStart(view, at)
  const stop = at + length - 4 * view.getUint16(at + 22, true)
  if (hidden > stop || !maybe(bytes, headersEnd(view, at), LF)) return at
  if (!maybe(bytes, hidden - 2, 0) || !maybe(bytes, hidden - 1, LF)) return at
  return hidden === stop || bytes[stop - 1] === LF ? at + length : hidden
}

/** Was this byte written here, or none at all? */
const maybe = (bytes: Buffer, at: number, byte: number): boolean =>
  at >= bytes.length || bytes[at] === byte || bytes[at] === 0

/** The records in a group have no checksum, which tells them from the record behind it. */
function unfinishedGroup(bytes: Buffer, view: DataView, at: number, length: number): number {
  const end = at + length
  let inner = at + RECORD_HEADER
  while (inner < end && inner < bytes.length) {
    const header = bytes.subarray(inner, inner + RECORD_HEADER)
    // Here begins what was never written: the group's own length is all that is known.
    if (header.every(byte => byte === 0)) return end
    if (!begins(view, inner) || view.getUint32(inner, true) !== 0) return inner
    inner += view.getUint32(inner + 4, true)
  }
  return Math.min(inner, end)
}

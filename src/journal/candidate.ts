import {
  EPOCH_RECORD_BYTES,
  MESSAGE_HEADER,
  RECORD_HEADER,
  RecordFlag,
  RecordType,
  SEGMENT_RECORD_BYTES,
  hiddenStart,
} from './record.ts'

const LAST_TYPE: number = Math.max(...Object.values(RecordType))
/** The highest kind of a destination (DESTINATION_ADDED). */
const LAST_KIND = 5

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
  const headersEnd = at + MESSAGE_HEADER + view.getUint32(at + 40, true)
  return view.getUint8(headersEnd) === 10 && view.getUint8(hidden - 2) === 0 && view.getUint8(hidden - 1) === 10
}

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

import { RECORD_HEADER, RecordType } from '../../src/journal/journal.ts'

export interface RecordPlace {
  /** In bytes from the start of the file. */
  readonly start: number
  readonly end: number
  readonly type: number
  /** Messages that it adds: itself, or what its group holds. */
  readonly adds: readonly { readonly start: number; readonly end: number }[]
}

/** The records of one segment file, by their length fields alone; zeros behind them are none. */
export function recordsOf(bytes: Buffer): RecordPlace[] {
  const places: RecordPlace[] = []
  for (let start = 0; start < bytes.length; start = places.at(-1)!.end) {
    if (bytes.readUInt32LE(start + 4) === 0) break
    const end = start + bytes.readUInt32LE(start + 4)
    const type = bytes.readUInt8(start + 8)
    if (type === RecordType.messageAdded) places.push({ start, end, type, adds: [{ start, end }] })
    else if (type === RecordType.group) places.push({ start, end, type, adds: inside(bytes, start, end) })
    else places.push({ start, end, type, adds: [] })
  }
  return places
}

function inside(bytes: Buffer, from: number, to: number): { start: number; end: number }[] {
  const adds: { start: number; end: number }[] = []
  for (let start = from + RECORD_HEADER; start < to; start += bytes.readUInt32LE(start + 4)) {
    if (bytes.readUInt8(start + 8) === RecordType.messageAdded) {
      adds.push({ start, end: start + bytes.readUInt32LE(start + 4) })
    }
  }
  return adds
}

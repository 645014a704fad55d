/** The header lines of one frame as offsets into its bytes; the server's `Frame` is one. */
export interface HeaderLines {
  readonly bytes: Buffer
  readonly lines: number
  readonly nameStart: Int32Array
  readonly nameEnd: Int32Array
  readonly valueStart: Int32Array
  readonly valueEnd: Int32Array
}

const named = (headers: HeaderLines, line: number, name: Uint8Array): boolean => {
  const start = headers.nameStart[line]!
  if (headers.nameEnd[line]! - start !== name.length) return false
  for (let i = 0; i < name.length; i++) if (headers.bytes[start + i] !== name[i]) return false
  return true
}

/** The line of a name, or -1. */
export function lineOf(headers: HeaderLines, name: Uint8Array): number {
  for (let line = 0; line < headers.lines; line++) if (named(headers, line, name)) return line
  return -1
}

/** The value of a name as it stands, without unescaping; null when there is none or it is longer than `max` bytes. */
export function textOf(headers: HeaderLines, name: Uint8Array, max: number): string | null {
  const line = lineOf(headers, name)
  if (line < 0 || headers.valueEnd[line]! - headers.valueStart[line]! > max) return null
  return headers.bytes.toString('latin1', headers.valueStart[line], headers.valueEnd[line])
}

const DIGITS_MAX = 16

/** A whole number in decimal, nothing else, at most `max`; -1 for anything else. */
export function decimalOf(headers: HeaderLines, name: Uint8Array, max: number = Number.MAX_SAFE_INTEGER): number {
  const line = lineOf(headers, name)
  if (line < 0) return -1
  const start = headers.valueStart[line]!
  const end = headers.valueEnd[line]!
  if (end === start || end - start > DIGITS_MAX) return -1
  let value = 0
  for (let at = start; at < end; at++) {
    const digit = headers.bytes[at]! - 48
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
  }
  return value <= max ? value : -1
}

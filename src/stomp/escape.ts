import { BACKSLASH, COLON, CR, LF, NUL, SPACE } from './text.ts'
import { Version } from './version.ts'

const BYTE_n = 0x6e
const BYTE_c = 0x63
const BYTE_r = 0x72

/** The byte that the escape `\x` stands for, or -1 for an unknown one. `\r` exists in 1.2 only (S-FRM-10). */
function escaped(byte: number | undefined, version: Version): number {
  if (byte === BYTE_n) return LF
  if (byte === BYTE_c) return COLON
  if (byte === BYTE_r) return version === Version.v12 ? CR : -1
  return byte === BACKSLASH ? BACKSLASH : -1
}

/** Decodes a received value. Unknown escapes and a lone trailing backslash stay as they are (S-FRM-10). */
export function decode(value: string, version: Version): string {
  let from = value.indexOf('\\')
  if (from < 0) return value
  let text = ''
  let kept = 0
  while (from >= 0) {
    const code = from + 1 < value.length ? escaped(value.charCodeAt(from + 1), version) : -1
    if (code >= 0) {
      text += value.slice(kept, from) + String.fromCharCode(code)
      kept = from + 2
      from = value.indexOf('\\', kept)
    } else {
      from = value.indexOf('\\', from + 1)
    }
  }
  return text + value.slice(kept)
}

const REPLACEMENTS: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', ':': '\\c', '\r': '\\r' }
const replacement = (found: string): string => REPLACEMENTS[found] ?? found

/**
 * Encodes a value to be sent (S-FRM-12). 1.0 knows no escapes, so there a line end or NUL inside a value becomes a
 * space: written as it is, it would let a sender inject header lines into a consumer's frames (S-FRM-12a).
 */
export function encode(value: string, version: Version): string {
  if (version === Version.v12) return /[\\\n:\r]/.test(value) ? value.replace(/[\\\n:\r]/g, replacement) : value
  if (version === Version.v11) return /[\\\n:]/.test(value) ? value.replace(/[\\\n:]/g, replacement) : value
  return /[\n\r\0]/.test(value) ? value.replace(/[\n\r\0]/g, ' ') : value
}

/** How many bytes `encode(value, version)` has in UTF-8. */
export function encodedLength(value: string, version: Version): number {
  let length = Buffer.byteLength(value)
  if (version === Version.v10) return length
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i)
    if (code === BACKSLASH || code === LF || code === COLON || (code === CR && version === Version.v12)) length++
  }
  return length
}

/**
 * Rewrites the value in [start, end), received under `version`, to its one STOMP 1.2 encoding; answers the position
 * after the last byte written. Needs room for twice the length. The value must be valid UTF-8.
 */
export function copyCanonical(
  from: Buffer,
  start: number,
  end: number,
  into: Buffer,
  at: number,
  version: Version,
): number {
  for (let i = start; i < end; i++) {
    const byte = from[i]!
    if (byte === BACKSLASH && i + 1 < end && escaped(from[i + 1], version) >= 0) {
      into[at++] = BACKSLASH
      into[at++] = from[++i]!
      continue
    }
    const letter = byte === BACKSLASH ? BACKSLASH : byte === COLON ? BYTE_c : byte === CR ? BYTE_r : 0
    if (letter !== 0) into[at++] = BACKSLASH
    into[at++] = letter !== 0 ? letter : byte
  }
  return at
}

/**
 * Copies STOMP 1.2 header lines (many, each with its LF) for a consumer of another version, without strings:
 * 1.1 gets CR raw instead of `\r` (S-FRM-12), 1.0 gets every value decoded, with LF, CR and NUL made spaces (S-FRM-12a).
 * Names pass byte for byte (S-FRM-13). Answers the position after the last byte written; never needs more room than
 * `end - start`. `into` may be `from` when `at <= start`.
 */
export function copyDecoded(
  from: Buffer,
  start: number,
  end: number,
  into: Buffer,
  at: number,
  version: Version,
): number {
  if (version === Version.v12) return at + from.copy(into, at, start, end)
  let inValue = false
  for (let i = start; i < end; i++) {
    let byte = from[i]!
    if (byte === LF || !inValue) {
      inValue = byte !== LF && (inValue || byte === COLON)
    } else if (byte === BACKSLASH && i + 1 < end) {
      const code = escaped(from[i + 1], Version.v12)
      if (version === Version.v11 && code >= 0 && code !== CR) {
        into[at++] = byte
        byte = from[++i]!
      } else if (code >= 0) {
        i++
        byte = version === Version.v10 && code !== COLON && code !== BACKSLASH ? SPACE : code
      }
    } else if (version === Version.v10 && (byte === CR || byte === NUL)) {
      byte = SPACE
    }
    into[at++] = byte
  }
  return at
}

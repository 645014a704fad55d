export const NUL = 0x00
export const LF = 0x0a
export const CR = 0x0d
export const SPACE = 0x20
export const COLON = 0x3a
export const BACKSLASH = 0x5c

/**
 * Removes leading and trailing characters up to U+0020, control characters included (S-FRM-04, S-FRM-14).
 * `String.trim` would keep NUL and remove no-break spaces.
 */
export function trimControl(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && text.charCodeAt(start) <= SPACE) start++
  while (end > start && text.charCodeAt(end - 1) <= SPACE) end--
  return start === 0 && end === text.length ? text : text.slice(start, end)
}

/** Are the bytes in [start, end) equal to all of `wanted`? */
export function bytesEqual(bytes: Buffer, start: number, end: number, wanted: Buffer): boolean {
  if (end - start !== wanted.length) return false
  for (let i = 0; start < end; i++, start++) if (bytes[start] !== wanted[i]) return false
  return true
}

/** Is [start, end) well-formed UTF-8: no overlong form, no surrogate, nothing above U+10FFFF? */
export function isUtf8(bytes: Buffer, start: number, end: number): boolean {
  let at = start
  while (at < end) {
    const lead = bytes[at++]!
    if (lead < 0x80) continue
    if (lead < 0xc2 || lead > 0xf4) return false
    const more = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3
    if (at + more > end) return false
    // The second byte alone tells overlong forms, surrogates and too large numbers apart.
    const second = bytes[at]!
    if (second < (lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80)) return false
    if (second > (lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf)) return false
    for (let i = 1; i < more; i++) if ((bytes[at + i]! & 0xc0) !== 0x80) return false
    at += more
  }
  return true
}

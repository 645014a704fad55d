import { encodingOf } from './places.ts'

/**
 * Text to the bytes of an XML file: the inverse of `decodeXml` for the encoding and byte order mark that `like`, the
 * file's bytes as they were, has. Null when a character of the text has no bytes in that encoding.
 */
export function encodeXml(text: string, like: Uint8Array): Uint8Array | null {
  const label = canonical(encodingOf(like))
  if (label === null) return null
  if (label === 'utf-16le' || label === 'utf-16be') {
    const mark = (like[0] === 0xff && like[1] === 0xfe) || (like[0] === 0xfe && like[1] === 0xff)
    return utf16(mark ? `\uFEFF${text}` : text, label === 'utf-16be')
  }
  if (label === 'utf-8') {
    const mark = like[0] === 0xef && like[1] === 0xbb && like[2] === 0xbf
    return new TextEncoder().encode(mark ? `\uFEFF${text}` : text)
  }
  return legacy(text, label)
}

/** What an encoding is called in the Encoding Standard: `iso-8859-1` is `windows-1252` there. */
function canonical(label: string): string | null {
  try {
    return new TextDecoder(label).encoding
  } catch {
    return null
  }
}

function utf16(text: string, big: boolean): Uint8Array {
  const bytes = new Uint8Array(2 * text.length)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < text.length; i++) view.setUint16(2 * i, text.charCodeAt(i), !big)
  return bytes
}

/** Encodings of one or two bytes a character, turned round by decoding every pair there is. */
function legacy(text: string, label: string): Uint8Array | null {
  const table = tableOf(label)
  const bytes: number[] = []
  for (const character of text) {
    const code = table.get(character)
    if (code === undefined) return null
    if (code > 0xff) bytes.push(code >> 8)
    bytes.push(code & 0xff)
  }
  return Uint8Array.from(bytes)
}

function tableOf(label: string): ReadonlyMap<string, number> {
  const table = new Map<string, number>()
  const decoder = new TextDecoder(label, { fatal: true })
  const take = (code: number, bytes: Uint8Array): boolean => {
    try {
      const text = decoder.decode(bytes)
      if (text.length !== ((text.codePointAt(0) ?? 0) > 0xffff ? 2 : 1)) return false
      if (!table.has(text)) table.set(text, code)
      return true
    } catch {
      return false
    }
  }
  const leads: number[] = []
  for (let byte = 0; byte < 0x100; byte++) if (!take(byte, Uint8Array.of(byte))) leads.push(byte)
  for (const lead of leads)
    for (let trail = 0x30; trail < 0x100; trail++) take((lead << 8) | trail, Uint8Array.of(lead, trail))
  return table
}

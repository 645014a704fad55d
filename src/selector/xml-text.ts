/**
 * The text of an XML body. A STOMP body that is UTF-8 is read as such whatever it declares, as ActiveMQ reads a text
 * message; else the byte order mark or the declared encoding decides, as in a bytes message. Null: not readable.
 */
export function xmlText(bytes: Uint8Array): string | null {
  const utf16 = utf16Of(bytes)
  if (utf16 !== null) return decoded(bytes, utf16)
  return decoded(bytes, 'utf-8') ?? decoded(bytes, declaredEncoding(bytes))
}

function utf16Of([first, second]: Uint8Array): string | null {
  if (first === 0xfe && second === 0xff) return 'utf-16be'
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  if (first === 0 && second === 0x3c) return 'utf-16be'
  return first === 0x3c && second === 0 ? 'utf-16le' : null
}

function declaredEncoding(bytes: Uint8Array): string {
  const start = String.fromCharCode(...bytes.subarray(0, 100))
  return /^<\?xml\s[^>]*?encoding\s*=\s*["']([\w.-]+)["']/.exec(start)?.[1] ?? 'utf-8'
}

function decoded(bytes: Uint8Array, encoding: string): string | null {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}

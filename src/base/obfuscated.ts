/**
 * Jetty's `OBF:…`: two characters of a password in each four digits to the base 36. No secret, only out of sight. Null: it
 * is none.
 */
export function deobfuscate(text: string): string | null {
  const bytes: number[] = []
  for (let at = 0; at < text.length; at += 4) {
    if (text.charAt(at) === 'U') {
      const plain = Number.parseInt(text.slice(at + 1, at + 5), 36)
      if (Number.isNaN(plain) || text.length < at + 5) return null
      bytes.push(plain >> 8)
      at++
      continue
    }
    const group = text.slice(at, at + 4)
    if (!/^[0-9a-z]{4}$/i.test(group)) return null
    const number = Number.parseInt(group, 36)
    bytes.push((Math.floor(number / 256) + (number % 256) - 254) / 2)
  }
  if (bytes.some(byte => !Number.isInteger(byte) || byte < 0 || byte > 255)) return null
  return new TextDecoder().decode(Uint8Array.from(bytes))
}

/**
 * Reads Java's properties format: `key=value`, `key: value`, `key value`; `#` and `!` start a comment line; a line ending
 * in an odd number of backslashes goes on; `\uXXXX`, `\t`, `\n`, `\r`, `\f` are escapes, any other backslash vanishes.
 * The last of equal keys wins. Throws `SyntaxError` for a broken `\uXXXX`, naming the line and not its text.
 */
export function parseJavaProperties(text: string): Map<string, string> {
  const properties = new Map<string, string>()
  const lines = text.split(/\r\n|[\r\n]/)
  for (let i = 0; i < lines.length; i++) {
    let line = withoutIndent(lines[i] ?? '')
    const number = i + 1
    if (line === '' || line.startsWith('#') || line.startsWith('!')) continue
    while (CONTINUED.test(line)) line = line.slice(0, -1) + withoutIndent(lines[++i] ?? '')
    const [, key = '', value = ''] = ENTRY.exec(line) ?? []
    properties.set(unescape(key, number), unescape(value, number))
  }
  return properties
}

const CONTINUED = /(?<!\\)(?:\\\\)*\\$/
const ENTRY = /^((?:\\[^]|[^\\=: \t\f])*)[ \t\f]*[=:]?[ \t\f]*([^]*)$/
const withoutIndent = (line: string): string => line.replace(/^[ \t\f]+/, '')

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' }

const unescape = (text: string, line: number): string =>
  text.replace(/\\(?:u([0-9A-Fa-f]{4})|([^]?))/g, (_, hex: string | undefined, plain: string | undefined) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16))
    if (plain === 'u') throw new SyntaxError(`line ${line}: \\u needs four hexadecimal digits`)
    return ESCAPES[plain ?? ''] ?? plain ?? ''
  })

/**
 * Reads Java's properties format: `key=value`, `key: value`, `key value`; `#` and `!` start a comment line; a line ending
 * in an odd number of backslashes goes on; `\uXXXX`, `\t`, `\n`, `\r`, `\f` are escapes, any other backslash vanishes.
 * The last of equal keys wins. Throws `SyntaxError` for a broken `\uXXXX`, naming the line and not its text.
 */
export function parseJavaProperties(text: string): Map<string, string> {
  const properties = new Map<string, string>()
  for (const { key, value } of javaProperties(text)) properties.set(key, value)
  return properties
}

export interface JavaProperty {
  readonly key: string
  readonly value: string
  /** Where its key begins, both counted from 1. */
  readonly line: number
  readonly column: number
}

/** The same, in the order of the file and with places. */
export function* javaProperties(text: string): Generator<JavaProperty> {
  const lines = text.split(/\r\n|[\r\n]/)
  for (let i = 0; i < lines.length; i++) {
    const whole = lines[i] ?? ''
    const first = withoutIndent(whole)
    const at = { line: i + 1, column: whole.length - first.length + 1 }
    if (first === '' || first.startsWith('#') || first.startsWith('!')) continue
    const parts = [first]
    while (CONTINUED.test(parts.at(-1) ?? '')) {
      parts.push((parts.pop() ?? '').slice(0, -1), withoutIndent(lines[++i] ?? ''))
    }
    const [, key = '', value = ''] = ENTRY.exec(parts.join('')) ?? []
    yield { key: unescape(key, at.line), value: unescape(value, at.line), ...at }
  }
}

/** Does it end in an odd number of backslashes? By hand: an expression would try each of a long row of them. */
const CONTINUED = {
  test(line: string): boolean {
    let from = line.length
    while (from > 0 && line[from - 1] === '\\') from--
    return (line.length - from) % 2 === 1
  },
}
const ENTRY = /^((?:\\[^]|[^\\=: \t\f])*)[ \t\f]*[=:]?[ \t\f]*([^]*)$/
const withoutIndent = (line: string): string => line.replace(/^[ \t\f]+/, '')

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' }

const unescape = (text: string, line: number): string =>
  !text.includes('\\')
    ? text
    : text.replace(/\\(?:u([0-9A-Fa-f]{4})|([^]?))/g, (_, hex: string | undefined, plain: string | undefined) => {
        if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16))
        if (plain === 'u') throw new SyntaxError(`line ${line}: \\u needs four hexadecimal digits`)
        return ESCAPES[plain ?? ''] ?? plain ?? ''
      })

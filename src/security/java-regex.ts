/**
 * Translates a Java regular expression into the JavaScript one that accepts exactly the same whole texts, or throws
 * `SyntaxError` naming the construct: a pattern that decides who may log in is never approximated (SE-09).
 *
 * Served: text, `.`, `\d \D \w \W \s \S \t \n \r \f`, escaped punctuation, classes without nesting or `&&`,
 * groups `( (?: (?= (?!`, `|`, `^`, `$`, and quantifiers, greedy or reluctant.
 */
export function fromJavaRegex(source: string): RegExp {
  let translated = ''
  for (let at = 0; at < source.length;) {
    const [text, next] = source[at] === '[' ? classAt(source, at) : pieceAt(source, at)
    translated += text
    at = next
  }
  try {
    return new RegExp(`^(?:${translated})$`, 'u')
  } catch {
    throw new SyntaxError('the regular expression is malformed')
  }
}

/** Translated text, and where to go on. */
type Piece = readonly [text: string, next: number]

const SPACE = ' \\t\\n\\x0b\\f\\r'
const OUTSIDE: Readonly<Record<string, string>> = { s: `[${SPACE}]`, S: `[^${SPACE}]` }
const INSIDE: Readonly<Record<string, string>> = { s: SPACE }

function pieceAt(source: string, at: number): Piece {
  const char = String.fromCodePoint(source.codePointAt(at) ?? 0)
  switch (char) {
    case '\\':
      return escapeAt(source, at, OUTSIDE)
    case '.':
      // Java's line ends; JavaScript's dot would accept U+0085.
      return ['[^\\n\\r\\u0085\\u2028\\u2029]', at + 1]
    case '(': {
      const opening = /\((?!\?)|\(\?[:=!]/y
      opening.lastIndex = at
      const found = opening.exec(source)?.[0]
      if (found === undefined) throw unsupported(source.slice(at, at + 4))
      return [found, at + found.length]
    }
    case '*':
    case '+':
    case '?':
    case '{': {
      const quantifier = /([*+?]|\{\d+(?:,\d*)?\})([?+]?)/y
      quantifier.lastIndex = at
      const found = quantifier.exec(source)
      if (found === null || found[2] === '+') throw unsupported(found?.[0] ?? char)
      return [found[0], at + found[0].length]
    }
    case ')':
    case '|':
    case '^':
    case '$':
      return [char, at + 1]
    default:
      return [literal(char), at + char.length]
  }
}

function classAt(source: string, at: number): Piece {
  let text = '['
  let next = at + 1
  if (source[next] === '^') {
    text += '^'
    next++
  }
  const start = next
  for (;;) {
    const char = String.fromCodePoint(source.codePointAt(next) ?? 0)
    if (next >= source.length) throw new SyntaxError('a "[" is not closed')
    if (char === ']' && next > start) return [`${text}]`, next + 1]
    if (char === '[' || char === ']' || source.startsWith('&&', next)) throw unsupported(`[…${char}`)
    if (char === '-') {
      // A range, or a plain hyphen at either end.
      text += next === start || source[next + 1] === ']' ? literal('-') : '-'
      next++
      continue
    }
    const [piece, after] = char === '\\' ? escapeAt(source, next, INSIDE) : [literal(char), next + char.length]
    text += piece
    next = after
  }
}

function escapeAt(source: string, at: number, sets: Readonly<Record<string, string>>): Piece {
  const char = String.fromCodePoint(source.codePointAt(at + 1) ?? 0)
  const next = at + 1 + char.length
  if (sets[char] !== undefined) return [sets[char], next]
  if (/^[dDwWtnrf]$/.test(char)) return [`\\${char}`, next]
  if (at + 1 >= source.length || /^[\p{L}\p{N}]$/u.test(char)) throw unsupported(`\\${char}`)
  return [literal(char), next]
}

/** Written by number, a character means itself inside and outside classes. */
const literal = (char: string): string => (/^\w$/.test(char) ? char : `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`)

const unsupported = (construct: string): SyntaxError =>
  new SyntaxError(`"${construct}" is a construct of Java's regular expressions that is not served`)

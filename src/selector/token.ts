/** A word of a selector. Keywords are upper case in `text`; the text of a string is decoded. */
export interface Token {
  readonly type:
    | 'identifier'
    | 'keyword'
    | 'decimal'
    | 'hex'
    | 'octal'
    | 'float'
    | 'string'
    | 'symbol'
    | 'end'
    | 'invalid'
  readonly text: string
  /** From 1. */
  readonly column: number
}

const KEYWORDS: ReadonlySet<string> = new Set(
  'NOT AND OR BETWEEN LIKE ESCAPE IN IS TRUE FALSE NULL XPATH XQUERY'.split(' '),
)

const SPACE = /[ \t\n\r\f]+/y
const LINE_COMMENT = /--[^\r\n]*[\r\n]/y
const WORD = /[A-Za-z_$][A-Za-z0-9_$]*/y
const STRING = /'[^']*(?:''[^']*)*'/y
const SYMBOL = /<>|<=|>=|[=<>+\-*/%(),]/y
/** Longest first, as the grammar's lexer chooses: `08.5` is a float, `08` is the octal 0 and then 8. */
const NUMBERS = [
  ['float', /\d+\.\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+/y],
  ['hex', /0[xX][0-9A-Fa-f]+/y],
  ['decimal', /[1-9]\d*[lL]?/y],
  ['octal', /0[0-7]*/y],
] as const

/** The words of a selector, an `end` after them. What is no word becomes `invalid` and ends the list. */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = []
  const lastLineEnd = Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r'))
  const lastCommentEnd = text.lastIndexOf('*/')
  for (let at = 0; at < text.length;) {
    const skipped = skippedAt(text, at, lastLineEnd, lastCommentEnd)
    if (skipped > at) {
      at = skipped
      continue
    }
    const token = tokenAt(text, at)
    tokens.push(token[0])
    if (token[0].type === 'invalid') return tokens
    at = token[1]
  }
  tokens.push({ type: 'end', text: '', column: text.length + 1 })
  return tokens
}

/** White space and comments. A `--` without a line end is two minus signs, an unclosed comment is two symbols. */
function skippedAt(text: string, at: number, lastLineEnd: number, lastCommentEnd: number): number {
  const space = match(SPACE, text, at)
  if (space !== '') return at + space.length
  if (at < lastLineEnd && text.startsWith('--', at)) return at + match(LINE_COMMENT, text, at).length
  if (at + 2 <= lastCommentEnd && text.startsWith('/*', at)) return text.indexOf('*/', at + 2) + 2
  return at
}

function tokenAt(text: string, at: number): readonly [Token, next: number] {
  const column = at + 1
  const word = match(WORD, text, at)
  if (word !== '') {
    const upper = word.toUpperCase()
    const keyword = KEYWORDS.has(upper)
    return [{ type: keyword ? 'keyword' : 'identifier', text: keyword ? upper : word, column }, at + word.length]
  }
  for (const [type, pattern] of NUMBERS) {
    const number = match(pattern, text, at)
    if (number !== '') return [{ type, text: number, column }, at + number.length]
  }
  const string = match(STRING, text, at)
  if (string !== '')
    return [{ type: 'string', text: string.slice(1, -1).replaceAll("''", "'"), column }, at + string.length]
  const symbol = match(SYMBOL, text, at)
  if (symbol !== '') return [{ type: 'symbol', text: symbol, column }, at + symbol.length]
  return [{ type: 'invalid', text: String.fromCodePoint(text.codePointAt(at) ?? 0), column }, at + 1]
}

function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0] ?? ''
}

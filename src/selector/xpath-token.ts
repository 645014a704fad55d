/** An XPath 1.0 expression that cannot be evaluated by anybody: `XPATH` with it is FALSE, as ActiveMQ answers. */
export class XPathSyntaxError extends Error {
  override readonly name = 'XPathSyntaxError'
}

/** What ActiveMQ evaluates and this room does not: the selector is refused. */
export class XPathUnserved extends Error {
  override readonly name = 'XPathUnserved'
}

export interface XPathToken {
  readonly type: 'symbol' | 'operator' | 'name' | 'number' | 'text' | 'end'
  readonly text: string
}

const NCNAME = '[\\p{L}_][\\p{L}\\p{Nd}\\p{M}.\\-_\\u{B7}]*'
const WORD = new RegExp(
  `\\s*(?:(${NCNAME}(?::(?!:)(?:${NCNAME}|\\*))?)|(\\d+(?:\\.\\d*)?|\\.\\d+)|("[^"]*"|'[^']*')|(\\.\\.|::|//|!=|<=|>=|[()[\\].@,/|+\\-=<>*$]))`,
  'uy',
)
const SPACE_TO_END = /^[ \t\r\n]*$/

/** The words of an expression. `*` and the names `and or mod div` are operators wherever an operand stands before them. */
export function xpathTokens(text: string): readonly XPathToken[] {
  const tokens: XPathToken[] = []
  for (let at = 0; !SPACE_TO_END.test(text.slice(at));) {
    WORD.lastIndex = at
    const found = WORD.exec(text)
    if (found === null) throw new XPathSyntaxError(`"${text.slice(at, at + 20)}"`)
    at += found[0].length
    tokens.push(tokenOf(found, tokens.at(-1)))
  }
  tokens.push({ type: 'end', text: '' })
  return tokens
}

function tokenOf([, name, number, quoted, symbol = '']: RegExpExecArray, before: XPathToken | undefined): XPathToken {
  if (number !== undefined) return { type: 'number', text: number }
  if (quoted !== undefined) return { type: 'text', text: quoted.slice(1, -1) }
  const operand = endsOperand(before)
  if (name !== undefined)
    return { type: operand && /^(?:and|or|mod|div)$/.test(name) ? 'operator' : 'name', text: name }
  if (symbol === '*') return { type: operand ? 'operator' : 'name', text: '*' }
  return { type: /^(?:[|+\-=<>]|!=|<=|>=)$/.test(symbol) ? 'operator' : 'symbol', text: symbol }
}

const endsOperand = (token: XPathToken | undefined): boolean =>
  token !== undefined && token.type !== 'operator' && (token.type !== 'symbol' || /^(?:[)\].]|\.\.)$/.test(token.text))

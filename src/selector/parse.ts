import { SelectorError } from './error.ts'
import { SELECTOR_LIMITS } from './limits.ts'
import { literalNode, negatedBig, NULL } from './literal.ts'
import { type FunctionName, isCondition, type Node } from './node.ts'
import { type Token, tokenize } from './token.ts'

/** A selector's text as its tree (semantics 1.5). Throws `SelectorError`. */
export function parse(text: string): Node {
  return new Parser(tokenize(text)).selector()
}

/** How many arguments a function takes (S-13). Names are upper case only. */
const FUNCTIONS: ReadonlyMap<string, readonly [FunctionName, least: number, most: number]> = new Map([
  ['REGEX', ['REGEX', 2, 2]],
  ['INLIST', ['INLIST', 2, 2]],
  ['MAKELIST', ['MAKELIST', 1, Number.POSITIVE_INFINITY]],
  ['SPLIT', ['SPLIT', 2, 3]],
  ['REPLACE', ['REPLACE', 3, 3]],
])

/** One method for each rule of the grammar, by its name there. */
class Parser {
  readonly #tokens: readonly Token[]
  #at = 0
  #open = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  selector(): Node {
    const first = this.#token()
    if (first.type === 'end') throw new SelectorError('the selector is empty', first.column, 'a condition')
    const node = this.#or()
    const rest = this.#token()
    if (rest.type !== 'end') throw this.#unexpected('AND, OR or the end')
    return this.#condition(node, first)
  }

  #or(): Node {
    return this.#terms('or', 'OR', () => this.#and())
  }

  #and(): Node {
    return this.#terms('and', 'AND', () => this.#equality())
  }

  #terms(type: 'and' | 'or', word: string, term: () => Node): Node {
    const start = this.#token()
    const first = term()
    if (!this.#sees(word)) return first
    const terms = [this.#condition(first, start)]
    while (this.#takes(word)) {
      const at = this.#token()
      terms.push(this.#condition(term(), at))
    }
    return { type, terms, depth: this.#depth(start, terms) }
  }

  #equality(): Node {
    const start = this.#token()
    let left = this.#comparison()
    for (;;) {
      const operator = this.#token()
      if (this.#takes('=') || this.#takes('<>')) {
        const at = this.#token()
        const right = this.#comparison()
        this.#checkEqual(left, right, start, at)
        const equal: Node = { type: 'equal', left, right, depth: this.#depth(operator, [left, right]) }
        left = operator.text === '=' ? equal : this.#not(equal, operator)
      } else if (this.#takes('IS')) {
        const not = this.#takes('NOT')
        this.#expect('NULL', not ? 'NULL' : 'NULL or NOT NULL')
        const isNull: Node = { type: 'equal', left, right: NULL, depth: this.#depth(operator, [left]) }
        left = not ? this.#not(isNull, operator) : isNull
      } else return left
    }
  }

  #checkEqual(left: Node, right: Node, leftAt: Token, rightAt: Token): void {
    for (const [node, at] of [
      [left, leftAt],
      [right, rightAt],
    ] as const) {
      if (node.type === 'constant' && node.value === null)
        throw new SelectorError('nothing equals NULL', at.column, 'IS NULL or IS NOT NULL, or a value')
    }
    if (left.type === 'constant' && right.type === 'constant' && left.kind === 'boolean' && right.kind !== 'boolean')
      throw new SelectorError('TRUE and FALSE compare with each other only', rightAt.column, 'TRUE or FALSE')
  }

  #comparison(): Node {
    const start = this.#token()
    let left = this.#add()
    for (;;) {
      const next = this.#comparisonWith(left, start)
      if (next === undefined) return left
      left = next
    }
  }

  #comparisonWith(left: Node, start: Token): Node | undefined {
    const operator = this.#token()
    switch (operator.text) {
      case '<':
      case '<=':
      case '>':
      case '>=':
        if (operator.type !== 'symbol') return undefined
        this.#at++
        return this.#order(left, operator.text, operator, start)
      case 'LIKE':
      case 'IN':
      case 'BETWEEN':
        if (operator.type !== 'keyword') return undefined
        return this.#wordComparison(left, operator, start, false)
      case 'NOT': {
        const word = this.#tokens[this.#at + 1]
        if (operator.type !== 'keyword' || word === undefined) return undefined
        if (word.type !== 'keyword' || !/^(?:LIKE|IN|BETWEEN)$/.test(word.text)) return undefined
        this.#at++
        return this.#wordComparison(left, word, start, true)
      }
      default:
        return undefined
    }
  }

  #wordComparison(left: Node, word: Token, start: Token, not: boolean): Node {
    this.#at++
    if (word.text === 'LIKE') {
      const like = this.#like(left, word)
      return not ? this.#not(like, word) : like
    }
    return word.text === 'IN' ? this.#in(left, start, not) : this.#between(left, word, start, not)
  }

  #order(left: Node, operator: '<' | '<=' | '>' | '>=', at: Token, start: Token): Node {
    checkOrdered(left, start)
    const rightAt = this.#token()
    const right = this.#add()
    checkOrdered(right, rightAt)
    return { type: 'order', operator, left, right, depth: this.#depth(at, [left, right]) }
  }

  #between(left: Node, word: Token, start: Token, not: boolean): Node {
    checkOrdered(left, start)
    const bound = (operator: '<' | '<=' | '>' | '>='): Node => this.#order(left, operator, word, start)
    const low = bound(not ? '<' : '>=')
    this.#expect('AND', 'AND and the upper bound')
    const high = bound(not ? '>' : '<=')
    return { type: not ? 'or' : 'and', terms: [low, high], depth: this.#depth(word, [low, high]) }
  }

  #like(operand: Node, word: Token): Node {
    const pattern = this.#string('a pattern in single quotes').text
    let escape = ''
    if (this.#takes('ESCAPE')) {
      const token = this.#string('one character in single quotes')
      escape = token.text
      if (escape.length !== 1)
        throw new SelectorError('ESCAPE takes exactly one character', token.column, 'one character in single quotes')
    }
    return { type: 'like', operand, pattern, escape, depth: this.#depth(word, [operand]) }
  }

  #in(left: Node, start: Token, not: boolean): Node {
    if (left.type !== 'property')
      throw new SelectorError('IN needs a name on its left', start.column, 'the name of a header')
    this.#expect('(', 'a list in parentheses')
    const texts: string[] = []
    do texts.push(this.#string('a text in single quotes').text)
    while (this.#takes(','))
    this.#expect(')', '"," or ")"')
    return { type: 'in', name: left.name, texts, not, depth: 0 }
  }

  #add(): Node {
    let left = this.#multiply()
    for (;;) {
      const operator = this.#token()
      if (!this.#takes('+') && !this.#takes('-')) return left
      left = this.#arithmetic(left, operator, this.#multiply())
    }
  }

  #multiply(): Node {
    let left = this.#unary()
    for (;;) {
      const operator = this.#token()
      if (!this.#takes('*') && !this.#takes('/') && !this.#takes('%')) return left
      left = this.#arithmetic(left, operator, this.#unary())
    }
  }

  #arithmetic(left: Node, token: Token, right: Node): Node {
    const operator = ARITHMETIC[token.text] ?? '+'
    return { type: 'arithmetic', operator, left, right, depth: this.#depth(token, [left, right]) }
  }

  /** Signs and NOT bind tighter than everything else (S-01). The chain is counted, so that it cannot exhaust the stack. */
  #unary(): Node {
    const token = this.#token()
    this.#enter(token)
    const node = this.#unaryAt(token)
    this.#open--
    return node
  }

  #unaryAt(token: Token): Node {
    if (this.#takes('+')) return this.#unary()
    if (this.#takes('-')) {
      const operand = this.#unary()
      return negatedBig(operand) ?? { type: 'negate', operand, depth: this.#depth(token, [operand]) }
    }
    if (this.#takes('NOT')) {
      const at = this.#token()
      return this.#not(this.#condition(this.#unary(), at), token)
    }
    if (this.#takes('XPATH')) {
      const { text, column } = this.#string('an XPath expression in single quotes')
      return { type: 'xpath', expression: text, column, depth: 0 }
    }
    if (this.#takes('XQUERY')) {
      this.#string('an XQuery expression in single quotes')
      return { type: 'xquery', depth: 0 }
    }
    const next = this.#tokens[this.#at + 1]
    return token.type === 'identifier' && next?.type === 'symbol' && next.text === '(' ? this.#call() : this.#primary()
  }

  #call(): Node {
    const name = this.#tokens[this.#at] ?? this.#token()
    this.#at += 2
    const args: Node[] = []
    do args.push(this.#unary())
    while (this.#takes(','))
    this.#expect(')', '"," or ")": an argument with operators needs parentheses of its own')
    const known = FUNCTIONS.get(name.text)
    if (known === undefined) {
      const names = [...FUNCTIONS.keys()].join(', ')
      throw new SelectorError(`there is no function ${name.text}`, name.column, `one of ${names}`)
    }
    const [called, least, most] = known
    if (args.length < least || args.length > most) {
      const count = least === most ? `${least}` : `${least} or ${most}`
      throw new SelectorError(`${called} is given ${args.length} arguments`, name.column, `${count} arguments`)
    }
    return { type: 'call', name: called, args, column: name.column, depth: this.#depth(name, args) }
  }

  #primary(): Node {
    const token = this.#token()
    const literal = literalNode(token)
    if (literal !== undefined) {
      this.#at++
      return literal
    }
    if (token.type === 'identifier') {
      this.#at++
      return { type: 'property', name: token.text, depth: 0 }
    }
    if (!this.#takes('(')) throw this.#unexpected('a name, a value or "("')
    const node = this.#or()
    this.#expect(')', '")"')
    return node
  }

  /** A bare name is a condition too (S-07); anything else that is none cannot stand here. */
  #condition(node: Node, at: Token): Node {
    if (isCondition(node)) return node
    if (node.type === 'property') return { type: 'cast', operand: node, depth: 1 }
    throw new SelectorError('this is a value and no condition', at.column, 'a condition, such as a comparison')
  }

  #not(operand: Node, at: Token): Node {
    return { type: 'not', operand, depth: this.#depth(at, [operand]) }
  }

  #depth(at: Token, below: readonly Node[]): number {
    let depth = 0
    for (const node of below) depth = Math.max(depth, node.depth)
    if (depth >= SELECTOR_LIMITS.depth) throw tooDeep(at)
    return depth + 1
  }

  #enter(at: Token): void {
    if (++this.#open > SELECTOR_LIMITS.depth) throw tooDeep(at)
  }

  #token(): Token {
    // The list ends in `end` or `invalid`, and neither is ever taken.
    return this.#tokens[this.#at] ?? { type: 'end', text: '', column: 1 }
  }

  /** Whether the next word is this keyword or symbol. */
  #sees(text: string): boolean {
    const token = this.#token()
    return token.text === text && (token.type === 'keyword' || token.type === 'symbol')
  }

  #takes(text: string): boolean {
    if (!this.#sees(text)) return false
    this.#at++
    return true
  }

  #expect(text: string, expected: string): void {
    if (!this.#takes(text)) throw this.#unexpected(expected)
  }

  #string(expected: string): Token {
    const token = this.#token()
    if (token.type !== 'string') throw this.#unexpected(expected)
    this.#at++
    return token
  }

  #unexpected(expected: string): SelectorError {
    const token = this.#token()
    if (token.type === 'end') return new SelectorError('the selector ends too early', token.column, expected)
    const before = this.#tokens[this.#at - 1]
    if (token.type === 'symbol' && token.text === '=' && before?.type === 'symbol' && before.text === '=')
      return new SelectorError('"==" is no operator', token.column - 1, '"=", a single equals sign')
    if (token.type === 'invalid') return invalid(token, expected)
    const shown = token.text.length > 40 ? `${token.text.slice(0, 40)}…` : token.text
    return new SelectorError(`"${shown}" cannot stand here`, token.column, expected)
  }
}

const ARITHMETIC: Readonly<Record<string, '+' | '-' | '*' | '/' | '%'>> = { '-': '-', '*': '*', '/': '/', '%': '%' }

const tooDeep = (at: Token): SelectorError =>
  new SelectorError(`more than ${SELECTOR_LIMITS.depth} levels of nesting`, at.column, 'a flatter selector')

function invalid(token: Token, expected: string): SelectorError {
  switch (token.text) {
    case "'":
      return new SelectorError(
        'the text is not closed',
        token.column,
        "a closing single quote; '' inside a text is one",
      )
    case '"':
      return new SelectorError('double quotes mean nothing in a selector', token.column, 'a text in single quotes')
    case '!':
      return new SelectorError('"!" is no operator', token.column, '"<>" for not equal')
    case '.':
      return new SelectorError('a name has no dots', token.column, 'a name of letters, digits, "_" and "$"')
    default:
      return new SelectorError(`"${token.text}" means nothing in a selector`, token.column, expected)
  }
}

/** Only numbers, names and arithmetic have an order (S-03). */
function checkOrdered(node: Node, at: Token): void {
  if (node.type === 'constant' && (typeof node.value === 'number' || typeof node.value === 'bigint')) return
  if (node.type === 'constant' || isCondition(node))
    throw new SelectorError('texts, conditions, TRUE, FALSE and NULL have no order', at.column, 'a number or a name')
}

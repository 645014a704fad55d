import type { XmlNode } from './xml-document.ts'
import { along, type Axis, isAxis } from './xpath-axis.ts'
import { compileFunction, nodes } from './xpath-functions.ts'
import { type XPathToken, XPathSyntaxError, xpathTokens, XPathUnserved } from './xpath-token.ts'
import { boolean, type Context, type XPath, type XPathValue } from './xpath-value.ts'

const MOST_TOKENS = 1000
const MOST_NESTED = 50

/** An XPath 1.0 expression, compiled. Throws `XPathSyntaxError` and `XPathUnserved`. */
export function parseXPath(text: string): XPath {
  const tokens = xpathTokens(text)
  if (tokens.length > MOST_TOKENS) throw new XPathUnserved(`more than ${MOST_TOKENS} words`)
  return new XPathParser(tokens).whole()
}

type NodeTest = (node: XmlNode) => boolean
type Step = (context: Context) => readonly XmlNode[]
/** Along its axis the nodes of a step are filtered; `nodes` come nearest first. */
type Filter = (context: Context, nodes: readonly XmlNode[]) => readonly XmlNode[]

const NODE_TYPES: ReadonlySet<string> = new Set(['node', 'text', 'comment', 'processing-instruction'])
const anything: NodeTest = () => true

class XPathParser {
  readonly #tokens: readonly XPathToken[]
  #at = 0
  #nested = 0

  constructor(tokens: readonly XPathToken[]) {
    this.#tokens = tokens
  }

  whole(): XPath {
    const expression = this.#or()
    if (this.#token().type !== 'end') throw this.#unexpected()
    return expression
  }

  #or(): XPath {
    if (++this.#nested > MOST_NESTED) throw new XPathUnserved(`more than ${MOST_NESTED} levels of nesting`)
    let left = this.#and()
    while (this.#takes('or')) {
      const [a, b] = [left, this.#and()]
      left = context => boolean(a(context)) || boolean(b(context))
    }
    this.#nested--
    return left
  }

  #and(): XPath {
    let left = this.#comparison(['=', '!='], () => this.#comparison(['<', '<=', '>', '>='], () => this.#sum()))
    while (this.#takes('and')) {
      const a = left
      const b = this.#comparison(['=', '!='], () => this.#comparison(['<', '<=', '>', '>='], () => this.#sum()))
      left = context => boolean(a(context)) && boolean(b(context))
    }
    return left
  }

  #comparison(operators: readonly string[], operand: () => XPath): XPath {
    return this.#binary(
      operators,
      operand,
      operator => (context, left, right) => context.walk.compare(operator, left, right),
    )
  }

  #sum(): XPath {
    return this.#numeric(['+', '-'], () => this.#numeric(['*', 'div', 'mod'], () => this.#unary()))
  }

  #numeric(operators: readonly string[], operand: () => XPath): XPath {
    return this.#binary(
      operators,
      operand,
      operator =>
        ({ walk }, left, right) =>
          calculate(operator, walk.number(left), walk.number(right)),
    )
  }

  #binary(
    operators: readonly string[],
    operand: () => XPath,
    apply: (operator: string) => (context: Context, left: XPathValue, right: XPathValue) => XPathValue,
  ): XPath {
    let left = operand()
    for (let operator = operators.find(one => this.#takes(one)); operator !== undefined;) {
      const [a, b, compute] = [left, operand(), apply(operator)]
      left = context => compute(context, a(context), b(context))
      operator = operators.find(one => this.#takes(one))
    }
    return left
  }

  #unary(): XPath {
    const negative = this.#takes('-')
    // A second sign is no expression to ActiveMQ; `#union` meets it and says so.
    const operand = this.#union()
    return negative ? context => -context.walk.number(operand(context)) : operand
  }

  #union(): XPath {
    const paths = [this.#path()]
    while (this.#takes('|')) paths.push(this.#path())
    const [only] = paths
    if (paths.length === 1 && only !== undefined) return only
    return context => inOrder(paths.flatMap(path => nodes(path(context))))
  }

  #path(): XPath {
    if (this.#startsPrimary()) {
      const start = this.#filtered()
      if (!this.#sees('/') && !this.#sees('//')) return start
      return this.#from(start, this.#steps())
    }
    const root: XPath = context => [context.walk.document.root]
    if (this.#sees('//')) return this.#from(root, this.#steps())
    if (this.#takes('/')) return this.#startsStep() ? this.#from(root, [this.#step(), ...this.#steps()]) : root
    return this.#from(context => [context.node], [this.#step(), ...this.#steps()])
  }

  #from(start: XPath, steps: readonly Step[]): XPath {
    return context => {
      let current = nodes(start(context))
      for (const step of steps)
        current = inOrder(current.flatMap(node => step({ walk: context.walk, node, position: 1, size: 1 })))
      return current
    }
  }

  /** `/step` and `//step`, as long as there are any. */
  #steps(): readonly Step[] {
    const steps: Step[] = []
    for (;;) {
      if (this.#takes('//')) steps.push(stepOf('descendant-or-self', anything, []))
      else if (!this.#takes('/')) return steps
      steps.push(this.#step())
    }
  }

  #step(): Step {
    if (this.#takes('.')) return stepOf('self', anything, [])
    if (this.#takes('..')) return stepOf('parent', anything, [])
    const axis = this.#axis()
    return stepOf(axis, this.#test(axis), this.#predicates())
  }

  #axis(): Axis {
    if (this.#takes('@')) return 'attribute'
    if (this.#tokens[this.#at + 1]?.text !== '::') return 'child'
    const name = this.#token().text
    if (name === 'namespace') throw new XPathUnserved('the namespace axis is not served')
    if (!isAxis(name)) throw this.#unexpected()
    this.#at += 2
    return name
  }

  #test(axis: Axis): NodeTest {
    const { type, text: name } = this.#token()
    if (type !== 'name') throw this.#unexpected()
    this.#at++
    if (NODE_TYPES.has(name) && this.#takes('(')) return this.#typeTest(name)
    // No prefix is bound for the expression, whatever the document declares: ActiveMQ 5.17 never matches.
    if (name.includes(':')) throw new XPathSyntaxError(`the prefix of ${name} is not bound`)
    const kind = axis === 'attribute' ? 'attribute' : 'element'
    if (name === '*') return node => node.kind === kind
    return node => node.kind === kind && node.local === name && node.namespace === ''
  }

  #typeTest(name: string): NodeTest {
    const target = name === 'processing-instruction' && this.#token().type === 'text' ? this.#token().text : undefined
    if (target !== undefined) this.#at++
    if (!this.#takes(')')) throw this.#unexpected()
    if (name === 'node') return anything
    if (name === 'text') return node => node.kind === 'text'
    if (name === 'comment') return () => false
    return node => node.kind === 'instruction' && (target === undefined || node.name === target)
  }

  #predicates(): readonly Filter[] {
    const filters: Filter[] = []
    while (this.#takes('[')) {
      const predicate = this.#or()
      if (!this.#takes(']')) throw this.#unexpected()
      filters.push((context, all) => {
        context.walk.visit(all.length)
        return all.filter((node, i) => holds(predicate, context, node, i + 1, all.length))
      })
    }
    return filters
  }

  /** A primary expression and its predicates, which count in document order. */
  #filtered(): XPath {
    const primary = this.#primary()
    const filters = this.#predicates()
    if (filters.length === 0) return primary
    return context => filters.reduce<readonly XmlNode[]>((all, filter) => filter(context, all), nodes(primary(context)))
  }

  #primary(): XPath {
    const { type, text } = this.#token()
    this.#at++
    if (type === 'text') return () => text
    if (type === 'number') return () => Number(text)
    if (text === '$') throw new XPathSyntaxError('no variable is bound')
    if (type === 'name') return this.#call(text)
    const inner = this.#or()
    if (!this.#takes(')')) throw this.#unexpected()
    return inner
  }

  #call(name: string): XPath {
    this.#at++
    const args: XPath[] = []
    if (!this.#takes(')')) {
      do args.push(this.#or())
      while (this.#takes(','))
      if (!this.#takes(')')) throw this.#unexpected()
    }
    return compileFunction(name, args)
  }

  #startsPrimary(): boolean {
    const { type, text } = this.#token()
    if (type === 'text' || type === 'number') return true
    if (type === 'symbol') return text === '(' || text === '$'
    return type === 'name' && this.#tokens[this.#at + 1]?.text === '(' && !NODE_TYPES.has(text)
  }

  #startsStep(): boolean {
    const { type, text } = this.#token()
    return type === 'name' || (type === 'symbol' && (text === '.' || text === '..' || text === '@'))
  }

  #token(): XPathToken {
    return this.#tokens[this.#at] ?? { type: 'end', text: '' }
  }

  #sees(text: string): boolean {
    const token = this.#token()
    return token.text === text && (token.type === 'symbol' || token.type === 'operator')
  }

  #takes(text: string): boolean {
    if (!this.#sees(text)) return false
    this.#at++
    return true
  }

  #unexpected(): XPathSyntaxError {
    return new XPathSyntaxError(`"${this.#token().text}" cannot stand here`)
  }
}

function stepOf(axis: Axis, test: NodeTest, filters: readonly Filter[]): Step {
  return context =>
    filters.reduce<readonly XmlNode[]>(
      (all, filter) => filter(context, all),
      along(axis, context.node, context.walk).filter(test),
    )
}

/** A number picks the node at that position; anything else is true or not. */
function holds(predicate: XPath, { walk }: Context, node: XmlNode, position: number, size: number): boolean {
  const value = predicate({ walk, node, position, size })
  return typeof value === 'number' ? value === position : boolean(value)
}

function inOrder(found: readonly XmlNode[]): readonly XmlNode[] {
  return [...new Set(found)].sort((a, b) => a.order - b.order)
}

function calculate(operator: string, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    case 'div':
      return left / right
    default:
      return left % right
  }
}

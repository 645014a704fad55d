import { isNumeric, negation, operation, resultKind } from './arithmetic.ts'
import { comparatorFor, sameList } from './compare.ts'
import { SelectorError, unanswerable } from './error.ts'
import { type Fields, isJmsField, JMS_FIELDS, type JmsField } from './fields.ts'
import { compileCall } from './functions.ts'
import { compileLike } from './like.ts'
import { SELECTOR_LIMITS } from './limits.ts'
import { type Arithmetic, type Element, type Node, type Order, type Value } from './node.ts'
import { type Condition, condition, type Evaluate, type Program, type Test } from './program.ts'
import { javaText } from './text.ts'
import { compileXPath } from './xpath.ts'

/** A tree as one closure that decides. `convert` is S-05. */
export function compile(node: Node, convert: boolean): Test {
  return compileCondition(node, convert).test
}

function compileNode(node: Node, convert: boolean): Program {
  switch (node.type) {
    case 'constant': {
      const { kind, value } = node
      return { kind, evaluate: () => value, constant: value }
    }
    case 'property':
      return isJmsField(node.name) ? fieldProgram(node.name) : propertyProgram(node.name)
    case 'negate':
      return negate(compileNode(node.operand, convert))
    case 'arithmetic':
      return arithmetic(node.operator, compileNode(node.left, convert), compileNode(node.right, convert))
    case 'call': {
      const args = node.args.map(arg => compileNode(arg, convert))
      return compileCall(node.name, args, node.column)
    }
    case 'equal':
    case 'order':
    case 'like':
    case 'in':
    case 'not':
    case 'cast':
    case 'and':
    case 'or':
    case 'xpath':
    case 'xquery':
      return compileCondition(node, convert)
    default:
      return node satisfies never
  }
}

function compileCondition(node: Node, convert: boolean): Condition {
  switch (node.type) {
    case 'equal':
      return equal(compileNode(node.left, convert), compileNode(node.right, convert), node, convert)
    case 'order':
      return order(node.operator, compileNode(node.left, convert), compileNode(node.right, convert), convert)
    case 'like':
      return like(compileNode(node.operand, convert), compileLike(node.pattern, node.escape))
    case 'in':
      return isIn(compileNode({ type: 'property', name: node.name, depth: 0 }, convert), node.texts, node.not)
    case 'not': {
      const { evaluate } = compileCondition(node.operand, convert)
      return condition(message => {
        const value = evaluate(message)
        return value === null ? null : !value
      })
    }
    case 'cast': {
      // S-07: only a real boolean is a condition; the text `true` is FALSE.
      const { kind, evaluate } = compileNode(node.operand, convert)
      return condition(message => {
        const value = evaluate(message)
        return value === null ? null : kind === 'boolean' && value === true
      })
    }
    case 'and':
      return and(node.terms.map(term => compileCondition(term, convert)))
    case 'or':
      return or(node.terms.map(term => compileCondition(term, convert)))
    case 'xpath':
      return xpath(node.expression, node.column)
    case 'xquery':
      return condition(() => false)
    case 'constant':
    case 'property':
    case 'negate':
    case 'arithmetic':
    case 'call': {
      // The parser lets nothing through that is not boolean.
      const { kind, evaluate } = compileNode(node, convert)
      return condition(message => {
        const value = evaluate(message)
        return value === null ? null : kind === 'boolean' && value === true
      })
    }
    default:
      return node satisfies never
  }
}

function propertyProgram(name: string): Program {
  return { kind: 'string', evaluate: message => message.property(name) ?? null }
}

function fieldProgram(name: JmsField): Program {
  const kind = JMS_FIELDS.get(name) ?? 'string'
  const type = kind === 'int' || kind === 'long' ? 'number' : kind
  return {
    kind,
    evaluate: message => {
      const value = message.field(name)
      return typeof value === type ? (value ?? null) : null
    },
  }
}

/** What is not a number has no negative: NULL. */
function negate(operand: Program): Program {
  if (!isNumeric(operand.kind)) return { kind: 'int', evaluate: message => (operand.evaluate(message), null) }
  const apply = negation(operand.kind)
  return { kind: operand.kind, evaluate: unary(operand.evaluate, apply) }
}

const unary =
  (operand: Evaluate, apply: (value: Value) => Value): Evaluate =>
  message => {
    const value = operand(message)
    return value === null ? null : apply(value)
  }

const binary =
  (left: Evaluate, right: Evaluate, apply: (left: Value, right: Value) => Value): Evaluate =>
  message => {
    const a = left(message)
    if (a === null) return null
    const b = right(message)
    return b === null ? null : apply(a, b)
  }

/** `+` with a text on its left concatenates; everything else needs numbers, and raises without them (S-11, S-12). */
function arithmetic(operator: Arithmetic, left: Program, right: Program): Program {
  if (operator === '+' && left.kind === 'string') {
    const concatenate = (a: Value, b: Value): string => {
      const text = javaText('string', a) + javaText(right.kind, b)
      return text.length <= SELECTOR_LIMITS.builtText ? text : unanswerable()
    }
    return { kind: 'string', evaluate: binary(left.evaluate, right.evaluate, concatenate) }
  }
  const kind = resultKind(operator, left.kind, right.kind)
  const apply = isNumeric(left.kind) && isNumeric(right.kind) ? operation(operator, kind) : unanswerable
  return { kind, evaluate: binary(left.evaluate, right.evaluate, apply) }
}

/** S-09: NULL = NULL is TRUE, value = NULL is FALSE, NULL = value is unknown. */
function equal(left: Program, right: Program, node: Node & { type: 'equal' }, convert: boolean): Condition {
  if (node.left.type === 'property' && left.kind === 'string' && typeof right.constant === 'string')
    return propertyIs(left.evaluate, right.constant)
  const same = equality(left, right, convert)
  return condition(message => {
    const a = left.evaluate(message)
    const b = right.evaluate(message)
    if (a === null) return b === null ? true : null
    return b === null ? false : same(a, b)
  })
}

/** `name = 'text'`, the selector of selectors: one call and one comparison. */
function propertyIs(property: Evaluate, text: string): Condition {
  return {
    kind: 'boolean',
    evaluate: message => {
      const value = property(message)
      return value === null ? null : value === text
    },
    test: message => property(message) === text,
  }
}

function equality(left: Program, right: Program, convert: boolean): (left: Value, right: Value) => boolean {
  if (left.kind === 'list' || right.kind === 'list')
    // Both are lists when both kinds say so.
    return left.kind === right.kind ? (a, b) => sameList(a as readonly Element[], b as readonly Element[]) : () => false
  const compare = comparatorFor(left.kind, right.kind, convert)
  return compare === undefined ? unanswerable : (a, b) => compare(a, b) === 0
}

function order(operator: Order, left: Program, right: Program, convert: boolean): Condition {
  const holds = ordering(operator, left, right, convert)
  const [leftValue, rightValue, fixed] = [ordered(left), ordered(right), right.constant ?? null]
  if (fixed !== null)
    return condition(message => {
      const value = leftValue(message)
      return value === null ? null : holds(value, fixed)
    })
  return condition(message => {
    const a = leftValue(message)
    if (a === null) return null
    const b = rightValue(message)
    return b === null ? null : holds(a, b)
  })
}

/** A list cannot stand in an order: ActiveMQ raises as soon as there is one. */
const ordered = ({ kind, evaluate }: Program): Evaluate => (kind === 'list' ? unary(evaluate, unanswerable) : evaluate)

function ordering(operator: Order, left: Program, right: Program, convert: boolean): (a: Value, b: Value) => boolean {
  const compare = comparatorFor(left.kind, right.kind, convert)
  if (compare === undefined) return unanswerable
  switch (operator) {
    case '<':
      return (a, b) => compare(a, b) < 0
    case '<=':
      return (a, b) => compare(a, b) <= 0
    case '>':
      return (a, b) => compare(a, b) > 0
    case '>=':
      return (a, b) => compare(a, b) >= 0
    default:
      return operator satisfies never
  }
}

function like(operand: Program, fits: (text: string) => boolean): Condition {
  return condition(message => {
    const value = operand.evaluate(message)
    return value === null ? null : typeof value === 'string' && fits(value)
  })
}

/** What is not a text is in no list and outside of none: unknown (S-04). */
function isIn(operand: Program, texts: readonly string[], not: boolean): Condition {
  const listed = new Set(texts)
  return condition(message => {
    const value = operand.evaluate(message)
    return typeof value === 'string' ? listed.has(value) !== not : null
  })
}

function and(terms: readonly Condition[]): Condition {
  return {
    kind: 'boolean',
    evaluate: message => {
      let result: boolean | null = true
      for (const term of terms) {
        const value = term.evaluate(message)
        if (value === false) return false
        if (value === null) result = null
      }
      return result
    },
    test: message => {
      for (const term of terms) if (!term.test(message)) return false
      return true
    },
  }
}

function or(terms: readonly Condition[]): Condition {
  return {
    kind: 'boolean',
    evaluate: message => {
      let result: boolean | null = false
      for (const term of terms) {
        const value = term.evaluate(message)
        if (value === true) return true
        if (value === null) result = null
      }
      return result
    },
    test: message => {
      for (const term of terms) if (term.test(message)) return true
      return false
    },
  }
}

function xpath(expression: string, column: number): Condition {
  const matches = compileXPath(expression)
  if (typeof matches !== 'string') return condition((message: Fields) => matches(message.body()))
  throw new SelectorError(`XPATH: ${matches}`, column, 'an XPath 1.0 expression of the served kind')
}

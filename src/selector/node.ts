/**
 * The Java type a part of a selector has whenever it is not NULL. Headers are texts and fields are typed, so it is known
 * before any message is seen. `big` is a whole number beyond 64 bits: it equals nothing but its like.
 */
export type Kind = 'string' | 'int' | 'long' | 'double' | 'big' | 'boolean' | 'list'

/** A long is a number where that is exact, a bigint beyond; so `===` compares longs. */
export type Value = string | number | bigint | boolean | readonly Element[]

/** A list knows its elements' types: to INLIST the integer 1 and the long 1 are different things. */
export interface Element {
  readonly kind: Kind
  readonly value: Value | null
}

export type Arithmetic = '+' | '-' | '*' | '/' | '%'
export type Order = '<' | '<=' | '>' | '>='
export type FunctionName = 'REGEX' | 'INLIST' | 'MAKELIST' | 'SPLIT' | 'REPLACE'

interface Shape {
  /** How many nodes lie below, on the longest way. */
  readonly depth: number
}

export type Node = Shape &
  (
    | { readonly type: 'constant'; readonly kind: Kind; readonly value: Value | null }
    | { readonly type: 'property'; readonly name: string }
    | { readonly type: 'negate'; readonly operand: Node }
    | { readonly type: 'arithmetic'; readonly operator: Arithmetic; readonly left: Node; readonly right: Node }
    | { readonly type: 'equal'; readonly left: Node; readonly right: Node }
    | { readonly type: 'order'; readonly operator: Order; readonly left: Node; readonly right: Node }
    | { readonly type: 'like'; readonly operand: Node; readonly pattern: string; readonly escape: string }
    | { readonly type: 'in'; readonly name: string; readonly texts: readonly string[]; readonly not: boolean }
    | { readonly type: 'not' | 'cast'; readonly operand: Node }
    | { readonly type: 'and' | 'or'; readonly terms: readonly Node[] }
    | { readonly type: 'call'; readonly name: FunctionName; readonly args: readonly Node[]; readonly column: number }
    | { readonly type: 'xpath'; readonly expression: string; readonly column: number }
    | { readonly type: 'xquery' }
  )

/** Whether a node is a condition by itself (ActiveMQ's BooleanExpression), NULL among them. */
export function isCondition(node: Node): boolean {
  switch (node.type) {
    case 'constant':
      return node.kind === 'boolean'
    case 'call':
      return node.name === 'REGEX' || node.name === 'INLIST'
    case 'property':
    case 'negate':
    case 'arithmetic':
      return false
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
      return true
    default:
      return node satisfies never
  }
}

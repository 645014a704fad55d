import type { Fields } from './fields.ts'
import type { Kind, Value } from './node.ts'

/** A value of a message; null is NULL. Throws `UNANSWERABLE`. */
export type Evaluate = (message: Fields) => Value | null

/** TRUE, FALSE or unknown. */
export type Decide = (message: Fields) => boolean | null

/** TRUE, or not. It may stop earlier than `Decide`: what is never looked at cannot raise. */
export type Test = (message: Fields) => boolean

/** A part of a selector, ready to run. */
export interface Program {
  readonly kind: Kind
  readonly evaluate: Evaluate
  /** Of the constants: their value. */
  readonly constant?: Value | null
}

/** A part that is a condition. */
export interface Condition extends Program {
  readonly evaluate: Decide
  readonly test: Test
}

export const condition = (evaluate: Decide): Condition => ({
  kind: 'boolean',
  evaluate,
  test: message => evaluate(message) === true,
})

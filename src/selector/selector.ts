/**
 * Message selectors: JMS's SQL-92 conditions, exactly as ActiveMQ's STOMP clients see them (semantics 1.5).
 *
 *   text ─► token ─► parse ─► node ─► compile ─► Selector.matches(message) ─► true, or not
 *              └── SelectorError: column, expected      │ reads Fields: property, field, body
 *                                                       └ like · functions (regex) · xpath (xml)
 *
 * Read: fields (what a selector reads) · parse (the grammar) · node (the tree and Java's types) · compile (three values,
 * and where ActiveMQ's comparisons are lopsided) · compare and java-number (conversions) · limits (what it may cost).
 * Promises: the same verdict as ActiveMQ 5.17; the types are settled while parsing, so that matching allocates nothing
 * for comparisons of headers; bounded work and stack for every text, pattern and body; `matches` throws only what `Fields`
 * throws; where ActiveMQ raises while evaluating, the message does not match.
 * Refuses: I/O and knowledge of records. Regular expressions and XPath constructs that are not served are refused when
 * the selector is parsed, never approximated.
 */
import { compile } from './compile.ts'
import { beginEvaluation } from './effort.ts'
import { SelectorError, UNANSWERABLE } from './error.ts'
import { type Fields, isJmsField } from './fields.ts'
import { SELECTOR_LIMITS } from './limits.ts'
import type { Node } from './node.ts'
import { parse } from './parse.ts'
import type { Test } from './program.ts'

export { SelectorError } from './error.ts'
export { type Fields, isJmsField, type JmsField } from './fields.ts'
export { SELECTOR_LIMITS } from './limits.ts'

/** A selector, ready to be asked about any number of messages. */
export interface Selector {
  /** As it was given. */
  readonly text: string
  /** The headers it looks at, by first appearance; typed fields are not among them. */
  readonly properties: readonly string[]
  /** Whether it may ask for the body. */
  readonly readsBody: boolean
  /** Whether the condition is TRUE: not FALSE, not unknown (S-08). */
  matches(message: Fields): boolean
}

export interface SelectorOptions {
  /**
   * S-05: a text compared with a number or a boolean is read as one. True for the `selector` of a SUBSCRIBE, false for
   * configuration and management (S-06).
   */
  readonly convert: boolean
}

/** The words with which ActiveMQ marks a selector that converts; they count wherever a selector does not convert already. */
const CONVERT_PREFIX = 'convert_string_expressions:'

/** Parses a selector, or answers why it is none. The empty text is none; `convert` is false unless said. */
export function parseSelector(text: string, options: SelectorOptions = { convert: false }): Selector | SelectorError {
  const prefix = !options.convert && text.startsWith(CONVERT_PREFIX) ? CONVERT_PREFIX.length : 0
  if (text.length - prefix > SELECTOR_LIMITS.text) {
    const { text: most } = SELECTOR_LIMITS
    return new SelectorError(`the selector is longer than ${most} characters`, prefix + most + 1, 'a shorter selector')
  }
  try {
    const node = parse(text.slice(prefix))
    return new CompiledSelector(text, node, compile(node, options.convert || prefix > 0))
  } catch (thrown) {
    if (!(thrown instanceof SelectorError)) throw thrown
    return prefix === 0 ? thrown : new SelectorError(thrown.message, thrown.column + prefix, thrown.expected)
  }
}

class CompiledSelector implements Selector {
  readonly text: string
  readonly properties: readonly string[]
  readonly readsBody: boolean
  readonly #test: Test

  constructor(text: string, node: Node, test: Test) {
    const properties = new Set<string>()
    this.text = text
    this.readsBody = collect(node, properties)
    this.properties = [...properties]
    this.#test = test
  }

  matches(message: Fields): boolean {
    beginEvaluation()
    try {
      return this.#test(message)
    } catch (thrown) {
      if (thrown === UNANSWERABLE) return false
      throw thrown
    }
  }
}

/** Gathers the headers below a node, and answers whether one asks for the body. */
function collect(node: Node, properties: Set<string>): boolean {
  switch (node.type) {
    case 'property':
    case 'in':
      if (!isJmsField(node.name)) properties.add(node.name)
      return false
    case 'negate':
    case 'like':
    case 'not':
    case 'cast':
      return collect(node.operand, properties)
    case 'arithmetic':
    case 'equal':
    case 'order':
      return anyReads([node.left, node.right], properties)
    case 'and':
    case 'or':
      return anyReads(node.terms, properties)
    case 'call':
      return anyReads(node.args, properties)
    case 'xpath':
      return true
    case 'constant':
    case 'xquery':
      return false
    default:
      return node satisfies never
  }
}

function anyReads(nodes: readonly Node[], properties: Set<string>): boolean {
  let reads = false
  for (const node of nodes) reads = collect(node, properties) || reads
  return reads
}

import { sameElement } from './compare.ts'
import { SelectorError, UNANSWERABLE, unanswerable } from './error.ts'
import type { Fields } from './fields.ts'
import { SELECTOR_LIMITS } from './limits.ts'
import type { Element, FunctionName, Value } from './node.ts'
import { type Condition, condition, type Evaluate, type Program } from './program.ts'
import { compileRegex, RegexError } from './regex-parse.ts'
import { find, type Regex, type Span, test } from './regex-match.ts'
import { javaText } from './text.ts'

/** A call of S-13; the parser has counted the arguments. Throws `SelectorError` for a literal pattern that is not served. */
export function compileCall(name: FunctionName, args: readonly Program[], column: number): Program {
  const [first = ABSENT, second = ABSENT, third] = args
  switch (name) {
    case 'REGEX':
      return regex(first, second, column)
    case 'INLIST':
      return inList(first, second)
    case 'MAKELIST':
      return {
        kind: 'list',
        evaluate: message => args.map(({ kind, evaluate }) => ({ kind, value: evaluate(message) })),
      }
    case 'SPLIT':
      return constantOnce(split(first, second, third, column), args)
    case 'REPLACE':
      return constantOnce(replace(first, second, third ?? ABSENT, column), args)
    default:
      return name satisfies never
  }
}

const ABSENT: Program = { kind: 'string', evaluate: () => null }

/** A call of constants is made once. */
function constantOnce(program: Program, args: readonly Program[]): Program {
  if (args.some(arg => arg.constant === undefined)) return program
  let value: Value | null | undefined
  const evaluate: Evaluate = message => (value ??= program.evaluate(message))
  return { kind: program.kind, evaluate }
}

/** Searches; a NULL on either side is FALSE. */
function regex(pattern: Program, value: Program, column: number): Condition {
  const regexOf = patternProgram(pattern, column, javaText, false)
  return condition(message => {
    const compiled = regexOf(message)
    if (compiled === null) return false
    const found = value.evaluate(message)
    return found !== null && test(compiled, bounded(javaText(value.kind, found)))
  })
}

/** The pattern of a call: compiled once when it is a literal, else again whenever its text changes. `spans`: for `find`. */
function patternProgram(
  pattern: Program,
  column: number,
  textOf: (kind: Program['kind'], value: Value) => string,
  spans: boolean,
): (message: Fields) => Regex | null {
  if (pattern.constant !== undefined && pattern.constant !== null && pattern.kind === 'string') {
    const compiled = literalPattern(textOf(pattern.kind, pattern.constant), column, spans)
    return () => compiled
  }
  let known = ''
  let compiled: Regex | undefined
  return message => {
    const value = pattern.evaluate(message)
    if (value === null) return null
    const text = textOf(pattern.kind, value)
    if (compiled === undefined || text !== known) {
      compiled = dynamicPattern(text, spans)
      known = text
    }
    return compiled
  }
}

function literalPattern(text: string, column: number, spans: boolean): Regex {
  try {
    return served(text, spans)
  } catch (thrown) {
    if (!(thrown instanceof RegexError)) throw thrown
    throw new SelectorError(`regular expression: ${thrown.message}`, column, 'a regular expression of the served kind')
  }
}

function dynamicPattern(text: string, spans: boolean): Regex {
  try {
    return served(text, spans)
  } catch (thrown) {
    throw thrown instanceof RegexError ? UNANSWERABLE : thrown
  }
}

/** A pattern whose matches are also cut out has to find Java's very places. */
function served(text: string, spans: boolean): Regex {
  const regex = compileRegex(text)
  if (spans && !regex.exact) throw new RegexError('a repetition of what prefers to match nothing is not served here')
  return regex
}

const bounded = (text: string): string => (text.length <= SELECTOR_LIMITS.builtText ? text : unanswerable())

/** Elements equal only what has their own type. No list, or a NULL in the list before it is found: ActiveMQ raises. */
function inList(list: Program, value: Program): Condition {
  return condition(message => {
    const elements = list.evaluate(message)
    const sought: Element = { kind: value.kind, value: value.evaluate(message) }
    if (list.kind !== 'list' || elements === null) return unanswerable()
    // The kind says it.
    for (const element of elements as readonly Element[]) {
      if (element.value === null) return unanswerable()
      if (sameElement(element, sought)) return true
    }
    return false
  })
}

/** The text of an argument that must be one: anything else, NULL too, raises. */
function requiredText({ kind, evaluate }: Program): (message: Fields) => string {
  return message => {
    const value = evaluate(message)
    return kind === 'string' && typeof value === 'string' ? bounded(value) : unanswerable()
  }
}

const onlyText = (kind: Program['kind'], value: Value): string =>
  kind === 'string' && typeof value === 'string' ? value : unanswerable()

/** `String.split`. */
function split(source: Program, separator: Program, limit: Program | undefined, column: number): Program {
  const sourceOf = requiredText(source)
  const regexOf = patternProgram(separator, column, onlyText, true)
  const limitOf = (message: Fields): number => {
    if (limit === undefined) return 0
    const value = limit.evaluate(message)
    return limit.kind === 'int' && typeof value === 'number' ? value : unanswerable()
  }
  return {
    kind: 'list',
    evaluate: message => {
      const text = sourceOf(message)
      const compiled = regexOf(message) ?? unanswerable()
      return splitText(text, compiled, limitOf(message)).map(value => ({ kind: 'string', value }))
    },
  }
}

/** Pieces between the matches, at most `limit` when that is positive; trailing empty ones are dropped when it is 0. */
function splitText(text: string, regex: Regex, limit: number): readonly string[] {
  const pieces: string[] = []
  let from = 0
  for (const [start = 0, end = 0] of matches(regex, text)) {
    if (limit > 0 && pieces.length === limit - 1) break
    if (end === 0) continue
    pieces.push(text.slice(from, start))
    from = end
  }
  if (from === 0) return [text]
  pieces.push(text.slice(from))
  while (limit === 0 && pieces.at(-1) === '') pieces.pop()
  return pieces
}

/** Every match from left to right; after an empty one the search goes on one character further. */
function* matches(regex: Regex, text: string): Generator<Span> {
  for (let at = 0; at <= text.length;) {
    const span = find(regex, text, at)
    if (span === null) return
    yield span
    const [start = 0, end = 0] = span
    at = end === start ? end + 1 : end
  }
}

/** `String.replaceAll`: `$1`, `${name}` and `\` in the replacement are the matcher's. */
function replace(source: Program, pattern: Program, replacement: Program, column: number): Program {
  const sourceOf = requiredText(source)
  const regexOf = patternProgram(pattern, column, onlyText, true)
  return {
    kind: 'string',
    evaluate: message => {
      const text = sourceOf(message)
      const compiled = regexOf(message)
      const value = replacement.evaluate(message)
      const template = value === null ? null : onlyText(replacement.kind, value)
      return replaceAll(text, compiled ?? unanswerable(), template)
    },
  }
}

function replaceAll(text: string, regex: Regex, template: string | null): string {
  let result = ''
  let from = 0
  for (const span of matches(regex, text)) {
    const [start = 0, end = 0] = span
    result = bounded(result + text.slice(from, start) + expand(template ?? unanswerable(), text, span, regex))
    from = end
  }
  return bounded(result + text.slice(from))
}

function expand(template: string, text: string, span: Span, regex: Regex): string {
  return template.replace(/\\([^]?)|\$(?:(\d+)|\{([A-Za-z][A-Za-z0-9]*)\}|)/g, (_, plain, digits, name) => {
    if (typeof plain === 'string') return plain === '' ? unanswerable() : plain
    if (typeof name === 'string') return group(text, span, regex.names.get(name) ?? unanswerable())
    return typeof digits === 'string' ? numbered(digits, text, span) : unanswerable()
  })
}

/** The longest number that names a group; the digits after it are text. */
function numbered(digits: string, text: string, span: Span): string {
  const groups = span.length / 2 - 1
  let number = Number(digits[0])
  if (number > groups) return unanswerable()
  let used = 1
  while (used < digits.length && number * 10 + Number(digits[used]) <= groups)
    number = number * 10 + Number(digits[used++])
  return group(text, span, number) + digits.slice(used)
}

/** A group that took no part is empty. */
function group(text: string, span: Span, number: number): string {
  const start = span[2 * number] ?? -1
  return start < 0 ? '' : text.slice(start, span[2 * number + 1])
}

/**
 * A second, naive evaluator of selectors, written from the spec's rows and sharing nothing with the room: values carry
 * their Java type, whole numbers are bigints, LIKE is a regular expression, and what ActiveMQ raises is thrown.
 */
export type Tree =
  | { readonly is: 'literal'; readonly text: string; readonly value: Boxed | null }
  | { readonly is: 'name'; readonly name: string }
  | { readonly is: 'negative' | 'positive' | 'group' | 'not'; readonly of: Tree }
  | {
      readonly is: 'math' | 'compare' | 'both' | 'either'
      readonly word: string
      readonly left: Tree
      readonly right: Tree
    }
  | { readonly is: 'null'; readonly of: Tree; readonly not: boolean }
  | { readonly is: 'like'; readonly of: Tree; readonly pattern: string; readonly escape: string; readonly not: boolean }
  | { readonly is: 'in'; readonly name: string; readonly texts: readonly string[]; readonly not: boolean }
  | { readonly is: 'between'; readonly of: Tree; readonly low: Tree; readonly high: Tree; readonly not: boolean }

export type Boxed =
  | { readonly java: 'String'; readonly v: string }
  | { readonly java: 'Integer' | 'Long'; readonly v: bigint }
  | { readonly java: 'Double'; readonly v: number }
  | { readonly java: 'Boolean'; readonly v: boolean }

export interface World {
  readonly convert: boolean
  readonly value: (name: string) => Boxed | null
}

class Raised extends Error {}
/** How Java writes a double is left to the rows of S-11. */
export class Skipped extends Error {}

/** The verdict: only TRUE selects, and what raises does not (S-08, S-12). */
export function selects(tree: Tree, world: World): boolean {
  try {
    return matches(tree, world)
  } catch (thrown) {
    if (thrown instanceof Raised) return false
    throw thrown
  }
}

/** The whole selector, and the terms of its ANDs and ORs, stop at the first term that decides. */
function matches(tree: Tree, world: World): boolean {
  if (tree.is === 'group') return matches(tree.of, world)
  if (tree.is === 'both') return matches(tree.left, world) && matches(tree.right, world)
  if (tree.is === 'either') return matches(tree.left, world) || matches(tree.right, world)
  if (tree.is === 'between') {
    const [low, high] = bounds(tree)
    return tree.not ? matches(low, world) || matches(high, world) : matches(low, world) && matches(high, world)
  }
  return truth(tree, world) === true
}

function bounds(tree: Tree & { readonly is: 'between' }): readonly [Tree, Tree] {
  const { of, low, high, not } = tree
  return [
    { is: 'compare', word: not ? '<' : '>=', left: of, right: low },
    { is: 'compare', word: not ? '>' : '<=', left: of, right: high },
  ]
}

function truth(tree: Tree, world: World): boolean | null {
  const value = evaluate(tree, world)
  if (value === null) return null
  return value.java === 'Boolean' && value.v
}

function evaluate(tree: Tree, world: World): Boxed | null {
  switch (tree.is) {
    case 'literal':
      return tree.value
    case 'name':
      return world.value(tree.name)
    case 'positive':
    case 'group':
      return evaluate(tree.of, world)
    case 'negative':
      return negative(evaluate(tree.of, world))
    case 'not': {
      const value = truth(tree.of, world)
      return bool(value === null ? null : !value)
    }
    case 'math':
      return math(tree.word, evaluate(tree.left, world), () => evaluate(tree.right, world))
    case 'compare':
      return compare(tree.word, evaluate(tree.left, world), () => evaluate(tree.right, world), world.convert)
    case 'both':
    case 'either':
      return bool(logic(tree.is, truth(tree.left, world), () => truth(tree.right, world)))
    case 'between': {
      const [low, high] = bounds(tree)
      return bool(logic(tree.not ? 'either' : 'both', truth(low, world), () => truth(high, world)))
    }
    case 'null':
      return bool((evaluate(tree.of, world) === null) !== tree.not)
    case 'like':
      return like(tree, evaluate(tree.of, world))
    case 'in': {
      const value = world.value(tree.name)
      return bool(value?.java === 'String' ? tree.texts.includes(value.v) !== tree.not : null)
    }
    default:
      return tree satisfies never
  }
}

const bool = (v: boolean | null): Boxed | null => (v === null ? null : { java: 'Boolean', v })

function logic(is: 'both' | 'either', left: boolean | null, right: () => boolean | null): boolean | null {
  const decisive = is === 'either'
  if (left === decisive) return decisive
  const other = right()
  if (other === decisive) return decisive
  return left === null || other === null ? null : !decisive
}

const isNumber = (value: Boxed): value is Boxed & { java: 'Integer' | 'Long' | 'Double' } =>
  value.java === 'Integer' || value.java === 'Long' || value.java === 'Double'

const whole = (java: 'Integer' | 'Long', v: bigint): Boxed => ({ java, v: BigInt.asIntN(java === 'Long' ? 64 : 32, v) })

function negative(value: Boxed | null): Boxed | null {
  if (value === null || !isNumber(value)) return null
  return value.java === 'Double' ? { java: 'Double', v: -value.v } : whole(value.java, -value.v)
}

function math(word: string, left: Boxed | null, rightOf: () => Boxed | null): Boxed | null {
  if (left === null) return null
  const right = rightOf()
  if (right === null) return null
  if (word === '+' && left.java === 'String' && right.java === 'Double') throw new Skipped()
  if (word === '+' && left.java === 'String') return { java: 'String', v: left.v + String(right.v) }
  if (!isNumber(left) || !isNumber(right)) throw new Raised()
  if (word === '/' || word === '%' || left.java === 'Double' || right.java === 'Double')
    return { java: 'Double', v: floating(word, Number(left.v), Number(right.v)) }
  const result = word === '+' ? left.v + right.v : word === '-' ? left.v - right.v : left.v * right.v
  return whole(left.java === 'Long' || right.java === 'Long' ? 'Long' : 'Integer', result)
}

const floating = (word: string, a: number, b: number): number =>
  word === '+' ? a + b : word === '-' ? a - b : word === '*' ? a * b : word === '/' ? a / b : a % b

function compare(word: string, left: Boxed | null, rightOf: () => Boxed | null, convert: boolean): Boxed | null {
  const equality = word === '=' || word === '<>'
  if (left === null && !equality) return null
  const right = rightOf()
  let holds: boolean | null
  if (left === null || right === null) {
    holds = !equality ? null : left !== null ? false : right === null ? true : null
  } else {
    const sign = signOf(left, right, convert)
    holds = sign !== null && HOLDS[word === '<>' ? '=' : word]?.(sign) === true
  }
  return bool(word === '<>' && holds !== null ? !holds : holds)
}

const HOLDS: Readonly<Record<string, (sign: number) => boolean>> = {
  '=': sign => sign === 0,
  '<': sign => sign < 0,
  '<=': sign => sign <= 0,
  '>': sign => sign > 0,
  '>=': sign => sign >= 0,
}

/** Null: the two do not compare, which is FALSE. */
function signOf(left: Boxed, right: Boxed, convert: boolean): number | null {
  if (isNumber(left) && isNumber(right))
    return left.java === 'Double' || right.java === 'Double'
      ? doubleSign(Number(left.v), Number(right.v))
      : sign(left.v, right.v)
  if (left.java === right.java) return sign(left.v, right.v)
  if (!convert) return null
  if (left.java === 'Boolean' && right.java === 'String') throw new Raised()
  if (left.java === 'String') {
    const converted = read(left.v, right.java)
    return converted === null ? null : signOf(converted, right, false)
  }
  if (right.java !== 'String') return null
  const converted = read(right.v, left.java)
  return converted === null ? null : signOf(left, converted, false)
}

const sign = <T>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0)

/** Java orders doubles: NaN last, -0 before 0. */
function doubleSign(a: number, b: number): number {
  const order = (v: number): number => (Number.isNaN(v) ? 2 : v === 0 ? (Object.is(v, 0) ? 1 : 0) : 0)
  if (a < b) return -1
  if (a > b) return 1
  return sign(order(a), order(b))
}

function read(text: string, java: Boxed['java']): Boxed | null {
  if (java === 'Boolean') return { java, v: /^true$/i.test(text) }
  if (java === 'Double') {
    const trimmed = text.trim()
    if (
      !/^[+-]?(NaN|Infinity|(\d+\.?\d*|\.\d+)(e[+-]?\d+)?[fd]?)$/.test(trimmed.replace(/[EFD]/g, c => c.toLowerCase()))
    )
      return null
    return { java, v: Number(trimmed.replace(/^[+-](?=NaN)/, '').replace(/[fFdD]$/, '')) }
  }
  if (java === 'String' || !/^[+-]?\d+$/.test(text)) return null
  const v = BigInt(text.replace('+', ''))
  return v === BigInt.asIntN(java === 'Long' ? 64 : 32, v) ? { java, v } : null
}

function like(tree: Tree & { readonly is: 'like' }, value: Boxed | null): Boxed | null {
  if (value === null) return null
  const { pattern, escape, not } = tree
  let source = ''
  for (let i = 0; i < pattern.length; i++) {
    const [char = '', next = ''] = [pattern[i], pattern[i + 1]]
    if (char === escape && (next === '%' || next === '_' || next === escape)) source += quoted(pattern[++i] ?? '')
    else source += char === '%' ? '.*' : char === '_' ? '.' : quoted(char)
  }
  return bool((value.java === 'String' && new RegExp(`^${source}$`, 'su').test(value.v)) !== not)
}

const quoted = (char: string): string => (/[\w\s]/.test(char) ? char : `\\u{${char.charCodeAt(0).toString(16)}}`)

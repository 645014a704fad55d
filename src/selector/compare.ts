import { compareDouble, parseDouble, parseInt32, parseLong } from './java-number.ts'
import type { Element, Kind, Value } from './node.ts'

/**
 * Below 0, 0 or above 0; NaN when the two do not compare, which makes every comparison FALSE (and `<>` TRUE).
 * Both values are there and have the kinds the comparator was made for: that is what the casts in this file say.
 */
export type Comparator = (left: Value, right: Value) => number

const never: Comparator = () => Number.NaN
const ordered: Comparator = (left, right) => (left < right ? -1 : left > right ? 1 : 0)
const integers: Comparator = (left, right) => (left as number) - (right as number)
const doubles: Comparator = (left, right) => compareDouble(Number(left), Number(right))

/**
 * How ActiveMQ compares two types. `convert` is S-05: a text beside a number or boolean is read as exactly that type.
 * Without it (S-06) unlike types do not compare, numbers aside. `undefined`: ActiveMQ raises (S-12).
 */
export function comparatorFor(left: Kind, right: Kind, convert: boolean): Comparator | undefined {
  if (left === 'string' && right === 'string') return ordered
  if (left === 'boolean' && right === 'boolean') return ordered
  if (left === 'big' || right === 'big') return left === right ? ordered : never
  if (isNumber(left) && isNumber(right)) return numbers(left, right)
  if (!convert) return never
  if (left === 'boolean' && right === 'string') return undefined
  if (left === 'string') return fromText(right)
  if (right !== 'string') return never
  const mirrored = fromText(left)
  return (number, text) => 0 - mirrored(text, number)
}

const isNumber = (kind: Kind): boolean => kind === 'int' || kind === 'long' || kind === 'double'

function numbers(left: Kind, right: Kind): Comparator {
  if (left === 'double' || right === 'double') return doubles
  return left === 'int' && right === 'int' ? integers : ordered
}

/** A text on the left of a value of this kind. */
function fromText(kind: Kind): Comparator {
  switch (kind) {
    case 'int':
      return (text, value) => parseInt32(text as string) - (value as number)
    case 'long':
      return (text, value) => {
        const long = parseLong(text as string)
        return long === null ? Number.NaN : ordered(long, value)
      }
    case 'double':
      return (text, value) => {
        const double = parseDouble(text as string)
        return double === null ? Number.NaN : compareDouble(double, value as number)
      }
    case 'boolean':
      return (text, value) => ordered(isTrue(text as string), value)
    case 'string':
    case 'big':
    case 'list':
      return never
    default:
      return kind satisfies never
  }
}

/** `Boolean.valueOf`. */
const isTrue = (text: string): boolean => text.length === 4 && text.toLowerCase() === 'true'

/** Java's `equals`: unlike types are never equal. */
export function sameElement(left: Element, right: Element): boolean {
  if (left.value === null || right.value === null) return left.value === right.value
  if (left.kind !== right.kind) return false
  if (left.kind === 'list') return sameList(left.value as readonly Element[], right.value as readonly Element[])
  return left.kind === 'double' ? doubles(left.value, right.value) === 0 : left.value === right.value
}

export function sameList(left: readonly Element[], right: readonly Element[]): boolean {
  return left.length === right.length && left.every((element, i) => sameElement(element, right[i] ?? element))
}

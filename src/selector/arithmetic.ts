import { toLong } from './java-number.ts'
import type { Arithmetic, Kind, Value } from './node.ts'

/** The type of a result (S-11): `/` and `%` always give floating point, a whole number beyond 64 bits counts as an int. */
export function resultKind(operator: Arithmetic, left: Kind, right: Kind): Kind {
  if (operator === '/' || operator === '%' || left === 'double' || right === 'double') return 'double'
  return left === 'long' || right === 'long' ? 'long' : 'int'
}

export const isNumeric = (kind: Kind): boolean =>
  kind === 'int' || kind === 'long' || kind === 'double' || kind === 'big'

/** Two numbers to one, of the kind `resultKind` says; the casts in this file rest on that. */
export function operation(operator: Arithmetic, kind: Kind): (left: Value, right: Value) => Value {
  if (kind === 'double') {
    const compute = doubleOperation(operator)
    return (left, right) => compute(Number(left), Number(right))
  }
  return kind === 'long' ? longOperation(operator) : intOperation(operator)
}

export function negation(kind: Kind): (value: Value) => Value {
  if (kind === 'int') return value => -(value as number) | 0
  if (kind === 'long') return value => wrapped(-BigInt(value as number | bigint))
  return value => -(value as number | bigint)
}

function doubleOperation(operator: Arithmetic): (left: number, right: number) => number {
  switch (operator) {
    case '+':
      return (left, right) => left + right
    case '-':
      return (left, right) => left - right
    case '*':
      return (left, right) => left * right
    case '/':
      return (left, right) => left / right
    case '%':
      return (left, right) => left % right
    default:
      return operator satisfies never
  }
}

function intOperation(operator: Arithmetic): (left: Value, right: Value) => number {
  if (operator === '*') return (left, right) => Math.imul(int(left), int(right))
  if (operator === '-') return (left, right) => (int(left) - int(right)) | 0
  return (left, right) => (int(left) + int(right)) | 0
}

const int = (value: Value): number => (typeof value === 'bigint' ? Number(BigInt.asIntN(32, value)) : (value as number))

/** Plain numbers as long as the result is exact, 64 bits that wrap otherwise. */
function longOperation(operator: Arithmetic): (left: Value, right: Value) => number | bigint {
  const fast = doubleOperation(operator)
  return (left, right) => {
    if (typeof left === 'number' && typeof right === 'number') {
      const result = fast(left, right)
      // Adding 0 turns -0, which no long has, into 0.
      if (Number.isSafeInteger(result)) return result + 0
    }
    const [a, b] = [BigInt(left as number | bigint), BigInt(right as number | bigint)]
    return wrapped(operator === '*' ? a * b : operator === '-' ? a - b : a + b)
  }
}

const wrapped = (value: bigint): number | bigint => toLong(BigInt.asIntN(64, value))

import { SelectorError } from './error.ts'
import { toLong } from './java-number.ts'
import type { Kind, Node, Value } from './node.ts'
import type { Token } from './token.ts'

const INT_MAX = 2n ** 31n - 1n
const LONG_MAX = 2n ** 63n - 1n

/** A literal as a constant, with the type Java would give it: an `L` does not make a long, only the size does. */
export function literalNode(token: Token): Node | undefined {
  switch (token.type) {
    case 'string':
      return constant('string', token.text)
    case 'float':
      return constant('double', Number(token.text))
    case 'decimal':
      return wholeNumber(BigInt(token.text.replace(/[lL]$/, '')))
    case 'hex':
      return within64(BigInt(token.text), token)
    case 'octal':
      return within64(BigInt(token.text === '0' ? 0 : `0o${token.text.slice(1)}`), token)
    case 'keyword':
      if (token.text === 'TRUE') return constant('boolean', true)
      if (token.text === 'FALSE') return constant('boolean', false)
      return token.text === 'NULL' ? NULL : undefined
    case 'identifier':
    case 'symbol':
    case 'end':
    case 'invalid':
      return undefined
    default:
      return token.type satisfies never
  }
}

export const NULL: Node = constant('boolean', null)

/** `-` before a constant, when it is a whole number beyond 64 bits: -9223372036854775808 is written that way. */
export function negatedBig(node: Node): Node | undefined {
  if (node.type !== 'constant' || node.kind !== 'big' || typeof node.value !== 'bigint') return undefined
  const value = -node.value
  return value === -LONG_MAX - 1n ? constant('long', value) : constant('big', value)
}

function constant(kind: Kind, value: Value | null): Node {
  return { type: 'constant', kind, value, depth: 0 }
}

/** ActiveMQ looks at the low 64 bits of a number that is too large, and takes them when they make an int. */
function wholeNumber(value: bigint): Node {
  const low = BigInt.asIntN(64, value)
  if (low >= -INT_MAX - 1n && low <= INT_MAX) return constant('int', Number(low))
  return value <= LONG_MAX ? constant('long', toLong(value)) : constant('big', value)
}

function within64(value: bigint, token: Token): Node {
  if (value > LONG_MAX)
    throw new SelectorError(`${token.text} does not fit into 64 bits`, token.column, 'a number of at most 64 bits')
  return wholeNumber(value)
}

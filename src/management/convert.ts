import { BeanError } from './bean.ts'
import { parseJson } from './json.ts'
import { BadName, parseObjectName } from './object-name.ts'

/**
 * A text or JSON value as a Java parameter of that type (management J-11, JE-10). A `long` becomes a number: beyond 2^53
 * it is the nearest one. Throws a BeanError: NumberFormatException, or IllegalArgumentException.
 */
export function convert(type: string, value: unknown): unknown {
  if (value === null || value === undefined) {
    if (PRIMITIVE.has(type)) throw illegal(`null is no value of type ${type}`)
    return null
  }
  const whole = WHOLE.get(type)
  if (whole !== undefined) return wholeNumber(value, whole)
  switch (type) {
    case 'double':
    case 'float':
    case 'java.lang.Double':
    case 'java.lang.Float':
      return realNumber(value)
    case 'boolean':
    case 'java.lang.Boolean':
      return typeof value === 'boolean' ? value : text(value).toLowerCase() === 'true'
    case 'java.lang.String':
      return text(value)
    case 'char':
      return text(value).slice(0, 1)
    case 'java.util.Map':
      return record(value)
    case 'java.util.List':
    case '[Ljava.lang.String;':
      return list(value)
    case 'javax.management.ObjectName':
      return name(text(value))
    case 'java.lang.Object':
      return value
    default:
      throw illegal(`Cannot convert string ${text(value)} to type ${type} because no converter could be found`)
  }
}

const PRIMITIVE: ReadonlySet<string> = new Set(['int', 'long', 'short', 'byte', 'double', 'float', 'boolean', 'char'])

/** Bits of the signed whole numbers. */
const WHOLE: ReadonlyMap<string, bigint> = new Map([
  ['byte', 8n],
  ['java.lang.Byte', 8n],
  ['short', 16n],
  ['java.lang.Short', 16n],
  ['int', 32n],
  ['java.lang.Integer', 32n],
  ['long', 64n],
  ['java.lang.Long', 64n],
])

function wholeNumber(value: unknown, bits: bigint): number {
  const digits = text(value)
  if (!/^[+-]?\d{1,20}$/.test(digits)) throw noNumber(digits)
  const exact = BigInt(digits)
  const most = 1n << (bits - 1n)
  if (exact >= most || exact < -most) throw noNumber(digits)
  return Number(exact)
}

function realNumber(value: unknown): number {
  const digits = text(value).trim()
  const number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(digits) ? Number(digits) : Number.NaN
  if (!Number.isFinite(number)) throw noNumber(digits)
  return number
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  const parsed = typeof value === 'string' ? parseJson(value)?.value : value
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw illegal('Cannot convert to java.util.Map: no JSON object')
  return parsed as Readonly<Record<string, unknown>>
}

function list(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.map(text)
  const all = text(value)
  if (all.startsWith('[')) {
    const parsed = parseJson(all)?.value
    if (Array.isArray(parsed)) return parsed.map(text)
  }
  return all === '' ? [] : all.split(',')
}

function name(value: string): unknown {
  try {
    return parseObjectName(value)
  } catch (thrown) {
    if (thrown instanceof BadName) throw illegal(`Cannot parse ObjectName: ${thrown.message}`)
    throw thrown
  }
}

const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

const illegal = (message: string): BeanError => new BeanError('java.lang.IllegalArgumentException', message, 400)

/** The text is cut: an answer need not repeat what may be megabytes. */
const noNumber = (digits: string): BeanError =>
  new BeanError('java.lang.NumberFormatException', `For input string: "${digits.slice(0, 100)}"`, 400)

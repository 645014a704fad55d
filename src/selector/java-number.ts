/** Java's reading and writing of numbers, as far as selectors meet them. */

/** `Integer.valueOf`: an optional sign and digits, nothing else; NaN for everything else. */
export function parseInt32(text: string): number {
  const length = text.length
  const first = text.charCodeAt(0)
  let at = first === 45 || first === 43 ? 1 : 0
  if (at === length) return Number.NaN
  let value = 0
  for (; at < length; at++) {
    const digit = text.charCodeAt(at) - 48
    if (!(digit >= 0 && digit <= 9)) return Number.NaN
    value = value * 10 + digit
    if (value > 2_147_483_648) return Number.NaN
  }
  if (first === 45) return 0 - value
  return value === 2_147_483_648 ? Number.NaN : value
}

const WHOLE = /^[+-]?\d+$/

/** `Long.valueOf`; null for what is none. */
export function parseLong(text: string): number | bigint | null {
  const short = text.length < 16 ? parseShort(text) : Number.NaN
  if (!Number.isNaN(short)) return short
  if (!WHOLE.test(text)) return null
  const digits = text.replace(/^[+-]?0*/, '')
  if (digits.length > 19) return null
  const value = BigInt(`${text.startsWith('-') ? '-' : ''}${digits === '' ? '0' : digits}`)
  return value === BigInt.asIntN(64, value) ? toLong(value) : null
}

const parseShort = (text: string): number => (WHOLE.test(text) ? Number(text) + 0 : Number.NaN)

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fFdD]?$/
const SUFFIX = /[fFdD]$/
const HEXADECIMAL = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?\d+)[fFdD]?$/

/** `Double.valueOf`: outer white space, exponents, `1.5f`, `0x1p3`, `NaN` and `Infinity` are numbers; null for no number. */
export function parseDouble(text: string): number | null {
  const spaced = text.charCodeAt(0) <= 32 || text.charCodeAt(text.length - 1) <= 32
  const trimmed = spaced ? text.replace(/^[\0-\x20]+/, '').replace(TRAILING, '') : text
  if (DECIMAL.test(trimmed)) return Number(SUFFIX.test(trimmed) ? trimmed.slice(0, -1) : trimmed)
  if (/^[+-]?NaN$/.test(trimmed)) return Number.NaN
  if (/^[+-]?Infinity$/.test(trimmed)) return Number(trimmed)
  const [, sign = '', whole = '', fraction = '', power = ''] = HEXADECIMAL.exec(trimmed) ?? []
  if (whole + fraction === '') return null
  const digits = Number(BigInt(`0x${whole}${fraction}`)) * 2 ** (Number(power) - 4 * fraction.length)
  return sign === '-' ? -digits : digits
}

/** Anchored from the left as well, so that a long run of spaces inside is not tried at each of its places. */
const TRAILING = /(?<![\0-\x20])[\0-\x20]+$/

/** The one form of a long: a number where that is exact. */
export const toLong = (value: bigint): number | bigint =>
  value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value

/** `Double.compare`: -0 is below 0, NaN is above everything and equals itself. */
export function compareDouble(left: number, right: number): number {
  if (left < right) return -1
  if (left > right) return 1
  if (left === right && left !== 0) return 0
  return rank(left) - rank(right)
}

const rank = (value: number): number => (Number.isNaN(value) ? 1 : Object.is(value, -0) ? -1 : 0)

/** `Double.toString`: plain from 0.001 up to ten million, else one digit, a fraction and an exponent. */
export function doubleText(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const size = Math.abs(value)
  if (size >= 1e-3 && size < 1e7) return Number.isInteger(value) ? `${value}.0` : String(value)
  const [digits = '', exponent = ''] = value.toExponential().split('e')
  return `${digits.includes('.') ? digits : `${digits}.0`}E${Number(exponent)}`
}

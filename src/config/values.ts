/** The value grammars of config section 2. Each answers the value, or the sentence that says what was expected. */
export type Parsed<T> = { readonly value: T } | { readonly problem: string }

const INT_MAX = 2 ** 31 - 1
const UNITS: Readonly<Record<string, number>> = { '': 1, b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }

/** `64 mb`, `1g`, `20480` (config 2.1). `most` is the largest value of the attribute's Java type. */
export function parseSize(text: string, most: number = Number.MAX_SAFE_INTEGER): Parsed<number> {
  const match = /^\s*(\d+)\s*([bkmg]?)b?\s*$/i.exec(text)
  const unit = match?.[2]?.toLowerCase() ?? ''
  if (match === null || /bb\s*$/i.test(text)) {
    if (/^\s*-1\s*$/.test(text)) return { value: -1 }
    return { problem: 'is not a size; write a whole number with b, kb, mb or gb, such as 64 mb' }
  }
  const value = Number(match[1]) * (UNITS[unit] ?? 1)
  return value <= most ? { value } : { problem: `is larger than this setting can hold (${most} bytes)` }
}

export const parseSize32 = (text: string): Parsed<number> => parseSize(text, INT_MAX)

/** `true` or `false` in any case, or `1` and `0` (config 2.2). */
export function parseBoolean(text: string): Parsed<boolean> {
  const word = text.trim().toLowerCase()
  if (word === 'true' || word === '1') return { value: true }
  if (word === 'false' || word === '0') return { value: false }
  return { problem: 'is neither true nor false' }
}

/** A whole number; times are milliseconds and take no unit (config 2.3). */
export function parseInteger(text: string, most: number = Number.MAX_SAFE_INTEGER): Parsed<number> {
  const word = text.trim()
  if (!/^[+-]?\d+$/.test(word)) {
    const time = /^(\d+)\s*(ms|s|min|m|h|d)$/.exec(word)
    const factor = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 }[time?.[2] ?? '']
    if (factor !== undefined)
      return { problem: `is not a plain number; if it is a time, write ${Number(time?.[1]) * factor} (milliseconds)` }
    return { problem: 'is not a whole number' }
  }
  const value = Number(word)
  // Java's largest long is "no limit" in real files; as a double it stays just that.
  if (
    Math.abs(value) > most &&
    !(most === Number.MAX_SAFE_INTEGER && word.length <= 20 && isLong(BigInt(word.replace('+', ''))))
  )
    return { problem: `is outside the range of this setting (at most ${most})` }
  return { value: Math.min(value, Number.MAX_SAFE_INTEGER) }
}

const isLong = (value: bigint): boolean => value < 2n ** 63n && value >= -(2n ** 63n)

export const parseInt32 = (text: string): Parsed<number> => parseInteger(text, INT_MAX)

export function parseNumber(text: string): Parsed<number> {
  const word = text.trim()
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[fFdD]?$/.test(word)
    ? { value: parseFloat(word) }
    : { problem: 'is not a number' }
}

/** `5000,0`: two times in milliseconds. */
export function parsePair(text: string): Parsed<readonly [number, number]> {
  const match = /^\s*(\d+)\s*,\s*(\d+)\s*$/.exec(text)
  return match === null
    ? { problem: 'is not two numbers of milliseconds with a comma between, such as 5000,0' }
    : { value: [Number(match[1]), Number(match[2])] }
}

/** Comma-separated names, blanks around them trimmed, empty ones dropped (config 2.4). */
export const parseList = (text: string): readonly string[] =>
  text
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== '')

/** The check for a vocabulary type; types that are free text have none. */
export const PARSERS: Readonly<Record<string, (text: string) => Parsed<unknown>>> = {
  boolean: parseBoolean,
  'boolean-strict': parseBoolean,
  bytes: parseSize,
  bytes32: parseSize32,
  int: parseInt32,
  long: parseInteger,
  number: parseNumber,
  pair: parsePair,
}

/** The value grammars of config section 2. Each answers the value, or the sentence that says what was expected. */
export type Parsed<T> = { readonly value: T } | { readonly problem: string }

const INT_MAX = 2n ** 31n - 1n
const LONG_MAX = 2n ** 63n - 1n
const UNITS: Readonly<Record<string, bigint>> = { '': 1n, b: 1n, k: 1024n, m: 1024n ** 2n, g: 1024n ** 3n }

/** Longer ones are no number that anybody meant, and slow to read. */
const DIGITS_MOST = 60

/** Java's largest long is "no limit" in real files; what a double cannot hold becomes its largest whole number. */
const clamped = (value: bigint): number =>
  Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, Number(value)))

/** `64 mb`, `1g`, `20480` (config 2.1). `most` is the largest value of the attribute's Java type. */
export function parseSize(text: string, most: bigint = LONG_MAX): Parsed<number> {
  const match = /^\s*(\d+)\s*([bkmg]?)b?\s*$/i.exec(text)
  const unit = match?.[2]?.toLowerCase() ?? ''
  if (match === null || /bb\s*$/i.test(text)) {
    if (/^\s*-1\s*$/.test(text)) return { value: -1 }
    return { problem: 'is not a size; write a whole number with b, kb, mb or gb, such as 64 mb' }
  }
  if ((match[1] ?? '').length > DIGITS_MOST) return { problem: 'has more digits than any setting can hold' }
  const value = BigInt(match[1] ?? 0) * (UNITS[unit] ?? 1n)
  return value <= most ? { value: clamped(value) } : { problem: `is larger than this setting can hold (${most} bytes)` }
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
export function parseInteger(text: string, most: bigint = LONG_MAX): Parsed<number> {
  const word = text.trim()
  if (!/^[+-]?\d+$/.test(word)) {
    const time = /^(\d+)\s*(ms|s|min|m|h|d)$/.exec(word)
    const factor = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 }[time?.[2] ?? '']
    if (factor !== undefined)
      return { problem: `is not a plain number; if it is a time, write ${Number(time?.[1]) * factor} (milliseconds)` }
    return { problem: 'is not a whole number' }
  }
  if (word.length > DIGITS_MOST) return { problem: 'has more digits than any setting can hold' }
  const value = BigInt(word.replace('+', ''))
  return value <= most && value >= -most - 1n
    ? { value: clamped(value) }
    : { problem: `is outside the range of this setting (at most ${most})` }
}

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

/** A text in the one form of what it means as a vocabulary type. Null for free text, and for what is no such value. */
export function normalValue(type: string, text: string): string | null {
  const parsed = PARSERS[type]?.(text)
  return parsed !== undefined && 'value' in parsed ? JSON.stringify(parsed.value) : null
}

/** What is wrong with a text that its type does not accept. */
export function problemOf(type: string, text: string): string {
  const parsed = PARSERS[type]?.(text)
  return parsed !== undefined && 'problem' in parsed ? parsed.problem : 'is not of that type'
}

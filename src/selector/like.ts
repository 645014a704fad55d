import { spend } from './effort.ts'

/**
 * LIKE (S-10): `%` is any run, line breaks included, `_` one character, everything else itself; the whole text must match.
 * No regular expression: a text is walked from left to right, each run between two `%` is taken where it first fits.
 * That is linear in the text, unless a `_` follows a `%`: then it may cost text times pattern, and is paid for.
 */
export function compileLike(pattern: string, escape: string): (text: string) => boolean {
  const runs = runsOf(pattern, escape)
  const first = runs[0] ?? []
  if (runs.length === 1) {
    if (!first.includes(ANY)) {
      const whole = textOf(first)
      return text => text === whole
    }
    return text => fits(first, text, 0) === text.length
  }
  const last = backwards(runs[runs.length - 1] ?? [])
  const middle = runs
    .slice(1, -1)
    .filter(run => run.length > 0)
    .map(finder)
  return text => {
    let at = fits(first, text, 0)
    for (let i = 0; at >= 0 && i < middle.length; i++) at = middle[i]?.(text, at) ?? -1
    return at >= 0 && last(text) >= at
  }
}

/** `_` in a run of UTF-16 units. */
const ANY = -1

/** The pattern cut at its `%`. The escape has force before `%`, `_` and itself only; elsewhere it is a character like any other. */
function runsOf(pattern: string, escape: string): readonly (readonly number[])[] {
  const runs: number[][] = [[]]
  for (let at = 0; at < pattern.length; at++) {
    const next = pattern[at + 1]
    const run = runs[runs.length - 1]
    if (escape !== '' && pattern[at] === escape && (next === '%' || next === '_' || next === escape)) {
      at++
      run?.push(pattern.charCodeAt(at))
    } else if (pattern[at] === '%') runs.push([])
    else run?.push(pattern[at] === '_' ? ANY : pattern.charCodeAt(at))
  }
  return runs
}

const textOf = (units: readonly number[]): string => units.map(unit => String.fromCharCode(unit)).join('')

/** Where the run ends when it starts at `at`, or -1. A character outside the basic plane is one character. */
function fits(run: readonly number[], text: string, at: number): number {
  for (const unit of run) {
    if (at >= text.length) return -1
    if (unit === ANY) at += isPair(text, at) ? 2 : 1
    else if (text.charCodeAt(at++) !== unit) return -1
  }
  return at
}

/** Finds the first place from `at` on where the run fits, and answers where it ends. */
function finder(run: readonly number[]): (text: string, at: number) => number {
  if (!run.includes(ANY)) {
    const literal = textOf(run)
    return (text, at) => {
      const found = text.indexOf(literal, at)
      return found < 0 ? -1 : found + literal.length
    }
  }
  return (text, at) => {
    for (; at < text.length; at += isPair(text, at) ? 2 : 1) {
      spend(run.length)
      const end = fits(run, text, at)
      if (end >= 0) return end
    }
    return -1
  }
}

/** Where the last run starts when the text ends with it, or -1. */
function backwards(run: readonly number[]): (text: string) => number {
  return text => {
    let at = text.length
    for (let i = run.length - 1; i >= 0; i--) {
      if (at === 0) return -1
      if (run[i] === ANY) at -= at > 1 && isPair(text, at - 2) ? 2 : 1
      else if (text.charCodeAt(--at) !== run[i]) return -1
    }
    return at
  }
}

const isPair = (text: string, at: number): boolean =>
  (text.charCodeAt(at) & 0xfc00) === 0xd800 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00

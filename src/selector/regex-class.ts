import { RegexError, unserved } from './regex-error.ts'
import type { Accepts } from './regex-match.ts'

export interface Flags {
  /** Letters of ASCII in either case. */
  readonly i: boolean
  /** `^` and `$` at every line. */
  readonly m: boolean
  /** `.` takes line breaks too. */
  readonly s: boolean
}

/** What was read, and where to go on. */
type Read = readonly [Accepts, next: number]

/** A `[…]` that starts at `at`. */
export function classAt(source: string, at: number, flags: Flags): Read {
  const negated = source[at + 1] === '^'
  const start = at + (negated ? 2 : 1)
  const parts: Accepts[] = []
  for (let next = start; ;) {
    const char = source[next]
    if (char === undefined) throw new RegexError('a "[" is not closed')
    if (char === ']' && next > start) {
      const any: Accepts = c => parts.some(accepts => accepts(c))
      const accepts: Accepts = negated ? c => !any(c) : any
      return [Object.assign(accepts, { steps: parts.length >> 2 }), next + 1]
    }
    if (char === '[') throw unserved('a class inside a class')
    if (source.startsWith('&&', next)) throw unserved('"&&" in a class')
    const [part, after] = memberAt(source, next, flags)
    parts.push(part)
    next = after
  }
}

/** One member of a class: a set, a character, or a range of characters. */
function memberAt(source: string, at: number, flags: Flags): Read {
  const low = characterAt(source, at)
  if (low === undefined) return escapeAt(source, at, flags)
  const [from, next] = low
  if (source[next] !== '-' || source[next + 1] === ']' || source[next + 1] === undefined)
    return [range(from, from, flags), next]
  if (source[next + 1] === '[' || source.startsWith('&&', next + 1)) throw unserved('a class inside a class')
  const high = characterAt(source, next + 1)
  if (high === undefined || high[0] < from) throw new RegexError('a range of characters runs backwards')
  return [range(from, high[0], flags), high[1]]
}

function range(from: number, to: number, flags: Flags): Accepts {
  const within: Accepts = c => c >= from && c <= to
  return flags.i ? c => within(c) || (isLetter(c) && within(c ^ 32)) : within
}

const isLetter = (c: number): boolean => (c >= 65 && c <= 90) || (c >= 97 && c <= 122)

/** A character by itself or escaped; undefined for an escape that names a set. */
function characterAt(source: string, at: number): readonly [codePoint: number, next: number] | undefined {
  const plain = source.codePointAt(at) ?? 0
  if (plain !== 92) return [plain, at + (plain > 0xffff ? 2 : 1)]
  const letter = source[at + 1] ?? ''
  const control = CONTROLS[letter]
  if (control !== undefined) return [control, at + 2]
  NUMBERED.lastIndex = at
  const [all = '', hex, braced, unit, octal] = NUMBERED.exec(source) ?? []
  if (all !== '') {
    const codePoint = octal === undefined ? Number.parseInt(hex ?? braced ?? unit ?? '', 16) : Number.parseInt(octal, 8)
    if (codePoint > 0x10ffff || (codePoint >= 0xd800 && codePoint <= 0xdfff)) throw unserved(all)
    return [codePoint, at + all.length]
  }
  if (/^[A-Za-z0-9]?$/.test(letter)) return undefined
  const escaped = source.codePointAt(at + 1) ?? 0
  return [escaped, at + (escaped > 0xffff ? 3 : 2)]
}

const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, r: 13, f: 12, a: 7, e: 27 }
const NUMBERED = /\\(?:x([0-9A-Fa-f]{2})|x\{([0-9A-Fa-f]{1,6})\}|u([0-9A-Fa-f]{4})|0([0-3]?[0-7]{1,2}))/y

/** A `\` outside or inside of a class: a character or a set. */
export function escapeAt(source: string, at: number, flags: Flags): Read {
  const character = characterAt(source, at)
  if (character !== undefined) return [range(character[0], character[0], flags), character[1]]
  const letter = source[at + 1]
  if (letter === undefined) throw new RegexError('"\\" at the end')
  const set = SETS[letter.toLowerCase()]
  if (set !== undefined) return [letter === letter.toLowerCase() ? set : c => !set(c), at + 2]
  if (letter === 'p' || letter === 'P') return propertyAt(source, at, flags)
  throw unserved(`"\\${letter}"`)
}

const SETS: Readonly<Record<string, Accepts>> = {
  d: c => c >= 48 && c <= 57,
  w: c => isLetter(c) || (c >= 48 && c <= 57) || c === 95,
  s: c => c === 32 || (c >= 9 && c <= 13),
  h: c =>
    c === 32 ||
    c === 9 ||
    c === 0xa0 ||
    c === 0x1680 ||
    c === 0x180e ||
    c === 0x202f ||
    c === 0x205f ||
    c === 0x3000 ||
    (c >= 0x2000 && c <= 0x200a),
  v: c => (c >= 10 && c <= 13) || c === 0x85 || c === 0x2028 || c === 0x2029,
}

/** Java's POSIX classes are ASCII. */
const POSIX: ReadonlyMap<string, RegExp> = new Map(
  Object.entries({
    Lower: /^[a-z]$/,
    Upper: /^[A-Z]$/,
    ASCII: /^[\0-\x7f]$/,
    Alpha: /^[A-Za-z]$/,
    Digit: /^[0-9]$/,
    Alnum: /^[A-Za-z0-9]$/,
    Punct: /^[!-/:-@[-`{-~]$/,
    Graph: /^[!-~]$/,
    Print: /^[ -~]$/,
    Blank: /^[ \t]$/,
    Cntrl: /^[\0-\x1f\x7f]$/,
    XDigit: /^[0-9A-Fa-f]$/,
    Space: /^[ \t\n\x0b\f\r]$/,
  }),
)
const CATEGORY = /^(?:Is)?(L[ultmo]?|N[dlo]?|P[cdseifo]?|S[mcko]?|Z[slp]?|M[nce]?|C[cf])$/

/** `\p{…}`: POSIX classes and general categories. */
function propertyAt(source: string, at: number, flags: Flags): Read {
  const braced = /^\{([A-Za-z]+)\}/.exec(source.slice(at + 2))
  const name = braced?.[1] ?? source[at + 2] ?? ''
  const category = CATEGORY.exec(name)?.[1]
  const pattern = POSIX.get(name) ?? (category === undefined ? undefined : new RegExp(`^\\p{${category}}$`, 'u'))
  if (pattern === undefined || (flags.i && /^(?:Lower|Upper|L[ult])$/.test(name))) throw unserved(`\\p{${name}}`)
  const accepts: Accepts = c => pattern.test(String.fromCodePoint(c))
  return [source[at + 1] === 'P' ? c => !accepts(c) : accepts, at + 2 + (braced?.[0].length ?? 1)]
}

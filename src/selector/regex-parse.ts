import { SELECTOR_LIMITS } from './limits.ts'
import { classAt, escapeAt, type Flags } from './regex-class.ts'
import { RegexError, unserved } from './regex-error.ts'
import { programOf } from './regex-emit.ts'
import type { Accepts, Holds, Regex } from './regex-match.ts'
import { hasExactSpans, type Piece } from './regex-piece.ts'

export { RegexError } from './regex-error.ts'

/**
 * A Java regular expression as a program for the matcher. Throws `RegexError` for what Java would not accept and for what
 * is not served: look-around, references to groups, possessive quantifiers, atomic groups, `\G \R \X`, classes inside
 * classes and `&&`, flags other than `i m s`. What is served means what it means to Java.
 */
export function compileRegex(source: string): Regex {
  if (source.length > SELECTOR_LIMITS.pattern) throw new RegexError(`longer than ${SELECTOR_LIMITS.pattern} characters`)
  const parser = new RegexParser(source)
  const piece = parser.whole()
  const program = programOf({ type: 'group', index: 0, piece })
  return { program, groups: parser.groups, names: parser.names, exact: hasExactSpans(piece) }
}

const MOST_NESTED = 100
const QUANTIFIER = /([*+?]|\{(\d{1,9})(,(\d{1,9})?)?\})([?+]?)/y
const OPENING = /\((?:\?(?:([imsduxU-]*)([:)])|<([A-Za-z][A-Za-z0-9]*)>|))?/y

class RegexParser {
  groups = 0
  readonly names: Map<string, number> = new Map<string, number>()
  readonly #source: string
  #at = 0
  #nested = 0
  #flags: Flags = { i: false, m: false, s: false }

  constructor(source: string) {
    this.#source = source
  }

  whole(): Piece {
    const piece = this.#choice()
    if (this.#at < this.#source.length) throw new RegexError('")" without "("')
    return piece
  }

  #choice(): Piece {
    const pieces = [this.#sequence()]
    while (this.#source[this.#at] === '|') {
      this.#at++
      pieces.push(this.#sequence())
    }
    return { type: 'choice', pieces }
  }

  #sequence(): Piece {
    const pieces: Piece[] = []
    for (;;) {
      const char = this.#source[this.#at]
      if (char === undefined || char === '|' || char === ')') return { type: 'sequence', pieces }
      if (this.#source.startsWith('\\Q', this.#at)) pieces.push(...this.#quoted())
      else {
        const piece = this.#atom(char)
        if (piece !== undefined) pieces.push(this.#quantified(piece))
      }
    }
  }

  #quantified(piece: Piece): Piece {
    QUANTIFIER.lastIndex = this.#at
    const found = QUANTIFIER.exec(this.#source)
    if (found === null) {
      if (this.#source[this.#at] === '{') throw new RegexError('"{" without a count')
      return piece
    }
    const [all, sign = '', low = '0', range, high, mode] = found
    if (mode === '+') throw unserved(`the possessive quantifier ${all}`)
    this.#at += all.length
    if (/[*+?{]/.test(this.#source[this.#at] ?? '')) throw new RegexError('one quantifier after another')
    const [least, most] = counts(sign, Number(low), range, high)
    if (least > most) throw new RegexError(`the range ${all} is empty`)
    return { type: 'repeat', piece, least, most, lazy: mode === '?' }
  }

  #atom(char: string): Piece | undefined {
    switch (char) {
      case '(':
        return this.#group()
      case '[': {
        const [accepts, next] = classAt(this.#source, this.#at, this.#flags)
        this.#at = next
        return { type: 'char', accepts }
      }
      case '\\': {
        const anchor = ANCHORS[this.#source[this.#at + 1] ?? '']
        if (anchor !== undefined) {
          this.#at += 2
          return { type: 'assert', holds: anchor }
        }
        const [accepts, next] = escapeAt(this.#source, this.#at, this.#flags)
        this.#at = next
        return { type: 'char', accepts }
      }
      case '*':
      case '+':
      case '?':
      case '{':
        throw new RegexError(`"${char}" with nothing to repeat`)
      default:
        this.#at++
        return this.#simple(char)
    }
  }

  #simple(char: string): Piece {
    if (char === '^') return { type: 'assert', holds: this.#flags.m ? lineStart : textStart }
    if (char === '$') return { type: 'assert', holds: this.#flags.m ? lineEnd : textEnd }
    if (char === '.') return { type: 'char', accepts: this.#flags.s ? () => true : c => !isLineEnd(c) }
    const codePoint = this.#source.codePointAt(this.#at - 1) ?? 0
    if (codePoint > 0xffff) this.#at++
    return { type: 'char', accepts: literal(codePoint, this.#flags) }
  }

  /** `\Q…\E`: every character is itself. A quantifier after it would repeat the last one. */
  #quoted(): readonly Piece[] {
    const end = this.#source.indexOf('\\E', this.#at + 2)
    const text = this.#source.slice(this.#at + 2, end < 0 ? undefined : end)
    this.#at = end < 0 ? this.#source.length : end + 2
    const pieces = Array.from(text, (char): Piece => ({
      type: 'char',
      accepts: literal(char.codePointAt(0) ?? 0, this.#flags),
    }))
    const last = pieces.pop()
    return last === undefined ? [] : [...pieces, this.#quantified(last)]
  }

  #group(): Piece | undefined {
    OPENING.lastIndex = this.#at
    const [all = '', flags, end, name] = OPENING.exec(this.#source) ?? []
    const before = this.#flags
    if (all === '(?') throw unserved(`"${this.#source.slice(this.#at, this.#at + 4)}"`)
    this.#at += all.length
    if (flags !== undefined) this.#flags = changed(before, flags)
    if (end === ')') return undefined
    const index = flags === undefined ? ++this.groups : undefined
    if (index !== undefined && name !== undefined) {
      if (this.names.has(name)) throw new RegexError(`two groups are named ${name}`)
      this.names.set(name, index)
    }
    if (++this.#nested > MOST_NESTED) throw new RegexError(`more than ${MOST_NESTED} groups inside one another`)
    const piece = this.#choice()
    this.#nested--
    if (this.#source[this.#at] !== ')') throw new RegexError('a "(" is not closed')
    this.#at++
    this.#flags = before
    return index === undefined ? piece : { type: 'group', index, piece }
  }
}

function counts(
  sign: string,
  low: number,
  range: string | undefined,
  high: string | undefined,
): readonly [number, number] {
  const endless = Number.POSITIVE_INFINITY
  if (sign === '*') return [0, endless]
  if (sign === '+') return [1, endless]
  if (sign === '?') return [0, 1]
  if (range === undefined) return [low, low]
  return [low, high === undefined ? endless : Number(high)]
}

function changed(flags: Flags, letters: string): Flags {
  const [on = '', off = '', more] = letters.split('-')
  if (more !== undefined || /[duxU]/.test(letters)) throw unserved(`(?${letters})`)
  const after = { ...flags }
  for (const letter of on) if (letter === 'i' || letter === 'm' || letter === 's') after[letter] = true
  for (const letter of off) if (letter === 'i' || letter === 'm' || letter === 's') after[letter] = false
  return after
}

function literal(codePoint: number, flags: Flags): Accepts {
  const other = flags.i ? otherCase(codePoint) : codePoint
  return other === codePoint ? c => c === codePoint : c => c === codePoint || c === other
}

/** Java's `i` knows the letters of ASCII only. */
const otherCase = (c: number): number => ((c >= 65 && c <= 90) || (c >= 97 && c <= 122) ? c ^ 32 : c)

const isLineEnd = (c: number): boolean => c === 10 || c === 13 || c === 0x85 || c === 0x2028 || c === 0x2029

const textStart: Holds = (_, at) => at === 0
const insideLineBreak = (text: string, at: number): boolean =>
  text.charCodeAt(at - 1) === 13 && text.charCodeAt(at) === 10
/** Also before the line break that ends the text. */
const textEnd: Holds = (text, at) => {
  const rest = text.length - at
  if (rest === 0) return true
  if (rest === 2) return text.startsWith('\r\n', at)
  return rest === 1 && isLineEnd(text.charCodeAt(at)) && !insideLineBreak(text, at)
}
const lineStart: Holds = (text, at) =>
  at < text.length && (at === 0 || (isLineEnd(text.charCodeAt(at - 1)) && !insideLineBreak(text, at)))
const lineEnd: Holds = (text, at) =>
  at === text.length || (isLineEnd(text.charCodeAt(at)) && !insideLineBreak(text, at))
const WORD = /^[\p{L}\p{Nd}_]$/u
const isWord = (text: string, at: number): boolean =>
  at >= 0 && at < text.length && WORD.test(String.fromCodePoint(text.codePointAt(at) ?? 0))
const beforeWord = (text: string, at: number): boolean =>
  isWord(text, (text.charCodeAt(at - 1) & 0xfc00) === 0xdc00 ? at - 2 : at - 1)
const boundary: Holds = (text, at) => beforeWord(text, at) !== isWord(text, at)
const ANCHORS: Readonly<Record<string, Holds>> = {
  A: textStart,
  z: (text, at) => at === text.length,
  Z: textEnd,
  b: boundary,
  B: (text, at) => !boundary(text, at),
}

import { suggest } from '../base/suggest.ts'
import { keySecrets } from './secrets-keys.ts'
import type { Vocabulary } from '../vocabulary/vocabulary.ts'

/** Stands for a secret, whatever its length. */
export const MASK = '•••'

/** Offsets of a secret in a text. */
export interface Range {
  readonly start: number
  readonly end: number
}

/** Names a secret and is none. */
const PLACEHOLDER = /^\s*\$\{[^{}:]*\}\s*$/

/** Of `name`: is a setting called so secret? Of `<name>`: may stray text directly in that element be somebody's password? */
export type IsSecret = (name: string) => boolean

/** What is called so is secret whatever element it stands on, a bean of somebody else's included. */
const SECRET = /pass(?:word|code|phrase|wd)|secret|(?:^|[^a-z])pwd/i
/** These say where a password is, and hold none. */
const WHERE = /(?:EnvName|PropertyName|File|Path|Url)$/i
/** Of these a misspelling is secret too: `pasword="…"` is an unknown attribute, and still a password. */
const USUAL = ['password', 'passcode', 'passphrase', 'keyStorePassword', 'trustStorePassword']

interface Words {
  readonly known: ReadonlySet<string>
  /** `<name>` of the elements that have one of them. */
  readonly holders: ReadonlySet<string>
  readonly near: ReadonlySet<string>
}

const words = new WeakMap<Vocabulary, Words>()

function wordsOf(vocabulary: Vocabulary): Words {
  const made = words.get(vocabulary)
  if (made !== undefined) return made
  const known = new Set<string>()
  const holders = new Set<string>()
  for (const element of vocabulary.elementNames) {
    const { attributes = {} } = vocabulary.element(element)?.word ?? {}
    for (const [name, { secret }] of Object.entries(attributes)) {
      if (secret !== true) continue
      known.add(name)
      holders.add(`<${element}>`)
    }
  }
  const found: Words = { known, holders, near: new Set([...known, ...USUAL]) }
  words.set(vocabulary, found)
  return found
}

/** Is a setting of this name secret? The vocabulary's own secrets, and everything that looks like a password. */
export function secretNames(vocabulary: Vocabulary): IsSecret {
  const { known, holders, near } = wordsOf(vocabulary)
  const answers = new Map<string, boolean>()
  return name => {
    if (name.startsWith('<')) return holders.has(name)
    const local = name.slice(name.indexOf(':') + 1)
    let answer = answers.get(local)
    if (answer === undefined) {
      answer = known.has(local) || (SECRET.test(local) && !WHERE.test(local)) || suggest(local, near) !== null
      answers.set(local, answer)
    }
    return answer
  }
}

/**
 * Where the secrets of an XML, JSON or YAML text are, in order, none overlapping. It looks at the text and not at its tree, so that a
 * file that is not well-formed, a comment, and XML of other programs keep their secrets too.
 */
export function secretRanges(text: string, isSecret: IsSecret): readonly Range[] {
  const found = [
    ...attributeSecrets(text, isSecret),
    ...namedSecrets(text, isSecret),
    ...elementSecrets(text, isSecret),
    ...lineSecrets(text, isSecret),
    ...uriSecrets(text),
    ...keySecrets(text, isSecret),
  ].filter(({ start, end }) => end > start && !PLACEHOLDER.test(text.slice(start, end)))
  const ranges: Range[] = []
  for (const range of found.toSorted((a, b) => a.start - b.start)) {
    const last = ranges.at(-1)
    if (last !== undefined && range.start <= last.end)
      ranges[ranges.length - 1] = { start: last.start, end: Math.max(last.end, range.end) }
    else ranges.push(range)
  }
  return ranges
}

/** A text of one line with its secrets masked: a URI, a value, a sentence. */
export function masked(text: string, isSecret: IsSecret): string {
  let out = ''
  let from = 0
  for (const { start, end } of secretRanges(text, isSecret)) {
    out += text.slice(from, start) + MASK
    from = end
  }
  return out + text.slice(from)
}

/** `password="…"`, also without its closing quote. */
function* attributeSecrets(text: string, isSecret: IsSecret): Generator<Range> {
  for (const match of text.matchAll(/([\w:.-]+)\s*=\s*(?:"([^"]*)|'([^']*))/g)) {
    if (!isSecret(match[1] ?? '')) continue
    const end = match.index + match[0].length
    yield { start: end - (match[2] ?? match[3] ?? '').length, end }
  }
}

/** `<property name="password" value="…">`, `<prop key="a.password">…</prop>`, `<entry key=…>`: the value and the content. */
function* namedSecrets(text: string, isSecret: IsSecret): Generator<Range> {
  let unclosed = false
  for (const match of text.matchAll(/\b(?:name|key)\s*=\s*(?:"([^"<>]{1,200})"|'([^'<>]{1,200})')/g)) {
    if (!isSecret(match[1] ?? match[2] ?? '')) continue
    const start = text.lastIndexOf('<', match.index)
    const end = tagEnd(text, start)
    const tag = text.slice(start, end)
    for (const value of tag.matchAll(/\bvalue\s*=\s*(?:"([^"]*)|'([^']*))/g)) {
      const behind = start + value.index + value[0].length
      yield { start: behind - (value[1] ?? value[2] ?? '').length, end: behind }
    }
    const name = /^<([\w:.-]+)/.exec(tag)?.[1]
    if (name === undefined || tag.endsWith('/>')) continue
    const close = text.indexOf(`</${name}`, end)
    if (close >= 0) yield* contentSecrets(text, end, close)
    else if (!unclosed) yield* contentSecrets(text, end, text.length)
    unclosed ||= close < 0
  }
}

/** `<password>…</password>`: a property written as an element; and text astray in an element that has a password. */
function* elementSecrets(text: string, isSecret: IsSecret): Generator<Range> {
  for (const match of text.matchAll(/<([\w:.-]+)[^<>]*>/g)) {
    const name = match[1] ?? ''
    if (match[0].endsWith('/>')) continue
    const start = match.index + match[0].length
    if (isSecret(`<${name.slice(name.indexOf(':') + 1)}>`)) {
      const next = text.indexOf('<', start)
      yield* contentSecrets(text, start, next < 0 ? text.length : next)
    }
    if (!isSecret(name)) continue
    const close = text.indexOf(`</${name}`, start)
    yield* contentSecrets(text, start, close < 0 ? text.length : close)
    // Never closed: all the rest is masked by now.
    if (close < 0) return
  }
}

/** Everything between two places that is neither a tag nor blank. */
function* contentSecrets(text: string, from: number, to: number): Generator<Range> {
  for (const match of text.slice(from, to).matchAll(/(?<=^|>)[^<>]+/g)) {
    const blank = match[0].length - match[0].trimStart().length
    const start = from + match.index + blank
    yield { start, end: start + match[0].trim().length }
  }
}

/** `a.password=…` on a line of its own, as in properties inside the XML. */
function* lineSecrets(text: string, isSecret: IsSecret): Generator<Range> {
  for (const match of text.matchAll(/^[ \t]*([\w.-]+)[ \t]*[=:][ \t]*([^"'\s<>][^<>\r\n]*)/gm)) {
    if (!isSecret(match[1] ?? '')) continue
    const end = match.index + match[0].length
    yield { start: end - (match[2] ?? '').length, end }
  }
}

/** `?password=…`, `scheme://user:…@host`, and the default in `${a.password:…}`. */
function* uriSecrets(text: string): Generator<Range> {
  const name = String.raw`[\w.-]*(?:pass(?:word|code|phrase|wd)|secret|pwd)[\w.-]*`
  const places = [
    new RegExp(`[?&;,(]${name}=([^&"'\\s<>;,)]+)`, 'gi'),
    /:\/\/[^/@:\s"'<>]{1,200}:([^/@\s"'<>]+)(?=@)/g,
    new RegExp(String.raw`\$\{${name}:([^{}]+)`, 'gi'),
  ]
  for (const place of places) {
    for (const match of text.matchAll(place)) {
      const end = match.index + match[0].length
      yield { start: end - (match[1] ?? '').length, end }
    }
  }
}

/** Behind the `>` of the tag that starts at `start`; a `>` between quotes is none. */
function tagEnd(text: string, start: number): number {
  let quote = ''
  for (let i = Math.max(0, start); i < text.length; i++) {
    const char = text[i] ?? ''
    if (quote !== '') {
      if (char === quote) quote = ''
    } else if (char === '"' || char === "'") quote = char
    else if (char === '>') return i + 1
  }
  return text.length
}

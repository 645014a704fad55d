import { DOCUMENT_LIMITS, forbidden, refuseRepeated, Unreadable, type Entry, type List, type Node } from './node.ts'

/**
 * JSON text to nodes, by the letter of RFC 8259: no comments, no trailing commas, no key twice. `JSON.parse` knows no
 * places and lets the last of two equal keys win, so it is not used. Throws Unreadable.
 */
export function readJson(text: string): Node {
  const reader = new JsonReader(text)
  return reader.document()
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const WORD = /[A-Za-z_$][\w$]*/y
const PLAIN = /[^"\\\u0000-\u001f]+/y
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

class JsonReader {
  readonly #text: string
  #at = 0
  #depth = 0
  #values = 0

  constructor(text: string) {
    this.#text = text
  }

  document(): Node {
    this.#space()
    if (this.#at >= this.#text.length) throw new Unreadable(0, 'the file is empty')
    if (this.#text[this.#at] === '<') {
      const hint = 'call the file .xml if it is XML'
      throw new Unreadable(this.#at, 'not well-formed: JSON does not start with <', hint)
    }
    const value = this.#value()
    this.#space()
    if (this.#at < this.#text.length) throw this.#unexpected('the end of the file')
    return value
  }

  #value(): Node {
    if (++this.#values > DOCUMENT_LIMITS.values)
      throw forbidden(this.#at, `the file has more than ${DOCUMENT_LIMITS.values} values`, NEEDLESS)
    const offset = this.#at
    const first = this.#text[offset]
    if (first === '{' || first === '[') {
      if (++this.#depth > DOCUMENT_LIMITS.depth)
        throw forbidden(offset, `the file nests deeper than ${DOCUMENT_LIMITS.depth} levels`, NEEDLESS)
      const value = first === '{' ? this.#mapping(offset) : this.#list(offset)
      this.#depth--
      return value
    }
    if (first === '"') return { kind: 'scalar', text: this.#string(), offset }
    const number = this.#match(NUMBER)
    if (number !== null) return { kind: 'scalar', text: number, offset }
    const word = this.#match(WORD)
    if (word === 'true' || word === 'false') return { kind: 'scalar', text: word, offset }
    if (word === 'null') return { kind: 'scalar', text: null, offset }
    this.#at = offset
    throw this.#unexpected('a value')
  }

  #mapping(offset: number): Node {
    const entries: Entry[] = []
    this.#at++
    this.#space()
    while (this.#text[this.#at] !== '}') {
      const place = this.#at
      if (this.#text[place] !== '"') throw this.#unexpected('a key in double quotes')
      const key = this.#string()
      this.#space()
      if (this.#text[this.#at] !== ':') throw this.#unexpected('":"')
      this.#at++
      this.#space()
      entries.push({ key, value: this.#value(), offset: place, before: [] })
      this.#comma('}')
    }
    this.#at++
    refuseRepeated(entries)
    return { kind: 'mapping', entries, offset, end: [] }
  }

  #list(offset: number): Node {
    const items: List['items'][number][] = []
    this.#at++
    this.#space()
    while (this.#text[this.#at] !== ']') {
      items.push({ value: this.#value(), before: [] })
      this.#comma(']')
    }
    this.#at++
    return { kind: 'list', items, offset, end: [] }
  }

  /** Behind one entry: a comma and the next one, or the end. */
  #comma(end: string): void {
    this.#space()
    if (this.#text[this.#at] === end) return
    if (this.#text[this.#at] !== ',') throw this.#unexpected(`"," or "${end}"`)
    const comma = this.#at++
    this.#space()
    if (this.#text[this.#at] === end)
      throw new Unreadable(comma, `not well-formed: a comma before "${end}"`, 'JSON has no comma behind the last one')
  }

  #string(): string {
    const start = this.#at++
    let out = ''
    for (;;) {
      out += this.#match(PLAIN) ?? ''
      const next = this.#text[this.#at]
      if (next === '"') {
        this.#at++
        return out
      }
      if (next === undefined || next === '\n' || next === '\r')
        throw new Unreadable(start, 'not well-formed: the string that starts here is not closed in its line')
      if (next !== '\\')
        throw new Unreadable(this.#at, 'not well-formed: a control character in a string', 'write a tab as \\t')
      out += this.#escape()
    }
  }

  #escape(): string {
    const offset = this.#at
    const letter = this.#text[offset + 1] ?? ''
    this.#at += 2
    const plain = ESCAPES[letter]
    if (plain !== undefined) return plain
    const code = /^[0-9A-Fa-f]{4}$/.exec(this.#text.slice(offset + 2, offset + 6))
    if (letter !== 'u' || code === null)
      throw new Unreadable(offset, 'not well-formed: no such escape', 'a backslash itself is written \\\\')
    this.#at += 4
    return String.fromCharCode(Number.parseInt(code[0], 16))
  }

  #space(): void {
    while (' \t\n\r'.includes(this.#text[this.#at] ?? 'end')) this.#at++
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)
    if (found === null) return null
    this.#at = pattern.lastIndex
    return found[0]
  }

  /** What stands there is not repeated: it may be half a password. */
  #unexpected(wanted: string): Unreadable {
    const rest = this.#text.slice(this.#at, this.#at + 2)
    if (rest === '') return new Unreadable(this.#at, `not well-formed: the file ends where ${wanted} is expected`)
    let hint: string | null = null
    if (rest === '//' || rest === '/*' || rest.startsWith('#')) hint = 'JSON has no comments; YAML has, after #'
    else if (rest.startsWith("'")) hint = 'JSON strings stand in double quotes'
    else if (rest.startsWith(',')) hint = 'one comma between two values, none before the first'
    return new Unreadable(this.#at, `not well-formed: ${wanted} is expected here`, hint)
  }
}

export const NEEDLESS = 'no ActiveMQ configuration needs that'

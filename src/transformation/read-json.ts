import { Unreadable, depthMax, type Element } from './element.ts'

const SPACE = /[ \t\r\n]*/y
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y
const BARE = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y

/**
 * A JSON object with one member, as an element: members are elements, an array repeats its member's name. Numbers keep
 * the digits they were written with. Throws Unreadable.
 */
export function readJson(text: string): Element {
  return new JsonReader(text).read()
}

class JsonReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  read(): Element {
    const { children } = this.#object('', 0)
    this.#space()
    if (this.#at < this.#text.length) throw new Unreadable('text behind the object')
    const [only, ...others] = children
    if (only === undefined || others.length > 0) throw new Unreadable('an object with one member is expected')
    return only
  }

  #object(name: string, depth: number): Element {
    if (depth > depthMax) throw new Unreadable(`more than ${depthMax} objects within each other`)
    this.#expect('{')
    const children: Element[] = []
    let type: string | null = null
    if (this.#next() === '}') {
      this.#at++
      return { name, type, text: '', bare: false, children }
    }
    for (;;) {
      this.#space()
      const key = this.#string()
      this.#expect(':')
      if (key === '@class') type = this.#value(key, depth).text
      else this.#member(key, depth, children)
      if (this.#next() === ',') this.#at++
      else break
    }
    this.#expect('}')
    return { name, type, text: '', bare: false, children }
  }

  #member(key: string, depth: number, into: Element[]): void {
    if (this.#next() !== '[') {
      into.push(this.#value(key, depth))
      return
    }
    this.#at++
    if (this.#next() === ']') {
      this.#at++
      return
    }
    for (;;) {
      into.push(this.#value(key, depth))
      if (this.#next() === ',') this.#at++
      else break
    }
    this.#expect(']')
  }

  #value(name: string, depth: number): Element {
    const next = this.#next()
    if (next === '{') return this.#object(name, depth + 1)
    if (next === '"') return { name, type: null, text: this.#string(), bare: false, children: [] }
    const text = this.#match(BARE)
    if (text === null) throw new Unreadable(`a value of "${name}" is expected`)
    if (text === 'null') return { name, type: null, text: '', bare: false, children: [] }
    return { name, type: null, text, bare: true, children: [] }
  }

  #string(): string {
    const text = this.#match(STRING)
    if (text === null) throw new Unreadable('a string is expected')
    return JSON.parse(text) as string // the pattern is JSON's own
  }

  #next(): string | undefined {
    this.#space()
    return this.#text[this.#at]
  }

  #expect(what: string): void {
    if (this.#next() !== what) throw new Unreadable(`"${what}" is expected`)
    this.#at++
  }

  #space(): void {
    this.#match(SPACE)
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)
    if (found === null) return null
    this.#at = pattern.lastIndex
    return found[0]
  }
}

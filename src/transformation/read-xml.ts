import { Unreadable, depthMax, type Element } from './element.ts'

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }
const NAME = /[A-Za-z_][\w.-]*/y
const ATTRIBUTE = /\s+([A-Za-z_][\w.:-]*)\s*=\s*("[^"<]*"|'[^'<]*')/y
const SPACE = /\s*/y

interface Open {
  readonly name: string
  readonly type: string | null
  text: string
  readonly children: Element[]
}

/**
 * The one element of an XML text. A document type is refused, so there is nothing to expand; every character is looked at
 * a bounded number of times, and nesting is limited. Throws Unreadable.
 */
export function readXml(text: string): Element {
  return new XmlReader(text).read()
}

class XmlReader {
  readonly #text: string
  #at = 0
  readonly #open: Open[] = []
  #root: Element | null = null

  constructor(text: string) {
    this.#text = text
  }

  read(): Element {
    while (this.#at < this.#text.length) {
      if (this.#text[this.#at] === '<') this.#markup()
      else this.#characters()
    }
    const last = this.#open.at(-1)
    if (last !== undefined) throw new Unreadable(`<${last.name}> is not closed`)
    if (this.#root === null) throw new Unreadable('there is no element')
    return this.#root
  }

  #markup(): void {
    const text = this.#text
    if (text.startsWith('<!--', this.#at)) this.#skip('-->')
    else if (text.startsWith('<![CDATA[', this.#at)) this.#cdata()
    else if (text.startsWith('<?', this.#at)) this.#skip('?>')
    else if (text.startsWith('<!', this.#at)) throw new Unreadable('a document type is not allowed')
    else if (text.startsWith('</', this.#at)) this.#end()
    else this.#start()
  }

  #skip(end: string): void {
    const to = this.#text.indexOf(end, this.#at)
    if (to < 0) throw new Unreadable(`"${end}" is missing`)
    this.#at = to + end.length
  }

  #cdata(): void {
    const from = this.#at + '<![CDATA['.length
    this.#skip(']]>')
    this.#append(this.#text.slice(from, this.#at - ']]>'.length))
  }

  #characters(): void {
    const next = this.#text.indexOf('<', this.#at)
    const to = next < 0 ? this.#text.length : next
    const raw = this.#text.slice(this.#at, to)
    this.#at = to
    this.#append(raw.replace(/&(#x[0-9a-fA-F]{1,6}|#\d{1,7}|\w{1,8});?|&/g, expand))
  }

  #append(text: string): void {
    const open = this.#open.at(-1)
    if (open !== undefined) open.text += text
    else if (text.trim() !== '') throw new Unreadable('text outside of the element')
  }

  #start(): void {
    if (this.#root !== null) throw new Unreadable('more than one element')
    if (this.#open.length >= depthMax) throw new Unreadable(`more than ${depthMax} elements within each other`)
    this.#at++
    const name = this.#match(NAME)?.[0]
    if (name === undefined) throw new Unreadable('"<" without a name')
    let type: string | null = null
    for (let found = this.#match(ATTRIBUTE); found !== null; found = this.#match(ATTRIBUTE))
      if (found[1] === 'class') type = found[2]!.slice(1, -1)
    this.#match(SPACE)
    const element: Open = { name, type, text: '', children: [] }
    if (this.#text.startsWith('/>', this.#at)) {
      this.#at += 2
      this.#close(element)
    } else if (this.#text[this.#at] === '>') {
      this.#at++
      this.#open.push(element)
    } else throw new Unreadable(`<${name}> is not well formed`)
  }

  #end(): void {
    this.#at += 2
    const name = this.#match(NAME)?.[0] ?? ''
    this.#match(SPACE)
    const open = this.#open.pop()
    if (open === undefined || open.name !== name || this.#text[this.#at] !== '>')
      throw new Unreadable(`</${name}> closes nothing`)
    this.#at++
    this.#close(open)
  }

  #close({ name, type, text, children }: Open): void {
    const element: Element = { name, type, text: children.length > 0 ? '' : text, bare: false, children }
    const parent = this.#open.at(-1)
    if (parent === undefined) this.#root = element
    else parent.children.push(element)
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)
    if (found !== null) this.#at = pattern.lastIndex
    return found
  }
}

function expand(all: string, name: string | undefined): string {
  if (name === undefined || !all.endsWith(';')) throw new Unreadable('"&" begins no entity')
  if (!name.startsWith('#')) {
    const text = Object.hasOwn(ENTITIES, name) ? ENTITIES[name] : undefined
    if (text === undefined) throw new Unreadable(`unknown entity &${name};`)
    return text
  }
  const code = name[1] === 'x' ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1))
  if (code === 0 || code > 0x10ffff) throw new Unreadable(`&${name}; is no character`)
  return String.fromCodePoint(code)
}

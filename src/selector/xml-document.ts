/** A node of XPath's data model: comments are not kept, neighbouring texts are one. */
export interface XmlNode {
  readonly kind: 'root' | 'element' | 'text' | 'attribute' | 'instruction'
  /** As written, with its prefix; the target of an instruction. */
  readonly name: string
  readonly local: string
  readonly namespace: string
  /** Of a text, an attribute, an instruction. */
  readonly value: string
  readonly parent: XmlNode | null
  readonly children: XmlNode[]
  readonly attributes: XmlNode[]
  /** Its place in `XmlDocument.nodes`, which is document order. */
  readonly order: number
  /** The place of its last descendant or attribute, else its own. */
  last: number
}

export interface XmlDocument {
  readonly nodes: readonly XmlNode[]
  readonly root: XmlNode
}

/** Well-formed XML 1.0 with namespaces and without a document type (S-14), or null. Work is linear, nesting costs no stack. */
export function parseXml(text: string): XmlDocument | null {
  const reader = new Reader(text.replace(/\r\n?/g, '\n'))
  try {
    return reader.document()
  } catch (thrown) {
    if (thrown === MALFORMED) return null
    throw thrown
  }
}

const MALFORMED = new Error('not well-formed XML')

function malformed(): never {
  throw MALFORMED
}

const START =
  'A-Z_a-z\\u{C0}-\\u{D6}\\u{D8}-\\u{F6}\\u{F8}-\\u{2FF}\\u{370}-\\u{37D}\\u{37F}-\\u{1FFF}\\u{200C}\\u{200D}\\u{2070}-\\u{218F}' +
  '\\u{2C00}-\\u{2FEF}\\u{3001}-\\u{D7FF}\\u{F900}-\\u{FDCF}\\u{FDF0}-\\u{FFFD}\\u{10000}-\\u{EFFFF}'
const NCNAME = `[${START}][${START}\\-.0-9\\u{B7}\\u{300}-\\u{36F}\\u{203F}\\u{2040}]*`
const NAME = new RegExp(`(?:(${NCNAME}):)?(${NCNAME})`, 'uy')
const SPACE = /[ \t\n]*/y
const DECLARATION =
  /^<\?xml[ \t\n]+version[ \t\n]*=[ \t\n]*(?:"1\.[01]"|'1\.[01]')(?:[ \t\n]+encoding[ \t\n]*=[ \t\n]*(?:"[A-Za-z][\w.-]*"|'[A-Za-z][\w.-]*'))?(?:[ \t\n]+standalone[ \t\n]*=[ \t\n]*(?:"(?:yes|no)"|'(?:yes|no)'))?[ \t\n]*\?>/
const REFERENCE = /&(?:(lt|gt|amp|quot|apos)|#([0-9]{1,7})|#x([0-9A-Fa-f]{1,6}));|&/g
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }
const FORBIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\uFFFE\uFFFF]/
const XML = 'http://www.w3.org/XML/1998/namespace'
const XMLNS = 'http://www.w3.org/2000/xmlns/'

type RawAttribute = readonly [prefix: string, local: string, value: string]

class Reader {
  readonly #text: string
  #at = 0
  readonly #nodes: XmlNode[] = []
  #pending = ''
  readonly #scope = new Scope()

  constructor(text: string) {
    this.#text = text
  }

  document(): XmlDocument {
    if (FORBIDDEN.test(this.#text)) malformed()
    this.#at = DECLARATION.exec(this.#text)?.[0].length ?? 0
    const root = this.#add('root', null, '', '', '', '')
    let parent = root
    for (;;) {
      this.#characters(parent)
      if (this.#at === this.#text.length) break
      if (this.#skips(parent)) continue
      this.#flush(parent)
      if (this.#takes('</')) {
        parent = this.#close(parent)
        this.#scope.leave()
      } else {
        this.#at++
        if (parent === root && root.children.some(child => child.kind === 'element')) malformed()
        const [element, closed] = this.#open(parent)
        if (closed) this.#scope.leave()
        else parent = element
      }
    }
    if (parent !== root || !root.children.some(child => child.kind === 'element')) malformed()
    root.last = this.#nodes.length - 1
    return { nodes: this.#nodes, root }
  }

  /** Text up to the next `<`. Outside of the root element it is white space. */
  #characters(parent: XmlNode): void {
    const end = this.#text.indexOf('<', this.#at)
    const raw = this.#text.slice(this.#at, end < 0 ? undefined : end)
    this.#at += raw.length
    if (raw.includes(']]>')) malformed()
    if (parent.kind === 'root') {
      if (/[^ \t\n]/.test(raw)) malformed()
    } else this.#pending += resolved(raw)
  }

  /** Comments, CDATA sections and instructions; a document type is refused. */
  #skips(parent: XmlNode): boolean {
    if (this.#takes('<!--')) {
      if (this.#upTo('--').length >= 0 && !this.#takes('>')) malformed()
      return true
    }
    if (parent.kind !== 'root' && this.#takes('<![CDATA[')) {
      this.#pending += this.#upTo(']]>')
      return true
    }
    if (this.#takes('<?')) {
      this.#flush(parent)
      this.#instruction(parent)
      return true
    }
    return this.#text.startsWith('<!', this.#at) && malformed()
  }

  #instruction(parent: XmlNode): void {
    const [prefix, target] = this.#name()
    if (prefix !== '' || target.toLowerCase() === 'xml') malformed()
    const spaced = this.#space()
    const value = this.#upTo('?>')
    if (!spaced && value !== '') malformed()
    this.#add('instruction', parent, target, target, '', value)
  }

  #open(parent: XmlNode): readonly [XmlNode, closed: boolean] {
    const [prefix, local] = this.#name()
    const attributes: RawAttribute[] = []
    while (this.#space() && !/[/>]/.test(this.#text[this.#at] ?? '>')) attributes.push(this.#attribute())
    const scope = this.#scope
    scope.enter(attributes)
    const element = this.#add('element', parent, qualified(prefix, local), local, scope.namespaceOf(prefix, true), '')
    const seen = new Set<string>()
    attributes.sort(byName)
    for (const [before, name, value] of attributes) {
      if (before === 'xmlns' || (before === '' && name === 'xmlns')) continue
      const namespace = scope.namespaceOf(before, false)
      if (seen.size === seen.add(`${namespace} ${name}`).size) malformed()
      this.#add('attribute', element, qualified(before, name), name, namespace, value)
    }
    element.last = this.#nodes.length - 1
    const closed = this.#takes('/>')
    if (!closed && !this.#takes('>')) malformed()
    return [element, closed]
  }

  #attribute(): RawAttribute {
    const [prefix, local] = this.#name()
    this.#space()
    if (!this.#takes('=')) malformed()
    this.#space()
    const quote = this.#text[this.#at] ?? ''
    if (quote !== '"' && quote !== "'") malformed()
    this.#at++
    const raw = this.#upTo(quote)
    if (raw.includes('<')) malformed()
    return [prefix, local, resolved(raw.replace(/[\t\n]/g, ' '))]
  }

  #close(parent: XmlNode): XmlNode {
    const [prefix, local] = this.#name()
    this.#space()
    if (parent.parent === null || parent.name !== qualified(prefix, local) || !this.#takes('>')) malformed()
    parent.last = this.#nodes.length - 1
    return parent.parent ?? malformed()
  }

  #flush(parent: XmlNode): void {
    if (this.#pending !== '') this.#add('text', parent, '', '', '', this.#pending)
    this.#pending = ''
  }

  #add(
    kind: XmlNode['kind'],
    parent: XmlNode | null,
    name: string,
    local: string,
    namespace: string,
    value: string,
  ): XmlNode {
    const order = this.#nodes.length
    const node: XmlNode = {
      kind,
      name,
      local,
      namespace,
      value,
      parent,
      children: [],
      attributes: [],
      order,
      last: order,
    }
    if (kind === 'attribute') parent?.attributes.push(node)
    else parent?.children.push(node)
    this.#nodes.push(node)
    return node
  }

  #name(): readonly [prefix: string, local: string] {
    NAME.lastIndex = this.#at
    const found = NAME.exec(this.#text)
    if (found === null) return malformed()
    this.#at += found[0].length
    if (this.#text[this.#at] === ':') malformed()
    return [found[1] ?? '', found[2] ?? '']
  }

  #space(): boolean {
    SPACE.lastIndex = this.#at
    const length = SPACE.exec(this.#text)?.[0].length ?? 0
    this.#at += length
    return length > 0
  }

  #takes(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false
    this.#at += text.length
    return true
  }

  #upTo(end: string): string {
    const found = this.#text.indexOf(end, this.#at)
    if (found < 0) malformed()
    const text = this.#text.slice(this.#at, found)
    this.#at = found + end.length
    return text
  }
}

/** Attributes have no order of their own; ActiveMQ's document keeps them by name. */
function byName([p1, l1]: RawAttribute, [p2, l2]: RawAttribute): number {
  const [a, b] = [qualified(p1, l1), qualified(p2, l2)]
  return a < b ? -1 : a > b ? 1 : 0
}

const qualified = (prefix: string, local: string): string => (prefix === '' ? local : `${prefix}:${local}`)

function resolved(raw: string): string {
  if (!raw.includes('&')) return raw
  return raw.replace(
    REFERENCE,
    (all, name: string | undefined, decimal: string | undefined, hex: string | undefined) => {
      if (name !== undefined) return ENTITIES[name] ?? malformed()
      if (all === '&') return malformed()
      const codePoint = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal)
      if (codePoint > 0x10ffff || (codePoint >= 0xd800 && codePoint <= 0xdfff)) malformed()
      const char = String.fromCodePoint(codePoint)
      return FORBIDDEN.test(char) ? malformed() : char
    },
  )
}

/**
 * The namespaces in force, by prefix. Elements are entered and left one within the other; what an element declares is taken
 * back when it is left, so that declaring costs what is declared, however deep.
 */
class Scope {
  readonly #namespaces = new Map<string, string>([['xml', XML]])
  /** For each element what stood there before its declarations. */
  readonly #before: (readonly (readonly [prefix: string, namespace: string | undefined])[])[] = []

  enter(attributes: readonly RawAttribute[]): void {
    const before: (readonly [string, string | undefined])[] = []
    for (const [prefix, local, value] of attributes) {
      if (prefix !== 'xmlns' && !(prefix === '' && local === 'xmlns')) continue
      const declared = prefix === '' ? '' : local
      if (declared === 'xmlns' || value === XMLNS || (value === '' && declared !== '')) malformed()
      if ((declared === 'xml') !== (value === XML)) malformed()
      before.push([declared, this.#namespaces.get(declared)])
      this.#namespaces.set(declared, value)
    }
    this.#before.push(before)
  }

  leave(): void {
    for (const [prefix, namespace] of this.#before.pop()?.toReversed() ?? []) {
      if (namespace === undefined) this.#namespaces.delete(prefix)
      else this.#namespaces.set(prefix, namespace)
    }
  }

  namespaceOf(prefix: string, element: boolean): string {
    if (prefix === '') return element ? (this.#namespaces.get('') ?? '') : ''
    return prefix === 'xmlns' ? malformed() : (this.#namespaces.get(prefix) ?? malformed())
  }
}

import type { Code } from '../base/codes.ts'
import type { Position } from '../base/errors.ts'
import type { Findings } from '../base/findings.ts'
import { suggestion } from '../base/suggest.ts'
import { attributeOf, SPRING_BEANS, type ElementWord, type Vocabulary } from '../vocabulary/vocabulary.ts'
import { XML_LIMITS, type Attribute, type Element, type LineTable } from '../xml/xml.ts'
import { CORE, isName, parseQualified, unwritable, XMLNS } from './names.ts'
import { NEEDLESS } from './json.ts'
import type { Entry, Node } from './node.ts'
import type { Remark, Remarks } from './remarks.ts'

const NO_SPAN = { start: 0, open: 0, close: 0, end: 0 }
const NO_VALUE = { start: 0, valueStart: 0, valueEnd: 0 }
const GENERIC = ['name', 'namespace', 'attributes', 'children', 'text']

/**
 * A document's nodes to the elements an XML file would give. What does not have the form is told in `findings`, all of
 * it at once, each with its place; what ActiveMQ's words mean is left to whoever reads the elements.
 */
export class Shaper {
  readonly #vocabulary: Vocabulary
  readonly #lines: LineTable
  readonly #findings: Findings
  readonly #remarks = new Map<Element | Attribute, Remark>()
  #elements = 0
  #full = false

  constructor(vocabulary: Vocabulary, lines: LineTable, findings: Findings) {
    this.#vocabulary = vocabulary
    this.#lines = lines
    this.#findings = findings
  }

  get remarks(): Remarks {
    return this.#remarks
  }

  /** `{broker: …}` or `{beans: […]}`, and perhaps `$schema`. Null when it is neither; findings say why. */
  root(node: Node): Element | null {
    const start = this.#at(node.offset)
    if (node.kind !== 'mapping') {
      this.#wrong(start, `a configuration is an object, ${this.#called(node)} stands here`, WHOLE)
      return null
    }
    const tops = node.entries.filter(({ key }) => key === 'broker' || key === 'beans')
    for (const { key, value, offset } of node.entries) {
      if (key === 'broker' || key === 'beans') continue
      if (key !== '$schema') {
        const hint = tops.length === 0 ? WHOLE : (suggestion(key, ['$schema', 'broker', 'beans']) ?? WHOLE)
        this.#wrong(this.#at(offset), `"${key}" cannot stand at the top of a configuration`, hint)
      } else if (value.kind !== 'scalar')
        this.#wrong(this.#at(value.offset), '"$schema" is the address of a schema', null)
    }
    const [top, second] = tops
    if (top === undefined || second !== undefined) {
      const message =
        top === undefined ? 'neither "broker" nor "beans" is here' : '"broker" and "beans" exclude each other'
      this.#wrong(this.#at(second?.offset ?? node.offset), message, WHOLE)
      return null
    }
    return this.#top(
      top,
      node.entries.flatMap(({ before }) => [...before]),
      node.end,
    )
  }

  #top({ key, value, offset }: Entry, before: readonly string[], end: readonly string[]): Element | null {
    const at = this.#at(offset)
    let root: Element | null
    if (key === 'broker') root = this.#object('broker', value, at, 1)
    else if (value.kind === 'list') {
      const children = value.items.flatMap(item => this.#item(item.value, item.before, null, 2))
      root = this.#element(SPRING_BEANS, 'beans', at, { children })
      this.#remark(root, [], value.end)
    } else {
      this.#wrong(this.#at(value.offset), `"beans" is a list, ${this.#called(value)} stands here`, WHOLE)
      return null
    }
    if (root !== null) this.#remark(root, before, end)
    return root
  }

  /** One ActiveMQ element: its attributes and its slots. */
  #object(name: string, node: Node, at: Position, depth: number): Element | null {
    if (node.kind !== 'mapping') {
      const message = `"${name}" is an object with its attributes, ${this.#called(node)} stands here`
      this.#wrong(this.#at(node.offset), message, `without any, write {}`)
      return null
    }
    const word = this.#vocabulary.element(name)?.word ?? null
    const attributes: Attribute[] = []
    const children: Element[] = []
    for (const { key, value, offset, before } of node.entries) {
      const place = this.#at(offset)
      const names = word === null ? [] : Object.keys(word.attributes)
      if (!isName(key) || key.startsWith('xmlns')) {
        const hint = suggestion(key, names)
        this.#tell('CONFIG_UNKNOWN_ATTRIBUTE', place, `unknown attribute "${key}" on "${name}"`, hint)
      } else if (value.kind === 'scalar') {
        const text = this.#text(value, key)
        if (text === null) continue
        const attribute = this.#attribute('', key, text, place)
        attributes.push(attribute)
        this.#remark(attribute, before, [])
      } else children.push(...this.#slot(key, value, place, before, word, depth + 1))
    }
    const element = this.#element(CORE, name, at, { attributes, children, depth })
    this.#remark(element, [], node.end)
    return element
  }

  /** A property that holds objects: one, or a list. */
  #slot(
    key: string,
    value: Exclude<Node, { readonly kind: 'scalar' }>,
    at: Position,
    before: readonly string[],
    word: ElementWord | null,
    depth: number,
  ): readonly Element[] {
    if (
      word !== null &&
      attributeOf(word, key) === undefined &&
      value.kind === 'mapping' &&
      this.#vocabulary.element(key)
    ) {
      const hint = suggestion(key, Object.keys(word.attributes))
      this.#tell('CONFIG_MISPLACED', at, `"${key}" is an element and no property here`, hint)
      return []
    }
    const allowed = word !== null && Object.hasOwn(word.slots, key) ? (word.slots[key] ?? null) : null
    const children =
      value.kind === 'mapping'
        ? this.#item({ ...value, end: [] }, [], allowed, depth + 1, key)
        : value.items.flatMap(item =>
            item.value.kind === 'scalar'
              ? this.#listed(item.value, item.before, depth + 1)
              : this.#item(item.value, item.before, allowed, depth + 1, key),
          )
    const slot = this.#element(CORE, key, at, { children, depth })
    this.#remark(slot, before, value.end)
    return [slot]
  }

  /** A text in a list: `#id` refers to a bean, `#null` is nothing, `##` starts a text with one `#` (config 1.4). */
  #listed(node: Node, before: readonly string[], depth: number): readonly Element[] {
    const text = this.#text(node, 'a list')
    if (text === null) return []
    const at = this.#at(node.offset)
    const refers = text.startsWith('#') && !text.startsWith('##') && !text.startsWith('#{')
    let element: Element
    if (text === '#null') element = this.#element(SPRING_BEANS, 'null', at, { depth })
    else if (refers) {
      const attributes = [this.#attribute('', 'bean', text.slice(1), at)]
      element = this.#element(SPRING_BEANS, 'ref', at, { attributes, depth })
    } else element = this.#element(SPRING_BEANS, 'value', at, { text: text.replace(/^##/, '#'), depth })
    this.#remark(element, before, [])
    return [element]
  }

  /** An object with one key: an ActiveMQ element's name, or `element`. `slot`: the property it stands in. */
  #item(
    node: Node,
    before: readonly string[],
    allowed: readonly string[] | null,
    depth: number,
    slot: string | null = null,
  ): readonly Element[] {
    const place = slot === null ? 'here' : `in "${slot}"`
    if (node.kind !== 'mapping') {
      const message = `an element is an object with one key, its name; ${this.#called(node)} stands ${place}`
      this.#wrong(this.#at(node.offset), message, null)
      return []
    }
    const [entry, second] = node.entries
    if (entry === undefined || second !== undefined) {
      const found = entry === undefined ? 'none is' : `${node.entries.length} are`
      const message = `an element is an object with one key, its name; ${found} ${place}`
      this.#wrong(this.#at(second?.offset ?? node.offset), message, this.#nesting(allowed, slot, node.entries))
      return []
    }
    const at = this.#at(entry.offset)
    const known = this.#vocabulary.element(entry.key) !== null
    if (entry.key !== 'element' && !known) {
      const hint = suggestion(entry.key, allowed ?? [...this.#vocabulary.elementNames, 'element'])
      const nested = entry.value.kind === 'scalar' ? this.#nesting(allowed, slot, [entry]) : null
      this.#tell('CONFIG_UNKNOWN_ELEMENT', at, `unknown element "${entry.key}" ${place}`, nested ?? hint)
      return []
    }
    const element =
      entry.key === 'element' ? this.#generic(entry.value, depth) : this.#object(entry.key, entry.value, at, depth)
    if (element === null) return []
    this.#remark(element, [...before, ...entry.before], node.end)
    return [element]
  }

  /** The form for everything that is no ActiveMQ element. */
  #generic(node: Node, depth: number): Element | null {
    const at = this.#at(node.offset)
    if (node.kind !== 'mapping') {
      this.#wrong(at, `"element" is an object, ${this.#called(node)} stands here`, GENERIC_HINT)
      return null
    }
    const parts = new Map(node.entries.map(({ key, value }) => [key, value]))
    for (const { key, offset } of node.entries)
      if (!GENERIC.includes(key))
        this.#wrong(this.#at(offset), `"${key}" is no part of an "element"`, suggestion(key, GENERIC))
    const [name, namespace] = ['name', 'namespace'].map(key => {
      const part = parts.get(key)
      if (part === undefined) this.#wrong(at, `this "element" has no ${key}`, GENERIC_HINT)
      return part === undefined ? null : this.#text(part, key)
    })
    if (name === null || name === undefined || namespace === null || namespace === undefined) return null
    if (!isName(name) || namespace === XMLNS) {
      this.#wrong(at, `this "element" has a name or a namespace that no XML element can have`, GENERIC_HINT)
      return null
    }
    const text = parts.get('text')
    const own = text === undefined ? '' : (this.#text(text, 'text') ?? '')
    const attributes = this.#attributes(parts.get('attributes'))
    const list = parts.get('children')
    const children: Element[] = []
    let mixed = ''
    if (list !== undefined && list.kind !== 'list')
      this.#wrong(this.#at(list.offset), `"children" is a list, ${this.#called(list)} stands here`, null)
    else
      for (const { value, before } of list?.items ?? [])
        if (value.kind === 'scalar') mixed += this.#text(value, 'children') ?? ''
        else children.push(...this.#item(value, before, null, depth + 1))
    const place = this.#at(node.entries[0]?.offset ?? node.offset)
    const element = this.#element(namespace, name, place, { attributes, children, text: own + mixed, depth })
    const before = node.entries.flatMap(entry => [...entry.before])
    this.#remark(element, before, list?.kind === 'list' ? [...list.end, ...node.end] : node.end)
    return element
  }

  /** How an object is written in a slot: the element that has the keys that were found, and is in force here. */
  #nesting(allowed: readonly string[] | null, slot: string | null, found: readonly Entry[]): string | null {
    const words = (allowed ?? []).flatMap(name => this.#vocabulary.element(name) ?? [])
    const fits = words.filter(({ word }) => found.every(({ key }) => attributeOf(word, key) !== undefined))
    const inForce = fits.filter(({ word }) =>
      [word, ...found.map(({ key }) => attributeOf(word, key))].every(one => one?.verdict === 'HONOUR'),
    )
    const meant = inForce[0] ?? fits[0] ?? words[0]
    return meant === undefined || slot === null ? null : `write "${slot}": {"${meant.name}": {…}}`
  }

  #attributes(node: Node | undefined): readonly Attribute[] {
    if (node === undefined) return []
    if (node.kind !== 'mapping') {
      this.#wrong(this.#at(node.offset), `"attributes" is an object, ${this.#called(node)} stands here`, null)
      return []
    }
    return node.entries.flatMap(({ key, value, offset }) => {
      const { uri, local } = parseQualified(key)
      const at = this.#at(offset)
      if (!isName(local) || local.startsWith('xmlns') || uri === XMLNS || unwritable(uri) !== null) {
        this.#wrong(at, `"${key}" is no name of an attribute`, 'write name, or {namespace}name')
        return []
      }
      const text = this.#text(value, key)
      return text === null ? [] : [this.#attribute(uri, local, text, at)]
    })
  }

  #element(
    uri: string,
    local: string,
    at: Position,
    parts: Partial<Pick<Element, 'attributes' | 'children' | 'text'>> & { readonly depth?: number },
  ): Element {
    const { attributes = [], children = [], text = '', depth = 1 } = parts
    this.#elements++
    if (depth > XML_LIMITS.depth) this.#limit(at, `more than ${XML_LIMITS.depth} nested elements`)
    if (this.#elements > XML_LIMITS.elements) this.#limit(at, `more than ${XML_LIMITS.elements} elements`)
    if (attributes.length > XML_LIMITS.attributes)
      this.#limit(at, `more than ${XML_LIMITS.attributes} attributes on one element`)
    return { uri, local, qname: local, at, span: NO_SPAN, attributes, children, text }
  }

  #attribute(uri: string, local: string, value: string, at: Position): Attribute {
    return { uri, local, value, at, qname: local, span: NO_VALUE }
  }

  #limit(at: Position, what: string): void {
    if (!this.#full) this.#findings.refuse('CONFIG_XML_FORBIDDEN', at, `the file has ${what}`, NEEDLESS)
    this.#full = true
  }

  /** A scalar's text. Null, and told, when it is none. */
  #text(node: Node, name: string): string | null {
    const at = this.#at(node.offset)
    if (node.kind !== 'scalar') {
      this.#wrong(at, `"${name}" is a text, ${this.#called(node)} stands here`, null)
      return null
    }
    if (node.text === null) {
      this.#wrong(at, `"${name}" has no value`, 'leave the key out, or write "" for an empty text')
      return null
    }
    const wrong = unwritable(node.text)
    if (wrong === null) return node.text
    const code = (wrong.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
    this.#wrong(at, `"${name}" holds the character U+${code}, which no configuration can hold`, null)
    return null
  }

  #called(node: Node): string {
    if (node.kind === 'list') return 'a list'
    if (node.kind === 'mapping') return 'an object'
    return node.text === null ? 'nothing' : 'a text'
  }

  #remark(on: Element | Attribute, before: readonly string[], end: readonly string[]): void {
    if (before.length === 0 && end.length === 0) return
    const had = this.#remarks.get(on)
    this.#remarks.set(on, { before: [...before, ...(had?.before ?? [])], end: [...(had?.end ?? []), ...end] })
  }

  #at(offset: number): Position {
    return this.#lines.at(offset)
  }

  #wrong(at: Position, message: string, hint: string | null): void {
    this.#tell('CONFIG_FORM', at, message, hint)
  }

  #tell(code: Code, at: Position, message: string, hint: string | null): void {
    this.#findings.error(code, at, message, hint)
  }
}

const WHOLE = 'write {"broker": {…}}, or {"beans": [{"broker": {…}}, …]}'
const GENERIC_HINT = 'write {"element": {"name": "bean", "namespace": "…", "attributes": {…}, "children": […]}}'

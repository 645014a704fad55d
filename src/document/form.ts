import {
  attributeOf,
  isSpring,
  SPRING_BEANS,
  type AttributeWord,
  type ElementWord,
  type Vocabulary,
} from '../vocabulary/vocabulary.ts'
import type { Attribute, Element } from '../xml/xml.ts'
import { CORE, SCHEMA_ADDRESS, XSI } from './names.ts'
import type { Remark, Remarks } from './remarks.ts'

export type Json = string | number | boolean | readonly Json[] | { readonly [key: string]: Json }

/** A configuration as plain data, and the comments around its parts by JSON pointer. */
export interface ConfigDocument {
  readonly value: { readonly [key: string]: Json }
  readonly comments: ReadonlyMap<string, Remark>
  /** Sentences about what the form has no place for. */
  readonly lost: readonly string[]
}

/**
 * The form of a configuration without XML: `{broker: ELEMENT}`, or `{beans: [ITEM, …]}` in document order.
 *
 *   ITEM     {NAME: ELEMENT} for an ActiveMQ element; for all else
 *            {element: {name, namespace, attributes?: {name or {namespace}name: text}, children?: [ITEM…], text?}}
 *   ELEMENT  {attribute: text | number | boolean, slot: ITEM | [ITEM or text, …]}
 *
 * In a slot's list "#id" is a reference, "#null" nothing, any other text a value ("##" starts one that starts with #).
 * Whether a property was an attribute or a child element is not kept. An ActiveMQ element whose content the short form
 * cannot hold (a slot given twice, an unknown child) is written in the generic form, in ActiveMQ's namespace.
 */
export function documentOf(root: Element, vocabulary: Vocabulary, remarks: Remarks): ConfigDocument {
  return new Former(vocabulary, remarks).document(root)
}

type Entries = [string, Json][]

class Former {
  readonly #vocabulary: Vocabulary
  readonly #core: readonly string[]
  readonly #remarks: Remarks
  readonly #comments = new Map<string, Remark>()
  readonly #lost: string[] = []

  constructor(vocabulary: Vocabulary, remarks: Remarks) {
    this.#vocabulary = vocabulary
    this.#core = vocabulary.data.namespaces
    this.#remarks = remarks
  }

  document(root: Element): ConfigDocument {
    const top = this.#top(root)
    return { value: Object.fromEntries([['$schema', SCHEMA_ADDRESS], top]), comments: this.#comments, lost: this.#lost }
  }

  #top(root: Element): [string, Json] {
    const { before = [], end = [] } = this.#remarks.get(root) ?? {}
    const container = (root.local === 'beans' && isSpring(root, this.#core)) || root.local === 'blueprint'
    if (container) {
      this.#dropRoot(root)
      this.#comment('', before, [])
      this.#comment('/beans', [], end)
      return ['beans', root.children.map((child, index) => this.#item(child, `/beans/${index}`, true))]
    }
    const word = root.local === 'broker' ? this.#known(root) : null
    const short = word === null ? null : this.#element(root, word, '/broker')
    if (short === null) return ['beans', [this.#item(root, '/beans/0', true)]]
    if (root.uri === '') this.#lost.push(NO_NAMESPACE)
    this.#comment('', before, [])
    this.#comment('/broker', [], end)
    return ['broker', short]
  }

  #dropRoot(root: Element): void {
    for (const { qname } of said(root)) this.#lost.push(`the attribute "${qname}" of <${root.qname}>`)
    if (root.text.trim() !== '') this.#lost.push(`the text directly inside <${root.qname}>`)
    if (root.local === 'blueprint') this.#lost.push('that the file is an OSGi blueprint')
  }

  /** The vocabulary's word for an element, when it is one of ActiveMQ's. */
  #known(element: Element): ElementWord | null {
    if (element.uri !== '' && !this.#core.includes(element.uri)) return null
    return this.#vocabulary.element(element.local)?.word ?? null
  }

  /** `listed`: the comments are written before the item itself, else before its one key. */
  #item(element: Element, pointer: string, listed: boolean): Json {
    const { before = [], end = [] } = this.#remarks.get(element) ?? {}
    const word = this.#known(element)
    if (word !== null && element.uri === '' && element.local === 'broker') this.#lost.push(NO_NAMESPACE)
    const below = `${pointer}/${word === null ? 'element' : element.local}`
    const short = word === null ? null : this.#element(element, word, below)
    if (short === null) {
      this.#comment(listed ? pointer : `${pointer}/element`, before, [])
      return this.#generic(element, `${pointer}/element`, false)
    }
    this.#comment(listed ? pointer : below, before, [])
    if (isEmpty(short)) this.#comment(listed ? pointer : below, end, [])
    else this.#comment(below, [], end)
    return Object.fromEntries([[element.local, short]])
  }

  /** The short form; null when it cannot hold everything that is in the element. */
  #element(element: Element, word: ElementWord, pointer: string): { readonly [key: string]: Json } | null {
    const parts = new Parts(word)
    for (const { uri, local, value } of said(element)) {
      if (uri !== '') return null
      parts.scalar(local, value, true)
    }
    for (const child of element.children) if (!this.#child(child, word, parts)) return null
    if (parts.clash || element.text.trim() !== '') return null
    const scalars: Entries = []
    const others: Entries = []
    for (const { name, text, slot } of parts.all) {
      const key = `${pointer}/${escape(name)}`
      if (text !== null) {
        const multiline = /[\r\n]/.test(text)
        ;(multiline ? others : scalars).push([name, scalarOf(text, attributeOf(word, name))])
        this.#noteAttribute(element, slot, name, key)
      } else if (slot !== null) others.push([name, this.#slot(slot, attributeOf(word, name), key)])
    }
    return Object.fromEntries([...scalars, ...others])
  }

  #noteAttribute(element: Element, slot: Element | null, name: string, key: string): void {
    const source: Element | Attribute | undefined = slot ?? element.attributes.find(({ local }) => local === name)
    const { before = [], end = [] } = (source === undefined ? undefined : this.#remarks.get(source)) ?? {}
    this.#comment(key, [...before, ...end], [])
  }

  /** Takes one child as a property. False when it is none, or has what a property cannot have. */
  #child(child: Element, word: ElementWord, parts: Parts): boolean {
    const own = said(child)
    const text = child.text.trim()
    if (child.children.length > 0 && text !== '') return false
    let name = child.local
    if (isSpring(child, this.#core) && child.local === 'property') {
      const [first, direct, more] = ['name', 'value', 'ref'].flatMap(local =>
        own.filter(one => one.uri === '' && one.local === local),
      )
      if (first?.local !== 'name' || more !== undefined || own.length !== (direct === undefined ? 1 : 2)) return false
      name = first.value
      if (attributeOf(word, name) === undefined) return false
      if (direct !== undefined) {
        if (child.children.length > 0 || text !== '') return false
        parts.scalar(name, direct.local === 'ref' ? `#${direct.value}` : direct.value, false, child)
        return true
      }
    } else if (own.length > 0 || attributeOf(word, name) === undefined) return false
    if (child.children.length === 0 && text !== '') parts.scalar(name, text, false, child)
    else parts.slot(name, child)
    return true
  }

  #slot(slot: Element, word: AttributeWord | undefined, pointer: string): Json {
    const { before = [], end = [] } = this.#remarks.get(slot) ?? {}
    const things = this.#things(slot, pointer)
    const [only] = things
    this.#comment(pointer, things.length === 0 ? [...before, ...end] : before, things.length === 0 ? [] : end)
    if (things.length === 1 && only?.text === null && word?.type.startsWith('list') !== true)
      return this.#item(only.element, pointer, false)
    return things.map(({ element, text }, index) => {
      const place = `${pointer}/${index}`
      if (text === null) return this.#item(element, place, true)
      const remark = this.#remarks.get(element)
      this.#comment(place, [...(remark?.before ?? []), ...(remark?.end ?? [])], [])
      return text
    })
  }

  /** What stands in a slot, Spring's own lists taken apart and its simplest values as text. */
  #things(slot: Element, pointer: string): readonly Thing[] {
    return slot.children.flatMap((child): readonly Thing[] => {
      if (!isSpring(child, this.#core) || this.#known(child) !== null) return [{ element: child, text: null }]
      const text = simpleText(child)
      const list = ['list', 'set', 'array'].includes(child.local) && child.text.trim() === ''
      if (!list || said(child).length > 0) return [{ element: child, text }]
      const inner = this.#things(child, pointer)
      if (inner.length === 0) return [{ element: child, text }]
      const { before = [], end = [] } = this.#remarks.get(child) ?? {}
      this.#comment(pointer, before, end)
      return inner
    })
  }

  /** `slot`: the element stands for a property of the ActiveMQ element around it. */
  #generic(element: Element, pointer: string, slot: boolean): Json {
    const word = slot ? null : this.#known(element)
    const spring = !slot && word === null && isSpring(element, this.#core)
    const ours = slot || word !== null || this.#core.includes(element.uri)
    const entries: Entries = [
      ['name', element.local],
      ['namespace', spring ? SPRING_BEANS : ours ? CORE : element.uri],
    ]
    const attributes = said(element)
    if (attributes.length > 0) {
      const texts = attributes.map(({ uri, local, value }) => [uri === '' ? local : `{${uri}}${local}`, value] as const)
      entries.push(['attributes', Object.fromEntries(texts)])
    }
    const { end = [] } = this.#remarks.get(element) ?? {}
    if (element.children.length > 0) {
      const children = element.children.map((child, index) => {
        const place = `${pointer}/children/${index}`
        const property = word !== null && attributeOf(word, child.local) !== undefined
        if (!property) return this.#item(child, place, true)
        this.#comment(place, this.#remarks.get(child)?.before ?? [], [])
        return this.#generic(child, `${place}/element`, true)
      })
      entries.push(['children', children])
      this.#comment(`${pointer}/children`, [], end)
    } else this.#comment(pointer.replace(/\/element$/, ''), end, [])
    const text = element.children.length > 0 ? element.text.trim() : element.text
    if (text !== '') entries.push(['text', text])
    return { element: Object.fromEntries(entries) }
  }

  #comment(pointer: string, before: readonly string[], end: readonly string[]): void {
    if (before.length === 0 && end.length === 0) return
    const had = this.#comments.get(pointer)
    this.#comments.set(pointer, { before: [...(had?.before ?? []), ...before], end: [...(had?.end ?? []), ...end] })
  }
}

interface Thing {
  readonly element: Element
  /** For `<value>`, `<ref>` and `<null>`: the text that says the same in a list. */
  readonly text: string | null
}

/** Null when the element says more than a text can. */
function simpleText(element: Element): string | null {
  if (element.children.length > 0) return null
  const [only, second] = said(element)
  const text = element.text.trim()
  if (only === undefined) {
    if (element.local === 'value') return text.startsWith('#') ? `#${text}` : text
    return element.local === 'null' && text === '' ? '#null' : null
  }
  if (element.local !== 'ref' || second !== undefined || only.uri !== '' || !/^(bean|local)$/.test(only.local))
    return null
  return /^[^\s#{](?:.*\S)?$/.test(only.value) && only.value !== 'null' ? `#${only.value}` : null
}

interface Part {
  readonly name: string
  readonly text: string | null
  /** The child element it came from; null for an attribute. */
  readonly slot: Element | null
}

/** The properties of one element. Two of one property clash, unless both are plain attributes under two names. */
class Parts {
  readonly all: Part[] = []
  readonly #word: ElementWord
  readonly #plain = new Map<string, boolean>()
  clash = false

  constructor(word: ElementWord) {
    this.#word = word
  }

  scalar(name: string, text: string, attribute: boolean, slot: Element | null = null): void {
    this.#add(name, attribute && !/[\r\n]/.test(text))
    this.all.push({ name, text, slot })
  }

  slot(name: string, slot: Element): void {
    this.#add(name, false)
    this.all.push({ name, text: null, slot })
  }

  #add(name: string, plain: boolean): void {
    const key = attributeOf(this.#word, name)?.alias ?? name
    const before = this.#plain.get(key)
    if (before !== undefined && !(before && plain)) this.clash = true
    this.#plain.set(key, plain && before !== false)
  }
}

const NO_NAMESPACE = "that <broker> was in no namespace: it is in ActiveMQ's now"

/** The attributes that say something: no declarations of namespaces, no places of schema files. */
const said = ({ attributes }: Element): readonly Attribute[] =>
  attributes.filter(
    ({ qname, uri, local }) =>
      qname !== 'xmlns' && !qname.startsWith('xmlns:') && !(uri === XSI && /schemaLocation$/i.test(local)),
  )
const isEmpty = (value: object): boolean => Object.keys(value).length === 0

/** A name as one step of a JSON pointer (RFC 6901). */
export const escape = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1')

/** `false` rather than `"false"` where the word is a boolean or a number and the text is written as JSON would. */
function scalarOf(text: string, word: AttributeWord | undefined): Json {
  const type = word?.type ?? 'string'
  if (type.startsWith('boolean') && (text === 'true' || text === 'false')) return text === 'true'
  const counts = /^(int|long|number|bytes|bytes32)$/.test(type)
  return counts && /^(?:0|-?[1-9]\d{0,14})$/.test(text) ? Number(text) : text
}

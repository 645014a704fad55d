import type { Position } from '../base/errors.ts'
import { normalValue, type Item, type ObjectNode, type Origin, type Reading } from '../config/config.ts'
import { attributeOf, isSpring, type AttributeWord, type Verdict, type Vocabulary } from '../vocabulary/vocabulary.ts'
import type { Element } from '../xml/xml.ts'
import { masked, secretNames, type IsSecret } from './secrets.ts'

/**
 * What a difference changes: `behaviour` of this broker · `start`, which is refused with one of the two · `not-served`,
 * what ActiveMQ would do and this broker does not · `none`.
 */
export type Effect = 'behaviour' | 'start' | 'not-served' | 'none'

export interface Side {
  /** As it is written; null for a secret, which is never shown. */
  readonly text: string | null
  readonly at: Position
}

/** One difference in meaning. A side that is null is where nothing is given. */
export interface Difference {
  /** In the XML's words: `broker/transportConnectors/transportConnector[@name='stomp']/@uri`. */
  readonly path: string
  readonly kind: 'value' | 'object' | 'order' | 'outcome'
  readonly a: Side | null
  readonly b: Side | null
  /** What holds where nothing is given. */
  readonly otherwise: string | null
  readonly effect: Effect
}

/** One setting, as far as it can be compared and shown. */
export interface Given {
  /** Equal texts mean the same. */
  readonly same: string
  /** The same with the directories that follow from where the file lies left as their names. */
  readonly placed: string
  /** As it is written, passwords blotted out; null for a secret. */
  shown(): string | null
  /** Writing it out says no more than leaving it away. */
  readonly repeatsDefault: boolean
  readonly at: Position
  readonly verdict: Verdict
}

/** An object of a configuration in the form in which two are compared; its parts are worked out when asked for. */
export interface Thing {
  /** The element's name. */
  readonly name: string
  /** What it is known by among its likes, such as `@name='stomp'`; null when only by its place. */
  readonly identity: string | null
  readonly at: Position
  readonly verdict: Verdict
  values(): ReadonlyMap<string, Given>
  slots(): ReadonlyMap<string, Slot>
  defaultOf(name: string): string | null
}

export interface Slot {
  readonly things: readonly Thing[]
  readonly verdict: Verdict
  readonly list: boolean
}

/** Settings whose text is a set of names: blanks and order say nothing (config 2.4). */
const SETS = new Set(['read', 'write', 'admin', 'groups'])
/** What names an object among its likes, the first that it has. */
const IDENTITIES = ['name', 'username', 'physicalName', 'id', 'key']
const DESTINATIONS = ['queue', 'topic', 'tempQueue', 'tempTopic', 'destination']
/** Not called a password, and yet nobody's business. */
const PRIVATE = /credential|token|private.?key/i
const LOCATIONS = ['activemq.data', 'activemq.conf', 'activemq.base', 'activemq.home']

/** Turns what one reading found into things. */
export class Things {
  readonly #reading: Reading
  readonly #vocabulary: Vocabulary
  readonly #elements = new Map<string, Element>()
  readonly #reached = new Set<string>()
  readonly #isSecret: IsSecret

  constructor(reading: Reading, vocabulary: Vocabulary) {
    this.#reading = reading
    this.#vocabulary = vocabulary
    this.#isSecret = secretNames(vocabulary)
    for (const top of reading.context?.tops ?? [])
      for (const element of everything(top)) this.#elements.set(key(element.at), element)
  }

  object(node: ObjectNode): Thing {
    this.#reached.add(key(node.at))
    return {
      name: node.name,
      identity: identityOf(node)?.text ?? null,
      at: node.at,
      verdict: node.word.verdict,
      values: () => this.#values(node),
      slots: () => this.#slots(node),
      defaultOf: name => attributeOf(node.word, name)?.default ?? null,
    }
  }

  /** What stands beside the broker and was not reached from it; call it when everything else was compared. */
  others(): readonly Thing[] {
    const tops = this.#reading.context?.tops ?? []
    return tops.filter(top => !this.#reached.has(key(top.at)) && !fillsPlaceholders(top)).map(top => this.#element(top))
  }

  #values(node: ObjectNode): Map<string, Given> {
    const by = identityOf(node)?.by ?? ''
    const values = new Map<string, Given>()
    for (const [name, { text, raw, origins, at }] of node.values) {
      if (name === by && DESTINATIONS.includes(name)) continue
      const word = attributeOf(node.word, name)
      values.set(name, this.#given({ name, text, raw, origins, at, word }))
    }
    for (const [name, { raw, at }] of node.failed)
      values.set(name, this.#given({ name, text: raw, raw, origins: [], at, word: attributeOf(node.word, name) }))
    // Words of Spring's, and words that nobody knows: no value of the object, and yet something that is said.
    for (const { uri, local, qname, value, at } of node.element.attributes)
      if (uri === '' && qname !== 'xmlns' && local !== 'id' && attributeOf(node.word, local) === undefined)
        values.set(local, this.#given({ name: local, text: value, raw: value, origins: [], at, word: undefined }))
    for (const child of node.element.children) {
      const property = this.#property(child)
      if (property === null || attributeOf(node.word, property.name) !== undefined) continue
      const { name, raw } = property
      values.set(name, this.#given({ name, text: raw, raw, origins: [], at: child.at, word: undefined }))
    }
    return values
  }

  #slots(node: ObjectNode): Map<string, Slot> {
    const by = identityOf(node)?.by
    const slots = new Map<string, Slot>()
    for (const [name, items] of node.slots) {
      if (items.length === 0 || (name === 'destination' && by === name)) continue
      const word = attributeOf(node.word, name)
      const things = items.map(item => this.#item(item, word))
      slots.set(name, { things, verdict: word?.verdict ?? 'ACCEPT', list: word?.type.startsWith('list') === true })
    }
    for (const [name, elements] of this.#strays(node)) {
      const things = [...(slots.get(name)?.things ?? []), ...elements.map(element => this.#element(element))]
      const verdict = elements.every(({ local }) => local === 'constructor-arg') ? 'WARN' : 'REFUSE'
      slots.set(name, { things, verdict, list: true })
    }
    return slots
  }

  /** Elements that cannot stand where they stand, and so are in no slot; the file does not start, but they differ. */
  #strays({ element, word }: ObjectNode): ReadonlyMap<string, readonly Element[]> {
    const core = this.#vocabulary.data.namespaces
    const unknown = (one: Element): boolean =>
      (one.uri === '' || core.includes(one.uri)) && this.#vocabulary.element(one.local) === null && !isSpring(one, core)
    const strays = new Map<string, readonly Element[]>()
    for (const child of element.children) {
      const slot = attributeOf(word, child.local)
      const said = slot === undefined && child.local !== 'property' && child.local !== 'description'
      const found = slot === undefined ? (said ? [child] : []) : child.children.filter(unknown)
      const name = slot === undefined ? '' : (slot.alias ?? child.local)
      if (found.length > 0) strays.set(name, [...(strays.get(name) ?? []), ...found])
    }
    return strays
  }

  #item(item: Item, slot: AttributeWord | undefined): Thing {
    switch (item.kind) {
      case 'object':
        return this.object(item.object)
      case 'bean': {
        this.#reached.add(key(item.at))
        const verdict = this.#vocabulary.bean(item.className)?.verdict ?? slot?.beans ?? 'WARN'
        const element = this.#elements.get(key(item.at))
        if (element !== undefined) return { ...this.#element(element), verdict }
        return leaf(item.className, item.at, verdict, new Map())
      }
      case 'text': {
        const { text, raw, origins, at } = item.value
        const given = this.#given({ name: '', text, raw, origins, at, word: slot })
        return leaf('value', at, slot?.verdict ?? 'ACCEPT', new Map([['', given]]))
      }
      default:
        return item satisfies never
    }
  }

  /** Anything that the object tree knows only by name: Spring's beans and what is in them. */
  #element(element: Element): Thing {
    const core = this.#vocabulary.data.namespaces
    const known = element.uri === '' || core.includes(element.uri) ? this.#vocabulary.element(element.local) : null
    const [name, value] = IDENTITIES.flatMap(one => element.attributes.filter(({ local }) => local === one)).map(
      one => [one.local, one.value] as const,
    )[0] ?? [null, '']
    return {
      name: known?.name ?? element.local,
      identity: name === null ? null : `@${name}='${value}'`,
      at: element.at,
      verdict: known?.word.verdict ?? 'ACCEPT',
      values: () => this.#elementValues(element),
      slots: () => {
        const children = element.children.filter(child => this.#property(child) === null)
        const things = children.map(child => this.#element(child))
        return things.length === 0 ? new Map() : new Map([['', { things, verdict: 'ACCEPT', list: true }]])
      },
      defaultOf: () => null,
    }
  }

  /** Attributes, the text, and properties that are a plain text, however they are written. */
  #elementValues(element: Element): Map<string, Given> {
    const values = new Map<string, Given>()
    const secret = element.attributes.some(({ local, value }) => /^(name|key)$/.test(local) && this.#secret(value))
    const put = (name: string, raw: string, at: Position, hidden: boolean): void => {
      const filled = this.#reading.placeholders?.fill(raw)
      const { text, origins } = filled !== undefined && 'text' in filled ? filled : { text: raw, origins: [] }
      const word: AttributeWord = { type: 'string', verdict: 'ACCEPT', secret: hidden || this.#secret(name) }
      values.set(name, this.#given({ name, text, raw, origins, at, word }))
    }
    for (const { uri, local, qname, value, at } of element.attributes) {
      if (qname === 'xmlns' || qname.startsWith('xmlns:') || /schemaLocation$/i.test(local)) continue
      const property = uri.endsWith('/schema/p')
      if (property && local.endsWith('-ref')) put(`property[@name='${local.slice(0, -4)}']`, `#${value}`, at, false)
      else if (property) put(`property[@name='${local}']`, value, at, false)
      else put(`@${local}`, value, at, secret && local === 'value')
    }
    for (const child of element.children) {
      const property = this.#property(child)
      if (property !== null) put(`property[@name='${property.name}']`, property.raw, child.at, false)
    }
    if (element.text.trim() !== '') put('text()', element.text.trim(), element.at, secret)
    return values
  }

  #property(child: Element): { readonly name: string; readonly raw: string } | null {
    if (child.local !== 'property' || !isSpring(child, this.#vocabulary.data.namespaces)) return null
    const of = (local: string): string | undefined =>
      child.attributes.find(one => one.uri === '' && one.local === local)?.value
    const name = of('name')
    if (name === undefined) return null
    const [direct, ref] = [of('value'), of('ref')]
    const [only, second] = child.children
    if (only === undefined) {
      if (ref !== undefined) return { name, raw: `#${ref}` }
      return direct === undefined && child.text.trim() === '' ? null : { name, raw: direct ?? child.text.trim() }
    }
    const plain = second === undefined && only.children.length === 0
    if (plain && only.local === 'value') return { name, raw: only.text.trim() }
    const bean = only.attributes.find(({ local }) => local === 'bean')?.value
    return plain && only.local === 'ref' && bean !== undefined ? { name, raw: `#${bean}` } : null
  }

  #given(setting: {
    readonly name: string
    readonly text: string
    readonly raw: string
    readonly origins: readonly Origin[]
    readonly at: Position
    readonly word: AttributeWord | undefined
  }): Given {
    const { name, text, raw, origins, at, word } = setting
    const secret = word?.secret === true || this.#secret(name)
    const same = meaning(text, name, word)
    return {
      same,
      repeatsDefault: word?.default !== undefined && meaning(word.default, name, word) === same,
      placed: meaning(this.#unplaced(text, origins), name, word),
      shown: () => (secret ? null : `${masked(raw, this.#isSecret)}${whence(origins)}`),
      at,
      verdict: word?.verdict ?? 'ACCEPT',
    }
  }

  #secret(name: string): boolean {
    const plain = /^@?([\w.-]*)$|^property\[@name='(.*)'\]$/.exec(name)
    const said = plain?.[1] ?? plain?.[2] ?? name
    return said !== '' && (PRIVATE.test(said) || this.#isSecret(said))
  }

  #unplaced(text: string, origins: readonly Origin[]): string {
    let out = text
    for (const name of LOCATIONS) {
      const directory = this.#reading.outer.system[name] ?? ''
      const used = origins.some(origin => origin.name === name)
      if (used && directory.length > 1) out = out.replaceAll(directory, `\${${name}}`)
    }
    return out
  }
}

const leaf = (name: string, at: Position, verdict: Verdict, values: ReadonlyMap<string, Given>): Thing => ({
  name,
  identity: null,
  at,
  verdict,
  values: () => values,
  slots: () => new Map(),
  defaultOf: () => null,
})

/** A value as what it means by its type: `64 mb` is `67108864`, `TRUE` is `true`. */
function meaning(text: string, name: string, word: AttributeWord | undefined): string {
  const parsed = word === undefined ? null : normalValue(word.type, text)
  if (parsed !== null) return parsed
  const plain = text.trim()
  if (SETS.has(name)) {
    const names = plain.split(',').map(one => one.trim())
    return [...new Set(names)].toSorted().join(',')
  }
  const uri = /^([a-z][\w+.-]*:[^?()]*)\?([^()?]*)$/i.exec(plain)
  return uri === null ? plain : `${uri[1]}?${(uri[2] ?? '').split('&').toSorted().join('&')}`
}

interface Identity {
  readonly text: string
  /** The property that the object is named by. */
  readonly by: string
}

function identityOf(node: ObjectNode): Identity | null {
  const text = (name: string): string | null => node.values.get(name)?.text.trim() ?? null
  if (attributeOf(node.word, 'destination') !== undefined)
    for (const name of DESTINATIONS) {
      const value = text(name)
      if (value === null) continue
      const written = /^(queue|topic):(?:\/\/)?(.*)$/.exec(name === 'destination' ? value : '')
      return { text: written === null ? `@${name}='${value}'` : `@${written[1]}='${written[2]}'`, by: name }
    }
  const nested = node.slots.get('destination')?.[0]
  if (nested?.kind === 'object') {
    const inside = nested.object.values.get('physicalName') ?? nested.object.values.get('name')
    if (inside !== undefined) return { text: `@${nested.object.name}='${inside.text.trim()}'`, by: 'destination' }
  }
  for (const name of IDENTITIES) {
    const value = text(name)
    if (value !== null) return { text: `@${name}='${value}'`, by: name }
  }
  return node.id === null ? null : { text: `@id='${node.id}'`, by: 'id' }
}

const whence = (origins: readonly Origin[]): string =>
  origins.length === 0
    ? ''
    : ` (${origins.map(({ name, from }) => `${name}${from.startsWith('derived ') ? '' : ' from'} ${from}`).join(', ')})`

/** What such a bean does shows where the placeholders are. */
const fillsPlaceholders = ({ local, attributes }: Element): boolean =>
  local === 'property-placeholder' ||
  attributes.some(
    one =>
      one.local === 'class' &&
      /(?:PropertyPlaceholderConfigurer|PropertySourcesPlaceholderConfigurer)$|^org\.jasypt\./.test(one.value),
  )

const key = ({ file, line, column }: Position): string => `${file}:${line}:${column}`

function* everything(element: Element): Generator<Element> {
  yield element
  for (const child of element.children) yield* everything(child)
}

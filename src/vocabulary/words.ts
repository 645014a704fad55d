import { definitionOf, elementsOf, FOREIGN } from './schema.ts'
import type { Annotated, ElementSchema, PropertySchema, VocabularySchema } from './schema.ts'

/** HONOUR: in force. ACCEPT: valid, without effect here. WARN: not served. REFUSE: stops the start (config section 5). */
export type Verdict = 'HONOUR' | 'ACCEPT' | 'WARN' | 'REFUSE'

export interface Judgement {
  readonly verdict: Verdict
  /** For WARN and REFUSE: what the user loses, or what would go unprotected. For ACCEPT: why it has no meaning. */
  readonly reason?: string
  /** For HONOUR: what it changes here. */
  readonly effect?: string
  /** `tandemmq.name=value`: with this property a REFUSE becomes a WARN. */
  readonly override?: string
}

export interface AttributeWord extends Judgement {
  readonly type: string
  readonly doc?: string
  readonly default?: string
  /** A default that is no plain value, in words. */
  readonly defaultNote?: string
  /** The default of 5.7, when it differs. */
  readonly default570?: string
  /** First and last version; without them those of the element. */
  readonly since?: string
  readonly until?: string
  readonly deprecated?: boolean
  /** The value may not appear in any message. */
  readonly secret?: boolean
  /** Another spelling of this attribute. */
  readonly alias?: string
  /** What an unknown Java bean in this slot means. */
  readonly beans?: Verdict
}

export interface ElementWord extends Judgement {
  readonly doc: string
  readonly class?: string
  readonly alias?: string
  /** Without it: 4.1 or earlier. */
  readonly since?: string
  readonly until?: string
  readonly attributes: Readonly<Record<string, AttributeWord>>
  /** Which elements may stand in which slot; a slot that is not listed takes any. */
  readonly slots: Readonly<Record<string, readonly string[]>>
}

/** What the words say, without the JSON Schema around them. */
export interface VocabularyData {
  readonly namespaces: readonly string[]
}

/** Checks of a text by its type, compiled from the `text.…` definitions. */
export type TextChecks = Readonly<Record<string, (text: string) => boolean>>

/** Look-ups in `schemas/activemq.json`. An element is taken apart when it is first asked for. */
export class Vocabulary {
  readonly data: VocabularyData
  readonly #schema: VocabularySchema
  readonly #checks: TextChecks
  readonly #names: readonly string[]
  readonly #words = new Map<string, ElementWord>()
  readonly #byClass = new Map<string, string>()

  constructor(schema: VocabularySchema, checks: TextChecks = {}) {
    this.#schema = schema
    this.#checks = checks
    this.data = { namespaces: schema['x-namespaces'] }
    this.#names = Object.keys(schema.$defs.item.properties).filter(name => name !== FOREIGN)
    for (const name of this.#names) {
      const java = this.#element(name)['x-java']
      if (java !== undefined) this.#byClass.set(java, name)
    }
    for (const [name, bean] of Object.entries(schema['x-java-beans']))
      if (bean['x-element']) this.#byClass.set(name, bean['x-element'])
  }

  /** An element by name; an alias answers what it stands for. */
  element(name: string): { readonly name: string; readonly word: ElementWord } | null {
    const word = this.word(name)
    if (word === null) return null
    return word.alias === undefined ? { name, word } : this.element(word.alias)
  }

  /** An element by exactly this name. */
  word(name: string): ElementWord | null {
    const known = this.#words.get(name)
    if (known !== undefined) return known
    if (name === FOREIGN || !Object.hasOwn(this.#schema.$defs.item.properties, name)) return null
    const word = elementWord(this.#schema, this.#element(name))
    this.#words.set(name, word)
    return word
  }

  /** The element that a Java class is written as in XML. */
  elementOfClass(name: string): string | null {
    return this.#byClass.get(name) ?? null
  }

  bean(className: string): Judgement | null {
    const beans = this.#schema['x-java-beans']
    const bean = Object.hasOwn(beans, className) ? beans[className] : undefined
    return bean === undefined ? null : judgementOf(bean)
  }

  /** Is this text, with its placeholders filled, a value of that type? Types that are free text take any. */
  accepts(type: string, text: string): boolean {
    return this.#checks[type === 'boolean-strict' ? 'boolean' : type]?.(text) ?? true
  }

  get elementNames(): readonly string[] {
    return this.#names
  }

  #element(name: string): ElementSchema {
    return this.#schema.$defs[name] as ElementSchema // the keys of `item` name definitions of elements
  }
}

export const attributeOf = (word: ElementWord, name: string): AttributeWord | undefined =>
  Object.hasOwn(word.attributes, name) ? word.attributes[name] : undefined

/** Does a configured value merely repeat the default (blanks and case aside)? */
export const repeatsDefault = (word: AttributeWord, text: string): boolean =>
  word.default !== undefined && word.default.toLowerCase() === text.trim().toLowerCase()

function elementWord(schema: VocabularySchema, element: ElementSchema): ElementWord {
  const attributes: Record<string, AttributeWord> = {}
  const slots: Record<string, readonly string[]> = {}
  for (const [name, property] of Object.entries(element.properties ?? {})) {
    attributes[name] = attributeWord(property)
    const among = elementsOf(schema, property)
    if (among !== null) slots[name] = among
  }
  const judgement = judgementOf(element)
  return { ...renamed<Pick<ElementWord, 'doc'>>(element, ELEMENT_FIELDS), ...judgement, attributes, slots }
}

function attributeWord(property: PropertySchema): AttributeWord {
  const type = property['x-type'] ?? definitionOf(property.$ref).replace(/^type\./, '')
  const word = renamed<AttributeWord>(property, ATTRIBUTE_FIELDS, { type })
  return typeof property.default === 'string' || property.default === undefined
    ? word
    : { ...word, default: String(property.default) }
}

/** What a word is called in the schema, and here. */
const JUDGEMENT_FIELDS: Readonly<Record<string, string>> = {
  'x-class': 'verdict',
  'x-reason': 'reason',
  'x-effect': 'effect',
  'x-override': 'override',
}
const ELEMENT_FIELDS: Readonly<Record<string, string>> = {
  description: 'doc',
  'x-java': 'class',
  'x-alias': 'alias',
  'x-since': 'since',
  'x-until': 'until',
}
const ATTRIBUTE_FIELDS: Readonly<Record<string, string>> = {
  ...JUDGEMENT_FIELDS,
  description: 'doc',
  default: 'default',
  'x-default': 'defaultNote',
  'x-default-570': 'default570',
  'x-since': 'since',
  'x-until': 'until',
  deprecated: 'deprecated',
  'x-secret': 'secret',
  'x-alias': 'alias',
  'x-beans': 'beans',
}

export const judgementOf = (word: Annotated): Judgement => renamed<Judgement>(word, JUDGEMENT_FIELDS)

/** A word's fields under the names of this room. The schemas are checked by the tests, so the cast holds. */
export function renamed<T>(word: object, names: Readonly<Record<string, string>>, more: object = {}): T {
  const out: Record<string, unknown> = { ...more }
  for (const [key, value] of Object.entries(word)) {
    const name = names[key]
    if (name !== undefined) out[name] = value
  }
  return out as T
}

/** HONOUR: in force. ACCEPT: valid, without effect here. WARN: not served. REFUSE: stops the start (config section 5). */
export type Verdict = 'HONOUR' | 'ACCEPT' | 'WARN' | 'REFUSE'

export interface Judgement {
  readonly verdict: Verdict
  /** For WARN and REFUSE: what the user loses, or what would go unprotected. */
  readonly reason?: string
  /** `tandemmq.name=value`: with this property a REFUSE becomes a WARN. */
  readonly override?: string
}

export interface AttributeWord extends Judgement {
  readonly type: string
  readonly default?: string
  readonly since?: string
  readonly until?: string
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
  readonly since?: string
  readonly until?: string
  readonly attributes: Readonly<Record<string, AttributeWord>>
  /** Which elements may stand in which slot; a slot that is not listed takes any. */
  readonly slots?: Readonly<Record<string, readonly string[]>>
}

/** `schemas/activemq.json`. */
export interface VocabularyData {
  readonly namespaces: readonly string[]
  readonly elements: Readonly<Record<string, ElementWord>>
  readonly beans: Readonly<Record<string, Judgement & { readonly element?: string }>>
}

/** Look-ups in the vocabulary; the data itself stays as it was read. */
export class Vocabulary {
  readonly data: VocabularyData
  readonly #byClass = new Map<string, string>()

  constructor(data: VocabularyData) {
    this.data = data
    for (const [name, word] of Object.entries(data.elements)) if (word.class) this.#byClass.set(word.class, name)
    for (const [name, bean] of Object.entries(data.beans)) if (bean.element) this.#byClass.set(name, bean.element)
  }

  /** An element by name; an alias answers what it stands for. */
  element(name: string): { readonly name: string; readonly word: ElementWord } | null {
    const word = Object.hasOwn(this.data.elements, name) ? this.data.elements[name] : undefined
    if (word === undefined) return null
    return word.alias === undefined ? { name, word } : this.element(word.alias)
  }

  /** The element that a Java class is written as in XML. */
  elementOfClass(name: string): string | null {
    return this.#byClass.get(name) ?? null
  }

  bean(className: string): Judgement | null {
    return this.data.beans[className] ?? null
  }

  get elementNames(): readonly string[] {
    return Object.keys(this.data.elements)
  }
}

export const attributeOf = (word: ElementWord, name: string): AttributeWord | undefined =>
  Object.hasOwn(word.attributes, name) ? word.attributes[name] : undefined

/** Does a configured value merely repeat the default (blanks and case aside)? */
export const repeatsDefault = (word: AttributeWord, text: string): boolean =>
  word.default !== undefined && word.default.toLowerCase() === text.trim().toLowerCase()

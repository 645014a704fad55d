import type { Position } from '../base/errors.ts'
import type { Finding } from '../base/findings.ts'
import { parseUri, type Item, type ObjectNode, type Reading, type Value } from '../config/config.ts'
import {
  attributeOf,
  type AttributeWord,
  type Judgement,
  type Verdict,
  type TransportData,
  type Vocabulary,
} from '../vocabulary/vocabulary.ts'
import { masked, MASK, type IsSecret } from './secrets.ts'

/** Where a value came from. */
export type Source =
  | {
      readonly kind: 'default'
      /** A default that depends on something, in words. */
      readonly note: string | null
    }
  | {
      readonly kind: 'written'
      readonly at: Position
      /** The name it was written under, when that is another one. */
      readonly as: string | null
      /**
       * The placeholders in it, and what filled them: `-D`, `environment`, `default`, a file; of ActiveMQ's directories
       * also the variable that names them (`ACTIVEMQ_DATA`), or `derived from …`.
       */
      readonly placeholders: readonly { readonly name: string; readonly from: string }[]
    }

export interface ExplainedValue {
  readonly kind: 'value'
  readonly name: string
  /** Masked when it is secret; null: what is written cannot be used. */
  readonly value: string | null
  readonly source: Source
  readonly verdict: Verdict
  /** What it changes here, or what is lost. */
  readonly effect: string | null
  readonly findings: readonly Finding[]
  /** What stands behind the `?` of a connector's URI. */
  readonly options?: readonly ExplainedOption[]
}

export interface ExplainedOption {
  readonly name: string
  readonly value: string
  /** Null: no option of that name is known. */
  readonly verdict: Verdict | null
  readonly effect: string | null
}

export interface ExplainedSlot {
  readonly kind: 'slot'
  readonly name: string
  readonly verdict: Verdict
  readonly effect: string | null
  readonly items: readonly ExplainedItem[]
}

export interface ExplainedObject {
  readonly kind: 'object'
  readonly element: string
  /** What a person calls it: its name, or the destination or user that it is for. */
  readonly label: string | null
  readonly at: Position
  readonly verdict: Verdict
  readonly effect: string | null
  readonly findings: readonly Finding[]
  readonly values: readonly ExplainedValue[]
  readonly slots: readonly ExplainedSlot[]
}

export type ExplainedItem =
  | ExplainedObject
  /** Told above already: an object that two places refer to. */
  | { readonly kind: 'again'; readonly element: string; readonly label: string | null; readonly at: Position }
  | {
      readonly kind: 'bean'
      readonly className: string
      readonly at: Position
      readonly verdict: Verdict
      readonly effect: string | null
      readonly findings: readonly Finding[]
    }
  | { readonly kind: 'text'; readonly value: string; readonly source: Source }

export interface ExplainOptions {
  /** The defaults of what has no effect here as well. */
  readonly all: boolean
  readonly isSecret: IsSecret
  readonly vocabulary: Vocabulary
  readonly transports: TransportData
}

/** Findings that say the verdict of a word once more. */
const SAID = new Set(['CONFIG_NOT_SERVED', 'CONFIG_NO_EFFECT', 'CONFIG_PROTECTION', 'CONFIG_OVERRIDDEN'])

/** Turns the objects of one reading into what is said about them. */
export class Explainer {
  readonly #options: ExplainOptions
  readonly #findings = new Map<string, Finding[]>()
  readonly #told = new Set<ObjectNode>()

  constructor({ findings }: Reading, options: ExplainOptions) {
    this.#options = options
    for (const finding of findings) {
      if (SAID.has(finding.code)) continue
      const key = keyOf(finding.at)
      const others = this.#findings.get(key)
      if (others === undefined) this.#findings.set(key, [finding])
      else others.push(finding)
    }
  }

  /** `slot` is the property it stands in, which says what a class that nobody knows means there. */
  item(item: Item, slot?: AttributeWord): ExplainedItem {
    switch (item.kind) {
      case 'object':
        return this.object(item.object)
      case 'bean':
        return this.#bean(item.className, item.at, slot)
      case 'text': {
        return { kind: 'text', value: this.#masked(item.value), source: written(item.value, null) }
      }
      default:
        return item satisfies never
    }
  }

  #bean(className: string, at: Position, slot?: AttributeWord): ExplainedItem {
    const unknown = { verdict: slot?.beans ?? 'WARN', reason: 'a Java class, which cannot be run' } as const
    const word = this.#options.vocabulary.bean(className) ?? unknown
    return { kind: 'bean', className, at, verdict: word.verdict, effect: effectOf(word), findings: this.#at(at) }
  }

  object(node: ObjectNode): ExplainedItem {
    const head = { element: node.element.local, label: this.#label(node), at: node.at }
    if (this.#told.has(node)) return { kind: 'again', ...head }
    this.#told.add(node)
    const { verdict } = node.word
    const values = [...this.#given(node), ...this.#defaults(node)]
    const slots = [...node.slots.keys()].map(name => this.slot(node, name))
    const findings = this.#at(node.at)
    return { kind: 'object', ...head, verdict, effect: effectOf(node.word), findings, values, slots }
  }

  slot(node: ObjectNode, name: string): ExplainedSlot {
    const word = attributeOf(node.word, name)
    const items = (node.slots.get(name) ?? []).map(item => this.item(item, word))
    return {
      kind: 'slot',
      name,
      verdict: word?.verdict ?? 'HONOUR',
      effect: word === undefined ? null : effectOf(word),
      items,
    }
  }

  /** One attribute, written or not; null when the element has none of that name. */
  value(node: ObjectNode, name: string): ExplainedValue | null {
    const word = attributeOf(node.word, name)
    if (word === undefined) return null
    const key = word.alias ?? name
    const meant = attributeOf(node.word, key) ?? word
    const value = node.values.get(key)
    const failed = node.failed.get(key)
    const base = { kind: 'value', name: key, verdict: meant.verdict, effect: effectOf(meant) } as const
    if (value !== undefined) {
      const as = value.spelling === key ? null : value.spelling
      const findings = this.#at(value.at)
      return {
        ...base,
        ...this.#uriOptions(node, key, value.text),
        value: this.#isSecret(key, meant) ? MASK : this.#masked(value),
        source: written(value, as),
        findings,
      }
    }
    if (failed !== undefined) {
      const as = failed.spelling === key ? null : failed.spelling
      const source: Source = { kind: 'written', at: failed.at, as, placeholders: [] }
      return { ...base, value: null, source, findings: this.#at(failed.at) }
    }
    const source: Source = { kind: 'default', note: meant.defaultNote ?? null }
    return { ...base, value: meant.default ?? null, source, findings: [] }
  }

  #uriOptions({ name: element }: ObjectNode, key: string, uri: string): Pick<ExplainedValue, 'options'> {
    const parsed = element === 'transportConnector' && key === 'uri' ? parseUri(uri) : null
    if (parsed === null || 'problem' in parsed || parsed.options.size === 0) return {}
    const { transports, isSecret } = this.#options
    const words = new Map(Object.entries(transports.options).map(([name, word]) => [name.toLowerCase(), word]))
    const options = [...parsed.options].map(([name, text]) => {
      const word = words.get(name.toLowerCase())
      const value = isSecret(name) ? MASK : masked(text, isSecret)
      return { name, value, verdict: word?.verdict ?? null, effect: word === undefined ? null : effectOf(word) }
    })
    return { options }
  }

  #label(node: ObjectNode): string | null {
    const value = labelOf(node)
    return value === null ? node.id : this.#masked(value)
  }

  #isSecret(name: string, word: AttributeWord): boolean {
    return word.secret === true || this.#options.isSecret(name)
  }

  /** A password does not become a plain word by standing where none is expected. */
  #masked({ text, origins }: Value): string {
    const { isSecret } = this.#options
    return origins.some(({ name }) => isSecret(name)) ? MASK : masked(text, isSecret)
  }

  /** As they stand in the file. */
  #given(node: ObjectNode): readonly ExplainedValue[] {
    const places = [...node.values, ...node.failed].toSorted(([, a], [, b]) => inFile(a.at, b.at))
    return [...new Set(places.map(([name]) => name))].flatMap(name => this.value(node, name) ?? [])
  }

  #defaults(node: ObjectNode): readonly ExplainedValue[] {
    const { all } = this.#options
    return Object.entries(node.word.attributes).flatMap(([name, word]) => {
      const known = node.values.has(name) || node.failed.has(name) || node.slots.has(name)
      const has = word.default !== undefined || word.defaultNote !== undefined
      const told = has && word.alias === undefined && (all || word.verdict === 'HONOUR')
      return known || !told ? [] : (this.value(node, name) ?? [])
    })
  }

  #at(place: Position): readonly Finding[] {
    return this.#findings.get(keyOf(place)) ?? []
  }
}

const keyOf = ({ file, line, column }: Position): string => `${file}:${line}:${column}`

const inFile = (a: Position, b: Position): number => a.line - b.line || a.column - b.column

const written = ({ at, origins }: Value, as: string | null): Source => ({
  kind: 'written',
  at,
  as,
  placeholders: origins,
})

const LABELS = ['name', 'queue', 'topic', 'destination', 'physicalName', 'username', 'brokerName', 'remoteURI']

/** What a person calls an object: its name, or what it is for. Null: it has no such value; it may have an id. */
export const labelOf = ({ values }: ObjectNode): Value | null =>
  LABELS.map(name => values.get(name)).find(value => value !== undefined && value.text !== '') ?? null

type Told = Judgement & { readonly doc?: string }

/** What a word changes here; of a word that is not served, first what is lost. */
function effectOf(word: Told): string | null {
  const lost = word.verdict === 'WARN' || word.verdict === 'REFUSE' ? word.reason : undefined
  return lost ?? word.effect ?? word.doc ?? word.reason ?? null
}

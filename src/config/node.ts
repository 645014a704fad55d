import type { Position } from '../base/errors.ts'
import type { Element } from '../xml/xml.ts'
import type { Context } from './document.ts'
import type { Findings } from '../base/findings.ts'
import type { Placeholders } from './placeholders.ts'
import type { ElementWord, Vocabulary } from '../vocabulary/vocabulary.ts'

/** One placeholder that was filled in a value. */
export interface Origin {
  readonly name: string
  /** Where it was found: `-D`, `environment`, `default`, or the path of a properties file. */
  readonly from: string
}

/** One setting as it came out of the file: its text with placeholders filled, and where it stands. */
export interface Value {
  readonly text: string
  /** As it is written in the file. */
  readonly raw: string
  /** The placeholders in it, in the order they were filled. */
  readonly origins: readonly Origin[]
  readonly at: Position
  /** The name it was written under. */
  readonly spelling: string
}

/** What stands in a slot: an ActiveMQ object, a Java bean we only know by its class, or text. */
export type Item =
  | { readonly kind: 'object'; readonly object: ObjectNode }
  | { readonly kind: 'bean'; readonly className: string; readonly at: Position }
  | { readonly kind: 'text'; readonly value: Value }

/** One ActiveMQ object of the configuration, checked against the vocabulary, with its placeholders filled. */
export interface ObjectNode {
  readonly name: string
  readonly at: Position
  readonly id: string | null
  readonly word: ElementWord
  /** By attribute name; an alias stands under the name it is an alias of. */
  readonly values: Map<string, Value>
  readonly slots: Map<string, Item[]>
  /** Given, but unusable; a finding says why. */
  readonly failed: Map<string, { readonly raw: string; readonly at: Position; readonly spelling: string }>
  readonly element: Element
}

export interface Workbench {
  readonly vocabulary: Vocabulary
  readonly context: Context
  readonly placeholders: Placeholders
  readonly findings: Findings
  readonly overrides: Readonly<Record<string, string>>
}

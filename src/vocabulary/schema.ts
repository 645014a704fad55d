import type { Verdict } from './words.ts'

/** The annotations of `schemas/`; its description says what each means. A validator is told that they check nothing. */
export const ANNOTATIONS: readonly string[] = [
  'x-alias',
  'x-beans',
  'x-class',
  'x-default',
  'x-default-570',
  'x-effect',
  'x-element',
  'x-field',
  'x-ignored-prefixes',
  'x-java',
  'x-java-beans',
  'x-namespaces',
  'x-override',
  'x-reason',
  'x-secret',
  'x-security',
  'x-since',
  'x-tls',
  'x-transport',
  'x-type',
  'x-until',
]

/** What every word carries. */
export interface Annotated {
  readonly description?: string
  readonly 'x-class': Verdict
  readonly 'x-effect'?: string
  readonly 'x-reason'?: string
  readonly 'x-override'?: string
  readonly 'x-since'?: string
  readonly 'x-until'?: string
  readonly 'x-alias'?: string
}

export interface PropertySchema extends Annotated {
  /** `#/$defs/type.int`, `#/$defs/slot`, or `#/$defs/slot.JDBCAdapter` for a slot that takes certain elements only. */
  readonly $ref: string
  readonly default?: string | number | boolean
  readonly deprecated?: boolean
  readonly 'x-type'?: string
  readonly 'x-default'?: string
  readonly 'x-default-570'?: string
  readonly 'x-secret'?: boolean
  readonly 'x-beans'?: Verdict
}

export interface ElementSchema extends Annotated {
  readonly 'x-java'?: string
  readonly properties?: Readonly<Record<string, PropertySchema>>
}

interface Among {
  readonly anyOf: readonly { readonly propertyNames?: { readonly enum: readonly string[] } }[]
}

interface Item {
  readonly properties: Readonly<Record<string, unknown>>
}

/** `schemas/activemq.json`, as far as this room reads it. */
export interface VocabularySchema {
  readonly 'x-namespaces': readonly string[]
  readonly 'x-java-beans': Readonly<Record<string, Annotated & { readonly 'x-element'?: string }>>
  readonly $defs: Readonly<Record<string, unknown>> & { readonly item: Item }
}

const DEFS = '#/$defs/'

export const definitionOf = (reference: string): string => reference.slice(DEFS.length)

/** The key of an item that stands for everything that is no element of ActiveMQ. */
export const FOREIGN = 'element'

/** The elements that a property takes; null: any, or none at all. */
export function elementsOf({ $defs }: VocabularySchema, { $ref }: PropertySchema): readonly string[] | null {
  const name = definitionOf($ref)
  if (!name.startsWith('slot.')) return null
  const { anyOf } = $defs[`among.${name.slice('slot.'.length)}`] as Among // so does .ci/schemas.mjs know them
  return anyOf.flatMap(({ propertyNames }) => propertyNames?.enum ?? []).filter(one => one !== FOREIGN)
}

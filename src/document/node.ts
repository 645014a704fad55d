import type { Code } from '../base/codes.ts'

/**
 * What JSON and YAML have in common: values that know where they stand. Offsets count UTF-16 units of the file's text.
 * A scalar is its text; of its type only "nothing" matters, because every setting is text in the end.
 */
export type Node = Scalar | Mapping | List

export interface Scalar {
  readonly kind: 'scalar'
  /** Numbers and booleans as they are written; null for `null` and for YAML's empty value. */
  readonly text: string | null
  readonly offset: number
}

export interface Mapping {
  readonly kind: 'mapping'
  readonly entries: readonly Entry[]
  readonly offset: number
  /** Comment lines behind the last entry. */
  readonly end: readonly string[]
}

export interface Entry {
  readonly key: string
  readonly value: Node
  readonly offset: number
  /** Comment lines before the key. */
  readonly before: readonly string[]
}

export interface List {
  readonly kind: 'list'
  readonly items: readonly { readonly value: Node; readonly before: readonly string[] }[]
  readonly offset: number
  /** Comment lines behind the last item. */
  readonly end: readonly string[]
}

/**
 * Bounds on a document. An XML file as deep as XML_LIMITS allows stays below: one nested element is at most three levels,
 * its list, its object, and what is in that. `values` is JSON's count, `pieces` that of YAML's lexer.
 */
export const DOCUMENT_LIMITS: { readonly depth: number; readonly values: number; readonly pieces: number } = {
  depth: 310,
  values: 200_000,
  pieces: 500_000,
}

/** A text that is no document: thrown inside the readers, told as a finding at their door. */
export class Unreadable extends Error {
  readonly code: Code
  readonly offset: number
  readonly hint: string | null

  constructor(offset: number, message: string, hint: string | null = null, code: Code = 'CONFIG_NOT_WELL_FORMED') {
    super(message)
    this.offset = offset
    this.hint = hint
    this.code = code
  }
}

/** Beyond a limit, or something that could make a small file large. */
export const forbidden = (offset: number, message: string, hint: string): Unreadable =>
  new Unreadable(offset, message, hint, 'CONFIG_XML_FORBIDDEN')

/** The first key that is given twice, which would hide one of the two. */
export function refuseRepeated(entries: readonly Entry[]): void {
  const seen = new Set<string>()
  for (const { key, offset } of entries) {
    if (seen.has(key)) throw new Unreadable(offset, `the key "${key}" is given twice`, 'keep one of them')
    seen.add(key)
  }
}

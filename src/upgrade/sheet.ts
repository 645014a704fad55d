import type { Code } from '../base/codes.ts'
import type { Edit, Element } from '../xml/xml.ts'
import type { TransportData, Vocabulary } from '../vocabulary/vocabulary.ts'
import type { Parts } from './parts.ts'
import type { Names, Target } from './target.ts'

/** One state of the file, as the rules see it. All offsets count in `text`. */
export interface Sheet {
  readonly text: string
  readonly root: Element
  readonly doctype: boolean
  readonly parts: Parts
  readonly vocabulary: Vocabulary
  readonly transports: TransportData
  readonly target: Target
  readonly names: Names
}

export interface Order {
  readonly target: Target
  readonly names: Names
}

/** What a rule does, in one word a script can compare. */
export type RuleName =
  | 'ampersand'
  | 'namespace'
  | 'spelling'
  | 'nesting'
  | 'value'
  | 'uri-option'
  | 'pair-name'
  | 'memory'
  | 'store'
  | 'renamed'
  | 'removed'

/** One correction: edits that only make sense together, with the reason in words. */
export interface Change {
  readonly kind: 'change'
  readonly rule: RuleName
  readonly offset: number
  /** `"userName" becomes "username"`. */
  readonly message: string
  readonly reason: string
  readonly edits: readonly Edit[]
  /** The part of the file that was not read before, and may show findings of its own now. */
  readonly uncovers?: { readonly start: number; readonly end: number }
}

/** What no rule may decide. */
export interface Remark {
  readonly kind: 'remark'
  readonly code: Code
  readonly offset: number
  readonly message: string
  readonly hint: string | null
}

export type Outcome = Change | Remark
export type Rule = (sheet: Sheet) => Iterable<Outcome>

export const remark = (code: Code, offset: number, message: string, hint: string | null = null): Remark => ({
  kind: 'remark',
  code,
  offset,
  message,
  hint,
})

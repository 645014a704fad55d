import type { Condition, Requirement } from '../destination/destination.ts'

/** A selector as a condition on records (semantics S-01 … S-17). */
const selector = (_text: string, _convert: boolean): Condition => NEVER

const NEVER: Condition = { accepts: () => false }

/** What a rule of the configuration asks of a message; its selectors compare values as they are (semantics S-06). */
export function conditionOf(requirement: Requirement): Condition {
  switch (requirement.kind) {
    case 'never':
      return NEVER
    case 'selector':
      return selector(requirement.text, false)
    case 'none': {
      const conditions = requirement.of.map(conditionOf)
      return { accepts: message => !conditions.some(condition => condition.accepts(message)) }
    }
    default:
      return requirement satisfies never
  }
}

/** The selector of a durable subscription; null: it has none. */
export const selectedBy = (facts: { readonly selector: string | null; readonly exact: boolean }): Condition | null =>
  facts.selector === null ? null : selector(facts.selector, !facts.exact)

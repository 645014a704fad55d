import type { DestinationName } from '../base/destination.ts'
import { Selection, selectionOf, type Condition, type Requirement } from '../destination/destination.ts'

const NEVER: Condition = { accepts: () => false }

/** A selector that nobody can be told about any more accepts nothing: the configuration and SUBSCRIBE have checked it. */
const selected = (text: string, convert: boolean): Selection | null => {
  const selection = selectionOf(text, convert)
  return selection instanceof Selection ? selection : null
}

/**
 * What a rule of the configuration asks of a message that was sent to `at`; its selectors compare values as they are
 * (semantics S-06).
 */
export function conditionOf(requirement: Requirement, at: DestinationName): Condition {
  switch (requirement.kind) {
    case 'never':
      return NEVER
    case 'selector':
      return selected(requirement.text, false)?.for(at) ?? NEVER
    case 'none': {
      const conditions = requirement.of.map(each => conditionOf(each, at))
      return { accepts: message => !conditions.some(condition => condition.accepts(message)) }
    }
    default:
      return requirement satisfies never
  }
}

/** The selector of a durable subscription: undefined when it has none, null when the journal holds one that is none. */
export const selectedBy = (facts: {
  readonly selector: string | null
  readonly exact: boolean
}): Selection | null | undefined => (facts.selector === null ? undefined : selected(facts.selector, !facts.exact))

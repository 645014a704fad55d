import type { DestinationName } from '../base/destination.ts'
import { SelectorError, parseSelector, type Selector } from '../selector/selector.ts'
import type { Delivery } from './consumer.ts'
import { RecordFields } from './record-fields.ts'
import type { Condition } from './route.ts'

/** What every selector reads messages through: one after the other, never two at once. */
const fields = new RecordFields()

/** A selector as a condition on stored messages. */
export class Selection implements Condition {
  readonly selector: Selector
  readonly #at: DestinationName | null

  /** `at`: where messages are sent that are in no queue or topic yet. */
  constructor(selector: Selector, at: DestinationName | null = null) {
    this.selector = selector
    this.#at = at
  }

  accepts(message: Delivery): boolean {
    return this.selector.matches(fields.of(message, this.#at))
  }

  /** The same for messages that are on their way to this destination. */
  for(at: DestinationName): Selection {
    return new Selection(this.selector, at)
  }
}

/** The condition that a selector says, or why it says none. `convert`: texts are read as numbers where those are compared (S-05). */
export function selectionOf(text: string, convert: boolean): Selection | SelectorError {
  const selector = parseSelector(text, { convert })
  return selector instanceof SelectorError ? selector : new Selection(selector)
}

/** Why a text is not a selector: returned by `parseSelector`, thrown only inside this room. */
export class SelectorError extends Error {
  override readonly name = 'SelectorError'
  /** Where in the text, in UTF-16 units from 1; one past the end when something is missing there. */
  readonly column: number
  /** What would have been right there, as a noun phrase. */
  readonly expected: string

  constructor(message: string, column: number, expected: string) {
    super(message)
    this.column = column
    this.expected = expected
  }
}

/**
 * Thrown where ActiveMQ raises while it evaluates (S-12) and where an evaluation limit is met: the message does not
 * match, whatever the rest of the selector says. One object, so that a selector which always fails stays cheap.
 */
export const UNANSWERABLE: Error = new Error('the selector cannot be evaluated for this message')

export function unanswerable(): never {
  throw UNANSWERABLE
}

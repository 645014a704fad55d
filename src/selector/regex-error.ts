/** A regular expression that Java would not accept, or that uses a construct which is not served. */
export class RegexError extends Error {
  override readonly name = 'RegexError'
}

export const unserved = (construct: string): RegexError => new RegexError(`${construct} is not served`)

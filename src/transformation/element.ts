/** One element of the tree that XML and JSON are two spellings of (stomp S-TRF-02). */
export interface Element {
  readonly name: string
  /** The `class` attribute in XML, `@class` in JSON. */
  readonly type: string | null
  /** Of an element without children. */
  readonly text: string
  /** JSON writes the text without quotes: a number, true or false. */
  readonly bare: boolean
  readonly children: readonly Element[]
}

/** An element with children. */
export const node = (name: string, children: readonly Element[], type: string | null = null): Element => ({
  name,
  type,
  text: '',
  bare: false,
  children,
})

/** An element with a text. */
export const leaf = (name: string, value: string | number | boolean): Element => ({
  name,
  type: null,
  text: String(value),
  bare: typeof value !== 'string',
  children: [],
})

/** What a payload says that is not understood; the text goes to the client (stomp S-TRF-03). */
export class Unreadable extends Error {}

/** Elements within each other, at most. */
export const depthMax = 32

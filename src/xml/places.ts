import type { Position } from '../base/errors.ts'

/** Character offset to line and column, both counted from 1; CR, LF and CRLF end a line. */
export class LineTable {
  readonly #file: string
  readonly #starts: number[] = [0]

  constructor(text: string, file: string) {
    this.#file = file
    for (const match of text.matchAll(/\r\n|\r|\n/g)) this.#starts.push(match.index + match[0].length)
  }

  at(offset: number): Position {
    let low = 0
    let high = this.#starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#starts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return { file: this.#file, line: low + 1, column: offset - (this.#starts[low] ?? 0) + 1 }
  }

  offsetOf({ line, column }: Position): number {
    return (this.#starts[line - 1] ?? 0) + column - 1
  }
}

/** Offsets of one attribute: its name's start, and its value between the quotes. */
export interface AttributeSpan {
  readonly start: number
  readonly valueStart: number
  readonly valueEnd: number
}

/**
 * Where each attribute of the start tag `text.slice(start, end)` begins. The parser reports all attributes of a tag
 * together at its end, so their places are found by reading the (well-formed) tag once more.
 */
export const attributePositions = (text: string, start: number, end: number): Map<string, AttributeSpan> =>
  readTag(text, start, end).positions

export interface TagReading {
  readonly positions: Map<string, AttributeSpan>
  /** XML forbids it, and the parser would drop one of the two in silence. */
  readonly repeated: { readonly name: string; readonly offset: number } | null
}

export function readTag(text: string, start: number, end: number): TagReading {
  const positions = new Map<string, AttributeSpan>()
  let repeated: TagReading['repeated'] = null
  for (const [name, span] of scan(text, start, end)) {
    if (positions.has(name)) repeated ??= { name, offset: span.start }
    positions.set(name, span)
  }
  return { positions, repeated }
}

const BLANK = /\s/
const ENDS_NAME = /[\s=/<>"']/

/** By hand and in one pass: a tag may be megabytes long, and an expression would go back over it. */
function* scan(text: string, start: number, end: number): Generator<[string, AttributeSpan]> {
  let at = start + 1
  const skip = (while_: RegExp): void => {
    while (at < end && while_.test(text[at] ?? '')) at++
  }
  while (at < end) {
    const begin = at
    while (at < end && !ENDS_NAME.test(text[at] ?? '')) at++
    const name = text.slice(begin, at)
    skip(BLANK)
    if (name === '' || text[at] !== '=') {
      if (name === '' && at === begin) at++
      continue
    }
    at++
    skip(BLANK)
    const quote = text[at]
    if (quote !== '"' && quote !== "'") continue
    const close = text.indexOf(quote, at + 1)
    if (close < 0 || close >= end) return
    yield [name, { start: begin, valueStart: at + 1, valueEnd: close }]
    at = close + 1
  }
}

/** An XML file's encoding: byte order mark first, then the XML declaration, then UTF-8. */
export function encodingOf(bytes: Uint8Array): string {
  const [a = 0, b = 0] = bytes
  if (a === 0xfe && b === 0xff) return 'utf-16be'
  if (a === 0xff && b === 0xfe) return 'utf-16le'
  const head = String.fromCharCode(...bytes.subarray(0, 200))
  return /^(?:\xef\xbb\xbf)?<\?xml[^>]*encoding\s*=\s*["']([\w.-]+)["']/.exec(head)?.[1] ?? 'utf-8'
}

/** Bytes of an XML file to text, without the byte order mark. Null: not in its encoding. */
export function decodeXml(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}

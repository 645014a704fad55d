import type { Attribute, Element } from '../xml/xml.ts'

/** Comment lines around one element, without any indentation they share. */
export interface Remark {
  readonly before: readonly string[]
  /** Behind the last child. */
  readonly end: readonly string[]
}

/** Which comments stand where; an element without any is not in it. */
export type Remarks = ReadonlyMap<Element | Attribute, Remark>

/** Comment lines as they will be written: no shared indentation, no blanks behind, no blank lines around. */
export function linesOf(raw: readonly string[]): readonly string[] {
  const trimmed = raw.map(line => line.trimEnd())
  const first = trimmed.findIndex(line => line !== '')
  const lines = first < 0 ? [] : trimmed.slice(first, trimmed.findLastIndex(line => line !== '') + 1)
  const indentOf = (line: string): number => (line === '' ? Infinity : line.length - line.trimStart().length)
  const shared = lines.reduce((least, line) => Math.min(least, indentOf(line)), Infinity)
  return lines.map(line => line.slice(Math.min(shared, line.length)))
}

/** The comments of an XML text. They stand between the tags, whose places the elements know. */
export function remarksOf(text: string, root: Element): Remarks {
  const remarks = new Map<Element | Attribute, Remark>()
  const visit = (element: Element, from: number): void => {
    const { start, open, close } = element.span
    const before = commentsIn(text.slice(from, start))
    let place = open
    for (const child of element.children) {
      visit(child, place)
      place = child.span.end
    }
    const end = commentsIn(text.slice(place, close))
    if (before.length > 0 || end.length > 0) remarks.set(element, { before, end })
  }
  visit(root, 0)
  const tail = commentsIn(text.slice(root.span.end))
  if (tail.length > 0) {
    const { before, end } = remarks.get(root) ?? { before: [], end: [] }
    remarks.set(root, { before, end: [...end, ...tail] })
  }
  return remarks
}

function commentsIn(gap: string): readonly string[] {
  const comments = [...gap.matchAll(/<!\[CDATA\[[^]*?\]\]>|<\?[^]*?\?>|<!--([^]*?)-->/g)]
  return comments.flatMap(([, comment]) => {
    if (comment === undefined) return []
    const [first = '', ...rest] = comment.split(/\r\n|\r|\n/)
    const below = linesOf(rest)
    return first.trim() === '' ? below : [first.trim(), ...below]
  })
}

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
  const lines = raw.map(line => line.replace(/\s+$/, ''))
  while (lines[0] === '') lines.shift()
  while (lines.at(-1) === '') lines.pop()
  const indents = lines.filter(line => line !== '').map(line => /^[ \t]*/.exec(line)?.[0].length ?? 0)
  const shared = Math.min(...indents)
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
  const lines: string[] = []
  for (const [, comment] of gap.matchAll(/<!\[CDATA\[[^]*?\]\]>|<\?[^]*?\?>|<!--([^]*?)-->/g)) {
    if (comment === undefined) continue
    const [first = '', ...rest] = comment.split(/\r\n|\r|\n/)
    const below = linesOf(rest)
    lines.push(...(first.trim() === '' ? below : [first.trim(), ...below]))
  }
  return lines
}

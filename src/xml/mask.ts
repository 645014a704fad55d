import { Blocks } from './template.ts'

/**
 * A template's blocks can hold what XML cannot: `<%= a %>`, `{{ b["c"] }}`. Before parsing, their special characters are
 * swapped for private ones of the same length, so that every place stays where it was; `unmask` swaps them back. A block
 * inside a tag or outside the root element becomes blanks, and its offset is told.
 *
 *   uri="{{ a["x"] }}"   ─► uri="{{ a[…x…] }}"      text <% if a %>  ─► text …% if a %…      <a <%= b %>>  ─► <a         >
 */
export interface Masked {
  readonly text: string
  /** Blocks that became blanks. */
  readonly blanked: readonly { readonly offset: number; readonly tool: string }[]
}

const SPECIAL = `<>&"'`
const PRIVATE = '\u{e0f0}\u{e0f1}\u{e0f2}\u{e0f3}\u{e0f4}'
const MASKED = /[\u{e0f0}-\u{e0f4}]/gu

/** What XML would take for its own; an entity that it knows stays one, so that a converted template reads the same. */
const HELD = /[<>"']|&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9A-Fa-f]{1,6});)/g

export const unmask = (text: string): string => text.replace(MASKED, one => SPECIAL[PRIVATE.indexOf(one)] ?? one)

export function maskTemplates(text: string): Masked {
  if (!/<%|\{[{%#]/.test(text) || /[\u{e0f0}-\u{e0f4}]/u.test(text)) return { text, blanked: [] }
  const root = text.search(/<[A-Za-z_]/)
  const last = text.lastIndexOf('</')
  const blanked: { offset: number; tool: string }[] = []
  const out: string[] = []
  const blocks = new Blocks(text)
  let done = 0
  let where: Where = 'text'
  for (let at = 0; at < text.length;) {
    const char = text[at] ?? ''
    const block = char === '<' || char === '{' ? blocks.at(at) : null
    if (block === null) {
      const next: Step = step(text, at, where)
      at = next.at
      where = next.where
      continue
    }
    const blank = where === 'tag' || at < root || (last >= 0 && at > last)
    if (blank) blanked.push({ offset: at, tool: block.tool })
    const held = text.slice(at, block.end)
    out.push(text.slice(done, at), blank ? held.replace(/[^\r\n]/g, ' ') : masked(held))
    at = done = block.end
  }
  return { text: out.join('') + text.slice(done), blanked }
}

const masked = (block: string): string => block.replace(HELD, one => PRIVATE[SPECIAL.indexOf(one)] ?? one)

type Where = 'text' | 'tag' | '"' | "'"

interface Step {
  readonly at: number
  readonly where: Where
}

/** One character on, or over a whole comment. */
function step(text: string, at: number, where: Where): Step {
  const char = text[at]
  const on = at + 1
  if (where === 'text') {
    if (text.startsWith('<!--', at)) return { at: behind(text, '-->', at), where }
    if (text.startsWith('<![CDATA[', at)) return { at: behind(text, ']]>', at), where }
    return { at: on, where: char === '<' ? 'tag' : 'text' }
  }
  if (where === 'tag') {
    if (char === '>') return { at: on, where: 'text' }
    return { at: on, where: char === '"' || char === "'" ? char : 'tag' }
  }
  return { at: on, where: char === where ? 'tag' : where }
}

function behind(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from)
  return at < 0 ? text.length : at + mark.length
}

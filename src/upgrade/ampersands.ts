import type { Edit } from '../xml/xml.ts'
import type { Change } from './sheet.ts'

/** Comments, CDATA, processing instructions and a DOCTYPE keep their `&`. */
const SKIPPED = /<!--[^]*?-->|<!\[CDATA\[[^]*?\]\]>|<\?[^]*?\?>|<!DOCTYPE[^[>]*(?:\[[^\]]*\])?[^>]*>|&/g
const ENTITY = /&(?:#\d+|#x[\da-fA-F]+|[\w.:-]+);/y
/** `&lt` and `&amp` without their semicolon may be meant as entities. */
const DOUBTFUL = /&(?:amp|lt|gt|quot|apos)(?![\w.:-])/y

/** Each `&` that starts no entity becomes `&amp;` (config 6); for a file that cannot be read because of them. */
export function* escapeAmpersands(text: string): Generator<Change> {
  for (const match of text.matchAll(SKIPPED)) {
    if (match[0] !== '&') continue
    ENTITY.lastIndex = match.index
    DOUBTFUL.lastIndex = match.index
    if (ENTITY.test(text) || DOUBTFUL.test(text)) continue
    const edit: Edit = { start: match.index, end: match.index + 1, text: '&amp;' }
    const message = '"&" becomes "&amp;"'
    yield { kind: 'change', rule: 'ampersand', offset: match.index, message, reason: 'XML demands it', edits: [edit] }
  }
}

const LESS = 60
const GREATER = 62
const BANG = 33
const QUESTION = 63
const EQUALS = 61
const QUOTE = 34
const APOSTROPHE = 39

/**
 * Where the first tag with more than `most` attributes begins; null when there is none. Asked before parsing: the parser
 * compares each attribute of a tag with all before it.
 */
export function crowdedTag(text: string, most: number): number | null {
  for (let at = text.indexOf('<'); at >= 0; at = text.indexOf('<', at)) {
    const next = text.charCodeAt(at + 1)
    if (next === BANG || next === QUESTION) {
      const close = text.startsWith('<!--', at) ? '-->' : text.startsWith('<![CDATA[', at) ? ']]>' : '>'
      const end = text.indexOf(close, at + 2)
      if (end < 0) return null
      at = end + close.length
      continue
    }
    const tag = endOfTag(text, at)
    if (tag.attributes > most) return at
    at = tag.end
  }
  return null
}

/** Behind the `>` of the tag, with how many `=` stood in it outside quotes. */
function endOfTag(text: string, start: number): { readonly end: number; readonly attributes: number } {
  let attributes = 0
  let at = start + 1
  while (at < text.length) {
    const char = text.charCodeAt(at)
    if (char === GREATER || char === LESS) break
    if (char === EQUALS) attributes++
    if (char === QUOTE || char === APOSTROPHE) {
      const close = text.indexOf(char === QUOTE ? '"' : "'", at + 1)
      if (close < 0) return { end: text.length, attributes }
      at = close
    }
    at++
  }
  return { end: at, attributes }
}

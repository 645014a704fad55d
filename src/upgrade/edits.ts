import type { Attribute, Edit, Element } from '../xml/xml.ts'

/** Where the name in a start tag ends: attributes are put in here. */
export const behindName = (element: Element): number => element.span.start + 1 + element.qname.length

const prefixOf = (qname: string): string => qname.slice(0, qname.indexOf(':') + 1)

/** Another local name with the prefix of an element. */
export const named = (element: Element, local: string): string => `${prefixOf(element.qname)}${local}`

const hasEndTag = ({ span }: Element): boolean => span.end > span.close

/** Both tags get another local name; the prefix stays. */
export function renameElement(element: Element, local: string): readonly Edit[] {
  const text = named(element, local)
  const edit = (start: number): Edit => ({ start, end: start + element.qname.length, text })
  const { span } = element
  return hasEndTag(element) ? [edit(span.start + 1), edit(span.close + 2)] : [edit(span.start + 1)]
}

export const renameAttribute = ({ span, qname }: Attribute, local: string): Edit => ({
  start: span.start,
  end: span.start + qname.length,
  text: local,
})

export const setValue = ({ span }: Attribute, text: string): Edit => ({
  start: span.valueStart,
  end: span.valueEnd,
  text,
})

/** An attribute with the blanks before it. */
export function removeAttribute(text: string, { span }: Attribute): Edit {
  let start = span.start
  while (/\s/.test(text[start - 1] ?? '')) start--
  return { start, end: span.valueEnd + 1, text: '' }
}

/** An element with its line, when it has lines of its own. */
export function removeElement(text: string, { span }: Element): Edit {
  let start = span.start
  while (/[ \t]/.test(text[start - 1] ?? '')) start--
  const alone = /[\r\n]/.test(text[start - 1] ?? '') && /^[ \t]*(?:\r|\n|$)/.test(text.slice(span.end))
  if (!alone) return { start: span.start, end: span.end, text: '' }
  if (text[start - 1] === '\n') start--
  if (text[start - 1] === '\r') start--
  return { start, end: span.end, text: '' }
}

export const addAttribute = (element: Element, name: string, value: string): Edit => ({
  start: behindName(element),
  end: behindName(element),
  text: ` ${name}="${value}"`,
})

/** The line break and indentation in front of an element that begins its line; '' for one that does not. */
export function leading(text: string, { span }: Element): string {
  let start = span.start
  while (/[ \t]/.test(text[start - 1] ?? '')) start--
  if (!/[\r\n]/.test(text[start - 1] ?? '')) return ''
  const breakAt = text[start - 1] === '\n' && text[start - 2] === '\r' ? start - 2 : start - 1
  return text.slice(breakAt, span.start)
}

/** Tags around elements that follow one another, on lines of their own when the first is; nothing inside moves. */
export function wrap(text: string, first: Element, last: Element, open: string, close: string): readonly Edit[] {
  const lead = leading(text, first)
  return [
    { start: first.span.start, end: first.span.start, text: `${open}${lead}` },
    { start: last.span.end, end: last.span.end, text: `${lead}${close}` },
  ]
}

/** An attribute's value as it is written, entities and all. */
export const rawValue = (text: string, { span }: Attribute): string => text.slice(span.valueStart, span.valueEnd)

/** The text in an element as it is written; null when there is more than text. */
export function rawText(text: string, element: Element): string | null {
  const raw = text.slice(element.span.open, element.span.close)
  return element.children.length > 0 || raw.includes('<') ? null : raw
}

import type { Element } from './element.ts'

const MARKS: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\r': '&#xd;',
}
const escapeXml = (text: string): string => text.replace(/[&<>"'\r]/g, mark => MARKS[mark]!)

/** The element as XStream prints it: two spaces a level, no declaration. */
export function writeXml({ name, type, text, children }: Element, indent = ''): string {
  const start = type === null ? name : `${name} class="${escapeXml(type)}"`
  if (children.length > 0) {
    const inner = children.map(child => `${writeXml(child, `${indent}  `)}\n`).join('')
    return `${indent}<${start}>\n${inner}${indent}</${name}>`
  }
  // An empty text is an empty pair of tags; nothing at all is one.
  if (text === '' && EMPTY.has(name)) return `${indent}<${start}/>`
  return `${indent}<${start}>${escapeXml(text)}</${name}>`
}
const EMPTY: ReadonlySet<string> = new Set(['map', 'list', 'null'])

/** The element as Jettison prints it: an object with one member, repeated names as an array. */
export const writeJson = (element: Element): string => `{${JSON.stringify(element.name)}:${content(element)}}`

function content({ type, text, bare, children }: Element): string {
  if (children.length === 0) return bare ? text : JSON.stringify(text)
  const members = new Map<string, string[]>()
  for (const child of children) {
    const known = members.get(child.name)
    if (known === undefined) members.set(child.name, [content(child)])
    else known.push(content(child))
  }
  const parts = type === null ? [] : [`"@class":${JSON.stringify(type)}`]
  for (const [name, values] of members)
    parts.push(`${JSON.stringify(name)}:${values.length === 1 ? values[0] : `[${values.join(',')}]`}`)
  return `{${parts.join(',')}}`
}

import type { Position } from '../base/errors.ts'
import type { Findings } from '../base/findings.ts'
import { attributePositions, LineTable, repeatedAttribute } from './places.ts'
import { templateTool } from './template.ts'

/** Where an element stands in its file's text, as offsets; 0 everywhere when it did not come from XML text. */
export interface Span {
  /** The `<` of the start tag. */
  readonly start: number
  /** Behind the `>` of the start tag: the content begins here. */
  readonly open: number
  /** The `<` of the end tag; equal to `open` and `end` for `<a/>`. */
  readonly close: number
  /** Behind the `>` of the end tag. */
  readonly end: number
}

export interface Attribute {
  /** The namespace; '' for an attribute without a prefix. */
  readonly uri: string
  readonly local: string
  readonly value: string
  readonly at: Position
  /** The prefix and name as written, such as `xmlns:amq`. */
  readonly qname: string
  /** Offsets of the name's start and of the value between its quotes. */
  readonly span: { readonly start: number; readonly valueStart: number; readonly valueEnd: number }
}

export interface Element {
  /** The namespace; '' when there is none. */
  readonly uri: string
  readonly local: string
  /** The prefix and name as written, such as `amq:broker`. */
  readonly qname: string
  readonly at: Position
  readonly span: Span
  readonly attributes: readonly Attribute[]
  readonly children: readonly Element[]
  /** All text directly inside, entities resolved, not trimmed. */
  readonly text: string
}

export interface Tree {
  readonly root: Element
  readonly doctype: boolean
}

interface Mutable {
  start: number
  open: number
  close: number
  end: number
}

/** What real files stay far below; a file above them is an attack or a mistake. */
export const XML_LIMITS: {
  readonly bytes: number
  readonly depth: number
  readonly attributes: number
  readonly elements: number
} = { bytes: 8 * 1024 * 1024, depth: 100, attributes: 250, elements: 20_000 }

/** No element can have these names, so that none can be taken for xml2js' own entries. */
const KEYS = { attrkey: '#attributes', childkey: '#children', charkey: '#text' } as const

/** The part of xml2js' result that is used (explicitChildren, preserveChildrenOrder, xmlns). */
interface Xml2jsNode {
  readonly '#name': string
  readonly '#attributesns'?: { readonly uri: string; readonly local: string }
  readonly '#attributes'?: Readonly<
    Record<string, { readonly uri: string; readonly local: string; readonly value: string }>
  >
  readonly '#children'?: readonly Xml2jsNode[]
  readonly '#text'?: string
}

/** sax' parser inside xml2js, which @types/xml2js does not mention. */
interface SaxParser {
  position: number
  startTagPosition: number
  tags: readonly { readonly name: string }[]
  onopentag: (node: unknown) => void
  onclosetag: (name: string) => void
  ondoctype: (text: string) => void
  onerror: (error: Error) => void
}

export interface XmlParser {
  readonly saxParser: SaxParser
  parseString(text: string, done: (error: Error | null, result: unknown) => void): void
}

export type Xml2js = { readonly Parser: new (options: object) => XmlParser }

class LimitError extends Error {}

/**
 * XML text to a tree in which everything knows its place. Nothing outside the text is ever read: a DOCTYPE is accepted
 * and ignored, one that declares entities is refused (config 1.3). Null when the text is not usable; `findings` say why.
 */
export function parseTree(xml2js: Xml2js, text: string, file: string, findings: Findings): Tree | null {
  const lines = new LineTable(text, file)
  const spans: Mutable[] = []
  const open: Mutable[] = []
  let doctype = false
  const before = findings.stops
  const parser = new xml2js.Parser({ ...KEYS, xmlns: true, explicitChildren: true, preserveChildrenOrder: true })
  const sax = parser.saxParser
  const onopentag = sax.onopentag
  sax.onopentag = node => {
    const start = sax.startTagPosition - 1
    const span = { start, open: sax.position, close: sax.position, end: sax.position }
    spans.push(span)
    const twice = repeatedAttribute(text, start, sax.position)
    if (twice !== null) {
      const message = `not well-formed: the attribute "${twice.name}" is given twice`
      findings.error('CONFIG_NOT_WELL_FORMED', lines.at(twice.offset), message, 'keep one of them')
    }
    open.push(span)
    if (sax.tags.length > XML_LIMITS.depth) throw new LimitError(`more than ${XML_LIMITS.depth} nested elements`)
    if (spans.length > XML_LIMITS.elements) throw new LimitError(`more than ${XML_LIMITS.elements} elements`)
    const { attributes } = node as { attributes: object }
    if (Object.keys(attributes).length > XML_LIMITS.attributes)
      throw new LimitError(`more than ${XML_LIMITS.attributes} attributes on one element`)
    onopentag(node)
  }
  const onclosetag = sax.onclosetag
  sax.onclosetag = name => {
    const span = open.pop()
    if (span !== undefined && sax.position > span.open) {
      span.end = sax.position
      span.close = text.lastIndexOf('</', sax.position - 1)
    }
    onclosetag(name)
  }
  sax.ondoctype = declaration => {
    doctype = true
    const start = text.lastIndexOf('<!DOCTYPE', sax.position)
    const entity = declaration.search(/<!ENTITY|%[\w.-]+;/)
    if (entity < 0) return
    const at = lines.at(Math.max(start, text.indexOf('<!ENTITY', start)))
    findings.refuse('CONFIG_XML_FORBIDDEN', at, 'a DOCTYPE that declares entities is refused', 'write the text itself')
  }

  // The first error's place: sax goes on after it, and forgets where it was.
  let stop: Stop | null = null
  const onerror = sax.onerror
  sax.onerror = error => {
    stop ??= { offset: sax.position - 1, open: open.at(-1)?.start ?? null, name: sax.tags.at(-1)?.name ?? null }
    onerror(error)
  }

  const outcome = run(parser, text)
  if (outcome.error !== null) {
    if (findings.stops === before)
      explain(outcome.error, stop ?? { offset: sax.position - 1, open: null, name: null }, text, lines, findings)
    return null
  }
  if (findings.stops > before) return null
  if (outcome.result === null) {
    findings.error('CONFIG_NOT_WELL_FORMED', lines.at(0), 'the file is empty')
    return null
  }
  return { root: convert(outcome.result, spans, text, lines), doctype }
}

function run(parser: XmlParser, text: string): { error: Error | null; result: Xml2jsNode | null } {
  let error: Error | null = null
  let result: Record<string, Xml2jsNode> | null = null
  try {
    parser.parseString(text, (problem, value) => {
      error ??= problem
      // A parser made with explicitRoot answers { rootName: rootNode }.
      result = (value ?? null) as Record<string, Xml2jsNode> | null
    })
  } catch (thrown) {
    // xml2js throws what comes after the root element, and what our own limits threw.
    error ??= thrown instanceof Error ? thrown : new Error(String(thrown))
  }
  // Assigned in the callback, which the compiler does not follow.
  const answered = result as Record<string, Xml2jsNode> | null
  return { error, result: answered === null ? null : (Object.values(answered)[0] ?? null) }
}

/** Positions were noted in the order of the start tags, which is the order of this walk. */
function convert(root: Xml2jsNode, spans: readonly Span[], text: string, lines: LineTable): Element {
  let next = 0
  const visit = (node: Xml2jsNode): Element => {
    const span = spans[next++] ?? { start: 0, open: 0, close: 0, end: 0 }
    const places = attributePositions(text, span.start, span.open)
    const attributes = Object.entries(node['#attributes'] ?? {}).map(([qname, { uri, local, value }]) => {
      const place = places.get(qname) ?? { start: span.start, valueStart: span.start, valueEnd: span.start }
      return {
        uri: qname.includes(':') || qname === 'xmlns' ? uri : '',
        local,
        value,
        at: lines.at(place.start),
        qname,
        span: place,
      }
    })
    return {
      uri: node['#attributesns']?.uri ?? '',
      local: node['#attributesns']?.local ?? node['#name'],
      qname: node['#name'],
      at: lines.at(span.start),
      span,
      attributes,
      children: (node['#children'] ?? []).map(visit),
      text: node['#text'] ?? '',
    }
  }
  return visit(root)
}

interface Stop {
  readonly offset: number
  /** Start and name of the innermost open element. */
  readonly open: number | null
  readonly name: string | null
}

/** sax' message in our words, at the place where it stopped, with the opening tag when one is in question. */
function explain(error: Error, stop: Stop, text: string, lines: LineTable, findings: Findings): void {
  const at = lines.at(Math.max(0, stop.offset))
  if (error instanceof LimitError) {
    findings.refuse('CONFIG_XML_FORBIDDEN', at, `the file has ${error.message}`, 'no ActiveMQ configuration needs that')
    return
  }
  const what = (error.message.split('\n')[0] ?? '').replace(/\.$/, '')
  const tool = templateTool(text)
  let message = `not well-formed: ${what.charAt(0).toLowerCase()}${what.slice(1)}`
  let hint: string | null = null
  if (/entity/i.test(what)) {
    message = `not well-formed: '&' starts an entity that is none`
    hint = `inside a URI, '&' must be written &amp;`
  } else if (/close tag|unclosed|unmatched/i.test(what) && stop.open !== null) {
    const place = lines.at(stop.open)
    hint = `<${stop.name ?? 'element'}> was opened at line ${place.line}, column ${place.column}`
  } else if (/comment/i.test(what)) hint = `'--' may not stand inside a comment`
  if (tool !== null) hint = `the file looks like an unrendered ${tool} template; render it first`
  findings.error('CONFIG_NOT_WELL_FORMED', at, message, hint)
}

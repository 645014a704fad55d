import type { Position } from '../base/errors.ts'
import type { Findings } from '../base/findings.ts'
import { explain, LimitError, type Stop } from './explain.ts'
import { attributePositions, LineTable, repeatedAttribute } from './places.ts'
import { maskTemplates, unmask } from './mask.ts'
import { runsOf, type TextRun } from './runs.ts'

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
  /** The pieces of that text between the children that are not blank, as written. Absent: there are none. */
  readonly runs?: readonly TextRun[]
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

/**
 * XML text to a tree in which everything knows its place. Nothing outside the text is ever read: a DOCTYPE is accepted
 * and ignored, one that declares entities is refused (config 1.3). A template that was not rendered is refused, and read
 * as far as it goes. Null when the text is not usable; `findings` say why.
 */
export function parseTree(xml2js: Xml2js, source: string, file: string, findings: Findings): Tree | null {
  const lines = new LineTable(source, file)
  const { text, blanked } = maskTemplates(source)
  for (const { offset, tool } of blanked) {
    const message = `an unrendered ${tool} block stands here`
    findings.refuse('CONFIG_TEMPLATE', lines.at(offset), message, 'render the file first')
  }
  if (checkCharacters(text, lines, findings)) return null
  const parser = new xml2js.Parser({ ...KEYS, xmlns: true, explicitChildren: true, preserveChildrenOrder: true })
  const watch = new Watch(text, lines, findings)
  watch.attach(parser.saxParser)
  const outcome = run(parser, text)
  if (outcome.error !== null) {
    if (watch.whole) watch.checkTail()
    if (!watch.stopped) explain(outcome.error, watch.place(parser.saxParser), text, lines, findings)
    return null
  }
  watch.checkTail()
  if (watch.stopped) return null
  if (outcome.result === null) {
    findings.error('CONFIG_NOT_WELL_FORMED', lines.at(0), 'the file is empty')
    return null
  }
  return { root: convert(outcome.result, watch.spans, text, lines), doctype: watch.doctype }
}

/** What the parser lets pass and XML does not. True: something was reported. */
function checkCharacters(text: string, lines: LineTable, findings: Findings): boolean {
  const control = text.search(CONTROL)
  if (control >= 0) {
    const code = text.charCodeAt(control).toString(16).padStart(4, '0')
    const message = `not well-formed: the character U+${code} may not stand in XML`
    findings.error('CONFIG_NOT_WELL_FORMED', lines.at(control), message, 'remove it')
  }
  const late = /<\?xml\s/i.exec(text)?.index ?? 0
  if (late > 0 && !text.slice(0, late).includes('<!--')) {
    const message = 'not well-formed: the XML declaration is not at the very beginning of the file'
    findings.error('CONFIG_NOT_WELL_FORMED', lines.at(late), message, 'remove what stands before it, blanks too')
  }
  return control >= 0 || (late > 0 && !text.slice(0, late).includes('<!--'))
}

// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/

/** Follows the parser tag by tag: notes where each element stands, and keeps the limits. */
class Watch {
  readonly spans: Mutable[] = []
  doctype = false
  readonly #open: Mutable[] = []
  readonly #text: string
  readonly #lines: LineTable
  readonly #findings: Findings
  readonly #before: number
  /** The first error's place: sax goes on after it, and forgets where it was. */
  #stop: Stop | null = null

  constructor(text: string, lines: LineTable, findings: Findings) {
    this.#text = text
    this.#lines = lines
    this.#findings = findings
    this.#before = findings.stops
  }

  /** Was anything reported that makes the text unusable? */
  get stopped(): boolean {
    return this.#findings.stops > this.#before
  }

  /** Was the root element closed? */
  get whole(): boolean {
    return this.spans.length > 0 && this.#open.length === 0
  }

  /** The parser forgets what comes behind the root element. */
  checkTail(): void {
    const end = this.spans[0]?.end ?? this.#text.length
    const at = behindMisc(this.#text, end)
    if (at === null) return
    const message = 'not well-formed: something stands behind the end of the root element'
    const root = this.#lines.at(this.spans[0]?.start ?? 0)
    const hint = `the element of line ${root.line} was closed before it; remove it, or close that later`
    this.#findings.error('CONFIG_NOT_WELL_FORMED', this.#lines.at(at), message, hint)
  }

  place(sax: SaxParser): Stop {
    return this.#stop ?? { offset: sax.position - 1, open: null, name: null }
  }

  attach(sax: SaxParser): void {
    const { onopentag, onclosetag, onerror } = sax
    sax.onopentag = node => {
      this.#opened(sax, node as { readonly attributes: object })
      onopentag(node)
    }
    sax.onclosetag = name => {
      const span = this.#open.pop()
      if (span !== undefined && sax.position > span.open) {
        span.end = sax.position
        span.close = this.#text.lastIndexOf('</', sax.position - 1)
      }
      onclosetag(name)
    }
    sax.ondoctype = declaration => this.#doctype(sax, declaration)
    sax.onerror = error => {
      const name = sax.tags.at(-1)?.name ?? null
      this.#stop ??= { offset: sax.position - 1, open: this.#open.at(-1)?.start ?? null, name }
      onerror(error)
    }
  }

  #opened(sax: SaxParser, { attributes }: { readonly attributes: object }): void {
    const start = sax.startTagPosition - 1
    const span = { start, open: sax.position, close: sax.position, end: sax.position }
    this.spans.push(span)
    this.#open.push(span)
    if (sax.tags.length > XML_LIMITS.depth) throw new LimitError(`more than ${XML_LIMITS.depth} nested elements`)
    if (this.spans.length > XML_LIMITS.elements) throw new LimitError(`more than ${XML_LIMITS.elements} elements`)
    if (Object.keys(attributes).length > XML_LIMITS.attributes)
      throw new LimitError(`more than ${XML_LIMITS.attributes} attributes on one element`)
    this.#checkTag(start, sax.position)
  }

  #checkTag(start: number, end: number): void {
    const twice = repeatedAttribute(this.#text, start, end)
    if (twice !== null) {
      const message = `not well-formed: the attribute "${twice.name}" is given twice`
      this.#findings.error('CONFIG_NOT_WELL_FORMED', this.#lines.at(twice.offset), message, 'keep one of them')
    }
    const less = this.#text.indexOf('<', start + 1)
    if (less < 0 || less >= end) return
    const message = "not well-formed: '<' in an attribute must be written &lt;"
    this.#findings.error('CONFIG_NOT_WELL_FORMED', this.#lines.at(less), message, 'is a quote missing before it?')
  }

  #doctype(sax: SaxParser, declaration: string): void {
    this.doctype = true
    const start = this.#text.lastIndexOf('<!DOCTYPE', sax.position)
    if (!/<!ENTITY|%[\w.-]{1,100};/.test(declaration)) return
    const at = this.#lines.at(Math.max(start, this.#text.indexOf('<!ENTITY', start)))
    const message = 'a DOCTYPE that declares entities is refused'
    this.#findings.refuse('CONFIG_XML_FORBIDDEN', at, message, 'write the text itself')
  }
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

/** The first offset that is neither blank, comment nor processing instruction; null when there is none. */
function behindMisc(text: string, from: number): number | null {
  for (let at = from; at < text.length;) {
    const close = text.startsWith('<!--', at) ? '-->' : text.startsWith('<?', at) ? '?>' : null
    if (close !== null) {
      const end = text.indexOf(close, at + 2)
      at = end < 0 ? text.length : end + close.length
    } else if (text[at]?.trim() === '') at++
    else return at
  }
  return null
}

/** Positions were noted in the order of the start tags, which is the order of this walk. */
function convert(root: Xml2jsNode, spans: readonly Span[], text: string, lines: LineTable): Element {
  let next = 0
  const visit = (node: Xml2jsNode): Element => {
    const span = spans[next++] ?? { start: 0, open: 0, close: 0, end: 0 }
    const attributes = attributesOf(node, span, text, lines)
    const children = (node['#children'] ?? []).map(visit)
    const inside = unmask(node['#text'] ?? '')
    const runs = inside.trim() === '' ? [] : runsOf(text, span, children, lines)
    return {
      uri: node['#attributesns']?.uri ?? '',
      local: node['#attributesns']?.local ?? node['#name'],
      qname: node['#name'],
      at: lines.at(span.start),
      span,
      attributes,
      children,
      text: inside,
      ...(runs.length === 0 ? {} : { runs }),
    }
  }
  return visit(root)
}

function attributesOf(node: Xml2jsNode, span: Span, text: string, lines: LineTable): readonly Attribute[] {
  const places = attributePositions(text, span.start, span.open)
  return Object.entries(node['#attributes'] ?? {}).map(([qname, { uri, local, value }]) => {
    const place = places.get(qname) ?? { start: span.start, valueStart: span.start, valueEnd: span.start }
    const namespace = qname.includes(':') || qname === 'xmlns' ? uri : ''
    return { uri: namespace, local, value: unmask(value), at: lines.at(place.start), qname, span: place }
  })
}

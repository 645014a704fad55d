import type { Position } from '../base/errors.ts'
import type { Findings } from '../base/findings.ts'
import { explain, LimitError } from './explain.ts'
import { LineTable, readTag, type TagReading } from './places.ts'
import { crowdedTag } from './crowded.ts'
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

/** What real files stay far below; a file above them is an attack or a mistake. */
export const XML_LIMITS: {
  readonly bytes: number
  readonly depth: number
  readonly attributes: number
  readonly elements: number
} = { bytes: 2 * 1024 * 1024, depth: 100, attributes: 250, elements: 20_000 }

/** sax' parser inside xml2js' one, which its types do not mention; here it works alone, and the tree is ours. */
interface SaxParser {
  readonly position: number
  readonly startTagPosition: number
  readonly tags: readonly { readonly name: string }[]
  onopentag: (node: SaxTag) => void
  onclosetag: (name: string) => void
  ontext: (text: string) => void
  oncdata: (text: string) => void
  ondoctype: (text: string) => void
  onerror: (error: Error) => void
  write(text: string): SaxParser
  close(): void
}

interface SaxTag {
  readonly name: string
  readonly uri: string
  readonly local: string
  readonly attributes: Readonly<
    Record<string, { readonly uri: string; readonly local: string; readonly value: string }>
  >
}

export interface XmlParser {
  readonly saxParser: SaxParser
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
  if (text.trim() === '') {
    findings.error('CONFIG_NOT_WELL_FORMED', lines.at(0), 'the file is empty')
    return null
  }
  if (checkCharacters(text, lines, findings)) return null
  const crowded = crowdedTag(text, XML_LIMITS.attributes)
  if (crowded !== null) {
    const message = `the file has more than ${XML_LIMITS.attributes} attributes on one element`
    findings.refuse('CONFIG_XML_FORBIDDEN', lines.at(crowded), message, 'no ActiveMQ configuration needs that')
    return null
  }
  const { saxParser } = new xml2js.Parser({ xmlns: true })
  const builder = new Builder(text, lines, findings, saxParser)
  try {
    saxParser.write(text).close()
  } catch (thrown) {
    // sax, our own limits, and what nobody foresaw: all of them are about this text.
    builder.fail(thrown instanceof Error ? thrown : new Error(String(thrown)))
  }
  return builder.finish()
}

/** What the parser lets pass and XML does not. True: something was reported. */
function checkCharacters(text: string, lines: LineTable, findings: Findings): boolean {
  const control = forbiddenCharacter(text)
  if (control >= 0) {
    const code = text.charCodeAt(control).toString(16).padStart(4, '0')
    const message = `not well-formed: the character U+${code} may not stand in XML`
    findings.error('CONFIG_NOT_WELL_FORMED', lines.at(control), message, 'remove it')
  }
  const late = /<\?xml\s/i.exec(text)?.index ?? 0
  const misplaced = late > 0 && !text.slice(0, late).includes('<!--')
  if (misplaced) {
    const message = 'not well-formed: the XML declaration is not at the very beginning of the file'
    findings.error('CONFIG_NOT_WELL_FORMED', lines.at(late), message, 'remove what stands before it, blanks too')
  }
  return control >= 0 || misplaced
}

/** The offset of the first character that no XML can hold, not even escaped; -1: there is none. */
export const forbiddenCharacter = (text: string): number => text.search(CONTROL)

// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/

/** An element whose end was not seen yet. */
interface Open {
  readonly tag: SaxTag
  readonly start: number
  readonly open: number
  readonly attributes: readonly Attribute[]
  readonly children: Element[]
  readonly texts: string[]
  verbatim: boolean
}

/** Follows the parser tag by tag, builds the tree with its places, and keeps the limits. */
class Builder {
  readonly #text: string
  readonly #lines: LineTable
  readonly #findings: Findings
  readonly #sax: SaxParser
  readonly #before: number
  readonly #open: Open[] = []
  #elements = 0
  #root: Element | null = null
  #doctype = false

  constructor(text: string, lines: LineTable, findings: Findings, sax: SaxParser) {
    this.#text = text
    this.#lines = lines
    this.#findings = findings
    this.#sax = sax
    this.#before = findings.stops
    sax.onopentag = tag => this.#opened(tag)
    sax.onclosetag = () => this.#closed()
    sax.ontext = piece => this.#open.at(-1)?.texts.push(piece)
    sax.oncdata = piece => this.#verbatim(piece)
    sax.ondoctype = declaration => this.#declared(declaration)
    sax.onerror = error => {
      throw error
    }
  }

  /** The parser, or a limit, stopped; what was reported before says more than it. */
  fail(error: Error): void {
    if (this.#root !== null && this.#checkTail()) return
    if (this.#findings.stops > this.#before) return
    const open = this.#open.at(-1)
    const offset = this.#sax.position - 1
    const stop = { offset, open: open?.start ?? null, name: this.#sax.tags.at(-1)?.name ?? null }
    explain(error, stop, this.#text, this.#lines, this.#findings)
  }

  finish(): Tree | null {
    if (this.#findings.stops > this.#before) return null
    if (this.#root === null) {
      const message = 'not well-formed: the file ends before its first element is complete'
      this.#findings.error('CONFIG_NOT_WELL_FORMED', this.#lines.at(this.#text.trimEnd().length), message)
      return null
    }
    if (this.#checkTail()) return null
    return { root: this.#root, doctype: this.#doctype }
  }

  #opened(tag: SaxTag): void {
    const start = this.#sax.startTagPosition - 1
    const end = this.#sax.position
    if (this.#open.length >= XML_LIMITS.depth) throw new LimitError(`more than ${XML_LIMITS.depth} nested elements`)
    if (++this.#elements > XML_LIMITS.elements) throw new LimitError(`more than ${XML_LIMITS.elements} elements`)
    const reading = readTag(this.#text, start, end)
    const attributes = this.#attributes(tag, start, reading)
    this.#checkTag(start, end, reading)
    this.#open.push({ tag, start, open: end, attributes, children: [], texts: [], verbatim: false })
  }

  #attributes({ attributes }: SaxTag, start: number, { positions }: TagReading): readonly Attribute[] {
    return Object.entries(attributes).map(([qname, { uri, local, value }]) => {
      const span = positions.get(qname) ?? { start, valueStart: start, valueEnd: start }
      const namespace = qname.includes(':') || qname === 'xmlns' ? uri : ''
      return { uri: namespace, local, value: unmask(value), at: this.#lines.at(span.start), qname, span }
    })
  }

  #checkTag(start: number, end: number, { repeated }: TagReading): void {
    if (repeated !== null) {
      const message = `not well-formed: the attribute "${repeated.name}" is given twice`
      this.#findings.error('CONFIG_NOT_WELL_FORMED', this.#lines.at(repeated.offset), message, 'keep one of them')
    }
    const less = this.#text.slice(start + 1, end).indexOf('<')
    if (less < 0) return
    const message = "not well-formed: '<' in an attribute must be written &lt;"
    const at = this.#lines.at(start + 1 + less)
    this.#findings.error('CONFIG_NOT_WELL_FORMED', at, message, 'is a quote missing before it?')
  }

  #verbatim(piece: string): void {
    const open = this.#open.at(-1)
    if (open === undefined) return
    open.texts.push(piece)
    open.verbatim = true
  }

  #closed(): void {
    const done = this.#open.pop()
    if (done === undefined) return
    const { tag, start, open, attributes, children, texts, verbatim } = done
    const end = this.#sax.position
    const close = end > open ? this.#text.lastIndexOf('</', end - 1) : open
    const span = { start, open, close, end }
    const whole = unmask(texts.join(''))
    const blank = whole.trim() === ''
    const runs = blank ? [] : runsOf(this.#text, span, children, this.#lines)
    const element: Element = {
      uri: tag.uri,
      local: tag.local,
      qname: tag.name,
      at: this.#lines.at(start),
      span,
      attributes,
      children,
      text: blank && !verbatim ? '' : whole,
      ...(runs.length === 0 ? {} : { runs }),
    }
    const around = this.#open.at(-1)
    if (around !== undefined) around.children.push(element)
    else this.#root ??= element
  }

  #declared(declaration: string): void {
    this.#doctype = true
    const start = this.#text.lastIndexOf('<!DOCTYPE', this.#sax.position)
    if (!/<!ENTITY|%[\w.-]{1,100};/.test(declaration)) return
    const at = this.#lines.at(Math.max(start, this.#text.indexOf('<!ENTITY', start)))
    const message = 'a DOCTYPE that declares entities is refused'
    this.#findings.refuse('CONFIG_XML_FORBIDDEN', at, message, 'write the text itself')
  }

  /** Only comments and instructions may follow the root element. True: something else does, and it was told. */
  #checkTail(): boolean {
    const root = this.#root
    const at = root === null ? null : behindMisc(this.#text, root.span.end)
    if (root === null || at === null) return false
    const message = 'not well-formed: something stands behind the end of the root element'
    const hint = `<${root.qname}> of line ${root.at.line} was closed before it; remove it, or close that later`
    this.#findings.error('CONFIG_NOT_WELL_FORMED', this.#lines.at(at), message, hint)
    return true
  }
}

/** The first offset that is neither blank, comment nor processing instruction; null when there is none. */
function behindMisc(text: string, from: number): number | null {
  for (let at = from; at < text.length;) {
    const close = text.startsWith('<!--', at) ? '-->' : text.startsWith('<?', at) ? '?>' : null
    if (close !== null) {
      const end = text.indexOf(close, at + 2)
      if (end < 0) return at
      at = end + close.length
    } else if (text[at]?.trim() === '') at++
    else return at
  }
  return null
}

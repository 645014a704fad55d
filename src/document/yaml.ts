import type * as YamlModule from 'yaml'
import type { CST, Document, ErrorCode, Node as YamlNode } from 'yaml'
import type { LineTable } from '../xml/xml.ts'
import { NEEDLESS } from './json.ts'
import { DOCUMENT_LIMITS, forbidden, refuseRepeated, Unreadable, type Entry, type List, type Node } from './node.ts'
import { linesOf } from './remarks.ts'

/** The `yaml` package; whoever calls brings it in, so that a start from XML need not load it. */
export type Yaml = typeof YamlModule

/**
 * YAML text to nodes. Every scalar stays the text that is written (the failsafe schema), so `no` is no boolean and
 * `0755` no number; only `null`, `~` and nothing at all mean "nothing". Aliases are refused, tags and a second document
 * too. Throws Unreadable.
 */
export function readYaml(yaml: Yaml, text: string, lines: LineTable): Node {
  const tokens = tokensOf(yaml, text)
  const comments = commentsOf(tokens, lines)
  const composer = new yaml.Composer({
    schema: 'failsafe',
    prettyErrors: false,
    uniqueKeys: false,
    keepSourceTokens: true,
  })
  const documents: Document.Parsed[] = []
  for (const document of composer.compose(tokens, true, text.length)) documents.push(document)
  for (const { errors, warnings } of documents) {
    const error = errors[0] ?? warnings[0]
    if (error !== undefined) throw explain(error.code, error.pos[0])
  }
  const [document, second] = documents
  if (second !== undefined) throw new Unreadable(second.range[0], 'the file holds two YAML documents; one is read')
  if (document?.contents === undefined || document.contents === null || text.trim() === '')
    throw new Unreadable(0, 'the file is empty')
  return new YamlReader(yaml, comments).node(document.contents, text.length)
}

interface Comment {
  readonly offset: number
  readonly column: number
  readonly line: string
}

/** The library's parser, fed piece by piece, so that neither depth nor number can get out of hand. */
function tokensOf(yaml: Yaml, text: string): readonly CST.Token[] {
  const parser = new yaml.Parser()
  const tokens: CST.Token[] = []
  let count = 0
  let offset = 0
  for (const piece of new yaml.Lexer().lex(text)) {
    for (const token of parser.next(piece)) tokens.push(token)
    if (parser.stack.length > DOCUMENT_LIMITS.depth)
      throw forbidden(offset, `the file nests deeper than ${DOCUMENT_LIMITS.depth} levels`, NEEDLESS)
    if (++count > DOCUMENT_LIMITS.pieces)
      throw forbidden(offset, `the file has more than ${DOCUMENT_LIMITS.pieces} words and signs`, NEEDLESS)
    // Three of the lexer's pieces stand for nothing in the text.
    if (!/^[\u0002\u0018\u001f]$/.test(piece)) offset += piece.length
  }
  for (const token of parser.end()) tokens.push(token)
  return tokens
}

/** Every comment in order; a walk without recursion. */
function commentsOf(tokens: readonly CST.Token[], lines: LineTable): readonly Comment[] {
  const comments: Comment[] = []
  const waiting: CST.Token[] = [...tokens]
  for (let token = waiting.pop(); token !== undefined; token = waiting.pop()) {
    if (token.type === 'comment') {
      const { offset, source } = token
      comments.push({ offset, column: lines.at(offset).column - 1, line: source.slice(1) })
    }
    for (const inner of partsOf(token)) waiting.push(inner)
  }
  return comments.toSorted((a, b) => a.offset - b.offset)
}

function* partsOf(token: CST.Token): Generator<CST.Token> {
  if ('start' in token && Array.isArray(token.start)) yield* token.start
  if ('end' in token && Array.isArray(token.end)) yield* token.end
  if ('props' in token) yield* token.props
  if ('value' in token && token.value !== undefined) yield token.value
  if (!('items' in token)) return
  for (const { start, key, sep, value } of token.items as CST.CollectionItem[]) {
    yield* start
    if (key !== undefined && key !== null) yield key
    if (sep !== undefined) yield* sep
    if (value !== undefined) yield value
  }
}

class YamlReader {
  readonly #yaml: Yaml
  readonly #comments: readonly Comment[]
  #next = 0

  constructor(yaml: Yaml, comments: readonly Comment[]) {
    this.#yaml = yaml
    this.#comments = comments
  }

  /** `limit`: where the next value of whatever is around begins; comments before that are ours to take. */
  node(node: YamlNode, limit: number): Node {
    const { isAlias, isMap, isSeq, isScalar } = this.#yaml
    const offset = node.range?.[0] ?? 0
    if (isAlias(node)) throw forbidden(offset, 'a YAML alias (*name) is not read', ALIAS_HINT)
    if (node.tag !== undefined && !/^tag:yaml\.org,2002:(str|map|seq)$/.test(node.tag))
      throw new Unreadable(offset, 'a YAML tag (!name) is not read', 'a text that starts with ! stands in quotes')
    if (isMap(node)) return this.#mapping(node, offset, limit)
    if (isSeq(node)) return this.#list(node, offset, limit)
    if (!isScalar(node)) throw new Unreadable(offset, 'this is no value')
    const plain = node.type === undefined || node.type === 'PLAIN'
    const text = typeof node.value === 'string' ? node.value : ''
    return { kind: 'scalar', text: plain && /^(~|null|Null|NULL|)$/.test(text) ? null : text, offset }
  }

  #mapping(map: YamlModule.YAMLMap, offset: number, limit: number): Node {
    const { isScalar, isNode } = this.#yaml
    const entries: Entry[] = []
    const starts = map.items.map(({ key }) => (isNode(key) ? (key.range?.[0] ?? offset) : offset))
    for (const [index, { key, value }] of map.items.entries()) {
      const start = starts[index] ?? offset
      if (!isScalar(key) || typeof key.value !== 'string' || key.value === '')
        throw new Unreadable(start, 'a key must be a text', 'a key that starts with {, [ or ? stands in quotes')
      const before = this.#take(start)
      const inner = isNode(value)
        ? this.node(value, starts[index + 1] ?? limit)
        : ({ kind: 'scalar', text: null, offset: start } as const)
      entries.push({ key: key.value, value: inner, offset: start, before })
    }
    refuseRepeated(entries)
    return { kind: 'mapping', entries, offset, end: this.#behind(map, limit) }
  }

  #list(list: YamlModule.YAMLSeq, offset: number, limit: number): Node {
    const { isNode } = this.#yaml
    const items: List['items'][number][] = []
    const starts = list.items.map(item => (isNode(item) ? (item.range?.[0] ?? offset) : offset))
    for (const [index, item] of list.items.entries()) {
      const before = this.#take(starts[index] ?? offset)
      const value = isNode(item)
        ? this.node(item, starts[index + 1] ?? limit)
        : ({ kind: 'scalar', text: null, offset } as const)
      items.push({ value, before })
    }
    return { kind: 'list', items, offset, end: this.#behind(list, limit) }
  }

  /** The comments up to an offset. */
  #take(offset: number, column = 0): readonly string[] {
    const lines: string[] = []
    for (let comment = this.#comments[this.#next]; comment !== undefined; comment = this.#comments[this.#next]) {
      if (comment.offset >= offset || comment.column < column) break
      lines.push(comment.line)
      this.#next++
    }
    return linesOf(lines)
  }

  /** Comments behind the last entry belong to a block as long as they are indented like it. */
  #behind(block: YamlModule.YAMLMap | YamlModule.YAMLSeq, limit: number): readonly string[] {
    const token = block.srcToken
    return token?.type === 'block-map' || token?.type === 'block-seq' ? this.#take(limit, token.indent) : []
  }
}

const ALIAS_HINT = 'write the value once more; a text that starts with * stands in quotes'

/** The library's codes in our words. Its own sentences may repeat what stands there, which may be a secret. */
const SENTENCES: Readonly<Partial<Record<ErrorCode, string>>> = {
  BAD_ALIAS: 'a YAML alias (*name) is not read',
  BAD_DQ_ESCAPE: 'no such escape in a text in double quotes; a backslash itself is written \\\\',
  BAD_INDENT: 'the indentation does not fit what is above',
  BAD_SCALAR_START: 'a text cannot start with this character; put it in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'two ":" in one line; put a text that holds ": " in quotes',
  BLOCK_IN_FLOW: 'a block cannot stand inside { } or [ ]',
  KEY_OVER_1024_CHARS: 'a key is longer than 1024 characters',
  MISSING_CHAR: 'a closing quote, bracket, ":" or "," is missing',
  MULTILINE_IMPLICIT_KEY: 'a key does not end in its line; is a ":" missing?',
  MULTIPLE_DOCS: 'the file holds several YAML documents; one is read',
  TAB_AS_INDENT: 'a tab indents; YAML is indented with spaces',
  TAG_RESOLVE_FAILED: 'a YAML tag (!name) is not read; a text that starts with ! stands in quotes',
  UNEXPECTED_TOKEN: 'something is here that cannot be; is a quote, ":" or "-" missing?',
}

function explain(code: ErrorCode, offset: number): Unreadable {
  const message = `not well-formed: ${SENTENCES[code] ?? 'this is no YAML'}`
  return code === 'BAD_ALIAS' ? forbidden(offset, message, ALIAS_HINT) : new Unreadable(offset, message)
}

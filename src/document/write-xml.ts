import { CORE, XML, XSI } from './names.ts'
import { attributeOf, SPRING_BEANS, type Vocabulary } from '../vocabulary/vocabulary.ts'
import type { Attribute, Element } from '../xml/xml.ts'
import type { Remarks } from './remarks.ts'

const WIDTH = 110

/** The prefixes everybody uses, and the schema that Spring needs to be told for each. */
const USUAL: Readonly<Record<string, { readonly prefix: string; readonly schema: string | null }>> = {
  [SPRING_BEANS]: { prefix: 'beans', schema: `${SPRING_BEANS}/spring-beans.xsd` },
  [CORE]: { prefix: 'amq', schema: `${CORE}/activemq-core.xsd` },
  'http://camel.apache.org/schema/spring': {
    prefix: 'camel',
    schema: 'http://camel.apache.org/schema/spring/camel-spring.xsd',
  },
  'http://www.springframework.org/schema/p': { prefix: 'p', schema: null },
  'http://www.springframework.org/schema/c': { prefix: 'c', schema: null },
}
const SPRING_SCHEMA = /^http:\/\/www\.springframework\.org\/schema\/([a-z]+)$/

/**
 * Elements to XML text, indented by two: every namespace declared once, at the root, and a start tag that is too long
 * with one attribute a line. Whatever a value holds comes back from the XML parser as it was.
 */
export function writeXml(root: Element, vocabulary: Vocabulary, remarks: Remarks): string {
  const names = new Names(root)
  const writer = new XmlWriter(names, vocabulary, remarks)
  writer.element(root, 0, names.declarations)
  return `<?xml version="1.0" encoding="UTF-8"?>\n${writer.lines.join('\n')}\n`
}

/** Which prefix each namespace has. The root's is the default, unless something is in no namespace at all. */
class Names {
  readonly #default: string | null
  readonly #prefixes = new Map<string, string>([[XML, 'xml']])
  readonly declarations: readonly (readonly [string, string])[]

  constructor(root: Element) {
    const elements = new Set<string>()
    const attributes = new Set<string>()
    for (const element of everything(root)) {
      elements.add(element.uri)
      for (const { uri } of element.attributes) if (uri !== '' && uri !== XML) attributes.add(uri)
    }
    this.#default = elements.has('') ? null : root.uri
    const prefixed = [...new Set([...elements, ...attributes])].filter(
      uri => uri !== '' && (uri !== this.#default || attributes.has(uri)),
    )
    const declarations: [string, string][] = this.#default === null ? [] : [['xmlns', this.#default]]
    const schemas = [...elements].flatMap(uri => (schemaOf(uri) === null ? [] : [`${uri} ${schemaOf(uri)}`]))
    for (const uri of schemas.length > 0 ? [...prefixed.filter(uri => uri !== XSI), XSI] : prefixed) {
      const prefix = this.#free(uri)
      this.#prefixes.set(uri, prefix)
      declarations.push([`xmlns:${prefix}`, uri])
    }
    if (schemas.length > 0) declarations.push(['xsi:schemaLocation', schemas.join(' ')])
    this.declarations = declarations
  }

  #free(uri: string): string {
    const usual = uri === XSI ? 'xsi' : (USUAL[uri]?.prefix ?? SPRING_SCHEMA.exec(uri)?.[1] ?? 'ns1')
    const taken = new Set(this.#prefixes.values())
    if (!taken.has(usual)) return usual
    for (let number = 1; ; number++) if (!taken.has(`ns${number}`)) return `ns${number}`
  }

  element({ uri, local }: Element): string {
    return uri === '' || uri === this.#default ? local : `${this.#prefixes.get(uri)}:${local}`
  }

  attribute({ uri, local }: Attribute): string {
    return uri === '' ? local : `${this.#prefixes.get(uri)}:${local}`
  }
}

function schemaOf(uri: string): string | null {
  const usual = Object.hasOwn(USUAL, uri) ? USUAL[uri] : undefined
  if (usual !== undefined) return usual.schema
  const name = SPRING_SCHEMA.exec(uri)?.[1]
  return name === undefined ? null : `${uri}/spring-${name}.xsd`
}

function* everything(element: Element): Generator<Element> {
  yield element
  for (const child of element.children) yield* everything(child)
}

class XmlWriter {
  readonly lines: string[] = []
  readonly #names: Names
  readonly #vocabulary: Vocabulary
  readonly #remarks: Remarks

  constructor(names: Names, vocabulary: Vocabulary, remarks: Remarks) {
    this.#names = names
    this.#vocabulary = vocabulary
    this.#remarks = remarks
  }

  element(element: Element, depth: number, declarations: readonly (readonly [string, string])[] = []): void {
    const indent = '  '.repeat(depth)
    const name = this.#names.element(element)
    const word = element.uri === CORE ? this.#vocabulary.element(element.local)?.word : undefined
    const below = element.attributes.filter(
      one => word !== undefined && hasLines(one) && attributeOf(word, one.local) !== undefined,
    )
    const inside = element.attributes.filter(one => !below.includes(one))
    const pairs = [...declarations, ...inside.map(one => [this.#names.attribute(one), one.value] as const)].map(
      ([key, value]) => `${key}="${attributeText(value)}"`,
    )
    this.#comment(
      element.attributes.flatMap(one => [...(this.#remarks.get(one)?.before ?? [])]),
      indent,
    )
    this.#comment(this.#remarks.get(element)?.before ?? [], indent)
    const end = this.#remarks.get(element)?.end ?? []
    const empty = below.length === 0 && element.children.length === 0 && end.length === 0
    if (empty && element.text.trim() === '') {
      this.lines.push(...startTag(name, pairs, indent, '/>'))
      return
    }
    const start = startTag(name, pairs, indent, '>')
    if (empty) {
      this.lines.push(...start)
      this.#append(`${escapeText(element.text)}</${name}>`)
      return
    }
    this.lines.push(...start)
    for (const one of below) {
      const child = this.#names.element({ ...element, local: one.local })
      this.lines.push(`${indent}  <${child}>${escapeText(one.value)}</${child}>`)
    }
    for (const child of element.children) this.element(child, depth + 1)
    if (element.text.trim() !== '') this.lines.push(`${indent}  ${escapeText(element.text.trim())}`)
    this.#comment(end, `${indent}  `)
    this.lines.push(`${indent}</${name}>`)
  }

  #append(text: string): void {
    this.lines.push(`${this.lines.pop() ?? ''}${text}`)
  }

  /** `--` may not stand in a comment. */
  #comment(remark: readonly string[], indent: string): void {
    const lines = remark.map(line => line.replace(/-(?=-)/g, '- '))
    const [only, second] = lines
    if (only === undefined) return
    if (second === undefined) this.lines.push(`${indent}<!-- ${only} -->`)
    else {
      const inner = lines.map(line => (line === '' ? '' : `${indent}  ${line}`))
      this.lines.push(`${indent}<!--\n${inner.join('\n')}\n${indent}-->`)
    }
  }
}

/** Several lines read better between tags than as `&#10;`, where the blanks around them do not count. */
const hasLines = ({ uri, value }: Attribute): boolean => uri === '' && value.includes('\n') && value === value.trim()

function startTag(name: string, pairs: readonly string[], indent: string, close: string): readonly string[] {
  const line = `${indent}<${[name, ...pairs].join(' ')}${close}`
  if (line.length <= WIDTH || pairs.length < 2) return [line]
  return [
    `${indent}<${name}`,
    ...pairs.map((pair, index) => `${indent}    ${pair}${index + 1 < pairs.length ? '' : close}`),
  ]
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
  '\r': '&#13;',
  '\t': '&#9;',
}

const attributeText = (text: string): string =>
  text.replace(/[&<"\n\r\t]/g, character => ENTITIES[character] ?? character)
const escapeText = (text: string): string => text.replace(/[&<>\r]/g, character => ENTITIES[character] ?? character)

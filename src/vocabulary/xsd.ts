import { CLASS_MEANS, typeText, versionText } from './reference-text.ts'
import type { VocabularySchema } from './schema.ts'
import type { AttributeWord, ElementWord, Judgement, Vocabulary } from './words.ts'

/**
 * The vocabulary as an XML Schema for editors: children in any order, placeholders and references everywhere, each word
 * with its class, versions and reason. Made from the JSON Schema; nothing is in it that is not there.
 */
export function xsd(vocabulary: Vocabulary, schema: VocabularySchema): string {
  const [namespace = ''] = vocabulary.data.namespaces
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="${namespace}" targetNamespace="${namespace}"`,
    '  elementFormDefault="qualified" attributeFormDefault="unqualified">',
    ...textTypes(schema),
    ...SHARED,
    ...vocabulary.elementNames.flatMap(name => xsdElement(name, vocabulary)),
    '</xs:schema>',
    '',
  ].join('\n')
}

/** One element's declaration; empty for a name that is none. */
export function xsdElement(name: string, vocabulary: Vocabulary): readonly string[] {
  const word = vocabulary.word(name)
  const target = vocabulary.element(name)
  if (word === null || target === null) return []
  const { attributes, slots } = target.word
  const own = Object.keys(attributes)
  return [
    `  <xs:element name="${name}">`,
    ...documentation([word.doc, ...judgementOf(word), versionText(word)], 4),
    '    <xs:complexType>',
    '      <xs:choice minOccurs="0" maxOccurs="unbounded">',
    ...own.flatMap(attribute => child(attribute, attributes[attribute], slots[attribute])),
    '        <xs:any namespace="##other" processContents="lax"/>',
    '      </xs:choice>',
    ...own.flatMap(attribute => attributeOf(attribute, attributes[attribute], target.word)),
    ...SPRING.filter(reserved => !own.includes(reserved)).map(
      reserved => `      <xs:attribute name="${reserved}" type="xs:string"/>`,
    ),
    '      <xs:anyAttribute namespace="##other" processContents="lax"/>',
    '    </xs:complexType>',
    '  </xs:element>',
  ]
}

/** Attributes that Spring reserves on every element (config 1.4 rule 4). */
const SPRING =
  'id name parent depends-on init-method destroy-method lazy-init scope abstract autowire factory-method factory-bean primary'.split(
    ' ',
  )

/** A slot that takes anything. */
const SHARED = [
  '  <xs:complexType name="slot" mixed="true">',
  '    <xs:choice minOccurs="0" maxOccurs="unbounded">',
  '      <xs:any namespace="##any" processContents="lax"/>',
  '    </xs:choice>',
  '    <xs:anyAttribute namespace="##any" processContents="lax"/>',
  '  </xs:complexType>',
]

interface TextType {
  readonly pattern?: string
}

/** Each text type as a pattern, or a placeholder, or a reference. */
function textTypes({ $defs }: VocabularySchema): readonly string[] {
  return Object.entries($defs).flatMap(([name, definition]) => {
    const type = name.startsWith('text.') ? name.slice('text.'.length) : null
    const pattern = (definition as TextType).pattern
    if (type === null || pattern === undefined) return []
    return [
      `  <xs:simpleType name="${type}">`,
      '    <xs:restriction base="xs:string">',
      `      <xs:pattern value="${escape(xsdPattern(pattern))}"/>`,
      `      <xs:pattern value="#[\\s\\S]*"/>`,
      `      <xs:pattern value="[\\s\\S]*[$]\\{[\\s\\S]*"/>`,
      '    </xs:restriction>',
      '  </xs:simpleType>',
    ]
  })
}

/** XML Schema's patterns are anchored, know no `(?:`, and their `\d` means the digits of every script. */
const xsdPattern = (pattern: string): string =>
  pattern
    .replace(/^\^|\$$/g, '')
    .replaceAll('(?:', '(')
    .replaceAll(String.raw`\d`, '[0-9]')

const CHECKED = new Set(['boolean', 'boolean-strict', 'bytes', 'bytes32', 'int', 'long', 'number'])

/** A property written as a child element. */
function child(name: string, word: AttributeWord | undefined, takes: readonly string[] | undefined): readonly string[] {
  if (word === undefined) return []
  if (CHECKED.has(word.type)) return [`        <xs:element name="${name}" type="${word.type}"/>`]
  if (takes === undefined) return [`        <xs:element name="${name}" type="slot"/>`]
  return [
    `        <xs:element name="${name}"><xs:complexType mixed="true">`,
    '          <xs:choice minOccurs="0" maxOccurs="unbounded">',
    ...takes.map(one => `            <xs:element ref="${one}"/>`),
    '            <xs:any namespace="##other" processContents="lax"/>',
    '          </xs:choice>',
    '        </xs:complexType></xs:element>',
  ]
}

function attributeOf(name: string, word: AttributeWord | undefined, of: ElementWord): readonly string[] {
  if (word === undefined) return []
  const type = CHECKED.has(word.type) ? word.type : 'xs:string'
  const alias = word.alias === undefined ? [] : [`Another spelling of ${word.alias}.`]
  const lines = [word.doc ?? '', ...alias, typeText(word), ...judgementOf(word), versionText({ ...of, ...word })]
  return [`      <xs:attribute name="${name}" type="${type}">`, ...documentation(lines, 8), '      </xs:attribute>']
}

const judgementOf = ({ verdict, effect, reason, override }: Judgement): readonly string[] => [
  `${verdict} (${CLASS_MEANS[verdict]})${(effect ?? reason) ? `: ${effect ?? reason ?? ''}` : ''}`,
  ...(override === undefined ? [] : [`Override: -D${override}`]),
]

function documentation(lines: readonly string[], indent: number): readonly string[] {
  const text = lines.filter(line => line !== '').map(escape)
  const space = ' '.repeat(indent)
  return [`${space}<xs:annotation><xs:documentation>${text.join('\n')}</xs:documentation></xs:annotation>`]
}

const escape = (text: string): string =>
  text.replace(/[&<>"]/g, one => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[one] ?? one)

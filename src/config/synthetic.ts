import { messageOf, type Position } from '../base/errors.ts'
import type { Findings } from '../base/findings.ts'
import { javaProperties, type JavaProperty } from '../base/java-properties.ts'
import { suggestion } from '../base/suggest.ts'
import type { Attribute, Element } from '../xml/xml.ts'
import { attributeOf, type ElementWord, type Vocabulary } from '../vocabulary/vocabulary.ts'
import { parseComposite, type Component } from './composite.ts'
import { startOf } from './sources.ts'

/**
 * `broker:(…)` and `properties:FILE` become the `<broker>` element that would say the same, so that everything behind is
 * one path. Places point into the address, and into the properties file.
 */

/** `broker:(URI,URI,…)/NAME?options` (config 1.2). Null: it is no such address; `findings` say why. */
export function brokerOfUri(uri: string, vocabulary: Vocabulary, findings: Findings): Element | null {
  const place = (offset: number): Position => ({ file: uri, line: 1, column: offset + 1 })
  const parsed = parseComposite(uri)
  if ('problem' in parsed) {
    findings.error('CONFIG_SOURCE', place(parsed.offset), `the address ${parsed.problem}`, SHAPE)
    return null
  }
  const { components, path, query } = parsed
  if (components.length === 0)
    findings.error('CONFIG_SOURCE', place(0), 'the address names nothing to listen at', SHAPE)
  const attributes = options(query, place, brokerWord(vocabulary), findings)
  if (path !== null) attributes.push(attribute('brokerName', path, place(uri.indexOf(`)/${path}`) + 2)))
  const make = maker(vocabulary, place)
  const network = components.filter(({ text }) => /^network:/i.test(text))
  const proxy = components.filter(({ text }) => /^proxy:/i.test(text))
  const listening = components.filter(one => !network.includes(one) && !proxy.includes(one))
  const behind = (one: Component): Component => {
    const text = one.text.replace(/^\w+:/, '')
    return { text, offset: one.offset + one.text.length - text.length }
  }
  return {
    ...make('broker', 0, []),
    attributes,
    children: [
      ...slot(make, 'transportConnectors', 'transportConnector', 'uri', listening),
      ...slot(make, 'networkConnectors', 'networkConnector', 'uri', network.map(behind)),
      ...slot(make, 'proxyConnectors', 'proxyConnector', 'bind', proxy.map(behind)),
    ],
  }
}

const SHAPE = 'write broker:(stomp://0.0.0.0:61613,tcp://0.0.0.0:61616)/NAME?persistent=true'

type Maker = (local: string, offset: number, attributes: readonly Attribute[], children?: readonly Element[]) => Element

const maker =
  (vocabulary: Vocabulary, place: (offset: number) => Position): Maker =>
  (local, offset, attributes, children = []) => ({
    uri: vocabulary.data.namespaces[0] ?? '',
    local,
    qname: local,
    at: place(offset),
    span: { start: 0, open: 0, close: 0, end: 0 },
    attributes,
    children,
    text: '',
  })

function slot(make: Maker, name: string, inner: string, key: string, members: readonly Component[]): Element[] {
  const [first] = members
  if (first === undefined) return []
  const objects = members.map(({ text, offset }) => {
    const one = make(inner, offset, [])
    return { ...one, attributes: [attribute(key, text, one.at)] }
  })
  return [make(name, first.offset, [], objects)]
}

const attribute = (local: string, value: string, at: Position): Attribute => ({
  uri: '',
  local,
  value,
  at,
  qname: local,
  span: { start: 0, valueStart: 0, valueEnd: 0 },
})

const brokerWord = (vocabulary: Vocabulary): ElementWord | undefined => vocabulary.element('broker')?.word

/** What no broker property is called stops the start in ActiveMQ too (config 1.2). */
function options(
  query: Component,
  place: (offset: number) => Position,
  word: ElementWord | undefined,
  findings: Findings,
): Attribute[] {
  const out: Attribute[] = []
  let offset = query.offset
  for (const part of query.text.split('&')) {
    const [name = '', ...rest] = part.split('=')
    const at = place(offset)
    offset += part.length + 1
    if (part === '') continue
    const key = decoded(name)
    if (word !== undefined && attributeOf(word, key) === undefined) {
      const hint = suggestion(key, Object.keys(word.attributes))
      findings.error('CONFIG_UNKNOWN_ATTRIBUTE', at, `"${key}" is no property of a broker`, hint)
    } else out.push(attribute(key, rest.length === 0 ? 'false' : decoded(rest.join('=')), at))
  }
  return out
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replace(/\+/g, ' '))
  } catch {
    return text
  }
}

/**
 * `properties:FILE`: each key is a broker property, -D properties are laid over the file, and an unknown key is ignored
 * by ActiveMQ, so it is a warning here (config 1.2).
 */
export function brokerOfProperties(
  file: string,
  text: string,
  system: Readonly<Record<string, string>>,
  vocabulary: Vocabulary,
  findings: Findings,
): Element {
  const word = brokerWord(vocabulary)
  const known = (key: string): boolean => word !== undefined && attributeOf(word, key) !== undefined
  const given = new Map<string, Attribute>()
  for (const { key, value, line, column } of readable(file, text, findings)) {
    const at = { file, line, column }
    if (known(key)) given.set(key, attribute(key, literal(value), at))
    else {
      const hint = suggestion(key, Object.keys(word?.attributes ?? {}))
      const message = `"${key}" is no property of a broker; it is ignored, as in ActiveMQ`
      findings.warn('CONFIG_UNKNOWN_ATTRIBUTE', at, message, hint)
    }
  }
  for (const [key, value] of Object.entries(system))
    if (known(key)) given.set(key, attribute(key, literal(value), startOf(`-D${key}`)))
  const make = maker(vocabulary, () => startOf(file))
  return make('broker', 0, [...given.values()])
}

function readable(file: string, text: string, findings: Findings): readonly JavaProperty[] {
  try {
    return [...javaProperties(text)]
  } catch (error) {
    findings.error('CONFIG_PROPERTIES_FILE', startOf(file), messageOf(error))
    return []
  }
}

/** In a properties file `#x` is no reference. */
const literal = (value: string): string => (value.startsWith('#') ? `#${value}` : value)

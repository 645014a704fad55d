import type { Position } from '../base/errors.ts'
import { attribute, descendants, isSpring, textOf } from './beans.ts'
import type { Environment } from './environment.ts'
import type { Findings } from '../base/findings.ts'
import { basename } from './paths.ts'
import { isJettyFile } from './jetty-file.ts'
import { decodeXml } from '../xml/xml.ts'
import { layerOf, Placeholders, systemLayer } from './placeholders.ts'
import { reportStrays } from './strays.ts'
import { readTree, type ReadTools } from '../document/document.ts'
import { XML_LIMITS, type Element } from '../xml/xml.ts'

/** Files that only something else needs: their absence stops nothing (config 1.6). jetty.ts reads those of the web server. */
const SIDE_FILES: readonly { readonly name: RegExp; readonly loses: string }[] = [
  { name: /^camel[\w.-]*\.xml$/, loses: 'Camel routes are not run; messages those routes moved stay where they are' },
]

/** The pair's words that no ActiveMQ release knew: a snippet that uses them was written for this broker. */
const DOCUMENTATION_NAMES = [
  'activeConnectorURI',
  'waitForPassive',
  'shutdownOnPassiveFailure',
  'shutdownOnActiveFailure',
]

/** One configuration with all it imports: what stands at the top level, and what can be referred to. */
export interface Context {
  readonly brokers: readonly Element[]
  readonly tops: readonly Element[]
  /** By id, and by the names of top-level beans. */
  readonly named: ReadonlyMap<string, Element>
  /** The text of every file that was read, XML, JSON or YAML, by path. */
  readonly texts: ReadonlyMap<string, string>
  /** Places that led on to something: slots, references, lists, imports. With the objects' own they are all that was read. */
  readonly used: Set<Position>
  readonly imports: readonly Import[]
}

/** One `<import>`, as it was followed. */
export interface Import {
  readonly at: Position
  /** As it is written. */
  readonly resource: string
  /** Absolute; null when it is not a file. */
  readonly path: string | null
  /** `aside`: it is no part of the broker. Camel's is not read; jetty.xml is, for what the HTTP interface takes from it. */
  readonly outcome: 'read' | 'unreadable' | 'aside' | 'refused'
}

interface Reading extends ReadTools {
  readonly outer: Environment
  readonly findings: Findings
  readonly tops: Element[]
  readonly imports: Import[]
  readonly texts: Map<string, string>
  readonly used: Set<Position>
  /** The chain of files that led here, for the cycle check. */
  readonly chain: readonly string[]
}

/** Reads a file and everything it imports. Null when the main file cannot be used; `findings` say why. */
export function readContext(file: string, tools: ReadTools, outer: Environment, findings: Findings): Context | null {
  const { vocabulary } = tools
  const found = { tops: [], imports: [], texts: new Map<string, string>(), used: new Set<Position>() }
  const reading: Reading = { ...tools, outer, findings, ...found, chain: [file] }
  const start: Position = { file, line: 1, column: 1 }
  if (!readInto(file, start, reading)) return null
  const named = new Map<string, Element>()
  for (const top of reading.tops) {
    for (const element of descendants(top)) {
      const id = textOf(element, 'id')
      if (id !== null) named.set(id, element)
    }
    for (const name of (textOf(top, 'name') ?? '').split(/[,;\s]+/))
      if (name !== '' && !named.has(name)) named.set(name, top)
  }
  for (const top of reading.tops) {
    if (top.local === 'alias') reading.used.add(top.at)
    const meant = top.local === 'alias' ? named.get(textOf(top, 'name') ?? '') : undefined
    if (meant !== undefined) named.set(textOf(top, 'alias') ?? '', meant)
  }
  const core = vocabulary.data.namespaces
  const brokers = reading.tops.filter(
    ({ uri, local }) => (local === 'broker' || local === 'brokerService') && (core.includes(uri) || uri === ''),
  )
  const { tops, texts, used, imports } = reading
  return { brokers, tops, named, texts, used, imports }
}

/** A broker that stands in no XML file. */
export const contextOfBroker = (broker: Element, file: string, text: string): Context => ({
  brokers: [broker],
  tops: [broker],
  named: new Map(),
  texts: new Map([[file, text]]),
  used: new Set(),
  imports: [],
})

function readInto(file: string, from: Position, reading: Reading): boolean {
  const { findings, outer } = reading
  const bytes = outer.sources.read(file)
  if (bytes === null) {
    findings.error('CONFIG_NOT_FOUND', from, `${file} does not exist or cannot be read`, NEXT)
    return false
  }
  if (bytes.length > XML_LIMITS.bytes) {
    findings.refuse(
      'CONFIG_XML_FORBIDDEN',
      { file, line: 1, column: 1 },
      `the file is larger than ${XML_LIMITS.bytes} bytes`,
    )
    return false
  }
  const text = decodeXml(bytes)
  if (text === null) {
    const hint = 'save it as UTF-8, or name its encoding in the XML declaration'
    findings.error(
      'CONFIG_NOT_WELL_FORMED',
      { file, line: 1, column: 1 },
      'the file is not in its declared encoding',
      hint,
    )
    return false
  }
  reading.texts.set(file, text)
  const tree = readTree(text, file, reading, findings)
  if (tree === null) return false
  const { root, doctype } = tree
  if (doctype) findings.add('accept', 'CONFIG_NO_EFFECT', root.at, 'the DOCTYPE is not read; nothing is ever fetched')
  return takeRoot(root, doctype, reading)
}

function takeRoot(root: Element, doctype: boolean, reading: Reading): boolean {
  const { findings, vocabulary } = reading
  if (root.local === 'configuration' && root.uri.startsWith('urn:activemq')) {
    const message = 'this is an ActiveMQ Artemis configuration; TandemMQ reads ActiveMQ Classic files'
    findings.error('CONFIG_NO_BROKER', root.at, message, 'give the activemq.xml of an ActiveMQ 4.x, 5.x or 6.x broker')
    return false
  }
  if (root.local === 'broker' && root.uri === '') {
    if (!doctype && usesDocumentationNames(root)) {
      const message = 'element <broker> is in no namespace; it is read as a snippet of the documentation'
      findings.warn('CONFIG_NO_NAMESPACE', root.at, message, NAMESPACE_HINT)
    } else findings.error('CONFIG_NO_NAMESPACE', root.at, 'element <broker> is in no namespace', NAMESPACE_HINT)
  }
  const core = vocabulary.data.namespaces
  const container = root.local === 'beans' && (isSpring(root, core) || root.uri === '')
  if (container || (root.local === 'blueprint' && root.uri !== '')) takeChildren(root, reading)
  else reading.tops.push(root)
  return true
}

const NAMESPACE_HINT = 'add xmlns="http://activemq.apache.org/schema/core" to <broker>'

const usesDocumentationNames = (root: Element): boolean =>
  DOCUMENTATION_NAMES.some(name => attribute(root, name) !== undefined) ||
  [...descendants(root)].some(({ local }) => local === 'activeConnector')

function takeChildren(beans: Element, reading: Reading): void {
  const { findings, vocabulary, tops } = reading
  const core = vocabulary.data.namespaces
  reportStrays(beans, `between the elements of <${beans.qname}>`, findings)
  for (const child of beans.children) {
    if (isSpring(child, core) && child.local === 'beans') {
      if (profileActive(child, reading.outer)) takeChildren(child, reading)
      else
        findings.add('accept', 'CONFIG_NO_EFFECT', child.at, 'this profile is not active; its content does not count')
    } else if (isSpring(child, core) && child.local === 'import') follow(child, reading)
    else if (child.local === 'broker' && child.uri === '') {
      findings.error('CONFIG_NO_NAMESPACE', child.at, 'element <broker> is in no namespace', NAMESPACE_HINT)
      tops.push(child)
    } else tops.push(child)
  }
}

function profileActive(beans: Element, outer: Environment): boolean {
  const wanted = textOf(beans, 'profile')
  if (wanted === null || wanted.trim() === '') return true
  const told = outer.system['spring.profiles.active'] ?? outer.env['SPRING_PROFILES_ACTIVE'] ?? 'default'
  const active = new Set(told.split(',').map(name => name.trim()))
  return wanted.split(/[,;\s]+/).some(name => (name.startsWith('!') ? !active.has(name.slice(1)) : active.has(name)))
}

/** `<import resource>`: resolved from system properties and the environment only, relative to the importing file. */
function follow(element: Element, reading: Reading): void {
  const { findings, outer, chain } = reading
  const resource = attribute(element, 'resource')
  if (resource === undefined) {
    findings.error('CONFIG_IMPORT', element.at, '<import> has no resource')
    return
  }
  const early = new Placeholders([systemLayer(outer), layerOf(outer.env, 'environment')], [], true, true)
  const filled = early.fill(resource.value)
  const location = 'text' in filled ? filled.text : resource.value
  const note = (outcome: Import['outcome'], path: string | null): void =>
    void reading.imports.push({ at: resource.at, resource: resource.value, path, outcome })
  const side = SIDE_FILES.find(({ name }) => name.test(basename(location)))
  if (side !== undefined || isJettyFile(basename(location))) {
    note('aside', outer.resource(location, element.at.file))
    if (side !== undefined)
      findings.warn('CONFIG_NOT_SERVED', resource.at, `${resource.value} is not read: ${side.loses}`)
    return
  }
  if (/^[a-z]{2,}:/i.test(location) && !/^(file|classpath\*?):/i.test(location)) {
    note('refused', null)
    findings.error(
      'CONFIG_IMPORT',
      resource.at,
      'only files are imported, nothing is fetched',
      'copy it beside this file',
    )
    return
  }
  const path = outer.resource(location, element.at.file)
  if (chain.includes(path)) {
    note('refused', path)
    findings.error(
      'CONFIG_IMPORT',
      resource.at,
      `${path} imports itself: ${[...chain, path].map(basename).join(' → ')}`,
    )
    return
  }
  reading.used.add(element.at).add(resource.at)
  note(readInto(path, resource.at, { ...reading, chain: [...chain, path] }) ? 'read' : 'unreadable', path)
}

const NEXT = 'check the path; "tandemmq create NAME" makes a new instance with a commented file'

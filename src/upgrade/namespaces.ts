import { SPRING_BEANS } from '../config/config.ts'
import type { Attribute, Edit, Element } from '../xml/xml.ts'
import { addAttribute, behindName, setValue } from './edits.ts'
import type { Change, Rule, Sheet } from './sheet.ts'
import { hintsOther, nameOf, type Target } from './target.ts'

const CURRENT = 'http://activemq.apache.org/schema/core'
const SCHEMA_INSTANCE = 'http://www.w3.org/2001/XMLSchema-instance'
const SCHEMA = `${CURRENT}/activemq-core.xsd`

interface Scope {
  /** By prefix ('' is the default), as it will be. */
  readonly uris: ReadonlyMap<string, string>
  /** Inside a `<broker>`, or `<beans>`, that is in no namespace and gets one. */
  readonly bare: boolean
}

/**
 * The 4.x namespace becomes today's, and what Spring owns in it becomes Spring's; a `<broker>` without namespace gets
 * one (config 1.3). Prefixes stay as they are: where one prefix stood for both, it is declared anew.
 */
export const namespaces: Rule = function* (sheet) {
  yield* visit(sheet.root, { uris: new Map([['', '']]), bare: false }, sheet)
}

function* visit(element: Element, outer: Scope, sheet: Sheet): Generator<Change> {
  const bare = outer.bare || startsBare(element, sheet)
  const wanted = wantedUri(element, bare, sheet)
  const prefix = prefixOf(element.qname)
  const uris = new Map(outer.uris)
  let declared = false
  for (const one of element.attributes) {
    const name = declares(one)
    if (name === null) continue
    declared ||= name === prefix
    const uri = name === prefix && wanted !== null ? wanted : isOld(one.value, sheet) ? CURRENT : one.value
    uris.set(name, uri)
    if (uri !== one.value) yield moved(element, one, uri)
  }
  if (wanted !== null && !declared && uris.get(prefix) !== wanted) {
    uris.set(prefix, wanted)
    yield added(element, prefix, wanted)
  }
  yield* schemaLocation(element, sheet)
  for (const child of element.children) yield* visit(child, { uris, bare }, sheet)
}

const prefixOf = (qname: string): string => (qname.includes(':') ? qname.slice(0, qname.indexOf(':')) : '')

/** The prefix that an attribute declares; null when it declares none. */
function declares({ qname }: Attribute): string | null {
  if (qname === 'xmlns') return ''
  return qname.startsWith('xmlns:') ? qname.slice('xmlns:'.length) : null
}

const isOld = (uri: string, { vocabulary }: Sheet): boolean =>
  uri !== CURRENT && vocabulary.data.namespaces.includes(uri)

/**
 * A file with a DTD is another thing: ActiveMQ 3's, or one that no namespace may enter. `<beans>` in no namespace was
 * read before 5.4 and is read here, so it gets one only for an ActiveMQ.
 */
function startsBare(element: Element, { root, doctype, target }: Sheet): boolean {
  if (doctype || element.uri !== '') return false
  if (element.local === 'beans') return element === root && target.kind === 'activemq'
  return element.local === 'broker' && (element === root || (root.local === 'beans' && root.children.includes(element)))
}

/** The namespace that an element should be in; null: it is in the right one, or none of ours. */
function wantedUri(element: Element, bare: boolean, sheet: Sheet): string | null {
  const old = isOld(element.uri, sheet)
  if (!old && !(bare && element.uri === '')) return null
  const part = sheet.parts.of(element)
  // What belongs to another vocabulary stays in none, also below a default namespace that is new.
  if (!old && (part?.kind === 'foreign' || part?.kind === 'unknown')) return part.kind === 'foreign' ? '' : CURRENT
  const spring = part?.kind === 'spring' || (part?.kind === 'slot' && part.property)
  return spring ? SPRING_BEANS : CURRENT
}

function moved(element: Element, declaration: Attribute, uri: string): Change {
  const whose = uri === SPRING_BEANS ? `<${element.local}> is Spring's` : 'ActiveMQ 5.1 and newer read this one'
  return {
    kind: 'change',
    rule: 'namespace',
    offset: declaration.span.start,
    message: `${declaration.qname} becomes "${uri}"`,
    reason: `"${declaration.value}" is the namespace of ActiveMQ 4.x; ${whose}`,
    edits: [setValue(declaration, uri)],
  }
}

function added(element: Element, prefix: string, uri: string): Change {
  const name = prefix === '' ? 'xmlns' : `xmlns:${prefix}`
  const reason =
    element.uri === '' && (element.local === 'broker' || element.local === 'beans')
      ? `ActiveMQ rejects <${element.local}> in no namespace`
      : `<${element.qname}> is ${uri === SPRING_BEANS ? "Spring's" : "ActiveMQ's"}, and not in the namespace around it`
  return {
    kind: 'change',
    rule: 'namespace',
    offset: behindName(element),
    message: `<${element.qname}> gets ${name}="${uri}"`,
    reason,
    edits: [addAttribute(element, name, uri)],
  }
}

/** Pairs of a namespace and the place of its schema; ActiveMQ takes the place from its own jar, by this very text. */
function* schemaLocation(element: Element, sheet: Sheet): Generator<Change> {
  for (const one of element.attributes) {
    if (one.local !== 'schemaLocation' || one.uri !== SCHEMA_INSTANCE) continue
    const raw = sheet.text.slice(one.span.valueStart, one.span.valueEnd)
    const tokens = [...raw.matchAll(/[^\s]+/g)]
    for (let i = 0; i + 1 < tokens.length; i += 2) {
      const [uri, place] = [tokens[i], tokens[i + 1]]
      if (uri === undefined || place === undefined) continue
      const at = (token: RegExpExecArray, text: string): Edit => {
        const start = one.span.valueStart + token.index
        return { start, end: start + token[0].length, text }
      }
      const edits = isOld(uri[0], sheet)
        ? [at(uri, CURRENT), at(place, SCHEMA)]
        : uri[0] === CURRENT && hintsOther(place[0], sheet.target)
          ? [at(place, SCHEMA)]
          : []
      if (edits.length > 0) yield hinted(edits, place[0], sheet.target)
    }
  }
}

const hinted = (edits: readonly Edit[], place: string, target: Target): Change => ({
  kind: 'change',
  rule: 'namespace',
  offset: edits[0]?.start ?? 0,
  message: `schemaLocation names "${SCHEMA}"`,
  reason:
    edits.length > 1
      ? 'the namespace of ActiveMQ 4.x is read by none newer'
      : `"${place}" is the schema of one version, which ${nameOf(target)} would look for on the network`,
  edits,
})

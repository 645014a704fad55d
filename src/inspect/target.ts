import type { Code } from '../base/codes.ts'
import { Findings, type Finding } from '../base/findings.ts'
import { isSpring, type Reading } from '../config/config.ts'
import { attributeOf, type ElementWord, type Vocabulary } from '../vocabulary/vocabulary.ts'
import type { Element } from '../xml/xml.ts'
import { inNamespace, inOrder, judgeName, judgeUnserved, type Release } from './target-rules.ts'
import { judgeValue } from './target-values.ts'
import { compareVersions } from './versions.ts'

/** What no ActiveMQ can use either: these findings are told for every target. */
const SHARED: ReadonlySet<Code> = new Set<Code>([
  'CONFIG_SOURCE',
  'CONFIG_NOT_FOUND',
  'CONFIG_NOT_WELL_FORMED',
  'CONFIG_NO_BROKER',
  'CONFIG_NO_NAMESPACE',
  'CONFIG_IMPORT',
  'CONFIG_UNKNOWN_ELEMENT',
  'CONFIG_UNKNOWN_ATTRIBUTE',
  'CONFIG_MISPLACED',
  'CONFIG_VALUE',
  'CONFIG_REFERENCE',
  'CONFIG_DUPLICATE_NAME',
  'CONFIG_REPEATED',
  'CONFIG_PLACEHOLDER',
  'CONFIG_TEMPLATE',
])

/** Wrong addresses are wrong everywhere; what is merely not served here is not. */
const ADDRESSES: ReadonlySet<Code> = new Set<Code>(['CONFIG_URI', 'CONFIG_SCHEME'])

/**
 * What ActiveMQ `release` would reject in a configuration, ignore, or take differently than TandemMQ does (config 1.3 to
 * 1.5, 2, 4.1). `source` is how the file was named: with `?validate=false` the schema is not asked. What only TandemMQ
 * says (what it does not serve, what is not protected) is left out: it is no matter of that broker.
 */
export function targetFindings(
  reading: Reading,
  vocabulary: Vocabulary,
  release: string,
  source: string,
): readonly Finding[] {
  const findings = new Findings()
  for (const finding of reading.findings) takeOver(finding, release, findings)
  const unchecked = compareVersions(release, '5.4.2') >= 0 && /\?validate=false/i.test(source)
  const target: Release = {
    release,
    checked: compareVersions(release, '5.4.0') >= 0 && !unchecked,
    configured: reading.placeholders?.configured ?? false,
    vocabulary,
    findings,
  }
  protocol(source, reading, target)
  const files = new Set<string>()
  for (const top of reading.context?.tops ?? []) {
    for (const element of outermost(top, vocabulary)) {
      if (!files.has(element.at.file)) inNamespace(element, target)
      files.add(element.at.file)
      object(element, target)
    }
  }
  return findings.list()
}

/** Our own findings, as far as they are that release's as well. */
function takeOver(finding: Finding, release: string, findings: Findings): void {
  const { code, severity, at, message, hint } = finding
  const name = `ActiveMQ ${release}`
  if (code === 'CONFIG_NO_NAMESPACE') findings.add('error', code, at, message, hint)
  else if (code === 'CONFIG_PROPERTIES_FILE') {
    const why = severity === 'warn' ? `${name} does not start: ${message.split(';')[0]}` : message
    findings.error('TARGET_REJECTED', at, why, severity === 'warn' ? 'create it, or remove its location' : hint)
  } else if (code === 'CONFIG_URI_OPTION' && message.includes('unknown option')) {
    const plain = message.split('; ')[0] ?? message
    findings.warn(
      'TARGET_IGNORED',
      at,
      `${plain}; ${name} ignores it without a word`,
      hint?.replace(/^.*; /, '') ?? null,
    )
  } else if (SHARED.has(code) || (ADDRESSES.has(code) && severity === 'error'))
    findings.add(severity === 'refuse' ? 'error' : severity, code, at, message, hint)
}

/** From 6.3.0 on an `xbean:` URI may only name a file or the class path (config 1.2). */
function protocol(source: string, reading: Reading, { release, findings }: Release): void {
  const scheme = /^xbean:([a-z][a-z0-9+.-]+):/i.exec(source)?.[1]?.toLowerCase()
  if (scheme === undefined || ['file', 'classpath'].includes(scheme) || compareVersions(release, '6.3.0') < 0) return
  const at = reading.findings[0]?.at ?? { file: source, line: 1, column: 1 }
  const message = `ActiveMQ ${release} reads an xbean: URI only from file: and classpath:, not from ${scheme}:`
  const hint = 'it has the system property org.apache.activemq.xbean.XBEAN_BROKER_FACTORY_PROTOCOLS for that'
  findings.error('TARGET_REJECTED', at, message, hint)
}

/** The ActiveMQ objects that stand in none, also those inside Spring beans. */
function* outermost(element: Element, vocabulary: Vocabulary): Generator<Element> {
  if (isObject(element, vocabulary)) yield element
  else for (const child of element.children) yield* outermost(child, vocabulary)
}

const isObject = ({ uri, local }: Element, vocabulary: Vocabulary): boolean =>
  (uri === '' ? local === 'broker' : vocabulary.data.namespaces.includes(uri)) && vocabulary.element(local) !== null

/** One ActiveMQ object: its name, its attributes, its places in the order they stand. */
function object(element: Element, target: Release): void {
  const { vocabulary } = target
  const found = vocabulary.element(element.local)
  if (found === null || !judgeName(element, found, target)) return
  for (const attribute of element.attributes) {
    const word = attribute.uri === '' ? attributeOf(found.word, attribute.local) : undefined
    if (word === undefined) continue
    const { local: name, value: text, at } = attribute
    if (judgeUnserved({ name, word, text, at, owner: found, as: 'attribute' }, target))
      judgeValue({ name, word, text, at, element: element.local }, target)
  }
  inOrder(element, found.word, target)
  for (const child of element.children) slot(child, found, target)
}

interface Owner {
  readonly name: string
  readonly word: ElementWord
}

/** A property written as an element: its own name, and the objects in it. */
function slot(child: Element, owner: Owner, target: Release): void {
  const word = attributeOf(owner.word, child.local)
  if (word === undefined || isSpring(child, target.vocabulary.data.namespaces)) return inside(child, target)
  const text = child.children.length === 0 ? child.text : null
  if (judgeUnserved({ name: child.local, word, text, at: child.at, owner, as: 'element' }, target))
    inside(child, target)
}

function inside(element: Element, target: Release): void {
  for (const child of element.children) {
    if (isObject(child, target.vocabulary)) object(child, target)
    else inside(child, target)
  }
}

import type { Position } from '../base/errors.ts'
import type { Findings } from '../base/findings.ts'
import {
  attributeOf,
  repeatsDefault,
  type AttributeWord,
  type ElementWord,
  type Vocabulary,
} from '../vocabulary/vocabulary.ts'
import type { Element } from '../xml/xml.ts'
import { compareVersions, existed } from './versions.ts'

/** The ActiveMQ that a file is checked for. */
export interface Release {
  readonly release: string
  /** It checks a file against its schema before it reads it: from 5.4.0 on, unless told otherwise. */
  readonly checked: boolean
  /** A bean that fills placeholders is declared. */
  readonly configured: boolean
  readonly vocabulary: Vocabulary
  readonly findings: Findings
}

const OLD_NAMESPACE = 'http://activemq.org/config/1.0'
const NAMESPACE = 'http://activemq.apache.org/schema/core'

/** The pair's names that only documentation ever had, by what they stand for (config 4.1). */
const NEVER: ReadonlySet<string> = new Set([
  'activeConnectorURI',
  'activeConnector',
  'waitForPassive',
  'waitForPassiveTimeout',
  'shutdownOnPassiveFailure',
  'shutdownOnActiveFailure',
])

/** Accepted from 5.8.0 on, and without effect: pure master/slave was gone (config 4.1). */
const PAIR_WORDS: ReadonlySet<string> = new Set([
  'waitForSlave',
  'waitForSlaveTimeout',
  'shutdownOnMasterFailure',
  'shutdownOnSlaveFailure',
  'passiveSlave',
])

/** The namespace of 4.x and 5.0, or that of 5.1 and later (config 1.3). */
export function inNamespace({ uri, at }: Element, { release, findings }: Release): void {
  const old = compareVersions(release, '5.1.0') < 0
  if (uri === OLD_NAMESPACE && !old) {
    const message = `the namespace ${OLD_NAMESPACE} was that of ActiveMQ 4.x and 5.0; ${release} knows ${NAMESPACE}`
    findings.error('TARGET_REJECTED', at, message, `write xmlns="${NAMESPACE}"`)
  } else if (uri === NAMESPACE && old) {
    const message = `the namespace ${NAMESPACE} came with ActiveMQ 5.1.0; ${release} knows ${OLD_NAMESPACE}`
    findings.error('TARGET_REJECTED', at, message, `write xmlns="${OLD_NAMESPACE}"`)
  }
}

/** Does the release know the element? */
export function judgeName(
  { local, at }: Element,
  { name, word }: { readonly name: string; readonly word: ElementWord },
  { release, checked, vocabulary, findings }: Release,
): boolean {
  if (NEVER.has(local)) {
    findings.error('TARGET_REJECTED', at, `no ActiveMQ release knows <${local}>`, `ActiveMQ calls it <${name}>`)
    return false
  }
  // Another name of an element has versions of its own.
  const own = vocabulary.word(local) ?? word
  const known = existed(own, release)
  if (known === 'yes') return true
  const rule = checked ? ' (cvc-complex-type.2.4.a)' : ''
  const message = `ActiveMQ ${release} does not know <${local}>${rule}: ${history(known, own)}`
  findings.error('TARGET_REJECTED', at, message, 'remove it for that version')
  return false
}

export interface Property {
  readonly name: string
  readonly word: AttributeWord
  /** Null when it holds objects. */
  readonly text: string | null
  readonly at: Position
  readonly owner: { readonly name: string; readonly word: ElementWord }
  readonly as: 'attribute' | 'element'
}

/** Does the release know the property, and does it have an effect there? False when its value is of no interest. */
export function judgeUnserved({ name, word, text, at, owner, as }: Property, target: Release): boolean {
  const { release, checked, findings } = target
  const what = as === 'attribute' ? `the attribute "${name}" of` : `<${name}> in`
  if (NEVER.has(name)) {
    const hint = `ActiveMQ calls it "${word.alias ?? name}"`
    findings.error('TARGET_REJECTED', at, `no ActiveMQ release knows ${what} <${owner.name}>`, hint)
    return false
  }
  const meant = word.alias === undefined ? word : (attributeOf(owner.word, word.alias) ?? word)
  const known = existed(word, release)
  if (known !== 'yes') {
    const rule = checked ? ` (cvc-complex-type.${as === 'attribute' ? '3.2.2' : '2.4.a'})` : ''
    const message = `ActiveMQ ${release} does not know ${what} <${owner.name}>${rule}: ${history(known, word)}`
    findings.error('TARGET_REJECTED', at, message, 'remove it for that version')
    return false
  }
  const idle = PAIR_WORDS.has(name) && /^broker(Service)?$/.test(owner.name) && compareVersions(release, '5.8.0') >= 0
  if (!idle || (text !== null && repeatsDefault(meant, text))) return true
  const message = `ActiveMQ ${release} accepts "${name}" and does nothing about it: pure master/slave ended with 5.7.0`
  findings.warn('TARGET_IGNORED', at, message, 'TandemMQ does what 5.7.0 did')
  return true
}

function history(
  known: 'not yet' | 'no more',
  { since, until }: { readonly since?: string; readonly until?: string },
): string {
  return known === 'not yet' ? `it came with ${since}` : `${until} was the last release that knew it`
}

/** The schemas of 5.4 and 5.5 want the places of an object in alphabetical order (config 1.3). */
export function inOrder(element: Element, word: ElementWord, { release, checked, findings }: Release): void {
  const ordered = compareVersions(release, '5.4.0') >= 0 && compareVersions(release, '5.6.0') < 0
  if (!ordered || !checked) return
  let last = ''
  for (const { local, at } of element.children) {
    if (attributeOf(word, local) === undefined) continue
    if (local < last) {
      const message = `ActiveMQ ${release} wants <${local}> before <${last}> (cvc-complex-type.2.4.a): its schema is in alphabetical order`
      findings.error('TARGET_REJECTED', at, message, `move it up, before <${last}>`)
    } else last = local
  }
}

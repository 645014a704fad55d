import { Unreadable, type Element } from './element.ts'
import { mapOf } from './map.ts'
import { readJson } from './read-json.ts'
import { readXml } from './read-xml.ts'
import { writeJson, writeXml } from './write.ts'

export type Format = 'xml' | 'json'
/** What a message is besides text or bytes. */
export type PayloadKind = 'map' | 'advisory'

/** The values of `transformation` that are known; they are compared as they are (stomp S-TRF-01). */
const KNOWN: ReadonlySet<string> = new Set([
  'jms-byte',
  'jms-xml',
  'jms-json',
  'jms-object-xml',
  'jms-object-json',
  'jms-map-xml',
  'jms-map-json',
  'jms-advisory-xml',
  'jms-advisory-json',
])

/** Bytes of a payload that is read, at most; a longer one stays text. */
export const mapBytesMax: number = 16 * 1024 * 1024

export const isTransformation = (name: string): boolean => KNOWN.has(name)

/** How a subscriber that asks for `name` gets maps and advisories; null: not at all, their bodies are empty (S-TRF-04, S-TRF-05). */
export const formatOf = (name: string): Format | null =>
  KNOWN.has(name) ? (name.endsWith('json') ? 'json' : 'xml') : null

/** The value a MESSAGE shows to a subscriber that asked for `asked` (S-TRF-04, S-ADV-02). */
export function shownTransformation(asked: string, kind: PayloadKind | null): string {
  if (kind === null || (asked !== 'jms-xml' && asked !== 'jms-json')) return asked
  return asked.replace('jms-', `jms-${kind}-`)
}

/**
 * The map that a SEND with this transformation carries, or null: it asks for none. Throws Unreadable, whose message goes
 * into `transformation-error` (S-TRF-02, S-TRF-03).
 */
export function readMap(transformation: string, payload: Buffer): { format: Format; map: Element } | null {
  // `jms-byte` says how it is handed on, not what it is.
  if (!KNOWN.has(transformation) || transformation === 'jms-byte') return null
  if (transformation.startsWith('jms-object-')) throw new Unreadable('objects need classes of Java, which are not here')
  if (!transformation.startsWith('jms-map-')) throw new Unreadable(`Unknown transformation: ${transformation}`)
  if (payload.length > mapBytesMax) throw new Unreadable(`a map of more than ${mapBytesMax} bytes`)
  const format = transformation === 'jms-map-json' ? 'json' : 'xml'
  const text = payload.toString('utf8')
  return { format, map: mapOf(format === 'json' ? readJson(text) : readXml(text)) }
}

export const render = (element: Element, format: Format): string =>
  format === 'json' ? writeJson(element) : writeXml(element)

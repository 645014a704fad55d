import { DestinationKind, type DestinationName } from '../base/destination.ts'
import { trimControl } from '../stomp/stomp.ts'
import type { Session } from './session.ts'

/** What a destination header names (stomp section 7), before temporary aliases are resolved. */
export interface ParsedDestination {
  readonly kind: DestinationKind
  readonly name: string
  /** `/temp-queue/x`: x is this connection's private alias. */
  readonly alias: boolean
}

const PREFIXES = [
  ['/queue/', DestinationKind.queue, false],
  ['/topic/', DestinationKind.topic, false],
  ['/temp-queue/', DestinationKind.tempQueue, true],
  ['/temp-topic/', DestinationKind.tempTopic, true],
  ['/remote-temp-queue/', DestinationKind.tempQueue, false],
  ['/remote-temp-topic/', DestinationKind.tempTopic, false],
] as const

export const NO_DESTINATION = 'SEND received without a Destination specified!'
export const INVALID_DESTINATION = 'Invalid destination name: a non-empty name is required'

/** Has the text one of the prefixes that make it a typed destination? */
export const hasPrefix = (text: string): boolean => PREFIXES.some(([prefix]) => text.startsWith(prefix))

/**
 * Parses a destination header: a list with commas, each element with its own prefix, a name without prefix being a queue
 * (S-DST-01, 03, 05, 07, 08). Options after `?` are cut off (S-DST-12). Null when a name is empty or the options cannot be
 * read (S-DST-16).
 */
export function parseDestinations(text: string): ParsedDestination[] | null {
  const option = text.indexOf('?')
  if (option >= 0 && BROKEN_ESCAPE.test(text.slice(option))) return null
  const names = (option < 0 ? text : text.slice(0, option)).replace(/,+$/, '').split(',')
  if (names.length === 1) names[0] = trimControl(names[0]!)
  const parsed: ParsedDestination[] = []
  for (const name of names) {
    const one = parseOne(name)
    if (one === null) return null
    if (!parsed.some(at => at.kind === one.kind && at.name === one.name)) parsed.push(one)
  }
  return parsed
}

/** A `%` that does not start a percent escape. */
const BROKEN_ESCAPE = /%(?![0-9a-fA-F]{2})/

function parseOne(text: string): ParsedDestination | null {
  for (const [prefix, kind, alias] of PREFIXES) {
    if (!text.startsWith(prefix)) continue
    const name = trimControl(text.slice(prefix.length))
    return name === '' ? null : { kind, name, alias }
  }
  const name = trimControl(text)
  return name === '' ? null : { kind: DestinationKind.queue, name, alias: false }
}

/** The real destination, for this connection. Creates the temporary one behind an alias at its first use. */
export function resolveName(session: Session, parsed: ParsedDestination): DestinationName {
  if (parsed.alias) {
    const { at, isNew } = session.aliases.resolve(parsed.kind, parsed.name)
    if (isNew) session.core.create(at, session)
    return at
  }
  const { pathSeparator } = session.core
  if (pathSeparator === null || parsed.kind >= DestinationKind.tempQueue)
    return { kind: parsed.kind, name: parsed.name }
  return { kind: parsed.kind, name: parsed.name.replaceAll(pathSeparator, '.') }
}

/** The destinations that a text of the broker's own names: no aliases in it. */
export const namesIn = (text: string): readonly DestinationName[] =>
  (parseDestinations(text) ?? []).map(({ kind, name }) => ({ kind, name }))

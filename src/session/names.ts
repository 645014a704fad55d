import { DestinationKind, type DestinationName } from '../base/destination.ts'
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

export const INVALID_DESTINATION = 'Invalid destination name: a non-empty name is required'

/** Has the text one of the prefixes that make it a typed destination? */
export const hasPrefix = (text: string): boolean => PREFIXES.some(([prefix]) => text.trim().startsWith(prefix))

/**
 * Parses a destination header: a list with commas, each element with its own prefix, a name without prefix being a queue
 * (S-DST-01, 03, 05, 07, 08). Options after `?` are cut off (S-DST-12). Null when a name is empty (S-DST-16).
 */
export function parseDestinations(text: string): ParsedDestination[] | null {
  const option = text.indexOf('?')
  const names = (option < 0 ? text : text.slice(0, option)).replace(/,+$/, '').split(',')
  if (names.length === 1) names[0] = names[0]!.trim()
  const parsed: ParsedDestination[] = []
  for (const name of names) {
    const one = parseOne(name)
    if (one === null) return null
    if (!parsed.some(at => at.kind === one.kind && at.name === one.name)) parsed.push(one)
  }
  return parsed
}

function parseOne(text: string): ParsedDestination | null {
  for (const [prefix, kind, alias] of PREFIXES) {
    if (!text.startsWith(prefix)) continue
    const name = text.slice(prefix.length).trim()
    return name === '' ? null : { kind, name, alias }
  }
  const name = text.trim()
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

/** The four kinds of destination, as numbers because they are journaled. */
export const DestinationKind = { queue: 0, topic: 1, tempQueue: 2, tempTopic: 3 } as const
export type DestinationKind = (typeof DestinationKind)[keyof typeof DestinationKind]

/** A destination by kind and physical name (`orders.eu`, never with a `/queue/` prefix). */
export interface DestinationName {
  readonly kind: DestinationKind
  readonly name: string
}

export const isQueueKind = (kind: DestinationKind): boolean =>
  kind === DestinationKind.queue || kind === DestinationKind.tempQueue
export const isTemporaryKind = (kind: number): boolean =>
  kind === DestinationKind.tempQueue || kind === DestinationKind.tempTopic

const SCHEMES = ['queue', 'topic', 'temp-queue', 'temp-topic'] as const

/** `queue://orders`, the form in which ActiveMQ's error texts name a destination (semantics SA-06). */
export const destinationUri = (at: DestinationName): string => `${SCHEMES[at.kind]}://${at.name}`

/**
 * Does a pattern (`*` one level, `>` as last level the rest, itself included) accept a name?
 * Source: semantics W-01, stomp S-DST-13, S-DST-14. Matching is by text, so a pattern can be matched against a pattern.
 */
export function destinationMatches(pattern: string, name: string): boolean {
  if (pattern === name || pattern === '>') return true
  const wanted = pattern.split('.')
  const given = name.split('.')
  const last = wanted.length - 1
  for (let i = 0; i < wanted.length; i++) {
    if (wanted[i] === '>' && i === last) return given.length >= last
    if (i >= given.length) return false
    if (wanted[i] !== '*' && wanted[i] !== given[i]) return false
  }
  return given.length === wanted.length
}

/**
 * Is `name`, which may be a pattern itself, below `pattern`? As `destinationMatches`, and a pattern that ends in `>`
 * accepts a `*` in `name` at each of its levels (semantics PM-02, W-08).
 */
export function patternCovers(pattern: string, name: string): boolean {
  if (destinationMatches(pattern, name)) return true
  if (!pattern.endsWith('.>')) return false
  const wanted = pattern.split('.')
  const given = name.split('.').map((level, i) => (level === '*' ? (wanted[i] ?? level) : level))
  return destinationMatches(pattern, given.join('.'))
}

/** Does the name contain a level that is a wildcard? */
export const isPattern = (name: string): boolean =>
  name === '>' || name.endsWith('.>') || (name.includes('*') && name.split('.').includes('*'))

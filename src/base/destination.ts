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

/** Does a text that names destinations as `destinationUri` does name a topic? It keeps nothing for who is not there. */
export const namesTopic = (text: string): boolean => /(?:^|,)\s*(?:temp-)?topic:\/\//.test(text)

/**
 * Does a pattern (`*` one level, `>` as last level the rest, itself included) accept a name?
 * Source: semantics W-01, stomp S-DST-13, S-DST-14. Matching is by text, so a pattern can be matched against a pattern.
 */
export function destinationMatches(pattern: string, name: string): boolean {
  if (pattern === name || pattern === '>') return true
  // By characters, without a list of levels: ten thousand entries or consumers may be asked for one new destination.
  const most = pattern.length
  for (let i = 0, j = 0; ; i++, j++) {
    // Both stand at the beginning of a level; `j` beyond the end: the name has no such level.
    if (i === most - 1 && pattern.charCodeAt(i) === REST) return true
    if (j > name.length) return false
    if (pattern.charCodeAt(i) === ONE && (i + 1 === most || pattern.charCodeAt(i + 1) === DOT)) {
      i++
      while (j < name.length && name.charCodeAt(j) !== DOT) j++
    } else
      for (; i < most && pattern.charCodeAt(i) !== DOT; i++, j++)
        if (pattern.charCodeAt(i) !== name.charCodeAt(j)) return false
    if (j < name.length && name.charCodeAt(j) !== DOT) return false
    if (i === most) return j === name.length
  }
}

const DOT = 46
const ONE = 42
const REST = 62

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

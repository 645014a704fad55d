import { createHmac, randomBytes } from 'node:crypto'

/**
 * What an authenticator knows of each user, as opaque texts: two that are the same mean that nothing about this user has
 * changed, neither password nor groups. The entry without a name stands for everything else: which modules are asked, what
 * becomes of guests. For finding out what a reload has changed; meaningless in another process.
 */
export type Standings = ReadonlyMap<string, string>

/** Names to what is known of them; secrets among it. */
export type Known = ReadonlyMap<string, readonly string[]>

const key = randomBytes(32)

/** No secret can be read from it, nor be guessed with it by another process. */
export function standingsOf(shape: string, known: Iterable<readonly [string, readonly string[]]>): Standings {
  const all = new Map<string, unknown[]>([['', [shape]]])
  for (const [name, parts] of known) {
    const of = all.get(name)
    if (of === undefined) all.set(name, [parts])
    else of.push(parts)
  }
  return new Map(Array.from(all, ([name, parts]) => [name, digest(JSON.stringify(parts))]))
}

const digest = (text: string): string => createHmac('sha256', key).update(text).digest('base64')

/** What differs between two of them, by name. */
export interface StandingChanges {
  readonly added: readonly string[]
  readonly removed: readonly string[]
  /** Another password, other groups. */
  readonly changed: readonly string[]
  /** Not only users: how anybody is judged. */
  readonly everybody: boolean
}

export function standingChanges(before: Standings, after: Standings): StandingChanges {
  const names = (of: Standings): string[] => [...of.keys()].filter(name => name !== '')
  return {
    added: names(after).filter(name => !before.has(name)),
    removed: names(before).filter(name => !after.has(name)),
    changed: names(before).filter(name => after.has(name) && after.get(name) !== before.get(name)),
    everybody: before.get('') !== after.get(''),
  }
}

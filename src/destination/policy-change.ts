import type { DestinationPolicy, PolicyEntry } from './policy.ts'

export type PolicySetting = keyof DestinationPolicy

/** What a queue, a durable subscription's backlog and a topic are built by: they keep it as long as they exist. */
export const BUILT_BY: Readonly<Record<'queue' | 'durable' | 'topic', readonly PolicySetting[]>> = {
  queue: ['queueInMemory', 'prioritizedMessages', 'messageGroups', 'maxQueueAuditDepth', 'maxProducersToAudit'],
  durable: ['prioritizedMessages'],
  topic: ['minimumMessageSize', 'recovery'],
}

/** Values of settings: numbers, words, or plain objects of these. */
const same = (a: unknown, b: unknown): boolean =>
  a === b || (typeof a === 'object' && typeof b === 'object' && JSON.stringify(a) === JSON.stringify(b))

/**
 * The entries of a changed file, each with the objects of the one that it follows as far as they say the same: what hangs on
 * them, such as who has died before and who is suspected of being slow, goes on (semantics PM-06).
 */
export function following(entries: readonly PolicyEntry[], before: readonly PolicyEntry[]): PolicyEntry[] {
  const byScope = new Map<string, PolicyEntry>()
  for (const old of before) {
    const scope = scopeOf(old)
    if (!byScope.has(scope)) byScope.set(scope, old)
  }
  return entries.map(entry => {
    const old = byScope.get(scopeOf(entry))
    return old === undefined ? entry : followingOne(entry, old)
  })
}

const scopeOf = ({ destination, tempQueue, tempTopic }: PolicyEntry): string =>
  JSON.stringify([destination?.kind, destination?.name, tempQueue, tempTopic])

function followingOne(entry: PolicyEntry, old: PolicyEntry): PolicyEntry {
  if (same(old, entry)) return old
  const kept = (name: string, value: unknown): unknown => {
    const was: unknown = old[name as PolicySetting]
    return same(was, value) ? was : value
  }
  const settings = Object.entries(entry).map(([name, value]) => [name, kept(name, value)])
  return Object.fromEntries(settings) as unknown as PolicyEntry // the same keys, with values of the same types
}

export interface RenewedPolicy {
  readonly policy: DestinationPolicy
  /** Settings that stay as they were, though the file says something else now. */
  readonly kept: readonly PolicySetting[]
}

/**
 * The policy of a destination that goes by `live`, when the file said `old` and says `now`. What it is `built` by stays. So
 * does what an administrator changed for it alone, unless the file changes that too.
 */
export function renewedPolicy(
  live: DestinationPolicy,
  old: DestinationPolicy,
  now: DestinationPolicy,
  built: readonly PolicySetting[],
): RenewedPolicy {
  if (live === now) return { policy: live, kept: [] }
  const kept = built.filter(name => !same(live[name], now[name]))
  const own = (Object.keys(now) as PolicySetting[]).filter(
    name => !built.includes(name) && !same(live[name], old[name]) && same(old[name], now[name]),
  )
  if (kept.length + own.length === 0) return { policy: now, kept }
  const stays = [...kept, ...own].map(name => [name, live[name]])
  return { policy: { ...now, ...Object.fromEntries(stays) }, kept }
}

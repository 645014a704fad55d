import type { Kept } from './kept.ts'

/** Which of the messages that wait for a slow topic subscriber goes, when it has too many (semantics T-10, T-11). */
export interface EvictionPolicy {
  readonly kind: 'oldest' | 'lowestPriority' | 'uniqueProperty'
  /** For `uniqueProperty`; null: none was configured. */
  readonly propertyName: string | null
  /** Above that many an expired one goes before anything is evicted. */
  readonly expiredHighWatermark: number
}

/** The ones to discard, of messages oldest first; at least one. */
export function evicted(policy: EvictionPolicy, waiting: readonly Kept[]): readonly Kept[] {
  switch (policy.kind) {
    case 'oldest':
      return waiting.slice(0, 1)
    case 'lowestPriority': {
      let lowest = waiting[0]!
      for (const kept of waiting) if (kept.priority < lowest.priority) lowest = kept
      return [lowest]
    }
    case 'uniqueProperty':
      return superseded(waiting, policy.propertyName)
    default:
      return policy.kind satisfies never
  }
}

/** All but the newest of each value of the property; those without it go too. The oldest, when every value is unique. */
function superseded(waiting: readonly Kept[], name: string | null): readonly Kept[] {
  const newest = new Map<string, Kept>()
  for (const kept of waiting) {
    const value = name === null ? null : kept.property(name)
    if (value === null) continue
    const known = newest.get(value)
    if (known === undefined || timestampOf(kept) > timestampOf(known)) newest.set(value, kept)
  }
  if (newest.size === 0) return waiting.slice(0, 1)
  const staying = new Set(newest.values())
  const going = waiting.filter(kept => !staying.has(kept))
  return going.length > 0 ? going : waiting.slice(0, 1)
}

const timestampOf = (kept: Kept): number => Number(kept.property('timestamp') ?? 0)

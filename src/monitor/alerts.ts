export type Level = 'crit' | 'warn' | 'info'

/** Something that holds now, if it holds. `id` is the same as long as it is the same trouble. */
export interface Condition {
  readonly id: string
  readonly level: Level
  readonly sentence: string
  /** What to do, as one sentence. */
  readonly next: string
  /** ms that it must hold before it is an alert, and must not hold before that ends. */
  readonly holdMs: number
  readonly releaseMs: number
}

/** A condition over time. */
export interface Alert {
  readonly condition: Condition
  /** ms since 1970 at which it began to hold. */
  readonly since: number
  /** It has held for long enough to be shown. */
  readonly raised: boolean
  /** ms since 1970 since when it has not held; null: it holds. */
  readonly overSince: number | null
  readonly acknowledged: boolean
}

export type Alerts = ReadonlyMap<string, Alert>

/** The alerts after a look at what holds now. Trouble that comes and goes is one alert, not many. */
export function settle(alerts: Alerts, conditions: readonly Condition[], now: number): Alerts {
  const next = new Map<string, Alert>()
  for (const condition of conditions) {
    const last = alerts.get(condition.id)
    const since = last?.since ?? now
    // What got worse is news, even to somebody who has seen it.
    const acknowledged = last !== undefined && last.acknowledged && last.condition.level === condition.level
    const raised = last?.raised === true || now - since >= condition.holdMs
    next.set(condition.id, { condition, since, raised, overSince: null, acknowledged })
  }
  for (const [id, last] of alerts) {
    if (next.has(id) || !last.raised) continue
    const overSince = last.overSince ?? now
    if (now - overSince < last.condition.releaseMs) next.set(id, { ...last, overSince })
  }
  return next
}

const WEIGHT: Readonly<Record<Level, number>> = { crit: 0, warn: 1, info: 2 }

/** What is to be shown: what nobody has seen first, then the worst, then the newest. */
export const raisedOf = (alerts: Alerts): readonly Alert[] =>
  [...alerts.values()]
    .filter(({ raised }) => raised)
    .sort(
      (a, b) =>
        Number(a.acknowledged) - Number(b.acknowledged) ||
        WEIGHT[a.condition.level] - WEIGHT[b.condition.level] ||
        b.since - a.since ||
        (a.condition.id < b.condition.id ? -1 : 1),
    )

/** The alerts with one acknowledged: it dims, and stays while it lasts (management UD-08). */
export function acknowledge(alerts: Alerts, id: string): Alerts {
  const alert = alerts.get(id)
  if (alert === undefined) return alerts
  const next = new Map(alerts)
  // What only waited to be seen is over.
  if (alert.condition.releaseMs === Infinity) next.delete(id)
  else next.set(id, { ...alert, acknowledged: true })
  return next
}

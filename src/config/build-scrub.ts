import type { Position } from '../base/errors.ts'
import type { Site } from './site.ts'

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const DAY = 86_400_000
const MOST = 365 * DAY
const SHAPE = 'write a time from 1s to 365d, such as -Dtandemmq.scrub=24h, or off'

/** `-Dtandemmq.scrub=24h|off`: ms between two passes over the journal's sealed segments; null: off. */
export function buildScrub(at: Position, { outer, findings }: Site): number | null {
  const text = outer.overrides['scrub']?.trim()
  if (text === undefined) return DAY
  if (text === 'off') return null
  const found = /^(\d{1,9})([smhd])$/.exec(text)
  const ms = Number(found?.[1]) * (UNITS[found?.[2] ?? ''] ?? Number.NaN)
  if (ms >= 1000 && ms <= MOST) return ms
  findings.error(
    'CONFIG_PROPERTY',
    at,
    `-Dtandemmq.scrub="${text}" is neither a time between two passes nor off`,
    SHAPE,
  )
  return DAY
}

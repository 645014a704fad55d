/** How counts are written: `human` shortens from 100,000 on, `exact` never (management UL-06, key `u`). */
export type Units = 'human' | 'exact'

const grouped = (value: number, separator: string): string =>
  String(Math.trunc(value)).replace(/\B(?=(\d{3})+$)/g, separator)

/** A count: `48,211`, `123k`, `12.3M`; unknown is `-`. */
export function count(value: number | null, units: Units): string {
  if (value === null) return '-'
  if (units === 'exact' || Math.abs(value) < 100_000) return grouped(value, ',')
  return short(value)
}

/** `1 message`, `9,120 messages`. */
export const many = (value: number, noun: string): string => `${count(value, 'exact')} ${noun}${value === 1 ? '' : 's'}`

/** Per second: `0.1`, `12`, `840`, `1.2k`; `-` while no two readings can be compared. */
export function rate(value: number | null, units: Units): string {
  if (value === null) return '-'
  if (value === 0) return '0'
  if (value < 0.05) return '<0.1'
  if (value < 9.95) return String(Math.round(value * 10) / 10)
  return units === 'exact' || value < 999.5 ? grouped(Math.round(value), ',') : short(value)
}

function short(value: number): string {
  for (const [unit, size] of [
    ['G', 1e9],
    ['M', 1e6],
    ['k', 1e3],
  ] as const) {
    if (Math.abs(value) >= size * 0.9995) {
      const scaled = value / size
      return `${Math.abs(scaled) < 99.95 ? scaled.toFixed(1) : Math.round(scaled)}${unit}`
    }
  }
  return String(Math.round(value))
}

/** A place in the journal: `81 204 339 112`. */
export const position = (value: number | null): string => (value === null ? '-' : grouped(value, ' '))

/** Bytes: `0 B`, `64 KB`, `9.8 MB`. */
export function bytes(value: number | null): string {
  if (value === null) return '-'
  if (value < 1000) return `${Math.round(value)} B`
  const text = short(value)
  return `${text.slice(0, -1)} ${text.slice(-1).toUpperCase()}B`
}

/** Milliseconds as one reads a delay: `0.9 ms`, `31 ms`, `4.2 s`, then as an age. */
export function delay(ms: number | null): string {
  if (ms === null) return '-'
  if (ms < 9.95) return `${Math.round(ms * 10) / 10} ms`
  if (ms < 999.5) return `${Math.round(ms)} ms`
  return ms < 99_950 ? `${(ms / 1000).toFixed(1)} s` : age(ms)
}

/** Milliseconds as an age: `41s`, `7m30s`, `2h04m`, `3d 9h`; `compact` leaves the blank out. */
export function age(ms: number | null, compact = true): string {
  if (ms === null) return '-'
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const two = (value: number): string => String(value).padStart(2, '0')
  const blank = compact ? '' : ' '
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${blank}${two(seconds % 60)}s`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h${blank}${two(Math.floor(seconds / 60) % 60)}m`
  return `${Math.floor(seconds / 86_400)}d${blank}${Math.floor(seconds / 3600) % 24}h`
}

/** Milliseconds as a clock counts: `00:42`, `01:02:03`. */
export function stopwatch(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60]
  if (seconds >= 3600) parts.unshift(Math.floor(seconds / 3600))
  return parts.map(part => String(part).padStart(2, '0')).join(':')
}

const DAY_MS = 86_400_000

/** The time of day in UTC: `12:04:31`. */
export function clock(at: number): string {
  const ms = ((at % DAY_MS) + DAY_MS) % DAY_MS
  const seconds = Math.floor(ms / 1000)
  return [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
    .map(part => String(part).padStart(2, '0'))
    .join(':')
}

/** Day and time in UTC: `11-10 08:02:11`. */
export function dayAndTime(at: number): string {
  // Days since 1970 as month and day: Howard Hinnant's civil_from_days, with years that begin in March.
  const days = Math.floor(at / DAY_MS) + 719_468
  const dayOfEra = days - Math.floor(days / 146_097) * 146_097
  const leaps = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096)
  const year = Math.floor((dayOfEra - leaps) / 365)
  const dayOfYear = dayOfEra - (365 * year + Math.floor(year / 4) - Math.floor(year / 100))
  const month = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * month + 2) / 5) + 1
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${two(month < 10 ? month + 3 : month - 9)}-${two(day)} ${clock(at)}`
}

/** A moment as a clock on the wall shows it. */
export interface WallTime {
  readonly year: number
  /** 1 … 12 */
  readonly month: number
  /** 1 … 31 */
  readonly day: number
  /** 0 Sunday … 6 */
  readonly weekday: number
  readonly hour: number
  readonly minute: number
}

/** The time zone that cron entries are meant in. */
export interface Zone {
  /** What a wall clock shows at `ms` since 1970. */
  read(ms: number): WallTime
  /**
   * ms since 1970 when a wall clock shows this. Days and months may run over their ends. What a change of time leaves out
   * is shown later by as much; of what it shows twice this is the first.
   */
  at(year: number, month: number, day: number, hour: number, minute: number): number
}

/** A cron entry (semantics SC-04): the values of each field, ascending; null where every value is allowed. */
export interface Cron {
  readonly minutes: readonly number[] | null
  readonly hours: readonly number[] | null
  readonly days: readonly number[] | null
  readonly months: readonly number[] | null
  readonly weekdays: readonly number[] | null
}

/** Least and greatest value of minute, hour, day of month, month, day of week. */
const FIELDS = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 6],
] as const

/** The entry, or null when it is malformed (semantics SC-04, M-06). */
export function parseCron(text: string): Cron | null {
  const tokens = text.trim().split(/\s+/)
  if (tokens.length !== FIELDS.length) return null
  const fields = tokens.map((token, i) => values(token, FIELDS[i]!))
  if (fields.some(field => field?.length === 0)) return null
  const [minutes = null, hours = null, days = null, months = null, weekdays = null] = fields
  return { minutes, hours, days, months, weekdays }
}

/** The values that a field names, ascending; none when it is malformed; null: all. A step sorts out of the whole list. */
function values(token: string, [least, most]: readonly [number, number]): number[] | null {
  const [list = '', step, ...more] = token.split('/')
  if (more.length > 0 || (step !== undefined && !/^\d{1,4}$/.test(step))) return []
  const found = new Set<number>()
  for (const part of list.split(',')) {
    if (part === '') continue
    const [from, to] = part === '*' || part === '?' ? [least, most] : range(part)
    // Also a range that runs backwards.
    if (!(from >= least && to <= most && from <= to)) return []
    for (let value = from; value <= to; value++) found.add(value)
  }
  const kept = [...found].filter(value => step === undefined || value % Number(step) === 0)
  return kept.length === most - least + 1 ? null : kept.sort((a, b) => a - b)
}

/** Both ends of `a-b`, or `a` twice; NaN when it is neither. */
function range(text: string): readonly [number, number] {
  const match = /^\+?(\d{1,4})(?:-\+?(\d{1,4}))?$/.exec(text)
  if (match === null) return [NaN, NaN]
  return [Number(match[1]), Number(match[2] ?? match[1])]
}

const MINUTE = 60_000
/** Years to look ahead: between two leap days there may be eight. */
const yearsMax = 9

/**
 * The first time behind the minute of `after` at which the entry is due, in ms since 1970; null: never (30 February).
 * Where a change of time leaves an hour out, what is due in it is due as much later, once; where it shows an hour twice,
 * what names its hours is due the first time only, and what does not both times.
 */
export function nextFiring(cron: Cron, after: number, zone: Zone): number | null {
  const start = Math.floor(after / MINUTE) * MINUTE + MINUTE
  const first = zone.read(start)
  const last = noon(first, yearsMax * 366, zone)
  for (let day = noon(first, 0, zone); day.year <= last.year; day = noon(day, 1, zone)) {
    if (dueOn(cron, day, start, zone) === null) continue
    day = dueDay(cron, day, zone)
    const due = named(cron.months, day.month) ? dueOn(cron, day, start, zone) : null
    if (due !== null) return due
  }
  return null
}

/** So many days later; noon, which no change of time touches. */
const noon = ({ year, month, day }: WallTime, days: number, zone: Zone): WallTime =>
  zone.read(zone.at(year, month, day + days, 12, 0))

/** This day, or the next on which the entry is due by its days and months. */
function dueDay(cron: Cron, from: WallTime, zone: Zone): WallTime {
  const day = ofMonths(cron, nearer(cron, from, zone), zone)
  return nearer(cron, day, zone)
}

/** The nearest day of the named months. */
function ofMonths({ months }: Cron, from: WallTime, zone: Zone): WallTime {
  let day = from
  for (let i = 0; i < 12 && !named(months, day.month); i++) day = zone.read(zone.at(day.year, day.month + 1, 1, 12, 0))
  return day
}

/**
 * This day when both its kinds of days agree, else the next that one of those which do not agrees to. With both named it
 * is what ActiveMQ makes of them: `0 0 13 * 5` is nearly always the 13th, and now and then a Friday behind it.
 */
function nearer({ days, weekdays }: Cron, from: WallTime, zone: Zone): WallTime {
  const wants = [
    ...(named(days, from.day) ? [] : [(on: WallTime) => named(days, on.day)]),
    ...(named(weekdays, from.weekday) ? [] : [(on: WallTime) => named(weekdays, on.weekday)]),
  ]
  if (wants.length === 0) return from
  let day = from
  do day = noon(day, 1, zone)
  while (!wants.some(agrees => agrees(day)))
  return day
}

/** The first time of the day, not before `start`; null: there is none left. */
const dueOn = (cron: Cron, day: WallTime, start: number, zone: Zone): number | null =>
  cron.hours === null ? everyHour(cron, day, start, zone) : onTheHour(cron, day, start, zone)

const named = (field: readonly number[] | null, value: number): boolean => field === null || field.includes(value)

/** Minutes of a day in which each hour counts: as time goes by, whatever the clock is changed to. */
function everyHour({ minutes }: Cron, { year, month, day }: WallTime, start: number, zone: Zone): number | null {
  const end = zone.at(year, month, day + 1, 0, 0)
  for (let at = Math.max(start, zone.at(year, month, day, 0, 0)); at < end;) {
    const { minute } = zone.read(at)
    if (minutes === null) return at
    const next = minutes.find(value => value >= minute)
    if (next === minute) return at
    at += ((next ?? 60) - minute) * MINUTE
  }
  return null
}

/** Minutes of the named hours: once each, as the clock on the wall shows them. */
function onTheHour({ minutes, hours }: Cron, { year, month, day }: WallTime, start: number, zone: Zone): number | null {
  let earliest: number | null = null
  for (const hour of hours ?? []) {
    for (const minute of minutes ?? ALL_MINUTES) {
      const at = zone.at(year, month, day, hour, minute)
      if (at >= start && (earliest === null || at < earliest)) earliest = at
    }
    // The next hour lies behind, unless this one is left out.
    if (earliest !== null && zone.read(earliest).hour === hour) return earliest
  }
  return earliest
}

const ALL_MINUTES = Array.from({ length: 60 }, (_, i) => i)

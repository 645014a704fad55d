import fc from 'fast-check'
import test from 'ava'
import { nextFiring, parseCron, type Zone } from '../../src/destination/destination.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** UTC, changed by an hour from `summer` to `winter`. */
function zone(offset: number, summer = Infinity, winter = Infinity): Zone {
  const ahead = (ms: number): number => offset + (ms >= summer && ms < winter ? HOUR : 0)
  return {
    read: ms => {
      const at = new Date(ms + ahead(ms))
      const [year, month, day] = [at.getUTCFullYear(), at.getUTCMonth() + 1, at.getUTCDate()]
      return { year, month, day, weekday: at.getUTCDay(), hour: at.getUTCHours(), minute: at.getUTCMinutes() }
    },
    at: (year, month, day, hour, minute) => {
      const local = Date.UTC(year, month - 1, day, hour, minute)
      const [early, late] = [local - offset - HOUR, local - offset]
      if (ahead(early) === offset + HOUR) return early
      // Left out: shown an hour later, by the offset that was in force before it.
      return late
    },
  }
}
const utc = zone(0)
const next = (text: string, after: string, where = utc): string | null => {
  const due = nextFiring(parseCron(text)!, Date.parse(after), where)
  return due === null ? null : new Date(due).toISOString().slice(0, 16)
}

test('SC-04, M-06: what is no cron entry, by what ActiveMQ 5.17 takes and refuses', t => {
  const fine = [
    '* * * * *',
    '? ? ? ? ?',
    '*/5 * * * *',
    '10-40/15 * * * *',
    '1,2 * * * *',
    '  0   5  * * * ',
    '+5 * * * *',
  ]
  const odd = [
    '05 * * * *',
    '1,,2 * * * *',
    ',1 * * * *',
    '1-5,8-9 * * * *',
    '*/90 * * * *',
    '?/5 * * * *',
    '*,5 * * * *',
  ]
  for (const text of [...fine, ...odd, '20/20 * * * *', '0 0 2-5/2 * *', '1,6/3 * * * *', '0 12 * * 0'])
    t.not(parseCron(text), null, text)
  const wrong = [
    '',
    'every day',
    '* * * *',
    '* * * * * *',
    '0 12 * * 7',
    '0 12 * * SUN',
    '0 12 * JAN *',
    '0 0 0 * *',
    '0 0 * 13 *',
  ]
  const empty = [
    '5-2 * * * *',
    '*/0 * * * *',
    'a * * * *',
    '-5 * * * *',
    '1- * * * *',
    '*-5 * * * *',
    '1/2/3 * * * *',
    '5/15 * * * *',
  ]
  for (const text of [
    ...wrong,
    ...empty,
    '5-70 * * * *',
    '/5 * * * *',
    '1,90 * * * *',
    '20/7 * * * *',
    '1-3,5/7 * * * *',
  ])
    t.is(parseCron(text), null, text)
})

/** What ActiveMQ 5.17.2 answered, in UTC, from Monday 15 January 2024, 10:37:20. */
const ANSWERS: readonly (readonly [string, string])[] = [
  ['* * * * *', '2024-01-15T10:38'],
  ['*/5 * * * *', '2024-01-15T10:40'],
  ['10-40/15 * * * *', '2024-01-15T11:15'],
  ['0 0 31 * *', '2024-01-31T00:00'],
  ['0 0 29 2 *', '2024-02-29T00:00'],
  ['0 0 13 * 5', '2024-02-13T00:00'],
  ['0 0 1,15 * 1', '2024-02-01T00:00'],
  ['0 12 * * 0', '2024-01-21T12:00'],
  ['0 12 * * 1-5', '2024-01-15T12:00'],
  ['0 */7 * * *', '2024-01-15T14:00'],
  ['30 2 * * *', '2024-01-16T02:30'],
  ['*,5 * * * *', '2024-01-15T10:38'],
  ['20/20 * * * *', '2024-01-15T11:20'],
  ['1,6/3 * * * *', '2024-01-15T11:06'],
  ['37 10 * * *', '2024-01-16T10:37'],
  ['38 10 * * *', '2024-01-15T10:38'],
  ['0 0 1 1 *', '2025-01-01T00:00'],
  ['59 23 31 12 *', '2024-12-31T23:59'],
  ['0 0 */10 * *', '2024-01-20T00:00'],
  ['0 0 * */5 *', '2024-05-01T00:00'],
]

test('SC-04: an entry is due when ActiveMQ says', t => {
  for (const [text, due] of ANSWERS) t.is(next(text, '2024-01-15T10:37:20Z'), due, text)
})

test('SC-04: the minute of the moment itself is over, the 30th of February never comes, the 29th does', t => {
  t.is(next('37 10 15 1 *', '2024-01-15T10:36:59.999Z'), '2024-01-15T10:37')
  t.is(next('37 10 15 1 *', '2024-01-15T10:37:00Z'), '2025-01-15T10:37')
  t.is(next('0 0 30 2 *', '2024-01-15T10:37Z'), null)
  t.is(next('0 0 29 2 *', '2097-01-01T00:00Z'), '2104-02-29T00:00')
})

test('SC-04: what a change of time leaves out is due as much later, what it shows twice once, unless every hour counts', t => {
  // 31 March 2024, 02:00 becomes 03:00; 27 October, 03:00 becomes 02:00: Berlin.
  const berlin = zone(HOUR, Date.parse('2024-03-31T01:00Z'), Date.parse('2024-10-27T01:00Z'))
  t.is(next('30 2 * * *', '2024-03-31T00:00Z', berlin), '2024-03-31T01:30')
  t.is(next('30 2 * * *', '2024-03-31T01:30Z', berlin), '2024-04-01T00:30')
  t.is(next('30 2 * * *', '2024-10-26T23:00Z', berlin), '2024-10-27T00:30')
  t.is(next('30 2 * * *', '2024-10-27T00:30Z', berlin), '2024-10-28T01:30')
  t.is(next('30 * * * *', '2024-10-27T00:30Z', berlin), '2024-10-27T01:30')
  t.is(next('30 * * * *', '2024-03-31T00:30Z', berlin), '2024-03-31T01:30')
})

const field = (least: number, most: number): fc.Arbitrary<string> => {
  const value = fc.integer({ min: least, max: most })
  return fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('*', '?') },
    { weight: 2, arbitrary: value.map(String) },
    { weight: 1, arbitrary: fc.tuple(value, value).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`) },
    { weight: 1, arbitrary: fc.array(value, { minLength: 1, maxLength: 3 }).map(values => values.join(',')) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: Math.min(most, 12) }).map(step => `*/${step}`) },
  )
}
const text = fc
  .tuple(field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 6))
  // One kind of days is named at most: both together are another matter, see ANSWERS.
  .map(([minute, hour, day, month, weekday]) => [minute, hour, day, month, /[*?]$/.test(day) ? weekday : '*'].join(' '))

/** Every minute of the wall clock, one after the other: when does it show something that the entry names? */
function slow(entry: string, after: number, where: Zone, days: number): number | null {
  const fields = entry.split(' ').map(one => {
    const [list = '', step = '1'] = one.split('/')
    return (value: number): boolean =>
      value % Number(step) === 0 &&
      list.split(',').some(part => {
        const [from, to = from] = part.split('-')
        return part === '*' || part === '?' || (value >= Number(from) && value <= Number(to))
      })
  })
  const [minute, hour, day, month, weekday] = fields as [(v: number) => boolean, ...((v: number) => boolean)[]]
  const every = Array.from({ length: 24 }, (_, i) => i).every(value => hour!(value))
  let earliest: number | null = null
  const first = where.read(after)
  for (let ahead = 0; ahead <= days; ahead++) {
    const noon = where.read(where.at(first.year, first.month, first.day + ahead, 12, 0))
    if (!day!(noon.day) || !month!(noon.month) || !weekday!(noon.weekday)) continue
    const midnight = where.at(noon.year, noon.month, noon.day, 0, 0)
    for (let i = 0; i < 25 * 60; i++) {
      const passing = where.read(midnight + i * MINUTE)
      if (every && passing.day !== noon.day) break
      const shown = every
        ? midnight + i * MINUTE
        : where.at(noon.year, noon.month, noon.day, Math.floor(i / 60), i % 60)
      if (!every && (i >= 24 * 60 || !hour!(Math.floor(i / 60)) || !minute(i % 60))) continue
      if (every && !minute(passing.minute)) continue
      if (shown > after && (earliest === null || shown < earliest)) earliest = shown
    }
    if (earliest !== null) return earliest
  }
  return earliest
}

test('SC-04: the next time is what going through every minute finds, across changes of time too', t => {
  const change = Date.parse('2024-03-31T01:00Z')
  const zones = [utc, zone(HOUR, change, change + 40 * DAY), zone(-5 * HOUR, change - 20 * DAY, change + 3 * DAY)]
  const days = 70
  fc.assert(
    fc.property(
      text,
      fc.integer({ min: -30 * DAY, max: 45 * DAY }),
      fc.constantFrom(...zones),
      (entry, from, where) => {
        const after = Math.floor((change + from) / MINUTE) * MINUTE
        const due = nextFiring(parseCron(entry)!, after, where)
        const expected = slow(entry, after, where, days)
        if (expected !== null || (due !== null && due < after + (days - 2) * DAY))
          t.is(due, expected, `${entry} after ${after}`)
      },
    ),
    { numRuns: 400 },
  )
})

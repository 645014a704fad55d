import { Header, type Frame } from '../stomp/stomp.ts'

/** Does the SEND ask to be delivered later? A repeat count alone does not, nor what was scheduled already (SC-02, SC-12). */
export function asksForSchedule(frame: Frame): boolean {
  if (frame.line(Header.scheduledDelay) < 0 && frame.line(Header.scheduledPeriod) < 0)
    if (frame.line(Header.scheduledCron) < 0) return false
  return frame.find('scheduledJobId') < 0
}

const LONG = /^\+?\d{1,19}$/
const INT_MAX = 2 ** 31 - 1

/** The first AMQ_SCHEDULED_ header that is malformed, as `name: value`, or null (stomp S-SND-21, semantics M-06). */
export function malformedSchedule(frame: Frame): string | null {
  for (const header of [Header.scheduledDelay, Header.scheduledPeriod, Header.scheduledRepeat] as const) {
    const value = frame.get(header)
    if (value === undefined) continue
    if (LONG.test(value) && (header !== Header.scheduledRepeat || Number(value) <= INT_MAX)) continue
    return `${frame.name(frame.line(header))}: ${value}`
  }
  const cron = frame.get(Header.scheduledCron)
  // An empty one asks for nothing.
  return cron === undefined || cron === '' || isCron(cron) ? null : `AMQ_SCHEDULED_CRON: ${cron}`
}

/** Bounds of minute, hour, day of month, month, day of week (semantics SC-04). */
const FIELDS = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 6],
] satisfies [number, number][]

function isCron(text: string): boolean {
  const fields = text.trim().split(/\s+/)
  return fields.length === FIELDS.length && fields.every((field, i) => isCronField(field, FIELDS[i]!))
}

function isCronField(field: string, [least, most]: readonly [number, number]): boolean {
  return field.split(',').every(part => {
    const match = /^(?:[*?]|(\d{1,2})(?:-(\d{1,2}))?)(?:\/(\d{1,2}))?$/.exec(part)
    if (match === null) return false
    const [, from, to, step] = match
    if (step !== undefined && Number(step) === 0) return false
    if (from === undefined) return true
    const low = Number(from)
    const high = Number(to ?? from)
    return low >= least && high <= most && low <= high
  })
}

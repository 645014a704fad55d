import type { DestinationName } from '../base/destination.ts'
import { parseCron, type Delivery } from '../destination/destination.ts'
import { Header, type Frame } from '../stomp/stomp.ts'
import type { RecordBuffer } from './record-target.ts'

/** When a message is to be delivered, as its headers say (semantics SC-03, SC-04). */
export interface SchedulePlan {
  /** ms; 0 none. */
  readonly delay: number
  /** ms between firings; 0 none. */
  readonly period: number
  /** Firings beyond the first. */
  readonly repeat: number
  /** Empty: none. */
  readonly cron: string
  /** When it is due first, ms since 1970, of a job that another broker had. Absent: as the others say. */
  readonly next?: number
}

/** What a session asks of the scheduler (semantics section 5.6). */
export interface SchedulerPort {
  /** `maxSchedulerRepeatAllowed`. */
  readonly maxRepeat: number
  /** The job store is at its limit (semantics L-04). */
  readonly full: boolean
  /** Does a destination of this name take orders instead of messages (semantics SC-11)? */
  manages(name: string): boolean
  /**
   * Writes a message and the job that says when it is due, for the names as they are sent to: two records that belong
   * into one GROUP. Answers where the JOB begins in `into`.
   */
  write(into: RecordBuffer, message: Delivery, to: readonly DestinationName[], plan: SchedulePlan, now: number): number
  /** Makes the job that begins there due as if it was sent at `now`: a transaction began earlier than it ends. */
  renew(into: RecordBuffer, job: number, plan: SchedulePlan, now: number): void
  order(order: ScheduleOrder): void
}

/** What a message to the management destination asks for (semantics SC-11). */
export interface ScheduleOrder {
  readonly action: string
  readonly jobId: string | null
  /** ms since 1970, both inclusive; null: all jobs. */
  readonly window: readonly [from: number, to: number] | null
  readonly replyTo: readonly DestinationName[]
}

/** Header names of a schedule; a message that was fired has lost them (semantics SC-06). */
export const SCHEDULE_HEADERS: readonly string[] = [
  'AMQ_SCHEDULED_DELAY',
  'AMQ_SCHEDULED_PERIOD',
  'AMQ_SCHEDULED_REPEAT',
  'AMQ_SCHEDULED_CRON',
]
/** The header that a fired message has instead. */
export const JOB_ID = 'scheduledJobId'

/** Does the SEND ask to be delivered later? A repeat count alone does not, nor what was scheduled already (SC-02, SC-12). */
export function asksForSchedule(frame: Frame): boolean {
  if (frame.line(Header.scheduledDelay) < 0 && frame.line(Header.scheduledPeriod) < 0)
    if (frame.line(Header.scheduledCron) < 0) return false
  return frame.find(JOB_ID) < 0
}

/** What header values say; they were found well formed. */
export const planOf = (value: (name: string) => string | undefined): SchedulePlan => ({
  delay: milliseconds(value('AMQ_SCHEDULED_DELAY')),
  period: milliseconds(value('AMQ_SCHEDULED_PERIOD')),
  repeat: milliseconds(value('AMQ_SCHEDULED_REPEAT')),
  cron: (value('AMQ_SCHEDULED_CRON') ?? '').trim(),
})

/** More than a number holds exactly is some 285 000 years: as good as never. */
const milliseconds = (text: string | undefined): number => Math.min(Number(text ?? 0), timeMax)
const timeMax = Number.MAX_SAFE_INTEGER / 4

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
  return cron === undefined || cron === '' || parseCron(cron) !== null ? null : `AMQ_SCHEDULED_CRON: ${cron}`
}

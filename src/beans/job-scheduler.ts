import type { MessageKey } from '../base/lsn.ts'
import { emptyDelivery } from '../destination/destination.ts'
import {
  BeanError,
  Table,
  Type,
  beanClass,
  type AttributeRow,
  type BeanClass,
  type OperationRow,
} from '../management/management.ts'
import { headerOf } from '../session/session.ts'
import type { Job } from '../store/store.ts'
import type { Desk } from './desk.ts'

type Row = Readonly<Record<string, unknown>>

/** Jobs in one table, at most: one is made without a pause. */
const rowsMax = 5000

/** In no order: to sort a million takes long, and only a table wants it. */
const jobsOf = ({ host }: Desk): Job[] => [...host.state.schedule.values()]

/** Those that are due first, in that order, as many as a table has. */
function firstOf(jobs: readonly Job[]): Job[] {
  let first = jobs
  if (jobs.length > rowsMax) {
    const latest = Float64Array.from(jobs, ({ next }) => next).sort()[rowsMax - 1]!
    first = jobs.filter(({ next }) => next <= latest)
  }
  return first.toSorted((a, b) => a.next - b.next || a.key - b.key).slice(0, rowsMax)
}

/** Rows (management AJ-01). A job goes by the id of its message, or by its place where that lies on disk now. */
const tableOf = (desk: Desk, jobs: readonly Job[]): Table =>
  new Table(
    ['jobId'],
    firstOf(jobs).map(job => rowOf(desk, job)),
  )

function rowOf(desk: Desk, job: Job): Row {
  const message = peek(desk, job)
  const delay = message === null ? undefined : headerOf(message, 'AMQ_SCHEDULED_DELAY')
  return {
    jobId: idOf(desk, job),
    cronEntry: job.cron,
    start: message === null ? '' : formatTime(Number(headerOf(message, 'timestamp') ?? 0)),
    delay: Number(delay ?? 0),
    next: formatTime(job.next),
    period: job.period,
    repeat: job.remaining < 0 ? -1 : job.remaining - 1,
  }
}

function idOf(desk: Desk, job: Job): string {
  const message = peek(desk, job)
  return (message === null ? undefined : headerOf(message, 'message-id')) ?? `job-${job.key}`
}

/** The message of a job, if its bytes are in memory. */
function peek({ host, jobs }: Desk, { key }: Job): ReturnType<typeof emptyDelivery> | null {
  if (jobs === null || !jobs.find(key)) return null
  const into = emptyDelivery()
  const chunk = jobs.foundChunk!
  return host.journal.peek(chunk.position(jobs.foundSlot), chunk.sizes[jobs.foundSlot]!, into) ? into : null
}

const two = (value: number): string => String(value).padStart(2, '0')

/** `yyyy-MM-dd HH:mm:ss` in the time zone of this process, as ActiveMQ does. */
function formatTime(ms: number): string {
  if (!(ms > 0) || ms > 8.64e15) return ''
  const at = new Date(ms)
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
}

function parseTime(text: unknown): number {
  const ms = Date.parse(String(text).trim().replace(' ', 'T'))
  if (Number.isNaN(ms)) throw new BeanError('java.text.ParseException', `Unparseable date: "${String(text)}"`)
  return ms
}

const between = (desk: Desk, from: unknown, to: unknown): Job[] => {
  const [start, end] = [parseTime(from), parseTime(to)]
  return jobsOf(desk).filter(({ next }) => next >= start && next <= end)
}

async function remove({ broker }: Desk, keys: readonly MessageKey[]): Promise<void> {
  await broker.operations.change(() => broker.scheduler?.remove(keys))
}

async function removeJob(desk: Desk, id: string): Promise<void> {
  const found = jobsOf(desk).find(job => idOf(desk, job) === id || `job-${job.key}` === id)
  if (found !== undefined) await remove(desk, [found.key])
}

const nextJobs = (desk: Desk): Job[] => {
  const time = nextTime(desk)
  return jobsOf(desk).filter(({ next }) => next === time)
}

/** 0: there are none. */
function nextTime(desk: Desk): number {
  let first = Infinity
  for (const { next } of jobsOf(desk)) first = Math.min(first, next)
  return first === Infinity ? 0 : first
}

const keys = (jobs: readonly Job[]): MessageKey[] => jobs.map(({ key }) => key)

export const JOB_SCHEDULER: BeanClass<Desk> = beanClass<Desk>({
  className: 'org.apache.activemq.broker.jmx.JobSchedulerView',
  description: 'Messages that are to be delivered later.',
  attributes: [
    ['ScheduledMessageCount', Type.int, 'Messages that wait for their time.', ({ host }) => host.state.schedule.size],
    [
      'DelayedMessageCount',
      Type.int,
      'Messages that wait for one time only.',
      desk => jobsOf(desk).filter(({ cron, remaining }) => cron === '' && remaining === 1).length,
    ],
    ['NextScheduleTime', Type.string, 'When the next one is due.', desk => formatTime(nextTime(desk))],
    ['AllJobs', Type.table, 'All of them, or the 5000 that are due first.', desk => tableOf(desk, jobsOf(desk))],
    ['NextScheduleJobs', Type.table, 'Those that are due next.', desk => tableOf(desk, nextJobs(desk))],
  ] satisfies AttributeRow<Desk>[],
  // Management OJ-01.
  operations: [
    {
      name: 'removeJob',
      takes: 'jobId',
      does: 'Calls a job off.',
      call: (desk, [id]) => removeJob(desk, id as string),
    },
    { name: 'removeAllJobs', does: 'Calls all jobs off.', call: desk => remove(desk, keys(jobsOf(desk))) },
    {
      name: 'removeAllJobs',
      takes: 'start, finish',
      does: 'Calls off what is due between two times, yyyy-MM-dd HH:mm:ss.',
      call: (desk, [start, finish]) => remove(desk, keys(between(desk, start, finish))),
    },
    {
      name: 'removeAllJobsAtScheduledTime',
      takes: 'time',
      does: 'Calls off what is due at a time, yyyy-MM-dd HH:mm:ss.',
      call: (desk, [time]) => {
        const from = parseTime(time)
        return remove(desk, keys(jobsOf(desk).filter(({ next }) => next >= from && next < from + 1000)))
      },
    },
    {
      name: 'getExecutionCount',
      takes: 'jobId',
      returns: Type.int,
      does: 'How often a job was run: it is not counted.',
      reads: true,
      call: () => 0,
    },
    {
      name: 'getAllJobs',
      takes: 'start, finish',
      returns: Type.table,
      does: 'Shows what is due between two times, yyyy-MM-dd HH:mm:ss, or the first 5000 of it.',
      reads: true,
      call: (desk, [start, finish]) => tableOf(desk, between(desk, start, finish)),
    },
    {
      name: 'getNextScheduleJobs',
      returns: Type.table,
      does: 'Shows what is due next.',
      reads: true,
      call: desk => tableOf(desk, nextJobs(desk)),
    },
  ] satisfies OperationRow<Desk>[],
})

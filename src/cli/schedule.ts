import { AdminError, ANY_BROKER, isObject } from '../admin/admin.ts'
import type { Terminal } from './cli.ts'
import { CONNECTION_HELP } from './connection.ts'
import { rowOf } from './destinations.ts'
import { LIST_HELP, LIST_OPTIONS, printList } from './listing.ts'
import { agreed, CHANGE_HELP, CHANGE_OPTIONS, ofActive, wordsOf, type NodeCall } from './node-call.ts'
import { noun, type Action } from './noun.ts'
import { ROW_HELP, type Row } from './rows.ts'
import { visible } from './visible.ts'

export const SCHEDULE_HELP: string = `Usage: tandemmq schedule list   [--filter PATTERN] [--sort next] [--limit N] [--watch 2s]
       tandemmq schedule cancel JOB

Messages that wait for their time, in a broker with schedulerSupport="true". Exit code 5 when there is no such job or no
scheduler, 6 when it was not confirmed.

${LIST_HELP}${ROW_HELP}${CHANGE_HELP}${CONNECTION_HELP}
Example: tandemmq schedule list
`

const COLUMNS = [
  { key: 'job', title: 'JOB' },
  { key: 'destination', title: 'DESTINATION' },
  { key: 'next', title: 'NEXT' },
  { key: 'delay', title: 'DELAY' },
  { key: 'period', title: 'PERIOD' },
  { key: 'repeat', title: 'REPEAT' },
  { key: 'cron', title: 'CRON' },
  { key: 'start', title: 'START', wide: true },
]

const FIELDS = {
  job: 'jobId',
  destination: 'destinationName',
  next: 'next',
  delay: 'delay',
  period: 'period',
  repeat: 'repeat',
  cron: 'cronEntry',
  start: 'start',
}

const ACTIONS: Readonly<Record<string, Action>> = {
  list: { options: LIST_OPTIONS, run: list },
  cancel: { options: CHANGE_OPTIONS, run: cancel },
}

/** Verb `schedule`. */
export const schedule = (terminal: Terminal): Promise<number> => noun(terminal, 'schedule', SCHEDULE_HELP, ACTIONS)

/** The scheduler's bean. Throws AdminError `unknown`: there is none. */
async function scheduler({ client }: NodeCall): Promise<string> {
  const [bean] = await client.search(`${ANY_BROKER},service=JobScheduler,name=*`)
  if (bean !== undefined) return bean
  throw new AdminError('unknown', `the broker at ${client.url} has no scheduler`, {
    hint: 'schedulerSupport="true" on <broker> switches it on',
  })
}

/** Rows under the ids of their jobs (management JR-14): all of them, or those that are due first. */
async function jobs({ client }: NodeCall, bean: string): Promise<readonly Row[]> {
  const table = await client.read(bean, 'AllJobs')
  return isObject(table) ? Object.values(table).flatMap(row => (isObject(row) ? [rowOf(row, FIELDS)] : [])) : []
}

const countOf = async ({ client }: NodeCall, bean: string): Promise<number> =>
  Number(await client.read(bean, 'ScheduledMessageCount'))

function list(call: NodeCall): Promise<number> {
  wordsOf(call)
  return printList(call, COLUMNS, async () => {
    const bean = await scheduler(call)
    const count = await countOf(call, bean)
    const rows = await jobs(call, bean)
    if (rows.length < count) call.terminal.err(`of ${count} jobs, those ${rows.length} that are due first\n`)
    return rows
  })
}

async function cancel(asked: NodeCall): Promise<number> {
  const [id = ''] = wordsOf(asked, 'job')
  const call = await ofActive(asked)
  const { client, terminal } = call
  const bean = await scheduler(call)
  const unknown = (): AdminError =>
    new AdminError('unknown', `there is no job "${id}" at ${client.url}`, { hint: 'tandemmq schedule list' })
  const shown = await jobs(call, bean)
  const job = shown.find(row => row['job'] === id) ?? null
  // It may be one of those that are not shown.
  const count = await countOf(call, bean)
  if (job === null && shown.length >= count) throw unknown()
  const to = job?.['destination'] ?? null
  const what = `the message of job ${visible(id)}${to === null ? '' : ` for ${visible(String(to))}`}`
  if (!(await agreed(call, 'drop', what))) return 0
  await client.exec(bean, 'removeJob(java.lang.String)', id)
  if (job === null && (await countOf(call, bean)) >= count) throw unknown()
  terminal.out(`dropped ${what}\n`)
  return 0
}

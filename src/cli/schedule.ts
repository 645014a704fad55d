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

/** Rows under the ids of their jobs (management JR-14). */
async function jobs({ client }: NodeCall, bean: string): Promise<readonly Row[]> {
  const table = await client.read(bean, 'AllJobs')
  return isObject(table) ? Object.values(table).flatMap(row => (isObject(row) ? [rowOf(row, FIELDS)] : [])) : []
}

function list(call: NodeCall): Promise<number> {
  wordsOf(call)
  return printList(call, COLUMNS, async () => jobs(call, await scheduler(call)))
}

async function cancel(asked: NodeCall): Promise<number> {
  const [id = ''] = wordsOf(asked, 'job')
  const call = await ofActive(asked)
  const { client, terminal } = call
  const bean = await scheduler(call)
  const job = (await jobs(call, bean)).find(row => row['job'] === id)
  if (job === undefined)
    throw new AdminError('unknown', `there is no job "${id}" at ${client.url}`, { hint: 'tandemmq schedule list' })
  const what = `the message of job ${visible(id)}${job['destination'] === null ? '' : ` for ${visible(String(job['destination']))}`}`
  if (!(await agreed(call, 'drop', what))) return 0
  await client.exec(bean, 'removeJob(java.lang.String)', id)
  terminal.out(`dropped ${what}\n`)
  return 0
}

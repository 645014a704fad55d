import { UsageError } from './arguments.ts'
import type { Terminal } from './cli.ts'
import { CONNECTION_HELP } from './connection.ts'
import { destinations, rowOf, type Kind } from './destinations.ts'
import { askNode, type NodeCall } from './node-call.ts'
import { printRows, ROW_HELP, ROW_OPTIONS, shapeOf, type Row } from './rows.ts'
import { visible } from './visible.ts'

export const DSTAT_HELP: string = `Usage: tandemmq dstat [queues|topics] [options]

The counters of every queue and topic, as ActiveMQ's dstat prints them. "tandemmq queues list" filters and sorts.

${ROW_HELP}${CONNECTION_HELP}
Example: tandemmq dstat queues
`

/** Our keys, ActiveMQ's titles, the attributes. */
const NUMBERS = [
  ['size', 'Queue Size', 'QueueSize'],
  ['producers', 'Producer #', 'ProducerCount'],
  ['consumers', 'Consumer #', 'ConsumerCount'],
  ['enqueued', 'Enqueue #', 'EnqueueCount'],
  ['dequeued', 'Dequeue #', 'DequeueCount'],
  ['forwarded', 'Forward #', 'ForwardCount'],
  ['memoryPercent', 'Memory %', 'MemoryPercentUsage'],
] as const
const INFLIGHT = ['inflight', 'Inflight #', 'InFlightCount'] as const
/** What ActiveMQ's has not: for -o wide, and what programs read. */
const FURTHER = [
  ['dispatched', 'Dispatch #', 'DispatchCount'],
  ['expired', 'Expired #', 'ExpiredCount'],
  ['storeBytes', 'Store bytes', 'StoreMessageSize'],
] as const

/** Verb `dstat` (management CT-05). */
export const dstat = (terminal: Terminal): Promise<number> =>
  askNode(terminal, { verb: 'dstat', help: DSTAT_HELP, options: ROW_OPTIONS }, run)

async function run({ terminal, given, client }: NodeCall): Promise<number> {
  const [wanted, ...more] = given.rest
  if (more.length > 0 || !['queues', 'topics', undefined].includes(wanted))
    throw new UsageError('name queues, topics, or nothing for both')
  const numbers = wanted === 'queues' ? [...NUMBERS, INFLIGHT] : NUMBERS
  const further = wanted === 'queues' ? FURTHER : [INFLIGHT, ...FURTHER]
  const kinds: readonly Kind[] = wanted === 'queues' ? ['Queue'] : wanted === 'topics' ? ['Topic'] : ['Queue', 'Topic']
  const columns = [
    { key: 'name', title: 'Name' },
    { key: 'type', title: 'Type' },
    ...numbers.map(([key, title]) => ({ key, title })),
    ...further.map(([key, title]) => ({ key, title, wide: true })),
  ]
  const shape = shapeOf(given, columns)
  const all = [...numbers, ...further]
  const attributes = all.map(([, , attribute]) => attribute)
  const names = Object.fromEntries(all.map(([key, , attribute]) => [key, attribute]))
  const rows: Row[] = []
  for (const kind of kinds)
    for (const one of await destinations(client, kind, attributes))
      rows.push({ name: one.name, type: kind.toLowerCase(), ...rowOf(one.attributes, names) })
  rows.sort((a, b) => (String(a['name']) < String(b['name']) ? -1 : a['name'] === b['name'] ? 0 : 1))
  if (shape.format !== 'table' || given.values.has('columns')) await printRows(terminal, rows, shape, 'name')
  else {
    // Scripts cut at these columns.
    if (shape.headers)
      terminal.out(
        line(
          'Name',
          numbers.map(([, title]) => title),
        ),
      )
    for (const row of rows)
      terminal.out(
        line(
          visible(String(row['name'])),
          numbers.map(([key]) => String(row[key] ?? 0)),
        ),
      )
  }
  return 0
}

const line = (name: string, cells: readonly string[]): string =>
  `${[name.padEnd(50), ...cells.map(cell => cell.padStart(10))].join('  ')}\n`

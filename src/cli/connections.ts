import { AdminError, ANY_BROKER, keysOf } from '../admin/admin.ts'
import { suggest } from '../base/suggest.ts'
import type { Terminal } from './cli.ts'
import { CONNECTION_HELP } from './connection.ts'
import { rowOf } from './destinations.ts'
import { LIST_HELP, LIST_OPTIONS, printList } from './listing.ts'
import { agreed, CHANGE_HELP, CHANGE_OPTIONS, wordsOf, type NodeCall } from './node-call.ts'
import { noun, type Action } from './noun.ts'
import { ROW_HELP, type Row } from './rows.ts'
import { visible } from './visible.ts'

export const CONNECTIONS_HELP: string = `Usage: tandemmq connections list [--filter PATTERN] [--sort queued] [--limit N] [--watch 2s]
       tandemmq connections kill CLIENT

The clients that are connected. CLIENT is a client id or a remote address as the list shows it. A client that was thrown
out may connect again; what it had not acknowledged goes to others.

${LIST_HELP}${ROW_HELP}${CHANGE_HELP}${CONNECTION_HELP}
Example: tandemmq connections list
`

const COLUMNS = [
  { key: 'client', title: 'CLIENT' },
  { key: 'address', title: 'ADDRESS' },
  { key: 'user', title: 'USER' },
  { key: 'connector', title: 'CONNECTOR' },
  { key: 'queued', title: 'QUEUED' },
  { key: 'transactions', title: 'TRANSACTIONS' },
  { key: 'slow', title: 'SLOW' },
  { key: 'blocked', title: 'BLOCKED' },
  { key: 'connected', title: 'CONNECTED', wide: true },
  { key: 'protocol', title: 'PROTOCOL', wide: true },
  { key: 'oldestTransactionMs', title: 'TRANSACTION MS', wide: true },
  { key: 'connection', title: 'CONNECTION', wide: true },
]

const ATTRIBUTES = {
  client: 'ClientId',
  address: 'RemoteAddress',
  user: 'UserName',
  queued: 'DispatchQueueSize',
  transactions: 'ActiveTransactionCount',
  slow: 'Slow',
  blocked: 'Blocked',
  connected: 'ConnectedTimestamp',
  protocol: 'WireFormatInfo',
  oldestTransactionMs: 'OldestActiveTransactionDuration',
  connection: 'ConnectionId',
}

/** Each is there twice: this is the bean that always is (management ON-08). */
const ALL = `${ANY_BROKER},connector=clientConnectors,connectorName=*,connectionViewType=clientId,connectionName=*`

const ACTIONS: Readonly<Record<string, Action>> = {
  list: { options: LIST_OPTIONS, run: list },
  kill: { options: CHANGE_OPTIONS, run: kill },
}

/** Verb `connections`. */
export const connections = (terminal: Terminal): Promise<number> =>
  noun(terminal, 'connections', CONNECTIONS_HELP, ACTIONS)

interface Connected {
  readonly bean: string
  readonly row: Row
}

async function connected({ client }: NodeCall): Promise<readonly Connected[]> {
  const found = await client.readAll(ALL, Object.values(ATTRIBUTES))
  return [...found].map(([bean, values]) => ({
    bean,
    row: {
      connector: keysOf(bean).get('connectorName') ?? null,
      ...rowOf(values, ATTRIBUTES),
      connected: timeOf(values['ConnectedTimestamp']),
    },
  }))
}

/** ISO 8601 of ms since 1970. */
const timeOf = (ms: unknown): string | null =>
  typeof ms === 'number' && ms > 0 && ms <= 8.64e15 ? new Date(ms).toISOString() : null

function list(call: NodeCall): Promise<number> {
  wordsOf(call)
  return printList(call, COLUMNS, async () => (await connected(call)).map(({ row }) => row))
}

async function kill(call: NodeCall): Promise<number> {
  const { client, terminal } = call
  const [wanted = ''] = wordsOf(call, 'client')
  const all = await connected(call)
  const found = all.filter(({ row }) => row['client'] === wanted || row['address'] === wanted)
  if (found.length === 0) {
    const meant = suggest(
      wanted,
      all.map(({ row }) => String(row['client'])),
    )
    const hint = meant === null ? 'tandemmq connections list' : `did you mean "${meant}"?`
    throw new AdminError('unknown', `no client "${wanted}" is connected to ${client.url}`, { hint })
  }
  const what = `${found.length === 1 ? 'the connection' : `${found.length} connections`} of "${visible(wanted)}"`
  if (!(await agreed(call, 'close', what))) return 0
  for (const { bean } of found) await client.exec(bean, 'stop()')
  terminal.out(`closed ${what}\n`)
  return 0
}

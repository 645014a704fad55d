import { AdminError, ANY_BROKER, brokerBean } from '../admin/admin.ts'
import type { Terminal } from './cli.ts'
import { CONNECTION_HELP } from './connection.ts'
import { rowOf } from './destinations.ts'
import { LIST_HELP, LIST_OPTIONS, printList } from './listing.ts'
import { agreed, CHANGE_HELP, CHANGE_OPTIONS, ofActive, wordsOf, type NodeCall } from './node-call.ts'
import { noun, type Action } from './noun.ts'
import { ROW_HELP, type Row } from './rows.ts'
import { visible } from './visible.ts'

export const SUBSCRIPTIONS_HELP: string = `Usage: tandemmq subscriptions list   [--all] [--filter PATTERN] [--sort pending] [--limit N] [--watch 2s]
       tandemmq subscriptions delete CLIENT NAME

Durable subscriptions, with or without a subscriber that is connected. delete ends one and drops what it had not received;
exit code 5 when there is none of that name, 6 while it is in use, or when it was not confirmed.

  --all               every consumer of queues and topics too
${LIST_HELP}${ROW_HELP}${CHANGE_HELP}${CONNECTION_HELP}
Example: tandemmq subscriptions list --sort pending
`

const COLUMNS = [
  { key: 'client', title: 'CLIENT' },
  { key: 'name', title: 'NAME' },
  { key: 'destination', title: 'DESTINATION' },
  { key: 'active', title: 'ACTIVE' },
  { key: 'pending', title: 'PENDING' },
  { key: 'dispatched', title: 'DISPATCHED' },
  { key: 'selector', title: 'SELECTOR' },
  { key: 'queue', title: 'QUEUE', wide: true },
  { key: 'user', title: 'USER', wide: true },
  { key: 'prefetch', title: 'PREFETCH', wide: true },
  { key: 'delivered', title: 'DELIVERED', wide: true },
  { key: 'settled', title: 'SETTLED', wide: true },
  { key: 'priority', title: 'PRIORITY', wide: true },
  { key: 'exclusive', title: 'EXCLUSIVE', wide: true },
  { key: 'slow', title: 'SLOW', wide: true },
  { key: 'connection', title: 'CONNECTION', wide: true },
]

const ATTRIBUTES = {
  client: 'ClientId',
  name: 'SubscriptionName',
  destination: 'DestinationName',
  active: 'Active',
  pending: 'PendingQueueSize',
  dispatched: 'DispatchedQueueSize',
  selector: 'Selector',
  queue: 'DestinationQueue',
  user: 'UserName',
  prefetch: 'PrefetchSize',
  delivered: 'DispatchedCounter',
  settled: 'DequeueCounter',
  priority: 'Priority',
  exclusive: 'Exclusive',
  slow: 'SlowConsumer',
  connection: 'ConnectionId',
}

const consumersOf = (kind: 'Queue' | 'Topic'): string =>
  `${ANY_BROKER},destinationType=${kind},destinationName=*,endpoint=Consumer,clientId=*,consumerId=*`

const ACTIONS: Readonly<Record<string, Action>> = {
  list: { options: { ...LIST_OPTIONS, all: { type: 'boolean' } }, run: list },
  delete: { options: CHANGE_OPTIONS, run: remove },
}

/** Verb `subscriptions`. */
export const subscriptions = (terminal: Terminal): Promise<number> =>
  noun(terminal, 'subscriptions', SUBSCRIPTIONS_HELP, ACTIONS)

/** An inactive one says of itself that it is not durable (management AS-03): only the name tells. */
async function found({ client }: NodeCall, kind: 'Queue' | 'Topic'): Promise<readonly Row[]> {
  const all = await client.readAll(consumersOf(kind), Object.values(ATTRIBUTES))
  return [...all.values()].map(values => rowOf(values, ATTRIBUTES))
}

function list(call: NodeCall): Promise<number> {
  wordsOf(call)
  return printList(call, COLUMNS, async () => {
    if (call.given.flags.has('all')) return [...(await found(call, 'Queue')), ...(await found(call, 'Topic'))]
    return (await found(call, 'Topic')).filter(({ name }) => name !== null)
  })
}

async function remove(asked: NodeCall): Promise<number> {
  const [clientId = '', name = ''] = wordsOf(asked, 'client', 'name of its subscription')
  const call = await ofActive(asked)
  const { client, terminal } = call
  const one = (await found(call, 'Topic')).find(row => row['client'] === clientId && row['name'] === name)
  if (one === undefined)
    throw new AdminError('unknown', `"${clientId}" has no durable subscription "${name}" at ${client.url}`, {
      hint: 'tandemmq subscriptions list',
    })
  const what = `the subscription "${visible(name)}" of "${visible(clientId)}" with ${String(one['pending'])} messages`
  if (!(await agreed(call, 'delete', what))) return 0
  const operation = 'destroyDurableSubscriber(java.lang.String,java.lang.String)'
  await client.exec(brokerBean(await client.brokerName()), operation, clientId, name)
  terminal.out(`deleted ${what}\n`)
  return 0
}

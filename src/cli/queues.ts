import { AdminError, brokerBean } from '../admin/admin.ts'
import { namesTopic } from '../base/destination.ts'
import { UsageError, type Options } from './arguments.ts'
import { messagesOf } from './browse.ts'
import type { Terminal } from './cli.ts'
import { CONNECTION_HELP } from './connection.ts'
import { destination, destinations, rowOf, type Kind } from './destinations.ts'
import { LIST_HELP, LIST_OPTIONS, printList } from './listing.ts'
import { fieldsOf } from './messages.ts'
import { agreed, CHANGE_HELP, CHANGE_OPTIONS, ofActive, wordsOf, type NodeCall } from './node-call.ts'
import { noun, type Action } from './noun.ts'
import { purgeQueues, PURGE_OPTIONS } from './purge.ts'
import { OBJECT_OPTIONS, printedObjects, ROW_HELP, type Row } from './rows.ts'
import { messageSelector } from './selection.ts'
import { visible } from './visible.ts'

export const QUEUES_HELP: string = `Usage: tandemmq queues list   [--filter PATTERN] [--sort size] [--limit N] [--watch 2s]
       tandemmq queues show   QUEUE
       tandemmq queues peek   QUEUE [--msgsel SELECTOR] [--limit N]
       tandemmq queues create QUEUE
       tandemmq queues pause  QUEUE        nothing more is handed to consumers; what is sent is kept
       tandemmq queues resume QUEUE
       tandemmq queues move   QUEUE TO [--msgsel SELECTOR | --id ID] [--max N]
       tandemmq queues copy   QUEUE TO [--msgsel SELECTOR | --id ID] [--max N]
       tandemmq queues retry  QUEUE        dead letters go back to where they came from
       tandemmq queues purge  QUEUE… [--msgsel SELECTOR] [--reset]
       tandemmq queues delete QUEUE        with all that is in it

Queues of a running broker. show and peek answer in lines, or with -o json, jsonl or yaml. Exit code 5 when there is no
such queue, 6 when it was not confirmed, has consumers and was to be deleted, or holds no dead letters to be retried.

${LIST_HELP}${ROW_HELP}${CHANGE_HELP}${CONNECTION_HELP}
Examples: tandemmq queues list --sort size --limit 10
          tandemmq queues move ActiveMQ.DLQ orders --msgsel "customer = 'acme'"
`

const COLUMNS = [
  { key: 'name', title: 'NAME' },
  { key: 'size', title: 'SIZE' },
  { key: 'consumers', title: 'CONSUMERS' },
  { key: 'inflight', title: 'INFLIGHT' },
  { key: 'enqueued', title: 'ENQUEUED' },
  { key: 'dequeued', title: 'DEQUEUED' },
  { key: 'expired', title: 'EXPIRED' },
  { key: 'memoryPercent', title: 'MEMORY %' },
  { key: 'paused', title: 'PAUSED' },
  { key: 'dlq', title: 'DLQ' },
  { key: 'dispatched', title: 'DISPATCHED', wide: true },
  { key: 'averageWaitMs', title: 'WAIT MS', wide: true },
  { key: 'maxWaitMs', title: 'MAX WAIT MS', wide: true },
  { key: 'averageBytes', title: 'BYTES EACH', wide: true },
  { key: 'storeBytes', title: 'STORE BYTES', wide: true },
  { key: 'memoryBytes', title: 'MEMORY BYTES', wide: true },
  { key: 'memoryLimit', title: 'MEMORY LIMIT', wide: true },
  { key: 'blockedSends', title: 'BLOCKED SENDS', wide: true },
]

const ATTRIBUTES = {
  size: 'QueueSize',
  consumers: 'ConsumerCount',
  inflight: 'InFlightCount',
  enqueued: 'EnqueueCount',
  dequeued: 'DequeueCount',
  expired: 'ExpiredCount',
  memoryPercent: 'MemoryPercentUsage',
  paused: 'Paused',
  dlq: 'DLQ',
  dispatched: 'DispatchCount',
  averageWaitMs: 'AverageEnqueueTime',
  maxWaitMs: 'MaxEnqueueTime',
  averageBytes: 'AverageMessageSize',
  storeBytes: 'StoreMessageSize',
  memoryBytes: 'MemoryUsageByteCount',
  memoryLimit: 'MemoryLimit',
  blockedSends: 'BlockedSends',
}

const SOME: Options = { ...CHANGE_OPTIONS, msgsel: { type: 'string' }, id: { type: 'string' }, max: { type: 'string' } }

const ACTIONS: Readonly<Record<string, Action>> = {
  list: { options: LIST_OPTIONS, run: list },
  show: { options: OBJECT_OPTIONS, run: call => showDestination(call, 'Queue') },
  peek: { options: { ...OBJECT_OPTIONS, msgsel: { type: 'string' }, limit: { type: 'string' } }, run: peek },
  create: { options: CHANGE_OPTIONS, run: call => createDestination(call, 'Queue') },
  delete: { options: CHANGE_OPTIONS, run: call => deleteDestination(call, 'Queue') },
  pause: { options: CHANGE_OPTIONS, run: call => simply(call, 'pause') },
  resume: { options: CHANGE_OPTIONS, run: call => simply(call, 'resume') },
  move: { options: SOME, run: call => transfer(call, 'move', 'moved') },
  copy: { options: SOME, run: call => transfer(call, 'copy', 'copied') },
  retry: { options: CHANGE_OPTIONS, run: retry },
  purge: { options: PURGE_OPTIONS, run: purgeNamed },
}

/** Verb `queues`. */
export const queues = (terminal: Terminal): Promise<number> => noun(terminal, 'queues', QUEUES_HELP, ACTIONS)

function list(call: NodeCall): Promise<number> {
  wordsOf(call)
  return printList(call, COLUMNS, async (): Promise<readonly Row[]> => {
    const found = await destinations(call.client, 'Queue', Object.values(ATTRIBUTES))
    return found.map(({ name, attributes }) => ({ name, ...rowOf(attributes, ATTRIBUTES) }))
  })
}

/** Every attribute of one destination. */
export async function showDestination(call: NodeCall, kind: Kind): Promise<number> {
  const { terminal, client, given } = call
  const [name = ''] = wordsOf(call, kind.toLowerCase())
  const { bean } = await destination(client, kind, name)
  const attributes = await client.readMany(bean)
  if (!(await printedObjects(terminal, given, [attributes], attributes)))
    for (const [key, value] of Object.entries(attributes))
      terminal.out(`${key.padEnd(34)}${visible(typeof value === 'string' ? value : JSON.stringify(value))}\n`)
  return 0
}

async function peek(call: NodeCall): Promise<number> {
  const { terminal, given } = call
  const [name = ''] = wordsOf(call, 'queue')
  const limit = whole(given.values.get('limit') ?? '20', '--limit')
  const messages = (await messagesOf(call, `queue:${name}`, given.lists.get('msgsel') ?? [])).slice(0, limit)
  if (!(await printedObjects(terminal, given, messages)))
    for (const message of messages) {
      const body = fieldsOf(message).filter(({ group }) => group === 'body')
      const text = body.map(({ value }) => value).join(' ')
      terminal.out(`${visible(String(message['JMSMessageID']))}  ${visible(text.slice(0, 100))}\n`)
    }
  return 0
}

export async function createDestination(asked: NodeCall, kind: Kind): Promise<number> {
  const [name = ''] = wordsOf(asked, kind.toLowerCase())
  const call = unasked(await ofActive(asked))
  const { client, terminal } = call
  const what = `${kind.toLowerCase()} ${visible(name)}`
  if (!(await agreed(call, 'create', what))) return 0
  await client.exec(brokerBean(await client.brokerName()), `add${kind}(java.lang.String)`, name)
  terminal.out(`created ${what}\n`)
  return 0
}

export async function deleteDestination(asked: NodeCall, kind: Kind): Promise<number> {
  const [name = ''] = wordsOf(asked, kind.toLowerCase())
  const call = await ofActive(asked)
  const { client, terminal } = call
  const word = kind.toLowerCase()
  const { attributes } = await destination(client, kind, name, ['QueueSize'])
  const what = `${word} "${visible(name)}" with ${String(attributes['QueueSize'])} messages`
  if (!(await agreed(call, 'delete', what))) return 0
  await client.exec(brokerBean(await client.brokerName()), `remove${kind}(java.lang.String)`, name)
  terminal.out(`deleted ${word} ${visible(name)}\n`)
  return 0
}

/** The same call, answered beforehand: what takes nothing away is not asked about. */
const unasked = (call: NodeCall): NodeCall => ({
  ...call,
  given: { ...call.given, flags: new Set([...call.given.flags, 'yes']) },
})

async function simply(asked: NodeCall, verb: 'pause' | 'resume'): Promise<number> {
  const [name = ''] = wordsOf(asked, 'queue')
  const call = unasked(await ofActive(asked))
  const { bean } = await destination(call.client, 'Queue', name)
  if (!(await agreed(call, verb, visible(name)))) return 0
  await call.client.exec(bean, `${verb}()`)
  call.terminal.out(`${verb}d ${visible(name)}\n`)
  return 0
}

async function transfer(asked: NodeCall, verb: 'move' | 'copy', done: string): Promise<number> {
  const [name = '', to = ''] = wordsOf(asked, 'queue', 'queue that they go to')
  // They would be gone with a word that says that they were moved.
  if (verb === 'move' && namesTopic(to))
    throw new UsageError(
      `${visible(to)} is a topic, which keeps nothing for who is not there: name a queue, or use copy`,
    )
  const call = await ofActive(asked)
  const { client, terminal, given } = call
  const { bean, attributes } = await destination(client, 'Queue', name, ['QueueSize'])
  const id = given.values.get('id')
  const selectors = given.lists.get('msgsel') ?? []
  if (id !== undefined && selectors.length > 0) throw new UsageError('--id or --msgsel, not both')
  const max = given.values.get('max')
  const which =
    id !== undefined
      ? `message ${visible(id)}`
      : selectors.length > 0
        ? 'the matching messages'
        : `all ${String(attributes['QueueSize'])} messages`
  const what = `${which} of "${visible(name)}" to "${visible(to)}"`
  if (!(await agreed(verb === 'copy' ? unasked(call) : call, verb, what))) return 0
  const answer =
    id !== undefined
      ? await client.exec(bean, `${verb}MessageTo(java.lang.String,java.lang.String)`, id, to)
      : await client.exec(bean, ...matching(verb, selectors, to, max))
  if (answer === false) {
    terminal.err(`tandemmq queues ${verb}: there is no message ${visible(id ?? '')} in ${visible(name)} that is free\n`)
    return 5
  }
  terminal.out(`${done} ${answer === true ? 1 : String(answer)} messages to ${visible(to)}\n`)
  return 0
}

/** Operation and arguments. A selector that is true of every message stands for none. */
function matching(
  verb: 'move' | 'copy',
  selectors: readonly string[],
  to: string,
  max: string | undefined,
): readonly [string, ...unknown[]] {
  const selector = selectors.length > 0 ? messageSelector(selectors) : '1 = 1'
  const operation = `${verb}MatchingMessagesTo`
  if (max === undefined) return [`${operation}(java.lang.String,java.lang.String)`, selector, to]
  return [`${operation}(java.lang.String,java.lang.String,int)`, selector, to, whole(max, '--max')]
}

function whole(text: string, option: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new UsageError(`${option} ${text}: write a number`)
  return Number(text)
}

async function retry(asked: NodeCall): Promise<number> {
  const [name = ''] = wordsOf(asked, 'queue')
  const call = await ofActive(asked)
  const { client, terminal } = call
  const { bean, attributes } = await destination(client, 'Queue', name, ['QueueSize', 'DLQ'])
  if (attributes['DLQ'] === false)
    throw new AdminError(
      'state',
      `queue "${visible(name)}" is no dead letter queue: nothing in it came from elsewhere`,
      {
        hint: `tandemmq queues move ${visible(name)} TO`,
      },
    )
  const what = `${String(attributes['QueueSize'])} messages of "${visible(name)}" back to where they came from`
  if (!(await agreed(call, 'move', what))) return 0
  terminal.out(`moved ${String(await client.exec(bean, 'retryMessages()'))} messages back\n`)
  return 0
}

function purgeNamed(call: NodeCall): Promise<number> {
  if (call.given.rest.length === 0) throw new UsageError("name a queue; '*' is all of them")
  return purgeQueues(call, call.given.rest)
}

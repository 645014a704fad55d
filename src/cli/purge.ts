import { AdminError } from '../admin/admin.ts'
import { messageOf } from '../base/errors.ts'
import type { Arguments, Options } from './arguments.ts'
import type { Terminal } from './cli.ts'
import { CONNECTION_HELP } from './connection.ts'
import { meant, type Shown } from './destinations.ts'
import { askNode, CHANGE_HELP, CHANGE_OPTIONS, confirm, ofActive, type NodeCall } from './node-call.ts'
import { askedFormat, OBJECT_FORMATS, OBJECT_OPTIONS, printedObjects } from './rows.ts'
import { messageSelector } from './selection.ts'
import { visible } from './visible.ts'

export const PURGE_HELP: string = `Usage: tandemmq purge [--msgsel SELECTOR] [--reset] [--yes] [options] [QUEUE…]

Removes the messages of queues, those that consumers hold included, as ActiveMQ's purge does. QUEUE may hold * and ?;
without one all queues are meant. Asks first, on a terminal. Exit code 5 when there is no such queue, 6 when it was not
confirmed, 7 when some were purged and some not.

  --msgsel SELECTOR   only messages that it matches. With commas: all of its conditions; in a text, * and ? are wildcards
  --reset             also sets the counters of the queue to 0
  --json              for scripts; also -o json, jsonl or yaml
${CHANGE_HELP}${CONNECTION_HELP}
Example: tandemmq purge --dry-run 'orders.*'
`

export const PURGE_OPTIONS: Options = {
  ...CHANGE_OPTIONS,
  ...OBJECT_OPTIONS,
  msgsel: { type: 'string' },
  reset: { type: 'boolean' },
}

/** Verb `purge` (management CT-07). */
export const purge = (terminal: Terminal): Promise<number> =>
  askNode(terminal, { verb: 'purge', help: PURGE_HELP, options: PURGE_OPTIONS }, call =>
    purgeQueues(call, call.given.rest.length === 0 ? ['*'] : call.given.rest),
  )

/** What was done to one queue. */
interface Purged {
  readonly queue: string
  /** Messages; null: the broker does not say. */
  readonly removed: number | null
  readonly error: string | null
}

export async function purgeQueues(asked: NodeCall, words: readonly string[]): Promise<number> {
  // A format that nobody knows must not be noticed when all is gone.
  askedFormat(asked.given, OBJECT_FORMATS)
  const call = await ofActive(asked)
  const { terminal, given, client } = call
  const queues = await meant(client, 'Queue', words, ['QueueSize'])
  const selectors = given.lists.get('msgsel') ?? []
  const selector = selectors.length === 0 ? null : messageSelector(selectors)
  if (given.flags.has('dry-run')) return dryRun(call, queues, selector)
  if (queues.length > 0) await confirm(call, question(queues, selector, client.url))
  const done: Purged[] = []
  for (const queue of queues) {
    const one = await purgeOne(call, queue, selector)
    done.push(one)
    if (isQuiet(given)) continue
    if (one.error !== null) terminal.err(`tandemmq purge: ${visible(queue.name)}: ${visible(one.error)}\n`)
    else if (selector === null) terminal.out(`INFO: Purging all messages in queue: ${visible(queue.name)}\n`)
    else terminal.out(`INFO: Removed: ${one.removed ?? 0} messages for message selector ${visible(selector)}\n`)
  }
  await printedObjects(terminal, given, done)
  const failed = done.filter(({ error }) => error !== null).length
  return failed === 0 ? 0 : failed === done.length ? 1 : 7
}

async function purgeOne(
  { client, given }: NodeCall,
  { bean, name, attributes }: Shown,
  selector: string | null,
): Promise<Purged> {
  try {
    const removed =
      selector === null
        ? await client.exec(bean, 'purge()')
        : await client.exec(bean, 'removeMatchingMessages(java.lang.String)', selector)
    if (given.flags.has('reset')) await client.exec(bean, 'resetStatistics()')
    const size = attributes['QueueSize']
    return {
      queue: name,
      removed: typeof removed === 'number' ? removed : typeof size === 'number' ? size : null,
      error: null,
    }
  } catch (error) {
    // No role, or nobody there: that is so for the others too.
    if (!(error instanceof AdminError) || error.kind !== 'failed') throw error
    return { queue: name, removed: null, error: messageOf(error) }
  }
}

/** JSON comes as a whole at the end; lines as it goes. */
const isQuiet = ({ flags, values }: Arguments): boolean => flags.has('json') || values.has('output')

const sizeOf = ({ attributes }: Shown): number => Number(attributes['QueueSize'] ?? 0)

function question(queues: readonly Shown[], selector: string | null, url: string): string {
  const [only] = queues
  const which = queues.length === 1 && only !== undefined ? `queue "${visible(only.name)}"` : `${queues.length} queues`
  const total = queues.reduce((sum, queue) => sum + sizeOf(queue), 0)
  const what = selector === null ? `all ${total} messages` : `the messages that match ${visible(selector)}`
  return `remove ${what} of ${which} at ${url}?`
}

async function dryRun(
  { terminal, given, client }: NodeCall,
  queues: readonly Shown[],
  selector: string | null,
): Promise<number> {
  const counts: { readonly queue: string; readonly wouldRemove: number }[] = []
  for (const queue of queues) {
    // Only as many as one answer of browse holds.
    const found = selector === null ? null : await client.exec(queue.bean, 'browse(java.lang.String)', selector)
    counts.push({ queue: queue.name, wouldRemove: Array.isArray(found) ? found.length : sizeOf(queue) })
  }
  if (!(await printedObjects(terminal, given, counts)))
    for (const { queue, wouldRemove } of counts)
      terminal.out(`would remove ${wouldRemove} messages of ${visible(queue)}\n`)
  return 0
}

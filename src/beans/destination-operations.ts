import { DestinationKind, type DestinationName } from '../base/destination.ts'
import { BeanError, Type, type OperationRow } from '../management/management.ts'
import type { DestinationView } from './destination-view.ts'
import { browse, browseAsTable, messageById, selecting } from './message-browse.ts'
import { sendText, type Headers } from './send-text.ts'

type Row = OperationRow<DestinationView>

/** What every destination does (management OQ-02, OQ-03, OT-01). */
export const DESTINATION_OPERATIONS: readonly Row[] = [
  {
    name: 'browse',
    returns: Type.composites,
    does: 'Shows its first messages.',
    reads: true,
    call: d => browse(d, null),
  },
  {
    name: 'browse',
    takes: 'selector',
    returns: Type.composites,
    does: 'Shows the first messages that a selector accepts.',
    reads: true,
    call: (d, [selector]) => browse(d, selector as string),
  },
  {
    name: 'browseAsTable',
    returns: Type.table,
    does: 'As browse, as a table.',
    reads: true,
    call: d => browseAsTable(d, null),
  },
  {
    name: 'browseAsTable',
    takes: 'selector',
    returns: Type.table,
    does: 'As browse, as a table.',
    reads: true,
    call: (d, [selector]) => browseAsTable(d, selector as string),
  },
  {
    name: 'sendTextMessage',
    takes: 'body',
    returns: Type.string,
    does: 'Sends a text message; answers its id.',
    call: (d, [body]) => sendText(d, {}, body as string, null),
  },
  {
    name: 'sendTextMessage',
    takes: 'headers:java.util.Map, body',
    returns: Type.string,
    does: 'Sends a text message with headers and properties; answers its id.',
    call: (d, [headers, body]) => sendText(d, headers as Headers, body as string, null),
  },
  {
    name: 'sendTextMessage',
    takes: 'body, user, password',
    returns: Type.string,
    does: 'Sends a text message with the rights of a user; answers its id.',
    call: (d, [body, user, password]) => sendText(d, {}, body as string, login(user, password)),
  },
  {
    name: 'sendTextMessage',
    takes: 'headers:java.util.Map, body, user, password',
    returns: Type.string,
    does: 'Sends a text message with headers and properties, with the rights of a user; answers its id.',
    call: (d, [headers, body, user, password]) =>
      sendText(d, headers as Headers, body as string, login(user, password)),
  },
  {
    name: 'sendTextMessageWithProperties',
    takes: 'properties',
    returns: Type.string,
    does: 'Sends a text message by key=value pairs with commas between them, of which body is one; answers its id.',
    call: (d, [properties]) => sendPairs(d, (properties as string | null) ?? '', ','),
  },
  {
    name: 'sendTextMessageWithProperties',
    takes: 'properties, delimiter',
    returns: Type.string,
    does: 'Sends a text message by key=value pairs with a delimiter between them, of which body is one; answers its id.',
    call: (d, [properties, delimiter]) =>
      sendPairs(d, (properties as string | null) ?? '', (delimiter as string | null) ?? ','),
  },
  {
    name: 'resetStatistics',
    does: 'Its counters begin anew.',
    call: ({ desk, to }) => to !== null && desk.resets.reset(to),
  },
]

/** What only queues do (management OQ-01 … OQ-05). */
export const QUEUE_OPERATIONS: readonly Row[] = [
  { name: 'purge', does: 'Removes all its messages.', call: d => void_(operations(d).purge(d.at)) },
  {
    name: 'purge',
    takes: 'numberOfMessages:long',
    does: 'Removes so many of its messages, the oldest first.',
    call: (d, [max]) => void_(operations(d).remove(d.at, { max: max as number })),
  },
  { name: 'pause', does: 'Hands nothing to consumers any more.', call: d => operations(d).pause(d.at) },
  { name: 'resume', does: 'Hands messages to consumers again.', call: d => operations(d).resume(d.at) },
  {
    name: 'getMessage',
    takes: 'messageId',
    returns: Type.composite,
    does: 'Shows one message, or null.',
    reads: true,
    call: (d, [id]) => messageById(d, id as string),
  },
  {
    name: 'removeMessage',
    takes: 'messageId',
    returns: Type.boolean,
    does: 'Removes a message.',
    call: async (d, [id]) => (await operations(d).remove(d.at, { ids: [id as string] })) > 0,
  },
  ...matching('removeMatchingMessages', 'Removes', [], (d, filter) => operations(d).remove(d.at, filter)),
  {
    name: 'copyMessageTo',
    takes: 'messageId, destinationName',
    returns: Type.boolean,
    does: 'Copies a message to another destination.',
    call: async (d, [id, to]) =>
      (await operations(d).copy(d.at, destinationOf(to as string), { ids: [id as string] })) > 0,
  },
  ...matching('copyMatchingMessagesTo', 'Copies', ['destinationName'], (d, filter, to) =>
    operations(d).copy(d.at, destinationOf(to), filter),
  ),
  {
    name: 'moveMessageTo',
    takes: 'messageId, destinationName',
    returns: Type.boolean,
    does: 'Moves a message to another destination.',
    call: async (d, [id, to]) =>
      (await operations(d).move(d.at, destinationOf(to as string), { ids: [id as string] })) > 0,
  },
  ...matching('moveMatchingMessagesTo', 'Moves', ['destinationName'], (d, filter, to) =>
    operations(d).move(d.at, destinationOf(to), filter),
  ),
  {
    name: 'retryMessage',
    takes: 'messageId',
    returns: Type.boolean,
    does: 'Sends a dead message back to where it died.',
    call: async (d, [id]) => (await operations(dead(d)).retry(d.at, { ids: [id as string] })) > 0,
  },
  {
    name: 'retryMessages',
    returns: Type.int,
    does: 'Sends every dead message back to where it died; answers how many.',
    call: d => operations(dead(d)).retry(d.at),
  },
  {
    name: 'cursorSize',
    returns: Type.int,
    does: 'Messages that wait to be handed over.',
    reads: true,
    call: d => d.size - d.inFlight,
  },
  {
    name: 'doesCursorHaveMessagesBuffered',
    returns: Type.boolean,
    does: 'Messages wait to be handed over.',
    reads: true,
    call: d => d.size > d.inFlight,
  },
  {
    name: 'doesCursorHaveSpace',
    returns: Type.boolean,
    does: 'There is room in memory.',
    reads: true,
    call: d => d.memoryBytes < d.memoryLimit,
  },
  {
    name: 'removeMessageGroup',
    takes: 'groupName',
    does: 'Takes a message group from the consumer that serves it.',
    call: (d, [group]) => {
      if (d.queue === null) return
      d.queue.groups.abandon(group as string)
      // Others may be given what waits for its owner.
      d.desk.broker.markDirty(d.queue)
    },
  },
  {
    name: 'removeAllMessageGroups',
    does: 'Takes every message group from the consumer that serves it.',
    call: d => {
      const { queue } = d
      if (queue === null) return
      const groups = Array.from(queue.groups.owners(), ([group]) => group)
      for (const group of groups) queue.groups.abandon(group)
      d.desk.broker.markDirty(queue)
    },
  },
]

interface Matched {
  selector?: string
  max?: number
}

type Matching = (d: DestinationView, filter: Matched, to: string) => Promise<number>

/** An operation on what a selector accepts, with and without a greatest number. An empty one accepts all. */
function matching(name: string, verb: string, more: readonly string[], run: Matching): Row[] {
  const does = `${verb} the messages that a selector accepts; answers how many.`
  const takes = ['selector', ...more]
  const call: Row['call'] = (d, args) => {
    const [given, to] = args as (string | null)[]
    const selector = given ?? ''
    const max = args[takes.length] as number | undefined
    const filter = { ...(selector.trim() === '' ? {} : { selector }), ...(max === undefined ? {} : { max }) }
    return selecting(selector, () => run(d, filter, to ?? ''))
  }
  return [
    { name, takes: takes.join(', '), returns: Type.int, does, call },
    { name, takes: [...takes, 'maximumMessages:int'].join(', '), returns: Type.int, does, call },
  ]
}

const operations = ({ desk }: DestinationView): DestinationView['desk']['broker']['operations'] =>
  desk.broker.operations

/** `void` in Java: it answers null. */
async function void_(work: Promise<unknown>): Promise<void> {
  await work
}

function dead(view: DestinationView): DestinationView {
  if (view.isDeadLetterQueue) return view
  throw new BeanError('java.lang.Exception', 'Retry of message is only possible on Dead Letter Queues!')
}

/** As ActiveMQ reads a name: a queue unless it says otherwise. */
export function destinationOf(given: string | null): DestinationName {
  const text = (given ?? '').trim()
  const match = /^(queue|topic):\/\/(.+)$/s.exec(text)
  return { kind: DestinationKind[(match?.[1] ?? 'queue') as 'queue' | 'topic'], name: validName(match?.[2] ?? text) }
}

/** Bytes of a name or a selector, at most: a client of STOMP can give no longer one in a header. */
export const nameBytesMax = 10_240

/** Throws a BeanError for a name that no client could say. */
export function validName(name: string): string {
  const why = name === '' ? 'a name is missing' : Buffer.byteLength(name) > nameBytesMax ? 'it is too long' : null
  if (why === null) return name
  throw new BeanError('java.lang.IllegalArgumentException', `Invalid destination name: ${why}`)
}

/** Null is nobody's name. */
const login = (user: unknown, password: unknown): readonly [string, string] => [
  (user as string | null) ?? '',
  (password as string | null) ?? '',
]

function sendPairs(view: DestinationView, text: string, delimiter: string): Promise<string> {
  const pairs = new Map<string, string>()
  for (const pair of text.split(delimiter)) {
    const equals = pair.indexOf('=')
    if (equals > 0) pairs.set(pair.slice(0, equals).trim(), pair.slice(equals + 1))
  }
  const { body = '', username, password, ...headers } = Object.fromEntries(pairs)
  return sendText(view, headers, body, username === undefined ? null : [username, password ?? ''])
}

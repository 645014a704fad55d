import { browse, dial, parseBrokerUrl, uriOf, type ServerFrame } from '../client/client.ts'
import { UsageError, readArguments, type Arguments, type Options } from './arguments.ts'
import { ACCESS_OPTIONS, loginOf, tellError } from './broker-access.ts'
import type { Terminal } from './cli.ts'
import { Interrupt } from './interrupt.ts'
import { groupsOf, messageText, type Browsed, type View } from './messages.ts'
import { askedFormat, OBJECT_FORMATS, OBJECT_OPTIONS, printedObjects } from './rows.ts'
import { messageSelector } from './selection.ts'
import { wrongCall } from './wrong-call.ts'

const text = { type: 'string' } as const
const OPTIONS: Options = {
  ...ACCESS_OPTIONS,
  amqurl: text,
  msgsel: text,
  view: text,
  factory: text,
  passwordFactory: text,
  ...OBJECT_OPTIONS,
}

/** `browse --amqurl stomp://…`: the same lines, of any broker that speaks STOMP (management CT-08). */
export async function browseOverStomp(terminal: Terminal, help: string): Promise<number> {
  const stop = new Interrupt(terminal)
  try {
    const groups = terminal.args.filter(arg => arg.startsWith('-V'))
    const given = readArguments(
      terminal.args.filter(arg => !groups.includes(arg)),
      OPTIONS,
    )
    const view = { groups: groupsOf(groups), names: given.values.get('view')?.split(',') ?? null }
    await run(terminal, given, view, stop.signal)
    return 0
  } catch (error) {
    if (stop.asked) return stop.code
    if (!(error instanceof UsageError)) return tellError('browse', error, terminal)
    wrongCall(terminal, 'browse', help, error.message)
    return 2
  }
}

async function run(terminal: Terminal, given: Arguments, view: View, signal: AbortSignal): Promise<void> {
  const { values, flags, lists, rest } = given
  for (const name of ['factory', 'passwordFactory'])
    if (values.has(name)) throw new UsageError(`--${name} names a Java class, and there is no Java here`)
  if (rest.length === 0) throw new UsageError('name a queue')
  askedFormat(given, OBJECT_FORMATS)
  const queues = rest.map(queueNamed)
  const url = parseBrokerUrl(values.get('amqurl') ?? '')
  const selectors = lists.get('msgsel') ?? []
  const selector = selectors.length === 0 ? null : messageSelector(selectors)
  const connection = await dial({ url, login: await loginOf(given, terminal), signal }, false)
  try {
    const collects = flags.has('json') || values.has('output')
    const all: Browsed[] = []
    for (const queue of queues)
      await browse(connection, queue, selector, frame => {
        const message = browsed(frame)
        if (collects) all.push(message)
        else terminal.out(messageText(message, view))
      })
    if (collects) await printedObjects(terminal, given, all)
  } finally {
    await connection.close()
  }
}

/** A topic keeps nothing that could be looked at. */
function queueNamed(word: string): string {
  if (/^(topic:|\/topic\/)/.test(word)) throw new UsageError(`${word}: only queues can be browsed`)
  return word.replace(/^(queue:(\/\/)?|\/queue\/)/, '')
}

/** Headers of STOMP by the fields of JMS that they are. */
const FIELDS: Readonly<Record<string, string>> = {
  'message-id': 'JMSMessageID',
  destination: 'JMSDestination',
  persistent: 'JMSDeliveryMode',
  timestamp: 'JMSTimestamp',
  expires: 'JMSExpiration',
  priority: 'JMSPriority',
  redelivered: 'JMSRedelivered',
  'correlation-id': 'JMSCorrelationID',
  'reply-to': 'JMSReplyTo',
  type: 'JMSType',
  JMSXUserID: 'JMSXUserID',
}
/** Of this delivery, not of the message. */
const OF_THE_DELIVERY = new Set(['subscription', 'ack', 'browser', 'content-length', 'original-destination'])

/** Bytes of a body that are shown, as a bean shows them. */
const PREVIEW_BYTES = 255

/** A message in the form in which a queue's bean describes it. */
function browsed({ headers, body, sized }: ServerFrame): Browsed {
  const of = (name: string): string | null => headers.get(name) ?? null
  const properties = [...headers].filter(([name]) => !Object.hasOwn(FIELDS, name) && !OF_THE_DELIVERY.has(name))
  const preview = body.subarray(0, PREVIEW_BYTES)
  return {
    JMSMessageID: of('message-id'),
    JMSDestination: uriOf(of('destination') ?? ''),
    JMSDeliveryMode: of('persistent') === 'true' ? 'PERSISTENT' : 'NON-PERSISTENT',
    JMSTimestamp: timeOf(of('timestamp')),
    JMSExpiration: Number(of('expires') ?? 0),
    JMSPriority: Number(of('priority') ?? 4),
    JMSRedelivered: of('redelivered') === 'true',
    JMSCorrelationID: of('correlation-id'),
    JMSReplyTo: of('reply-to') === null ? null : uriOf(of('reply-to')!),
    JMSType: of('type'),
    JMSXUserID: of('JMSXUserID'),
    OriginalDestination: of('original-destination') === null ? null : uriOf(of('original-destination')!),
    StringProperties: Object.fromEntries(properties),
    ...(sized ? { BodyLength: body.length, BodyPreview: [...preview] } : { Text: body.toString() }),
  }
}

function timeOf(text: string | null): string | null {
  const date = new Date(Number(text ?? Number.NaN))
  return Number.isNaN(date.getTime()) ? null : date.toISOString()
}

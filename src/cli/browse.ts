import { AdminError } from '../admin/admin.ts'
import { UsageError, type Options } from './arguments.ts'
import type { Terminal } from './cli.ts'
import { CONNECTION_HELP } from './connection.ts'
import { destination, type Kind } from './destinations.ts'
import { groupsOf, isMessages, messageText, type Browsed, type View } from './messages.ts'
import { askNode, type NodeCall } from './node-call.ts'
import { OBJECT_OPTIONS, printedObjects } from './rows.ts'
import { messageSelector } from './selection.ts'

export const BROWSE_HELP: string = `Usage: tandemmq browse [-Vheader|custom|body[,…]] [--view A,B] [--msgsel SELECTOR] [options] DESTINATION…

Messages of queues, without taking them, as ActiveMQ's browse prints them: a line for each field, a blank line behind each
message. DESTINATION is a name, or queue:NAME or topic:NAME.

  -Vheader, -Vcustom, -Vbody   only this group of fields; several with commas
  --view A,B                   only these fields; custom:A is meant if several groups have an A
  --msgsel SELECTOR            only messages that it matches. With commas: all of its conditions; in a text, * and ? are
                               wildcards
  --json                       an array of the messages, as the broker describes them; -o jsonl one a line,
                               -o yaml the same as YAML
  --amqurl stomp://HOST:61613  asks over STOMP, an ActiveMQ too; also tcp://HOST:PORT, ssl://, failover:(…),
                               with --ca FILE, --cert FILE, --key FILE; --user is the login there
${CONNECTION_HELP}
Example: tandemmq browse -Vheader,body orders
`

const OPTIONS: Options = {
  ...OBJECT_OPTIONS,
  msgsel: { type: 'string' },
  view: { type: 'string' },
  amqurl: { type: 'string' },
  factory: { type: 'string' },
  passwordFactory: { type: 'string' },
}

/** Verb `browse` (management CT-08). */
export async function browse(terminal: Terminal): Promise<number> {
  if (speaksStomp(terminal.args)) return (await import('./browse-stomp.ts')).browseOverStomp(terminal, BROWSE_HELP)
  const groups = terminal.args.filter(arg => arg.startsWith('-V'))
  const args = terminal.args.filter(arg => !groups.includes(arg)).map(overHttp)
  return await askNode({ ...terminal, args }, { verb: 'browse', help: BROWSE_HELP, options: OPTIONS }, call =>
    run(call, { groups: groupsOf(groups), names: call.given.values.get('view')?.split(',') ?? null }),
  )
}

/**
 * An address of STOMP is asked by STOMP, which ActiveMQ answers too. That of ActiveMQ's own protocol, `tcp://host:61616`, means the
 * broker there by its HTTP interface.
 */
function speaksStomp(args: readonly string[]): boolean {
  const at = args.findIndex(arg => /^--amqurl(=|$)/.test(arg))
  const url = at < 0 ? '' : (/^--amqurl=(.*)$/s.exec(args[at]!)?.[1] ?? args[at + 1] ?? '')
  return /^(failover:|[\w+]*stomp|ssl:)/i.test(url) || /^(tcp|nio):.*:(?!61616\b)\d+/i.test(url)
}

/** A JMS URL means the same broker; where it is a machine of its own, the port of the HTTP interface must be said. */
const overHttp = (arg: string): string => arg.replace(/^--amqurl(?==|$)/, '--jmxurl')

async function run(call: NodeCall, view: View): Promise<number> {
  const { terminal, given } = call
  for (const name of ['factory', 'passwordFactory'])
    if (given.values.has(name)) throw new UsageError(`--${name} names a Java class, and there is no Java here`)
  if (given.rest.length === 0) throw new UsageError('name a queue')
  const selectors = given.lists.get('msgsel') ?? []
  const all: Browsed[] = []
  for (const word of given.rest) all.push(...(await messagesOf(call, word, selectors)))
  if (!(await printedObjects(terminal, given, all))) for (const message of all) terminal.out(messageText(message, view))
  return 0
}

/** The messages that a bean shows. Throws AdminError. */
export async function messagesOf(
  { client }: NodeCall,
  word: string,
  selectors: readonly string[],
): Promise<readonly Browsed[]> {
  const [, prefix, name = ''] = /^(?:(queue|topic):(?:\/\/)?)?(.*)$/s.exec(word) ?? []
  const kind: Kind = prefix === 'topic' ? 'Topic' : 'Queue'
  const { bean } = await destination(client, kind, name)
  const found =
    selectors.length === 0
      ? await client.exec(bean, 'browse()')
      : await client.exec(bean, 'browse(java.lang.String)', messageSelector(selectors))
  if (isMessages(found)) return found
  throw new AdminError('failed', `${client.url} answers, but not with messages`)
}

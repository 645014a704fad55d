import { AdminError } from '../admin/admin.ts'
import { UsageError, type Options } from './arguments.ts'
import type { Terminal } from './cli.ts'
import { CONNECTION_HELP } from './connection.ts'
import { destination, type Kind } from './destinations.ts'
import { fieldsOf, GROUPS, isMessages, type Browsed, type Field, type Group } from './messages.ts'
import { askNode, type NodeCall } from './node-call.ts'
import { OBJECT_OPTIONS, printedObjects } from './rows.ts'
import { messageSelector } from './selection.ts'
import { visible, visibleLines } from './visible.ts'

export const BROWSE_HELP: string = `Usage: tandemmq browse [-Vheader|custom|body[,…]] [--view A,B] [--msgsel SELECTOR] [options] DESTINATION…

Messages of queues, without taking them, as ActiveMQ's browse prints them: a line for each field, a blank line behind each
message. DESTINATION is a name, or queue:NAME or topic:NAME.

  -Vheader, -Vcustom, -Vbody   only this group of fields; several with commas
  --view A,B                   only these fields; custom:A is meant if several groups have an A
  --msgsel SELECTOR            only messages that it matches. With commas: all of its conditions; in a text, * and ? are
                               wildcards
  --json                       an array of the messages, as the broker describes them; -o jsonl one a line
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

/** Which fields are shown; null: all. */
interface View {
  readonly groups: readonly Group[] | null
  readonly names: readonly string[] | null
}

/** Verb `browse` (management CT-08). */
export function browse(terminal: Terminal): Promise<number> {
  const groups = terminal.args.filter(arg => arg.startsWith('-V'))
  const args = terminal.args.filter(arg => !groups.includes(arg)).map(overHttp)
  return askNode({ ...terminal, args }, { verb: 'browse', help: BROWSE_HELP, options: OPTIONS }, call =>
    run(call, { groups: groupsOf(groups), names: call.given.values.get('view')?.split(',') ?? null }),
  )
}

/** A JMS URL means the same broker; where it is a machine of its own, the port of the HTTP interface must be said. */
const overHttp = (arg: string): string => arg.replace(/^--amqurl(?==|$)/, '--jmxurl')

function groupsOf(args: readonly string[]): readonly Group[] | null {
  const names = args.flatMap(arg => arg.slice(2).split(','))
  for (const name of names)
    if (!Object.hasOwn(GROUPS, name)) throw new UsageError(`-V${name}: choose header, custom or body`)
  return names.length === 0 ? null : (names as Group[])
}

async function run(call: NodeCall, view: View): Promise<number> {
  const { terminal, given } = call
  for (const name of ['factory', 'passwordFactory'])
    if (given.values.has(name)) throw new UsageError(`--${name} names a Java class, and there is no Java here`)
  if (given.rest.length === 0) throw new UsageError('name a queue')
  const selectors = given.lists.get('msgsel') ?? []
  const all: Browsed[] = []
  for (const word of given.rest) all.push(...(await messagesOf(call, word, selectors)))
  if (!printedObjects(terminal, given, all)) for (const message of all) terminal.out(messageText(message, view))
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

/** A body keeps its lines; all else is one line, whatever a client put into it. */
function messageText(message: Browsed, view: View): string {
  const lines = fieldsOf(message)
    .filter(field => isViewed(field, view))
    .map(({ group, name, value }) => {
      const text = group === 'body' ? visibleLines(value) : visible(value)
      return `${GROUPS[group]}:${visible(name)} = ${text}\n`
    })
  return `${lines.join('')}\n`
}

function isViewed({ group, name }: Field, { groups, names }: View): boolean {
  if (groups === null && names === null) return true
  return groups?.includes(group) === true || names?.some(one => one === name || one === `${group}:${name}`) === true
}

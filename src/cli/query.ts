import { AdminError, ANY_BROKER, keysOf, valueOf } from '../admin/admin.ts'
import { UsageError, type Options } from './arguments.ts'
import type { Terminal } from './cli.ts'
import { CONNECTION_HELP } from './connection.ts'
import { globMatches } from './glob.ts'
import { agreed, askNode, CHANGE_HELP, CHANGE_OPTIONS, ofActive, type NodeCall } from './node-call.ts'
import { OBJECT_OPTIONS, printedObjects } from './rows.ts'
import { visible } from './visible.ts'

export const QUERY_HELP: string = `Usage: tandemmq query [-QTYPE=NAME]… [-xQTYPE=NAME]… [--objname PATTERN] [--xobjname PATTERN]
                      [--view A,B] [--invoke OPERATION[,ARGUMENT]…] [options]

Attributes of beans, as ActiveMQ's query prints them: "name = value" lines, a blank line behind each bean. TYPE is Broker,
Connection, Connector, NetworkConnector, Queue or Topic; NAME and PATTERN may hold * and ?. Without any of them: all beans
of the broker.

  --view A,B          only these attributes
  --invoke OPERATION  calls it on every bean that was found, and prints what it answers
  --json              an array of objects; -o jsonl one a line, -o yaml the same as YAML
${CHANGE_HELP}${CONNECTION_HELP}
Examples: tandemmq query -QQueue=orders --view QueueSize,ConsumerCount
          tandemmq query -QTopic='*' -xQTopic='ActiveMQ.Advisory.*'
`

export const LIST_HELP: string = `Usage: tandemmq list [--json | -o json|jsonl|yaml] [connection options]

The name of the broker at that address, as ActiveMQ's list prints it.

${CONNECTION_HELP}
Example: tandemmq list
`

export const BSTAT_HELP: string = `Usage: tandemmq bstat [NAME] [--json | -o json|jsonl|yaml] [connection options]

The counters of the broker and of all that it serves, as ActiveMQ's bstat prints them. NAME is the broker's, if only that
one is meant. Exit code 5 when another broker answers.

${CONNECTION_HELP}
Example: tandemmq bstat
`

/** What -Q means (management 1.5). The broker's name goes in by the pattern of the broker. */
const TYPES: Readonly<Record<string, (name: string) => string>> = {
  Broker: name => `org.apache.activemq:type=Broker,brokerName=${name}`,
  Connection: name =>
    `${ANY_BROKER},connector=clientConnectors,connectorName=*,connectionViewType=*,connectionName=${name}`,
  Connector: name => `${ANY_BROKER},connector=clientConnectors,connectorName=${name}`,
  NetworkConnector: name => `${ANY_BROKER},connector=networkConnectors,networkConnectorName=${name}`,
  Queue: name => `${ANY_BROKER},destinationType=Queue,destinationName=${name}`,
  Topic: name => `${ANY_BROKER},destinationType=Topic,destinationName=${name}`,
}

/** The broker first. */
const EVERYTHING = [ANY_BROKER, `${ANY_BROKER},*`]

const QUERY_OPTIONS: Options = {
  ...CHANGE_OPTIONS,
  ...OBJECT_OPTIONS,
  objname: { type: 'string' },
  xobjname: { type: 'string' },
  view: { type: 'string' },
  invoke: { type: 'string' },
}

interface Wanted {
  readonly add: readonly string[]
  readonly remove: readonly string[]
  /** Null: all attributes. */
  readonly view: readonly string[] | null
}

/** Verb `query` (management CT-06). */
export function query(terminal: Terminal): Promise<number> {
  const { args } = terminal
  // One dash and several letters are no flags that a parser knows.
  const predefined = args.filter(arg => /^-x?Q/.test(arg))
  const rest = args.filter(arg => !predefined.includes(arg))
  return askNode(
    { ...terminal, args: rest },
    { verb: 'query', help: QUERY_HELP, options: QUERY_OPTIONS },
    async call => {
      const { lists, rest: words } = call.given
      if (words.length > 0) throw new UsageError(`"${words[0]}" is no option; write -QQueue=${words[0]}`)
      const patterns = (name: string): readonly string[] => (lists.get(name) ?? []).map(asPattern)
      const add = [...predefined.filter(arg => arg.startsWith('-Q')).map(patternOf), ...patterns('objname')]
      const remove = [...predefined.filter(arg => arg.startsWith('-x')).map(patternOf), ...patterns('xobjname')]
      const view = call.given.values.get('view')?.split(',') ?? null
      const invoke = call.given.values.get('invoke')
      const wanted = { add: add.length === 0 ? EVERYTHING : add, remove, view }
      return invoke === undefined ? show(call, wanted) : invokeAll(await ofActive(call), wanted, invoke)
    },
  )
}

function patternOf(argument: string): string {
  const [, type = '', name = '*'] = /^-x?Q([^=]*)(?:=(.*))?$/s.exec(argument) ?? []
  const make = Object.hasOwn(TYPES, type) ? TYPES[type] : undefined
  if (make === undefined) throw new UsageError(`-Q${type}: choose one of ${Object.keys(TYPES).join(', ')}`)
  return make(name === '' ? '*' : name)
}

/** As JMX has it, but for the domain, which is ActiveMQ's unless it says another. */
const asPattern = (text: string): string => (/^[\w.*?-]+:/.test(text) ? text : `org.apache.activemq:${text}`)

/** The beans that are wanted, once each: in the order of the patterns, then of their names. */
async function find({ client }: NodeCall, { add, remove }: Wanted): Promise<readonly string[]> {
  const search = async (patterns: readonly string[]): Promise<Set<string>> => {
    const answers = await client.beans(patterns.map(mbean => ({ type: 'search', mbean })))
    return new Set(answers.flatMap(answer => valueOf(answer, client.url) as string[]))
  }
  const found = await search(add)
  const without = remove.length === 0 ? new Set<string>() : await search(remove)
  return [...found].filter(bean => !without.has(bean))
}

/** Beans of one request, at most: an answer of some megabytes. */
const AT_ONCE = 500

async function show(call: NodeCall, wanted: Wanted): Promise<number> {
  const { terminal, client, given } = call
  const blocks: Readonly<Record<string, unknown>>[] = []
  const beans = await find(call, wanted)
  for (let i = 0; i < beans.length; i += AT_ONCE) {
    const some = beans.slice(i, i + AT_ONCE)
    const answers = await client.beans(some.map(mbean => ({ type: 'read', mbean })))
    for (const [at, answer] of answers.entries()) {
      // It is gone since it was found.
      if (!answer.ok && answer.status === 404) continue
      const attributes = valueOf(answer, client.url) as Readonly<Record<string, unknown>>
      const all = { ...Object.fromEntries(keysOf(some[at] ?? '')), ...attributes }
      const { view } = wanted
      blocks.push(
        view === null ? all : Object.fromEntries(view.flatMap(name => (name in all ? [[name, all[name]]] : []))),
      )
    }
  }
  if (!(await printedObjects(terminal, given, blocks))) for (const block of blocks) terminal.out(blockText(block))
  return 0
}

/** `name = value` lines and a blank one. What has no value has no line, as in ActiveMQ. */
function blockText(block: Readonly<Record<string, unknown>>): string {
  const lines = Object.entries(block)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => `${visible(name)} = ${visible(javaText(value))}\n`)
  return `${lines.join('')}\n`
}

/** Lists and maps as Java prints them; an object name as it is. */
function javaText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(javaText).join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  const entries = Object.entries(value)
  const [first] = entries
  if (entries.length === 1 && first?.[0] === 'objectName') return String(first[1])
  return `{${entries.map(([key, each]) => `${key}=${javaText(each)}`).join(', ')}}`
}

/** Operations that are asked about first. */
const TAKES_AWAY = /^(purge|remove|destroy|move|stop|terminate|restart)/i

async function invokeAll(call: NodeCall, wanted: Wanted, text: string): Promise<number> {
  const { terminal, client, given } = call
  const [operation = '', ...args] = text.split(',')
  const beans = await find(call, wanted)
  const careful = TAKES_AWAY.test(operation) || given.flags.has('dry-run')
  if (careful && !(await agreed(call, `call ${visible(operation)}`, `of ${beans.length} beans`))) return 0
  const answers = await client.beans(
    beans.map(mbean => ({ type: 'exec', mbean, operation, ...(args.length === 0 ? {} : { arguments: args }) })),
  )
  let failed = 0
  for (const [i, answer] of answers.entries()) {
    const bean = visible(beans[i] ?? '')
    if (answer.ok) terminal.out(`[${bean}].${operation} = ${visible(javaText(answer.value))}\n`)
    else {
      failed++
      terminal.err(`tandemmq query: [${bean}].${operation}: ${visible(answer.message)}\n`)
    }
  }
  return failed === 0 ? 0 : failed === answers.length ? 1 : 7
}

/** Verb `list` (management CT-03). */
export const list = (terminal: Terminal): Promise<number> =>
  askNode(terminal, { verb: 'list', help: LIST_HELP, options: OBJECT_OPTIONS }, async call => {
    const name = await call.client.brokerName()
    const { terminal: to, given } = call
    if (!(await printedObjects(to, given, [{ brokerName: name }]))) to.out(`brokerName = ${visible(name)}\n\n`)
    return 0
  })

/** What bstat shows of each bean, keys of its name first. */
const BSTAT = [
  'BrokerName',
  'Name',
  'connectorName',
  'networkConnectorName',
  'destinationName',
  'destinationType',
  'EnqueueCount',
  'DequeueCount',
  'TotalEnqueueCount',
  'TotalDequeueCount',
  'Messages',
  'TotalMessageCount',
  'ConsumerCount',
  'TotalConsumerCount',
  'DispatchCount',
  'Duplex',
  'NetworkTTL',
  'Uptime',
]

/** Verb `bstat` (management CT-04). */
export const bstat = (terminal: Terminal): Promise<number> =>
  askNode(terminal, { verb: 'bstat', help: BSTAT_HELP, options: OBJECT_OPTIONS }, async call => {
    const { rest } = call.given
    if (rest.length > 1) throw new UsageError('one broker at a time')
    const name = await call.client.brokerName()
    if (rest[0] !== undefined && !globMatches(rest[0], name))
      throw new AdminError('unknown', `the broker at ${call.client.url} is "${name}", not "${rest[0]}"`)
    const remove = [`${ANY_BROKER},destinationType=Topic,destinationName=ActiveMQ.Advisory.*`]
    return show(call, { add: EVERYTHING, remove, view: BSTAT })
  })

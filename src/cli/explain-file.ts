import { formatPosition, type Position } from '../base/errors.ts'
import type { Finding } from '../base/findings.ts'
import { formatFinding, loadTools, type ObjectNode, type Reading } from '../config/config.ts'
import {
  count,
  Explainer,
  itemText,
  many,
  secretNames,
  select,
  slotText,
  summary,
  surroundings,
  surroundingsText,
  valueText,
  type ExplainedItem,
  type ExplainedSlot,
  type ExplainedValue,
  type ExplainOptions,
  type Selected,
  type Style,
} from '../inspect/inspect.ts'
import { readArguments, UsageError, type Arguments } from './arguments.ts'
import type { Terminal } from './cli.ts'
import { allFindings, readSource, shortPath } from './configuration.ts'
import { destinationFacts, destinationOf, destinationText } from './explain-destination.ts'
import { paintFor } from './paint.ts'

export const EXPLAIN_FILE_HELP = `Usage: tandemmq explain [options] [-Dname=value]… FILE [PATH]

Shows what a configuration comes to, in its own words: each value, where it came from (file:line:column, the default, a
placeholder and what filled it), whether it is in force here (HONOUR), without effect (ACCEPT), not served (WARN) or
refused (REFUSE), and what it changes or what is lost. Secrets are masked. FILE is PATH, xbean:file:PATH, or -.

PATH chooses a part:
  broker.transportConnectors.stomp    an object: by its name, destination or user
  plugins[0]                          by its place; what is in brackets may hold dots: policyEntries[orders.>]
  broker@persistent                   one attribute
  queue://orders, topic://prices.>    a destination: the policyEntry that governs it and why, where its dead letters
                                      go, and who may read, write and create it

  -Dname=value  sets a property for \${name}, as for start
  --all         also the defaults of what has no effect here
  --json        one JSON object

Exit code 0 when it was shown, also when the file has findings; 1 when there is no broker that could be read; 2 when
the call is wrong or nothing is called like PATH.

Example: tandemmq explain conf/activemq.xml broker.systemUsage
`

const OPTIONS = { all: { type: 'boolean' }, json: { type: 'boolean' } } as const

/** Verb `explain` of a file; `args` are all behind the verb. */
export async function explainFile(terminal: Terminal, args: readonly string[]): Promise<number> {
  let call: Arguments
  try {
    call = readArguments(args, OPTIONS)
    if (call.rest.length === 0) throw new UsageError('which file?')
    if (call.rest.length > 2) throw new UsageError(`one file and one path, not also ${call.rest.slice(2).join(', ')}`)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    terminal.err(`tandemmq explain: ${error.message}\n\n${EXPLAIN_FILE_HELP}`)
    return 2
  }
  const [file = '', path] = call.rest
  const reading = await readSource(file, call.properties, terminal)
  const { broker } = reading
  if (broker === null || reading.model === null) return noModel(reading, file, terminal)
  const answer = await explained(reading, broker, path ?? null, call, terminal)
  if (typeof answer !== 'string') {
    terminal.err(`tandemmq explain: ${answer.problem}\n`)
    return 2
  }
  terminal.out(answer)
  if (!call.flags.has('json')) tellFindings(allFindings(reading, call.properties, terminal), file, terminal)
  return 0
}

function noModel({ findings }: Reading, file: string, terminal: Terminal): number {
  for (const finding of findings) if (finding.severity !== 'accept') terminal.err(`${formatFinding(finding)}\n`)
  terminal.err(`tandemmq explain: no broker can be read from ${file}; run tandemmq validate ${file}\n`)
  return 1
}

type Answer = string | { readonly problem: string }

async function explained(
  reading: Reading,
  broker: ObjectNode,
  path: string | null,
  { flags }: Arguments,
  terminal: Terminal,
): Promise<Answer> {
  const { vocabulary, transports } = await loadTools()
  const isSecret = secretNames(vocabulary)
  const options: ExplainOptions = { all: flags.has('all'), isSecret, vocabulary, transports }
  const style: Style = { show: shown => shortPath(shown, terminal.cwd), paint: paintFor(terminal) }
  const json = flags.has('json')
  const destination = path === null ? null : destinationOf(path)
  if (destination !== null && reading.model !== null) {
    const facts = destinationFacts(reading.model, destination)
    return json ? jsonText(facts, style) : destinationText(facts, at => placeText(at, style))
  }
  const explainer = new Explainer(reading, options)
  if (path !== null) {
    const selected = select(broker, path)
    if ('problem' in selected) return selected
    const part = partOf(selected, explainer)
    return json ? jsonText({ path, part }, style) : partText(part, style)
  }
  const tree = explainer.object(broker)
  const around = surroundings(reading, vocabulary, isSecret)
  if (json) return jsonText({ broker: tree, ...around, findings: count(reading.findings) }, style)
  return itemText(tree, style) + surroundingsText(around, style)
}

type Part = ExplainedItem | ExplainedSlot | ExplainedValue | null

function partOf(selected: Selected, explainer: Explainer): Part {
  switch (selected.kind) {
    case 'object':
      return explainer.object(selected.node)
    case 'slot':
      return explainer.slot(selected.owner, selected.name)
    case 'value':
      return explainer.value(selected.owner, selected.name)
    case 'item':
      return explainer.item(selected.item)
    default:
      return selected satisfies never
  }
}

function partText(part: Part, style: Style): string {
  if (part === null) return ''
  if (part.kind === 'slot') return slotText(part, style)
  return part.kind === 'value' ? valueText(part, style) : itemText(part, style)
}

const placeText = (at: Position, { show }: Style): string => formatPosition({ ...at, file: show(at.file) })

/** Paths as a person would write them, as in the text. */
const jsonText = (value: unknown, { show }: Style): string =>
  `${JSON.stringify(value, (key, one: unknown) => (['file', 'path', 'from'].includes(key) && typeof one === 'string' ? show(one) : one), 2)}\n`

function tellFindings(findings: readonly Finding[], file: string, terminal: Terminal): void {
  const told = findings.filter(({ severity }) => severity !== 'accept')
  if (told.length === 0) return
  const files = new Set(told.map(({ at }) => at.file)).size
  terminal.err(`\n${many(told.length, 'finding')} (${summary(count(told), files)}): run tandemmq validate ${file}\n`)
}

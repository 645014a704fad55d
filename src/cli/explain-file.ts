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
import { UsageError, type Arguments } from './arguments.ts'
import type { Terminal } from './cli.ts'
import { allFindings, readSource, shortPath } from './configuration.ts'
import { paintFor, terminalWidth } from './paint.ts'

/**
 * `explain FILE [PATH]`: what a configuration comes to, or a part of it, or a destination. Answers 0 when it was shown,
 * whatever its findings; 1 when no broker could be read; 2 when nothing is called like PATH.
 */
export async function explainFile(terminal: Terminal, call: Arguments): Promise<number> {
  if (call.rest.length > 2) throw new UsageError(`one file and one path, not also ${call.rest.slice(2).join(', ')}`)
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
  if (!call.flags.has('json')) tellFindings(await allFindings(reading, call.properties, terminal), file, terminal)
  return 0
}

function noModel({ findings }: Reading, file: string, terminal: Terminal): number {
  for (const finding of findings) if (finding.severity !== 'accept') terminal.err(`${formatFinding(finding)}\n`)
  terminal.err(`tandemmq explain: no broker can be read from ${file}; run tandemmq validate ${file}\n`)
  return 1
}

/** `queue://orders`, `queue:orders`, `/queue/orders`: as nothing in a tree of elements is called. */
const DESTINATION = /^(?:(?:temp-)?(?:queue|topic):|\/(?:temp-)?(?:queue|topic)\/)./

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
  const style: Style = {
    show: shown => shortPath(shown, terminal.cwd),
    paint: paintFor(terminal),
    width: terminalWidth(),
  }
  const json = flags.has('json')
  if (path !== null && /^\/?(?:temp-)?(?:queue|topic)(?::\/*|\/)$/.test(path))
    return { problem: `"${path}" names no destination; write queue://orders` }
  if (path !== null && DESTINATION.test(path) && reading.model !== null) {
    // It asks the broker's own code, which is much of the server: loaded only for this.
    const { destinationFacts, destinationText } = await import('./explain-destination.ts')
    const facts = destinationFacts(reading.model, path)
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

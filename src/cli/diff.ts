import { formatPosition } from '../base/errors.ts'
import { formatFinding, loadTools, readConfig, type Reading } from '../config/config.ts'
import { differencesOf, type Difference, type Effect, type Paint, type Side } from '../inspect/inspect.ts'
import { decryptJasypt } from '../security/security.ts'
import { readArguments, UsageError, type Arguments } from './arguments.ts'
import { shortPath } from './configuration.ts'
import { paintFor } from './paint.ts'
import type { Terminal } from './cli.ts'
import { wrongCall } from './wrong-call.ts'

export const DIFF_HELP = `Usage: tandemmq diff A B [-Dname=value]… [--json]

Says what differs in meaning between two configurations, XML, JSON or YAML, each read as "start" reads it: with its own
properties files and imports, placeholders filled, defaults known. The way something is written is no difference, nor is
where the file lies. Named objects (connectors, users, policies …) are found by name. Secrets are never shown.

  -Dname=value  sets a property for \${name} in both files
  --json        one JSON object: {"same","a","b","differences":[{"path","kind","a","b","default","effect"}]}; "effect" is
                behaviour, start (one of the two is refused), not-served (ActiveMQ would do it) or none

Exit codes: 0 the same meaning, 1 different, 2 wrong call or a file that cannot be read as a configuration.

Example: tandemmq diff conf/activemq.xml conf/activemq.yaml
`

/** Verb `diff`. */
export async function diff(terminal: Terminal): Promise<number> {
  let call: Arguments
  try {
    call = readArguments(terminal.args, { json: { type: 'boolean' } })
    if (call.rest.length !== 2) throw new UsageError('two configurations are compared')
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    wrongCall(terminal, 'diff', DIFF_HELP, error.message)
    return 2
  }
  const { env, cwd } = terminal
  const options = { properties: call.properties, env, cwd, decrypt: decryptJasypt }
  const [a, b] = await Promise.all([readConfig(call.rest[0] ?? '', options), readConfig(call.rest[1] ?? '', options)])
  if (!readable(a, terminal) || !readable(b, terminal)) return 2
  const { vocabulary } = await loadTools()
  const differences = differencesOf(a, b, vocabulary)
  const paint = paintFor(terminal)
  if (call.flags.has('json')) terminal.out(`${JSON.stringify(asJson(differences, call.rest))}\n`)
  else if (differences.length === 0) terminal.out('same meaning\n')
  else terminal.out(`${differences.map(one => tell(one, paint, cwd)).join('\n')}\n${count(differences)}\n`)
  return differences.length === 0 ? 0 : 1
}

/** With no broker in one of them there is nothing to compare; the findings say why. */
function readable({ broker, model, findings }: Reading, terminal: Terminal): boolean {
  if (broker !== null && model !== null) return true
  for (const finding of findings)
    if (finding.severity === 'error' || finding.severity === 'refuse') terminal.err(`${formatFinding(finding)}\n`)
  return false
}

const EFFECTS: Readonly<Record<Effect, string>> = {
  behaviour: 'changes what this broker does',
  start: 'decides whether the broker starts',
  'not-served': 'not served here: ActiveMQ would behave differently, this broker does not',
  none: 'no effect here',
}

function tell({ path, kind, a, b, otherwise, effect }: Difference, paint: Paint, cwd: string): string {
  const place = ({ at }: Side): string => formatPosition({ ...at, file: shortPath(at.file, cwd) })
  const secret = a?.text === null || b?.text === null
  const alike = a !== null && b !== null && a.text === b.text && kind === 'value'
  const say = (side: Side | null): string => {
    if (side === null) return kind === 'value' ? `not given${otherwise === null ? '' : ` (${otherwise})`}` : 'not there'
    if (side.text === null) return `${place(side)}  (a secret, not shown)`
    return `${place(side)}  ${side.text}`
  }
  const moved = kind === 'order' ? ' (order)' : ''
  const lines = [
    `${paint.place(path)}${moved}: ${paint[effect === 'behaviour' || effect === 'start' ? 'warning' : 'faint'](EFFECTS[effect])}`,
    `  - ${say(a)}`,
    `  + ${say(b)}`,
  ]
  if (alike && !secret) lines.push(paint.faint('    they differ in what is not shown'))
  return lines.join('\n')
}

function count(differences: readonly Difference[]): string {
  const here = differences.filter(({ effect }) => effect === 'behaviour' || effect === 'start').length
  const all = `${differences.length} difference${differences.length === 1 ? '' : 's'}`
  return `${all}, ${here} of which matter${here === 1 ? 's' : ''} to this broker`
}

function asJson(differences: readonly Difference[], [a = '', b = '']: readonly string[]): unknown {
  const side = (one: Side | null): unknown =>
    one === null ? null : { value: one.text, secret: one.text === null, at: one.at }
  return {
    same: differences.length === 0,
    a,
    b,
    differences: differences.map(({ path, kind, a: left, b: right, otherwise, effect }) => ({
      path,
      kind,
      a: side(left),
      b: side(right),
      default: otherwise,
      effect,
    })),
  }
}

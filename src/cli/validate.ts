import { loadTools, type Finding } from '../config/config.ts'
import {
  count,
  Excerpts,
  findingText,
  many,
  sarif,
  secretNames,
  SEVERITIES,
  summary,
  targetFindings,
  targetOf,
  united,
  type Inspection,
  type Target,
} from '../inspect/inspect.ts'
import { readArguments, UsageError, type Arguments } from './arguments.ts'
import type { Terminal } from './cli.ts'
import { allFindings, pathUri, readSource, shortPath } from './configuration.ts'
import { javaOptions } from './java-options.ts'
import { paintFor } from './paint.ts'
import { usualPlace } from './usual-place.ts'
import { wrongCall } from './wrong-call.ts'

export const VALIDATE_HELP = `Usage: tandemmq validate [options] [-Dname=value]… [FILE…]

Reads configurations as start does, with the files they name (imports, properties, login configuration, users and
groups, key stores), and says everything that is wrong with them, each with its place. Starts nothing, opens no port,
writes nothing. FILE is what start takes, or - for the standard input; without one the file is looked for where start
looks for it, and named on stderr.

  -Dname=value      sets a property for \${name}, as for start; those of ACTIVEMQ_OPTS count too
  --strict          warnings fail as well
  --verbose         shows notes too: what is valid and has no effect here
  --target VERSION  what another broker would reject or ignore: an ActiveMQ version (5.7.0, 5.7, 5.x, activemq-6.x,
                    head for the newest), or tandemmq, the default
  --json            one JSON object
  --sarif           SARIF 2.1.0, for code hosting tools
  --quiet           prints nothing; the exit code is the answer

Exit code 0 when nothing stands in the way of a start, 1 when something does (with --strict: or there is a warning),
2 when the call is wrong.

Example: tandemmq validate --strict -Dactivemq.data=/var/lib/broker conf/activemq.xml
`

const OPTIONS = {
  strict: { type: 'boolean' },
  verbose: { type: 'boolean' },
  target: { type: 'string' },
  json: { type: 'boolean' },
  sarif: { type: 'boolean' },
  quiet: { type: 'boolean' },
} as const

interface Call extends Arguments {
  readonly target: Target
}

/** Verb `validate`. */
export async function validate(terminal: Terminal): Promise<number> {
  let call: Call
  try {
    call = readCall(terminal)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    wrongCall(terminal, 'validate', VALIDATE_HELP, error.message)
    return 2
  }
  const inspection = united(await Promise.all(call.rest.map(source => inspect(source, call, terminal))))
  const { errors, refusals, warnings } = count(inspection.findings)
  const failed = errors + refusals > 0 || (call.flags.has('strict') && warnings > 0)
  if (call.flags.has('quiet')) return failed ? 1 : 0
  if (call.flags.has('json')) terminal.out(await jsonReport(inspection, call, !failed, terminal))
  else if (call.flags.has('sarif')) terminal.out(sarifReport(inspection, call, terminal))
  else terminal.out(await textReport(inspection, call, terminal))
  return failed ? 1 : 0
}

function readCall(terminal: Terminal): Call {
  const given = readArguments(terminal.args, OPTIONS)
  const call = { ...given, properties: { ...javaOptions(terminal.env).properties, ...given.properties } }
  if (call.flags.has('json') && call.flags.has('sarif')) throw new UsageError('--json or --sarif, not both')
  const target = targetOf(call.values.get('target') ?? 'tandemmq')
  if ('problem' in target) throw new UsageError(`--target: ${target.problem}`)
  if (call.rest.length > 0) return { ...call, target }
  const usual = usualPlace(terminal)
  if (!call.flags.has('quiet')) terminal.err(`tandemmq validate: ${usual}\n`)
  return { ...call, target, rest: [usual] }
}

async function inspect(source: string, { properties, target }: Call, terminal: Terminal): Promise<Inspection> {
  const reading = await readSource(source, properties, terminal)
  const texts = reading.context?.texts ?? new Map<string, string>()
  if (target.kind === 'activemq') {
    const { vocabulary } = await loadTools()
    return { findings: targetFindings(reading, vocabulary, target.release, source), texts }
  }
  return { findings: await allFindings(reading, properties, terminal), texts }
}

async function textReport(inspection: Inspection, call: Call, terminal: Terminal): Promise<string> {
  const { findings, texts } = inspection
  const verbose = call.flags.has('verbose')
  const { told, shown } = await toldFindings(inspection, verbose, terminal)
  const files = Math.max(texts.size, new Set(call.rest).size)
  const left = findings.length - shown.length
  const leftOut = left === 0 ? '' : `; ${many(left, 'note')} not shown, --verbose shows ${left === 1 ? 'it' : 'them'}`
  return `${told}${summary(count(shown), files)}${targetName(call.target)}${leftOut}\n`
}

/** Findings with their source, secrets masked; notes only when `verbose`. */
export async function toldFindings(
  { findings, texts }: Inspection,
  verbose: boolean,
  terminal: Terminal,
): Promise<{ readonly told: string; readonly shown: readonly Finding[] }> {
  const { cwd } = terminal
  const shown = findings.filter(({ severity }) => verbose || severity !== 'accept')
  const excerpts = new Excerpts(texts, secretNames((await loadTools()).vocabulary))
  const paint = paintFor(terminal)
  const told = shown.map(finding => findingText(finding, excerpts.at(finding.at), path => shortPath(path, cwd), paint))
  return { told: told.join(''), shown }
}

function targetName(target: Target): string {
  if (target.kind === 'tandemmq') return ''
  const { release, asked } = target
  return asked === null ? ` for ActiveMQ ${release}` : ` for ActiveMQ ${asked}, by the words of ${release}`
}

async function jsonReport(
  { findings, texts }: Inspection,
  { target }: Call,
  ok: boolean,
  { cwd }: Terminal,
): Promise<string> {
  const excerpts = new Excerpts(texts, secretNames((await loadTools()).vocabulary))
  const report = {
    ok,
    target: target.kind === 'tandemmq' ? 'tandemmq' : `activemq-${target.release}`,
    summary: count(findings),
    files: [...texts.keys()].map(path => shortPath(path, cwd)),
    findings: findings.map(({ severity, code, at, message, hint }) => ({
      file: shortPath(at.file, cwd),
      line: at.line,
      column: at.column,
      severity: SEVERITIES[severity],
      code,
      message,
      hint,
      source: excerpts.at(at),
    })),
  }
  return `${JSON.stringify(report, null, 2)}\n`
}

function sarifReport({ findings }: Inspection, { flags }: Call, { version, cwd }: Terminal): string {
  const shown = findings.filter(({ severity }) => flags.has('verbose') || severity !== 'accept')
  return `${JSON.stringify(
    sarif(shown, version, path => pathUri(path, cwd)),
    null,
    2,
  )}\n`
}

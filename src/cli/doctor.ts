import { formatFinding, loadConfig } from '../config/config.ts'
import { readArguments, UsageError, type Options } from './arguments.ts'
import type { Terminal } from './cli.ts'
import {
  checkCertificates,
  checkDirectory,
  checkLatency,
  checkMemory,
  checkOpenFiles,
  checkPeer,
  checkPorts,
  checkRefusals,
  type Check,
} from './doctor-checks.ts'
import { failure } from './failure.ts'
import { javaOptions } from './java-options.ts'
import { paintFor } from './paint.ts'
import { runningPid } from './pid-file.ts'
import { securityTools } from './provers.ts'
import { usualPlace } from './usual-place.ts'
import { jsonText, visible } from './visible.ts'

export const DOCTOR_HELP: string = `Usage: tandemmq doctor [-Dname=value]… [--json] [SOURCE]

Is this machine ready for that broker? Looks at what validate does not: open files, memory, the data directory and how fast
its disk is, ports, certificates and how long they are good, and whether a passive's active answers. SOURCE is what start
takes. Starts nothing; writes and removes one small file in the data directory. Exit code 0 when nothing stands in the way,
1 when something does, 2 on a wrong call.

  --json   for scripts

Example: tandemmq doctor -Dactivemq.data=/tmp/broker fixtures/first/activemq.xml
`

const OPTIONS: Options = { json: { type: 'boolean' } }

/** Verb `doctor` (management TC-15). */
export async function doctor(terminal: Terminal): Promise<number> {
  const json = terminal.args.includes('--json')
  try {
    const { rest, properties } = readArguments(terminal.args, OPTIONS)
    if (rest.length > 1) throw new UsageError(`one configuration at a time, not ${rest.join(' and ')}`)
    const all = { ...javaOptions(terminal.env).properties, ...properties }
    const checks = await examine(terminal, rest[0] ?? usualPlace(terminal), all)
    if (json) terminal.out(`${jsonText(checks, 2)}\n`)
    else terminal.out(describe(terminal, checks))
    return checks.some(({ status }) => status === 'error') ? 1 : 0
  } catch (error) {
    return failure(terminal, 'doctor', DOCTOR_HELP, json, error)
  }
}

async function examine(
  terminal: Terminal,
  source: string,
  properties: Readonly<Record<string, string>>,
): Promise<readonly Check[]> {
  const { env, cwd } = terminal
  const { config, findings } = await loadConfig(source, { properties, env, cwd, ...securityTools(properties, env) })
  if (config === null) {
    const [first] = findings.filter(({ severity }) => severity === 'error' || severity === 'refuse')
    const text = first === undefined ? `${source} cannot be honoured` : firstLine(formatFinding(first))
    return [{ status: 'error', subject: 'configuration', text, next: 'tandemmq validate shows all that is wrong' }]
  }
  const read: Check = { status: 'ok', subject: 'configuration', text: `${config.at.file} can be honoured`, next: null }
  const running = await runningPid(terminal, properties)
  const files = await checkOpenFiles(config)
  const directory = await checkDirectory(config)
  const latency = directory.some(({ status }) => status === 'error') ? null : await checkLatency(config)
  return [
    read,
    ...(files === null ? [] : [files]),
    checkMemory(config),
    ...directory,
    ...checkRefusals(config),
    ...(latency === null ? [] : [latency]),
    ...(await checkPorts(config, running)),
    ...checkCertificates(config, Date.now()),
    ...(await checkPeer(config)),
  ]
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? ''

/** A line for each, and one for its next step. */
export function checkLines(terminal: Terminal, checks: readonly Check[]): readonly string[] {
  const paint = paintFor(terminal)
  const painted = { ok: (text: string) => text, note: paint.note, warning: paint.warning, error: paint.error }
  return checks.map(({ status, subject, text, next }) => {
    const line = `${painted[status](status.padEnd(8))} ${subject.padEnd(13)} ${visible(text)}\n`
    return next === null ? line : `${line}${' '.repeat(9)}next: ${next}\n`
  })
}

function describe(terminal: Terminal, checks: readonly Check[]): string {
  const lines = checkLines(terminal, checks)
  const worst = (status: Check['status']): number => checks.filter(one => one.status === status).length
  const [errors, warnings] = [worst('error'), worst('warning')]
  const verdict =
    errors > 0
      ? 'This broker would not run here.'
      : warnings > 0
        ? `Nothing stands in the way; ${warnings} to look at.`
        : 'Nothing stands in the way.'
  return `${lines.join('')}${verdict}\n`
}

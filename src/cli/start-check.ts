import type { Finding, Reading } from '../config/config.ts'
import { count, summary } from '../inspect/inspect.ts'
import type { Terminal } from './cli.ts'
import { allFindings, shortPath } from './configuration.ts'
import { checkLines } from './doctor.ts'
import { checkDirectory, checkPorts, checkRefusals, type Check } from './doctor-checks.ts'
import { runningPid } from './pid-file.ts'
import { logWords } from './start-log.ts'
import type { StartCall } from './start.ts'
import { usualPlace } from './usual-place.ts'
import { toldFindings } from './validate.ts'

/**
 * `start --check`: what this very call would be refused for, as `nginx -t`. `reading` is what the start would begin with.
 * Answers 0, or 2 when something stands in the way. Starts nothing, writes nothing. Throws UsageError.
 */
export async function checkOnly(terminal: Terminal, call: StartCall, reading: Reading): Promise<0 | 2> {
  const { given, properties, source } = call
  logWords({ ...given, properties }, terminal)
  const findings = await allFindings(reading, properties, terminal)
  const texts = reading.context?.texts ?? new Map<string, string>()
  const { told, shown } = await toldFindings({ findings, texts }, given.flags.has('verbose'), terminal)
  const checks = await checkMachine(terminal, properties, reading)
  const notable = given.flags.has('verbose') ? checks : checks.filter(({ status }) => status !== 'ok')
  const refused = findings.some(stops) || reading.config === null || checks.some(({ status }) => status === 'error')
  const file = shortPath(reading.config?.at.file ?? source ?? usualPlace(terminal), terminal.cwd)
  const verdict = refused ? 'a start would be refused' : 'a start would be let through'
  terminal.out(told + checkLines(terminal, notable).join(''))
  const here = checks.filter(({ status }) => status === 'error').length
  const onMachine = here === 0 ? '' : `, ${here} ${here === 1 ? 'error' : 'errors'} on this machine`
  terminal.out(`${file}: ${verdict}; ${summary(count(shown), Math.max(texts.size, 1))}${onMachine}\n`)
  return refused ? 2 : 0
}

const stops = ({ severity }: Finding): boolean => severity === 'error' || severity === 'refuse'

/** Of the machine what a start is refused for; how good it is for a broker, `doctor` says. */
async function checkMachine(
  terminal: Terminal,
  properties: Readonly<Record<string, string>>,
  { config }: Reading,
): Promise<readonly Check[]> {
  if (config === null) return []
  const running = await runningPid(terminal, properties)
  return [...(await checkDirectory(config)), ...checkRefusals(config), ...(await checkPorts(config, running))]
}

import { AdminError, ANY_BROKER, type NodeClient, type NodeReport } from '../admin/admin.ts'
import { messageOf } from '../base/errors.ts'
import { readArguments, UsageError, type Arguments, type Options } from './arguments.ts'
import type { Terminal } from './cli.ts'
import { CONNECTION_HELP, CONNECTION_OPTIONS, connection } from './connection.ts'
import { failure } from './failure.ts'
import { asksJson } from './node-call.ts'
import { namesInstance, PidFile, reachable, type Recorded } from './pid-file.ts'
import { OBJECT_OPTIONS, printedObjects } from './rows.ts'
import { visibleLines } from './visible.ts'
import { repeated, WATCH_OPTIONS } from './watch.ts'

export const STATUS_HELP: string = `Usage: tandemmq status [--json | -o json|jsonl|yaml] [connection options]

Is a broker running, and how is it? Asks the one whose pid file is in ACTIVEMQ_PIDFILE or ACTIVEMQ_DATA, else the one at
--url; where the environment names an instance, only that one counts. Exit code 0 when it runs, also while it is only
starting or is a passive; 3 when it does not; 4 when the login was refused.
"tandemmq pair status" looks at both nodes of a pair and exits with 0 only when they are in sync.

  --json              for scripts
  --watch 2s          again and again, until Ctrl-C
${CONNECTION_HELP}
Example: tandemmq status
`

const OPTIONS: Options = { ...CONNECTION_OPTIONS, ...WATCH_OPTIONS, ...OBJECT_OPTIONS }

/** What was found. */
interface Found {
  readonly running: boolean
  readonly pid: number | null
  readonly url: string | null
  readonly report: NodeReport | null
  readonly usage: Usage | null
  /** Why there is no report, though it runs. */
  readonly problem: string | null
}

/** Percent of the limits. */
interface Usage {
  readonly store: number
  readonly memory: number
}

/** Verb `status` (management CS-04, TC-02). */
export async function brokerStatus(terminal: Terminal): Promise<number> {
  const json = asksJson(terminal.args)
  try {
    const given = readArguments(terminal.args, OPTIONS)
    return await repeated(terminal, given, async to => {
      const found = await find(terminal, given)
      if (await printedObjects(to, given, [found], found)) return exitCode(terminal, found)
      if (terminal.compat === true) to.out(compatLine(found))
      else to.out(found.running ? visibleLines(describe(found)) : 'not running\n')
      return exitCode(terminal, found)
    })
  } catch (error) {
    return failure(terminal, 'status', STATUS_HELP, json, error)
  }
}

const exitCode = ({ compat }: Terminal, { running }: Found): number => (running ? 0 : compat === true ? 1 : 3)

async function find(terminal: Terminal, given: Arguments): Promise<Found> {
  const elsewhere = given.values.has('url') || given.values.has('context')
  const recorded = elsewhere ? null : await runningProcess(terminal, given)
  const named = elsewhere || terminal.env['TANDEMMQ_URL'] !== undefined
  if (recorded === null && !named && (terminal.compat === true || namesInstance(terminal))) return NOTHING
  const at = recorded?.http ?? null
  const pid = recorded?.pid ?? null
  let url: string | null = null
  try {
    const { clients } = await connection(terminal, given, at === null ? [] : [reachable(at)])
    const [client] = clients
    ;({ url } = client)
    const report = await client.pair()
    // Of several brokers on this machine, another may have the address that is usual.
    if (recorded !== null && report.pid !== recorded.pid) return silent(recorded, `${url} is another broker's`)
    return { url, running: true, pid: report.pid, report, usage: await usageOf(client), problem: null }
  } catch (error) {
    if (error instanceof UsageError) throw error
    if (recorded !== null) return silent(recorded, messageOf(error))
    if (!(error instanceof AdminError) || error.kind !== 'unreachable') throw error
    return { url, pid, running: false, report: null, usage: null, problem: error.message }
  }
}

const NOTHING: Found = { running: false, pid: null, url: null, report: null, usage: null, problem: null }

/** It may be starting, or has no HTTP interface. */
const silent = ({ pid }: Recorded, problem: string): Found => ({
  running: true,
  pid,
  url: null,
  report: null,
  usage: null,
  problem,
})

async function runningProcess(terminal: Terminal, { properties }: Arguments): Promise<Recorded | null> {
  const file = new PidFile(terminal, properties)
  const recorded = await file.read()
  return recorded !== null && (await file.liveness(recorded)) === 'running' ? recorded : null
}

/** Null: it does not tell. That is no reason not to answer. */
async function usageOf(client: NodeClient): Promise<Usage | null> {
  try {
    const found = await client.readAll(ANY_BROKER, ['StorePercentUsage', 'MemoryPercentUsage'])
    const [values] = found.values()
    const { StorePercentUsage: store, MemoryPercentUsage: memory } = values ?? {}
    return typeof store === 'number' && typeof memory === 'number' ? { store, memory } : null
  } catch {
    return null
  }
}

const compatLine = ({ running, pid }: Found): string =>
  running ? `ActiveMQ is running (pid '${pid ?? ''}')\n` : 'ActiveMQ not running\n'

function describe({ pid, url, report, usage, problem }: Found): string {
  if (report === null) return `running, pid ${pid ?? '?'}; it tells nothing yet: ${problem ?? ''}\n`
  const { brokerName, node, role, state, epoch, uptimeMs, version, peer } = report
  const facts = [
    `${brokerName} on ${node}`,
    role,
    state,
    `epoch ${epoch}`,
    uptimeMs === undefined ? null : `up ${spanText(uptimeMs)}`,
    `pid ${pid ?? '?'}`,
    version === undefined ? null : `v${version}`,
  ]
  const lines = [facts.filter(fact => fact !== null).join('   '), report.detail]
  for (const damage of report.scrub?.damaged ?? []) lines.push(`damage: ${damage}; ${CURE}`)
  if (peer !== null) lines.push(`${peer.role} ${peer.brokerName}   ${lag(report, peer)}`)
  const places = [`stomp ${report.connectors.join(', ') || 'none'}`, `web ${url ?? 'none'}`]
  if (usage !== null) places.push(`store ${usage.store} %`, `memory ${usage.memory} %`)
  lines.push(places.join('   '))
  return `${lines.join('\n')}\n`
}

/** As the ERROR in its log says. */
const CURE = 'let its twin lead, move the data directory aside and start; alone: stop it, and "tandemmq store salvage"'

const lag = ({ state }: NodeReport, { lagBytes, lagMs }: NonNullable<NodeReport['peer']>): string =>
  state === 'PAIRED' || state === 'SYNCING' || state === 'IN_SYNC'
    ? `lag ${lagBytes} bytes, ${Math.round(lagMs)} ms`
    : 'not attached'

/** `12d 4h`, `3h 20m`, `5m 2s`, `7s`. */
export function spanText(ms: number): string {
  const s = Math.floor(ms / 1000)
  const [days, hours, minutes] = [Math.floor(s / 86_400), Math.floor(s / 3600) % 24, Math.floor(s / 60) % 60]
  if (days > 0) return `${days}d ${hours}h`
  if (hours > 0) return `${hours}h ${minutes}m`
  return minutes > 0 ? `${minutes}m ${s % 60}s` : `${s}s`
}

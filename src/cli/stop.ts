import { setTimeout as sleep } from 'node:timers/promises'
import { AdminError, brokerBean, type NodeClient } from '../admin/admin.ts'
import { readArguments, UsageError, type Arguments, type Options } from './arguments.ts'
import type { Terminal } from './cli.ts'
import { CONNECTION_HELP, CONNECTION_OPTIONS, connection } from './connection.ts'
import { durationMs } from './duration.ts'
import { failure } from './failure.ts'
import { PidFile, reachable, type Recorded } from './pid-file.ts'
import { visible } from './visible.ts'

export const STOP_HELP: string = `Usage: tandemmq stop [--timeout=30s] [--all] [NAME…] [connection options]

Stops a broker the orderly way, and waits until it is gone: an active of a pair hands over first. Finds it by its pid file
(ACTIVEMQ_PIDFILE, else activemq.pid in ACTIVEMQ_DATA); with NAME, --url or --all also by its HTTP interface. NAME stops
it only if that is the broker's. Exit code 0 when it is stopped, or was not running; 5 when it has another name; 8 when it
takes longer: "tandemmq kill" ends it the hard way.

  --timeout           how long to wait (default ACTIVEMQ_KILL_MAXSECONDS, else 30 s)
  --json              for scripts
${CONNECTION_HELP.replace(/^ *--timeout .*\n/m, '')}
Example: tandemmq stop --timeout 60s
`

export const KILL_HELP: string = `Usage: tandemmq kill [-Dname=value]…

Ends the broker that the pid file names (ACTIVEMQ_PIDFILE, else activemq.pid in ACTIVEMQ_DATA) at once. What it had
acknowledged is in its journal; a passive takes over as after a crash. Exit code 0, also when none is running.

Example: tandemmq kill
`

export const RESTART_HELP: string = `Usage: tandemmq restart [start options] [SOURCE]

Stops the broker of the pid file, waits until it is gone, and starts one in the background with these arguments, as
"start --detach" would. Nothing is stopped for a configuration that no start would take. Exit code 0 when the new one is
ready.

Example: tandemmq restart -Dactivemq.data=/var/lib/broker conf/activemq.xml
`

export const RELOAD_HELP: string = `Usage: tandemmq reload [-Dname=value]…

Has the broker that the pid file names (ACTIVEMQ_PIDFILE, else activemq.pid in ACTIVEMQ_DATA) read users, groups, access
rules, certificates, destination policies and the level of its log anew. Only clients whose rights changed notice: their
connections end. Its log says what changed, what needs a restart, or what is wrong with the file. Exit code 0 when it was
told, 3 when none is running.

Example: tandemmq reload
`

const POLL_MS = 50

const STOP_OPTIONS: Options = { ...CONNECTION_OPTIONS, all: { type: 'boolean' }, json: { type: 'boolean' } }

/** Verb `stop` (management CS-03, CT-02). */
export async function stop(terminal: Terminal): Promise<number> {
  try {
    const given = readArguments(terminal.args, STOP_OPTIONS)
    const file = new PidFile(terminal, given.properties)
    const elsewhere = given.values.has('url') || given.values.has('context')
    const recorded = elsewhere ? null : await file.read()
    if (recorded !== null) return await stopProcess(terminal, given, file, recorded)
    if (isNamed(terminal, given)) return await stopOverHttp(terminal, given)
    if (terminal.compat !== true)
      terminal.err(`no pid file at ${file.path}; another broker is stopped by its name or --url\n`)
    return notRunning(terminal)
  } catch (error) {
    return failure(terminal, 'stop', STOP_HELP, terminal.args.includes('--json'), error)
  }
}

async function stopProcess(terminal: Terminal, given: Arguments, file: PidFile, recorded: Recorded): Promise<number> {
  if (!(await file.runs(terminal, recorded))) return notRunning(terminal)
  if (given.rest.length > 0 && !given.flags.has('all')) {
    const { http } = recorded
    if (http === null) throw new UsageError('the name of this broker is not known; leave it out')
    const { clients } = await connection(terminal, given, [reachable(http)])
    if (!isMeant(terminal, (await clients[0].pair()).brokerName, given)) return 5
  }
  const timeoutMs = patience(terminal, given)
  signal(recorded, 'SIGTERM')
  terminal.err(`INFO: pid '${recorded.pid}' stops, within ${timeoutMs / 1000} s\n`)
  if (await goneWithin(file, recorded, timeoutMs)) {
    await file.remove()
    return tell(terminal, terminal.compat === true ? ' FINISHED' : `stopped pid ${recorded.pid}`)
  }
  if (terminal.compat !== true)
    throw new AdminError('timeout', `pid ${recorded.pid} still runs after ${timeoutMs} ms`, {
      hint: 'wait longer with --timeout, or "tandemmq kill"',
    })
  // As ActiveMQ's script does and says.
  terminal.out(`INFO: Regular shutdown not successful,  sending SIGKILL to process with pid '${recorded.pid}'\n`)
  await killProcess(file, recorded)
  return 0
}

/** Whichever broker happens to have the usual address is not stopped: somebody must mean it. */
const isNamed = ({ env }: Terminal, { flags, values, rest }: Arguments): boolean =>
  flags.has('all') || rest.length > 0 || values.has('url') || values.has('context') || env['TANDEMMQ_URL'] !== undefined

/** A broker on another machine, or without a pid file. */
async function stopOverHttp(terminal: Terminal, given: Arguments): Promise<number> {
  const { values } = given
  const asked = values.has('url') || values.has('context') || terminal.env['TANDEMMQ_URL'] !== undefined
  const { clients } = await connection(terminal, withoutTimeout(given))
  const [client] = clients
  let name: string
  try {
    name = await client.brokerName()
  } catch (error) {
    if (asked || !(error instanceof AdminError) || error.kind !== 'unreachable') throw error
    return notRunning(terminal)
  }
  if (!isMeant(terminal, name, given)) return 5
  if (!given.flags.has('json')) terminal.out(`Stopping broker: ${visible(name)}\n`)
  await client.exec(brokerBean(name), 'terminateJVM(int)', 0).catch((error: unknown) => {
    // It may be gone before it has answered.
    if (!(error instanceof AdminError) || error.kind !== 'unreachable') throw error
  })
  const timeoutMs = patience(terminal, given)
  if (!(await silentWithin(client, timeoutMs)))
    throw new AdminError('timeout', `${client.url} still answers after ${timeoutMs} ms`)
  // Misspelt as in ActiveMQ: it is grepped for.
  return tell(terminal, `Succesfully stopped broker: ${visible(name)}`)
}

/** `--timeout` is for the end of the broker; a single request takes its usual time. */
const withoutTimeout = (given: Arguments): Arguments => ({
  ...given,
  values: new Map([...given.values].filter(([name]) => name !== 'timeout')),
})

function tell(terminal: Terminal, what: string): number {
  if (terminal.args.includes('--json')) terminal.out(`${JSON.stringify({ done: true, what })}\n`)
  else terminal.out(`${what}\n`)
  return 0
}

const notRunning = (terminal: Terminal): number =>
  tell(terminal, terminal.compat === true ? 'ActiveMQ not running' : 'not running')

/** No name means the one there is. */
function isMeant(terminal: Terminal, name: string, { flags, rest }: Arguments): boolean {
  if (flags.has('all') || rest.length === 0) return true
  for (const other of rest) if (other !== name) terminal.out(`${other} did not match any running brokers.\n`)
  return rest.includes(name)
}

/** Verb `kill` (management CS-05). */
export async function kill(terminal: Terminal): Promise<number> {
  try {
    const { properties } = readArguments(terminal.args, {})
    const file = new PidFile(terminal, properties)
    const recorded = await file.read()
    if (recorded === null || !(await file.runs(terminal, recorded))) return notRunning(terminal)
    await killProcess(file, recorded)
    return tell(terminal, `killed pid ${recorded.pid}`)
  } catch (error) {
    return failure(terminal, 'kill', KILL_HELP, false, error)
  }
}

/** Verb `reload` (management CE-06). */
export async function reloadBroker(terminal: Terminal): Promise<number> {
  try {
    const { properties } = readArguments(terminal.args, {})
    const file = new PidFile(terminal, properties)
    const recorded = await file.read()
    if (recorded === null || !(await file.runs(terminal, recorded)))
      throw new AdminError('unreachable', `no broker runs by the pid file ${file.path}`)
    signal(recorded, 'SIGHUP')
    return tell(terminal, `pid ${recorded.pid} was told to reload; its log says what changed`)
  } catch (error) {
    return failure(terminal, 'reload', RELOAD_HELP, false, error)
  }
}

/** Verb `restart` (management CS-05). */
export async function restart(terminal: Terminal): Promise<number> {
  try {
    const { loadStart, start, startCall } = await import('./start.ts')
    const asked = { ...terminal, args: ['--detach', ...terminal.args] }
    const call = startCall(asked)
    const { properties } = call
    if (call.given.flags.has('check')) throw new UsageError('--check stops nothing: "tandemmq start --check"')
    // What no start would take is found out while the broker still runs.
    const { logWords } = await import('./start-log.ts')
    logWords({ ...call.given, properties }, terminal)
    const reading = await loadStart(call, terminal)
    if (reading.config === null) {
      const { checkOnly } = await import('./start-check.ts')
      await checkOnly({ ...terminal, out: terminal.err }, call, reading)
      terminal.err('tandemmq restart: nothing was stopped\n')
      return 2
    }
    const file = new PidFile(terminal, properties)
    const recorded = await file.read()
    const given = {
      flags: new Set<string>(),
      values: new Map<string, string>(),
      lists: new Map(),
      rest: [],
      properties,
    }
    const ended = recorded === null ? notRunning(terminal) : await stopProcess(terminal, given, file, recorded)
    return ended !== 0 ? ended : await start(asked)
  } catch (error) {
    return failure(terminal, 'restart', RESTART_HELP, false, error)
  }
}

/** Throws AdminError `refused`: it is another user's. */
function signal({ pid }: Recorded, name: 'SIGTERM' | 'SIGKILL' | 'SIGHUP'): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : ''
    // It ended in this moment: nothing is left to tell.
    if (code === 'ESRCH') return
    if (code !== 'EPERM') throw error
    throw new AdminError('refused', `pid ${pid} belongs to another user`, { hint: 'call this as the user it runs as' })
  }
}

async function killProcess(file: PidFile, recorded: Recorded): Promise<void> {
  signal(recorded, 'SIGKILL')
  if (!(await goneWithin(file, recorded, 10_000)))
    throw new AdminError('timeout', `pid ${recorded.pid} cannot be killed: it waits for its disk`)
  await file.remove()
}

async function goneWithin(file: PidFile, recorded: Recorded, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs
  while ((await file.liveness(recorded)) === 'running') {
    if (performance.now() >= deadline) return false
    await sleep(POLL_MS)
  }
  return true
}

async function silentWithin(client: NodeClient, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    try {
      await client.get('/health/live')
    } catch (error) {
      if (error instanceof AdminError && error.kind === 'unreachable') return true
    }
    if (performance.now() >= deadline) return false
    await sleep(POLL_MS)
  }
}

function patience(terminal: Terminal, { values }: Arguments): number {
  const told = values.get('timeout')
  if (told !== undefined) return durationMs('--timeout', told)
  return durationMs('ACTIVEMQ_KILL_MAXSECONDS', terminal.env['ACTIVEMQ_KILL_MAXSECONDS'] || '30')
}

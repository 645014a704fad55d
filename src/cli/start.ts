import { dirname } from 'node:path'
import { userInfo } from 'node:os'
import { TandemError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { readConfig, type Finding, type Reading } from '../config/config.ts'
import { logError, startServer, type RunningBroker } from '../server/server.ts'
import { readArguments, UsageError, type Arguments } from './arguments.ts'
import type { Terminal } from './cli.ts'
import { withContainerLogin } from './container.ts'
import { javaOptions, type JavaOptions } from './java-options.ts'
import { durationMs } from './duration.ts'
import { tellLimits } from './process-limits.ts'
import { keepPidFile } from './pid-file.ts'
import { securityTools } from './provers.ts'
import { readyLine } from './ready-line.ts'
import { Reloads } from './reloads.ts'
import { LOG_OPTIONS, openLog, type StartLog } from './start-log.ts'
import { StopSignals } from './stop-signals.ts'
import { Supervisor } from './systemd.ts'
import { usualPlace } from './usual-place.ts'
import { wrongCall } from './wrong-call.ts'

export const START_HELP = `Usage: tandemmq start [-Dname=value]… [--log-file PATH] [--verbose] [-d [--timeout=60s] | --check]
                      [SOURCE]

Runs a broker in the foreground from an ActiveMQ configuration, unchanged. SOURCE is one of

  PATH, xbean:PATH, xbean:file:PATH   an activemq.xml; what is not there is looked for in the conf directory
  DIRECTORY                           its conf/activemq.xml
  broker:(URI,URI,…)/NAME?options     no file: the connectors, the broker's name and its properties
  properties:FILE                     a Java properties file of broker properties; -D lies over it

Without it: the activemq.xml in ACTIVEMQ_CONF, in ACTIVEMQ_BASE/conf or in ACTIVEMQ_HOME/conf, whichever is set first, else
conf/activemq.xml, else activemq.xml. Exit code 0 after a clean stop (SIGTERM, Ctrl-C), 1 on failure, 2 when the
configuration cannot be honoured or the call is wrong. "console" is another name of start.

  -Dname=value   sets a property for \${name} in the file; -Dtandemmq.… settings are TandemMQ's own
  -Dtandemmq.stomp=HOST:PORT          adds a STOMP connector to any file; only PORT: on 127.0.0.1
  -Dtandemmq.http=HOST:PORT|off       where the HTTP interface is; without it as jetty.xml says, else 127.0.0.1:8161
  -Dtandemmq.jolokia.policy=compat|strict|hardened|off  what may be asked of /api/jolokia; without it as the
                 jolokia-access.xml in the conf directory says, else compat
  -Dtandemmq.ignoreBeans=CLASS,CLASS  starts without these Java classes, which you know to protect nothing
  -Dtandemmq.stopTimeout=30s          how long a stop may take for answering clients and handing over
  -Dtandemmq.scrub=24h|off            time between two passes that verify what lies sealed in the journal
  -d, --detach   in the background: returns when the broker is ready (8 when that takes longer than --timeout). Its log
                 is added to ACTIVEMQ_OUT, else activemq.out in ACTIVEMQ_DATA
                 the pid is in ACTIVEMQ_PIDFILE, else activemq.pid in ACTIVEMQ_DATA, for stop, status, restart and kill
  --foreground   not in the background, although the command is called activemq, whose start goes there
  --check        starts nothing, writes nothing, and says what stands in the way: 0 when this start would be let through, else
                 2. What validate finds, with the -D, environment and SOURCE of this very call; and may the data
                 directory be written to, are the ports free? Those that the broker of the pid file has are its own
                 to give up, so that a new configuration can be tried beside it

The log goes to stderr: for people on a terminal, one JSON object a line elsewhere.

  -Dtandemmq.log=pretty|json|activemq  or TANDEMMQ_LOG; activemq is the line that log4j wrote
  -Dtandemmq.logLevel=debug|info|warn|error  else the root level of log4j2.properties beside the file, else info
  --log-file PATH, --log-file-size 10mb, --log-file-count 5   into a file, which is put aside as PATH.1 … when it is full
  --verbose, -v  also says what was accepted without effect, each connection, and other details

Signals: SIGTERM and SIGINT stop it, a second one at once (exit code 143, 130); SIGHUP reads users, groups, access rules,
certificates, destination policies and the log level again; SIGUSR2 writes the state into the log.

Environment: ACTIVEMQ_HOME, ACTIVEMQ_BASE, ACTIVEMQ_CONF, ACTIVEMQ_DATA, ACTIVEMQ_OPTS (its -D and -Xmx), as for ActiveMQ;
TANDEMMQ_HOME and so on lie over them.

Examples: tandemmq start -Dactivemq.data=/var/lib/broker xbean:file:/etc/activemq/activemq.xml
          tandemmq start --check -Dactivemq.data=/var/lib/broker xbean:file:/etc/activemq/activemq.xml
`

export interface StartCall {
  readonly given: Arguments
  /** Null: where a configuration usually is. */
  readonly source: string | null
  readonly properties: Readonly<Record<string, string>>
  readonly java: JavaOptions
  readonly stopTimeoutMs: number
  readonly detached: boolean
  /** ms that a start in the background may take. */
  readonly timeoutMs: number
}

const OPTIONS = {
  ...LOG_OPTIONS,
  check: { type: 'boolean' },
  detach: { type: 'boolean', short: 'd' },
  foreground: { type: 'boolean' },
  timeout: { type: 'string' },
} as const

/** Verb `start`. */
export async function start(terminal: Terminal): Promise<number> {
  let call: StartCall
  let startLog: StartLog
  try {
    call = startCall(terminal)
    const { properties, timeoutMs } = call
    if (call.given.flags.has('check')) {
      const { checkOnly } = await import('./start-check.ts')
      return await checkOnly(terminal, call, await loadStart(call, terminal))
    }
    if (call.detached) {
      const { detach } = await import('./detach.ts')
      return await detach(terminal, { args: inForeground(terminal.args), properties, timeoutMs })
    }
    startLog = openLog({ ...call.given, properties }, terminal)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    wrongCall(terminal, 'start', START_HELP, error.message)
    return 2
  }
  try {
    return await run(call, startLog, terminal)
  } finally {
    startLog.close()
  }
}

async function run(call: StartCall, startLog: StartLog, terminal: Terminal): Promise<number> {
  const began = performance.now()
  const { java } = call
  const { log } = startLog
  const { env } = terminal
  const supervisor = new Supervisor(env)
  const stop = new StopSignals(terminal, log, supervisor)
  const readAt = Date.now()
  const loaded = await loadStart(call, terminal)
  const { config, findings } = loaded
  const read = (): Promise<Reading> => loadStart(call, terminal)
  const reloads = new Reloads({ running: () => stop.running, started: loaded, read, startLog, terminal, supervisor })
  reloads.onSignals()
  startLog.relevel(config === null ? null : dirname(config.at.file))
  for (const finding of findings) tell(finding, log)
  if (java.ignored.length > 0)
    log.info(`these are options of Java and have no effect here: ${java.ignored.join(', ')}`, {
      code: 'OPTIONS_IGNORED',
    })
  if (config === null) {
    // One sentence is enough for one error; of several it is said what they come to.
    const stops = findings.filter(({ severity }) => severity === 'error' || severity === 'refuse')
    const hint = 'tandemmq validate shows the lines, and explain says what a code means'
    if (stops.length !== 1)
      log.error('the configuration cannot be honoured: the broker does not start', { code: codeOf(findings), hint })
    return 2
  }
  const from = `TandemMQ ${terminal.version}, broker "${config.brokerName}", from ${config.at.file}`
  log.info(from, { code: 'NODE_STARTING' })
  tellLimits(config, log)
  const pidFile = await keepPidFile(terminal, call.properties)
  try {
    const starting = startServer(config, {
      log,
      properties: call.properties,
      environment: env,
      signal: stop.signal,
      version: terminal.version,
      stopTimeoutMs: call.stopTimeoutMs,
      identify: who => void (log.who = who),
      onProgress: text => supervisor.notify(`STATUS=${text}`, 'EXTEND_TIMEOUT_USEC=30000000'),
    })
    const running = await Promise.race([starting, stop.beforeReady])
    if (running === 'stopped') {
      log.info('stopped before it was ready', { code: 'NODE_STOPPED' })
      return 0
    }
    stop.running = running
    const warnings = findings.filter(({ severity }) => severity === 'warn').length
    pidFile.ready(running.http)
    tellReady(running, { log, ms: performance.now() - began, warnings, terminal })
    terminal.ready?.(running.http)
    supervisor.notify('--ready', `STATUS=${running.pair.role} (${running.pair.state})`)
    await reloads.ready(readAt)
    return await Promise.race([ended(running, log), stop.forced(call.stopTimeoutMs)])
  } catch (error) {
    logError(log, error)
    return isConfigurationError(error) ? 2 : 1
  } finally {
    reloads.stop()
    await pidFile.release()
    await supervisor.idle()
  }
}

async function ended({ stopped }: RunningBroker, log: Log): Promise<number> {
  await stopped
  log.info('stopped', { code: 'NODE_STOPPED' })
  return 0
}

/** The configuration as it is now, with what the environment adds to it. */
export async function loadStart({ source, properties, java }: StartCall, { env, cwd }: Terminal): Promise<Reading> {
  const budget = java.heapBytes === null ? {} : { memoryBudget: java.heapBytes }
  // It may be a reload: a broker serves meanwhile.
  const rest = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
  const options = { properties, env, cwd, rest, ...budget, ...securityTools(properties, env) }
  const reading = await readConfig(source ?? usualPlace({ env, cwd }), options)
  return withContainerLogin(reading, env)
}

/** Reads the arguments of `start`. Throws UsageError. */
export function startCall({ args, env, compat }: Terminal): StartCall {
  const given = readArguments(args, OPTIONS)
  const { rest, flags, values } = given
  if (rest.length > 1) throw new UsageError(`one configuration at a time, not ${rest.join(' and ')}`)
  refuseOtherUser(env['ACTIVEMQ_USER'] ?? '')
  const java = javaOptions(env)
  const properties = { ...java.properties, ...given.properties }
  const stopTimeoutMs = durationMs('-Dtandemmq.stopTimeout', properties['tandemmq.stopTimeout'] ?? '30s')
  const detached = flags.has('detach') || (compat === true && !flags.has('foreground'))
  const timeoutMs = durationMs('--timeout', values.get('timeout') ?? '60s')
  if (values.has('timeout') && !detached) throw new UsageError('--timeout is for --detach')
  return { given, source: rest[0] ?? null, properties, java, stopTimeoutMs, detached, timeoutMs }
}

/** The arguments of the process in the background: the same, without what sends it there. */
const inForeground = (args: readonly string[]): readonly string[] => [
  '--foreground',
  ...args.filter((arg, index) => {
    const ofTimeout = /^--timeout(=|$)/.test(arg) || args[index - 1] === '--timeout'
    return arg !== '-d' && arg !== '--detach' && !ofTimeout
  }),
]

/** ActiveMQ's script changes the user; a program that was told to and does not would run with rights nobody meant. */
function refuseOtherUser(wanted: string): void {
  if (wanted === '' || wanted === userInfo().username) return
  throw new UsageError(
    `ACTIVEMQ_USER=${wanted}, but this is ${userInfo().username} and does not change: run it as that user (User=${wanted} in a systemd unit, or sudo -u ${wanted})`,
  )
}

function tell({ severity, code, at, message, hint }: Finding, log: Log): void {
  const about = { code, at, ...(hint !== null && { hint }) }
  if (severity === 'accept') log.debug(message, about)
  else if (severity === 'warn') log.warn(message, about)
  else log.error(message, about)
}

const codeOf = (findings: readonly Finding[]): Finding['code'] =>
  findings.find(({ severity }) => severity === 'error' || severity === 'refuse')?.code ?? 'CONFIG_NOT_FOUND'

interface Readiness {
  readonly log: Log
  readonly ms: number
  readonly warnings: number
  readonly terminal: Terminal
}

function tellReady(running: RunningBroker, { log, ms, warnings, terminal }: Readiness): void {
  const text = readyLine(running, { ms, warnings })
  const { brokerName } = running
  const classic = `Apache ActiveMQ ${terminal.version} (${brokerName}, TandemMQ) started`
  log.info(text, { code: 'NODE_READY', ms: Math.round(ms), classic })
}

/** What the user's files say and cannot be honoured, as opposed to what failed while running. */
const isConfigurationError = (error: unknown): boolean =>
  error instanceof TandemError && /^(CONFIG|AUTH|TLS|ACL|DECRYPT|SECURITY)_|^PAIR_WIPE_REFUSED$/.test(error.code)

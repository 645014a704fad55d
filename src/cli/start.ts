import { TandemError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { formatFinding, loadConfig, type Finding } from '../config/config.ts'
import { describeError, startServer, textLog, type RunningBroker } from '../server/server.ts'
import { readArguments, UsageError, type Options } from './arguments.ts'
import type { Terminal } from './cli.ts'
import { durationMs } from './duration.ts'
import { securityTools } from './provers.ts'
import { usualPlace } from './usual-place.ts'

export const START_HELP = `Usage: tandemmq start [-Dname=value]… [--verbose] [-d [--timeout=60s]] [SOURCE]

Runs a broker in the foreground from an ActiveMQ configuration, unchanged. SOURCE is one of

  PATH, xbean:PATH, xbean:file:PATH   an activemq.xml; what is not there is looked for in the conf directory
  DIRECTORY                           its conf/activemq.xml
  broker:(URI,URI,…)/NAME?options     no file: the connectors, the broker's name and its properties
  properties:FILE                     a Java properties file of broker properties; -D lies over it

Without it: the activemq.xml in ACTIVEMQ_CONF, in ACTIVEMQ_BASE/conf or in ACTIVEMQ_HOME/conf, whichever is set first, else
conf/activemq.xml, else activemq.xml. The log goes to stderr. Exit code 0 after a clean stop (SIGTERM, Ctrl-C), 1 on
failure, 2 when the configuration cannot be honoured or the call is wrong. "console" is another name of start.

  -Dname=value   sets a property for \${name} in the file; -Dtandemmq.… settings are TandemMQ's own
  -Dtandemmq.stomp=HOST:PORT          adds a STOMP connector to any file; only PORT: on 127.0.0.1
  -Dtandemmq.ignoreBeans=CLASS,CLASS  starts without these Java classes, which you know to protect nothing
  --verbose      also says what was accepted without effect, and other details
  -d, --detach   in the background: returns when the broker is ready (8 when that takes longer than --timeout). Its pid
                 is in ACTIVEMQ_PIDFILE, else activemq.pid in ACTIVEMQ_DATA, for stop, status, restart and kill; its log
                 is added to ACTIVEMQ_OUT, else activemq.out there

Environment: ACTIVEMQ_HOME, ACTIVEMQ_BASE, ACTIVEMQ_CONF, ACTIVEMQ_DATA, as for ActiveMQ.

Example: tandemmq start -Dactivemq.data=/var/lib/broker xbean:file:/etc/activemq/activemq.xml
`

interface Call {
  /** Null: where a configuration usually is. */
  readonly source: string | null
  readonly properties: Readonly<Record<string, string>>
  readonly verbose: boolean
  readonly detached: boolean
  /** ms that a start in the background may take. */
  readonly timeoutMs: number
}

const OPTIONS: Options = {
  verbose: { type: 'boolean' },
  detach: { type: 'boolean', short: 'd' },
  foreground: { type: 'boolean' },
  timeout: { type: 'string' },
}

/** Verb `start`. */
export async function start(terminal: Terminal): Promise<number> {
  let call: Call
  try {
    call = startCall(terminal)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    terminal.err(`tandemmq start: ${error.message}\n\n${START_HELP}`)
    return 2
  }
  const { properties } = call
  if (call.detached) {
    const { detach } = await import('./detach.ts')
    return detach(terminal, { args: inForeground(call), properties, timeoutMs: call.timeoutMs })
  }
  const log = textLog(text => terminal.err(text), call.verbose)
  const began = performance.now()
  const stopping = new AbortController()
  let running: RunningBroker | null = null
  terminal.onStop(() => {
    log.info('stopping')
    stopping.abort()
    void running?.stop()
  })
  const { env, cwd } = terminal
  const source = call.source ?? usualPlace(terminal)
  const { config, findings } = await loadConfig(source, { properties, env, cwd, ...securityTools(properties, env) })
  tellFindings(findings, log)
  if (config === null) {
    log.error('the configuration cannot be honoured: the broker does not start; "tandemmq validate" shows the lines')
    return 2
  }
  log.info(`TandemMQ ${terminal.version}, broker "${config.brokerName}", from ${config.at.file}`)
  try {
    running = await startServer(config, {
      log,
      properties,
      environment: env,
      signal: stopping.signal,
      version: terminal.version,
    })
    if (stopping.signal.aborted) void running.stop()
    tellReady(running, log, performance.now() - began)
    terminal.ready?.(running.http)
    await running.stopped
    log.info('stopped')
    return 0
  } catch (error) {
    if (stopping.signal.aborted && running === null) return 0
    log.error(describeError(error))
    return isConfigurationError(error) ? 2 : 1
  }
}

/** Reads the arguments of `start`. Throws UsageError. */
export function startCall({ args, compat }: Terminal): Call {
  const { flags, values, rest, properties } = readArguments(args, OPTIONS)
  if (rest.length > 1) throw new UsageError(`one configuration at a time, not ${rest.join(' and ')}`)
  const detached = flags.has('detach') || (compat === true && !flags.has('foreground'))
  const timeoutMs = durationMs('--timeout', values.get('timeout') ?? '60s')
  if (values.has('timeout') && !detached) throw new UsageError('--timeout is for --detach')
  return { source: rest[0] ?? null, properties, verbose: flags.has('verbose'), detached, timeoutMs }
}

/** The arguments of the process in the background. */
const inForeground = ({ source, properties, verbose }: Call): readonly string[] => [
  '--foreground',
  ...(verbose ? ['--verbose'] : []),
  ...Object.entries(properties).map(([name, value]) => `-D${name}=${value}`),
  ...(source === null ? [] : ['--', source]),
]

function tellFindings(findings: readonly Finding[], log: Log): void {
  for (const finding of findings) {
    const text = formatFinding(finding)
    if (finding.severity === 'accept') log.debug(text)
    else if (finding.severity === 'warn') log.warn(text)
    else log.error(text)
  }
}

function tellReady({ addresses, serving }: RunningBroker, log: Log, ms: number): void {
  const held = serving ? 'ready' : 'started, no client is let in yet,'
  const role = addresses.length === 0 ? 'ready as a passive, no connector is open,' : held
  log.info(`${role} after ${Math.round(ms)} ms; stop with Ctrl-C`)
}

/** What the user's files say and cannot be honoured, as opposed to what failed while running. */
const isConfigurationError = (error: unknown): boolean =>
  error instanceof TandemError && /^(CONFIG|AUTH|TLS|ACL|DECRYPT|SECURITY)_|^PAIR_WIPE_REFUSED$/.test(error.code)

/**
 * The command line: `tandemmq <verb> …`, one verb per file.
 *
 *   arguments ─► verb ─► exit code, one table for all (`tandemmq help exit-codes`, management 5.5)
 *
 * Read: cli (verbs and help) · arguments, failure (what went wrong, and the exit code)
 * · a process: start (start-log, ready-line, stop-signals, reload, systemd; environment, java-options, container: what the
 *   environment says; detach, pid-file), stop (and restart, kill), status, create (create-files), doctor (doctor-checks), demo
 * · diag (diag-here, diag-log, diag-node): what a bug report needs
 * · a running node: node-call, which every such verb goes through (connection: where; login: as whom; context, contexts)
 * · dstat, query (and list, bstat), browse, purge · noun (queues, topics, connections, subscriptions, schedule) · rows and
 *   listing (tables, JSON, CSV) · visible (what came from a client is shown harmless) · completion
 * · a configuration: validate, explain (a word of the vocabulary; explain-file, explain-destination: a file), schema
 *   (JSON Schema, XSD), upgrade (replace-file), convert, diff, encrypt (and decrypt)
 * · a pair: pair (state, promote, handover), pair-verify (are both copies the same?), pair-check and pair-attach (do two
 *   files make a pair?), salvage, reinject (what a pair had to cut off)
 * · over STOMP: producer, consumer, migrate (migrate-feed, migrate-held) · jms-arguments, broker-access (as whom), progress, interrupt
 * · a stopped broker's store: store (check; store-info, store-dump, store-salvage), export (export-format, export-sink),
 *   offline-store; import (import-lines; into a running one).
 * Promises: stdout is for answers, stderr for the log; `--help` of a verb shows an example that works. A verb's code is
 * loaded when it is asked for, so that help and version answer at once (management TU-10).
 * Refuses: to guess. An unknown verb or option is an error that says what was probably meant, never a default.
 */
import { withOwnNames } from './environment.ts'
import { suggest } from '../base/suggest.ts'

export type StopSignal = 'SIGTERM' | 'SIGINT'

/** The process, as far as a verb may touch it. */
export interface Terminal {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly version: string
  out(text: string): void
  err(text: string): void
  /** All of standard input. Absent: there is none. */
  input?(): Promise<string>
  /** Asks whoever sits at the terminal, and answers the line typed. Absent: nobody sits there. */
  ask?(question: string): Promise<string>
  /** The same, and what is typed is not shown. */
  askSecret?(question: string): Promise<string>
  /** A broker is ready. Absent: nobody waits for it. */
  ready?(http: string | null): void
  /** Called as ActiveMQ's own command is: its lines, and `start` goes to the background. */
  readonly compat?: boolean
  /** Calls `stop` at SIGTERM and SIGINT. */
  onStop(stop: (signal?: StopSignal) => void): void
  /** Calls `run` at this signal, where there are signals. */
  onSignal?(signal: 'SIGHUP' | 'SIGUSR2', run: () => void): void
}

const HELP = `TandemMQ runs your activemq.xml: a STOMP broker over a crash-safe journal.

Usage: tandemmq <verb> [options]

Run
  start    run a broker, in the foreground or (--detach) the background
  stop     stop a broker, and wait until it is gone
  restart  stop it and start it again, in the background
  reload   read users, rules, certificates and policies anew
  status   is a broker running, and how is it?
  kill     end a broker in the background at once
  create   make a new instance: configuration, users, data and start script
  doctor   is this machine ready for that broker?
  diag     one text for a bug report, without secrets and messages
  demo     run a live pair on this machine, to try it
  monitor  watch brokers on a screen, and act on what is seen

Broker
  list     the name of the broker
  bstat    the counters of the broker and all that it serves
  dstat    the counters of queues and topics, one a line
  query    attributes and operations of its beans
  browse   messages of queues, without taking them
  purge    remove the messages of queues
  queues   list, show, create, delete, pause, move, retry … queues
  topics   list, show, create and delete topics
  connections    list clients, close a connection
  subscriptions  list and delete durable subscriptions
  schedule list and cancel messages that wait for their time

Configuration
  validate check a configuration, and say all that is wrong with it
  explain  say what a word of a configuration, or a file, means here
  schema   print what a configuration may say: JSON Schema or XSD
  upgrade  rewrite an activemq.xml: old names, mistakes, another version's words
  convert  write a configuration as JSON, YAML or XML
  diff     what differs in meaning between two configurations
  encrypt  encrypt a password, for ENC(...)
  decrypt  decrypt what stands in ENC(...)

Pair
  pair     a running pair: its state, who leads, are both copies the same;
           and check: do two files make one?
  salvage  list and send again what a pair had to cut off

Messages
  producer send messages over STOMP, as ActiveMQ's tool does (also: pub)
  consumer take messages over STOMP (also: sub)
  migrate  move what a running ActiveMQ, or TandemMQ, holds to another broker

Store
  store    check, info, dump, salvage: the data directory of a stopped broker
  export   write its messages as lines of JSON (also: backup)
  import   send an export to a broker

  context  names for brokers that you ask often
  completion     print what makes bash, zsh or fish complete a call
  version  print the version
  help     print this text, that of a verb (tandemmq help start), or exit-codes

Example: tandemmq start xbean:file:conf/activemq.xml
`

interface Verb {
  readonly help: string
  run(terminal: Terminal): Promise<number>
}

/** Each in its group of the help above. */
const VERBS: Readonly<Record<string, () => Promise<Verb>>> = {
  start: () => import('./start.ts').then(({ START_HELP: help, start: run }) => ({ help, run })),
  stop: () => import('./stop.ts').then(({ STOP_HELP: help, stop: run }) => ({ help, run })),
  restart: () => import('./stop.ts').then(({ RESTART_HELP: help, restart: run }) => ({ help, run })),
  reload: () => import('./stop.ts').then(({ RELOAD_HELP: help, reloadBroker: run }) => ({ help, run })),
  status: () => import('./status.ts').then(({ STATUS_HELP: help, brokerStatus: run }) => ({ help, run })),
  kill: () => import('./stop.ts').then(({ KILL_HELP: help, kill: run }) => ({ help, run })),
  create: () => import('./create.ts').then(({ CREATE_HELP: help, create: run }) => ({ help, run })),
  doctor: () => import('./doctor.ts').then(({ DOCTOR_HELP: help, doctor: run }) => ({ help, run })),
  diag: () => import('./diag.ts').then(({ DIAG_HELP: help, diag: run }) => ({ help, run })),
  demo: () => import('./demo.ts').then(({ DEMO_HELP: help, demo: run }) => ({ help, run })),
  monitor: () => import('./monitor.ts').then(({ MONITOR_HELP: help, monitor: run }) => ({ help, run })),
  validate: () => import('./validate.ts').then(({ VALIDATE_HELP: help, validate: run }) => ({ help, run })),
  explain: () => import('./explain.ts').then(({ EXPLAIN_HELP: help, explain: run }) => ({ help, run })),
  schema: () => import('./schema.ts').then(({ SCHEMA_HELP: help, schema: run }) => ({ help, run })),
  upgrade: () => import('./upgrade.ts').then(({ UPGRADE_HELP: help, upgradeFiles: run }) => ({ help, run })),
  convert: () => import('./convert.ts').then(({ CONVERT_HELP: help, convert: run }) => ({ help, run })),
  diff: () => import('./diff.ts').then(({ DIFF_HELP: help, diff: run }) => ({ help, run })),
  encrypt: () => import('./encrypt.ts').then(({ ENCRYPT_HELP: help, encrypt: run }) => ({ help, run })),
  decrypt: () => import('./encrypt.ts').then(({ DECRYPT_HELP: help, decrypt: run }) => ({ help, run })),
  pair: () => import('./pair.ts').then(({ PAIR_HELP: help, pair: run }) => ({ help, run })),
  producer: () => import('./producer.ts').then(({ PRODUCER_HELP: help, produce: run }) => ({ help, run })),
  consumer: () => import('./consumer.ts').then(({ CONSUMER_HELP: help, consume: run }) => ({ help, run })),
  migrate: () => import('./migrate.ts').then(({ MIGRATE_HELP: help, migrate: run }) => ({ help, run })),
  salvage: () => import('./salvage.ts').then(({ SALVAGE_HELP: help, salvage: run }) => ({ help, run })),
  list: () => import('./query.ts').then(({ LIST_HELP: help, list: run }) => ({ help, run })),
  bstat: () => import('./query.ts').then(({ BSTAT_HELP: help, bstat: run }) => ({ help, run })),
  dstat: () => import('./dstat.ts').then(({ DSTAT_HELP: help, dstat: run }) => ({ help, run })),
  query: () => import('./query.ts').then(({ QUERY_HELP: help, query: run }) => ({ help, run })),
  browse: () => import('./browse.ts').then(({ BROWSE_HELP: help, browse: run }) => ({ help, run })),
  purge: () => import('./purge.ts').then(({ PURGE_HELP: help, purge: run }) => ({ help, run })),
  queues: () => import('./queues.ts').then(({ QUEUES_HELP: help, queues: run }) => ({ help, run })),
  topics: () => import('./topics.ts').then(({ TOPICS_HELP: help, topics: run }) => ({ help, run })),
  connections: () => import('./connections.ts').then(({ CONNECTIONS_HELP: help, connections: run }) => ({ help, run })),
  subscriptions: () =>
    import('./subscriptions.ts').then(({ SUBSCRIPTIONS_HELP: help, subscriptions: run }) => ({ help, run })),
  schedule: () => import('./schedule.ts').then(({ SCHEDULE_HELP: help, schedule: run }) => ({ help, run })),
  context: () => import('./context.ts').then(({ CONTEXT_HELP: help, context: run }) => ({ help, run })),
  completion: () => import('./completion.ts').then(({ COMPLETION_HELP: help, completion: run }) => ({ help, run })),
  export: () => import('./export.ts').then(({ EXPORT_HELP: help, exportStore: run }) => ({ help, run })),
  import: () => import('./import.ts').then(({ IMPORT_HELP: help, importFile: run }) => ({ help, run })),
  store: () => import('./store.ts').then(({ STORE_HELP: help, store: run }) => ({ help, run })),
}

/** The names of all verbs, as the help must show them. */
export const VERB_NAMES: readonly string[] = [...Object.keys(VERBS), 'version', 'help']

/** Runs one call; answers the exit code. */
export async function main(process: Terminal): Promise<number> {
  const terminal = asCalled({ ...process, env: withOwnNames(process.env) })
  const [verb, ...rest] = terminal.args
  if (verb === undefined || verb === 'help' || verb === '--help' || verb === '-h') {
    const code = await help(terminal, rest[0])
    // As ActiveMQ's script (management CS-06).
    return verb === undefined && terminal.compat === true ? 1 : code
  }
  if (verb === 'version' || verb === '--version') {
    terminal.out(`TandemMQ ${terminal.version}\n`)
    return 0
  }
  const load = find(verb)
  if (load === null) return unknown(terminal, verb)
  const found = await load()
  if (['--help', '-h', '-?'].some(word => rest.includes(word))) {
    terminal.out(found.help)
    return 0
  }
  // A container's `activemq console` stays in the foreground.
  const args = verb === 'console' ? ['--foreground', ...rest] : rest
  return found.run({ ...terminal, args })
}

/** `--compat` is what a link named `activemq` does. */
function asCalled(terminal: Terminal): Terminal {
  const { args } = terminal
  const ends = args.indexOf('--')
  const at = args.indexOf('--compat')
  if (at < 0 || (ends >= 0 && at > ends)) return terminal
  return { ...terminal, args: args.toSpliced(at, 1), compat: true }
}

/** Other names of a verb. */
const ALIASES: Readonly<Record<string, string>> = {
  console: 'start',
  pub: 'producer',
  sub: 'consumer',
  backup: 'export',
}

function find(name: string): (() => Promise<Verb>) | null {
  const verb = Object.hasOwn(ALIASES, name) ? (ALIASES[name] ?? name) : name
  return Object.hasOwn(VERBS, verb) ? (VERBS[verb] ?? null) : null
}

async function help(terminal: Terminal, asked: string | undefined): Promise<number> {
  if (asked === undefined || ['help', 'version', '--help', '-h'].includes(asked)) {
    terminal.out(HELP)
    return 0
  }
  if (asked === 'exit-codes') {
    terminal.out(EXIT_CODES)
    return 0
  }
  const load = find(asked)
  if (load === null) return unknown(terminal, asked)
  terminal.out((await load()).help)
  return 0
}

/** One table for all verbs (management 5.5). */
const EXIT_CODES = `Exit codes of every verb

  0    done. Nothing matched is 0 for a list
  1    failed; also "no" as an answer, such as copies that differ
  2    a wrong call, or a configuration that cannot be honoured
  3    not running, or nothing answers at that address; 1 under the name activemq, for status
  4    login or role refused
  5    no such queue, connection, broker: a thing that was named
  6    refused by the state it is in: a passive, a pair out of sync, in use, not confirmed
  7    of several things some were done and some failed; each that failed is named
  8    took too long
  130, 143  ended by Ctrl-C or SIGTERM before it was done; a broker that was stopped so ends with 0
`

/** What other tools, ActiveMQ's script first of all, call a thing that a verb here does. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  run: 'start',
  check: 'validate',
  lint: 'validate',
  compare: 'diff',
  promote: 'pair promote',
  failover: 'pair handover',
  handover: 'pair handover',
  verify: 'pair verify',
  reinject: 'salvage reinject',
  dashboard: 'monitor',
  top: 'monitor',
  report: 'diag',
  diagnostics: 'diag',
  watch: 'monitor',
}

/** How a configuration is named: `tandemmq activemq.xml` lacks its verb. */
const CONFIGURATION = /^(?:xbean|broker|properties|file):|\.(?:xml|json|ya?ml)$/i

function unknown(terminal: Terminal, verb: string): number {
  const other = Object.hasOwn(ELSEWHERE, verb) ? ELSEWHERE[verb] : undefined
  const meant = CONFIGURATION.test(verb) ? `start ${verb}` : (other ?? suggest(verb, VERB_NAMES))
  const more = meant === null ? `\n\n${HELP}` : `; did you mean "${meant}"?\n\nAll verbs: tandemmq help\n`
  terminal.err(`tandemmq: unknown verb "${verb}"${more}`)
  return 2
}

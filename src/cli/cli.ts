/**
 * The command line: `tandemmq <verb> …`, one verb per file.
 *
 *   arguments ─► verb ─► exit code: 0 done · 1 failed · 2 a wrong call or a configuration that cannot be honoured
 *
 * Read: cli (verbs and help) · start (a broker in the foreground) · create (a new instance; create-files) · pair,
 * pair-verify, pair-check and pair-attach (state, promote, handover, are both copies the same, do two files make a pair?)
 * · demo (a live pair to try) · validate (a configuration before a start) · explain (a word of the vocabulary;
 * explain-file, explain-destination: a file) · schema (JSON Schema, XSD) · upgrade (rewrite an activemq.xml;
 * replace-file) · convert (another format) · diff (two of them compared) · store (check a data directory) · salvage,
 * reinject (what a pair had to cut off) · producer, consumer, migrate
 * (jms-arguments, broker-access, progress, migrate-feed).
 * Promises: stdout is for answers, stderr for the log; `--help` of a verb shows an example that works. A verb's code is
 * loaded when it is asked for, so that help and version answer at once (management TU-10).
 * Refuses: to guess. An unknown verb or option is an error that says what was probably meant, never a default.
 */
import { suggest } from '../base/suggest.ts'

/** The process, as far as a verb may touch it. */
export interface Terminal {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly version: string
  out(text: string): void
  err(text: string): void
  /** Calls `stop` at SIGTERM and SIGINT. */
  onStop(stop: () => void): void
}

const HELP = `TandemMQ runs your activemq.xml: a STOMP broker over a crash-safe journal.

Usage: tandemmq <verb> [options]

Run
  start    run a broker in the foreground
  create   make a new instance: configuration, users, data and start script
  demo     run a live pair on this machine, to try it

Configuration
  validate check a configuration, and say all that is wrong with it
  explain  say what a word of a configuration, or a file, means here
  schema   print what a configuration may say: JSON Schema or XSD
  upgrade  rewrite an activemq.xml: old names, mistakes, another version's words
  convert  write a configuration as JSON, YAML or XML
  diff     what differs in meaning between two configurations

Pair
  pair     a running pair: its state, who leads, are both copies the same;
           and check: do two files make one?
  salvage  list and send again what a pair had to cut off

Messages
  producer send messages over STOMP, as ActiveMQ's tool does (also: pub)
  consumer take messages over STOMP (also: sub)
  migrate  move queues from a running ActiveMQ, or TandemMQ, to another broker

Store
  store    check the journal of a data directory

  version  print the version
  help     print this text, or that of a verb: tandemmq help start

Example: tandemmq start xbean:file:conf/activemq.xml
`

interface Verb {
  readonly help: string
  run(terminal: Terminal): Promise<number>
}

/** Each in its group of the help above. */
const VERBS: Readonly<Record<string, () => Promise<Verb>>> = {
  start: () => import('./start.ts').then(({ START_HELP: help, start: run }) => ({ help, run })),
  create: () => import('./create.ts').then(({ CREATE_HELP: help, create: run }) => ({ help, run })),
  demo: () => import('./demo.ts').then(({ DEMO_HELP: help, demo: run }) => ({ help, run })),
  validate: () => import('./validate.ts').then(({ VALIDATE_HELP: help, validate: run }) => ({ help, run })),
  explain: () => import('./explain.ts').then(({ EXPLAIN_HELP: help, explain: run }) => ({ help, run })),
  schema: () => import('./schema.ts').then(({ SCHEMA_HELP: help, schema: run }) => ({ help, run })),
  upgrade: () => import('./upgrade.ts').then(({ UPGRADE_HELP: help, upgradeFiles: run }) => ({ help, run })),
  convert: () => import('./convert.ts').then(({ CONVERT_HELP: help, convert: run }) => ({ help, run })),
  diff: () => import('./diff.ts').then(({ DIFF_HELP: help, diff: run }) => ({ help, run })),
  pair: () => import('./pair.ts').then(({ PAIR_HELP: help, pair: run }) => ({ help, run })),
  producer: () => import('./producer.ts').then(({ PRODUCER_HELP: help, produce: run }) => ({ help, run })),
  consumer: () => import('./consumer.ts').then(({ CONSUMER_HELP: help, consume: run }) => ({ help, run })),
  migrate: () => import('./migrate.ts').then(({ MIGRATE_HELP: help, migrate: run }) => ({ help, run })),
  salvage: () => import('./salvage.ts').then(({ SALVAGE_HELP: help, salvage: run }) => ({ help, run })),
  store: () => import('./store.ts').then(({ STORE_HELP: help, store: run }) => ({ help, run })),
}

/** The names of all verbs, as the help must show them. */
export const VERB_NAMES: readonly string[] = [...Object.keys(VERBS), 'version', 'help']

/** Runs one call; answers the exit code. */
export async function main(terminal: Terminal): Promise<number> {
  const [verb = 'help', ...rest] = terminal.args
  if (verb === 'help' || verb === '--help' || verb === '-h') return help(terminal, rest[0])
  if (verb === 'version' || verb === '--version') {
    terminal.out(`TandemMQ ${terminal.version}\n`)
    return 0
  }
  const load = find(verb)
  if (load === null) return unknown(terminal, verb)
  const found = await load()
  if (rest.includes('--help') || rest.includes('-h')) {
    terminal.out(found.help)
    return 0
  }
  return found.run({ ...terminal, args: rest })
}

/** Other names of a verb. */
const ALIASES: Readonly<Record<string, string>> = { pub: 'producer', sub: 'consumer' }

function find(verb: string): (() => Promise<Verb>) | null {
  const name = Object.hasOwn(ALIASES, verb) ? (ALIASES[verb] ?? verb) : verb
  return Object.hasOwn(VERBS, name) ? (VERBS[name] ?? null) : null
}

async function help(terminal: Terminal, asked: string | undefined): Promise<number> {
  if (asked === undefined || asked === 'help' || asked === 'version') {
    terminal.out(HELP)
    return 0
  }
  const load = find(asked)
  if (load === null) return unknown(terminal, asked)
  terminal.out((await load()).help)
  return 0
}

/** What other tools, ActiveMQ's script first of all, call a thing that a verb here does. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  run: 'start',
  console: 'start',
  check: 'validate',
  lint: 'validate',
  compare: 'diff',
  status: 'pair status',
  promote: 'pair promote',
  failover: 'pair handover',
  handover: 'pair handover',
  verify: 'pair verify',
  reinject: 'salvage reinject',
}

/** How a configuration is named: `tandemmq activemq.xml` lacks its verb. */
const CONFIGURATION = /^(?:xbean|broker|properties|file):|\.(?:xml|json|ya?ml)$/i

function unknown(terminal: Terminal, verb: string): number {
  if (verb === 'stop' || verb === 'restart') {
    terminal.err(
      `tandemmq: there is no verb "${verb}": a broker runs in the foreground and ends with Ctrl-C or SIGTERM\n`,
    )
    return 2
  }
  const other = Object.hasOwn(ELSEWHERE, verb) ? ELSEWHERE[verb] : undefined
  const meant = CONFIGURATION.test(verb) ? `start ${verb}` : (other ?? suggest(verb, VERB_NAMES))
  const hint = meant === null ? '' : `; did you mean "${meant}"?`
  terminal.err(`tandemmq: unknown verb "${verb}"${hint}\n\n${HELP}`)
  return 2
}

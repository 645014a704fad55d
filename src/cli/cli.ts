/**
 * The command line: `tandemmq <verb> …`, one verb per file.
 *
 *   arguments ─► verb ─► exit code: 0 done · 1 failed · 2 a wrong call or a configuration that cannot be honoured
 *
 * Read: cli (verbs and help) · start (a broker in the foreground) · pair and pair-verify (state, promote, handover, are
 * both copies the same?) · demo (a live pair to try) · explain (a word of the vocabulary; explain-file: a file) · schema
 * (JSON Schema, XSD) · convert, diff (a configuration in another format, two of them compared) · store (check a data
 * directory) · salvage, reinject (what a pair had to cut off) · stomp-client.
 * Promises: stdout is for answers, stderr for the log; `--help` of a verb shows an example that works.
 * Refuses: to guess. An unknown verb or option is an error with the help text, never a default.
 */
import { convert, CONVERT_HELP } from './convert.ts'
import { demo, DEMO_HELP } from './demo.ts'
import { diff, DIFF_HELP } from './diff.ts'
import { explain, EXPLAIN_HELP } from './explain.ts'
import { pair, PAIR_HELP } from './pair.ts'
import { salvage, SALVAGE_HELP } from './salvage.ts'
import { schema, SCHEMA_HELP } from './schema.ts'
import { start, START_HELP } from './start.ts'
import { store, STORE_HELP } from './store.ts'

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

  start    run a broker in the foreground
  pair     look at a running pair, change who leads, compare both copies
  demo     run a live pair on this machine, to try it
  convert  write a configuration as JSON, YAML or XML
  diff     what differs in meaning between two configurations
  explain  say what a word of a configuration, or a file, means here
  schema   print what a configuration may say: JSON Schema or XSD
  store    check the journal of a data directory
  salvage  list and send again what a pair had to cut off
  version  print the version
  help     print this text, or that of a verb: tandemmq help start

Example: tandemmq start xbean:file:conf/activemq.xml
`

const VERBS: Readonly<Record<string, { readonly help: string; run(terminal: Terminal): Promise<number> }>> = {
  start: { help: START_HELP, run: start },
  pair: { help: PAIR_HELP, run: pair },
  demo: { help: DEMO_HELP, run: demo },
  convert: { help: CONVERT_HELP, run: convert },
  diff: { help: DIFF_HELP, run: diff },
  explain: { help: EXPLAIN_HELP, run: explain },
  schema: { help: SCHEMA_HELP, run: schema },
  store: { help: STORE_HELP, run: store },
  salvage: { help: SALVAGE_HELP, run: salvage },
}

/** Runs one call; answers the exit code. */
export async function main(terminal: Terminal): Promise<number> {
  const [verb = 'help', ...rest] = terminal.args
  if (verb === 'help' || verb === '--help' || verb === '-h') {
    const asked = VERBS[rest[0] ?? '']
    terminal.out(asked === undefined ? HELP : asked.help)
    return 0
  }
  if (verb === 'version' || verb === '--version') {
    terminal.out(`TandemMQ ${terminal.version}\n`)
    return 0
  }
  const found = VERBS[verb]
  if (found === undefined) {
    terminal.err(`tandemmq: unknown verb "${verb}"\n\n${HELP}`)
    return 2
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    terminal.out(found.help)
    return 0
  }
  return found.run({ ...terminal, args: rest })
}

import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { TandemError } from '../base/errors.ts'
import { readOnlyDisk, verifyJournal } from '../journal/journal.ts'
import { describeError } from '../server/server.ts'
import { type OfflineStore, type StoredDestination } from '../store/store.ts'
import { UsageError, readArguments, type Options } from './arguments.ts'
import type { Terminal } from './cli.ts'
import { WrongPlace, type NamedStore } from './data-directory.ts'
import { EXPORT_VERSION, definitionsOf, exportOrder, exported, scheduledIn } from './export-format.ts'
import { Sink } from './export-sink.ts'
import { globMatches } from './glob.ts'
import { wholeNumber } from './jms-arguments.ts'
import { openOffline } from './offline-store.ts'
import { Progress, grouped } from './progress.ts'
import { wrongCall } from './wrong-call.ts'

export const EXPORT_HELP = `Usage: tandemmq export DIRECTORY|XML --file FILE [--queues A,B] [options]

Writes what a stopped broker holds as lines of JSON: the messages of queues, durable subscriptions with what they have
collected, and scheduled messages. The broker is named by its data directory or the activemq.xml that names that. Changes
nothing there, and verifies every record before it writes one. "tandemmq import" sends it to a broker. Also called "backup".

  --file FILE       where to; "-" is stdout, a name that ends with .gz is compressed. Only you can read it
  --queues A,B      only these, by name, with * and ?; else all
  --offset N, --count N   of each queue without its first N messages, and at most so many
  --force           overwrites FILE
  -Dname=value      a property of the activemq.xml, as its start has it; those of ACTIVEMQ_OPTS count too
  --quiet           says nothing on stderr when it goes well
  --config, --filename, --queue   are other names of the argument, --file and --queues, as in ActiveMQ

Exit code 0 done, 1 failed, 2 a wrong call, 6 a broker is running on it.

Example: tandemmq export conf/activemq.xml --file messages.jsonl.gz
`

const text = { type: 'string' } as const
const flag = { type: 'boolean' } as const
const OPTIONS: Options = {
  file: text,
  filename: text,
  config: text,
  queues: text,
  queue: text,
  offset: text,
  count: text,
  force: flag,
  quiet: flag,
}

interface Call {
  readonly source: NamedStore
  /** Null: stdout. */
  readonly file: string | null
  /** Names and patterns; null: all. */
  readonly wanted: readonly string[] | null
  readonly offset: number
  readonly count: number
  readonly quiet: boolean
}

/** Verb `export` (management CT-10, TC-05). */
export async function exportStore(terminal: Terminal): Promise<number> {
  try {
    return await run(terminal, parse(terminal))
  } catch (error) {
    if (error instanceof UsageError || error instanceof WrongPlace) {
      wrongCall(terminal, 'export', EXPORT_HELP, error.message)
      return 2
    }
    terminal.err(`tandemmq export: ${describeError(error)}\n`)
    return error instanceof TandemError && error.code === 'JOURNAL_LOCKED' ? 6 : 1
  }
}

function parse({ args, cwd }: Terminal): Call {
  const given = readArguments(args, OPTIONS)
  const { values, flags, rest, properties } = given
  const sources = [...rest, ...(values.has('config') ? [values.get('config')!] : [])]
  const [source] = sources
  if (source === undefined || sources.length > 1) throw new UsageError('name one data directory or activemq.xml')
  const named = values.get('file') ?? values.get('filename')
  if (named === undefined) throw new UsageError('say where to: --file FILE, or --file - for stdout')
  const file = named === '-' ? null : resolve(cwd, named)
  if (file !== null && existsSync(file) && !flags.has('force'))
    throw new UsageError(`${named} exists; --force overwrites it`)
  return {
    source: { named: source, properties },
    file,
    wanted: (values.get('queues') ?? values.get('queue'))?.split(',') ?? null,
    offset: wholeNumber(given, 'offset', 0),
    count: wholeNumber(given, 'count', Infinity),
    quiet: flags.has('quiet'),
  }
}

async function run(terminal: Terminal, call: Call): Promise<number> {
  const { store, journal, close } = await openOffline(call.source, terminal)
  try {
    // A journal has a first record.
    if (store.state.applied === 0) throw new WrongPlace(`${journal} holds no journal`)
    await verified(journal)
  } catch (error) {
    await close()
    throw error
  }
  const sink = new Sink(terminal, call.file)
  const counts = { messages: 0, destinations: 0 }
  const progress = new Progress(
    terminal.err,
    () => `${grouped(counts.messages)} of ${grouped(store.state.messages)} messages`,
    !call.quiet,
  )
  try {
    const wanted = exportOrder(store.state).filter(at => isWanted(at, call.wanted))
    await sink.line({
      tandemmqExport: EXPORT_VERSION,
      id: randomUUID(),
      exported: new Date().toISOString(),
      position: store.state.applied,
      scheduled: scheduledIn(wanted),
    })
    for (const line of definitionsOf(wanted)) await sink.line(line)
    for (const at of wanted) {
      counts.destinations++
      await writeDestination(store, at, call, sink, counts)
    }
    await sink.line({ end: true, messages: counts.messages })
    await sink.end()
    progress.end()
    if (!call.quiet) terminal.err(`${counts.messages} messages of ${counts.destinations} destinations exported\n`)
    return 0
  } catch (error) {
    sink.giveUp()
    throw error
  } finally {
    progress.end()
    await close()
  }
}

/** A start reads from the newest snapshot on. Damage before it would leave here as somebody's message. */
async function verified(journal: string): Promise<void> {
  const { damage } = await verifyJournal(readOnlyDisk, journal)
  if (damage?.kind !== 'corrupt') return
  throw new TandemError('JOURNAL_CORRUPT', `${damage.file} at byte ${damage.offset}: ${damage.what}`, {
    hint: 'Nothing was written. "tandemmq store salvage DIRECTORY --to FILE" exports what is still whole, and names the rest.',
  })
}

const isWanted = ({ name }: StoredDestination, wanted: readonly string[] | null): boolean =>
  wanted === null || wanted.some(each => globMatches(each.trim().replace(/^queue:\/\//, ''), name))

async function writeDestination(
  store: OfflineStore,
  at: StoredDestination,
  { offset, count }: Call,
  sink: Sink,
  counts: { messages: number },
): Promise<void> {
  let number = 0
  for await (const message of store.messages(at)) {
    if (number++ < offset) continue
    if (number > offset + count) return
    await sink.line(exported(at, message, store.state.schedule.get(message.key) ?? null))
    counts.messages++
  }
}

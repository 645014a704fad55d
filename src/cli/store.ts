import { existsSync } from 'node:fs'
import { TandemError } from '../base/errors.ts'
import { readOnlyDisk, verifyJournal } from '../journal/journal.ts'
import { describeError } from '../server/server.ts'
import { UsageError, readArguments, unknownAction, type Arguments, type Options } from './arguments.ts'
import type { Terminal } from './cli.ts'
import { WrongPlace, dataDirectory, journalOf, type NamedStore } from './data-directory.ts'
import { wholeNumber } from './jms-arguments.ts'
import { storeDump } from './store-dump.ts'
import { storeInfo } from './store-info.ts'
import { salvageOptions, storeSalvage } from './store-salvage.ts'
import { wrongCall } from './wrong-call.ts'

export const STORE_HELP = `Usage: tandemmq store check DIRECTORY|XML [--json]
       tandemmq store info  DIRECTORY|XML [--json]
       tandemmq store dump  DIRECTORY|XML [options]
       tandemmq store salvage DIRECTORY|XML --to FILE [--certain] [--force] [--json]

Reads the data directory of a stopped broker, by its path or by the activemq.xml that names it, and changes nothing in it.

  check      every record, and the chain of their checksums: 0 when the journal is whole, 1 when it is damaged (file and
             byte are named)
  info       what a start would find: position, destinations and their messages, and for each segment which of their
             messages keep it on the disk
  dump       every record as a line of JSON, oldest first: lsn, type, epoch, destination; of a message its id, and whether it
             is still there
    --type A,B          only these types, such as messageAdded,messageRemoved
    --destination NAME  only about this one: queue://orders, or its name; with * and ?
    --id MESSAGE-ID     only the message with this id
    --from N, --to N    only positions from N on, and before N
    --headers           the headers of messages too
    --bodies            and their bodies: a text as "body", bytes as "bodyBase64"
  salvage    when a start refuses the journal because it is damaged, and no twin has the store: the messages that can still
             be read, as "export" writes them, for "tandemmq import FILE --to stomp://HOST:61613". Each hole is named: its file,
             first and last byte, what it may have held. What a hole behind it may have removed is marked "doubtful"
    --to FILE           where to; a name that ends with .gz is compressed. Only you can read it
    --certain           without the doubtful ones: what may have been consumed is not sent twice, but may be lost
    --force             overwrites FILE

  -Dname=value          a property of the activemq.xml, as its start has it; those of ACTIVEMQ_OPTS count too
  --json                for scripts

Exit code 0 done, 1 damaged or unreadable (salvage: FILE is written all the same), 2 a wrong call, 6 a broker is running on it
(info, dump, salvage).

Examples:
  tandemmq store check /var/lib/broker/kahadb
  tandemmq store dump conf/activemq.xml --destination orders --type messageAdded
  tandemmq store salvage /var/lib/broker/kahadb --to salvaged.jsonl.gz
`

const text = { type: 'string' } as const
const flag = { type: 'boolean' } as const
const ACTIONS: Readonly<Record<string, Options>> = {
  check: { json: flag },
  info: { json: flag },
  dump: { json: flag, type: text, destination: text, id: text, from: text, to: text, headers: flag, bodies: flag },
  salvage: { json: flag, to: text, certain: flag, force: flag },
}

/** Verb `store`. */
export async function store(terminal: Terminal): Promise<number> {
  try {
    const [action = '', ...args] = terminal.args
    const options = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined
    if (options === undefined) throw new UsageError(unknownAction(terminal.args[0], Object.keys(ACTIONS)))
    const given = readArguments(args, options)
    const [named, ...more] = given.rest
    if (named === undefined || more.length > 0) throw new UsageError('name one data directory')
    return await act(terminal, action, { named, properties: given.properties }, given)
  } catch (error) {
    if (error instanceof UsageError) wrongCall(terminal, 'store', STORE_HELP, error.message)
    else terminal.err(`tandemmq store: ${describeError(error)}\n`)
    if (error instanceof TandemError && error.code === 'JOURNAL_LOCKED') return 6
    return error instanceof UsageError || error instanceof WrongPlace ? 2 : 1
  }
}

async function act(terminal: Terminal, action: string, named: NamedStore, given: Arguments): Promise<number> {
  const { flags, values } = given
  if (action === 'check') return await check(terminal, named, flags.has('json'))
  if (action === 'info') return await storeInfo(terminal, named, flags.has('json'))
  if (action === 'salvage') return await storeSalvage(terminal, named, salvageOptions(terminal, given))
  return await storeDump(terminal, named, {
    headers: flags.has('headers'),
    bodies: flags.has('bodies'),
    types: values.get('type')?.split(',') ?? null,
    destination: values.get('destination') ?? null,
    id: values.get('id') ?? null,
    from: wholeNumber(given, 'from', 0),
    to: wholeNumber(given, 'to', Infinity),
  })
}

async function check(terminal: Terminal, named: NamedStore, json: boolean): Promise<number> {
  const journal = await journalOf(await dataDirectory(named, terminal))
  if (!existsSync(journal)) throw new WrongPlace(`${journal} does not exist`)
  const result = await verifyJournal(readOnlyDisk, journal)
  terminal.out(json ? `${asJson(result)}\n` : describe(journal, result))
  return result.damage === undefined ? 0 : 1
}

type Result = Awaited<ReturnType<typeof verifyJournal>>

/** What a script reads; the counts by record type. */
const asJson = (result: Result): string => JSON.stringify({ ...result, counts: Object.fromEntries(result.counts) })

function describe(directory: string, result: Result): string {
  const { segments, bytes, records, gaps, damage } = result
  const lines = [`${directory}: ${records} records in ${segments} segments, ${bytes} bytes`]
  for (const [name, count] of result.counts) lines.push(`  ${name}: ${count}`)
  for (const { from, to } of gaps) lines.push(`${from} to ${to}: no file; spent segments that a snapshot stands for`)
  if (damage === undefined) lines.push('every record verifies')
  else {
    const torn = 'an unfinished last write, which a start cuts off'
    const what = damage.kind === 'torn' ? torn : 'damage: a start refuses it'
    lines.push(`${damage.file} at byte ${damage.offset}: ${damage.what} (${what})`)
  }
  return `${lines.join('\n')}\n`
}

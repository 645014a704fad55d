import { existsSync } from 'node:fs'
import { diskFiles, verifyJournal } from '../journal/journal.ts'
import { describeError } from '../server/server.ts'
import { unknownAction } from './arguments.ts'
import type { Terminal } from './cli.ts'
import { journalOf } from './data-directory.ts'

export const STORE_HELP = `Usage: tandemmq store check DIRECTORY [--json]

Reads every record of the journal in DIRECTORY and verifies its chain of checksums. Changes nothing; the broker must be
stopped. Exit code 0 when the journal is whole, 1 when it is damaged (file and byte are named), 2 on a wrong call.

Example: tandemmq store check /var/lib/broker/kahadb
`

/** Verb `store`. */
export async function store(terminal: Terminal): Promise<number> {
  const json = terminal.args.includes('--json')
  const [action, directory, ...more] = terminal.args.filter(arg => arg !== '--json')
  if (action !== 'check' || directory === undefined || more.length > 0) {
    const wrong = action === 'check' ? 'name one data directory' : unknownAction(action, ['check'])
    terminal.err(`tandemmq store: ${wrong}\n\n${STORE_HELP}`)
    return 2
  }
  if (!existsSync(directory)) {
    terminal.err(`tandemmq store: ${directory} does not exist\n`)
    return 2
  }
  try {
    const journal = await journalOf(directory)
    const result = await verifyJournal(diskFiles, journal)
    if (json) terminal.out(`${asJson(result)}\n`)
    else terminal.out(describe(journal, result))
    return result.damage === undefined ? 0 : 1
  } catch (error) {
    terminal.err(`tandemmq store: ${describeError(error)}\n`)
    return 1
  }
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

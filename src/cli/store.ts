import { diskFiles, verifyJournal } from '../journal/journal.ts'
import { describeError } from '../server/server.ts'
import type { Terminal } from './cli.ts'

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
    terminal.err(STORE_HELP)
    return 2
  }
  try {
    const result = await verifyJournal(diskFiles, directory)
    if (json) terminal.out(`${JSON.stringify(result)}\n`)
    else terminal.out(describe(result))
    return result.damage === undefined ? 0 : 1
  } catch (error) {
    terminal.err(`tandemmq store: ${describeError(error)}\n`)
    return 1
  }
}

function describe(result: Awaited<ReturnType<typeof verifyJournal>>): string {
  return `${JSON.stringify(result, null, 2)}\n`
}

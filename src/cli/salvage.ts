import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { messageOf } from '../base/errors.ts'
import { NOBODY, StompConnection, parseAddress, type Address, type Login } from '../client/client.ts'
import { diskFiles } from '../journal/journal.ts'
import { describeError } from '../server/server.ts'
import { listSalvage, readListing, type Salvage, type TailListing } from '../twin/twin.ts'
import { UsageError, readArguments, unknownAction } from './arguments.ts'
import type { Terminal } from './cli.ts'
import { WrongPlace, dataDirectory } from './data-directory.ts'
import { reinject, type Reinjected } from './reinject.ts'
import { wrongCall } from './wrong-call.ts'

export const SALVAGE_HELP = `Usage: tandemmq salvage list DIRECTORY|XML [-Dname=value]… [--json]
       tandemmq salvage reinject SALVAGE-DIRECTORY --to stomp://HOST:PORT [--login NAME --passcode WORD] [--destination D]

What a node of a pair had to cut off its journal is exported first, to salvage-… in its data directory.

  list       shows what was exported, when and why; listing.json in each directory names every message
  reinject   sends the messages of one export again, in order, each with a receipt, to where they were or to
             --destination; without those that were consumed in the same export. Called again, it goes on where it
             stopped: what was receipted is not sent twice. Each message carries its old id in tandemmq-salvaged-id

  -Dname=value  list: a property of the activemq.xml, as its start has it
  --to       also ssl:// and stomp+ssl://; trust further certificates with NODE_EXTRA_CA_CERTS
  --passcode better given in the environment: TANDEMMQ_PASSCODE

Exit code 0 when done, 1 when something could not be read or sent, 2 on a wrong call.

Example: tandemmq salvage reinject /var/lib/broker/kahadb/salvage-20260131T235959Z --to stomp://broker-a:61613
`

/** Verb `salvage`. */
export async function salvage(terminal: Terminal): Promise<number> {
  const [action, ...args] = terminal.args
  try {
    if (action === 'list') return await list(terminal, args)
    if (action === 'reinject') return await sendAgain(terminal, args)
    throw new UsageError(unknownAction(action, ['list', 'reinject']))
  } catch (error) {
    if (!(error instanceof WrongPlace || error instanceof UsageError)) {
      terminal.err(`tandemmq salvage: ${describeError(error)}\n`)
      return 1
    }
    wrongCall(terminal, 'salvage', SALVAGE_HELP, error.message)
    return 2
  }
}

async function list(terminal: Terminal, args: readonly string[]): Promise<number> {
  const { flags, rest, properties } = readArguments(args, { json: { type: 'boolean' } })
  const [named, ...more] = rest
  if (named === undefined || more.length > 0) throw new UsageError('name one data directory or activemq.xml')
  const directory = await dataDirectory({ named, properties }, terminal)
  const found = await listSalvage(diskFiles, directory)
  if (flags.has('json')) {
    terminal.out(`${JSON.stringify(found.map(one => asJson(directory, one)))}\n`)
  } else if (found.length === 0) terminal.out(`${directory}: nothing was salvaged\n`)
  else for (const one of found) terminal.out(describe(directory, one))
  return 0
}

/** Without the messages: they may be many, and are in listing.json. */
function asJson(directory: string, { name, kind, listing }: Salvage): object {
  const { messages: _, ...rest } = (listing ?? {}) as Partial<TailListing>
  return { directory: `${directory}/${name}`, ...rest, kind }
}

function describe(directory: string, { name, kind, listing }: Salvage): string {
  const path = `${directory}/${name}`
  if (listing === null) return `${path}\n  unfinished: a crash interrupted it; nothing was removed for it\n`
  const { from, to, exported, why, receipted } = listing
  const lines = [path, `  ${exported}: ${why}`, `  positions ${from} to ${to}`]
  if (kind === 'tail') {
    const { counts } = listing as TailListing
    lines.push(
      `  ${counts.messages} messages (${counts.persistent} persistent), of which ${counts.removed} were consumed; ` +
        `${counts.acknowledgements} acknowledgements of older messages`,
    )
    if (receipted === true) lines.push('  may hold messages that were acknowledged to their producers')
  } else lines.push('  a whole journal; "tandemmq store check" reads it')
  return `${lines.join('\n')}\n`
}

interface Call {
  readonly directory: string
  readonly target: Address
  readonly login: Login
  readonly destination: string | null
}

function parseReinject({ env, cwd }: Terminal, args: readonly string[]): Call {
  const text = { type: 'string' } as const
  const { values, rest } = readArguments(args, { to: text, login: text, passcode: text, destination: text })
  const [named, ...more] = rest
  if (named === undefined || more.length > 0) throw new UsageError('name one salvage directory')
  const [to, destination] = [values.get('to'), values.get('destination')]
  if (to === undefined) throw new UsageError('name the broker: --to stomp://HOST:PORT')
  const target = address(to)
  if (destination !== undefined && !/^\/(queue|topic)\/./.test(destination))
    throw new UsageError(`--destination ${destination} is no destination like /queue/NAME`)
  const directory = resolve(cwd, named)
  if (!existsSync(directory)) throw new WrongPlace(`${named} does not exist`)
  const passcode = values.get('passcode') ?? env['TANDEMMQ_PASSCODE'] ?? null
  const login = { ...NOBODY, login: values.get('login') ?? null, passcode }
  return { directory, target, login, destination: destination ?? null }
}

function address(to: string): Address {
  try {
    return parseAddress(to)
  } catch (error) {
    throw new UsageError(`--to ${messageOf(error)}`)
  }
}

async function sendAgain(terminal: Terminal, args: readonly string[]): Promise<number> {
  const { directory, target, login: who, destination } = parseReinject(terminal, args)
  if (!existsSync(`${directory}/listing.json`))
    throw new WrongPlace(`${directory} is no finished salvage directory: it has no listing.json`)
  const listing = await readListing(diskFiles, directory)
  if (listing.kind !== 'tail')
    throw new WrongPlace(`${directory} is a whole journal, of which the twin has most; only exported tails are sent`)
  const counts: Reinjected = { sent: 0, already: 0, skipped: 0 }
  const client = await StompConnection.connect(target, who)
  try {
    await reinject(diskFiles, directory, listing as TailListing, { destination, client }, counts)
    return 0
  } finally {
    await client.close()
    terminal.out(tell(counts, listing as TailListing))
  }
}

function tell({ sent, already, skipped }: Reinjected, { counts }: TailListing): string {
  const lines = [`${sent} messages sent and receipted`]
  if (already > 0) lines.push(`${already} were sent before`)
  if (counts.removed > 0) lines.push(`${counts.removed} had been consumed and were not sent`)
  if (skipped > 0) lines.push(`${skipped} belonged to temporary or unknown destinations; --destination sends them too`)
  return `${lines.join('; ')}\n`
}

import { AdminError, type NodeClient, type NodeReport } from '../admin/admin.ts'
import { readArguments, UsageError, type Arguments, type Options } from './arguments.ts'
import type { Terminal } from './cli.ts'
import { CONNECTION_OPTIONS, connection } from './connection.ts'
import { failure } from './failure.ts'

/** One call of a verb that asks a running node. */
export interface NodeCall {
  readonly terminal: Terminal
  readonly given: Arguments
  /** The node that is asked: of several the active, when there is one. */
  readonly client: NodeClient
}

/** A verb, for the errors that it answers with. */
export interface Asking {
  readonly verb: string
  readonly help: string
  readonly options: Options
}

/** The options of a verb that changes something. */
export const CHANGE_OPTIONS: Options = {
  'no-follow': { type: 'boolean' },
  yes: { type: 'boolean' },
  'dry-run': { type: 'boolean' },
}

/** Their lines in the help of a verb. */
export const CHANGE_HELP = `  --yes               does not ask first; without a terminal nothing is removed unless it is given
  --dry-run           says what would be done, and how much of it, and does nothing
  --no-follow         does not go on to the active when the node is the passive
`

/** Is JSON asked for, as far as a call that may be wrong lets one see? Then errors are JSON too. */
export const asksJson = (args: readonly string[]): boolean =>
  /(^| )(--json|(-o|--output)[= ]?jsonl?)( |$)/.test(args.join(' '))

/** Reads the arguments, finds the node and runs; whatever goes wrong becomes a sentence and an exit code. */
export async function askNode(
  terminal: Terminal,
  { verb, help, options }: Asking,
  run: (call: NodeCall) => Promise<number>,
): Promise<number> {
  const { args } = terminal
  const json = asksJson(args)
  try {
    const given = readArguments(args, { ...CONNECTION_OPTIONS, ...options })
    // What changes much takes its time.
    const { clients } = await connection(terminal, given, [], 'yes' in options ? 60_000 : 5000)
    return await run({ terminal, given, client: await oneOf(clients) })
  } catch (error) {
    return failure(terminal, verb, help, json, error)
  }
}

/** Of the nodes of a pair the one that leads, else the first that answers. One alone is not asked beforehand. */
async function oneOf(clients: readonly [NodeClient, ...NodeClient[]]): Promise<NodeClient> {
  if (clients.length === 1) return clients[0]
  const reports = await Promise.allSettled(clients.map(client => client.pair()))
  const leads = reports.findIndex(found => found.status === 'fulfilled' && found.value.role === 'active')
  const answers = reports.findIndex(found => found.status === 'fulfilled')
  return clients[Math.max(leads, leads < 0 ? answers : leads, 0)] ?? clients[0]
}

/** The same call to the node that may change something: the active, of which a passive tells (management TU-04). */
export async function ofActive(call: NodeCall): Promise<NodeCall> {
  const { client, terminal, given } = call
  let report: NodeReport
  try {
    report = await client.pair()
  } catch (error) {
    // An ActiveMQ knows no pair; a login that may not look may still be one that may act.
    if (error instanceof AdminError && (error.kind === 'unknown' || error.kind === 'refused')) return call
    throw error
  }
  if (report.role === 'active') return call
  const twin = given.flags.has('no-follow') ? null : client.twin(report)
  if (twin === null)
    throw new AdminError('state', `${client.url} is the passive: it changes nothing`, { hint: 'ask its active' })
  terminal.err(`INFO: ${client.url} is the passive; its active at ${twin.url} is asked\n`)
  return { ...call, client: twin }
}

/**
 * Lets whoever sits at the terminal decide (management TU-05). Throws AdminError `state` when the answer is no, or when
 * nobody is there to ask. ActiveMQ's own command never asks.
 */
export async function confirm({ terminal, given }: NodeCall, question: string): Promise<void> {
  if (given.flags.has('yes') || terminal.compat === true) return
  if (terminal.ask === undefined)
    throw new AdminError('state', `not confirmed: ${question}`, { hint: 'add --yes to do it' })
  const answer = await terminal.ask(`${question} [y/N] `)
  if (!/^y(es)?$/i.test(answer.trim())) throw new AdminError('state', 'not confirmed: nothing was changed')
}

/** With --dry-run says what would be done, and answers false; else as `confirm`. */
export async function agreed(call: NodeCall, verb: string, what: string): Promise<boolean> {
  if (call.given.flags.has('dry-run')) {
    call.terminal.out(`would ${verb} ${what}\n`)
    return false
  }
  await confirm(call, `${verb} ${what} at ${call.client.url}?`)
  return true
}

/** Exactly so many words behind the verb, by what they are. Throws UsageError. */
export function wordsOf({ given: { rest } }: NodeCall, ...names: readonly string[]): readonly string[] {
  if (rest.length < names.length) throw new UsageError(`name the ${names[rest.length]}`)
  if (rest.length > names.length) throw new UsageError(`"${rest[names.length]}" is one word too many`)
  return rest
}

import { readArguments, unknownAction, UsageError, type Arguments } from './arguments.ts'
import type { Terminal } from './cli.ts'
import { CONNECTION_OPTIONS, connection } from './connection.ts'
import { durationMs } from './duration.ts'
import { failure } from './failure.ts'
import { handover, promote } from './pair-change.ts'
import { asksJson } from './node-call.ts'
import { status } from './pair-status.ts'
import { verifyNodes } from './pair-verify-online.ts'
import { OBJECT_OPTIONS } from './rows.ts'
import { repeated, WATCH_OPTIONS } from './watch.ts'

export const PAIR_HELP = `Usage: tandemmq pair status   [URL…] [--json | -o wide|json|jsonl|yaml] [--watch=2s]
       tandemmq pair promote  [URL] [--force [--yes-epoch=N]] [--timeout=SECONDS] [--json]
       tandemmq pair handover [URL] [--timeout=SECONDS] [--json]
       tandemmq pair verify   [URL [URL] | DIRECTORY|XML DIRECTORY|XML]
                              [-Dname=value]… [--json]
       tandemmq pair check    ACTIVE PASSIVE [-Dname=value]… [--json]
                              [--active-property name=value]… [--passive-property name=value]…

Looks at a running pair, changes who leads, and looks at two files before they run. URL is a node's HTTP interface
(without it as for "tandemmq help status"); the twin's is learned from it. Exit code 0 when done, in sync, equal or a working pair;
1 when they differ or it failed; 2 on a wrong call; 3 when no node answers; 6 when the pair is not in sync, or a change
was refused; 8 when it took too long: "tandemmq help exit-codes".

  status    both nodes: role, state, how far the passive is behind
  promote   this node shall lead: for a passive whose active is gone, or an active that waits for its twin. Refused while
            the other answers. What the other acknowledged alone is not in this copy; it comes back with the other, as
            salvage
  handover  the active gives the lead to its passive, without losing or repeating anything; clients reconnect
  verify    compares the journals of both nodes byte by byte, as far as both committed; or two data directories of
            stopped brokers. A node gives its journal to its own machine only; where that is not this one, a call with
            one URL has the two compare over their own link. Running nodes remember what was found until they stop
  check     do two activemq.xml files make a working pair? Nothing is started: addresses, logins and certificates are
            tried as the brokers would, in both directions, and what clients would notice after a take-over is said

  -Dname=value        check, and verify of two activemq.xml: a property for both files
  --active-property, --passive-property
                      check: a property for one of them, as its start will have it

  --force   promote even if the other node answers. Stop the other first: two actives part ways. A terminal asks for the
            epoch, which "pair status" shows; --yes-epoch=N says it beforehand, and is refused when it is another by now
  --timeout promote, handover: how long to wait until it is done (default 30s)
  --json    for scripts; status takes -o yaml too, and -o wide: with the process of each node
  --url, --context, --user, --password, --password-file    see "tandemmq help status"

Examples: tandemmq pair status
          tandemmq pair handover http://127.0.0.1:8161
          tandemmq pair verify http://127.0.0.1:8161 http://127.0.0.1:8162
          tandemmq pair verify /var/lib/active/kahadb /var/lib/passive/kahadb
          tandemmq pair check fixtures/pair/active.xml fixtures/pair/passive.xml
`

const ACTIONS = ['status', 'promote', 'handover', 'verify', 'check'] as const
type Action = Exclude<(typeof ACTIONS)[number], 'check'>

const OPTIONS = {
  ...CONNECTION_OPTIONS,
  ...WATCH_OPTIONS,
  ...OBJECT_OPTIONS,
  force: { type: 'boolean' },
  'yes-epoch': { type: 'string' },
} as const

interface Call {
  readonly action: Action
  readonly given: Arguments
  readonly json: boolean
  /** ms until a change must be done. */
  readonly timeoutMs: number
}

/** Verb `pair`. */
export async function pair(terminal: Terminal): Promise<number> {
  const { args } = terminal
  const wanted = args[0] ?? ''
  const shown = ACTIONS.some(action => action === wanted) ? `pair ${wanted}` : 'pair'
  try {
    if (wanted === 'check') return await check(terminal)
    return await run(terminal, parse(args))
  } catch (error) {
    return failure(terminal, shown, PAIR_HELP, asksJson(args), error)
  }
}

async function run(terminal: Terminal, { action, given, json, timeoutMs }: Call): Promise<number> {
  const places = given.rest
  if (action === 'verify' && places.length > 0 && places.every(place => !looksLikeUrl(place))) {
    const [a, b] = places
    if (a === undefined || b === undefined) throw new UsageError('verify compares two directories')
    const { verifyDirectories } = await import('./pair-verify.ts')
    const { properties } = given
    return verifyDirectories(terminal, { named: a, properties }, { named: b, properties }, json)
  }
  const { clients } = await connection(terminal, given, places)
  if (action === 'status') return repeated(terminal, given, to => status(to, clients, given))
  if (action === 'verify') return verifyNodes(terminal, clients, json)
  const epoch = given.values.has('yes-epoch') ? Number(given.values.get('yes-epoch')) : null
  const change = { client: clients[0], force: given.flags.has('force'), epoch, json, timeoutMs }
  return (action === 'promote' ? promote : handover)(terminal, change)
}

async function check(terminal: Terminal): Promise<number> {
  // What it needs takes longer to load than `status` takes.
  const { checkPair } = await import('./pair-check.ts')
  return checkPair(terminal, terminal.args.slice(1))
}

/** As opposed to a directory: it says http, or host:port. */
const looksLikeUrl = (text: string): boolean => /^https?:\/\/|^(\[[0-9a-f:.]+\]|[\w.-]+):\d+$/i.test(text)

function parse(args: readonly string[]): Call {
  const [word, ...rest] = args
  const action = ACTIONS.find(name => name === word)
  if (action === undefined || action === 'check') throw new UsageError(unknownAction(word, ACTIONS))
  const given = readArguments(rest, OPTIONS)
  const changes = action === 'promote' || action === 'handover'
  for (const option of ['force', 'yes-epoch'])
    if ((given.flags.has(option) || given.values.has(option)) && action !== 'promote')
      throw new UsageError(`${action} takes no --${option}`)
  if (given.values.has('output') && action !== 'status') throw new UsageError(`${action} takes no -o; it has --json`)
  if (given.values.has('watch') && action !== 'status') throw new UsageError(`${action} takes no --watch`)
  const most = changes ? 1 : 2
  if (given.rest.length > most) throw new UsageError(`${action} takes at most ${most === 1 ? 'one URL' : 'two places'}`)
  const timeoutMs = durationMs('--timeout', given.values.get('timeout') ?? '30')
  if (!changes) return { action, given, json: given.flags.has('json'), timeoutMs }
  // That of a change is for the whole of it; a single look must not take as long.
  const values = new Map([...given.values].filter(([name]) => name !== 'timeout'))
  return { action, given: { ...given, values }, json: given.flags.has('json'), timeoutMs }
}

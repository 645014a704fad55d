import { messageOf } from '../base/errors.ts'
import { suggest } from '../base/suggest.ts'
import type { Terminal } from './cli.ts'
import { unknownAction, UsageError } from './arguments.ts'
import { handover, promote } from './pair-change.ts'
import { nodeUrl } from './pair-node.ts'
import { status } from './pair-status.ts'
import { verifyNodes } from './pair-verify-online.ts'

export const PAIR_HELP = `Usage: tandemmq pair status   [URL…] [--json]
       tandemmq pair promote  [URL] [--force] [--timeout=SECONDS] [--json]
       tandemmq pair handover [URL] [--timeout=SECONDS] [--json]
       tandemmq pair verify   [URL [URL] | DIRECTORY DIRECTORY] [--json]
       tandemmq pair check    ACTIVE PASSIVE [-Dname=value]… [--json]
                              [--active-property name=value]… [--passive-property name=value]…

Looks at a running pair, changes who leads, and looks at two files before they run. URL is a node's HTTP interface
(default http://127.0.0.1:8161); the twin's is learned from it. Exit code 0 when done, in sync, equal or a working pair;
1 when not, or when it failed; 2 on a wrong call.

  status    both nodes: role, state, how far the passive is behind
  promote   this node shall lead: for a passive whose active is gone, or an active that waits for its twin. Refused while
            the other answers. What the other acknowledged alone is not in this copy; it comes back with the other, as
            salvage
  handover  the active gives the lead to its passive, without losing or repeating anything; clients reconnect
  verify    compares the journals of both nodes byte by byte, as far as both committed; or two data directories of
            stopped brokers. A node gives its journal to this machine only: run it where both can be reached as
            localhost, through a tunnel if need be
  check     do two activemq.xml files make a working pair? Nothing is started: addresses, logins and certificates are
            tried as the brokers would, in both directions, and what clients would notice after a take-over is said

  -Dname=value        check: a property for both files
  --active-property, --passive-property
                      check: a property for one of them, as its start will have it

  --force   promote even if the other node answers. Stop the other first: two actives part ways
  --timeout how long to wait until it is done (default 30)
  --json    for scripts

Examples: tandemmq pair status
          tandemmq pair handover http://127.0.0.1:8161
          tandemmq pair verify http://127.0.0.1:8161 http://127.0.0.1:8162
          tandemmq pair verify /var/lib/active/kahadb /var/lib/passive/kahadb
          tandemmq pair check fixtures/pair/active.xml fixtures/pair/passive.xml
`

const DEFAULT_URL = 'http://127.0.0.1:8161'
const ACTIONS = ['status', 'promote', 'handover', 'verify', 'check'] as const
type Action = Exclude<(typeof ACTIONS)[number], 'check'>

interface Call {
  readonly action: Action
  readonly places: readonly string[]
  readonly json: boolean
  readonly force: boolean
  readonly timeoutMs: number
}

/** Verb `pair`. */
export async function pair(terminal: Terminal): Promise<number> {
  if (terminal.args[0] === 'check') return check(terminal)
  const call = parse(terminal.args)
  if (typeof call === 'string') {
    terminal.err(`tandemmq pair: ${call}\n\n${PAIR_HELP}`)
    return 2
  }
  const { action, places, json, force, timeoutMs } = call
  if (action === 'verify' && places.length > 0 && places.every(place => !looksLikeUrl(place))) {
    if (places.length !== 2) return wrong(terminal, 'verify compares two directories')
    const { verifyDirectories } = await import('./pair-verify.ts')
    return verifyDirectories(terminal, places[0] ?? '', places[1] ?? '', json)
  }
  const urls = places.map(nodeUrl)
  const bad = urls.indexOf(null)
  if (bad >= 0) return wrong(terminal, `"${places[bad]}" is no address; write http://host:port`)
  const good = urls.filter(url => url !== null)
  if (good.length === 0) good.push(DEFAULT_URL)
  const [url = DEFAULT_URL] = good
  try {
    if (action === 'status') return await status(terminal, good, json)
    if (action === 'verify') return await verifyNodes(terminal, good, json)
    return await (action === 'promote' ? promote : handover)(terminal, { url, force, json, timeoutMs })
  } catch (error) {
    if (json) terminal.out(`${JSON.stringify({ done: false, what: messageOf(error) })}\n`)
    else terminal.err(`tandemmq pair ${action}: ${messageOf(error)}\n`)
    return 1
  }
}

async function check(terminal: Terminal): Promise<number> {
  try {
    // What it needs takes longer to load than `status` takes.
    const { checkPair } = await import('./pair-check.ts')
    return await checkPair(terminal, terminal.args.slice(1))
  } catch (error) {
    if (error instanceof UsageError) return wrong(terminal, error.message)
    throw error
  }
}

function wrong(terminal: Terminal, text: string): number {
  terminal.err(`tandemmq pair: ${text}\n\n${PAIR_HELP}`)
  return 2
}

/** As opposed to a directory: it says http, or host:port. */
const looksLikeUrl = (text: string): boolean => /^https?:\/\/|^(\[[0-9a-f:.]+\]|[\w.-]+):\d+$/i.test(text)

function parse(args: readonly string[]): Call | string {
  const [action, ...rest] = args
  const found = ACTIONS.find(name => name === action)
  if (found === undefined || found === 'check') return unknownAction(action, ACTIONS)
  const places: string[] = []
  let [json, force, timeoutMs] = [false, false, 30_000]
  for (const arg of rest) {
    if (arg === '--json') json = true
    else if (arg === '--force' && found === 'promote') force = true
    else if (/^--timeout=\d+(\.\d+)?$/.test(arg) && (found === 'promote' || found === 'handover'))
      timeoutMs = Number(arg.slice('--timeout='.length)) * 1000
    else if (arg.startsWith('-')) return unknownOption(arg, found)
    else places.push(arg)
  }
  const most = found === 'status' || found === 'verify' ? 2 : 1
  if (places.length > most) return `${found} takes at most ${most === 1 ? 'one URL' : 'two places'}`
  return { action: found, places, json, force, timeoutMs }
}

function unknownOption(arg: string, action: Action): string {
  const name = arg.split('=')[0] ?? arg
  const meant = suggest(name, ['--json', '--force', '--timeout', '--help'])
  if (meant === name) return name === '--timeout' ? 'write --timeout=SECONDS' : `${action} takes no ${name}`
  return `unknown option ${arg}${meant === null ? '' : `; did you mean ${meant}?`}`
}

import { writeFile } from 'node:fs/promises'
import { hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import type { NodeClient } from '../admin/admin.ts'
import { messageOf } from '../base/errors.ts'
import {
  INTERVALS_MS,
  KEYS,
  once,
  ONCE_SIZE,
  TABS,
  watch,
  type First,
  type Size,
  type WatchOptions,
} from '../monitor/monitor.ts'
import { readArguments, UsageError, type Arguments, type Options } from './arguments.ts'
import type { Terminal } from './cli.ts'
import { CONNECTION_HELP, CONNECTION_OPTIONS, connection } from './connection.ts'
import { durationMs } from './duration.ts'
import { failure } from './failure.ts'
import { isInteractive } from './paint.ts'

export const MONITOR_HELP: string = `Usage: tandemmq monitor [URL [URL]] [--read-only] [--interval=1s] [--mouse] [--bell]
       tandemmq monitor [URL [URL]] --once | --json

The dashboard: the active and the passive side by side, throughput, queues, topics, subscriptions, connections, the journal
file by file, messages, alerts, and what to do about them. Of a pair one address is enough. It watches an ActiveMQ 5 too,
through its Jolokia. Keys are on the screen; ? shows all of them.

  --read-only       nothing can be changed from it
  --interval 1s     between two readings: ${INTERVALS_MS.map(ms => `${ms / 1000}s`).join(' ')}
  --mouse           clicks and the wheel work; the terminal's own selection then needs Shift
  --bell            the terminal's bell rings at a critical alert
  --ascii           no characters beyond ASCII; so it is by itself where the locale is not UTF-8
  --tab queues      what is shown first: ${TABS.join(', ')}
  --filter 'a.*'    and which rows; --sort COLUMN in what order
  --once            one plain frame, for scripts, pipes and mail; so it is by itself where there is no terminal. Exit code
                    0 all is well, 3 no node answers, 4 a login is asked for, 6 the pair is not whole
  --json            one object a reading; with --once a single one
  --size 80x24      of the frame of --once (default ${ONCE_SIZE.width}x${ONCE_SIZE.height})
${CONNECTION_HELP}NO_COLOR=1 turns colours off; t on the screen chooses a theme.

Examples: tandemmq monitor
          tandemmq monitor http://10.0.0.11:8161 --read-only
          tandemmq monitor --once --size=80x24 --filter '>1000'

Keys:

${keyLines()}
`

/** From the table that the dashboard itself goes by (management UK-06). */
function keyLines(): string {
  const rows = KEYS.flatMap(({ keys }) => keys)
  return rows.map(({ shown, help }) => `  ${shown.padEnd(8)} ${help}`).join('\n')
}

const OPTIONS: Options = {
  ...CONNECTION_OPTIONS,
  'read-only': { type: 'boolean' },
  interval: { type: 'string' },
  mouse: { type: 'boolean' },
  bell: { type: 'boolean' },
  ascii: { type: 'boolean' },
  once: { type: 'boolean' },
  json: { type: 'boolean' },
  size: { type: 'string' },
  tab: { type: 'string' },
  filter: { type: 'string' },
  sort: { type: 'string' },
}

/** Verb `monitor` (management section 6). */
export async function monitor(terminal: Terminal): Promise<number> {
  try {
    return await run(terminal, readArguments(terminal.args, OPTIONS))
  } catch (error) {
    return failure(terminal, 'monitor', MONITOR_HELP, terminal.args.includes('--json'), error)
  }
}

async function run(terminal: Terminal, given: Arguments): Promise<number> {
  const { flags, values, rest } = given
  if (rest.length > 2) throw new UsageError('of a pair both addresses are two')
  const json = flags.has('json')
  const intervalMs = intervalOf(values.get('interval'))
  const size = sizeOf(values.get('size'))
  const first = firstOf(values)
  const timeout = values.get('timeout')
  const patience = timeout === undefined ? {} : { roundMs: durationMs('--timeout', timeout) }
  const { clients } = await connection(terminal, given, rest)
  const actor = actorOf(terminal)
  const asked = clients.map(client => client.with({ actor }))
  const ascii = flags.has('ascii') || !speaksUnicode(terminal)
  if (json || flags.has('once') || !isInteractive(terminal)) {
    const stopping = new AbortController()
    terminal.onStop(() => stopping.abort())
    const out = (text: string): void => terminal.out(text)
    const single = flags.has('once') || !json
    return once({
      clients: asked,
      intervalMs,
      ascii,
      json,
      once: single,
      size,
      first,
      ...patience,
      signal: stopping.signal,
      out,
    })
  }
  const look = { intervalMs, readOnly: flags.has('read-only'), mouse: flags.has('mouse'), bell: flags.has('bell') }
  return watch({ clients: asked, first, ...patience, ...look, ...screenOptions(terminal), ascii })
}

/** What a dashboard on this terminal needs besides what to watch. */
export const screenOptions = (
  terminal: Terminal,
): Pick<WatchOptions, 'mono' | 'ascii' | 'save' | 'verify' | 'onStop'> => ({
  mono: (terminal.env['NO_COLOR'] ?? '') !== '',
  ascii: !speaksUnicode(terminal),
  save: (name, text) => save(terminal.cwd, name, text),
  verify: clients => verify(terminal, clients),
  onStop: stop => {
    terminal.onStop(() => stop())
    // A terminal that was closed; else the screen would be left as it is (management BL-05).
    terminal.onSignal?.('SIGHUP', stop)
  },
})

/** As the C library finds the locale. */
function speaksUnicode({ env }: Terminal): boolean {
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find(text => text !== undefined && text !== '')
  return locale !== undefined && /utf-?8/i.test(locale)
}

/** For the audit log (management UA-03). */
export function actorOf({ env }: Terminal): string {
  const user = env['USER'] ?? userInfo().username
  return `${user}@${hostname()} monitor`.replace(/[^\x20-\x7e]/g, '?')
}

/** As `tandemmq pair verify` does it. */
async function verify(terminal: Terminal, clients: readonly NodeClient[]): Promise<{ equal: boolean; text: string }> {
  const [first] = clients
  if (first === undefined) return { equal: false, text: 'two nodes are compared' }
  const { verifyNodes } = await import('./pair-verify-online.ts')
  let said = ''
  try {
    const hear = (text: string): void => void (said += text)
    const code = await verifyNodes({ ...terminal, out: hear, err: () => undefined }, [first], false)
    const text = said
      .trim()
      .replaceAll(/\s+/g, ' ')
      .replace(/^\S+ and (its twin|http\S*?)(?=:? )/, 'the copies')
    return { equal: code === 0, text }
  } catch (error) {
    return { equal: false, text: `the copies were not compared: ${messageOf(error)}` }
  }
}

/** Never over a file that is there. */
async function save(cwd: string, name: string, text: string): Promise<string> {
  const path = join(cwd, name)
  await writeFile(path, text, { flag: 'wx', mode: 0o600 })
  return path
}

function firstOf(values: ReadonlyMap<string, string>): First {
  const asked = values.get('tab') ?? 'queues'
  const tab = TABS.find(one => one === asked)
  if (tab === undefined) throw new UsageError(`--tab is one of ${TABS.join(', ')}`)
  return { tab, filter: values.get('filter') ?? '', sort: values.get('sort') ?? null }
}

function intervalOf(text: string | undefined): number {
  if (text === undefined) return 1000
  const asked = durationMs('--interval', text)
  const found = INTERVALS_MS.find(ms => ms === asked)
  if (found === undefined)
    throw new UsageError(`--interval takes ${INTERVALS_MS.map(ms => `${ms / 1000}s`).join(', ')}`)
  return found
}

function sizeOf(text: string | undefined): Size {
  if (text === undefined) return ONCE_SIZE
  const [, width = '', height = ''] = /^(\d{2,3})x(\d{1,3})$/.exec(text) ?? []
  if (Number(width) >= 20 && Number(height) >= 1) return { width: Number(width), height: Number(height) }
  throw new UsageError('--size is WIDTHxHEIGHT, such as 80x24')
}

import { mkdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { NodeClient } from '../admin/admin.ts'
import { suggest } from '../base/suggest.ts'
import type { Terminal } from './cli.ts'
import { demoDirectory } from './demo-directory.ts'
import { BIN, MEMBERS, portsTaken, startCommand } from './demo-members.ts'
import { DemoNode } from './demo-node.ts'
import { Traffic } from './demo-traffic.ts'
import { isInteractive } from './paint.ts'
import { wrongCall } from './wrong-call.ts'

export const DEMO_HELP = `Usage: tandemmq demo [--plain] [--traffic[=N]] [--restart] [--data=DIRECTORY]

Runs a live pair on this machine, two brokers in two processes, to try: kill one and watch the other take over. On a
terminal the dashboard opens on it, with traffic: 9 kills the active, 0 brings it back, q ends both. Elsewhere, or with
--plain, their logs come out together, each line with the broker's name, and Ctrl-C ends both.

  --plain       no dashboard
  --traffic     sends and receives N messages a second with a client that knows both addresses (default 5; with the
                dashboard 20 without being asked)
  --restart     starts a broker that ended again, after two seconds
  --data        keeps the data there; otherwise a temporary directory is used and removed

Example: tandemmq demo --traffic
`

export interface DemoCall {
  /** Messages a second; 0: none. */
  readonly traffic: number
  readonly restart: boolean
  readonly plain: boolean
  readonly data: string | null
}

const PAIRED_WITHIN_MS = 30_000
const RESTART_AFTER_MS = 2000
/** Messages a second that the dashboard has something to show of. */
const SCREEN_TRAFFIC = 20

/** Verb `demo`. */
export async function demo(terminal: Terminal): Promise<number> {
  const call = parseDemo(terminal.args)
  if (typeof call === 'string') {
    wrongCall(terminal, 'demo', DEMO_HELP, call)
    return 2
  }
  const taken = await portsTaken(MEMBERS)
  if (taken.length > 0) {
    const ports = taken.length === 1 ? `port ${taken[0]} of 127.0.0.1 is` : `ports ${taken.join(', ')} of 127.0.0.1 are`
    terminal.err(`tandemmq demo: ${ports} in use; "ss -ltnp" shows by whom: stop that, and try again\n`)
    return 1
  }
  // Its ports are free, so no demonstration runs: brokers that one has left behind would have them.
  const directory = call.data === null ? demoDirectory(tmpdir()) : resolve(terminal.cwd, call.data)
  mkdirSync(directory, { recursive: true })
  try {
    return await (call.plain || !isInteractive(terminal)
      ? new Demo(terminal, call, directory).run()
      : onScreen(terminal, call, directory))
  } finally {
    // A broker that was brought back by hand outlives the demonstration, and needs its data.
    if (call.data === null && (await portsTaken(MEMBERS)).length === 0)
      rmSync(directory, { recursive: true, force: true })
    else terminal.out(`demo    | the data is kept in ${directory}\n`)
  }
}

/** Loaded only where somebody sits. */
async function onScreen(terminal: Terminal, call: DemoCall, directory: string): Promise<number> {
  const [{ DemoScreen }, { screenOptions }] = await Promise.all([import('./demo-screen.ts'), import('./monitor.ts')])
  const traffic = call.traffic > 0 ? call.traffic : SCREEN_TRAFFIC
  const out = (text: string): void => terminal.out(text)
  const look = screenOptions(terminal)
  return new DemoScreen({ members: MEMBERS, directory, traffic, look, out }).run()
}

/** The call, or what is wrong with it. */
export function parseDemo(args: readonly string[]): DemoCall | string {
  let [traffic, restart, plain, data]: [number, boolean, boolean, string | null] = [0, false, false, null]
  for (const arg of args) {
    const rate = /^--traffic(?:=(\d+))?$/.exec(arg)
    if (rate !== null) traffic = Number(rate[1] ?? 5)
    else if (arg === '--restart') restart = true
    else if (arg === '--plain') plain = true
    else if (arg.startsWith('--data=') && arg.length > '--data='.length) data = arg.slice('--data='.length)
    else {
      const meant = suggest(arg.split('=')[0] ?? arg, ['--plain', '--traffic', '--restart', '--data'])
      return `unknown option ${arg}${meant === null ? '' : `; did you mean ${meant}?`}`
    }
  }
  if (traffic > 1000) return '--traffic takes at most 1000 messages a second; it is no measurement'
  return { traffic, restart, plain, data }
}

class Demo {
  readonly #terminal: Terminal
  readonly #call: DemoCall
  readonly #directory: string
  readonly #nodes: readonly DemoNode[]
  readonly #stopping = new AbortController()

  constructor(terminal: Terminal, call: DemoCall, directory: string) {
    this.#terminal = terminal
    this.#call = call
    this.#directory = directory
    this.#nodes = MEMBERS.map(
      member => new DemoNode(member.name, startCommand(member, directory), line => terminal.out(line)),
    )
  }

  /** Until both brokers are gone: by Ctrl-C, or by themselves. */
  async run(): Promise<number> {
    const { signal } = this.#stopping
    this.#terminal.onStop(() => void this.#stop())
    const running = Promise.all(this.#nodes.map(node => this.#keep(node)))
    const traffic =
      this.#call.traffic > 0
        ? new Traffic(
            MEMBERS.map(({ stomp }) => stomp),
            this.#call.traffic,
          )
        : null
    const talking = this.#introduce().then(() => (traffic === null ? undefined : this.#report(traffic)))
    await running
    const ended = signal.aborted
    if (!ended) this.#say('both brokers are gone')
    this.#stopping.abort()
    await talking
    return ended ? 0 : 1
  }

  async #keep(node: DemoNode): Promise<void> {
    const { signal } = this.#stopping
    for (;;) {
      const end = await node.run()
      if (signal.aborted) return
      this.#say(`${node.name} ${end}`)
      if (!this.#call.restart) {
        this.#say(`to bring it back: ${this.#commandOf(node.name)}`)
        return
      }
      await sleep(RESTART_AFTER_MS, undefined, { signal }).catch(() => {})
      if (signal.aborted) return
    }
  }

  /** Waits until the pair is in sync, then says what there is and what to try. */
  async #introduce(): Promise<void> {
    const { signal } = this.#stopping
    const deadline = performance.now() + PAIRED_WITHIN_MS
    let leader = -1
    while (!signal.aborted && leader < 0 && performance.now() < deadline) {
      const states = await Promise.all(MEMBERS.map(({ http }) => stateOf(http)))
      leader = states.indexOf('PAIRED')
      if (leader < 0) await sleep(100, undefined, { signal }).catch(() => {})
    }
    if (signal.aborted) return
    const paired = leader >= 0 ? 'PAIRED' : `not in sync after ${PAIRED_WITHIN_MS / 1000} s, the logs say why`
    const [active, passive] = leader === 1 ? [MEMBERS[1], MEMBERS[0]] : MEMBERS
    const pidOf = (name: string): string => String(this.#nodes.find(node => node.name === name)?.pid ?? '-')
    this.#say(`${paired}. STOMP: 127.0.0.1:${active.stomp} is open; 127.0.0.1:${passive.stomp} after a take-over`)
    this.#say(`state: http://${active.http}/api/pair and http://${passive.http}/api/pair; data: ${this.#directory}`)
    this.#say(
      `try:  kill -9 ${pidOf(active.name)}   the active dies, the other (pid ${pidOf(passive.name)}) takes over`,
    )
    this.#say(`      node ${quoted(BIN)} pair status http://${passive.http}`)
    this.#say(`      ${this.#commandOf(active.name)}   brings it back: it follows now`)
    this.#say('Ctrl-C ends both')
  }

  async #report(traffic: Traffic): Promise<void> {
    const { signal } = this.#stopping
    traffic.start()
    while (!signal.aborted) {
      await sleep(2000, undefined, { signal }).catch(() => {})
      const { confirmed, received, repeated, missing, longestPauseMs, port } = traffic.tally()
      const where = port === null ? 'nobody lets it in' : `by port ${port}`
      this.#terminal.out(
        `traffic | ${confirmed} confirmed, ${received} received, ${missing} on their way, ${repeated} repeated; longest pause ${longestPauseMs} ms; ${where}\n`,
      )
    }
    traffic.stop()
  }

  /** The passive first: an active that stops beside a passive in sync hands over to it. */
  async #stop(): Promise<void> {
    if (this.#stopping.signal.aborted) return
    this.#stopping.abort()
    for (const node of [...this.#nodes].reverse()) await node.stop()
  }

  #say(text: string): void {
    this.#terminal.out(`demo    | ${text}\n`)
  }

  #commandOf(name: string): string {
    const member = MEMBERS.find(one => one.name === name) ?? MEMBERS[0]
    return startCommand(member, this.#directory).slice(1).map(quoted).join(' ').replace(/^/, 'node ')
  }
}

const stateOf = (http: string): Promise<string> =>
  new NodeClient(`http://${http}`).pair().then(
    report => report.state,
    () => '',
  )

/** For a shell. */
const quoted = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`)

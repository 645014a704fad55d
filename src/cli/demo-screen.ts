import { setTimeout as sleep } from 'node:timers/promises'
import { NodeClient } from '../admin/admin.ts'
import { watch, type Extra, type Key, type LogEntry, type WatchOptions } from '../monitor/monitor.ts'
import { startCommand, type Member } from './demo-members.ts'
import { DemoNode } from './demo-node.ts'
import { Traffic, type Tally } from './demo-traffic.ts'

export interface DemoScreenOptions {
  readonly members: readonly [Member, Member]
  readonly directory: string
  /** Messages a second. */
  readonly traffic: number
  /** How the dashboard looks, and where it ends. */
  readonly look: Pick<WatchOptions, 'mono' | 'ascii' | 'save' | 'verify' | 'onStop'>
  out(text: string): void
}

/** ms that the first broker may take until it answers; ms between two words about the traffic. */
const ANSWERS_WITHIN_MS = 10_000
const REPORT_MS = 10_000
/** Lines of the brokers' logs that are kept, for when they end by themselves. */
const LINES_MAX = 40

const key = (name: string, command: Extra, footer: string, help: string): Key => ({
  keys: [name],
  shown: name,
  command,
  footer: [footer, 0],
  help,
  changes: false,
})

const EXTRAS: readonly Key[] = [
  key('9', 'extra-kill', 'kill -9 the active', 'kill -9 the active, and watch the other take over'),
  key('0', 'extra-back', 'bring it back', 'start the broker that was killed: it follows now'),
]

/** The demonstration in front of somebody: the dashboard on two brokers, with a key that kills the one that leads. */
export class DemoScreen {
  readonly #options: DemoScreenOptions
  readonly #nodes: readonly DemoNode[]
  readonly #clients: readonly NodeClient[]
  readonly #traffic: Traffic
  readonly #running = new Set<Promise<void>>()
  readonly #lines: string[] = []
  #stopping = false
  #tell: (level: LogEntry['level'], text: string) => void = () => {}

  constructor(options: DemoScreenOptions) {
    this.#options = options
    const { members, directory } = options
    this.#nodes = members.map(one => new DemoNode(one.name, startCommand(one, directory), line => this.#keepLine(line)))
    this.#clients = members.map(({ http }) => new NodeClient(`http://${http}`))
    const ports = members.map(({ stomp }) => stomp)
    this.#traffic = new Traffic(ports, options.traffic)
  }

  /** Until the dashboard is left; then both brokers are stopped. `open`: another terminal than this process's. */
  async run(open?: Parameters<typeof watch>[1]): Promise<number> {
    const { look, out } = this.#options
    for (const node of this.#nodes) this.#start(node)
    out('demo    | two brokers start\n')
    const [first] = this.#clients
    const answers = first !== undefined && (await this.#answers(first))
    if (!answers) out(`${this.#lines.join('')}demo    | the first broker did not answer; above is what it said\n`)
    else {
      this.#traffic.start()
      const reporter = this.#report()
      const watched = { clients: this.#clients, intervalMs: 1000, readOnly: false, mouse: false, bell: false }
      await watch(
        {
          ...watched,
          ...look,
          extras: EXTRAS,
          onExtra: command => void this.#obey(command),
          onOpen: tell => {
            this.#tell = tell
            tell('info', '9 kills the active, 0 brings it back, q ends the demonstration')
          },
        },
        open,
      )
      this.#stopping = true
      await reporter
    }
    await this.#stop()
    out(`demo    | ${sentence(this.#traffic.tally())}\n`)
    return answers ? 0 : 1
  }

  #keepLine(line: string): void {
    this.#lines.push(line)
    if (this.#lines.length > LINES_MAX) this.#lines.shift()
  }

  #start(node: DemoNode): void {
    const running = node.run().then(end => {
      this.#running.delete(running)
      if (!this.#stopping) this.#tell('warn', `${node.name} ${end}; 0 brings it back`)
    })
    this.#running.add(running)
  }

  async #answers(client: NodeClient): Promise<boolean> {
    const until = performance.now() + ANSWERS_WITHIN_MS
    while (performance.now() < until && this.#running.size === this.#nodes.length) {
      const told = await client.pair().then(
        () => true,
        () => false,
      )
      if (told) return true
      await sleep(100)
    }
    return false
  }

  async #obey(command: Extra): Promise<void> {
    if (command === 'extra-back') {
      const gone = this.#nodes.filter(({ pid }) => pid === null)
      for (const node of gone) this.#start(node)
      const names = gone.map(({ name }) => name).join(' and ')
      this.#tell('info', gone.length === 0 ? 'both brokers run' : `${names} starts again`)
      return
    }
    const leader = await this.#leader()
    if (leader === null) this.#tell('warn', 'no broker leads now')
    else {
      this.#tell('warn', `kill -9 ${leader.pid ?? ''}: ${leader.name} dies`)
      leader.kill()
    }
  }

  async #leader(): Promise<DemoNode | null> {
    for (const [i, client] of this.#clients.entries()) {
      const report = await client.pair().catch(() => null)
      if (report?.role === 'active' && report.state !== 'WAITING') return this.#nodes[i] ?? null
    }
    return null
  }

  /** Now and then, and when the client has its first receipt from another broker. */
  async #report(): Promise<void> {
    let { port, confirmed } = this.#traffic.tally()
    let [moved, told] = [false, performance.now()]
    while (!this.#stopping) {
      await sleep(100)
      const tally = this.#traffic.tally()
      if (tally.port !== null && tally.port !== port) {
        moved = port !== null
        port = tally.port
        confirmed = tally.confirmed
      }
      const found = moved && tally.confirmed > confirmed
      if (!found && performance.now() - told < REPORT_MS) continue
      this.#tell('info', `client${found ? ` at ${port ?? ''} now` : ''}: ${sentence(tally)}`)
      if (found) moved = false
      told = performance.now()
    }
  }

  /** Who follows first: a leader that stops beside a passive in sync hands over to it. */
  async #stop(): Promise<void> {
    this.#stopping = true
    this.#traffic.stop()
    const leader = await this.#leader()
    for (const node of this.#nodes) if (node !== leader) await node.stop()
    await leader?.stop()
    await Promise.all(this.#running)
  }
}

const sentence = ({ confirmed, missing, repeated, longestPauseMs }: Tally): string =>
  `longest pause ${longestPauseMs} ms, ${confirmed} confirmed, ${missing} on their way, ${repeated} repeated`

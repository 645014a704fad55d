import { mkdirSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { accepts } from '../bench/ports.ts'
import { Program, type Exit, type Life } from '../crash/broker-process.ts'
import { Inside } from './inside.ts'
import { nodeXml, type NodeXml } from './templates.ts'

/** How long a node may take to reach a state, and between two looks. */
const deadlineMs = 30_000
const lookMs = 20
const answerMs = 1000

/** `GET /api/pair`: architecture.md, "Interfaces that others depend on". */
export interface PairReport {
  readonly brokerName: string
  readonly role: 'active' | 'passive'
  readonly state: string
  readonly detail: string
  readonly epoch: number
  readonly position: number
  readonly committed: number
  readonly inSync: boolean
  readonly peer: { readonly brokerName: string; readonly position: number | null; readonly lagBytes: number } | null
  readonly since: string
}

export interface NodeOptions {
  readonly directory: string
  readonly xml: NodeXml
  readonly http: number
  readonly properties: Readonly<Record<string, string | number>>
  readonly program?: string
  /** Within this process: whoever kills it or stops its clock needs one of its own. */
  readonly inside?: boolean
}

/** One node over all its lives: the same XML file and data directory each time, as a user's service has them. */
export class PairNode {
  readonly name: string
  readonly port: number
  readonly httpPort: number
  /** What the command is called with besides its own; changed between two lives. */
  properties: Record<string, string | number>
  readonly #options: NodeOptions
  readonly #programs: Life[] = []

  constructor(options: NodeOptions) {
    this.#options = options
    this.name = options.xml.brokerName
    this.port = options.xml.port
    this.httpPort = options.http
    this.properties = { ...options.properties }
    mkdirSync(options.directory, { recursive: true })
    this.configure()
  }

  /** Writes the XML file, by default the one that it has had. */
  configure(parts: Partial<NodeXml> = {}): void {
    writeFileSync(this.file, nodeXml({ ...this.#options.xml, ...parts }))
  }

  get file(): string {
    return join(this.#options.directory, 'activemq.xml')
  }

  /** The store, as `pair verify` wants it. */
  get data(): string {
    return join(this.#options.directory, 'data', 'KahaDB')
  }

  get pid(): number {
    return this.program.pid
  }

  /** Its present life, or its last. */
  get program(): Life {
    const last = this.#programs.at(-1)
    if (last === undefined) throw new Error(`${this.name} was never started`)
    return last
  }

  get running(): boolean {
    return this.#programs.at(-1)?.running ?? false
  }

  /** What it has said, over all its lives. */
  get log(): string {
    return this.#programs.map(program => program.stderr).join('')
  }

  start(): Life {
    const { directory, program, inside = false } = this.#options
    const properties = {
      'activemq.data': join(directory, 'data'),
      'tandemmq.http': `127.0.0.1:${this.httpPort}`,
      ...this.properties,
    }
    const flags = Object.entries(properties).map(([name, value]) => `-D${name}=${value}`)
    const args = ['start', ...flags, `xbean:file:${this.file}`]
    const started = inside ? new Inside(args) : new Program(args, [], program)
    this.#programs.push(started)
    return started
  }

  /** kill -9. */
  async kill(): Promise<void> {
    if (this.running) await this.program.kill()
  }

  /** SIGTERM; resolves to how it ended. */
  async stop(): Promise<Exit> {
    this.program.stop()
    return this.program.exited
  }

  pause(): void {
    process.kill(this.pid, 'SIGSTOP')
  }

  resume(): void {
    process.kill(this.pid, 'SIGCONT')
  }

  /** null: it does not answer. */
  async report(): Promise<PairReport | null> {
    try {
      const { status, body } = await call(this.httpPort, 'GET', '/api/pair')
      return status === 200 ? (JSON.parse(body) as PairReport) : null
    } catch {
      return null
    }
  }

  /** Waits until it is active and its connector open: it has the role a moment before it serves. */
  async serves(): Promise<void> {
    await this.until('active')
    while (!(await accepts(this.port))) {
      if (!this.running) throw new Error(`${this.name} ended:\n${this.log}`)
      await delay(lookMs)
    }
  }

  /** `POST /api/pair/promote` or `handover`. */
  async command(verb: 'promote' | 'handover', force = false): Promise<{ status: number; body: string }> {
    return call(this.httpPort, 'POST', `/api/pair/${verb}`, JSON.stringify(verb === 'promote' ? { force } : {}))
  }

  /** Looks until the node has this role or state, or what is asked for. Rejects when it ends before, or at the deadline. */
  async until(what: string | ((report: PairReport) => boolean)): Promise<PairReport> {
    const end = performance.now() + deadlineMs
    for (;;) {
      const report = await this.report()
      const there = typeof what === 'string' ? report?.state === what || report?.role === what : report && what(report)
      if (report !== null && there === true) return report
      const gone = !this.running
      if (gone || performance.now() > end) {
        const why = gone ? 'it ended' : `not within ${deadlineMs} ms`
        throw new Error(`${this.name} did not become ${String(what)}: ${why}; last seen ${JSON.stringify(report)}`)
      }
      await delay(lookMs)
    }
  }
}

function call(port: number, method: string, path: string, body?: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': body.length }
    const options = { host: '127.0.0.1', port, method, path, headers, agent: false, timeout: answerMs }
    const outgoing = request(options, response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }))
      response.on('error', reject)
    })
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${answerMs} ms`)))
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

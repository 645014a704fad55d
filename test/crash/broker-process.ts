import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brokerXml, Client, type XmlParts } from '../contract/world.ts'

/** Tests run from dist/test/crash/. */
export const command: string = fileURLToPath(new URL('../../../bin/tandemmq.js', import.meta.url))
/** How long a test waits for a line of the log, or for the end of a process. */
const deadlineMs = 30_000

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** One life of `tandemmq …`: what it says, and how it ends. */
export abstract class Life {
  stderr = ''
  stdout = ''
  abstract readonly pid: number
  abstract readonly running: boolean
  abstract readonly exited: Promise<Exit>
  readonly #waiting = new Set<() => void>()

  /** SIGTERM. */
  abstract stop(): void

  /** kill -9. */
  abstract kill(): Promise<void>

  /** The first match in the log, now or later. Rejects when the program ends before it, or at the deadline. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    const end = performance.now() + deadlineMs
    for (;;) {
      const found = pattern.exec(this.stderr)
      if (found !== null) return found
      if (!this.running) throw new Error(`the program ended without saying ${pattern}:\n${this.stderr}`)
      if (performance.now() > end) throw new Error(`the program did not say ${pattern}:\n${this.stderr}`)
      await this.#changed(end - performance.now())
    }
  }

  /** The port of the first connector, when it is open. */
  async port(): Promise<number> {
    return Number((await this.says(/listens on \S+:(\d+):/))[1])
  }

  /** It said something, or ended. */
  protected wake(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const wake of waiting) wake()
  }

  #changed(ms: number): Promise<void> {
    return new Promise(resolve => {
      const late = setTimeout(resolve, ms)
      this.#waiting.add(() => {
        clearTimeout(late)
        resolve()
      })
    })
  }
}

/** A program in a process of its own: `tandemmq …`, killed as a machine would. */
export class Program extends Life {
  readonly child: ChildProcess
  readonly exited: Promise<Exit>

  /** `program`: the command of another build than this one. */
  constructor(args: readonly string[], nodeArgs: readonly string[] = [], program: string = command) {
    super()
    this.child = spawn(process.execPath, [...nodeArgs, program, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      // What a person reads on a terminal is what these tests read.
      env: { ...process.env, TANDEMMQ_LOG: 'pretty' },
    })
    this.child.stdout?.on('data', (text: Buffer) => {
      this.stdout += text.toString()
    })
    this.child.stderr?.on('data', (text: Buffer) => {
      this.stderr += text.toString()
      this.wake()
    })
    this.exited = new Promise(resolve => {
      this.child.on('close', (code, signal) => {
        resolve({ code, signal })
        this.wake()
      })
    })
  }

  get pid(): number {
    return this.child.pid!
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null
  }

  stop(): void {
    this.child.kill('SIGTERM')
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL')
    await this.exited
  }
}

/** A STOMP 1.2 connection to a port. */
export async function connectTo(port: number, headers: Readonly<Record<string, string>> = {}): Promise<Client> {
  const client = await Client.dial(port)
  client.socket.setNoDelay(true)
  client.send('CONNECT', { 'accept-version': '1.2', host: 'localhost', ...headers })
  await client.expect('CONNECTED')
  client.version = '1.2'
  return client
}

/** A directory with an activemq.xml and the data of the brokers that are started in it, one after the other or two at once. */
export class Site {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'tandemmq-crash-'))
  readonly #programs: Program[] = []

  constructor(parts: XmlParts = {}) {
    this.configure(parts)
  }

  configure(parts: XmlParts): void {
    writeFileSync(join(this.directory, 'activemq.xml'), brokerXml(parts))
  }

  /** Where the journal is (the default store of brokerXml). */
  get data(): string {
    return join(this.directory, 'data', 'test', 'KahaDB')
  }

  get startArguments(): readonly string[] {
    const properties = ['-Dtandemmq.http=off', `-Dactivemq.data=${join(this.directory, 'data')}`]
    return ['start', ...properties, `xbean:file:${join(this.directory, 'activemq.xml')}`]
  }

  start(nodeArgs: readonly string[] = []): Program {
    return this.run(this.startArguments, nodeArgs)
  }

  /** Any call of the command. */
  run(args: readonly string[], nodeArgs: readonly string[] = []): Program {
    const program = new Program(args, nodeArgs)
    this.#programs.push(program)
    return program
  }

  async end(): Promise<void> {
    await Promise.all(this.#programs.map(program => program.kill()))
    rmSync(this.directory, { recursive: true, force: true })
  }
}

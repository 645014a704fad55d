import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'

/** One broker of the demonstration, as a child process whose log is passed on with its name before each line. */
export class DemoNode {
  readonly name: string
  readonly #command: readonly string[]
  readonly #write: (line: string) => void
  #child: ChildProcess | null = null

  /** `command`: the program and its arguments. */
  constructor(name: string, command: readonly string[], write: (line: string) => void) {
    this.name = name
    this.#command = command
    this.#write = write
  }

  get pid(): number | null {
    return this.#child?.pid ?? null
  }

  /** Runs it once; resolves with a sentence about its end. */
  async run(): Promise<string> {
    const [program = '', ...args] = this.#command
    // However this process ends, by a closed terminal or a kill, the channel to it closes and the broker ends too (bin/run.js).
    const env = { ...process.env, TANDEMMQ_ENDS_WITH_PARENT: '1' }
    const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
    this.#child = child
    for (const stream of [child.stdout, child.stderr]) if (stream !== null) prefixLines(stream, this.name, this.#write)
    try {
      const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
      return signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`
    } catch (error) {
      return `could not be run: ${String(error)}`
    } finally {
      this.#child = null
    }
  }

  /** Ends it as a crash does. */
  kill(): void {
    this.#child?.kill('SIGKILL')
  }

  /** Ends it the orderly way; resolves when it is gone. */
  async stop(): Promise<void> {
    const child = this.#child
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'close')
    child.kill('SIGTERM')
    await gone
  }
}

/** `active  | line`: names of both brokers are as wide. A line that was cut between two reads is put together again. */
export function prefixLines(stream: Readable, name: string, write: (line: string) => void): void {
  const before = `${name.padEnd(7)} | `
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) write(`${before}${line}\n`)
  })
  stream.on('end', () => {
    if (rest !== '') write(`${before}${rest}\n`)
  })
}

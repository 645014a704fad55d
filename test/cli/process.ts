import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { deadlineMs } from '../contract/world.ts'

/** The project's own directory, with a slash behind it. */
export const root: string = fileURLToPath(
  new URL(import.meta.url.includes('/dist/') ? '../../../' : '../../', import.meta.url),
)

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** `node bin/tandemmq.js …` as a child process. Its environment is empty but for what is given. */
export class Tandem {
  readonly child: ChildProcessByStdio<null, Readable, Readable>
  out = ''
  err = ''
  readonly ended: Promise<Ended>

  constructor(args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}) {
    this.child = spawn(process.execPath, [`${root}bin/tandemmq.js`, ...args], {
      cwd,
      // What a person reads on a terminal is what these tests read.
      env: { PATH: process.env['PATH'], TANDEMMQ_LOG: 'pretty', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => (this.out += text))
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => (this.err += text))
    this.ended = once(this.child, 'close').then(() => ({ code: this.child.exitCode, out: this.out, err: this.err }))
  }

  /** Waits for a line of the log. Rejects with everything said when it does not come. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    const late = setTimeout(() => this.child.kill('SIGKILL'), deadlineMs)
    let over = false
    void this.ended.then(() => (over = true))
    try {
      for (;;) {
        const found = pattern.exec(this.err)
        if (found !== null) return found
        if (over) throw new Error(`it never said ${pattern}: ${this.err}`)
        await Promise.race([once(this.child.stderr, 'data'), this.ended])
      }
    } finally {
      clearTimeout(late)
    }
  }

  /** The port of a connector, once it listens. */
  async port(name: string): Promise<number> {
    return Number((await this.says(new RegExp(`connector "${name}" listens on [^ ]*:(\\d+)`)))[1])
  }

  /** Stops it the orderly way. */
  stop(): Promise<Ended> {
    this.child.kill('SIGTERM')
    return this.ended
  }
}

/** Runs to the end. */
export const tandem = (args: readonly string[], cwd: string, env?: Readonly<Record<string, string>>): Promise<Ended> =>
  new Tandem(args, cwd, env).ended

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { watch } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { freePort } from '../bench/ports.ts'
import { deadlineMs } from '../contract/world.ts'

/** The ports of README.md and of the fixtures it uses. */
const PORTS = [61613, 61614, 61615, 61616, 61623, 61626, 1883, 1893, 8161, 8162]

interface Running {
  readonly command: string
  readonly child: ChildProcess
  log: string
}

/**
 * Somebody who does what README.md says, in a copy of the clone: the same commands, with free ports for the fixed ones
 * and a directory of its own for those of the machine. What starts a broker runs beside, until it is told to stop.
 */
export class Reader {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'tandemmq-readme-'))
  readonly #ports: ReadonlyMap<number, number>
  readonly #running: Running[] = []
  /** Functions of the shell that a block defined for those behind it. */
  readonly #functions: string[] = []

  private constructor(ports: ReadonlyMap<number, number>) {
    this.#ports = ports
    for (const name of ['bin', 'fixtures', 'package.json'])
      cpSync(resolve(name), join(this.directory, name), { recursive: true, filter: path => !/[/\\]data$/.test(path) })
    for (const name of ['dist', 'node_modules', 'schemas']) symlinkSync(resolve(name), join(this.directory, name))
    for (const name of readdirSync(join(this.directory, 'fixtures'), { recursive: true, encoding: 'utf8' }))
      if (name.endsWith('.xml')) this.#rewrite(join(this.directory, 'fixtures', name))
  }

  static async start(): Promise<Reader> {
    const ports = new Map<number, number>()
    for (const port of PORTS) ports.set(port, await freePort())
    return new Reader(ports)
  }

  #rewrite(path: string): void {
    writeFileSync(path, this.here(readFileSync(path, 'utf8')))
  }

  /** A text of README.md as it is true here. */
  here(text: string): string {
    return text
      .replace(/\b\d{4,5}\b/g, number => String(this.#ports.get(Number(number)) ?? number))
      .replaceAll('/etc/activemq', join(this.directory, 'fixtures/migration'))
  }

  /** Runs a block of commands; answers what they printed, those that keep running aside. Rejects when one fails. */
  async shell(code: string): Promise<string> {
    let out = ''
    let script: string[] = []
    const flush = async (): Promise<void> => {
      if (script.some(line => line.trim() !== '')) out += await this.#bash(script.join('\n'))
      script = []
    }
    for (const line of code.split('\n')) {
      if (/^\w+\(\) \{.*\}$/.test(line)) this.#functions.push(line)
      else if (/\b(?:tandemmq\.js|bin\/\w+) start\b/.test(line)) {
        await flush()
        await this.#serve(line.replace(/ *&$/, ''))
      } else script.push(this.#runnable(line))
    }
    await flush()
    return out
  }

  /** As bash can run it: a port that is not said is another one here, and a comment may promise an exit code. */
  #runnable(line: string): string {
    const said = line.replace(/\bpair (status|handover)(?= *(?:#|$))/, 'pair $1 http://127.0.0.1:8161')
    const promised = /# exit code (\d+)$/.exec(line)?.[1]
    return promised === undefined ? said : `code=0; ${said.replace(/ *#.*$/, '')} || code=$?; [ $code = ${promised} ]`
  }

  async #bash(script: string): Promise<string> {
    const text = this.here(['set -eu', ...this.#functions, script].join('\n'))
    // What a broker has to say is on stderr, what a reader sees is both.
    const child = spawn('bash', ['-c', `exec 2>&1\n${text}`], { cwd: this.directory, env: this.#env() })
    let out = ''
    child.stdout.setEncoding('utf8').on('data', (more: string) => (out += more))
    const [code] = (await once(child, 'close')) as [number | null]
    if (code !== 0) throw new Error(`exit code ${code} of\n${script}\n${out}\n${this.#logs()}`)
    return out
  }

  #env(): NodeJS.ProcessEnv {
    return { PATH: process.env['PATH'], HOME: this.directory, NO_COLOR: '1', TANDEMMQ_LOG: 'pretty' }
  }

  #logs(): string {
    return this.#running.map(({ command, log }) => `$ ${command}\n${log}`).join('\n')
  }

  async #serve(command: string): Promise<void> {
    // `create` knows nothing of the ports here.
    const instance = /^(\w+)\/bin\//.exec(command)?.[1]
    if (instance !== undefined) this.#rewrite(join(this.directory, instance, 'conf/activemq.xml'))
    const text = this.here(command.includes('-Dtandemmq.http=') ? command : `${command} -Dtandemmq.http=off`)
    const child = spawn('bash', ['-c', `exec ${text}`], { cwd: this.directory, env: this.#env(), stdio: 'pipe' })
    const running: Running = { command, child, log: '' }
    this.#running.push(running)
    child.stderr?.setEncoding('utf8').on('data', (more: string) => (running.log += more))
    const file = /--log-file (\S+)/.exec(command)?.[1]
    if (file !== undefined) return written(join(this.directory, file), /\bready after\b/)
    await heard(running, /\bready after\b|IN_SYNC/)
  }

  /** What a reader is told to do in words before a block. */
  async prepare(what: string): Promise<void> {
    const before = this.#running.map(({ command }) => command)
    if (what === 'stop' || what === 'pair') await this.stop('SIGTERM')
    else if (what === 'kill') {
      await this.stop('SIGKILL')
      for (const command of before) await this.#serve(command)
    } else throw new Error(`nobody knows what to do before: ${what}`)
    if (what !== 'pair') return
    for (const name of ['active', 'passive'])
      await this.#serve(`node bin/tandemmq.js start -Dtandemmq.http=off fixtures/pair/${name}.xml`)
  }

  /** What all that is running has logged. */
  get log(): string {
    return this.#running.map(({ log }) => log).join('')
  }

  /** Ends whatever is running, the last one first: SIGTERM must do it orderly. */
  async stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    for (const { child, command, log } of this.#running.splice(0).toReversed()) {
      // README.md itself has one killed.
      if (child.signalCode === 'SIGKILL') continue
      const ended = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : null
      child.kill(signal)
      await ended
      if (signal === 'SIGTERM' && child.exitCode !== 0)
        throw new Error(`${command} ended with ${child.exitCode ?? child.signalCode}\n${log}`)
    }
  }

  async end(): Promise<void> {
    await this.stop('SIGKILL')
    rmSync(this.directory, { recursive: true, force: true })
  }
}

/** Waits until a file says something. */
async function written(path: string, pattern: RegExp): Promise<void> {
  const said = (): boolean => existsSync(path) && pattern.test(readFileSync(path, 'utf8'))
  const changes = watch(dirname(path), { signal: AbortSignal.timeout(deadlineMs) })
  if (!said()) for await (const _ of changes) if (said()) return
}

async function heard(running: Running, pattern: RegExp): Promise<void> {
  const { child } = running
  const late = setTimeout(() => child.kill('SIGKILL'), deadlineMs)
  const ended = once(child, 'exit')
  try {
    while (!pattern.test(running.log)) {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`${running.command} never said ${pattern}:\n${running.log}`)
      await Promise.race([once(child.stderr ?? child, 'data'), ended])
    }
  } finally {
    clearTimeout(late)
  }
}

import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { AdminError } from '../admin/admin.ts'
import { messageOf } from '../base/errors.ts'
import type { Terminal } from './cli.ts'
import { javaOptions } from './java-options.ts'
import { usualPlace } from './usual-place.ts'

/** What is known of a broker that was started in the background (management CE-07). */
export interface Recorded {
  readonly pid: number
  /** `host:port` of its HTTP interface; null: it has none, or was not ready yet. */
  readonly http: string | null
}

/** `gone`: its pid is nobody's, or a later process has it. `stranger`: the file names a program of somebody else. */
export type Liveness = 'running' | 'gone' | 'stranger'

interface Detail {
  /** As the system knows the process; a pid alone is used again. Null: this system does not tell. */
  readonly started: string | null
  readonly http: string | null
}

/** The directory that the start script of ActiveMQ calls ACTIVEMQ_DATA. */
export function dataPlace(terminal: Pick<Terminal, 'env' | 'cwd'>, given: Readonly<Record<string, string>>): string {
  const { env, cwd } = terminal
  const properties = { ...javaOptions(env).properties, ...given }
  const told = properties['activemq.data'] ?? (env['ACTIVEMQ_DATA'] || env['ACTIVEMQ_DATA_DIR'])
  if (told) return resolve(cwd, told)
  const base =
    properties['activemq.base'] ?? (env['ACTIVEMQ_BASE'] || (properties['activemq.home'] ?? env['ACTIVEMQ_HOME']))
  if (base) return resolve(cwd, base, 'data')
  const beside = dirname(resolve(cwd, usualPlace(terminal)))
  return resolve(beside.endsWith('/conf') ? dirname(beside) : beside, 'data')
}

/** The pid file of a broker, as one process writes it and others find it again. */
export class PidFile {
  readonly path: string

  constructor(terminal: Pick<Terminal, 'env' | 'cwd'>, properties: Readonly<Record<string, string>>) {
    const { env, cwd } = terminal
    const told = env['TANDEMMQ_PIDFILE'] || env['ACTIVEMQ_PIDFILE']
    this.path = told ? resolve(cwd, told) : join(dataPlace(terminal, properties), 'activemq.pid')
  }

  /** Null: there is none, or it holds no pid. */
  async read(): Promise<Recorded | null> {
    const pid = await this.#pid()
    return pid === null ? null : { pid, http: (await this.#detail(pid))?.http ?? null }
  }

  async liveness({ pid }: Recorded): Promise<Liveness> {
    const alive = await processState(pid)
    if (alive === null) return 'gone'
    const detail = await this.#detail(pid)
    // A file that another program wrote: only what calls itself so is taken for a broker of ours.
    if (detail === null) return (await isOurStart(pid)) ? 'running' : 'stranger'
    return detail.started === alive.started ? 'running' : 'gone'
  }

  /** Whether it runs; a file whose process is gone is removed. Throws AdminError when it is a stranger's. */
  async runs(terminal: Terminal, recorded: Recorded): Promise<boolean> {
    const liveness = await this.liveness(recorded)
    if (liveness === 'stranger')
      throw new AdminError('state', `pid ${recorded.pid} in ${this.path} is not a TandemMQ`, { hint: STRANGER })
    if (liveness === 'running') return true
    terminal.err(`INFO: removing the pid file of a process that is gone: ${this.path}\n`)
    await this.remove()
    return false
  }

  /** Takes the file for a start, in the name of this process. False: somebody has it. Rejects when it cannot be written. */
  async claim(): Promise<boolean> {
    await mkdir(dirname(this.path), { recursive: true })
    try {
      await writeFile(this.path, `${process.pid}\n`, { flag: 'wx', mode: 0o644 })
      await rm(`${this.path}.json`, { force: true }) // of whoever's pid file was removed by hand
      return true
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
      throw new Error(`the pid file cannot be written: ${messageOf(error)}`, { cause: error })
    }
  }

  /** Names the process that a start has made. That one may have been faster, and said where it can be asked: it stays so. */
  async name(pid: number): Promise<void> {
    const started = (await processState(pid))?.started ?? null
    try {
      writeFileSync(`${this.path}.json`, detailText({ pid, started, http: null }), { flag: 'wx', mode: 0o644 })
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    }
    if ((await this.#pid()) !== pid) writeWhole(this.path, `${pid}\n`)
  }

  async write(pid: number, http: string | null): Promise<void> {
    const started = (await processState(pid))?.started ?? null
    writeWhole(`${this.path}.json`, detailText({ pid, started, http }))
    if ((await this.#pid()) !== pid) writeWhole(this.path, `${pid}\n`)
  }

  async remove(): Promise<void> {
    await rm(`${this.path}.json`, { force: true })
    await rm(this.path, { force: true })
  }

  async #pid(): Promise<number | null> {
    const text = await readFile(this.path, 'utf8').catch(() => '')
    return /^\s*[1-9]\d{0,9}\s*$/.test(text) ? Number(text) : null
  }

  /** What was written beside the pid; null: nothing, or of another pid. */
  async #detail(pid: number): Promise<Detail | null> {
    const text = await readFile(`${this.path}.json`, 'utf8').catch(() => '{}')
    try {
      const value = JSON.parse(text) as Readonly<Record<string, unknown>>
      if (value['pid'] !== pid) return null
      const { started, http } = value
      return { started: typeof started === 'string' ? started : null, http: typeof http === 'string' ? http : null }
    } catch {
      return null
    }
  }
}

/** The pid of the broker whose pid file is there; null: none runs. */
export async function runningPid(
  terminal: Pick<Terminal, 'env' | 'cwd'>,
  properties: Readonly<Record<string, string>>,
): Promise<number | null> {
  const file = new PidFile(terminal, properties)
  const recorded = await file.read()
  return recorded !== null && (await file.liveness(recorded)) === 'running' ? recorded.pid : null
}

const STRANGER = 'ACTIVEMQ_PIDFILE names another file; an ActiveMQ is stopped with its own script'

/** What a broker in the foreground does with the pid file. */
export interface KeptPidFile {
  /** It is ready; `http` is where it can be asked. Takes no turn of the event loop. */
  ready(http: string | null): void
  /** Gives it up again, if it is still that of this process. */
  release(): Promise<void>
}

/**
 * The pid file of a broker in the foreground, so that stop and status find it too, from its start on where its data
 * directory is there already. Only if no other broker has it, and it can be written: a start does not depend on it. One
 * in the background has that of whoever started it, and adds where it can be asked: that one may have waited no longer.
 */
export async function keepPidFile(
  terminal: Terminal,
  properties: Readonly<Record<string, string>>,
): Promise<KeptPidFile> {
  const file = new PidFile(terminal, properties)
  const other = await file.read()
  const free = other === null || (await file.liveness(other)) === 'gone'
  const mine = terminal.ready === undefined && free
  const started = (await processState(process.pid))?.started ?? null
  // Whoever started it in the background has claimed the file, and names it in it a moment later.
  const names = terminal.ready === undefined ? [process.pid] : [process.pid, process.ppid]
  const write = (http: string | null): void => {
    const named = pidIn(file.path)
    if (!(mine ? existsSync(dirname(file.path)) : named !== null && names.includes(named))) return
    try {
      writeWhole(`${file.path}.json`, detailText({ pid: process.pid, started, http }))
      if (named !== process.pid) writeWhole(file.path, `${process.pid}\n`)
    } catch {
      // A directory that others may write to, and this process may not.
    }
  }
  write(null)
  return {
    ready: write,
    async release() {
      // Where it cannot be removed it names a process that is gone, which the next start sees.
      if ((await file.read())?.pid === process.pid) await file.remove().catch(() => undefined)
    },
  }
}

function pidIn(path: string): number | null {
  try {
    return Number(readFileSync(path, 'utf8'))
  } catch {
    return null
  }
}

/** Whoever reads it meanwhile reads what was there before: an empty file would mean that nothing runs. */
function writeWhole(path: string, text: string): void {
  const next = `${path}.${process.pid}`
  writeFileSync(next, text, { mode: 0o644 })
  renameSync(next, path)
}

const detailText = (detail: { readonly pid: number } & Detail): string => `${JSON.stringify(detail)}\n`

/** Does the environment name one instance among several? Then only its own pid file tells of it. */
export const namesInstance = ({ env }: Pick<Terminal, 'env'>): boolean =>
  ['TANDEMMQ_PIDFILE', 'ACTIVEMQ_PIDFILE', 'ACTIVEMQ_DATA', 'ACTIVEMQ_DATA_DIR', 'ACTIVEMQ_BASE'].some(
    name => (env[name] ?? '') !== '',
  )

/** Null: no such process; one that ended and waits for its parent is none either. */
async function processState(pid: number): Promise<{ readonly started: string | null } | null> {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // It is there, and another user's.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return null
  }
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  if (stat === null) return { started: null }
  // Behind the name, which may hold anything: the state is the first field, the start the twentieth (proc(5)).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (fields[0] === 'Z' || fields[0] === 'X') return null
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')
  return { started: `${boot.trim()}/${fields[19] ?? ''}` }
}

/** `node …/tandemmq.js start …`, however it is called; a text editor with such a file is none. */
async function isOurStart(pid: number): Promise<boolean> {
  const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0')
  const program = words.findIndex(word => /(?:^|\/)tandemmq(?:\.js)?$/.test(word))
  return program >= 0 && words.slice(program + 1).some(word => word === 'start' || word === 'console')
}

/** An address to listen on, as one to connect to. */
export const reachable = (http: string): string =>
  http.replace(/^0\.0\.0\.0:/, '127.0.0.1:').replace(/^\[::\]:/, '[::1]:')

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, open } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Terminal } from './cli.ts'
import { failure } from './failure.ts'
import { dataPlace, PidFile } from './pid-file.ts'

export interface Detached {
  /** The arguments of the `start` that runs in the background. */
  readonly args: readonly string[]
  readonly properties: Readonly<Record<string, string>>
  /** ms until it must be ready. */
  readonly timeoutMs: number
}

/** The process in the background says this to the one that started it. */
export interface ReadyMessage {
  readonly ready: true
  readonly http: string | null
}

const BIN = fileURLToPath(
  new URL(import.meta.url.includes('/dist/') ? '../../../bin/tandemmq.js' : '../../bin/tandemmq.js', import.meta.url),
)

/**
 * `start --detach`: a broker in the background, whose pid file is there before it runs (management CS-01). Waits until
 * it is ready: 0; the broker's own code when it ended instead, 8 when it takes longer. Running already is 0.
 */
export async function detach(terminal: Terminal, { args, properties, timeoutMs }: Detached): Promise<number> {
  const file = new PidFile(terminal, properties)
  try {
    const other = await claim(terminal, file)
    if (other !== null) {
      terminal.out(`INFO: Process with pid '${other}' is already running\n`)
      return 0
    }
    return await launch(terminal, file, args, properties, timeoutMs)
  } catch (error) {
    return failure(terminal, 'start', '', false, error)
  }
}

/** Takes the pid file. The pid of a broker that runs already, or null: it is ours now. */
async function claim(terminal: Terminal, file: PidFile): Promise<number | null> {
  for (let tries = 0; tries < 3; tries++) {
    if (await file.claim()) return null
    const recorded = await file.read()
    // Another start is writing it just now.
    if (recorded === null && tries === 0) await sleep(200)
    else if (recorded === null) await file.remove()
    else if (await file.runs(terminal, recorded)) return recorded.pid
  }
  throw new Error(`another start is at work: ${file.path} is written again and again`)
}

async function launch(
  terminal: Terminal,
  file: PidFile,
  args: readonly string[],
  properties: Readonly<Record<string, string>>,
  timeoutMs: number,
): Promise<number> {
  const { env, cwd } = terminal
  const path = resolve(cwd, env['ACTIVEMQ_OUT'] || join(dataPlace(terminal, properties), 'activemq.out'))
  let child: ChildProcess
  let answer: ReturnType<typeof firstOf>
  try {
    await mkdir(dirname(path), { recursive: true })
    const out = await open(path, 'a', 0o640)
    child = spawn(process.execPath, [...process.execArgv, BIN, 'start', ...args], {
      cwd,
      // Who calls it activemq reads its log as activemq.log was read.
      env: { ...(terminal.compat === true && { TANDEMMQ_LOG: 'activemq' }), ...env },
      detached: true,
      stdio: ['ignore', out.fd, out.fd, 'ipc'],
    })
    // From now on: a broker that ends at once is gone before the pid file is written.
    answer = firstOf(child, timeoutMs)
    answer.catch(() => {}) // what was not spawned is told by the next line
    await once(child, 'spawn')
    await out.close()
  } catch (error) {
    await file.remove()
    throw error
  }
  const pid = child.pid ?? 0
  await file.name(pid)
  terminal.out(`INFO: pidfile created : '${file.path}' (pid '${pid}')\n`)
  const said = await answer
  if (child.connected) child.disconnect()
  child.unref()
  if (typeof said === 'number') {
    await file.remove()
    terminal.err(`tandemmq start: the broker ended with exit code ${said}; ${path} says why\n`)
    return said === 0 ? 1 : said
  }
  if (said === 'late') {
    terminal.err(`tandemmq start: not ready after ${timeoutMs} ms; it goes on, and ${path} says with what\n`)
    return 8
  }
  await file.write(pid, said.http)
  return 0
}

/** That it is ready, or the exit code of a broker that ended before. */
async function firstOf(child: ChildProcess, timeoutMs: number): Promise<ReadyMessage | number | 'late'> {
  const over = new AbortController()
  const { signal } = over
  const options = { signal }
  try {
    return await Promise.race([
      once(child, 'message', options).then(([message]) => message as ReadyMessage),
      once(child, 'exit', options).then(([code]) => (typeof code === 'number' ? code : 1)),
      sleep(timeoutMs, 'late' as const, { signal }),
    ])
  } finally {
    over.abort()
  }
}

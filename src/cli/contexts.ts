import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isObject } from '../admin/admin.ts'
import { messageOf } from '../base/errors.ts'
import { UsageError } from './arguments.ts'
import type { Terminal } from './cli.ts'

/** A broker, or a pair, under a name of one's own. It holds where a password is, never the password. */
export interface Context {
  /** One address, or two with a comma. */
  readonly url: string
  readonly user: string | null
  readonly passwordFile: string | null
}

export interface Contexts {
  /** The one that counts when none is named; null: none does. */
  readonly current: string | null
  readonly all: ReadonlyMap<string, Context>
}

type Env = Pick<Terminal, 'env'>

/** Where they are kept; null: this user has no home. */
export function contextsFile({ env }: Env): string | null {
  const home = env['HOME']
  const directory = env['XDG_CONFIG_HOME'] || (home === undefined ? '' : join(home, '.config'))
  return directory === '' ? null : join(directory, 'tandemmq', 'contexts.json')
}

/** None when there is no file. Throws UsageError when it cannot be understood. */
export async function readContexts(terminal: Env): Promise<Contexts> {
  const path = contextsFile(terminal)
  const none: Contexts = { current: null, all: new Map() }
  if (path === null) return none
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return none
    throw new UsageError(`the contexts cannot be read: ${messageOf(error)}`)
  }
  try {
    const value: unknown = JSON.parse(text)
    if (!isObject(value) || !isObject(value['contexts'])) throw new Error('"contexts" is missing')
    const all = Object.entries(value['contexts']).map(([name, one]): [string, Context] => [name, contextOf(name, one)])
    const { current } = value
    return { current: typeof current === 'string' ? current : null, all: new Map(all) }
  } catch (error) {
    throw new UsageError(`${path} is not as "tandemmq context" writes it: ${messageOf(error)}`)
  }
}

function contextOf(name: string, value: unknown): Context {
  if (!isObject(value) || typeof value['url'] !== 'string') throw new Error(`"${name}" has no url`)
  const { url, user, passwordFile } = value
  return {
    url,
    user: typeof user === 'string' ? user : null,
    passwordFile: typeof passwordFile === 'string' ? passwordFile : null,
  }
}

/** Replaces the file as a whole: no other call sees half of it. */
export async function writeContexts(terminal: Env, { current, all }: Contexts): Promise<void> {
  const path = contextsFile(terminal)
  if (path === null) throw new UsageError('there is no place for contexts: neither HOME nor XDG_CONFIG_HOME is set')
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const text = `${JSON.stringify({ current, contexts: Object.fromEntries(all) }, null, 2)}\n`
  await writeFile(`${path}.${process.pid}`, text, { mode: 0o600 })
  await rename(`${path}.${process.pid}`, path)
}

/** The context that a call means: by name, or the current one. Null: none. Throws UsageError for a name that is none. */
export async function contextFor(terminal: Env, named: string | undefined): Promise<Context | null> {
  const { current, all } = await readContexts(terminal)
  const name = named ?? current
  if (name === null) return null
  const found = all.get(name)
  if (found !== undefined) return found
  throw new UsageError(`there is no context "${name}"; "tandemmq context list" shows those there are`)
}

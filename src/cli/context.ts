import { resolve } from 'node:path'
import { nodeUrl } from '../admin/admin.ts'
import { suggest } from '../base/suggest.ts'
import { readArguments, unknownAction, UsageError, type Options } from './arguments.ts'
import type { Terminal } from './cli.ts'
import { contextsFile, readContexts, writeContexts, type Contexts } from './contexts.ts'
import { failure } from './failure.ts'
import { printRows, ROW_HELP, ROW_OPTIONS, shapeOf } from './rows.ts'

export const CONTEXT_HELP: string = `Usage: tandemmq context list [-o FORMAT] [--columns A,B] [--no-headers]
       tandemmq context set    NAME --url URL[,URL] [--user NAME --password-file FILE]
       tandemmq context use    NAME | --none
       tandemmq context delete NAME

Names for brokers that you ask often. The one in use counts when a call gives neither --url nor TANDEMMQ_URL; --context NAME
or TANDEMMQ_CONTEXT means another one for a single call. They are kept in tandemmq/contexts.json of XDG_CONFIG_HOME or
~/.config, with the file a password is in, never with the password.

${ROW_HELP}
Example: tandemmq context set prod --url http://alpha:8161,http://beta:8161
`

const SET: Options = { url: { type: 'string' }, user: { type: 'string' }, 'password-file': { type: 'string' } }

const COLUMNS = [
  { key: 'name', title: 'NAME' },
  { key: 'inUse', title: 'IN USE' },
  { key: 'url', title: 'URL' },
  { key: 'user', title: 'USER' },
  { key: 'passwordFile', title: 'PASSWORD FILE' },
]

const ACTIONS = { list, set, use, delete: remove } as const

/** Verb `context` (management TU-03). */
export async function context(terminal: Terminal): Promise<number> {
  const [word, ...args] = terminal.args
  try {
    const action = word !== undefined && Object.hasOwn(ACTIONS, word) ? ACTIONS[word as keyof typeof ACTIONS] : null
    if (action === null) throw new UsageError(unknownAction(word, Object.keys(ACTIONS)))
    return await action({ ...terminal, args })
  } catch (error) {
    return failure(terminal, 'context', CONTEXT_HELP, false, error)
  }
}

async function list(terminal: Terminal): Promise<number> {
  const given = readArguments(terminal.args, ROW_OPTIONS)
  const { current, all } = await readContexts(terminal)
  const rows = [...all].map(([name, one]) => ({ name, inUse: name === current, ...one }))
  await printRows(terminal, rows, shapeOf(given, COLUMNS), 'name')
  return 0
}

async function set(terminal: Terminal): Promise<number> {
  const { rest, values } = readArguments(terminal.args, SET)
  const [name, ...more] = rest
  if (name === undefined || more.length > 0 || !/^[\w.-]+$/.test(name))
    throw new UsageError('give the context one name, of letters, digits, dots and dashes')
  const url = values.get('url')
  if (url === undefined) throw new UsageError('say where it is: --url http://host:8161')
  const urls = url.split(',').map(text => nodeUrl(text.trim()))
  if (urls.includes(null)) throw new UsageError('--url takes http://host:port, or two with a comma; no login in it')
  const user = values.get('user') ?? null
  const file = values.get('password-file')
  if ((user === null) !== (file === undefined)) throw new UsageError('--user and --password-file belong together')
  const before = await readContexts(terminal)
  const one = { url: urls.join(','), user, passwordFile: file === undefined ? null : resolve(terminal.cwd, file) }
  const all = new Map([...before.all, [name, one] as const])
  const current = before.current ?? name
  await writeContexts(terminal, { current, all })
  terminal.out(`${before.all.has(name) ? 'changed' : 'made'} context ${name} in ${contextsFile(terminal) ?? ''}\n`)
  return 0
}

async function use(terminal: Terminal): Promise<number> {
  const { rest, flags } = readArguments(terminal.args, { none: { type: 'boolean' } })
  const before = await readContexts(terminal)
  const name = flags.has('none') ? null : known(before, rest)
  await writeContexts(terminal, { ...before, current: name })
  terminal.out(name === null ? 'no context is in use\n' : `${name} is in use\n`)
  return 0
}

async function remove(terminal: Terminal): Promise<number> {
  const before = await readContexts(terminal)
  const name = known(before, readArguments(terminal.args, {}).rest)
  const all = new Map([...before.all].filter(([other]) => other !== name))
  await writeContexts(terminal, { current: before.current === name ? null : before.current, all })
  terminal.out(`deleted context ${name}\n`)
  return 0
}

function known({ all }: Contexts, [name, ...more]: readonly string[]): string {
  if (name === undefined || more.length > 0) throw new UsageError('name one context')
  if (all.has(name)) return name
  const meant = suggest(name, all.keys())
  throw new UsageError(`there is no context "${name}"${meant === null ? '' : `; did you mean "${meant}"?`}`)
}

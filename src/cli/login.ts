import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Login } from '../admin/admin.ts'
import { messageOf } from '../base/errors.ts'
import { UsageError } from './arguments.ts'
import type { Terminal } from './cli.ts'
import type { Context } from './contexts.ts'

/**
 * Who asks, by the options, else by the context that is in use, else by the environment. Null: nobody in particular.
 * Throws UsageError.
 */
export async function readLogin(
  terminal: Terminal,
  values: ReadonlyMap<string, string>,
  properties: Readonly<Record<string, string>>,
  context: Context | null,
): Promise<Login | null> {
  const { env } = terminal
  const said = values.get('user') ?? values.get('jmxuser') ?? properties['activemq.jmx.user']
  const kept = said === undefined && context !== null && context.user !== null ? context : null
  const user = said ?? kept?.user ?? env['TANDEMMQ_USER'] ?? null
  const given = await readPassword(terminal, values, properties, kept?.passwordFile ?? env['TANDEMMQ_PASSWORD_FILE'])
  const asked = user !== null && given === null ? terminal.askSecret?.(`password of ${user}: `) : undefined
  const password = asked === undefined ? given : await asked
  if (user === null && password === null) return null
  if (user === null) throw new UsageError('a password needs a name: --user NAME')
  if (password === null)
    throw new UsageError('a user needs a password: --password-file FILE, or --password - for stdin')
  if (user.includes(':')) throw new UsageError('a user name cannot hold a colon here')
  return { user, password }
}

async function readPassword(
  terminal: Terminal,
  values: ReadonlyMap<string, string>,
  properties: Readonly<Record<string, string>>,
  otherwise: string | undefined,
): Promise<string | null> {
  const { cwd } = terminal
  const file = values.get('password-file')
  const word = values.get('password') ?? values.get('jmxpassword') ?? properties['activemq.jmx.password']
  if (file !== undefined && word !== undefined) throw new UsageError('one password: a file or --password, not both')
  if (word === '-') return firstLine(await readInput(terminal))
  if (word !== undefined) {
    terminal.err('warning: every user of this machine can read a password in a command line; use --password-file\n')
    return word
  }
  const path = file ?? otherwise
  if (path === undefined) return null
  try {
    return firstLine(await readFile(resolve(cwd, path), 'utf8'))
  } catch (error) {
    throw new UsageError(`the password file cannot be read: ${messageOf(error)}`)
  }
}

function readInput(terminal: Terminal): Promise<string> {
  if (terminal.input === undefined) throw new UsageError('there is no standard input to read the password from')
  return terminal.input()
}

/** As a file ends that an editor or echo wrote. */
const firstLine = (text: string): string => text.split(/\r?\n/, 1)[0] ?? ''

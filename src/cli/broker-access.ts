import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Code } from '../base/codes.ts'
import { TandemError, messageOf } from '../base/errors.ts'
import { NOBODY, type Login } from '../client/client.ts'
import { UsageError, type Arguments, type Options } from './arguments.ts'
import type { Terminal } from './cli.ts'

/** The options by which a verb that speaks STOMP says who it is (management TU-03). */
export const ACCESS_OPTIONS: Options = {
  user: { type: 'string' },
  password: { type: 'string' },
  'password-file': { type: 'string' },
  ca: { type: 'string' },
  cert: { type: 'string' },
  key: { type: 'string' },
}

/** Their part of a help text. */
export const ACCESS_HELP = `  --user NAME, --password-file FILE   the login; also TANDEMMQ_USER, TANDEMMQ_PASSWORD_FILE, TANDEMMQ_PASSWORD.
                    --password WORD works too, and anybody on this machine can read it; --password - reads it from stdin
  --ca FILE         PEM certificates to trust for stomp+ssl://, instead of the system's; --cert FILE, --key FILE: who this is
`

/**
 * Who connects, from options, environment and files. `prefix` of the options: `''`, or `from-` and `to-` where a verb speaks to two
 * brokers; that of the variables is the same in capitals. Throws UsageError.
 */
export async function loginOf({ values }: Arguments, terminal: Terminal, prefix = ''): Promise<Login> {
  const { env, cwd } = terminal
  const variables = `TANDEMMQ_${prefix.toUpperCase().replaceAll('-', '_')}`
  const option = (name: string): string | null => values.get(prefix + name) ?? null
  const file = (path: string | null): string | null => (path === null ? null : readText(resolve(cwd, path), path))
  const line = (path: string | null): string | null => (path === null ? null : firstLine(file(path) ?? ''))
  return {
    ...NOBODY,
    login: option('user') ?? env[`${variables}USER`] ?? null,
    passcode:
      (await givenPassword(option('password'), terminal, prefix)) ??
      line(option('password-file')) ??
      env[`${variables}PASSWORD`] ??
      line(env[`${variables}PASSWORD_FILE`] ?? null),
    ca: file(option('ca')),
    cert: file(option('cert')),
    key: file(option('key')),
  }
}

async function givenPassword(given: string | null, { err, input }: Terminal, prefix: string): Promise<string | null> {
  if (given === '-') {
    if (input === undefined) throw new UsageError('there is no standard input to read the password from')
    return firstLine(await input())
  }
  if (given !== null)
    err(`warning: every user of this machine can read a password in a command line; use --${prefix}password-file\n`)
  return given
}

function readText(path: string, shown: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError(`${shown} cannot be read: ${messageOf(error)}`)
  }
}

const firstLine = (text: string): string => text.split(/\r?\n/, 1)[0] ?? ''

/** What the user has to read of an error, and its exit code (management 5.5). */
export function tellError(verb: string, error: unknown, { err }: Terminal): number {
  const hint = error instanceof TandemError && error.hint !== undefined ? `\n  next: ${error.hint}` : ''
  const code = error instanceof TandemError ? ` (${error.code})` : ''
  err(`tandemmq ${verb}: ${messageOf(error)}${code}${hint}\n`)
  return exitCodeOf(error)
}

const EXIT_CODES: Readonly<Partial<Record<Code, number>>> = {
  CLIENT_ADDRESS: 2,
  CLIENT_UNREACHABLE: 3,
  CLIENT_NOT_STOMP: 3,
  CLIENT_LOST: 3,
  CLIENT_REFUSED: 4,
}

export const exitCodeOf = (error: unknown): number => (error instanceof TandemError && EXIT_CODES[error.code]) || 1

import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { isLoopback, NodeClient, nodeUrl, type Login } from '../admin/admin.ts'
import { messageOf } from '../base/errors.ts'
import { UsageError, type Arguments, type Options } from './arguments.ts'
import type { Terminal } from './cli.ts'
import { durationMs } from './duration.ts'

/** The options of every verb that asks a running node (management TU-03, TC-03). */
export const CONNECTION_OPTIONS: Options = {
  url: { type: 'string' },
  user: { type: 'string' },
  password: { type: 'string' },
  'password-file': { type: 'string' },
  timeout: { type: 'string' },
  jmxurl: { type: 'string' },
  jmxuser: { type: 'string' },
  jmxpassword: { type: 'string' },
  jmxlocal: { type: 'boolean' },
  pid: { type: 'string' },
}

/** Their lines in the help of a verb. */
export const CONNECTION_HELP = `  --url URL           the node's HTTP interface (default http://127.0.0.1:8161); of a pair both, with a comma
  --user NAME         with --password-file FILE, or --password - that reads it from stdin
  --timeout 5s        how long one request may take (60s where something is changed)

Environment: TANDEMMQ_URL, TANDEMMQ_USER, TANDEMMQ_PASSWORD_FILE; NODE_EXTRA_CA_CERTS for an https URL of your own CA.
`

const DEFAULT_URL = 'http://127.0.0.1:8161'

export interface Connection {
  /** One for each address, at least one; of a pair both. */
  readonly clients: readonly [NodeClient, ...NodeClient[]]
}

/**
 * Reads where to ask and as whom. `urls` come before `--url` and the environment: those that a verb takes as arguments;
 * `timeoutMs` is for one request, unless `--timeout` says otherwise. Throws UsageError.
 */
export async function connection(
  terminal: Terminal,
  { flags, values, properties }: Pick<Arguments, 'flags' | 'values' | 'properties'>,
  urls: readonly string[] = [],
  timeoutMs = 5000,
): Promise<Connection> {
  const local = refuseRmi(flags, values, properties)
  const { env } = terminal
  const listed = values.get('url') ?? local ?? env['TANDEMMQ_URL'] ?? DEFAULT_URL
  const texts = urls.length > 0 ? urls : listed.split(',').map(text => text.trim())
  const addresses = texts.map(address)
  const login = await readLogin(terminal, values, properties)
  if (login !== null)
    for (const url of addresses)
      if (url.startsWith('http:') && !isLoopback(url))
        terminal.err(`warning: the password goes to ${url} in the clear; https protects it\n`)
  const timeout = values.get('timeout')
  const options = { login, timeoutMs: timeout === undefined ? timeoutMs : durationMs('--timeout', timeout) }
  const [first = DEFAULT_URL, ...others] = addresses
  return { clients: [new NodeClient(first, options), ...others.map(url => new NodeClient(url, options))] }
}

function address(text: string): string {
  const url = nodeUrl(text)
  if (url !== null) return url
  // Not shown: a password may stand in it.
  if (text.includes('@')) throw new UsageError('a URL holds no login; give --user and --password-file')
  throw new UsageError(`"${text}" is no address; write http://host:port`)
}

/** JMX over RMI is Java's own: its flags are taken where they can only mean the local node (management TC-03). */
function refuseRmi(
  flags: ReadonlySet<string>,
  values: ReadonlyMap<string, string>,
  properties: Readonly<Record<string, string>>,
): string | null {
  const rmi = values.get('jmxurl') ?? properties['activemq.jmx.url']
  if (rmi === undefined) return flags.has('jmxlocal') || values.has('pid') ? DEFAULT_URL : null
  const host = /\/\/([^/:,()]*)/.exec(rmi.replace(/^service:jmx:rmi:\/\/[^/]*\/jndi\//, ''))?.[1] ?? rmi
  if (/^(localhost|127\.\d+\.\d+\.\d+|)$/.test(host)) return DEFAULT_URL
  throw new UsageError(`TandemMQ has no RMI port; use --url http://${host}:8161`)
}

async function readLogin(
  terminal: Terminal,
  values: ReadonlyMap<string, string>,
  properties: Readonly<Record<string, string>>,
): Promise<Login | null> {
  const { env } = terminal
  const user =
    values.get('user') ?? values.get('jmxuser') ?? properties['activemq.jmx.user'] ?? env['TANDEMMQ_USER'] ?? null
  const password = await readPassword(terminal, values, properties)
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
): Promise<string | null> {
  const { env, cwd } = terminal
  const file = values.get('password-file')
  const word = values.get('password') ?? values.get('jmxpassword') ?? properties['activemq.jmx.password']
  if (file !== undefined && word !== undefined) throw new UsageError('one password: a file or --password, not both')
  if (word === '-') return firstLine(await readInput(terminal))
  if (word !== undefined) {
    terminal.err('warning: every user of this machine can read a password in a command line; use --password-file\n')
    return word
  }
  const path = file ?? env['TANDEMMQ_PASSWORD_FILE']
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

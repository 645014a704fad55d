import { AdminError, isLoopback, NodeClient, nodeUrl } from '../admin/admin.ts'
import { UsageError, type Arguments, type Options } from './arguments.ts'
import type { Terminal } from './cli.ts'
import { contextFor } from './contexts.ts'
import { durationMs } from './duration.ts'
import { readLogin } from './login.ts'
import { namesInstance, PidFile, reachable } from './pid-file.ts'

/** The options of every verb that asks a running node (management TU-03, TC-03). */
export const CONNECTION_OPTIONS: Options = {
  url: { type: 'string' },
  context: { type: 'string' },
  user: { type: 'string' },
  password: { type: 'string' },
  'password-file': { type: 'string' },
  timeout: { type: 'string' },
  jmxurl: { type: 'string' },
  jmxuser: { type: 'string' },
  jmxpassword: { type: 'string' },
  jmxlocal: { type: 'boolean' },
  pid: { type: 'string' },
  // Where ActiveMQ's command looks for further Java classes: nothing to find here.
  extdir: { type: 'string' },
  noDefExt: { type: 'boolean' },
}

/** Their lines in the help of a verb. */
export const CONNECTION_HELP = `  --url URL           the node's HTTP interface; of a pair both, with a comma. Without it that of the broker whose pid file is
                      in ACTIVEMQ_PIDFILE or ACTIVEMQ_DATA, else http://127.0.0.1:8161
  --context NAME      the address and login that "tandemmq context" keeps under this name
  --user NAME         with --password-file FILE, or --password - that reads it from stdin; else the terminal asks
  --timeout 5s        how long one request may take (60s where something is changed)

Environment: TANDEMMQ_URL, TANDEMMQ_CONTEXT, TANDEMMQ_USER, TANDEMMQ_PASSWORD_FILE; NODE_EXTRA_CA_CERTS for a CA of
your own behind an https URL.
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
  const local = meansLocal(flags, values, properties)
  const said = values.get('url') ?? (local || values.has('context') ? undefined : terminal.env['TANDEMMQ_URL'])
  const named = said !== undefined || local
  if (named && values.has('context')) throw new UsageError('one place to ask: --url or --context')
  // Its login is for its own address only.
  const context =
    urls.length > 0 || named
      ? null
      : await contextFor(terminal, values.get('context') ?? terminal.env['TANDEMMQ_CONTEXT'])
  const usual = async (): Promise<string> => (await ofInstance(terminal, properties)) ?? DEFAULT_URL
  const listed = urls.length > 0 ? urls : (said ?? context?.url ?? (await usual())).split(',')
  const addresses = listed.map(text => address(text.trim()))
  const login = await readLogin(terminal, values, properties, context)
  if (login !== null)
    for (const url of addresses)
      if (url.startsWith('http:') && !isLoopback(url))
        terminal.err(`warning: the password goes to ${url} in the clear; https protects it\n`)
  const timeout = values.get('timeout')
  const options = { login, timeoutMs: timeout === undefined ? timeoutMs : durationMs('--timeout', timeout) }
  const [first = DEFAULT_URL, ...others] = addresses
  return { clients: [new NodeClient(first, options), ...others.map(url => new NodeClient(url, options))] }
}

/**
 * Where the broker listens that runs in the instance which the environment names; null: none is known to. Throws AdminError when
 * that one does not say, and another broker has the usual address: what is asked here is not for that.
 */
export async function ofInstance(
  terminal: Pick<Terminal, 'env' | 'cwd'>,
  properties: Readonly<Record<string, string>>,
  usual: string = DEFAULT_URL,
): Promise<string | null> {
  if (!namesInstance(terminal)) return null
  const file = new PidFile(terminal, properties)
  const recorded = await file.read()
  if (recorded === null || (await file.liveness(recorded)) !== 'running') return null
  if (recorded.http !== null) return reachable(recorded.http)
  const { pid } = await new NodeClient(usual, { login: null, timeoutMs: 1000 }).pair().catch(() => ({ pid: null }))
  if (pid === null || pid === recorded.pid) return null
  throw new AdminError(
    'unreachable',
    `${usual} is another broker's: pid ${recorded.pid} of ${file.path} has no HTTP interface`,
    {
      hint: 'it may be starting; or name the broker that is meant with --url',
    },
  )
}

function address(text: string): string {
  const url = nodeUrl(text)
  if (url !== null) return url
  // Not shown: a password may stand in it.
  if (text.includes('@')) throw new UsageError('a URL holds no login; give --user and --password-file')
  throw new UsageError(`"${text}" is no address; write http://host:port`)
}

/**
 * JMX over RMI is Java's own: its flags are taken where they can only mean the node of this machine (management TC-03), of several the
 * one whose pid file is in the environment. Throws UsageError.
 */
function meansLocal(
  flags: ReadonlySet<string>,
  values: ReadonlyMap<string, string>,
  properties: Readonly<Record<string, string>>,
): boolean {
  const rmi = values.get('jmxurl') ?? properties['activemq.jmx.url']
  if (rmi === undefined) return flags.has('jmxlocal') || values.has('pid')
  const host = /\/\/([^/:,()]*)/.exec(rmi.replace(/^service:jmx:rmi:\/\/[^/]*\/jndi\//, ''))?.[1] ?? rmi
  if (/^(localhost|127\.\d+\.\d+\.\d+|)$/.test(host)) return true
  throw new UsageError(`TandemMQ has no RMI port; use --url http://${host}:8161`)
}

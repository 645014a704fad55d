import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { basename, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { messageOf, TandemError } from '../base/errors.ts'
import { formatFinding, loadConfig, readConfig, type Reading } from '../config/config.ts'
import { decryptJasypt } from '../security/security.ts'
import { describeError } from '../server/server.ts'
import { readArguments, UsageError } from './arguments.ts'
import type { Terminal } from './cli.ts'
import { companionsOf, Instance, occupied } from './create-files.ts'
import { wrongCall } from './wrong-call.ts'

export const CREATE_HELP = `Usage: tandemmq create DIR [--template FILE] [-Dname=value]… [--force]

Makes an instance, as ActiveMQ's create does: DIR/bin/NAME, which starts it, DIR/conf and DIR/data. NAME is the name of
DIR, and the broker's. It is ready to run: STOMP on 127.0.0.1:61613, two users with passwords from a random source in
conf/credentials.properties; HTTP on 127.0.0.1:8161 (conf/jetty.xml), with a login: "admin" of conf/jetty-realm.properties,
by which DIR/bin/NAME asks its own broker. Exit code 0 when made; 1 when not, or when it would not start; 2 on a wrong call.
Nothing of yours is ever changed.

  --template FILE  take this activemq.xml instead, with a brokerName of its own; the files beside it that it or its
                   login.config names are copied too, and the usual ones (credentials, users, groups)
                   --amqconf is ActiveMQ's name for it. Its HTTP interface is what the template says
  -Dname=value     a property that the template needs; the start needs it too
  --force          also in a directory that is not empty. What is there stays, except for files that create made and
                   nobody changed since; passwords are never made anew

Example: tandemmq create /tmp/orders
         /tmp/orders/bin/orders start
`

const OPTIONS = {
  template: { type: 'string' },
  amqconf: { type: 'string' },
  force: { type: 'boolean' },
} as const

interface Call {
  readonly directory: string
  readonly template: string | null
  readonly properties: Readonly<Record<string, string>>
  readonly force: boolean
}

/** Verb `create` (management CT-09, TC-05). */
export async function create(terminal: Terminal): Promise<number> {
  try {
    return await make(terminal, readCall(terminal))
  } catch (error) {
    if (error instanceof UsageError) {
      wrongCall(terminal, 'create', CREATE_HELP, error.message)
      return 2
    }
    terminal.err(`tandemmq create: ${error instanceof TandemError ? describeError(error) : messageOf(error)}\n`)
    return 1
  }
}

function readCall({ args, cwd }: Terminal): Call {
  const { values, flags, rest, properties } = readArguments(args, OPTIONS)
  const [directory, ...more] = rest
  if (directory === undefined || directory === '') throw new UsageError('name the directory of the new instance')
  if (more.length > 0) throw new UsageError(`one directory at a time, not ${rest.join(' and ')}`)
  const named = [values.get('template'), values.get('amqconf')].filter(name => name !== undefined)
  if (named.length > 1) throw new UsageError('--template and --amqconf are one option')
  const template = named[0]?.replace(/^(xbean:)?(file:)?/, '')
  return {
    directory: resolve(cwd, directory),
    template: template === undefined ? null : resolve(cwd, template),
    properties,
    force: flags.has('force'),
  }
}

async function make(terminal: Terminal, call: Call): Promise<number> {
  const { directory, template, force } = call
  const name = basename(directory)
  if (!/^[^\s/\\'"$`-][^\s/\\'"$`]*$/.test(name))
    throw new UsageError(`"${name}" cannot be the name of a program: choose one without spaces and quotes`)
  const there = occupied(directory)
  if (there !== null && !(force && there === 'not empty')) {
    const next = there === 'not empty' ? '; choose another, or use --force: what is there stays' : ''
    terminal.err(`tandemmq create: ${directory} is ${there}${next}\n`)
    return 1
  }
  const instance = new Instance(directory)
  const conf = template === null ? ours(directory, name) : await theirs(terminal, call, template, name)
  if (conf === null) return 1
  const script = fixture('instance.sh').replace('@PROGRAM@', () => quoted(PROGRAM))
  instance.directory('bin')
  instance.directory('conf')
  instance.directory('data')
  instance.write(join('bin', name), script, 0o755)
  for (const { path, text, mode } of conf) instance.write(path, text, mode)
  instance.finish()
  return tell(terminal, call, name, instance)
}

interface Written {
  readonly path: string
  readonly text: string | Uint8Array
  readonly mode: number
}

function ours(directory: string, name: string): readonly Written[] {
  const made = [randomPassword(), randomPassword()]
  const admin = passwordOf(join(directory, 'conf', 'credentials.properties')) ?? made[0] ?? ''
  return [
    {
      path: join('conf', 'activemq.xml'),
      text: fixture('activemq.xml').replace('brokerName="instance"', `brokerName="${brokerName(name)}"`),
      mode: 0o644,
    },
    {
      path: join('conf', 'credentials.properties'),
      text: fixture('credentials.properties').replaceAll('@PASSWORD@', () => made.shift() ?? ''),
      mode: 0o600,
    },
    { path: join('conf', 'jetty.xml'), text: fixture('jetty.xml'), mode: 0o644 },
    {
      path: join('conf', 'jetty-realm.properties'),
      text: fixture('jetty-realm.properties').replace('@PASSWORD@', () => admin),
      mode: 0o600,
    },
  ]
}

const randomPassword = (): string => randomBytes(18).toString('base64url')

/** What an earlier create made for the administrator, and stays; null: none that a realm could say in the same way. */
function passwordOf(credentials: string): string | null {
  if (!existsSync(credentials)) return null
  const found = /^activemq\.password=([\w-]+)\r?$/m.exec(readFileSync(credentials, 'utf8'))
  return found?.[1] ?? null
}

/** The template and what stands beside it; null, after saying why: it would not start. */
async function theirs(terminal: Terminal, call: Call, file: string, name: string): Promise<readonly Written[] | null> {
  const base = { 'activemq.base': call.directory, 'activemq.data': join(call.directory, 'data') }
  const properties = { ...base, ...call.properties }
  const reading = await readConfig(file, { properties, env: terminal.env, cwd: terminal.cwd, decrypt: decryptJasypt })
  if (reading.config === null) {
    for (const finding of reading.findings)
      if (finding.severity === 'error' || finding.severity === 'refuse') terminal.err(`${formatFinding(finding)}\n`)
    terminal.err(`tandemmq create: no broker would start from ${file}; nothing was made\n`)
    return null
  }
  const xml = {
    path: join('conf', 'activemq.xml'),
    text: renamed(reading, file, brokerName(name)),
    mode: statSync(file).mode & 0o777,
  }
  return [xml, ...companionsOf(file).map(({ name: beside, ...rest }) => ({ path: join('conf', beside), ...rest }))]
}

/** The text with another brokerName, and nothing else changed; one with a placeholder in it is somebody's to set. */
function renamed({ broker }: Reading, file: string, name: string): string | Uint8Array {
  const bytes = readFileSync(file)
  const text = bytes.toString('utf8')
  const given = broker?.values.get('brokerName')
  // A file in another encoding, or one that names its broker elsewhere, is taken as it is.
  if (given === undefined || given.raw.includes('${') || !Buffer.from(text).equals(bytes)) return bytes
  const line = text.split('\n').slice(0, given.at.line - 1)
  const from = line.reduce((sum, each) => sum + each.length + 1, 0) + given.at.column - 1
  const match = /^brokerName\s*=\s*(["'])([^"'<]*)\1/.exec(text.slice(from))
  if (match === null || match[2] !== given.raw) return bytes
  return `${text.slice(0, from)}brokerName="${name}"${text.slice(from + match[0].length)}`
}

/** What a brokerName may consist of (config 2.4). */
const brokerName = (name: string): string => name.replace(/[^A-Za-z0-9._:-]/g, '_')

/** Loads what was made, as its start will, and says what to do next. */
async function tell(terminal: Terminal, call: Call, name: string, instance: Instance): Promise<number> {
  const { directory, properties, template } = call
  const conf = join(directory, 'conf')
  const env = { ...terminal.env, ACTIVEMQ_BASE: directory, ACTIVEMQ_CONF: conf, ACTIVEMQ_DATA: join(directory, 'data') }
  const xml = join(conf, 'activemq.xml')
  const { config, findings } = await loadConfig(xml, { properties, env, cwd: terminal.cwd, decrypt: decryptJasypt })
  for (const finding of findings) if (finding.severity !== 'accept') terminal.err(`${formatFinding(finding)}\n`)
  const shown = relative(terminal.cwd, directory)
  const at = shown === '' || shown.startsWith('..') ? directory : shown
  const lines = instance.made.map(path => `made  ${join(at, path)}`)
  for (const path of instance.kept) lines.push(`kept  ${join(at, path)}: it was there, and is not what create made`)
  if (config === null) {
    terminal.out(`${lines.join('\n')}\n`)
    terminal.err(`tandemmq create: ${xml} does not start yet; correct what is said above\n`)
    return 1
  }
  // Only the names: a value may be a password.
  const flags = Object.keys(properties).map(key => ` -D${key}=…`)
  const script = word(join(at, 'bin', name))
  const first = config.connectors.find(({ autoStart }) => autoStart)
  lines.push('', 'next:', `  ${script} start${flags.join('')}`, `  ${script} validate${flags.join('')}`)
  if (first !== undefined)
    lines.push(`  connect a STOMP client to ${first.host}:${first.port}${template === null ? asApp(at) : ''}`)
  terminal.out(`${lines.join('\n')}\n`)
  return 0
}

const asApp = (at: string): string => ` as "app", with app.password of ${join(at, 'conf', 'credentials.properties')}`

/** As it can be pasted into a shell. */
const word = (path: string): string => (/^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`)

/** As a word of sh that stays one inside of double quotes or without. */
const quoted = (path: string): string => path.replace(/[^\w@%+=:,./-]/g, '\\$&')

const ROOT = fileURLToPath(new URL(import.meta.url.includes('/dist/') ? '../../../' : '../../', import.meta.url))
const PROGRAM = join(ROOT, 'bin', 'tandemmq.js')
const fixture = (name: string): string => readFileSync(join(ROOT, 'fixtures', 'instance', name), 'utf8')

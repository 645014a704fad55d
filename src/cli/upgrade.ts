import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { formatPosition, messageOf, type Position } from '../base/errors.ts'
import { formatFinding, loadTools, readConfig } from '../config/config.ts'
import { formatOf } from '../document/document.ts'
import { readable } from '../inspect/inspect.ts'
import { readTarget, upgrade, type Left, type Names, type Order, type Upgrade } from '../upgrade/upgrade.ts'
import { readArguments, UsageError } from './arguments.ts'
import type { Terminal } from './cli.ts'
import { NO_FILE, shortPath } from './configuration.ts'
import { replaceFile } from './replace-file.ts'
import { wrongCall } from './wrong-call.ts'

export const UPGRADE_HELP = `Usage: tandemmq upgrade FILE… [--to TARGET] [--names NAMES] [--write] [--json] [-Dname=value]…

Rewrites an activemq.xml: old and removed names, the 4.x namespace, misspelt names and URI options of which only one can
be meant, stores that ActiveMQ has no more. Comments, layout, quotes, line ends and encoding stay as they are. Without
--write nothing is changed: the difference is printed as a patch, and each change with its place and reason on stderr. The
patch has the lines as they are, with a password that stands in one of them.
Files that FILE imports are named and not rewritten; give them as well.

  --to       tandemmq (default: what is read best here and stays valid for ActiveMQ where that is possible), 6.x, 5.x or
             a version such as 5.15.9: what that ActiveMQ accepts, as far as it can say the same
  --names    active-passive or master-slave: the pair's names in one vocabulary (activeConnectorURI,
             masterConnectorURI); without it they stay as they are written
  --write    write FILE; what it was is kept as FILE.bak (.bak.1, .bak.2 … when there is one already)
  --json     print one JSON document: for each file its changes, what is left for you, and the patch
  -D         as for "start": properties that decide which files are imported, and fill placeholders

Exit code 0 when there is nothing to do, or everything was done and written; 1 when there are changes that were not
written, or something is left that you must decide; 2 on a wrong call, which a JSON or YAML file is, and one that cannot be
read: nothing is written, of no file.

Example: tandemmq upgrade conf/activemq.xml --write
`

interface Call {
  readonly files: readonly string[]
  readonly order: Order
  readonly write: boolean
  readonly json: boolean
  readonly properties: Readonly<Record<string, string>>
}

/** Verb `upgrade` (management TC-09). */
export async function upgradeFiles(terminal: Terminal): Promise<number> {
  try {
    const call = await readCall(terminal.args)
    const other = call.files.map(file => unusable(file, terminal)).find(problem => problem !== null)
    if (other !== undefined) {
      terminal.err(`tandemmq upgrade: ${other}\n`)
      return 2
    }
    const results: Result[] = []
    for (const file of call.files) {
      const result = await one(file, call, terminal)
      results.push(result)
      if (!call.json) report(result, terminal)
    }
    if (call.json) terminal.out(`${JSON.stringify({ files: results.map(asJson) }, null, 2)}\n`)
    return results.some(({ done }) => !done) ? 1 : 0
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    wrongCall(terminal, 'upgrade', UPGRADE_HELP, error.message)
    return 2
  }
}

async function readCall(args: readonly string[]): Promise<Call> {
  const options = {
    to: { type: 'string' },
    names: { type: 'string' },
    write: { type: 'boolean' },
    json: { type: 'boolean' },
  } as const
  const { flags, values, rest, properties } = readArguments(args, options)
  if (rest.length === 0) throw new UsageError('name a file')
  const { vocabulary } = await loadTools()
  const target = readTarget(values.get('to') ?? 'tandemmq', vocabulary)
  if ('problem' in target) throw new UsageError(target.problem)
  const names = readNames(values.get('names'))
  if (target.kind === 'activemq' && names === 'active-passive')
    throw new UsageError('no ActiveMQ reads the active-passive names; give --names master-slave, or --to tandemmq')
  return { files: rest, order: { target, names }, write: flags.has('write'), json: flags.has('json'), properties }
}

function readNames(text: string | undefined): Names {
  if (text === undefined) return 'keep'
  if (text === 'active-passive' || text === 'master-slave') return text
  throw new UsageError(`--names ${text}: write active-passive or master-slave`)
}

interface Result {
  /** As it was given. */
  readonly given: string
  readonly upgrade: Upgrade
  /** The file that keeps what was there; null when nothing was written. */
  readonly backup: string | null
  /** Why writing failed. */
  readonly failure: string | null
  readonly done: boolean
}

const pathOf = (given: string): string => given.replace(/^(?:xbean:)?(?:file:(?:\/\/(?=\/))?)?/, '')

/**
 * Why this cannot be rewritten; then nothing at all is. JSON and YAML have no layout and no old names worth keeping. Null: it
 * can.
 */
function unusable(given: string, { cwd }: Terminal): string | null {
  if (NO_FILE.test(given)) return `${given} is no XML file, and only those are rewritten`
  const path = pathOf(given)
  const bytes = read(resolve(cwd, path))
  if (typeof bytes === 'string') return `${path} ${bytes}`
  const format = formatOf(path, Buffer.from(bytes).toString('latin1'))
  if (format === 'xml') return null
  const next = `give the XML, or make one of it: tandemmq convert ${path} --to xml`
  return `${path} is ${format.toUpperCase()}, and only XML is rewritten; ${next}`
}

async function one(given: string, call: Call, terminal: Terminal): Promise<Result> {
  const plain = pathOf(given)
  const file = resolve(terminal.cwd, plain)
  const { properties, order } = call
  const before = await readConfig(file, { properties, env: terminal.env, cwd: terminal.cwd })
  const bytes = readFileSync(file)
  const upgraded = upgrade(before, file, bytes, plain, order, await loadTools())
  const { backup, failure } = call.write ? write(file, bytes, upgraded) : NOT_WRITTEN
  const written = upgraded.bytes === null || backup !== null
  return { given: plain, upgrade: upgraded, backup, failure, done: written && upgraded.left.length === 0 }
}

const NOT_WRITTEN = { backup: null, failure: null }

/** The bytes of a file, or why there are none. */
function read(file: string): Uint8Array | string {
  try {
    return readFileSync(file)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : ''
    if (code === 'ENOENT') return 'does not exist'
    return code === 'EISDIR' ? 'is a directory: name the file' : `cannot be read: ${messageOf(error)}`
  }
}

function write(file: string, before: Uint8Array, { bytes }: Upgrade): Pick<Result, 'backup' | 'failure'> {
  if (bytes === null) return NOT_WRITTEN
  try {
    return { backup: replaceFile(file, before, bytes), failure: null }
  } catch (error) {
    return { backup: null, failure: messageOf(error) }
  }
}

function report(result: Result, terminal: Terminal): void {
  const { given, backup, failure } = result
  const { changes, left, diff, imports } = result.upgrade
  const short = (at: Position): Position => ({ ...at, file: shortPath(at.file, terminal.cwd) })
  if (backup === null) terminal.out(diff)
  for (const { at, message, reason } of changes) terminal.err(`${formatPosition(short(at))}: ${message}: ${reason}\n`)
  for (const { code, message, hint, ...places } of left)
    terminal.err(`${leftText(code, short(placeOf(places, backup)), message, hint)}\n`)
  for (const path of imports)
    terminal.err(`${given}: imports ${path}, which is not rewritten: give it as a file of its own\n`)
  terminal.err(`${given}: ${summary(result)}\n`)
  if (failure !== null) terminal.err(`${given}: not written: ${failure}\n`)
}

/** As a finding, on one line even when it quotes the file. */
const leftText = (code: Left['code'], at: Position, message: string, hint: string | null): string =>
  formatFinding({ severity: 'warn', code, at, message: readable(message), hint })

/** Where it stands in the file that is on disk now. */
const placeOf = ({ at, now }: Pick<Left, 'at' | 'now'>, backup: string | null): Position => (backup === null ? at : now)

function summary({ upgrade: { changes, left, bytes }, backup }: Result): string {
  const count = changes.length === 1 ? '1 change' : `${changes.length} changes`
  const decide = left.length === 0 ? '' : `; ${left.length} left for you to decide`
  if (bytes === null) return left.length === 0 ? 'nothing to do' : `nothing changed${decide}`
  return backup === null
    ? `${count}, not written: give --write${decide}`
    : `${count} written, before in ${backup}${decide}`
}

function asJson({ given, upgrade: { changes, left, diff, imports }, backup, failure }: Result): object {
  const place = ({ line, column }: Position): object => ({ line, column })
  return {
    file: given,
    written: backup !== null,
    backup,
    ...(failure === null ? {} : { failure }),
    changes: changes.map(({ rule, at, message, reason }) => ({ rule, ...place(at), message, reason })),
    left: left.map(({ code, message, hint, ...places }) => ({
      code,
      ...place(placeOf(places, backup)),
      message,
      hint,
    })),
    imports,
    diff,
  }
}

import { rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { hostname } from 'node:os'
import { gzipSync } from 'node:zlib'
import { messageOf } from '../base/errors.ts'
import type { Reading } from '../config/config.ts'
import { readArguments, UsageError, type Arguments, type Options } from './arguments.ts'
import type { Terminal } from './cli.ts'
import { readSource } from './configuration.ts'
import { CONNECTION_HELP, CONNECTION_OPTIONS, connection } from './connection.ts'
import { configuration, dataFiles, machine, maskOfLines, secretsOf } from './diag-here.ts'
import { logText } from './diag-log.ts'
import { nodeSections, type Section } from './diag-node.ts'
import { failure } from './failure.ts'
import { javaOptions } from './java-options.ts'
import { dataPlace, PidFile, reachable } from './pid-file.ts'
import { usualPlace } from './usual-place.ts'
import { visible } from './visible.ts'

export const DIAG_HELP: string = `Usage: tandemmq diag [--output FILE [--force]] [--log-file FILE] [-Dname=value]… [connection options] [SOURCE]

One text with what a bug report needs, on stdout or in a FILE that only you can read; compressed when its name ends with
.gz. It says what is in it, and changes nothing:

  version, Node, system, limits; the names of variables and properties, and only of paths among them the values
  SOURCE as explain shows it, every secret masked, and what validate says of it
  the names and sizes of the files in the data directory
  of the node: /api/pair, /health, its state (as SIGUSR2 writes it), /metrics, and what keeps each file of the journal
  the last lines of the log that have a code: no trace of frames, no line of a logging plugin

No password and no message is in it; names of queues, users, clients and machines are, and the log may quote a word of a
frame that was refused. It is plain text: read it before you send it. A node that does not answer is a part of the answer: the
exit code is 0 then too, 1 when FILE cannot be written, 2 on a wrong call.

  SOURCE              as for start; without one where start looks, unless --url or --context means another machine
  --output FILE       instead of stdout; one that is there is kept unless --force is given
  --log-file FILE     the broker's log; else TANDEMMQ_LOG_FILE, ACTIVEMQ_OUT, or activemq.out in ACTIVEMQ_DATA
${CONNECTION_HELP}
Example: tandemmq diag --output diag.txt conf/activemq.xml
`

const OPTIONS: Options = {
  ...CONNECTION_OPTIONS,
  output: { type: 'string', short: 'o' },
  force: { type: 'boolean' },
  'log-file': { type: 'string' },
}

/** Verb `diag` (management TC-15). */
export async function diag(terminal: Terminal): Promise<number> {
  try {
    const given = readArguments(terminal.args, OPTIONS)
    if (given.rest.length > 1) throw new UsageError(`one configuration at a time, not ${given.rest.join(' and ')}`)
    const text = await report(terminal, given)
    const output = given.values.get('output')
    if (output === undefined) terminal.out(text)
    else writeReport(terminal, resolve(terminal.cwd, output), text, given.flags.has('force'))
    return 0
  } catch (error) {
    return failure(terminal, 'diag', DIAG_HELP, false, error)
  }
}

async function report(terminal: Terminal, given: Arguments): Promise<string> {
  const { env } = terminal
  const properties = { ...javaOptions(env).properties, ...given.properties }
  const elsewhere = given.values.has('url') || given.values.has('context')
  const source = given.rest[0] ?? (elsewhere ? null : usualPlace(terminal))
  const file = new PidFile(terminal, properties)
  const recorded = elsewhere ? null : await file.read()
  const running = recorded !== null && (await file.liveness(recorded)) === 'running' ? recorded : null
  const at = running?.http ?? null
  const { clients } = await connection(terminal, given, at === null ? [] : [reachable(at)])
  const sections: Section[] = [machine(terminal, running?.pid ?? null, Object.keys(properties).toSorted())]
  const reading = source === null ? null : await readSource(source, properties, terminal)
  if (reading === null) sections.push({ title: 'configuration', text: 'none was named: diag … SOURCE' })
  else sections.push(...(await ofConfiguration(reading, properties, terminal)))
  const mask = await maskOfLines()
  for (const client of clients) sections.push(...(await nodeSections(client, mask)))
  const log = await ofLog(terminal, given, properties, reading, elsewhere)
  sections.push({ ...log, text: mask(log.text) })
  return written(sections, terminal)
}

async function ofConfiguration(
  reading: Reading,
  properties: Readonly<Record<string, string>>,
  terminal: Terminal,
): Promise<readonly Section[]> {
  const data = await dataFiles(reading)
  return [...(await configuration(reading, properties, terminal)), ...(data === null ? [] : [data])]
}

async function ofLog(
  terminal: Terminal,
  { values }: Arguments,
  properties: Readonly<Record<string, string>>,
  reading: Reading | null,
  elsewhere: boolean,
): Promise<Section> {
  const { env, cwd } = terminal
  const named = values.get('log-file')
  const usual = env['TANDEMMQ_LOG_FILE'] ?? (env['ACTIVEMQ_OUT'] || `${dataPlace(terminal, properties)}/activemq.out`)
  if (named === undefined && elsewhere) return { title: 'log', text: 'none was named: --log-file FILE' }
  const path = resolve(cwd, named ?? usual)
  try {
    const secrets = reading === null ? [] : await secretsOf(reading)
    return { title: `log ${path}`, text: logText(path, secrets) }
  } catch (error) {
    return { title: `log ${path}`, text: `${messageOf(error)}; --log-file FILE names another` }
  }
}

/** Characters of a section, at most. */
const SECTION_MAX = 1 << 20

function written(sections: readonly Section[], { version }: Terminal): string {
  const head = [
    `TandemMQ ${version} diagnostics of ${hostname()}, ${new Date().toISOString()}`,
    '',
    'No password and no message is in this text; names of queues, users, clients and machines are, and its lines of the',
    'log may quote a word of a frame that was refused.',
    'Read it before you send it.',
    '',
    ...sections.map(({ title }, i) => `${String(i + 1).padStart(3)}  ${visible(title)}`),
  ]
  const parts = sections.map(({ title, text }, i) => {
    const cut = text.length > SECTION_MAX ? `${text.slice(0, SECTION_MAX)}\n… cut off` : text
    return `\n=== ${i + 1} ${visible(title)}\n\n${cut.trimEnd()}\n`
  })
  return `${head.join('\n')}\n${parts.join('')}`
}

function writeReport({ err }: Terminal, path: string, text: string, force: boolean): void {
  const bytes = path.endsWith('.gz') ? gzipSync(text) : Buffer.from(text)
  // Not through a link that somebody else has put there.
  if (force) rmSync(path, { force: true })
  try {
    writeFileSync(path, bytes, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST')
      throw new Error(`${path} is there already; --force replaces it`, { cause: error })
    throw error
  }
  err(`tandemmq diag: wrote ${path}, ${bytes.length} bytes; read it before you send it\n`)
}

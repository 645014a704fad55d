import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { messageOf } from '../base/errors.ts'
import { parseJavaProperties } from '../base/java-properties.ts'
import { LEVELS, LOG_FORMATS, LogFile, NodeLog, systemClock, type Level, type LogFormat } from '../server/server.ts'
import { UsageError, type Arguments } from './arguments.ts'
import type { Terminal } from './cli.ts'

/** What `start` understands about its log, for readArguments. */
export const LOG_OPTIONS = {
  'log-file': { type: 'string' },
  'log-file-size': { type: 'string' },
  'log-file-count': { type: 'string' },
  verbose: { type: 'boolean', short: 'v' },
} as const

/** Where the log of a node goes, until it ends. */
export interface StartLog {
  readonly log: NodeLog
  /** Takes the level that is in force now, where the files beside the configuration may say it. Answers whether it is another one. */
  relevel(conf: string | null): boolean
  /** SIGHUP: the file was perhaps moved away. */
  reopen(): void
  close(): void
}

interface LogWords {
  readonly format: LogFormat
  readonly onTerminal: boolean
  /** The level that was asked for; null: none was. */
  readonly told: Level | null
  /** Null: stderr. */
  readonly place: LogPlace | null
}

interface LogPlace {
  readonly path: string
  readonly bytesMax: number
  readonly kept: number
}

/** What the call and the environment say of the log; opens nothing. Throws UsageError for what it does not know. */
export function logWords(call: Arguments, { env, cwd }: Terminal): LogWords {
  const toFile = call.values.get('log-file') ?? env['TANDEMMQ_LOG_FILE']
  for (const option of ['log-file-size', 'log-file-count'])
    if (toFile === undefined && call.values.has(option)) throw new UsageError(`--${option} is for --log-file`)
  const onTerminal = toFile === undefined && process.stderr.isTTY
  const given = call.properties['tandemmq.log'] ?? env['TANDEMMQ_LOG']
  const format = oneOf(given, LOG_FORMATS, '-Dtandemmq.log') ?? (onTerminal ? 'pretty' : 'json')
  const asked = oneOf(call.properties['tandemmq.logLevel'], LEVELS, '-Dtandemmq.logLevel')
  const told = asked ?? (call.flags.has('verbose') ? 'debug' : null)
  return { format, onTerminal, told, place: toFile === undefined ? null : placeOf(resolve(cwd, toFile), call) }
}

/**
 * Opens the log as the call and the environment say (management D-02): on a terminal for people, elsewhere as JSON, unless
 * `-Dtandemmq.log` or TANDEMMQ_LOG says otherwise. Throws UsageError for what it does not know.
 */
export function openLog(call: Arguments, terminal: Terminal): StartLog {
  const { env } = terminal
  const { format, onTerminal, told, place } = logWords(call, terminal)
  const file = place === null ? null : openFile(place, terminal)
  const colour = onTerminal && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb'
  const write = file === null ? (lines: string) => terminal.err(lines) : (lines: string) => file.write(lines)
  const log = new NodeLog({
    format,
    level: told ?? 'info',
    write,
    clock: systemClock,
    colour,
  })
  return {
    log,
    relevel(conf) {
      const level = told ?? rootLevel(conf) ?? 'info'
      const changes = level !== log.level
      log.level = level
      return changes
    },
    reopen: () => file?.reopen(),
    close() {
      log.end()
      file?.close()
    },
  }
}

function oneOf<T extends string>(given: string | undefined, known: readonly T[], name: string): T | null {
  if (given === undefined || given === '') return null
  const found = known.find(one => one === given.toLowerCase())
  if (found === undefined) throw new UsageError(`${name}=${given}: write one of ${known.join(', ')}`)
  return found
}

function placeOf(path: string, call: Arguments): LogPlace {
  const bytesMax = bytesOf(call.values.get('log-file-size') ?? '10mb')
  const kept = Number(call.values.get('log-file-count') ?? 5)
  if (bytesMax === null) throw new UsageError('--log-file-size is a size from 64kb on, such as 10mb')
  if (!Number.isInteger(kept) || kept < 0 || kept > 1000)
    throw new UsageError('--log-file-count is a whole number from 0 to 1000')
  return { path, bytesMax, kept }
}

function openFile(place: LogPlace, terminal: Terminal): LogFile {
  try {
    return new LogFile({ ...place, otherwise: lines => terminal.err(lines) })
  } catch (error) {
    throw new UsageError(`the log file ${place.path} cannot be opened: ${messageOf(error)}`)
  }
}

/** `64kb`, `10mb`, `1gb`, as sizes in the XML; null: it is none, or too small to hold a few lines. */
function bytesOf(text: string): number | null {
  const match = /^(\d{1,9})\s*([kmg]?)b?$/i.exec(text.trim())
  if (match === null) return null
  const unit = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }[(match[2] ?? '').toLowerCase()] ?? 1
  const bytes = Number(match[1]) * unit
  return bytes >= 64 * 1024 ? bytes : null
}

/**
 * The root level of ActiveMQ's log4j2.properties, or of an older log4j.properties, beside the configuration; loggers of
 * single Java classes mean nothing here (management CE-05). Null: neither is there, or neither says one that is known.
 */
export function rootLevel(conf: string | null): Level | null {
  if (conf === null) return null
  for (const [name, key] of [
    ['log4j2.properties', 'rootLogger.level'],
    ['log4j.properties', 'log4j.rootLogger'],
  ] as const) {
    const path = join(conf, name)
    if (!existsSync(path)) continue
    const said = levelIn(path, key)
    if (said !== null) return said
  }
  return null
}

/** log4j's names, which are more than ours. */
const LOG4J: Readonly<Record<string, Level>> = {
  all: 'debug',
  trace: 'debug',
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  error: 'error',
  fatal: 'error',
  off: 'error',
}

function levelIn(path: string, key: string): Level | null {
  try {
    const said = parseJavaProperties(readFileSync(path, 'latin1')).get(key)?.split(',')[0]?.trim().toLowerCase() ?? ''
    return Object.hasOwn(LOG4J, said) ? (LOG4J[said] ?? null) : null
  } catch {
    return null // a file of another program: what it is worth, it may not be able to say
  }
}

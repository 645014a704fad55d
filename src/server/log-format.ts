import { hostname } from 'node:os'
import { styleText } from 'node:util'
import { formatPosition } from '../base/errors.ts'
import type { About } from '../base/log.ts'

export type Level = 'debug' | 'info' | 'warn' | 'error'
export const LEVELS: readonly Level[] = ['debug', 'info', 'warn', 'error']

/** `pretty` for people, `json` for collectors, `activemq` for what reads an activemq.log (management D-01, D-02). */
export type LogFormat = 'pretty' | 'json' | 'activemq'
export const LOG_FORMATS: readonly LogFormat[] = ['pretty', 'json', 'activemq']

/** Whose line it is (management C-13). */
export interface Who {
  readonly broker: string
  /** Null: it is not decided yet. */
  readonly role: 'active' | 'passive' | null
  readonly epoch: number | null
  /** It has, or seeks, a twin: the role says something. */
  readonly paired: boolean
}

export interface Line {
  /** ms since 1970. */
  readonly time: number
  readonly level: Level
  readonly text: string
  readonly about: About
  readonly who: Who | null
}

/** One line without its newline. What clients gave is made harmless: a name cannot begin a line, nor paint the screen. */
export const formats: Readonly<Record<LogFormat, (line: Line, colour: boolean) => string>> = {
  pretty,
  json,
  activemq,
}

const NAMES: Readonly<Record<Level, string>> = { debug: 'DEBUG', info: 'INFO ', warn: 'WARN ', error: 'ERROR' }

/** Where it is, unless the sentence begins with it. */
const placeOf = ({ text, about: { at } }: Line): string =>
  at === undefined || text.startsWith(`${at.file} `) ? '' : `${formatPosition(at)}: `

function pretty(line: Line, colour: boolean): string {
  const { time, level, text, about, who } = line

  const faint = (words: string): string => (colour ? styleText('dim', words, { validateStream: false }) : words)
  const name = NAMES[level]
  const shown =
    colour && (level === 'warn' || level === 'error')
      ? styleText(level === 'warn' ? 'yellow' : ['bold', 'red'], name, { validateStream: false })
      : name
  const role = who?.paired === true && who.role !== null ? `${who.role.padEnd(7)} ` : ''
  const place = placeOf(line)
  const hint = about.hint === undefined ? '' : `\n  ${harmless(about.hint)}`
  const code = about.code === undefined ? '' : faint(` [${about.code}]`)
  const when = faint(new Date(time).toISOString())
  return `${when} ${role}${shown} ${harmless(place + text)}${harmless(clientOf(about))}${code}${hint}`
}

/** Who it was, in words, as far as the sentence need not say it. */
function clientOf({ client, user }: About): string {
  const known = [client === undefined ? [] : `client ${client}`, user === undefined ? [] : `user ${user}`].flat()
  return known.length === 0 ? '' : ` (${known.join(', ')})`
}

/** The keys are fixed by management D-02: these eight always, then what the event is about. */
function json({ time, level, text, about, who }: Line): string {
  const { code = null, at, classic: _classic, ...rest } = about
  return JSON.stringify({
    time: new Date(time).toISOString(),
    level,
    code,
    msg: text,
    broker: who?.broker ?? null,
    node: hostname(),
    role: who?.role ?? null,
    epoch: who?.epoch ?? null,
    ...rest,
    ...(at !== undefined && { at: formatPosition(at) }),
  })
}

/** `%d | %-5p | %m | %c | %t`: local time, and the role where Java has the thread. */
function activemq(line: Line): string {
  const { time, level, text, about, who } = line
  const place = placeOf(line)
  const hint = about.hint === undefined ? '' : `; ${about.hint}`
  const sentence = about.classic ?? `${place}${text}${clientOf(about)}${hint}`
  return `${localTime(time)} | ${NAMES[level]} | ${harmless(sentence)} | tandemmq.${about.code ?? 'node'} | ${who?.role ?? 'main'}`
}

/** log4j's `%d`: 2026-01-31 23:59:59,999. */
function localTime(ms: number): string {
  const at = new Date(ms)
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
  const milliseconds = String(at.getMilliseconds()).padStart(3, '0')
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())},${milliseconds}`
}

/** Control characters, and those that turn the direction of writing, as escapes; a line stays a line. */
const harmless = (text: string): string =>
  text.replace(
    // oxlint-disable-next-line no-control-regex
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

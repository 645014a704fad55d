import { formatPosition, messageOf, TandemError } from '../base/errors.ts'
import type { About, Log } from '../base/log.ts'
import type { Clock } from '../base/clock.ts'
import type { PairStatus } from '../pair/pair.ts'
import { Folds } from './log-fold.ts'
import { formats, type Level, type Line, type LogFormat, type Who } from './log-format.ts'

export { LEVELS, LOG_FORMATS, type Level, type LogFormat, type Who } from './log-format.ts'

export interface LogOptions {
  readonly format: LogFormat
  /** Lines below it are not written. */
  readonly level: Level
  /** Takes whole lines, each with its newline. */
  readonly write: (lines: string) => void
  readonly clock: Clock
  /** Colours, for a terminal. */
  readonly colour?: boolean
}

/** Characters of a sentence, at most: parts of it may be a client's. */
const textMax = 4096

const WEIGHT: Readonly<Record<Level, number>> = { debug: 0, info: 1, warn: 2, error: 3 }

/**
 * The log of a node (management D-02, C-18): one line per event, with the code, and what it is about. A line with a code
 * that comes from the same place more than ten times in a minute is only counted then; the count is told.
 */
export class NodeLog implements Log {
  level: Level
  /** Asked for each line: whose line it is. Null until the node is known. */
  who: () => Who | null = () => null
  readonly #options: LogOptions
  readonly #folds: Folds
  readonly #write: (lines: string) => void

  constructor(options: LogOptions) {
    this.level = options.level
    this.#options = options
    this.#write = options.write
    this.#folds = new Folds(options.clock, (line, times) => {
      const text = `${times} further lines like this within a minute, the last one: ${line.text}`
      this.#put({ ...line, time: options.clock.now(), text, about: { ...line.about, code: 'LOG_FOLDED' } })
    })
  }

  debug(text: string, about: About = {}): void {
    this.#line('debug', text, about)
  }
  info(text: string, about: About = {}): void {
    this.#line('info', text, about)
  }
  warn(text: string, about: About = {}): void {
    this.#line('warn', text, about)
  }
  error(text: string, about: About = {}): void {
    this.#line('error', text, about)
  }

  /** What was counted and not told yet is told now. */
  end(): void {
    this.#folds.end()
  }

  #line(level: Level, text: string, about: About): void {
    if (WEIGHT[level] < WEIGHT[this.level]) return
    const cut = text.length > textMax ? `${text.slice(0, textMax)}…` : text
    const line: Line = { time: this.#options.clock.now(), level, text: cut, about, who: this.who() }
    if (level === 'debug' || this.#folds.admits(line)) this.#put(line)
  }

  #put(line: Line): void {
    this.#write(`${formats[this.#options.format](line, this.#options.colour ?? false)}\n`)
  }
}

/** Tells an error: its sentence, code, place and next step. Never a stack. */
export function logError(log: Log, error: unknown): void {
  const { text, about } = errorLine(error)
  log.error(text, about)
}

function errorLine(error: unknown): { readonly text: string; readonly about: About } {
  if (!(error instanceof TandemError)) return { text: messageOf(error), about: {} }
  const { code, position: at, hint } = error
  return { text: error.message, about: { code, ...(at && { at }), ...(hint !== undefined && { hint }) } }
}

/** An error for a person: code, place, sentence, next step. Never a stack. */
export function describeError(error: unknown): string {
  const { text, about } = errorLine(error)
  const place = about.at === undefined ? '' : `${formatPosition(about.at)}: `
  const code = about.code === undefined ? '' : ` [${about.code}]`
  return `${place}${text}${code}${about.hint === undefined ? '' : `\n  ${about.hint}`}`
}

/** Whose lines these are; null: the store is not open yet, so the role is not known. */
export function whoIs(broker: string, status: PairStatus | null): Who {
  if (status === null) return { broker, role: null, epoch: null, paired: false }
  const { role, epoch, peer } = status
  return { broker, role, epoch, paired: peer !== null || role === 'passive' }
}

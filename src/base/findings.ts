import type { Code } from './codes.ts'
import { formatPosition, type Position } from './errors.ts'

/** HONOUR: in force. ACCEPT: valid, without effect here. WARN: not served. REFUSE: stops the start. ERROR: wrong. */
export type Severity = 'accept' | 'warn' | 'refuse' | 'error'

/** One sentence about one place of a configuration. */
export interface Finding {
  readonly severity: Severity
  readonly code: Code
  readonly at: Position
  readonly message: string
  /** The next step, when there is one. */
  readonly hint: string | null
}

const FINDINGS_MOST = 1000

/** Gathers every finding of one load, so that the user sees all of them at once and not only the first. */
export class Findings {
  readonly #all: Finding[] = []
  readonly #seen = new Set<string>()
  readonly #stopped = new Set<string>()
  #stops = 0
  #overflowed: Severity | null = null

  /** The same sentence about the same place is kept once. */
  add(severity: Severity, code: Code, at: Position, message: string, hint: string | null = null): void {
    const key = `${severity} ${code} ${formatPosition(at)} ${message}`
    if (this.#seen.has(key)) return
    if (this.#all.length >= FINDINGS_MOST) {
      this.#overflow(severity, at)
      return
    }
    this.#seen.add(key)
    this.#all.push({ severity, code, at, message, hint })
    if (severity === 'accept' || severity === 'warn') return
    this.#stops++
    this.#stopped.add(formatPosition(at))
  }

  error(code: Code, at: Position, message: string, hint: string | null = null): void {
    this.add('error', code, at, message, hint)
  }

  refuse(code: Code, at: Position, message: string, hint: string | null = null): void {
    this.add('refuse', code, at, message, hint)
  }

  warn(code: Code, at: Position, message: string, hint: string | null = null): void {
    this.add('warn', code, at, message, hint)
  }

  /** Nobody reads thousands; what stops a start stops it all the same. */
  #overflow(severity: Severity, at: Position): void {
    const stops = severity === 'error' || severity === 'refuse'
    if (stops) this.#stops++
    if (this.#overflowed === severity || (this.#overflowed !== null && !stops)) return
    this.#overflowed = severity
    const message = `more than ${FINDINGS_MOST} findings; the rest is not listed`
    this.#all.push({ severity, code: 'FINDINGS_TOO_MANY', at, message, hint: 'correct these first' })
  }

  /** Is the list full? Then nothing more needs to be worked out for it. */
  get full(): boolean {
    return this.#all.length >= FINDINGS_MOST
  }

  /** How many stand in the way of a start. */
  get stops(): number {
    return this.#stops
  }

  /** Is there an error or a refusal about this very place already? */
  stopAt({ file, line, column }: Position): boolean {
    return this.#stopped.has(formatPosition({ file, line, column }))
  }

  /** By file, line and column, as a reader goes through a file. */
  list(): readonly Finding[] {
    return this.#all.toSorted(
      (a, b) =>
        Number(a.at.file > b.at.file) - Number(a.at.file < b.at.file) ||
        a.at.line - b.at.line ||
        a.at.column - b.at.column,
    )
  }
}

/** `file:line:column: warn: sentence [CODE]`, with the hint on a line of its own. */
export function formatFinding({ severity, code, at, message, hint }: Finding): string {
  const line = `${formatPosition(at)}: ${severity}: ${message} [${code}]`
  return hint === null ? line : `${line}\n    ${hint}`
}

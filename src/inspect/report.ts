import type { Finding, Severity } from '../base/findings.ts'
import { excerpt, type Excerpt } from './excerpt.ts'
import { secretRanges, type IsSecret, type Range } from './secrets.ts'

/** How a text is made up for a terminal; everywhere else these answer their text as it is. */
export interface Paint {
  readonly error: (text: string) => string
  readonly warning: (text: string) => string
  readonly note: (text: string) => string
  readonly place: (text: string) => string
  readonly faint: (text: string) => string
}

const same = (text: string): string => text
export const plain: Paint = { error: same, warning: same, note: same, place: same, faint: same }

/** What was found in one or more files, over all of them. */
export interface Inspection {
  /** By place, each once. */
  readonly findings: readonly Finding[]
  /** The text of every XML file that was read, by path. */
  readonly texts: ReadonlyMap<string, string>
}

export interface Counts {
  readonly errors: number
  readonly refusals: number
  readonly warnings: number
  readonly notes: number
}

/** What a person calls a severity. */
export const SEVERITIES: Readonly<Record<Severity, string>> = {
  error: 'error',
  refuse: 'refuse',
  warn: 'warning',
  accept: 'note',
}

/** Findings of several readings: two files that import the same one tell its findings once. */
export function united(parts: readonly Inspection[]): Inspection {
  const findings = new Map<string, Finding>()
  const texts = new Map<string, string>()
  for (const part of parts) {
    for (const finding of part.findings) findings.set(JSON.stringify(finding), finding)
    for (const [path, text] of part.texts) texts.set(path, text)
  }
  return { findings: [...findings.values()], texts }
}

export function count(findings: readonly Finding[]): Counts {
  const of = (severity: Severity): number => findings.filter(finding => finding.severity === severity).length
  return { errors: of('error'), refusals: of('refuse'), warnings: of('warn'), notes: of('accept') }
}

/** `1 error, 2 warnings, 3 notes in 2 files`. */
export function summary({ errors, refusals, warnings, notes }: Counts, files: number): string {
  const parts = [many(errors, 'error'), many(refusals, 'refusal'), many(warnings, 'warning'), many(notes, 'note')]
  const told = parts.filter(part => !part.startsWith('0 '))
  return `${told.length === 0 ? 'nothing found' : told.join(', ')} in ${many(files, 'file')}`
}

export const many = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

/** Answers the lines of the source around places; reads each file once. */
export class Excerpts {
  readonly #texts: ReadonlyMap<string, string>
  readonly #isSecret: IsSecret
  readonly #secrets = new Map<string, readonly Range[]>()

  constructor(texts: ReadonlyMap<string, string>, isSecret: IsSecret) {
    this.#texts = texts
    this.#isSecret = isSecret
  }

  /** Null when the place is in no XML file that was read. */
  at(place: Finding['at']): Excerpt | null {
    const text = this.#texts.get(place.file)
    if (text === undefined) return null
    let secrets = this.#secrets.get(place.file)
    if (secrets === undefined) this.#secrets.set(place.file, (secrets = secretRanges(text, this.#isSecret)))
    return excerpt(text, secrets, place)
  }
}

/** `file:line:column  severity  CODE  message`, the next step, and the source with a caret. */
export function findingText(
  { severity, code, at, message, hint }: Finding,
  source: Excerpt | null,
  show: (path: string) => string,
  paint: Paint,
): string {
  const colour = severity === 'accept' ? paint.note : severity === 'warn' ? paint.warning : paint.error
  const place = paint.place(`${show(at.file)}:${at.line}:${at.column}`)
  const lines = [`${place}  ${colour(SEVERITIES[severity].padEnd(7))}  ${paint.faint(code)}  ${readable(message)}`]
  if (hint !== null) lines.push(`    ${readable(hint)}`)
  if (source !== null) {
    const gutter = String(source.line).padStart(5)
    lines.push(`${paint.faint(`${gutter} | `)}${source.text}`)
    lines.push(`${paint.faint(`${' '.repeat(gutter.length)} | `)}${colour(source.caret)}`)
  }
  return `${lines.join('\n')}\n`
}

/** What a file says must not steer a terminal. */
export const readable = (text: string): string => text.replace(/\p{Cc}/gu, '·')

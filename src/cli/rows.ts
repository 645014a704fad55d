import { UsageError, type Arguments, type Options } from './arguments.ts'
import type { Terminal } from './cli.ts'
import { jsonText, visible, visibleLines } from './visible.ts'

/** The options of every verb that answers with rows (management TU-02). */
export const ROW_OPTIONS: Options = {
  json: { type: 'boolean' },
  output: { type: 'string', short: 'o' },
  columns: { type: 'string' },
  'no-headers': { type: 'boolean' },
}

/** Their lines in the help of a verb. */
export const ROW_HELP = `  -o FORMAT           table (default), json, jsonl, csv, or name: only the names, one a line
  --json              the same as -o json
  --columns A,B       only these, in this order; by the names that json has
  --no-headers        no line of titles
`

export type Value = string | number | boolean | null
export type Row = Readonly<Record<string, Value>>

export interface Column {
  /** As JSON and `--columns` name it. */
  readonly key: string
  readonly title: string
}

const FORMATS = ['table', 'json', 'jsonl', 'csv', 'name'] as const
export type Format = (typeof FORMATS)[number]

/** Throws UsageError. */
export function formatOf({ flags, values }: Pick<Arguments, 'flags' | 'values'>): Format {
  const asked = values.get('output')
  if (asked === undefined) return flags.has('json') ? 'json' : 'table'
  const format = FORMATS.find(name => name === asked)
  if (format === undefined) throw new UsageError(`-o ${asked}: choose one of ${FORMATS.join(', ')}`)
  return format
}

/** The options of a verb whose answer is objects, or text of its own. */
export const OBJECT_OPTIONS: Options = { json: { type: 'boolean' }, output: { type: 'string', short: 'o' } }

/**
 * Prints objects as JSON, when that was asked for: one array (or `whole`), or with `-o jsonl` one object a line. False: it
 * was not, and the verb prints its text. Throws UsageError.
 */
export function printedObjects(
  terminal: Terminal,
  given: Arguments,
  objects: readonly object[],
  whole: object = objects,
): boolean {
  const asked = given.values.get('output')
  if (asked === 'jsonl') for (const object of objects) terminal.out(`${jsonText(object)}\n`)
  else if (asked === 'json' || (asked === undefined && given.flags.has('json'))) terminal.out(`${jsonText(whole, 2)}\n`)
  else if (asked === undefined) return false
  else throw new UsageError(`-o ${asked}: choose json or jsonl`)
  return true
}

/** The columns that were asked for, or all of the verb. Throws UsageError. */
export function columnsOf({ values }: Pick<Arguments, 'values'>, all: readonly Column[]): readonly Column[] {
  const asked = values.get('columns')
  if (asked === undefined) return all
  return asked.split(',').map(name => {
    const found = all.find(({ key }) => key.toLowerCase() === name.trim().toLowerCase())
    if (found !== undefined) return found
    throw new UsageError(`there is no column "${name}"; there are ${all.map(({ key }) => key).join(', ')}`)
  })
}

export interface Shape {
  readonly format: Format
  readonly columns: readonly Column[]
  readonly headers: boolean
}

/** What the arguments say of the shape of the answer. Throws UsageError. */
export const shapeOf = (given: Arguments, columns: readonly Column[]): Shape => ({
  format: formatOf(given),
  columns: columnsOf(given, columns),
  headers: !given.flags.has('no-headers'),
})

/** Writes rows to stdout. The first column of the verb is what `-o name` prints. */
export function printRows(terminal: Terminal, rows: readonly Row[], shape: Shape, name: string): void {
  const { format, columns } = shape
  if (format === 'json')
    terminal.out(
      `${jsonText(
        rows.map(row => picked(row, columns)),
        2,
      )}\n`,
    )
  else if (format === 'jsonl') for (const row of rows) terminal.out(`${jsonText(picked(row, columns))}\n`)
  else if (format === 'csv') terminal.out(csv(rows, shape))
  else if (format === 'name') for (const row of rows) terminal.out(`${visible(textOf(row[name]))}\n`)
  else terminal.out(table(rows, shape))
}

const picked = (row: Row, columns: readonly Column[]): Row =>
  Object.fromEntries(columns.map(({ key }) => [key, row[key] ?? null]))

const textOf = (value: Value | undefined): string => (value === null || value === undefined ? '' : String(value))

/** Numbers to the right, all else to the left, two blanks between; nothing is cut off. */
function table(rows: readonly Row[], { columns, headers }: Shape): string {
  const cells = rows.map(row => columns.map(({ key }) => visible(textOf(row[key])) || '-'))
  const right = columns.map(({ key }) => rows.length > 0 && rows.every(row => typeof row[key] === 'number'))
  const lines = headers ? [columns.map(({ title }) => title), ...cells] : cells
  const widths = columns.map((_, i) => lines.reduce((most, line) => Math.max(most, line[i]?.length ?? 0), 0))
  const pad = (text: string, i: number): string =>
    right[i] === true ? text.padStart(widths[i] ?? 0) : text.padEnd(widths[i] ?? 0)
  return lines.map(line => `${line.map(pad).join('  ').trimEnd()}\n`).join('')
}

/** RFC 4180, with the line ends of this system. */
function csv(rows: readonly Row[], { columns, headers }: Shape): string {
  const quote = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
  const lines = rows.map(row => columns.map(({ key }) => quote(visibleLines(textOf(row[key])))).join(','))
  if (headers) lines.unshift(columns.map(({ key }) => key).join(','))
  return lines.map(line => `${line}\n`).join('')
}

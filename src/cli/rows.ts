import { suggest } from '../base/suggest.ts'
import { UsageError, type Arguments, type Options } from './arguments.ts'
import type { Terminal } from './cli.ts'
import { jsonText, visible, visibleLines } from './visible.ts'
import { yamlText } from './yaml-text.ts'

/** The options of every verb that answers with rows (management TU-02). */
export const ROW_OPTIONS: Options = {
  json: { type: 'boolean' },
  output: { type: 'string', short: 'o' },
  columns: { type: 'string' },
  'no-headers': { type: 'boolean' },
}

/** Their lines in the help of a verb. */
export const ROW_HELP = `  -o FORMAT           table (default), wide: with further columns; json, jsonl, yaml, csv: with all of them; or name: only
                      the names, one a line
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
  /** Not in a plain table, unless `--columns` names it. */
  readonly wide?: boolean
}

export const FORMATS = ['table', 'wide', 'json', 'jsonl', 'yaml', 'csv', 'name'] as const
export type Format = (typeof FORMATS)[number]
export const OBJECT_FORMATS = ['json', 'jsonl', 'yaml'] as const

/** The format that was asked for; undefined: none was. Throws UsageError, with the one that was probably meant. */
export function askedFormat<T extends string>(
  { flags, values }: Pick<Arguments, 'flags' | 'values'>,
  formats: readonly (T | 'json')[],
): T | 'json' | undefined {
  const asked = values.get('output')
  if (asked === undefined) return flags.has('json') ? 'json' : undefined
  const format = formats.find(name => name === asked)
  if (format !== undefined) return format
  const meant = suggest(asked, formats)
  const hint = meant === null ? '' : `; did you mean ${meant}?`
  throw new UsageError(`-o ${asked}: choose one of ${formats.join(', ')}${hint}`)
}

/** The options of a verb whose answer is objects, or text of its own. */
export const OBJECT_OPTIONS: Options = { json: { type: 'boolean' }, output: { type: 'string', short: 'o' } }

/**
 * Prints objects as JSON or YAML, when that was asked for: one array (or `whole`), or with `-o jsonl` one object a line.
 * False: it was not, and the verb prints its text. Rejects with UsageError.
 */
export async function printedObjects(
  terminal: Terminal,
  given: Arguments,
  objects: readonly object[],
  whole: object = objects,
): Promise<boolean> {
  const format = askedFormat(given, OBJECT_FORMATS)
  if (format === undefined) return false
  if (format === 'jsonl') for (const object of objects) terminal.out(`${jsonText(object)}\n`)
  else terminal.out(format === 'yaml' ? await yamlText(whole) : `${jsonText(whole, 2)}\n`)
  return true
}

/** The columns that were asked for, or those of the format. Throws UsageError. */
function columnsOf({ values }: Arguments, format: Format, all: readonly Column[]): readonly Column[] {
  const asked = values.get('columns')
  if (asked === undefined) return format === 'table' ? all.filter(({ wide }) => wide !== true) : all
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
export function shapeOf(given: Arguments, columns: readonly Column[]): Shape {
  const format: Format = askedFormat<Format>(given, FORMATS) ?? 'table'
  return { format, columns: columnsOf(given, format, columns), headers: !given.flags.has('no-headers') }
}

/** Writes rows to stdout. `name`: the column that `-o name` prints. */
export async function printRows(terminal: Terminal, rows: readonly Row[], shape: Shape, name: string): Promise<void> {
  const { format, columns } = shape
  const all = (): readonly Row[] => rows.map(row => picked(row, columns))
  if (format === 'json') terminal.out(`${jsonText(all(), 2)}\n`)
  else if (format === 'yaml') terminal.out(await yamlText(all()))
  else if (format === 'jsonl') for (const row of all()) terminal.out(`${jsonText(row)}\n`)
  else if (format === 'csv') terminal.out(csv(rows, shape))
  else if (format === 'name') for (const row of rows) terminal.out(`${visible(textOf(row[name]))}\n`)
  else terminal.out(table(rows, shape))
}

const picked = (row: Row, columns: readonly Column[]): Row =>
  Object.fromEntries(columns.map(({ key }) => [key, row[key] ?? null]))

const textOf = (value: Value | undefined): string => (value === null || value === undefined ? '' : String(value))

/** A mean need not show all the digits that it has. */
const cellOf = (value: Value | undefined): string =>
  typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(1) : textOf(value)

/** Numbers to the right, all else to the left, two blanks between; nothing is cut off. */
function table(rows: readonly Row[], { columns, headers }: Shape): string {
  const cells = rows.map(row => columns.map(({ key }) => visible(cellOf(row[key])) || '-'))
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

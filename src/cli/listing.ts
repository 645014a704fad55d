import { UsageError, type Arguments, type Options } from './arguments.ts'
import { globMatches } from './glob.ts'
import type { NodeCall } from './node-call.ts'
import { printRows, ROW_OPTIONS, shapeOf, type Column, type Row } from './rows.ts'
import { repeated, WATCH_OPTIONS } from './watch.ts'

/** The options of every list (management TC-06, TU-08). */
export const LIST_OPTIONS: Options = {
  ...ROW_OPTIONS,
  ...WATCH_OPTIONS,
  filter: { type: 'string' },
  sort: { type: 'string' },
  limit: { type: 'string' },
}

export const LIST_HELP = `  --filter PATTERN    only names that match; * and ? are wildcards
  --sort COLUMN       numbers from the greatest on, texts from A on
  --limit N           the first N
  --watch 2s          again and again, until Ctrl-C
`

/** Prints what `read` finds, once or with --watch again and again. The first column is the name. */
export async function printList(
  { terminal, given }: NodeCall,
  columns: readonly Column[],
  read: () => Promise<readonly Row[]>,
): Promise<number> {
  const shape = shapeOf(given, columns)
  const name = columns[0]?.key ?? ''
  return repeated(terminal, given, async to => {
    await printRows(to, arranged(await read(), columns, given), shape, name)
    return 0
  })
}

function arranged(rows: readonly Row[], columns: readonly Column[], { values }: Arguments): readonly Row[] {
  const name = columns[0]?.key ?? ''
  const pattern = values.get('filter')
  const found = pattern === undefined ? rows : rows.filter(row => globMatches(pattern, String(row[name])))
  const sorted = values.has('sort') ? found.toSorted(orderBy(values.get('sort') ?? '', columns)) : found
  const limit = values.get('limit')
  if (limit === undefined) return sorted
  if (!/^\d{1,9}$/.test(limit)) throw new UsageError(`--limit ${limit}: write a number`)
  return sorted.slice(0, Number(limit))
}

function orderBy(asked: string, columns: readonly Column[]): (a: Row, b: Row) => number {
  const column = columns.find(({ key }) => key.toLowerCase() === asked.toLowerCase())
  if (column === undefined)
    throw new UsageError(`--sort ${asked}: choose one of ${columns.map(({ key }) => key).join(', ')}`)
  const { key } = column
  return (a, b) => {
    const [one, other] = [a[key] ?? '', b[key] ?? '']
    if (typeof one === 'number' && typeof other === 'number') return other - one
    return String(one) < String(other) ? -1 : String(one) > String(other) ? 1 : 0
  }
}

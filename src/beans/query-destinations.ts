import type { DestinationKind } from '../base/destination.ts'
import { BeanError, type AttributeRow } from '../management/management.ts'
import type { Desk } from './desk.ts'
import { DESTINATION_ATTRIBUTES, QUEUE_ATTRIBUTES } from './destination-attributes.ts'
import type { DestinationView } from './destination-view.ts'

interface Filter {
  readonly name?: unknown
  readonly filter?: unknown
  readonly sortColumn?: unknown
  readonly sortOrder?: unknown
}

/** Destinations that are shown between two turns of the event loop. */
const sliceMax = 128

/** What new consoles page with (management OB-02): `page` counts from 1, and the answer is JSON text. */
export async function queryDestinations(
  desk: Desk,
  kind: DestinationKind,
  text: string,
  page: number,
  size: number,
): Promise<string> {
  const filter = filterOf(text)
  const rows = new Map(
    [...DESTINATION_ATTRIBUTES, ...(kind === 0 ? QUEUE_ATTRIBUTES : [])].map(row => [camelCase(row[0]), row]),
  )
  const found = [...desk.destinations(kind)].filter(view => accepts(filter, view))
  sort(
    found,
    rows.get(typeof filter.sortColumn === 'string' ? filter.sortColumn : '') ?? null,
    filter.sortOrder === 'desc',
  )
  const start = Math.max(0, page - 1) * Math.max(0, size)
  const data: string[] = []
  for (const view of found.slice(start, start + Math.max(0, size))) {
    const name = desk.names.destination(view.at, view.to).text
    data.push(`${JSON.stringify(name)}:${JSON.stringify(shown(view, rows))}`)
    if (data.length % sliceMax === 0) await new Promise(resolve => setImmediate(resolve))
  }
  return `{"data":{${data.join(',')}},"count":${found.length}}`
}

function filterOf(text: string): Filter {
  try {
    const filter: unknown = JSON.parse(text === '' ? '{}' : text)
    if (typeof filter === 'object' && filter !== null && !Array.isArray(filter)) return filter
  } catch {
    // Told below.
  }
  throw new BeanError('java.lang.IllegalArgumentException', 'the filter is not a JSON object')
}

function accepts({ name, filter }: Filter, view: DestinationView): boolean {
  if (typeof name === 'string' && !view.at.name.toLowerCase().includes(name.toLowerCase())) return false
  switch (filter) {
    case 'empty':
      return view.size === 0
    case 'nonEmpty':
      return view.size > 0
    case 'noConsumer':
      return view.consumers === 0
    case 'nonAdvisory':
      return !view.isAdvisory
    default:
      return true
  }
}

type Row = AttributeRow<DestinationView>

/** By name where nothing else is asked for. */
function sort(views: DestinationView[], row: Row | null, descending: boolean): void {
  const byName = (a: DestinationView, b: DestinationView): number => (a.at.name < b.at.name ? -1 : 1)
  const keys = new Map(views.map(view => [view, row === null ? view.at.name : row[3](view)]))
  views.sort((a, b) => {
    const left = keys.get(a) as string | number
    const right = keys.get(b) as string | number
    const order = left < right ? -1 : left > right ? 1 : byName(a, b)
    return descending ? -order : order
  })
}

/** Names of other beans are left out: a page is read often, and they are many. */
function shown(view: DestinationView, rows: ReadonlyMap<string, Row>): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const [name, [, type, , read]] of rows) if (!type.includes('ObjectName')) values[name] = read(view)
  return values
}

/** As Jackson names a property: `queueSize`, `dlq`. */
export const camelCase = (name: string): string =>
  name.replace(/^[A-Z]+(?=[A-Z][a-z]|$)|^[A-Z]/, head => head.toLowerCase())

import type { Column, Kind, Value } from './column.ts'
import type { Units } from './numbers.ts'
import { filterOf } from './filter.ts'
import type { Role } from './line.ts'

/** What the person in front of the screen made of a table. Keys are those of its rows. */
export interface TableState {
  readonly sort: string
  readonly descending: boolean
  readonly filter: string
  /** Key of the row under the cursor; null: the first. */
  readonly selected: string | null
  /** Where that row was, for when it is gone. */
  readonly selectedAt: number
  /** The first row that is shown. */
  readonly top: number
  readonly pinned: ReadonlySet<string>
  readonly marked: ReadonlySet<string>
  readonly hidden: ReadonlySet<string>
  /** Destinations are shown as a tree, but for these branches, which are folded. */
  readonly tree: boolean
  readonly folded: ReadonlySet<string>
}

/** As nobody has touched it yet: all rows, the greatest first. */
export const newTable = (sort: string): TableState => ({
  sort,
  descending: true,
  filter: '',
  selected: null,
  selectedAt: 0,
  top: 0,
  pinned: new Set(),
  marked: new Set(),
  hidden: new Set(),
  tree: false,
  folded: new Set(),
})

export interface Head {
  readonly id: string
  readonly title: string
  readonly width: number
  readonly from: number
  readonly right: boolean
}

export interface Cell {
  readonly text: string
  readonly role: Role
}

/** A table, filtered and sorted. Only the cells that are asked for are written out, so its length costs nothing to show. */
export interface Sheet {
  readonly heads: readonly Head[]
  readonly length: number
  /** Rows before the filter, and those that it lets through. */
  readonly total: number
  readonly matched: number
  key(at: number): string
  name(at: number): string
  /** -1: it is not there. */
  indexOf(key: string): number
  cell(at: number, column: string, units: Units, now: number): Cell
}

/** Folds filtered rows into a tree; `inOrder` sorts siblings. */
export type Grow<T> = (
  rows: readonly T[],
  folded: ReadonlySet<string>,
  inOrder: (rows: readonly T[]) => readonly T[],
) => Grown<T>

/** Rows of a table, and how deep each stands. */
interface Grown<T> {
  readonly rows: readonly T[]
  readonly depths: readonly number[]
}

export function sheetOf<T>(kind: Kind<T>, rows: readonly T[], state: TableState, total: number, grow?: Grow<T>): Sheet {
  const filter = filterOf(state.filter, kind)
  const kept = filter === null ? rows : rows.filter(filter)
  const inOrder = (some: readonly T[]): readonly T[] => sorted(kind, some, state)
  const grown =
    state.tree && grow !== undefined
      ? grow(kept, state.folded, inOrder)
      : { rows: pinnedFirst(kind, inOrder(kept), state), depths: [] }
  return new RowsSheet(kind, grown, total, kept.length)
}

function sorted<T>(kind: Kind<T>, rows: readonly T[], { sort, descending }: TableState): readonly T[] {
  const column = kind.columns.find(({ id }) => id === sort) ?? kind.columns[0]
  if (column === undefined) return rows
  const sign = descending ? -1 : 1
  return rows
    .map(row => ({ row, value: column.value(row), name: kind.name(row) }))
    .sort((a, b) => order(a.value, b.value, sign) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    .map(({ row }) => row)
}

/** What is not known comes last, whichever way. */
function order(a: Value, b: Value, sign: number): number {
  if (a === b) return 0
  if (a === null) return 1
  if (b === null) return -1
  return (a < b ? -1 : 1) * sign
}

function pinnedFirst<T>(kind: Kind<T>, rows: readonly T[], { pinned }: TableState): readonly T[] {
  if (pinned.size === 0) return rows
  return [...rows.filter(row => pinned.has(kind.key(row))), ...rows.filter(row => !pinned.has(kind.key(row)))]
}

class RowsSheet<T> implements Sheet {
  readonly heads: readonly Head[]
  readonly length: number
  readonly total: number
  readonly matched: number
  readonly #kind: Kind<T>
  readonly #rows: readonly T[]
  readonly #depths: readonly number[]
  readonly #columns: ReadonlyMap<string, Column<T>>

  constructor(kind: Kind<T>, { rows, depths }: Grown<T>, total: number, matched: number) {
    this.heads = kind.columns
    this.length = rows.length
    this.total = total
    this.matched = matched
    this.#kind = kind
    this.#rows = rows
    this.#depths = depths
    this.#columns = new Map(kind.columns.map(column => [column.id, column]))
  }

  key(at: number): string {
    const row = this.#rows[at]
    return row === undefined ? '' : this.#kind.key(row)
  }

  name(at: number): string {
    const row = this.#rows[at]
    return row === undefined ? '' : this.#kind.name(row)
  }

  indexOf(key: string): number {
    return this.#rows.findIndex(row => this.#kind.key(row) === key)
  }

  cell(at: number, column: string, units: Units, now: number): Cell {
    const row = this.#rows[at]
    const found = this.#columns.get(column)
    if (row === undefined || found === undefined) return { text: '', role: 'plain' }
    return { text: found.text(row, units, now, this.#depths[at] ?? 0), role: found.role?.(row) ?? 'plain' }
  }
}

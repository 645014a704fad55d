import type { Role } from './line.ts'
import type { Units } from './numbers.ts'

export type Value = string | number | null

/** One column of a table of `T`. Widths in cells. */
export interface Column<T> {
  readonly id: string
  readonly title: string
  /** In a narrow screen's head; by default the same. */
  readonly width: number
  /** Narrower than this screen it is left out; the name never is. */
  readonly from: number
  readonly right: boolean
  /** What is sorted and filtered by. */
  value(row: T): Value
  /** `depth`: how deep it stands in a tree. */
  text(row: T, units: Units, now: number, depth: number): string
  role?(row: T): Role
}

/** How rows of one kind are shown. The first column holds the name, and what space is left. */
export interface Kind<T> {
  readonly columns: readonly Column<T>[]
  readonly key: (row: T) => string
  readonly name: (row: T) => string
  /** What a word of a filter is looked for in. */
  readonly words: (row: T) => string
  /** The column that a bare `>1000` is about. */
  readonly main: string
}

import type { Position } from '../base/errors.ts'
import { MASK, type Range } from './secrets.ts'

/** One line of a source with its caret, as a terminal shows both. */
export interface Excerpt {
  readonly line: number
  readonly text: string
  /** Blanks, then `^` and a `~` for each further column of the word there. */
  readonly caret: string
}

const TAB = 4
/** Columns shown around the caret, at most. */
const WIDTH = 100
const BEFORE = 40
const CUT = '…'

/** One character as it is shown: what, how many columns, and whether the caret stands under it. */
interface Cell {
  readonly text: string
  readonly width: number
  readonly marked: boolean
}

/**
 * The source line at a place, its secrets masked, cut around the caret when it is long. Null when the text has no such
 * line. Columns count UTF-16 units from 1, as everywhere.
 */
export function excerpt(text: string, secrets: readonly Range[], { line, column }: Position): Excerpt | null {
  const start = lineStart(text, line)
  if (start === null) return null
  const source = /[^\r\n]*/y
  source.lastIndex = start
  const [written = ''] = source.exec(text) ?? []
  const [word = ''] = /^[<\w:.&-]*/.exec(written.slice(column - 1)) ?? []
  const marked = { start: start + column - 1, end: start + column - 1 + Math.max(1, word.length) }
  const cells = cellsOf(written, start, secrets, marked)
  const first = cells.findIndex(cell => cell.marked)
  const { shown, offset } = window(cells, first < 0 ? cells.length : first)
  const before = widthOf(shown.slice(0, offset))
  const under = Math.max(1, widthOf(shown.filter(cell => cell.marked)))
  return {
    line,
    text: shown
      .map(cell => cell.text)
      .join('')
      .trimEnd(),
    caret: `${' '.repeat(before)}^${'~'.repeat(under - 1)}`,
  }
}

function lineStart(text: string, line: number): number | null {
  const ends = /\r\n|\r|\n/g
  for (let i = 1; i < line; i++) if (ends.exec(text) === null) return null
  return ends.lastIndex
}

function cellsOf(written: string, start: number, secrets: readonly Range[], marked: Range): readonly Cell[] {
  const cells: Cell[] = []
  let column = 0
  let offset = start
  let hidden: Range | null = null
  const put = (text: string, width: number, at: Range): void => {
    cells.push({ text, width, marked: at.start < marked.end && at.end > marked.start })
    column += width
  }
  for (const char of written) {
    const at: Range = { start: offset, end: offset + char.length }
    offset = at.end
    const secret = secrets.find(range => range.start <= at.start && at.start < range.end)
    if (secret !== undefined) {
      if (secret !== hidden) for (const dot of MASK) put(dot, 1, secret)
      hidden = secret
    } else if (char === '\t') {
      const width = TAB - (column % TAB)
      put(' '.repeat(width), width, at)
    } else put(isControl(char) ? '·' : char, charWidth(char), at)
  }
  return cells
}

/** The part of a line that is shown: the leading blanks go first, then what is far from the caret. */
function window(cells: readonly Cell[], caret: number): { readonly shown: readonly Cell[]; readonly offset: number } {
  if (widthOf(cells) <= WIDTH) return { shown: cells, offset: caret }
  let from = caret
  for (let width = 0; from > 0 && width < BEFORE; from--) width += cells[from - 1]?.width ?? 0
  let to = from
  for (let width = 0; to < cells.length; to++) {
    width += cells[to]?.width ?? 0
    if (width > WIDTH - 2) break
  }
  const dots: Cell = { text: CUT, width: 1, marked: false }
  const cutBefore = from > 0
  const shown = [...(cutBefore ? [dots] : []), ...cells.slice(from, to), ...(to < cells.length ? [dots] : [])]
  return { shown, offset: caret - from + (cutBefore ? 1 : 0) }
}

const widthOf = (cells: readonly Cell[]): number => cells.reduce((sum, { width }) => sum + width, 0)

const isControl = (char: string): boolean => /\p{Cc}/u.test(char)

/** Columns of one character: none for what combines with the one before, two for East Asian wide ones and emoji. */
function charWidth(char: string): number {
  if (char < '\u0300') return 1
  if (/[\p{Mn}\p{Me}\p{Cf}]/u.test(char)) return 0
  return WIDE.test(char) ? 2 : 1
}

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u

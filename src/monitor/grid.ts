import { fit, line, type Line, type Role, type Span } from './line.ts'
import { layoutOf } from './layout.ts'
import type { Hit } from './frame.ts'
import type { Model } from './model.ts'
import { count } from './numbers.ts'
import { cursorOf, nodeNow, windowTop } from './present.ts'
import type { Head } from './sheet.ts'
import { left, printable, right, widthOf } from './text.ts'

interface Drawn {
  readonly lines: readonly Line[]
  readonly hits: readonly Hit[]
}

/** Characters of a cell that are looked at. */
const CELL_MAX = 500
/** Cells before the first column: cursor, mark or pin. */
const MARGIN = 2

/** The columns that fit, the name first with what is left. Chosen ones go before width does. */
function headsFor(model: Model, width: number): readonly Head[] {
  const { hidden } = model.tables[model.tab]
  const [name, ...others] = model.sheet.heads
  if (name === undefined) return []
  const shown = others.filter(({ id, from }) => !hidden.has(id) && model.size.width >= from)
  const used = shown.reduce((sum, head) => sum + head.width + 1, MARGIN)
  return [{ ...name, width: Math.max(8, width - used) }, ...shown]
}

/** The head of a table and its visible rows. `width` in cells. */
export function grid(model: Model, width: number): Drawn {
  const { sheet, tab, tables, units } = model
  const now = nodeNow(model)
  const state = tables[tab]
  const heads = headsFor(model, width)
  const height = layoutOf(model).rows
  const cursor = cursorOf(sheet, state)
  const top = windowTop(state.top, cursor, height, sheet.length)
  const hits: Hit[] = []
  const lines: Line[] = [headLine(model, heads, width, hits)]
  for (let at = top; at < Math.min(top + height, sheet.length); at++) {
    const key = sheet.key(at)
    const sign = state.marked.has(key) ? '*' : at === cursor ? '>' : state.pinned.has(key) ? '^' : ' '
    const cells: Span[] = [{ text: `${sign} `, role: 'accent' }]
    for (const [i, head] of heads.entries()) {
      const { text, role } = sheet.cell(at, head.id, units, now)
      // A name can be as long as a frame's headers may be; no column is.
      const shown = printable(text.slice(0, CELL_MAX))
      cells.push({
        text: `${i === 0 ? '' : ' '}${head.right ? right(shown, head.width) : left(shown, head.width)}`,
        role,
      })
    }
    hits.push({ y: lines.length, from: 0, to: width, target: { kind: 'row', at } })
    lines.push(fit(at === cursor ? cells.map(one => ({ ...one, role: 'reverse' as Role })) : cells, width))
  }
  if (sheet.length === 0) lines.push(line([`  ${emptyWord(model)}`, 'dim']))
  return { lines, hits }
}

function headLine(model: Model, heads: readonly Head[], width: number, hits: Hit[]): Line {
  const state = model.tables[model.tab]
  const cells: Span[] = [{ text: '  ', role: 'title' }]
  let at = MARGIN
  for (const [i, { id, title, width: cell, right: toRight }] of heads.entries()) {
    const word = id === state.sort ? `${title}${state.descending ? 'v' : '^'}` : title
    const text = `${i === 0 ? '' : ' '}${toRight ? right(word, cell) : left(word, cell)}`
    hits.push({ y: 0, from: at, to: at + widthOf(text), target: { kind: 'sort', column: id } })
    cells.push({ text, role: 'title' })
    at += widthOf(text)
  }
  return fit(cells, width)
}

function emptyWord({ nodes, tables, tab, sheet }: Model): string {
  if (nodes.every(({ answeredAt }) => answeredAt === null)) return 'nothing is known yet'
  if (sheet.total > 0 && tables[tab].filter !== '') return `no row is let through by the filter; Esc clears it`
  return {
    queues: 'no queue',
    topics: 'no topic',
    subscriptions: 'no subscription',
    connections: 'no connection',
    store: 'no file is told',
  }[tab]
}

/** `13 of 5,001`, when not all are shown. */
export const countWord = ({ sheet }: Model): string => {
  const total = count(sheet.total, 'exact')
  return sheet.matched === sheet.total ? total : `${count(sheet.matched, 'exact')} of ${total}`
}

import { nameOf, roleOf, type NodeModel } from './node.ts'
import { sourceOf } from './nodes.ts'
import * as kinds from './kinds.ts'
import type { Tab } from './keys.ts'
import { shownNodes, type Model } from './model.ts'
import { newTable, sheetOf, type Sheet, type TableState } from './sheet.ts'
import { growTree } from './tree.ts'

/** Advisory topics clutter every list (management C-19). */
const ADVISORY = 'ActiveMQ.Advisory.'

/** The table of a tab, of the node whose clients are served. */
export function sheetFor(source: NodeModel | null, tab: Tab, state: TableState = newTable('size')): Sheet {
  switch (tab) {
    case 'queues': {
      const { rows, total } = source?.queues ?? NOTHING
      return sheetOf(kinds.queues, rows.list, state, total, growTree)
    }
    case 'topics': {
      const { rows, total } = source?.topics ?? NOTHING
      const all = rows.list
      const shown = state.filter.includes('Advisory') ? all : all.filter(({ name }) => !name.startsWith(ADVISORY))
      return sheetOf(kinds.topics, shown, state, total - (all.length - shown.length), growTree)
    }
    case 'subscriptions': {
      const rows = source?.subscriptions ?? []
      return sheetOf(kinds.subscriptions, rows, state, rows.length)
    }
    case 'connections': {
      const rows = source?.connections ?? []
      return sheetOf(kinds.connections, rows, state, rows.length)
    }
    case 'store': {
      const rows = source?.segments ?? []
      return sheetOf(kinds.segments, rows, state, rows.length)
    }
    default:
      return tab satisfies never
  }
}

const NOTHING = { rows: { list: [] }, total: 0 }

/** The model with its table made anew, the cursor on the row it was on. */
export function presented(model: Model): Model {
  const state = model.tables[model.tab]
  const sheet = sheetFor(sourceOf(shownNodes(model)), model.tab, state)
  return followed({ ...model, sheet })
}

/** The cursor where its row is now, or where it was when the row is gone. */
export function followed(model: Model): Model {
  const { sheet, tab, tables } = model
  const state = tables[tab]
  const at = cursorOf(sheet, state)
  if (at === state.selectedAt) return model
  return { ...model, tables: { ...tables, [tab]: { ...state, selectedAt: at } } }
}

/** The row under the cursor; 0 in an empty table. */
export function cursorOf(sheet: Sheet, { selected, selectedAt }: TableState): number {
  const found = selected === null ? 0 : sheet.indexOf(selected)
  return found >= 0 ? found : Math.max(0, Math.min(selectedAt, sheet.length - 1))
}

/** Which rows of a list are shown: the cursor always is. */
export const windowTop = (top: number, cursor: number, height: number, length: number): number =>
  Math.max(0, Math.min(top, cursor, length - height), cursor - height + 1)

/** ms since 1970 by the clock of the node whose rows are shown: what it dates is as old as it says (management UD-07). */
export function nodeNow(model: Model): number {
  return model.now + (sourceOf(shownNodes(model))?.skewMs ?? 0)
}

/** Of whom the table is, when it is not the active that answers; null: no need to say. */
export function sourceNote(model: Model): string | null {
  const source = sourceOf(shownNodes(model))
  if (source === null || source.answeredAt === null) return null
  if (source.reach.kind === 'gone') return 'last known'
  return roleOf(source) === 'passive' ? `from ${nameOf(source)} (passive)` : null
}

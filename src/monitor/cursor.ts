import { layoutOf } from './layout.ts'
import type { Model } from './model.ts'
import { cursorOf, presented, windowTop } from './present.ts'
import type { TableState } from './sheet.ts'

/** The state of the table in front. */
export const tableOf = (model: Model): TableState => model.tables[model.tab]

/** The model with that state changed; its table is made anew. */
export const withTable = (model: Model, change: Partial<TableState>): Model =>
  presented({ ...model, tables: { ...model.tables, [model.tab]: { ...tableOf(model), ...change } } })

/** The cursor `by` rows further, as far as there are any. */
export function moved(model: Model, by: number): Model {
  const { sheet, tab, tables } = model
  const state = tableOf(model)
  const at = Math.max(0, Math.min(cursorOf(sheet, state) + by, sheet.length - 1))
  const top = windowTop(state.top, at, layoutOf(model).rows, sheet.length)
  const selected = sheet.length === 0 ? null : sheet.key(at)
  return { ...model, tables: { ...tables, [tab]: { ...state, selected, selectedAt: at, top } } }
}

/** Key of the row under the cursor; null: the table is empty. */
export function selectedKey(model: Model): string | null {
  const { sheet } = model
  return sheet.length === 0 ? null : sheet.key(cursorOf(sheet, tableOf(model)))
}

/** The rows that a change is about: the marked ones, or the one under the cursor. */
export function targets(model: Model): readonly string[] {
  const { marked } = tableOf(model)
  const selected = selectedKey(model)
  if (marked.size > 0) return [...marked]
  return selected === null ? [] : [selected]
}

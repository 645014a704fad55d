import { branchOf } from './tree.ts'
import { layoutOf } from './layout.ts'
import type { Model } from './model.ts'
import type { Choice, Demand } from './questions.ts'
import type { TableState } from './sheet.ts'

/** What the screen of a model needs to know. */
export function demandOf(model: Model): Demand {
  const { tab, tables, overlays } = model
  const detail = overlays.findLast(overlay => overlay.kind === 'detail')?.bean ?? null
  return {
    tab,
    connections: layoutOf(model).mode === 'wide',
    detail: detail === null || branchOf(detail) !== null ? null : detail,
    choices: { queues: choiceOf(tables.queues), topics: choiceOf(tables.topics) },
  }
}

const choiceOf = ({ sort, descending, filter }: TableState): Choice => ({
  column: sort,
  descending,
  // Words that the broker could look for; conditions are the dashboard's own.
  name: /^[\w.-]+$/.test(filter) ? filter : '',
})

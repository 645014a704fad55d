import { VERBS, type Verb } from './confirm.ts'
import { moved, selectedKey, tableOf, withTable } from './cursor.ts'
import { csv, exportName } from './export.ts'
import { TABS, type Command, type Extra, type Tab } from './keys.ts'
import { layoutOf } from './layout.ts'
import { INTERVALS_MS, logged, THEMES, type Model, type Step } from './model.ts'
import { presented } from './present.ts'
import { branchOf } from './tree.ts'
import { browse, over, verify, wish } from './wishes.ts'

/** What a row of the key table does. */
export function obey(model: Model, command: Command): Step {
  if (isVerb(command)) return wish(model, command)
  if (isTab(command)) return tab(model, command)
  if (isExtra(command)) return [model, [{ type: 'extra', command }]]
  const page = Math.max(1, layoutOf(model).rows - 1)
  const state = tableOf(model)
  switch (command) {
    case 'up':
      return [moved(model, -1), []]
    case 'down':
      return [moved(model, 1), []]
    case 'page-up':
      return [moved(model, -page), []]
    case 'page-down':
      return [moved(model, page), []]
    case 'first':
      return [moved(model, -Infinity), []]
    case 'last':
      return [moved(model, model.sheet.length), []]
    case 'next-tab':
      return tab(model, neighbour(TABS, model.tab, 1))
    case 'previous-tab':
      return tab(model, neighbour(TABS, model.tab, -1))
    case 'open':
      return open(model)
    case 'messages':
      return browse(model, selectedKey(model))
    case 'back':
      return [back(model), []]
    case 'filter':
      return over(model, { kind: 'input', purpose: { kind: 'filter' }, text: state.filter, before: state.filter })
    case 'sort':
      return over(model, {
        kind: 'sort',
        at: Math.max(
          0,
          model.sheet.heads.findIndex(({ id }) => id === state.sort),
        ),
      })
    case 'reverse':
      return [withTable(model, { descending: !state.descending }), []]
    case 'sort-left':
    case 'sort-right': {
      const ids = model.sheet.heads.map(({ id }) => id)
      return [withTable(model, { sort: neighbour(ids, state.sort, command === 'sort-left' ? -1 : 1) }), []]
    }
    case 'columns':
      return over(model, { kind: 'columns', at: 0 })
    case 'pin':
      return [withTable(model, { pinned: toggled(state.pinned, selectedKey(model)) }), []]
    case 'mark':
      return [moved(withTable(model, { marked: toggled(state.marked, selectedKey(model)) }), 1), []]
    case 'tree':
      return [withTable(model, { tree: !state.tree }), []]
    case 'fold':
    case 'unfold':
      return [fold(model, command === 'fold'), []]
    case 'freeze':
      return [presented({ ...model, frozen: model.frozen === null ? { at: model.now, nodes: model.nodes } : null }), []]
    case 'faster':
      return interval(model, -1)
    case 'slower':
      return interval(model, 1)
    case 'redraw':
      return [model, [{ type: 'redraw' }]]
    case 'units':
      return [{ ...model, units: model.units === 'human' ? 'exact' : 'human' }, []]
    case 'theme':
      return [{ ...model, theme: neighbour(THEMES, model.theme, 1) }, []]
    case 'copy':
      return copy(model)
    case 'verify':
      return verify(model)
    case 'acknowledge':
      return over(model, { kind: 'alerts', at: 0 })
    case 'export':
      return [model, [{ type: 'export', name: exportName(model, 'csv'), text: csv(model) }]]
    case 'log':
      return over(model, { kind: 'log', top: 0 })
    case 'command':
      return over(model, { kind: 'input', purpose: { kind: 'command' }, text: '', before: '' })
    case 'help':
      return over(model, { kind: 'help', filter: '', typing: false, top: 0 })
    case 'mouse':
      return [{ ...model, mouse: !model.mouse }, [{ type: 'mouse', on: !model.mouse }]]
    case 'suspend':
      return [model, [{ type: 'suspend' }]]
    case 'quit':
      return [model, [{ type: 'quit' }]]
    default:
      return command satisfies never
  }
}

const isVerb = (command: Command): command is Verb => VERBS.some(verb => verb === command)
const isTab = (command: Command): command is Tab => TABS.some(one => one === command)
const isExtra = (command: Command): command is Extra => command.startsWith('extra-')

function neighbour<T>(all: readonly T[], one: T, by: number): T {
  return all[(all.indexOf(one) + by + all.length) % all.length] ?? one
}

function toggled(set: ReadonlySet<string>, key: string | null): ReadonlySet<string> {
  const next = new Set(set)
  if (key !== null && !next.delete(key)) next.add(key)
  return next
}

const tab = (model: Model, to: Tab): Step => [presented({ ...model, tab: to }), [{ type: 'poll' }]]

/** A branch of a tree unfolds or folds; any other row opens. */
function open(model: Model): Step {
  const bean = selectedKey(model)
  if (bean === null) return [model, []]
  if (branchOf(bean) !== null) return [withTable(model, { folded: toggled(tableOf(model).folded, bean) }), []]
  if (model.tab === 'store') return [model, []]
  const [next] = over(model, { kind: 'detail', bean, top: 0 })
  return [next, [{ type: 'poll' }]]
}

function back(model: Model): Model {
  const { marked, filter } = tableOf(model)
  if (marked.size > 0) return withTable(model, { marked: new Set() })
  return filter === '' ? model : withTable(model, { filter: '' })
}

function fold(model: Model, folded: boolean): Model {
  const key = selectedKey(model)
  if (key === null || branchOf(key) === null || tableOf(model).folded.has(key) === folded) return model
  return withTable(model, { folded: toggled(tableOf(model).folded, key) })
}

function interval(model: Model, by: number): Step {
  const at = INTERVALS_MS.findIndex(ms => ms >= model.intervalMs)
  const intervalMs = INTERVALS_MS[Math.max(0, Math.min(at + by, INTERVALS_MS.length - 1))] ?? model.intervalMs
  return [{ ...model, intervalMs }, [{ type: 'poll' }]]
}

function copy(model: Model): Step {
  const key = selectedKey(model)
  if (key === null) return [model, []]
  const name = model.sheet.name(model.sheet.indexOf(key))
  return [logged(model, 'info', `copied ${name}`), [{ type: 'copy', text: name }]]
}

import { suggest } from '../base/suggest.ts'
import { csv, exportName } from './export.ts'
import { withTable } from './cursor.ts'
import { jsonOf } from './json.ts'
import { KEYS, type Command } from './keys.ts'
import { INTERVALS_MS, logged, type Model, type Step } from './model.ts'
import { obey } from './obey.ts'

/** What `:` understands, with what it is for. Every command of the key table is one too. */
const WITH_ARGUMENT: Readonly<Record<string, string>> = {
  filter: 'filter orders.*',
  sort: 'sort size',
  interval: 'interval 2',
  export: 'export json',
  login: 'login',
}

const FROM_KEYS: readonly Command[] = KEYS.flatMap(({ keys }) => keys.map(({ command }) => command))

/** The words that a command line can begin with. */
export const COMMAND_WORDS: readonly string[] = [...new Set([...FROM_KEYS, ...Object.keys(WITH_ARGUMENT)])].sort()

/** The text with its first word completed as far as it is the only one. */
export function completed(text: string): string {
  const found = COMMAND_WORDS.filter(word => word.startsWith(text))
  return found.length === 1 || found.includes(text) ? `${found.length === 1 ? found[0] : text} ` : text
}

/** A command line was entered. */
export function runCommand(model: Model, text: string): Step {
  const [word = '', ...rest] = text.trim().split(/\s+/)
  const argument = rest.join(' ')
  if (word === '') return [model, []]
  if (word === 'filter') return [withTable(model, { filter: argument, top: 0 }), [{ type: 'poll' }]]
  if (word === 'sort' && argument !== '') return sort(model, argument)
  if (word === 'interval') return interval(model, argument)
  if (word === 'export') return exported(model, argument)
  if (word === 'login') return login(model)
  const command = FROM_KEYS.find(one => one === word)
  if (command === undefined) {
    const meant = suggest(word, COMMAND_WORDS)
    return [logged(model, 'warn', `unknown command "${word}"${meant === null ? '' : `; did you mean "${meant}"?`}`), []]
  }
  const key = KEYS.flatMap(({ keys }) => keys).find(one => one.command === command)
  if (key?.changes === true && model.readOnly)
    return [logged(model, 'warn', `"${word}" changes something; this dashboard was started with --read-only`), []]
  return obey(model, command)
}

function sort(model: Model, name: string): Step {
  const head = model.sheet.heads.find(
    ({ id, title }) => id === name.toLowerCase() || title.toLowerCase() === name.toLowerCase(),
  )
  if (head === undefined)
    return [
      logged(model, 'warn', `no column "${name}"; there are ${model.sheet.heads.map(({ id }) => id).join(', ')}`),
      [],
    ]
  return [withTable(model, { sort: head.id, descending: head.right }), [{ type: 'poll' }]]
}

function interval(model: Model, text: string): Step {
  const intervalMs = INTERVALS_MS.find(ms => ms === Number(text.replace(/s$/, '')) * 1000)
  if (intervalMs === undefined)
    return [logged(model, 'warn', `an interval is ${INTERVALS_MS.map(ms => ms / 1000).join(', ')} s`), []]
  return [{ ...model, intervalMs }, [{ type: 'poll' }]]
}

function exported(model: Model, format: string): Step {
  const asJson = format === 'json'
  if (!asJson && format !== '' && format !== 'csv') return [logged(model, 'warn', 'export csv, or export json'), []]
  const text = asJson ? `${JSON.stringify(jsonOf(model), null, 2)}\n` : csv(model)
  return [model, [{ type: 'export', name: exportName(model, asJson ? 'json' : 'csv'), text }]]
}

/** Gives a login to a node that asks for one, or another one. */
function login(model: Model): Step {
  const node = model.nodes.find(({ reach }) => reach.kind === 'locked') ?? model.nodes[0]
  if (node === undefined) return [model, []]
  const overlay = { kind: 'login', url: node.url, field: 'user', user: '', password: '' } as const
  return [{ ...model, overlays: [...model.overlays, overlay] }, []]
}

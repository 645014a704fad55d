import { acknowledge, raisedOf } from './alerts.ts'
import { overtaken, question } from './actions.ts'
import { runCommand, completed } from './commands.ts'
import { tableOf, withTable } from './cursor.ts'
import { edited } from './editing.ts'
import type { MessageFacts } from './facts.ts'
import { keyFor } from './keys.ts'
import {
  browsingOf,
  logged,
  type LoginOverlay,
  type MessagesOverlay,
  type Model,
  type Overlay,
  type Step,
} from './model.ts'
import { askFor, browse, wish } from './wishes.ts'
import type { Verb } from './confirm.ts'
import { sourceOf } from './nodes.ts'

type Of<K extends Overlay['kind']> = Extract<Overlay, { readonly kind: K }>

/** A key while something lies over the screen. */
export function onOverlayKey(model: Model, overlay: Overlay, name: string): Step {
  switch (overlay.kind) {
    case 'input':
      return onInput(model, overlay, name)
    case 'confirm':
      return onConfirm(model, overlay, name)
    case 'login':
      return onLogin(model, overlay, name)
    case 'help':
      return onHelp(model, overlay, name)
    case 'messages':
      return onMessages(model, overlay, name)
    case 'alerts':
      return onAlerts(model, overlay, name)
    case 'sort':
    case 'columns':
      return onMenu(model, overlay, name)
    case 'detail':
      if (name === 'b') return browse(model, overlay.bean)
      return scrolling(model, overlay, name)
    case 'message':
      if (name === 'y')
        return [
          logged(model, 'info', `copied message ${overlay.message.id}`),
          [{ type: 'copy', text: overlay.message.body }],
        ]
      return scrolling(model, overlay, name)
    case 'log':
      return scrolling(model, overlay, name)
    default:
      return overlay satisfies never
  }
}

/** The model with its uppermost overlay taken away, or another one in its place. */
export const without = (model: Model): Model => ({ ...model, overlays: model.overlays.slice(0, -1) })
const instead = (model: Model, overlay: Overlay): Step => [
  { ...model, overlays: [...model.overlays.slice(0, -1), overlay] },
  [],
]
const closed = (model: Model): Step => [without(model), []]

/** Rows by which a key moves a list; null: it moves none. */
function movement(name: string): number | null {
  const command = keyFor(name, [])?.command
  const by = { up: -1, down: 1, 'page-up': -10, 'page-down': 10, first: -Infinity, last: 1e9 } as const
  return command !== undefined && command in by ? by[command as keyof typeof by] : null
}

const isClose = (name: string): boolean => name === 'escape' || name === 'q'

function scrolling(model: Model, overlay: Of<'detail' | 'message' | 'log'>, name: string): Step {
  if (isClose(name) || (overlay.kind === 'log' && name === 'l')) return closed(model)
  const by = movement(name)
  return by === null ? [model, []] : instead(model, { ...overlay, top: Math.max(0, overlay.top + by) })
}

function onHelp(model: Model, overlay: Of<'help'>, name: string): Step {
  if (overlay.typing) {
    if (name === 'enter' || name === 'return' || name === 'escape') return instead(model, { ...overlay, typing: false })
    return instead(model, { ...overlay, filter: edited(overlay.filter, name), top: 0 })
  }
  if (isClose(name) || name === '?' || name === 'f1') return closed(model)
  if (name === '/') return instead(model, { ...overlay, typing: true })
  const by = movement(name)
  return by === null ? [model, []] : instead(model, { ...overlay, top: Math.max(0, overlay.top + by) })
}

function onMenu(model: Model, overlay: Of<'sort' | 'columns'>, name: string): Step {
  if (isClose(name)) return closed(model)
  const { heads } = model.sheet
  const by = movement(name)
  if (by !== null) return instead(model, { ...overlay, at: Math.max(0, Math.min(overlay.at + by, heads.length - 1)) })
  const chosen = heads[overlay.at]
  if (chosen === undefined || !['enter', 'return', 'space'].includes(name)) return [model, []]
  if (overlay.kind === 'sort') return [withTable(without(model), { sort: chosen.id, descending: chosen.right }), []]
  const hidden = new Set(tableOf(model).hidden)
  // The name is what a row is known by.
  if (overlay.at > 0 && !hidden.delete(chosen.id)) hidden.add(chosen.id)
  return [withTable(model, { hidden }), []]
}

function onAlerts(model: Model, overlay: Of<'alerts'>, name: string): Step {
  if (isClose(name)) return closed(model)
  const alerts = raisedOf(model.alerts)
  const by = movement(name)
  if (by !== null) return instead(model, { ...overlay, at: Math.max(0, Math.min(overlay.at + by, alerts.length - 1)) })
  const alert = alerts[overlay.at]
  if (name !== 'a' || alert === undefined) return [model, []]
  return [{ ...model, alerts: acknowledge(model.alerts, alert.condition.id) }, []]
}

function onInput(model: Model, overlay: Of<'input'>, name: string): Step {
  const { purpose, before } = overlay
  if (name === 'escape')
    return purpose.kind === 'filter' ? [withTable(without(model), { filter: before }), []] : closed(model)
  if (name === 'enter' || name === 'return') return entered(without(model), overlay)
  const text = name === 'tab' ? complete(model, overlay) : edited(overlay.text, name)
  const [next] = instead(model, { ...overlay, text })
  // The filter works while it is typed.
  return [purpose.kind === 'filter' ? withTable(next, { filter: text, top: 0 }) : next, []]
}

function entered(model: Model, { purpose, text }: Of<'input'>): Step {
  switch (purpose.kind) {
    case 'filter':
      return [model, [{ type: 'poll' }]]
    case 'command':
      return runCommand(model, text)
    case 'move': {
      const url = sourceOf(model.nodes)?.url ?? ''
      return askFor(model, {
        verb: 'move',
        url,
        beans: purpose.beans,
        message: purpose.message,
        to: text.trim(),
        force: false,
      })
    }
    default:
      return purpose satisfies never
  }
}

function complete(model: Model, { purpose, text }: Of<'input'>): string {
  if (purpose.kind === 'command') return completed(text)
  if (purpose.kind !== 'move') return text
  const names = (sourceOf(model.nodes)?.queues.rows.list ?? []).map(({ name }) => name)
  return names.filter(name => name.startsWith(text)).sort()[0] ?? text
}

function onConfirm(model: Model, overlay: Of<'confirm'>, name: string): Step {
  const { confirm, typed } = overlay
  if (name === 'escape' || (confirm.word === null && (name === 'n' || name === 'q'))) return closed(model)
  if (confirm.word === null) return name === 'y' ? agreed(model, overlay) : [model, []]
  if (name === 'enter' || name === 'return') return typed === confirm.word ? agreed(model, overlay) : [model, []]
  return instead(model, { ...overlay, typed: edited(typed, name) })
}

function agreed(model: Model, { confirm }: Of<'confirm'>): Step {
  const why = overtaken(model, confirm)
  if (why === null)
    return [logged(without(model), 'info', `asked for: ${confirm.job.label}`), [{ type: 'run', job: confirm.job }]]
  const asked = question(model, confirm.again)
  if (typeof asked === 'string') return [logged(without(model), 'warn', `not done, ${why}: ${asked}`), []]
  const again = { ...asked, lines: [`Not done: ${why}. Look again.`, ...asked.lines] }
  return instead(model, { kind: 'confirm', confirm: again, typed: '' })
}

function onMessages(model: Model, overlay: MessagesOverlay, name: string): Step {
  if (isClose(name)) return closed(model)
  const list = overlay.list ?? []
  const by = movement(name)
  if (by !== null) {
    const [next] = instead(model, { ...overlay, at: Math.max(0, Math.min(overlay.at + by, list.length - 1)) })
    // Whoever goes beyond the end wants to see more, if there is more.
    const beyond = overlay.at + by >= list.length && overlay.next !== null
    return [next, beyond ? [{ type: 'browse', asked: browsingOf(overlay, overlay.next) }] : []]
  }
  const message = list[overlay.at]
  if (message === undefined) return [model, []]
  if (name === 'enter' || name === 'return') return openMessage(model, overlay, message)
  if (name === 'y') return [logged(model, 'info', `copied ${message.id}`), [{ type: 'copy', text: message.id }]]
  const verb = ({ R: 'retry', M: 'move', D: 'delete' } as const satisfies Record<string, Verb>)[name as 'R' | 'M' | 'D']
  if (verb === undefined) return [model, []]
  return wish(model, verb, [overlay.bean], message.id)
}

function openMessage(model: Model, { url, own, name }: MessagesOverlay, message: MessageFacts): Step {
  const whole = message.key === null
  const next = { ...model, overlays: [...model.overlays, { kind: 'message', message, whole, top: 0 } as const] }
  return [next, message.key === null || own === null ? [] : [{ type: 'read', url, own, name, key: message.key }]]
}

function onLogin(model: Model, overlay: LoginOverlay, name: string): Step {
  const { field, user, password, url } = overlay
  if (name === 'escape') return closed(model)
  if (name === 'tab' || name === 'S-tab')
    return instead(model, { ...overlay, field: field === 'user' ? 'password' : 'user' })
  if (name === 'enter' || name === 'return') {
    if (field === 'user') return instead(model, { ...overlay, field: 'password' })
    return [without(model), [{ type: 'login', url, user, password }]]
  }
  return instead(model, { ...overlay, [field]: edited(field === 'user' ? user : password, name) })
}

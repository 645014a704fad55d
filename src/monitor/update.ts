import { onKey } from './on-key.ts'
import { judged, noticed } from './events.ts'
import { logged, type Effect, type Message, type Model, type Step, type Target } from './model.ts'
import { answered, failed, newNode, type NodeModel } from './node.ts'
import { presented } from './present.ts'
import { moved } from './cursor.ts'
import { ran } from './ran.ts'

/**
 * What becomes of the model, and what the world is asked to do. Pure: the same model and message always make the same
 * step, so that a test replays anything a person can see.
 */
export function update(model: Model, message: Message): Step {
  switch (message.type) {
    case 'tick':
      return ticked({ ...model, now: message.now })
    case 'resize':
      return [presented({ ...model, size: message.size }), []]
    case 'key':
      return onKey(model, message.key)
    case 'pick':
      return picked(model, message.what)
    case 'wheel':
      return wheeled(model, message.by)
    case 'answered':
      return onAnswer({ ...model, now: message.now }, message)
    case 'failed': {
      const fail = (node: NodeModel): NodeModel => failed(node, message.reason, message.now, message.failures)
      return looked(changedNode({ ...model, now: message.now }, message.url, fail))
    }
    case 'ran':
      return ran(model, message)
    case 'messages':
      return [withMessages(model, message), []]
    case 'message':
      return [withMessage(model, message), []]
    case 'notice':
      return [logged(model, message.level, message.text), []]
    default:
      return message satisfies never
  }
}

/** Time alone raises and ends alerts; the table is made anew only when a reading came. */
function ticked(model: Model): Step {
  const { model: next, rang } = judged(model)
  return [next, rang && model.bell ? [{ type: 'bell' }] : []]
}

function looked(model: Model): Step {
  const [next, effects] = ticked(model)
  return [next.frozen === null ? presented(next) : next, effects]
}

function changedNode(model: Model, url: string, change: (node: NodeModel) => NodeModel): Model {
  const before = model.nodes.find(node => node.url === url)
  if (before === undefined) return model
  const after = change(before)
  const nodes = model.nodes.map(node => (node.url === url ? after : node))
  return noticed({ ...model, nodes }, before, after)
}

function onAnswer(model: Model, message: Of<'answered'>): Step {
  const { url, facts, now, tookMs, locked, twin } = message
  const next = changedNode(model, url, node => answered(node, facts, now, tookMs, locked))
  const found = twin === null || model.nodes.length > 1 || twin === url ? next : withTwin(next, twin)
  const [shown, effects] = looked(found)
  return locked === null ? [shown, effects] : [withLogin(shown, url), effects]
}

/** Of one address the other node is learnt (management TC-14). */
const withTwin = (model: Model, url: string): Model =>
  logged({ ...model, nodes: [...model.nodes, newNode(url)] }, 'info', `the twin answers at ${url}`)

/** A login is asked for once; after that only when somebody wants to give it (management UD-06). */
function withLogin(model: Model, url: string): Model {
  if (model.asked.has(url)) return model
  const login = { kind: 'login', url, field: 'user', user: '', password: '' } as const
  return { ...model, asked: new Set(model.asked).add(url), overlays: [...model.overlays, login] }
}

type Of<T extends Message['type']> = Extract<Message, { readonly type: T }>

/** A page of messages: the first, or one more behind those that are there. */
function withMessages(model: Model, { asked, page, problem }: Of<'messages'>): Model {
  const overlays = model.overlays.map(overlay => {
    if (overlay.kind !== 'messages' || overlay.bean !== asked.bean) return overlay
    if (problem !== null && overlay.list !== null && asked.after !== null) return { ...overlay, problem }
    const list = asked.after === null ? page.list : [...(overlay.list ?? []), ...page.list]
    return { ...overlay, list, next: page.next, problem, at: Math.max(0, Math.min(overlay.at, list.length - 1)) }
  })
  return { ...model, overlays }
}

function withMessage(model: Model, { key, message }: Of<'message'>): Model {
  const overlays = model.overlays.map(overlay =>
    overlay.kind === 'message' && overlay.message.key === key
      ? {
          ...overlay,
          whole: true,
          message: message ?? { ...overlay.message, body: 'It is not in the queue any more.' },
        }
      : overlay,
  )
  return { ...model, overlays }
}

/** The wheel moves what lies uppermost. */
function wheeled(model: Model, by: number): Step {
  if (model.overlays.length === 0) return [moved(model, by), []]
  let step: Step = [model, []]
  for (let i = 0; i < Math.abs(by); i++) step = onKey(step[0], by < 0 ? 'up' : 'down')
  return step
}

function picked(model: Model, what: Target): Step {
  // A click beside a box that is open means nothing there.
  if (model.overlays.length > 0) return [model, []]
  switch (what.kind) {
    case 'row':
      return [moved(model, what.at - model.tables[model.tab].selectedAt), []]
    case 'tab':
      return [presented({ ...model, tab: what.tab }), POLL]
    case 'sort': {
      const state = model.tables[model.tab]
      const again = state.sort === what.column
      const table = { ...state, sort: what.column, descending: again ? !state.descending : state.descending }
      return [presented({ ...model, tables: { ...model.tables, [model.tab]: table } }), []]
    }
    default:
      return what satisfies never
  }
}

/** What is on the screen now was not asked for before. */
const POLL: readonly Effect[] = [{ type: 'poll' }]

import { question } from './actions.ts'
import type { Ask, Verb } from './confirm.ts'
import { targets } from './cursor.ts'
import { logged, type Model, type Overlay, type Step } from './model.ts'
import { answers } from './node.ts'
import { placesOf, sourceOf } from './nodes.ts'
import { ownBean } from './questions.ts'
import { branchOf } from './tree.ts'

/** Something more over the screen. */
export const over = (model: Model, overlay: Overlay): Step => [{ ...model, overlays: [...model.overlays, overlay] }, []]

/** The first messages of a queue, as a list over the screen. */
export function browse(model: Model, bean: string | null): Step {
  const source = sourceOf(model.nodes)
  const row = bean === null ? undefined : source?.queues.rows.get(bean)
  if (source === null || row === undefined) return [logged(model, 'info', 'only a queue holds messages (tab 1)'), []]
  const { url } = source
  const { bean: queue, name } = row
  const own = source.pairless || source.broker === null ? null : ownBean('Messages', source.broker.bean)
  const [next] = over(model, {
    kind: 'messages',
    url,
    bean: queue,
    name,
    own,
    list: null,
    next: null,
    problem: null,
    at: 0,
  })
  return [next, [{ type: 'browse', asked: { url, bean: queue, name, own, after: null } }]]
}

/** A wish to change something: a question comes first, and for a move where to. */
export function wish(
  model: Model,
  verb: Verb,
  beans: readonly string[] = targets(model),
  message: string | null = null,
): Step {
  const source =
    verb === 'promote' ? (placesOf(model.nodes).active ?? placesOf(model.nodes).passive) : sourceOf(model.nodes)
  if (source === null) return [model, []]
  if (beans.some(bean => branchOf(bean) !== null))
    return [logged(model, 'warn', 'a branch of the tree is many destinations: mark those that are meant (v)'), []]
  if (verb === 'move')
    return over(model, { kind: 'input', purpose: { kind: 'move', beans, message }, text: '', before: '' })
  return askFor(model, { verb, url: source.url, beans, message, to: null, force: false })
}

/** The question before a change. */
export function askFor(model: Model, ask: Ask): Step {
  const asked = question(model, ask)
  if (typeof asked === 'string') return [logged(model, 'warn', asked), []]
  return over(model, { kind: 'confirm', confirm: asked, typed: '' })
}

/** The copies are compared; that changes nothing, so nobody is asked. One node alone has its twin take part over their own link. */
export function verify(model: Model): Step {
  const up = model.nodes.filter(node => answers(node) && node.pair !== null)
  if (up.length < 2 && up[0]?.pair?.inSync !== true)
    return [logged(model, 'warn', 'both nodes of the pair must answer, or be in sync, to be compared'), []]
  return [logged(model, 'info', 'the copies are compared'), [{ type: 'verify', urls: up.map(({ url }) => url) }]]
}

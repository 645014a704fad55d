import { settle, type Alerts } from './alerts.ts'
import { logged, type Model } from './model.ts'
import { answers, nameOf, roleOf, shortReason, type NodeModel } from './node.ts'
import { delay, stopwatch } from './numbers.ts'
import { conditionsOf } from './rules.ts'

/** The log with what became of a node between two of its states, for those who look up a moment later. */
export function noticed(model: Model, before: NodeModel, after: NodeModel): Model {
  const name = nameOf(after)
  if (answers(before) !== answers(after) && before.reach.kind !== 'asked') {
    if (!answers(after))
      return logged(
        model,
        roleOf(before) === 'active' ? 'crit' : 'warn',
        `${name} does not answer (${reasonOf(after)})`,
      )
    const gone = before.reach.kind === 'gone' ? ` after ${stopwatch(model.now - before.reach.since)}` : ''
    return changed(logged(model, 'info', `${name} answers again${gone}`), before, after)
  }
  return changed(model, before, after)
}

const reasonOf = (node: NodeModel): string => (node.reach.kind === 'gone' ? shortReason(node.reach.reason) : '')

function changed(model: Model, before: NodeModel, after: NodeModel): Model {
  if (before.pair === null || after.pair === null) return model
  const name = nameOf(after)
  const { lastFailover, epoch, role, state, detail } = after.pair
  const began = before.leadsSince === null && after.leadsSince !== null
  if (began || (role === 'passive' && before.pair.role === 'active')) {
    const outageMs = lastFailover?.outageMs ?? null
    const outage = outageMs === null ? '' : `, outage ${delay(outageMs)}`
    const why = lastFailover === null ? '' : `: ${lastFailover.reason}`
    return logged(model, 'warn', `${name} is ${role} now, epoch ${epoch}${outage}${why}`)
  }
  return before.pair.state === state
    ? model
    : logged(model, 'info', `${name} ${before.pair.state} > ${state}: ${detail}`)
}

/** The model with its alerts as of now; each one that is new is logged. `rang`: a bell is due. */
export function judged(model: Model): { readonly model: Model; readonly rang: boolean } {
  const alerts = settle(model.alerts, conditionsOf(model.nodes, model.now), model.now)
  const fresh = raised(alerts).filter(([id]) => model.alerts.get(id)?.raised !== true)
  const next = fresh.reduce((sum, [, { condition }]) => logged(sum, condition.level, condition.sentence), {
    ...model,
    alerts,
  })
  return { model: next, rang: fresh.some(([, { condition }]) => condition.level === 'crit') }
}

const raised = (alerts: Alerts): readonly (readonly [string, { readonly condition: Alert['condition'] }])[] =>
  [...alerts].filter(([, alert]) => alert.raised)

type Alert = Alerts extends ReadonlyMap<string, infer A> ? A : never

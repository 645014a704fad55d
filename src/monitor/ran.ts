import { browsingOf, logged, type Message, type Model, type Step } from './model.ts'
import { nameOf } from './node.ts'
import { delay } from './numbers.ts'
import { question } from './actions.ts'

/** What became of something that was asked for: told in the log, and a failure stays until it is acknowledged (UA-03). */
export function ran(model: Model, message: Extract<Message, { readonly type: 'ran' }>): Step {
  const { job, tookMs, problems, said } = message
  const node = model.nodes.find(({ url }) => url === job.url)
  const where = node === undefined ? job.url : nameOf(node)
  const [problem] = problems
  if (problem === undefined) {
    // Who leads changes a moment later, and that is told when it is seen.
    const word = job.calls.some(({ kind }) => kind !== 'exec') ? 'accepted by' : 'done on'
    const more = said === '' ? '' : ` (${said})`
    const done = logged(model, 'info', `${word} ${where}: ${job.label}${more}, ${delay(tookMs)}`)
    return [done, [{ type: 'poll' }, ...browsing(done)]]
  }
  const others = problems.length === 1 ? '' : ` (and ${problems.length - 1} more)`
  const sentence = `failed on ${where}: ${job.label}: ${problem}${others}`
  const failure = {
    id: `failure ${model.jobs}`,
    level: 'warn',
    sentence,
    next: 'a here acknowledges it',
    holdMs: 0,
    // It is over at once, and still has to be seen.
    releaseMs: Infinity,
  } as const
  const alert = { condition: failure, since: model.now, raised: true, overSince: null, acknowledged: false }
  const alerts = new Map(model.alerts).set(failure.id, alert)
  const failed = logged({ ...model, alerts, jobs: model.jobs + 1 }, 'warn', sentence)
  return [forcing(failed, message), [{ type: 'poll' }]]
}

/** A list of messages that is open shows what is left. */
const browsing = (model: Model): Step[1] =>
  model.overlays.flatMap(overlay =>
    overlay.kind === 'messages' ? [{ type: 'browse', asked: browsingOf(overlay, null) } as const] : [],
  )

/** A promotion that was refused can be forced, which is a question of its own (management UA-02). */
function forcing(model: Model, { job, problems }: Extract<Message, { readonly type: 'ran' }>): Model {
  const [call] = job.calls
  if (call?.kind !== 'promote' || call.force) return model
  const ask = { verb: 'promote', url: job.url, beans: [], message: null, to: null, force: true } as const
  const asked = question(model, ask)
  if (typeof asked === 'string') return logged(model, 'warn', asked)
  const confirm = { ...asked, lines: [`refused: ${problems[0] ?? ''}`, ...asked.lines] }
  return { ...model, overlays: [...model.overlays, { kind: 'confirm', confirm, typed: '' }] }
}

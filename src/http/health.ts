import type { Health, Management } from './management.ts'

interface Check {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
}

/** Body and status of a health answer (management D-06). */
export interface HealthAnswer {
  readonly status: 200 | 503
  readonly body: {
    readonly status: 'ok' | 'fail'
    readonly role: 'active' | 'passive'
    readonly state: string
    readonly checks: readonly Check[]
  }
}

/** An event loop that is later than this does not live. */
const LAG_MAX_MS = 5000

export function live(management: Management, lagMs: number): HealthAnswer {
  return answer(management, [journal(management), loop(lagMs)])
}

/**
 * Ready: an active lets clients in, a passive is in sync. `role` asks for one of them only, for a load balancer that
 * shall find the active (management D-06, D-07).
 */
export function ready(management: Management, lagMs: number, role: string | null): HealthAnswer {
  const pair = management.pair()
  const checks = [journal(management), loop(lagMs)]
  if (role !== null) checks.push({ name: 'role', ok: pair.role === role, detail: `this node is ${pair.role}` })
  const { stopping = false, ...doors } = management.health()
  if (stopping) checks.push({ name: 'stopping', ok: false, detail: 'this node was asked to stop' })
  if (pair.role === 'active')
    checks.push({ name: 'connectors', ok: doors.serving, detail: doorsText(doors, pair.detail) })
  else checks.push({ name: 'sync', ok: pair.inSync, detail: pair.detail })
  return answer(management, checks)
}

/** What is closed though the node leads is said, also when there are other connectors. */
function doorsText(
  { serving, suspended = false, stopped = [], unstarted = [] }: Omit<Health, 'stopping'>,
  detail: string,
): string {
  if (suspended) return 'connectors are closed while the disk takes nothing'
  const why = [
    ...(stopped.length === 0 ? [] : [`stopped by an administrator: ${stopped.join(', ')}`]),
    ...(unstarted.length === 0 ? [] : [`not started (autoStart="false"): ${unstarted.join(', ')}`]),
  ].join('; ')
  if (serving) return why === '' ? 'clients are let in' : `clients are let in; ${why}`
  return why === '' ? detail : why
}

function journal(management: Management): Check {
  const { failure } = management.health()
  return { name: 'journal', ok: failure === null, detail: failure ?? 'no failure' }
}

const loop = (lagMs: number): Check => ({
  name: 'event-loop',
  ok: lagMs < LAG_MAX_MS,
  detail: `${Math.round(lagMs)} ms late`,
})

function answer(management: Management, checks: readonly Check[]): HealthAnswer {
  const { role, state } = management.pair()
  const ok = checks.every(check => check.ok)
  return { status: ok ? 200 : 503, body: { status: ok ? 'ok' : 'fail', role, state, checks } }
}

import { setTimeout as sleep } from 'node:timers/promises'
import { AdminError, type NodeClient, type NodeReport } from '../admin/admin.ts'
import { messageOf } from '../base/errors.ts'
import type { Terminal } from './cli.ts'

export interface Change {
  readonly client: NodeClient
  readonly force: boolean
  /** The epoch that whoever forces it has seen; null: not said. */
  readonly epoch: number | null
  readonly json: boolean
  /** ms to wait until it is done. */
  readonly timeoutMs: number
}

/** ms between two looks. */
const POLL_MS = 50

/** `tandemmq pair promote`: the node at the URL shall lead. Waits until it does. */
export async function promote(terminal: Terminal, change: Change): Promise<number> {
  const { client, force, json, timeoutMs } = change
  const before = await client.pair()
  if (leads(before))
    return tell(terminal, json, `${named(before)} is the active already; nothing was changed`, before, 0)
  if (force) await confirmForce(terminal, change, before)
  await asking(client.promote(force))
  const began = performance.now()
  const after = await until(client, leads, timeoutMs)
  const ms = Math.round(performance.now() - began)
  return tell(terminal, json, `${named(after)} leads now: ${after.state}, epoch ${after.epoch}`, after, ms)
}

/** Two actives part ways: whoever forces one has looked at both (management TC-12). Throws AdminError `state`. */
async function confirmForce(terminal: Terminal, { client, epoch }: Change, before: NodeReport): Promise<void> {
  if (epoch !== null && epoch !== before.epoch)
    throw new AdminError('state', `${named(before)} is at epoch ${before.epoch}, not ${epoch}: look again`, {
      hint: 'tandemmq pair status',
    })
  if (epoch !== null || terminal.ask === undefined) return
  const other = await client.twin(before)?.pair().then(lastSeen, messageOf)
  terminal.err(`${lastSeen(before)}\n${other ?? 'its twin cannot be asked from here'}\n`)
  const answer = await terminal.ask(
    `Two actives part ways. Type ${before.epoch}, the epoch, to promote ${named(before)}: `,
  )
  if (answer.trim() !== String(before.epoch)) throw new AdminError('state', 'not confirmed: nothing was changed')
}

const lastSeen = (report: NodeReport): string =>
  `${named(report)} is ${report.role}, ${report.state} since ${report.since}, epoch ${report.epoch}: ${report.detail}`

/** `tandemmq pair handover`: the active gives the lead to its passive. A passive is asked for its active first. */
export async function handover(terminal: Terminal, { client, json, timeoutMs }: Change): Promise<number> {
  const before = await client.pair()
  let [from, twin] = [client, client.twin(before)]
  if (before.role === 'passive') {
    if (twin === null) throw fromHere(before)
    terminal.err(`${named(before)} is the passive: asking its active at ${twin.url}\n`)
    ;[from, twin] = [twin, client]
  }
  await from.handover()
  const began = performance.now()
  // Without the twin's address the old active's word counts: it knows the new epoch when it follows.
  const resigned = await until(
    from,
    ({ role, epoch }) => role === 'passive' && (twin !== null || epoch > before.epoch),
    timeoutMs,
  )
  const left = Math.max(POLL_MS, timeoutMs - (performance.now() - began))
  const leader = twin === null ? null : await until(twin, leads, left)
  const ms = Math.round(performance.now() - began)
  const who = leader === null ? `"${resigned.peer?.brokerName ?? 'its twin'}"` : named(leader)
  const epoch = (leader ?? resigned).epoch
  return tell(terminal, json, `${who} leads now, epoch ${epoch}; ${named(resigned)} follows`, leader ?? resigned, ms)
}

function fromHere({ brokerName, peer }: NodeReport): AdminError {
  const passive = `"${brokerName}" is the passive`
  if (peer === null) return new AdminError('state', `${passive} and has not met its active`)
  return new AdminError('state', `${passive}; its active "${peer.brokerName}" cannot be asked from here`, {
    hint: "run this on the active's machine, or give the URL of its HTTP interface",
  })
}

const leads = ({ role, state }: NodeReport): boolean => role === 'active' && state !== 'WAITING'
const named = ({ brokerName }: NodeReport): string => `"${brokerName}"`

async function asking(promoted: Promise<void>): Promise<void> {
  try {
    await promoted
  } catch (error) {
    if (!(error instanceof AdminError) || error.code === null || error.kind !== 'state') throw error
    const hint = error.code === 'PAIR_NEVER_MET' ? EMPTY : ORDERLY
    throw new AdminError(error.kind, `refused: ${error.message}`, { code: error.code, hint })
  }
}

const EMPTY =
  'start its active, or look why it is not found: tandemmq pair status. With --force it leads, and is no pair with the other'
const ORDERLY = 'an orderly change is asked of the active: tandemmq pair handover'

/** Looks until it is so. A node that does not answer meanwhile is asked again: it may be changing. */
async function until(
  client: NodeClient,
  done: (report: NodeReport) => boolean,
  timeoutMs: number,
): Promise<NodeReport> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    let found: NodeReport | string
    try {
      found = await client.pair()
      if (done(found)) return found
    } catch (error) {
      found = messageOf(error)
    }
    if (performance.now() >= deadline) {
      const last = typeof found === 'string' ? found : `${found.role}, ${found.state}: ${found.detail}`
      throw new AdminError(
        'timeout',
        `accepted, but not done after ${timeoutMs} ms; its log says why; last seen: ${last}`,
      )
    }
    await sleep(POLL_MS)
  }
}

function tell(terminal: Terminal, json: boolean, sentence: string, report: NodeReport, ms: number): number {
  if (json) terminal.out(`${JSON.stringify({ done: true, what: sentence, ms, node: report })}\n`)
  else terminal.out(`${sentence}${ms === 0 ? '' : ` (after ${ms} ms)`}\n`)
  return 0
}

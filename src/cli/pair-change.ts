import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../base/errors.ts'
import type { Terminal } from './cli.ts'
import { change, NodeError, readNode, twinUrl, type NodeReport } from './pair-node.ts'

export interface Change {
  readonly url: string
  readonly force: boolean
  readonly json: boolean
  /** ms to wait until it is done. */
  readonly timeoutMs: number
}

/** ms between two looks. */
const POLL_MS = 50

/** `tandemmq pair promote`: the node at the URL shall lead. Waits until it does. */
export async function promote(terminal: Terminal, { url, force, json, timeoutMs }: Change): Promise<number> {
  const before = await readNode(url)
  if (leads(before))
    return tell(terminal, json, `${named(before)} is the active already; nothing was changed`, before, 0)
  await asking(
    () => change(url, 'promote', { force }),
    `an orderly change is asked of the active: tandemmq pair handover`,
  )
  const began = performance.now()
  const after = await until(url, leads, timeoutMs)
  const ms = Math.round(performance.now() - began)
  return tell(terminal, json, `${named(after)} leads now: ${after.state}, epoch ${after.epoch}`, after, ms)
}

/** `tandemmq pair handover`: the active gives the lead to its passive. A passive is asked for its active first. */
export async function handover(terminal: Terminal, { url, json, timeoutMs }: Change): Promise<number> {
  let [from, before] = [url, await readNode(url)]
  let twin = twinUrl(before, url)
  if (before.role === 'passive') {
    if (twin === null) throw new NodeError(`${named(before)} is the passive and names no active; give the active's URL`)
    terminal.err(`${named(before)} is the passive: asking its active at ${twin}\n`)
    ;[from, twin] = [twin, url]
    before = await readNode(from)
  }
  await asking(() => change(from, 'handover', {}), null)
  const began = performance.now()
  const resigned = await until(from, report => report.role === 'passive', timeoutMs)
  // Without the twin's address the old active's word counts: it follows only somebody who leads.
  const left = Math.max(POLL_MS, timeoutMs - (performance.now() - began))
  const leader = twin === null ? null : await until(twin, leads, left)
  const ms = Math.round(performance.now() - began)
  const who = leader === null ? `"${resigned.peer?.brokerName ?? 'its twin'}"` : named(leader)
  const epoch = (leader ?? resigned).epoch
  return tell(terminal, json, `${who} leads now, epoch ${epoch}; ${named(resigned)} follows`, leader ?? resigned, ms)
}

const leads = ({ role, state }: NodeReport): boolean => role === 'active' && state !== 'WAITING'
const named = ({ brokerName }: NodeReport): string => `"${brokerName}"`

async function asking(act: () => Promise<void>, hint: string | null): Promise<void> {
  try {
    await act()
  } catch (error) {
    if (!(error instanceof NodeError) || error.code === null || hint === null) throw error
    throw new NodeError(`refused: ${error.message}\n  ${hint}`, error.code)
  }
}

/** Looks until it is so. A node that does not answer meanwhile is asked again: it may be changing. */
async function until(url: string, done: (report: NodeReport) => boolean, timeoutMs: number): Promise<NodeReport> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    let found: NodeReport | string
    try {
      found = await readNode(url)
      if (done(found)) return found
    } catch (error) {
      found = messageOf(error)
    }
    if (performance.now() >= deadline) {
      const last = typeof found === 'string' ? found : `${found.role}, ${found.state}: ${found.detail}`
      throw new NodeError(`accepted, but not done after ${timeoutMs} ms; its log says why; last seen: ${last}`)
    }
    await sleep(POLL_MS)
  }
}

function tell(terminal: Terminal, json: boolean, sentence: string, report: NodeReport, ms: number): number {
  if (json) terminal.out(`${JSON.stringify({ done: true, what: sentence, ms, node: report })}\n`)
  else terminal.out(`${sentence}${ms === 0 ? '' : ` (after ${ms} ms)`}\n`)
  return 0
}

import type { Ask, Confirm } from './confirm.ts'
import { answers, nameOf, roleOf, type NodeModel } from './node.ts'
import { placesOf } from './nodes.ts'
import { age, bytes, count, delay } from './numbers.ts'

/** ms that a handover takes without clients, until one was seen. */
const OUTAGE_MS = 500

/**
 * The question whether the passive shall lead: a handover where the active answers, a promotion where it does not
 * (management UA-02). The name of who shall lead must be typed.
 */
export function promotion(nodes: readonly NodeModel[], ask: Ask): Confirm | string {
  const { active, passive, split } = placesOf(nodes)
  if (split) return 'both nodes lead; stop one of them first'
  if (nodes.every(({ pair }) => pair === null)) return 'this broker is not part of a pair'
  if (active !== null && answers(active) && roleOf(active) === 'active') {
    if (active.pair?.state === 'WAITING') return promoting(active, passive, ask)
    return handover(active, ask)
  }
  const follower = [passive, active].find(node => node !== null && answers(node)) ?? null
  if (follower === null) return 'no node answers'
  return promoting(follower, follower === passive ? active : passive, ask)
}

function handover(active: NodeModel, ask: Ask): Confirm | string {
  const { pair } = active
  if (pair === null || pair.peer === null) return `${nameOf(active)} has no passive to hand over to`
  if (pair.state !== 'PAIRED') return `${nameOf(active)} is ${pair.state}; only a passive in sync can take over`
  const to = pair.peer.brokerName
  const lag =
    pair.peer.lagRecords === null ? bytes(pair.peer.lagBytes) : `${count(pair.peer.lagRecords, 'exact')} records`
  return {
    title: `Hand over to ${to}`,
    lines: [
      `${nameOf(active)} (active, epoch ${pair.epoch}) stops taking sends, ${to} takes over.`,
      `lag ${lag}   nothing is lost   expected outage about ${delay(pair.lastFailover?.outageMs ?? OUTAGE_MS)}`,
    ],
    word: to,
    job: { label: `hand over to ${to}`, url: active.url, calls: [{ kind: 'handover' }] },
    guard: { epoch: pair.epoch, sizes: new Map() },
    again: { ...ask, url: active.url },
  }
}

function promoting(node: NodeModel, other: NodeModel | null, ask: Ask): Confirm | string {
  const { pair } = node
  if (pair === null) return `${nameOf(node)} is not part of a pair`
  const name = nameOf(node)
  const heardAt = other?.answeredAt ?? null
  const contact = heardAt === null ? 'never' : `${age(Math.max(0, (node.answeredAt ?? 0) - heardAt))} ago`
  const lag = pair.peer?.lagBytes ?? null
  const lost = pair.inSync ? 'nothing is lost: it was in sync' : 'what it did not get before is lost'
  return {
    title: ask.force ? `Force ${name} to lead` : `Promote ${name}`,
    lines: [
      `${name} is ${pair.role}, ${pair.state}, epoch ${pair.epoch}, policy ${pair.policy}.`,
      `The other node was heard ${contact}. Lag then: ${bytes(lag)}; ${lost}.`,
      ...(ask.force
        ? ['If the other node still serves clients, both lead: what it takes from now on must be salvaged by hand.']
        : ['It is refused while the other node answers it as the active.']),
    ],
    word: name,
    job: {
      label: ask.force ? `force ${name} to lead` : `promote ${name}`,
      url: node.url,
      calls: [{ kind: 'promote', force: ask.force }],
    },
    guard: { epoch: pair.epoch, sizes: new Map() },
    again: { ...ask, url: node.url },
  }
}

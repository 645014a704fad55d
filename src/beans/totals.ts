import type { Desk } from './desk.ts'

/** Of all destinations together, those that are gone included. Sizes in bytes. */
export interface BrokerTotals {
  readonly connections: number
  readonly enqueued: number
  readonly dequeued: number
  readonly dispatched: number
  readonly messages: number
  readonly consumers: number
  readonly averageSize: number
  readonly minSize: number
  readonly maxSize: number
}

/** Good until something else happens: whoever reads all attributes of a broker asks for it a dozen times. */
const known = new WeakMap<Desk, BrokerTotals>()

export function totalsOf(desk: Desk): BrokerTotals {
  const last = known.get(desk)
  if (last !== undefined) return last
  const totals = sum(desk)
  known.set(desk, totals)
  queueMicrotask(() => known.delete(desk))
  return totals
}

function sum(desk: Desk): BrokerTotals {
  const gone = desk.host.broker?.connections.totals
  let { enqueued = 0, dequeued = 0, dispatched = 0 } = gone ?? {}
  let messages = 0
  let sized = 0
  let bytes = 0
  let minSize = Infinity
  let maxSize = 0
  for (const view of desk.destinations()) {
    const { counts } = view
    enqueued += counts.enqueued
    dequeued += counts.dequeued
    dispatched += counts.dispatched
    messages += view.size
    const sizes = view.to?.sizes
    if (sizes === null || sizes === undefined) continue
    sized += sizes.count
    bytes += sizes.total
    minSize = Math.min(minSize, sizes.min)
    maxSize = Math.max(maxSize, sizes.max)
  }
  return {
    connections: gone?.connections ?? 0,
    enqueued,
    dequeued,
    dispatched,
    messages,
    consumers: consumers(desk),
    averageSize: sized === 0 ? 0 : Math.floor(bytes / sized),
    minSize: sized === 0 ? 0 : minSize,
    maxSize,
  }
}

/** Durable subscriptions count whether somebody consumes them or not. */
function consumers(desk: Desk): number {
  let found = 0
  for (const { options } of desk.subscriptions()) if (options.durable === null) found++
  for (const durable of desk.storedSubscriptions()) if (durable.name !== '') found++
  return found
}

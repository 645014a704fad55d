import type { Broker } from '../broker/broker.ts'
import type { PairStatus } from '../pair/pair.ts'
import type { NodeStore } from './node-store.ts'
import { duration, size } from './recovery-progress.ts'

/** Destinations that are named, at most: those that hold most. */
const destinationsMax = 20

interface Dumped {
  readonly pair: PairStatus
  readonly store: NodeStore
  /** Null: it does not lead. */
  readonly broker: Broker | null
}

/** What a node is and holds right now, in a few lines (management CE-06): counts and limits, names of queues, no message. */
export function stateLines({ pair, store, broker }: Dumped): readonly string[] {
  const { journal, state } = store.opened
  const { rss, heapUsed, external } = process.memoryUsage()
  const lines = [
    `process ${process.pid}, up ${duration(process.uptime() * 1000)}, Node ${process.versions.node}: ` +
      `${size(rss)} resident, ${size(heapUsed)} of heap, ${size(external)} of buffers`,
    `pair: ${pair.role} ${pair.state}, epoch ${pair.epoch}, policy ${pair.policy}: ${pair.detail}`,
    `journal: ends at ${journal.end}, committed ${journal.committed}, ${size(journal.pendingBytes)} pending, ` +
      `${journal.segments.length} segments, ${size(journal.totalBytes)}`,
    `store: ${state.messages} messages in ${state.destinations.size} queues, applied to ${state.applied}`,
  ]
  if (broker === null) return lines
  const sessions = [...broker.sessions]
  const connected = sessions.filter(session => session.connected).length
  const { limits, waiting } = broker.space
  lines.push(
    `clients: ${connected} connected, ${sessions.length - connected} before CONNECT, ${waiting} wait for space`,
    `limits: memory ${size(limits.memoryLimit)}, store ${size(limits.storeLimit)}, temp ${size(limits.tempLimit)}`,
  )
  const { operations } = broker
  const all = operations.destinations().flatMap(at => operations.statistics(at) ?? [])
  const held = all.filter(one => one.size > 0).toSorted((a, b) => b.size - a.size)
  for (const { kind, name, size: messages, memoryUsage, inflightCount, consumerCount, paused } of held.slice(
    0,
    destinationsMax,
  ))
    lines.push(
      `${kind}://${name}: ${messages} messages, ${size(memoryUsage)}, ${inflightCount} in flight, ` +
        `${consumerCount} consumers${paused ? ', paused' : ''}`,
    )
  lines.push(`${all.length} destinations, ${held.length} of them hold messages`)
  return lines
}

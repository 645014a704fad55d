import { Queue, type Topic } from '../destination/destination.ts'

/** Counts of one destination since the broker started, and what is in it now (semantics A-07, PL-02). */
export interface DestinationStatistics {
  readonly kind: 'queue' | 'topic' | 'temp-queue' | 'temp-topic'
  readonly name: string
  /** Messages in it, delivered and not settled ones included. 0 for a topic. */
  readonly size: number
  readonly enqueueCount: number
  /** Messages that were acknowledged, expired, dead-lettered, moved or removed. */
  readonly dequeueCount: number
  readonly dispatchCount: number
  readonly expiredCount: number
  /** Messages that consumers hold unacknowledged. */
  readonly inflightCount: number
  readonly consumerCount: number
  /** STOMP senders are bound to no destination (semantics M-02): always 0. */
  readonly producerCount: number
  /** Bytes of what is in it. */
  readonly memoryUsage: number
  /** Bytes at which its senders wait; 0: only the broker's limits count. */
  readonly memoryLimit: number
  /** Of `memoryLimit`; 0 without one. */
  readonly memoryPercentUsage: number
  /** Bytes, of the messages added since start. */
  readonly averageMessageSize: number
  /** ms that messages waited before they were handed over. */
  readonly averageEnqueueTime: number
  readonly minEnqueueTime: number
  readonly maxEnqueueTime: number
  readonly paused: boolean
  /** It was given dead letters since the broker started. */
  readonly holdsDeadLetters: boolean
}

const KINDS = ['queue', 'topic', 'temp-queue', 'temp-topic'] as const

export function statisticsOf(to: Queue | Topic): DestinationStatistics {
  const queue = to instanceof Queue ? to : null
  const topic = to instanceof Queue ? null : to
  const messages = queue?.stored?.messages
  const size = messages?.live ?? 0
  const memoryUsage = messages?.bytes ?? topic?.keptBytes ?? 0
  // A queue whose backlog lies on disk has none.
  const memoryLimit = queue === null || queue.policy.queueInMemory ? to.policy.memoryLimit : 0
  // One literal: ten thousand of them are asked for at once.
  return {
    kind: KINDS[to.at.kind],
    name: to.at.name,
    size,
    enqueueCount: queue?.enqueued ?? topic?.published ?? 0,
    dequeueCount: queue?.dequeued ?? 0,
    dispatchCount: to.dispatched,
    expiredCount: to.expired,
    inflightCount: queue?.inFlight ?? 0,
    consumerCount: to.consumers.size,
    producerCount: 0,
    memoryUsage,
    memoryLimit,
    memoryPercentUsage: memoryLimit === 0 ? 0 : Math.floor((memoryUsage * 100) / memoryLimit),
    averageMessageSize: queue?.sizes?.average ?? 0,
    averageEnqueueTime: queue?.waits?.average ?? 0,
    minEnqueueTime: queue?.waits?.min ?? 0,
    maxEnqueueTime: queue?.waits?.max ?? 0,
    paused: queue?.paused ?? false,
    holdsDeadLetters: queue?.holdsDeadLetters ?? false,
  }
}

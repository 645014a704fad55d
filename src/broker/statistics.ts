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
  const { kind, name } = to.at
  const common = {
    kind: KINDS[kind],
    name,
    consumerCount: to.consumers.size,
    producerCount: 0,
    expiredCount: to.expired,
  }
  if (!(to instanceof Queue)) {
    const counts = { enqueueCount: to.published, dequeueCount: 0, dispatchCount: to.dispatched, inflightCount: 0 }
    return { ...common, ...counts, ...nothingStored, paused: false, holdsDeadLetters: false }
  }
  const size = to.stored?.messages.live ?? 0
  const memoryUsage = to.stored?.messages.bytes ?? 0
  const memoryLimit = to.policy.blockingMemoryLimit
  return {
    ...common,
    size,
    enqueueCount: to.enqueued,
    dequeueCount: to.dequeued,
    dispatchCount: to.dispatched,
    inflightCount: to.inFlight,
    memoryUsage,
    memoryLimit,
    memoryPercentUsage: memoryLimit === 0 ? 0 : Math.floor((memoryUsage * 100) / memoryLimit),
    averageMessageSize: to.enqueued === 0 ? 0 : to.enqueuedBytes / to.enqueued,
    averageEnqueueTime: to.waits?.average ?? 0,
    minEnqueueTime: to.waits?.min ?? 0,
    maxEnqueueTime: to.waits?.max ?? 0,
    paused: to.paused,
    holdsDeadLetters: to.holdsDeadLetters,
  }
}

const nothingStored = {
  size: 0,
  memoryUsage: 0,
  memoryLimit: 0,
  memoryPercentUsage: 0,
  averageMessageSize: 0,
  averageEnqueueTime: 0,
  minEnqueueTime: 0,
  maxEnqueueTime: 0,
}

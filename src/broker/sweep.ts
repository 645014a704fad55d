import type { DispatchPort, Queue } from '../destination/destination.ts'

/** Looks for expired messages in the queues whose period is over (semantics E-03). */
export function sweepQueues(
  port: DispatchPort,
  queues: Iterable<Queue>,
  durables: { sweepsExpired(queue: Queue): boolean },
): void {
  const { now } = port
  for (const queue of queues) {
    const period = queue.policy.expireMessagesPeriod
    if (queue.durable !== null && !durables.sweepsExpired(queue)) continue
    if (period <= 0 || now - queue.sweptAt < period) continue
    queue.sweptAt = now
    // A paused queue is left alone (VER-07).
    if (!queue.paused) queue.sweep(port, queue.policy.maxExpirePageSize)
  }
}

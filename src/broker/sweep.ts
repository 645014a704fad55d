import type { DispatchPort, Queue } from '../destination/destination.ts'
import type { Broker } from './broker.ts'

/** Looks for expired messages in the queues whose period is over (semantics E-03). */
function sweepQueues(
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

/** What comes round. */
export type Sweep = 'expired' | 'durables' | 'inactive' | 'slow' | 'waiting'

/** Looks for the expired (E-03), for who stayed away for too long (U-10), for what nobody uses (LD-04), for slow consumers, for who waits. */
export function sweep(broker: Broker, what: Sweep, most: number): void {
  switch (what) {
    case 'durables':
      return broker.durables.sweep()
    case 'inactive':
      return void broker.lifetimes.sweep(most)
    case 'slow':
      return broker.slowConsumers.check()
    case 'waiting':
      return broker.space.freed()
    case 'expired':
      return sweepQueues(broker.dispatching, broker.registry.queues(), broker.durables)
    default:
      return what satisfies never
  }
}

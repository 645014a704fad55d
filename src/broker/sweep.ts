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

/** The periodic look for expired messages (E-03), for who stayed away for too long (U-10), and for what nobody uses (LD-04). */
export function sweep(
  broker: Broker,
  what: 'expired' | 'durables' | 'inactive' | 'slow' | 'waiting',
  most: number,
): void {
  if (what === 'durables') broker.durables.sweep()
  else if (what === 'inactive') broker.lifetimes.sweep(most)
  else if (what === 'slow') broker.slowConsumers.check()
  else if (what === 'waiting') broker.space.freed()
  else sweepQueues(broker.dispatching, broker.registry.queues(), broker.durables)
}

import type { DispatchPort, Queue } from '../destination/destination.ts'
import type { Broker } from './broker.ts'

/** Messages of one queue that one look examines, at most. */
const examinedMax = 400

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
    queue.sweep(port, examinedMax)
  }
}

/** The periodic look for expired messages (semantics E-03), and for who stayed away for too long (U-10). */
export function sweep(broker: Broker, what: 'expired' | 'durables'): void {
  if (broker.quiesced || broker.hold !== null) return
  broker.now = broker.time()
  if (what === 'durables') broker.durables.sweep()
  else sweepQueues(broker, broker.registry.queues(), broker.durables)
}

import type { Broker } from './broker.ts'

/** The periodic look for expired messages (E-03), for who stayed away for too long (U-10), and for what nobody uses (LD-04). */
export function sweep(
  broker: Broker,
  what: 'expired' | 'durables' | 'inactive' | 'slow' | 'waiting',
  most: number,
): void {
  if (broker.quiesced || broker.hold !== null) return
  if (what === 'durables') broker.durables.sweep()
  else if (what === 'inactive') broker.lifetimes.sweep(most)
  else if (what === 'slow') broker.slowConsumers.check()
  else if (what === 'waiting') broker.space.freed()
  else broker.dispatching.expiring.sweep(broker.registry.queues())
}

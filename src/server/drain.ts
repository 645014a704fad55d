import { within } from './settled.ts'
import type { Service } from './service.ts'

interface Draining {
  readonly quiesce: () => Promise<void>
  /** The node ended meanwhile, by whatever way. */
  readonly ended: Promise<void>
  readonly handsOver: () => boolean
  readonly ms: number
}

/**
 * The first part of an orderly stop (management D-05): nobody new is let in, nothing more is read from clients, and what
 * was read is committed and answered. Resolves then, or after `ms`.
 */
export async function drain(service: Service, { quiesce, ended, handsOver, ms }: Draining): Promise<void> {
  service.connectors.refuseNew()
  await quiesce()
  await within(ms, Promise.race([service.answered(), ended]))
  // With a hand-over the core goes on from here; without one this is all there will ever be.
  service.drained = !handsOver()
}

/** Nothing more is taken from clients; resolves when all that was is journaled. */
export async function quiesce(service: () => Service | null): Promise<void> {
  service()?.broker.quiesce()
  // What the turn under way still journals belongs to it.
  await new Promise(resolve => setImmediate(resolve))
  service()?.broker.schedule()
  await new Promise(resolve => setImmediate(resolve))
}

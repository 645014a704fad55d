import { destinationUri, type DestinationName } from '../base/destination.ts'
import { MessageAudit, type DeadLetterPolicy, type DestinationPolicy } from '../destination/destination.ts'

/** Audits of one kind that are kept, at most; the one that was not used for longest goes first. */
const auditsMax = 1024

/**
 * Who has died before. Copies of one SEND share an identity, and yield one dead letter (semantics D-10): the shared strategy
 * remembers all deaths under it, the individual one those of each destination (VER-01). What died under another strategy is
 * still taken once only by each dead letter queue (AU-01, D-11).
 */
export class DeathAudit {
  /** A reload may put other strategies in the place of these. */
  readonly #deaths = new WeakMap<DeadLetterPolicy, Map<string, MessageAudit>>()
  readonly #arrivals = new Map<string, MessageAudit>()

  /** Is this death the second one of this identity? */
  diedBefore(policy: DeadLetterPolicy, source: DestinationName, id: string): boolean {
    if (!policy.enableAudit) return false
    let audits = this.#deaths.get(policy)
    if (audits === undefined) this.#deaths.set(policy, (audits = new Map<string, MessageAudit>()))
    const { maxAuditDepth, maxProducersToAudit } = policy
    return auditOf(audits, scopeOf(policy, source), maxAuditDepth, maxProducersToAudit).sees(id)
  }

  /** Did this dead letter queue take the identity before? */
  arrivedBefore(policy: DestinationPolicy, target: DestinationName, id: string): boolean {
    if (!policy.enableAudit) return false
    const { maxQueueAuditDepth, maxProducersToAudit } = policy
    return auditOf(this.#arrivals, destinationUri(target), maxQueueAuditDepth, maxProducersToAudit).sees(id)
  }

  /** It was taken out of the dead letter queue: it may die again (semantics A-04). */
  forgetDeath(policy: DeadLetterPolicy, source: DestinationName, id: string): void {
    this.#deaths.get(policy)?.get(scopeOf(policy, source))?.forget(id)
  }

  forgetArrival(queue: DestinationName, id: string): void {
    this.#arrivals.get(destinationUri(queue))?.forget(id)
  }
}

const scopeOf = (policy: DeadLetterPolicy, source: DestinationName): string =>
  policy.kind === 'individual' ? destinationUri(source) : ''

function auditOf(audits: Map<string, MessageAudit>, key: string, depth: number, producers: number): MessageAudit {
  const audit = audits.get(key) ?? new MessageAudit(depth, producers)
  audits.delete(key)
  audits.set(key, audit)
  if (audits.size > auditsMax) audits.delete(audits.keys().next().value!)
  return audit
}

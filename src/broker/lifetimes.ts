import { destinationUri, type DestinationName } from '../base/destination.ts'
import { TandemError } from '../base/errors.ts'
import { Queue, type Topic } from '../destination/destination.ts'
import { RECORD_HEADER, RecordFlag, RecordType, hiddenEnd } from '../journal/journal.ts'
import { Subscription, type LifetimePort, type RecordBuffer } from '../session/session.ts'
import type { Broker } from './broker.ts'
import { writeForgotten } from './destinations.ts'

/** Destinations that are removed in one go. */
const removedAtOnceMax = 5000
/** Queues that are gone and remembered, at least, before it is looked for those that nobody can know: each look is at every session. */
const rememberedMin = 1000

/** The end of destinations: by an administrator (semantics A-06), or because nobody needs them (LD-04). */
export class Lifetimes implements LifetimePort {
  readonly #broker: Broker
  /** Queues that are gone, by their id, in that order: a transaction that was open then may hold a message for one. */
  readonly #gone = new Map<number, DestinationName>()
  /** Of them forgotten again. */
  #forgotten = 0
  /** So many are too many, unless open transactions need them. */
  #rememberedMax = rememberedMin

  constructor(broker: Broker) {
    this.#broker = broker
  }

  /**
   * Removes a queue with all its messages, or a topic. Consumers stop it unless `force`: then they stay subscribed, and get
   * what is sent to a new destination of that name. Throws DESTINATION_IN_USE.
   */
  remove(to: Queue | Topic, force: boolean): void {
    const consumers = [...to.consumers]
    if (consumers.length > 0 && !force) {
      const who = `${consumers.length} ${consumers.length === 1 ? 'consumer' : 'consumers'}`
      throw new TandemError(
        'DESTINATION_IN_USE',
        `Destination still has an active subscription: ${destinationUri(to.at)} (${who})`,
        { hint: 'Unsubscribe them first, or force the removal.' },
      )
    }
    for (const consumer of consumers) if (consumer instanceof Subscription) this.#orphan(consumer, to)
    this.#forget(to)
  }

  /** Its consumer goes on without it. */
  #orphan(subscription: Subscription, to: Queue | Topic): void {
    if (to instanceof Queue) {
      subscription.queues.delete(to)
      to.consumers.remove(subscription)
      to.groups.release(subscription)
    } else {
      subscription.topics.delete(to)
      to.remove(subscription)
    }
    this.#broker.registry.awaits(subscription)
  }

  #forget(to: Queue | Topic): void {
    const broker = this.#broker
    to.gone = true
    broker.registry.forget(to)
    broker.connections.totals.destinationGone(to)
    broker.routes.changed()
    broker.notices?.removed(to)
    if (!(to instanceof Queue)) return
    this.#gone.set(to.id, to.at)
    // Mostly no sweep comes round: schedulePeriodForDestinationPurge is 0.
    if (this.#gone.size > this.#rememberedMax) this.#forgetGone()
    writeForgotten(broker.journal, to.id, RecordFlag.none)
    broker.schedule()
  }

  refusal(at: DestinationName): string | null {
    return this.#broker.registry.refusal(at)
  }

  get removed(): number {
    return this.#forgotten + this.#gone.size
  }

  /** Queues that are gone and still remembered. */
  get remembered(): number {
    return this.#gone.size
  }

  /** Those that no open transaction can know. Somebody always has one open, so it goes by the oldest. */
  #forgetGone(): void {
    if (this.#gone.size === 0) return
    let needed = this.removed
    for (const { transactions } of this.#broker.sessions)
      for (const { removedBefore } of transactions.values()) needed = Math.min(needed, removedBefore)
    for (const id of this.#gone.keys()) {
      if (this.#forgotten >= needed) break
      this.#gone.delete(id)
      this.#forgotten++
    }
    this.#rememberedMax = Math.max(rememberedMin, 2 * this.#gone.size)
  }

  /** A transaction commits: what it sent to a queue that is gone goes to a new one of that name. */
  redirect({ view, bytes }: RecordBuffer): void {
    if (this.#gone.size === 0) return
    const renew = (at: number): void => {
      const name = this.#gone.get(view.getUint32(at, true))
      const to = name === undefined ? null : this.#broker.create(name, null)
      if (to instanceof Queue) view.setUint32(at, to.id, true)
    }
    for (let at = 0; at < bytes; at += view.getUint32(at + 4, true)) {
      if (view.getUint8(at + 8) !== RecordType.messageAdded) continue
      renew(at + 16)
      const end = at + view.getUint32(at + 4, true)
      for (let also = hiddenEnd(view, at); also < end; also += 4) renew(also)
    }
  }

  /**
   * Removes what is empty and has been unused for as long as its policy says, at most `most` of them (0: all). A destination
   * is first seen unused by one sweep and removed by a later one (semantics LD-04). Answers how many went.
   */
  sweep(most: number): number {
    const broker = this.#broker
    this.#forgetGone()
    const idle: (Queue | Topic)[] = []
    for (const to of broker.registry.named()) {
      if (!to.policy.gcInactiveDestinations || !this.#isIdle(to)) continue
      if (broker.now - to.idleSince >= to.policy.inactiveTimeoutBeforeGC) idle.push(to)
    }
    const expected = idle.length === 0 ? idle : this.#unexpectant(idle)
    const wanted = most > 0 ? Math.min(most, expected.length) : expected.length
    const chosen = expected.slice(0, Math.min(wanted, removedAtOnceMax))
    if (chosen.length < wanted) broker.later(0, () => broker.sweep('inactive', wanted - chosen.length))
    for (const to of chosen) {
      broker.log.info(`${destinationUri(to.at)} is removed: unused for ${broker.now - to.idleSince} ms`, {
        code: 'DESTINATION_REMOVED',
        destination: destinationUri(to.at),
      })
      this.#forget(to)
    }
    return chosen.length
  }

  /** Unused now and when it was looked at before; notes when that began. */
  #isIdle(to: Queue | Topic): boolean {
    const isQueue = to instanceof Queue
    const activity = isQueue ? to.enqueued + to.dequeued + to.dispatched : to.published
    const used = to.consumers.size > 0 || (isQueue && (to.returning > 0 || to.stored?.messages.live !== 0))
    if (used) to.idleSince = 0
    else if (to.idleSince === 0 || to.idleAt !== activity) to.idleSince = this.#broker.now
    to.idleAt = activity
    return !used
  }

  /** Without those for which a message is on its way to the disk. */
  #unexpectant(idle: readonly (Queue | Topic)[]): (Queue | Topic)[] {
    const { journal, state } = this.#broker
    const expected = new Set<number>()
    journal.scan(state.applied, journal.end, (_block, view, offset) => addTargets(view, offset, expected))
    return idle.filter(
      to => !(to instanceof Queue && expected.has(to.id)) && !('committing' in to && to.committing > 0),
    )
  }
}

/** The destinations of the messages in a record. */
function addTargets(view: DataView, offset: number, into: Set<number>): void {
  const end = offset + view.getUint32(offset + 4, true)
  const type = view.getUint8(offset + 8)
  if (type === RecordType.group) {
    for (let at = offset + RECORD_HEADER; at < end; at += view.getUint32(at + 4, true)) addTargets(view, at, into)
  } else if (type === RecordType.messageAdded) {
    into.add(view.getUint32(offset + 16, true))
    for (let also = hiddenEnd(view, offset); also < end; also += 4) into.add(view.getUint32(also, true))
  }
}

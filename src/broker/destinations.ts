import { isQueueKind, isTemporaryKind, type DestinationName } from '../base/destination.ts'
import { Queue, type Topic } from '../destination/destination.ts'
import { RECORD_HEADER, RecordFlag, RecordType, type Journal } from '../journal/journal.ts'
import type { Session, Subscription } from '../session/session.ts'
import type { Broker } from './broker.ts'
import type { Registry } from './registry.ts'
import { isReleased } from './releasing.ts'

/** Makes and ends destinations, and connects subscriptions to them. */
export class Destinations {
  readonly #broker: Broker
  readonly #registry: Registry
  #nextId: number

  constructor(broker: Broker, registry: Registry, nextId: number) {
    this.#broker = broker
    this.#registry = registry
    this.#nextId = nextId
  }

  nextId(): number {
    return this.#nextId++
  }

  create(at: DestinationName, owner: Session | null): Queue | Topic {
    const existing = this.#registry.find(at.kind, at.name)
    if (existing !== null) return existing
    this.#broker.plugins?.events?.destination(at, true)
    const to = isQueueKind(at.kind) ? this.#createQueue(at, owner) : this.#registry.addTopic(at, owner)
    for (const subscription of this.#registry.waitingFor(at)) this.#attachTo(subscription, to)
    this.#broker.notices?.created(to, owner)
    return to
  }

  /** A queue is a journaled fact: it is there again after a restart, also when empty (semantics LD-03). */
  #createQueue(at: DestinationName, owner: Session | null): Queue {
    const { journal } = this.#broker
    const id = this.nextId()
    const name = Buffer.from(at.name, 'utf8')
    const length = RECORD_HEADER + 5 + name.length
    journal.reserve(length)
    journal.view.setUint32(journal.at + 16, id, true)
    journal.view.setUint8(journal.at + 20, at.kind)
    journal.block.set(name, journal.at + 21)
    const flags = isTemporaryKind(at.kind) ? RecordFlag.volatile : RecordFlag.none
    journal.seal(RecordType.destinationAdded, flags, length)
    this.#broker.schedule()
    this.#broker.routes.queueChanged(at.name)
    return this.#registry.addQueue(at, id, owner)
  }

  /** A temporary destination ends with its connection (semantics TD-03). */
  removeTemporary(at: DestinationName, journaled: boolean): void {
    const removed = this.#registry.removeTemporary(at.name)
    if (removed !== null) {
      removed.gone = true
      this.#broker.connections.totals.destinationGone(removed)
      this.#broker.plugins?.events?.destination(at, false)
    }
    if (removed instanceof Queue && journaled) this.#forgetTemporary(removed.id)
    if (removed !== null) this.#broker.notices?.removed(removed)
  }

  /** A hand-over does not wait for it: who leads next forgets those of all connections. */
  #forgetTemporary(id: number): void {
    const { journal, operations, quiesced } = this.#broker
    const forget = (): void => writeForgotten(journal, id)
    if (quiesced) operations.soon(forget)
    else forget()
  }

  attach(subscription: Subscription): void {
    subscription.since = this.#broker.publishing.nextMoment()
    const { durable } = subscription.options
    if (durable !== null) {
      this.#broker.durables.attach(subscription, durable)
      this.#replayToDurable(subscription, durable)
    } else for (const to of this.#registry.matching(subscription)) this.#attachTo(subscription, to)
    this.#broker.notices?.subscribed(subscription)
  }

  /** Only when it asks for it; what it has collected tells it more than the history (semantics T-24). */
  #replayToDurable(subscription: Subscription, { stored }: Queue): void {
    const { retroactive, destinations } = subscription.options
    if (!retroactive) return
    const { identity } = subscription.session
    const isEmpty = (stored?.messages.live ?? 0) === 0
    for (const topic of this.#registry.topicsOf(destinations))
      if (this.#broker.refusal(identity, 'read', topic.at) === null)
        topic.replayTo(subscription, this.#broker.now, isEmpty)
  }

  /** A pattern reaches only what its owner may read (semantics SA-07). */
  #attachTo(subscription: Subscription, to: Queue | Topic): void {
    if (this.#broker.refusal(subscription.session.identity, 'read', to.at) !== null) return
    // What waits there for a migration is none of the queues that a pattern such as `>` means.
    if (isReleased(to.at) && !subscription.options.destinations.some(isReleased)) return
    if (to instanceof Queue) {
      if (subscription.queues.has(to)) return
      subscription.queues.add(to)
      to.consumers.add(subscription)
      to.idleSince = 0
      this.#broker.gathering.joined(to)
      if (subscription.active) this.#broker.markDirty(to)
    } else if (!subscription.topics.has(to)) {
      subscription.topics.add(to)
      to.add(subscription)
      to.idleSince = 0
      if (subscription.options.retroactive || to.policy.alwaysRetroactive) to.replayTo(subscription, this.#broker.now)
    }
  }

  detach(subscription: Subscription): void {
    this.#registry.forgetPattern(subscription)
    this.#broker.connections.totals.subscriptionEnded(subscription)
    this.#broker.durables.detach(subscription)
    for (const queue of subscription.queues) {
      queue.consumers.remove(subscription)
      queue.groups.release(subscription)
      queue.idleSince = 0
      this.#broker.gathering.left(queue)
      this.#broker.markDirty(queue)
    }
    for (const topic of subscription.topics) {
      topic.remove(subscription)
      topic.idleSince = 0
    }
    this.#broker.notices?.unsubscribed(subscription)
  }
}

/** Journals that the queue is gone. */
export function writeForgotten(journal: Journal, id: number, flags: number = RecordFlag.volatile): void {
  journal.reserve(RECORD_HEADER + 4)
  journal.view.setUint32(journal.at + 16, id, true)
  journal.seal(RecordType.destinationRemoved, flags, RECORD_HEADER + 4)
}

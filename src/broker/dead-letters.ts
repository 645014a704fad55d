import { isQueueKind, isTemporaryKind, type DestinationName } from '../base/destination.ts'
import { messageOf } from '../base/errors.ts'
import type { MessageKey } from '../base/lsn.ts'
import {
  deadLetterTarget,
  emptyDelivery,
  retriesOf,
  shownName,
  type DeadLetterPolicy,
  Queue,
  type Delivery,
  type DurableName,
  type Kept,
  type Topic,
} from '../destination/destination.ts'
import { RecordFlag, RemovalReason, Trait, readLsn } from '../journal/journal.ts'
import {
  AS_IT_IS,
  RecordBuffer,
  messageIdOf,
  writeJournaled,
  writeRemoved,
  writeRewritten,
} from '../session/session.ts'
import type { Broker } from './broker.ts'
import { writeDeadLetter } from './dead-letter.ts'
import { DeathAudit } from './death-audit.ts'
import { lastDelayOf, retryOf } from './retries.ts'

const isPersistent = ({ view, offset }: Delivery): boolean => (view.getUint8(offset + 21) & Trait.persistent) !== 0
const expiryOf = ({ view, offset }: Delivery): number => readLsn(view, offset + 32)
/** The cause text clients know (stomp S-DLQ-03). */
const expired = (expires: number): string => `java.lang.Throwable: Message Expired. Expiration:${expires}`

/** Takes messages off their queue and to where the dead go, as one atomic record (semantics D-01 … D-09). */
export class DeadLetters {
  readonly audit: DeathAudit = new DeathAudit()
  readonly #broker: Broker

  constructor(broker: Broker) {
    this.#broker = broker
  }

  /**
   * Buries one message; `done` runs when that is journaled, or never when the broker ends before. Bytes that are not in memory
   * are read first.
   */
  bury(queue: Queue, key: MessageKey, cause: 'expired' | 'refused', done: () => void): void {
    // It may have ended while they were read, and its journal takes nothing more.
    if (this.#broker.stopped) return
    const messages = queue.stored?.messages
    if (messages === undefined || queue.isClaimed(key) || !messages.find(key)) return done()
    const at = messages.foundChunk!.position(messages.foundSlot)
    const bytes = messages.foundChunk!.sizes[messages.foundSlot]!
    const delivery = emptyDelivery()
    const { journal, log } = this.#broker
    if (journal.peek(at, bytes, delivery)) {
      delivery.redelivered = messages.foundChunk!.redeliveries(messages.foundSlot)
      delivery.persistent = isPersistent(delivery)
      this.#move(queue, key, delivery, cause)
      return done()
    }
    journal.fetch(at, bytes).then(
      () => this.bury(queue, key, cause, done),
      (error: unknown) => {
        // Relocation may have moved it while it was read.
        if (messages.find(key) && messages.foundChunk!.position(messages.foundSlot) !== at) {
          return this.bury(queue, key, cause, done)
        }
        log.error(`${queue.at.name}: ${messageOf(error)}`, { code: 'MESSAGE_SKIPPED', destination: queue.at.name })
        done()
      },
    )
  }

  #move(queue: Queue, key: MessageKey, delivery: Delivery, cause: 'expired' | 'refused'): void {
    const broker = this.#broker
    const persistent = isPersistent(delivery)
    delivery.queue = queue
    const source = queue.durable === null ? queue.at : (shownName(delivery) ?? queue.at)
    // Of what a pattern has collected the topic itself says what becomes of it.
    const policy = (queue.durable === null ? queue.policy : broker.policyOf(source)).deadLetter
    const reason = cause === 'expired' ? RemovalReason.expired : RemovalReason.deadLettered
    const durable = persistent && !isTemporaryKind(queue.at.kind)
    const flags = durable ? RecordFlag.none : RecordFlag.volatile
    const verdict = broker.plugins?.deaths?.judge({
      source,
      expired: cause === 'expired',
      redelivered: delivery.redelivered + retriesOf(delivery),
      lastDelay: lastDelayOf(delivery),
    })
    if (typeof verdict === 'object') return this.#retry(queue, key, delivery, source, verdict.retryAfter)
    // Only what becomes a letter is remembered as dead.
    const isExpired = cause === 'expired'
    const target = verdict === 'drop' ? null : this.#target(policy, source, delivery, isExpired, queue.durable)
    if (broker.notices?.watched === true) broker.notices.messages.died(source, delivery, isExpired, target)
    if (target === null) {
      writeRemoved(broker.journal, queue, [key], flags, reason)
      return broker.schedule()
    }
    const letter = this.#letter(
      policy,
      source,
      delivery,
      target,
      cause === 'expired' ? expired(expiryOf(delivery)) : null,
    )
    const records = new RecordBuffer(64, () => broker.epoch)
    writeRemoved(records, queue, [key], flags, reason)
    broker.deposit([target], letter, { records, durable })
    this.#arrived(target)
  }

  /** Where a dead message goes; null: it is dropped. The audit is asked before all else (semantics D-10). */
  #target(
    policy: DeadLetterPolicy,
    source: DestinationName,
    delivery: Delivery,
    expired: boolean,
    durable: DurableName | null = null,
  ): DestinationName | null {
    const id = messageIdOf(delivery)
    if (this.audit.diedBefore(policy, source, id)) return null
    const target = deadLetterTarget(policy, source, isPersistent(delivery), expired, durable)
    if (target === null || !isQueueKind(target.kind)) return target
    return this.audit.arrivedBefore(this.#broker.policyOf(target), target, id) ? null : target
  }

  /** The message left this queue, where it lay as a dead letter: it may die once more (semantics A-04). */
  forget(queue: DestinationName, origins: readonly DestinationName[], id: string): void {
    this.audit.forgetArrival(queue, id)
    for (const origin of origins) this.audit.forgetDeath(this.#broker.policyOf(origin).deadLetter, origin, id)
  }

  #arrived(target: DestinationName): void {
    const queue = this.#broker.find(target.kind, target.name)
    if (queue instanceof Queue) queue.holdsDeadLetters = true
  }

  /** It comes again later, in the same atomic record in which it leaves (semantics PL-10). */
  #retry(queue: Queue, key: MessageKey, delivery: Delivery, source: DestinationName, delay: number): void {
    const broker = this.#broker
    const message = retryOf(delivery, delay, broker.plugins?.send ?? null, broker.now, () => broker.epoch)
    const records = new RecordBuffer(message.length + 512, () => broker.epoch)
    writeRemoved(records, queue, [key], RecordFlag.none, RemovalReason.moved)
    const plan = { delay, period: 0, repeat: 0, cron: '' }
    broker.scheduler?.write(records, message, [source], plan, broker.now)
    writeJournaled(broker.journal, [records], true)
    broker.schedule()
  }

  /** A topic's message that was expired when it arrived (semantics E-05). */
  buryPublished(topic: Topic, delivery: Delivery): void {
    const policy = topic.policy.deadLetter
    topic.expired++
    const death = { source: topic.at, expired: true, redelivered: 0, lastDelay: 0 }
    if (this.#broker.plugins?.deaths?.judge(death) === 'drop') return
    const target = this.#target(policy, topic.at, delivery, true)
    const { notices } = this.#broker
    if (notices?.watched === true) notices.messages.died(topic.at, delivery, true, target)
    if (target === null) return
    this.#broker.deposit([target], this.#letter(policy, topic.at, delivery, target, expired(expiryOf(delivery))))
    this.#arrived(target)
  }

  /** One that waited for a slow topic subscription: it expired (no consumer), or there were too many (E-05, T-12). */
  buryKept(kept: Kept, consumer: string | null): void {
    const { topic, block, view, offset, length, persistent, expires } = kept
    const policy = topic.policy.deadLetter
    const target = deadLetterTarget(policy, topic.at, persistent, consumer === null)
    const { notices } = this.#broker
    if (target === null && notices?.watched !== true) return
    const cause = consumer === null ? expired(expires) : `java.lang.Throwable: TopicSubDiscard. ID:${consumer}`
    const delivery: Delivery = { ...emptyDelivery(), topic, block, view, offset, length, persistent }
    if (notices?.watched === true) notices.messages.died(topic.at, delivery, consumer === null, target)
    if (target === null) return
    this.#broker.deposit([target], this.#letter(policy, topic.at, delivery, target, cause))
  }

  #letter(
    policy: DeadLetterPolicy,
    source: DestinationName,
    delivery: Delivery,
    target: DestinationName,
    cause: string | null,
  ): Delivery {
    const broker = this.#broker
    const records = new RecordBuffer(delivery.length + 512, () => broker.epoch)
    const length = writeDeadLetter(records, delivery, 0, {
      policy,
      source,
      target,
      cause,
      now: broker.now,
      stampUserId: broker.stampUserId,
    })
    const letter = { ...emptyDelivery(), block: records.block, view: records.view, length, persistent: true }
    // What overrides every message's delivery mode does so with a letter's too (semantics PL-08).
    if (broker.plugins?.send?.persistent !== false) return letter
    const again = new RecordBuffer(length, () => broker.epoch)
    const bytes = writeRewritten(again, letter, 0, false, { ...AS_IT_IS, persistent: false }).length
    return { ...letter, block: again.block, view: again.view, length: bytes, persistent: false }
  }
}

import { isTemporaryKind, type DestinationName } from '../base/destination.ts'
import { messageOf } from '../base/errors.ts'
import type { MessageKey } from '../base/lsn.ts'
import { Queue, Topic, deadLetterTarget, emptyDelivery, type Delivery } from '../destination/destination.ts'
import { RECORD_HEADER, RecordFlag, RecordType, RemovalReason, Trait, readLsn } from '../journal/journal.ts'
import { RecordBuffer, writeRemoved } from '../session/session.ts'
import type { Broker } from './broker.ts'
import { writeDeadLetter } from './dead-letter.ts'

const isPersistent = ({ view, offset }: Delivery): boolean => (view.getUint8(offset + 21) & Trait.persistent) !== 0
const expiryOf = ({ view, offset }: Delivery): number => readLsn(view, offset + 32)
/** The cause text clients know (stomp S-DLQ-03). */
const expired = (expires: number): string => `java.lang.Throwable: Message Expired. Expiration:${expires}`

/** Takes messages off their queue and to where the dead go, as one atomic record (semantics D-01 … D-09). */
export class DeadLetters {
  readonly #broker: Broker

  constructor(broker: Broker) {
    this.#broker = broker
  }

  /** Buries one message; `done` runs when that is journaled. Bytes that are not in memory are read first. */
  bury(queue: Queue, key: MessageKey, cause: 'expired' | 'refused', done: () => void): void {
    const messages = queue.stored?.messages
    if (messages === undefined || !messages.find(key)) return done()
    const at = messages.foundChunk!.position(messages.foundSlot)
    const bytes = messages.foundChunk!.sizes[messages.foundSlot]!
    const delivery = emptyDelivery()
    const { journal, log } = this.#broker
    if (journal.peek(at, bytes, delivery)) {
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
        log.error(`${queue.at.name}: ${messageOf(error)}`)
        done()
      },
    )
  }

  #move(queue: Queue, key: MessageKey, delivery: Delivery, cause: 'expired' | 'refused'): void {
    const persistent = isPersistent(delivery)
    const target = deadLetterTarget(queue.policy.deadLetter, queue.at, persistent, cause === 'expired')
    const reason = cause === 'expired' ? RemovalReason.expired : RemovalReason.deadLettered
    const flags = persistent && !isTemporaryKind(queue.at.kind) ? RecordFlag.none : RecordFlag.volatile
    const broker = this.#broker
    if (target === null) {
      writeRemoved(broker.journal, queue, [key], flags, reason)
      return broker.schedule()
    }
    const letter = this.#write(queue, delivery, target, cause === 'expired' ? expired(expiryOf(delivery)) : null)
    if (letter.to instanceof Topic) {
      writeRemoved(broker.journal, queue, [key], flags, reason)
      return this.#publish(letter.to, letter.records, letter.length)
    }
    writeRemoved(letter.records, queue, [key], flags, reason)
    this.#journal(letter.records, RecordType.group, 0)
  }

  /** A topic's message that was expired when it arrived (semantics E-05). */
  buryPublished(topic: Topic, delivery: Delivery): void {
    const target = deadLetterTarget(topic.policy.deadLetter, topic.at, isPersistent(delivery), true)
    if (target === null) return
    const { to, records, length } = this.#write(topic, delivery, target, expired(expiryOf(delivery)))
    if (to instanceof Topic) return this.#publish(to, records, length)
    this.#journal(records, RecordType.messageAdded, RECORD_HEADER)
  }

  #write(
    from: Queue | Topic,
    delivery: Delivery,
    target: DestinationName,
    cause: string | null,
  ): { to: Queue | Topic; records: RecordBuffer; length: number } {
    const broker = this.#broker
    const to = broker.create(target, null)
    const records = new RecordBuffer(delivery.length + 512, () => broker.epoch)
    const facts = { policy: from.policy.deadLetter, source: from.at, target, cause, now: broker.now }
    const length = writeDeadLetter(records, delivery, to instanceof Queue ? to.id : 0, facts)
    return { to, records, length }
  }

  /** Appends what `records` holds, from `skip` on, as the payload of one record. */
  #journal(records: RecordBuffer, type: RecordType, skip: number): void {
    const { journal } = this.#broker
    const payload = records.block.subarray(skip, records.bytes)
    journal.reserve(RECORD_HEADER + payload.length)
    journal.block.set(payload, journal.at + RECORD_HEADER)
    journal.seal(type, RecordFlag.none, RECORD_HEADER + payload.length)
    this.#broker.schedule()
  }

  #publish(topic: Topic, { block, view }: RecordBuffer, length: number): void {
    const broker = this.#broker
    broker.afterCommit(() => broker.publish(topic, broker.published.lend(topic, block, view, length)))
  }
}

import { destinationUri, type DestinationName } from '../base/destination.ts'
import { messageOf } from '../base/errors.ts'
import type { Lsn, MessageKey } from '../base/lsn.ts'
import {
  emptyDelivery,
  shownName,
  type Delivery,
  type Kept,
  type Queue,
  type Topic,
} from '../destination/destination.ts'
import { RECORD_HEADER, RecordType, RemovalReason, Trait, hiddenEnd, readLsn } from '../journal/journal.ts'
import type { Subscription } from '../session/session.ts'
import type { Advisories } from './advisories.ts'
import { eventTopic, isAdvisoryTopic } from './advisory-names.ts'
import type { Broker } from './broker.ts'

/** Advisories about single messages: those that their destination's policy asks for (semantics AD-05 … AD-11). */
export class MessageNotices {
  readonly #broker: Broker
  readonly #advisories: Advisories

  constructor(broker: Broker, advisories: Advisories) {
    this.#broker = broker
    this.#advisories = advisories
  }

  /** A committed record, before it is applied: what it removes is still there. */
  committing(block: Buffer, view: DataView, offset: number): void {
    const type = view.getUint8(offset + 8)
    if (type === RecordType.messageAdded) return this.#arrived(block, view, offset)
    if (type === RecordType.messageRemoved) return this.#leaving(view, offset)
    if (type !== RecordType.group) return
    const end = offset + view.getUint32(offset + 4, true)
    for (let at = offset + RECORD_HEADER; at < end; at += view.getUint32(at + 4, true)) this.committing(block, view, at)
  }

  #arrived(block: Buffer, view: DataView, offset: number): void {
    this.#arrivedAt(view.getUint32(offset + 16, true), block, view, offset)
    const end = offset + view.getUint32(offset + 4, true)
    for (let also = hiddenEnd(view, offset); also < end; also += 4)
      this.#arrivedAt(view.getUint32(also, true), block, view, offset)
  }

  #arrivedAt(id: number, block: Buffer, view: DataView, offset: number): void {
    const queue = this.#broker.registry.byId(id)
    // A topic's message was told of when it was published.
    if (queue === undefined || queue.durable !== null) return
    const { advisoryForDelivery, sendAdvisoryIfNoConsumers } = queue.policy
    if (!advisoryForDelivery && !sendAdvisoryIfNoConsumers) return
    const message = messageAt(block, view, offset)
    if (advisoryForDelivery) this.#tell('MessageDelivered', queue.at, message)
    if (sendAdvisoryIfNoConsumers && queue.consumers.size === 0) this.#unconsumed(queue.at, message)
  }

  /** A message went to a topic's subscribers. */
  published({ at, policy, consumers }: Topic, message: Delivery): void {
    const { advisoryForDelivery, sendAdvisoryIfNoConsumers } = policy
    if ((!advisoryForDelivery && !sendAdvisoryIfNoConsumers) || isAdvisoryTopic(at)) return
    if (sendAdvisoryIfNoConsumers && consumers.size === 0) this.#unconsumed(at, message)
    if (advisoryForDelivery) this.#tell('MessageDelivered', at, message)
  }

  /** A non-persistent message that nobody takes is told of by itself (semantics AD-07). */
  #unconsumed(at: DestinationName, message: Delivery): void {
    if (message.persistent || !this.#advisories.wants('NoConsumer', at)) return
    const record = Buffer.from(message.block.subarray(message.offset, hiddenEnd(message.view, message.offset)))
    const copy = messageAt(record, viewOf(record), 0)
    copy.view.setUint32(4, record.length, true)
    copy.view.setUint16(22, 0, true)
    this.#advisories.publishLater(eventTopic('NoConsumer', at), { ...copy, length: record.length }, true)
  }

  #leaving(view: DataView, offset: number): void {
    const queue = this.#broker.registry.byId(view.getUint32(offset + 16, true))
    const reason = view.getUint8(offset + 20)
    if (queue === undefined || reason === RemovalReason.purged || reason === RemovalReason.moved) return
    if (queue.durable === null) {
      if (!queue.policy.advisoryForConsumed || !this.#advisories.wants('MessageConsumed', queue.at)) return
    }
    const end = offset + view.getUint32(offset + 4, true)
    for (let at = offset + 24; at < end; at += 8) this.#consumed(queue, readLsn(view, at) as MessageKey)
  }

  #consumed(queue: Queue, key: MessageKey): void {
    const messages = queue.stored?.messages
    if (messages === undefined || !messages.find(key)) return
    const at = messages.foundChunk!.position(messages.foundSlot)
    this.#withBytes(at, messages.foundChunk!.sizes[messages.foundSlot]!, message => {
      const source = queue.durable === null ? queue.at : (shownName(message) ?? queue.at)
      if (queue.durable === null || this.#broker.policyOf(source).advisoryForConsumed)
        this.#tell('MessageConsumed', source, message)
    })
  }

  /** Its bytes may have to be read; by then it may be gone for good, which is not worth a word. */
  #withBytes(at: Lsn, bytes: number, use: (message: Delivery) => void): void {
    const { journal, log } = this.#broker
    const message = emptyDelivery()
    if (journal.peek(at, bytes, message)) return use(message)
    journal.fetch(at, bytes).then(
      () => void (journal.peek(at, bytes, message) && use(message)),
      (error: unknown) => log.debug(`no advisory: ${messageOf(error)}`),
    )
  }

  /** It is taken off its destination because its time is over; `target`: where it goes as a dead letter, or null. */
  died(at: DestinationName, message: Delivery, expired: boolean, target: DestinationName | null): void {
    if (isAdvisoryTopic(at)) return
    if (target !== null) this.#advisories.tellMessage('MessageDLQd', at, message, [])
    if (expired) this.#advisories.tellMessage('Expired', at, message, [])
  }

  discarded(subscription: Subscription, { topic, block, view, offset }: Kept, count: number): void {
    if (!topic.policy.advisoryForDiscardingMessages || isAdvisoryTopic(topic.at)) return
    if (!this.#advisories.wants('MessageDiscarded', topic.at)) return
    this.#advisories.tellMessage('MessageDiscarded', topic.at, messageAt(block, view, offset), [
      ['consumerId', subscription.consumerId],
      ['discardedCount', `${count}`],
      ['orignalDestination', destinationUri(topic.at)],
    ])
  }

  dispatched(subscription: Subscription, message: Delivery): void {
    const to = message.queue ?? message.topic
    if (to === null || isAdvisoryTopic(to.at)) return
    const collected = message.queue !== null && message.queue.durable !== null
    // Of what a durable subscription has collected the topic's own policy speaks.
    const at = collected ? (shownName(message) ?? to.at) : to.at
    const policy = collected ? this.#broker.policyOf(at) : to.policy
    if (!policy.advisoryForDispatched) return
    this.#advisories.tellMessage('MessageDispatched', at, message, [
      ['consumerId', subscription.consumerId],
      ['orignalDestination', destinationUri(at)],
    ])
  }

  #tell(event: 'MessageDelivered' | 'MessageConsumed', at: DestinationName, message: Delivery): void {
    this.#advisories.tellMessage(event, at, message, [['orignalDestination', destinationUri(at)]], true)
  }
}

const viewOf = (record: Buffer): DataView => new DataView(record.buffer, record.byteOffset, record.length)

const messageAt = (block: Buffer, view: DataView, offset: number): Delivery => ({
  ...emptyDelivery(),
  block,
  view,
  offset,
  length: view.getUint32(offset + 4, true),
  persistent: (view.getUint8(offset + 21) & Trait.persistent) !== 0,
})

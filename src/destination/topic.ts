import type { DestinationName } from '../base/destination.ts'
import { MESSAGE_HEADER, Trait } from '../journal/journal.ts'
import { nextSerial, type Delivery } from './consumer.ts'
import { History, type LateBudgets } from './history.ts'
import { Kept, isSameMessage, rewritten, type TopicMemory } from './kept.ts'
import { perMessageBytes, type DestinationPolicy } from './policy.ts'
import { Sizes, type Blocked } from './sizes.ts'

/** A subscription to a topic. It keeps what it cannot send at once. */
export interface TopicConsumer {
  /** -128…127, for priorityDispatchPolicy (semantics DP-03). */
  readonly priority: number
  /** Offers one published message. */
  publish(message: Published): void
  /** Offers a message of the time before it came (semantics T-22). */
  replay(kept: Kept): void
  /** Drops a message whose id it has seen (semantics AU-04). */
  readonly audits: boolean
}

/** A message being published: its bytes are borrowed, `own` gives bytes that stay. */
export class Published {
  readonly delivery: Delivery
  /** When it was published, as a count; a subscription that came later does not get it (semantics T-01). */
  moment = 0
  /** The same for copies of one SEND, which have one identity and are published one behind the other (AU-04). */
  identity = 0
  #copy: Kept | null = null
  readonly #lastId: Buffer = Buffer.alloc(idBytes)

  constructor(delivery: Delivery) {
    this.delivery = delivery
  }

  /** Lends the record of `length` bytes at the start of `block`, on its way to `topic`; answers the delivery. */
  lend(topic: Topic, block: Buffer, view: DataView, length: number): Delivery {
    const { delivery } = this
    delivery.queue = null
    delivery.topic = topic
    delivery.block = block
    delivery.view = view
    delivery.offset = 0
    delivery.length = length
    delivery.persistent = (view.getUint8(21) & Trait.persistent) !== 0
    delivery.redelivered = 0
    delivery.serial = nextSerial()
    return delivery
  }

  /** A message of which there may be several copies: compares its id with that of the one before. */
  identify(): void {
    const { block, length } = this.delivery
    const end = Math.min(MESSAGE_HEADER + idBytes, length)
    const bytes = end - MESSAGE_HEADER
    if (block.compare(this.#lastId, 0, bytes, MESSAGE_HEADER, end) === 0) {
      const eol = block.indexOf(10, MESSAGE_HEADER)
      if (eol < end) return
    }
    this.identity++
    block.copy(this.#lastId, 0, MESSAGE_HEADER, end)
  }

  /** The record's bytes, copied once however many subscriptions keep them. */
  own(): Kept {
    const { block, offset, length, topic } = this.delivery
    this.#copy ??= new Kept(topic!, Buffer.from(block.subarray(offset, offset + length)))
    return this.#copy
  }

  forgetCopy(): void {
    this.#copy = null
  }
}

/** Bytes that are enough to tell message ids apart; what does not fit counts as different. */
const idBytes = 96

const RETAIN = 'ActiveMQ.Retain'

/** A topic: whoever subscribes when a message is published gets it, in publish order (semantics T-01). */
export class Topic {
  readonly at: DestinationName
  /** An administrator may change it for this topic, until the next start. */
  policy: DestinationPolicy
  readonly perMessageBytes: number
  /** A temporary topic whose connection has ended (stomp S-TMP-05). */
  gone = false
  /** Messages that are published when they are committed. */
  committing = 0
  /** Counter since start, for management. */
  published = 0
  /** Of what was published since start; null: nothing was. */
  sizes: Sizes | null = null
  /** SENDs that waited for space here; null: none did. */
  blocked: Blocked | null = null
  /** Bytes of its messages that subscriptions keep waiting in memory. */
  keptBytes = 0
  /** What late subscribers are given; null: nothing (semantics T-20). */
  readonly history: History | null
  /** The one message that was sent to be retained (semantics T-23). */
  #retained: Kept | null = null
  /** A list of this topic alone. */
  readonly alone: readonly Topic[] = [this]
  readonly #memory: TopicMemory
  readonly #budgets: LateBudgets
  readonly #consumers = new Set<TopicConsumer>()
  /** In the order of dispatch. */
  #order: TopicConsumer[] = []
  #turn = 0
  /** Messages that were expired when they came, and copies that were offered to subscriptions. */
  expired = 0
  dispatched = 0
  /** When it was last seen unused, ms; 0: it is in use (semantics LD-04). And how much had happened then. */
  idleSince = 0
  idleAt = 0

  constructor(at: DestinationName, policy: DestinationPolicy, memory: TopicMemory, budgets: LateBudgets) {
    this.at = at
    this.policy = policy
    this.perMessageBytes = perMessageBytes(policy)
    this.#memory = memory
    this.#budgets = budgets
    this.history = policy.recovery.kind === 'none' ? null : new History(policy.recovery, budgets.history)
  }

  /** Goes by another policy from now on; it differs in nothing that a topic is built by (`BUILT_BY`). */
  renew(policy: DestinationPolicy): void {
    this.policy = policy
    this.#arrange()
  }

  get consumers(): ReadonlySet<TopicConsumer> {
    return this.#consumers
  }

  add(consumer: TopicConsumer): void {
    if (this.#consumers.has(consumer)) return
    this.#consumers.add(consumer)
    this.#arrange()
  }

  remove(consumer: TopicConsumer): void {
    if (this.#consumers.delete(consumer)) this.#arrange()
  }

  /** With priorityDispatchPolicy higher priorities first, else in the order in which they came. */
  #arrange(): void {
    this.#order = [...this.#consumers]
    if (this.policy.dispatch === 'priority') this.#order.sort((a, b) => b.priority - a.priority)
  }

  keep(change: number): void {
    this.keptBytes += change
    this.#memory.bytes += change
  }

  /** Everybody who subscribes now gets it. `now` is the wall clock, ms. */
  publish(message: Published, now: number): void {
    this.published++
    ;(this.sizes ??= new Sizes()).add(message.delivery.length)
    if ((message.delivery.view.getUint8(21) & Trait.retain) !== 0) this.#retain(message)
    this.history?.add(message.own(), now)
    const order = this.#order
    this.dispatched += order.length
    const first = this.policy.dispatch === 'roundRobin' ? this.#turn++ % (order.length || 1) : 0
    for (let i = first; i < order.length; i++) order[i]!.publish(message)
    for (let i = 0; i < first; i++) order[i]!.publish(message)
    message.forgetCopy()
  }

  /** Offers a late subscriber the retained message, and then the history in its order (semantics T-22, T-23). */
  replayTo(consumer: TopicConsumer, now: number, history = true): void {
    const retained = this.#retained
    if (retained !== null) consumer.replay(retained)
    if (!history || this.history === null) return
    for (const kept of this.history.recall(now))
      if (retained === null || !consumer.audits || !isSameMessage(kept, retained)) consumer.replay(kept)
  }

  /** The topic is gone: what it kept for who would come later takes no room any more. */
  end(): void {
    this.history?.clear()
    this.#remember(null)
  }

  /** Instead of the one before, which is out of date whether or not there is room for this one. */
  #remember(kept: Kept | null): void {
    const budget = this.#budgets.retained
    budget.bytes += (kept?.cost ?? 0) - (this.#retained?.cost ?? 0)
    this.#retained = kept
    if (kept === null || !budget.exceeded) return
    this.#remember(null)
    budget.tell()
  }

  /** Remembers the message, or for one without a body forgets; subscribers see no header of it. */
  #retain(message: Published): void {
    const { delivery } = message
    const record = delivery.block.subarray(delivery.offset, delivery.offset + delivery.length)
    const traits = record[21]! & ~Trait.retain
    const shown = rewritten(record, RETAIN, '', traits)
    if (record.readUInt32LE(44) > 0)
      this.#remember(new Kept(this, rewritten(shown, `${RETAIN}ed`, `${RETAIN}ed:true\n`, traits)))
    // A text message is never empty to ActiveMQ: only one of bytes takes the retained message away.
    else if ((traits & Trait.text) === 0) this.#remember(null)
    message.lend(this, shown, new DataView(shown.buffer, shown.byteOffset, shown.length), shown.length)
  }
}

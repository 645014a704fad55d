import type { DestinationName } from '../base/destination.ts'
import type { MessageKey } from '../base/lsn.ts'
import { Mark, type Chunk, type MessageIndex, type StoredDestination } from '../store/store.ts'
import { ConsumerRanks, nextSerial, type Consumer, type Delivery, type DispatchPort } from './consumer.ts'
import { MessageGroups } from './groups.ts'
import { KeyList } from './key-list.ts'
import type { DestinationPolicy } from './policy.ts'

const Offer = { delivered: 0, gone: 1, full: 2, absent: 3, unwanted: 4 } as const
type Offer = (typeof Offer)[keyof typeof Offer]

/** Whose messages a durable subscription keeps (semantics U-01). */
export interface DurableName {
  readonly clientId: string
  readonly name: string
}

const PERSISTENT = 1 << 4
const GROUPED = 8 << 4

/**
 * One queue's dispatch: which message goes to which consumer next. Everything here is volatile; the messages
 * themselves are `stored`, which only the journal's records change.
 *
 *   returned by a consumer that ended ─┐
 *   passed over: nobody wanted it ─────┼─► offer ─► consumer whose turn it is ─► deliver
 *   cursor: next message in order ─────┘
 */
export class Queue {
  readonly at: DestinationName
  readonly id: number
  readonly policy: DestinationPolicy
  /** Not null: the backlog of this durable subscription. `at` is then the topics it collects from. */
  readonly durable: DurableName | null
  /** Null until the record that adds this queue is committed. */
  stored: StoredDestination | null = null
  readonly consumers: ConsumerRanks<Consumer>
  readonly groups: MessageGroups = new MessageGroups()
  /** A temporary queue whose connection has ended, a durable subscription that was removed: nothing enters any more. */
  gone = false
  /** Wall clock of the last look for expired messages, ms. */
  sweptAt = 0
  /** On the list of queues to dispatch this turn. */
  dirty = false
  /** A page is being read for this queue; dispatch goes on when it is there. */
  fetching = false
  /** Where the last page lay that could not be read; -1 when all could. */
  unreadable = -1
  /** Batches that are on their way back. Nothing is handed over meanwhile, or newer messages would overtake them. */
  returning = 0
  /** Counters since start, for management: messages added and settled here. */
  enqueued = 0
  dequeued = 0
  #chunk: Chunk | null = null
  #slot = 0
  readonly #returned: KeyList = new KeyList()
  readonly #passed: KeyList = new KeyList()
  readonly #kept: MessageKey[] = []

  constructor(at: DestinationName, id: number, policy: DestinationPolicy, durable: DurableName | null = null) {
    this.at = at
    this.durable = durable
    this.id = id
    this.policy = policy
    this.consumers = new ConsumerRanks<Consumer>(policy.strictOrderDispatch)
  }

  /** Hands messages over until nobody is ready or nothing is left. */
  dispatch(port: DispatchPort): void {
    const messages = this.stored?.messages
    if (messages === undefined || messages.live === 0 || this.consumers.size === 0) return
    if (this.fetching || this.returning > 0 || !this.consumers.anyReady()) return
    if (this.#returned.size > 0 && !this.#dispatchAgain(this.#returned, messages, port)) return
    if (this.#passed.size > 0 && !this.#dispatchAgain(this.#passed, messages, port)) return
    this.#dispatchNew(messages, port)
  }

  /** Answers false when dispatch must stop: nobody is ready, or bytes are missing. */
  #dispatchAgain(list: KeyList, messages: MessageIndex, port: DispatchPort): boolean {
    const kept = this.#kept
    const { size } = list
    let stop = false
    let i = 0
    for (; i < size; i++) {
      const key = list.at(i)
      if (!messages.find(key) || messages.foundChunk!.marks[messages.foundSlot] !== Mark.waiting) continue
      const offer = this.#offer(messages.foundChunk!, messages.foundSlot, port)
      stop = offer === Offer.full || offer === Offer.absent
      if (stop) break
      if (offer === Offer.unwanted) kept.push(key)
    }
    list.take(i, kept)
    kept.length = 0
    return !stop
  }

  #dispatchNew(messages: MessageIndex, port: DispatchPort): void {
    const maxPassed = Math.max(1, this.policy.maxPageSize)
    let chunk = this.#chunk ?? messages.first
    let slot = this.#chunk === null ? 0 : this.#slot
    while (chunk !== null) {
      if (slot >= chunk.count) {
        if (chunk.next === null) break
        chunk = chunk.next
        slot = 0
        continue
      }
      if (chunk.marks[slot] === Mark.waiting) {
        // Further back nothing is looked at, though somebody might want it (semantics Q-12).
        if (this.#passed.size >= maxPassed) break
        const offer = this.#offer(chunk, slot, port)
        if (offer === Offer.full || offer === Offer.absent) break
        if (offer === Offer.unwanted) this.#passed.push(chunk.keys[slot]! as MessageKey)
      }
      slot++
    }
    this.#chunk = chunk
    this.#slot = slot
  }

  #offer(chunk: Chunk, slot: number, port: DispatchPort): Offer {
    const key = chunk.keys[slot]! as MessageKey
    const expires = chunk.expiresAt(slot)
    if (expires !== 0 && expires <= port.now) {
      chunk.marks[slot] = Mark.dispatched
      port.expire(this, key)
      return Offer.gone
    }
    const at = chunk.position(slot)
    const bytes = chunk.sizes[slot]!
    const delivery = port.delivery
    if (!port.peek(at, bytes, delivery)) {
      if (!this.consumers.anyReady()) return Offer.full
      port.fetch(this, at, bytes)
      return Offer.absent
    }
    const kind = chunk.kinds[slot]!
    delivery.queue = this
    delivery.topic = null
    delivery.key = key
    delivery.length = bytes
    delivery.persistent = (kind & PERSISTENT) !== 0
    delivery.redelivered = chunk.redeliveries(slot)
    delivery.serial = nextSerial()
    const consumer = kind & GROUPED ? this.groups.choose(this.consumers, delivery) : this.consumers.choose(delivery)
    if (consumer === null) {
      const picky = this.consumers.picky > 0 || (kind & GROUPED) !== 0
      return picky && this.consumers.anyReady() ? Offer.unwanted : Offer.full
    }
    chunk.marks[slot] = Mark.dispatched
    consumer.deliver(delivery)
    if (consumer.auto) port.settle(this, key, delivery.persistent)
    return Offer.delivered
  }

  /** These deliveries came back: they are served before everything that waits, behind what came back earlier. */
  giveBack(keys: readonly MessageKey[]): void {
    const messages = this.stored?.messages
    if (messages === undefined) return
    for (const key of keys) {
      if (!messages.find(key)) continue
      messages.foundChunk!.marks[messages.foundSlot] = Mark.waiting
      this.#returned.push(key)
    }
  }

  /** Finds what has expired among the first `limit` waiting messages (semantics E-03). */
  sweep(port: DispatchPort, limit: number): void {
    const messages = this.stored?.messages
    if (messages === undefined || !messages.hasExpiring) return
    let seen = 0
    for (let chunk = messages.first; chunk !== null && seen < limit; chunk = chunk.next) {
      for (let slot = 0; slot < chunk.count && seen < limit; slot++) {
        if (chunk.marks[slot] !== Mark.waiting) continue
        seen++
        const expires = chunk.expiresAt(slot)
        if (expires === 0 || expires > port.now) continue
        chunk.marks[slot] = Mark.dispatched
        port.expire(this, chunk.keys[slot]! as MessageKey)
      }
    }
  }

  /** Looks at one message that was expired when it arrived (semantics E-02). */
  expireArrived(port: DispatchPort, key: MessageKey): void {
    const messages = this.stored?.messages
    if (messages === undefined || !messages.find(key)) return
    const chunk = messages.foundChunk!
    if (chunk.marks[messages.foundSlot] !== Mark.waiting) return
    chunk.marks[messages.foundSlot] = Mark.dispatched
    port.expire(this, key)
  }

  /** The stored messages were replaced or cleared: start again from the front. */
  rewind(): void {
    this.#chunk = null
    this.#slot = 0
    this.#returned.clear()
    this.#passed.clear()
  }
}

/** An empty delivery, to be filled by a port. */
export const emptyDelivery = (): Delivery => ({
  queue: null,
  topic: null,
  key: 0 as MessageKey,
  block: Buffer.alloc(0),
  view: new DataView(new ArrayBuffer(0)),
  offset: 0,
  length: 0,
  persistent: false,
  redelivered: 0,
  serial: 0,
})

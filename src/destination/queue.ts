import type { DestinationName } from '../base/destination.ts'
import type { MessageKey } from '../base/lsn.ts'
import { Mark, type Chunk, type MessageIndex, type StoredDestination } from '../store/store.ts'
import {
  ConsumerRanks,
  nextSerial,
  type Consumer,
  type Delivery,
  type DispatchPort,
  type RankOptions,
} from './consumer.ts'
import { MessageGroups } from './groups.ts'
import { KeyList } from './key-list.ts'
import { Sizes, type Blocked } from './sizes.ts'
import { Waits } from './waits.ts'
import type { DestinationPolicy } from './policy.ts'

const Offer = { delivered: 0, gone: 1, full: 2, absent: 3, unwanted: 4 } as const
type Offer = (typeof Offer)[keyof typeof Offer]

/** Whose messages a durable subscription keeps (semantics U-01). */
export interface DurableName {
  readonly clientId: string
  readonly name: string
}

/** What a sweep has still to look at: so many waiting messages behind this key. */
export interface Unswept {
  readonly limit: number
  readonly behind: number
}

const PERSISTENT = 1 << 4
const GROUPED = 8 << 4

/** Every message of a queue, or those of one priority, on their way to consumers. */
class Lane {
  /** -1: messages of every priority. */
  readonly priority: number
  chunk: Chunk | null = null
  slot = 0
  readonly returned: KeyList = new KeyList()
  readonly passed: KeyList = new KeyList()

  constructor(priority: number) {
    this.priority = priority
  }

  /**
   * Leaves spent chunks behind. A lane may wait for long behind better ones, and a dropped chunk leads to all that came
   * after it.
   */
  followUp(): void {
    while (this.chunk !== null && this.chunk.live === 0 && this.chunk.next !== null) {
      this.chunk = this.chunk.next
      this.slot = 0
    }
  }
}

const ONE_LANE = [-1]
/** With prioritizedMessages: the best first, in order within each (semantics Q-13). */
const PRIORITY_LANES = [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
/** Priority in the low four bits of a message's kind (store/message-index.ts). */
const PRIORITY_BITS = 15

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
  /** An administrator may change it for this queue, until the next start. */
  policy: DestinationPolicy
  /** Not null: the backlog of this durable subscription. `at` is then the topics it collects from. */
  readonly durable: DurableName | null
  /** Null until the record that adds this queue is committed. */
  stored: StoredDestination | null = null
  readonly consumers: ConsumerRanks<Consumer>
  readonly groups: MessageGroups
  /** A temporary queue whose connection has ended, a durable subscription that was removed: nothing enters any more. */
  gone = false
  /** Wall clock of the last look for expired messages, ms. */
  sweptAt = 0
  /** On the list of queues to dispatch this turn. */
  dirty = false
  /** Since the last dispatch nothing has changed but that there are more messages, or bytes of them: nobody new may want one. */
  onlyMore = false
  #looksAgain = false
  /** A page is being read for this queue; dispatch goes on when it is there. */
  fetching = false
  /** Where the last page lay that could not be read; -1 when all could. */
  unreadable = -1
  /** Batches that are on their way back. Nothing is handed over meanwhile, or newer messages would overtake them. */
  returning = 0
  /** Nothing is handed over until it is resumed (semantics Q-15). */
  paused = false
  /** Dispatch waits for more consumers, or for its time (semantics Q-09). */
  gathering = false
  /** It was given dead letters since the broker started. */
  holdsDeadLetters = false
  /** Counters since start, for management: messages added, settled, handed over and expired here. */
  enqueued = 0
  dequeued = 0
  dispatched = 0
  expired = 0
  /** Of the messages added since start; null: none was. */
  sizes: Sizes | null = null
  /** SENDs that waited for space here; null: none did. */
  blocked: Blocked | null = null
  /** How long messages waited before they were handed over; null: none was. */
  waits: Waits | null = null
  /** When it was last seen unused, ms; 0: it is in use (semantics LD-04). And how much had happened then. */
  idleSince = 0
  idleAt = 0
  /** Made when something is dispatched: most of ten thousand queues are at rest. */
  #lanes: readonly Lane[] | null = null
  #remembers: boolean

  constructor(at: DestinationName, id: number, policy: DestinationPolicy, durable: DurableName | null = null) {
    this.at = at
    this.durable = durable
    this.id = id
    this.policy = policy
    this.#remembers = policy.persistJMSRedelivered
    this.groups = new MessageGroups(policy.messageGroups)
    this.consumers = new ConsumerRanks<Consumer>(rankOptions(policy), consumer => this.groups.ownedBy(consumer))
  }

  /** Goes by another policy from now on; it differs in nothing that a queue is built by (`BUILT_BY`). */
  renew(policy: DestinationPolicy): void {
    this.policy = policy
    this.#remembers = policy.persistJMSRedelivered
    this.consumers.renew(rankOptions(policy))
  }

  /** Messages came in, all in one record of so many bytes. */
  entered(count: number, bytes: number): void {
    this.enqueued += count
    ;(this.sizes ??= new Sizes()).add(bytes)
  }

  /** Hands messages over until nobody is ready or nothing is left. */
  dispatch(port: DispatchPort): void {
    if (!this.onlyMore) this.#looksAgain = true
    this.onlyMore = false
    const messages = this.stored?.messages
    if (messages === undefined || messages.live === 0 || this.consumers.size === 0) return
    if (this.fetching || this.returning > 0 || this.paused || this.gathering || !this.consumers.anyReady()) return
    const lanes = this.#lane()
    if (this.#looksAgain) for (const { returned, passed } of lanes) returned.looked = passed.looked = 0
    this.#looksAgain = false
    for (const lane of lanes) {
      if (lane.returned.size > 0 && !this.#dispatchAgain(lane.returned, messages, port)) return
      if (lane.passed.size > 0 && !this.#dispatchAgain(lane.passed, messages, port)) return
      if (!this.#dispatchNew(lane, messages, port)) return
    }
  }

  #lane(): readonly Lane[] {
    this.#lanes ??= (this.policy.prioritizedMessages ? PRIORITY_LANES : ONE_LANE).map(priority => new Lane(priority))
    if (this.#lanes.length > 1) for (const lane of this.#lanes) lane.followUp()
    return this.#lanes
  }

  /** Messages of other lanes that were looked at and that nobody wanted. */
  #passedElsewhere(lane: Lane): number {
    const lanes = this.#lane()
    if (lanes.length === 1) return 0
    let sum = 0
    for (const other of lanes) if (other !== lane) sum += other.passed.size
    return sum
  }

  /** Answers false when dispatch must stop: nobody is ready, or bytes are missing. */
  #dispatchAgain(list: KeyList, messages: MessageIndex, port: DispatchPort): boolean {
    const kept = keptKeys
    const { size } = list
    let stop = false
    let i = list.looked
    for (; i < size; i++) {
      const key = list.at(i)
      if (!messages.find(key) || messages.foundChunk!.marks[messages.foundSlot] !== Mark.waiting) continue
      const offer = this.#offer(messages.foundChunk!, messages.foundSlot, port)
      stop = offer === Offer.full || offer === Offer.absent
      if (stop) break
      if (offer === Offer.unwanted) kept.push(key)
    }
    list.take(i, kept, list.looked)
    list.looked += kept.length
    kept.length = 0
    return !stop
  }

  /** Answers false when dispatch must stop. */
  #dispatchNew(lane: Lane, messages: MessageIndex, port: DispatchPort): boolean {
    const { priority } = lane
    let chunk = lane.chunk ?? messages.first
    let slot = lane.chunk === null ? 0 : lane.slot
    let goesOn = true
    const most = Math.max(1, this.policy.maxPageSize) - this.#passedElsewhere(lane)
    while (chunk !== null) {
      if (slot >= chunk.count) {
        if (chunk.next === null) break
        chunk = chunk.next
        slot = 0
        continue
      }
      if (chunk.marks[slot] === Mark.waiting && (priority < 0 || (chunk.kinds[slot]! & PRIORITY_BITS) === priority)) {
        // Further back nothing is looked at, though somebody might want it (semantics Q-12).
        goesOn = lane.passed.size < most
        if (!goesOn) break
        const offer = this.#offer(chunk, slot, port)
        goesOn = offer !== Offer.full && offer !== Offer.absent
        if (!goesOn) break
        if (offer === Offer.unwanted) lane.passed.push(chunk.keys[slot]! as MessageKey)
      }
      slot++
    }
    lane.chunk = chunk
    lane.slot = slot
    return goesOn
  }

  #offer(chunk: Chunk, slot: number, port: DispatchPort): Offer {
    const key = chunk.keys[slot]! as MessageKey
    const expires = chunk.expiresAt(slot)
    if (expires !== 0 && expires <= port.now) {
      if (!port.mayExpire(this, chunk.sizes[slot]!)) return Offer.absent
      this.#expire(chunk, slot, port)
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
    this.consumers.served(consumer)
    chunk.marks[slot] = Mark.dispatched
    this.dispatched++
    ;(this.waits ??= new Waits()).add(port.now - port.arrivedAt(key))
    if (this.#remembers && !consumer.auto && delivery.persistent && !chunk.remembered(slot))
      port.remember(this, key, consumer)
    consumer.deliver(delivery)
    if (consumer.auto) port.settle(this, key, delivery.persistent)
    return Offer.delivered
  }

  #expire(chunk: Chunk, slot: number, port: DispatchPort): void {
    chunk.marks[slot] = Mark.dispatched
    this.expired++
    port.expire(this, chunk.keys[slot]! as MessageKey)
  }

  /**
   * These deliveries came back: they are served before everything that waits, behind what came back earlier,
   * or `inOrder` with it.
   */
  giveBack(keys: readonly MessageKey[], inOrder = false): void {
    const messages = this.stored?.messages
    if (messages === undefined) return
    for (const key of keys) {
      // Who removes it meanwhile has it: handed over once more it would be in two places.
      if (this.isClaimed(key) || !messages.find(key)) continue
      const chunk = messages.foundChunk!
      chunk.marks[messages.foundSlot] = Mark.waiting
      this.#laneOf(chunk.kinds[messages.foundSlot]!).returned.push(key)
    }
    if (inOrder) for (const { returned } of this.#lane()) returned.sort()
  }

  #laneOf(kind: number): Lane {
    const lanes = this.#lane()
    return lanes.length === 1 ? lanes[0]! : lanes[9 - Math.min(9, kind & PRIORITY_BITS)]!
  }

  /** It is there, and nobody holds it. */
  isWaiting(key: MessageKey): boolean {
    const messages = this.stored?.messages
    if (messages === undefined || !messages.find(key)) return false
    return messages.foundChunk!.marks[messages.foundSlot] === Mark.waiting
  }

  /** Takes a message out of dispatch: an administrator removes it. False: it is not there, or another one does. */
  claim(key: MessageKey): boolean {
    const messages = this.stored?.messages
    if (messages === undefined || this.isClaimed(key) || !messages.find(key)) return false
    messages.foundChunk!.marks[messages.foundSlot] = Mark.dispatched
    this.#claimed ??= new Set<MessageKey>()
    this.#claimed.add(key)
    return true
  }
  #claimed: Set<MessageKey> | null = null

  /** Its removal is appended, and not committed yet. */
  isClaimed(key: MessageKey): boolean {
    return this.#claimed?.has(key) === true
  }

  /** Their removal is committed. */
  release(keys: readonly MessageKey[]): void {
    for (const key of keys) this.#claimed?.delete(key)
    if (this.#claimed?.size === 0) this.#claimed = null
  }

  /** Messages that were handed over and not settled. Reads every message when there are any. */
  get inFlight(): number {
    if (this.dispatched === 0) return 0
    let count = 0
    for (let chunk = this.stored?.messages.first ?? null; chunk !== null; chunk = chunk.next)
      for (let slot = 0; slot < chunk.count; slot++) if (chunk.marks[slot] === Mark.dispatched) count++
    return count
  }

  /**
   * Finds what has expired among the first `limit` waiting messages behind this key (semantics E-03). Answers where to go on,
   * when the port takes no more for now.
   */
  sweep(port: DispatchPort, limit: number, behind = -1): Unswept | null {
    const messages = this.stored?.messages
    if (messages === undefined || !messages.hasExpiring) return null
    let seen = 0
    let last = behind
    const first = behind < 0 ? messages.first : messages.chunkBehind(behind)
    for (let chunk = first; chunk !== null && seen < limit; chunk = chunk.next) {
      for (let slot = 0; slot < chunk.count && seen < limit; slot++) {
        if (chunk.marks[slot] !== Mark.waiting || chunk.keys[slot]! <= behind) continue
        const expires = chunk.expiresAt(slot)
        if (expires !== 0 && expires <= port.now) {
          if (!port.mayExpire(this, chunk.sizes[slot]!)) return { limit: limit - seen, behind: last }
          this.#expire(chunk, slot, port)
        }
        seen++
        last = chunk.keys[slot]!
      }
    }
    return null
  }

  /** Looks at one message that was expired when it arrived (semantics E-02). False: the port takes no more for now. */
  expireArrived(port: DispatchPort, key: MessageKey): boolean {
    const messages = this.stored?.messages
    if (messages === undefined || !messages.find(key)) return true
    const chunk = messages.foundChunk!
    const slot = messages.foundSlot
    if (chunk.marks[slot] !== Mark.waiting) return true
    if (!port.mayExpire(this, chunk.sizes[slot]!)) return false
    this.#expire(chunk, slot, port)
    return true
  }

  /** The stored messages were replaced or cleared: start again from the front. */
  rewind(): void {
    this.#lanes = null
  }
}

const rankOptions = (policy: DestinationPolicy): RankOptions => ({
  strict: policy.strictOrderDispatch,
  ranked: policy.useConsumerPriority,
  allExclusive: policy.allConsumersExclusiveByDefault,
})

/** The keys that stay in front of a list while it is walked. Shared: one walk ends before the next begins. */
const keptKeys: MessageKey[] = []

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

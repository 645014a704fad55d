import type { Lsn, MessageKey } from '../base/lsn.ts'
import type { Queue } from './queue.ts'
import type { Topic } from './topic.ts'

/** A message on its way to a consumer. Reused: valid only during the call it is passed to. */
export interface Delivery {
  /** Where it comes from: one of the two. */
  queue: Queue | null
  topic: Topic | null
  key: MessageKey
  /** The record lies at `offset` of `block`; `view` is over the same bytes. */
  block: Buffer
  view: DataView
  offset: number
  length: number
  persistent: boolean
  redelivered: number
  /** Another number for each message that this object is lent to: what was read of one may be remembered. 0: never. */
  serial: number
}

let serials = 0
/** A number that no delivery had yet. */
export const nextSerial = (): number => ++serials

/** What dispatch needs of a subscription. */
export interface Consumer {
  /** -128…127; higher ones are served first (stomp S-SUB-08). */
  readonly priority: number
  readonly exclusive: boolean
  /** Settles at dispatch (stomp S-ACK-07). */
  readonly auto: boolean
  /** Refuses messages by something only it knows: noLocal, a selector. */
  readonly picky: boolean
  /** May it be given a message now: active, window open, connection not congested? */
  ready(): boolean
  /** Asked of a picky consumer only. */
  accepts(delivery: Delivery): boolean
  deliver(delivery: Delivery): void
}

/** What a queue needs of the world around it. */
export interface DispatchPort {
  /** Wall clock of this turn, ms. */
  readonly now: number
  readonly delivery: Delivery
  /** Fills `delivery.block/view/offset` when the record's bytes are in memory. */
  peek(at: Lsn, bytes: number, into: Delivery): boolean
  /** Get the bytes into memory and dispatch this queue again. */
  fetch(queue: Queue, at: Lsn, bytes: number): void
  /** When the message with this key arrived, ms since 1970. */
  arrivedAt(key: MessageKey): number
  /** An auto-mode delivery was handed over: the message leaves the queue. */
  settle(queue: Queue, key: MessageKey, persistent: boolean): void
  /** That this message was handed over is to outlive a restart, before its consumer sees it (semantics R-08). */
  remember(queue: Queue, key: MessageKey, consumer: Consumer): void
  /** May a message of so many bytes expire now? False: the queue is dispatched again when it may. */
  mayExpire(queue: Queue, bytes: number): boolean
  /** The message reached its expiry before a consumer (stomp S-SND-08, semantics E-01). */
  expire(queue: Queue, key: MessageKey): void
}

export interface RankOptions {
  /** No rotation: the first consumer with space is always used (strictOrderDispatch, semantics Q-05). */
  readonly strict: boolean
  /** Consumers are ranked by priority; else all are equal (useConsumerPriority, semantics Q-06). */
  readonly ranked: boolean
  /** Every consumer is exclusive (allConsumersExclusiveByDefault, semantics Q-08). */
  readonly allExclusive: boolean
}

/**
 * The consumers of one queue by rank (priority, then how many message groups they own), each rank served round robin
 * (semantics ). Whoever was served moves behind its equals; whoever was passed over, full or unwilling, keeps its
 * place in front.
 */
export class ConsumerRanks<C extends Consumer> {
  size = 0
  picky = 0
  #options: RankOptions
  /** In the order in which they are asked. */
  #ranks: { readonly priority: number; readonly consumers: C[] }[] = []
  #exclusive: C[] = []
  readonly #groupsOf: (consumer: C) => number

  constructor(options: RankOptions, groupsOf: (consumer: C) => number = () => 0) {
    this.#options = options
    this.#groupsOf = groupsOf
  }

  add(consumer: C): void {
    const priority = this.#options.ranked ? consumer.priority : 0
    let rank = this.#ranks.find(at => at.priority === priority)
    if (rank === undefined) {
      rank = { priority, consumers: [] }
      this.#ranks.push(rank)
      this.#ranks.sort((a, b) => b.priority - a.priority)
    }
    this.#place(consumer, rank.consumers)
    // With the strict order nobody moved when it came to own groups; it does when somebody joins.
    if (this.#options.strict && this.#options.ranked)
      rank.consumers.sort((a, b) => this.#groupsOf(a) - this.#groupsOf(b))
    if (consumer.exclusive || this.#options.allExclusive) {
      // Among equals the earliest, but one of 127 takes over at once, from an earlier 127 too (semantics Q-07).
      if (consumer.priority === PRIORITY_MAX) this.#exclusive.unshift(consumer)
      else this.#exclusive.push(consumer)
      this.#exclusive.sort((a, b) => b.priority - a.priority)
    }
    if (consumer.picky) this.picky++
    this.size++
  }

  /** Behind all that own no more groups. */
  #place(consumer: C, consumers: C[]): void {
    let at = consumers.length
    if (this.#options.ranked) {
      const groups = this.#groupsOf(consumer)
      while (at > 0 && this.#groupsOf(consumers[at - 1]!) > groups) at--
    }
    if (at === consumers.length) consumers.push(consumer)
    else consumers.splice(at, 0, consumer)
  }

  /** Other rules: those that there are are ranked anew. */
  renew(options: RankOptions): void {
    const { strict, ranked, allExclusive } = this.#options
    if (options.strict === strict && options.ranked === ranked && options.allExclusive === allExclusive) return
    const all = [...this]
    this.#options = options
    this.#ranks = []
    this.#exclusive = []
    this.picky = 0
    this.size = 0
    for (const consumer of all) this.add(consumer)
  }

  remove(consumer: C): void {
    for (const rank of this.#ranks) {
      const index = rank.consumers.indexOf(consumer)
      if (index < 0) continue
      rank.consumers.splice(index, 1)
      this.size--
      if (consumer.picky) this.picky--
    }
    this.#ranks = this.#ranks.filter(rank => rank.consumers.length > 0)
    this.#exclusive = this.#exclusive.filter(other => other !== consumer)
  }

  *[Symbol.iterator](): Generator<C> {
    for (const rank of this.#ranks) yield* rank.consumers
  }

  /** Could any consumer be given a message now? */
  anyReady(): boolean {
    const exclusive = this.#exclusive[0]
    if (exclusive !== undefined) return exclusive.ready()
    for (const rank of this.#ranks) for (const consumer of rank.consumers) if (consumer.ready()) return true
    return false
  }

  /** May this one be given the message now? None but the exclusive one, where there is one (semantics Q-07). */
  mayServe(consumer: C, delivery: Delivery): boolean {
    const exclusive = this.#exclusive[0]
    return (exclusive === undefined || exclusive === consumer) && consumer.ready() && wants(consumer, delivery)
  }

  /** The consumer whose turn it is, or null. A picky one is asked whether it wants this message. */
  choose(delivery: Delivery): C | null {
    const exclusive = this.#exclusive[0]
    if (exclusive !== undefined) return this.mayServe(exclusive, delivery) ? exclusive : null
    for (const { consumers } of this.#ranks)
      for (const consumer of consumers) if (consumer.ready() && wants(consumer, delivery)) return consumer
    return null
  }

  /** It was given a message, and may own another number of groups since. */
  served(consumer: C): void {
    if (this.#options.strict || this.size === 1 || this.#exclusive[0] === consumer) return
    for (const { consumers } of this.#ranks) {
      const at = consumers.indexOf(consumer)
      if (at < 0) continue
      if (at === 0) consumers.shift()
      else consumers.splice(at, 1)
      return this.#place(consumer, consumers)
    }
  }
}

const PRIORITY_MAX = 127

const wants = (consumer: Consumer, delivery: Delivery): boolean => !consumer.picky || consumer.accepts(delivery)

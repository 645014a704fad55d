import type { DestinationName } from '../base/destination.ts'
import { MESSAGE_HEADER, Trait, hiddenEnd, hiddenStart } from '../journal/journal.ts'
import {
  DeliveryState,
  DeliveryWindow,
  emptyDelivery,
  evicted,
  nextSerial,
  shownName,
  type Consumer,
  type Delivery,
  type EvictionPolicy,
  type Kept,
  type Published,
  type Queue,
  type Selection,
  type Topic,
  type TopicConsumer,
} from '../destination/destination.ts'
import type { MessageKey } from '../base/lsn.ts'
import { Version, encode } from '../stomp/stomp.ts'
import { Backlog } from './backlog.ts'
import type { Browser } from './browser.ts'
import { sendMessage } from './deliver.ts'
import { endSubscription } from './on-unsubscribe.ts'
import type { Session } from './session.ts'

export const AckMode = { auto: 0, client: 1, individual: 2 } as const
export type AckMode = (typeof AckMode)[keyof typeof AckMode]

export interface SubscriptionOptions {
  /** Null only in STOMP 1.0. */
  readonly id: string | null
  readonly destinations: readonly DestinationName[]
  /** The durable subscription that it consumes, or null. */
  readonly durable: Queue | null
  readonly ack: AckMode
  readonly prefetch: number
  readonly priority: number
  readonly exclusive: boolean
  readonly noLocal: boolean
  /** Null: none, or a durable subscription's, which was asked when the message was collected. */
  readonly selection: Selection | null
  /** How it wants maps and advisories, as it said it; null: not at all (stomp S-TRF-04). */
  readonly transformation: string | null
  /** It is shown the message group, which no consumer is (stomp S-SND-17): to move messages to another broker. */
  readonly groups: boolean
  /** Messages kept beyond the window, for a topic; -1 unlimited. */
  readonly pendingLimit: number
  /** What goes when there are more. */
  readonly eviction: EvictionPolicy
  /** What waits may lie on disk; per cent of the memory limit above which it does. Null: it stays in memory. */
  readonly spillAbove: number | null
  /** Asks for what topics keep for late subscribers (stomp S-SUB-10). */
  readonly retroactive: boolean
  /** Of copies of one SEND that reach several of its topics it gets the first (semantics AU-04). */
  readonly audits: boolean
  /** ACKs in an open transaction widen the window (usePrefetchExtension, semantics P-06). */
  readonly extends: boolean
}

/** One SUBSCRIBE: its window, what is in flight, and for topics what waits. */
export class Subscription implements Consumer, TopicConsumer {
  readonly session: Session
  readonly options: SubscriptionOptions
  readonly window: DeliveryWindow = new DeliveryWindow()
  readonly queues: Set<Queue> = new Set<Queue>()
  readonly topics: Set<Topic> = new Set<Topic>()
  readonly auto: boolean
  readonly priority: number
  readonly exclusive: boolean
  readonly picky: boolean
  readonly audits: boolean
  readonly transformation: string | null
  active = false
  closed = false
  /** Not null: it only looks. Nothing that it is shown is in flight for its queue (stomp S-BRW-01). */
  browser: Browser | null = null
  /** Deliveries that count against the window: a settled one does until its acknowledgement is committed (B3). */
  inFlight = 0
  /** It gets what is published behind this moment (semantics T-01). */
  since = 0
  /** Messages that it was given. */
  delivered = 0
  /** Messages that were dropped because too many waited. */
  discarded = 0
  /** Acknowledged in open transactions: the window is that much wider (stomp S-TX-09). */
  extension = 0
  /** `MESSAGE LF subscription:… LF`. */
  readonly prefix: Buffer
  /** `destination:… LF` for each destination seen. */
  readonly #destinationLines = new Map<Queue | Topic, Buffer>()
  /** Message id to delivery number, for the acknowledgements of 1.0 and 1.1; null in 1.2. Of several copies the oldest comes first. */
  readonly #byMessageId: Map<string, number | number[]> | null
  /** What topics published and it could not take yet. */
  readonly backlog: Backlog
  /** More waits for it than its window holds (semantics T-13). */
  slow = false
  /** When it acknowledged last, or began: wall clock, ms (semantics T-15). */
  acknowledgedAt: number
  /** Its number in its connection, from 1 on. */
  readonly number: number

  constructor(session: Session, options: SubscriptionOptions) {
    this.session = session
    this.options = options
    this.auto = options.ack === AckMode.auto
    this.priority = options.priority
    this.exclusive = options.exclusive
    this.transformation = options.transformation
    this.picky = options.noLocal || options.selection !== null
    this.audits = options.audits && options.durable === null
    this.acknowledgedAt = session.core.now
    this.number = ++session.consumers
    this.backlog = new Backlog(session.core.backlogs.portFor(this), kept => this.#discard(kept))
    const id = options.id === null ? '' : `subscription:${encode(options.id, session.version)}\n`
    this.prefix = Buffer.from(`MESSAGE\n${id}`, 'utf8')
    this.#byMessageId = this.auto || session.version === Version.v12 ? null : new Map<string, number | number[]>()
  }

  ready(): boolean {
    if (!this.active || this.session.congested || this.options.prefetch <= 0) return false
    return this.auto || this.inFlight < this.options.prefetch + this.extension
  }

  /** noLocal: not what this connection sent (stomp S-SUB-09); the selector (S-SEL-01). */
  accepts(delivery: Delivery): boolean {
    const { noLocal, selection } = this.options
    return !(noLocal && this.session.sent(delivery)) && (selection === null || selection.accepts(delivery))
  }

  deliver(delivery: Delivery): void {
    const { session } = this
    const shown = delivery.view.getUint8(delivery.offset + 21) & Trait.shownAs
    const line = shown === 0 ? this.destinationLine((delivery.queue ?? delivery.topic)!) : this.#shownLine(delivery)
    if (line === null) return this.#passOver(delivery)
    let number = 0
    this.delivered++
    if (!this.auto) {
      number = ++session.deliveries
      this.window.push(number, delivery.key, this.browser === null ? delivery.queue : null, delivery.persistent)
      this.inFlight++
      if (this.#byMessageId !== null) this.#remember(this.#byMessageId, messageIdOf(delivery), number)
    }
    sendMessage(this, delivery, number, line)
    const { notices } = session.core
    if (notices !== null && notices.watched) notices.dispatched(this, delivery)
  }

  /** The `destination:` line; null: a topic that this consumer may not read (semantics SA-07). */
  #shownLine(delivery: Delivery): Buffer | null {
    const { block, view, offset } = delivery
    const from = hiddenStart(view, offset)
    const to = hiddenEnd(view, offset)
    const { hidden, line } = this.#shown
    if (line !== undefined && hidden.length === to - from && hidden.compare(block, from, to) === 0) return line
    const at = shownName(delivery) ?? (delivery.queue ?? delivery.topic)!.at
    const mayRead =
      this.options.durable === null || this.session.core.refusal(this.session.identity, 'read', at) === null
    const found = mayRead ? this.#line(at) : null
    this.#shown = { hidden: Buffer.from(block.subarray(from, to)), line: found }
    return found
  }
  /** The hidden lines seen last, and the `destination:` line that they mean. */
  #shown: { readonly hidden: Buffer; readonly line: Buffer | null | undefined } = {
    hidden: Buffer.alloc(0),
    line: undefined,
  }

  #line(at: DestinationName): Buffer {
    return Buffer.from(`destination:${encode(this.session.printDestination(at), this.session.version)}\n`, 'utf8')
  }

  /** It leaves its queue unseen; in auto mode the queue sees to that. */
  #passOver({ queue, key, persistent }: Delivery): void {
    if (!this.auto && queue !== null && this.browser === null) this.session.core.remove(queue, [key], persistent)
  }

  publish(message: Published): void {
    if (this.closed || message.moment <= this.since) return
    if (this.picky && !this.accepts(message.delivery)) return
    if (this.audits) {
      if (message.identity === this.#lastIdentity) return
      this.#lastIdentity = message.identity
    }
    if (this.backlog.size === 0 && this.ready()) {
      this.slow = false
      return this.deliver(message.delivery)
    }
    // A window of 0 never opens: STOMP cannot ask (semantics P-03).
    if (this.options.prefetch > 0 && this.#hasRoom()) this.#keep(message.delivery, () => message.own())
  }
  /** The identity of what was offered last (semantics AU-04). */
  #lastIdentity = 0

  replay(kept: Kept): void {
    const delivery = this.#delivery(kept, emptyDelivery())
    if (this.options.prefetch <= 0 || (this.picky && !this.accepts(delivery))) return
    if (this.#hasRoom()) this.#keep(delivery, () => kept)
  }

  /** With a limit of 0 nothing is kept beyond the window (semantics T-07). */
  #hasRoom(): boolean {
    return this.options.pendingLimit !== 0 || this.backlog.size < this.#windowSpace
  }

  /** Keeps it waiting, and discards what there is too much of (semantics T-07, T-10, T-11). */
  #keep(message: Delivery, own: () => Kept): void {
    const { backlog } = this
    backlog.push(message, own)
    const { pendingLimit, prefetch, eviction } = this.options
    const beyond = backlog.size - this.#windowSpace
    if (prefetch > 1 && beyond > prefetch && !this.slow) this.#becomesSlow()
    if (pendingLimit <= 0) return
    if (beyond > Math.min(pendingLimit, eviction.expiredHighWatermark)) {
      const { core } = this.session
      backlog.evictExpired(core.now, expired => core.backlogs.bury(expired, null))
    }
    while (backlog.size - this.#windowSpace > pendingLimit) {
      if (eviction.kind === 'oldest') backlog.evictOldest()
      else backlog.evict(evicted(eviction, backlog.all()))
    }
  }

  /** It has no room for this one (semantics T-12). */
  #discard(kept: Kept): void {
    this.discarded++
    this.session.core.notices?.discarded(this, kept, this.discarded)
    this.session.core.backlogs.bury(kept, this.consumerId)
  }

  /** It is over, whoever says so. */
  end(): void {
    endSubscription(this)
  }

  /** `ID:…:-1:n`, what it is called in the cause of a discard (semantics T-12). */
  get consumerId(): string {
    return `${this.session.id}:-1:${this.number}`
  }

  #becomesSlow(): void {
    this.slow = true
    this.session.core.slowConsumers.flag(this)
  }

  /**
   * Messages that the window would take. The window fills before the pending limit counts (semantics T-07), also while
   * the subscription is not active yet or its socket is slow.
   */
  get #windowSpace(): number {
    const used = this.auto ? 0 : this.inFlight
    return Math.max(0, this.options.prefetch + this.extension - used)
  }

  /** Messages of topics that wait for the window or the socket. */
  get pending(): number {
    return this.backlog.size
  }

  /** Sends what waits while the consumer is ready and it is in memory. */
  drain(delivery: Delivery): void {
    const { backlog } = this
    let buried = 0
    while (backlog.size > 0 && this.ready()) {
      const kept = backlog.first()
      if (kept === null) return
      const { core } = this.session
      // What expired while it waited reaches nobody (semantics E-05).
      const isExpired = kept.expires !== 0 && kept.expires <= core.now
      // A hundred thousand may have while it was slow: others have their turn between, and a hand-over waits for none of them.
      if (isExpired && (buried === buriedMax || core.quiesced)) return core.operations.soon(() => this.#goOn())
      kept.hold()
      backlog.shift()
      if (isExpired) {
        core.backlogs.bury(kept, null)
        buried++
      } else this.deliver(this.#delivery(kept, delivery))
      kept.release()
    }
  }

  #goOn(): void {
    if (!this.closed) this.session.core.awaken(this)
  }

  #delivery(kept: Kept, into: Delivery): Delivery {
    into.queue = null
    into.key = 0 as MessageKey
    into.block = kept.block
    into.view = kept.view
    into.offset = kept.offset
    into.length = kept.length
    into.redelivered = 0
    into.topic = kept.topic
    into.persistent = kept.persistent
    into.serial = nextSerial()
    return into
  }

  /** The `destination:` line as this connection must see it. */
  destinationLine(of: Queue | Topic): Buffer {
    const known = this.#destinationLines.get(of)
    if (known !== undefined) return known
    const line = this.#line(of.at)
    this.#destinationLines.set(of, line)
    return line
  }

  /** The destination is gone. */
  forgetLine(of: Queue | Topic): void {
    this.#destinationLines.delete(of)
  }

  /** A copy may have come by another queue: a pattern names both, and the message went to both. */
  #remember(ids: Map<string, number | number[]>, id: string, number: number): void {
    const known = ids.get(id)
    if (known === undefined) return void ids.set(id, number)
    const open = (typeof known === 'number' ? [known] : known).filter(one => this.#isOpen(one))
    ids.set(id, open.length === 0 ? number : [...open, number])
  }

  /** The index in the window of the oldest delivery in this state with this message id (1.0, 1.1), or -1. */
  byMessageId(id: string, state: number): number {
    const known = this.#byMessageId?.get(id)
    if (known === undefined) return -1
    if (typeof known === 'number') {
      const index = this.window.find(known)
      return index >= 0 && this.window.state(index) === state ? index : -1
    }
    const number = known.find(one => this.#is(one, state))
    return number === undefined ? -1 : this.window.find(number)
  }

  #is(number: number, state: number): boolean {
    const index = this.window.find(number)
    return index >= 0 && this.window.state(index) === state
  }

  #isOpen(number: number): boolean {
    const index = this.window.find(number)
    return index >= 0 && this.window.state(index) !== DeliveryState.settled
  }

  /**
   * The ids of settled deliveries are forgotten, when they are as many as the others: an id that is still known here
   * finds a settled delivery, or none, and is as unknown as any.
   */
  forgetSettled(): void {
    const ids = this.#byMessageId
    if (ids === null || ids.size < idsKept || ids.size < this.window.unsettled * 2) return
    if (this.window.unsettled === 0) return ids.clear()
    const first = this.window.number(this.window.first)
    for (const [id, known] of ids) {
      const isOpen =
        typeof known === 'number' ? known >= first && this.#isOpen(known) : known.some(one => this.#isOpen(one))
      if (!isOpen) ids.delete(id)
    }
  }

  /** So many acknowledgements are committed: the window opens. */
  opened(count: number): void {
    // While there was room nothing waited for this consumer.
    const full = this.inFlight >= this.options.prefetch + this.extension
    this.inFlight -= count
    this.acknowledgedAt = this.session.core.now
    if (full && !this.closed) this.session.core.awaken(this)
  }
}

/** Expired messages that are buried in one go. */
const buriedMax = 1000

/** Message ids that may be remembered after their deliveries were settled. */
const idsKept = 64

/** The message id in a record: the first line of its header block, decoded. */
export function messageIdOf(delivery: Delivery): string {
  const start = delivery.offset + MESSAGE_HEADER + 'message-id:'.length
  const end = delivery.block.indexOf(10, start)
  return delivery.block.toString('latin1', start, end).replaceAll('\\c', ':')
}

import type { DestinationName } from '../base/destination.ts'
import { MESSAGE_HEADER, Trait, hiddenEnd, hiddenStart } from '../journal/journal.ts'
import {
  DeliveryState,
  DeliveryWindow,
  shownName,
  type Consumer,
  type Delivery,
  type Published,
  type Queue,
  type Selection,
  type Topic,
  type TopicConsumer,
} from '../destination/destination.ts'
import type { MessageKey } from '../base/lsn.ts'
import { Version, encode } from '../stomp/stomp.ts'
import type { Browser } from './browser.ts'
import { sendMessage } from './deliver.ts'
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
  /** Messages kept beyond the window, for a topic; -1 unlimited. */
  readonly pendingLimit: number
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
  active = false
  closed = false
  /** Not null: it only looks. Nothing that it is shown is in flight for its queue (stomp S-BRW-01). */
  browser: Browser | null = null
  /** Deliveries that count against the window: a settled one does until its acknowledgement is committed (B3). */
  inFlight = 0
  /** It gets what is published behind this moment (semantics T-01). */
  since = 0
  /** Acknowledged in open transactions: the window is that much wider (stomp S-TX-09). */
  extension = 0
  /** `MESSAGE LF subscription:… LF`. */
  readonly prefix: Buffer
  /** `destination:… LF` for each destination seen. */
  readonly #destinationLines = new Map<Queue | Topic, Buffer>()
  /** Message id to delivery number, for the acknowledgements of 1.0 and 1.1; null in 1.2. */
  readonly #byMessageId: Map<string, number> | null
  #pending: Waiting[] = []
  #pendingHead = 0

  constructor(session: Session, options: SubscriptionOptions) {
    this.session = session
    this.options = options
    this.auto = options.ack === AckMode.auto
    this.priority = options.priority
    this.exclusive = options.exclusive
    this.picky = options.noLocal || options.selection !== null
    const id = options.id === null ? '' : `subscription:${encode(options.id, session.version)}\n`
    this.prefix = Buffer.from(`MESSAGE\n${id}`, 'utf8')
    this.#byMessageId = this.auto || session.version === Version.v12 ? null : new Map<string, number>()
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
    if (!this.auto) {
      number = ++session.deliveries
      this.window.push(number, delivery.key, this.browser === null ? delivery.queue : null, delivery.persistent)
      this.inFlight++
      this.#byMessageId?.set(messageIdOf(delivery), number)
    }
    sendMessage(this, delivery, number, line)
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

  publish(message: Published): number {
    if (this.closed || message.moment <= this.since) return 0
    if (this.picky && !this.accepts(message.delivery)) return 0
    if (this.options.audits && this.topics.size > 1 && this.#repeats(message.delivery)) return 0
    if (this.pending === 0 && this.ready()) {
      this.deliver(message.delivery)
      return 0
    }
    const { pendingLimit, prefetch } = this.options
    const room = pendingLimit < 0 ? Infinity : pendingLimit + this.#windowSpace
    // A window of 0 never opens: STOMP cannot ask (semantics P-03).
    if (room === 0 || prefetch <= 0) return 0
    const bytes = message.own()
    this.#pending.push({ bytes, topic: message.delivery.topic! })
    let change = bytes.length
    while (this.pending > room) change -= this.#dropOldest()
    return change
  }

  /** Has it the identity of the message before? Copies of one SEND come one after the other. */
  #repeats({ block, offset }: Delivery): boolean {
    const from = offset + MESSAGE_HEADER
    const to = block.indexOf(10, from)
    const repeats = this.#identity.length === to - from && this.#identity.compare(block, from, to) === 0
    if (!repeats) this.#identity = Buffer.from(block.subarray(from, to))
    return repeats
  }
  #identity: Buffer = Buffer.alloc(0)

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
    return this.#pending.length - this.#pendingHead
  }

  /** Sends what waits while the consumer is ready; answers the bytes that no longer wait. */
  drain(delivery: Delivery): number {
    let freed = 0
    while (this.pending > 0 && this.ready()) {
      const { bytes, topic } = this.#pending[this.#pendingHead]!
      freed += this.#dropOldest()
      if (this.#expired(bytes)) continue
      delivery.queue = null
      delivery.key = 0 as MessageKey
      delivery.block = bytes
      delivery.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
      delivery.offset = 0
      delivery.length = bytes.length
      delivery.redelivered = 0
      delivery.topic = topic
      delivery.persistent = false
      this.deliver(delivery)
    }
    return freed
  }

  /** What expired while it waited reaches nobody (semantics E-05). */
  #expired(record: Buffer): boolean {
    const expires = record.readUInt32LE(32) + record.readUInt32LE(36) * 0x1_0000_0000
    return expires !== 0 && expires <= this.session.core.now
  }

  /** Everything that waits is forgotten; answers its bytes. */
  forgetPending(): number {
    let freed = 0
    while (this.pending > 0) freed += this.#dropOldest()
    return freed
  }

  #dropOldest(): number {
    const bytes = this.#pending[this.#pendingHead]!.bytes.length
    this.#pending[this.#pendingHead++] = NOTHING
    if (this.#pendingHead === this.#pending.length) {
      this.#pending = []
      this.#pendingHead = 0
    } else if (this.#pendingHead > 1024 && this.#pendingHead * 2 > this.#pending.length) {
      this.#pending = this.#pending.slice(this.#pendingHead)
      this.#pendingHead = 0
    }
    return bytes
  }

  /** The `destination:` line as this connection must see it. */
  destinationLine(of: Queue | Topic): Buffer {
    const known = this.#destinationLines.get(of)
    if (known !== undefined) return known
    const line = this.#line(of.at)
    this.#destinationLines.set(of, line)
    return line
  }

  /** The index in the window of an unsettled delivery by its message id (1.0, 1.1), or -1. */
  byMessageId(id: string): number {
    const number = this.#byMessageId?.get(id)
    return number === undefined ? -1 : this.window.find(number)
  }

  /**
   * The ids of settled deliveries are forgotten, when they are as many as the others: an id that is still known here
   * finds a settled delivery, or none, and is as unknown as any.
   */
  forgetSettled(): void {
    const ids = this.#byMessageId
    if (ids === null || ids.size < idsKept || ids.size < this.window.unsettled * 2) return
    for (const [id, number] of ids) {
      const index = this.window.find(number)
      if (index < 0 || this.window.state(index) === DeliveryState.settled) ids.delete(id)
    }
  }

  /** So many acknowledgements are committed: the window opens. */
  opened(count: number): void {
    // While there was room nothing waited for this consumer.
    const full = this.inFlight >= this.options.prefetch + this.extension
    this.inFlight -= count
    if (full && !this.closed) this.session.core.awaken(this)
  }
}

/** Message ids that may be remembered after their deliveries were settled. */
const idsKept = 64

interface Waiting {
  readonly bytes: Buffer
  readonly topic: Topic
}

const NOTHING: Waiting = { bytes: Buffer.alloc(0), topic: null as unknown as Topic } // a spent place, never read

/** The message id in a record: the first line of its header block, decoded. */
export function messageIdOf(delivery: Delivery): string {
  const start = delivery.offset + MESSAGE_HEADER + 'message-id:'.length
  const end = delivery.block.indexOf(10, start)
  return delivery.block.toString('latin1', start, end).replaceAll('\\c', ':')
}

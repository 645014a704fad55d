/**
 * The broker performs what sessions decide: it owns the journal, the state and the destinations, and it alone acts on a
 * commit.
 *
 *   session ─► record ─► journal ─► committed(upTo) ─► apply ─► answers (RECEIPT …) ─► dispatch ─► outputs
 *
 * Read: broker (one turn, one commit) · registry (what exists) · space (flow control) · dead-letter · maintenance
 * (expiry, snapshots, cleanup, relocation) · open (a data directory becomes a broker).
 * Promises: the state changes in `#onCommitted` and nowhere else; nothing is answered or delivered before.
 * Refuses: sockets. A session's link is all it knows of a connection.
 */
import { isQueueKind, isTemporaryKind, type DestinationKind, type DestinationName } from '../base/destination.ts'
import { messageOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { DurableLsn, Epoch, Lsn, MessageKey } from '../base/lsn.ts'
import {
  Published,
  Queue,
  Topic,
  deadLetterTarget,
  emptyDelivery,
  type Delivery,
  type DestinationPolicy,
  type DispatchPort,
  type PolicyEntry,
} from '../destination/destination.ts'
import { RECORD_HEADER, RecordFlag, RecordType, RemovalReason, readLsn, type Journal } from '../journal/journal.ts'
import {
  BlockPool,
  FixedLines,
  RecordBuffer,
  Session,
  writeRedelivered,
  writeRemoved,
  type Wait,
  type Action,
  type Core,
  type Identity,
  type Link,
  type SessionOptions,
  type Subscription,
} from '../session/session.ts'
import type { DurableState } from '../store/store.ts'
import { writeDeadLetter } from './dead-letter.ts'
import { Registry } from './registry.ts'
import { Space, type SpaceInUse, type SpaceLimits } from './space.ts'

export { Maintenance, type MaintenanceOptions } from './maintenance.ts'
export { openStore, type OpenedStore, type StoreOptions } from './open.ts'
export type { SpaceLimits } from './space.ts'

export interface BrokerOptions {
  readonly brokerName: string
  readonly serverName: string
  readonly stampUserId: boolean
  readonly pathSeparator: string | null
  readonly schedulerSupport: boolean
  readonly space: SpaceLimits
  readonly policies: readonly PolicyEntry[]
  readonly defaultPolicy: PolicyEntry | null
  /** `ID:<host>-<port>-<millis>-<n>`: the stem of connection ids. */
  readonly idStem: string
  readonly log: Log
  /** Wall clock, ms. */
  readonly now: () => number
  /** Runs soon, after the sockets that are ready have been read. */
  readonly defer: (run: () => void) => void
  readonly authenticate: (
    session: Session,
    login: string | undefined,
    passcode: string | undefined,
  ) => Identity | string
  readonly refusal: (identity: Identity, action: Action, at: DestinationName) => string | null
}

/** Bytes that may be appended and not committed before reading stops: 16 MiB; it goes on at half of that. */
const pendingBytesMax = 16 * 1024 * 1024

export class Broker implements Core, DispatchPort {
  readonly brokerName: string
  readonly serverName: string
  readonly stampUserId: boolean
  readonly pathSeparator: string | null
  readonly schedulerSupport: boolean
  readonly log: Log
  readonly journal: Journal
  readonly state: DurableState
  readonly registry: Registry
  readonly pool: BlockPool = new BlockPool()
  readonly fixedLines: FixedLines = new FixedLines()
  readonly scratch: RecordBuffer = new RecordBuffer(1 << 16)
  readonly published: Published = new Published(emptyDelivery())
  readonly delivery: Delivery = emptyDelivery()
  readonly sessions: Set<Session> = new Set<Session>()
  now: number
  readonly #options: BrokerOptions
  readonly #space: Space
  readonly #clientIds = new Map<string, Session>()
  readonly #throttled = new Set<Session>()
  /** Sessions with something to flush this turn, and those whose answers wait for a commit. */
  #awake: Session[] = []
  readonly #held = new Set<Session>()
  #dirty: Queue[] = []
  #settledPersistent = new Map<Queue, MessageKey[]>()
  #settledVolatile = new Map<Queue, MessageKey[]>()
  /** Actions of the broker's own that wait for a position, in order. */
  readonly #afterCommit: { readonly at: Lsn; readonly run: () => void }[] = []
  #nextDestinationId: number
  #connections = 0
  #turnScheduled = false
  #inTurn = false
  #stopped = false
  /** Where the journal ended at the last flush, and how much of what came since nobody waits for. */
  #flushed: Lsn
  #lazyBytes = 0

  constructor(options: BrokerOptions, journal: Journal, state: DurableState) {
    this.#options = options
    this.brokerName = options.brokerName
    this.serverName = options.serverName
    this.stampUserId = options.stampUserId
    this.pathSeparator = options.pathSeparator
    this.schedulerSupport = options.schedulerSupport
    this.log = options.log
    this.journal = journal
    this.state = state
    this.now = options.now()
    this.#space = new Space(options.space)
    this.registry = new Registry(options.policies, options.defaultPolicy)
    this.#nextDestinationId = state.nextDestinationId
    this.#flushed = journal.end
    for (const stored of state.destinations.values()) {
      // Of an earlier life: the epoch that begins forgets it.
      if (isTemporaryKind(stored.kind)) continue
      this.registry.addQueue({ kind: stored.kind, name: stored.name }, stored.id, null).stored = stored
    }
  }

  get epoch(): Epoch {
    return this.state.epoch
  }

  /** A connection arrived: its session. */
  connect(link: Link, options: SessionOptions): Session {
    const session = new Session(this, link, options, `${this.#options.idStem}:${++this.#connections}`)
    this.sessions.add(session)
    return session
  }

  // What happens in a turn

  /** Something is to be done before the event loop waits again. */
  schedule(): void {
    if (this.#turnScheduled || this.#inTurn) return
    this.#turnScheduled = true
    this.#options.defer(() => {
      this.#turnScheduled = false
      this.#turn()
    })
  }

  /** Bytes from a client; the clock is read once for all frames in them. */
  received(session: Session, chunk: Buffer): void {
    this.now = this.#options.now()
    session.push(chunk)
    // At once: the disk works on this chunk while the next ones, already waiting in the socket, are parsed.
    this.#flushJournal()
    this.schedule()
  }

  #turn(): void {
    if (this.#stopped) return
    this.#inTurn = true
    this.now = this.#options.now()
    this.#dispatch()
    this.#flushJournal()
    this.#flushOutputs()
    this.#inTurn = false
  }

  #flushJournal(): void {
    this.#settle(this.#settledPersistent, RecordFlag.none)
    this.#settle(this.#settledVolatile, RecordFlag.volatile)
    const { end } = this.journal
    if (end === this.#flushed) return
    this.journal.flush(end - this.#flushed === this.#lazyBytes)
    this.#flushed = end
    this.#lazyBytes = 0
  }

  /** Auto-mode deliveries leave their queues, many in a record; nobody waits for that (stomp S-ACK-07). */
  #settle(settled: Map<Queue, MessageKey[]>, flags: number): void {
    if (settled.size === 0) return
    const from = this.journal.end
    for (const [queue, keys] of settled) writeRemoved(this.journal, queue, keys, flags)
    settled.clear()
    this.#lazyBytes += this.journal.end - from
  }

  #flushOutputs(): void {
    const { committed } = this.journal
    // Answers released here may wake further sessions: the list grows while it is walked.
    for (let i = 0; i < this.#awake.length; i++) {
      const session = this.#awake[i]!
      session.held.release(committed, session.output)
      if (!session.held.empty) this.#held.add(session)
      session.awake = false
      session.link.flush(session.output)
    }
    this.#awake = []
    const more = this.#dirty.length > 0 || this.#settledPersistent.size > 0 || this.#settledVolatile.size > 0
    if (more || this.journal.end !== this.#flushed) this.#again()
  }

  /** Answers opened windows: there is more to do, in a turn of its own. */
  #again(): void {
    this.#inTurn = false
    this.schedule()
  }

  /** The journal says that everything below `upTo` is safe. */
  committed(upTo: DurableLsn): void {
    this.now = this.#options.now()
    this.#inTurn = true
    this.journal.scan(this.state.applied, upTo, this.#apply)
    this.#runAfterCommit(upTo)
    // Answers leave before deliveries are made: a producer goes on while its messages are being dispatched.
    for (const session of this.#held) {
      session.held.release(upTo, session.output)
      if (session.held.empty) this.#held.delete(session)
      session.link.flush(session.output)
    }
    if (this.#space.waiting > 0) this.#space.retry()
    if (this.#throttled.size > 0 && this.journal.pendingBytes < pendingBytesMax / 2) this.#release()
    if (!this.#stopped) this.#dispatch()
    this.#flushJournal()
    this.#flushOutputs()
    this.#inTurn = false
  }

  #runAfterCommit(upTo: Lsn): void {
    const actions = this.#afterCommit
    let done = 0
    while (done < actions.length && actions[done]!.at <= upTo) actions[done++]!.run()
    if (done > 0) actions.splice(0, done)
  }

  readonly #apply = (block: Buffer, view: DataView, offset: number, at: Lsn): void => {
    const applied = this.state.apply(block, view, offset, at)
    const type = view.getUint8(offset + 8)
    if (type === RecordType.group) return this.#appliedGroup(view, offset)
    if (type === RecordType.destinationAdded) {
      const id = view.getUint32(offset + 16, true)
      const queue = this.registry.byId(id)
      if (queue !== undefined) queue.stored = this.state.destination(id) ?? null
      return
    }
    if (applied.destination === null) return
    const queue = this.registry.byId(applied.destination.id)
    if (queue === undefined) return
    queue.enqueued += applied.added
    queue.dequeued += applied.removed
    if (applied.added > 0) this.markDirty(queue)
  }

  #appliedGroup(view: DataView, offset: number): void {
    const end = offset + view.getUint32(offset + 4, true)
    for (let at = offset + RECORD_HEADER; at < end; at += view.getUint32(at + 4, true)) {
      const queue = this.registry.byId(view.getUint32(at + 16, true))
      if (queue === undefined) continue
      if (view.getUint8(at + 8) === RecordType.messageAdded) queue.enqueued++
      else queue.dequeued += (view.getUint32(at + 4, true) - 24) / 8
      this.markDirty(queue)
    }
  }

  #dispatch(): void {
    for (let i = 0; i < this.#dirty.length; i++) {
      const queue = this.#dirty[i]!
      queue.dirty = false
      queue.dispatch(this)
    }
    this.#dirty = []
  }

  // DispatchPort

  peek(at: Lsn, bytes: number, into: Delivery): boolean {
    return this.journal.peek(at, bytes, into)
  }

  fetch(queue: Queue, at: Lsn, bytes: number): void {
    queue.fetching = true
    this.journal.fetch(at, bytes).then(
      () => {
        queue.fetching = false
        this.markDirty(queue)
      },
      (error: unknown) => {
        queue.fetching = false
        // Relocation may have moved the message while it was read; what cannot be read twice stays where it is.
        if (queue.unreadable !== at) this.markDirty(queue)
        else this.log.error(`${queue.at.name}: ${messageOf(error)}`)
        queue.unreadable = at
      },
    )
  }

  settle(queue: Queue, key: MessageKey, persistent: boolean): void {
    const settled = persistent ? this.#settledPersistent : this.#settledVolatile
    const keys = settled.get(queue)
    if (keys === undefined) settled.set(queue, [key])
    else keys.push(key)
  }

  expire(queue: Queue, key: MessageKey): void {
    this.deadLetter(queue, key, 'expired', () => {})
  }

  // Core: destinations

  find(kind: DestinationKind, name: string): Queue | Topic | null {
    return this.registry.find(kind, name)
  }

  policyOf(at: DestinationName): DestinationPolicy {
    return this.registry.policyOf(at)
  }

  ownerOf(at: DestinationName): Session | null {
    return this.registry.ownerOf(at)
  }

  create(at: DestinationName, owner: Session | null): Queue | Topic {
    const existing = this.registry.find(at.kind, at.name)
    if (existing !== null) return existing
    const to = isQueueKind(at.kind) ? this.#createQueue(at, owner) : this.registry.addTopic(at, owner)
    for (const subscription of this.registry.waitingFor(at)) this.#attachTo(subscription, to)
    return to
  }

  /** A queue is a journaled fact: it is there again after a restart, also when empty (semantics LD-03). */
  #createQueue(at: DestinationName, owner: Session | null): Queue {
    const id = this.#nextDestinationId++
    const name = Buffer.from(at.name, 'utf8')
    const length = RECORD_HEADER + 5 + name.length
    this.journal.reserve(length)
    this.journal.view.setUint32(this.journal.at + 16, id, true)
    this.journal.view.setUint8(this.journal.at + 20, at.kind)
    this.journal.block.set(name, this.journal.at + 21)
    this.journal.seal(
      RecordType.destinationAdded,
      isTemporaryKind(at.kind) ? RecordFlag.volatile : RecordFlag.none,
      length,
    )
    this.schedule()
    return this.registry.addQueue(at, id, owner)
  }

  attach(subscription: Subscription): void {
    for (const to of this.registry.matching(subscription)) this.#attachTo(subscription, to)
  }

  /** A pattern reaches only what its owner may read (semantics SA-07). */
  #attachTo(subscription: Subscription, to: Queue | Topic): void {
    if (this.refusal(subscription.session.identity, 'read', to.at) !== null) return
    if (to instanceof Queue) {
      if (subscription.queues.has(to)) return
      subscription.queues.add(to)
      to.consumers.add(subscription)
      if (subscription.active) this.markDirty(to)
    } else {
      subscription.topics.add(to)
      to.consumers.add(subscription)
    }
  }

  detach(subscription: Subscription): void {
    this.registry.forgetPattern(subscription)
    for (const queue of subscription.queues) {
      queue.consumers.remove(subscription)
      queue.groups.release(subscription)
      this.markDirty(queue)
    }
    for (const topic of subscription.topics) topic.consumers.delete(subscription)
  }

  markDirty(queue: Queue): void {
    if (!queue.dirty) {
      queue.dirty = true
      this.#dirty.push(queue)
    }
    this.schedule()
  }

  awaken(subscription: Subscription): void {
    for (const queue of subscription.queues) this.markDirty(queue)
    if (subscription.pending > 0) this.pendingBytes(-subscription.drain(this.published.delivery))
  }

  /** The connection's socket took everything: its subscriptions may go on. */
  drained(session: Session): void {
    session.congested = false
    for (const subscription of session.allSubscriptions) this.awaken(subscription)
  }

  publish(topic: Topic, delivery: Delivery): void {
    const expires = readLsn(delivery.view, delivery.offset + 32)
    if (expires !== 0 && expires <= this.now) return this.#buryExpired(topic, delivery, expires)
    const kept = topic.publish(this.published)
    if (kept !== 0) this.pendingBytes(kept)
  }

  pendingBytes(change: number): void {
    this.#space.pendingBytes += change
    if (change < 0 && this.#space.waiting > 0) this.#space.retry()
  }

  // Core: messages leave or come back

  remove(queue: Queue, keys: readonly MessageKey[], persistent: boolean): void {
    writeRemoved(this.journal, queue, keys, persistent ? RecordFlag.none : RecordFlag.volatile)
    this.schedule()
  }

  giveBack(queue: Queue, keys: readonly MessageKey[], persistent: boolean): void {
    if (this.#stopped || this.registry.byId(queue.id) !== queue) return
    writeRedelivered(this.journal, queue, keys, persistent ? RecordFlag.none : RecordFlag.volatile)
    queue.returning++
    this.#when(() => {
      queue.returning--
      queue.giveBack(keys)
      this.markDirty(queue)
    })
  }

  /** Runs when everything appended up to now is committed. */
  #when(run: () => void): void {
    this.#afterCommit.push({ at: this.journal.end, run })
    this.schedule()
  }

  deadLetter(queue: Queue, key: MessageKey, cause: string | null, done: () => void): void {
    const messages = queue.stored?.messages
    if (messages === undefined || !messages.find(key)) return done()
    const at = messages.foundChunk!.position(messages.foundSlot)
    const bytes = messages.foundChunk!.sizes[messages.foundSlot]!
    const delivery = emptyDelivery()
    if (this.journal.peek(at, bytes, delivery)) {
      this.#bury(queue, key, delivery, cause)
      return done()
    }
    this.journal.fetch(at, bytes).then(
      () => this.deadLetter(queue, key, cause, done),
      (error: unknown) => {
        // Relocation may have moved it while it was read.
        if (messages.find(key) && messages.foundChunk!.position(messages.foundSlot) !== at) {
          return this.deadLetter(queue, key, cause, done)
        }
        this.log.error(`${queue.at.name}: ${messageOf(error)}`)
        done()
      },
    )
  }

  #bury(queue: Queue, key: MessageKey, delivery: Delivery, cause: string | null): void {
    const persistent = (delivery.view.getUint8(delivery.offset + 21) & 1) === 1
    const expired = cause === 'expired'
    const policy = queue.policy.deadLetter
    const target = deadLetterTarget(policy, queue.at, persistent, expired)
    const reason = expired ? RemovalReason.expired : RemovalReason.deadLettered
    const flags = persistent && !isTemporaryKind(queue.at.kind) ? RecordFlag.none : RecordFlag.volatile
    if (target === null) {
      writeRemoved(this.journal, queue, [key], flags, reason)
      return this.schedule()
    }
    const expires = readLsn(delivery.view, delivery.offset + 32)
    const text = expired ? `java.lang.Throwable: Message Expired. Expiration:${expires}` : null
    const to = this.create(target, null)
    const records = new RecordBuffer(delivery.length + 512, () => this.epoch)
    const facts = { policy, source: queue.at, target, cause: text, now: this.now }
    const length = writeDeadLetter(records, delivery, to instanceof Queue ? to.id : 0, facts)
    if (to instanceof Topic) {
      writeRemoved(this.journal, queue, [key], flags, reason)
      return this.#when(() => this.#publishRecord(to, records, length))
    }
    writeRemoved(records, queue, [key], flags, reason)
    const total = RECORD_HEADER + records.bytes
    this.journal.reserve(total)
    this.journal.block.set(records.block.subarray(0, records.bytes), this.journal.at + RECORD_HEADER)
    this.journal.seal(RecordType.group, RecordFlag.none, total)
    this.schedule()
  }

  /** A topic's message that was expired when it arrived (semantics E-05). */
  #buryExpired(topic: Topic, delivery: Delivery, expires: number): void {
    const persistent = (delivery.view.getUint8(delivery.offset + 21) & 1) === 1
    const policy = topic.policy.deadLetter
    const target = deadLetterTarget(policy, topic.at, persistent, true)
    if (target === null) return
    const to = this.create(target, null)
    const records = new RecordBuffer(delivery.length + 512, () => this.epoch)
    const cause = `java.lang.Throwable: Message Expired. Expiration:${expires}`
    const facts = { policy, source: topic.at, target, cause, now: this.now }
    const length = writeDeadLetter(records, delivery, to instanceof Queue ? to.id : 0, facts)
    if (to instanceof Topic) return this.#when(() => this.#publishRecord(to, records, length))
    this.journal.reserve(length)
    this.journal.block.set(records.block.subarray(RECORD_HEADER, length), this.journal.at + RECORD_HEADER)
    this.journal.seal(RecordType.messageAdded, RecordFlag.none, length)
    this.schedule()
  }

  #publishRecord(topic: Topic, records: RecordBuffer, length: number): void {
    const { delivery } = this.published
    Object.assign(delivery, {
      queue: null,
      topic,
      block: records.block,
      view: records.view,
      offset: 0,
      length,
      redelivered: 0,
    })
    this.publish(topic, delivery)
  }

  // Core: sessions

  authenticate(session: Session, login: string | undefined, passcode: string | undefined): Identity | string {
    return this.#options.authenticate(session, login, passcode)
  }

  refusal(identity: Identity, action: Action, at: DestinationName): string | null {
    return this.#options.refusal(identity, action, at)
  }

  claimClientId(session: Session): string | null {
    const holder = this.#clientIds.get(session.clientId)
    if (holder !== undefined) {
      if (!session.options.allowLinkStealing) {
        return `Broker: ${this.brokerName} - Client: ${session.clientId} already connected from ${holder.link.remote}`
      }
      holder.end()
      holder.link.end()
    }
    this.#clientIds.set(session.clientId, session)
    return null
  }

  fullFor(to: Queue | Topic, persistent: boolean, sender: string): false | Wait | string {
    return this.#space.fullFor(to, persistent, sender, this.#inUse)
  }
  readonly #inUse: SpaceInUse = new BrokerSpace(this)

  expiredOnArrival(queue: Queue, key: MessageKey): void {
    this.#when(() => queue.expireArrived(this, key))
  }

  waitForSpace(session: Session): void {
    this.#space.wait(session)
  }

  /** Does a sender wait for space? */
  get spaceWanted(): boolean {
    return this.#space.waiting > 0
  }

  /** Space may have come back by other ways than a commit: a segment was deleted. */
  spaceFreed(): void {
    if (this.#space.waiting > 0) this.#space.retry()
  }

  overloaded(): boolean {
    return this.journal.pendingBytes > pendingBytesMax
  }

  throttle(session: Session): void {
    if (this.#throttled.has(session)) return
    this.#throttled.add(session)
    session.stall()
  }

  #release(): void {
    const throttled = [...this.#throttled]
    this.#throttled.clear()
    for (const session of throttled) session.unstall()
  }

  wake(session: Session): void {
    if (!session.awake) {
      session.awake = true
      this.#awake.push(session)
    }
    this.schedule()
  }

  ended(session: Session): void {
    this.sessions.delete(session)
    this.#throttled.delete(session)
    if (session.parked.count === 0) this.#space.forget(session)
    if (this.#clientIds.get(session.clientId) === session) this.#clientIds.delete(session.clientId)
    for (const at of session.aliases.all()) this.#removeTemporary(at)
    this.schedule()
  }

  #removeTemporary(at: DestinationName): void {
    const removed = this.registry.removeTemporary(at.name)
    if (removed !== null) removed.gone = true
    if (!(removed instanceof Queue) || this.#stopped) return
    this.journal.reserve(RECORD_HEADER + 4)
    this.journal.view.setUint32(this.journal.at + 16, removed.id, true)
    this.journal.seal(RecordType.destinationRemoved, RecordFlag.volatile, RECORD_HEADER + 4)
  }

  /** The periodic look for expired messages (semantics E-03). */
  sweepExpired(): void {
    this.now = this.#options.now()
    for (const queue of this.registry.queues()) {
      const period = queue.policy.expireMessagesPeriod
      if (period <= 0 || this.now - queue.sweptAt < period) continue
      queue.sweptAt = this.now
      queue.sweep(this, 400)
    }
  }

  /** The journal failed or the broker stops: what was handed over is journaled, and nothing is dispatched again. */
  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    try {
      this.#flushJournal()
    } catch (error) {
      this.log.debug(messageOf(error)) // a failed journal takes nothing more, and has said so
    }
  }
}

/** Read at every SEND: no object per message. */
class BrokerSpace implements SpaceInUse {
  readonly #broker: Broker

  constructor(broker: Broker) {
    this.#broker = broker
  }

  get storeBytes(): number {
    return this.#broker.journal.totalBytes
  }

  get liveBytes(): number {
    return this.#broker.state.liveness.bytes
  }

  get liveMessages(): number {
    return this.#broker.state.liveness.live
  }
}

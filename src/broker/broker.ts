/**
 * The broker performs what sessions decide: it owns journal, state and destinations, and it alone acts on a commit.
 *
 *   session ─► record ─► journal ─► committed(upTo) ─► apply ─► answers (RECEIPT …) ─► dispatch ─► outputs
 *
 * Read: broker (one turn, one commit) · live-apply (the fold, live) · outputs · destinations and registry · routes · durables · publishing · deposit
 * (a message of the broker's own; `ownMessage` makes a record) · dispatching and gathering · browsing · dead-letters with death-audit · expiring ·
 * lifetimes and destination-limits · operations with backlog and pace · advisories and message-notices · statistics with statistics-replies and
 * totals · logins with twin-login · space (flow control) · maintenance · open · scheduler · plugins.
 * Promises: the state changes in `committed` and nowhere else; nothing is answered or delivered before.
 * Refuses: sockets. A session's link is all it knows of a connection.
 */
import type { DestinationKind, DestinationName } from '../base/destination.ts'
import { messageOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { DurableLsn, Epoch, MessageKey } from '../base/lsn.ts'
import { type Delivery, type DestinationPolicy, type Queue, type Topic } from '../destination/destination.ts'
import { RecordFlag, type Journal } from '../journal/journal.ts'
import {
  BlockPool,
  FixedLines,
  RecordBuffer,
  Uncommitted,
  Session,
  type Together,
  writeRemoved,
  type Action,
  type Core,
  type Identity,
  type Link,
  type ReplicationPort,
  type SessionOptions,
  type Subscription,
} from '../session/session.ts'
import type { DurableState } from '../store/store.ts'
import { Advisories } from './advisories.ts'
import { AfterCommit } from './after-commit.ts'
import { Backlogs } from './backlogs.ts'
import { Browsing } from './browsing.ts'
import { Connections } from './connections.ts'
import { DeadLetters } from './dead-letters.ts'
import { Durables } from './durables.ts'
import { deposit } from './deposit.ts'
import { Destinations } from './destinations.ts'
import { Dispatching } from './dispatching.ts'
import { Gathering } from './gathering.ts'
import { Identification } from './identification.ts'
import { JournalFlush, pendingBytesMax } from './journal-flush.ts'
import { Lifetimes } from './lifetimes.ts'
import { Logins } from './logins.ts'
import { LiveApply } from './live-apply.ts'
import { BrokerOperations } from './operations.ts'
import type { BrokerOptions } from './options.ts'
import { Outputs } from './outputs.ts'
import { Plugins } from './plugins.ts'
import { Publishing } from './publishing.ts'
import { Registry } from './registry.ts'
import { giveBackTo } from './returns.ts'
import { refusalFor, refusalForAll } from './rights.ts'
import { Routes } from './routes.ts'
import { Scheduler } from './scheduler.ts'
import { BrokerSpace } from './space-in-use.ts'
import { SlowConsumers } from './slow-consumers.ts'
import { Space } from './space.ts'
import { StatisticsReplies } from './statistics-replies.ts'
import { sweep } from './sweep.ts'

export { PAIR_LOGIN, ownMessage, type Identity, type OwnMessage, type ReplicationPort } from '../session/session.ts'
export type { BrokerEvents, TempPlace, TempPort } from '../session/session.ts'
export type { DurableSubscription } from './durables.ts'
export { consumerCount } from './consumer-count.ts'
export { countsOf, type DestinationCounts, type Totals } from './totals.ts'
export { writeForgotten } from './destinations.ts'
export { Maintenance, type MaintenanceOptions, type MaintenanceOwner } from './maintenance.ts'
export type { DestinationStatistics, MessageFilter, Operations } from './operations.ts'
export { openStore, recoverStore, type OpenedStore, type RecoverOptions, type StoreOptions } from './open.ts'
export type { BrokerOptions, PluginOptions, SpaceLimits } from './options.ts'

export class Broker implements Core {
  readonly brokerName: string
  readonly serverName: string
  readonly stampUserId: boolean
  readonly pathSeparator: string | null
  readonly logins: Logins
  readonly scheduler: Scheduler | null
  readonly plugins: Plugins | null
  readonly log: Log
  readonly journal: Journal
  readonly state: DurableState
  readonly registry: Registry
  readonly pool: BlockPool = new BlockPool()
  readonly fixedLines: FixedLines = new FixedLines()
  readonly scratch: RecordBuffer = new RecordBuffer(1 << 16)
  readonly uncommitted: Uncommitted = new Uncommitted()
  readonly identification: Identification
  readonly notices: Advisories | null
  readonly statistics: StatisticsReplies | null
  acting: Session | null = null // whose bytes are being read: what is made now, it made
  readonly publishing: Publishing = new Publishing(this)
  readonly routes: Routes
  readonly durables: Durables
  readonly dispatching: Dispatching = new Dispatching(this)
  readonly browsing: Browsing = new Browsing(this)
  readonly operations: BrokerOperations = new BrokerOperations(this)
  readonly gathering: Gathering = new Gathering(this)
  readonly lifetimes: Lifetimes = new Lifetimes(this)
  now: number
  replication: ReplicationPort | null = null
  hold: string | null = null
  readonly #options: BrokerOptions
  readonly space: Space
  readonly backlogs: Backlogs
  readonly slowConsumers: SlowConsumers
  readonly connections: Connections
  readonly sessions: ReadonlySet<Session>
  readonly destinations: Destinations
  readonly deadLetters: DeadLetters = new DeadLetters(this)
  readonly #outputs: Outputs = new Outputs()
  readonly #live: LiveApply
  readonly #afterCommit: AfterCommit = new AfterCommit()
  #connected = 0
  #turnScheduled = false
  #inTurn = false
  stopped = false // nothing is journaled any more
  readonly #flush: JournalFlush

  constructor(options: BrokerOptions, journal: Journal, state: DurableState) {
    this.#options = options
    this.brokerName = options.brokerName
    this.serverName = options.serverName
    this.stampUserId = options.stampUserId
    this.pathSeparator = options.pathSeparator
    this.logins = new Logins(this, options)
    this.log = options.log
    this.journal = journal
    this.state = state
    this.now = options.now()
    this.backlogs = new Backlogs(this, options.temp, options.space.memoryLimit)
    this.space = new Space(options.space, new BrokerSpace(this, options.space), options.log, () => this.quiesced)
    this.slowConsumers = new SlowConsumers(this, options)
    this.registry = new Registry(options.policies, options.defaultPolicy, this.backlogs)
    this.routes = new Routes(this, options.virtual)
    this.durables = new Durables(this, options.durables)
    this.destinations = new Destinations(this, this.registry, state.nextDestinationId)
    this.connections = new Connections(options.brokerName)
    this.sessions = this.connections.sessions
    this.identification = new Identification(options)
    this.notices = options.advisories === null ? null : new Advisories(this, options.advisories)
    this.statistics = options.statistics ? new StatisticsReplies(this, options) : null
    this.plugins = options.plugins === null ? null : new Plugins(options.plugins)
    this.scheduler = options.scheduler === null ? null : new Scheduler(this, options.scheduler)
    this.#live = new LiveApply(state, this.registry, this.notices, this.dispatching, this.scheduler)
    this.#flush = new JournalFlush(journal, this.dispatching, () => this.hold !== null)
    this.registry.restore(state.destinations.values())
    this.durables.restore(state.destinations.values())
  }

  get epoch(): Epoch {
    return this.state.epoch
  }

  get quiesced(): boolean {
    return this.connections.quiesced
  }

  /** Nothing ordinary is read or dispatched until `resume`: a hand-over waits for the journal to come to rest. */
  quiesce(): void {
    this.connections.quiesce()
  }

  resume(): void {
    this.connections.resume()
    this.operations.resumed()
    this.spaceFreed()
    this.schedule()
  }

  /** A connection arrived: its session. */
  connect(link: Link, options: SessionOptions): Session {
    const session = new Session(this, link, options, `${this.#options.idStem}:${++this.#connected}`)
    this.connections.sessions.add(session)
    return session
  }

  /** Something is to be done before the event loop waits again. */
  schedule(): void {
    if (this.#turnScheduled || this.#inTurn) return
    this.#turnScheduled = true
    this.#options.defer(this.#turn)
  }

  /** Bytes from a client; the clock is read once for all frames in them. */
  received(session: Session, chunk: Buffer): void {
    this.now = this.#options.now()
    this.acting = session
    session.push(chunk)
    this.acting = null
    // At once: the disk works on this chunk while the next ones, already waiting in the socket, are parsed.
    this.#flush.run()
    const isWaiting = !this.stopped && this.publishing.fresh && this.#outputs.waits(session, this.journal.committed)
    if (!isWaiting) return this.schedule()
    this.dispatching.note() // a commit is the next turn
  }

  readonly #turn = (): void => {
    this.#turnScheduled = false
    if (this.stopped) return
    this.#inTurn = true
    this.now = this.#options.now()
    this.publishing.rested(this.#earlier)
    this.#dispatch()
    this.#flush.run()
    this.#flushOutputs()
  }

  readonly #earlier = (): void => this.#afterCommit.run(this.journal.committed, this.publishing)

  #flushOutputs(): void {
    const due = this.notices?.flush()
    this.#outputs.flush(this.journal.committed)
    this.#inTurn = false
    // Answers opened windows: there is more to do, in a turn of its own.
    const isIdle = this.quiesced || (this.dispatching.done && this.browsing.done)
    if (isIdle && due !== true && this.#afterCommit.caughtUp && this.publishing.done && this.#flush.done) return
    this.schedule()
  }

  /** The journal says that everything below `upTo` is safe. */
  committed(upTo: DurableLsn): void {
    this.now = this.#options.now()
    this.#inTurn = true
    this.journal.scan(this.state.applied, upTo, this.#live.visit)
    this.#afterCommit.run(upTo, this.publishing)
    // Answers leave before deliveries are made: a producer goes on while its messages are being dispatched.
    this.#outputs.release(upTo)
    this.spaceFreed()
    if (this.journal.pendingBytes < pendingBytesMax / 2) this.connections.release()
    if (!this.stopped) this.#dispatch()
    this.#flush.run()
    this.#flushOutputs()
  }

  #dispatch(): void {
    if (this.quiesced) return
    this.dispatching.run()
    this.browsing.run()
  }

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
    return this.destinations.create(at, owner)
  }

  attach(subscription: Subscription): void {
    this.destinations.attach(subscription)
  }

  detach(subscription: Subscription): void {
    this.destinations.detach(subscription)
    this.browsing.detach(subscription)
  }

  markDirty(queue: Queue): void {
    this.dispatching.markDirty(queue)
    this.schedule()
  }

  awaken(subscription: Subscription): void {
    for (const queue of subscription.queues) {
      if (queue.gathering) this.gathering.look(queue)
      this.markDirty(queue)
    }
    if (subscription.pending > 0) this.publishing.drain(subscription)
    if (subscription.browser !== null) this.browsing.wake(subscription)
  }

  drained(session: Session): void {
    session.congested = false
    for (const subscription of session.allSubscriptions) this.awaken(subscription)
  }

  remove(queue: Queue, keys: readonly MessageKey[], persistent: boolean): void {
    writeRemoved(this.journal, queue, keys, persistent ? RecordFlag.none : RecordFlag.volatile)
    this.schedule()
  }

  giveBack(queue: Queue, keys: readonly MessageKey[], persistent: boolean): void {
    if (!this.stopped && this.registry.byId(queue.id) === queue) giveBackTo(this, queue, keys, persistent)
  }

  /** Runs after so many ms. */
  later(ms: number, run: () => void): void {
    this.#options.later(ms, () => {
      if (this.stopped) return
      this.now = this.#options.now()
      run()
    })
  }

  /** Runs when everything appended up to now is committed. */
  afterCommit(run: () => void): void {
    this.#afterCommit.add(this.journal.end, run)
    this.schedule()
  }

  deadLetter(queue: Queue, key: MessageKey, done: () => void): void {
    this.deadLetters.bury(queue, key, 'refused', done)
  }

  deposit(names: readonly DestinationName[], message: Delivery, together: Together | null = null): void {
    deposit(this, names, message, together)
  }

  refusal(identity: Identity, action: Action, at: DestinationName): string | null {
    return refusalFor(this.#options, identity, action, at)
  }

  refusalOfAll(identity: Identity, action: Action, names: readonly DestinationName[]): string | null {
    return refusalForAll(this.#options, identity, action, names)
  }

  connected(session: Session): void {
    this.notices?.connected(session)
    if (this.replication?.refusal(session.identity) !== null) this.connections.silence(session)
  }

  claimClientId(session: Session): string | null {
    return this.connections.claimClientId(session)
  }

  expiredOnArrival(queue: Queue, key: MessageKey): void {
    this.afterCommit(() => this.dispatching.expiring.arrived(queue, key))
  }

  get spaceWanted(): boolean {
    return this.space.waiting > 0
  }

  /** Space may have come back by other ways than a commit: a segment was deleted. */
  spaceFreed(): void {
    this.space.freed()
  }

  overloaded(): boolean {
    return this.journal.pendingBytes > pendingBytesMax || (this.backlogs.temp?.writing ?? 0) > pendingBytesMax
  }

  /** A disk has taken what was waiting for it. */
  relieved(): void {
    if (!this.overloaded()) this.connections.release()
    this.spaceFreed()
  }

  throttle(session: Session): void {
    this.connections.throttle(session)
  }

  wake(session: Session): void {
    this.#outputs.wake(session)
    if (session !== this.acting) this.schedule() // else `received` sees to it
  }

  ended(session: Session): void {
    this.connections.forget(session)
    if (session.connected) this.plugins?.events?.connection(session, false)
    this.space.left(session)
    for (const at of session.aliases.all()) this.destinations.removeTemporary(at, !this.stopped)
    if (session.connected && session.replication === null) this.notices?.disconnected(session)
    this.schedule()
  }

  /** What comes round: the expired, who stayed away for too long, destinations nobody uses (at most so many), the slow. */
  sweep(what: 'expired' | 'durables' | 'inactive' | 'slow' | 'waiting', most = 0): void {
    this.now = this.#options.now()
    sweep(this, what, most)
  }

  /** The journal failed or the broker stops: what was handed over is journaled, and nothing is dispatched again. */
  stop(): void {
    if (this.stopped) return
    this.stopped = true
    for (const part of [this.scheduler, this.operations]) part?.stop()
    try {
      this.#flush.run()
    } catch (error) {
      this.log.debug(messageOf(error)) // a failed journal takes nothing more, and has said so
    }
  }
}

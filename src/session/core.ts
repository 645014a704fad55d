import type { DestinationKind, DestinationName } from '../base/destination.ts'
import type { Log } from '../base/log.ts'
import type { Epoch, MessageKey } from '../base/lsn.ts'
import type { Delivery, DestinationPolicy, Kept, Queue, Route, Topic } from '../destination/destination.ts'
import type { Journal } from '../journal/journal.ts'
import type { BacklogPort } from './backlog.ts'
import type { FixedLines } from './fixed-lines.ts'
import type { BlockPool } from './output.ts'
import type { SessionPlugins } from './plugins.ts'
import type { ReplicationPort } from './replication-port.ts'
import type { RecordBuffer } from './record-target.ts'
import type { SchedulerPort } from './scheduled.ts'
import type { Session } from './session.ts'
import type { Subscription } from './subscription.ts'
import type { Uncommitted } from './uncommitted.ts'

/** Who a connection is, after CONNECT. */
export interface Identity {
  readonly user: string | null
  readonly groups: readonly string[]
  readonly anonymous: boolean
  /** Does an authentication plugin vouch for it? */
  readonly authenticated: boolean
  /** The pair's own login: it may replicate, and nothing else. */
  readonly twin?: true
}

/** Who waits for space: the SEND alone, if it has a receipt, or everything behind it too (semantics F-01, F-09). */
export const Wait = { send: 1, connection: 2 } as const
export type Wait = (typeof Wait)[keyof typeof Wait]

/** Why a SEND cannot be taken now. */
export class Shortage {
  /** Who waits; null: the SEND is refused with `text`. */
  readonly wait: Wait | null
  readonly text: string
  /** ms after which it is refused with `text` after all; Infinity never. */
  readonly after: number
  /** Does `after` count for a SEND that wants a receipt too (semantics F-05)? */
  readonly receipted: boolean
  /** It is memory that is short, not a disk. */
  readonly ofMemory: boolean

  constructor(
    wait: Wait | null,
    text: string,
    after: number,
    receipted: boolean,
    ofMemory: boolean = wait === Wait.send,
  ) {
    this.wait = wait
    this.text = text
    this.after = after
    this.receipted = receipted
    this.ofMemory = ofMemory
  }

  static refused(text: string, ofMemory: boolean): Shortage {
    return new Shortage(null, text, Infinity, true, ofMemory)
  }
}

/** Room for messages. */
export interface SpacePort {
  /** Must `sender` wait for space at this destination? False: there is space (stomp S-RCP-03). */
  fullFor(target: Queue | Topic, persistent: boolean, sender: string): false | Shortage
  /** Calls `session.resume()` when there may be space. */
  wait(session: Session): void
  /** There may be space again. */
  freed(): void
}

/** What waits for topic subscriptions. */
export interface BacklogsPort {
  portFor(subscription: Subscription): BacklogPort
  /** To where the dead go: it expired (null), or this consumer was too slow for it (semantics E-05, T-12). */
  bury(kept: Kept, consumer: string | null): void
}

export interface SlowConsumersPort {
  /** More waits for it than its window holds (semantics T-13). */
  flag(subscription: Subscription): void
}

export type Action = 'read' | 'write' | 'admin'

/** Why a frame was refused: the `message` of the ERROR. */
export class Refusal {
  readonly message: string
  /** Somebody may not: the body is the message, nothing else (stomp S-ERR-01). */
  readonly security: boolean

  constructor(message: string, security: boolean) {
    this.message = message
    this.security = security
  }
}

/** Where messages go. */
export interface RoutePort {
  /** Grows whenever a route that was answered before may be another now. */
  readonly epoch: number
  /**
   * The route for a SEND to these names by this identity; null: with the broker's own rights. Makes destinations that do
   * not exist yet.
   */
  find(identity: Identity | null, names: readonly DestinationName[]): Route | Refusal
  /** Does a queue of this name collect from virtual topics? */
  feeds(queue: string): boolean
}

/** Durable subscriptions (stomp section 14). */
export interface DurablePort {
  /** The queue of the subscription with this client id and name, made or found; a refusal when somebody uses it. */
  open(facts: DurableFacts): Queue | Refusal
  /** Makes the subscription for this identity, unless it is there; a refusal when another one has its client id and name. */
  ensure(facts: DurableFacts, identity: Identity): Refusal | null
  /** Where the messages wait that it collects from this topic. */
  backlogOf(clientId: string, name: string, topic: string): Queue | Refusal
  /** What it subscribes to; null: there is no such subscription. */
  topicsOf(clientId: string, name: string): string | null
  /** Deletes it with its messages; the text of the error when it cannot be (semantics U-06). */
  remove(clientId: string, name: string): string | null
}

/** What is taken to another broker (session/restored.ts). Each rejects BROKER_STOPPED when the broker ends or hands over before. */
export interface ReleasePort {
  /**
   * Goes on with what is done in slices: when everything appended up to now is committed, the clients have had a turn, and no
   * hand-over is under way, whose twin is told where the journal ends. Not at all when the broker ends before.
   */
  soon(run: () => void): void
  /** Tells these what there is for this identity to take, as JSON. */
  tellInventory(identity: Identity, replyTo: readonly DestinationName[]): void
  /**
   * Moves what the subscription has collected into a queue, each message in one atomic record, but for those of topics that this
   * identity may not read; the refusal when somebody uses it.
   */
  releaseSubscription(clientId: string, name: string, identity: Identity): Promise<Refusal | null>
  /** As that, what is scheduled. */
  releaseScheduled(): Promise<void>
}

/** What makes a durable subscription the one it is (semantics U-05). */
export interface DurableFacts {
  readonly clientId: string
  readonly name: string
  /** Topic names or patterns, with commas between them. */
  readonly topics: string
  readonly selector: string | null
  /** The selector compares values as they are (stomp S-SUB-14). */
  readonly exact: boolean
  readonly noLocal: boolean
}

/** How destinations begin and end. */
export interface LifetimePort {
  /** The refusal to make one more destination, or null (maxDestinations, semantics LD-05). */
  refusal(at: DestinationName): string | null
  /** A transaction commits: queues that it has sent to and that were removed meanwhile exist again. */
  redirect(records: RecordBuffer): void
  /** Queues that were removed since the start. */
  readonly removed: number
}

/** Queue browsers. */
export interface BrowsePort {
  /** The subscription looks at what is in its queues now, as soon as it is active. */
  attach(subscription: Subscription): void
  /** It may be shown more. */
  wake(subscription: Subscription): void
}

/** Hands messages to the subscribers that a topic has at this moment. */
export interface PublishPort {
  /** A count that grows: what is published from now on is behind it. */
  nextMoment(): number
  /** Enough was published for now: who publishes more is to rest. */
  readonly tired: boolean
  /** Stalls the session until the next turn. */
  rest(session: Session): void
  /** The record of `length` bytes at the start of `block`, whose bytes are borrowed. */
  now(topic: Topic, block: Buffer, view: DataView, length: number, isCopy: boolean): void
  record(topic: Topic, record: Buffer): void
  /**
   * When everything appended up to now is committed; what is published later to this topic waits behind it. `collected`: a
   * durable subscription has it, which sees to it when it expires. What nobody has and is expired goes where the expired go
   * at once: its sender's receipt waits for that.
   */
  later(topic: Topic, record: Buffer, collected: boolean): void
}

/** Told of what happens in sessions, for advisories (semantics section 14). */
export interface NoticePort {
  /** Somebody listens. Ask before telling anything that costs. */
  readonly watched: boolean
  /** A SEND of this session found its destination out of memory. */
  full(session: Session, to: Queue | Topic): void
  /** The subscription does not keep up. */
  slow(subscription: Subscription, to: Queue | Topic): void
  /** A message of a topic was dropped, the `count`th of this subscription. */
  discarded(subscription: Subscription, message: Kept, count: number): void
  dispatched(subscription: Subscription, message: Delivery): void
}

/** A request to the statistics plugin (semantics PL-01 … PL-03). */
export interface StatisticsRequest {
  readonly session: Session
  /** Where it was sent; the name says what is asked. */
  readonly to: DestinationName
  readonly replyTo: readonly DestinationName[]
  readonly correlationId: string | null
  /** Headers of the request that begin with `ActiveMQ.Statistics.`, as they are. */
  readonly flags: ReadonlySet<string>
}

/** The statistics plugin (semantics PL-01). */
export interface StatisticsPort {
  /** False: it is no request. */
  answer(request: StatisticsRequest): boolean
}

/** Who comes in. */
export interface LoginPort {
  /** ms that this login must wait before it is judged, since somebody guesses passwords from its address; 0: none. */
  waitOf(session: Session, login: string | undefined, passcode: string | undefined): number
  /** The identity, or the text of the refusal. */
  judge(session: Session, login: string | undefined, passcode: string | undefined): Identity | string
}

/** What a session asks of the broker it lives in. `broker/` implements it; a test can too. */
export interface Core {
  readonly brokerName: string
  /** `ActiveMQ/…`, the CONNECTED header that some clients pick a dialect by (stomp S-CON-06). */
  readonly serverName: string
  readonly stampUserId: boolean
  /** Replaces the separator of destination names (destinationPathSeparatorPlugin), or null. */
  readonly pathSeparator: string | null
  /** schedulerSupport: a SEND may ask to be delivered later. Null: it may not. */
  readonly scheduler: SchedulerPort | null
  /** What is configured to act on messages. Null: nothing. */
  readonly plugins: SessionPlugins | null
  readonly journal: Journal
  readonly log: Log
  readonly pool: BlockPool
  readonly fixedLines: FixedLines
  /** For messages that are not journaled. */
  readonly scratch: RecordBuffer
  readonly uncommitted: Uncommitted
  readonly routes: RoutePort
  readonly durables: DurablePort
  readonly operations: ReleasePort
  readonly publishing: PublishPort
  /** Null: advisories are off. */
  readonly notices: NoticePort | null
  /** Null: the plugin is not configured. */
  readonly statistics: StatisticsPort | null
  readonly space: SpacePort
  readonly backlogs: BacklogsPort
  readonly slowConsumers: SlowConsumersPort
  readonly browsing: BrowsePort
  readonly lifetimes: LifetimePort
  readonly logins: LoginPort
  /** Wall clock of this turn, ms. */
  readonly now: number
  readonly epoch: Epoch
  /** Set by whoever serves the pair, as `hold`. Null: no pair is served, `/replication/…` is refused. */
  readonly replication: ReplicationPort | null
  /** Not null: nobody is served yet, for this reason; only a twin may come in (replication.md, waiting nodes). */
  readonly hold: string | null
  /** A hand-over is under way: nothing ordinary is read or dispatched. */
  readonly quiesced: boolean

  /** Runs after so many ms, unless the broker stops before. */
  later(ms: number, run: () => void): void
  /** CONNECTED is on its way. */
  connected(session: Session): void
  /** Takes the client id for the session; the text of the refusal when another connection has it (stomp S-CON-09). */
  claimClientId(session: Session): string | null
  /** The text of the refusal, or null when the identity may. A list is judged as one (semantics SA-08). */
  refusal(identity: Identity, action: Action, at: DestinationName): string | null
  refusalOfAll(identity: Identity, action: Action, names: readonly DestinationName[]): string | null

  /** The existing destination, or null. */
  find(kind: DestinationKind, name: string): Queue | Topic | null
  /** Finds or creates. Temporary ones belong to `owner` and end with it. */
  create(at: DestinationName, owner: Session | null): Queue | Topic
  /** The session that owns a temporary destination, or null. */
  ownerOf(at: DestinationName): Session | null

  policyOf(at: DestinationName): DestinationPolicy

  /** Connects a subscription to every destination that its patterns accept, now and later. */
  attach(subscription: Subscription): void
  detach(subscription: Subscription): void
  /** The queue may have something to hand over. */
  markDirty(queue: Queue): void
  /** The subscription may be given messages again. */
  awaken(subscription: Subscription): void

  /** Journals that these messages leave the queue. */
  remove(queue: Queue, keys: readonly MessageKey[], persistent: boolean): void
  /** Journals one more redelivery of each; when that is committed they wait again, ahead of the others (R-01 … R-03). */
  giveBack(queue: Queue, keys: readonly MessageKey[], persistent: boolean): void
  /** Takes the message off its queue and to where the dead go; `done` runs when that is journaled (stomp S-NAK-04). */
  deadLetter(queue: Queue, key: MessageKey, done: () => void): void

  /** A message that was expired when it arrived goes where the expired go as soon as it is journaled (semantics E-02). */
  expiredOnArrival(queue: Queue, key: MessageKey): void
  /** More is appended than the disk keeps up with: no more reading for now. */
  overloaded(): boolean
  /** Stalls the session until the disk has caught up. */
  throttle(session: Session): void
  /** The session has output to flush, or answers that wait for a commit. */
  wake(session: Session): void
  ended(session: Session): void
}

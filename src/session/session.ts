/**
 * A session is one client's conversation: what each STOMP frame means, and what the client gets to see.
 *
 *   frame parser ─► session.frame ─► on-connect, on-send, on-subscribe, on-ack, on-transaction …
 *                                        │ records ─► journal                      ▲ commit
 *   output ◄─ held answers (RECEIPT, ERROR: each waits for its position) ◄─────────┘
 *
 * Read: session (state, answers) · on-connect · on-send with message (SEND becomes a record) and place (its copies) · on-subscribe with
 * subscription, on-browse with browser, deliver (a record becomes MESSAGE), payload (maps) · on-ack · on-schedule · restored (what import and migrate bring back) · on-transaction · held (answers that wait) · about (whom a line of the log is about) · core (what
 * it asks of the broker) · on-replication with accepted-link (the twin's connection, which is no client's).
 * Promises: a RECEIPT leaves when everything the broker knew at that frame is committed; a non-fatal ERROR changes nothing.
 * Refuses: sockets and clocks. It reads bytes, writes into `output`, and asks the broker for the rest.
 */
import { isTemporaryKind, type DestinationName } from '../base/destination.ts'
import type { Lsn } from '../base/lsn.ts'
import { MESSAGE_HEADER } from '../journal/journal.ts'
import type { Delivery } from '../destination/destination.ts'
import {
  Command,
  FrameParser,
  Header,
  Version,
  Violation,
  errorFrame,
  frameBeforeConnect,
  receiptFrame,
  unknownCommand,
  type Frame,
  type FrameSink,
  type HeartBeat,
} from '../stomp/stomp.ts'
import { refusalOf, tellDenied } from './about.ts'
import { AliasTable } from './aliases.ts'
import type { Core, Identity } from './core.ts'
import { HeldAnswers } from './held.ts'
import { onAck, onNack } from './on-ack.ts'
import { onConnect } from './on-connect.ts'
import { onDisconnect } from './on-disconnect.ts'
import { beginsWork, onLinkFrame } from './on-replication.ts'
import { onSend } from './on-send.ts'
import type { SendTarget } from './send-target.ts'
import { onSubscribe } from './on-subscribe.ts'
import { onTransaction, type Transaction } from './on-transaction.ts'
import { beforeConnectBytesMax, earlyFlushBytes } from './limits.ts'
import { endSubscription, onUnsubscribe } from './on-unsubscribe.ts'
import type { SessionOptions } from './options.ts'
import { Output } from './output.ts'
import { ParkedFrames, type ParkedFrame } from './parked.ts'
import type { AcceptedLink } from './accepted-link.ts'
import type { Subscription } from './subscription.ts'
import { traceOf } from './trace.ts'
import { Traffic } from './traffic.ts'
import { plainName } from './variant.ts'

export { aboutSession } from './about.ts'
export { Refusal, Shortage, Wait } from './core.ts'
export type * from './core.ts'
export { beforeConnectBytesMax } from './limits.ts'
export type { SessionOptions } from './options.ts'
export { ownMessage, type OwnMessage } from './own-message.ts'
export { mapIn } from './payload.ts'
export { place, type Together } from './place.ts'
export { namesIn, parseDestinations } from './names.ts'
export { plainName, variantLines, writeVariant } from './variant.ts'
export { AS_IT_IS, headerOf, headersOf, hiddenOf, valueIn, writeRewritten, type Rewriting } from './rewrite.ts'
export { JOB_ID, SCHEDULE_HEADERS, planOf } from './scheduled.ts'
export { SCHEDULER_MANAGEMENT } from './restored.ts'
export type { ReleasePort } from './core.ts'
export type { ScheduleOrder, SchedulePlan, SchedulerPort } from './scheduled.ts'
export type { BrokerEvents, SendFields, SendPlugin, SessionPlugins } from './plugins.ts'
export { Browser } from './browser.ts'
export type { BacklogPort, TempPlace, TempPort } from './backlog.ts'
export { FixedLines } from './fixed-lines.ts'
export { BlockPool, Output, type Filled } from './output.ts'
export { PAIR_LOGIN, type ReplicationPort } from './replication-port.ts'
export { RecordBuffer, writeJournaled, type RecordTarget } from './record-target.ts'
export { Uncommitted } from './uncommitted.ts'
export { writeDispatched, writeRedelivered, writeRemoved } from './removed.ts'
export { Subscription, messageIdOf } from './subscription.ts'

/** The connection under a session, as far as the session cares. */
export interface Link {
  /** `tcp://127.0.0.1:50112`, for logs and refusals. */
  readonly remote: string
  /** The address of ours that the client dialled. */
  readonly localHost: string
  /** Bytes flushed that the socket has not taken yet. */
  readonly queued: number
  /** Stop reading; what was read is kept. */
  pause(): void
  resume(): void
  /** Takes what the output holds and sends it. */
  flush(output: Output): void
  /** Close when everything flushed is written. */
  end(): void
  /** Heart-beats were agreed on. */
  heartBeat(beat: HeartBeat): void
  /** CONNECT was accepted as far as time limits go (stomp S-LIM-07). */
  connected(): void
}

export class Session implements FrameSink {
  readonly core: Core
  readonly link: Link
  readonly options: SessionOptions
  /** `ID:<host>-<port>-<millis>-<n>:<m>`: unique, the stem of message ids and ack ids (stomp S-CON-05, S-MSG-06). */
  readonly id: string
  readonly parser: FrameParser
  readonly output: Output
  readonly held: HeldAnswers = new HeldAnswers()
  version: Version = Version.v10
  connected = false
  /** After a fatal error, DISCONNECT or the end of the connection: nothing has an effect any more. */
  closed = false
  clientId = ''
  identity: Identity = { user: null, groups: [], anonymous: true, authenticated: false }
  /** The socket cannot take more for now: no deliveries. The transport says so. */
  congested = false
  /** It did something ordinary: it can no longer become the twin's link. */
  worked = false
  /** This connection is the twin's: its link. */
  replication: AcceptedLink | null = null
  /** Nothing leaves before this position is committed; 0 mostly (semantics R-08). */
  heldUntil: Lsn = NOTHING
  /** On the broker's list of sessions to flush this turn. */
  awake = false
  /** On its list of sessions whose answers wait for a commit. */
  waiting = false
  /** Deliveries that want an acknowledgement, counted; the number in ack ids. */
  deliveries = 0
  consumers = 0 // that it ever had
  /** SENDs of this connection, counted from 1: the end of message ids. */
  sends = 0
  /** By id, the newest of each id (stomp S-SUB-16). */
  readonly subscriptions: Map<string, Subscription> = new Map<string, Subscription>()
  readonly allSubscriptions: Set<Subscription> = new Set<Subscription>()
  readonly transactions: Map<string, Transaction> = new Map<string, Transaction>()
  readonly aliases: AliasTable
  readonly traffic: Traffic = new Traffic()
  /** What waits for space. */
  readonly parked: ParkedFrames = new ParkedFrames()
  /** Destinations this session may send to, by the header's bytes. */
  readonly sendTargets: Map<string, SendTarget> = new Map<string, SendTarget>()
  lastTarget: SendTarget | null = null
  lastTargetBytes: Buffer = Buffer.alloc(0)
  /** Prefix of `message-id:` lines and value of `ack:` lines before the number, encoded. */
  readonly messageIdPrefix: Buffer
  readonly ackPrefix: Buffer
  /** A frame waits for space or for bytes from disk: no further frame is read (semantics M-03). */
  #stalls = 0
  #parkedStall = false

  constructor(core: Core, link: Link, options: SessionOptions, id: string) {
    this.core = core
    this.link = link
    this.options = options
    this.id = id
    this.output = new Output(core.pool)
    this.parser = new FrameParser(options.limits, this)
    this.aliases = new AliasTable(id)
    const stem = id.replaceAll(':', '\\c')
    this.messageIdPrefix = Buffer.from(`message-id:${stem}\\c-1\\c1\\c`, 'utf8')
    this.ackPrefix = Buffer.from(`${stem}\\c`, 'utf8')
  }

  /** Bytes from the client. */
  push(chunk: Buffer): void {
    if (this.closed) return
    this.parser.push(chunk)
    // Who has not said who he is may not fill the memory: a CONNECT has no body to speak of.
    if (!this.connected && this.parser.buffered > beforeConnectBytesMax) this.fatalError(Violation.frameSize, undefined)
    // The twin's acknowledgements are what ends an overload, so neither its link nor a connection that may become it waits.
    if (this.worked && this.core.overloaded()) this.core.throttle(this)
  }

  frame(frame: Frame): boolean {
    if (this.closed) return false
    if (this.options.trace) this.core.log.info(`${this.link.remote} > ${traceOf(frame)}`)
    if (!this.connected) {
      if (frame.command === Command.connect || frame.command === Command.stomp) onConnect(this, frame)
      else this.fatalError(frameBeforeConnect(frame.commandText), undefined)
    } else {
      this.#perform(frame)
    }
    return !this.closed && this.#stalls === 0
  }

  fatal(message: string): void {
    this.fatalError(message, undefined)
  }

  #perform(frame: Frame): void {
    if (this.replication !== null) return onLinkFrame(this, this.replication, frame)
    if (!this.worked && !beginsWork(this, frame)) return
    switch (frame.command) {
      case Command.send:
        return onSend(this, frame)
      case Command.ack:
        return onAck(this, frame)
      case Command.nack:
        return onNack(this, frame)
      case Command.subscribe:
        return onSubscribe(this, frame)
      case Command.unsubscribe:
        return onUnsubscribe(this, frame)
      case Command.begin:
      case Command.commit:
      case Command.abort:
        return onTransaction(this, frame)
      case Command.disconnect:
        return onDisconnect(this, frame)
      case Command.connect:
      case Command.stomp:
        return onConnect(this, frame)
      case Command.unknown:
        return this.fatalError(unknownCommand(frame.commandText), frame.get(Header.receipt))
      default:
        return frame.command satisfies never
    }
  }

  // Answers

  /** RECEIPT, if the frame asked for one, when everything known now is committed (stomp S-RCP-01, S-RCP-02). */
  receipt(frame: Frame): void {
    const line = frame.line(Header.receipt)
    if (line >= 0) this.receiptAt(frame, line, this.core.journal.end)
  }

  receiptAt(frame: Frame, line: number, position: Lsn): void {
    const { held } = this
    if (frame.plain[line] === 1) {
      const start = frame.valueStart[line]!
      const length = frame.valueEnd[line]! - start
      let at = held.reserve(RECEIPT.length + length + 4)
      const { buffer } = held
      buffer.set(RECEIPT, at)
      at += RECEIPT.length
      for (let i = 0; i < length; i++) buffer[at + i] = frame.bytes[start + i]!
      at += length
      buffer[at] = 10
      buffer[at + 1] = 10
      buffer[at + 2] = 0
      buffer[at + 3] = 10
      held.hold(position, at + 4, null)
    } else {
      this.#holdBytes(receiptFrame(frame.value(line), this.version), position)
    }
    this.core.wake(this)
  }

  /** A RECEIPT whose frame is gone. */
  receiptFor(id: string | undefined): void {
    if (id === undefined) return
    this.#holdBytes(receiptFrame(id, this.version), this.core.journal.end)
    this.core.wake(this)
  }

  /** ERROR that leaves the conversation as it was (stomp S-ERR-03). */
  error(message: string, receipt: string | undefined, security = false): void {
    const report = { message, version: this.version, security, ...(receipt !== undefined && { receiptId: receipt }) }
    this.#holdBytes(errorFrame(report), this.core.journal.end)
    this.core.wake(this)
  }

  /** As `error`, with the body of a security failure: the message, nothing else (stomp S-ERR-01). */
  securityError(message: string, receipt: string | undefined): void {
    tellDenied(this, message)
    this.error(message, receipt, true)
  }

  /** As `securityError`, for a refusal that tells nothing about the journal: it waits for what is before it and no more. */
  refuse(message: string, receipt: string | undefined): void {
    tellDenied(this, message)
    const report = {
      message,
      version: this.version,
      security: true,
      ...(receipt !== undefined && { receiptId: receipt }),
    }
    this.#holdBytes(errorFrame(report), NOTHING)
    this.core.wake(this)
  }

  /** One ERROR, then the connection closes; nothing after it has an effect (stomp S-FRM-24, S-ERR-02). */
  fatalError(message: string, receipt: string | undefined, security = false): void {
    if (this.closed) return
    this.closed = true
    this.traffic.failure = security ? 'security' : 'protocol'
    const version = this.connected ? this.version : Version.v10
    const report = { message, version, security, ...(receipt !== undefined && { receiptId: receipt }) }
    // Who is turned away at the door learns nothing of the journal, and a node that waits for its twin commits nothing.
    const served = this.connected && this.worked
    const position = served ? this.core.journal.end : NOTHING
    this.#holdBytes(errorFrame(report), position)
    this.held.hold(position, this.held.reserve(0), () => this.link.end())
    this.core.wake(this)
    const line = `${this.link.remote}: ${message}; closing the connection`
    // On hold every client is turned away, again and again.
    this.core.log[this.core.hold === null ? 'info' : 'debug'](line, refusalOf(this, security))
    this.end()
  }

  /** Runs when everything known now is committed, after the answers before it. */
  afterCommit(action: () => void): void {
    const { held } = this
    held.hold(this.core.journal.end, held.reserve(0), action)
    this.core.wake(this)
  }

  #holdBytes(bytes: Buffer, position: Lsn): void {
    const at = this.held.reserve(bytes.length)
    bytes.copy(this.held.buffer, at)
    this.held.hold(position, at + bytes.length, null)
  }

  /** A MESSAGE was written to the output. */
  sentFrame(): void {
    if (!this.awake) this.core.wake(this)
    // Early, so that the client reads while the rest of the batch is being dispatched.
    if (this.output.size >= earlyFlushBytes && this.heldUntil === 0) this.link.flush(this.output)
  }

  // Waiting

  /** No further frame until `unstall`; a frame that needs a page from disk, for instance. */
  stall(): void {
    if (this.#stalls++ === 0) this.link.pause()
  }

  unstall(): void {
    if (--this.#stalls > 0 || this.closed) return
    this.link.resume()
    this.parser.resume()
  }

  /** A SEND that cannot be taken for lack of space: with a receipt, often only that is late (stomp S-RCP-03). */
  park(frame: ParkedFrame): void {
    this.parked.add(frame, this.core.now)
    if (!this.#parkedStall && this.parked.blocks) {
      this.#parkedStall = true
      this.stall()
    }
    this.core.space.wait(this)
  }

  /** There may be space now. Answers whether the session still waits. */
  resume(): boolean {
    this.parked.retry(this.core.now)
    if (this.#parkedStall && !this.parked.blocks) {
      this.#parkedStall = false
      this.unstall() // frames behind it are read now, and may be parked again
    }
    return this.parked.count > 0
  }

  // Names

  /** A destination as this connection must see it: its own temporary ones by alias (stomp S-DST-04, S-TMP-03). */
  printDestination(at: DestinationName): string {
    return isTemporaryKind(at.kind) ? this.aliases.print(at) : plainName(at)
  }

  /** `/remote-temp-queue/ID…` as its alias when it is this connection's own. */
  aliasOf(text: string): string {
    return this.aliases.shown(text)
  }

  /** Did this connection send the message? By the stem of its message id. */
  sent(delivery: Delivery): boolean {
    const start = delivery.offset + MESSAGE_HEADER
    const { messageIdPrefix } = this
    return messageIdPrefix.compare(delivery.block, start, start + messageIdPrefix.length) === 0
  }

  /** The connection is over, by whatever way: everything that lives only with it goes (stomp S-DIS-02, S-CON-14). */
  end(): void {
    if (this.ended) return
    this.ended = true
    this.closed = true
    // What was sent before the end and waits is accepted when there is space, transactions are not (semantics F-02).
    this.parked.abort(null, this.core.now)
    this.parked.retry(this.core.now)
    for (const transaction of this.transactions.values()) transaction.rollBack()
    this.transactions.clear()
    for (const subscription of this.allSubscriptions) endSubscription(subscription)
    this.subscriptions.clear()
    this.core.ended(this)
    this.replication?.ended()
  }
  ended = false
}

/** The position of what depends on no record. */
const NOTHING = 0 as Lsn
const RECEIPT = Buffer.from('RECEIPT\nreceipt-id:', 'latin1')

import { DestinationKind, destinationUri, isQueueKind, isTemporaryKind } from '../base/destination.ts'
import type { Lsn } from '../base/lsn.ts'
import type { Queue, Topic } from '../destination/destination.ts'
import { RecordFlag, RecordType } from '../journal/journal.ts'
import { Header, trimControl, type Frame } from '../stomp/stomp.ts'
import type { FixedLines } from './fixed-lines.ts'
import { type BadSend, isTrue, writeMessage, type SendContext, type Written } from './message.ts'
import { Wait } from './core.ts'
import { INVALID_DESTINATION, hasPrefix, parseDestinations, resolveName } from './names.ts'
import { isReplication, strayReplication } from './on-replication.ts'
import type { SendTarget, Session } from './session.ts'
import type { Transaction } from './on-transaction.ts'
import { RecordBuffer } from './record-target.ts'
import { asksForSchedule } from './scheduled.ts'

const written: Written = { at: 0 as Lsn, length: 0, persistent: false, expired: false }

/**
 * SEND. Checks first (destination, transaction, rights, space), then one record, written in place: into the journal,
 * into the transaction, or for a topic into a scratch buffer that is published at once.
 */
export function onSend(session: Session, frame: Frame): void {
  const transactionLine = frame.line(Header.transaction)
  let transaction: Transaction | null = null
  if (transactionLine >= 0) {
    const name = frame.value(transactionLine)
    transaction = session.transactions.get(name) ?? null
    if (transaction === null) return session.error(`Invalid transaction id: ${name}`, frame.get(Header.receipt))
  }
  const target = sendTarget(session, frame)
  if (typeof target === 'string' || target instanceof Denied) return refused(session, frame, target, transaction)
  if (target === null) return
  if (session.core.schedulerSupport && asksForSchedule(frame))
    return refused(session, frame, NOT_SCHEDULED, transaction)
  const full = fullFor(session, frame, target)
  if (full !== false) return onFull(session, frame, target, transaction, full)
  const bad = store(session, frame, target, transaction)
  if (bad !== null) return refusedSend(session, frame, bad)
  const receipt = frame.line(Header.receipt)
  if (receipt >= 0) session.receiptAt(frame, receipt, session.core.journal.end)
}

const NOT_SCHEDULED =
  'Scheduled delivery is not supported by this version of TandemMQ; the message was not accepted, send it when it is due'

/** What is sent to a place where something waits goes behind it, whatever the space (semantics F-01). */
function fullFor(session: Session, frame: Frame, { to }: SendTarget): false | Wait | string {
  if (session.parked.count > 0 && session.parked.waitsFor(to)) return Wait.send
  return session.core.fullFor(to, asksForPersistence(frame), session.id)
}

function store(session: Session, frame: Frame, target: SendTarget, transaction: Transaction | null): BadSend | null {
  const { core } = session
  const context = sendContext(session)
  if (target.isQueue) {
    const queue = target.to as Queue
    const volatileOnly = isTemporaryKind(queue.at.kind)
    const bad = writeMessage(frame, transaction?.records ?? core.journal, queue.id, volatileOnly, context, written)
    if (bad !== null) return bad
    if (transaction !== null && written.persistent && !volatileOnly) transaction.durable = true
    if (written.expired && transaction === null) core.expiredOnArrival(queue, written.at)
  } else {
    const topic = target.to as Topic
    core.scratch.rewind()
    const bad = writeMessage(frame, core.scratch, 0, true, context, written)
    if (bad !== null) return bad
    if (transaction !== null) transaction.publishes(topic, Buffer.from(core.scratch.block.subarray(0, written.length)))
    else publishScratch(session, topic, written.length)
  }
  session.sends++
  return null
}

function publishScratch(session: Session, topic: Topic, length: number): void {
  const { core } = session
  const { block, view } = core.scratch
  core.publish(topic, core.published.lend(topic, block, view, length))
}

/** One per session, refilled for each SEND. */
class SessionSendContext implements SendContext {
  readonly fixedLines: FixedLines
  readonly messageIdPrefix: Buffer
  sequence = 0
  now = 0
  stampUser: string | null = null
  readonly #session: Session

  constructor(session: Session) {
    this.#session = session
    this.fixedLines = session.core.fixedLines
    this.messageIdPrefix = session.messageIdPrefix
  }

  refill(): this {
    const { core, identity, sends } = this.#session
    this.sequence = sends + 1
    this.now = core.now
    this.stampUser = core.stampUserId ? identity.user : null
    return this
  }

  replyTo(value: string): { text: string; temporary: boolean } | null {
    return replyTo(this.#session, value)
  }
}

const contexts = new WeakMap<Session, SessionSendContext>()

function sendContext(session: Session): SendContext {
  let context = contexts.get(session)
  if (context === undefined) contexts.set(session, (context = new SessionSendContext(session)))
  return context.refill()
}

/** Stomp S-SND-11: typed destinations are normalised (and a temporary one is made now), anything else stays as it is. */
function replyTo(session: Session, value: string): { text: string; temporary: boolean } | null {
  if (
    trimControl(value)
      .split(',')
      .some(part => !hasPrefix(part))
  )
    return null
  const parsed = parseDestinations(value)
  if (parsed === null) return null
  const names = parsed.map(one => resolveName(session, one))
  const temporary = names.some(at => isTemporaryKind(at.kind))
  return { text: names.map(at => REPLY_NAMES[at.kind] + at.name).join(','), temporary }
}
const REPLY_NAMES = ['/queue/', '/topic/', '/remote-temp-queue/', '/remote-temp-topic/'] as const

/** Asked about space only: a JMSDeliveryMode that says non-persistent is taken for persistent. */
const asksForPersistence = (frame: Frame): boolean =>
  isTrue(frame, frame.line(Header.persistent)) || frame.line(Header.jmsDeliveryMode) >= 0

/** The destination, or the text of the refusal; null when the session was ended with an ERROR. */
function sendTarget(session: Session, frame: Frame): SendTarget | Denied | string | null {
  const line = frame.line(Header.destination)
  if (line < 0) return 'SEND received without a Destination specified!'
  const start = frame.valueStart[line]!
  const end = frame.valueEnd[line]!
  const { lastTarget } = session
  if (lastTarget !== null && !lastTarget.to.gone && sameBytes(session.lastTargetBytes, frame.bytes, start, end))
    return lastTarget
  const key = frame.value(line)
  let target = session.sendTargets.get(key)
  if (target === undefined || target.to.gone) {
    session.sendTargets.delete(key)
    const found = findTarget(session, frame, key)
    if (found === null || typeof found === 'string' || found instanceof Denied) return found
    target = found
    if (session.sendTargets.size >= sendTargetsMax) session.sendTargets.clear()
    session.sendTargets.set(key, target)
  }
  session.lastTarget = target
  session.lastTargetBytes = Buffer.from(frame.bytes.subarray(start, end))
  return target
}

function sameBytes(known: Buffer, bytes: Buffer, start: number, end: number): boolean {
  if (known.length !== end - start) return false
  for (let i = start; i < end; i++) if (known[i - start] !== bytes[i]) return false
  return true
}

/** Destinations remembered per connection; beyond it the memory starts anew. */
const sendTargetsMax = 4096

/** Who may not is told so in the exact words of ActiveMQ (semantics SA-06). */
export class Denied {
  readonly message: string
  constructor(message: string) {
    this.message = message
  }
}

function findTarget(session: Session, frame: Frame, text: string): SendTarget | Denied | string | null {
  if (isReplication(text)) return new Denied(strayReplication(session))
  const parsed = parseDestinations(text)
  if (parsed === null) {
    session.fatalError(INVALID_DESTINATION, frame.get(Header.receipt))
    return null
  }
  if (parsed.length > 1) return `Composite destinations are not supported by this version: ${text}`
  const at = resolveName(session, parsed[0]!)
  const { core } = session
  if (at.kind === DestinationKind.topic && at.name.startsWith('VirtualTopic.'))
    return `Virtual topics are not supported by this version of TandemMQ: ${text}`
  const refusal = core.refusal(session.identity, 'write', at)
  if (refusal !== null) return new Denied(refusal)
  let to = core.find(at.kind, at.name)
  if (to === null) {
    if (isTemporaryKind(at.kind)) return destinationUri(at)
    const denied = core.refusal(session.identity, 'admin', at)
    if (denied !== null) return new Denied(denied)
    to = core.create(at, null)
  }
  return { to, isQueue: isQueueKind(at.kind) }
}

/** A SEND that has no effect: ERROR; inside a transaction, unreceipted, the transaction is lost too (stomp S-TX-12). */
function refused(session: Session, frame: Frame, why: string | Denied, transaction: Transaction | null): void {
  const receipt = frame.get(Header.receipt)
  if (transaction !== null && receipt === undefined) transaction.rollbackOnly = true
  if (why instanceof Denied) session.securityError(why.message, receipt)
  else session.error(why, receipt)
}

/** No space: an ERROR where the configuration says so, else the message is parked until there is (S-RCP-03). */
function onFull(
  session: Session,
  frame: Frame,
  target: SendTarget,
  transaction: Transaction | null,
  full: Wait | string,
): void {
  if (typeof full === 'string') return refused(session, frame, full, transaction)
  const records = new RecordBuffer(512 + frame.bodyEnd - frame.bodyStart)
  const volatileOnly = !target.isQueue || isTemporaryKind(target.to.at.kind)
  const id = target.isQueue ? (target.to as Queue).id : 0
  const bad = writeMessage(frame, records, id, volatileOnly, sendContext(session), written)
  if (bad !== null) return refusedSend(session, frame, bad)
  session.sends++
  const { length, persistent } = written
  const receipt = frame.get(Header.receipt)
  session.park({
    to: target.to,
    transaction,
    bytes: length,
    // A COMMIT that is read meanwhile waits for it (on-transaction).
    blocks: receipt === undefined || full === Wait.connection,
    attempt: () => {
      if (session.core.fullFor(target.to, persistent, session.id) !== false) return false
      put(session, records, length, persistent && !volatileOnly, target, transaction)
      if (!session.ended) session.receiptFor(receipt)
      return true
    },
    abort: () => session.receiptFor(receipt),
  })
}

/** A parked message goes where it would have gone at once. */
function put(
  session: Session,
  from: RecordBuffer,
  length: number,
  durable: boolean,
  target: SendTarget,
  transaction: Transaction | null,
): void {
  const { core } = session
  const bytes = from.block.subarray(0, length)
  if (!target.isQueue) {
    if (transaction !== null) return transaction.publishes(target.to as Topic, bytes)
    core.scratch.rewind()
    core.scratch.reserve(length)
    core.scratch.block.set(bytes)
    return publishScratch(session, target.to as Topic, length)
  }
  const into = transaction?.records ?? core.journal
  into.reserve(length)
  into.block.set(bytes.subarray(RecordBuffer.header), into.at + RecordBuffer.header)
  into.seal(RecordType.messageAdded, durable ? RecordFlag.none : RecordFlag.volatile, length)
  if (transaction !== null && durable) transaction.durable = true
}

function refusedSend(session: Session, frame: Frame, bad: BadSend): void {
  const receipt = frame.get(Header.receipt)
  if (bad.fatal) session.fatalError(bad.message, receipt)
  else session.error(bad.message, receipt)
}

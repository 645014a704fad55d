import { isTemporaryKind } from '../base/destination.ts'
import type { Lsn } from '../base/lsn.ts'
import { Queue, nextSerial, type Delivery, type Route, type Topic } from '../destination/destination.ts'
import { RecordFlag, RecordType } from '../journal/journal.ts'
import { Header, type Frame } from '../stomp/stomp.ts'
import { Refusal, Shortage, Wait } from './core.ts'
import { BadSend, isTrue, writeMessage, type Written } from './message.ts'
import type { Transaction } from './on-transaction.ts'
import { place } from './place.ts'
import { ordersScheduler, schedule } from './on-schedule.ts'
import { RecordBuffer } from './record-target.ts'
import { isRestored } from './restored.ts'
import { asksForSchedule } from './scheduled.ts'
import { answersStatistics } from './statistics-request.ts'
import { sendContext } from './send-context.ts'
import { renewed, sendTarget, type SendTarget } from './send-target.ts'
import type { Session } from './session.ts'

const written: Written = { at: 0 as Lsn, length: 0, persistent: false, expired: false }

/**
 * SEND. Checks first (destination, transaction, rights, space), then one record, written in place: into the journal,
 * into the transaction, or for a topic into a scratch buffer that is published at once. What goes to more than one queue
 * or topic is copied from the scratch buffer (place.ts).
 */
export function onSend(session: Session, frame: Frame): void {
  const transactionLine = frame.line(Header.transaction)
  let transaction: Transaction | null = null
  if (transactionLine >= 0) {
    const name = frame.value(transactionLine)
    transaction = session.transactions.get(name) ?? null
    if (transaction === null) return session.error(`Invalid transaction id: ${name}`, frame.get(Header.receipt))
  }
  const { scheduler, plugins, statistics } = session.core
  plugins?.messages?.sending(session, frame.get(Header.destination) ?? '', frame.bodyEnd - frame.bodyStart)
  const later = scheduler !== null && asksForSchedule(frame) && !isOrder(session, frame)
  if (later) {
    const much = tooMuch(session, null, sizeOf(frame), transaction)
    return answered(session, frame, much ?? schedule(session, frame, transaction), transaction)
  }
  if (statistics !== null && answersStatistics(session, statistics, frame)) return
  const target = sendTarget(session, frame)
  if (target === null) return
  if (target instanceof Refusal || target instanceof BadSend) return answered(session, frame, target, transaction)
  const much = tooMuch(session, target.route, sizeOf(frame), transaction)
  if (much !== null) return refused(session, frame, much, transaction)
  if (target.order !== null) return answered(session, frame, target.order(session, frame, transaction), transaction)
  const full = fullFor(session, frame, target.route)
  if (full !== false) return onFull(session, frame, target, transaction, full)
  const bad = store(session, frame, target.route, transaction)
  if (bad !== null) return refusedSend(session, frame, bad)
  const receipt = frame.line(Header.receipt)
  if (receipt >= 0) session.receiptAt(frame, receipt, session.core.journal.end)
}

/** It asks for something else, whatever its schedule says. */
const isOrder = (session: Session, frame: Frame): boolean =>
  ordersScheduler(session, frame) || isRestored(frame.get(Header.destination) ?? '')

function answered(
  session: Session,
  frame: Frame,
  bad: Refusal | BadSend | null,
  transaction: Transaction | null,
): void {
  if (bad instanceof Refusal) refused(session, frame, bad, transaction)
  else if (bad !== null) refusedSend(session, frame, bad)
}

/** Would it become a record, or a transaction, that is too large? */
function tooMuch(
  { core }: Session,
  route: Route | null,
  bytes: number,
  transaction: Transaction | null,
): Refusal | null {
  const all = bytes * Math.max(1, route?.variants.length ?? 1)
  return transaction === null ? core.uncommitted.refusalOfCopies(all) : transaction.take(all)
}

const sizeOf = (frame: Frame): number => frame.bodyEnd - frame.commandStart

/** What is sent to a place where something waits goes behind it, whatever the space (semantics F-01). */
function fullFor(session: Session, frame: Frame, route: Route): false | Shortage {
  const persistent = session.core.plugins?.send?.persistent ?? asksForPersistence(frame)
  const full = spaceFor(session, route, persistent)
  if (full !== false || session.parked.count === 0 || !session.parked.waitsFor(route.places)) return full
  return BEHIND
}

const BEHIND = new Shortage(Wait.send, '', Infinity, true)

/** The first of its destinations that is full speaks for all. */
function spaceFor({ core, id }: Session, route: Route, persistent: boolean): false | Shortage {
  const { space } = core
  if (route.plain !== null) return space.fullFor(route.plain, persistent, id)
  for (const { stored, live } of route.variants) {
    for (const { queue, dropsWhenFull } of stored) {
      const full = dropsWhenFull ? false : space.fullFor(queue, persistent, id)
      if (full !== false) return full
    }
    for (const { topic } of live) {
      const full = space.fullFor(topic, persistent, id)
      if (full !== false) return full
    }
  }
  return false
}

function store(session: Session, frame: Frame, route: Route, transaction: Transaction | null): BadSend | null {
  const { core } = session
  const { plain } = route
  const context = sendContext(session)
  if (plain instanceof Queue) {
    const volatileOnly = isTemporaryKind(plain.at.kind)
    const bad = writeMessage(frame, transaction?.records ?? core.journal, plain.id, volatileOnly, context, written)
    if (bad !== null) return bad
    if (transaction !== null && written.persistent && !volatileOnly) transaction.durable = true
    if (written.expired && transaction === null) core.expiredOnArrival(plain, written.at)
  } else {
    core.scratch.rewind()
    const bad = writeMessage(frame, core.scratch, 0, true, context, written)
    if (bad !== null) return bad
    const { block, view } = core.scratch
    if (plain === null) place(core, route, recordIn(block, view, written.length, written.persistent), transaction)
    else publish(session, plain, block, view, written.length, transaction)
    if (core.publishing.tired) core.publishing.rest(session)
  }
  session.sends++
  return null
}

function publish(
  { core }: Session,
  topic: Topic,
  block: Buffer,
  view: DataView,
  length: number,
  transaction: Transaction | null,
): void {
  if (transaction !== null) transaction.publishes(topic, Buffer.from(block.subarray(0, length)), false)
  else if (topic.committing > 0) core.publishing.later(topic, Buffer.from(block.subarray(0, length)), false)
  else core.publishing.now(topic, block, view, length, false)
}

/** The record at the start of `block`, on its way to nobody yet. */
const recordIn = (block: Buffer, view: DataView, length: number, persistent: boolean): Delivery => ({
  queue: null,
  topic: null,
  key: 0 as Lsn,
  block,
  view,
  offset: 0,
  length,
  persistent,
  redelivered: 0,
  serial: nextSerial(),
})

/** Asked about space only: a JMSDeliveryMode that says non-persistent is taken for persistent. */
const asksForPersistence = (frame: Frame): boolean =>
  isTrue(frame, frame.line(Header.persistent)) || frame.line(Header.jmsDeliveryMode) >= 0

/** A SEND that has no effect: ERROR; inside a transaction, unreceipted, the transaction is lost too (stomp S-TX-12). */
function refused(session: Session, frame: Frame, why: Refusal, transaction: Transaction | null): void {
  const receipt = frame.get(Header.receipt)
  if (transaction !== null && receipt === undefined) transaction.rollbackOnly = true
  answerRefusal(session, why, receipt)
}

function answerRefusal(session: Session, { message, security }: Refusal, receipt: string | undefined): void {
  if (security) session.securityError(message, receipt)
  else session.error(message, receipt)
}

/** No space: an ERROR where the configuration says so, else the message is parked until there is (S-RCP-03). */
function onFull(
  session: Session,
  frame: Frame,
  target: SendTarget,
  transaction: Transaction | null,
  full: Shortage,
): void {
  const [first] = target.route.places
  // A full disk is no fault of a fast producer (semantics AD-09, AD-12).
  if (full.ofMemory && first !== undefined) session.core.notices?.full(session, first)
  if (full.wait === null) return refused(session, frame, new Refusal(full.text, false), transaction)
  const { scratch } = session.core
  scratch.rewind()
  const bad = writeMessage(frame, scratch, 0, false, sendContext(session), written)
  if (bad !== null) return refusedSend(session, frame, bad)
  session.sends++
  const { length, persistent } = written
  // No larger than it must be: there may be thousands.
  const record = Buffer.from(scratch.block.subarray(0, length))
  const receipt = frame.get(Header.receipt)
  session.park({
    to: target.route.places,
    transaction,
    bytes: length,
    // A COMMIT that is read meanwhile waits for it (on-transaction).
    blocks: receipt === undefined || full.wait === Wait.connection,
    attempt: () => {
      const now = renewed(session, target)
      if (now instanceof Refusal) {
        if (!session.ended) answerRefusal(session, now, receipt)
        return true
      }
      if (spaceFor(session, now.route, persistent) !== false) return false
      const much = tooMuch(session, now.route, length, transaction)
      if (much !== null) {
        if (transaction !== null && receipt === undefined) transaction.rollbackOnly = true
        if (!session.ended) answerRefusal(session, much, receipt)
        return true
      }
      put(session, record, persistent, now.route, transaction)
      if (!session.ended) session.receiptFor(receipt)
      return true
    },
    deadline: receipt !== undefined && !full.receipted ? Infinity : session.core.now + full.after,
    late: () => {
      if (transaction !== null && receipt === undefined) transaction.rollbackOnly = true
      if (!session.ended) session.error(full.text, receipt)
    },
    abort: () => session.receiptFor(receipt),
  })
}

/** A parked message goes where it would have gone at once. */
function put(
  session: Session,
  record: Buffer,
  persistent: boolean,
  route: Route,
  transaction: Transaction | null,
): void {
  const { core } = session
  const { plain } = route
  const { length } = record
  const view = new DataView(record.buffer, record.byteOffset, length)
  if (plain === null) return place(core, route, recordIn(record, view, length, persistent), transaction)
  if (!(plain instanceof Queue)) return publish(session, plain, record, view, length, transaction)
  const durable = persistent && !isTemporaryKind(plain.at.kind)
  const into = transaction?.records ?? core.journal
  view.setUint32(16, plain.id, true)
  into.reserve(length)
  into.block.set(record.subarray(RecordBuffer.header), into.at + RecordBuffer.header)
  into.seal(RecordType.messageAdded, durable ? RecordFlag.none : RecordFlag.volatile, length)
  if (transaction !== null && durable) transaction.durable = true
}

function refusedSend(session: Session, frame: Frame, bad: BadSend): void {
  const receipt = frame.get(Header.receipt)
  if (bad.fatal) session.fatalError(bad.message, receipt)
  else session.error(bad.message, receipt)
}

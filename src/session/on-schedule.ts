import type { DestinationName } from '../base/destination.ts'
import { emptyDelivery, type Delivery } from '../destination/destination.ts'
import { Header, type Frame } from '../stomp/stomp.ts'
import { Refusal, type Core } from './core.ts'
import { writeMessage, type BadSend, type Written } from './message.ts'
import { INVALID_DESTINATION, NO_DESTINATION, parseDestinations, resolveName } from './names.ts'
import type { Transaction } from './on-transaction.ts'
import { RecordBuffer, writeJournaled } from './record-target.ts'
import { JOB_ID, planOf, type SchedulePlan } from './scheduled.ts'
import { sendContext } from './send-context.ts'
import type { Session } from './session.ts'

const written: Written = { at: 0 as Written['at'], length: 0, persistent: false, expired: false }

/**
 * A SEND that is delivered later: a job, whose destination is not looked at before it is due. The right to write is asked
 * for now, everything else is done with the broker's own (semantics SC-02, SC-09, SA-11).
 */
export function schedule(session: Session, frame: Frame, transaction: Transaction | null): Refusal | BadSend | null {
  if (frame.line(Header.destination) < 0) return new Refusal(NO_DESTINATION, false)
  const names = resolvedNames(session, frame)
  if (names === null) return null
  const plan = planOf(name => (frame.find(name) < 0 ? undefined : frame.value(frame.find(name))))
  return scheduleFor(session, frame, transaction, names, plan)
}

/** As `schedule`, for these destinations and at these times. */
export function scheduleFor(
  session: Session,
  frame: Frame,
  transaction: Transaction | null,
  names: readonly DestinationName[],
  plan: SchedulePlan,
): Refusal | BadSend | null {
  const { core } = session
  const scheduler = core.scheduler!
  const receipt = frame.get(Header.receipt)
  const denied = mayNot(session, names)
  if (denied !== null) return denied
  const records = new RecordBuffer(4096 + frame.bodyEnd - frame.bodyStart)
  const bad = writeMessage(frame, records, 0, false, sendContext(session), written)
  if (bad !== null) return bad
  if (plan.repeat > scheduler.maxRepeat) return new Refusal('The scheduled repeat value is too large', false)
  session.sends++
  const { length, persistent } = written
  const message: Delivery = { ...emptyDelivery(), block: records.block, view: records.view, length, persistent }
  const put = (): boolean => {
    if (scheduler.full) return false
    if (transaction === null) store(core, message, names, plan)
    else transaction.schedules(message, names, plan)
    return true
  }
  if (put()) {
    if (receipt !== undefined) session.receiptFor(receipt)
    return null
  }
  // Whatever else this connection sends waits too (semantics M-03, L-04).
  session.park({
    to: [],
    transaction,
    bytes: length,
    blocks: true,
    attempt: () => {
      if (!put()) return false
      if (!session.ended) session.receiptFor(receipt)
      return true
    },
    deadline: Infinity,
    late: () => {},
    abort: () => session.receiptFor(receipt),
  })
  return null
}

function store(core: Core, message: Delivery, names: readonly DestinationName[], plan: SchedulePlan): void {
  const records = new RecordBuffer(message.length + 256, () => core.epoch)
  core.scheduler!.write(records, message, names, plan, core.now)
  writeJournaled(core.journal, [records], true)
}

/** The destinations of a SEND, none of them made; null when the session was ended with an ERROR. */
function resolvedNames(session: Session, frame: Frame): readonly DestinationName[] | null {
  const parsed = parseDestinations(frame.get(Header.destination) ?? '')
  if (parsed !== null) return parsed.map(one => resolveName(session, one))
  session.fatalError(INVALID_DESTINATION, frame.get(Header.receipt))
  return null
}

export function mayNot({ core, identity }: Session, names: readonly DestinationName[]): Refusal | null {
  const refusal =
    names.length === 1 ? core.refusal(identity, 'write', names[0]!) : core.refusalOfAll(identity, 'write', names)
  return refusal === null ? null : new Refusal(refusal, true)
}

/** Is the SEND an order, whatever else it asks for? */
export function ordersScheduler(session: Session, frame: Frame): boolean {
  const [first] = parseDestinations(frame.get(Header.destination) ?? '') ?? []
  return first !== undefined && session.core.scheduler?.manages(first.name) === true
}

/** A message that orders something of the scheduler: it goes to nobody (semantics SC-11). */
export function orderOfScheduler(session: Session, frame: Frame): Refusal | null {
  const value = (name: string): string | null => (frame.find(name) < 0 ? null : frame.value(frame.find(name)))
  const [from, to] = [value('ACTION_START_TIME'), value('ACTION_END_TIME')]
  const window = from === null || to === null ? null : ([Number(from), Number(to)] as const)
  for (const text of window === null ? [] : [from, to])
    if (!/^[+-]?\d{1,19}$/.test(text ?? '')) return new Refusal(`Invalid time: ${text}`, false)
  const replyTo = parseDestinations(frame.get(Header.replyTo) ?? '')
  session.core.scheduler!.order({
    action: value('AMQ_SCHEDULER_ACTION') ?? '',
    jobId: value(JOB_ID),
    window,
    replyTo: frame.line(Header.replyTo) < 0 ? [] : (replyTo ?? []).map(one => resolveName(session, one)),
  })
  const receipt = frame.get(Header.receipt)
  if (receipt !== undefined) session.receiptFor(receipt)
  return null
}

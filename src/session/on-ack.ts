import type { MessageKey } from '../base/lsn.ts'
import { DeliveryState, type Queue } from '../destination/destination.ts'
import { Header, Version, type Frame } from '../stomp/stomp.ts'
import type { Transaction } from './on-transaction.ts'
import type { Session } from './session.ts'
import { AckMode, type Subscription } from './subscription.ts'

/** A delivery that an ACK or NACK names. */
interface Named {
  readonly subscription: Subscription
  readonly index: number
}

/** ACK: one delivery, or in client mode all up to it (S-ACK-01 … S-ACK-12, S-TX-08). */
export function onAck(session: Session, frame: Frame): void {
  const receipt = frame.get(Header.receipt)
  const missing = missingAckHeader(session, frame)
  if (missing !== null) return session.error(missing, receipt)
  const transaction = transactionOf(session, frame)
  if (typeof transaction === 'string') return session.error(transaction, receipt)
  const named = findDelivery(session, frame, DeliveryState.outstanding)
  if (named === null) {
    if (transaction !== null && session.version !== Version.v12 && repeated(session, frame, transaction)) {
      return session.receipt(frame)
    }
    const id = frame.get(Header.messageId) ?? 'null'
    return session.error(`Unexpected ACK received for message-id [${id}]`, receipt)
  }
  session.core.plugins?.messages?.acknowledging(session, idOf(frame), true)
  const { subscription, index } = named
  const first = subscription.options.ack === AckMode.client ? subscription.window.firstOutstanding() : index
  const refusal = transaction === null ? null : transaction.enlist(subscription, first, index)
  if (refusal !== null) {
    if (receipt === undefined) transaction!.rollbackOnly = true
    return session.error(refusal.message, receipt)
  }
  if (transaction === null) acknowledge(subscription, first, index)
  session.receipt(frame)
}

/** What the frame calls the message. */
const idOf = (frame: Frame): string => frame.get(Header.id) ?? frame.get(Header.messageId) ?? ''

/** Settles the outstanding deliveries of [first, last]; the window opens when that is committed (B3). */
export function acknowledge(subscription: Subscription, first: number, last: number): void {
  if (first === last) return acknowledgeOne(subscription, first)
  const { session, window } = subscription
  const batches = new Map<Queue, { keys: MessageKey[]; persistent: boolean }>()
  let count = 0
  let queue: Queue | null = null
  let batch: { keys: MessageKey[]; persistent: boolean } | null = null
  for (let index = first; index <= last; index++) {
    if (window.state(index) !== DeliveryState.outstanding) continue
    const from = window.queue(index)
    if (from !== null) {
      if (from !== queue || batch === null) {
        queue = from
        batch = batches.get(from) ?? { keys: [], persistent: false }
        batches.set(from, batch)
      }
      batch.keys.push(window.key(index))
      batch.persistent ||= window.persistent(index)
    }
    window.setState(index, DeliveryState.settled)
    count++
  }
  window.trim()
  subscription.forgetSettled()
  for (const [from, { keys, persistent }] of batches) session.core.remove(from, keys, persistent)
  session.afterCommit(() => subscription.opened(count))
}

const one: MessageKey[] = [0 as MessageKey]

function acknowledgeOne(subscription: Subscription, index: number): void {
  const { session, window } = subscription
  const queue = window.queue(index)
  const persistent = window.persistent(index)
  one[0] = window.key(index)
  settle(subscription, index)
  if (queue !== null) session.core.remove(queue, one, persistent)
  session.afterCommit(() => subscription.opened(1))
}

function settle(subscription: Subscription, index: number): void {
  subscription.window.setState(index, DeliveryState.settled)
  subscription.window.trim()
  subscription.forgetSettled()
}

/** NACK: exactly one delivery, taken off its queue and handed to the dead-letter strategy at once (S-NAK-04, S-NAK-05). */
export function onNack(session: Session, frame: Frame): void {
  const receipt = frame.get(Header.receipt)
  const missing = missingNackHeader(session, frame)
  if (missing !== null) return session.error(missing, receipt)
  const transaction = transactionOf(session, frame)
  if (typeof transaction === 'string') return session.error(transaction, receipt)
  const named = findDelivery(session, frame, DeliveryState.outstanding)
  if (named === null) {
    // Named by subscription it is refused whatever was shown (stomp S-NAK-09).
    const by = session.version === Version.v11 ? session.subscriptions.get(frame.get(Header.subscription)!) : undefined
    if (by !== undefined && by.browser !== null) return session.error(NOT_FOR_BROWSERS, receipt)
    const id = frame.get(Header.messageId) ?? 'null'
    return session.error(`Unexpected NACK received for message-id [${id}]`, receipt)
  }
  const { subscription, index } = named
  if (subscription.browser !== null) return session.error(NOT_FOR_BROWSERS, receipt)
  const { window } = subscription
  if (transaction !== null) {
    window.setState(index, DeliveryState.poisoned)
    if (receipt === undefined) transaction.rollbackOnly = true
    return session.error(`Poison ack cannot be transacted: ${window.number(index)}`, receipt)
  }
  session.core.plugins?.messages?.acknowledging(session, idOf(frame), false)
  const queue = window.queue(index)
  const key = window.key(index)
  settle(subscription, index)
  const finish = (): void => {
    session.afterCommit(() => subscription.opened(1))
    session.receipt(frame)
  }
  // A plain topic subscription is only settled (S-NAK-11).
  if (queue === null) return finish()
  session.stall()
  session.core.deadLetter(queue, key, () => {
    session.afterCommit(() => subscription.opened(1))
    session.receiptFor(receipt)
    session.unstall()
  })
}

const NOT_FOR_BROWSERS = 'Cannot Nack a message on a Queue Browser Subscription.'

function missingAckHeader(session: Session, frame: Frame): string | null {
  if (session.version === Version.v12) {
    return frame.line(Header.id) < 0 ? 'ACK received without a ack id for acknowledge!' : null
  }
  if (frame.line(Header.messageId) < 0) return 'ACK received without a message-id to acknowledge!'
  if (session.version === Version.v11 && frame.line(Header.subscription) < 0) {
    return 'ACK received without a subscription id for acknowledge!'
  }
  return null
}

function missingNackHeader(session: Session, frame: Frame): string | null {
  if (session.version === Version.v10) return 'NACK received but connection is in v1.0 mode.'
  if (session.version === Version.v12) {
    return frame.line(Header.id) < 0 ? 'NACK received without an ack header to acknowledge!' : null
  }
  if (frame.line(Header.subscription) < 0) return 'NACK received without a subscription id for acknowledge!'
  return frame.line(Header.messageId) < 0 ? 'NACK received without a message-id to acknowledge!' : null
}

/** The open transaction the frame names, null when it names none, or the text of the error (S-ACK-11, S-TX-04). */
function transactionOf(session: Session, frame: Frame): Transaction | string | null {
  const name = frame.get(Header.transaction)
  if (name === undefined) return null
  return session.transactions.get(name) ?? `Invalid transaction id: ${name}`
}

/** The delivery in this state that the frame names, or null (S-ACK-08). */
function findDelivery(session: Session, frame: Frame, state: number): Named | null {
  return session.version === Version.v12 ? byAckId(session, frame, state) : byMessageId(session, frame, state)
}

function byAckId(session: Session, frame: Frame, state: number): Named | null {
  const id = frame.get(Header.id)!
  const stem = `${session.id}:`
  const number = Number(id.slice(stem.length))
  if (!Number.isSafeInteger(number) || id !== stem + number) return null
  for (const subscription of session.allSubscriptions) {
    const index = subscription.window.find(number)
    if (index >= 0) return subscription.window.state(index) === state ? { subscription, index } : null
  }
  return null
}

/** In 1.0 `subscription` is optional: the first subscription that holds the id (S-ACK-01). */
function byMessageId(session: Session, frame: Frame, state: number): Named | null {
  const id = frame.get(Header.messageId)!
  const wanted = frame.get(Header.subscription)
  if (wanted !== undefined) {
    const subscription = session.subscriptions.get(wanted)
    return subscription === undefined ? null : inSubscription(subscription, id, state)
  }
  for (const subscription of session.allSubscriptions) {
    const named = inSubscription(subscription, id, state)
    if (named !== null) return named
  }
  return null
}

function inSubscription(subscription: Subscription, id: string, state: number): Named | null {
  const index = subscription.byMessageId(id, state)
  return index >= 0 ? { subscription, index } : null
}

/** The same acknowledgement again in the same transaction (S-TX-08). */
function repeated(session: Session, frame: Frame, transaction: Transaction): boolean {
  const named = byMessageId(session, frame, DeliveryState.enlisted)
  return named !== null && transaction.holds(named.subscription, named.subscription.window.number(named.index))
}

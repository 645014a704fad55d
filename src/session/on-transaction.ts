import type { DestinationName } from '../base/destination.ts'
import type { MessageKey } from '../base/lsn.ts'
import { DeliveryState, type Delivery, type Queue, type Topic } from '../destination/destination.ts'
import { RECORD_HEADER, RecordFlag, RecordType } from '../journal/journal.ts'
import { Command, Header, type Frame } from '../stomp/stomp.ts'
import { writeRemoved } from './removed.ts'
import type { Refusal } from './core.ts'
import { RecordBuffer } from './record-target.ts'
import type { SchedulePlan } from './scheduled.ts'
import type { Session } from './session.ts'
import type { Subscription } from './subscription.ts'
import { enlistedBytes, overheadBytes } from './uncommitted.ts'

/** One open transaction: its records wait in a buffer of their own and reach the journal as one GROUP, or never. */
export class Transaction {
  readonly records: RecordBuffer
  /** Something in it must survive a crash. */
  durable = false
  /** A frame without receipt failed: COMMIT will (stomp S-TX-12). */
  rollbackOnly = false
  /** When it began, wall clock, ms. */
  readonly since: number
  /** Queues that were removed before it began: it has nothing for them. */
  readonly removedBefore: number
  readonly #session: Session
  /** The deliveries that it acknowledges, by their numbers. */
  readonly #enlisted = new Map<Subscription, Set<number>>()
  #enlistedBytes = 0
  /** Where their JOB records begin. */
  readonly #jobs: { readonly at: number; readonly plan: SchedulePlan }[] = []
  readonly #published: { readonly topic: Topic; readonly record: Buffer; readonly collected: boolean }[] = []
  #publishedBytes = 0
  /** What it counts for among all that are open. */
  #counted = 0
  readonly #nameBytes: number

  constructor(session: Session, name: string) {
    this.#session = session
    this.since = session.core.now
    this.removedBefore = session.core.lifetimes.removed
    this.records = new RecordBuffer(256, () => session.core.epoch)
    this.#nameBytes = overheadBytes + 2 * name.length
  }

  /** May it take so many bytes more? Then they count, until it ends. */
  take(bytes: number): Refusal | null {
    return this.#take(bytes + overheadBytes)
  }

  #take(more: number): Refusal | null {
    const { uncommitted } = this.#session.core
    const held = this.#nameBytes + this.records.bytes + this.#publishedBytes + this.#enlistedBytes
    const refusal = uncommitted.refusal(held, more)
    if (refusal === null) this.#count(held + more)
    return refusal
  }

  #count(bytes: number): void {
    this.#session.core.uncommitted.bytes += bytes - this.#counted
    this.#counted = bytes
  }

  /** The delay begins when it commits (semantics SC-09). */
  schedules(message: Delivery, names: readonly DestinationName[], plan: SchedulePlan): void {
    const { core } = this.#session
    this.#jobs.push({ at: core.scheduler!.write(this.records, message, names, plan, core.now), plan })
    this.durable = true
  }

  publishes(topic: Topic, record: Buffer, collected: boolean): void {
    // Topics that are shown the same share it.
    if (this.#published.at(-1)?.record !== record) this.#publishedBytes += record.length
    this.#publishedBytes += overheadBytes
    this.#published.push({ topic, record, collected })
  }

  /**
   * Takes the outstanding deliveries of [first, last] along; the window widens at once (stomp S-TX-09), so that the client can
   * go on for ever. None of them when all are too many.
   */
  enlist(subscription: Subscription, first: number, last: number): Refusal | null {
    const { window } = subscription
    const more = (last - first + 1) * enlistedBytes
    const refusal = this.#take(more)
    if (refusal !== null) return refusal
    this.#enlistedBytes += more
    const numbers = this.#enlisted.get(subscription) ?? new Set()
    if (numbers.size === 0) this.#enlisted.set(subscription, numbers)
    const before = numbers.size
    for (let index = first; index <= last; index++) {
      if (window.state(index) !== DeliveryState.outstanding) continue
      window.setState(index, DeliveryState.enlisted)
      numbers.add(window.number(index))
    }
    if (subscription.options.extends) subscription.extension += numbers.size - before
    this.#session.core.awaken(subscription)
    return null
  }

  holds(subscription: Subscription, number: number): boolean {
    return this.#enlisted.get(subscription)?.has(number) ?? false
  }

  /** Journals everything as one atomic record; its effects come when that is committed (stomp S-TX-07, ST-03). */
  commit(): void {
    this.#count(0)
    const session = this.#session
    for (const [subscription, numbers] of this.#enlisted) this.#settle(subscription, numbers)
    const { core } = session
    for (const { at, plan } of this.#jobs) core.scheduler!.renew(this.records, at, plan, core.now)
    if (this.records.bytes > 0) this.#journal()
    session.afterCommit(() => {
      for (const [subscription, { size }] of this.#enlisted) {
        if (subscription.options.extends) subscription.extension -= size
        subscription.opened(size)
      }
    })
    for (const { topic, record, collected } of this.#published) core.publishing.later(topic, record, collected)
  }

  /** Messages are forgotten, acknowledgements undone: those deliveries are outstanding again (stomp S-TX-10). */
  rollBack(): void {
    this.#count(0)
    const { core } = this.#session
    const returned = new Map<Queue, { keys: MessageKey[]; persistent: boolean }>()
    for (const [subscription, numbers] of this.#enlisted) {
      const { window } = subscription
      if (subscription.options.extends) subscription.extension -= numbers.size
      for (const number of numbers) {
        const index = window.find(number)
        window.setState(index, DeliveryState.outstanding)
        const queue = window.queue(index)
        if (!subscription.closed || queue === null) continue
        // The subscription is gone: there is nobody left to acknowledge it.
        const batch = returned.get(queue) ?? { keys: [], persistent: false }
        returned.set(queue, batch)
        batch.keys.push(window.key(index))
        batch.persistent ||= window.persistent(index)
        window.setState(index, DeliveryState.settled)
      }
    }
    for (const [queue, { keys, persistent }] of returned) {
      // Out-of-order acknowledgements come back in queue order.
      keys.sort((a, b) => a - b)
      core.giveBack(queue, keys, persistent)
    }
    this.#enlisted.clear()
  }

  #settle(subscription: Subscription, numbers: ReadonlySet<number>): void {
    const { window } = subscription
    const batches = new Map<Queue, MessageKey[]>()
    for (const number of numbers) {
      const index = window.find(number)
      const queue = window.queue(index)
      if (window.persistent(index)) this.durable = true
      if (queue !== null) {
        const keys = batches.get(queue)
        if (keys === undefined) batches.set(queue, [window.key(index)])
        else keys.push(window.key(index))
      }
      window.setState(index, DeliveryState.settled)
    }
    window.trim()
    subscription.forgetSettled()
    for (const [queue, keys] of batches) writeRemoved(this.records, queue, keys, RecordFlag.none)
  }

  #journal(): void {
    const { core } = this.#session
    core.lifetimes.redirect(this.records)
    const { journal } = core
    const length = RECORD_HEADER + this.records.bytes
    journal.reserve(length)
    journal.block.set(this.records.block.subarray(0, this.records.bytes), journal.at + RECORD_HEADER)
    journal.seal(RecordType.group, this.durable ? RecordFlag.none : RecordFlag.volatile, length)
  }
}

/** BEGIN, COMMIT and ABORT (S-TX-01 … S-TX-03, S-TX-06, S-TX-12). */
export function onTransaction(session: Session, frame: Frame): void {
  const receipt = frame.get(Header.receipt)
  const name = frame.get(Header.transaction)
  if (frame.command === Command.begin) {
    if (name === undefined) return session.error('Must specify the transaction you are beginning', receipt)
    if (session.transactions.has(name)) return session.error(`The transaction was already started: ${name}`, receipt)
    session.core.plugins?.events?.transaction('Beginning', name)
    const transaction = new Transaction(session, name)
    const full = transaction.take(0)
    if (full !== null) return session.error(full.message, receipt)
    session.transactions.set(name, transaction)
    return session.receipt(frame)
  }
  if (name === undefined) return session.error('Must specify the transaction you are committing', receipt)
  const transaction = session.transactions.get(name)
  if (transaction === undefined) return session.error(`Invalid transaction id: ${name}`, receipt)
  if (frame.command === Command.commit && session.parked.holds(transaction))
    return commitLater(session, name, transaction, receipt)
  session.transactions.delete(name)
  session.parked.abort(transaction, session.core.now)
  const commits = frame.command === Command.commit && !transaction.rollbackOnly
  session.core.plugins?.events?.transaction(commits ? 'Committing' : 'Rolling back', name)
  if (commits) {
    transaction.commit()
    return session.receipt(frame)
  }
  transaction.rollBack()
  if (frame.command === Command.abort) return session.receipt(frame)
  session.error(ROLLED_BACK, receipt)
}

const ROLLED_BACK = 'COMMIT FAILED: Transaction marked rollback only xaErrorCode:100'

/** SENDs of the transaction wait for space: it commits when they are in it, and nothing behind it is read before. */
function commitLater(session: Session, name: string, transaction: Transaction, receipt: string | undefined): void {
  session.park({
    to: [],
    transaction,
    bytes: 0,
    blocks: true,
    attempt: () => {
      session.core.plugins?.events?.transaction('Committing', name)
      session.transactions.delete(name)
      // One of its SENDs has waited for too long.
      if (transaction.rollbackOnly) {
        transaction.rollBack()
        session.error(ROLLED_BACK, receipt)
        return true
      }
      transaction.commit()
      session.receiptFor(receipt)
      return true
    },
    deadline: Infinity,
    late: () => {},
    abort: () => {},
  })
}

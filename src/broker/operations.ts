import { destinationUri, isTemporaryKind, type DestinationName } from '../base/destination.ts'
import { TandemError } from '../base/errors.ts'
import {
  Queue,
  Selection,
  selectionOf,
  shownName,
  type Condition,
  type Delivery,
  type Topic,
} from '../destination/destination.ts'
import { RecordFlag, RemovalReason } from '../journal/journal.ts'
import {
  RecordBuffer,
  Refusal,
  messageIdOf,
  ownMessage,
  writeRemoved,
  type Identity,
  type ReleasePort,
} from '../session/session.ts'
import { Backlog } from './backlog.ts'
import type { Broker } from './broker.ts'
import { asMoved, originalNames } from './moved.ts'
import { Pace } from './pace.ts'
import { JOBS, inventory, releasedFrom, releasedMessage } from './releasing.ts'
import { statisticsOf, type DestinationStatistics } from './statistics.ts'

export type { DestinationStatistics } from './statistics.ts'

/** Which messages of a queue are meant. Nothing given: all. */
export interface MessageFilter {
  /** By `message-id`, as a client sees it. */
  readonly ids?: readonly string[]
  /** A selector, which compares values as they are (semantics A-02, S-06). */
  readonly selector?: string
  /** At most so many. */
  readonly max?: number
}

/**
 * What an administrator does to destinations (semantics A-01 … A-07). Every step is journaled before it counts: a message
 * that is moved is in one of the two queues, whatever happens. Long queues are worked off in batches, between which the
 * broker serves its clients; what is cut short, by a stop or a take-over, is completed by asking again.
 *
 * Each rejects with DESTINATION_UNKNOWN when there is no such destination, and with BROKER_STOPPED when the broker ends
 * or hands over before it is done.
 */
export interface Operations {
  /** Every named destination, as of now. */
  destinations(): readonly DestinationName[]
  /** Null: there is no such destination. */
  statistics(at: DestinationName): DestinationStatistics | null
  /** Finds or makes it. Resolves when that is journaled. */
  create(at: DestinationName): Promise<void>
  /** Removes every message that is in the queue now, those that consumers hold included. Answers how many. */
  purge(at: DestinationName): Promise<number>
  /** Removes messages; answers how many. */
  remove(at: DestinationName, filter: MessageFilter): Promise<number>
  /** Copies to another destination; the copies keep their identity. Answers how many; to itself 0. */
  copy(at: DestinationName, to: DestinationName, filter?: MessageFilter): Promise<number>
  /** Moves to another destination, where redeliveries are counted anew. Answers how many; to itself 0. */
  move(at: DestinationName, to: DestinationName, filter?: MessageFilter): Promise<number>
  /** Moves each message that has an `original-destination` back to it; answers how many. */
  retry(at: DestinationName, filter?: MessageFilter): Promise<number>
  /** Nothing more is handed over or shown to browsers; what is sent is kept. Forgotten by a restart. */
  pause(at: DestinationName): void
  resume(at: DestinationName): void
  /** Removes it with all its messages. Rejects DESTINATION_IN_USE while it has consumers, unless forced. */
  removeDestination(at: DestinationName, options?: { readonly force?: boolean }): Promise<void>
}

export class BrokerOperations implements Operations, ReleasePort {
  readonly #broker: Broker
  readonly #pace: Pace

  constructor(broker: Broker) {
    this.#broker = broker
    this.#pace = new Pace(broker)
  }

  destinations(): readonly DestinationName[] {
    return [...this.#broker.registry.named()].map(({ at }) => at)
  }

  statistics(at: DestinationName): DestinationStatistics | null {
    const to = this.#broker.find(at.kind, at.name)
    return to === null ? null : statisticsOf(to)
  }

  /**
   * Journals what management changes, and answers when it is committed; not while a hand-over is under way, of whose end it
   * waits first. Rejects BROKER_STOPPED when the broker ends or hands over before: whoever asked gets an answer.
   */
  async change<T>(journaled: () => T): Promise<T> {
    if (this.#broker.quiesced) await this.#pace.committed()
    const done = journaled()
    await this.#pace.written()
    return done
  }

  async create(at: DestinationName): Promise<void> {
    const full = this.#broker.find(at.kind, at.name) === null ? this.#broker.lifetimes.refusal(at) : null
    if (full !== null) throw new TandemError('DESTINATION_LIMIT', full)
    await this.#pace.committed()
    this.#broker.create(at, null)
    await this.#pace.committed()
  }

  async removeDestination(at: DestinationName, { force = false }: { readonly force?: boolean } = {}): Promise<void> {
    await this.#pace.committed()
    this.#broker.lifetimes.remove(this.#destination(at), force)
    await this.#pace.committed()
  }

  pause(at: DestinationName): void {
    this.#queue(at).paused = true
  }

  resume(at: DestinationName): void {
    const queue = this.#queue(at)
    if (!queue.paused) return
    queue.paused = false
    this.#broker.markDirty(queue)
    this.#broker.browsing.resumed(queue)
  }

  async purge(at: DestinationName): Promise<number> {
    return this.#drop(this.#queue(at), {}, RemovalReason.purged)
  }

  async remove(at: DestinationName, filter: MessageFilter): Promise<number> {
    return this.#drop(this.#queue(at), filter, RemovalReason.purged)
  }

  /** As `remove`, from the backlog of a durable subscription. */
  removeFrom(queue: Queue, filter: MessageFilter): Promise<number> {
    return this.#drop(queue, filter, RemovalReason.purged)
  }

  /**
   * Takes one message that waits and that the filter accepts, as a consumer would; answers what `read` makes of it, when
   * that is journaled. Null: there is none, or the queue is paused.
   */
  async take<T>(at: DestinationName, filter: MessageFilter, read: (message: Delivery) => T): Promise<T | null> {
    const { journal } = this.#broker
    const queue = this.#queue(at)
    if (queue.paused) return null
    let taken: T | null = null
    let written: Promise<void> | null = null
    const run = this.#run(this.#backlog(queue), { ...filter, max: 1 }, message => {
      const { key, persistent } = message
      if (!queue.isWaiting(key) || !queue.claim(key)) return false
      taken = read(message)
      writeRemoved(journal, queue, [key], persistent ? RecordFlag.none : RecordFlag.volatile)
      written = this.#pace.written()
      written.catch(() => {}) // awaited below, or told by `run`
      return true
    })
    // It is gone when that is committed, and must not be lost on its way to whoever took it: not even to a hand-over.
    await run.catch((error: unknown) => written ?? Promise.reject(error as Error))
    return taken
  }

  async copy(at: DestinationName, to: DestinationName, filter: MessageFilter = {}): Promise<number> {
    const queue = this.#queue(at)
    if (isSame(at, to)) return 0
    return this.#each(queue, filter, message => {
      this.#broker.deposit([to], asMoved(message, at))
      return true
    })
  }

  async move(at: DestinationName, to: DestinationName, filter: MessageFilter = {}): Promise<number> {
    const queue = this.#queue(at)
    if (isSame(at, to)) return 0
    return this.#each(queue, filter, message => this.#moveTo(queue, message, [to]))
  }

  async retry(at: DestinationName, filter: MessageFilter = {}): Promise<number> {
    const queue = this.#queue(at)
    return this.#each(queue, filter, message => {
      const names = originalNames(message)
      if (names.length === 0 || names.some(name => isSame(name, at) || !this.#takes(name))) return false
      return this.#moveTo(queue, message, names)
    })
  }

  tellInventory(identity: Identity, replyTo: readonly DestinationName[]): void {
    const broker = this.#broker
    const id = `${broker.identification.brokerId}:2:0:${++this.#replies}`
    const body = Buffer.from(JSON.stringify(inventory(broker, identity)))
    const plain = { persistent: false, priority: 4, expires: 0, timestamp: broker.now, text: true, headers: [] }
    broker.deposit(replyTo, ownMessage({ ...plain, id, body }))
  }
  #replies = 0

  async releaseSubscription(clientId: string, name: string, identity: Identity): Promise<Refusal | null> {
    const broker = this.#broker
    const durable = broker.durables.find(clientId, name)
    if (durable === undefined || durable.subscriber !== null)
      return new Refusal(durable === undefined ? 'There is no such durable subscription' : IN_USE, false)
    const { queue } = durable
    const made = (message: Delivery): Delivery => releasedMessage(message, () => broker.epoch)
    // A pattern may have collected more than this identity may read (semantics SA-07).
    const mayRead = (message: Delivery): boolean =>
      broker.refusal(identity, 'read', shownName(message) ?? queue.at) === null
    // A subscriber who comes meanwhile keeps what is left.
    const act = (message: Delivery): boolean =>
      durable.subscriber === null && mayRead(message) && this.#moveTo(queue, message, [releasedFrom(durable)], made)
    await this.#each(queue, {}, act)
    return durable.subscriber === null ? null : new Refusal(IN_USE, false)
  }

  async releaseScheduled(): Promise<void> {
    await this.#pace.committed()
    await this.#broker.scheduler?.release(JOBS, () => this.#pace.committed())
  }

  /** The copy and the removal are one record (semantics A-04). */
  #moveTo(
    queue: Queue,
    message: Delivery,
    names: readonly DestinationName[],
    made: (message: Delivery) => Delivery = one => asMoved(one, queue.at),
  ): boolean {
    const broker = this.#broker
    const { key, persistent } = message
    if (!names.every(name => this.#takes(name)) || !queue.claim(key)) return false
    const durable = persistent && !isTemporaryKind(queue.at.kind)
    const id = messageIdOf(message)
    const origins = originalNames(message)
    const records = new RecordBuffer(64, () => broker.epoch)
    const flags = durable ? RecordFlag.none : RecordFlag.volatile
    writeRemoved(records, queue, [key], flags, RemovalReason.moved)
    broker.deposit(names, made(message), { records, durable })
    broker.deadLetters.forget(queue.at, origins, id)
    return true
  }

  /** A temporary destination may be gone: what is for it stays where it is. */
  #takes({ kind, name }: DestinationName): boolean {
    return !isTemporaryKind(kind) || this.#broker.find(kind, name) !== null
  }

  /** Takes messages out, many with a record. */
  async #drop(queue: Queue, filter: MessageFilter, reason: number): Promise<number> {
    const { journal } = this.#broker
    const byContent = filter.ids !== undefined || filter.selector !== undefined
    const backlog = this.#backlog(queue)
    if (byContent)
      return this.#run(backlog, filter, ({ key, persistent }) => {
        if (!queue.claim(key)) return false
        writeRemoved(journal, queue, [key], persistent ? RecordFlag.none : RecordFlag.volatile, reason)
        return true
      })
    return backlog.take(filter.max ?? Infinity, (keys, persistent) => {
      writeRemoved(journal, queue, keys, persistent ? RecordFlag.none : RecordFlag.volatile, reason)
    })
  }

  #each(queue: Queue, filter: MessageFilter, act: (message: Delivery) => boolean): Promise<number> {
    return this.#run(this.#backlog(queue), filter, act)
  }

  #run(backlog: Backlog, { ids, selector, max }: MessageFilter, act: (message: Delivery) => boolean): Promise<number> {
    const wanted = ids === undefined ? null : new Set(ids)
    const condition = selector === undefined ? null : selectedBy(selector)
    return backlog.each(Math.min(max ?? Infinity, wanted?.size ?? Infinity), message => {
      if (wanted !== null && !wanted.has(messageIdOf(message))) return false
      if (condition !== null && !condition.accepts(message)) return false
      return act(message)
    })
  }

  #backlog(queue: Queue): Backlog {
    return new Backlog(this.#broker, this.#pace, queue)
  }

  soon(run: () => void): void {
    this.#pace.soon(run)
  }

  /** A hand-over was given up: operations go on. */
  resumed(): void {
    this.#pace.resumed()
  }

  /** The broker ends: whoever waits is told. */
  stop(): void {
    this.#pace.stop()
  }

  #destination(at: DestinationName): Queue | Topic {
    const to = this.#broker.find(at.kind, at.name)
    if (to === null) throw new TandemError('DESTINATION_UNKNOWN', `there is no ${destinationUri(at)}`)
    return to
  }

  #queue(at: DestinationName): Queue {
    const to = this.#destination(at)
    if (!(to instanceof Queue)) throw new TandemError('DESTINATION_UNKNOWN', `${destinationUri(at)} is no queue`)
    return to
  }
}

const IN_USE = 'Durable consumer is in use'

/** Values are compared as they are (semantics S-06). */
function selectedBy(text: string): Condition {
  const selection = selectionOf(text, false)
  if (selection instanceof Selection) return selection
  throw new TandemError('SELECTOR_INVALID', `"${text}" is no selector: ${selection.message}`)
}

const isSame = (a: DestinationName, b: DestinationName): boolean => a.kind === b.kind && a.name === b.name

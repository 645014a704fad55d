import { isTemporaryKind } from '../base/destination.ts'
import { TandemError } from '../base/errors.ts'
import { epoch as toEpoch, type Epoch, type Lsn, type MessageKey } from '../base/lsn.ts'
import {
  MESSAGE_HEADER,
  RECORD_HEADER,
  RecordType,
  Trait,
  hiddenEnd,
  readLsn,
  type JournalEpoch,
} from '../journal/journal.ts'
import { digestOf } from './digest.ts'
import { Mark, MessageIndex, type Chunk } from './message-index.ts'
import { SegmentLiveness } from './liveness.ts'
import { readJob, type Job } from './schedule.ts'
import { decodeSubscription, type StoredSubscription } from './stored-subscription.ts'

/** What can hold messages: a destination, a durable subscription with what it has collected, the scheduler with its jobs. */
export const StoredKind = { queue: 0, topic: 1, tempQueue: 2, tempTopic: 3, subscription: 4, scheduler: 5 } as const
export type StoredKind = (typeof StoredKind)[keyof typeof StoredKind]

/** A queue as the journal knows it. */
export interface StoredDestination {
  readonly id: number
  readonly kind: StoredKind
  /** Of a subscription: `client id:name`. */
  readonly name: string
  /** Of the kind subscription only, else null. */
  readonly subscription: StoredSubscription | null
  readonly messages: MessageIndex
}

/** What a record did to the state, for whoever has to act on it. Reused: read it before the next apply. */
export interface Applied {
  /** The destination whose messages changed, the first of several; or null. */
  destination: StoredDestination | null
  added: number
  removed: number
}

/** Why an epoch began (payload of EPOCH). */
export const EpochReason = { first: 0, restart: 1, promotion: 2 } as const

/**
 * The broker's durable state: the fold of the journal.
 * `apply` is the only way in: live traffic, recovery and the passive all call it, in the order of the records.
 */
export class DurableState {
  epoch: Epoch = toEpoch(0)
  /** Every activation that is known, oldest first. */
  readonly epochs: JournalEpoch[] = []
  /** Everything below was applied. */
  applied: Lsn = 0 as Lsn
  /** The id the next new destination gets. */
  nextDestinationId = 1
  /** By id. A Map: ids are never used again, and whoever makes temporary queues for years must not pay for those gone. */
  readonly destinations: Map<number, StoredDestination> = new Map<number, StoredDestination>()
  readonly liveness: SegmentLiveness = new SegmentLiveness()
  /** Jobs by the key of their message. */
  readonly schedule: Map<MessageKey, Job> = new Map<MessageKey, Job>()
  readonly last: Applied = { destination: null, added: 0, removed: 0 }
  /** The MESSAGE_ADDED that a JOB without a key belongs to. */
  #lastAdded: Lsn = 0 as Lsn

  destination(id: number): StoredDestination | undefined {
    return this.destinations.get(id)
  }

  /** Live messages of all destinations. */
  get messages(): number {
    let sum = 0
    for (const at of this.destinations.values()) sum += at.messages.live
    return sum
  }

  /** 16 hex digits of all that the state says: at equal `applied` they are equal on both twins (I10). Reads every message. */
  digest(): string {
    return digestOf(this)
  }

  /** Folds the record at `offset` of `block`, whose Lsn is `at`, into the state. Answers `last`. */
  apply(block: Buffer, view: DataView, offset: number, at: Lsn): Applied {
    const last = this.last
    last.destination = null
    last.added = 0
    last.removed = 0
    this.#applyOne(block, view, offset, at)
    this.applied = (at + view.getUint32(offset + 4, true)) as Lsn
    return last
  }

  #applyOne(block: Buffer, view: DataView, offset: number, at: Lsn): void {
    const length = view.getUint32(offset + 4, true)
    switch (view.getUint8(offset + 8) as RecordType) {
      case RecordType.messageAdded:
        return this.#messageAdded(view, offset, at, length)
      case RecordType.messageRemoved:
        return this.#messageRemoved(view, offset, length)
      case RecordType.group: {
        const end = offset + length
        for (let inner = offset + RECORD_HEADER; inner < end; inner += view.getUint32(inner + 4, true)) {
          this.#applyOne(block, view, inner, (at + (inner - offset)) as Lsn)
        }
        return
      }
      case RecordType.relocated:
        return this.#relocated(view, offset, at, length)
      case RecordType.redelivered:
        return this.#redelivered(view, offset, length, false)
      case RecordType.dispatched:
        return this.#redelivered(view, offset, length, true)
      case RecordType.destinationAdded: {
        const id = view.getUint32(offset + 16, true)
        const kind = view.getUint8(offset + 20) as StoredKind
        this.restoreDestination(id, kind, block.toString('utf8', offset + 21, offset + length))
        return
      }
      case RecordType.destinationRemoved:
        return this.#forget(view.getUint32(offset + 16, true))
      case RecordType.subscriptionAdded: {
        this.restoreSubscription(view.getUint32(offset + 16, true), decodeSubscription(block, offset + 20))
        return
      }
      case RecordType.job:
        return this.#job(readJob(block, view, offset))
      case RecordType.segment:
        return this.liveness.startSegment(at)
      case RecordType.epoch:
        this.#epochBegun(block, view, offset, at)
        if (view.getUint8(offset + 40) !== EpochReason.promotion) this.#dropVolatile()
        for (const { messages } of this.destinations.values()) messages.beginEpoch()
        return
      default:
        throw new TandemError('STORE_UNKNOWN_RECORD', `record at ${at} has a type that this version does not know`, {
          hint: 'The journal was written by a newer TandemMQ; start it with that version.',
        })
    }
  }

  /** Makes a destination known: by a DESTINATION_ADDED record or from a snapshot. */
  restoreDestination(id: number, kind: StoredKind, name: string): StoredDestination {
    return this.#restore({ id, kind, name, subscription: null, messages: new MessageIndex() })
  }

  /** As `restoreDestination`, a durable subscription. */
  restoreSubscription(id: number, subscription: StoredSubscription): StoredDestination {
    const name = `${subscription.clientId}:${subscription.name}`
    return this.#restore({ id, kind: StoredKind.subscription, name, subscription, messages: new MessageIndex() })
  }

  #restore(added: StoredDestination): StoredDestination {
    const { id } = added
    const known = this.destinations.get(id)
    if (known !== undefined) return known
    this.destinations.set(id, added)
    if (id >= this.nextDestinationId) this.nextDestinationId = id + 1
    return added
  }

  #epochBegun(block: Buffer, view: DataView, offset: number, at: Lsn): void {
    this.epoch = toEpoch(view.getUint32(offset + 12, true))
    const uid = block.toString('hex', offset + RECORD_HEADER, offset + RECORD_HEADER + 16)
    this.epochs.push({ n: this.epoch, uid, start: at })
  }

  #messageAdded(view: DataView, offset: number, at: Lsn, length: number): void {
    this.#lastAdded = at
    this.#addTo(this.destinations.get(view.getUint32(offset + 16, true)), view, offset, at, length)
    if (view.getUint16(offset + 22, true) === 0) return
    for (let also = hiddenEnd(view, offset); also < offset + length; also += 4) {
      this.#addTo(this.destinations.get(view.getUint32(also, true)), view, offset, at, length)
    }
  }

  #addTo(target: StoredDestination | undefined, view: DataView, offset: number, at: Lsn, length: number): void {
    if (target === undefined) return
    target.messages.add(at, length, kindOf(view, offset), readLsn(view, offset + 32))
    this.liveness.add(at, length, kindOf(view, offset))
    this.last.destination ??= target
    this.last.added++
  }

  #job(job: Job): void {
    const key = job.key === 0 ? this.#lastAdded : job.key
    const target = this.destinations.get(job.destination)
    if (target?.kind !== StoredKind.scheduler || !target.messages.find(key)) return
    this.schedule.set(key, { ...job, key })
  }

  #messageRemoved(view: DataView, offset: number, length: number): void {
    const target = this.destinations.get(view.getUint32(offset + 16, true))
    if (target === undefined) return
    const messages = target.messages
    for (let i = offset + 24; i < offset + length; i += 8) {
      const key = readLsn(view, i)
      if (!messages.find(key)) continue
      if (this.schedule.size > 0 && this.schedule.get(key)?.destination === target.id) this.schedule.delete(key)
      const chunk = messages.foundChunk!
      const slot = messages.foundSlot
      this.liveness.remove(chunk.position(slot), chunk.sizes[slot]!, chunk.kinds[slot]!)
      messages.removeFound()
      this.last.removed++
    }
    this.last.destination ??= target
  }

  #relocated(view: DataView, offset: number, at: Lsn, length: number): void {
    const messages = this.destinations.get(view.getUint32(offset + 16, true))?.messages
    if (messages === undefined || !messages.find(readLsn(view, offset + 24) as MessageKey)) return
    const chunk = messages.foundChunk!
    const kind = chunk.kinds[messages.foundSlot]!
    this.liveness.remove(chunk.position(messages.foundSlot), chunk.sizes[messages.foundSlot]!, kind)
    messages.relocateFound(at, length)
    this.liveness.add(at, length, kind)
  }

  #redelivered(view: DataView, offset: number, length: number, remember: boolean): void {
    const messages = this.destinations.get(view.getUint32(offset + 16, true))?.messages
    if (messages === undefined) return
    for (let i = offset + 20; i < offset + length; i += 8) {
      if (!messages.find(readLsn(view, i) as MessageKey)) continue
      if (remember) messages.rememberFound()
      else messages.redeliverFound()
    }
  }

  #forget(id: number): void {
    const target = this.destinations.get(id)
    if (target === undefined) return
    for (let chunk = target.messages.first; chunk !== null; chunk = chunk.next) this.#release(chunk)
    if (target.kind === StoredKind.scheduler) {
      for (const { destination, key } of this.schedule.values()) if (destination === id) this.schedule.delete(key)
    }
    target.messages.clear()
    this.destinations.delete(id)
  }

  /**
   * A restart forgets what never promised to outlive one: non-persistent messages and temporary destinations (ST-04). How
   * often a message was redelivered stays, unlike in ActiveMQ (R-08, ST-05): its consumer may have acted on it before.
   */
  #dropVolatile(): void {
    for (const target of this.destinations.values()) {
      if (isTemporaryKind(target.kind)) {
        this.#forget(target.id)
        continue
      }
      // A job promised to fire, whatever becomes of its message then (semantics SC-10).
      if (target.kind === StoredKind.scheduler) continue
      const messages = target.messages
      for (let chunk = messages.first; chunk !== null; chunk = chunk.next) {
        for (let slot = 0; slot < chunk.count; slot++) {
          if ((chunk.kinds[slot]! >> 4) & Trait.persistent) continue
          if (!messages.find(chunk.keys[slot]! as MessageKey)) continue
          this.liveness.remove(chunk.position(slot), chunk.sizes[slot]!, chunk.kinds[slot]!)
          messages.removeFound()
        }
      }
    }
  }

  #release(chunk: Chunk): void {
    for (let slot = 0; slot < chunk.count; slot++) {
      if (chunk.marks[slot] !== Mark.removed)
        this.liveness.remove(chunk.position(slot), chunk.sizes[slot]!, chunk.kinds[slot]!)
    }
  }
}

/** Priority in the low four bits, traits in the high four. */
const kindOf = (view: DataView, offset: number): number =>
  (view.getUint8(offset + 20) & 15) | (view.getUint8(offset + 21) << 4)

/** Where a message's body starts, from the start of its record. */
export const bodyOffset = (view: DataView, offset: number): number =>
  MESSAGE_HEADER + view.getUint32(offset + 40, true) + 1

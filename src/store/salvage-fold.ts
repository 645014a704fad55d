import { lsn as toLsn, type Lsn, type MessageKey } from '../base/lsn.ts'
import { RecordType, Trait, holders, readLsn, visitInner, type Hole } from '../journal/journal.ts'
import { EpochReason, StoredKind, type DurableState } from './state.ts'

/** A later copy of a message (RELOCATED) that the state does not know by: its arrival lies in a hole, or the copy is not proven. */
export interface Stray {
  readonly destination: number
  readonly key: MessageKey
  readonly position: Lsn
  readonly bytes: number
  readonly persistent: boolean
}

/** The name of a queue that stands for a destination whose name lies in a hole. */
export const placeholderName = (id: number): string => `tandemmq.salvaged.destination-${id}`

/**
 * Folds what is left of a damaged journal: the same `apply` as ever, and beside it what the holes mean.
 *
 *     a whole record       applied; destinations that it refers to and nobody named get a placeholder
 *     a record not proven  only what it adds: what it takes away may never have been
 *     a hole               whatever is older may have been taken away in it
 */
export class SalvageFold {
  readonly state: DurableState
  /** Of placeholders, by id: what in them is older than this is gone if they were temporary. */
  readonly nameless: Map<number, Lsn> = new Map<number, Lsn>()
  /** By destination, and by key. */
  readonly strays: Map<number, Map<MessageKey, Stray>> = new Map<number, Map<MessageKey, Stray>>()
  /** The state has everything below. */
  readonly #from: Lsn
  /** What is older than this may have been taken away in a hole. */
  #doubtfulBefore: Lsn = toLsn(0)
  /** Names may have been lost. */
  #lost = false
  readonly #removed = new Set<number>()
  /** Messages that are the whole of a hole, by key, with the destinations that were seen to let them go. */
  readonly #unread = new Map<MessageKey, Set<number>>()
  /** Ids below it that the snapshot does not know were removed before it. */
  readonly #firstUnknown: number

  /** `state`: of the snapshot that ends at `from`, or an empty one at 0. */
  constructor(state: DurableState, from: Lsn) {
    this.state = state
    this.#from = from
    this.#firstUnknown = state.nextDestinationId
  }

  /** Answers whether it matters: what lies before the snapshot was folded when it was whole. */
  hole({ from, to, message, isEnd }: Hole): boolean {
    if (to <= this.#from && !isEnd) return false
    if (message === null) this.#doubt(isEnd ? toLsn(Number.MAX_SAFE_INTEGER) : to)
    else this.#unread.set(from, new Set<number>())
    return true
  }

  /** May the message have been taken away where nobody can read it? */
  isDoubtful(destination: number, key: MessageKey): boolean {
    return key < Math.max(this.#doubtfulBefore, this.nameless.get(destination) ?? 0)
  }

  record(block: Buffer, view: DataView, offset: number, at: Lsn, proven: boolean): void {
    if (at < this.#from) return
    if (!proven) return this.#notProven(block, view, offset, at)
    this.#prepare(block, view, offset, at)
    this.state.apply(block, view, offset, at)
  }

  #doubt(to: Lsn): void {
    this.#lost = true
    this.#doubtfulBefore = toLsn(Math.max(this.#doubtfulBefore, to))
  }

  #notProven(block: Buffer, view: DataView, offset: number, at: Lsn): void {
    this.#lost = true
    let takes = false
    visitInner(block, view, offset, at, (_, __, inner) => {
      const type = block[inner + 8]
      takes ||=
        type === RecordType.messageRemoved || type === RecordType.destinationRemoved || type === RecordType.epoch
    })
    if (takes) this.#doubt(toLsn(at + view.getUint32(offset + 4, true)))
    this.#prepare(block, view, offset, at, false)
    visitInner(block, view, offset, at, (_, __, inner, innerAt) => {
      const type = block[inner + 8]
      const isNewJob = type === RecordType.job && readLsn(view, inner + 20) === 0
      if (type === RecordType.messageAdded || isNewJob) this.state.apply(block, view, inner, innerAt)
    })
  }

  /** Makes known what a record refers to, and keeps the strays. */
  #prepare(block: Buffer, view: DataView, offset: number, at: Lsn, proven = true): void {
    if (this.#lost) this.#name(block, view, offset, at)
    visitInner(block, view, offset, at, (_, __, inner, innerAt) => {
      const type = block[inner + 8]
      if (type === RecordType.relocated) this.#stray(view, inner, innerAt, proven)
      else if (!proven) return
      else if (type === RecordType.destinationRemoved) this.#forget(view.getUint32(inner + 16, true))
      else if (type === RecordType.messageRemoved) this.#take(view, inner)
      else if (type === RecordType.epoch && view.getUint8(inner + 40) !== EpochReason.promotion) this.#restart(innerAt)
    })
  }

  /** A destination that only a job refers to is the scheduler's: what lies there is not due. */
  #name(block: Buffer, view: DataView, offset: number, at: Lsn): void {
    const kinds = new Map<number, StoredKind>()
    visitInner(block, view, offset, at, (_, __, inner) => {
      const type = block[inner + 8]
      if (type === RecordType.job) kinds.set(view.getUint32(inner + 16, true), StoredKind.scheduler)
      else if (type === RecordType.messageAdded || type === RecordType.relocated)
        for (const id of holders(view, inner)) if (!kinds.has(id)) kinds.set(id, StoredKind.queue)
    })
    for (const [id, kind] of kinds) {
      if (this.#removed.has(id) || this.state.destination(id) !== undefined || id < this.#firstUnknown) continue
      this.state.restoreDestination(id, kind, placeholderName(id))
      this.nameless.set(id, toLsn(0))
    }
  }

  /** A copy of a message whose arrival is not known, or one that is not proven. */
  #stray(view: DataView, offset: number, at: Lsn, proven: boolean): void {
    const id = view.getUint32(offset + 16, true)
    const key = readLsn(view, offset + 24) as MessageKey
    const target = this.state.destination(id)
    if (target === undefined) return
    const isKnown = target.messages.find(key)
    // Where the journal is whole, who is not there was taken.
    const unread = this.#unread.get(key)
    const isLost = unread === undefined ? key >= this.#from && key < this.#doubtfulBefore : !unread.has(id)
    if (isKnown ? proven : !isLost) return
    const persistent = (view.getUint8(offset + 21) & Trait.persistent) !== 0
    const bytes = view.getUint32(offset + 4, true)
    const strays = this.strays.get(id) ?? new Map<MessageKey, Stray>()
    this.strays.set(id, strays.set(key, { destination: id, key, position: at, bytes, persistent }))
  }

  #take(view: DataView, offset: number): void {
    if (this.strays.size === 0 && this.#unread.size === 0) return
    const id = view.getUint32(offset + 16, true)
    const strays = this.strays.get(id)
    const end = offset + view.getUint32(offset + 4, true)
    for (let at = offset + 24; at < end; at += 8) {
      const key = readLsn(view, at)
      strays?.delete(key)
      this.#unread.get(key)?.add(id)
    }
  }

  #forget(id: number): void {
    this.#removed.add(id)
    this.nameless.delete(id)
    this.strays.delete(id)
  }

  #restart(at: Lsn): void {
    for (const id of this.nameless.keys()) this.nameless.set(id, at)
    for (const strays of this.strays.values())
      for (const { key, persistent } of strays.values()) if (!persistent) strays.delete(key)
  }
}

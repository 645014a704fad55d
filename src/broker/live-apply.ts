import type { Lsn, MessageKey } from '../base/lsn.ts'
import type { Queue } from '../destination/destination.ts'
import { RECORD_HEADER, RecordType, hiddenEnd, readLsn } from '../journal/journal.ts'
import type { DurableState } from '../store/store.ts'
import type { Advisories } from './advisories.ts'
import type { Registry } from './registry.ts'

/**
 * Folds committed records into the state, as recovery does, and tells dispatch what that changed.
 * A property, not a method: it is handed to the journal's scan as it is, once.
 */
export class LiveApply {
  readonly #state: DurableState
  readonly #registry: Registry
  readonly #dispatching: { markMore(queue: Queue): void }
  readonly #notices: Advisories | null
  readonly #scheduler: { noticed(key: MessageKey): void } | null

  constructor(
    state: DurableState,
    registry: Registry,
    notices: Advisories | null,
    dispatching: { markMore(queue: Queue): void },
    scheduler: { noticed(key: MessageKey): void } | null,
  ) {
    this.#notices = notices
    this.#state = state
    this.#registry = registry
    this.#dispatching = dispatching
    this.#scheduler = scheduler
  }

  readonly visit = (block: Buffer, view: DataView, offset: number, at: Lsn): void => {
    if (this.#notices !== null && this.#notices.watched) this.#notices.messages.committing(block, view, offset)
    const applied = this.#state.apply(block, view, offset, at)
    const type = view.getUint8(offset + 8)
    if (type === RecordType.group) return this.#group(view, offset, at)
    if (type === RecordType.destinationAdded || type === RecordType.subscriptionAdded) return this.#known(view, offset)
    if (applied.destination === null) return
    if (type === RecordType.messageAdded && view.getUint16(offset + 22, true) > 0) return this.#added(view, offset)
    const queue = this.#registry.byId(applied.destination.id)
    if (queue === undefined) return
    queue.dequeued += applied.removed
    if (applied.added === 0) return
    queue.entered(applied.added, view.getUint32(offset + 4, true))
    this.#dispatching.markMore(queue)
  }

  #known(view: DataView, offset: number): void {
    const id = view.getUint32(offset + 16, true)
    const queue = this.#registry.byId(id)
    if (queue !== undefined) queue.stored = this.#state.destination(id) ?? null
  }

  /** A message in one queue or several. */
  #added(view: DataView, offset: number): void {
    const bytes = view.getUint32(offset + 4, true)
    this.#addedTo(view.getUint32(offset + 16, true), bytes)
    const end = offset + bytes
    for (let also = hiddenEnd(view, offset); also < end; also += 4) this.#addedTo(view.getUint32(also, true), bytes)
  }

  #addedTo(id: number, bytes: number): void {
    const queue = this.#registry.byId(id)
    if (queue === undefined) return
    queue.entered(1, bytes)
    this.#dispatching.markMore(queue)
  }

  #group(view: DataView, offset: number, lsn: Lsn): void {
    const end = offset + view.getUint32(offset + 4, true)
    let added = 0 as Lsn
    for (let at = offset + RECORD_HEADER; at < end; at += view.getUint32(at + 4, true)) {
      const type = view.getUint8(at + 8)
      if (type === RecordType.messageAdded) {
        added = (lsn + (at - offset)) as Lsn
        this.#added(view, at)
      } else if (type === RecordType.job) this.#scheduler?.noticed(readLsn(view, at + 20) || added)
      else if (type === RecordType.destinationAdded || type === RecordType.subscriptionAdded) this.#known(view, at)
      if (type !== RecordType.messageRemoved) continue
      const queue = this.#registry.byId(view.getUint32(at + 16, true))
      if (queue === undefined) continue
      queue.dequeued += (view.getUint32(at + 4, true) - 24) / 8
      this.#dispatching.markMore(queue)
    }
  }
}

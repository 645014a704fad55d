import { TandemError } from '../base/errors.ts'
import { lsn as toLsn, type Lsn, type MessageKey } from '../base/lsn.ts'
import type { Log } from '../base/log.ts'
import {
  listSegments,
  mendJournal,
  newestIntactSnapshot,
  type Files,
  type Hole,
  type Mended,
} from '../journal/journal.ts'
import { Mark } from './message-index.ts'
import { OfflineStore, type StoredMessage } from './offline.ts'
import { SalvageFold, type Stray } from './salvage-fold.ts'
import { thawState } from './snapshot.ts'
import { DurableState, type StoredDestination } from './state.ts'

/** `consumed`: a hole behind it may have removed it. `content`: its record is whole by all signs, but no checksum proves it. */
export type Doubt = 'consumed' | 'content'

export interface SalvagedMessage {
  readonly message: StoredMessage
  /** Null: it was there, and nothing took it. */
  readonly doubt: Doubt | null
}

/** Positions [from, to). */
interface Range {
  readonly from: Lsn
  readonly to: Lsn
}

/**
 * What can be read of a stopped broker's damaged store. Nothing is changed.
 *
 *     snapshot, if one is whole ─► fold of every whole record behind it ─► live messages ─► read back, unless they lie in a hole
 */
export class SalvagedStore {
  readonly state: DurableState
  /** Those that matter, in order: what was removed before the newest snapshot is none. */
  readonly holes: readonly Hole[]
  /** Names of snapshots that are damaged. */
  readonly damagedSnapshots: readonly string[]
  readonly snapshot: Lsn | null
  readonly read: Mended
  /** By id, the destinations whose names are lost (salvage-fold.ts). */
  readonly nameless: ReadonlyMap<number, Lsn>
  readonly #store: OfflineStore
  readonly #fold: SalvageFold
  /** Where nothing can be read. */
  readonly #missing: readonly Range[]
  readonly #notProven: readonly Range[]

  private constructor(store: OfflineStore, fold: SalvageFold, found: Found) {
    this.state = store.state
    this.snapshot = store.snapshot
    this.nameless = fold.nameless
    this.#store = store
    this.#fold = fold
    this.holes = found.holes
    this.damagedSnapshots = found.damagedSnapshots
    this.read = found.read
    this.#missing = found.missing
    this.#notProven = found.notProven
  }

  /** Reads all of it, and tells of each record, for a progress line; null when there is neither a journal nor a snapshot. Rejects JOURNAL_IO, STORE_UNKNOWN_RECORD. */
  static async read(
    files: Files,
    directory: string,
    log: Log,
    onRecord: () => void = () => {},
  ): Promise<SalvagedStore | null> {
    const { snapshot, committed, damaged } = await newestIntactSnapshot(files, directory)
    if (committed === 0 && (await listSegments(files, directory)).length === 0) return null
    let state = new DurableState()
    if (snapshot !== undefined) {
      const chunks: Buffer[] = []
      for await (const chunk of snapshot.chunks()) chunks.push(chunk)
      state = thawState(Buffer.concat(chunks), snapshot.lsn)
    }
    const fold = new SalvageFold(state, snapshot?.lsn ?? toLsn(0))
    const holes: Hole[] = []
    const missing: Range[] = []
    const notProven: Range[] = []
    const read = await mendJournal(files, {
      directory,
      committed,
      log,
      record(block, view, offset, at, proven) {
        if (!proven) addTo(notProven, at, toLsn(at + view.getUint32(offset + 4, true)))
        fold.record(block, view, offset, at, proven)
        onRecord()
      },
      hole(hole) {
        missing.push(hole)
        // A segment that was removed before the snapshot is no damage.
        if (fold.hole(hole) || hole.file !== null) holes.push(hole)
      },
    })
    const found = { state, snapshot: snapshot?.lsn ?? null, torn: read.torn }
    const store = await OfflineStore.over(files, directory, found)
    return new SalvagedStore(store, fold, { holes, missing, notProven, read, damagedSnapshots: damaged })
  }

  /** The messages of a destination, in its order; null for one that was there and cannot be read. */
  async *messages(at: StoredDestination): AsyncGenerator<SalvagedMessage | null> {
    const copies = [...(this.#fold.strays.get(at.id)?.values() ?? [])].toSorted((a, b) => a.key - b.key)
    const strays = new Map(copies.map(stray => [stray.key, stray]))
    for (let chunk = at.messages.first; chunk !== null; chunk = chunk.next) {
      for (let slot = 0; slot < chunk.count; slot++) {
        if (chunk.marks[slot] === Mark.removed) continue
        const key = chunk.keys[slot]! as MessageKey
        const copy = strays.get(key)
        strays.delete(key)
        for (const stray of strays.values()) {
          if (stray.key > key) break
          strays.delete(stray.key)
          yield await this.#stray(stray)
        }
        const bytes = chunk.sizes[slot]!
        const place = {
          destination: at.id,
          key,
          position: chunk.position(slot),
          bytes,
          redelivered: chunk.redeliveries(slot),
        }
        yield (await this.#message(place)) ?? (copy === undefined ? null : await this.#stray(copy))
      }
    }
    for (const stray of strays.values()) yield await this.#stray(stray)
  }

  close(): Promise<void> {
    return this.#store.close()
  }

  #stray(stray: Stray): Promise<SalvagedMessage | null> {
    return this.#message({ ...stray, redelivered: 0 })
  }

  async #message({ destination, key, position, bytes, redelivered }: Place): Promise<SalvagedMessage | null> {
    if (holds(this.#missing, position)) return null
    try {
      const message = await this.#store.message(key, position, bytes, redelivered)
      if (holds(this.#notProven, position)) return { message, doubt: 'content' }
      return { message, doubt: this.#fold.isDoubtful(destination, key) ? 'consumed' : null }
    } catch (error) {
      if (error instanceof TandemError && error.code === 'JOURNAL_CORRUPT') return null
      throw error
    }
  }
}

interface Found {
  readonly holes: readonly Hole[]
  readonly damagedSnapshots: readonly string[]
  readonly read: Mended
  readonly missing: readonly Range[]
  readonly notProven: readonly Range[]
}

interface Place {
  readonly destination: number
  readonly key: MessageKey
  readonly position: Lsn
  readonly bytes: number
  readonly redelivered: number
}

/** Adds what lies behind all others. */
function addTo(ranges: Range[], from: Lsn, to: Lsn): void {
  const last = ranges.at(-1)
  if (last?.to === from) ranges[ranges.length - 1] = { from: last.from, to }
  else ranges.push({ from, to })
}

/** Is the position in one of the ranges, which are in order? */
function holds(ranges: readonly Range[], position: Lsn): boolean {
  let low = 0
  let high = ranges.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (ranges[middle]!.to <= position) low = middle + 1
    else high = middle
  }
  const found = ranges[low]
  return found !== undefined && found.from <= position
}

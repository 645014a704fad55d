import type { Log } from '../base/log.ts'
import { messageOf } from '../base/errors.ts'
import type { Lsn, MessageKey } from '../base/lsn.ts'
import { emptyDelivery, type Delivery } from '../destination/destination.ts'
import {
  RecordFlag,
  RecordType,
  readNewestSnapshot,
  verifySealed,
  writeLsn,
  writeSnapshot,
  type Files,
  type JournalWriter,
  type SegmentInfo,
} from '../journal/journal.ts'
import { FrozenState, Mark, type DurableState, type SegmentLife } from '../store/store.ts'

/** Whose store it is: a broker, or a follower that has none. */
export interface MaintenanceOwner {
  readonly state: DurableState
  /** Somebody waits for room: segments go as soon as a snapshot lets them. */
  readonly spaceWanted: boolean
  /** `storeFull`: messages are turned away, or wait, though much of the files may be what no longer lives. */
  readonly space: { readonly storeFull: boolean }
  /** A segment was removed. */
  spaceFreed(): void
  /** Records were appended: flush them. Never called without relocation. */
  schedule(): void
}

export interface MaintenanceOptions {
  readonly files: Files
  readonly directory: string
  /** No snapshots: nothing is ever recovered. */
  readonly inMemory: boolean
  readonly log: Log
  /** False on a follower: the active relocates, and it arrives as records. Default true. */
  readonly relocates?: boolean
  /** Bytes that are free on the disk; absent: any number. */
  readonly diskFree?: () => number
  /**
   * False while the state may hold more than was ever committed (a follower that recovered and has not compared its
   * history yet): a cut could take that back, so nothing is built on it (A6, I9). Default: always true.
   */
  readonly settled?: () => boolean
}

/** Journal bytes between two snapshots, at least: 128 MiB, so that recovery reads no more than about that. */
const snapshotEveryBytes = 128 * 1024 * 1024
/** What a message takes in a snapshot, about: it must not write more than it frees. */
const snapshotBytesPerMessage = 16
/** A segment with less than this share of its bytes alive is emptied by relocation. */
const nearlyDeadShare = 0.125
/** As that, when the store is full: a byte that is written frees one at least. */
const fullStoreShare = 0.5
/** Moved in one round then, at most: 32 MiB. */
const roundBytes = 32 * 1024 * 1024

interface Emptiest {
  readonly life: SegmentLife
  readonly end: Lsn
}

/**
 * What keeps the data directory small and recovery short: snapshots, removal of spent segments, relocation of what
 * little lives in nearly dead ones. All of it works on committed state only (replication A6, I9).
 */
export class Maintenance {
  readonly #owner: MaintenanceOwner
  readonly #journal: JournalWriter
  readonly #state: DurableState
  readonly #options: MaintenanceOptions
  #snapshotAt: Lsn
  #busy: Promise<void> | null = null
  /** Segments that do not verify: what lives there stays there. */
  readonly #damaged = new Set<Lsn>()

  constructor(owner: MaintenanceOwner, journal: JournalWriter, options: MaintenanceOptions, snapshotAt: Lsn) {
    this.#owner = owner
    this.#journal = journal
    this.#state = owner.state
    this.#options = options
    this.#snapshotAt = snapshotAt
  }

  /** One round, called periodically; rounds do not overlap. */
  run(): Promise<void> {
    this.#busy ??= this.#round()
      .catch((error: unknown) =>
        this.#options.log.warn(`maintenance: ${messageOf(error)}`, { code: 'MAINTENANCE_FAILED' }),
      )
      .finally(() => {
        this.#busy = null
      })
    return this.#busy
  }

  /** Resolves when no round is under way. */
  async idle(): Promise<void> {
    await this.#busy
  }

  /** Where the newest snapshot was taken; 0 without one. */
  get snapshotAt(): Lsn {
    return this.#snapshotAt
  }

  async #round(): Promise<void> {
    if (!this.#settled) return
    if (this.#snapshotPays()) await this.#fold()
    await this.#removeSpent()
    if (this.#options.relocates !== false) await this.#relocate()
  }

  get #settled(): boolean {
    return this.#options.settled?.() !== false
  }

  /** Recovery would be long, or segments are spent that only a snapshot lets go (KB-03, F-10). */
  #snapshotPays(): boolean {
    if (this.#options.inMemory) return false
    if (this.#state.applied - this.#snapshotAt >= snapshotEveryBytes) return true
    let freed = 0
    for (const { base, end } of this.#journal.segments.slice(0, -1)) {
      if (end <= this.#snapshotAt || end > this.#state.applied) continue
      const life = this.#lifeOf(base)
      if (life === undefined || life.bytes <= (end - base) * this.#share) freed += end - base
    }
    return freed > (this.#owner.spaceWanted ? 0 : this.#state.messages * snapshotBytesPerMessage)
  }

  get #share(): number {
    return this.#owner.space.storeFull ? fullStoreShare : nearlyDeadShare
  }

  #lifeOf(base: Lsn): SegmentLife | undefined {
    return this.#state.liveness.segments.find(segment => segment.base === base)
  }

  /** Writes the state as it is now, behind a round under way; `idle` waits for it. Rejects when the disk fails. */
  async snapshot(): Promise<void> {
    while (this.#busy !== null) await this.#busy
    const folding = this.#fold()
    const busy = folding
      .catch(() => undefined)
      .finally(() => {
        this.#busy = null
      })
    this.#busy = busy
    await folding
  }

  async #fold(): Promise<void> {
    if (this.#options.inMemory || !this.#settled || this.#state.applied === this.#snapshotAt) return
    const frozen = new FrozenState(this.#state)
    try {
      // Volatile records may be committed and not synced: a snapshot never runs ahead of its journal.
      await this.#journal.sync()
      const { files, directory, log } = this.#options
      await writeSnapshot(files, directory, frozen.at, frozen.chunks())
      // Segments before it will be deleted: it is read back first, so that recovery never depends on one nobody has read.
      const { snapshot } = await readNewestSnapshot(files, directory, log)
      if (snapshot?.lsn === frozen.at) this.#snapshotAt = frozen.at
    } finally {
      frozen.release()
    }
  }

  /** The position up to which recovery no longer needs the journal. */
  #safeBefore(): Lsn {
    return this.#options.inMemory ? this.#state.applied : this.#snapshotAt
  }

  async #removeSpent(): Promise<void> {
    const safe = Math.min(this.#safeBefore(), this.#journal.retaining)
    const spent = this.#journal.segments
      .slice(0, -1)
      .filter(({ base, end }) => end <= safe && (this.#lifeOf(base)?.live ?? 0) === 0)
    if (spent.length === 0) return
    // What made them spent, acknowledgements and relocated copies, must be on disk before they go, whatever syncs it.
    await this.#journal.sync()
    for (const { base } of spent) {
      await this.#journal.removeSegment(base)
      this.#state.liveness.forget(base)
      this.#owner.spaceFreed()
    }
  }

  /** Moves what lives in the emptiest segments to the head of the journal; they are removed in a later round. */
  async #relocate(): Promise<void> {
    const isFull = this.#owner.space.storeFull
    // What is moved takes space before it gives any back: never the last of a disk.
    let room = isFull ? Math.min(roundBytes, (this.#options.diskFree?.() ?? Infinity) / 4) : Infinity
    const moved: Lsn[] = []
    do {
      const next = this.#emptiest(room, moved)
      if (next === null) return
      room -= next.life.bytes
      moved.push(next.life.base)
      await this.#empty(next)
    } while (isFull && this.#settled)
  }

  #emptiest(room: number, but: readonly Lsn[]): Emptiest | null {
    const safe = this.#safeBefore()
    let emptiest: Emptiest | null = null
    for (const { base, end } of this.#journal.segments.slice(0, -1)) {
      if (end > safe) break
      const life = this.#lifeOf(base)
      if (life === undefined || life.live === 0 || life.bytes > Math.min(room, (end - base) * this.#share)) continue
      if (this.#damaged.has(base) || but.includes(base)) continue
      if (emptiest === null || life.bytes < emptiest.life.bytes) emptiest = { life, end }
    }
    return emptiest
  }

  /** A copy gets a crc of its own: of a record that was damaged it would say that all is well. */
  async #isIntact(segment: SegmentInfo): Promise<boolean> {
    const { inMemory, files, directory, log } = this.#options
    const damage = inMemory ? undefined : await verifySealed(files, directory, segment)
    if (damage === undefined) return true
    this.#damaged.add(segment.base)
    log.error(`${damage.file} at byte ${damage.offset}: ${damage.what}; what lives in this file is not moved`, {
      code: 'JOURNAL_CORRUPT',
      hint: 'See "tandemmq store check"; "store salvage" exports what is still whole, and a twin has a copy.',
    })
    return false
  }

  async #empty({ life, end }: Emptiest): Promise<void> {
    if (!(await this.#isIntact({ base: life.base, end }))) return
    let missing = life.live
    for (const { id, messages } of this.#state.destinations.values()) {
      if (missing <= 0) break
      const keys: MessageKey[] = []
      for (let chunk = messages.first; chunk !== null && missing > 0; chunk = chunk.next) {
        if (chunk.positions === null && (chunk.keys[0]! >= end || chunk.keys[chunk.count - 1]! < life.base)) continue
        for (let slot = 0; slot < chunk.count; slot++) {
          const at = chunk.position(slot)
          if (at < life.base || at >= end || chunk.marks[slot] === Mark.removed) continue
          keys.push(chunk.keys[slot]! as MessageKey)
          missing--
        }
      }
      for (const key of keys) await this.#move(id, key)
    }
    this.#owner.schedule()
  }

  async #move(id: number, key: MessageKey): Promise<void> {
    const delivery = emptyDelivery()
    for (let attempt = 0; attempt < 2; attempt++) {
      // A hand-over has begun: the journal is to come to rest.
      if (!this.#settled) return
      const messages = this.#state.destination(id)?.messages
      if (messages === undefined || !messages.find(key)) return
      const chunk = messages.foundChunk!
      const slot = messages.foundSlot
      const at = chunk.position(slot)
      const bytes = chunk.sizes[slot]!
      if (this.#journal.peek(at, bytes, delivery)) {
        const persistent = (chunk.kinds[slot]! & 16) !== 0
        return this.#append(delivery, bytes, id, key, persistent)
      }
      await this.#journal.fetch(at, bytes)
    }
  }

  /** For this destination alone: others that hold the same message move their own copy. */
  #append({ block, view, offset }: Delivery, bytes: number, id: number, key: MessageKey, persistent: boolean): void {
    // The journal may reuse the block that was peeked when it makes room: copy first.
    const length = bytes - 4 * view.getUint16(offset + 22, true)
    const copy = Buffer.from(block.subarray(offset, offset + length))
    const journal = this.#journal
    journal.reserve(length)
    copy.copy(journal.block, journal.at + 16, 16)
    journal.view.setUint32(journal.at + 16, id, true)
    journal.view.setUint16(journal.at + 22, 0, true)
    writeLsn(journal.view, journal.at + 24, key)
    journal.seal(RecordType.relocated, persistent ? RecordFlag.none : RecordFlag.volatile, length)
    this.#owner.schedule()
  }
}

import type { Lsn } from '../../src/base/lsn.ts'
import type { OpenedStore } from '../../src/broker/broker.ts'
import { RecordFlag, segmentPath } from '../../src/journal/journal.ts'
import { DurableState, Mark } from '../../src/store/store.ts'
import type { FaultyFiles } from '../journal/faulty-files.ts'

/** A record as it was appended. */
interface Appended {
  readonly start: number
  readonly end: number
  readonly barrier: boolean
  readonly volatile: boolean
  /** Of the state behind it. */
  readonly digest: string
  readonly bytes: Buffer
}

/** Everything that was appended, and what was promised of it. */
export class Past {
  #records: Appended[] = []
  #promised = 0
  #state = new DurableState()

  /** As recovery visits records, each once, in order, before it can be on disk. */
  readonly append = (block: Buffer, view: DataView, offset: number, at: Lsn): void => {
    const bytes = Buffer.from(block.subarray(offset, offset + view.getUint32(offset + 4, true)))
    this.#push(at, bytes)
  }

  #push(at: Lsn, bytes: Buffer): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#apply(at, bytes)
    this.#records.push({
      start: at,
      end: at + bytes.length,
      barrier: view.getUint16(10, true) === 1,
      volatile: (bytes[9]! & RecordFlag.volatile) !== 0,
      digest: this.#state.digest(),
      bytes,
    })
  }

  /** A new process goes on from here: what lies behind never was. */
  restartAt(found: DurableState): void {
    const kept = this.#records.filter(({ end }) => end <= found.applied)
    this.#state = new DurableState()
    for (const record of kept) this.#apply(record.start as Lsn, record.bytes)
    this.#records = kept
  }

  #apply(at: Lsn, bytes: Buffer): void {
    this.#state.apply(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, at)
  }

  /** It must survive from now on. */
  promise(upTo: Lsn): void {
    this.#promised = Math.max(this.#promised, upTo)
  }

  /** By the commit rule: of volatile records at the end nothing is promised. */
  committed(upTo: Lsn): void {
    const last = this.#records.findLast(({ end, volatile }) => end <= upTo && !volatile)
    this.#promised = Math.max(this.#promised, last?.end ?? 0)
  }

  /** As it stands at this moment. */
  now(): Moment {
    return new Moment([...this.#records], this.#promised)
  }
}

/** What a crash at one moment may leave. */
class Moment {
  readonly #records: readonly Appended[]
  readonly #promised: number

  constructor(records: readonly Appended[], promised: number) {
    this.#records = records
    this.#promised = promised
  }

  /** Null: all that was promised is there, in order, and nothing that never was. */
  whatIsWrong({ state, journal }: OpenedStore, left: FaultyFiles): string | null {
    const { applied } = state
    if (applied < this.#promised) return `it ends at ${applied}, and ${this.#promised} was promised`
    const digest = state.digest()
    const expected = applied === 0 ? new DurableState().digest() : this.#at(applied)?.digest
    if (expected === undefined) return `${applied} is where no record ended`
    if (digest !== expected) return `the state at ${applied} is another one`
    const chain = this.#at(applied)?.bytes.readUInt32LE(0) ?? 0
    if (journal.chain !== chain) return `the chain at ${applied} is ${journal.chain}, and was ${chain}`
    if (journal.end !== applied) return `the journal ends at ${journal.end}, the state at ${applied}`
    return this.#missingBytes(state, left) ?? this.#wrongLives(state)
  }

  #at(end: number): Appended | undefined {
    const record = this.#holding(end - 1)
    return record?.end === end ? record : undefined
  }

  #holding(at: number): Appended | undefined {
    let [low, high] = [0, this.#records.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#records[middle]!.end <= at) low = middle + 1
      else high = middle
    }
    return this.#records[low]
  }

  /** Every message that lives is still where the state says. */
  #missingBytes(state: DurableState, left: FaultyFiles): string | null {
    const bases = left
      .names()
      .flatMap(name => /tandemmq-([0-9a-f]{16})\.journal$/.exec(name)?.[1] ?? [])
      .map(base => Number.parseInt(base, 16))
    for (const { messages } of state.destinations.values()) {
      for (let chunk = messages.first; chunk !== null; chunk = chunk.next) {
        for (let slot = 0; slot < chunk.count; slot++) {
          if (chunk.marks[slot] === Mark.removed) continue
          const at = chunk.position(slot)
          const base = bases.findLast(each => each <= at)
          const record = this.#holding(at)
          if (base === undefined || record === undefined) return `the message at ${at} lies nowhere`
          const bytes = left
            .bytesOf(segmentPath('/data', base as Lsn))
            .subarray(at - base, at - base + chunk.sizes[slot]!)
          const inner = at - record.start
          if (!bytes.equals(record.bytes.subarray(inner, inner + chunk.sizes[slot]!)))
            return `the message at ${at} is not there`
        }
      }
    }
    return null
  }

  #wrongLives(state: DurableState): string | null {
    let [live, bytes] = [0, 0]
    for (const segment of state.liveness.segments) {
      live += segment.live
      bytes += segment.bytes
    }
    return live === state.liveness.live && bytes === state.liveness.bytes
      ? null
      : 'the lives of the segments do not add up'
  }

  /** `at`: the position of the flipped bit in the log; null: it was a snapshot. `whole`: where the journal ended without it. */
  whatIsWrongAfterFlip({ state }: OpenedStore, at: number | null, whole: Lsn): string | null {
    const { applied } = state
    const expected = applied === 0 ? new DurableState().digest() : this.#at(applied)?.digest
    if (expected !== state.digest()) return `the state at ${applied} is another one`
    if (applied >= this.#promised) return null
    if (at === null) return `it ends at ${applied}, and ${this.#promised} was promised`
    // Only what was synced before the last batch can be told from an unfinished write.
    const proof = this.#records.find(({ start, end, barrier }) => barrier && start > at && end <= whole)
    return proof === undefined ? null : `it ends at ${applied}, and a barrier at ${proof.start} proves more`
  }
}

import { TandemError } from '../base/errors.ts'
import type { Lsn } from '../base/lsn.ts'
import type { JournalEpoch } from './appender.ts'
import { checksum } from './checksum.ts'
import { none } from './commit.ts'
import { EPOCH_RECORD_BYTES, RECORD_HEADER, RecordFlag, RecordType, recordBytesMax } from './record.ts'
import { readSegmentHeader } from './segment.ts'

/** Where taken-over records go: the journal. */
export interface IntakeOwner {
  /** Fills in where the journal ends. */
  position(at: { end: Lsn; chain: number }): void
  /** Bytes that fit behind `end` in the current block, after making room for a record of `bytes`. */
  room(bytes: number): number
  /** `buffer` becomes the current block; the record in it is then appended in place. */
  adopt(buffer: Buffer): void
  /** The next record begins a segment. */
  enterSegment(epochUid: Buffer): void
  enterEpoch(epoch: JournalEpoch): void
  /** Whole verified records of one segment, the last with crc `chain`; `durable`: the first that is not volatile, or `none`. */
  append(block: Buffer, from: number, to: number, chain: number, durable: Lsn): void
}

const PARTIAL_BYTES = 64 * 1024

/**
 * Takes over the raw bytes of an active's journal, cut anywhere, and lets only whole records through whose crc follows
 * from the record before. So both journals are alike byte by byte (I6).
 *
 *     bytes ─► [ rest of the record begun earlier ] [ whole records … ] [ beginning of a record ]
 *                         └── verified ──► runs ──► tail ◄── verified ──┘        └─► kept aside
 */
export class Intake {
  readonly #owner: IntakeOwner
  /** A record larger than this becomes a block by itself. */
  readonly #blockBytes: number
  #partial: Buffer = Buffer.alloc(0)
  #view = new DataView(this.#partial.buffer)
  #filled = 0
  readonly #at: { end: Lsn; chain: number } = { end: none, chain: 0 }
  /** Note the records with barrier 1 from now on; see `barrierFrom`. */
  honourBarriers = false
  #barriers: Lsn[] = []

  constructor(owner: IntakeOwner, blockBytes: number) {
    this.#owner = owner
    this.#blockBytes = blockBytes
  }

  /** Bytes of the record that is not yet whole. */
  get partialBytes(): number {
    return this.#filled
  }

  dropPartial(): void {
    this.#filled = 0
    this.#hold(0)
  }

  /** The first noted record at or behind `from` that may only be written once everything before it is synced. */
  barrierFrom(from: Lsn): Lsn {
    const first = this.#barriers.findIndex(at => at >= from)
    if (first !== 0) this.#barriers.splice(0, first < 0 ? this.#barriers.length : first)
    return this.#barriers[0] ?? none
  }

  #sawBarrier(at: Lsn): void {
    if (this.honourBarriers) this.#barriers.push(at)
  }

  /** Throws JOURNAL_CHAIN: the records before the bad one were taken, of it and what follows nothing was. */
  receive(block: Buffer, from: number, to: number): void {
    try {
      const at = this.#filled === 0 ? from : this.#complete(block, from, to)
      if (at === to) return
      const view = new DataView(block.buffer, block.byteOffset, block.length)
      const rest = this.#whole(block, view, at, to)
      if (rest < to) this.#keep(block, rest, to)
    } catch (error) {
      this.dropPartial()
      throw error
    }
  }

  /** Goes on with the record kept aside; answers where in `block` the next one begins. */
  #complete(block: Buffer, from: number, to: number): number {
    let at = from
    this.#owner.position(this.#at)
    for (;;) {
      const wanted = this.#filled < RECORD_HEADER ? RECORD_HEADER : this.#lengthAt(this.#view, 0, this.#at.end)
      const missing = Math.min(wanted - this.#filled, to - at)
      if (missing > 0) this.#keep(block, at, at + missing)
      at += missing
      if (this.#filled < wanted) return at
      if (this.#filled === this.#lengthAt(this.#view, 0, this.#at.end)) break
    }
    const record = this.#partial
    const view = this.#view
    const length = this.#filled
    this.#filled = 0
    if (length > this.#blockBytes) {
      this.#hold(0)
      this.#owner.adopt(record)
    }
    this.#whole(record, view, 0, length)
    return at
  }

  /** Takes the whole records of block[from, to) in runs; answers where the first one begins that is not whole. */
  #whole(block: Buffer, view: DataView, from: number, to: number): number {
    const owner = this.#owner
    let at = from
    let run = from
    owner.position(this.#at)
    let { end, chain } = this.#at
    let durable: Lsn = none
    let room = 0
    const take = (): void => {
      if (at > run) owner.append(block, run, at, chain, durable)
      run = at
      durable = none
    }
    try {
      while (to - at >= RECORD_HEADER) {
        const length = this.#lengthAt(view, at, end)
        if (at + length > to) break
        const crc = checksum(block, at + 4, at + length, chain)
        if (crc !== view.getUint32(at, true)) throw broken(end, 'its checksum does not follow from the record before')
        const type = block[at + 8]
        if (type === RecordType.segment || type === RecordType.epoch || end === 0) {
          take()
          this.#special(block, view, at, length, end, chain)
          room = 0
        }
        if (at - run + length > room) {
          take()
          room = owner.room(length)
        }
        if (view.getUint16(at + 10, true) === 1) this.#sawBarrier(end)
        if (durable === none && ((block[at + 9] as number) & RecordFlag.volatile) === 0) durable = end
        chain = crc
        at += length
        end = (end + length) as Lsn
      }
    } finally {
      take()
    }
    return at
  }

  /** SEGMENT begins a file exactly here; EPOCH an activation. */
  #special(block: Buffer, view: DataView, at: number, length: number, end: Lsn, chain: number): void {
    if (block[at + 8] === RecordType.epoch && end > 0) {
      if (length < EPOCH_RECORD_BYTES) throw broken(end, `an EPOCH record has ${length} bytes`)
      const uid = block.toString('hex', at + RECORD_HEADER, at + RECORD_HEADER + 16)
      return this.#owner.enterEpoch({ n: view.getUint32(at + 12, true), uid, start: end })
    }
    const header = readSegmentHeader(block, view, at)
    if (header === undefined) throw broken(end, 'a SEGMENT record of this format was expected')
    if (header.base !== end || header.seed !== chain) {
      throw broken(end, `a SEGMENT record names position ${header.base}, or another history`)
    }
    this.#owner.enterSegment(header.epochUid)
  }

  #lengthAt(view: DataView, at: number, end: Lsn): number {
    const length = view.getUint32(at + 4, true)
    if (length < RECORD_HEADER || length > recordBytesMax) {
      throw broken(end, `a record cannot have ${length} bytes`)
    }
    return length
  }

  /** Memory grows with what has come, at most twofold, whatever the record says of its length. */
  #keep(block: Buffer, from: number, to: number): void {
    const wanted = this.#filled + to - from
    if (wanted > this.#partial.length) this.#hold(Math.max(wanted, 2 * this.#partial.length, PARTIAL_BYTES))
    block.copy(this.#partial, this.#filled, from, to)
    this.#filled = wanted
  }

  #hold(bytes: number): void {
    const larger = Buffer.allocUnsafeSlow(bytes)
    this.#partial.copy(larger, 0, 0, this.#filled)
    this.#partial = larger
    this.#view = new DataView(larger.buffer)
  }
}

const broken = (at: Lsn, what: string): TandemError =>
  new TandemError('JOURNAL_CHAIN', `the journal bytes received for position ${at} were refused: ${what}`)

import { epoch as toEpoch, type Epoch, type Lsn, lsn as toLsn } from '../base/lsn.ts'
import { RECORD_HEADER, RecordFlag, RecordType, type Journal } from '../journal/journal.ts'

/** Where a message record is built: the journal's block, a transaction's buffer, or a scratch buffer for topics. */
export interface RecordTarget {
  readonly block: Buffer
  readonly view: DataView
  readonly at: number
  reserve(bytes: number): void
  seal(type: RecordType, flags: number, length: number): Lsn
}

/** Records in a buffer of their own, one after the other: a transaction until COMMIT, or one topic message. */
export class RecordBuffer implements RecordTarget {
  block: Buffer
  view: DataView
  at = 0
  readonly #epoch: () => Epoch

  constructor(bytes: number, epoch: () => Epoch = () => toEpoch(0)) {
    this.block = Buffer.allocUnsafe(bytes)
    this.view = new DataView(this.block.buffer, this.block.byteOffset, this.block.length)
    this.#epoch = epoch
  }

  reserve(bytes: number): void {
    if (this.block.length - this.at >= bytes) return
    const next = Buffer.allocUnsafe(Math.max(this.block.length * 2, this.at + bytes))
    this.block.copy(next, 0, 0, this.at)
    this.block = next
    this.view = new DataView(next.buffer, next.byteOffset, next.length)
  }

  /** Ends the record; answers its offset. Inside a GROUP a record's own crc is 0. */
  seal(type: RecordType, flags: number, length: number): Lsn {
    const { view, at } = this
    view.setUint32(at, 0, true)
    view.setUint32(at + 4, length, true)
    view.setUint8(at + 8, type)
    view.setUint8(at + 9, flags)
    view.setUint16(at + 10, 0, true)
    view.setUint32(at + 12, this.#epoch(), true)
    this.at = at + length
    return toLsn(at)
  }

  /** Starts again from the front; keeps the buffer unless it has grown large. */
  rewind(): void {
    this.at = 0
    if (this.block.length > 1 << 20) {
      this.block = Buffer.allocUnsafe(1 << 16)
      this.view = new DataView(this.block.buffer, this.block.byteOffset, this.block.length)
    }
  }

  get bytes(): number {
    return this.at
  }

  static readonly header: number = RECORD_HEADER
}

/** Journals the records of several buffers as one GROUP, all or none; answers where it lies. */
export function writeJournaled(journal: Journal, parts: readonly RecordBuffer[], durable: boolean): Lsn {
  const bytes = parts.reduce((sum, part) => sum + part.bytes, RECORD_HEADER)
  journal.reserve(bytes)
  let into = journal.at + RECORD_HEADER
  for (const part of parts) into += part.block.copy(journal.block, into, 0, part.bytes)
  return journal.seal(RecordType.group, durable ? RecordFlag.none : RecordFlag.volatile, bytes)
}

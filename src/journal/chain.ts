import type { Lsn } from '../base/lsn.ts'
import { checksum } from './checksum.ts'
import type { JournalFile } from './files.ts'
import { RECORD_HEADER, recordBytesMax } from './record.ts'
import type { Segment } from './segment.ts'

/** Called for each verified record: valid during the call only. */
export type Visit = (block: Buffer, view: DataView, offset: number, at: Lsn) => void

/** Read at once; records are far smaller, so most are visited where they were read. */
const CHUNK_BYTES = 4 << 20

/** How far the chain of a segment holds. */
export interface ChainEnd {
  /** Position in the file of the first byte that is not part of a verified record; the file's size when all is well. */
  readonly offset: number
  /** The crc of the last verified record. */
  readonly chain: number
}

/**
 * Reads one segment after the other through one buffer and follows the chain of crcs, each record's seed being the crc
 * of the one before.
 */
export class ChainReader {
  #buffer = Buffer.allocUnsafeSlow(0)
  #view = new DataView(this.#buffer.buffer)
  readonly #onRead: (bytes: number) => void
  readonly #chunkBytes: number

  /** `onRead` is told of every piece that was read, for a progress line. Small pieces leave the event loop time in between. */
  constructor(onRead: (bytes: number) => void = () => {}, chunkBytes: number = CHUNK_BYTES) {
    this.#onRead = onRead
    this.#chunkBytes = chunkBytes
  }

  /** Follows the chain from the start of the file; `seed` for its first record comes from `seedOf`, which may refuse. */
  async follow(file: JournalFile, segment: Segment, size: number, seed: number, visit: Visit): Promise<ChainEnd> {
    this.#reserve(Math.min(this.#chunkBytes, size))
    let chain = seed
    let start = 0 // position in the file of the buffer's first byte
    let filled = 0
    for (;;) {
      filled += await this.#fill(file, filled, start + filled, size)
      let offset = 0
      let wanted = RECORD_HEADER
      while (filled - offset >= RECORD_HEADER) {
        const length = this.#view.getUint32(offset + 4, true)
        if (length < RECORD_HEADER || length > recordBytesMax || start + offset + length > size) {
          return { offset: start + offset, chain }
        }
        wanted = length
        if (offset + length > filled) break
        const crc = checksum(this.#buffer, offset + 4, offset + length, chain)
        if (crc !== this.#view.getUint32(offset, true)) return { offset: start + offset, chain }
        visit(this.#buffer, this.#view, offset, (segment.base + start + offset) as Lsn)
        chain = crc
        offset += length
        wanted = RECORD_HEADER
      }
      if (start + filled >= size) return { offset: start + offset, chain }
      this.#makeRoom(offset, filled, wanted)
      start += offset
      filled -= offset
    }
  }

  /** No more than is read: most starts find a small segment, or none. */
  #reserve(bytes: number): void {
    if (bytes <= this.#buffer.length) return
    this.#buffer = Buffer.allocUnsafeSlow(bytes)
    this.#view = new DataView(this.#buffer.buffer)
  }

  async #fill(file: JournalFile, from: number, position: number, size: number): Promise<number> {
    const to = Math.min(this.#buffer.length, from + size - position)
    let at = from
    while (at < to) {
      const got = await file.read(this.#buffer, at, to, position + at - from)
      if (got === 0) throw new Error('the file became shorter while it was read')
      at += got
    }
    this.#onRead(at - from)
    return at - from
  }

  /** Moves the unfinished record to the front, into a larger buffer when it would not fit. */
  #makeRoom(offset: number, filled: number, wanted: number): void {
    if (wanted > this.#buffer.length) {
      const larger = Buffer.allocUnsafeSlow(wanted + CHUNK_BYTES)
      this.#buffer.copy(larger, 0, offset, filled)
      this.#buffer = larger
      this.#view = new DataView(larger.buffer)
    } else this.#buffer.copyWithin(0, offset, filled)
  }
}

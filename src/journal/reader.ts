import { TandemError, messageOf } from '../base/errors.ts'
import { lsn as toLsn, type Lsn } from '../base/lsn.ts'
import type { Peeked } from './appender.ts'
import { ChainReader } from './chain.ts'
import type { Positions } from './commit.ts'
import { ReadCache } from './read-cache.ts'
import { readSegmentHeader, segmentName, type Segment, type Segments } from './segment.ts'
import type { SegmentFiles } from './segment-files.ts'
import { SEGMENT_RECORD_BYTES } from './record.ts'
import type { Tail } from './tail.ts'

/** Reads what was appended: single records for dispatch, raw bytes for a twin; from memory, else from the files. */
export class Reader {
  readonly #tail: Tail
  readonly #segments: Segments
  readonly #files: SegmentFiles
  readonly #at: Positions
  readonly #cache: ReadCache

  constructor(tail: Tail, segments: Segments, files: SegmentFiles, at: Positions, cacheBytes: number) {
    this.#tail = tail
    this.#segments = segments
    this.#files = files
    this.#at = at
    this.#cache = new ReadCache(files, cacheBytes)
  }

  peek(at: Lsn, bytes: number, into: Peeked): boolean {
    const block = this.#tail.find(at, bytes)
    if (block !== undefined) {
      into.block = block.buffer
      into.view = block.view
      into.offset = at - block.base
      return true
    }
    const segment = this.#segments.find(at)
    const page = segment === undefined ? undefined : this.#cache.find(segment, at, bytes)
    if (page === undefined) return false
    into.block = page.buffer
    into.view = page.view
    into.offset = at - page.start
    return true
  }

  async fetch(at: Lsn, bytes: number): Promise<void> {
    const segment = this.#segments.find(at)
    if (segment === undefined) throw new TandemError('JOURNAL_CORRUPT', `no segment holds position ${at}`)
    if (this.#tail.find(at, bytes) !== undefined) return
    await this.#cache.fetch(segment, at, bytes, Math.min(segment.end, this.#at.written) as Lsn)
  }

  fromMemory(at: Lsn, max: number, into: Peeked): number {
    const block = this.#tail.holding(at)
    if (block === undefined) return 0
    into.block = block.buffer
    into.view = block.view
    into.offset = at - block.base
    return Math.min(max, block.base + block.used - at)
  }

  async fromFiles(from: Lsn, to: Lsn, into: Buffer): Promise<number> {
    const stop = Math.min(to, this.#at.written, from + into.length)
    let at = from
    while (at < stop) {
      const segment = this.#segments.find(at)
      if (segment === undefined) break
      const got = await this.#read(segment, into, at - from, Math.min(stop, segment.end) - from, at)
      if (got === 0) break
      at = (at + got) as Lsn
    }
    return at - from
  }

  async chainAt(at: Lsn, end: Lsn): Promise<number | null> {
    if (at === 0) return 0
    if (at > end) return null
    if (at > this.#at.written) return this.#chainInMemory(at)
    // Where the segment before is gone, the next one still says what it continues.
    const segment = this.#segments.find(toLsn(at - 1)) ?? this.#beginning(at)
    if (segment === undefined) return null
    try {
      return await this.#chainInFile(segment, at)
    } catch (cause) {
      if (!this.#segments.list.includes(segment)) return null
      throw unreadable(segment, at, cause)
    }
  }

  #beginning(at: Lsn): Segment | undefined {
    const segment = at < this.#at.written ? this.#segments.find(at) : undefined
    return segment?.base === at ? segment : undefined
  }

  /** What is not written is in memory, and `written` is a record boundary. */
  #chainInMemory(at: Lsn): number | null {
    let next = this.#at.written
    for (const block of this.#tail.from(next)) {
      const stop = Math.min(at, block.base + block.used)
      while (next < stop) {
        const offset = next - block.base
        next = (next + block.view.getUint32(offset + 4, true)) as Lsn
        if (next === at) return block.view.getUint32(offset, true)
      }
    }
    return null
  }

  #chainInFile(segment: Segment, at: Lsn): Promise<number | null> {
    return this.#files.use(segment, async file => {
      const header = Buffer.alloc(SEGMENT_RECORD_BYTES)
      await file.read(header, 0, header.length, 0)
      const view = new DataView(header.buffer, header.byteOffset, header.length)
      const seed = readSegmentHeader(header, view, 0)?.seed
      if (seed === undefined) return null
      const size = at - segment.base
      const found = await new ChainReader().follow(file, segment, size, seed, () => undefined)
      return found.offset === size ? found.chain : null
    })
  }

  async #read(segment: Segment, into: Buffer, start: number, stop: number, at: Lsn): Promise<number> {
    try {
      return await this.#files.use(segment, file => file.read(into, start, stop, at - segment.base))
    } catch (cause) {
      // Removed meanwhile: gone, not broken.
      if (!this.#segments.list.includes(segment)) return 0
      throw unreadable(segment, at, cause)
    }
  }
}

function unreadable(segment: Segment, at: Lsn, cause: unknown): TandemError {
  const place = `${segmentName(segment.base)} near byte ${at - segment.base}`
  return new TandemError('JOURNAL_IO', `${place} cannot be read: ${messageOf(cause)}`, { cause })
}

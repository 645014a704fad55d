import { TandemError, messageOf } from '../base/errors.ts'
import type { Lsn } from '../base/lsn.ts'
import { RECORD_HEADER } from './record.ts'
import type { SegmentFiles } from './segment-files.ts'
import { segmentName, type Segment } from './segment.ts'

/** Bytes read back from a segment, starting at `start`. */
export interface Page {
  readonly start: Lsn
  readonly buffer: Buffer
  readonly view: DataView
  /** How many bytes of the buffer were read: less than asked for near the journal's end. */
  readonly length: number
}

const PAGE_BYTES = 256 * 1024
/** A page reaches this far into the next one, so that a record on the border is (nearly always) whole. */
const OVERLAP_BYTES = 16 * 1024

/**
 * Pages of records that left the tail, the most recently used kept up to a limit. Pages start at multiples of 256 KiB of
 * their segment; a record that does not fit the page it starts in is kept by itself.
 */
export class ReadCache {
  readonly #files: SegmentFiles
  readonly #limit: number
  /** By `keyOf`, least recently used first. */
  readonly #pages = new Map<number, Page>()
  readonly #reading = new Map<number, Promise<void>>()
  #last: Page | undefined
  #bytes = 0

  constructor(files: SegmentFiles, limit: number) {
    this.#files = files
    this.#limit = limit
  }

  get bytes(): number {
    return this.#bytes
  }

  /** The page that holds all of [at, at + bytes). */
  find(segment: Segment, at: Lsn, bytes: number): Page | undefined {
    const last = this.#last
    if (last !== undefined && holds(last, at, bytes)) return last
    const key = keyOf(segment, at, bytes)
    const page = this.#pages.get(key)
    if (page === undefined || !holds(page, at, bytes)) return undefined
    this.#pages.delete(key)
    this.#pages.set(key, page)
    this.#last = page
    return page
  }

  /** Reads the page for [at, at + bytes) from disk; `written` is where the segment's file ends for now. */
  async fetch(segment: Segment, at: Lsn, bytes: number, written: Lsn): Promise<void> {
    const key = keyOf(segment, at, bytes)
    await this.#reading.get(key)
    if (this.find(segment, at, bytes) !== undefined) return
    // Who waited for the same short page comes here together: the first one reads, the others wait again.
    const others = this.#reading.get(key)
    if (others !== undefined) return this.fetch(segment, at, bytes, written)
    const reading = this.#read(segment, at, bytes, written).finally(() => this.#reading.delete(key))
    this.#reading.set(key, reading)
    await reading
  }

  async #read(segment: Segment, at: Lsn, bytes: number, written: Lsn): Promise<void> {
    const key = keyOf(segment, at, bytes)
    const start = key < 0 ? at : (key as Lsn)
    const end = Math.min(written, key < 0 ? at + bytes : start + PAGE_BYTES + OVERLAP_BYTES)
    const buffer = Buffer.allocUnsafeSlow(end - start)
    const length = await this.#readFully(segment, buffer, start - segment.base)
    const page: Page = { start, buffer, view: new DataView(buffer.buffer), length }
    checkLength(segment, page, at, bytes)
    this.#keep(key, page)
  }

  async #readFully(segment: Segment, buffer: Buffer, position: number): Promise<number> {
    try {
      return await this.#files.use(segment, async file => {
        let length = 0
        while (length < buffer.length) {
          const got = await file.read(buffer, length, buffer.length, position + length)
          if (got === 0) break
          length += got
        }
        return length
      })
    } catch (cause) {
      const name = segmentName(segment.base)
      throw new TandemError('JOURNAL_IO', `${name} cannot be read at byte ${position}: ${messageOf(cause)}`, { cause })
    }
  }

  #keep(key: number, page: Page): void {
    const old = this.#pages.get(key)
    if (old !== undefined) this.#forget(key, old)
    this.#pages.set(key, page)
    this.#bytes += page.buffer.length
    for (const [oldest, victim] of this.#pages) {
      if (this.#bytes <= this.#limit || victim === page) break
      this.#forget(oldest, victim)
    }
  }

  #forget(key: number, page: Page): void {
    this.#pages.delete(key)
    this.#bytes -= page.buffer.length
    if (this.#last === page) this.#last = undefined
  }
}

const holds = (page: Page, at: Lsn, bytes: number): boolean =>
  at >= page.start && at + bytes <= page.start + page.length

/** A page's key is its start; a record by itself has its negated Lsn (never 0: there lies the first SEGMENT record). */
function keyOf(segment: Segment, at: Lsn, bytes: number): number {
  const offset = at - segment.base
  const start = offset - (offset % PAGE_BYTES)
  return offset + bytes <= start + PAGE_BYTES + OVERLAP_BYTES ? segment.base + start : -Number(at)
}

/** The record's own length must fit what the index says, or one of the two is wrong. */
function checkLength(segment: Segment, page: Page, at: Lsn, bytes: number): void {
  const offset = at - page.start
  const place = `${segmentName(segment.base)} at byte ${at - segment.base}`
  if (offset + bytes > page.length) {
    throw new TandemError('JOURNAL_CORRUPT', `${place}: the file ends before the record's ${bytes} bytes`)
  }
  const length = page.view.getUint32(offset + 4, true)
  if (length < RECORD_HEADER || length > bytes) {
    throw new TandemError('JOURNAL_CORRUPT', `${place}: the record's length is ${length}, expected ${bytes}`)
  }
}

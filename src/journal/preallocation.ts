import { durableWrite, type JournalFile } from './files.ts'

/** How far zeros reach ahead of the journal's end: 1 MiB. */
export const aheadBytes: number = 1 << 20
/** Zeros are written again when fewer than this many lie ahead: 256 KiB. */
const leastBytes = 256 << 10
/** Zeros go to disk in one piece: each is an allocation of space, which the journal's own writes wait behind. */
const PIECE: Buffer = Buffer.alloc(aheadBytes)

/**
 * Keeps the file of the last segment longer than the journal, with zeros behind its end. A durable write into zeros that
 * are on disk already changes no metadata, and is the faster for it, above all in its slowest hundredth.
 *
 *     ├ records … ┼ zeros on disk … ┼ zeros being written ┤
 *                 end               ready                 goal
 *
 * What reads a journal takes zeros behind the last record for the end (recovery.ts). Only the last segment has any: they
 * are cut off when the next one begins, and at an orderly end. Under load nothing is written ahead: the owner calls
 * `extend` when nothing waits, and a batch that is larger than what is ready simply extends the file.
 */
export class Preallocation {
  readonly #most: number
  /** Position in the file up to which zeros (or records) are on disk. */
  #ready = 0
  #goal = 0
  #filling: Promise<void> | undefined
  #off = false

  /** `most`: length of a whole segment, bytes. */
  constructor(most: number) {
    this.#most = most
  }

  /** Another file is the last one: nothing is known to lie ahead in it. */
  enter(): void {
    this.#ready = 0
    this.#goal = 0
  }

  /** The zeros that are being written, when a write that ends at `stop` would meet them. */
  blocks(stop: number): Promise<void> | undefined {
    return this.#filling !== undefined && stop > this.#ready ? this.#filling : undefined
  }

  /** Zeros lie behind `end`, or are on their way there. */
  reaches(end: number): boolean {
    return Math.max(this.#ready, this.#goal) > end
  }

  /** Zeros are on their way to the disk. */
  get filling(): boolean {
    return this.#filling !== undefined
  }

  get settled(): Promise<void> {
    return this.#filling ?? Promise.resolve()
  }

  /**
   * Starts writing zeros when few lie behind `end`. No space is no reason to stop anything: the journal itself will find
   * out. Any other error is as final as one of a sync (`failed`).
   */
  extend(file: JournalFile, end: number, failed: (error: Error) => void): void {
    const most = this.#most
    if (this.#off || this.#filling !== undefined || file.writeDurably === undefined) return
    if (this.#ready - end >= leastBytes || end >= most || this.#ready >= most) return
    this.#ready = Math.max(this.#ready, end)
    this.#goal = Math.min(most, end + aheadBytes)
    this.#filling = this.#fill(file, failed)
  }

  async #fill(file: JournalFile, failed: (error: Error) => void): Promise<void> {
    try {
      while (this.#ready < this.#goal) {
        const length = Math.min(PIECE.length, this.#goal - this.#ready)
        await durableWrite(file, PIECE, 0, length, this.#ready)
        this.#ready += length
      }
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown))
      this.#off = true
      if (!isFull(error)) failed(error)
    } finally {
      this.#filling = undefined
    }
  }
}

/** No space is left: what was not written may be tried again later. */
export const isFull = (error: Error): boolean => 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')

/** Are these bytes of a file zeros only, as they are behind the end of a preallocated segment? */
export const isBlank = (bytes: Buffer): boolean => bytes.equals(Buffer.alloc(bytes.length))

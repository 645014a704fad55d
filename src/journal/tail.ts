import type { Lsn } from '../base/lsn.ts'
import type { Visit } from './chain.ts'
import type { Segment } from './segment.ts'

/** Memory for a contiguous range of one segment: first written by the appender, then to disk, then kept for readers. */
export class Block {
  readonly buffer: Buffer
  readonly view: DataView
  segment: Segment
  /** The Lsn of the buffer's first byte. */
  base: Lsn
  /** Bytes in use; brought up to date at every flush. */
  used = 0

  constructor(buffer: Buffer, segment: Segment, base: Lsn) {
    this.buffer = buffer
    this.view = new DataView(this.buffer.buffer)
    this.segment = segment
    this.base = base
  }
}

/** Blocks that wait to be used again: enough for a burst, little enough to give memory back afterwards. */
export const FREE_BLOCKS_MAX = 4

/**
 * The newest end of the journal in memory: everything not yet committed, and behind it what `cacheBytes` allows.
 * Blocks go round through a small pool, so that a steady load makes no garbage.
 */
export class Tail {
  /** Oldest first, adjacent; the last one is being appended to. */
  readonly blocks: Block[] = []
  readonly #blockBytes: number
  readonly #cacheBytes: number
  readonly #free: Block[] = []
  /** Blocks that may wait to be used again. */
  freeBlocksMax: number = FREE_BLOCKS_MAX
  #bytes = 0
  #hit: Block | undefined

  constructor(blockBytes: number, cacheBytes: number) {
    this.#blockBytes = blockBytes
    this.#cacheBytes = cacheBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  /** A fresh block at the end, with room for at least `bytes`; or `adopted`, a buffer with memory of its own, as one. */
  start(segment: Segment, base: Lsn, bytes: number, adopted?: Buffer): Block {
    const last = this.blocks.at(-1)
    if (last !== undefined && last.used === 0) this.#release(this.blocks.length - 1)
    const free = adopted === undefined && bytes <= this.#blockBytes ? this.#free.pop() : undefined
    const buffer = free?.buffer ?? adopted ?? Buffer.allocUnsafeSlow(Math.max(bytes, this.#blockBytes))
    const block = free ?? new Block(buffer, segment, base)
    block.segment = segment
    block.base = base
    block.used = 0
    this.blocks.push(block)
    this.#bytes += block.buffer.length
    return block
  }

  /** The block that holds all of [at, at + bytes). */
  find(at: Lsn, bytes: number): Block | undefined {
    const hit = this.#hit
    if (hit !== undefined && at >= hit.base && at + bytes <= hit.base + hit.used) return hit
    const block = this.blocks[this.#indexOf(at)]
    if (block === undefined || at < block.base || at + bytes > block.base + block.used) return undefined
    this.#hit = block
    return block
  }

  /** The block that holds the byte at `at`. */
  holding(at: Lsn): Block | undefined {
    const block = this.blocks[this.#indexOf(at)]
    return block === undefined || at >= block.base + block.used ? undefined : block
  }

  /** The blocks from the one that holds `at`, in order. A copy: the list may change while it is walked. */
  from(at: Lsn): Block[] {
    return this.blocks.slice(Math.max(0, this.#indexOf(at)))
  }

  /** Calls `visit` for each record from `from` on; answers where it ended: `to`, or where memory does. */
  scan(from: Lsn, to: Lsn, visit: Visit): Lsn {
    let at = from
    for (const block of this.from(from)) {
      const stop = Math.min(to, block.base + block.used)
      if (at < block.base && at < stop) break
      while (at < stop) {
        const offset = at - block.base
        visit(block.buffer, block.view, offset, at)
        at = (at + block.view.getUint32(offset + 4, true)) as Lsn
      }
    }
    return at
  }

  /** Gives up the oldest blocks beyond `cacheBytes`, but none that reaches above `below`, and never the last. */
  evict(below: Lsn): void {
    while (this.#bytes > this.#cacheBytes && this.blocks.length > 1) {
      const oldest = this.blocks[0] as Block
      if (oldest.base + oldest.used > below) return
      this.#release(0)
    }
  }

  #release(index: number): void {
    const [block] = this.blocks.splice(index, 1)
    if (block === undefined) return
    if (this.#hit === block) this.#hit = undefined
    this.#bytes -= block.buffer.length
    if (block.buffer.length === this.#blockBytes && this.#free.length < this.freeBlocksMax) this.#free.push(block)
  }

  /** Index of the last block that starts at or before `at`; -1 when all start later. */
  #indexOf(at: Lsn): number {
    let low = 0
    let high = this.blocks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.blocks[middle] as Block).base <= at) low = middle + 1
      else high = middle
    }
    return low - 1
  }
}

import { Kept, type Delivery, type Topic, type TopicMemory } from '../destination/destination.ts'
import type { TempPlace } from './backlog.ts'

/** Bytes that go to disk, and come back, together. Small: a thousand slow subscribers have a thousand that fill. */
const blockBytes: number = 64 * 1024

/** Lends buffers of one size: they come and go too fast to be left to the garbage collector. */
export interface BlockSource {
  readonly memory: TopicMemory
  take(bytes: number): Buffer
  give(buffer: Buffer): void
}

/** One block of messages in memory, for as long as somebody holds it. Counts as memory while it is there. */
export class Block {
  at = 0
  readonly #source: BlockSource
  readonly #buffer: Buffer
  #holders = 1

  /** Room for at least `bytes`. */
  constructor(source: BlockSource, bytes: number) {
    this.#source = source
    this.#buffer = bytes <= blockBytes ? source.take(blockBytes) : Buffer.allocUnsafe(bytes)
    source.memory.bytes += this.#buffer.length
  }

  get buffer(): Buffer {
    return this.#buffer
  }

  get written(): Buffer {
    return this.#buffer.subarray(0, this.at)
  }

  /** The first so many bytes, to be filled. */
  room(bytes: number): Buffer {
    this.at = bytes
    return this.#buffer.subarray(0, bytes)
  }

  hold(): void {
    this.#holders++
  }

  release(): void {
    if (--this.#holders > 0) return
    this.#source.memory.bytes -= this.#buffer.length
    if (this.#buffer.length === blockBytes) this.#source.give(this.#buffer)
  }
}

const NONE: readonly Topic[] = []

/** Messages in a block: one that fills, is on its way to the disk, or lies there. */
export class Spilled {
  /** Still in memory. */
  block: Block | null
  place: TempPlace | null = null
  /** More may be appended. */
  fills = true
  reading = false
  /** Nobody wants it any more: its place is freed when it is written. */
  dropped = false
  persistent = false
  count = 0
  /** The oldest so many were evicted while they lay here. */
  evicted = 0
  /** Distinct topics, by the number that stands before each record. */
  #topics: readonly Topic[] = NONE

  constructor(block: Block) {
    this.block = block
  }

  get size(): number {
    return this.count - this.evicted
  }

  takes({ length }: Delivery): boolean {
    const { block } = this
    return this.fills && block !== null && block.at + 2 + length <= block.buffer.length
  }

  append({ block: from, offset, length, topic, persistent }: Delivery): void {
    const into = this.block!
    let index = this.#topics.lastIndexOf(topic!)
    if (index < 0) {
      index = this.#topics.length
      // Most subscriptions have one topic: its list is shared by all of its blocks.
      this.#topics = index === 0 ? topic!.alone : [...this.#topics, topic!]
    }
    into.at = into.buffer.writeUInt16LE(index, into.at)
    into.at += from.copy(into.buffer, into.at, offset, offset + length)
    this.persistent ||= persistent
    this.count++
  }

  written(place: TempPlace): void {
    this.place = place
    this.block?.release()
    this.block = null
  }

  /** It is wanted no more; answers the place that is to be freed. */
  drop(): TempPlace | null {
    const { place } = this
    this.dropped = true
    this.block?.release()
    this.block = null
    this.place = null
    return place
  }

  /**
   * Its messages from the `skipped`th on, one at a time, so that they live no longer than they must. Their bytes are those
   * of the block, which stays until the last of them is forgotten.
   */
  *decode(block: Block, skipped: number): Generator<Kept> {
    const { written } = block
    const view = new DataView(written.buffer, written.byteOffset, written.length)
    const forgotten = (): void => block.release()
    let skips = skipped
    for (let at = 0; at < written.length;) {
      const topic = this.#topics[written.readUInt16LE(at)]!
      const length = written.readUInt32LE(at + 6)
      if (skips-- <= 0) {
        block.hold()
        yield new Kept(topic, written, view, at + 2, length, forgotten)
      }
      at += 2 + length
    }
  }
}

import type { Lsn, MessageKey } from '../base/lsn.ts'
import { Mark, type Chunk, type MessageIndex } from '../store/store.ts'
import type { Queue } from './queue.ts'

/**
 * Walks what is in a queue now, delivered or not, in the order in which it would be delivered; what comes later is not
 * met. Messages may leave the queue meanwhile. While it rests it keeps a key and nothing else, however much flows by.
 */
export class BacklogCursor {
  readonly queue: Queue
  readonly #end: Lsn
  readonly #priorities: readonly number[]
  #lane = 0
  /** The message it stands at, or stood at last; -1: before the first. */
  #key = -1
  /** Where that is; null while it rests. */
  #chunk: Chunk | null = null
  #slot = -1

  /** `end`: the end of the journal; messages behind it are later ones. */
  constructor(queue: Queue, end: Lsn) {
    this.queue = queue
    this.#end = end
    this.#priorities = queue.policy.prioritizedMessages ? PRIORITIES : ANY
  }

  /** Moves to the next message; false: there is none. */
  next(): boolean {
    const messages = this.queue.stored?.messages
    if (messages === undefined) return false
    while (!this.queue.gone && this.#lane < this.#priorities.length) {
      if (this.#step(messages, this.#priorities[this.#lane]!)) return true
      this.#lane++
      this.#key = -1
      this.#chunk = null
    }
    return false
  }

  /** The next one of this priority. */
  #step(messages: MessageIndex, priority: number): boolean {
    let slot = this.#chunk === null ? 0 : this.#slot + 1
    for (let chunk = this.#chunk ?? messages.chunkBehind(this.#key); chunk !== null; chunk = chunk.next, slot = 0) {
      for (; slot < chunk.count; slot++) {
        const key = chunk.keys[slot]!
        if (key >= this.#end) return false
        if (key <= this.#key || chunk.marks[slot] === Mark.removed) continue
        if (priority >= 0 && (chunk.kinds[slot]! & 15) !== priority) continue
        this.#chunk = chunk
        this.#slot = slot
        this.#key = key
        return true
      }
    }
    return false
  }

  /** It is not used for a while. Dropped chunks lead to all that came after them: it must not hold one. */
  rest(): void {
    this.#chunk = null
  }

  /** The message it stands at is still there. */
  get isThere(): boolean {
    const messages = this.queue.stored?.messages
    if (this.queue.gone || messages === undefined || this.#key < 0) return false
    if (this.#chunk !== null) return this.#chunk.marks[this.#slot] !== Mark.removed
    if (!messages.find(this.#key as MessageKey)) return false
    this.#chunk = messages.foundChunk
    this.#slot = messages.foundSlot
    return true
  }

  // Of the message it stands at, when it is there

  get key(): MessageKey {
    return this.#key as MessageKey
  }
  get position(): Lsn {
    return this.#chunk!.position(this.#slot)
  }
  get bytes(): number {
    return this.#chunk!.sizes[this.#slot]!
  }
  get redelivered(): number {
    return this.#chunk!.redeliveries(this.#slot)
  }
  /** ms since 1970; 0 never. */
  get expires(): number {
    return this.#chunk!.expiresAt(this.#slot)
  }
  get persistent(): boolean {
    return (this.#chunk!.kinds[this.#slot]! & 16) !== 0
  }
}

const ANY = [-1]
const PRIORITIES = [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]

import type { Lsn, MessageKey } from '../base/lsn.ts'
import { Mark, type Chunk } from '../store/store.ts'
import type { Queue } from './queue.ts'

/**
 * Walks what is in a queue now, delivered or not, in the order in which it would be delivered; what comes later is not
 * met. Messages may leave the queue meanwhile. It keeps a place in the index and nothing of the messages.
 */
export class BacklogCursor {
  readonly queue: Queue
  readonly #end: Lsn
  readonly #priorities: readonly number[]
  #lane = 0
  #chunk: Chunk | null
  #slot = -1

  /** `end`: the end of the journal; messages behind it are later ones. */
  constructor(queue: Queue, end: Lsn) {
    this.queue = queue
    this.#end = end
    this.#priorities = queue.policy.prioritizedMessages ? PRIORITIES : ANY
    this.#chunk = queue.stored?.messages.first ?? null
  }

  /** Moves to the next message; false: there is none. */
  next(): boolean {
    while (!this.queue.gone) {
      if (this.#step()) return true
      if (++this.#lane >= this.#priorities.length) break
      this.#chunk = this.queue.stored?.messages.first ?? null
      this.#slot = -1
    }
    this.#chunk = null
    return false
  }

  /** The next one of this priority. */
  #step(): boolean {
    const priority = this.#priorities[this.#lane]!
    while (this.#chunk !== null) {
      const chunk = this.#chunk
      for (let slot = this.#slot + 1; slot < chunk.count; slot++) {
        if (chunk.keys[slot]! >= this.#end) break
        if (chunk.marks[slot] === Mark.removed) continue
        if (priority >= 0 && (chunk.kinds[slot]! & 15) !== priority) continue
        this.#slot = slot
        return true
      }
      this.#chunk = chunk.next
      this.#slot = -1
    }
    return false
  }

  /** The message it stands at is still there. */
  get isThere(): boolean {
    return !this.queue.gone && this.#chunk !== null && this.#slot >= 0 && this.#chunk.marks[this.#slot] !== Mark.removed
  }

  // Of the message it stands at

  get key(): MessageKey {
    return this.#chunk!.keys[this.#slot]! as MessageKey
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

import type { Lsn } from '../base/lsn.ts'
import type { Output } from './output.ts'

/** Places of answers that have left which are kept for others. */
const placesMax = 1024

/**
 * Answers that must wait for the journal: bytes and actions, each for the position it depends on, released in order.
 * A RECEIPT (or an ERROR, which can tell as much) leaves only when everything the broker knew while it handled the frame
 * is committed (replication rule 1, B1, B2).
 */
export class HeldAnswers {
  #bytes: Buffer = Buffer.allocUnsafe(256)
  /** Bytes [#start, #end) wait. */
  #start = 0
  #end = 0
  #positions: number[] = []
  #ends: number[] = []
  #actions: ((() => void) | null)[] = []
  /** Those from #head up to #tail wait; the places of the others are used again. */
  #head = 0
  #tail = 0

  get empty(): boolean {
    return this.#head === this.#tail
  }

  /** There are some, and not even the first may leave at `committed`. */
  waits(committed: Lsn): boolean {
    return !this.empty && this.#positions[this.#head]! > committed
  }

  /** Bytes that wait. */
  get size(): number {
    return this.#end - this.#start
  }

  /** Room for `bytes`; then write at the answered offset of `buffer` and `hold` what was written. */
  reserve(bytes: number): number {
    if (this.#bytes.length - this.#end < bytes) this.#grow(bytes)
    return this.#end
  }

  get buffer(): Buffer {
    return this.#bytes
  }

  /** What was written up to `end` of `buffer` waits for `position`, and then `action` runs. */
  hold(position: Lsn, end: number, action: (() => void) | null): void {
    this.#end = end
    const last = this.#tail - 1
    if (action === null && last >= this.#head && this.#positions[last] === position && this.#actions[last] === null) {
      this.#ends[last] = end
      return
    }
    const at = this.#tail++
    this.#positions[at] = position
    this.#ends[at] = end
    this.#actions[at] = action
  }

  /** Writes what waited for positions up to `committed`, and runs its actions, in order. */
  release(committed: Lsn, output: Output): void {
    while (this.#head < this.#tail && this.#positions[this.#head]! <= committed) {
      let index = this.#head
      // One copy for a run of answers without actions.
      while (this.#actions[index] === null && index + 1 < this.#tail && this.#positions[index + 1]! <= committed) {
        index++
      }
      const end = this.#ends[index]!
      const action = this.#actions[index]!
      if (end > this.#start) output.bytes(this.#bytes, this.#start, end)
      this.#start = end
      this.#head = index + 1
      this.#actions[index] = null
      if (action !== null) action()
    }
    if (this.#head === this.#tail) this.#reset()
    else if (this.#head > placesMax) this.#compact()
  }

  #reset(): void {
    this.#start = 0
    this.#end = 0
    this.#head = 0
    this.#tail = 0
    if (this.#positions.length > placesMax) this.#compact()
    if (this.#bytes.length > 65536) this.#bytes = Buffer.allocUnsafe(4096)
  }

  #compact(): void {
    this.#positions = this.#positions.slice(this.#head, this.#tail)
    this.#ends = this.#ends.slice(this.#head, this.#tail)
    this.#actions = this.#actions.slice(this.#head, this.#tail)
    this.#tail -= this.#head
    this.#head = 0
  }

  #grow(bytes: number): void {
    const waiting = this.#end - this.#start
    const target =
      waiting + bytes > this.#bytes.length / 2 ? Math.max(this.#bytes.length * 2, waiting + bytes) : this.#bytes.length
    const next = Buffer.allocUnsafe(target)
    this.#bytes.copy(next, 0, this.#start, this.#end)
    for (let i = this.#head; i < this.#tail; i++) this.#ends[i]! -= this.#start
    this.#bytes = next
    this.#end = waiting
    this.#start = 0
  }
}

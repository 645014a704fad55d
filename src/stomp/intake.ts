const EMPTY: Buffer = Buffer.alloc(0)
/** An own buffer above this many bytes is given back as soon as little of it is in use. */
const KEPT_BYTES_MAX = 262_144
const FIRST_BYTES = 1024

/**
 * The bytes received and not yet used up: [from, end) of `bytes`.
 *
 * As long as nothing is left over, `bytes` is the received chunk itself and nothing is copied. Left-overs move into an
 * own buffer that doubles as bytes arrive, so each byte is copied a bounded number of times, and memory follows what
 * was received (about twice), never what a client announced.
 */
export class Intake {
  bytes: Buffer = EMPTY
  /** Where the first byte still needed is; the owner moves it forward. */
  from = 0
  end = 0
  #own: Buffer = EMPTY

  /** Adds a chunk; answers by how much the bytes already there have moved. */
  accept(chunk: Buffer): number {
    if (this.from === this.end) {
      this.bytes = chunk
      this.from = 0
      this.end = chunk.length
      return 0
    }
    const delta = this.#reserve(chunk.length)
    chunk.copy(this.#own, this.end)
    this.#close(this.end + chunk.length)
    return delta
  }

  /** Takes left-overs out of a borrowed chunk, and gives back memory; answers by how much the bytes have moved. */
  settle(): number {
    const live = this.end - this.from
    if (live === 0) {
      if (this.#own.length > FIRST_BYTES) this.#own = EMPTY
      this.bytes = EMPTY
      this.from = this.end = 0
      return 0
    }
    if (this.bytes !== this.#own) return this.#reserve(0)
    return this.#own.length > KEPT_BYTES_MAX && live * 4 < this.#own.length ? this.#move(this.#size(live)) : 0
  }

  clear(): void {
    this.#own = EMPTY
    this.bytes = EMPTY
    this.from = this.end = 0
  }

  /** Makes the own buffer hold the live bytes and room for `more`. */
  #reserve(more: number): number {
    const live = this.end - this.from
    const fits = live + more < this.#own.length
    if (this.bytes !== this.#own) return this.#move(fits ? this.#own : this.#size(live + more))
    if (this.end + more < this.#own.length) return 0
    // Sliding pays only when at least as much has been used up as must be moved.
    return this.#move(fits && this.from >= live ? this.#own : this.#size(live + more))
  }

  #size(needed: number): Buffer {
    return Buffer.allocUnsafeSlow(Math.max(FIRST_BYTES, 2 * needed))
  }

  #move(into: Buffer): number {
    const delta = -this.from
    this.bytes.copy(into, 0, this.from, this.end)
    this.#own = into
    this.bytes = into
    this.from = 0
    this.#close(this.end + delta)
    return delta
  }

  /** A NUL behind the last byte stops a search for one there, instead of letting it run through the unused rest. */
  #close(end: number): void {
    this.end = end
    this.#own[end] = 0
  }
}

const BLOCK_BYTES = 64 * 1024
/** One message for each of ten thousand subscribers is not ten thousand blocks: making those took longer than all the rest. */
const SMALL_BYTES = 2048
/** Small blocks kept for reuse: 2 MiB. */
const SMALL_MAX = 1024
/** Blocks of 64 KiB kept for reuse: 4 MiB. */
const POOL_MAX = 64

/** So many, a receipt for instance, are copied one by one: a view of them costs more. */
const FEW_BYTES = 64

/** Blocks of 64 KiB, and small ones, that outputs borrow; what does not fit the pool is left to the garbage collector. */
export class BlockPool {
  readonly #free: Buffer[] = []
  readonly #small: Buffer[] = []

  /** Of `bytes` at least, which a block has. The `first` of an output may be a small one when none lies ready. */
  take(bytes: number = BLOCK_BYTES, first: boolean = false): Buffer {
    const ready = this.#free.pop()
    if (ready !== undefined) return ready
    if (!first || bytes > SMALL_BYTES) return Buffer.allocUnsafeSlow(BLOCK_BYTES)
    return this.#small.pop() ?? Buffer.allocUnsafeSlow(SMALL_BYTES)
  }

  give(block: Buffer): void {
    if (block.length === BLOCK_BYTES && this.#free.length < POOL_MAX) this.#free.push(block)
    if (block.length === SMALL_BYTES && this.#small.length < SMALL_MAX) this.#small.push(block)
  }
}

/** A filled part of an output, ready to be written to a socket. */
export interface Filled {
  readonly block: Buffer
  readonly end: number
}

const EMPTY: Buffer = Buffer.alloc(0)

/**
 * Bytes for one connection, gathered over a turn and written at once.
 * `reserve(n)`, then write into `block` at `at` and move `at`; or use the writers below, which reserve themselves.
 */
export class Output {
  block: Buffer = EMPTY
  at = 0
  readonly #pool: BlockPool
  #filled: Filled[] = []
  #filledBytes = 0

  constructor(pool: BlockPool) {
    this.#pool = pool
  }

  /** Bytes that wait to be taken. */
  get size(): number {
    return this.#filledBytes + this.at
  }

  /** Makes room for `bytes` in one piece. */
  reserve(bytes: number): void {
    if (this.block.length - this.at >= bytes) return
    if (this.at > 0) {
      this.#filled.push({ block: this.block, end: this.at })
      this.#filledBytes += this.at
    } else if (this.block.length > 0) {
      this.#pool.give(this.block)
    }
    this.block = bytes <= BLOCK_BYTES ? this.#pool.take(bytes, this.#filledBytes === 0) : Buffer.allocUnsafeSlow(bytes)
    this.at = 0
  }

  bytes(from: Uint8Array, start = 0, end: number = from.length): void {
    const length = end - start
    this.reserve(length)
    const { block, at } = this
    if (length <= FEW_BYTES) {
      for (let i = 0; i < length; i++) block[at + i] = from[start + i]!
    } else {
      block.set(start === 0 && end === from.length ? from : from.subarray(start, end), at)
    }
    this.at = at + length
  }

  /** As `bytes`, over as many pooled blocks as it takes: a body of any length costs a copy, and no allocation. */
  spread(from: Buffer, start: number, end: number): void {
    for (let at = start; at < end;) {
      if (this.at === this.block.length) this.reserve(1)
      const part = Math.min(end - at, this.block.length - this.at)
      from.copy(this.block, this.at, at, at + part)
      this.at += part
      at += part
    }
  }

  /** Everything that waits; the taker gives the blocks back with `recycle` when they are written. */
  take(): Filled[] {
    const last = this.at > 0 ? { block: this.block, end: this.at } : null
    if (last === null && this.block.length > 0) this.#pool.give(this.block)
    this.block = EMPTY
    this.at = 0
    // Nearly always all is in one block.
    if (this.#filled.length === 0) return last === null ? [] : [last]
    const taken = this.#filled
    if (last !== null) taken.push(last)
    this.#filled = []
    this.#filledBytes = 0
    return taken
  }

  recycle(taken: readonly Filled[]): void {
    for (const { block } of taken) this.#pool.give(block)
  }
}

/** Writes `value` (a whole number ≥ 0) in decimal at `at`; answers the offset behind it. */
export function writeDecimal(block: Uint8Array, at: number, value: number): number {
  let digits = 1
  for (let limit = 10; value >= limit; limit *= 10) digits++
  const end = at + digits
  let rest = value
  let i = end - 1
  while (rest >= 4294967296) {
    const next = Math.floor(rest / 10)
    block[i--] = 48 + (rest - next * 10)
    rest = next
  }
  for (let small = rest >>> 0; i >= at; i--) {
    const next = Math.floor(small / 10)
    block[i] = 48 + (small - next * 10)
    small = next
  }
  return end
}

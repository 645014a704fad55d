import { writeDecimal } from './output.ts'

const BEFORE = Buffer.from('\nexpires:0\npriority:4\ntimestamp:', 'latin1')
const PERSISTENT = Buffer.from('\npersistent:true\n', 'latin1')
/** Digits of the largest time. */
const digitsMax = 16

/**
 * The header lines that most messages share, rendered once per millisecond: no expiry, priority 4, the broker's time.
 * They start with the LF that ends the message-id line.
 */
export class FixedLines {
  #now = -1
  readonly #lines = Buffer.alloc(BEFORE.length + digitsMax + PERSISTENT.length)
  #end = BEFORE.length
  #persistent: Buffer = this.#lines
  #volatile: Buffer = this.#lines

  constructor() {
    this.#lines.set(BEFORE)
  }

  /** Lent until the next call. */
  at(now: number, persistent: boolean): Buffer {
    if (now !== this.#now) this.#render(now)
    return persistent ? this.#persistent : this.#volatile
  }

  #render(now: number): void {
    this.#now = now
    const end = writeDecimal(this.#lines, BEFORE.length, now)
    // Times have as many digits as each other, for some centuries.
    if (end === this.#end) return
    this.#end = end
    this.#lines.set(PERSISTENT, end)
    this.#volatile = this.#lines.subarray(0, end + 1)
    this.#persistent = this.#lines.subarray(0, end + PERSISTENT.length)
  }
}

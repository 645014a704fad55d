/**
 * The header lines that most messages share, rendered once per millisecond: no expiry, priority 4, the broker's time.
 * They start with the LF that ends the message-id line.
 */
export class FixedLines {
  #now = -1
  #persistent: Buffer = Buffer.alloc(0)
  #volatile: Buffer = Buffer.alloc(0)

  at(now: number, persistent: boolean): Buffer {
    if (now !== this.#now) {
      this.#now = now
      this.#volatile = Buffer.from(`\nexpires:0\npriority:4\ntimestamp:${now}\n`, 'latin1')
      this.#persistent = Buffer.concat([this.#volatile, PERSISTENT])
    }
    return persistent ? this.#persistent : this.#volatile
  }
}

const PERSISTENT = Buffer.from('persistent:true\n', 'latin1')

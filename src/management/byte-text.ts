/** Text that grows as bytes: a scrape has a hundred thousand numbers, and no time to make a string of each. */
export class ByteText {
  #bytes: Buffer
  #at = 0

  constructor(size: number = 1 << 16) {
    this.#bytes = Buffer.allocUnsafe(size)
  }

  text(text: string): void {
    // A character takes three bytes at most; a pair of surrogates, two characters to us, takes four.
    this.#reserve(3 * text.length)
    this.#at += this.#bytes.write(text, this.#at)
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#at)
    this.#at += bytes.length
  }

  /** A character of ASCII. */
  byte(code: number): void {
    this.#reserve(1)
    this.#bytes[this.#at++] = code
  }

  number(value: number): void {
    if (!Number.isInteger(value) || value < 0 || value > digitsBelow) return this.text(String(value))
    this.#reserve(10)
    let length = 1
    for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) length++
    let rest = value
    for (let at = this.#at + length - 1; at >= this.#at; at--) {
      this.#bytes[at] = 48 + (rest % 10)
      rest = Math.floor(rest / 10)
    }
    this.#at += length
  }

  /** What was written; nothing may be written after it. */
  done(): Buffer {
    return this.#bytes.subarray(0, this.#at)
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length, this.#at + bytes))
    this.#bytes.copy(larger, 0, 0, this.#at)
    this.#bytes = larger
  }
}

/** Ten digits at most. */
const digitsBelow = 9_999_999_999

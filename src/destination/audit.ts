/**
 * Which message identities were seen: the last so many of each producer, and so many producers. An identity is
 * `<producer>:<number>` (stomp S-MSG-06), so that a window of bits for each producer is enough.
 */
export class MessageAudit {
  readonly #depth: number
  readonly #producersMax: number
  /** The least recently seen first. */
  readonly #producers = new Map<string, BitWindow>()

  constructor(depth: number, producersMax: number) {
    this.#depth = Math.max(1, depth)
    this.#producersMax = Math.max(1, producersMax)
  }

  /** Was it seen before? From now on it was. */
  sees(id: string): boolean {
    const colon = id.lastIndexOf(':')
    const number = Number(id.slice(colon + 1))
    if (colon < 0 || !Number.isSafeInteger(number) || number < 0) return false
    const producer = id.slice(0, colon)
    const window = this.#producers.get(producer) ?? new BitWindow(this.#depth)
    this.#producers.delete(producer)
    this.#producers.set(producer, window)
    if (this.#producers.size > this.#producersMax) this.#producers.delete(this.#producers.keys().next().value!)
    return window.set(number)
  }

  /** It was not seen. */
  forget(id: string): void {
    const colon = id.lastIndexOf(':')
    this.#producers.get(id.slice(0, colon))?.clear(Number(id.slice(colon + 1)))
  }
}

/** One bit for each of so many consecutive numbers; it moves on with the highest number seen. */
class BitWindow {
  readonly #words: Uint32Array
  /** The number of the first bit, in words. */
  #first = -1

  constructor(depth: number) {
    this.#words = new Uint32Array(Math.ceil(depth / 32) + 1)
  }

  /** Answers whether the bit was set. A number before the window was not. */
  set(number: number): boolean {
    const word = Math.floor(number / 32)
    if (this.#first < 0) this.#first = word
    if (word < this.#first) return false
    this.#moveTo(word)
    const at = word % this.#words.length
    const bit = 1 << (number % 32)
    const was = (this.#words[at]! & bit) !== 0
    this.#words[at]! |= bit
    return was
  }

  clear(number: number): void {
    const word = Math.floor(number / 32)
    if (this.#first < 0 || word < this.#first || word >= this.#first + this.#words.length) return
    this.#words[word % this.#words.length]! &= ~(1 << (number % 32))
  }

  #moveTo(word: number): void {
    const { length } = this.#words
    const first = word - length + 1
    if (first <= this.#first) return
    if (first - this.#first >= length) this.#words.fill(0)
    else for (let gone = this.#first; gone < first; gone++) this.#words[gone % length] = 0
    this.#first = first
  }
}

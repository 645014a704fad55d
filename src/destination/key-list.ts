import type { MessageKey } from '../base/lsn.ts'

/** Spent places at the front of a list that are worth a copy of the rest. */
const spentMax = 1024

/** Keys of messages to be offered again, in order. Taking from the front costs nothing however long the list is. */
export class KeyList {
  /** So many in front were looked at, and are not worth another look before somebody else may want them. */
  looked = 0
  #keys: MessageKey[] = []
  #head = 0

  get size(): number {
    return this.#keys.length - this.#head
  }

  /** The key at this distance from the front. */
  at(index: number): MessageKey {
    return this.#keys[this.#head + index]!
  }

  push(key: MessageKey): void {
    this.#keys.push(key)
  }

  /**
   * The first `count` keys are done with, except the `kept` ones among them and the first `past` of them, which stay in front
   * in their order.
   */
  take(count: number, kept: readonly MessageKey[], past = 0): void {
    const gone = count - past - kept.length
    if (gone > 0) {
      for (let i = past - 1; i >= 0; i--) this.#keys[this.#head + gone + i] = this.#keys[this.#head + i]!
      this.#head += gone
      for (let i = 0; i < kept.length; i++) this.#keys[this.#head + past + i] = kept[i]!
    }
    if (this.#head === this.#keys.length) {
      this.clear()
    } else if (this.#head > spentMax && this.#head * 2 > this.#keys.length) {
      this.#keys = this.#keys.slice(this.#head)
      this.#head = 0
    }
  }

  /** In queue order. */
  sort(): void {
    this.#keys = this.#keys.slice(this.#head).sort((a, b) => a - b)
    this.#head = 0
    this.looked = 0
  }

  clear(): void {
    this.#keys = []
    this.#head = 0
    this.looked = 0
  }
}

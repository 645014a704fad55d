import type { MessageKey } from '../base/lsn.ts'
import type { Queue } from './queue.ts'

/** State of one delivery. */
export const DeliveryState = {
  /** Delivered, not acknowledged. */
  outstanding: 0,
  /** Acknowledged in an open transaction; outstanding again after ABORT (stomp S-TX-10). */
  enlisted: 1,
  /** Settled: it only waits for the ones before it to leave the ring. */
  settled: 2,
  /** NACKed inside a transaction: stays in flight until the subscription ends (stomp S-NAK-08). */
  poisoned: 3,
} as const

/**
 * The deliveries of one subscription that are not settled, in delivery order: a ring of typed arrays.
 * Delivery numbers only grow, so an acknowledgement is found by binary search.
 */
export class DeliveryWindow {
  /** Deliveries that are outstanding, enlisted or poisoned. */
  unsettled = 0
  #head = 0
  #tail = 0
  /** Nothing before it is outstanding. */
  #open = 0
  #mask = 15
  #numbers = new Float64Array(16)
  #keys = new Float64Array(16)
  #states = new Uint8Array(16)
  #persistent = new Uint8Array(16)
  #queues: (Queue | null)[] = []

  /** First and behind-last index. An index is valid until the next `push`, a number as long as it is unsettled. */
  get first(): number {
    return this.#head
  }
  get end(): number {
    return this.#tail
  }

  /** Where an acknowledgement of all up to something begins: what open transactions hold is not looked at each time. */
  firstOutstanding(): number {
    let at = Math.max(this.#open, this.#head)
    while (at < this.#tail && this.#states[at & this.#mask] !== DeliveryState.outstanding) at++
    this.#open = at
    return at
  }

  push(number: number, key: MessageKey, queue: Queue | null, persistent: boolean): void {
    if (this.#tail - this.#head > this.#mask) {
      // One delivery that is never acknowledged must not keep the places of all that follow it.
      if (this.unsettled * 2 <= this.#mask + 1) this.#compact()
      else this.#double()
    }
    const at = this.#tail++ & this.#mask
    this.#numbers[at] = number
    this.#keys[at] = key
    this.#states[at] = DeliveryState.outstanding
    this.#persistent[at] = persistent ? 1 : 0
    this.#queues[at] = queue
    this.unsettled++
  }

  /** The index of the delivery with this number, or -1. */
  find(number: number): number {
    let low = this.#head
    let high = this.#tail - 1
    while (low <= high) {
      const middle = low + ((high - low) >> 1)
      const at = this.#numbers[middle & this.#mask]!
      if (at === number) return middle
      if (at < number) low = middle + 1
      else high = middle - 1
    }
    return -1
  }

  number(index: number): number {
    return this.#numbers[index & this.#mask]!
  }
  key(index: number): MessageKey {
    return this.#keys[index & this.#mask]! as MessageKey
  }
  queue(index: number): Queue | null {
    return this.#queues[index & this.#mask] ?? null
  }
  state(index: number): number {
    return this.#states[index & this.#mask]!
  }
  persistent(index: number): boolean {
    return this.#persistent[index & this.#mask] === 1
  }

  setState(index: number, state: number): void {
    const at = index & this.#mask
    if (state === DeliveryState.settled && this.#states[at] !== DeliveryState.settled) {
      this.unsettled--
      this.#queues[at] = null
    }
    if (state === DeliveryState.outstanding && index < this.#open) this.#open = index
    this.#states[at] = state
  }

  /** Forgets the settled deliveries at the front. */
  trim(): void {
    while (this.#head < this.#tail && this.#states[this.#head & this.#mask] === DeliveryState.settled) this.#head++
  }

  #compact(): void {
    const mask = this.#mask
    let to = this.#head
    for (let from = this.#head; from < this.#tail; from++) {
      const at = from & mask
      if (this.#states[at] === DeliveryState.settled) continue
      const place = to++ & mask
      this.#numbers[place] = this.#numbers[at]!
      this.#keys[place] = this.#keys[at]!
      this.#states[place] = this.#states[at]!
      this.#persistent[place] = this.#persistent[at]!
      this.#queues[place] = this.#queues[at] ?? null
    }
    for (let rest = to; rest < this.#tail; rest++) this.#queues[rest & mask] = null
    this.#tail = to
    this.#open = this.#head
  }

  #double(): void {
    const size = this.#mask + 1
    const numbers = new Float64Array(size * 2)
    const keys = new Float64Array(size * 2)
    const states = new Uint8Array(size * 2)
    const persistent = new Uint8Array(size * 2)
    const queues: (Queue | null)[] = []
    const mask = size * 2 - 1
    for (let i = this.#head; i < this.#tail; i++) {
      numbers[i & mask] = this.#numbers[i & this.#mask]!
      keys[i & mask] = this.#keys[i & this.#mask]!
      states[i & mask] = this.#states[i & this.#mask]!
      persistent[i & mask] = this.#persistent[i & this.#mask]!
      queues[i & mask] = this.#queues[i & this.#mask] ?? null
    }
    this.#numbers = numbers
    this.#keys = keys
    this.#states = states
    this.#persistent = persistent
    this.#queues = queues
    this.#mask = mask
  }
}

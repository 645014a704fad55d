/**
 * The ledger of one load: who was sent what, who got it, and what that proves. Every message must be confirmed when it asked
 * for a receipt, and delivered exactly once (on a topic: once to each subscriber), in the order of its producer.
 */
export interface LedgerShape {
  readonly producers: number
  readonly consumers: number
  /** Destinations; producer p and consumer c use number `p % destinations` and `c % destinations`. */
  readonly destinations: number
  /** Messages of each producer. */
  readonly messages: number
  readonly topic: boolean
}

export interface Counts {
  readonly confirmed: number
  /** Distinct deliveries: what arrived, without its duplicates. */
  readonly received: number
  readonly unconfirmed: number
  readonly lost: number
  readonly duplicates: number
  /** -1 where order is not promised: several consumers share a queue. */
  readonly outOfOrder: number
  /** Messages of another run, of another destination, of a wrong length, and receipts nobody asked for. */
  readonly strays: number
}

export class Ledger {
  readonly #shape: LedgerShape
  /** Copies delivered, by reader, producer and sequence; a reader is a subscriber of a topic, or all consumers of queues. */
  readonly #delivered: Uint8Array
  /** 0 not asked, 1 asked, 2 confirmed */
  readonly #receipts: Uint8Array
  readonly #lastSequence: Int32Array
  readonly #expected: number
  #asked = 0
  #confirmed = 0
  #received = 0
  #duplicates = 0
  #outOfOrder = 0
  #strays = 0

  constructor(shape: LedgerShape) {
    this.#shape = shape
    const readers = shape.topic ? shape.consumers : 1
    this.#delivered = new Uint8Array(readers * shape.producers * shape.messages)
    this.#receipts = new Uint8Array(shape.producers * shape.messages)
    this.#lastSequence = new Int32Array(readers * shape.producers).fill(-1)
    this.#expected = expectedDeliveries(shape)
  }

  get confirmed(): number {
    return this.#confirmed
  }

  get allConfirmed(): boolean {
    return this.#confirmed >= this.#asked
  }

  get allDelivered(): boolean {
    return this.#received >= this.#expected
  }

  /** Deliveries a perfect broker makes. */
  get expected(): number {
    return this.#expected
  }

  asked(producer: number, sequence: number): void {
    this.#receipts[producer * this.#shape.messages + sequence] = 1
    this.#asked += 1
  }

  /** False when no such receipt was awaited. */
  receipt(producer: number, sequence: number): boolean {
    const at = producer * this.#shape.messages + sequence
    if (sequence < 0 || sequence >= this.#shape.messages || this.#receipts[at] !== 1) {
      this.#strays += 1
      return false
    }
    this.#receipts[at] = 2
    this.#confirmed += 1
    return true
  }

  stray(): void {
    this.#strays += 1
  }

  /** Records a delivery; false when it belongs to none of this load's messages for that consumer. */
  message(consumer: number, producer: number, sequence: number): boolean {
    const { producers, destinations, messages, topic } = this.#shape
    const known = producer >= 0 && producer < producers && sequence >= 0 && sequence < messages
    if (!known || producer % destinations !== consumer % destinations) {
      this.#strays += 1
      return false
    }
    const line = (topic ? consumer : 0) * producers + producer
    const at = line * messages + sequence
    const copies = this.#delivered[at] as number
    if (copies > 0) {
      this.#duplicates += 1
      return true
    }
    this.#delivered[at] = 1
    this.#received += 1
    if (sequence < (this.#lastSequence[line] as number)) this.#outOfOrder += 1
    else this.#lastSequence[line] = sequence
    return true
  }

  counts(): Counts {
    const { consumers, destinations, topic } = this.#shape
    return {
      confirmed: this.#confirmed,
      received: this.#received,
      unconfirmed: this.#asked - this.#confirmed,
      lost: this.#expected - this.#received,
      duplicates: this.#duplicates,
      outOfOrder: topic || consumers <= destinations ? this.#outOfOrder : -1,
      strays: this.#strays,
    }
  }
}

function expectedDeliveries({ producers, consumers, destinations, messages, topic }: LedgerShape): number {
  let expected = 0
  for (let producer = 0; producer < producers; producer += 1) {
    let readers = 0
    for (let consumer = 0; consumer < consumers; consumer += 1)
      if (consumer % destinations === producer % destinations) readers += 1
    expected += messages * (topic ? readers : Math.min(1, readers))
  }
  return expected
}

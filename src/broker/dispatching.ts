import type { Lsn, MessageKey } from '../base/lsn.ts'
import {
  emptyDelivery,
  type Consumer,
  type Delivery,
  type DispatchPort,
  type Queue,
} from '../destination/destination.ts'
import { Arrivals } from './arrivals.ts'
import { AutoSettled } from './auto-settled.ts'
import type { Broker } from './broker.ts'
import { Expiring } from './expiring.ts'
import { fetchFor } from './page-reads.ts'
import { Remembered } from './remembered.ts'
import { TurnList } from './turn-list.ts'

/** Hands messages of queues to their consumers: which queues have something to do, and what queues ask of the world. */
export class Dispatching implements DispatchPort {
  readonly delivery: Delivery = emptyDelivery()
  readonly settled: AutoSettled = new AutoSettled()
  readonly remembered: Remembered = new Remembered()
  readonly expiring: Expiring
  readonly #broker: Broker
  readonly #arrivals: Arrivals = new Arrivals()
  readonly #dirty = new TurnList<Queue>()

  constructor(broker: Broker) {
    this.#broker = broker
    this.expiring = new Expiring(broker)
  }

  get now(): number {
    return this.#broker.now
  }

  /** No queue has anything to do. */
  get done(): boolean {
    return this.#dirty.size === 0
  }

  /** The queue may have something to hand over: it has its turn, this one or the next. */
  markDirty(queue: Queue): void {
    if (!queue.dirty) this.#dirty.add(queue)
    queue.dirty = true
    queue.onlyMore = false
  }

  /** As `markDirty`, when there are more messages or bytes, and all else is as it was: what nobody wanted is not looked at again. */
  markMore(queue: Queue): void {
    if (queue.dirty) return
    queue.dirty = true
    queue.onlyMore = true
    this.#dirty.add(queue)
  }

  /** What is journaled has arrived by now. */
  note(): void {
    this.#arrivals.note(this.#broker.journal.end, this.now)
  }

  run(): void {
    this.note()
    for (let i = 0; i < this.#dirty.size; i++) {
      const queue = this.#dirty.take(i)
      queue.dirty = false
      queue.dispatch(this)
    }
    this.#dirty.end()
  }

  arrivedAt(key: MessageKey): number {
    return this.#arrivals.at(key, this.now)
  }

  peek(at: Lsn, bytes: number, into: Delivery): boolean {
    return this.#broker.journal.peek(at, bytes, into)
  }

  fetch(queue: Queue, at: Lsn, bytes: number): void {
    fetchFor(this.#broker, queue, at, bytes)
  }

  settle(queue: Queue, key: MessageKey, persistent: boolean): void {
    this.settled.add(queue, key, persistent)
  }

  remember(queue: Queue, key: MessageKey, consumer: Consumer): void {
    this.remembered.add(queue, key, consumer)
  }

  mayExpire(queue: Queue, bytes: number): boolean {
    return this.expiring.may(queue, bytes)
  }

  expire(queue: Queue, key: MessageKey): void {
    this.expiring.expire(queue, key)
  }
}

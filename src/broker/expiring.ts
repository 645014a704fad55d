import type { MessageKey } from '../base/lsn.ts'
import type { Queue, Unswept } from '../destination/destination.ts'
import type { Broker } from './broker.ts'

/** Messages, and bytes of them, that are on their way to where the expired go at once; the rest has its turn when these are journaled. */
const underwayMax = 1000
const bytesMax = 8 * 1024 * 1024

/**
 * Takes the expired off their queues, a few at a time: a million may expire at one moment, and nobody is served while one of
 * them is buried.
 *
 *   met by dispatch ───┐
 *   expired on arrival ┼─► at most so many ─► dead letters ─► committed ─► the next ones
 *   found by the sweep ┘
 */
export class Expiring {
  readonly #broker: Broker
  /** Taken since the last ones were committed. */
  #taken = 0
  #bytes = 0
  /** Those taken, and how many of them are buried. */
  readonly #line: { readonly queue: Queue; readonly key: MessageKey }[] = []
  #buried = 0
  /** The bytes of one are being read, or a hand-over is under way. */
  #burying = false
  #renewing = false
  /** Queues whose dispatch stands at an expired message. */
  readonly #queues = new Set<Queue>()
  #arrived: { readonly queue: Queue; readonly key: MessageKey }[] = []
  /** What the sweep has not looked at yet; null: none is under way. */
  #unswept: Iterator<Queue> | null = null
  #within: { readonly queue: Queue; readonly rest: Unswept } | null = null

  constructor(broker: Broker) {
    this.#broker = broker
  }

  /** False: not now. The queue goes on when it may. */
  may(queue: Queue, bytes: number): boolean {
    if (this.#taken === 0 || (this.#taken < underwayMax && this.#bytes + bytes <= bytesMax)) {
      this.#bytes += bytes
      return true
    }
    this.#queues.add(queue)
    return false
  }

  expire(queue: Queue, key: MessageKey): void {
    this.#taken++
    this.#line.push({ queue, key })
    if (!this.#burying) this.#buryLine()
  }

  /** One behind the other, though the bytes of some must be read first: the dead lie in the order in which they were sent. */
  #buryLine(): void {
    const line = this.#line
    while (!this.#burying && this.#buried < line.length) {
      if (this.#broker.quiesced) return this.#buryLater()
      const { queue, key } = line[this.#buried++]!
      let isHere = true
      this.#burying = true
      const done = (): void => {
        this.#burying = false
        if (!isHere) this.#buryLine()
      }
      try {
        this.#broker.deadLetters.bury(queue, key, 'expired', done)
      } catch (error) {
        this.#burying = false
        throw error
      }
      isHere = false
    }
    if (this.#burying) return
    line.length = 0
    this.#buried = 0
    this.#renewSoon()
  }

  /** A hand-over waits for the journal to come to rest: who leads next looks for the expired itself. */
  #buryLater(): void {
    this.#burying = true
    this.#broker.operations.soon(() => {
      this.#burying = false
      this.#buryLine()
    })
  }

  #renewSoon(): void {
    if (this.#renewing) return
    this.#renewing = true
    this.#broker.operations.soon(this.#renew)
  }

  readonly #renew = (): void => {
    this.#renewing = false
    if (this.#burying) return
    this.#taken = 0
    this.#bytes = 0
    for (const queue of this.#queues) this.#broker.markDirty(queue)
    this.#queues.clear()
    this.#expireArrived()
    this.#sweepOn()
  }

  /** A message that was expired when it came, and is committed (semantics E-02). */
  arrived(queue: Queue, key: MessageKey): void {
    this.#arrived.push({ queue, key })
    if (this.#arrived.length === 1) this.#expireArrived()
  }

  #expireArrived(): void {
    const arrived = this.#arrived
    let done = 0
    while (done < arrived.length && arrived[done]!.queue.expireArrived(this.#broker.dispatching, arrived[done]!.key))
      done++
    if (done > 0) this.#arrived = arrived.slice(done)
  }

  /** Looks for expired messages in the queues whose period is over (semantics E-03); not while it still does. */
  sweep(queues: Iterable<Queue>): void {
    if (this.#unswept !== null) return
    this.#unswept = queues[Symbol.iterator]()
    this.#sweepOn()
  }

  #sweepOn(): void {
    const queues = this.#unswept
    if (queues === null) return
    if (this.#within !== null && !this.#sweepOne(this.#within.queue, this.#within.rest)) return
    this.#within = null
    const { now } = this.#broker
    for (let next = queues.next(); next.done !== true; next = queues.next()) {
      const queue = next.value
      const period = queue.policy.expireMessagesPeriod
      if (queue.durable !== null && !this.#broker.durables.sweepsExpired(queue)) continue
      if (period <= 0 || now - queue.sweptAt < period) continue
      queue.sweptAt = now
      if (!this.#sweepOne(queue, { limit: queue.policy.maxExpirePageSize, behind: -1 })) return
    }
    this.#unswept = null
  }

  /** False: there is more to do in this queue, later. */
  #sweepOne(queue: Queue, from: Unswept): boolean {
    // A paused queue is left alone (VER-07).
    if (queue.paused || queue.gone) return true
    const rest = queue.sweep(this.#broker.dispatching, from.limit, from.behind)
    if (rest === null) return true
    this.#within = { queue, rest }
    return false
  }
}

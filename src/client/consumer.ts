import { setTimeout as sleep } from 'node:timers/promises'
import { TandemError } from '../base/errors.ts'
import type { StompConnection } from './connection.ts'
import { dial, type Dialling } from './dialling.ts'
import type { ServerFrame } from './frames.ts'
import { Inbox } from './inbox.ts'
import { Latencies } from './latencies.ts'
import { Settling, type AckMode } from './settling.ts'

export interface ConsumerOptions extends Dialling {
  /** In STOMP's words: `/queue/a`. */
  readonly destination: string
  /** Messages to take; 0: as many as come. */
  readonly count: number
  /** ms to wait for the next message; Infinity without end. */
  readonly timeout: number
  readonly mode: AckMode
  /** Messages that are acknowledged at once. */
  readonly batch: number
  /** Messages that the broker may hand over before they are acknowledged. */
  readonly prefetch: number
  /** ms after each message. */
  readonly pause: number
  readonly selector: string | null
  /** The name of a durable subscription; null: none. */
  readonly durable: string | null
  onMessage(message: ServerFrame): void
  /** Before a batch of `size` is acknowledged, the last of `received` messages. */
  onBatch?(size: number, received: number): void
  onReconnect?(to: string): void
  /** ms without a message after which `onWaiting` is called, once, where `timeout` ends nothing. */
  readonly waitingAfter?: number
  onWaiting?(): void
}

export interface Consumed {
  /** Messages, each counted once. */
  received: number
  /** Of these, those that are known to be acknowledged. */
  acknowledged: number
  bytes: number
  /** Marked by the broker as handed over before. */
  redelivered: number
  /** Came again after a connection was lost, although they had been taken: not counted in `received`. */
  repeated: number
  reconnects: number
  /** From the producer's timestamp on. */
  readonly latencies: Latencies
  /** When the first one came, of `performance.now()`; null: none. */
  first: number | null
  last: number
}

/** Takes messages and acknowledges every one of them, the last batch too; goes on at another broker when one is lost. */
export class Consumer {
  readonly consumed: Consumed = {
    received: 0,
    acknowledged: 0,
    bytes: 0,
    redelivered: 0,
    repeated: 0,
    reconnects: 0,
    latencies: new Latencies(),
    first: null,
    last: 0,
  }
  readonly #options: ConsumerOptions
  readonly #settling: Settling
  #connection: StompConnection | null = null
  #toldWaiting = false

  constructor(options: ConsumerOptions) {
    this.#options = options
    // A batch that the broker does not hand over whole would never be full.
    this.#settling = new Settling(options.mode, Math.min(options.batch, options.prefetch))
  }

  /** Resolves when enough came, none came in time, or the signal ended it, and all that was taken is acknowledged. */
  async run(): Promise<void> {
    let again = false
    try {
      while (!(await this.#session(again))) {
        again = true
        if (this.#options.url.redial.rounds === 0) throw this.#connection!.ended!
      }
    } finally {
      this.#connection?.destroy()
    }
  }

  /** One connection; true when there is nothing left to do. */
  async #session(again: boolean): Promise<boolean> {
    const connection = await dial(this.#options, again)
    this.#connection = connection
    if (again) {
      this.consumed.reconnects++
      this.#options.onReconnect?.(connection.address.text)
    }
    const inbox = new Inbox(connection)
    this.#settling.begin(connection)
    try {
      await connection.subscribe('c', this.#subscription(), inbox.take)
      await this.#take(inbox)
      await this.#settle()
      await connection.close()
      return true
    } catch (error) {
      if (error instanceof TandemError && error.code === 'CLIENT_LOST') return false
      throw error
    }
  }

  /** Resolves when there is no reason to go on. Rejects when the connection has ended. */
  async #take(inbox: Inbox): Promise<void> {
    const { count, timeout, signal, pause, mode } = this.#options
    const connection = this.#connection!
    while ((count === 0 || this.consumed.received < count) && !signal.aborted) {
      const message = await inbox.next(this.#patience(), signal)
      if (connection.ended !== null) throw connection.ended
      if (message === null && timeout === Infinity && !signal.aborted) {
        this.#tellWaiting()
        continue
      }
      if (message === null) return
      if (this.#settling.cameAgain(message)) this.consumed.repeated++
      else this.#count(message)
      this.#settling.add(message)
      if (this.#settling.full || (mode === 'individual' && inbox.size === 0)) await this.#settle()
      if (pause > 0) await sleep(pause, undefined, { signal }).catch(() => {})
    }
  }

  /** ms after which there is something to do although no message came. */
  #patience(): number {
    const { timeout, waitingAfter = Infinity } = this.#options
    return timeout === Infinity && !this.#toldWaiting ? waitingAfter : timeout
  }

  #tellWaiting(): void {
    if (!this.#toldWaiting) this.#options.onWaiting?.()
    this.#toldWaiting = true
  }

  async #settle(): Promise<void> {
    const { size } = this.#settling
    if (size > 0) this.#options.onBatch?.(size, this.consumed.received)
    this.consumed.acknowledged += await this.#settling.settle()
  }

  #count(message: ServerFrame): void {
    const { consumed } = this
    const now = performance.now()
    consumed.first ??= now
    consumed.last = now
    consumed.received++
    consumed.bytes += message.body.length
    if (message.headers.get('redelivered') === 'true') consumed.redelivered++
    const sent = Number(message.headers.get('timestamp'))
    if (sent > 0) consumed.latencies.add(Math.max(0, Date.now() - sent))
    this.#options.onMessage(message)
  }

  #subscription(): [string, string][] {
    const { destination, prefetch, selector, durable, mode } = this.#options
    const headers: [string, string][] = [
      ['destination', destination],
      ['ack', mode === 'cumulative' ? 'client' : 'client-individual'],
      ['activemq.prefetchSize', String(prefetch)],
    ]
    if (selector !== null) headers.push(['selector', selector])
    if (durable !== null) headers.push(['activemq.subscriptionName', durable])
    return headers
  }
}

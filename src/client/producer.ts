import { setTimeout as sleep } from 'node:timers/promises'
import { TandemError } from '../base/errors.ts'
import type { StompConnection } from './connection.ts'
import { dial, type Dialling } from './dialling.ts'
import { Latencies } from './latencies.ts'

/** A message to send. */
export interface Outgoing {
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Buffer
}

export interface ProducerOptions extends Dialling {
  readonly count: number
  /** The message with the number n, from 0. Asked again when it must be sent again. */
  message(n: number): Outgoing
  /** Messages that may be without receipt at a time; 1: each waits for the one before. */
  readonly window: number
  /** Messages of a transaction; 0: none. */
  readonly batch: number
  /** ms between two messages. */
  readonly pause: number
  /** Messages per second; null: as fast as the broker takes them. */
  readonly rate: number | null
  /** ms that what is on its way may take when the signal has come, before the connection is given up; default 5 s. */
  readonly graceMs?: number
  onCommit?(number: number): void
  /** The connection was lost, and another one serves now. */
  onReconnect?(to: string): void
}

/** What became of them. */
export interface Produced {
  /** Messages that have their receipt, or whose transaction has. */
  sent: number
  /** Bytes of their bodies. */
  bytes: number
  /** Sent a second time, as nobody knew whether they had arrived: each may be there twice. */
  resent: number
  reconnects: number
  /** From the send to its receipt, or from COMMIT to its. */
  readonly latencies: Latencies
}

/** A broker that takes nothing at the moment, as one without space does, may never answer. */
const GRACE_MS = 5000

/**
 * Sends messages over one connection after the other until each has its receipt. When a connection is lost, those without
 * receipt are sent again, in order and before all others.
 */
export class Producer {
  readonly produced: Produced = { sent: 0, bytes: 0, resent: 0, reconnects: 0, latencies: new Latencies() }
  readonly #options: ProducerOptions
  #connection: StompConnection | null = null
  /** Sent and not confirmed, by number: in the order in which they were sent. */
  readonly #pending = new Map<number, number>()
  #failure: TandemError | null = null
  #wake: () => void = () => {}
  #started = 0

  constructor(options: ProducerOptions) {
    this.#options = options
  }

  /** Resolves when all are confirmed, or when the signal has ended it and what was on its way is settled. Rejects with why it cannot. */
  async run(): Promise<void> {
    this.#connection = await dial(this.#options, false)
    this.#started = performance.now()
    const { signal, graceMs = GRACE_MS } = this.#options
    let grace: NodeJS.Timeout | undefined
    const ends = (): void => {
      grace = setTimeout(() => this.#connection?.destroy(), graceMs)
    }
    if (signal.aborted) ends()
    signal.addEventListener('abort', ends)
    try {
      await (this.#options.batch > 0 ? this.#transactions() : this.#messages())
      await this.#connection.close()
    } finally {
      signal.removeEventListener('abort', ends)
      clearTimeout(grace)
      this.#connection.destroy()
    }
  }

  async #messages(): Promise<void> {
    const { count, signal, window } = this.#options
    for (let n = 0; n < count && !signal.aborted; n++) {
      await this.#pace(n)
      await this.#settledTo(window - 1)
      if (signal.aborted) break
      this.#send(n)
      await this.#connection!.writable()
    }
    await this.#settledTo(0)
  }

  #send(n: number): void {
    const connection = this.#connection!
    const { headers, body } = this.#options.message(n)
    const at = performance.now()
    this.#pending.set(n, body.length)
    connection.receipted('SEND', headers, body).then(
      () => {
        this.#pending.delete(n)
        this.#confirmed(body.length, at)
        this.#wake()
      },
      (error: unknown) => {
        // A lost one is sent again by whoever waits; what was refused would be refused again.
        if (!(error instanceof TandemError) || error.code !== 'CLIENT_LOST') this.#failure ??= error as TandemError
        this.#wake()
      },
    )
  }

  #confirmed(bytes: number, since: number): void {
    this.produced.sent++
    this.produced.bytes += bytes
    this.produced.latencies.add(performance.now() - since)
  }

  /** Waits until at most `most` messages are unconfirmed; connects and sends again when it must. */
  async #settledTo(most: number): Promise<void> {
    for (;;) {
      if (this.#failure !== null) throw this.#failure
      if (this.#connection!.ended !== null) await this.#again()
      else if (this.#pending.size <= most) return
      else await new Promise<void>(resolve => (this.#wake = resolve))
    }
  }

  async #reconnect(): Promise<void> {
    const lost = this.#connection!.ended
    if (lost !== null && lost.code !== 'CLIENT_LOST') throw lost
    if (this.#options.url.redial.rounds === 0 && lost !== null) throw lost
    this.#connection = await dial(this.#options, true)
    this.produced.reconnects++
    this.#options.onReconnect?.(this.#connection.address.text)
  }

  async #again(): Promise<void> {
    await this.#reconnect()
    for (const n of this.#pending.keys()) {
      if (this.#connection!.ended !== null) return
      this.produced.resent++
      this.#send(n)
      await this.#connection!.writable()
    }
  }

  async #transactions(): Promise<void> {
    const { batch, count, signal, onCommit } = this.#options
    for (let from = 0, number = 0; from < count && !signal.aborted; from += batch, number++) {
      const to = Math.min(from + batch, count)
      for (let pace = true; ; pace = false) {
        const outcome = await this.#transaction(from, to, number, pace)
        if (outcome === 'done') break
        if (outcome === 'unknown') this.produced.resent += to - from
        await this.#reconnect()
      }
      onCommit?.(number)
    }
  }

  /** `lost`: it cannot have happened; `unknown`: it may. */
  async #transaction(from: number, to: number, number: number, pace: boolean): Promise<'done' | 'lost' | 'unknown'> {
    const connection = this.#connection!
    const name: [string, string] = ['transaction', `t${number}`]
    connection.post('BEGIN', [name])
    const bytes: number[] = []
    for (let n = from; n < to; n++) {
      if (pace) await this.#pace(n)
      const { headers, body } = this.#options.message(n)
      connection.post('SEND', [...headers, name], body)
      bytes.push(body.length)
      await connection.writable()
    }
    if (connection.ended !== null) return 'lost'
    const at = performance.now()
    try {
      await connection.receipted('COMMIT', [name])
    } catch (error) {
      if (error instanceof TandemError && error.code === 'CLIENT_LOST') return 'unknown'
      throw error
    }
    for (const each of bytes) this.#confirmed(each, at)
    return 'done'
  }

  /** Waits until it is the turn of message n. A stop ends the wait. */
  async #pace(n: number): Promise<void> {
    const { pause, rate, signal } = this.#options
    const due = rate === null ? 0 : this.#started + (n / rate) * 1000 - performance.now()
    const wait = Math.max(n > 0 ? pause : 0, due)
    // Timers are coarse: shorter waits are made up for by the next one.
    if (wait >= 1) await sleep(wait, undefined, { signal }).catch(() => {})
  }
}

import type { StompConnection } from './connection.ts'
import type { ServerFrame } from './frames.ts'

/** Messages that wait for their consumer, and the bytes of their bodies; the connection is not read while there are more. */
const WAITING_MAX = 2000
const BYTES_MAX = 16 << 20
/** Below both of these it is read again. */
const WAITING_MIN = 200
const BYTES_MIN = 4 << 20

/** Hands over messages one by one, in order. */
export class Inbox {
  #connection: StompConnection
  #frames: ServerFrame[] = []
  #at = 0
  #bytes = 0
  #wake: () => void = () => {}

  constructor(connection: StompConnection) {
    this.#connection = connection
    void connection.over.then(() => this.#wake())
  }

  readonly take = (frame: ServerFrame): void => {
    this.#frames.push(frame)
    this.#bytes += frame.body.length
    if (this.size > WAITING_MAX || this.#bytes > BYTES_MAX) this.#connection.pause()
    this.#wake()
  }

  /** Messages that are here. */
  get size(): number {
    return this.#frames.length - this.#at
  }

  /** The next message; null after `ms` without one, when the connection has ended or the signal was given. */
  async next(ms: number, signal: AbortSignal): Promise<ServerFrame | null> {
    if (this.size === 0 && !signal.aborted && this.#connection.ended === null) await this.#something(ms, signal)
    const frame = this.#frames[this.#at]
    if (frame === undefined) return null
    this.#at++
    this.#bytes -= frame.body.length
    if (this.#at === this.#frames.length) {
      this.#frames = []
      this.#at = 0
    }
    if (this.size < WAITING_MIN && this.#bytes < BYTES_MIN) this.#connection.resume()
    return frame
  }

  #something(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      const done = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        this.#wake = () => {}
        resolve()
      }
      const timer = setTimeout(done, Math.min(ms, 2 ** 31 - 1))
      signal.addEventListener('abort', done)
      this.#wake = done
    })
  }
}

import type { Broker } from '../broker/broker.ts'
import type { Link, Output, Session, SessionOptions } from '../session/session.ts'
import { heartBeatAction, heartBeatTimes, nextLookAt, timerDelay, type HeartBeat } from '../stomp/stomp.ts'
import { recognise } from './protocol.ts'
import type { Wire } from './wire.ts'

/** What a listener sets for all its connections. */
export interface ConnectionOptions {
  readonly session: Omit<SessionOptions, 'tls' | 'certificateDn'>
  readonly tls: boolean
  readonly certificateDn: string | undefined
  /** ms from accept to CONNECT; ≤ 0 disables (stomp S-LIM-07). */
  readonly connectAttemptTimeout: number
  /** `auto…`: the first eight bytes decide, within this time (stomp S-TRN-03); null for other connectors. */
  readonly detectWithin: number | null
  readonly heartBeatGrace: number
  readonly useKeepAlive: boolean
}

/** Unsent bytes in the socket below which deliveries go on. */
const lowWaterBytes = 256 * 1024
/** Bytes a client may leave unread before nothing more is read from it: its own answers pile up. */
const unreadBytesMax = 8 * 1024 * 1024
/** ms a closing connection may take until its peer has read everything. */
const lingerMs = 1000

/** One accepted connection and its session: bytes in, bytes out, and the timers that the protocol asks for. */
export class Connection implements Link {
  readonly remote: string
  readonly session: Session
  readonly #wire: Wire
  readonly #broker: Broker
  readonly #options: ConnectionOptions
  /** The first bytes, until they tell the protocol; null afterwards. */
  #first: Buffer | null = Buffer.alloc(0)
  #attempt: NodeJS.Timeout | undefined
  #beat: NodeJS.Timeout | undefined
  #linger: NodeJS.Timeout | undefined
  #lastIn = performance.now()
  #lastOut = performance.now()
  #pauses = 0
  #flooded = false
  #ending = false

  constructor(
    wire: Wire,
    broker: Broker,
    options: ConnectionOptions,
    onClose: () => void,
    onForeign: (what: string) => void,
  ) {
    this.#wire = wire
    this.#broker = broker
    this.#options = options
    this.remote = `${options.tls ? 'ssl' : 'tcp'}://${wire.remote}`
    this.session = broker.connect(this, { ...options.session, tls: options.tls, certificateDn: options.certificateDn })
    this.#limit(options.detectWithin ?? options.connectAttemptTimeout)
    wire.onData(chunk => this.#received(chunk, onForeign))
    wire.onClose(() => {
      clearTimeout(this.#attempt)
      clearTimeout(this.#beat)
      clearTimeout(this.#linger)
      this.session.end()
      onClose()
    })
  }

  /** Gives the client so many ms for its next step; ≤ 0 gives it for ever. */
  #limit(ms: number): void {
    clearTimeout(this.#attempt)
    if (ms > 0) this.#attempt = setTimeout(() => this.#wire.destroy(), timerDelay(ms, 0))
  }

  #received(chunk: Buffer, onForeign: (what: string) => void): void {
    this.#lastIn = performance.now()
    if (this.#first === null) return this.#broker.received(this.session, chunk)
    this.#first = this.#first.length === 0 ? chunk : Buffer.concat([this.#first, chunk])
    const protocol = recognise(this.#first, this.#options.detectWithin !== null)
    if (protocol === 'more') return
    const bytes = this.#first
    this.#first = null
    if (protocol === 'stomp') {
      if (this.#options.detectWithin !== null) this.#limit(this.#options.connectAttemptTimeout)
      return this.#broker.received(this.session, bytes)
    }
    if (protocol !== 'unknown') onForeign(protocol)
    this.session.end()
    this.#wire.destroy()
  }

  // Link

  pause(): void {
    if (this.#pauses++ === 0) this.#wire.pause()
  }

  resume(): void {
    if (--this.#pauses === 0) this.#wire.resume()
  }

  flush(output: Output): void {
    if (output.size === 0) return this.#afterWrite()
    const filled = output.take()
    if (this.#wire.ended) return output.recycle(filled)
    this.#lastOut = performance.now()
    this.#wire.write(filled, () => {
      output.recycle(filled)
      this.#afterWrite()
    })
    const waiting = this.#wire.queued
    if (waiting > lowWaterBytes) this.session.congested = true
    if (waiting > unreadBytesMax && !this.#flooded) {
      this.#flooded = true
      this.pause()
    }
    this.#afterWrite()
  }

  #afterWrite(): void {
    if (this.#wire.ended || this.#wire.queued > lowWaterBytes) return
    if (this.#flooded) {
      this.#flooded = false
      this.resume()
    }
    if (this.session.congested) this.#broker.drained(this.session)
  }

  end(): void {
    if (this.#ending) return
    this.#ending = true
    this.flush(this.session.output)
    this.#wire.end()
    // What the client still sends is read and dropped: closing at once would reset the connection under our last frame.
    this.#pauses = 0
    this.#wire.resume()
    this.#linger = setTimeout(() => this.#wire.destroy(), lingerMs)
  }

  connected(): void {
    clearTimeout(this.#attempt)
  }

  heartBeat(beat: HeartBeat): void {
    const times = heartBeatTimes(beat, { grace: this.#options.heartBeatGrace, keepAlive: this.#options.useKeepAlive })
    const look = (): void => {
      if (this.#wire.ended) return
      const now = performance.now()
      const action = heartBeatAction(times, this.#lastIn, this.#lastOut, now)
      if (action === 'drop') {
        this.#broker.log.info(`${this.remote}: no heart-beat; closing the connection`)
        this.#wire.destroy()
        return
      }
      if (action === 'beat') {
        this.#wire.beat()
        this.#lastOut = now
      }
      arm()
    }
    const arm = (): void => {
      const at = nextLookAt(times, this.#lastIn, this.#lastOut)
      if (Number.isFinite(at)) this.#beat = setTimeout(look, timerDelay(at, performance.now()))
    }
    arm()
  }

  /** The broker stops: the socket closes without an ERROR (semantics LC-02). */
  destroy(): void {
    this.#wire.destroy()
  }
}

import type { Broker } from '../broker/broker.ts'
import {
  aboutSession,
  type Filled,
  type Link,
  type Output,
  type Session,
  type SessionOptions,
} from '../session/session.ts'
import {
  heartBeatAction,
  heartBeatTimes,
  nextLookAt,
  timerDelay,
  type HeartBeat,
  type HeartBeatTimes,
} from '../stomp/stomp.ts'
import { recognise } from './protocol.ts'
import type { Strangers } from './strangers.ts'
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
  /** All of its connections that have not said who they are. */
  readonly strangers: Strangers
}

/** Unsent bytes in the socket below which deliveries go on. */
const lowWaterBytes = 256 * 1024
/** Bytes a client may leave unread before nothing more is read from it: its own answers pile up. */
const unreadBytesMax = 8 * 1024 * 1024
/** ms after which a closing connection is cut off when its peer read nothing of what is left, or does not close. */
const lingerMs = 1000
/** ms that a client has for taking its last answers when the broker stops. */
const leaveMsMax = 1500
/** So many looks, one each lingerMs, at a peer that reads nothing and goes on sending; a slow one still gets its last frame. */
const lingerLooksMax = 5

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
  #admitted = false
  /** Written, and not yet taken by the system: the oldest first. */
  readonly #underway: Filled[][] = []
  #pauses = 0
  #flooded = false
  #ending = false
  #closed = false
  /** Waits for the close. */
  #left: () => void = () => {}

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
    broker.log.debug(`${this.remote}: accepted`, { code: 'CLIENT_CONNECTED', remote: this.remote })
    this.#limit(options.detectWithin ?? options.connectAttemptTimeout)
    wire.onData(chunk => this.#received(chunk, onForeign))
    wire.onEnd(() => this.#inputEnded())
    wire.onClose(() => {
      options.strangers.forget(this)
      clearTimeout(this.#attempt)
      clearTimeout(this.#beat)
      clearInterval(this.#linger)
      this.#broker.log.debug(`${this.remote}: closed`, { code: 'CLIENT_CLOSED', ...aboutSession(this.session) })
      this.session.end()
      this.#closed = true
      this.#left()
      onClose()
    })
  }

  /** Gives the client so many ms for its next step; ≤ 0 gives it for ever. */
  #limit(ms: number): void {
    clearTimeout(this.#attempt)
    this.#attempt = undefined
    if (ms <= 0) return
    const attempt = setTimeout(
      () => {
        // As in #dropSilent: what came in time may not have been read yet, and a refusal's ERROR must get out.
        setImmediate(() => {
          if (this.#attempt === attempt && !this.session.closed) this.#wire.destroy()
        })
      },
      timerDelay(ms, 0),
    )
    this.#attempt = attempt
  }

  #received(chunk: Buffer, onForeign: (what: string) => void): void {
    this.#lastIn = performance.now()
    this.session.traffic.bytesIn += chunk.length
    if (this.#first === null) return this.#receive(chunk)
    this.#first = this.#first.length === 0 ? chunk : Buffer.concat([this.#first, chunk])
    const protocol = recognise(this.#first, this.#options.detectWithin !== null)
    if (protocol === 'more') return
    const bytes = this.#first
    this.#first = null
    if (protocol === 'stomp') {
      if (this.#options.detectWithin !== null) this.#limit(this.#options.connectAttemptTimeout)
      return this.#receive(bytes)
    }
    if (protocol !== 'unknown') onForeign(protocol)
    this.session.end()
    this.#wire.destroy()
  }

  #receive(chunk: Buffer): void {
    const { session } = this
    this.#broker.received(session, chunk)
    if (this.#admitted || session.closed || this.#options.strangers.holds(this, session.parser.buffered)) return
    this.#broker.log.warn(
      `${this.remote}: closed before CONNECT: those who have not connected yet have sent too much`,
      {
        code: 'CLIENT_REFUSED',
        remote: this.remote,
      },
    )
    this.#options.strangers.forget(this)
    session.end()
    this.#wire.destroy()
  }

  /**
   * The client sends nothing more, but may still read: what it asked for is answered before the connection closes
   * (stomp S-DIS-01), and everything else ends as with DISCONNECT (S-DIS-02).
   */
  #inputEnded(): void {
    if (this.session.closed) return // its last answer is on its way, and the close behind it
    this.session.end()
    if (this.session.replication !== null) return this.end() // a twin is answered nothing
    this.session.afterCommit(() => this.end())
  }

  // Link

  get localHost(): string {
    return this.#wire.localHost
  }

  get queued(): number {
    return this.#wire.queued
  }

  pause(): void {
    if (this.#pauses++ === 0) this.#wire.pause()
  }

  resume(): void {
    if (--this.#pauses > 0) return
    this.#lastIn = performance.now() // silence counts from when it can be broken (stomp S-HB-06)
    this.#wire.resume()
  }

  flush(output: Output): void {
    if (output.size === 0) return this.#afterWrite()
    this.session.traffic.bytesOut += output.size
    const filled = output.take()
    if (this.#wire.ended) return output.recycle(filled)
    this.#lastOut = performance.now()
    if (this.#wire.write(filled, this.#written)) {
      output.recycle(filled)
      // Soon, not from within: the link sends more then, which comes here again.
      if (this.session.replication !== null) process.nextTick(this.#drained)
    } else this.#underway.push(filled)
    const waiting = this.#wire.queued
    if (waiting > lowWaterBytes) this.session.congested = true
    if (waiting > unreadBytesMax && !this.#flooded && this.session.replication === null) {
      this.#flooded = true
      this.pause()
    }
    this.#afterWrite()
  }

  /** The system took the oldest of what was underway. */
  readonly #written = (): void => {
    this.session.output.recycle(this.#underway.shift()!)
    this.#afterWrite()
    this.#drained()
  }

  readonly #drained = (): void => {
    if (this.#wire.queued === 0 && !this.#wire.ended) this.session.replication?.drained()
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
    if (this.#ending || this.#wire.ended) return // behind the close nothing clears the timer below
    this.#ending = true
    this.#limit(0)
    clearTimeout(this.#beat)
    this.flush(this.session.output)
    this.#wire.end()
    // What the client still sends is read and dropped: closing at once would reset the connection under our last frame.
    this.#pauses = 0
    this.#wire.resume()
    let unread = this.#wire.queued
    let heard = this.#lastIn
    let looks = 0
    this.#linger = setInterval(() => {
      const { queued } = this.#wire
      const idle = queued === unread && this.#lastIn === heard
      if (idle || (queued === unread && ++looks === lingerLooksMax)) this.#wire.destroy()
      unread = queued
      heard = this.#lastIn
    }, lingerMs)
  }

  connected(): void {
    this.#limit(0)
    this.#admitted = true
    this.#options.strangers.forget(this)
    this.#wire.admitted()
  }

  heartBeat(beat: HeartBeat): void {
    const times = heartBeatTimes(beat, { grace: this.#options.heartBeatGrace, keepAlive: this.#options.useKeepAlive })
    this.#armBeat(times)
  }

  #armBeat(times: HeartBeatTimes): void {
    const at = nextLookAt(times, this.#lastIn, this.#lastOut)
    if (Number.isFinite(at)) this.#beat = setTimeout(() => this.#look(times), timerDelay(at, performance.now()))
  }

  #look(times: HeartBeatTimes): void {
    if (this.#wire.ended) return
    const now = performance.now()
    // Whoever is not read cannot be heard: a sender that waits for space is not dead (stomp S-RCP-03).
    if (this.#pauses > 0) this.#lastIn = now
    const action = heartBeatAction(times, this.#lastIn, this.#lastOut, now)
    if (action === 'drop') return void setImmediate(() => this.#dropSilent(times))
    if (action === 'beat') {
      this.#wire.beat()
      this.#lastOut = now
    }
    this.#armBeat(times)
  }

  /** Timers run before sockets are read: when this process was late itself, a sign of life may just have been read. */
  #dropSilent(times: HeartBeatTimes): void {
    if (this.#wire.ended || this.#ending) return
    if (heartBeatAction(times, this.#lastIn, this.#lastOut, performance.now()) !== 'drop') return this.#armBeat(times)
    this.#broker.log.info(`${this.remote}: no heart-beat; closing the connection`, {
      code: 'CLIENT_SILENT',
      ...aboutSession(this.session),
    })
    this.#wire.destroy()
  }

  /**
   * The broker stops in good order: nothing more is said, and the socket closes when what was said is through (management
   * D-05). Resolves then, or soon after if the client does not take it.
   */
  takeLeave(): Promise<void> {
    return this.#leave(() => this.end())
  }

  /** Its connector is stopped: as `takeLeave`, but what was read from the client is committed and answered before. */
  dismiss(): Promise<void> {
    return this.#leave(() => this.session.afterCommit(() => this.end()))
  }

  #leave(end: () => void): Promise<void> {
    if (this.session.replication !== null || this.#closed) return Promise.resolve()
    return new Promise<void>(resolve => {
      const patience = setTimeout(resolve, leaveMsMax)
      this.#left = () => {
        clearTimeout(patience)
        resolve()
      }
      this.session.end()
      end()
    })
  }

  /** The broker stops: the socket closes without an ERROR (semantics LC-02). */
  destroy(): void {
    this.#wire.destroy()
  }
}

import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { TandemError, messageOf } from '../base/errors.ts'
import { Version } from '../stomp/stomp.ts'
import type { Address } from './address.ts'
import { FrameReader, frameBytes, type Headers, type ServerFrame } from './frames.ts'
import { whatAnswers } from './not-stomp.ts'

/** Who connects, and by which certificates. */
export interface Login {
  readonly login: string | null
  readonly passcode: string | null
  /** Unique among the connections of a broker; null: the broker makes one up. */
  readonly clientId: string | null
  /** PEM texts, for TLS: whom to trust instead of the system's authorities, and who this is. */
  readonly ca: string | null
  readonly cert: string | null
  readonly key: string | null
}

export const NOBODY: Login = { login: null, passcode: null, clientId: null, ca: null, cert: null, key: null }

/** ms until a connection must have been made, TLS and login included. */
const CONNECT_MS = 10_000
/** ms between two signs of life, offered to the broker in both directions. */
const BEAT_MS = 10_000
/** Bytes not yet taken by the system from which on `writable` makes a sender wait. */
const UNSENT_MAX = 1 << 20
const VERSIONS: Readonly<Record<string, Version>> = { '1.0': Version.v10, '1.1': Version.v11, '1.2': Version.v12 }

/** A receipt that is awaited. */
interface Waiting {
  resolve(): void
  reject(error: TandemError): void
}

/**
 * One STOMP connection to one broker, over TCP or TLS.
 *
 * Any ERROR about a frame that asked for a receipt rejects that receipt only; any other one ends the connection, as nobody can
 * say what it was about. When it ends, every receipt not yet come is rejected: what it was for may or may not have happened.
 */
export class StompConnection {
  readonly address: Address
  version: Version = Version.v10
  /** `ActiveMQ/5.17.2`, as it calls itself. */
  server = ''
  /** Why the connection ended; null while it lives. */
  ended: TandemError | null = null
  /** Resolves once it has ended, however. */
  readonly over: Promise<TandemError>
  readonly #socket: Socket
  readonly #reader = new FrameReader()
  readonly #receipts = new Map<string, Waiting>()
  readonly #subscriptions = new Map<string, (message: ServerFrame) => void>()
  #onConnected: ((frame: ServerFrame) => void) | null = null
  #announce: (error: TandemError) => void = () => {}
  #numbers = 0
  #beats: NodeJS.Timeout | null = null
  #lastIn = performance.now()
  #lastOut = performance.now()
  #paused = false
  /** Somebody waits for frames that come behind what a consumer has no room for. */
  #reads = 0

  private constructor(address: Address, login: Login) {
    this.address = address
    this.over = new Promise(resolve => (this.#announce = resolve))
    const { host, port } = address
    const secrets = { ...(login.ca !== null && { ca: login.ca }), ...(login.cert !== null && { cert: login.cert }) }
    const key = login.key === null ? {} : { key: login.key }
    this.#socket = address.tls
      ? connectTls({ host, port, ...serverName(host), ...secrets, ...key })
      : connectTcp({ host, port })
    this.#socket.setNoDelay(true)
    this.#socket.on('data', chunk => this.#received(chunk))
    this.#socket.on('error', error => this.#end(this.#broken(error)))
    this.#socket.on('close', () => this.#end(this.#broken(null)))
  }

  /** By which the broker names it; undefined when it has ended. */
  get localPort(): number | undefined {
    return this.#socket.localPort
  }

  /** Connects and logs in. Rejects CLIENT_UNREACHABLE, CLIENT_NOT_STOMP, CLIENT_REFUSED or CLIENT_ERROR. */
  static async connect(address: Address, login: Login): Promise<StompConnection> {
    const connection = new StompConnection(address, login)
    const late = setTimeout(() => connection.#end(silent(address)), CONNECT_MS)
    try {
      const connected = new Promise<ServerFrame>(resolve => (connection.#onConnected = resolve))
      connection.#write(frameBytes(Version.v10, 'CONNECT', connectHeaders(address, login)))
      const frame = await Promise.race([connected, connection.over.then(error => Promise.reject(error))])
      connection.#begin(frame)
      return connection
    } finally {
      clearTimeout(late)
    }
  }

  /** Writes a frame and does not wait for anything. */
  post(command: string, headers: Headers, body?: Buffer): void {
    if (this.ended === null) this.#write(frameBytes(this.version, command, headers, body))
  }

  /**
   * Writes a frame that asks for a receipt; resolves when it has come. Rejects CLIENT_ERROR with the broker's answer, CLIENT_LOST
   * when the connection ended first.
   */
  receipted(command: string, headers: Headers, body?: Buffer): Promise<void> {
    if (this.ended !== null) return Promise.reject(this.ended)
    const id = `r${++this.#numbers}`
    return new Promise((resolve, reject) => {
      this.#receipts.set(id, { resolve, reject })
      if (this.#paused) this.#read()
      this.#write(frameBytes(this.version, command, [...headers, ['receipt', id]], body))
    })
  }

  /** Resolves when the broker keeps up with what was written, or the connection has ended. */
  async writable(): Promise<void> {
    if (this.#socket.writableLength < UNSENT_MAX || this.ended !== null) return
    let drained: () => void = () => {}
    const drain = new Promise<void>(resolve => (drained = resolve))
    this.#socket.once('drain', drained)
    await Promise.race([drain, this.over])
    this.#socket.off('drain', drained)
  }

  /** Subscribes; `take` gets each MESSAGE. Resolves when the broker has confirmed it. */
  subscribe(id: string, headers: Headers, take: (message: ServerFrame) => void): Promise<void> {
    this.#subscriptions.set(id, take)
    return this.receipted('SUBSCRIBE', [['id', id], ...headers])
  }

  async unsubscribe(id: string, headers: Headers = []): Promise<void> {
    await this.receipted('UNSUBSCRIBE', [['id', id], ...headers])
    this.#subscriptions.delete(id)
  }

  /** The headers by which this version acknowledges a message. */
  naming(message: ServerFrame): [string, string][] {
    const { headers } = message
    const ack = headers.get('ack')
    if (this.version === Version.v12 && ack !== undefined) return [['id', ack]]
    const subscription = headers.get('subscription')
    const named: [string, string][] = [['message-id', headers.get('message-id') ?? '']]
    if (subscription !== undefined) named.push(['subscription', subscription])
    return named
  }

  /** Stops reading, for a consumer that cannot keep up; but not while a receipt is awaited, which comes behind what is unread. */
  pause(): void {
    this.#paused = true
    if (this.#mayRest) this.#socket.pause()
  }
  get #mayRest(): boolean {
    return this.#receipts.size === 0 && this.#reads === 0
  }
  /** Nothing stops reading until `work` is done, which waits for frames. */
  async reading<T>(work: () => Promise<T>): Promise<T> {
    this.#reads++
    if (this.#paused) this.#read()
    try {
      return await work()
    } finally {
      this.#reads--
      if (this.#paused && this.#mayRest) this.#socket.pause()
    }
  }
  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#read()
  }
  #read(): void {
    this.#lastIn = performance.now()
    this.#socket.resume()
  }

  /** Says goodbye and waits until the broker has done all that was sent before. */
  async close(): Promise<void> {
    if (this.ended === null) {
      this.resume()
      await this.receipted('DISCONNECT', []).catch(() => {})
    }
    this.destroy()
  }

  /** Ends it without a word. */
  destroy(): void {
    this.#end(new TandemError('CLIENT_LOST', `the connection to ${this.address.text} was closed`))
  }

  #begin(frame: ServerFrame): void {
    const { address } = this
    if (frame.command !== 'CONNECTED') {
      const error = answered(frame, address, true)
      this.#end(error)
      throw error
    }
    this.version = this.#reader.version = VERSIONS[frame.headers.get('version') ?? '1.0'] ?? Version.v10
    this.server = frame.headers.get('server') ?? ''
    const [sends = 0, wants = 0] = (frame.headers.get('heart-beat') ?? '0,0').split(',').map(Number)
    const every = wants > 0 ? Math.max(wants, BEAT_MS) : 0
    const silence = sends > 0 ? 3 * Math.max(sends, BEAT_MS) : 0
    if (every > 0 || silence > 0) this.#beats = setInterval(() => this.#beat(every, silence), BEAT_MS / 4)
  }

  #beat(every: number, silence: number): void {
    const now = performance.now()
    if (silence > 0 && !this.#socket.isPaused() && now - this.#lastIn > silence)
      this.#end(
        new TandemError('CLIENT_LOST', `${this.address.text} has been silent for ${Math.round(silence / 1000)} s`),
      )
    else if (every > 0 && now - this.#lastOut > every / 2) this.#write(Buffer.from('\n'))
  }

  #write(bytes: Buffer): void {
    this.#lastOut = performance.now()
    this.#socket.write(bytes)
  }

  #received(chunk: Buffer): void {
    this.#lastIn = performance.now()
    try {
      this.#reader.push(chunk, frame => this.#take(frame))
      if (this.#onConnected === null) return
    } catch (error) {
      if (this.#onConnected === null) {
        const what = `${this.address.text} broke the protocol: ${messageOf(error)}`
        return this.#end(new TandemError('CLIENT_LOST', what))
      }
    }
    const other = whatAnswers(this.#reader.pending)
    if (other !== null)
      this.#end(new TandemError('CLIENT_NOT_STOMP', `${this.address.text} ${other.says}`, { hint: other.hint }))
  }

  #take(frame: ServerFrame): void {
    if (this.#onConnected !== null) {
      const connected = this.#onConnected
      this.#onConnected = null
      // Before the next frame of the same chunk is read.
      this.#reader.version = VERSIONS[frame.headers.get('version') ?? '1.0'] ?? Version.v10
      return connected(frame)
    }
    if (this.ended !== null) return
    const { command, headers } = frame
    if (command === 'MESSAGE') return this.#subscriptions.get(headers.get('subscription') ?? '')?.(frame)
    const receipt = headers.get('receipt-id') ?? ''
    const waiting = this.#receipts.get(receipt)
    this.#receipts.delete(receipt)
    if (this.#paused && this.#mayRest) this.#socket.pause()
    if (command === 'RECEIPT') return waiting?.resolve()
    const error = answered(frame, this.address, false)
    if (waiting === undefined) this.#end(error)
    else waiting.reject(error)
  }

  #broken(error: Error | null): TandemError {
    const { text } = this.address
    const detail = error === null ? {} : { cause: error }
    if (this.#onConnected === null) {
      const why = error === null ? 'the broker closed the connection' : messageOf(error)
      return new TandemError('CLIENT_LOST', `the connection to ${text} ended: ${why}`, detail)
    }
    const why = error === null ? 'it closed the connection before it answered' : reasonOf(error)
    const hint = this.address.port === 61616 ? { hint: OPENWIRE_PORT } : {}
    return new TandemError('CLIENT_UNREACHABLE', `no STOMP broker answers at ${text}: ${why}`, { ...detail, ...hint })
  }

  #end(error: TandemError): void {
    if (this.ended !== null) return
    this.ended = error
    if (this.#beats !== null) clearInterval(this.#beats)
    this.#socket.destroy()
    for (const { reject } of this.#receipts.values()) reject(error)
    this.#receipts.clear()
    this.#announce(error)
  }
}

const OPENWIRE_PORT = "61616 is the port of ActiveMQ's own protocol; the one for STOMP is usually 61613."

/** An AggregateError of several addresses of a name has an empty message. */
const reasonOf = (error: Error): string =>
  error instanceof AggregateError ? error.errors.map(messageOf).join('; ') : error.message

const silent = (address: Address): TandemError =>
  new TandemError('CLIENT_UNREACHABLE', `${address.text} did not answer within ${CONNECT_MS / 1000} s`)

/** The name in a certificate; an IP address is none. */
const serverName = (host: string): { servername?: string } => (/^[\d.]+$|:/.test(host) ? {} : { servername: host })

function connectHeaders({ host }: Address, { login, passcode, clientId }: Login): Headers {
  const headers: [string, string][] = [
    ['accept-version', '1.2,1.1,1.0'],
    ['host', host],
    ['heart-beat', `${BEAT_MS},${BEAT_MS}`],
  ]
  if (login !== null) headers.push(['login', login])
  if (passcode !== null) headers.push(['passcode', passcode])
  if (clientId !== null) headers.push(['client-id', clientId])
  return headers
}

/** Words by which ActiveMQ and TandemMQ refuse a login. */
const LOGIN = /User name \[|password|credentials|authenticat|not authorized|SecurityException|login/i

function answered({ command, headers, body }: ServerFrame, address: Address, connecting: boolean): TandemError {
  const first = body.toString('utf8', 0, Math.min(body.length, 300)).split('\n')[0] ?? ''
  const text = (headers.get('message') ?? first).slice(0, 500) || 'without a message'
  const code = connecting && LOGIN.test(text) ? 'CLIENT_REFUSED' : 'CLIENT_ERROR'
  return new TandemError(code, harmless(`the broker at ${address.text} answered ${command}: ${text}`))
}

/** What a broker says comes to a terminal in the end: nothing in it may move the cursor or turn the line around. */
const harmless = (text: string): string =>
  text.replace(
    /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2066-\u2069]/gu,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

import { isUtf8 } from 'node:buffer'
import type { IncomingMessage, Server } from 'node:http'
import type { Server as TlsServer } from 'node:https'
import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import type * as Ws from 'ws'
import { beforeConnectBytesMax, type Filled } from '../session/session.ts'
import type { Strangers } from './strangers.ts'
import type { Wire } from './wire.ts'

/** The STOMP sub-protocols, best first (stomp S-WS-01). */
const PROTOCOLS = ['v12.stomp', 'v11.stomp', 'v10.stomp', 'stomp'] as const

/**
 * Serves WebSocket upgrades on an HTTP server (stomp section 16). `accept` gets a wire for each client; the best STOMP
 * sub-protocol offered is answered, none when none was offered (S-WS-03).
 */
export function serveWebSockets(
  server: Server | TlsServer,
  maxPayload: number,
  strangers: Strangers,
  accept: (wire: Wire, request: IncomingMessage) => void,
): Ws.WebSocketServer {
  const { WebSocketServer: Served } = load()
  const sockets = new Served({ server, maxPayload, handleProtocols: chosen })
  sockets.on('connection', (socket, request) => {
    accept(new WebSocketWire(socket, request.socket, strangers), request)
  })
  // A GET without upgrade is answered empty, and nobody gets his own headers back by TRACE (S-WS-08).
  server.on('request', ({ method }, response) => response.writeHead(method === 'TRACE' ? 405 : 200).end())
  return sockets
}

/** Two dozen files that only such a connector needs. */
const load = (): typeof Ws => createRequire(import.meta.url)('ws') as typeof Ws

/** The best of ours that was offered, else the first that names STOMP: a browser gives up when none of its own comes back. */
const chosen = (offered: ReadonlySet<string>): string | false =>
  PROTOCOLS.find(name => offered.has(name)) ?? [...offered].find(name => name.includes('stomp')) ?? false

/** A WebSocket: one STOMP frame in each text message, without the LF behind NUL (S-WS-04). */
export class WebSocketWire implements Wire {
  readonly remote: string
  readonly localHost: string
  readonly #socket: Ws.WebSocket
  readonly #under: Socket
  readonly #strangers: Strangers
  #bytes = 0
  #isStranger = true

  /** `under` carries it. */
  constructor(socket: Ws.WebSocket, under: Socket, strangers: Strangers) {
    const { remoteAddress = '?', remotePort = 0, localAddress = '127.0.0.1' } = under
    this.#socket = socket
    this.#under = under
    this.#strangers = strangers
    this.remote = `${remoteAddress}:${remotePort}`
    this.localHost = localAddress
    socket.on('error', () => {}) // 'close' follows
    under.on('data', this.#count)
    under.on('close', () => strangers.forget(this))
  }

  /** A message is gathered before anybody sees a byte of it: who has not said who he is may not fill the memory with one. */
  readonly #count = (chunk: Buffer): void => {
    // A listener that is taken off while its event is told still hears it: CONNECT was in this very chunk.
    if (!this.#isStranger) return
    this.#bytes += chunk.length
    if (this.#strangers.holds(this, this.#bytes) && this.#bytes <= beforeConnectBytesMax) return
    this.admitted() // nothing more is counted
    this.#socket.terminate()
  }

  admitted(): void {
    this.#isStranger = false
    this.#under.off('data', this.#count)
    this.#strangers.forget(this)
  }

  get queued(): number {
    return this.#socket.bufferedAmount
  }

  get ended(): boolean {
    return this.#socket.readyState !== this.#socket.OPEN
  }

  write(blocks: readonly Filled[], done: () => void): boolean {
    const bytes = Buffer.concat(blocks.map(({ block, end }) => block.subarray(0, end)))
    for (let at = 0; at < bytes.length;) {
      const end = frameEnd(bytes, at)
      const frame = bytes.subarray(at, end)
      at = end
      while (bytes[at] === 10) at++
      // A body that is not UTF-8 cannot travel in a text message.
      this.#socket.send(frame, { binary: !isUtf8(frame) }, at < bytes.length ? undefined : () => done())
    }
    return false
  }

  beat(): void {
    this.#socket.send('\n', { binary: false })
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  end(): void {
    this.#socket.close()
  }

  destroy(): void {
    this.#socket.terminate()
  }

  onData(take: (chunk: Buffer) => void): void {
    this.#socket.on('message', (data, isBinary) => {
      if (isBinary) return
      // `ws` hands a text message over as one Buffer unless told otherwise; the parser wants bytes, frames may be cut.
      take(Buffer.isBuffer(data) ? data : Buffer.concat(Array.isArray(data) ? data : [Buffer.from(data)]))
    })
  }

  /** A WebSocket closes as a whole. */
  onEnd(): void {}

  onClose(run: () => void): void {
    this.#socket.on('close', run)
  }
}

const BLANK_LINE = Buffer.from('\n\n', 'latin1')
const CONTENT_LENGTH = /^content-length:(\d+)$/m

/** Where the frame that starts at `at` ends, behind its NUL. The frames are our own: they are well-formed. */
function frameEnd(bytes: Buffer, at: number): number {
  const blank = bytes.indexOf(BLANK_LINE, at)
  if (blank < 0) return bytes.length
  const counted = CONTENT_LENGTH.exec(bytes.toString('latin1', at, blank))
  const end = counted === null ? bytes.indexOf(0, blank) : blank + 2 + Number(counted[1])
  return end < 0 ? bytes.length : end + 1
}

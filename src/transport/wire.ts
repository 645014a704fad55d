import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { HEART_BEAT } from '../stomp/stomp.ts'
import type { Filled } from '../session/session.ts'

/** What carries bytes for a connection: a plain or TLS socket, or a WebSocket. */
export interface Wire {
  /** `127.0.0.1:50112` */
  readonly remote: string
  /** The address of ours that the peer dialled. */
  readonly localHost: string
  /** Bytes handed over and not yet taken by the system. */
  readonly queued: number
  /** Nothing can be written any more. */
  readonly ended: boolean
  /**
   * Sends the blocks, which hold whole frames. True: the system has taken them all, and they may be reused. False: `done` says
   * so later, once for each such write, in their order.
   */
  write(blocks: readonly Filled[], done: () => void): boolean
  /** Sends one heart-beat. */
  beat(): void
  pause(): void
  resume(): void
  /** Closes when everything is written. */
  end(): void
  /** Closes now. */
  destroy(): void
  onData(take: (chunk: Buffer) => void): void
  /** The peer sends nothing more, but may still read. */
  onEnd(run: () => void): void
  /** Called once, however it ended. */
  onClose(run: () => void): void
  /** CONNECT was accepted: what comes from now on may be as large as the connector allows. */
  admitted(): void
}

const NOTHING: Buffer = Buffer.alloc(0)

/** A TCP or TLS socket: one write for each turn. */
export class SocketWire implements Wire {
  readonly remote: string
  readonly localHost: string
  readonly #socket: Socket
  /** What is written is nearly always taken within the call. TLS never does that. */
  readonly #takesAtOnce: boolean

  constructor(socket: Socket) {
    this.#socket = socket
    this.#takesAtOnce = !(socket instanceof TLSSocket)
    this.remote = `${socket.remoteAddress ?? '?'}:${socket.remotePort ?? 0}`
    this.localHost = socket.localAddress ?? '127.0.0.1'
    // A reset, a broken pipe: 'close' follows.
    socket.on('error', () => {})
  }

  get queued(): number {
    return this.#socket.writableLength
  }

  get ended(): boolean {
    return this.#socket.destroyed || this.#socket.writableEnded
  }

  write(blocks: readonly Filled[], done: () => void): boolean {
    const socket = this.#socket
    // A callback costs a tick of its own and what that allocates, more than all else here: it is asked for when it is needed.
    const told = !this.#takesAtOnce || socket.writableLength > 0 ? done : undefined
    const last = blocks.length - 1
    if (last > 0) socket.cork()
    for (let i = 0; i <= last; i++) {
      const { block, end } = blocks[i]!
      socket.write(block.subarray(0, end), i === last ? told : undefined)
    }
    if (last > 0) socket.uncork()
    if (told !== undefined) return false
    if (socket.writableLength === 0) return true
    socket.write(NOTHING, done) // in line behind the rest
    return false
  }

  beat(): void {
    this.#socket.write(HEART_BEAT)
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  end(): void {
    this.#socket.end()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  onData(take: (chunk: Buffer) => void): void {
    this.#socket.on('data', take)
  }

  onEnd(run: () => void): void {
    this.#socket.on('end', run)
  }

  onClose(run: () => void): void {
    this.#socket.on('close', run)
  }

  /** The session counts what it was given. */
  admitted(): void {}
}

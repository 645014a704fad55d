import type { Socket } from 'node:net'
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
  /** Sends the blocks, which hold whole frames; `done` when they may be reused. */
  write(blocks: readonly Filled[], done: () => void): void
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

/** A TCP or TLS socket: one write for each turn. */
export class SocketWire implements Wire {
  readonly remote: string
  readonly localHost: string
  readonly #socket: Socket

  constructor(socket: Socket) {
    this.#socket = socket
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

  write(blocks: readonly Filled[], done: () => void): void {
    const last = blocks.length - 1
    if (last > 0) this.#socket.cork()
    for (let i = 0; i <= last; i++) {
      const { block, end } = blocks[i]!
      if (i < last) this.#socket.write(block.subarray(0, end))
      else this.#socket.write(block.subarray(0, end), done)
    }
    if (last > 0) this.#socket.uncork()
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

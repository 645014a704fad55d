import { connect } from 'node:net'
import type { Socket } from 'node:net'
import type { Course } from './course.ts'
import { FrameScanner } from './frames.ts'
import type { FrameSink } from './frames.ts'
import type { LoadOptions } from './options.ts'

const LEAVING = 'bye'

export interface ConnectionUser extends FrameSink {
  /** Everything of one read was scanned: answer it in one write. */
  scanned(): void
}

/** One STOMP connection: raw bytes out, scanned frames in; says CONNECT by itself. */
export class Connection {
  readonly #socket: Socket
  readonly #course: Course
  #leaving = false
  #left = false

  constructor(options: LoadOptions, course: Course, user: ConnectionUser) {
    this.#course = course
    const scanner = new FrameScanner({
      connected: () => user.connected(),
      message: (bytes, bodyAt, bodyLength, ackAt, ackEnd) => user.message(bytes, bodyAt, bodyLength, ackAt, ackEnd),
      error: text => user.error(text),
      receipt: (bytes, idAt, idEnd) => {
        if (this.#leaving && bytes.toString('latin1', idAt, idEnd) === LEAVING) this.#gone()
        else user.receipt(bytes, idAt, idEnd)
      },
    })
    const callback = (count: number): boolean => {
      course.now = performance.now()
      scanner.filled(count)
      user.scanned()
      return true
    }
    // onread gives us the kernel's bytes in our own buffer: no Buffer, no event per read
    const onread = { buffer: () => scanner.free(), callback }
    this.#socket = connect({ host: options.host, port: options.port, noDelay: true, onread })
    this.#socket.on('error', error => this.#closed(error.message))
    this.#socket.on('close', () => this.#closed('the broker closed a connection'))
    const login = options.login === '' ? '' : `login:${options.login}\npasscode:${options.passcode}\n`
    this.#socket.write(`CONNECT\naccept-version:1.2\nhost:${options.vhost}\n${login}\n\0`)
  }

  write(bytes: Uint8Array | string, written?: () => void): void {
    this.#socket.write(bytes, written)
  }

  /** Says DISCONNECT; the course hears `left` when the broker has answered, that is: after all it still had to say. */
  leave(): void {
    this.#leaving = true
    if (this.#left) return
    this.#socket.write(`DISCONNECT\nreceipt:${LEAVING}\n\n\0`)
  }

  destroy(): void {
    this.#leaving = true
    this.#socket.destroy()
  }

  #gone(): void {
    if (this.#left) return
    this.#left = true
    this.#course.left()
  }

  #closed(why: string): void {
    if (!this.#leaving) this.#course.failed(why)
    this.#gone()
  }
}

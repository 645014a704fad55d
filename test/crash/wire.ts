import { connect, type Socket } from 'node:net'

/** A frame of a 1.2 server; header values are as they came. */
export interface Frame {
  readonly command: string
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
}

/** A STOMP 1.2 connection that calls back for each frame, and keeps what a dead broker had already sent. */
export class Wire {
  /** Resolves when nothing more can come. */
  readonly closed: Promise<void>
  open = true
  readonly #socket: Socket
  readonly #onFrame: (frame: Frame) => void
  #rest: Buffer = Buffer.alloc(0)

  constructor(port: number, onFrame: (frame: Frame) => void) {
    this.#onFrame = onFrame
    this.#socket = connect(port, '127.0.0.1')
    this.#socket.setNoDelay(true)
    this.#socket.on('data', chunk => this.#received(chunk))
    // The broker is killed on purpose: a reset is no news.
    this.#socket.on('error', () => {})
    this.closed = new Promise(resolve => {
      this.#socket.on('close', () => {
        this.open = false
        resolve()
      })
    })
    this.send('CONNECT', { 'accept-version': '1.2', host: 'localhost' })
  }

  send(command: string, headers: Readonly<Record<string, string>>, body = ''): void {
    let head = `${command}\n`
    for (const name in headers) head += `${name}:${headers[name]}\n`
    this.#socket.write(`${head}\n${body}\0`)
  }

  raw(bytes: Buffer, written?: () => void): void {
    this.#socket.write(bytes, written)
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #received(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    let at = 0
    for (;;) {
      while (bytes[at] === 10) at++
      const end = this.#frame(bytes, at)
      if (end < 0) break
      at = end
    }
    this.#rest = bytes.subarray(at)
  }

  /** Where the frame at `at` ends, after it was handed over; -1 when it is not whole. */
  #frame(bytes: Buffer, at: number): number {
    const blank = bytes.indexOf('\n\n', at)
    if (blank < 0) return -1
    const [command = '', ...lines] = bytes.toString('utf8', at, blank).split('\n')
    const headers = new Map<string, string>()
    for (const line of lines) {
      const colon = line.indexOf(':')
      if (!headers.has(line.slice(0, colon))) headers.set(line.slice(0, colon), line.slice(colon + 1))
    }
    const length = headers.get('content-length')
    const end = length === undefined ? bytes.indexOf(0, blank) : blank + 2 + Number(length)
    if (end < 0 || end >= bytes.length) return -1
    this.#onFrame({ command, headers, body: bytes.subarray(blank + 2, end) })
    return end + 1
  }
}

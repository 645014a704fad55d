import { connect, type Socket } from 'node:net'

/** Digits of the sequence number that starts each body. */
const DIGITS = 10
/** SENDs in one write; the last one asks for a receipt. */
const BATCH = 256
/** Batches without their receipt yet, at most. */
const WINDOW = 8

export interface FloodOptions {
  readonly port: number
  readonly queue: string
  readonly messages: number
  /** Bytes of each body, at least DIGITS. */
  readonly size: number
}

function dial(port: number, onData: (chunk: Buffer) => void, onEnd: (error: Error) => void): Socket {
  const socket = connect(port, '127.0.0.1')
  socket.setNoDelay(true)
  socket.on('data', onData)
  socket.on('error', onEnd)
  socket.on('close', () => onEnd(new Error('the broker closed the connection')))
  socket.write('CONNECT\naccept-version:1.2\nhost:localhost\n\n\0')
  return socket
}

/**
 * Sends persistent messages numbered from 0 as fast as their receipts allow; resolves with the last receipt. The frames
 * are laid out once and their numbers patched in place, so that this costs little beside the broker it feeds.
 */
export function flood({ port, queue, messages, size }: FloodOptions): Promise<void> {
  const body = Buffer.alloc(size, 'x')
  const head = `SEND\ndestination:/queue/${queue}\npersistent:true\ncontent-length:${size}\n`
  const frame = Buffer.concat([Buffer.from(`${head}\n`), body, Buffer.alloc(1)])
  const last = Buffer.concat([Buffer.from(`${head}receipt:r\n\n`), body, Buffer.alloc(1)])
  const bodyAt = head.length + 1
  return new Promise((resolve, reject) => {
    let sent = 0
    let awaited = 0
    let connected = false
    let tail = ''
    const free: Buffer[] = []
    const socket = dial(
      port,
      chunk => {
        const text = tail + chunk.toString('latin1')
        if (text.includes('ERROR')) return reject(new Error(text))
        const frames = text.split('\0')
        tail = frames.pop() ?? ''
        if (!connected) {
          connected = true
          frames.shift()
        }
        awaited -= frames.length
        send()
      },
      reject,
    )
    const send = (): void => {
      while (awaited < WINDOW && sent < messages) {
        const count = Math.min(BATCH, messages - sent)
        const bytes = free.pop() ?? Buffer.alloc((BATCH - 1) * frame.length + last.length, frame)
        const lastAt = (count - 1) * frame.length
        last.copy(bytes, lastAt)
        for (let i = 0; i < count; i++) {
          const at = i * frame.length + bodyAt + (i === count - 1 ? last.length - frame.length : 0)
          patch(bytes, at, sent + i)
        }
        sent += count
        awaited++
        const end = lastAt + last.length
        socket.write(bytes.subarray(0, end), () => {
          // A shorter last batch has overwritten a frame in the middle, but nothing follows it.
          free.push(bytes)
        })
      }
      if (sent === messages && awaited === 0) {
        socket.removeAllListeners('close')
        socket.end()
        resolve()
      }
    }
  })
}

function patch(bytes: Buffer, at: number, value: number): void {
  let rest = value
  for (let i = at + DIGITS - 1; i >= at; i--) {
    const next = Math.trunc(rest / 10)
    bytes[i] = 48 + rest - next * 10
    rest = next
  }
}

export interface Drained {
  /** performance.now() at the first MESSAGE. */
  readonly firstAt: number
  readonly endAt: number
}

/** Reads all messages with one automatic subscription; rejects at the first that is not the next in order. */
export function drainInOrder({ port, queue, messages, size }: FloodOptions): Promise<Drained> {
  return new Promise((resolve, reject) => {
    let expected = 0
    let firstAt = 0
    let connected = false
    let rest: Buffer = Buffer.alloc(0)
    const socket = dial(
      port,
      chunk => {
        let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
        if (!connected) {
          connected = true
          bytes = bytes.subarray(bytes.indexOf(0) + 2)
        }
        let at = 0
        for (;;) {
          const blank = bytes.indexOf('\n\n', at, 'latin1')
          // Body, NUL, LF.
          if (blank < 0 || blank + size + 4 > bytes.length) break
          firstAt ||= performance.now()
          const found = number(bytes, blank + 2)
          if (found !== expected) {
            socket.destroy()
            return reject(
              new Error(`message ${expected} was expected, ${found} came: ${bytes.toString('latin1', at, at + 400)}`),
            )
          }
          expected++
          at = blank + size + 4
        }
        rest = Buffer.from(bytes.subarray(at))
        if (expected < messages) return
        socket.removeAllListeners('close')
        socket.end()
        resolve({ firstAt, endAt: performance.now() })
      },
      reject,
    )
    socket.write(`SUBSCRIBE\nid:1\ndestination:/queue/${queue}\nack:auto\nactivemq.prefetchSize:5000\n\n\0`)
  })
}

function number(bytes: Buffer, at: number): number {
  let value = 0
  for (let i = at; i < at + DIGITS; i++) value = value * 10 + (bytes[i] as number) - 48
  return value
}

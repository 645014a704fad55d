import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { Version, decode, encode } from '../stomp/stomp.ts'

/** Where to connect, as whom. */
export interface StompTarget {
  readonly host: string
  readonly port: number
  readonly tls: boolean
  readonly login: string | null
  readonly passcode: string | null
}

/** A frame from the broker; of repeated headers the first. */
interface Received {
  readonly command: string
  readonly headers: ReadonlyMap<string, string>
}

/** How long the broker may keep silent when it owes an answer, ms. */
const ANSWER_MS = 30_000
const SCHEMES: Readonly<Record<string, boolean>> = {
  'stomp:': false,
  'stomp+nio:': false,
  'tcp:': false,
  'nio:': false,
  'stomp+ssl:': true,
  'stomp+nio+ssl:': true,
  'ssl:': true,
}

/** Reads `stomp://host:port`; null when it is none. */
export function parseTarget(uri: string, login: string | null, passcode: string | null): StompTarget | null {
  if (!URL.canParse(uri)) return null
  const url = new URL(uri)
  const tls = SCHEMES[url.protocol]
  if (tls === undefined || url.hostname === '') return null
  const port = url.port === '' ? (tls ? 61612 : 61613) : Number(url.port)
  return { host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port, tls, login, passcode }
}

/** A STOMP 1.2 producer that waits for the receipt of each message: for a command, not for a load. */
export class StompClient {
  readonly #socket: Socket
  #rest: Buffer = Buffer.alloc(0)
  #waiting: { resolve: (frame: Received) => void; reject: (error: Error) => void } | null = null
  #ended: Error | null = null
  #receipts = 0

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.setTimeout(ANSWER_MS, () => {
      if (this.#waiting !== null) this.#end(new Error(`the broker did not answer within ${ANSWER_MS / 1000} s`))
    })
    socket.on('data', chunk => this.#received(chunk))
    socket.on('error', error => this.#end(error))
    socket.on('close', () => this.#end(new Error('the broker closed the connection')))
  }

  /** Connects and logs in. Rejects with what the broker or the system says. */
  static async connect({ host, port, tls, login, passcode }: StompTarget): Promise<StompClient> {
    const socket = tls ? connectTls({ host, port, servername: host }) : connectTcp(port, host)
    const client = new StompClient(socket)
    const headers: Record<string, string> = { 'accept-version': '1.2', host, 'heart-beat': '0,0' }
    if (login !== null) headers['login'] = login
    if (passcode !== null) headers['passcode'] = passcode
    const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`)
    const answer = await client.#ask(Buffer.from(`CONNECT\n${lines.join('')}\n\0`))
    if (answer.command !== 'CONNECTED') throw client.#refused(answer)
    return client
  }

  /** Sends a message and waits for its receipt. `lines`: header lines in STOMP 1.2 encoding, each with its LF. */
  async send(destination: string, lines: string, body: Buffer, sized = true): Promise<void> {
    const id = `r${++this.#receipts}`
    const head = `SEND\ndestination:${encode(destination, Version.v12)}\nreceipt:${id}\n${lines}${sized ? `content-length:${body.length}\n` : ''}\n`
    const answer = await this.#ask(Buffer.concat([Buffer.from(head), body, Buffer.from([0])]))
    if (answer.command !== 'RECEIPT' || answer.headers.get('receipt-id') !== id) throw this.#refused(answer)
  }

  close(): void {
    this.#ended ??= new Error('closed')
    this.#socket.end()
  }

  #refused({ command, headers }: Received): Error {
    this.close()
    return new Error(`the broker answered ${command}: ${headers.get('message') ?? 'without a message'}`)
  }

  #ask(frame: Buffer): Promise<Received> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== null) return reject(this.#ended)
      this.#waiting = { resolve, reject }
      this.#socket.write(frame)
    })
  }

  #end(error: Error): void {
    this.#ended ??= error
    this.#waiting?.reject(this.#ended)
    this.#waiting = null
    this.#socket.destroy()
  }

  #received(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    let at = 0
    for (;;) {
      while (bytes[at] === 10 || bytes[at] === 13) at++ // heart-beats, and the LF behind a frame
      const end = this.#frame(bytes, at)
      if (end < 0) break
      at = end
    }
    this.#rest = Buffer.from(bytes.subarray(at))
  }

  /** Where the frame at `at` ends, after it was handed over; -1 when it is not whole. */
  #frame(bytes: Buffer, at: number): number {
    const blank = bytes.indexOf('\n\n', at)
    if (blank < 0) return -1
    const [command = '', ...lines] = bytes.toString('utf8', at, blank).split('\n')
    // CONNECTED is never escaped.
    const version = command === 'CONNECTED' ? Version.v10 : Version.v12
    const headers = new Map<string, string>()
    for (const line of lines) {
      const colon = line.indexOf(':')
      const name = line.slice(0, colon)
      if (!headers.has(name)) headers.set(name, decode(line.slice(colon + 1), version))
    }
    const length = headers.get('content-length')
    const end = length === undefined ? bytes.indexOf(0, blank) : blank + 2 + Number(length)
    if (end < 0 || end >= bytes.length) return -1
    const waiting = this.#waiting
    this.#waiting = null
    waiting?.resolve({ command, headers })
    return end + 1
  }
}

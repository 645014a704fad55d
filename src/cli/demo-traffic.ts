import { connect, type Socket } from 'node:net'

const QUEUE = '/queue/demo'
/** ms after which a connection that does not answer is given up. */
const ANSWER_MS = 3000
/** ms between two attempts to connect. */
const RETRY_MS = 100

export interface Tally {
  /** Messages with a receipt: the broker answers for them. */
  readonly confirmed: number
  /** Different messages that came back; `repeated`: those that came more than once. */
  readonly received: number
  readonly repeated: number
  /** Confirmed and not yet received. */
  readonly missing: number
  /** ms of the longest time between two receipts. */
  readonly longestPauseMs: number
  /** The port in use; null: none lets us in. */
  readonly port: number | null
}

/**
 * A client as users write them: it knows both addresses, uses whichever lets it in, sends a message again until it has
 * its receipt, and counts what comes back.
 */
export class Traffic {
  readonly #ports: readonly number[]
  readonly #everyMs: number
  #socket: Socket | null = null
  #connected = false
  #turn = 0
  #next = 1
  /** Sent on this or an earlier connection, without a receipt. */
  readonly #open = new Set<number>()
  readonly #missing = new Set<number>()
  readonly #seen = new Set<number>()
  #confirmed = 0
  #repeated = 0
  #lastReceipt: number | null = null
  #longestPauseMs = 0
  #ticker: NodeJS.Timeout | null = null
  #retry: NodeJS.Timeout | null = null
  #stopped = false

  constructor(ports: readonly number[], perSecond: number) {
    this.#ports = ports
    this.#everyMs = 1000 / perSecond
  }

  start(): void {
    this.#ticker = setInterval(() => this.#sendNext(), this.#everyMs)
    this.#dial()
  }

  stop(): void {
    this.#stopped = true
    if (this.#ticker !== null) clearInterval(this.#ticker)
    if (this.#retry !== null) clearTimeout(this.#retry)
    this.#socket?.destroy()
  }

  tally(): Tally {
    return {
      confirmed: this.#confirmed,
      received: this.#seen.size,
      repeated: this.#repeated,
      missing: this.#missing.size,
      longestPauseMs: Math.round(this.#longestPauseMs),
      port: this.#connected ? (this.#ports[this.#turn] ?? null) : null,
    }
  }

  #dial(): void {
    const socket = connect(this.#ports[this.#turn] ?? 0, '127.0.0.1')
    this.#socket = socket
    socket.setTimeout(ANSWER_MS, () => socket.destroy())
    socket.on('error', () => {}) // `close` follows
    socket.on('close', () => this.#lost(socket))
    socket.write(frame('CONNECT', { 'accept-version': '1.2', host: 'demo', login: '', passcode: '' }))
    let rest = ''
    socket.setEncoding('utf8').on('data', (text: string) => {
      const frames = (rest + text).split('\0')
      rest = frames.pop() ?? ''
      for (const one of frames) this.#frame(socket, one)
    })
  }

  #lost(socket: Socket): void {
    if (this.#socket !== socket || this.#stopped) return
    this.#connected = false
    this.#socket = null
    this.#turn = (this.#turn + 1) % this.#ports.length
    this.#retry = setTimeout(() => this.#dial(), RETRY_MS)
  }

  #frame(socket: Socket, text: string): void {
    const [command = '', ...lines] = (text.replace(/^[\r\n]+/, '').split('\n\n')[0] ?? '').split('\n')
    const headers = new Map(lines.map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]))
    if (command === 'CONNECTED') this.#welcome(socket)
    else if (command === 'RECEIPT') this.#receipt(Number(headers.get('receipt-id')))
    else if (command === 'MESSAGE') this.#message(socket, Number(headers.get('n')), headers.get('ack') ?? '')
    else if (command === 'ERROR') socket.destroy()
  }

  #welcome(socket: Socket): void {
    this.#connected = true
    socket.write(frame('SUBSCRIBE', { id: 's', destination: QUEUE, ack: 'client-individual' }))
    for (const n of this.#open) this.#send(n)
  }

  #sendNext(): void {
    // Without an answer nothing is added: a user's client waits as well.
    if (!this.#connected || this.#open.size > 100) return
    const n = this.#next++
    this.#open.add(n)
    this.#send(n)
  }

  #send(n: number): void {
    const headers = { destination: QUEUE, persistent: 'true', receipt: `${n}`, n: `${n}` }
    this.#socket?.write(frame('SEND', headers, `message ${n}`))
  }

  #receipt(n: number): void {
    if (!this.#open.delete(n)) return
    this.#confirmed++
    if (!this.#seen.has(n)) this.#missing.add(n)
    const now = performance.now()
    if (this.#lastReceipt !== null) this.#longestPauseMs = Math.max(this.#longestPauseMs, now - this.#lastReceipt)
    this.#lastReceipt = now
  }

  #message(socket: Socket, n: number, ack: string): void {
    socket.write(frame('ACK', { id: ack }))
    // Left over from an earlier demonstration in the same directory.
    if (!(n < this.#next)) return
    if (this.#seen.has(n)) this.#repeated++
    this.#seen.add(n)
    this.#missing.delete(n)
  }
}

const frame = (command: string, headers: Readonly<Record<string, string>>, body = ''): string =>
  `${command}\n${Object.entries(headers)
    .map(([name, value]) => `${name}:${value}\n`)
    .join('')}\n${body}\0`

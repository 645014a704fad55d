import type { Socket } from 'node:net'
import {
  FrameDecoder,
  FrameReader,
  JOURNAL,
  writeFrame,
  type Checksum,
  type HeaderLines,
  type LinkFrame,
  type PairLink,
  type PairLinkEvents,
} from '../pair/pair.ts'
import { Version, encode } from '../stomp/stomp.ts'

export interface DialledOptions {
  readonly remote: string
  readonly host: string
  readonly login: string | undefined
  readonly passcode: string | undefined
  readonly checksum: Checksum
  /** The id of the SUBSCRIBE. */
  readonly subscription: string
}

/** How the conversation began: taken in, refused by an ERROR (its text), or broken off (the text says how). */
export type Answer = { readonly is: 'accepted' | 'rejected' | 'broken'; readonly text: string }

/** ms that a closed link may take to send what is left. */
const lingerMs = 2000
const RECEIPT = 'attached'

/** A connection to a twin that we opened: CONNECT, SUBSCRIBE, and then a link. */
export class DialledLink implements PairLink {
  readonly remote: string
  readonly #socket: Socket
  readonly #options: DialledOptions
  readonly #events: PairLinkEvents
  readonly #answered: (answer: Answer) => void
  readonly #reader: FrameReader
  readonly #decoder: FrameDecoder
  #state: 'connecting' | 'subscribing' | 'attached' | 'over' = 'connecting'
  #paused = false

  /** The socket is open. `answered` is called once; after `accepted` frames follow in a later turn. */
  constructor(socket: Socket, options: DialledOptions, events: PairLinkEvents, answered: (answer: Answer) => void) {
    this.remote = options.remote
    this.#socket = socket
    this.#options = options
    this.#events = events
    this.#answered = answered
    this.#decoder = new FrameDecoder(options.checksum)
    this.#reader = new FrameReader({
      frame: (command, headers, block, from, to) => this.#frame(command, headers, block, from, to),
      broken: text => this.#wrong(text),
    })
    // Of a TLS socket; a plain one reads into one buffer (`dial`).
    socket.on('data', chunk => this.received(chunk))
    socket.on('error', error => this.#ended(error.message))
    socket.on('end', () => this.#ended('the other side closed the connection'))
    socket.on('close', () => this.#ended('the connection broke'))
    const { login, passcode, host } = options
    // A node on hold lets in nobody else.
    const lines = [`host:${plain(host)}`, 'accept-version:1.2', 'heart-beat:0,0', `destination:${JOURNAL}`]
    if (login !== undefined) lines.push(`login:${plain(login)}`)
    if (passcode !== undefined) lines.push(`passcode:${plain(passcode)}`)
    socket.write(`CONNECT\n${lines.join('\n')}\n\n\0`)
  }

  /** Bytes from the other side, valid during the call only. */
  received(chunk: Buffer): void {
    this.#reader.push(chunk)
  }

  get localHost(): string {
    return this.#socket.localAddress ?? '127.0.0.1'
  }

  get queued(): number {
    return this.#socket.writableLength
  }

  send(frame: LinkFrame, block?: Buffer, from?: number, to?: number): void {
    if (this.#state !== 'attached') return
    // One buffer for the frame: what a dialling side says is small, and its body may be used again at once.
    const parts: Buffer[] = []
    const part = (bytes: Buffer, start: number, end: number): void => void parts.push(bytes.subarray(start, end))
    writeFrame(frame, 'dialling', this.#options.subscription, part, this.#options.checksum, block, from, to)
    this.#socket.write(Buffer.concat(parts), this.#written)
  }

  readonly #written = (error?: Error | null): void => {
    if (!error && this.#state === 'attached' && this.#socket.writableLength === 0) this.#events.drained()
  }

  pause(): void {
    if (this.#paused) return
    this.#paused = true
    this.#reader.pause()
    this.#socket.pause()
  }

  resume(): void {
    if (!this.#paused || this.#state !== 'attached') return
    this.#paused = false
    this.#socket.resume()
    // Not inside this call: the caller may be in the middle of something.
    setImmediate(() => {
      if (this.#paused || this.#state !== 'attached') return
      this.#reader.resume()
      if (this.#end !== null && !this.#reader.paused) this.#broken(this.#end)
    })
  }

  close(): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#reader.stop()
    const socket = this.#socket
    socket.resume()
    socket.end()
    const late = setTimeout(() => socket.destroy(), lingerMs).unref()
    socket.once('close', () => clearTimeout(late))
  }

  #frame(command: string, headers: HeaderLines, block: Buffer, from: number, to: number): boolean {
    if (command === 'ERROR') return this.#refused(errorText(headers, block, from, to))
    switch (this.#state) {
      case 'connecting':
        if (command !== 'CONNECTED') return this.#wrong(`it answered ${word(command)} to CONNECT`)
        this.#state = 'subscribing'
        this.#socket.write(
          `SUBSCRIBE\nid:${this.#options.subscription}\ndestination:${JOURNAL}\nack:client\nreceipt:${RECEIPT}\n\n\0`,
        )
        return true
      case 'subscribing':
        if (command !== 'RECEIPT') return this.#wrong(`it answered ${word(command)} to SUBSCRIBE`)
        this.#state = 'attached'
        // Whoever waits for the link gets it before its first frame.
        this.pause()
        setImmediate(() => this.resume())
        this.#answered({ is: 'accepted', text: '' })
        return true
      case 'attached':
        return this.#attached(command, headers, block, from, to)
      case 'over':
        return false
      default:
        return this.#state satisfies never
    }
  }

  #attached(command: string, headers: HeaderLines, block: Buffer, from: number, to: number): boolean {
    if (command !== 'MESSAGE') return this.#wrong(`it sent ${word(command)} on a replication link`)
    const frame = this.#decoder.decode(headers, block, from, to)
    if (typeof frame === 'string') return this.#wrong(`it sent a malformed replication frame: ${frame}`)
    this.#events.frame(frame, block, from, to)
    return this.#state === 'attached'
  }

  /** Nothing more comes. What came before is told first, also when it waits for `resume`. */
  #ended(text: string): void {
    if (this.#reader.paused) this.#end ??= text
    else this.#broken(text)
  }
  #end: string | null = null

  #refused(text: string): false {
    this.#finish({ is: 'rejected', text })
    return false
  }

  /** What came is against the rules. */
  #wrong(text: string): false {
    this.#fault = true
    return this.#broken(text)
  }
  #fault = false

  #broken(text: string): false {
    this.#finish({ is: 'broken', text })
    return false
  }

  #finish(answer: Answer): void {
    const before = this.#state
    if (before === 'over') return
    this.#state = 'over'
    this.#reader.stop()
    this.#socket.destroy()
    if (before === 'attached') this.#events.closed(answer.text, this.#fault || answer.is === 'rejected')
    else this.#answered(answer)
  }
}

/** CONNECT knows no escapes: a line end in a value becomes a space. */
const plain = (value: string): string => encode(value, Version.v10)
// oxlint-disable-next-line no-control-regex
const word = (text: string): string => text.slice(0, 40).replace(/[^\x20-\x7e]/g, '?')

/** The ERROR's body, which is its message in full, as one line. */
function errorText(headers: HeaderLines, block: Buffer, from: number, to: number): string {
  void headers
  const text = block.toString('utf8', from, Math.min(to, from + 2000)).trim()
  // oxlint-disable-next-line no-control-regex
  return text === '' ? 'an ERROR without a text' : text.replace(/[\u0000-\u001f\u007f]+/g, ' ')
}

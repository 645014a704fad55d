import { controlBytesMax } from './control.ts'
import type { HeaderLines } from './header-lines.ts'

/** What the accepting side of a link sends, told apart by its STOMP command. */
export interface ServerFrames {
  /** `CONNECTED`, `MESSAGE`, …; the body is [from, to) of `block`. All valid during the call only. `false`: no more for now. */
  frame(command: string, headers: HeaderLines, block: Buffer, from: number, to: number): boolean
  /** What came is no such frame. Once; everything behind it is ignored. */
  broken(text: string): void
}

const headBytesMax = 16 * 1024
const linesMax = 32
const LF = 10
const CR = 13
const COLON = 58
const EMPTY = Buffer.alloc(0)

/**
 * Frames of a server, out of bytes cut anywhere; the server's own parser reads what clients send, this reads the answers.
 * A body that lies in one chunk is handed on where it is; one that does not is gathered in a buffer that is used again:
 * each byte is copied once at most. Memory follows the largest frame, which is bounded, never what lies behind it.
 */
export class FrameReader implements HeaderLines {
  bytes: Buffer = EMPTY
  lines = 0
  readonly nameStart: Int32Array = new Int32Array(linesMax)
  readonly nameEnd: Int32Array = new Int32Array(linesMax)
  readonly valueStart: Int32Array = new Int32Array(linesMax)
  readonly valueEnd: Int32Array = new Int32Array(linesMax)
  readonly #to: ServerFrames
  /** What was read and not used: a head cut short, or all that came while paused. */
  #rest: Buffer = EMPTY
  /** The head of the frame whose body is being gathered is in `bytes`; -1: none is. */
  #bodyBytes = -1
  #body: Buffer = EMPTY
  #filled = 0
  #command = ''
  #paused = false
  #running = false
  #dead = false

  constructor(to: ServerFrames) {
    this.#to = to
  }

  get paused(): boolean {
    return this.#paused
  }

  /** The chunk may be reused afterwards. */
  push(chunk: Buffer): void {
    if (this.#dead) return
    if (this.#paused || this.#running) {
      this.#rest = this.#rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#rest, chunk])
      return
    }
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    this.#rest = EMPTY
    this.#run(bytes)
  }

  /** No further frame until `resume`. */
  pause(): void {
    this.#paused = true
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    if (this.#running) return
    const bytes = this.#rest
    this.#rest = EMPTY
    this.#run(bytes)
  }

  stop(): void {
    this.#dead = true
    this.#rest = this.#body = EMPTY
  }

  #run(bytes: Buffer): void {
    this.#running = true
    let at = 0
    while (!this.#dead && !this.#paused && at < bytes.length) {
      const next = this.#bodyBytes < 0 ? this.#head(bytes, at) : this.#gather(bytes, at)
      if (next < 0) break
      at = next
    }
    this.#running = false
    if (this.#dead) return
    // What came from inside the calls lies behind what is left of this chunk.
    if (at < bytes.length) this.#rest = Buffer.concat([bytes.subarray(at), this.#rest])
    if (this.#bodyBytes < 0) this.bytes = EMPTY
  }

  /** Reads one frame's head at `at`, and its body when it is all there. Answers where to go on; -1: more is needed. */
  #head(bytes: Buffer, at: number): number {
    while (at < bytes.length && (bytes[at] === LF || bytes[at] === CR)) at++
    if (at === bytes.length) return at
    const end = headEnd(bytes, at)
    if ((end < 0 ? bytes.length : end) - at > headBytesMax) return this.#fail('a frame whose head does not end')
    if (end < 0) return -1
    const length = this.#readLines(bytes, at, end)
    if (this.#dead) return -1
    if (length === -1) return this.#uncounted(bytes, end, at)
    const body = end
    if (body + length < bytes.length) return this.#deliver(bytes, body, body + length)
    // The head must outlive this chunk.
    this.#readLines(Buffer.from(bytes.subarray(at, end)), 0, end - at)
    this.#bodyBytes = length
    this.#filled = 0
    if (this.#body.length < length + 1) this.#body = Buffer.allocUnsafeSlow(length + 1)
    return body
  }

  /** ERROR, RECEIPT, CONNECTED: the body ends at a NUL. */
  #uncounted(bytes: Buffer, body: number, at: number): number {
    const nul = bytes.indexOf(0, body)
    if ((nul < 0 ? bytes.length : nul) - at > headBytesMax) return this.#fail('a frame that does not end')
    return nul < 0 ? -1 : this.#deliver(bytes, body, nul)
  }

  #gather(bytes: Buffer, at: number): number {
    const wanted = this.#bodyBytes + 1 - this.#filled
    const taken = Math.min(wanted, bytes.length - at)
    bytes.copy(this.#body, this.#filled, at, at + taken)
    this.#filled += taken
    if (taken < wanted) return at + taken
    const length = this.#bodyBytes
    this.#bodyBytes = -1
    if (this.#deliver(this.#body, 0, length) < 0) return -1
    // A copy's manifest is large and rare; journal bytes come again and again.
    if (this.#body.length > keptBytesMax) this.#body = EMPTY
    return at + taken
  }

  #deliver(block: Buffer, from: number, to: number): number {
    if (block[to] !== 0) return this.#fail('a frame that does not end where it says')
    if (!this.#to.frame(this.#command, this, block, from, to)) this.#paused = true
    return to + 1
  }

  /** Answers the content-length, -1 without one. */
  #readLines(bytes: Buffer, at: number, end: number): number {
    let stop = bytes.indexOf(LF, at)
    this.#command = bytes.toString('latin1', at, bytes[stop - 1] === CR ? stop - 1 : stop)
    this.bytes = bytes
    this.lines = 0
    let length = -1
    for (let start = stop + 1; start < end; start = stop + 1) {
      stop = bytes.indexOf(LF, start)
      const valueEnd = bytes[stop - 1] === CR ? stop - 1 : stop
      if (valueEnd <= start) break
      const colon = bytes.indexOf(COLON, start)
      if (colon < 0 || colon >= valueEnd || this.lines === linesMax) return this.#fail('a head that is none')
      const line = this.lines++
      this.nameStart[line] = start
      this.nameEnd[line] = colon
      this.valueStart[line] = colon + 1
      this.valueEnd[line] = valueEnd
      if (colon - start === CONTENT_LENGTH.length && bytes.toString('latin1', start, colon) === CONTENT_LENGTH)
        length = contentLength(bytes.toString('latin1', colon + 1, valueEnd))
      if (Number.isNaN(length)) return this.#fail('a frame of impossible length')
    }
    return length
  }

  #fail(text: string): -1 {
    this.stop()
    this.#to.broken(`it sent ${text}`)
    return -1
  }
}

const keptBytesMax = 1024 * 1024
const CONTENT_LENGTH = 'content-length'

/** Behind the empty line that ends a head, or -1. */
function headEnd(bytes: Buffer, at: number): number {
  for (let lf = bytes.indexOf(LF, at); lf >= 0; lf = bytes.indexOf(LF, lf + 1)) {
    if (bytes[lf + 1] === LF) return lf + 2
    if (bytes[lf + 1] === CR && bytes[lf + 2] === LF) return lf + 3
    if (lf - at > headBytesMax) return -1
  }
  return -1
}

const contentLength = (text: string): number => {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  return value <= controlBytesMax ? value : Number.NaN
}

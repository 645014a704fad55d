import { Version, decode, encode } from '../stomp/stomp.ts'

/** A frame from a broker. */
export interface ServerFrame {
  readonly command: string
  /** Values decoded, of repeated names the first, in the order in which they came. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
  /** There was a content-length: a MESSAGE is one of bytes, not of text. */
  readonly sized: boolean
}

/** No broker's header block is longer, bytes. */
const HEADERS_MAX = 16 << 20
/** No body is longer: a journal record has its end there, bytes. */
const BODY_MAX = 1 << 30
const LF = 10
const CR = 13

/** Bytes of a broker, cut anywhere, to frames. */
export class FrameReader {
  /** Of the frames to come; CONNECTED is never escaped. */
  version: Version = Version.v10
  #bytes: Buffer = Buffer.alloc(1024)
  #start = 0
  #end = 0
  /** The next byte to look at for the end of the header block, or of a body without length. */
  #scanned = 0
  #head: Omit<ServerFrame, 'body'> | null = null
  #bodyStart = 0

  /** The first bytes that are not yet a frame, for who must say what this port speaks instead. */
  get pending(): Buffer {
    return this.#bytes.subarray(this.#start, this.#end)
  }

  /** Takes a chunk, and calls `visit` for each frame it completes. Throws a plain Error when these are no frames of a broker. */
  push(chunk: Buffer, visit: (frame: ServerFrame) => void): void {
    this.#append(chunk)
    for (;;) {
      const frame = this.#next()
      if (frame === null) return
      visit(frame)
    }
  }

  #append(chunk: Buffer): void {
    if (this.#start === this.#end) this.#start = this.#end = this.#scanned = 0
    if (this.#end + chunk.length > this.#bytes.length) {
      const live = this.#end - this.#start
      const larger = Buffer.allocUnsafe(Math.max(1024, 2 * (live + chunk.length)))
      this.#bytes.copy(larger, 0, this.#start, this.#end)
      this.#scanned -= this.#start
      this.#bodyStart -= this.#start
      this.#bytes = larger
      this.#start = 0
      this.#end = live
    }
    chunk.copy(this.#bytes, this.#end)
    this.#end += chunk.length
  }

  #next(): ServerFrame | null {
    if (this.#head === null && !this.#readHead()) return null
    const head = this.#head!
    const length = head.sized ? Number(head.headers.get('content-length')) : null
    const end = length === null ? this.#untilNul() : this.#bodyStart + length
    if (end < 0 || end >= this.#end) return null
    if (this.#bytes[end] !== 0) throw new Error('a frame does not end where its content-length says')
    // A copy: the buffer is used again.
    const body = Buffer.from(this.#bytes.subarray(this.#bodyStart, end))
    this.#head = null
    this.#start = this.#scanned = end + 1
    return { ...head, body }
  }

  #untilNul(): number {
    const found = this.#bytes.subarray(0, this.#end).indexOf(0, this.#scanned)
    if (found < 0) {
      this.#scanned = this.#end
      if (this.#end - this.#bodyStart > BODY_MAX) throw new Error('a frame without end')
    }
    return found
  }

  /** Line ends between frames are heart-beats, or the LF that ActiveMQ sends behind a NUL. */
  #readHead(): boolean {
    let at = this.#start
    while (at < this.#end && (this.#bytes[at] === LF || this.#bytes[at] === CR)) at++
    this.#start = at
    const from = Math.max(at, this.#scanned)
    const blank = this.#endOfHeaders(from)
    if (blank < 0) {
      if (this.#end - at > HEADERS_MAX) throw new Error('a header block without end')
      // The blank line may have been cut in two.
      this.#scanned = Math.max(at, this.#end - 3)
      return false
    }
    const [command = '', ...lines] = this.#bytes.toString('utf8', at, blank).split('\n')
    this.#head = this.#parseHead(command.replace(/\r$/, ''), lines)
    this.#bodyStart = this.#scanned = blank + (this.#bytes[blank + 1] === CR ? 3 : 2)
    return true
  }

  /** The position of the LF before the blank line; -1 when it has not come. Some brokers end lines with CR LF. */
  #endOfHeaders(from: number): number {
    const bytes = this.#bytes
    for (let lf = bytes.indexOf(LF, from); lf >= 0 && lf < this.#end; lf = bytes.indexOf(LF, lf + 1)) {
      const next = bytes[lf + 1] === CR ? lf + 2 : lf + 1
      if (next < this.#end && bytes[next] === LF) return lf
    }
    return -1
  }

  #parseHead(command: string, lines: readonly string[]): Omit<ServerFrame, 'body'> {
    const version = command === 'CONNECTED' ? Version.v10 : this.version
    const headers = new Map<string, string>()
    for (const line of lines) {
      const colon = line.indexOf(':')
      if (colon < 0) throw new Error('a header line without a colon')
      const name = line.slice(0, colon)
      if (!headers.has(name)) headers.set(name, decode(line.slice(colon + 1).replace(/\r$/, ''), version))
    }
    const length = headers.get('content-length')
    if (length !== undefined && !(/^\d{1,10}$/.test(length) && Number(length) <= BODY_MAX))
      throw new Error('a content-length that is none')
    return { command, headers, sized: length !== undefined }
  }
}

/** Header lines to send, by name. */
export type Headers = Iterable<readonly [name: string, value: string]>

/**
 * The bytes of a frame for a broker. Names are written as they are, as ActiveMQ reads them (stomp S-FRM-13); a line end in one
 * would be another header, so it throws.
 */
export function frameBytes(version: Version, command: string, headers: Headers, body?: Buffer): Buffer {
  let head = `${command}\n`
  for (const [name, value] of headers) {
    if (/[\n\r\0:]/.test(name)) throw new Error(`a header cannot be named ${JSON.stringify(name)}`)
    head += `${name}:${encode(value, version)}\n`
  }
  const size = Buffer.byteLength(head)
  const bytes = Buffer.allocUnsafe(size + 2 + (body?.length ?? 0))
  bytes.write(head, 0)
  bytes[size] = LF
  body?.copy(bytes, size + 1)
  bytes[bytes.length - 1] = 0
  return bytes
}

import type { Frame } from './frame.ts'
import { hashName } from './header.ts'
import { type FrameLimits, Violation } from './limits.ts'
import { BACKSLASH, COLON, CR, isUtf8, LF, SPACE } from './text.ts'
import { Version } from './version.ts'

/** How a scan ended: more bytes are needed, the empty line was read, or a limit was broken. */
export const Scan = { more: 0, done: 1, failed: 2 } as const
export type Scan = (typeof Scan)[keyof typeof Scan]

// What a byte does to a value: a SPECIAL one keeps it from being its own encoding, a RETURN may be part of the line end,
// a HIGH one asks for a look at the UTF-8.
const SPECIAL = 1
const RETURN = 2
const HIGH = 4
const MARKS = new Uint8Array(256)
MARKS[BACKSLASH] = MARKS[COLON] = SPECIAL
MARKS[CR] = RETURN
MARKS.fill(HIGH, 0x80)

/** Is a line of `length` bytes, whose last byte is `last`, too long? One byte above the limit passes (S-LIM-01, 02). */
export const lineTooLong = (length: number, max: number, last: number | undefined, crEndsLine: boolean): boolean =>
  length > max + 1 && !(crEndsLine && last === CR && length === max + 2)

/**
 * Reads header lines into a Frame: one pass over the bytes, picked up again in mid-line when the next bytes arrive.
 * Limits: S-LIM-02, 03 and 05. Frame size is judged at line ends, so that the answer does not depend on how the bytes came.
 */
export class HeaderBlock {
  /** Where the scan stands; after `done`, the first byte of the body. */
  at = 0
  /** Bytes counted towards maxFrameSize (S-LIM-05). */
  size = 0
  failure: Violation = Violation.headers
  readonly #frame: Frame
  readonly #limits: FrameLimits
  readonly #blockMax: number
  #lineStart = 0
  #colon = -1
  #hash = 0
  #marks = 0
  #raw = 0

  constructor(limits: FrameLimits, frame: Frame) {
    this.#limits = limits
    this.#frame = frame
    // Repeated names are free (S-LIM-03), but not for ever: no block of distinct names can be longer than this.
    this.#blockMax = (limits.maxHeaders + 2) * (limits.maxHeaderLength + 3)
  }

  /** Starts at the first header line, behind a command of `size` trimmed bytes. */
  begin(at: number, size: number): void {
    this.at = at
    this.size = size
    this.#raw = 0
    this.#next(at)
  }

  /** The bytes moved by `delta`. */
  shift(delta: number): void {
    this.at += delta
    this.#lineStart += delta
    if (this.#colon >= 0) this.#colon += delta
  }

  scan(bytes: Buffer, end: number): Scan {
    for (;;) {
      let at = this.at
      if (this.#colon < 0) {
        let hash = this.#hash
        let marks = this.#marks
        let byte = LF
        while (at < end && (byte = bytes[at]!) !== COLON && byte !== LF) {
          hash = (Math.imul(hash, 31) + byte) | 0
          marks |= byte
          at++
        }
        this.#hash = hash
        // Of a name's marks only HIGH matters: bit 7 says that there was a byte above 0x7f.
        this.#marks = marks & 0x80
        if (at < end && byte === COLON) {
          this.#colon = at++
          this.#marks = (marks & 0x80) === 0 ? 0 : HIGH
        }
      }
      if (this.#colon >= 0) {
        let marks = this.#marks
        let byte = 0
        while (at < end && (byte = bytes[at]!) !== LF) {
          marks |= MARKS[byte]!
          at++
        }
        this.#marks = marks
      }
      this.at = at
      if (at >= end) return this.#tooLong(bytes, at) ? this.#fail(Violation.headerLength) : Scan.more
      const scan = this.#endLine(bytes, at)
      if (scan !== Scan.more) return scan
    }
  }

  /** A whole line is there, its LF at `lf`. Answers `more` when the next line may be looked at. */
  #endLine(bytes: Buffer, lf: number): Scan {
    const start = this.#lineStart
    const last = bytes[lf - 1]
    this.at = lf + 1
    if (lf === start || (lf === start + 1 && last === CR)) return Scan.done
    if (this.#tooLong(bytes, lf)) return this.#fail(Violation.headerLength)
    const version = this.#frame.version
    const end = last === CR && version !== Version.v11 ? lf - 1 : lf
    this.size += end - start
    this.#addLine(bytes, start, end, version)
    const limits = this.#limits
    if (this.#frame.lines > limits.maxHeaders + 1) return this.#fail(Violation.headers)
    if (limits.maxFrameSize > 0 && this.size > limits.maxFrameSize) {
      return this.#fail(limits.nio ? Violation.frameSizeInHeaders : Violation.frameSize)
    }
    this.#raw += lf + 1 - start
    if (this.#raw > this.#blockMax) return this.#fail(Violation.headers)
    this.#next(lf + 1)
    return Scan.more
  }

  #addLine(bytes: Buffer, start: number, end: number, version: Version): void {
    if (this.#colon < 0) {
      // A line without colon is a name with an empty value (S-FRM-07); its CR, if any, has been hashed too.
      const plain = this.#marks === 0 || isUtf8(bytes, start, end) ? 1 : 0
      this.#frame.add(bytes, start, end, end, end, hashName(bytes, start, end), plain)
      return
    }
    let valueStart = this.#colon + 1
    let valueEnd = end
    if (version === Version.v10) {
      while (valueStart < valueEnd && bytes[valueStart]! <= SPACE) valueStart++
      while (valueEnd > valueStart && bytes[valueEnd - 1]! <= SPACE) valueEnd--
    }
    let marks = this.#marks
    if ((marks & RETURN) !== 0) {
      marks &= ~RETURN
      for (let at = valueStart; at < valueEnd; at++) if (bytes[at] === CR) marks |= SPECIAL
    }
    if ((marks & HIGH) !== 0) {
      if (!isUtf8(bytes, start, this.#colon) || !isUtf8(bytes, valueStart, valueEnd)) marks |= SPECIAL
    }
    const plain = (marks & SPECIAL) === 0 ? 1 : 0
    this.#frame.add(bytes, start, this.#colon, valueStart, valueEnd, this.#hash, plain)
  }

  #tooLong(bytes: Buffer, at: number): boolean {
    const crEndsLine = this.#frame.version !== Version.v11
    return lineTooLong(at - this.#lineStart, this.#limits.maxHeaderLength, bytes[at - 1], crEndsLine)
  }

  #next(at: number): void {
    this.#lineStart = at
    this.#colon = -1
    this.#hash = 0
    this.#marks = 0
  }

  #fail(failure: Violation): Scan {
    this.failure = failure
    return Scan.failed
  }
}

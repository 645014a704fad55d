import { Command, isServerOnly, recogniseCommand, serverOnlyCommand } from './command.ts'
import { Frame } from './frame.ts'
import { Header } from './header.ts'
import { HeaderBlock, lineTooLong, Scan } from './header-block.ts'
import { Intake } from './intake.ts'
import { DEFAULT_LIMITS, type FrameLimits, Violation } from './limits.ts'
import { CR, LF, NUL, SPACE } from './text.ts'
import { Version } from './version.ts'

/** What the parser tells its owner. */
export interface FrameSink {
  /** One complete frame, valid during the call. `false` stops the parser until `resume()`. Must not call `push`. */
  frame(frame: Frame): boolean
  /** The client broke the grammar or a limit. Called once; all further input is ignored (S-FRM-24). */
  fatal(message: string): void
}

const PLUS = 0x2b
const MINUS = 0x2d
const ZERO = 0x30
const INT32_MAX = 2147483647

const State = { between: 0, command: 1, headers: 2, counted: 3, terminated: 4, dead: 5 } as const
type State = (typeof State)[keyof typeof State]

/**
 * Turns bytes, cut anywhere, into frames (S-FRM-01).
 *
 *     between ─► command ─► headers ─┬─► counted ────┬─► sink.frame ─► between
 *      (noise)                       └─► terminated ─┘
 *                  any of them ─► dead, after sink.fatal
 */
export class FrameParser {
  /** The connection's version. A change holds from the next frame on, even inside one chunk (S-CON-13). */
  version: Version = Version.v10
  readonly #limits: FrameLimits
  readonly #sink: FrameSink
  readonly #intake: Intake = new Intake()
  readonly #frame: Frame = new Frame()
  readonly #headers: HeaderBlock
  #state: State = State.between
  /** The next byte to look at, in the states where the header block does not keep it. */
  #at = 0
  #paused = false
  #running = false
  #resumed = false

  constructor(limits: Partial<FrameLimits>, sink: FrameSink) {
    this.#limits = { ...DEFAULT_LIMITS, ...limits }
    this.#sink = sink
    this.#headers = new HeaderBlock(this.#limits, this.#frame)
  }

  /** True while a frame has begun and its end has not arrived. */
  get incomplete(): boolean {
    return this.#state !== State.between && this.#state !== State.dead
  }

  /** True after `sink.fatal` or `stop`. */
  get stopped(): boolean {
    return this.#state === State.dead
  }

  /** True while the sink's `false` holds the parser back. */
  get paused(): boolean {
    return this.#paused
  }

  /** Bytes held back: an incomplete frame, or what waits for `resume()`. */
  get buffered(): number {
    return this.#intake.end - this.#intake.from
  }

  /** Takes a chunk; calls the sink for each frame that it completes. The chunk may be reused afterwards. */
  push(chunk: Buffer): void {
    if (this.#state === State.dead || chunk.length === 0) return
    if (this.#intake.from === this.#intake.end) this.#at = 0
    this.#shift(this.#intake.accept(chunk))
    this.#run()
  }

  /** Goes on after the sink answered `false`. May be called from inside the sink: then its `false` does not stop. */
  resume(): void {
    this.#resumed = true
    if (this.#running || !this.#paused) return
    this.#paused = false
    this.#run()
  }

  /** Ignores all further input, as after a fatal error. */
  stop(): void {
    this.#state = State.dead
    this.#paused = false
    if (!this.#running) this.#intake.clear()
  }

  #run(): void {
    this.#running = true
    try {
      while (!this.#paused && this.#advance());
    } finally {
      this.#running = false
      this.#settle()
    }
  }

  #settle(): void {
    const intake = this.#intake
    if (this.#state === State.dead) {
      intake.clear()
      this.#frame.bytes = intake.bytes
      return
    }
    this.#shift(intake.settle())
    // Nothing is left, so the bytes start anew: a resume() would else look behind their end, for ever.
    if (intake.from === intake.end) this.#at = 0
    // The view must not keep a chunk alive that is used up.
    this.#frame.bytes = intake.bytes
  }

  /** Does one step; false when more bytes are needed. */
  #advance(): boolean {
    switch (this.#state) {
      case State.between:
        return this.#skip()
      case State.command:
        return this.#readCommand()
      case State.headers:
        return this.#readHeaders()
      case State.counted:
        return this.#readCounted()
      case State.terminated:
        return this.#readTerminated()
      case State.dead:
        return false
      default:
        return this.#state satisfies never
    }
  }

  /** S-FRM-03: line ends and NULs between frames mean nothing here (the owner counts them as signs of life). */
  #skip(): boolean {
    const { bytes, end } = this.#intake
    let at = this.#at
    while (at < end && (bytes[at] === LF || bytes[at] === NUL || bytes[at] === CR)) at++
    this.#at = at
    this.#intake.from = at
    if (at === end) return false
    this.#state = State.command
    return true
  }

  #readCommand(): boolean {
    const { bytes, end, from } = this.#intake
    let at = this.#at
    while (at < end && bytes[at] !== LF) at++
    this.#at = at
    if (lineTooLong(at - from, this.#limits.maxCommandLength, bytes[at - 1], true)) {
      return this.#fail(Violation.commandLength)
    }
    if (at === end) return false
    let start = from
    let stop = at
    while (start < stop && bytes[start]! <= SPACE) start++
    while (stop > start && bytes[stop - 1]! <= SPACE) stop--
    if (start === stop) {
      this.#at = this.#intake.from = at + 1
      this.#state = State.between
      return true
    }
    return this.#beginFrame(bytes, start, stop)
  }

  #beginFrame(bytes: Buffer, start: number, stop: number): boolean {
    const frame = this.#frame
    const limits = this.#limits
    const command = recogniseCommand(bytes, start, stop)
    if (command === Command.unknown && isServerOnly(bytes, start, stop)) {
      return this.#fail(serverOnlyCommand(bytes.toString('latin1', start, stop)))
    }
    if (limits.maxFrameSize > 0 && stop - start > limits.maxFrameSize) {
      return this.#fail(limits.nio ? Violation.frameSizeInHeaders : Violation.frameSize)
    }
    frame.reset()
    frame.command = command
    frame.version = command === Command.connect || command === Command.stomp ? Version.v10 : this.version
    frame.commandStart = start
    frame.commandEnd = stop
    this.#headers.begin(this.#at + 1, stop - start)
    this.#state = State.headers
    return true
  }

  #readHeaders(): boolean {
    const { bytes, end } = this.#intake
    const scan = this.#headers.scan(bytes, end)
    if (scan === Scan.more) return false
    if (scan === Scan.failed) return this.#fail(this.#headers.failure)
    const frame = this.#frame
    frame.bodyStart = frame.bodyEnd = this.#at = this.#headers.at
    frame.bytes = bytes
    const line = frame.command === Command.send ? frame.line(Header.contentLength) : -1
    if (line < 0) {
      this.#state = State.terminated
      return true
    }
    return this.#beginCounted(line)
  }

  /** S-FRM-17..19 and S-LIM-04: the announced length is judged before a byte of the body is read. */
  #beginCounted(line: number): boolean {
    const frame = this.#frame
    const length = contentLength(frame.bytes, frame.valueStart[line]!, frame.valueEnd[line]!)
    if (Number.isNaN(length)) return this.#fail(Violation.contentLengthNotInteger)
    if (length < 0) return this.#fail(Violation.contentLengthNegative)
    const { maxDataLength, maxFrameSize } = this.#limits
    if (length > maxDataLength) return this.#fail(Violation.dataLength)
    if (maxFrameSize > 0 && this.#headers.size + length > maxFrameSize) return this.#fail(Violation.frameSize)
    frame.bodyEnd = frame.bodyStart + length
    this.#state = State.counted
    return true
  }

  #readCounted(): boolean {
    const bodyEnd = this.#frame.bodyEnd
    if (bodyEnd >= this.#intake.end) return false
    if (this.#intake.bytes[bodyEnd] !== NUL) return this.#fail(Violation.noTrailingNul)
    return this.#deliver(bodyEnd)
  }

  #readTerminated(): boolean {
    const { bytes, end } = this.#intake
    const frame = this.#frame
    const found = bytes.indexOf(0, this.#at)
    const complete = found >= 0 && found < end
    this.#at = complete ? found : end
    const { maxDataLength, maxFrameSize } = this.#limits
    const dataMax = maxDataLength + 1
    const frameMax = maxFrameSize > 0 ? maxFrameSize - this.#headers.size : dataMax
    if (this.#at - frame.bodyStart > Math.min(dataMax, frameMax)) {
      return this.#fail(frameMax < dataMax ? Violation.frameSize : Violation.dataLength)
    }
    if (!complete) return false
    // Only SEND has a body; what stood there in another frame is discarded (S-FRM-16).
    if (frame.command === Command.send) frame.bodyEnd = found
    return this.#deliver(found)
  }

  #deliver(nul: number): boolean {
    this.#frame.bytes = this.#intake.bytes
    this.#at = this.#intake.from = nul + 1
    this.#state = State.between
    this.#resumed = false
    // Back-pressure: a resume() from inside the sink came too early to be a second call, so it cancels this stop.
    if (!this.#sink.frame(this.#frame) && !this.#resumed && !this.stopped) this.#paused = true
    return true
  }

  #fail(message: string): boolean {
    this.#state = State.dead
    this.#sink.fatal(message)
    return false
  }

  /** All offsets follow the bytes when the intake moves them. */
  #shift(delta: number): void {
    if (delta === 0) return
    this.#at += delta
    if (this.#state >= State.headers) {
      this.#headers.shift(delta)
      this.#frame.shift(delta)
    }
  }
}

/** A decimal int32 with optional sign, surrounded by white space at most (S-FRM-18); NaN for anything else. */
function contentLength(bytes: Buffer, start: number, end: number): number {
  while (start < end && bytes[start]! <= SPACE) start++
  while (end > start && bytes[end - 1]! <= SPACE) end--
  const negative = bytes[start] === MINUS
  if (negative || bytes[start] === PLUS) start++
  if (start >= end) return Number.NaN
  let value = 0
  for (let at = start; at < end; at++) {
    const digit = bytes[at]! - ZERO
    if (digit < 0 || digit > 9) return Number.NaN
    value = value * 10 + digit
    if (value > INT32_MAX + (negative ? 1 : 0)) return Number.NaN
  }
  return negative ? -value : value
}

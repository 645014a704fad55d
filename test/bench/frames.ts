/**
 * STOMP as bytes, for a load generator that must cost less than the broker it measures: a SEND frame is laid out once and
 * its counters are patched in place; incoming frames are scanned without making a string.
 *
 *   SEND\n destination:…\n persistent:…\n … content-length:N\n receipt:dddddddddd\n \n
 *   rrrrrrrrrrrrrrrr pppp ssssssssss xxxxxxxx…\0        r run (hex)  p producer (hex)  s sequence (decimal), N bytes in all
 */
const NUL = 0
const NEWLINE = 10
const RETURN = 13
const DIGITS = 10
const RUN_DIGITS = 16
const PRODUCER_DIGITS = 4
const PRODUCER_AT = RUN_DIGITS + 1
const SEQUENCE_AT = PRODUCER_AT + PRODUCER_DIGITS + 1
const RECEIPT_HEADER = Buffer.from('receipt:')
/** A header of the same length, so that every SEND of a run has one size whether or not it asks for a receipt. */
const NO_RECEIPT_HEADER = Buffer.from('noreply:')

/** Bytes the smallest body takes: run, producer and sequence, each followed by a space. */
export const BODY_BYTES_MIN: number = SEQUENCE_AT + DIGITS + 1

export interface SendLayout {
  readonly bytes: Buffer
  /** Where the receipt header's name starts. */
  readonly receiptAt: number
  /** Where the sequence number starts. */
  readonly sequenceAt: number
}

export interface SendFields {
  readonly destination: string
  readonly persistent: boolean
  readonly headers: readonly string[]
  readonly size: number
  /** 16 hex digits that tell this run's messages from another's. */
  readonly run: string
  readonly producer: number
}

export function layOutSend(fields: SendFields): SendLayout {
  const lines = ['SEND', `destination:${fields.destination}`, `persistent:${fields.persistent}`, ...fields.headers]
  const head = Buffer.from(`${[...lines, `content-length:${fields.size}`].join('\n')}\n`)
  const receipt = Buffer.from(`${RECEIPT_HEADER.toString()}${'0'.repeat(DIGITS)}\n\n`)
  const producer = fields.producer.toString(16).padStart(PRODUCER_DIGITS, '0')
  const body = Buffer.alloc(fields.size, 'x')
  body.write(`${fields.run} ${producer} ${'0'.repeat(DIGITS)} `)
  return {
    bytes: Buffer.concat([head, receipt, body, Buffer.alloc(1)]),
    receiptAt: head.length,
    sequenceAt: head.length + receipt.length + SEQUENCE_AT,
  }
}

/** Makes the frame that starts at `at` the SEND number `sequence`, asking for a receipt or not. */
export function patchSend(bytes: Buffer, at: number, layout: SendLayout, sequence: number, asks: boolean): void {
  const receiptAt = at + layout.receiptAt
  const name = asks ? RECEIPT_HEADER : NO_RECEIPT_HEADER
  for (let i = 0; i < name.length; i += 1) bytes[receiptAt + i] = name[i] as number
  const receiptEnd = receiptAt + name.length + DIGITS
  const sequenceEnd = at + layout.sequenceAt + DIGITS
  let rest = sequence
  for (let i = 1; i <= DIGITS; i += 1) {
    const next = Math.trunc(rest / 10)
    const digit = 48 + rest - next * 10
    bytes[receiptEnd - i] = digit
    bytes[sequenceEnd - i] = digit
    rest = next
  }
}

/** The run digits of a body, compared in place. */
export function isOfRun(bytes: Buffer, bodyAt: number, run: Buffer): boolean {
  for (let i = 0; i < RUN_DIGITS; i += 1) if (bytes[bodyAt + i] !== run[i]) return false
  return true
}

/** The producer a body names, or -1. */
export function producerOf(bytes: Buffer, bodyAt: number): number {
  let value = 0
  for (let i = 0; i < PRODUCER_DIGITS; i += 1) {
    const byte = bytes[bodyAt + PRODUCER_AT + i] as number
    const digit = byte >= 97 ? byte - 87 : byte - 48
    if (digit < 0 || digit > 15) return -1
    value = value * 16 + digit
  }
  return value
}

/** The sequence number a body carries, or -1. */
export const sequenceOf = (bytes: Buffer, bodyAt: number): number =>
  decimal(bytes, bodyAt + SEQUENCE_AT, bodyAt + SEQUENCE_AT + DIGITS)

/** The decimal number in `bytes[at, end)`, or -1 when it is none. */
export function decimal(bytes: Buffer, at: number, end: number): number {
  if (at >= end) return -1
  let value = 0
  for (let i = at; i < end; i += 1) {
    const digit = (bytes[i] as number) - 48
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
  }
  return value
}

/** What a scanned frame is told to. Offsets count in `bytes`, which is only valid during the call. */
export interface FrameSink {
  connected(): void
  receipt(bytes: Buffer, idAt: number, idEnd: number): void
  message(bytes: Buffer, bodyAt: number, bodyLength: number, ackAt: number, ackEnd: number): void
  error(text: string): void
}

const CONTENT_LENGTH = Buffer.from('content-length:')
const RECEIPT_ID = Buffer.from('receipt-id:')
const ACK = Buffer.from('ack:')
const FREE_BYTES_MIN = 64 * 1024

function startsWith(bytes: Buffer, at: number, name: Buffer): boolean {
  for (let i = 0; i < name.length; i += 1) if (bytes[at + i] !== name[i]) return false
  return true
}

/** Finds whole frames in the bytes of one connection and tells the sink; keeps the unfinished one for the next read. */
export class FrameScanner {
  readonly #sink: FrameSink
  #bytes: Buffer = Buffer.allocUnsafe(256 * 1024)
  #end = 0
  #bodyAt = 0
  #bodyLength = -1
  #receiptAt = -1
  #receiptEnd = -1
  #ackAt = -1
  #ackEnd = -1

  constructor(sink: FrameSink) {
    this.#sink = sink
  }

  /** Where the next bytes of the connection go. */
  free(): Buffer {
    if (this.#bytes.length - this.#end < FREE_BYTES_MIN) {
      const larger = Buffer.allocUnsafe(this.#bytes.length * 2)
      this.#bytes.copy(larger, 0, 0, this.#end)
      this.#bytes = larger
    }
    return this.#end === 0 ? this.#bytes : this.#bytes.subarray(this.#end)
  }

  /** `count` bytes were written to what `free` returned. */
  filled(count: number): void {
    this.#end += count
    let at = 0
    for (;;) {
      while (at < this.#end && this.#isBetweenFrames(at)) at += 1
      const next = this.#frameEnd(at)
      if (next < 0) break
      this.#tell(at)
      at = next
    }
    if (at > 0) {
      this.#bytes.copyWithin(0, at, this.#end)
      this.#end -= at
    }
  }

  #isBetweenFrames(at: number): boolean {
    const byte = this.#bytes[at]
    return byte === NEWLINE || byte === RETURN || byte === NUL
  }

  /** The offset behind the frame at `from`, or -1 while it is not whole; remembers what its head says. */
  #frameEnd(from: number): number {
    const bytes = this.#bytes
    const end = this.#end
    this.#bodyLength = this.#receiptAt = this.#ackAt = -1
    for (let line = from; ;) {
      let eol = line
      while (eol < end && bytes[eol] !== NEWLINE) eol += 1
      if (eol >= end) return -1
      const stop = eol > line && bytes[eol - 1] === RETURN ? eol - 1 : eol
      if (stop === line) {
        this.#bodyAt = eol + 1
        break
      }
      this.#header(line, stop)
      line = eol + 1
    }
    if (this.#bodyLength < 0) {
      const nul = bytes.subarray(0, end).indexOf(NUL, this.#bodyAt)
      this.#bodyLength = nul < 0 ? end : nul - this.#bodyAt
    }
    const next = this.#bodyAt + this.#bodyLength + 1
    return next > end ? -1 : next
  }

  #header(line: number, stop: number): void {
    const bytes = this.#bytes
    switch (bytes[line] ?? NUL) {
      case 99:
        if (this.#bodyLength < 0 && startsWith(bytes, line, CONTENT_LENGTH))
          this.#bodyLength = decimal(bytes, line + CONTENT_LENGTH.length, stop)
        break
      case 114:
        if (startsWith(bytes, line, RECEIPT_ID)) {
          this.#receiptAt = line + RECEIPT_ID.length
          this.#receiptEnd = stop
        }
        break
      case 97:
        if (startsWith(bytes, line, ACK)) {
          this.#ackAt = line + ACK.length
          this.#ackEnd = stop
        }
        break
    }
  }

  #tell(at: number): void {
    const bytes = this.#bytes
    // M(ESSAGE), R(ECEIPT), C(ONNECTED), E(RROR): the broker's four commands differ in their first letter
    switch (bytes[at] ?? NUL) {
      case 77:
        return this.#sink.message(bytes, this.#bodyAt, this.#bodyLength, this.#ackAt, this.#ackEnd)
      case 82:
        return this.#sink.receipt(bytes, this.#receiptAt, this.#receiptEnd)
      case 67:
        return this.#sink.connected()
      default:
        return this.#sink.error(bytes.toString('utf8', at, Math.min(this.#bodyAt + this.#bodyLength, at + 600)).trim())
    }
  }
}

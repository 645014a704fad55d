import type { Lsn } from '../base/lsn.ts'
import { Malformed, readControl, writeControl, type ControlFrame } from './control.ts'
import type { LinkFrame } from './frames.ts'
import { decimalOf, lineOf, textOf, type HeaderLines } from './header-lines.ts'

/** CRC-32 of bytes [from, to) of a buffer, continuing from `seed`; 0 for nothing before it. */
export type Checksum = (block: Buffer, from: number, to: number, seed: number) => number

/** Frames that are many. Their head is one line per number; the journal's or a file's bytes are the body as they are. */
export type HotFrame = Exclude<LinkFrame, ControlFrame>

/** Which STOMP frame carries it: MESSAGE for what the accepting side says, SEND and ACK for what the dialling one says. */
export type Side = 'accepting' | 'dialling'

/** Journal or file bytes in one frame, at most: a limit of the reader; a sender stays far below. */
export const bodyBytesMax: number = 4 * 1024 * 1024

export const JOURNAL = '/replication/journal'
export const CONTROL = '/replication/control'
export const COPY = '/replication/copy'

const NOTHING = Buffer.alloc(0)
const TAIL = Buffer.from('\0\n', 'latin1')

/**
 * A frame as it goes out, in up to three parts: `write(bytes, from, to)` is called for each and must take them at once.
 *
 *     MESSAGE⏎ subscription:r⏎ destination:/replication/journal⏎ message-id:<lsn>⏎ type:data⏎ session:…⏎ epoch:…⏎
 *     commit:…⏎ crc:…⏎ content-length:…⏎ ⏎ <journal bytes> NUL ⏎
 *
 * A data frame's message-id is its position: a line less. At 4 KiB that is at most 5 % on top (replication.md 4.4, G9).
 */
export function writeFrame(
  frame: LinkFrame,
  side: Side,
  subscription: string,
  write: (bytes: Buffer, from: number, to: number) => void,
  checksum: Checksum,
  block?: Buffer,
  from = 0,
  to = 0,
): void {
  let body: Buffer = NOTHING
  let start = 0
  let end = 0
  let fields = ''
  if (frame.type === 'data' || frame.type === 'copy-chunk') {
    if (block === undefined || to - from !== frame.bytes) throw new RangeError(`${frame.type} without its bytes`)
    fields = numbers(frame, checksum(block, from, to, 0))
    body = block
    start = from
    end = to
  } else if (frame.type === 'ack' || frame.type === 'beat') {
    fields = numbers(frame, 0)
  } else {
    body = writeControl(frame)
    end = body.length
  }
  const head = Buffer.from(`${opening(frame, side, subscription)}${fields}content-length:${end - start}\n\n`, 'latin1')
  write(head, 0, head.length)
  if (end > start) write(body, start, end)
  write(TAIL, 0, TAIL.length)
}

function opening(frame: LinkFrame, side: Side, subscription: string): string {
  const { type } = frame
  if (side === 'accepting') {
    const id = type === 'data' ? frame.lsn : 0
    return `MESSAGE\nsubscription:${subscription}\ndestination:${JOURNAL}\nmessage-id:${id}\ntype:${type}\n`
  }
  if (type === 'ack') return 'ACK\ntype:ack\n'
  return `SEND\ndestination:${type.startsWith('copy-') ? COPY : CONTROL}\ntype:${type}\n${type === 'data' ? `message-id:${frame.lsn}\n` : ''}`
}

function numbers(frame: HotFrame, crc: number): string {
  switch (frame.type) {
    case 'data':
      return `session:${frame.session}\nepoch:${frame.epoch}\ncommit:${frame.commit}\ncrc:${crc}\n`
    case 'ack': {
      const { session, epoch, recv, dur, beat, stall, room } = frame
      // STOMP 1.2 wants an id in every ACK: the session, by which they are told apart.
      return `id:${session}\nepoch:${epoch}\nrecv:${recv}\ndur:${dur}\nbeat:${beat}\nstall:${Math.ceil(stall)}\n${room === undefined ? '' : `room:${room}\n`}`
    }
    case 'beat': {
      const { session, epoch, n, commit, rev } = frame
      return `session:${session}\nepoch:${epoch}\nn:${n}\ncommit:${commit}\nrev:${rev}\n`
    }
    case 'copy-chunk': {
      const { session, what, base, offset, last } = frame
      return `session:${session}\nwhat:${what}\nbase:${base}\noffset:${offset}\ncrc:${crc}\nlast:${last ? 1 : 0}\n`
    }
    default:
      return frame satisfies never
  }
}

const name = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'))
const TYPE = name('type')
const SESSION = name('session')
const ID = name('id')
const EPOCH = name('epoch')
const MESSAGE_ID = name('message-id')
const COMMIT = name('commit')
const CRC = name('crc')
const RECV = name('recv')
const DUR = name('dur')
const BEAT = name('beat')
const STALL = name('stall')
const ROOM = name('room')
const N = name('n')
const REV = name('rev')
const WHAT = name('what')
const BASE = name('base')
const OFFSET = name('offset')
const LAST = name('last')

const wordMax = 128

/** Turns the frames of one link back. It reads numbers in place, and makes a string of a session once. */
export class FrameDecoder {
  readonly #checksum: Checksum
  #session = ''
  #sessionBytes: Buffer = Buffer.alloc(0)

  constructor(checksum: Checksum) {
    this.#checksum = checksum
  }

  /** The frame, whose body is [from, to) of `block`; or in one sentence what is wrong with it. Never throws. */
  decode(headers: HeaderLines, block: Buffer, from: number, to: number): LinkFrame | string {
    try {
      const type = textOf(headers, TYPE, wordMax)
      switch (type) {
        case 'data':
          return this.#data(headers, block, from, to)
        case 'ack':
          return this.#ack(headers)
        case 'beat':
          return this.#beat(headers)
        case 'copy-chunk':
          return this.#chunk(headers, block, from, to)
        case null:
          return 'it has no type'
        default:
          return readControl(type, block.subarray(from, to))
      }
    } catch (error) {
      if (error instanceof Malformed) return error.message
      throw error
    }
  }

  #data(headers: HeaderLines, block: Buffer, from: number, to: number): LinkFrame {
    const session = this.#sessionOf(headers, SESSION)
    const lsn = position(headers, MESSAGE_ID, 'message-id')
    const bytes = this.#body(headers, block, from, to)
    if (lsn + bytes > Number.MAX_SAFE_INTEGER) throw new Malformed('data: it ends behind the last position there is')
    const commit = position(headers, COMMIT, 'commit')
    return { type: 'data', session, epoch: number(headers, EPOCH, 'epoch'), lsn, bytes, commit }
  }

  #ack(headers: HeaderLines): LinkFrame {
    return {
      type: 'ack',
      session: this.#sessionOf(headers, ID),
      epoch: number(headers, EPOCH, 'epoch'),
      recv: position(headers, RECV, 'recv'),
      dur: position(headers, DUR, 'dur'),
      beat: number(headers, BEAT, 'beat'),
      stall: number(headers, STALL, 'stall'),
      ...(lineOf(headers, ROOM) >= 0 && { room: number(headers, ROOM, 'room') }),
    }
  }

  #beat(headers: HeaderLines): LinkFrame {
    return {
      type: 'beat',
      session: this.#sessionOf(headers, SESSION),
      epoch: number(headers, EPOCH, 'epoch'),
      n: number(headers, N, 'n'),
      commit: position(headers, COMMIT, 'commit'),
      rev: number(headers, REV, 'rev'),
    }
  }

  #chunk(headers: HeaderLines, block: Buffer, from: number, to: number): LinkFrame {
    const what = textOf(headers, WHAT, wordMax)
    if (what !== 'snapshot' && what !== 'segment') throw new Malformed('what is neither snapshot nor segment')
    const session = this.#sessionOf(headers, SESSION)
    const base = position(headers, BASE, 'base')
    const offset = number(headers, OFFSET, 'offset')
    const bytes = this.#body(headers, block, from, to)
    if (offset + bytes > Number.MAX_SAFE_INTEGER) throw new Malformed('offset is beyond every file')
    const crc = number(headers, CRC, 'crc')
    return { type: 'copy-chunk', session, what, base, offset, bytes, crc, last: number(headers, LAST, 'last', 1) === 1 }
  }

  /** The length of a raw body whose checksum is right (replication.md 4.9). */
  #body(headers: HeaderLines, block: Buffer, from: number, to: number): number {
    if (to - from > bodyBytesMax) throw new Malformed(`the body is larger than ${bodyBytesMax} bytes`)
    if (number(headers, CRC, 'crc', 0xffff_ffff) !== this.#checksum(block, from, to, 0))
      throw new Malformed('the bytes do not have the checksum that they were sent with')
    return to - from
  }

  #sessionOf(headers: HeaderLines, by: Uint8Array): string {
    const line = lineOf(headers, by)
    const start = line < 0 ? 0 : headers.valueStart[line]!
    const end = line < 0 ? 0 : headers.valueEnd[line]!
    const known = this.#sessionBytes
    if (known.length > 0 && known.compare(headers.bytes, start, end) === 0) return this.#session
    const session = headers.bytes.toString('latin1', start, end)
    if (!SESSION_NAME.test(session)) throw new Malformed('session is not a name of letters and digits')
    this.#session = session
    this.#sessionBytes = Buffer.from(session, 'latin1')
    return session
  }
}

const SESSION_NAME = /^[\w-]{1,128}$/

function number(headers: HeaderLines, by: Uint8Array, text: string, max: number = Number.MAX_SAFE_INTEGER): number {
  const value = decimalOf(headers, by, max)
  if (value < 0) throw new Malformed(`${text} is not a whole number`)
  return value
}

const position = (headers: HeaderLines, by: Uint8Array, text: string): Lsn => number(headers, by, text) as Lsn

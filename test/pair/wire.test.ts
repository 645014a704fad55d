import test from 'ava'
import { FrameDecoder, FrameReader, writeFrame, type LinkFrame, type Side } from '../../src/pair/pair.ts'
import { Command, FrameParser, Version } from '../../src/stomp/stomp.ts'
import { lsn } from '../../src/base/lsn.ts'
import { between, freshSeed, randomFrom } from '../journal/random.ts'
import { BODY, FRAMES, checksum, hasBody } from './frames.ts'

function bytesOf(frame: LinkFrame, side: Side, body: Buffer = BODY): Buffer {
  const parts: Buffer[] = []
  const write = (bytes: Buffer, from: number, to: number): void =>
    void parts.push(Buffer.from(bytes.subarray(from, to)))
  if (hasBody(frame)) writeFrame(frame, side, 'r', write, checksum, body, 0, body.length)
  else writeFrame(frame, side, 'r', write, checksum)
  return Buffer.concat(parts)
}

/** What came out: frames with their bodies, or why the rest was refused. */
interface Read {
  readonly frames: { readonly frame: LinkFrame; readonly body: string }[]
  refused: string | null
}

/** As the dialling side reads. */
function readByClient(chunks: readonly Buffer[]): Read {
  const read: Read = { frames: [], refused: null }
  const decoder = new FrameDecoder(checksum)
  const reader = new FrameReader({
    frame(command, headers, block, from, to) {
      const frame = command === 'MESSAGE' ? decoder.decode(headers, block, from, to) : `a ${command}`
      if (typeof frame === 'string') {
        read.refused = frame
        reader.stop()
        return false
      }
      read.frames.push({ frame, body: hasBody(frame) ? block.toString('latin1', from, to) : '' })
      return true
    },
    broken: text => (read.refused = text),
  })
  for (const chunk of chunks) reader.push(Buffer.from(chunk))
  return read
}

/** As the accepting side reads. */
function readByServer(chunks: readonly Buffer[]): Read {
  const read: Read = { frames: [], refused: null }
  const decoder = new FrameDecoder(checksum)
  const parser = new FrameParser(
    {},
    {
      frame(frame) {
        const { command, bytes, bodyStart, bodyEnd } = frame
        const known = command === Command.send || command === Command.ack
        const decoded = known ? decoder.decode(frame, bytes, bodyStart, bodyEnd) : 'no such frame'
        if (typeof decoded === 'string') {
          read.refused = decoded
          parser.stop()
          return false
        }
        read.frames.push({ frame: decoded, body: hasBody(decoded) ? bytes.toString('latin1', bodyStart, bodyEnd) : '' })
        return true
      },
      fatal: text => (read.refused = text),
    },
  )
  parser.version = Version.v12
  for (const chunk of chunks) parser.push(Buffer.from(chunk))
  return read
}

const SIDES = [
  ['accepting', readByClient],
  ['dialling', readByServer],
] as const

/** Numbers below n, and the seed that gives them again. */
function random(): { readonly seed: number; readonly below: (n: number) => number } {
  const seed = freshSeed()
  const next = randomFrom(seed)
  return { seed, below: n => between(next, 0, n) }
}

/** The crc of a chunk is made on the way. */
const sent = (frame: LinkFrame): LinkFrame =>
  frame.type === 'copy-chunk' ? { ...frame, crc: checksum(BODY, 0, BODY.length, 0) } : frame

function cut(bytes: Buffer, below: (n: number) => number): Buffer[] {
  const chunks: Buffer[] = []
  for (let at = 0; at < bytes.length;) {
    const length = 1 + below(below(4) === 0 ? 400 : 20)
    chunks.push(bytes.subarray(at, at + length))
    at += length
  }
  return chunks
}

for (const [side, read] of SIDES) {
  test(`replication 4.4: what the ${side} side says arrives as it was said, however the bytes are cut`, t => {
    const { below, seed } = random()
    t.log(`TANDEMMQ_SEED=${seed}`)
    const bytes = Buffer.concat(FRAMES.map(frame => bytesOf(frame, side)))
    for (const chunks of [[bytes], ...Array.from({ length: 50 }, () => cut(bytes, below))]) {
      const { frames, refused } = read(chunks)
      t.is(refused, null)
      t.deepEqual(
        frames,
        FRAMES.map(frame => ({ frame: sent(frame), body: hasBody(frame) ? BODY.toString('latin1') : '' })),
      )
    }
  })

  test(`replication 4.9: a body that changed on the way to the reader of the ${side} side is refused`, t => {
    for (const frame of FRAMES.filter(hasBody)) {
      const bytes = bytesOf(frame, side)
      bytes[bytes.length - 4]! ^= 1
      t.regex(read([bytes]).refused ?? '', /checksum/)
    }
  })

  test(`no bytes break the reader of the ${side} side: a frame is refused, or it is well-formed`, t => {
    const { below, seed } = random()
    t.log(`TANDEMMQ_SEED=${seed}`)
    const all = FRAMES.map(frame => bytesOf(frame, side))
    let refused = 0
    for (let i = 0; i < 20_000; i++) {
      const bytes = Buffer.from(all[below(all.length)]!)
      for (let n = 1 + below(3); n > 0; n--)
        bytes[below(bytes.length)] = [below(256), 48 + below(10), 10, 45][below(4)]!
      const answer = read(below(2) === 0 ? [bytes] : cut(bytes, below))
      if (answer.refused !== null) refused++
      for (const { frame } of answer.frames) {
        // What was let in is a frame that this side could have sent.
        const again = read([bytesOf(frame, side, Buffer.alloc('bytes' in frame ? frame.bytes : 0))])
        t.is(again.refused, null)
        if (!hasBody(frame)) t.deepEqual(again.frames[0]?.frame, frame)
      }
    }
    t.true(refused > 5000)
  })
}

const MALFORMED: readonly (readonly [what: string, bytes: string])[] = [
  ['an unknown type', 'MESSAGE\ntype:hullo\ncontent-length:2\n\n{}\0'],
  ['no type', 'MESSAGE\ncontent-length:2\n\n{}\0'],
  ['a body that is no JSON', 'MESSAGE\ntype:copy-done\ncontent-length:2\n\n{]\0'],
  ['a JSON null', 'MESSAGE\ntype:copy-done\ncontent-length:4\n\nnull\0'],
  ['a missing field', 'MESSAGE\ntype:copy-done\ncontent-length:2\n\n{}\0'],
  ['an inherited field', 'MESSAGE\ntype:copy-done\ncontent-length:32\n\n{"__proto__":{"session":"abcde"}}\0'],
  ['a type from Object', 'MESSAGE\ntype:constructor\ncontent-length:2\n\n{}\0'],
  ['a negative position', 'MESSAGE\ntype:beat\nsession:a\nepoch:1\nn:1\ncommit:-1\nrev:0\ncontent-length:0\n\n\0'],
  [
    'a position above 2^53',
    'MESSAGE\ntype:beat\nsession:a\nepoch:1\nn:1\ncommit:9007199254740992\nrev:0\ncontent-length:0\n\n\0',
  ],
  ['an exponent', 'MESSAGE\ntype:beat\nsession:a\nepoch:1e3\nn:1\ncommit:1\nrev:0\ncontent-length:0\n\n\0'],
  ['an empty session', 'MESSAGE\ntype:beat\nsession:\nepoch:1\nn:1\ncommit:1\nrev:0\ncontent-length:0\n\n\0'],
  [
    'a session of other characters',
    'MESSAGE\ntype:beat\nsession:a b\nepoch:1\nn:1\ncommit:1\nrev:0\ncontent-length:0\n\n\0',
  ],
  ['data without a checksum', 'MESSAGE\ntype:data\nmessage-id:0\nsession:a\nepoch:1\ncommit:1\ncontent-length:0\n\n\0'],
  [
    'data that ends above 2^53',
    'MESSAGE\ntype:data\nmessage-id:9007199254740991\nsession:a\nepoch:1\ncommit:1\ncrc:3904355907\ncontent-length:1\n\na\0',
  ],
  ['a body of impossible length', 'MESSAGE\ntype:data\ncontent-length:999999999\n\n'],
  ['a length that is none', 'MESSAGE\ntype:data\ncontent-length:0x10\n\n'],
  ['a head without end', `MESSAGE\nx:${'a'.repeat(20_000)}`],
  ['many headers', `MESSAGE\n${'x:y\n'.repeat(100)}\n\0`],
  ['a frame that is no MESSAGE', 'HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n\0'],
]
for (const [what, bytes] of MALFORMED) {
  test(`replication 4.4: ${what} is refused with a reason`, t => {
    const { frames, refused } = readByClient([Buffer.from(bytes, 'latin1')])
    t.is(frames.length, 0)
    t.truthy(refused)
    t.regex(refused ?? '', /^[\x20-\x7e]{4,200}$/)
  })
}

test('replication 4.4: fields that a newer twin adds are passed over', t => {
  const body = '{"session":"a","more":[1]}'
  const { frames, refused } = readByClient([
    Buffer.from(`MESSAGE\ntype:copy-done\ncontent-length:${body.length}\n\n${body}\0`),
  ])
  t.is(refused, null)
  t.deepEqual(frames[0]?.frame, { type: 'copy-done', session: 'a' })
})

test('a text of the other side is one line in our log', t => {
  const { frames } = readByClient([
    bytesOf({ type: 'refuse', code: 'stale', text: 'a\nERROR: forged\r\u2028b' }, 'accepting'),
  ])
  t.deepEqual(frames[0]?.frame, { type: 'refuse', code: 'stale', text: 'a ERROR: forged  b' })
})

test('G9: at 4 KiB a frame costs 5 % at most, with positions of a terabyte', t => {
  const session = 'f'.repeat(32)
  const body = Buffer.alloc(4096)
  const frame: LinkFrame = { type: 'data', session, epoch: 1000, lsn: lsn(1e12), bytes: 4096, commit: lsn(1e12 - 1) }
  t.true(bytesOf(frame, 'accepting', body).length <= 4096 * 1.05, String(bytesOf(frame, 'accepting', body).length))
})

test('a body that comes in many chunks is copied once, one that came whole not at all', t => {
  const body = Buffer.alloc(200_000, 7)
  const frame: LinkFrame = { type: 'data', session: 'a', epoch: 1, lsn: lsn(0), bytes: body.length, commit: lsn(0) }
  const bytes = bytesOf(frame, 'accepting', body)
  const blocks: Buffer[] = []
  const reader = new FrameReader({ frame: (_command, _headers, block) => (blocks.push(block), true), broken: t.fail })
  reader.push(bytes)
  t.is(blocks[0], bytes)
  for (let round = 0; round < 2; round++)
    for (let at = 0; at < bytes.length; at += 65536) reader.push(bytes.subarray(at, at + 65536))
  t.is(blocks.length, 3)
  t.is(blocks[1], blocks[2], 'the room is used again')
})

import type { Random } from './random.ts'

const COMMANDS = [
  'SEND',
  'SEND',
  'SEND',
  'SUBSCRIBE',
  'SUB',
  'ACK',
  'NACK',
  'BEGIN',
  'COMMIT',
  'ABORT',
  'UNSUBSCRIBE',
] as const
/** What is a name of a destination, and what is none. The login of the fuzzer may use `fuzz.…` and nothing else. */
const DESTINATIONS = [
  '/queue/fuzz.a',
  '/queue/fuzz.b',
  '/queue/fuzz.c.d',
  '/topic/fuzz.a',
  '/topic/fuzz.b',
  '/queue/fuzz.*',
  '/topic/fuzz.>',
  '/temp-queue/x',
  '/temp-topic/y',
  '/queue/fuzz.a,/queue/fuzz.b',
  '/queue/fuzz.a?consumer.prefetchSize=1',
  '/queue/',
  '/queue/witness.echo',
  '/topic/>',
  '/remote-temp-queue/ID:none-1-1-1:1:1',
  '/topic/VirtualTopic.fuzz',
  ' /queue/fuzz.a ',
  'fuzz.bare',
  'topic://fuzz.a',
] as const
const TEXTS = [
  '',
  ' ',
  'a',
  'ß𝄞',
  '\\c\\n\\\\',
  '\\t',
  'x'.repeat(300),
  '-1',
  '0',
  '007',
  '1e9',
  'true',
  "a = 'b'",
  'a =',
] as const
const NAMES = [
  'x',
  'destination',
  'content-type',
  'JMSXGroupID',
  'ack',
  'Ä',
  'a b',
  'transformation',
  'selector',
  'JMSType',
] as const
/** Numbers that end a connection when they are none, so they are mostly good. */
const NUMBERS = ['priority', 'expires', 'timestamp', 'JMSXGroupSeq', 'AMQ_SCHEDULED_DELAY'] as const
const PREFETCHES = ['0', '1', '2', '20', '-5', 'many'] as const
const SELECTORS = [
  "x = 'a'",
  'JMSPriority > 3 AND NOT (x IS NULL)',
  "x LIKE 'a%' OR x IN ('a','b')",
  'x ===',
  "x = 'unclosed",
  '(((((',
] as const
/** Every client id and name of a durable subscription that the fuzzer uses. */
export const CLIENT_IDS = ['c0', 'c1', 'c2', 'c3', 'c4'] as const
export const NAMES_OF_DURABLES = ['d1', 'd2', 'd3'] as const
const IDS = ['1', '2', '3', 'sub:4', ''] as const

/** What a frame may refer to: what came back on the connection, filled by whoever reads it. */
export interface Seen {
  /** A durable subscription outlives its connection, so only clients with an id of their own make some. */
  readonly durable: boolean
  readonly acks: string[]
  readonly messageIds: string[]
}

/** A frame that is well-formed for the framing, with headers that fit its command or do not. */
export function randomFrame(random: Random, seen: Seen): Buffer {
  const command = random.pick(COMMANDS)
  const lines: string[] = []
  const add = (name: string, value: string): void => void lines.push(`${name}:${value}`)
  if (random.chance(0.9)) fitting(random, command, seen, add)
  for (let i = random.below(3); i > 0; i--) add(random.pick(NAMES), random.pick(TEXTS))
  if (random.chance(0.15)) add('receipt', `r${random.below(1000)}`)
  if (random.chance(0.2)) add('transaction', `t${random.below(3)}`)
  const body = command === 'SEND' ? bodyOf(random) : Buffer.alloc(0)
  const counted = body.includes(0) || random.chance(0.3)
  if (command === 'SEND' && counted) add('content-length', `${body.length}`)
  const end = random.chance(0.9) ? '\0' : '\0\n\r\n'
  return Buffer.concat([
    Buffer.from(`${command}\n${lines.map(line => `${line}\n`).join('')}\n`),
    body,
    Buffer.from(end),
  ])
}

function fitting(random: Random, command: string, seen: Seen, add: (name: string, value: string) => void): void {
  switch (command) {
    case 'SEND':
      add('destination', random.pick(DESTINATIONS))
      if (random.chance(0.3)) add('persistent', 'true')
      if (random.chance(0.1)) add('reply-to', random.pick(DESTINATIONS))
      if (random.chance(0.1)) add(random.pick(NUMBERS), `${random.below(1e6)}`)
      if (random.chance(0.005)) add(random.pick(NUMBERS), random.pick(TEXTS))
      return
    case 'SUBSCRIBE':
    case 'SUB':
      add('id', random.pick(IDS))
      add('destination', random.pick(DESTINATIONS))
      add('ack', random.pick(['auto', 'client', 'client-individual', 'never']))
      // Large windows would hand the whole backlog out and back again: slow, and nothing new.
      if (random.chance(0.95)) add('activemq.prefetchSize', random.pick(PREFETCHES))
      if (random.chance(0.2)) add('selector', random.pick(SELECTORS))
      if (random.chance(0.1)) add('browser', 'true')
      if (seen.durable && random.chance(0.2)) add('activemq.subscriptionName', random.pick(NAMES_OF_DURABLES))
      if (random.chance(0.1)) add('activemq.exclusive', 'true')
      return
    case 'UNSUBSCRIBE':
      return add('id', random.pick(IDS))
    case 'ACK':
    case 'NACK':
      add('id', random.pick(seen.acks.length > 0 ? seen.acks : TEXTS))
      add('message-id', random.pick(seen.messageIds.length > 0 ? seen.messageIds : TEXTS))
      return add('subscription', random.pick(IDS))
    default:
      return add('transaction', `t${random.below(3)}`)
  }
}

function bodyOf(random: Random): Buffer {
  const length = random.chance(0.01) ? random.below(40_000) : random.below(80)
  const body = Buffer.alloc(length)
  if (random.chance(0.5)) return body.fill('text ß ')
  for (let i = 0; i < length; i++) body[i] = random.below(256)
  return body
}

/** The bytes with a few of them changed, lost, doubled or exchanged for something that means something to a parser. */
export function mutated(random: Random, frame: Buffer): Buffer {
  let bytes = Buffer.from(frame)
  for (let i = 1 + random.below(3); i > 0; i--) {
    const at = random.below(bytes.length)
    const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)]
    switch (random.below(6)) {
      case 0:
        bytes[at] = random.below(256)
        break
      case 1:
        bytes = Buffer.concat([before, after.subarray(1 + random.below(8))])
        break
      case 2:
        bytes = Buffer.concat([before, after.subarray(0, 20), after])
        break
      case 3:
        bytes = Buffer.concat([before, Buffer.from(random.pick(TOKENS), 'latin1'), after])
        break
      case 4:
        bytes = Buffer.concat([before, Buffer.from('\0')])
        break
      default:
        bytes[at] = bytes[at]! ^ (1 << random.below(8))
    }
    if (bytes.length === 0) bytes = Buffer.from('\0')
  }
  return bytes
}

const TOKENS = [
  '\0',
  '\n',
  '\n\n',
  '\r\n',
  ':',
  '\\',
  'content-length:5\n',
  'content-length:-1\n',
  '\xff\xfe',
  'a:b\n',
  'SEND\n',
] as const

/** The bytes in pieces: all at once, large ones, or a few small ones in front of the rest. */
export function pieces(random: Random, bytes: Buffer): Buffer[] {
  const most = random.pick([3, 50, 5000, 1e9])
  const all: Buffer[] = []
  for (let at = 0; at < bytes.length;) {
    const length = all.length < SMALL_PIECES ? 1 + random.below(most) : bytes.length
    all.push(bytes.subarray(at, at + length))
    at += length
  }
  return all
}

const SMALL_PIECES = 20

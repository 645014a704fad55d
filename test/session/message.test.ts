import { isDeepStrictEqual } from 'node:util'
import test from 'ava'
import { lsn, type MessageKey } from '../../src/base/lsn.ts'
import { Queue, builtInPolicy, emptyDelivery, type Delivery } from '../../src/destination/destination.ts'
import { Trait } from '../../src/journal/journal.ts'
import type { Core } from '../../src/session/core.ts'
import { sendMessage } from '../../src/session/deliver.ts'
import { BadSend, writeMessage, type SendContext, type Written } from '../../src/session/message.ts'
import {
  BlockPool,
  FixedLines,
  RecordBuffer,
  Session,
  Subscription,
  type Link,
  type SessionOptions,
} from '../../src/session/session.ts'
import { DEFAULT_LIMITS, FrameParser, type Frame, type Version } from '../../src/stomp/stomp.ts'
import { between, freshSeed, randomFrom } from '../journal/random.ts'
import { meant, readFrame, tellable, type Decoded } from './message-frames.ts'

const NOW = 1_700_000_000_123
const queue = new Queue({ kind: 0, name: 'a:b' }, 7, builtInPolicy)
const SENDER = 'ID:host-61613-1700000000000-0:5'

/** A connection of a consumer: nobody reads its bytes but the test. */
function session(version: number, id = SENDER): Session {
  const core = {
    plugins: null,
    pool: new BlockPool(),
    wake: () => {},
    backlogs: { portFor: () => null },
  } as unknown as Core // nothing else is asked of it
  const link = { flush: () => {} } as unknown as Link
  const options = { limits: DEFAULT_LIMITS } as unknown as SessionOptions
  const one = new Session(core, link, options, id)
  one.version = version as Version
  return one
}

const consumer = (of: Session, ack: 0 | 1 = 0): Subscription =>
  new Subscription(of, {
    id: 's:1',
    destinations: [queue.at],
    durable: null,
    ack,
    prefetch: 1,
    priority: 0,
    exclusive: false,
    noLocal: false,
    audits: false,
    extends: true,
    selection: null,
    transformation: null,
    groups: false,
    pendingLimit: -1,
    eviction: builtInPolicy.eviction,
    spillAbove: null,
    retroactive: false,
  })

/** The connection that sends, and whose temporary destination `/temp-queue/mine` is. */
const owner = session(2)
const mine = `/remote-temp-queue/${owner.aliases.resolve(2, 'mine').at.name}`

const context: SendContext = {
  fixedLines: new FixedLines(),
  messageIdPrefix: owner.messageIdPrefix,
  sequence: 42,
  now: NOW,
  stampUser: null,
  plugin: null,
  replyTo: value => {
    if (value === '/temp-queue/mine') return { text: mine, temporary: true }
    return value.startsWith('/queue/') ? { text: value, temporary: false } : null
  },
}

type Lines = readonly (readonly [Buffer | string, Buffer | string])[]

/** The bytes of a SEND, cut into two pieces. */
function pieces(lines: Lines, body: Buffer, cut: number): Buffer[] {
  const headers = lines.map(([name, value]) =>
    Buffer.concat([Buffer.from(name), Buffer.from(':'), Buffer.from(value), Buffer.from('\n')]),
  )
  const bytes = Buffer.concat([Buffer.from('SEND\n'), ...headers, Buffer.from('\n'), body, Buffer.from([0])])
  return [bytes.subarray(0, cut), bytes.subarray(cut)]
}

/** The record of a SEND, or why there is none. */
function record(lines: Lines, body: Buffer, version: number, given = context, cut = 30): Delivery | BadSend {
  const into = new RecordBuffer(64)
  // Something else lies before it: no offset may be taken for zero.
  into.reserve(24)
  into.seal(1, 0, 24)
  const written: Written = { at: lsn(0), length: 0, persistent: false, expired: false }
  let bad: BadSend | null | undefined
  const parser = new FrameParser(DEFAULT_LIMITS, {
    frame: (frame: Frame) => {
      bad = writeMessage(frame, into, queue.id, false, given, written)
      return true
    },
    fatal: message => {
      bad = new BadSend(message, true)
    },
  })
  parser.version = version as Version
  for (const piece of pieces(lines, body, cut)) parser.push(Buffer.from(piece))
  if (bad === undefined) throw new Error('the SEND is not complete')
  if (bad !== null) return bad
  const { block, view } = into
  const at = { block, view, offset: written.at as number, length: written.length }
  return { ...emptyDelivery(), ...at, queue, key: 1 as MessageKey, persistent: written.persistent }
}

function received(delivery: Delivery | BadSend, to: Subscription, redelivered = 0): Decoded {
  if (delivery instanceof BadSend) throw new Error(delivery.message)
  sendMessage(to, { ...delivery, redelivered }, 99)
  const bytes = Buffer.concat(to.session.output.take().map(({ block, end }) => block.subarray(0, end)))
  const frame = readFrame(bytes, to.session.version)
  if (frame.rest.length > 0) throw new Error(`${frame.rest.length} bytes behind the frame`)
  return frame
}

const DESTINATION = ['destination', '/queue/a:b'] as const
const FIXED = { subscription: 's:1', destination: '/queue/a:b', 'message-id': `${SENDER}:-1:1:42` }
const PLAIN = { ...FIXED, expires: '0', priority: '4', timestamp: String(NOW) }

/** The headers that a SEND without a body brings to a consumer of STOMP 1.2. */
const headersOf = (lines: Lines, given = context): Record<string, string> =>
  Object.fromEntries(received(record([DESTINATION, ...lines], Buffer.alloc(0), 2, given), consumer(session(2))).headers)

// What a value may hold: everything that is escaped, trimmed, replaced or misread somewhere.
const VALUES = ['\\n', '\\c', '\\\\', '\\r', '\\', '\\x', ':', '\r', ' ', '\t', 'a', 'ü', '😀', '/queue/', '\u2028']
const BROKEN = [Buffer.from([0xff]), Buffer.from([0xc3]), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from([0xf0, 0x9f])]
const NAMES = [
  'type',
  'correlation-id',
  'content-type',
  'id',
  'selector',
  'session',
  'client-id',
  'x',
  'Destination',
  'n\\c',
  ' s ',
  'ü',
]
const DROPPED = [
  'message-id',
  'redelivered',
  'subscription',
  'JMSXUserID',
  'receipt',
  'ack',
  'browser',
  'JMSRedelivered',
]

function randomValue(random: () => number, broken: boolean): Buffer {
  const parts: Buffer[] = []
  for (let n = between(random, 0, 9); n > 0; n--)
    parts.push(
      broken && random() < 0.2
        ? BROKEN[between(random, 0, 4)]!
        : Buffer.from(VALUES[between(random, 0, VALUES.length)]!),
    )
  return Buffer.concat(parts)
}

function randomBody(random: () => number, counted: boolean): Buffer {
  const length = random() < 0.05 ? between(random, 60_000, 140_000) : between(random, 0, 60)
  const body = Buffer.alloc(length)
  for (let i = 0; i < length; i++) body[i] = counted ? between(random, 0, 256) : between(random, 1, 256)
  return body
}

interface Sent {
  readonly lines: Lines
  readonly body: Buffer
  readonly version: number
  readonly expected: ReadonlyMap<string, string>
}

/** Any SEND of properties, and what a consumer must be told of it. */
function randomSend(random: () => number): Sent {
  const version = between(random, 0, 3)
  const counted = random() < 0.5
  const body = randomBody(random, counted)
  const expected = new Map<string, string>(Object.entries(PLAIN))
  const lines: [Buffer | string, Buffer | string][] = [[...DESTINATION]]
  for (let n = between(random, 0, 8); n > 0; n--) {
    const broken = random() < 0.2
    const dropped = random() < 0.15
    const known = (dropped ? DROPPED : NAMES)[between(random, 0, dropped ? DROPPED.length : NAMES.length)]!
    const name = broken && !dropped ? Buffer.concat([Buffer.from(known), BROKEN[0]!]) : Buffer.from(known)
    const value = randomValue(random, random() < 0.2)
    lines.push([name, value])
    // The first of a name counts (S-FRM-09).
    if (!dropped && !expected.has(name.toString())) expected.set(name.toString(), meant(value, version))
  }
  if (random() < 0.3) {
    lines.push(['persistent', 'true'])
    expected.set('persistent', 'true')
  }
  if (counted) {
    lines.push(['content-length', String(body.length)])
    expected.set('content-length', String(body.length))
  }
  return { lines, body, version, expected }
}

test('S-SND-14, S-FRM-10, 12, 12a, 14, 15: what any sender says reaches consumers of every version unchanged', t => {
  const seed = freshSeed()
  t.log(`seed ${seed}`)
  const random = randomFrom(seed)
  const consumers = [0, 1, 2].map(version => consumer(session(version), random() < 0.5 ? 0 : 1))
  for (let round = 0; round < 3000; round++) {
    const { lines, body, version, expected } = randomSend(random)
    const delivery = record(lines, body, version, context, between(random, 1, 200))
    for (const to of consumers) {
      const frame = received(delivery, to)
      const told = new Map([...expected].map(([name, value]) => [name, tellable(value, to.session.version)]))
      if (to.session.version === 2 && !to.auto) told.set('ack', `${SENDER}:99`)
      const about = `round ${round}, from 1.${version} to 1.${to.session.version}`
      if (!frame.body.equals(body)) return t.fail(`${about}: the body differs`)
      const [got, wanted] = [Object.fromEntries(frame.headers), Object.fromEntries(told)]
      if (!isDeepStrictEqual(got, wanted)) {
        t.log(about)
        t.deepEqual(got, wanted)
        return
      }
    }
  }
  t.pass()
})

test('S-MSG-03, S-MSG-08: ack only in 1.2 and not for auto; redelivered:true only for a queue message that came back', t => {
  const delivery = record([DESTINATION], Buffer.from('x'), 2)
  for (const version of [0, 1, 2])
    for (const ack of [0, 1] as const) {
      const to = consumer(session(version), ack)
      t.is(received(delivery, to).headers.get('ack'), version === 2 && ack === 1 ? `${SENDER}:99` : undefined)
      t.is(received(delivery, to).headers.get('redelivered'), undefined)
      t.is(received(delivery, to, 3).headers.get('redelivered'), 'true')
    }
})

test('S-SND-02, S-SND-03, S-MSG-05: only bytes messages have a content-length, which is always the real one', t => {
  const body = Buffer.from('a\0b')
  const length = (lines: Lines, of: Buffer): string | undefined =>
    received(record([DESTINATION, ...lines], of, 2), consumer(session(2))).headers.get('content-length')
  t.is(length([], Buffer.from('ab')), undefined)
  t.is(length([['content-length', '3']], body), '3')
  t.is(length([['content-length', '0']], Buffer.alloc(0)), '0')
  t.is(length([['amq-msg-type', 'bytes']], Buffer.from('ab')), '2')
  t.is(length([['amq-msg-type', 'text']], Buffer.from('ab')), undefined)
  t.is(
    length(
      [
        ['amq-msg-type', 'TEXT'],
        ['content-length', ' 3 '],
      ],
      body,
    ),
    '3',
  )
  t.deepEqual(
    record([DESTINATION, ['amq-msg-type', 'map']], body.subarray(0, 1), 2),
    new BadSend("Unsupported message type 'map'", false),
  )
})

test('S-SND-06 … S-SND-09: persistence, priority, expiry and timestamp are fields, within their ranges', t => {
  t.deepEqual(headersOf([]), PLAIN)
  t.deepEqual(headersOf([['persistent', 'true']]), { ...PLAIN, persistent: 'true' })
  t.deepEqual(headersOf([['persistent', 'TRUE']]), PLAIN)
  const given: Lines = [
    ['priority', '12'],
    ['expires', '1700000000999'],
    ['timestamp', '5'],
  ]
  t.deepEqual(headersOf(given), { ...PLAIN, priority: '9', expires: '1700000000999', timestamp: '5' })
  t.deepEqual(
    headersOf([
      ['priority', '-1'],
      ['expires', '-7'],
    ]),
    { ...PLAIN, priority: '0' },
  )
  t.true(record([DESTINATION, ['priority', 'high']], Buffer.alloc(0), 2) instanceof BadSend)
})

test('S-SND-18: JMS names act on the fields, over the STOMP headers, and are not echoed', t => {
  const jms: Lines = [
    ['JMSCorrelationID', 'c:2'],
    ['correlation-id', 'c1'],
    ['type', 't1'],
    ['JMSType', 't2'],
    ['priority', '1'],
    ['JMSPriority', '8'],
    ['JMSExpiration', '1800000000000'],
    ['JMSTimestamp', '77'],
    ['reply-to', '/queue/one'],
    ['JMSReplyTo', 'queue://two'],
    ['persistent', 'true'],
    ['JMSDeliveryMode', 'NON_PERSISTENT'],
  ]
  const fields = { 'correlation-id': 'c:2', type: 't2', 'reply-to': '/queue/two' }
  t.deepEqual(headersOf(jms), { ...PLAIN, ...fields, priority: '8', expires: '1800000000000', timestamp: '77' })
  t.deepEqual(headersOf([['JMSDeliveryMode', '2']]), { ...PLAIN, persistent: 'true' })
})

test('S-SND-17, S-MSG-07: a message group is kept and never told', t => {
  t.deepEqual(
    headersOf([
      ['JMSXGroupID', 'g'],
      ['JMSXGroupSeq', '-1'],
      ['JMSXDeliveryCount', '3'],
    ]),
    PLAIN,
  )
  const delivery = record([DESTINATION, ['JMSXGroupID', 'g']], Buffer.alloc(0), 2)
  t.true(!(delivery instanceof BadSend) && (delivery.view.getUint8(delivery.offset + 21) & Trait.grouped) !== 0)
})

test('S-SND-11, S-TMP-03: a temporary reply-to is an alias to its owner and the real name to everybody else', t => {
  const body = Buffer.from('b\0c')
  const lines: Lines = [
    DESTINATION,
    ['reply-to', '/temp-queue/mine'],
    ['x', 'a\\nb\\cc\\rd\\\\'],
    ['content-length', '3'],
  ]
  const delivery = record(lines, body, 2)
  for (const version of [0, 1, 2]) {
    const own = session(version)
    own.aliases.resolve(2, 'mine')
    for (const [who, shown] of [
      [own, '/temp-queue/mine'],
      [session(version, 'ID:other-1-2-0:9'), mine],
    ] as const) {
      const { headers, body: got } = received(delivery, consumer(who))
      t.deepEqual([headers.get('reply-to'), headers.get('x')], [shown, tellable('a\nb:c\rd\\', version)])
      t.deepEqual(got, body)
    }
  }
  t.is(headersOf([['reply-to', 'nowhere']])['reply-to'], 'nowhere')
})

test('S-MSG-04: the stamped user is the login, whatever the sender claims', t => {
  const stamped = { ...context, stampUser: 'al:ice' }
  t.deepEqual(headersOf([['JMSXUserID', 'mallory']], stamped), { ...PLAIN, JMSXUserID: 'al:ice' })
  t.deepEqual(headersOf([['JMSXUserID', 'mallory']]), PLAIN)
})

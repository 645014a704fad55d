import { randomBytes } from 'node:crypto'
import test, { type ExecutionContext } from 'ava'
import { until } from './consuming.ts'
import { betweenLooks } from './looking.ts'
import { World, brokerXml, Client, deadlineMs } from './world.ts'

/** A broker with a short patience, and a client that proves between attacks that it still serves. */
async function besieged(t: ExecutionContext): Promise<{ world: World; alive: () => Promise<void> }> {
  const world = await new World().start(
    brokerXml({
      connectors: {
        stomp:
          'stomp://127.0.0.1:0?transport.connectAttemptTimeout=400&wireFormat.maxFrameSize=1000000&wireFormat.maxDataLength=500000',
        patient: 'stomp://127.0.0.1:0',
      },
    }),
  )
  t.teardown(() => world.end())
  const witness = await world.connect({}, 'patient')
  await witness.receipted('SUBSCRIBE', { id: '1', destination: '/queue/witness', ack: 'client-individual' })
  let round = 0
  const alive = async (): Promise<void> => {
    const body = `round ${++round}`
    witness.send('SEND', { destination: '/queue/witness', persistent: 'true' }, body)
    const message = await witness.expect('MESSAGE')
    t.is(message.body.toString(), body)
    await witness.receipted('ACK', { id: message.headers.get('ack') ?? '' })
  }
  return { world, alive }
}

/** Waits until only so many sessions are left. */
async function sessions(world: World, count: number): Promise<void> {
  const { broker } = world.running
  const end = Date.now() + deadlineMs
  for (let looks = 0; broker.sessions.size !== count; looks++) {
    if (Date.now() > end) throw new Error(`${broker.sessions.size} sessions are left instead of ${count}`)
    await betweenLooks(looks)
  }
}

const X = 'x'.repeat(100_000)

/** What is written, and the ERROR it ends with: null means that a close without a frame is the right answer. */
const ATTACKS: readonly (readonly [string, string | Buffer, RegExp | null])[] = [
  ['a command line without end', X, /maximum command length/],
  ['a header line without end', `CONNECT\na:${X}`, /maximum header length/],
  [
    'too many headers',
    `CONNECT\n${Array.from({ length: 1100 }, (_, n) => `h${n}:v`).join('\n')}\n\n\0`,
    /number of headers/,
  ],
  ['a CONNECT with an endless body', `CONNECT\n\n${X.repeat(12)}`, /maximum (data length|frame size)/],
  ['a frame before CONNECT', 'SEND\ndestination:/queue/a\n\n\0', /before CONNECT/],
  ['a body before CONNECT', `SEND\ndestination:/queue/a\ncontent-length:400000\n\n${X}`, null],
  [
    'an announced length that is none',
    'CONNECT\n\n\0SEND\ndestination:/queue/a\ncontent-length:1e9\n\n',
    /not a valid integer/,
  ],
  ['a negative length', 'CONNECT\n\n\0SEND\ndestination:/queue/a\ncontent-length:-1\n\n', /negative/],
  [
    'a length beyond the limit',
    'CONNECT\n\n\0SEND\ndestination:/queue/a\ncontent-length:2000000000\n\n',
    /maximum data length/,
  ],
  [
    'a body longer than announced',
    'CONNECT\n\n\0SEND\ndestination:/queue/a\ncontent-length:1\n\nabc\0',
    /no trailing null/,
  ],
  ['a server command', 'CONNECT\n\n\0MESSAGE\n\n\0', /'client' mode/],
  ['an HTTP request', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n\0', /GET/],
  ['a TLS greeting', Buffer.from('160301020001000001fc0303', 'hex'), null],
  ['an AMQP greeting', Buffer.from('AMQP\0\x01\0\0', 'latin1'), null],
  ['an MQTT greeting', Buffer.from('\x10\x0c\0\x04MQTT\x04\x02\0\x3c\0\0', 'latin1'), null],
  [
    'bytes that are no UTF-8',
    Buffer.concat([Buffer.from('CONNECT\n\n\0'), Buffer.from([0xff, 0xfe, 0xc0, 0x80, 10, 10, 0])]),
    /Unknown STOMP action/,
  ],
]

test('S-LIM-04..06, S-ERR-02: oversize, malformed and foreign input ends its own connection and no other', async t => {
  const { world, alive } = await besieged(t)
  for (const [what, bytes, text] of ATTACKS) {
    const client = await world.dial()
    client.raw(bytes)
    const frames = (await client.closed()).filter(frame => frame.command !== 'CONNECTED')
    if (text === null) t.true(frames.length <= 1, what)
    else {
      t.is(frames.length, 1, what)
      t.is(frames[0]?.command, 'ERROR', what)
      t.regex(frames[0]?.headers.get('message') ?? '', text, what)
    }
    await alive()
  }
  await sessions(world, 1)
})

test('S-LIM-06: who has not connected may not fill the memory with one endless frame', async t => {
  const { world, alive } = await besieged(t)
  const client = await world.dial('patient')
  client.raw('SEND\ndestination:/queue/a\ncontent-length:90000000\n\n')
  client.raw(Buffer.alloc(12 * 1024 * 1024, 120))
  const frames = await client.closed()
  t.is(frames.length, 1)
  t.is(frames[0]?.headers.get('message'), 'The maximum frame size was exceeded')
  await alive()
})

test('S-LIM-06: nor may many of them together, with one each that is within the limits', async t => {
  const { world, alive } = await besieged(t)
  const lines = Array.from({ length: 990 }, (_, i) => `h${i}:${'x'.repeat(10_000)}\n`).join('')
  const begun = await Promise.all(Array.from({ length: 12 }, () => world.dial('patient')))
  for (const client of begun) client.raw(`CONNECT\n${lines}`)
  await until(world, 'some of them are turned away', () => world.lines.join().includes('have sent too much'))
  // Whoever means it comes in meanwhile, also in pieces.
  const client = await world.dial('patient')
  client.raw('CONNECT\naccept-ver')
  await alive()
  client.raw('sion:1.2\n\n\0')
  await client.expect('CONNECTED')
  t.true(open(world) > 2, 'those within the limit stay')
  for (const one of begun) one.destroy()
  await until(world, 'they are forgotten', () => open(world) === 0)
  const late = await world.dial('patient')
  late.raw(`CONNECT\naccept-version:1.2\n${lines}\n\0`)
  await late.expect('CONNECTED')
})

/** Connections before CONNECT. */
const open = ({ running }: World): number =>
  [...running.broker.sessions].filter(({ connected, closed }) => !connected && !closed).length

test('S-LIM-07: a partial CONNECT and a header that dribbles in are cut off in time', async t => {
  const { world, alive } = await besieged(t)
  const partial = await Promise.all(Array.from({ length: 50 }, () => world.dial()))
  for (const [n, client] of partial.entries()) client.raw('CONNECT\naccept-version:1.2\nlogin:u'.slice(0, 1 + n))
  const dribble = setInterval(() => {
    for (const client of partial) client.raw('.')
  }, 30)
  t.teardown(() => clearInterval(dribble))
  await alive()
  for (const client of partial) await client.closed()
  await alive()
  await sessions(world, 1)
})

test('S-CON-14: half-closed and reset connections end, whatever they were in the middle of', async t => {
  const { world, alive } = await besieged(t)
  const beginnings = [
    '',
    'CONN',
    'CONNECT\n\n\0',
    'CONNECT\n\n\0SEND\ndestination:/queue/a\n\nhalf a bo',
    'CONNECT\n\n\0SUBSCRIBE\nid:1\ndestination:/queue/half\nack:client\n\n\0BEGIN\ntransaction:t\n\n\0',
  ]
  for (const bytes of beginnings) {
    const ended = await world.dial('patient')
    ended.socket.end(bytes)
    await ended.closed()
    const reset = await world.dial('patient')
    reset.raw(bytes)
    if (bytes.includes('\0')) await reset.expect('CONNECTED')
    reset.socket.resetAndDestroy()
    await alive()
  }
  await sessions(world, 1)
})

test('S-RCP-03: a client that never reads gets no more deliveries, others go on, and memory stays bounded', async t => {
  const { world, alive } = await besieged(t)
  const destination = '/topic/flood'
  const deaf = await world.connect({}, 'patient')
  await deaf.receipted('SUBSCRIBE', { id: '1', destination })
  const queue = '/queue/flood'
  await deaf.receipted('SUBSCRIBE', { id: '2', destination: queue, 'activemq.prefetchSize': '10000', ack: 'client' })
  deaf.socket.pause()
  const hearing = await world.connect({}, 'patient')
  await hearing.receipted('SUBSCRIBE', { id: '1', destination })
  const sender = await world.connect({}, 'patient')
  const body = 'x'.repeat(50_000)
  const count = 800
  for (let n = 0; n < count; n += 40) {
    for (let i = 0; i < 40; i++) sender.send('SEND', { destination: queue, persistent: 'true' }, body)
    await sender.quiet()
    sender.send('SEND', { destination }, `tick ${n}`)
    t.is((await hearing.expect('MESSAGE')).body.toString(), `tick ${n}`)
  }
  await alive()
  // 40 MB are there for a client that reads nothing.
  const session = [...world.running.broker.sessions].find(each => each.congested)
  t.not(session, undefined, 'its deliveries have stopped')
  t.true((session?.output.size ?? 0) < 4 * 1024 * 1024)
  let inFlight = 0
  for (const subscription of session?.allSubscriptions ?? []) inFlight += subscription.inFlight
  t.true(inFlight < count / 2, `${inFlight} of ${count} messages were handed over to it`)
  // Once it reads, it gets everything.
  deaf.socket.resume()
  for (let n = 0, seen = 0; seen < count; n++) {
    const frame = await deaf.expect('MESSAGE')
    if (frame.headers.get('subscription') === '2') seen++
  }
  t.pass()
})

// It has the process to itself: what it must fill within the deadline is megabytes.
test.serial('S-RCP-03: a client that sends and never reads its answers is not read for ever', async t => {
  const { world, alive } = await besieged(t)
  const client = await world.connect({}, 'patient')
  client.socket.pause()
  const frame = Buffer.from(`SEND\ndestination:/topic/nobody\nreceipt:${'r'.repeat(9000)}\n\n\0`.repeat(20))
  // Its own answers pile up until the broker stops reading: then this side cannot write any more.
  let written = 0
  const end = Date.now() + deadlineMs
  while (client.socket.writableLength < 4 * 1024 * 1024 && Date.now() < end) {
    client.raw(frame)
    written += frame.length
    await new Promise(resolve => setImmediate(resolve))
  }
  t.true(client.socket.writableLength >= 4 * 1024 * 1024, `${written} bytes were taken`)
  await alive()
  client.destroy()
  await sessions(world, 1)
  await alive()
})

// And this one, whose connections must all be gone within it.
test.serial('S-CON-14: fuzz: random bytes over 2000 connections leave a broker that serves and no session', async t => {
  const { world, alive } = await besieged(t)
  const seed = Number(process.env['SEED'] ?? randomBytes(4).readUInt32LE())
  t.log(`SEED=${seed}`)
  const random = generator(seed)
  for (let batch = 0; batch < 40; batch++) {
    const clients = await Promise.all(Array.from({ length: 50 }, () => Client.dial(world.port())))
    for (const client of clients) {
      for (let pieces = 1 + random(4); pieces > 0; pieces--) client.raw(garbage(random))
      const ending = random(3)
      if (ending === 0) client.socket.end()
      else if (ending === 1) client.socket.resetAndDestroy()
      else client.socket.destroySoon()
    }
    await alive()
  }
  await sessions(world, 1)
  await alive()
})

const WORDS = [
  'CONNECT',
  'STOMP',
  'SEND',
  'SUBSCRIBE',
  'UNSUBSCRIBE',
  'ACK',
  'NACK',
  'BEGIN',
  'COMMIT',
  'ABORT',
  'DISCONNECT',
  'MESSAGE',
  '\n',
  '\n\n',
  '\0',
  '\r\n',
  ':',
  'destination:/queue/fuzz',
  'destination:/topic/>',
  'destination:/temp-queue/a',
  'id:1',
  'ack:client',
  'transaction:t',
  'content-length:',
  'receipt:r',
  'accept-version:1.2',
  'accept-version:1.1',
  'heart-beat:1,1',
  'persistent:true',
  'message-id:x',
  'expires:1',
  'priority:99',
  '-1',
  '2147483648',
  '\\',
  'selector:a = ',
]

/** Pieces of the protocol and raw bytes, in no order; half of the time behind a CONNECT. */
function garbage(random: (below: number) => number): Buffer {
  const parts: Buffer[] = random(2) === 0 ? [] : [Buffer.from('CONNECT\naccept-version:1.2\n\n\0')]
  for (let n = random(30); n > 0; n--) {
    if (random(4) === 0) parts.push(Buffer.from(Array.from({ length: random(200) }, () => random(256))))
    else parts.push(Buffer.from(`${WORDS[random(WORDS.length)] ?? ''}${random(2) === 0 ? '\n' : ''}`))
  }
  return Buffer.concat(parts)
}

/** A small generator of whole numbers below a limit, the same for the same seed (mulberry32). */
function generator(seed: number): (below: number) => number {
  let state = seed >>> 0
  return below => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

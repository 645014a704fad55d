import { createServer, type Server, type Socket } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { TandemError } from '../../src/base/errors.ts'
import {
  Latencies,
  NOBODY,
  Producer,
  SequenceCheck,
  StompConnection,
  parseAddress,
  parseBrokerUrl,
  stompDestination,
} from '../../src/client/client.ts'
import { FrameReader, frameBytes, type ServerFrame } from '../../src/client/frames.ts'
import { Version } from '../../src/stomp/stomp.ts'

const seed = Number(process.env['TANDEMMQ_SEED'] ?? Date.now() % 2 ** 31)

test('an address is read as ActiveMQ writes them, and a wrong one says how it should look', t => {
  t.like(parseAddress('stomp://h'), { host: 'h', port: 61613, tls: false })
  t.like(parseAddress('stomp+ssl://h'), { port: 61612, tls: true })
  t.like(parseAddress('tcp://[::1]:99?wireFormat.x=1'), { host: '::1', port: 99 })
  const url = parseBrokerUrl('failover:(tcp://a:1,ssl://b:2)?maxReconnectAttempts=3&randomize=false')
  t.deepEqual(
    url.addresses.map(({ text }) => text),
    ['tcp://a:1', 'ssl://b:2'],
  )
  t.like(url.redial, { rounds: 3, roundsAtStart: 3 })
  t.is(parseBrokerUrl('failover://stomp://a:1,stomp://b:2').addresses.length, 2)
  for (const wrong of ['h:61613', 'http://h', 'stomp://', 'stomp://h:99999', 'failover:(stomp://a', '', 'stomp://h:x'])
    t.throws(() => parseBrokerUrl(wrong), { instanceOf: TandemError }, wrong)
  const secret = t.throws(() => parseBrokerUrl('stomp://user:s3cret@h'))
  t.notRegex(secret!.message, /s3cret/)
})

test('a destination is named as in JMS or as in STOMP', t => {
  t.is(stompDestination('queue://a.b'), '/queue/a.b')
  t.is(stompDestination('topic://t'), '/topic/t')
  t.is(stompDestination('/queue/a'), '/queue/a')
  t.is(stompDestination('orders'), '/queue/orders')
  t.is(stompDestination('queue://A,topic://B'), '/queue/A,/topic/B')
  for (const wrong of ['', 'fax://a', '/nowhere/a', 'queue://'])
    t.throws(() => stompDestination(wrong), undefined, wrong)
})

test(`frames come out the same, however their bytes were cut (seed ${seed})`, t => {
  const frame = fc.record({
    headers: fc.dictionary(fc.stringMatching(/^[a-z-]{1,8}$/), fc.string({ maxLength: 12 })),
    body: fc.uint8Array({ maxLength: 60 }),
    sized: fc.boolean(),
  })
  const cuts = fc.array(fc.nat(), { maxLength: 12 })
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 5 }), cuts, (frames, at) => {
      const sent = frames.map(one => ({
        ...one,
        body: Buffer.from(one.sized ? one.body : one.body.filter(byte => byte !== 0)),
      }))
      const bytes = Buffer.concat(
        sent.flatMap(({ headers, body, sized }) => {
          const lines = Object.entries(headers).filter(([name]) => name !== 'content-length')
          const length: [string, string][] = sized ? [['content-length', String(body.length)]] : []
          return [frameBytes(Version.v12, 'MESSAGE', [...lines, ...length], body), Buffer.from('\n')]
        }),
      )
      const reader = new FrameReader()
      reader.version = Version.v12
      const got: ServerFrame[] = []
      const places = [0, ...at.map(place => place % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length]
      for (let i = 1; i < places.length; i++)
        reader.push(bytes.subarray(places[i - 1], places[i]), each => got.push(each))
      t.is(got.length, sent.length)
      for (const [i, { headers, body, sized }] of sent.entries()) {
        t.deepEqual(got[i]!.body, body)
        t.is(got[i]!.sized, sized)
        for (const [name, value] of Object.entries(headers))
          if (name !== 'content-length') t.is(got[i]!.headers.get(name), value)
      }
    }),
    { seed, numRuns: 200 },
  )
})

test(`gaps and duplicates of a sequence are found in any order (seed ${seed})`, t => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 60 }), numbers => {
      const check = new SequenceCheck()
      for (const number of numbers)
        check.add(
          new Map([
            ['tandemmq-producer', 'p'],
            ['tandemmq-sequence', `${number}/40`],
          ]),
        )
      const [report] = check.report(true)
      if (numbers.length === 0) {
        t.is(report, undefined)
        return
      }
      const distinct = new Set(numbers)
      t.is(report!.duplicates, numbers.length - distinct.size)
      t.is(report!.missingCount, 40 - distinct.size)
      const missing = report!.missing.flatMap(([a, b]) => Array.from({ length: b - a + 1 }, (_, i) => a + i))
      t.deepEqual(
        missing,
        Array.from({ length: 40 }, (_, i) => i + 1).filter(number => !distinct.has(number)),
      )
    }),
    { seed, numRuns: 200 },
  )
})

test('percentiles are right to three per cent', t => {
  const times = new Latencies()
  t.is(times.percentile(0.5), null)
  for (let i = 1; i <= 10_000; i++) times.add(i / 100)
  t.true(Math.abs(times.percentile(0.5)! - 50) < 50 * 0.032)
  t.true(Math.abs(times.percentile(0.99)! - 99) < 99 * 0.032)
})

/** A server that does with each connection what a test says. */
async function serverThat(t: ExecutionContext, does: (socket: Socket) => void): Promise<string> {
  const server: Server = createServer(socket => {
    socket.on('error', () => {})
    does(socket)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const address = server.address()
  return `stomp://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
}

test('CP-06: a port that speaks OpenWire, HTTP or TLS is named for what it is', async t => {
  const openWire = Buffer.concat([Buffer.from([0, 0, 1, 0x6a, 1]), Buffer.from('ActiveMQ'), Buffer.from([0, 0, 0, 12])])
  const cases: [string | Buffer, RegExp][] = [
    [openWire, /speaks OpenWire/],
    ['HTTP/1.1 400 Bad Request\r\n\r\n', /is an HTTP port/],
    [Buffer.from([0x15, 3, 3, 0, 2, 2, 40]), /speaks TLS/],
  ]
  for (const [bytes, says] of cases) {
    const url = await serverThat(t, socket => socket.end(bytes))
    await t.throwsAsync(StompConnection.connect(parseAddress(url), NOBODY), { code: 'CLIENT_NOT_STOMP', message: says })
  }
})

test('a broker that breaks the protocol, hangs up, or refuses a frame says so in one sentence', async t => {
  const connected = 'CONNECTED\nversion:1.2\n\n\0\n'
  const garbage = await serverThat(t, socket => socket.write(`${connected}MESSAGE\nno colon\n\n\0`))
  const first = await StompConnection.connect(parseAddress(garbage), NOBODY)
  t.regex((await first.over).message, /broke the protocol: a header line without a colon/)
  const gone = await serverThat(t, socket => socket.once('data', () => socket.end()))
  await t.throwsAsync(StompConnection.connect(parseAddress(gone), NOBODY), { code: 'CLIENT_UNREACHABLE' })
  const refuses = await serverThat(t, socket =>
    socket.once('data', () => {
      socket.write(connected)
      socket.once('data', () => socket.write('ERROR\nreceipt-id:r1\nmessage:no\u001b[2J room\n\n\0'))
    }),
  )
  const second = await StompConnection.connect(parseAddress(refuses), NOBODY)
  await t.throwsAsync(second.receipted('SEND', [['destination', '/queue/a']]), {
    code: 'CLIENT_ERROR',
    message: /no\\u001b\[2J room/, // shown, and nothing that a terminal obeys
  })
  t.is(second.ended, null, 'only that receipt is refused')
  const pending = second.receipted('SEND', [['destination', '/queue/a']])
  second.destroy()
  await t.throwsAsync(pending, { code: 'CLIENT_LOST' })
})

test('TX-09: a producer that is asked to end does not wait for ever for a broker that confirms nothing', async t => {
  const stop = new AbortController()
  const url = await serverThat(t, socket => {
    socket.once('data', () => {
      socket.write('CONNECTED\nversion:1.2\n\n\0\n')
      socket.once('data', () => stop.abort())
    })
  })
  const producer = new Producer({
    url: parseBrokerUrl(`failover:(${url})`),
    login: NOBODY,
    signal: stop.signal,
    count: 3,
    message: () => ({ headers: [['destination', '/queue/a']], body: Buffer.from('x') }),
    window: 10,
    batch: 0,
    pause: 0,
    rate: null,
    graceMs: 20,
  })
  await t.throwsAsync(producer.run(), { any: true })
  t.is(producer.produced.sent, 0)
})

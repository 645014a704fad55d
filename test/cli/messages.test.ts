import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { consume } from '../../src/cli/consumer.ts'
import type { Node } from '../../src/server/node.ts'
import { depth, take } from '../contract/consuming.ts'
import { SSL_CONTEXT, tlsFile } from '../contract/tls.ts'
import { eventually } from '../contract/twins.ts'
import { freePort } from '../bench/ports.ts'
import { World, brokerXml, type XmlParts } from '../contract/world.ts'
import { temporary } from '../temporary.ts'
import { call, type Answer } from './terminal.ts'

async function broker(t: ExecutionContext, parts: XmlParts = {}): Promise<World> {
  const world = await new World().start(brokerXml(parts))
  t.teardown(() => world.end())
  return world
}

const at = (world: World): readonly string[] => ['--brokerUrl', `stomp://127.0.0.1:${world.port()}`]

/** The lines of an answer without those whose numbers differ each time. */
const stable = ({ out }: Answer): string[] =>
  out.split('\n').filter(line => line !== '' && !/Elapsed time|Connecting to URL|(producer|consumer): /.test(line))

test('CP-01, CP-02, TC-04: producer sends what ActiveMQ’s tool sends, and prints its lines', async t => {
  const world = await broker(t)
  const done = await call(['producer', ...at(world), '--destination', 'queue://T1', '--messageCount', '3'])
  t.is(done.code, 0, done.err)
  t.regex(done.out, /^ INFO \| Connecting to URL: stomp:\/\/127\.0\.0\.1:\d+ as user: null\n/)
  t.deepEqual(stable(done), [
    ' INFO | Producing messages to queue://T1',
    ' INFO | Using persistent messages',
    ' INFO | Sleeping between sends 0 ms',
    ' INFO | Running 1 parallel threads',
    ' INFO | producer-1 Started to calculate elapsed time ...',
    ' INFO | producer-1 Produced: 3 messages',
  ])
  const [, seconds, ms] =
    /Elapsed time in second : (\d+) s\n INFO \| producer-1 Elapsed time in milli second : (\d+) milli seconds\n/.exec(
      done.out,
    ) ?? []
  // Rounded down, and rounded.
  t.true(Number(ms) - 1000 * Number(seconds) >= 0 && Number(ms) - 1000 * Number(seconds) <= 1000, done.out)
  t.regex(done.out, /producer: 3 messages in [\d.]+ s: \d+ msg\/s, [\d.]+ MB\/s, p50 [\d.]+ ms, p99 [\d.]+ ms\n$/)
  const options = [
    '--persistent',
    'false',
    '--messagePriority=7',
    '--msgGroupID',
    'g',
    '--header',
    'kind=a:b',
    '--msgTTL',
    '60000',
  ]
  t.is(
    (await call(['pub', ...at(world), '--destination', 'T1', '--message-count', '1', '--messageSize', '5', ...options]))
      .code,
    0,
  )
  const client = await world.connect()
  client.send('SUBSCRIBE', { id: 's', destination: '/queue/T1', ack: 'auto', 'tandemmq.groups': 'true' })
  const frames = await take(client, 4)
  t.deepEqual(
    frames.map(({ body }) => body.toString()),
    ['test message: 0', 'test message: 1', 'test message: 2', '.....'],
  )
  t.is(frames[0]!.headers.get('persistent'), 'true')
  t.false(frames[0]!.headers.has('content-length'), 'a text message')
  t.like(Object.fromEntries(frames[3]!.headers), {
    priority: '7',
    kind: 'a:b',
    'content-length': '5',
    JMSXGroupID: 'g',
  })
  t.false(frames[3]!.headers.has('persistent'))
  t.true(Number(frames[3]!.headers.get('expires')) > Date.now())
})

test('CP-05, F-08: the last, smaller transaction of the producer is committed', async t => {
  const world = await broker(t)
  const call25 = ['--destination', 'queue://T', '--messageCount', '25', '--transactionBatchSize', '10']
  const done = await call(['producer', ...at(world), ...call25])
  t.is(done.code, 0, done.err)
  t.is(depth(world, 'T'), 25)
  t.deepEqual(done.out.match(/Committing transaction: \d/g), [
    'Committing transaction: 0',
    'Committing transaction: 1',
    'Committing transaction: 2',
  ])
})

test('CP-03, CP-04, CP-05: consumer prints its lines and acknowledges the last batch too, in each mode', async t => {
  const world = await broker(t)
  const modes = [['--ackMode', 'CLIENT'], ['--transacted'], [], ['--ackMode', 'DUPS_OK_ACKNOWLEDGE', '--sleep', '1']]
  for (const [i, mode] of modes.entries()) {
    const queue = ['--destination', `queue://Q${i}`, '--messageCount', '12']
    t.is((await call(['producer', ...at(world), ...queue])).code, 0)
    const done = await call(['consumer', ...at(world), ...queue, ...mode])
    t.is(done.code, 0, done.err)
    t.is(depth(world, `Q${i}`), 0, mode.join(' '))
    t.regex(
      done.out,
      / INFO \| consumer-1 wait until 12 messages are consumed\n INFO \| consumer-1 Received test message: 0\n/,
    )
    t.regex(done.out, / INFO \| consumer-1 Consumed: 12 messages\n INFO \| consumer-1 Consumer thread finished\n/)
    if (i === 0)
      t.regex(
        done.out,
        /Acknowledging last 10 messages; messages so far = 10\n[^]*Acknowledging last 2 messages; messages so far = 12\n/,
      )
    if (i === 1) t.regex(done.out, /consumer-1 Committing transaction: 0\n[^]*consumer-1 Committing transaction: 1\n/)
  }
})

test('CP-06: a consumer takes no more than it was asked for, and ends with 8 when fewer come', async t => {
  const world = await broker(t)
  const queue = ['--destination', 'queue://Q']
  await call(['producer', ...at(world), ...queue, '--messageCount', '5'])
  t.is((await call(['consumer', ...at(world), ...queue, '--messageCount', '2'])).code, 0)
  await eventually('the others are back', () => depth(world, 'Q') === 3)
  const late = await call(['sub', ...at(world), ...queue, '--messageCount', '4', '--timeout', '50ms', '--json'])
  t.is(late.code, 8)
  t.regex(late.err, /3 of 4 messages came in time/)
  t.like(JSON.parse(late.out), { requested: 4, received: 3, acknowledged: 3, destination: 'queue://Q' })
  t.is(depth(world, 'Q'), 0, 'what came is acknowledged')
  t.is((await call(['consumer', ...at(world), ...queue, '--messageCount', '0', '--timeout', '50ms'])).code, 0)
})

test('CP-06: --verify finds what is missing, doubled and unnumbered', async t => {
  const world = await broker(t)
  const queue = ['--destination', 'queue://Q', '--messageCount', '20']
  t.is((await call(['producer', ...at(world), ...queue, '--verify', '--parallelThreads', '2'])).code, 0)
  const whole = await call([
    'consumer',
    ...at(world),
    '--destination',
    'Q',
    '--messageCount',
    '40',
    '--verify',
    '--quiet',
  ])
  t.is(whole.code, 0, whole.out)
  t.is(whole.out.match(/verify: producer \S+: 20 messages, 0 missing; 0 duplicates, 0 out of order/g)?.length, 2)
  await call(['producer', ...at(world), ...queue, '--verify'])
  const thief = await world.connect()
  thief.send('SUBSCRIBE', { id: 's', destination: '/queue/Q', ack: 'client', 'activemq.prefetchSize': '3' })
  const [first, , third] = await take(thief, 3)
  const copy = Object.fromEntries([...first!.headers].filter(([name]) => name.startsWith('tandemmq-')))
  await thief.receipted('ACK', { id: third!.headers.get('ack')! })
  thief.destroy()
  const sender = await world.connect()
  for (let i = 0; i < 2; i++) await sender.receipted('SEND', { destination: '/queue/Q', persistent: 'true', ...copy })
  await sender.receipted('SEND', { destination: '/queue/Q', persistent: 'true' }, 'whose?')
  const broken = await call([
    'consumer',
    ...at(world),
    '--destination',
    'Q',
    '--messageCount',
    '20',
    '--verify',
    '--quiet',
  ])
  t.is(broken.code, 1)
  t.regex(broken.out, /WARN \| verify: producer \S+: 19 messages, 2 missing: 2-3; 1 duplicates, 2 out of order/)
  t.regex(broken.out, /1 messages carry no number/)
})

test('CP-06, TX-03, TX-04, TX-02: what cannot be reached, a wrong login and a wrong call have exit codes of their own', async t => {
  const users =
    '<plugins><simpleAuthenticationPlugin><users><authenticationUser username="u" password="right" groups="g"/></users></simpleAuthenticationPlugin></plugins>'
  const world = await broker(t, { body: users })
  const refused = await call(['producer', ...at(world), '--user', 'u', '--password', 'wr0ng', '--messageCount', '1'])
  t.is(refused.code, 4, refused.err)
  t.notRegex(refused.err + refused.out, /wr0ng/)
  const directory = temporary('messages')
  writeFileSync(join(directory, 'word'), 'right\n')
  const login = ['--user', 'u', '--password-file', 'word', '--messageCount', '1']
  const done = await call(['producer', ...at(world), ...login], directory)
  t.is(done.code, 0, done.err)
  t.regex(done.out, /as user: u\n/)
  const absent = await call(['consumer', '--brokerUrl', 'stomp://127.0.0.1:1'])
  t.is(absent.code, 3)
  t.regex(absent.err, /no STOMP broker answers at stomp:\/\/127\.0\.0\.1:1: .*ECONNREFUSED/)
  for (const wrong of [
    ['--mesageCount', '1'],
    ['--messageCount', 'many'],
    ['--brokerUrl', 'localhost'],
    ['stray'],
    ['--header', 'x'],
    ['--destination', 'fax://a'],
  ]) {
    const { code, err } = await call(['producer', ...wrong])
    t.is(code, 2, wrong.join(' '))
    t.not(err, '')
  }
  t.regex((await call(['producer', '--mesageCount', '1'])).err, /did you mean --messageCount\?/)
  for (const wrong of [['--durable'], ['--ackMode', 'MAYBE'], ['--clientId', 'c', '--parallelThreads', '2']])
    t.is((await call(['consumer', ...wrong])).code, 2, wrong.join(' '))
})

test('CP-06: a consumer that would wait for ever says so once, and how to end it, and takes what comes then', async t => {
  const world = await broker(t)
  let [err, out] = ['', '']
  let told = (): void => {}
  let came = (): void => {}
  const waiting = new Promise<void>(resolve => (told = resolve))
  const first = new Promise<void>(resolve => (came = resolve))
  const terminal = {
    env: {},
    cwd: world.directory,
    version: 'test',
    out(text: string) {
      out += text
      if (text.includes('Received 1')) came()
    },
    err(text: string) {
      err += text
      told()
    },
    onStop: () => undefined,
  }
  const args = [...at(world), '--destination', 'queue://W', '--messageCount']
  // 1 ms stands for the ten seconds; both threads wait for as long.
  const running = consume({ ...terminal, args: [...args, '1', '--parallelThreads', '2'] }, 1)
  await waiting
  const client = await world.connect()
  await client.receipted('SEND', { destination: '/queue/W' }, '1')
  await first
  await client.receipted('SEND', { destination: '/queue/W' }, '2')
  t.is(await running, 0, out)
  const notice =
    'tandemmq consumer: no message for 0.001 s at queue://W; it goes on waiting: Ctrl-C ends it, and --timeout 10 would have\n'
  t.is(err, notice)
  err = ''
  t.is(await consume({ ...terminal, args: [...args, '1', '--timeout', '50ms'] }, 1), 8)
  t.is(err, 'tandemmq consumer: 0 of 1 messages came in time\n', 'with --timeout it ends by itself')
})

test('CP-03: a durable subscription collects for the consumer between two calls', async t => {
  const world = await broker(t)
  const durable = [
    '--destination',
    'topic://news',
    '--durable',
    '--clientId',
    'c1',
    '--timeout',
    '50ms',
    '--messageCount',
    '3',
    '--quiet',
  ]
  t.is((await call(['consumer', ...at(world), ...durable])).code, 8)
  await call(['producer', ...at(world), '--destination', 'topic://news', '--messageCount', '3'])
  t.is((await call(['consumer', ...at(world), ...durable])).code, 0)
})

test('what is printed of a message cannot drive a terminal', async t => {
  const world = await broker(t)
  await call(['producer', ...at(world), '--messageCount', '1', '--message', 'a\x1b[2Jb\u009bc'])
  const { out } = await call(['consumer', ...at(world), '--messageCount', '1'])
  t.regex(out, /Received a\\u001b\[2Jb\\u009bc\n/)
  t.notRegex(out, /[\x1b\x9b]/)
})

test('CP-06: producer and consumer go on after a failover of the pair; nothing is missing, and what may be doubled is counted', async t => {
  const [a, b] = [await freePort(), await freePort()]
  const one = await broker(t, { connectors: { stomp: `stomp://127.0.0.1:${a}` } })
  const two = await broker(t, {
    connectors: { stomp: `stomp://127.0.0.1:${b}` },
    attributes: `masterConnectorURI="tcp://127.0.0.1:${a}"`,
  })
  await eventually('the passive is in sync', () => (one.running as Node).pair.state === 'PAIRED')
  const url = [
    '--brokerUrl',
    `failover:(stomp://127.0.0.1:${a},stomp://127.0.0.1:${b})`,
    '--destination',
    'Q',
    '--verify',
  ]
  const producing = call(['producer', ...url, '--messageCount', '3000', '--rate', '3000', '--json'])
  const consuming = call(['consumer', ...url, '--messageCount', '0', '--timeout', '1500ms', '--json'])
  await eventually('some are there', () => one.running.broker.state.applied > 200_000)
  await one.stop()
  await eventually('the other leads', () => two.running.addresses.length > 0)
  const [produced, consumed] = await Promise.all([producing, consuming])
  t.is(produced.code, 0, produced.err)
  const sent = JSON.parse(produced.out) as { sent: number; resent: number; reconnects: number }
  t.like(sent, { sent: 3000, reconnects: 1 })
  const got = JSON.parse(consumed.out) as {
    received: number
    reconnects: number
    verify: { producers: { missingCount: number; duplicates: number }[] }
  }
  t.is(got.reconnects, 1, consumed.err)
  t.is(got.verify.producers[0]!.missingCount, 0)
  t.true(got.verify.producers[0]!.duplicates <= sent.resent, 'each one that came twice was said to be sent twice')
  t.is(got.received, 3000 + got.verify.producers[0]!.duplicates)
  t.is(depth(two, 'Q'), 0)
})

test('CT-08: browse --amqurl asks over STOMP, prints each field, and takes nothing', async t => {
  const world = await broker(t)
  const client = await world.connect()
  const headers = {
    destination: '/queue/Q',
    persistent: 'true',
    'correlation-id': 'c1',
    'reply-to': '/queue/R',
    kind: 'a',
  }
  await client.receipted('SEND', headers, 'one\ntwo')
  await client.receipted(
    'SEND',
    { destination: '/queue/Q', kind: 'ab\\nJMS_BODY_FIELD\\cx = y', 'content-length': '2' },
    'hi',
  )
  const url = ['browse', '--amqurl', `stomp://127.0.0.1:${world.port()}`]
  const all = await call([...url, 'Q'])
  t.is(all.code, 0, all.err)
  t.regex(
    all.out,
    /^JMS_HEADER_FIELD:JMSCorrelationID = c1\nJMS_HEADER_FIELD:JMSDeliveryMode = PERSISTENT\nJMS_HEADER_FIELD:JMSDestination = queue:\/\/Q\n/,
  )
  t.regex(all.out, /JMSReplyTo = queue:\/\/R\n[^]*JMS_CUSTOM_FIELD:kind = a\nJMS_BODY_FIELD:JMSText = one\ntwo\n\n/)
  t.regex(
    all.out,
    /JMS_CUSTOM_FIELD:kind = ab\\u000aJMS_BODY_FIELD:x = y\nJMS_BODY_FIELD:BodyLength = 2\nJMS_BODY_FIELD:BodyPreview = hi\n\n$/,
  )
  const viewed = await call([...url, '-Vbody', '--msgsel', "kind='a'", 'queue:Q'])
  t.is(viewed.out, 'JMS_BODY_FIELD:JMSText = one\ntwo\n\n')
  t.like(JSON.parse((await call([...url, '--json', 'Q'])).out), [
    { Text: 'one\ntwo', StringProperties: { kind: 'a' } },
    { BodyLength: 2 },
  ])
  t.is(depth(world, 'Q'), 2)
  t.is((await call(['browse', '--amqurl', 'stomp://127.0.0.1:1', 'Q'])).code, 3)
  t.is((await call([...url, 'topic:T'])).code, 2)
})

test('TX-09: a stop ends producer and consumer with its code, and what was taken is acknowledged', async t => {
  const world = await broker(t)
  const queue = ['--destination', 'Q']
  /** Runs a verb, and stops it once something is so. */
  const stopped = async (
    args: readonly string[],
    signal: 'SIGINT' | 'SIGTERM',
    isSo: () => boolean,
  ): Promise<Answer> => {
    let stop: (name?: 'SIGINT' | 'SIGTERM') => void = () => {}
    const done = call(args, undefined, { onStop: act => (stop = act) })
    await eventually('it is under way', isSo)
    stop(signal)
    return await done
  }
  const sent = (): number => (world.running.broker.find(0, 'Q') === null ? 0 : depth(world, 'Q'))
  const producing = ['producer', ...at(world), ...queue, '--messageCount', '100000', '--rate', '500']
  const produced = await stopped(producing, 'SIGTERM', () => sent() > 20)
  t.is(produced.code, 143)
  t.regex(produced.err, /stopped after \d+ of 100000 messages/)
  const before = depth(world, 'Q')
  t.is(
    Number(/stopped after (\d+)/.exec(produced.err)?.[1]),
    before,
    'what it says is confirmed is there, and nothing else',
  )
  const consuming = ['consumer', ...at(world), ...queue, '--messageCount', '0', '--sleep', '2', '--quiet']
  const consumed = await stopped(consuming, 'SIGINT', () => depth(world, 'Q') < before - 5)
  t.is(consumed.code, 130)
  const [, taken, acknowledged] =
    /stopped after (\d+) messages, of which (\d+) are acknowledged/.exec(consumed.err) ?? []
  t.is(taken, acknowledged)
  await eventually('the others are back', () => depth(world, 'Q') === before - Number(taken))
  const waits = ['consumer', '--brokerUrl', 'failover:(stomp://127.0.0.1:1)', '--quiet']
  let [stop, tried]: [() => void, boolean] = [() => {}, false]
  const waiting = call(waits, undefined, { onStop: act => (stop = act), err: () => (tried = true) })
  await eventually('it has tried', () => tried)
  stop()
  t.is((await waiting).code, 130)
})

test('CP-06: over TLS the broker is verified, and a certificate can say who the client is', async t => {
  const connectors = { tls: 'stomp+ssl://127.0.0.1:0', need: 'stomp+ssl://127.0.0.1:0?needClientAuth=true' }
  const world = await broker(t, { body: SSL_CONTEXT, connectors })
  const sends = (name: string, ...more: readonly string[]): Promise<Answer> =>
    call([
      'producer',
      '--brokerUrl',
      `stomp+ssl://localhost:${world.port(name)}`,
      '--messageCount',
      '2',
      '--quiet',
      ...more,
    ])
  const stranger = await sends('tls')
  t.is(stranger.code, 3)
  t.regex(stranger.err, /self-signed certificate|unable to (get|verify)/)
  t.is((await sends('tls', '--ca', tlsFile('ca.pem'))).code, 0)
  t.is((await sends('need', '--ca', tlsFile('ca.pem'))).code, 3)
  const me = ['--cert', tlsFile('client.pem'), '--key', tlsFile('client.pem')]
  t.is((await sends('need', '--ca', tlsFile('ca.pem'), ...me)).code, 0)
  t.is(depth(world, 'TEST'), 4)
  const plain = await call(['producer', '--brokerUrl', `stomp://localhost:${world.port('tls')}`, '--messageCount', '1'])
  t.is(plain.code, 3)
})

import test from 'ava'
import { DestinationKind } from '../../src/base/destination.ts'
import { refused } from './consuming.ts'
import { delivered, error, fresh } from './exchange.ts'
import { World, brokerXml } from './world.ts'

const world = new World()
test.before(() => world.start(brokerXml({ attributes: 'populateJMSXUserID="true"' })))
test.after.always(() => world.end())

test('S-SND-01: SEND without destination is an ERROR with receipt-id, and the connection lives on', async t => {
  const client = await world.connect()
  client.send('SEND', { receipt: '7' }, 'x')
  const answer = await client.expect('ERROR')
  t.is(answer.headers.get('message'), 'SEND received without a Destination specified!')
  t.is(answer.headers.get('receipt-id'), '7')
  await client.quiet()
})

test('S-SND-02, S-MSG-05: content-length makes a bytes message, its absence a text message', async t => {
  const bytes = await delivered(world, { 'content-length': '3' }, Buffer.from([0, 1, 0]))
  t.is(bytes.headers.get('content-length'), '3')
  t.deepEqual([...bytes.body], [0, 1, 0])
  const text = await delivered(world, {}, 'text')
  t.false(text.headers.has('content-length'))
  t.is(text.body.toString(), 'text')
  const noBytes = await delivered(world, { 'content-length': '0' })
  t.is(noBytes.headers.get('content-length'), '0')
  const noText = await delivered(world)
  t.false(noText.headers.has('content-length'))
  t.is(noText.body.length, 0)
})

test('S-SND-03: amq-msg-type decides the kind of body in any case, is echoed, and the length echoed is the true one', async t => {
  const bytes = await delivered(world, { 'amq-msg-type': 'BYTES' }, 'abc')
  t.is(bytes.headers.get('content-length'), '3')
  t.is(bytes.headers.get('amq-msg-type'), 'BYTES')
  const text = await delivered(world, { 'amq-msg-type': 'text', 'content-length': ' 4 ' }, 'four')
  t.is(text.headers.get('amq-msg-type'), 'text')
  t.is(text.headers.get('content-length'), '4')
  t.is(text.body.toString(), 'four')
})

test('S-SND-03: another amq-msg-type is an ERROR and nothing is stored', async t => {
  const client = await world.connect()
  const destination = `/queue/${fresh()}`
  client.send('SEND', { destination, 'amq-msg-type': 'map', receipt: 'r' }, 'x')
  t.is(await error(client), "Unsupported message type 'map'")
  await client.receipted('SUBSCRIBE', { id: '1', destination })
  await client.quiet()
})

test('S-SND-04: a text body with 2, 3 and 4 byte characters arrives unchanged in every version', async t => {
  const body = 'aß漢𝄞\r\n end'
  for (const version of ['1.0', '1.1', '1.2']) t.is((await delivered(world, {}, body, version)).body.toString(), body)
})

test('S-SND-04: a text body that is not UTF-8 keeps its bytes', async t => {
  const body = Buffer.from([0x61, 0xff, 0xfe, 0x62])
  t.deepEqual((await delivered(world, {}, body)).body, body)
})

test('S-SND-05: content-type is an ordinary property', async t => {
  t.is(
    (await delivered(world, { 'content-type': 'application/json' }, '{}')).headers.get('content-type'),
    'application/json',
  )
})

for (const [value, expected] of [
  ['true', 'true'],
  ['TRUE', undefined],
  ['1', undefined],
  ['false', undefined],
  [' true', undefined],
] as const) {
  test(`S-SND-06, M-09: persistent:${value} is ${expected === undefined ? 'non-persistent' : 'persistent'}`, async t => {
    t.is((await delivered(world, { persistent: value })).headers.get('persistent'), expected)
  })
}

test('S-SND-06, S-FRM-14: a 1.0 value is trimmed, so it is persistent; without the header a message is not', async t => {
  t.is((await delivered(world, { persistent: ' true ' }, '', '1.0')).headers.get('persistent'), 'true')
  t.false((await delivered(world)).headers.has('persistent'))
})

test('S-SND-07, M-10: priority is clamped to 0..9 and 4 by default', async t => {
  for (const [given, seen] of [
    ['7', '7'],
    ['-3', '0'],
    ['12', '9'],
    ['+2', '2'],
  ] as const)
    t.is((await delivered(world, { priority: given })).headers.get('priority'), seen)
  t.is((await delivered(world)).headers.get('priority'), '4')
})

test('S-SND-08, S-SND-09, S-MSG-01: expires and timestamp are used as given; 0 and now by default', async t => {
  const later = String(Date.now() + 3_600_000)
  const given = await delivered(world, { expires: later, timestamp: '12345' })
  t.is(given.headers.get('expires'), later)
  t.is(given.headers.get('timestamp'), '12345')
  const before = Date.now()
  const plain = await delivered(world)
  t.is(plain.headers.get('expires'), '0')
  const stamp = Number(plain.headers.get('timestamp'))
  t.true(stamp >= before && stamp <= Date.now())
})

test('S-SND-08: the largest long is a valid expiry: never', async t => {
  const message = await delivered(world, { expires: '9223372036854775807' }, 'kept')
  t.is(message.body.toString(), 'kept')
})

test('S-SND-10: correlation-id and type are echoed when given, in every version', async t => {
  for (const version of ['1.0', '1.1', '1.2']) {
    const message = await delivered(world, { 'correlation-id': 'c7', type: 'order' }, '', version)
    t.is(message.headers.get('correlation-id'), 'c7')
    t.is(message.headers.get('type'), 'order')
  }
  const plain = await delivered(world)
  t.false(plain.headers.has('correlation-id') || plain.headers.has('type'))
})

test('S-SND-11: reply-to with a known prefix is normalised, anything else is echoed as it was', async t => {
  const replyTo = async (value: string): Promise<string | undefined> =>
    (await delivered(world, { 'reply-to': value })).headers.get('reply-to')
  t.is(await replyTo('/queue/answers?x=1'), '/queue/answers')
  t.is(await replyTo('/topic/ answers'), '/topic/answers')
  t.is(await replyTo('answers'), 'answers')
  t.is(await replyTo('/queue/a,b'), '/queue/a,b')
})

test('S-SND-12, S-SND-13, S-RCP-04, M-11: what the server owns is dropped', async t => {
  const sender = await world.connect({ login: 'carl' })
  const destination = `/queue/${fresh()}`
  await sender.receipted('BEGIN', { transaction: 't' })
  await sender.receipted('SEND', {
    destination,
    transaction: 't',
    'message-id': 'mine',
    redelivered: 'true',
    subscription: 'forged',
    JMSXUserID: 'root',
  })
  await sender.receipted('COMMIT', { transaction: 't' })
  const consumer = await world.connect()
  consumer.send('SUBSCRIBE', { id: '1', destination })
  const { headers } = await consumer.expect('MESSAGE')
  t.regex(headers.get('message-id') ?? '', /^ID:.*:\d+$/)
  t.is(headers.get('subscription'), '1')
  for (const name of ['redelivered', 'receipt', 'transaction']) t.false(headers.has(name), name)
  t.not(headers.get('JMSXUserID'), 'root')
})

test('S-SND-14: every other header is a property, also names that mean something elsewhere, and survives a restart', async t => {
  const own = await new World().start(brokerXml())
  t.teardown(() => own.end())
  const properties = {
    id: '5',
    selector: 'a = 1',
    session: 's',
    'client-id': 'c',
    'x y': 'ß𝄞',
    empty: '',
    'a.b-c': ' spaced ',
  }
  const sender = await own.connect()
  await sender.receipted('SEND', { destination: '/queue/a', persistent: 'true', ...properties }, 'x')
  await own.stop()
  await own.start(brokerXml())
  const consumer = await own.connect()
  consumer.send('SUBSCRIBE', { id: '1', destination: '/queue/a' })
  const { headers } = await consumer.expect('MESSAGE')
  for (const [name, value] of Object.entries(properties)) t.is(headers.get(name), value, name)
})

test('S-SND-14: ack, browser and original-destination of a sender do not reach consumers', async t => {
  const { headers } = await delivered(world, { ack: 'a', browser: 'end', 'original-destination': '/queue/z' })
  for (const name of ['ack', 'browser', 'original-destination']) t.false(headers.has(name), name)
})

test('S-SND-15: property sizes count for memory usage', async t => {
  const xml = brokerXml({
    attributes: 'persistent="false"',
    body: '<systemUsage><systemUsage sendFailIfNoSpace="true"><memoryUsage><memoryUsage limit="64kb"/></memoryUsage></systemUsage></systemUsage>',
  })
  const own = await new World().start(xml)
  t.teardown(() => own.end())
  const client = await own.connect()
  const large: Record<string, string> = { destination: '/queue/a' }
  for (let i = 0; i < 7; i++) large[`p${i}`] = 'x'.repeat(10_000)
  await client.receipted('SEND', large)
  client.send('SEND', { destination: '/queue/a' })
  t.true((await error(client)).startsWith('Usage Manager Memory Limit reached on queue://a.'))
})

test('S-SND-17, S-MSG-07, M-12: group headers and the delivery count are not echoed', async t => {
  const { headers } = await delivered(world, { JMSXGroupID: 'g', JMSXGroupSeq: '3', JMSXDeliveryCount: '4' })
  for (const name of ['JMSXGroupID', 'JMSXGroupSeq', 'JMSXDeliveryCount']) t.false(headers.has(name), name)
})

test('S-SND-18, M-12: JMS names act on the fields and win over the STOMP headers', async t => {
  const later = String(Date.now() + 3_600_000)
  const { headers } = await delivered(world, {
    'correlation-id': 'stomp',
    type: 'stomp',
    priority: '1',
    'reply-to': '/queue/stomp',
    JMSCorrelationID: 'jms',
    JMSType: 'jms',
    JMSPriority: '8',
    JMSExpiration: later,
    JMSTimestamp: '99',
    JMSReplyTo: 'topic://jms',
    JMSDeliveryMode: 'PERSISTENT',
  })
  t.is(headers.get('correlation-id'), 'jms')
  t.is(headers.get('type'), 'jms')
  t.is(headers.get('priority'), '8')
  t.is(headers.get('expires'), later)
  t.is(headers.get('timestamp'), '99')
  t.is(headers.get('reply-to'), '/topic/jms')
  t.is(headers.get('persistent'), 'true')
  t.deepEqual(
    [...headers.keys()].filter(name => name.startsWith('JMS')),
    [],
  )
})

test('S-SND-18: JMSDeliveryMode 2 and true are persistent, 1 and NON_PERSISTENT are not; a bare JMSReplyTo is a queue', async t => {
  for (const mode of ['2', 'PERSISTENT', 'true'])
    t.is((await delivered(world, { JMSDeliveryMode: mode })).headers.get('persistent'), 'true', mode)
  for (const mode of ['1', 'NON_PERSISTENT', 'false'])
    t.false((await delivered(world, { persistent: 'true', JMSDeliveryMode: mode })).headers.has('persistent'), mode)
  t.is((await delivered(world, { JMSReplyTo: 'plain' })).headers.get('reply-to'), '/queue/plain')
})

test('S-SND-19: JMSRedelivered and JMSXDeliveryCount of a sender are ignored', async t => {
  const { headers } = await delivered(world, { JMSRedelivered: 'true', JMSXDeliveryCount: '3' })
  t.false(headers.has('redelivered'))
})

test('S-SND-20, SC-01: without schedulerSupport the scheduler headers are properties and delivery is at once', async t => {
  const { headers } = await delivered(world, { AMQ_SCHEDULED_DELAY: '60000', AMQ_SCHEDULED_CRON: '0 12 * * 1-5' })
  t.is(headers.get('AMQ_SCHEDULED_DELAY'), '60000')
  t.is(headers.get('AMQ_SCHEDULED_CRON'), '0 12 * * 1-5')
})

const malformed: readonly (readonly [string, string])[] = [
  ['priority', 'high'],
  ['priority', ' 4'],
  ['expires', '1.5'],
  ['expires', '99999999999999999999'],
  ['timestamp', ''],
  ['JMSXGroupSeq', 'x'],
  ['JMSXGroupSeq', '4294967296'],
  ['AMQ_SCHEDULED_DELAY', '-1'],
  ['AMQ_SCHEDULED_PERIOD', 'soon'],
  ['AMQ_SCHEDULED_REPEAT', '4294967296'],
  ['AMQ_SCHEDULED_CRON', 'every day'],
  ['AMQ_SCHEDULED_CRON', '60 * * * *'],
  ['', 'no name'],
]
for (const [name, value] of malformed) {
  test(`S-SND-21, M-06: the header "${name}:${value}" ends the connection and nothing is stored`, async t => {
    const client = await world.connect()
    const destination = `/queue/${fresh()}`
    client.send('SEND', { destination, [name]: value }, 'x')
    client.send('SEND', { destination }, 'y')
    const frames = await client.closed()
    t.is(frames.length, 1)
    t.true(frames[0]?.headers.get('message')?.startsWith(`Invalid header ${name}`))
    t.falsy(world.running.broker.find(DestinationKind.queue, destination.slice('/queue/'.length)), 'nor its queue')
    const other = await world.connect()
    await other.receipted('SUBSCRIBE', { id: '1', destination })
    await other.quiet()
  })
}

test('S-SND-03: a SEND of a type that is unknown makes no queue', async t => {
  const client = await world.connect()
  const name = fresh()
  const answer = await refused(client, 'SEND', { destination: `/queue/${name}`, 'amq-msg-type': 'map' })
  t.is(answer, "Unsupported message type 'map'")
  t.falsy(world.running.broker.find(DestinationKind.queue, name))
})

test('S-SND-22: a transformation on SEND that is unknown is kept as a property and leaves the body alone', async t => {
  for (const transformation of ['nonsense', '../../x', 'JMS-MAP-XML']) {
    const message = await delivered(world, { transformation }, '<map/>')
    t.is(message.headers.get('transformation'), transformation)
    t.is(message.body.toString(), '<map/>')
  }
})

test('S-FRM-12: a property with every special character reaches a consumer of each version readable', async t => {
  const client = await world.connect()
  for (const [version, seen] of [
    ['1.2', 'a:b\\c\nd\re'],
    ['1.1', 'a:b\\c\nd\re'],
    ['1.0', 'a:b\\c d e'],
  ] as const) {
    const consumer = await world.connect({ 'accept-version': version })
    const destination = `/queue/${fresh()}`
    await consumer.receipted('SUBSCRIBE', { id: '1', destination })
    client.send('SEND', { destination, p: 'a\\cb\\\\c\\nd\\re' })
    t.is((await consumer.expect('MESSAGE')).headers.get('p'), seen, version)
  }
})

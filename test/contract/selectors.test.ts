import test, { type ExecutionContext } from 'ava'
import { error, fresh } from './exchange.ts'
import { about, bodies, depth, forVersions, lost, names, refused, started, take, versions } from './consuming.ts'
import { World, brokerXml, type Client, type WireFrame } from './world.ts'

const world = new World()
test.before(() => world.start(brokerXml()))
test.after.always(() => world.end())

async function subscribed(
  destination: string,
  headers: Record<string, string>,
  of: World = world,
  version = '1.2',
): Promise<Client> {
  const client = await of.connect({ 'accept-version': version })
  await client.receipted('SUBSCRIBE', { id: '1', destination, ...headers })
  return client
}

type Sent = readonly [body: string, headers?: Record<string, string>]

async function sends(destination: string, messages: readonly Sent[], of: World = world): Promise<void> {
  const client = await of.connect()
  for (const [body, headers] of messages) await client.receipted('SEND', { destination, ...headers }, body)
  client.destroy()
}

/** Which of these messages a subscription with this selector gets; the last one proves the end. */
async function selected(
  selector: string,
  messages: readonly Sent[],
  header = 'selector',
  kind = 'queue',
): Promise<string[]> {
  const destination = `/${kind}/${fresh()}`
  const end = header === 'selector' ? `(${selector}) OR theEnd = 'yes'` : `(${selector}) OR theEnd = 'yes'`
  const client = await subscribed(destination, { [header]: end })
  await sends(destination, [...messages, ['end', { theEnd: 'yes' }]])
  const got: string[] = []
  for (;;) {
    const { body } = await client.expect('MESSAGE')
    if (body.toString() === 'end') break
    got.push(body.toString())
  }
  client.destroy()
  return got
}

forVersions(
  test,
  versions,
  'S-SEL-01, S-SND-14, S-19: a queue consumer gets what its selector accepts; the rest stays for others',
  async (t, version) => {
    const destination = `/queue/${fresh()}`
    const client = await subscribed(destination, { selector: "foo = 'zzz' AND bar LIKE 'a%'" }, world, version)
    await sends(destination, [
      ['no', { foo: 'abc', bar: 'ax' }],
      ['yes', { foo: 'zzz', bar: 'ax' }],
      ['no', { foo: 'zzz' }],
    ])
    t.deepEqual(bodies(await take(client, 1)), ['yes'])
    await client.quiet()
    const rest = await subscribed(destination, {})
    t.deepEqual(bodies(await take(rest, 2)), ['no', 'no'])
  },
)

test('S-SEL-01: a topic subscriber gets what its selector accepts, others get the rest too', async t => {
  const some = await selected("a = '1'", [['x', { a: '1' }], ['y', { a: '2' }], ['z']], 'selector', 'topic')
  t.deepEqual(some, ['x'])
})

test('S-SEL-02, S-05, S-07: header texts are read as what they are compared with', async t => {
  const messages: Sent[] = [
    ['int', { n: '5' }],
    ['decimal', { n: '5.0' }],
    ['space', { n: ' 5' }],
    ['text', { n: 'five' }],
  ]
  t.deepEqual(await selected('n = 5', messages), ['int'])
  t.deepEqual(await selected('n > 4.5', messages), ['int', 'decimal', 'space'])
  t.deepEqual(await selected('n <> 5', messages), ['decimal', 'space', 'text'])
  const flags: Sent[] = [
    ['true', { b: 'true' }],
    ['TRUE', { b: 'TRUE' }],
    ['no', { b: 'no' }],
  ]
  t.deepEqual(await selected('b = TRUE', flags), ['true', 'TRUE'])
  t.deepEqual(await selected('b', flags), [])
})

test('S-SUB-14, S-06: activemq.selector goes before selector, and reads nothing as anything else', async t => {
  const messages: Sent[] = [
    ['a', { n: '5', s: 'x' }],
    ['b', { n: '6', s: 'y' }],
  ]
  t.deepEqual(await selected('n = 5', messages, 'activemq.selector'), [])
  t.deepEqual(await selected("s = 'y'", messages, 'activemq.selector'), ['b'])
  const destination = `/queue/${fresh()}`
  const client = await subscribed(destination, { selector: "s = 'x'", 'activemq.selector': "s = 'y'" })
  await sends(destination, messages)
  t.deepEqual(bodies(await take(client, 1)), ['b'])
  await client.quiet()
})

test('S-SEL-03, S-08: what is missing is unknown, an empty header is not', async t => {
  const messages: Sent[] = [['none'], ['empty', { x: '' }], ['some', { x: 'v' }]]
  t.deepEqual(await selected('x IS NULL', messages), ['none'])
  t.deepEqual(await selected("x <> 'q'", messages), ['empty', 'some'])
  t.deepEqual(await selected("NOT (x = 'q')", messages), ['empty', 'some'])
})

test('S-SEL-04, S-15, S-16: the fields of a message by their JMS names; the STOMP names are no properties', async t => {
  const expires = String(Date.now() + 3_600_000)
  const headers = {
    priority: '7',
    type: 'kind',
    'correlation-id': 'c:1',
    'reply-to': '/queue/answers',
    expires,
    timestamp: '1234567890123',
    persistent: 'true',
    JMSXGroupID: 'g',
    JMSXGroupSeq: '3',
  }
  const messages: Sent[] = [['full', headers], ['bare']]
  for (const [selector, expected] of [
    ['JMSPriority = 7', ['full']],
    ["JMSType = 'kind'", ['full']],
    ["JMSCorrelationID = 'c:1'", ['full']],
    ["JMSReplyTo = 'queue://answers'", ['full']],
    [`JMSExpiration = ${expires}`, ['full']],
    ['JMSExpiration = 0', ['bare']],
    ['JMSTimestamp = 1234567890123', ['full']],
    ["JMSDeliveryMode = 'PERSISTENT'", ['full']],
    ["JMSDeliveryMode = 'NON_PERSISTENT'", ['bare']],
    ["JMSXGroupID = 'g' AND JMSXGroupSeq = 3", ['full']],
    ['JMSXGroupSeq = 0', ['bare']],
    ["JMSMessageID LIKE 'ID:%'", ['full', 'bare']],
    ["JMSDestination LIKE 'queue://q%'", ['full', 'bare']],
    ['JMSRedelivered = FALSE AND JMSXDeliveryCount = 1', ['full', 'bare']],
    ['priority = 7', []],
    ["type = 'kind'", []],
    ["persistent = 'true'", []],
    ['expires > 0', []],
    ['timestamp > 0', []],
    ["destination LIKE '%'", []],
  ] as const)
    t.deepEqual(await selected(selector, messages), [...expected], selector)
})

test('S-15: values with colons, escapes and characters beyond ASCII are selected by what they mean', async t => {
  const messages: Sent[] = [
    ['colon', { v: 'a\\cb' }],
    ['back', { v: 'a\\\\b' }],
    ['umlaut', { v: 'ä€😀' }],
  ]
  t.deepEqual(await selected("v = 'a:b'", messages), ['colon'])
  t.deepEqual(await selected("v = 'a\\\\b'", messages), ['back'])
  t.deepEqual(await selected("v = 'ä€😀'", messages), ['umlaut'])
})

test('S-14: XPATH looks into the body', async t => {
  const messages: Sent[] = [['<a><b>1</b></a>'], ['<a/>'], ['no xml']]
  t.deepEqual(await selected("XPATH '//b'", messages), ['<a><b>1</b></a>'])
})

test('S-18, S-SEL-05, S-SUB-17: what is no selector is refused with its own text, and the id is free', async t => {
  const client = await world.connect()
  for (const selector of ['a == 1', '', "a = 'x", '"a" = 1', "'x'", '5'])
    for (const [destination, headers, text] of [
      [`/queue/${fresh()}`, {}, selector],
      [`/topic/${fresh()}`, {}, "Couldn't create TopicSubscription"],
      [`/topic/${fresh()}`, { 'activemq.subscriptionName': 's' }, selector],
    ] as const)
      t.is(
        await refused(client, 'SUBSCRIBE', { id: '1', destination, selector, ...headers }),
        text,
        `${selector} ${destination}`,
      )
  const destination = `/queue/${fresh()}`
  await client.receipted('SUBSCRIBE', { id: '1', destination, selector: "a = '1'" })
  await sends(destination, [['m', { a: '1' }]])
  t.deepEqual(bodies(await take(client, 1)), ['m'])
})

test('S-12: a selector that cannot be evaluated matches nothing, and harms neither sender nor queue', async t => {
  const destination = `/queue/${fresh()}`
  const odd = await subscribed(destination, { selector: 'a + 1 > 1' })
  const topic = `/topic/${fresh()}`
  const listener = await subscribed(topic, { selector: 'TRUE = a' })
  await sends(destination, [['q', { a: 'x' }]])
  await sends(topic, [['t', { a: 'x' }]])
  await odd.quiet()
  await listener.quiet()
  t.deepEqual(bodies(await take(await subscribed(destination, {}), 1)), ['q'])
})

test('R-09: JMSRedelivered and JMSXDeliveryCount follow the count of redeliveries', async t => {
  const destination = `/queue/${fresh()}`
  await sends(destination, [['m']])
  for (let i = 0; i < 2; i++) {
    const client = await subscribed(destination, { ack: 'client' })
    await take(client, 1)
    await lost(world, client)
  }
  const none = await subscribed(destination, { selector: 'JMSXDeliveryCount < 3 OR NOT JMSRedelivered' })
  await none.quiet()
  const client = await subscribed(destination, { selector: 'JMSXDeliveryCount = 3 AND JMSRedelivered' })
  t.deepEqual(bodies(await take(client, 1)), ['m'])
})

test('G-06: a member that its owner’s selector rejects waits, and nobody else gets it', async t => {
  const destination = `/queue/${fresh()}`
  const owner = await subscribed(destination, { selector: "k = '1'" })
  await sends(destination, [['first', { k: '1', JMSXGroupID: 'g' }]])
  t.deepEqual(bodies(await take(owner, 1)), ['first'])
  const other = await subscribed(destination, {})
  await sends(destination, [['second', { k: '2', JMSXGroupID: 'g' }]])
  await other.quiet()
  await lost(world, owner)
  t.deepEqual(bodies(await take(other, 1)), ['second'])
})

const policy = (entry: string): string =>
  `<destinationPolicy><policyMap><policyEntries>${entry}</policyEntries></policyMap></destinationPolicy>`

test('Q-12: behind maxPageSize messages that nobody wants nothing is looked at, until the head moves', async t => {
  const own = await started(t, { body: policy('<policyEntry queue="page" maxPageSize="5"/>') })
  const odd = await subscribed('/queue/page', { selector: "odd = 'yes'", ack: 'client-individual' }, own)
  await sends('/queue/page', [...names(1, 5).map((name): Sent => [name]), ['wanted', { odd: 'yes' }]], own)
  await odd.quiet()
  const plain = await subscribed('/queue/page', { ack: 'client-individual', 'activemq.prefetchSize': '1' }, own)
  const [head] = await take(plain, 1)
  t.is(head!.body.toString(), 'm1')
  t.is((await odd.expect('MESSAGE')).body.toString(), 'wanted')
})

test('U-12, U-05, S-DUR-05: a durable subscription collects what its selector accepted then; another selector starts anew', async t => {
  const topic = `/topic/${fresh()}`
  const connect = (): Promise<Client> => world.connect({ 'client-id': 'selecting' })
  const subscribe = (client: Client, headers: Record<string, string>): Promise<WireFrame> =>
    client.receipted('SUBSCRIBE', { id: '1', destination: topic, 'activemq.subscriptionName': 's', ...headers })
  const both: Sent[] = [
    ['one', { n: '1', persistent: 'true' }],
    ['two', { n: '2', persistent: 'true' }],
  ]
  const round = async (headers: Record<string, string>, expected: readonly string[]): Promise<void> => {
    const client = await connect()
    await subscribe(client, headers)
    t.deepEqual(bodies(await take(client, expected.length)), [...expected], JSON.stringify(headers))
    await client.quiet()
    await lost(world, client)
    await sends(topic, both)
  }
  await round({ selector: 'n = 1' }, [])
  await round({ selector: 'n = 1' }, ['one'])
  await round({ selector: 'n = 2' }, [])
  await round({ selector: 'n = 2' }, ['two'])
  await round({}, [])
  await round({}, ['one', 'two'])
  await round({ 'activemq.selector': 'n = 2' }, [])
  await round({ 'activemq.selector': 'n = 2' }, [])
  await round({ 'activemq.selector': "n = '2'" }, [])
  await round({ 'activemq.selector': "n = '2'" }, ['two'])
})

test('U-12, ST-05: the selector of a durable subscription holds across a restart, before anybody is there', async t => {
  const own = await started(t)
  const client = await own.connect({ 'client-id': 'c' })
  const headers = { id: '1', destination: '/topic/t', 'activemq.subscriptionName': 's', selector: 'n > 1' }
  await client.receipted('SUBSCRIBE', headers)
  await own.stop()
  await own.start(brokerXml())
  await sends(
    '/topic/t',
    [
      ['one', { n: '1', persistent: 'true' }],
      ['two', { n: '2', persistent: 'true' }],
    ],
    own,
  )
  const again = await own.connect({ 'client-id': 'c' })
  await again.receipted('SUBSCRIBE', headers)
  t.deepEqual(bodies(await take(again, 1)), ['two'])
  await again.quiet()
})

const inside = (content: string): string =>
  `<destinationInterceptors><virtualDestinationInterceptor><virtualDestinations>${content}</virtualDestinations></virtualDestinationInterceptor></destinationInterceptors>`

async function shown(t: ExecutionContext, xml: string, queue: string, messages: readonly Sent[]): Promise<World> {
  const own = await started(t, { body: xml })
  await sends(queue, messages, own)
  return own
}

test('C-04, S-06: filtered targets get what their selectors accept, texts being compared as they are', async t => {
  const targets = `<filteredDestination selector="k = 'v'" queue="FV"/><filteredDestination selector="n = 1" queue="FN"/>
    <filteredDestination selector="JMSPriority = 4" queue="FP"/><filteredDestination queue="NEVER"/>
    <filteredDestination selector="JMSDestination = 'queue://F'" queue="FD"/>`
  const own = await shown(
    t,
    inside(`<compositeQueue name="F"><forwardTo>${targets}</forwardTo></compositeQueue>`),
    '/queue/F',
    [
      ['both', { k: 'v', n: '1' }],
      ['none', { priority: '3' }],
    ],
  )
  const counts = ['FV', 'FN', 'FP', 'NEVER', 'FD', 'F'].map(name => depth(own, name))
  t.deepEqual(counts, [1, 0, 1, 0, 2, 0])
})

test('C-05: sendWhenNotMatched keeps at the composite exactly what no entry matched', async t => {
  const entry = '<filteredDestination selector="k = \'v\'" queue="M"/>'
  const content = `<compositeQueue name="F" sendWhenNotMatched="true"><forwardTo>${entry}</forwardTo></compositeQueue>`
  const own = await shown(t, inside(content), '/queue/F', [['yes', { k: 'v' }], ['no', { k: 'w' }], ['none']])
  t.is(depth(own, 'M'), 1)
  const kept = await subscribed('/queue/F', {}, own)
  const frames = await take(kept, 2)
  t.deepEqual(bodies(frames), ['no', 'none'])
  t.is(frames[0]!.headers.get('original-destination'), undefined)
})

test('V-06: selectorAware stores a copy only for a queue of which a present consumer wants it', async t => {
  const own = await started(t, { body: inside('<virtualTopic name="S.>" selectorAware="true"/>') })
  const topic = '/topic/S.t'
  const queue = 'Consumer.a.S.t'
  const here = "JMSDestination = 'topic://S.t'"
  const client = await subscribed(`/queue/${queue}`, { selector: `n = 1 AND ${here}`, ack: 'client' }, own)
  const all: Sent[] = [
    ['one', { n: '1' }],
    ['two', { n: '2' }],
  ]
  await sends(topic, all, own)
  t.deepEqual(bodies(await take(client, 1)), ['one'])
  t.is(depth(own, queue), 1)
  const second = await subscribed(`/queue/${queue}`, { selector: 'n = 2' }, own)
  await sends(topic, all, own)
  t.deepEqual(bodies(await take(second, 1)), ['two'])
  t.deepEqual(bodies(await take(client, 1)), ['one'])
  await lost(own, client)
  await lost(own, second)
  await sends(topic, all, own)
  t.is(depth(own, queue), 2, 'what was not acknowledged, and nothing new')
})

test('a filteredDestination whose selector is none stops the start at its place', async t => {
  const bad = '<filteredDestination selector="a == 1" queue="X"/>'
  const start = new World().start(
    brokerXml({ body: inside(`<compositeQueue name="F"><forwardTo>${bad}</forwardTo></compositeQueue>`) }),
  )
  const thrown = await t.throwsAsync(start)
  t.regex(thrown?.message ?? '', /activemq\.xml:\d+:\d+.*this is no selector/)
})

test('S-SEL-01, S-ACK-05: a selective consumer acknowledges what it got, and that only', async t => {
  const destination = `/queue/${fresh()}`
  const client = await subscribed(destination, { selector: "k = '1'", ack: 'client' })
  await sends(destination, [
    ['a', { k: '1' }],
    ['b', { k: '2' }],
    ['c', { k: '1' }],
  ])
  const frames = await take(client, 2)
  await client.receipted('ACK', about(client, frames[1]!))
  t.is(depth(world, destination.slice('/queue/'.length)), 1)
  client.send('SUBSCRIBE', { id: '2', destination, selector: '1', receipt: 'x' })
  t.is(await error(client), '1')
})

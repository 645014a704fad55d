import test, { type ExecutionContext } from 'ava'
import { DestinationKind } from '../../src/base/destination.ts'
import { error, fresh } from './exchange.ts'
import {
  about,
  bodies,
  depth,
  drain,
  flags,
  forVersions,
  lost,
  names,
  refused,
  take,
  until,
  versions,
} from './consuming.ts'
import { clockShows } from './looking.ts'
import { World, brokerXml, type Client, type WireFrame } from './world.ts'

/** A connection of this client id. */
const connect = (world: World, clientId: string, version = '1.2'): Promise<Client> =>
  world.connect({ 'client-id': clientId, 'accept-version': version })

const subscribe = (
  client: Client,
  destination: string,
  headers: Record<string, string> = {},
  name = 'sub',
): Promise<unknown> =>
  client.receipted('SUBSCRIBE', { id: '1', destination, 'activemq.subscriptionName': name, ...headers })

/** A durable subscription that is offline. */
async function offline(world: World, clientId: string, destination: string, headers = {}, name = 'sub'): Promise<void> {
  const client = await connect(world, clientId)
  await subscribe(client, destination, headers, name)
  await lost(world, client)
}

async function publish(world: World, destination: string, texts: readonly string[], headers = {}): Promise<void> {
  const client = await world.connect()
  for (const text of texts) await client.receipted('SEND', { destination, persistent: 'true', ...headers }, text)
  client.destroy()
}

/** What the subscription has kept, taken by its client; proves that there is no more. */
async function collected(
  world: World,
  clientId: string,
  destination: string,
  count: number,
  headers: Record<string, string> = {},
): Promise<WireFrame[]> {
  const client = await connect(world, clientId)
  await subscribe(client, destination, headers)
  const frames = await take(client, count)
  await client.quiet()
  await lost(world, client)
  return frames
}

const removal = (client: Client, name = 'sub'): Promise<string | undefined> =>
  refused(client, 'UNSUBSCRIBE', { id: 'any', 'activemq.subscriptionName': name })

async function remove(client: Client, name = 'sub'): Promise<void> {
  await client.receipted('UNSUBSCRIBE', { id: 'any', 'activemq.subscriptionName': name })
}

const xml = (attributes: string, body = ''): string => brokerXml({ attributes, body })

async function world(t: ExecutionContext, attributes = '', body = ''): Promise<World> {
  const one = await new World().start(xml(attributes, body))
  t.teardown(() => one.end())
  return one
}

forVersions(
  test,
  versions,
  'S-DUR-01 … S-DUR-03, U-01, U-02: it collects while offline, and gives its backlog and then what is published, in order',
  async (t, version) => {
    const w = await world(t)
    const destination = '/topic/a'
    for (const leave of ['UNSUBSCRIBE', 'DISCONNECT', 'close']) {
      const client = await connect(w, 'c', version)
      await subscribe(client, destination)
      if (leave === 'UNSUBSCRIBE') await client.receipted('UNSUBSCRIBE', { id: '1' })
      if (leave === 'DISCONNECT') client.send('DISCONNECT')
      await lost(w, client)
      await publish(w, destination, names(1, 3))
      const again = await connect(w, 'c', version)
      again.send('SUBSCRIBE', { id: 'n', destination, 'activemq.subscriptionName': 'sub' })
      const back = await take(again, 3)
      await publish(w, destination, names(4, 5))
      back.push(...(await take(again, 2)))
      t.deepEqual(bodies(back), names(1, 5), leave)
      for (const { headers } of back) {
        t.is(headers.get('subscription'), 'n')
        t.is(headers.get('destination'), destination)
        t.is(headers.get('original-destination'), undefined)
      }
      await lost(w, again)
    }
  },
)

test('U-01: two names of one client, and one name of two clients, are different subscriptions', async t => {
  const w = await world(t)
  for (const [client, name] of [
    ['a', 'x'],
    ['a', 'y'],
    ['b', 'x'],
  ] as const)
    await offline(w, client, '/topic/t', {}, name)
  await publish(w, '/topic/t', ['m'])
  const a = await connect(w, 'a')
  await a.receipted('SUBSCRIBE', { id: 'x', destination: '/topic/t', 'activemq.subscriptionName': 'x' })
  await take(a, 1)
  await a.receipted('SUBSCRIBE', { id: 'y', destination: '/topic/t', 'activemq.subscriptionName': 'y' })
  t.is((await a.expect('MESSAGE')).headers.get('subscription'), 'y')
  const b = await connect(w, 'b')
  await b.receipted('SUBSCRIBE', { id: 'x', destination: '/topic/t', 'activemq.subscriptionName': 'x' })
  t.deepEqual(bodies(await take(b, 1)), ['m'])
})

test('U-01: without a client id it works while the connection lasts, under the generated one', async t => {
  const w = await world(t)
  const client = await w.connect()
  await subscribe(client, '/topic/t')
  await client.receipted('UNSUBSCRIBE', { id: '1' })
  await publish(w, '/topic/t', ['m'])
  await subscribe(client, '/topic/t')
  t.deepEqual(bodies(await take(client, 1)), ['m'])
})

test('U-03: while offline it collects non-persistent messages too, unless keepDurableSubsActive says no', async t => {
  for (const keep of [true, false]) {
    const w = await world(t, `keepDurableSubsActive="${keep}"`)
    await offline(w, 'c', '/topic/t')
    await publish(w, '/topic/t', ['p'])
    await publish(w, '/topic/t', ['v'], { persistent: 'false' })
    const back = await collected(w, 'c', '/topic/t', keep ? 2 : 1)
    t.deepEqual(bodies(back), keep ? ['p', 'v'] : ['p'])
    const client = await connect(w, 'c')
    await subscribe(client, '/topic/t')
    await publish(w, '/topic/t', ['live'], { persistent: 'false' })
    t.deepEqual(bodies(await take(client, 1)), ['live'])
  }
})

test('U-05, S-DUR-05: another topic or noLocal under the same name starts anew, without the old backlog', async t => {
  const w = await world(t)
  for (const [destination, headers] of [
    ['/topic/b', {}],
    ['/topic/b', { 'activemq.noLocal': 'true' }],
    ['/topic/b,/topic/c', {}],
    ['/topic/b', {}],
  ] as const) {
    await publish(w, '/topic/b', ['old'])
    t.deepEqual(bodies(await collected(w, 'c', destination, 0, headers)), [])
    await publish(w, '/topic/b', ['new'])
    t.deepEqual(bodies(await collected(w, 'c', destination, 1, headers)), ['new'])
  }
})

test('U-06, S-DUR-04, S-DUR-06: who uses it, deletes it while used, or deletes what is not there, is told so', async t => {
  const w = await world(t)
  const client = await connect(w, 'c')
  await subscribe(client, '/topic/t')
  t.is(
    await refused(client, 'SUBSCRIBE', { id: '2', destination: '/topic/t', 'activemq.subscriptionName': 'sub' }),
    'Durable consumer is in use for client: c and subscriptionName: sub',
  )
  t.is(await removal(client), 'Durable consumer is in use')
  t.is(await removal(client, 'no'), 'No durable subscription exists for clientID: c and subscriptionName: no')
  await publish(w, '/topic/t', ['still there'])
  t.deepEqual(bodies(await take(client, 1)), ['still there'])
})

test('S-DUR-06, S-UNS-05: UNSUBSCRIBE by id and then by name deletes it with its backlog', async t => {
  const w = await world(t)
  const client = await connect(w, 'c')
  await subscribe(client, '/topic/t')
  await client.receipted('UNSUBSCRIBE', { id: '1' })
  await publish(w, '/topic/t', names(1, 3))
  t.is(w.running.broker.state.messages, 3)
  await remove(client)
  t.is(await removal(client), 'No durable subscription exists for clientID: c and subscriptionName: sub')
  t.is(w.running.broker.state.messages, 0)
  await publish(w, '/topic/t', ['nobody'])
  t.is(w.running.broker.state.messages, 0)
})

test('S-DUR-08, U-02: in 1.0 the delete takes the name for the client id', async t => {
  const w = await world(t)
  const client = await connect(w, 'c', '1.0')
  await subscribe(client, '/topic/t')
  await client.receipted('UNSUBSCRIBE', { id: '1' })
  t.is(await removal(client), 'No durable subscription exists for clientID: sub and subscriptionName: sub')
  const same = await connect(w, 'same', '1.0')
  await subscribe(same, '/topic/t', {}, 'same')
  await same.receipted('UNSUBSCRIBE', { id: '1' })
  await remove(same, 'same')
})

test('U-07: a pattern collects from topics that come later, each message under the name of its topic', async t => {
  const w = await world(t)
  await offline(w, 'c', '/topic/a.>,/topic/b.*.x')
  for (const name of ['a', 'a.b', 'b.1.x', 'b.1', 'c', 'a.b.c']) await publish(w, `/topic/${name}`, [name])
  for (const version of ['1.2', '1.1', '1.0']) {
    const client = await connect(w, 'c', version)
    client.send('SUBSCRIBE', {
      id: '1',
      destination: '/topic/a.>,/topic/b.*.x',
      'activemq.subscriptionName': 'sub',
      ack: 'client',
    })
    const frames = await take(client, 4)
    t.deepEqual(
      frames.map(({ headers }) => headers.get('destination')),
      ['/topic/a', '/topic/a.b', '/topic/b.1.x', '/topic/a.b.c'],
    )
    await client.quiet()
    await lost(w, client)
  }
})

test('S-SUB-13, U-08: a queue, an advisory topic and a temporary topic cannot be subscribed to durably', async t => {
  const w = await world(t)
  const client = await connect(w, 'c')
  for (const [destination, text] of [
    [`/queue/${fresh()}`, 'Invalid Subscription: cannot durably subscribe to a Queue destination!'],
    ['/topic/ActiveMQ.Advisory.Connection', 'Cannot create a durable subscription for an advisory Topic'],
    ['/temp-topic/x', 'A durable subscription cannot be created for a temporary topic.'],
  ] as const) {
    client.send('SUBSCRIBE', { id: '1', destination, 'activemq.subscriptionName': 's' })
    t.is(await error(client), text)
  }
})

test('R-10, S-DUR-07: what was not acknowledged comes again, never flagged', async t => {
  const w = await world(t)
  await offline(w, 'c', '/topic/t')
  await publish(w, '/topic/t', names(1, 4))
  const client = await connect(w, 'c')
  client.send('SUBSCRIBE', {
    id: '1',
    destination: '/topic/t',
    'activemq.subscriptionName': 'sub',
    ack: 'client-individual',
  })
  const frames = await take(client, 4)
  await client.receipted('ACK', about(client, frames[1]!))
  await lost(w, client)
  const back = await collected(w, 'c', '/topic/t', 3)
  t.deepEqual(bodies(back), ['m1', 'm3', 'm4'])
  t.deepEqual(flags(back), [false, false, false])
})

test('U-11, D-01, S-NAK-11: NACK takes a persistent message to the dead letters, a volatile one is dropped', async t => {
  const w = await world(t)
  const client = await connect(w, 'c')
  await subscribe(client, '/topic/a.*', { ack: 'client-individual' })
  const other = await connect(w, 'other')
  await subscribe(other, '/topic/a.b', { ack: 'client' })
  await publish(w, '/topic/a.b', ['p'])
  await publish(w, '/topic/a.b', ['v'], { persistent: 'false' })
  for (const frame of await take(client, 2)) await client.receipted('NACK', about(client, frame))
  t.deepEqual(bodies(await take(other, 2)), ['p', 'v'])
  const dead = await w.connect()
  await dead.receipted('SUBSCRIBE', { id: '1', destination: '/queue/ActiveMQ.DLQ' })
  const [letter] = await take(dead, 1)
  t.is(letter!.body.toString(), 'p')
  t.is(letter!.headers.get('original-destination'), '/topic/a.b')
  t.is(letter!.headers.get('destination'), '/queue/ActiveMQ.DLQ')
  await dead.quiet()
})

test('T-04: noLocal keeps out what its own connection sends, and nothing else', async t => {
  const w = await world(t)
  const client = await connect(w, 'c')
  await subscribe(client, '/topic/t', { 'activemq.noLocal': 'true' })
  await client.receipted('SEND', { destination: '/topic/t', persistent: 'true' }, 'mine')
  await publish(w, '/topic/t', ['theirs'])
  t.deepEqual(bodies(await take(client, 1)), ['theirs'])
})

test('U-09: rejectDurableConsumers refuses', async t => {
  const w = await world(t, 'rejectDurableConsumers="true"')
  const client = await connect(w, 'c')
  client.send('SUBSCRIBE', { id: '1', destination: '/topic/t', 'activemq.subscriptionName': 's' })
  t.is(await error(client), 'Durable Consumers are not allowed')
  await client.receipted('SUBSCRIBE', { id: '1', destination: '/topic/t' })
})

test('U-10: one that is offline for longer than offlineDurableSubscriberTimeout is removed, one in use stays', async t => {
  const w = await world(t, 'offlineDurableSubscriberTimeout="50" offlineDurableSubscriberTaskSchedule="10"')
  const client = await connect(w, 'used')
  await subscribe(client, '/topic/t')
  await offline(w, 'gone', '/topic/t')
  const { durables } = w.running.broker
  await until(w, 'it is removed', () => durables.find('gone', 'sub') === undefined)
  t.not(durables.find('used', 'sub'), undefined)
  await publish(w, '/topic/t', ['m'])
  t.deepEqual(bodies(await take(client, 1)), ['m'])
})

test('P-01, P-02, S-SUB-04: its window is 100, durableTopicPrefetch where that applies, or what it asks for', async t => {
  const policy = `<destinationPolicy><policyMap><policyEntries>
    <policyEntry topic="few" durableTopicPrefetch="3"/></policyEntries></policyMap></destinationPolicy>`
  const w = await world(t, '', policy)
  for (const [topic, asked, window] of [
    ['many', undefined, 100],
    ['few', undefined, 3],
    ['few', '100', 3],
    ['few', '5', 5],
  ] as const) {
    const client = await connect(w, fresh('c'))
    const prefetch = asked === undefined ? {} : { 'activemq.prefetchSize': asked }
    await subscribe(client, `/topic/${topic}`, { ack: 'client', ...prefetch })
    await publish(w, `/topic/${topic}`, names(1, window + 2))
    t.deepEqual(bodies(await take(client, window)), names(1, window))
    await client.quiet()
    await lost(w, client)
  }
})

test('E-05, E-02: what is expired when it is published is one dead letter, however many would have collected it', async t => {
  const w = await world(t)
  await offline(w, 'a', '/topic/t')
  await offline(w, 'b', '/topic/t')
  await publish(w, '/topic/t', ['late'], { expires: '1' })
  const dead = await w.connect()
  await dead.receipted('SUBSCRIBE', { id: '1', destination: '/queue/ActiveMQ.DLQ' })
  t.deepEqual(bodies(await take(dead, 1)), ['late'])
  await dead.quiet()
  t.deepEqual(await collected(w, 'a', '/topic/t', 0), [])
})

for (const transaction of [null, 'tx']) {
  const how = transaction === null ? 'SEND' : 'COMMIT'
  test(`E-05, B1: the receipt of a ${how} whose message was expired when it was published says that its dead letter is safe`, async t => {
    const w = await world(t)
    await offline(w, 'a', '/topic/t')
    const client = await w.connect()
    await client.receipted('SEND', { destination: '/queue/ActiveMQ.DLQ' }, 'it is there')
    if (transaction !== null) await client.receipted('BEGIN', { transaction })
    const send = { destination: '/topic/t', persistent: 'true', ...(transaction === null ? {} : { transaction }) }
    // Behind one that waits for its own commit.
    client.send('SEND', send, 'collected')
    if (transaction === null) await client.receipted('SEND', { ...send, expires: '1' }, 'late')
    else {
      await client.receipted('SEND', { ...send, expires: '1' }, 'late')
      await client.receipted('COMMIT', { transaction })
    }
    t.is(depth(w, 'ActiveMQ.DLQ'), 2)
    t.deepEqual(bodies(await collected(w, 'a', '/topic/t', 1)), ['collected'])
  })
}

test('E-05: what expires before its COMMIT is one dead letter, of the subscription that collected it', async t => {
  const policy = `<destinationPolicy><policyMap><policyEntries><policyEntry topic=">" expireMessagesPeriod="10">
    <deadLetterStrategy><individualDeadLetterStrategy useQueueForTopicMessages="true"
      destinationPerDurableSubscriber="true"/></deadLetterStrategy></policyEntry></policyEntries></policyMap></destinationPolicy>`
  const w = await world(t, '', policy)
  await offline(w, 'a', '/topic/t')
  const client = await w.connect()
  await client.receipted('BEGIN', { transaction: 'tx' })
  const expires = Date.now() + 40
  const send = { destination: '/topic/t', persistent: 'true' }
  await client.receipted('SEND', { ...send, transaction: 'tx', expires: String(expires) }, 'short')
  await clockShows(expires + 1)
  await client.receipted('COMMIT', { transaction: 'tx' })
  await client.receipted('SEND', { ...send, expires: '1' }, 'marker')
  await until(w, 'the sweep finds it', () =>
    Boolean(w.running.broker.find(DestinationKind.queue, 'ActiveMQ.DLQ.Topic.t.a:sub')),
  )
  t.deepEqual(bodies(await drain(w, 'ActiveMQ.DLQ.Topic.t')), ['marker'])
  t.deepEqual(bodies(await drain(w, 'ActiveMQ.DLQ.Topic.t.a:sub')), ['short'])
  t.deepEqual(await collected(w, 'a', '/topic/t', 0), [])
})

test('E-05: what expires in an offline subscription takes the dead letter path, by the sweep', async t => {
  const policy = `<destinationPolicy><policyMap><policyEntries>
    <policyEntry topic=">" expireMessagesPeriod="10"/></policyEntries></policyMap></destinationPolicy>`
  const w = await world(t, '', policy)
  await offline(w, 'c', '/topic/t')
  await publish(w, '/topic/t', ['short'], { expires: String(Date.now() + 30) })
  await publish(w, '/topic/t', ['long'])
  const dead = await w.connect()
  await dead.receipted('SUBSCRIBE', { id: '1', destination: '/queue/ActiveMQ.DLQ' })
  const [letter] = await take(dead, 1)
  t.is(letter!.headers.get('original-destination'), '/topic/t')
  t.regex(letter!.headers.get('dlqDeliveryFailureCause') ?? '', /Message Expired/)
  t.deepEqual(bodies(await collected(w, 'c', '/topic/t', 1)), ['long'])
})

test('S-DUR-02, ST-05, U-10: it survives restarts with its persistent backlog, also in the middle of it', async t => {
  const w = await world(t)
  await offline(w, 'c', '/topic/a.>')
  await publish(w, '/topic/a.b', names(1, 3))
  await publish(w, '/topic/a.c', ['v'], { persistent: 'false' })
  for (let i = 0; i < 3; i++) {
    const client = await connect(w, 'c')
    client.send('SUBSCRIBE', {
      id: '1',
      destination: '/topic/a.>',
      'activemq.subscriptionName': 'sub',
      ack: 'client-individual',
    })
    const frames = await take(client, i === 0 ? 4 : 3 - i)
    await client.receipted('ACK', about(client, frames[0]!))
    await lost(w, client)
    await w.stop()
    await w.start(xml(''))
  }
  t.is(w.running.broker.state.messages, 0)
  await publish(w, '/topic/a.new', ['m'])
  const [last] = await collected(w, 'c', '/topic/a.>', 1)
  t.is(last!.headers.get('destination'), '/topic/a.new')
})

test('S-TX-05, S-TX-08: sends to and acknowledgements of a durable subscription join a transaction', async t => {
  const w = await world(t)
  const client = await connect(w, 'c')
  client.send('SUBSCRIBE', {
    id: '1',
    destination: '/topic/t',
    'activemq.subscriptionName': 'sub',
    ack: 'client',
  })
  await client.receipted('BEGIN', { transaction: 't' })
  await client.receipted('SEND', { destination: '/topic/t', persistent: 'true', transaction: 't' }, 'm1')
  await client.quiet()
  await client.receipted('COMMIT', { transaction: 't' }).catch((error: unknown) => t.regex(String(error), /MESSAGE/))
  await lost(w, client)
  const again = await connect(w, 'c')
  again.send('SUBSCRIBE', { id: '1', destination: '/topic/t', 'activemq.subscriptionName': 'sub', ack: 'client' })
  const [frame] = await take(again, 1)
  await again.receipted('BEGIN', { transaction: 't' })
  await again.receipted('ACK', about(again, frame!, { transaction: 't' }))
  await again.receipted('ABORT', { transaction: 't' })
  await again.receipted('BEGIN', { transaction: 't' })
  await again.receipted('ACK', about(again, frame!, { transaction: 't' }))
  await again.receipted('COMMIT', { transaction: 't' })
  t.is(w.running.broker.state.messages, 0)
})

test('SA-07: a pattern never gives what its user may not read, not what it collected while its user was unknown either', async t => {
  const plugins = `<plugins>
    <simpleAuthenticationPlugin><users>
      <authenticationUser username="u" password="p" groups="apps"/>
      <authenticationUser username="root" password="p" groups="admins"/></users></simpleAuthenticationPlugin>
    <authorizationPlugin><map><authorizationMap><authorizationEntries>
      <authorizationEntry topic="&gt;" read="admins" write="admins" admin="admins"/>
      <authorizationEntry topic="a.open" read="apps" write="admins" admin="apps"/>
    </authorizationEntries></authorizationMap></map></authorizationPlugin></plugins>`
  const w = await world(t, '', plugins)
  const root = (): Promise<Client> => w.connect({ login: 'root', passcode: 'p' })
  const send = async (): Promise<void> => {
    const client = await root()
    for (const name of ['a.secret', 'a.open'])
      await client.receipted('SEND', { destination: `/topic/${name}`, persistent: 'true' }, name)
    client.destroy()
  }
  const client = await w.connect({ 'client-id': 'c', login: 'u', passcode: 'p' })
  await subscribe(client, '/topic/a.*')
  await send()
  t.deepEqual(bodies(await take(client, 1)), ['a.open'])
  await client.quiet()
  for (const ack of ['auto', 'client-individual']) {
    await w.stop()
    await w.start(xml('', plugins))
    await send()
    t.is(w.running.broker.state.messages, 2)
    const again = await w.connect({ 'client-id': 'c', login: 'u', passcode: 'p' })
    await subscribe(again, '/topic/a.*', { ack })
    const [frame] = await take(again, 1)
    t.is(frame!.body.toString(), 'a.open')
    if (ack !== 'auto') await again.receipted('ACK', about(again, frame!))
    while (w.running.broker.state.messages > 0) await again.quiet()
  }
})

test('E-05: enableMessageExpirationOnActiveDurableSubs has the sweep look at subscriptions in use too', async t => {
  const policy = `<destinationPolicy><policyMap><policyEntries>
    <policyEntry topic=">" expireMessagesPeriod="10"/></policyEntries></policyMap></destinationPolicy>`
  for (const looks of [true, false]) {
    const w = await world(t, `enableMessageExpirationOnActiveDurableSubs="${looks}"`, policy)
    const client = await connect(w, 'c')
    // Its window is full, so that what expires behind it is met by the sweep or by nobody.
    await subscribe(client, '/topic/t', { ack: 'client', 'activemq.prefetchSize': '1' })
    await publish(w, '/topic/t', ['held'])
    await take(client, 1)
    await offline(w, 'other', '/topic/u')
    await publish(w, '/topic/t', ['short'], { expires: String(Date.now() + 1000) })
    t.is(w.running.broker.state.messages, 2)
    await publish(w, '/topic/u', ['marker'], { expires: String(Date.now() + 1100) })
    const dead = await w.connect()
    await dead.receipted('SUBSCRIBE', { id: '1', destination: '/queue/ActiveMQ.DLQ' })
    const letters = bodies(await take(dead, looks ? 2 : 1))
    t.deepEqual(letters, looks ? ['short', 'marker'] : ['marker'])
  }
})

import test, { type ExecutionContext } from 'ava'
import { bodies, fresh } from './exchange.ts'
import { clockShows } from './looking.ts'
import { World, brokerXml, type Client, type WireFrame } from './world.ts'

/** A broker with these policy entries; it ends with the test. */
async function broker(t: ExecutionContext, entries = ''): Promise<World> {
  const body = `<destinationPolicy><policyMap><policyEntries>${entries}</policyEntries></policyMap></destinationPolicy>`
  const world = await new World().start(brokerXml({ body }))
  t.teardown(() => world.end())
  return world
}

async function nackOne(world: World, destination: string): Promise<Client> {
  const client = await world.connect()
  client.send('SUBSCRIBE', { id: 'n', destination, ack: 'client-individual', 'activemq.prefetchSize': '1' })
  const message = await client.expect('MESSAGE')
  await client.receipted('NACK', { id: message.headers.get('ack') ?? '' })
  return client
}

async function read(world: World, destination: string): Promise<{ message: WireFrame; client: Client }> {
  const client = await world.connect()
  client.send('SUBSCRIBE', { id: 'd', destination, ack: 'client-individual' })
  return { message: await client.expect('MESSAGE'), client }
}

/** Nothing is, or comes, there. */
async function empty(world: World, destination: string): Promise<void> {
  const client = await world.connect()
  await client.receipted('SUBSCRIBE', { id: 'e', destination })
  await client.quiet()
}

test('S-DLQ-01, S-DLQ-02, S-DLQ-03, D-01, D-04, D-07, D-08: a NACKed persistent message lies in ActiveMQ.DLQ with all it was', async t => {
  const world = await broker(t)
  const sender = await world.connect()
  const later = String(Date.now() + 3_600_000)
  const sent = {
    priority: '7',
    timestamp: '4711',
    'correlation-id': 'c',
    type: 'y',
    'reply-to': '/queue/r',
    custom: 'a\\cb',
  }
  await sender.receipted('SEND', { destination: '/queue/a', persistent: 'true', expires: later, ...sent }, 'body')
  const first = await world.connect()
  first.send('SUBSCRIBE', { id: '1', destination: '/queue/a', ack: 'client' })
  const original = await first.expect('MESSAGE')
  await first.receipted('NACK', { id: original.headers.get('ack') ?? '' })
  const { message } = await read(world, '/queue/ActiveMQ.DLQ')
  const { headers } = message
  t.is(message.body.toString(), 'body')
  for (const name of ['message-id', 'priority', 'timestamp', 'correlation-id', 'type', 'reply-to', 'custom'])
    t.is(headers.get(name), original.headers.get(name), name)
  t.is(headers.get('destination'), '/queue/ActiveMQ.DLQ')
  t.is(headers.get('original-destination'), '/queue/a')
  t.is(headers.get('persistent'), 'true')
  t.is(headers.get('expires'), '0')
  t.is(headers.get('originalExpiration'), later)
  for (const name of ['redelivered', 'originalDeliveryMode', 'dlqDeliveryFailureCause'])
    t.false(headers.has(name), name)
  await empty(world, '/queue/a')
})

test('S-DLQ-02: originalExpiration is 0 for a message that had none; a bytes body stays a bytes body', async t => {
  const world = await broker(t)
  const sender = await world.connect()
  await sender.receipted(
    'SEND',
    { destination: '/queue/a', persistent: 'true', 'content-length': '3' },
    Buffer.from([0, 1, 0]),
  )
  await nackOne(world, '/queue/a')
  const { message } = await read(world, '/queue/ActiveMQ.DLQ')
  t.is(message.headers.get('originalExpiration'), '0')
  t.is(message.headers.get('content-length'), '3')
  t.deepEqual([...message.body], [0, 1, 0])
})

test('S-DLQ-01, D-02: a non-persistent message is dropped, unless processNonPersistent; then it says what it was', async t => {
  const world = await broker(
    t,
    '<policyEntry queue="keep.>"><deadLetterStrategy><sharedDeadLetterStrategy processNonPersistent="true"/></deadLetterStrategy></policyEntry>',
  )
  const sender = await world.connect()
  await sender.receipted('SEND', { destination: '/queue/drop' }, 'dropped')
  await nackOne(world, '/queue/drop')
  await sender.receipted('SEND', { destination: '/queue/keep.a' }, 'kept')
  await nackOne(world, '/queue/keep.a')
  const { message, client } = await read(world, '/queue/ActiveMQ.DLQ')
  t.is(message.body.toString(), 'kept')
  t.is(message.headers.get('persistent'), 'true')
  t.is(message.headers.get('originalDeliveryMode'), 'NON_PERSISTENT')
  await client.quiet()
})

test('E-01, E-02, E-04, S-DLQ-03, S-SND-08: expired on arrival is receipted, never seen, and dead-lettered at once', async t => {
  const world = await broker(t)
  const client = await world.connect()
  await client.receipted('SUBSCRIBE', { id: '1', destination: '/queue/ActiveMQ.DLQ' })
  const expires = String(Date.now() - 1000)
  const sender = await world.connect()
  await sender.receipted('SEND', { destination: '/queue/a', persistent: 'true', expires }, 'late')
  const message = await client.expect('MESSAGE')
  t.is(message.body.toString(), 'late')
  t.is(message.headers.get('dlqDeliveryFailureCause'), `java.lang.Throwable: Message Expired. Expiration:${expires}`)
  t.is(message.headers.get('originalExpiration'), expires)
  t.is(message.headers.get('expires'), '0')
  await sender.receipted('SEND', { destination: '/queue/a', expires }, 'late and volatile')
  await sender.receipted('SEND', { destination: '/topic/a', persistent: 'true', expires }, 'late topic')
  t.is((await client.expect('MESSAGE')).headers.get('original-destination'), '/topic/a')
  await client.quiet()
  await empty(world, '/queue/a')
})

test('E-01: a message that expires while it waits is not delivered, one that was delivered can still be acknowledged', async t => {
  const world = await broker(t)
  const client = await world.connect()
  await client.receipted('SUBSCRIBE', {
    id: '1',
    destination: '/queue/a',
    ack: 'client-individual',
    'activemq.prefetchSize': '1',
  })
  const expires = Date.now() + 1000
  for (const body of ['delivered', 'expired'])
    client.send('SEND', { destination: '/queue/a', persistent: 'true', expires: String(expires) }, body)
  client.send('SEND', { destination: '/queue/a' }, 'stays')
  const first = await client.expect('MESSAGE')
  t.is(first.body.toString(), 'delivered')
  await clockShows(expires + 1)
  await client.quiet()
  await client.receipted('ACK', { id: first.headers.get('ack') ?? '' })
  t.is((await client.expect('MESSAGE')).body.toString(), 'stays')
  const { message, client: other } = await read(world, '/queue/ActiveMQ.DLQ')
  t.is(message.body.toString(), 'expired')
  await other.quiet()
})

test('E-03: the sweep finds what expired in a queue without consumers, by the period of its policy; 0 disables it', async t => {
  const world = await broker(
    t,
    '<policyEntry queue="swept.>" expireMessagesPeriod="20"/><policyEntry queue="still.>" expireMessagesPeriod="0"/>',
  )
  const client = await world.connect()
  await client.receipted('SUBSCRIBE', { id: '1', destination: '/queue/ActiveMQ.DLQ' })
  const sender = await world.connect()
  const expires = String(Date.now() + 500)
  for (const name of ['still.a', 'swept.a'])
    await sender.receipted('SEND', { destination: `/queue/${name}`, persistent: 'true', expires })
  t.is((await client.expect('MESSAGE')).headers.get('original-destination'), '/queue/swept.a')
  // A second round of the sweep has passed over the other queue too by now.
  await sender.receipted('SEND', {
    destination: '/queue/swept.a',
    persistent: 'true',
    expires: String(Date.now() + 20),
  })
  t.is((await client.expect('MESSAGE')).headers.get('original-destination'), '/queue/swept.a')
  await client.quiet()
})

test('D-03: with processExpired="false" the expired are dropped, the NACKed are not', async t => {
  const world = await broker(
    t,
    '<policyEntry queue=">"><deadLetterStrategy><sharedDeadLetterStrategy processExpired="false"/></deadLetterStrategy></policyEntry>',
  )
  const sender = await world.connect()
  await sender.receipted('SEND', { destination: '/queue/a', persistent: 'true', expires: '1' }, 'expired')
  await sender.receipted('SEND', { destination: '/queue/a', persistent: 'true' }, 'nacked')
  await nackOne(world, '/queue/a')
  const { message, client } = await read(world, '/queue/ActiveMQ.DLQ')
  t.is(message.body.toString(), 'nacked')
  await client.quiet()
})

test('S-DLQ-04, D-04, D-05: individual strategies name the queue after its source; a shared one may be named', async t => {
  const strategy = (queue: string, xml: string): string =>
    `<policyEntry queue="${queue}"><deadLetterStrategy>${xml}</deadLetterStrategy></policyEntry>`
  const world = await broker(
    t,
    strategy('plain', '<individualDeadLetterStrategy/>') +
      strategy('named', '<individualDeadLetterStrategy queuePrefix="DLQ." queueSuffix=".dead"/>') +
      strategy(
        'shared',
        '<sharedDeadLetterStrategy><deadLetterQueue><queue physicalName="graves"/></deadLetterQueue></sharedDeadLetterStrategy>',
      ),
  )
  const sender = await world.connect()
  for (const [source, target] of [
    ['plain', 'ActiveMQ.DLQ.Queue.plain'],
    ['named', 'DLQ.named.dead'],
    ['shared', 'graves'],
  ] as const) {
    await sender.receipted('SEND', { destination: `/queue/${source}`, persistent: 'true' }, source)
    await nackOne(world, `/queue/${source}`)
    const { message } = await read(world, `/queue/${target}`)
    t.is(message.body.toString(), source)
    t.is(message.headers.get('destination'), `/queue/${target}`)
  }
})

test('D-05: useQueueForQueueMessages="false" publishes the dead on a topic', async t => {
  const world = await broker(
    t,
    '<policyEntry queue=">"><deadLetterStrategy><individualDeadLetterStrategy queuePrefix="dead." useQueueForQueueMessages="false"/></deadLetterStrategy></policyEntry>',
  )
  const listener = await world.connect()
  await listener.receipted('SUBSCRIBE', { id: '1', destination: '/topic/dead.a' })
  const sender = await world.connect()
  await sender.receipted('SEND', { destination: '/queue/a', persistent: 'true' }, 'x')
  await nackOne(world, '/queue/a')
  t.deepEqual(await bodies(listener, 1), ['x'])
  await empty(world, '/queue/a')
})

test('D-06: the discarding strategy drops everything', async t => {
  const world = await broker(
    t,
    '<policyEntry queue=">"><deadLetterStrategy><discarding/></deadLetterStrategy></policyEntry>',
  )
  const sender = await world.connect()
  await sender.receipted('SEND', { destination: '/queue/a', persistent: 'true' }, 'x')
  await nackOne(world, '/queue/a')
  await empty(world, '/queue/ActiveMQ.DLQ')
  await empty(world, '/queue/a')
  t.is(world.running.broker.state.messages, 0)
})

test('D-08: a strategy with an expiration gives the dead letter an expiry of its own and no originalExpiration', async t => {
  const world = await broker(
    t,
    '<policyEntry queue=">"><deadLetterStrategy><sharedDeadLetterStrategy expiration="60000"/></deadLetterStrategy></policyEntry>',
  )
  const sender = await world.connect()
  await sender.receipted('SEND', { destination: '/queue/a', persistent: 'true' }, 'x')
  const before = Date.now()
  await nackOne(world, '/queue/a')
  const { message } = await read(world, '/queue/ActiveMQ.DLQ')
  const expires = Number(message.headers.get('expires'))
  t.true(expires >= before + 60_000 && expires <= Date.now() + 60_000)
  t.false(message.headers.has('originalExpiration'))
})

test('D-09, S-NAK-10: a NACK of a message in the dead letter queue itself destroys it', async t => {
  const world = await broker(t)
  const sender = await world.connect()
  await sender.receipted('SEND', { destination: '/queue/a', persistent: 'true' }, 'x')
  await nackOne(world, '/queue/a')
  await nackOne(world, '/queue/ActiveMQ.DLQ')
  await empty(world, '/queue/ActiveMQ.DLQ')
  t.is(world.running.broker.state.messages, 0)
})

test('D-07, G-01: a dead letter keeps its message group', async t => {
  const world = await broker(t)
  const sender = await world.connect()
  for (const body of ['1', '2', '3', '4']) {
    await sender.receipted('SEND', { destination: '/queue/a', persistent: 'true', JMSXGroupID: 'g' }, body)
    const client = await nackOne(world, '/queue/a')
    client.destroy()
  }
  const [a, b] = [await world.connect(), await world.connect()]
  a.send('SUBSCRIBE', { id: '1', destination: '/queue/ActiveMQ.DLQ', ack: 'client', 'activemq.prefetchSize': '2' })
  t.deepEqual(await bodies(a, 2), ['1', '2'])
  await b.receipted('SUBSCRIBE', { id: '1', destination: '/queue/ActiveMQ.DLQ', ack: 'client' })
  await b.quiet()
})

test('D-01, S-TMP-03: a persistent message NACKed in a temporary queue is dead-lettered, and shows where it died', async t => {
  const world = await broker(t)
  const client = await world.connect()
  const destination = `/temp-queue/${fresh()}`
  await client.receipted('SEND', { destination, persistent: 'true' }, 'x')
  client.send('SUBSCRIBE', { id: '1', destination, ack: 'client' })
  const message = await client.expect('MESSAGE')
  await client.receipted('NACK', { id: message.headers.get('ack') ?? '' })
  client.send('SUBSCRIBE', { id: '2', destination: '/queue/ActiveMQ.DLQ', ack: 'client' })
  t.is((await client.expect('MESSAGE')).headers.get('original-destination'), destination)
  await client.receipted('UNSUBSCRIBE', { id: '2' })
  const other = await read(world, '/queue/ActiveMQ.DLQ')
  t.regex(other.message.headers.get('original-destination') ?? '', /^\/remote-temp-queue\/ID:/)
})

test('S-DLQ-01, S-ACK-13: dead letters survive a restart', async t => {
  const world = await broker(t)
  const sender = await world.connect()
  await sender.receipted('SEND', { destination: '/queue/a', persistent: 'true' }, 'x')
  await nackOne(world, '/queue/a')
  await world.stop()
  await world.start(brokerXml())
  t.is((await read(world, '/queue/ActiveMQ.DLQ')).message.body.toString(), 'x')
  await empty(world, '/queue/a')
})

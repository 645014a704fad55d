import test from 'ava'
import { bodies, error, fresh } from './exchange.ts'
import { World, brokerXml, type Client } from './world.ts'

const world = new World()
const policies = `<destinationPolicy><policyMap><policyEntries>
  <policyEntry queue="small.>" queuePrefetch="2"/>
  <policyEntry topic="small.>" topicPrefetch="3"/>
  <policyEntry queue="strict.>" strictOrderDispatch="true"/>
  <policyEntry topic="limited.>"><pendingMessageLimitStrategy><constantPendingMessageLimitStrategy limit="2"/></pendingMessageLimitStrategy></policyEntry>
</policyEntries></policyMap></destinationPolicy>`
test.before(() => world.start(brokerXml({ body: policies })))
test.after.always(() => world.end())

/** Sends `count` messages with the bodies 1, 2, 3 …; when it resolves they are accepted. */
async function send(
  destination: string,
  count: number,
  headers: Readonly<Record<string, string>> = {},
): Promise<Client> {
  const client = await world.connect()
  for (let i = 1; i < count; i++) client.send('SEND', { destination, ...headers }, String(i))
  await client.receipted('SEND', { destination, ...headers }, String(count))
  return client
}

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => String(from + i))

async function subscribed(destination: string, headers: Readonly<Record<string, string>> = {}): Promise<Client> {
  const client = await world.connect()
  await client.receipted('SUBSCRIBE', { id: '1', destination, ack: 'client-individual', ...headers })
  return client
}

test('S-SUB-01: from 1.1 on SUBSCRIBE needs an id, which is asked for before the destination', async t => {
  for (const version of ['1.1', '1.2']) {
    const client = await world.connect({ 'accept-version': version })
    client.send('SUBSCRIBE', { receipt: 'r' })
    const refused = await client.expect('ERROR')
    t.is(refused.headers.get('message'), 'SUBSCRIBE received without a subscription id!')
    t.is(refused.headers.get('receipt-id'), 'r')
    await client.quiet()
  }
})

test('S-SUB-01, S-MSG-02: in 1.0 the id is optional; MESSAGE carries subscription only when there was one', async t => {
  for (const id of [undefined, 'an id: any "text"']) {
    const client = await world.connect({ 'accept-version': '1.0' })
    const destination = `/queue/${fresh()}`
    await client.receipted('SUBSCRIBE', { destination, ...(id !== undefined && { id }) })
    client.send('SEND', { destination })
    t.is((await client.expect('MESSAGE')).headers.get('subscription'), id)
  }
})

test('S-SUB-02: a missing or empty destination is an ERROR', async t => {
  const client = await world.connect()
  const invalid = "Invalid empty or 'null' Destination header"
  for (const headers of [{}, { destination: '' }, { destination: '  ' }, { destination: '/queue/' }]) {
    client.send('SUBSCRIBE', { id: '1', ...headers })
    t.is(await error(client), invalid)
  }
  await client.quiet()
})

test('S-SUB-03: ack is auto, client or client-individual; anything else is auto', async t => {
  for (const [ack, acked] of [
    ['client', true],
    ['client-individual', true],
    ['auto', false],
    ['CLIENT', false],
    [' client', false],
  ] as const) {
    const client = await world.connect()
    const destination = `/queue/${fresh()}`
    await client.receipted('SUBSCRIBE', { id: '1', destination, ack })
    client.send('SEND', { destination })
    t.is((await client.expect('MESSAGE')).headers.has('ack'), acked, ack)
  }
})

test('S-SUB-04, P-01, VER-02: a queue consumer has at most 1000 unacknowledged messages', async t => {
  const destination = `/queue/${fresh()}`
  await send(destination, 1001)
  const client = await subscribed(destination)
  t.is((await bodies(client, 1000)).length, 1000)
  await client.quiet()
})

test('S-SUB-04, P-02: the policy prefetch replaces the built-in default, also when the client spells it out; not another value', async t => {
  for (const [asked, expected] of [
    [undefined, 2],
    ['1000', 2],
    ['5', 5],
  ] as const) {
    const destination = `/queue/small.${fresh()}`
    await send(destination, 9)
    const client = await subscribed(destination, asked === undefined ? {} : { 'activemq.prefetchSize': asked })
    t.deepEqual(await bodies(client, expected), numbers(1, expected))
    await client.quiet()
  }
  const destination = `/topic/small.${fresh()}`
  const client = await subscribed(destination, { 'activemq.prefetchSize': '32767' })
  await send(destination, 9)
  t.deepEqual(await bodies(client, 3), numbers(1, 3))
  await client.quiet()
})

test('S-SUB-05, P-07: the RECEIPT of SUBSCRIBE precedes the first MESSAGE of a waiting backlog', async t => {
  const destination = `/queue/${fresh()}`
  await send(destination, 3)
  const client = await world.connect()
  client.send('SUBSCRIBE', { id: '1', destination, receipt: 'r' })
  t.is((await client.frame()).command, 'RECEIPT')
  t.deepEqual(await bodies(client, 3), numbers(1, 3))
  const other = await world.connect()
  other.send('SUBSCRIBE', { id: '1', destination: `${destination}.none` })
  other.send('SUBSCRIBE', { id: '2', destination })
  await send(destination, 1)
})

test('S-SUB-06, P-03: a prefetch of 0 or less receives nothing ever, one that is no number is ignored', async t => {
  for (const prefetch of ['0', '-1']) {
    for (const kind of ['queue', 'topic']) {
      const destination = `/${kind}/${fresh()}`
      const client = await subscribed(destination, { 'activemq.prefetchSize': prefetch })
      await send(destination, 1)
      await client.quiet()
    }
  }
  for (const prefetch of ['many', ' 1', '99999999999']) {
    const destination = `/queue/${fresh()}`
    await send(destination, 3)
    t.is((await bodies(await subscribed(destination, { 'activemq.prefetchSize': prefetch }), 3)).length, 3)
  }
})

test('S-SUB-06, P-04, S-ACK-12: with prefetch 1 every ACK lets one more message come; auto mode never stalls', async t => {
  const destination = `/queue/${fresh()}`
  await send(destination, 3)
  const client = await subscribed(destination, { 'activemq.prefetchSize': '1' })
  for (const body of numbers(1, 3)) {
    const message = await client.expect('MESSAGE')
    t.is(message.body.toString(), body)
    await client.quiet()
    client.send('ACK', { id: message.headers.get('ack') ?? '' })
  }
  await client.quiet()
  const other = `/queue/${fresh()}`
  await send(other, 5)
  t.is((await bodies(await subscribed(other, { ack: 'auto', 'activemq.prefetchSize': '1' }), 5)).length, 5)
})

test('P-05: what was written to an auto consumer is settled, read or not', async t => {
  const destination = `/queue/${fresh()}`
  const client = await subscribed(destination, { ack: 'auto' })
  client.socket.pause()
  await send(destination, 3, { persistent: 'true' })
  client.destroy()
  const other = await subscribed(destination)
  await other.quiet()
  t.is(other.received.indexOf('MESSAGE'), -1)
})

test('P-06: an ACK in an open transaction widens the window until the transaction ends', async t => {
  const destination = `/queue/${fresh()}`
  await send(destination, 3)
  const client = await subscribed(destination, { 'activemq.prefetchSize': '1' })
  const first = await client.expect('MESSAGE')
  await client.receipted('BEGIN', { transaction: 't' })
  client.send('ACK', { id: first.headers.get('ack') ?? '', transaction: 't' })
  t.is((await client.expect('MESSAGE')).body.toString(), '2')
  await client.receipted('ABORT', { transaction: 't' })
  client.send('ACK', { id: first.headers.get('ack') ?? '' })
  await client.quiet()
})

test('S-SUB-07, Q-07: an exclusive consumer gets everything, others stand by and take over', async t => {
  const destination = `/queue/${fresh()}`
  const plain = await subscribed(destination)
  const first = await subscribed(destination, { 'activemq.exclusive': 'true' })
  const second = await subscribed(destination, { 'activemq.exclusive': 'true' })
  await send(destination, 4)
  t.deepEqual(await bodies(first, 4), numbers(1, 4))
  await plain.quiet()
  await second.quiet()
  first.destroy()
  t.deepEqual(await bodies(second, 4), numbers(1, 4))
  await plain.quiet()
  second.destroy()
  t.deepEqual(await bodies(plain, 4), numbers(1, 4))
})

test('Q-07: a later exclusive consumer of higher priority takes over at once', async t => {
  const destination = `/queue/${fresh()}`
  const low = await subscribed(destination, { 'activemq.exclusive': 'true' })
  const high = await subscribed(destination, { 'activemq.exclusive': 'true', 'activemq.priority': '5' })
  await send(destination, 2)
  t.deepEqual(await bodies(high, 2), numbers(1, 2))
  await low.quiet()
})

test('S-SUB-08, Q-06: lower priorities are served only when all higher ones are full', async t => {
  const destination = `/queue/${fresh()}`
  const low = await subscribed(destination, { 'activemq.priority': '-3' })
  const high = await subscribed(destination, { 'activemq.priority': '9', 'activemq.prefetchSize': '2' })
  await send(destination, 5)
  t.deepEqual(await bodies(high, 2), numbers(1, 2))
  t.deepEqual(await bodies(low, 3), numbers(3, 5))
  await high.quiet()
})

test('S-SUB-14: a priority that is none of Java’s bytes is ignored', async t => {
  const destination = `/queue/${fresh()}`
  const first = await subscribed(destination)
  await subscribed(destination, { 'activemq.priority': '300' })
  const last = await subscribed(destination, { 'activemq.priority': '-129' })
  await send(destination, 3)
  t.deepEqual([...(await bodies(first, 1)), ...(await bodies(last, 1))], ['1', '3'])
})

test('Q-03, Q-04: consumers of one rank take turns; a lonely consumer is handed its whole window', async t => {
  const destination = `/queue/${fresh()}`
  const [a, b] = [await subscribed(destination), await subscribed(destination)]
  await send(destination, 4)
  t.deepEqual([...(await bodies(a, 2)), ...(await bodies(b, 2))].toSorted(), numbers(1, 4))
  const backlog = `/queue/${fresh()}`
  await send(backlog, 5)
  const lonely = await subscribed(backlog, { 'activemq.prefetchSize': '3' })
  t.deepEqual(await bodies(lonely, 3), numbers(1, 3))
  t.deepEqual(await bodies(await subscribed(backlog), 2), numbers(4, 5))
})

test('Q-04: whoever was full has not had its turn', async t => {
  const destination = `/queue/${fresh()}`
  const a = await subscribed(destination, { 'activemq.prefetchSize': '1' })
  const [b, c] = [await subscribed(destination), await subscribed(destination)]
  await send(destination, 4)
  const held = await a.expect('MESSAGE')
  t.deepEqual([held.body.toString(), ...(await bodies(b, 2)), ...(await bodies(c, 1))], ['1', '2', '4', '3'])
  await a.receipted('ACK', { id: held.headers.get('ack') ?? '' })
  await send(destination, 1)
  t.deepEqual(await bodies(a, 1), ['1'])
})

test('Q-04: a newcomer queues up behind all others', async t => {
  const destination = `/queue/${fresh()}`
  const [a, b] = [await subscribed(destination), await subscribed(destination)]
  await send(destination, 1)
  t.deepEqual(await bodies(a, 1), ['1'])
  const c = await subscribed(destination)
  await send(destination, 3)
  t.deepEqual([...(await bodies(b, 1)), ...(await bodies(a, 1)), ...(await bodies(c, 1))], ['1', '2', '3'])
})

test('Q-05: with strictOrderDispatch the first consumer with space is always used', async t => {
  const destination = `/queue/strict.${fresh()}`
  const first = await subscribed(destination, { 'activemq.prefetchSize': '3' })
  const second = await subscribed(destination)
  await send(destination, 5)
  t.deepEqual(await bodies(first, 3), numbers(1, 3))
  t.deepEqual(await bodies(second, 2), numbers(4, 5))
})

test('S-SUB-09, T-04: noLocal keeps away what the same connection sent; the plain header no-local does nothing', async t => {
  for (const kind of ['queue', 'topic']) {
    const destination = `/${kind}/${fresh()}`
    const client = await subscribed(destination, { 'activemq.noLocal': 'true' })
    client.send('SEND', { destination }, 'own')
    await send(destination, 1)
    t.deepEqual(await bodies(client, 1), ['1'], kind)
    await client.quiet()
    const plain = await subscribed(`${destination}.b`, { 'no-local': 'true' })
    plain.send('SEND', { destination: `${destination}.b` }, 'own')
    t.deepEqual(await bodies(plain, 1), ['own'])
  }
})

test('S-SUB-10, S-SUB-12, S-SUB-14: retroactive without a policy, dispatchAsync and unknown attributes change nothing', async t => {
  const destination = `/topic/${fresh()}`
  await send(destination, 1)
  const client = await subscribed(destination, {
    'activemq.retroactive': 'true',
    'activemq.dispatchAsync': 'false',
    'activemq.nonsense': 'x',
    'activemq.priority': 'high',
  })
  await client.quiet()
  await send(destination, 1)
  t.deepEqual(await bodies(client, 1), ['1'])
})

test('S-SUB-11, T-09: maximumPendingMessageLimit tightens a configured limit, and without one has no effect', async t => {
  const attributes = { 'activemq.prefetchSize': '1', 'activemq.maximumPendingMessageLimit': '1' }
  const free = `/topic/${fresh()}`
  const unlimited = await subscribed(free, attributes)
  await send(free, 5)
  const tight = `/topic/limited.${fresh()}`
  const limited = await subscribed(tight, attributes)
  await send(tight, 5)
  const read = async (client: Client): Promise<string[]> => {
    const all: string[] = []
    for (let i = 0; i < 5; i++) {
      const message = await client.expect('MESSAGE')
      all.push(message.body.toString())
      client.send('ACK', { id: message.headers.get('ack') ?? '' })
      if (message.body.toString() === '5') break
    }
    return all
  }
  t.deepEqual(await read(unlimited), numbers(1, 5))
  t.deepEqual(await read(limited), ['1', '5'])
})

test('S-BRW-01: browser is read in exact lower case; another spelling makes a consumer', async t => {
  const client = await world.connect()
  const destination = `/queue/${fresh()}`
  await client.receipted('SEND', { destination }, 'kept')
  client.send('SUBSCRIBE', { id: '1', destination, browser: 'TRUE' })
  t.deepEqual(await bodies(client, 1), ['kept'])
})

test('S-BRW-03: a browser in 1.0 is refused in the words of ActiveMQ', async t => {
  const client = await world.connect({ 'accept-version': '1.0' })
  client.send('SUBSCRIBE', { destination: '/queue/a', browser: 'true' })
  t.is(await error(client), 'Queue Browser feature only valid for Stomp v1.1+ clients!')
})

test('S-SUB-15, T-05: subscriptions of one connection are independent: a queue takes turns, a topic gives each its copy', async t => {
  const client = await world.connect()
  const name = fresh()
  for (const kind of ['queue', 'topic'])
    for (const id of ['a', 'b'])
      await client.receipted('SUBSCRIBE', { id: `${kind}-${id}`, destination: `/${kind}/${name}` })
  await client.receipted('SUBSCRIBE', { id: 'topic-c', destination: `/topic/${name}.>` })
  const ids = async (count: number): Promise<string[]> => {
    const all: string[] = []
    for (let i = 0; i < count; i++) all.push((await client.expect('MESSAGE')).headers.get('subscription') ?? '')
    return all.toSorted()
  }
  await send(`/queue/${name}`, 2)
  t.deepEqual(await ids(2), ['queue-a', 'queue-b'])
  await send(`/topic/${name}`, 1)
  t.deepEqual(await ids(3), ['topic-a', 'topic-b', 'topic-c'])
  await client.quiet()
})

test('S-SUB-16: an id in use is taken over: both receive, UNSUBSCRIBE ends the newest only', async t => {
  const client = await world.connect()
  const [a, b] = [`/queue/${fresh()}`, `/queue/${fresh()}`]
  await client.receipted('SUBSCRIBE', { id: '1', destination: a })
  await client.receipted('SUBSCRIBE', { id: '1', destination: b })
  await send(a, 1)
  await send(b, 1)
  for (let i = 0; i < 2; i++) t.is((await client.expect('MESSAGE')).headers.get('subscription'), '1')
  await client.receipted('UNSUBSCRIBE', { id: '1' })
  await send(b, 1)
  await client.quiet()
  await send(a, 1)
  t.is((await client.expect('MESSAGE')).headers.get('destination'), a)
})

test('S-SUB-17: after UNSUBSCRIBE, and after a SUBSCRIBE that failed, the id is free', async t => {
  const client = await world.connect()
  client.send('SUBSCRIBE', { id: '1', destination: '/queue/a', 'activemq.subscriptionName': 'n' })
  await client.expect('ERROR')
  client.send('UNSUBSCRIBE', { id: '1' })
  t.is(await error(client), 'No subscription matched.')
  for (let i = 0; i < 3; i++) {
    const destination = `/queue/${fresh()}`
    await client.receipted('SUBSCRIBE', { id: '1', destination })
    await send(destination, 1)
    t.deepEqual(await bodies(client, 1), ['1'])
    await client.receipted('UNSUBSCRIBE', { id: '1' })
  }
})

test('S-SUB-18, Q-01, Q-02: a backlog of both kinds comes in the order of acceptance', async t => {
  const destination = `/queue/${fresh()}`
  const client = await world.connect()
  for (let i = 1; i <= 300; i++)
    client.send('SEND', { destination, ...(i % 3 === 0 && { persistent: 'true' }) }, String(i))
  await client.quiet()
  t.deepEqual(await bodies(await subscribed(destination), 300), numbers(1, 300))
})

test('Q-01, S-TX-05: transacted sends enter the queue at COMMIT, in the order they were sent', async t => {
  const destination = `/queue/${fresh()}`
  const client = await world.connect()
  client.send('BEGIN', { transaction: 't' })
  for (const body of ['3', '4']) client.send('SEND', { destination, transaction: 't' }, body)
  for (const body of ['1', '2']) client.send('SEND', { destination }, body)
  await client.receipted('COMMIT', { transaction: 't' })
  t.deepEqual(await bodies(await subscribed(destination), 4), numbers(1, 4))
})

test('S-SUB-19: nothing published after the RECEIPT of SUBSCRIBE is lost, 500 times', async t => {
  const sender = await world.connect()
  const client = await world.connect()
  for (let i = 0; i < 500; i++) {
    const destination = `/topic/${fresh()}`
    await sender.receipted('SEND', { destination }, 'before')
    await client.receipted('SUBSCRIBE', { id: String(i), destination })
    sender.send('SEND', { destination }, 'after')
    t.is((await client.expect('MESSAGE')).body.toString(), 'after')
    client.send('UNSUBSCRIBE', { id: String(i) })
  }
})

import test from 'ava'
import { bodies, error, fresh } from './exchange.ts'
import { World, brokerXml } from './world.ts'

const world = new World()
test.before(() => world.start(brokerXml()))
test.after.always(() => world.end())

test('S-TMP-01, TD-01: an alias is private to its connection and to its kind', async t => {
  const [a, b] = [await world.connect(), await world.connect()]
  for (const client of [a, b]) {
    await client.receipted('SUBSCRIBE', { id: 'q', destination: '/temp-queue/reply' })
    await client.receipted('SUBSCRIBE', { id: 't', destination: '/temp-topic/reply' })
  }
  a.send('SEND', { destination: '/temp-queue/reply' }, 'a')
  const message = await a.expect('MESSAGE')
  t.is(message.headers.get('destination'), '/temp-queue/reply')
  t.is(message.headers.get('subscription'), 'q')
  b.send('SEND', { destination: '/temp-topic/reply' }, 'b')
  t.is((await b.expect('MESSAGE')).headers.get('destination'), '/temp-topic/reply')
  await a.quiet()
  await b.quiet()
})

test('S-TMP-01, S-TMP-02, S-TMP-03: SEND and reply-to make the destination too; real names are <connection>:k', async t => {
  const owner = await world.connect()
  const other = await world.connect()
  const destination = `/queue/${fresh()}`
  await other.receipted('SUBSCRIBE', { id: '1', destination })
  owner.send('SEND', { destination: '/temp-queue/first' }, 'kept')
  owner.send('SEND', { destination, 'reply-to': '/temp-queue/second' })
  owner.send('SEND', { destination, 'reply-to': '/temp-topic/third' })
  const [second, third] = [await other.expect('MESSAGE'), await other.expect('MESSAGE')]
  t.regex(second.headers.get('reply-to') ?? '', /^\/remote-temp-queue\/ID:.+-\d+-\d+-\d+:\d+:2$/)
  t.regex(third.headers.get('reply-to') ?? '', /^\/remote-temp-topic\/ID:.+-\d+-\d+-\d+:\d+:3$/)
  await owner.receipted('SUBSCRIBE', { id: '1', destination: '/temp-queue/first' })
  t.deepEqual(await bodies(owner, 1), ['kept'])
})

test('S-TMP-03, S-DST-04: the owner sees its alias in reply-to, in every version', async t => {
  for (const version of ['1.0', '1.1', '1.2']) {
    const client = await world.connect({ 'accept-version': version })
    const destination = `/queue/${fresh()}`
    await client.receipted('SUBSCRIBE', { id: '1', destination })
    client.send('SEND', { destination, 'reply-to': '/temp-queue/mine', p: 'x\\\\y' }, 'body')
    const message = await client.expect('MESSAGE')
    t.is(message.headers.get('reply-to'), '/temp-queue/mine')
    t.is(message.headers.get('p'), 'x\\y')
    t.is(message.body.toString(), 'body')
  }
})

test('S-TMP-04, TD-02: the round trip of request and reply works with the header as received, escaped or not', async t => {
  for (const version of ['1.0', '1.1', '1.2']) {
    for (const escaped of [true, false]) {
      const requester = await world.connect()
      const replier = await world.connect({ 'accept-version': version })
      const destination = `/queue/${fresh()}`
      await requester.receipted('SUBSCRIBE', { id: '1', destination: '/temp-queue/answers' })
      await replier.receipted('SUBSCRIBE', { id: '1', destination })
      requester.send('SEND', { destination, 'reply-to': '/temp-queue/answers' }, 'question')
      const reply = (await replier.expect('MESSAGE')).headers.get('reply-to') ?? ''
      replier.send('SEND', { destination: escaped ? reply.replaceAll(':', '\\c') : reply }, 'answer')
      const answer = await requester.expect('MESSAGE')
      t.is(answer.body.toString(), 'answer')
      t.is(answer.headers.get('destination'), '/temp-queue/answers')
    }
  }
})

test('S-TMP-05, TD-03: UNSUBSCRIBE does not end it, the end of the connection does; then SEND is an ERROR with its name', async t => {
  for (const kind of ['queue', 'topic']) {
    const owner = await world.connect()
    const other = await world.connect()
    const destination = `/queue/${fresh()}`
    await other.receipted('SUBSCRIBE', { id: '1', destination })
    await owner.receipted('SUBSCRIBE', { id: '1', destination: `/temp-${kind}/x` })
    await owner.receipted('UNSUBSCRIBE', { id: '1' })
    owner.send('SEND', { destination, 'reply-to': `/temp-${kind}/x` })
    const reply = (await other.expect('MESSAGE')).headers.get('reply-to') ?? ''
    // Used before it vanishes, so that a remembered destination would show.
    await other.receipted('SEND', { destination: reply }, 'while it lives')
    await owner.receipted('DISCONNECT')
    await owner.closed()
    other.send('SEND', { destination: reply, receipt: 'r' }, 'too late')
    const refused = await other.expect('ERROR')
    t.is(refused.headers.get('message'), `temp-${kind}://${reply.slice(`/remote-temp-${kind}/`.length)}`)
    t.is(refused.headers.get('receipt-id'), 'r')
    await other.quiet()
  }
})

test('S-TMP-05: a temporary name that never existed is refused the same way, also in SUBSCRIBE', async t => {
  const client = await world.connect()
  client.send('SEND', { destination: '/remote-temp-queue/ID:nobody:1' })
  t.is(await error(client), 'temp-queue://ID:nobody:1')
  client.send('SUBSCRIBE', { id: '1', destination: '/remote-temp-topic/ID:nobody:1' })
  t.is(await error(client), 'temp-topic://ID:nobody:1')
})

test('S-TMP-06, TD-04, VER-03: a foreign temporary queue cannot be subscribed to, and its owner keeps its messages', async t => {
  const owner = await world.connect()
  const thief = await world.connect()
  const destination = `/queue/${fresh()}`
  await thief.receipted('SUBSCRIBE', { id: '1', destination })
  await owner.receipted('SUBSCRIBE', { id: '1', destination: '/temp-queue/x' })
  owner.send('SEND', { destination, 'reply-to': '/temp-queue/x' })
  const reply = (await thief.expect('MESSAGE')).headers.get('reply-to') ?? ''
  thief.send('SUBSCRIBE', { id: '2', destination: reply })
  t.is(await error(thief), 'Subscribing to a temporary queue created by another connection is not permitted')
  for (let i = 0; i < 3; i++) thief.send('SEND', { destination: reply }, String(i))
  t.deepEqual(await bodies(owner, 3), ['0', '1', '2'])
})

test('TD-05: temporary destinations do not outlive a restart, persistent messages in them neither', async t => {
  const own = await new World().start(brokerXml())
  t.teardown(() => own.end())
  const client = await own.connect()
  await client.receipted('SEND', { destination: '/temp-queue/x', persistent: 'true' }, 'x')
  t.is(own.running.broker.state.messages, 1)
  await own.stop()
  await own.start(brokerXml())
  t.is(own.running.broker.state.messages, 0)
  t.is(own.running.broker.state.destinations.size, 0)
})

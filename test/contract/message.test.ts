import test from 'ava'
import { delivered, fresh } from './exchange.ts'
import { World, brokerXml } from './world.ts'

const world = new World()
const users = `<plugins><simpleAuthenticationPlugin><users>
  <authenticationUser username="carl" password="pw" groups="users"/></users></simpleAuthenticationPlugin></plugins>`
const stamped = new World()
test.before(async () => {
  await world.start(brokerXml())
  await stamped.start(brokerXml({ attributes: 'populateJMSXUserID="true"', body: users }))
})
test.after.always(() => Promise.all([world.end(), stamped.end()]))

test('S-MSG-01: destination, message-id, expires, priority and timestamp are always there, once each', async t => {
  for (const version of ['1.0', '1.1', '1.2']) {
    const message = await delivered(world, {}, 'x', version)
    for (const name of ['destination', 'message-id', 'expires', 'priority', 'timestamp'])
      t.true(message.headers.has(name), name)
    t.is(message.lines.length, message.headers.size)
    t.deepEqual([...message.headers.keys()].toSorted(), [
      'destination',
      'expires',
      'message-id',
      'priority',
      'subscription',
      'timestamp',
    ])
  }
})

test('S-MSG-03: ack is there in 1.2 in the client modes only, and is unique per delivery', async t => {
  const ids = new Set<string>()
  for (const version of ['1.0', '1.1', '1.2']) {
    for (const ack of ['auto', 'client', 'client-individual']) {
      const client = await world.connect({ 'accept-version': version })
      const destination = `/queue/${fresh()}`
      await client.receipted('SUBSCRIBE', { id: '1', destination, ack })
      for (let i = 0; i < 2; i++) {
        client.send('SEND', { destination })
        const id = (await client.expect('MESSAGE')).headers.get('ack')
        t.is(id !== undefined, version === '1.2' && ack !== 'auto', `${version} ${ack}`)
        if (id === undefined) continue
        t.regex(id, /^ID:.+-\d+-\d+-\d+:\d+:\d+$|^ID:.+-\d+-\d+-\d+:\d+$/)
        t.false(ids.has(id))
        ids.add(id)
      }
    }
  }
})

test('S-MSG-04: conditional headers are there only when they say something', async t => {
  const { headers } = await delivered(world)
  for (const name of [
    'persistent',
    'redelivered',
    'correlation-id',
    'type',
    'reply-to',
    'JMSXUserID',
    'original-destination',
    'content-length',
    'ack',
  ])
    t.false(headers.has(name), name)
})

test('S-MSG-04: with populateJMSXUserID the login is stamped and cannot be forged', async t => {
  const client = await stamped.connect({ login: 'carl', passcode: 'pw' })
  await client.receipted('SUBSCRIBE', { id: '1', destination: '/queue/a' })
  client.send('SEND', { destination: '/queue/a', JMSXUserID: 'root' })
  const message = await client.expect('MESSAGE')
  t.is(message.headers.get('JMSXUserID'), 'carl')
  t.is(message.lines.filter(line => line.startsWith('JMSXUserID:')).length, 1)
})

test('S-MSG-05: a bytes body of every byte value arrives whole, with its exact length', async t => {
  const body = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
  for (const version of ['1.0', '1.1', '1.2']) {
    const message = await delivered(world, { 'content-length': '256' }, body, version)
    t.is(message.headers.get('content-length'), '256')
    t.deepEqual(message.body, body)
  }
})

test('S-MSG-06, M-08: message-id counts the SENDs of the connection from 1, whatever the client-id', async t => {
  const client = await world.connect({ 'client-id': 'mine' })
  const destination = `/queue/${fresh()}`
  await client.receipted('SUBSCRIBE', { id: '1', destination })
  const ids: string[] = []
  for (let i = 0; i < 3; i++) {
    client.send('SEND', { destination })
    ids.push((await client.expect('MESSAGE')).headers.get('message-id') ?? '')
  }
  const stem = ids[0]?.replace(/1$/, '') ?? ''
  t.regex(stem, /^ID:.+-\d+-\d+-\d+:\d+:-1:1:$/)
  t.deepEqual(ids, [`${stem}1`, `${stem}2`, `${stem}3`])
})

test('S-MSG-06: an ACK may give the message-id escaped or with raw colons', async t => {
  const client = await world.connect({ 'accept-version': '1.1' })
  const destination = `/queue/${fresh()}`
  await client.receipted('SUBSCRIBE', { id: '1', destination, ack: 'client-individual' })
  for (const written of [(id: string) => id, (id: string) => id.replaceAll(':', '\\c')]) {
    client.send('SEND', { destination })
    const id = (await client.expect('MESSAGE')).headers.get('message-id') ?? ''
    await client.receipted('ACK', { subscription: '1', 'message-id': written(id) })
  }
  t.pass()
})

test('S-MSG-08: redelivered:true is set on what came back from a client-mode consumer, and never on a first delivery', async t => {
  const destination = `/queue/${fresh()}`
  const sender = await world.connect()
  for (const body of ['held', 'waited']) await sender.receipted('SEND', { destination }, body)
  const first = await world.connect()
  first.send('SUBSCRIBE', { id: '1', destination, ack: 'client', 'activemq.prefetchSize': '1' })
  t.false((await first.expect('MESSAGE')).headers.has('redelivered'))
  await first.receipted('UNSUBSCRIBE', { id: '1' })
  const second = await world.connect()
  second.send('SUBSCRIBE', { id: '1', destination })
  const again = await second.expect('MESSAGE')
  t.is(again.body.toString(), 'held')
  t.is(again.headers.get('redelivered'), 'true')
  t.false((await second.expect('MESSAGE')).headers.has('redelivered'))
})

test('S-MSG-08: there is no limit to how often a returned message is delivered', async t => {
  const destination = `/queue/${fresh()}`
  const client = await world.connect()
  await client.receipted('SEND', { destination }, 'again')
  for (let i = 0; i < 20; i++) {
    client.send('SUBSCRIBE', { id: '1', destination, ack: 'client' })
    t.is((await client.expect('MESSAGE')).headers.get('redelivered'), i === 0 ? undefined : 'true')
    await client.receipted('UNSUBSCRIBE', { id: '1' })
  }
})

test('S-MSG-09, S-MSG-10: an empty body is empty, and numbers and booleans in properties are text', async t => {
  const message = await delivered(world, { number: '42', flag: 'true', real: '1.50' })
  t.is(message.body.length, 0)
  t.is(message.headers.get('number'), '42')
  t.is(message.headers.get('flag'), 'true')
  t.is(message.headers.get('real'), '1.50')
})

test('S-LIM-09: a text of 3 MB goes in and out unchanged', async t => {
  const body = 'ab漢'.repeat(600_000)
  t.true((await delivered(world, {}, body)).body.equals(Buffer.from(body)))
})

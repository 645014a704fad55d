import { once } from 'node:events'
import { createServer } from 'node:net'
import test from 'ava'
import { betweenLooks } from './looking.ts'
import { World, brokerXml, deadlineMs, type Client } from './world.ts'

const world = new World()
test.before(async () => void (await world.start(brokerXml())))
test.after.always(() => world.end())

const INVALID = 'received a duplicate CONNECT or STOMP frame'

/** What the broker answers to a CONNECT with these headers. */
async function answer(headers: Readonly<Record<string, string>>, at: World = world, command = 'CONNECT') {
  const client = await at.dial()
  client.send(command, headers)
  const frame = await client.frame()
  return { client, frame }
}

/** The ERROR that ends the connection: the only frame, and then the close. */
async function onlyError(client: Client): Promise<string> {
  const frames = await client.closed()
  if (frames.length !== 1 || frames[0]?.command !== 'ERROR') {
    throw new Error(`expected one ERROR, got ${JSON.stringify(frames.map(frame => [frame.command, ...frame.lines]))}`)
  }
  return frames[0].headers.get('message') ?? ''
}

async function usable(client: Client): Promise<void> {
  await client.quiet()
}

for (const version of ['1.0', '1.1', '1.2']) {
  for (const command of ['CONNECT', 'STOMP']) {
    test(`S-CON-01: ${command} without host and login opens a ${version} connection`, async t => {
      const { client, frame } = await answer({ 'accept-version': version }, world, command)
      t.is(frame.command, 'CONNECTED')
      t.is(frame.headers.get('version'), version)
      client.version = version
      await usable(client)
    })
  }
}

test('S-CON-01: body and content-length of a CONNECT are ignored', async t => {
  const client = await world.dial()
  client.raw('CONNECT\ncontent-length:2\naccept-version:1.2\n\nmuch longer body\0')
  t.is((await client.expect('CONNECTED')).body.length, 0)
  await usable(client)
})

const versions: readonly (readonly [string | undefined, string])[] = [
  [undefined, '1.0'],
  ['1.0', '1.0'],
  ['1.0,1.1', '1.1'],
  ['1.2,1.1,1.0', '1.2'],
  ['  1.1  ', '1.1'],
  ['1.0, 1.1, 1.2', '1.0'],
  ['1.1,', '1.1'],
  ['9.9,1.1,0.1', '1.1'],
]
for (const [offer, agreed] of versions) {
  test(`S-CON-02: accept-version ${offer === undefined ? 'absent' : `"${offer}"`} agrees on ${agreed}`, async t => {
    const { frame } = await answer(offer === undefined ? {} : { 'accept-version': offer })
    t.is(frame.headers.get('version'), agreed)
  })
}

for (const value of ['9.9', '', '2.0,3.0', 'x']) {
  test(`S-CON-03, S-ERR-02: accept-version "${value}" has nothing in common and is fatal`, async t => {
    const client = await world.dial()
    client.send('CONNECT', { 'accept-version': value, receipt: 'c1' })
    const frames = await client.closed()
    t.deepEqual(
      frames.map(({ command }) => command),
      ['ERROR'],
    )
    t.is(
      frames[0]?.headers.get('message'),
      `Invalid Protocol version[${value}], supported versions are: [1.2, 1.1, 1.0]`,
    )
    t.is(frames[0]?.headers.get('receipt-id'), 'c1')
  })
}

test('S-CON-04: CONNECTED has version, heart-beat, session and server, nothing else, and no body', async t => {
  for (const headers of [{}, { 'accept-version': '1.2', 'client-id': 'four', host: 'h', login: 'l' }]) {
    const { frame, client } = await answer(headers)
    t.deepEqual([...frame.headers.keys()].toSorted(), ['heart-beat', 'server', 'session', 'version'])
    t.is(frame.headers.get('heart-beat'), '0,0')
    t.is(frame.lines.length, 4)
    t.is(frame.body.length, 0)
    client.destroy()
  }
})

test('S-CON-05: session is the client-id, or a generated id that no other connection has', async t => {
  t.is((await answer({ 'client-id': 'my client' })).frame.headers.get('session'), 'my client')
  t.is((await answer({ 'client-id': '' })).frame.headers.get('session'), '')
  const first = (await answer({})).frame.headers.get('session') ?? ''
  const second = (await answer({})).frame.headers.get('session') ?? ''
  t.regex(first, /^ID:[^:]+-\d+-\d+-\d+:\d+$/)
  t.not(first, second)
})

test('S-CON-05, S-FRM-12b: CONNECTED is not escaped, whatever the version', async t => {
  const { client } = await answer({ 'accept-version': '1.2' })
  const text = client.received.toString()
  t.regex(text, /\nsession:ID:/)
  t.notRegex(text, /\\c/)
})

test('S-CON-06: server begins with ActiveMQ/ and a version', async t => {
  t.regex((await answer({})).frame.headers.get('server') ?? '', /^ActiveMQ\/\d+\.\d+/)
})

test('S-CON-06: server can be set', async t => {
  const own = await new World().start(brokerXml(), { properties: { 'tandemmq.serverName': 'ActiveMQ/5.15.9' } })
  t.teardown(() => own.end())
  t.is((await answer({}, own)).frame.headers.get('server'), 'ActiveMQ/5.15.9')
})

test('S-CON-07: request-id, else receipt, comes back as response-id and receipt-id, and there is no RECEIPT', async t => {
  const cases = [
    [{ 'request-id': 'a' }, 'a'],
    [{ receipt: 'b' }, 'b'],
    [{ receipt: 'b', 'request-id': 'a' }, 'a'],
  ] as const
  for (const [headers, id] of cases) {
    const { frame, client } = await answer(headers)
    t.is(frame.headers.get('response-id'), id)
    t.is(frame.headers.get('receipt-id'), id)
    await usable(client)
  }
})

test('S-CON-08: without an authentication plugin any login is accepted', async t => {
  t.is((await answer({ login: 'nobody', passcode: 'x' })).frame.command, 'CONNECTED')
  t.is((await answer({ passcode: 'x' })).frame.command, 'CONNECTED')
})

test('S-CON-09, M-14: a client id in use is refused, and the older connection is untouched', async t => {
  const older = await world.connect({ 'client-id': 'nine' })
  const { port } = older.socket.address() as { port: number }
  const newer = await world.dial()
  newer.send('CONNECT', { 'accept-version': '1.2', 'client-id': 'nine' })
  t.is(await onlyError(newer), `Broker: test - Client: nine already connected from tcp://127.0.0.1:${port}`)
  await usable(older)
})

test('S-CON-09: a client id is free again after DISCONNECT and after a socket close', async t => {
  const first = await world.connect({ 'client-id': 'again' })
  first.send('DISCONNECT')
  await first.closed()
  const second = await world.connect({ 'client-id': 'again' })
  second.destroy()
  // The close reaches the broker a moment after it happened here.
  for (const end = Date.now() + deadlineMs; ;) {
    const { frame, client } = await answer({ 'client-id': 'again' })
    client.destroy()
    if (frame.command === 'CONNECTED') break
    if (Date.now() > end) return t.fail('the client id is still taken')
  }
  t.pass()
})

test('S-CON-09, LC-24: with allowLinkStealing the newer connection wins and the older is closed without ERROR', async t => {
  const own = await new World().start(
    brokerXml({ connectors: { stomp: 'stomp://127.0.0.1:0?allowLinkStealing=true' } }),
  )
  t.teardown(() => own.end())
  const older = await own.connect({ 'client-id': 'nine' })
  const newer = await own.connect({ 'client-id': 'nine' })
  t.deepEqual(await older.closed(), [])
  await usable(newer)
  const third = await own.connect({ 'client-id': 'nine' })
  t.deepEqual(await newer.closed(), [])
  await usable(third)
})

test('S-CON-10, S-CON-12: host is any text, and activemq.* headers of CONNECT are ignored', async t => {
  const { client, frame } = await answer({ host: 'no such host', 'activemq.prefetchSize': '0', 'activemq.x': 'y' })
  t.is(frame.command, 'CONNECTED')
  client.send('SUBSCRIBE', { destination: '/queue/ten', id: '1' })
  client.send('SEND', { destination: '/queue/ten' }, 'arrives')
  t.is((await client.expect('MESSAGE')).body.toString(), 'arrives')
})

const SIMPLE = `<plugins><simpleAuthenticationPlugin><users>
  <authenticationUser username="system" password="manager" groups="users,admins"/>
</users></simpleAuthenticationPlugin></plugins>`

test('S-CON-08: with simpleAuthenticationPlugin a wrong login is refused with the exact text', async t => {
  const own = await new World().start(brokerXml({ body: SIMPLE }))
  t.teardown(() => own.end())
  const cases = [
    [{ login: 'system', passcode: 'wrong' }, 'system'],
    [{ login: 'dejanb', passcode: 'manager' }, 'dejanb'],
    [{ login: 'system' }, 'system'],
    [{ passcode: 'manager' }, 'null'],
    [{}, 'null'],
  ] as const
  for (const [headers, shown] of cases) {
    const client = await own.dial()
    client.send('CONNECT', { 'accept-version': '1.2', ...headers, receipt: 'c:1' })
    const [error, ...rest] = await client.closed()
    const text = `User name [${shown}] or password is invalid.`
    t.is(error?.command, 'ERROR')
    t.deepEqual(rest, [])
    t.is(error?.headers.get('message'), text)
    t.is(error?.body.toString(), text)
    t.is(error?.headers.get('receipt-id'), 'c:1')
  }
  await usable(await own.connect({ login: 'system', passcode: 'manager' }))
  const log = own.lines.join('\n')
  t.false(log.includes('manager') || log.includes('wrong'), log)
})

test('S-CON-11: heart-beat is checked before the password', async t => {
  const own = await new World().start(brokerXml({ body: SIMPLE }))
  t.teardown(() => own.end())
  const client = await own.dial()
  client.send('CONNECT', { login: 'system', passcode: 'wrong', 'heart-beat': 'never' })
  t.is(await onlyError(client), 'Invalid heart-beat header:never')
})

test('S-CON-13: frames in the same segment as CONNECT are read by the agreed version', async t => {
  const client = await world.dial()
  client.raw(
    'CONNECT\naccept-version:1.2\n\n\0\n' +
      'SUBSCRIBE\nid:1\ndestination:/queue/thirteen\n\n\0\n' +
      'SEND\ndestination:/queue/thirteen\nspace: x \ncr:a\\rb\n\nbody\0\n',
  )
  await client.expect('CONNECTED')
  client.version = '1.2'
  const message = await client.expect('MESSAGE')
  t.is(message.headers.get('space'), ' x ')
  t.is(message.headers.get('cr'), 'a\rb')
})

test('S-CON-13: without accept-version they are read by 1.0 rules', async t => {
  const client = await world.dial()
  client.raw(
    'CONNECT\n\n\0SUBSCRIBE\nid:1\ndestination:/queue/thirteen0\n\n\0SEND\ndestination:/queue/thirteen0\nspace: x \n\nbody\0',
  )
  await client.expect('CONNECTED')
  t.is((await client.expect('MESSAGE')).headers.get('space'), 'x')
})

test('S-CON-14: 500 connects and disconnects leave nothing behind', async t => {
  const own = await new World().start(brokerXml())
  t.teardown(() => own.end())
  const { broker } = own.running
  const queues = [...broker.registry.queues()].length
  for (let round = 0; round < 10; round++) {
    const clients = await Promise.all(Array.from({ length: 50 }, (_, n) => own.connect({ 'client-id': `c${n}` })))
    for (const [n, client] of clients.entries()) {
      client.send('SUBSCRIBE', { id: '1', destination: `/temp-queue/t${n}` })
      client.send('SUBSCRIBE', { id: '2', destination: '/queue/shared', ack: 'client' })
      client.send('BEGIN', { transaction: 'open' })
      client.send('SEND', { destination: '/queue/shared', transaction: 'open' }, 'never committed')
    }
    await Promise.all(
      clients.map(async (client, n) => {
        if (n % 2 === 0) {
          await client.receipted('DISCONNECT')
          await client.closed()
        } else {
          await client.receipted('BEGIN', { transaction: 'second' })
          client.destroy()
        }
      }),
    )
    await until(() => broker.sessions.size === 0)
  }
  t.is(broker.sessions.size, 0)
  t.is([...broker.registry.queues()].length, queues + 1, 'temporary queues are gone, /queue/shared stays')
  const reader = await own.connect()
  reader.send('SUBSCRIBE', { id: '1', destination: '/queue/shared' })
  await reader.quiet()
})

test('S-CON-14: DISCONNECT under load neither hangs nor harms others', async t => {
  const own = await new World().start(brokerXml())
  t.teardown(() => own.end())
  const senders = await Promise.all(Array.from({ length: 8 }, () => own.connect()))
  const readers = await Promise.all(Array.from({ length: 8 }, () => own.connect()))
  for (const reader of readers) reader.send('SUBSCRIBE', { id: '1', destination: '/queue/load', ack: 'client' })
  for (const sender of senders) {
    for (let n = 0; n < 500; n++) sender.send('SEND', { destination: '/queue/load', persistent: 'true' }, `m${n}`)
    sender.send('DISCONNECT', { receipt: 'bye' })
  }
  for (const reader of readers) reader.send('DISCONNECT', { receipt: 'bye' })
  for (const client of [...senders, ...readers]) {
    const frames = await client.closed()
    const receipts = frames.filter(({ command }) => command === 'RECEIPT')
    t.is(receipts.length, 1)
  }
  await until(() => own.running.broker.sessions.size === 0)
  // Nothing was acknowledged, so everything is still there.
  const reader = await own.connect()
  reader.send('SUBSCRIBE', { id: '1', destination: '/queue/load', 'activemq.prefetchSize': '4000' })
  for (let n = 0; n < 4000; n++) await reader.expect('MESSAGE')
  await reader.quiet()
})

test('S-CON-15: stopping the broker with clients connected frees the port', async t => {
  const own = await new World().start(brokerXml())
  const port = own.port()
  const clients = await Promise.all([own.connect(), own.connect(), own.dial()])
  await own.stop()
  for (const client of clients) t.deepEqual(await client.closed(), [], 'closed without an ERROR')
  const server = createServer()
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  server.close()
  await own.end()
})

for (const command of ['SEND', 'SUBSCRIBE', 'UNSUBSCRIBE', 'ACK', 'NACK', 'BEGIN', 'COMMIT', 'ABORT', 'DISCONNECT']) {
  test(`S-CON-16, S-ERR-02: ${command} before CONNECT is fatal`, async t => {
    const client = await world.dial()
    client.send(command, { destination: '/queue/sixteen', id: '1', transaction: 't' }, 'x')
    t.is(
      await onlyError(client),
      "StompWireFormat is configured for 'server' mode and received an unexpected frame before CONNECT or STOMP frame: " +
        command,
    )
  })
}

for (const command of ['CONNECT', 'STOMP']) {
  test(`S-CON-17, S-ERR-02: a second ${command} is fatal`, async t => {
    const client = await world.connect()
    client.send(command, { 'accept-version': '1.2' })
    t.true((await onlyError(client)).includes(INVALID))
  })
}

test('S-CON-18: a failed CONNECT has no second try on the same socket', async t => {
  const client = await world.dial()
  client.raw('CONNECT\naccept-version:9\n\n\0CONNECT\naccept-version:1.2\n\n\0')
  t.regex(await onlyError(client), /^Invalid Protocol version\[9\]/)
})

/** Waits until a fact about the broker holds; each look lets its sockets do their work first. */
async function until(fact: () => boolean): Promise<void> {
  const end = Date.now() + deadlineMs
  for (let looks = 0; !fact(); looks++) {
    if (Date.now() > end) throw new Error(`never became true: ${fact.toString()}`)
    await betweenLooks(looks)
  }
}

import { connect } from 'node:net'
import test from 'ava'
import { eventually } from './twins.ts'
import { Client, World, brokerXml } from './world.ts'

const world = new World()
test.before(async () => void (await world.start(brokerXml())))
test.after.always(() => world.end())

test('S-RCP-01: every frame but CONNECT is answered by one RECEIPT with receipt-id and nothing else', async t => {
  const client = await world.connect()
  const destination = '/queue/receipts1'
  const answer = async (command: string, headers: Readonly<Record<string, string>>): Promise<void> => {
    const frame = await client.receipted(command, headers)
    t.deepEqual([...frame.headers.keys()], ['receipt-id'], command)
    t.is(frame.body.length, 0)
  }
  await answer('SEND', { destination })
  await answer('BEGIN', { transaction: 'a' })
  await answer('SEND', { destination, transaction: 'a', persistent: 'true' })
  await answer('COMMIT', { transaction: 'a' })
  await answer('BEGIN', { transaction: 'a' })
  await answer('ABORT', { transaction: 'a' })
  await answer('SUBSCRIBE', { destination, id: '1', ack: 'client-individual' })
  const first = await client.expect('MESSAGE')
  const second = await client.expect('MESSAGE')
  await answer('ACK', { id: first.headers.get('ack') ?? '' })
  await answer('NACK', { id: second.headers.get('ack') ?? '' })
  await answer('UNSUBSCRIBE', { id: '1' })
  await answer('DISCONNECT', {})
  t.deepEqual(await client.closed(), [])
})

for (const version of ['1.0', '1.1', '1.2']) {
  test(`S-RCP-01: in ${version} the receipt comes back verbatim, also when empty or escaped`, async t => {
    const client = await world.connect({ 'accept-version': version })
    const values = ['plain', '', 'a\\cb\\\\c', 'äß€😀', '0'.repeat(5000), ...(version === '1.0' ? [] : [' space '])]
    for (const value of values) {
      client.send('SEND', { destination: '/topic/nobody', receipt: value })
      const frame = await client.expect('RECEIPT')
      const shown =
        version === '1.0' ? value.replace(/\\(.)/g, (_, letter: string) => (letter === 'c' ? ':' : letter)) : value
      t.true(frame.lines[0] === `receipt-id:${shown}`, frame.lines[0])
    }
  })
}

test('S-RCP-01: a frame that fails is answered by ERROR with receipt-id, and by no RECEIPT', async t => {
  const client = await world.connect()
  client.send('SEND', { receipt: 'failed' })
  t.is((await client.expect('ERROR')).headers.get('receipt-id'), 'failed')
  await client.quiet()
})

test('S-RCP-02: receipts of one connection come in the order of its frames', async t => {
  const client = await world.connect()
  const kinds = ['true', 'false']
  for (let n = 0; n < 300; n++) {
    const destination = n % 3 === 0 ? '/topic/order' : '/queue/order'
    client.send('SEND', { destination, persistent: kinds[n % 2] ?? '', receipt: String(n) }, `${n}`)
  }
  for (let n = 0; n < 300; n++) t.is((await client.expect('RECEIPT')).headers.get('receipt-id'), String(n))
})

test('S-RCP-02: receipted and plain SENDs may alternate, inside a transaction too', async t => {
  const client = await world.connect()
  await client.receipted('BEGIN', { transaction: 't' })
  for (let n = 0; n < 20; n++) {
    const receipt = n % 2 === 0 ? { receipt: String(n) } : {}
    client.send('SEND', { destination: '/queue/mixed', transaction: 't', ...receipt }, String(n))
  }
  for (let n = 0; n < 20; n += 2) t.is((await client.expect('RECEIPT')).headers.get('receipt-id'), String(n))
  await client.receipted('COMMIT', { transaction: 't' })
  client.send('SUBSCRIBE', { id: '1', destination: '/queue/mixed' })
  for (let n = 0; n < 20; n++) t.is((await client.expect('MESSAGE')).body.toString(), String(n))
})

test('S-RCP-03: a full broker withholds receipts and stops reading, others go on, and space ends the wait', async t => {
  const memory = '<memoryUsage><memoryUsage limit="1 mb"/></memoryUsage>'
  const own = await new World().start(
    brokerXml({
      attributes: 'persistent="false"',
      body: `<systemUsage><systemUsage>${memory}</systemUsage></systemUsage>`,
    }),
  )
  t.teardown(() => own.end())
  const body = 'x'.repeat(100_000)
  const destination = '/queue/full'
  const filler = await own.connect()
  for (let n = 0; n < 11; n++) await filler.receipted('SEND', { destination, n: String(n) }, body)
  filler.send('SEND', { destination, n: '11', receipt: 'late' }, body)
  const blocked = await own.connect()
  blocked.send('SEND', { destination, n: '12' }, body)
  blocked.send('SEND', { destination, n: '13', receipt: 'later' }, body)
  // Other connections come and work meanwhile, long enough for a RECEIPT that must not come.
  for (let n = 0; n < 20; n++) {
    const other = await own.connect()
    await other.quiet()
    other.destroy()
  }
  t.false(filler.received.toString('latin1').includes('receipt-id:late\n'))
  t.false(blocked.received.toString('latin1').includes('receipt-id:later\n'))
  const reader = await own.connect()
  reader.send('SUBSCRIBE', { id: '1', destination })
  const seen: number[] = []
  for (let n = 0; n < 14; n++) seen.push(Number((await reader.expect('MESSAGE')).headers.get('n')))
  t.deepEqual(
    seen.filter(n => n < 12),
    Array.from({ length: 12 }, (_, n) => n),
  )
  t.deepEqual(
    seen.filter(n => n > 11),
    [12, 13],
  )
  t.is((await filler.expect('RECEIPT')).headers.get('receipt-id'), 'late')
  t.is((await blocked.expect('RECEIPT')).headers.get('receipt-id'), 'later')
})

test('S-RCP-04: receipt is neither stored nor echoed in MESSAGE', async t => {
  const client = await world.connect()
  await client.receipted('SEND', { destination: '/queue/receipts4', own: 'kept' })
  client.send('SUBSCRIBE', { id: '1', destination: '/queue/receipts4' })
  const { headers } = await client.expect('MESSAGE')
  t.is(headers.get('own'), 'kept')
  t.false(headers.has('receipt'))
  t.false(headers.has('receipt-id'))
})

test('S-DIS-01: DISCONNECT gives one RECEIPT if asked, closes the socket, and ignores what follows', async t => {
  const watch = await world.connect()
  await watch.receipted('SUBSCRIBE', { id: '1', destination: '/queue/after' })
  for (const headers of [{}, { receipt: 'bye' }, { receipt: 'bye', 'client-id': 'x', reason: 'tired' }]) {
    const client = await world.connect()
    client.send('DISCONNECT', headers)
    client.send('SEND', { destination: '/queue/after', receipt: 'no' }, 'too late')
    const frames = await client.closed()
    t.deepEqual(
      frames.map(frame => [frame.command, frame.headers.get('receipt-id')]),
      'receipt' in headers ? [['RECEIPT', 'bye']] : [],
    )
  }
  await watch.quiet()
})

test('S-DIS-01: a client that closes its sending side with the DISCONNECT still gets the RECEIPT', async t => {
  const socket = connect({ port: world.port(), host: '127.0.0.1', allowHalfOpen: true })
  const client = new Client(socket)
  socket.end(
    'CONNECT\naccept-version:1.2\n\n\0SEND\ndestination:/queue/half\npersistent:true\nreceipt:s\n\nkept\0DISCONNECT\nreceipt:bye\n\n\0',
  )
  t.deepEqual(
    (await client.closed()).map(frame => [frame.command, frame.headers.get('receipt-id')]),
    [
      ['CONNECTED', undefined],
      ['RECEIPT', 's'],
      ['RECEIPT', 'bye'],
    ],
  )
})

test('S-DIS-01: a client that closes its sending side without DISCONNECT gets the RECEIPT of what it sent', async t => {
  const socket = connect({ port: world.port(), host: '127.0.0.1', allowHalfOpen: true })
  const client = new Client(socket)
  socket.end('CONNECT\naccept-version:1.2\n\n\0SEND\ndestination:/queue/half2\npersistent:true\nreceipt:s\n\nkept\0')
  const frames = await client.closed()
  t.is(frames.at(-1)?.headers.get('receipt-id'), 's')
})

for (const way of ['DISCONNECT', 'close', 'reset'] as const) {
  test(`S-DIS-02: ${way} rolls back, gives back in order ahead of waiting ones, and removes temporary queues`, async t => {
    const destination = `/queue/gone-${way}`
    const client = await world.connect()
    for (const body of ['1', '2', '3', '4', '5']) await client.receipted('SEND', { destination }, body)
    client.send('SUBSCRIBE', { id: '1', destination, ack: 'client', 'activemq.prefetchSize': '3' })
    for (let n = 0; n < 3; n++) await client.expect('MESSAGE')
    await client.receipted('BEGIN', { transaction: 't' })
    await client.receipted('SEND', { destination, transaction: 't' }, 'rolled back')
    await client.receipted('SUBSCRIBE', { id: '2', destination: '/temp-queue/mine' })
    await client.receipted('SEND', { destination: `/queue/replies-${way}`, 'reply-to': '/temp-queue/mine' })
    const next = await world.connect()
    next.send('SUBSCRIBE', { id: 'r', destination: `/queue/replies-${way}` })
    const replyTo = (await next.expect('MESSAGE')).headers.get('reply-to') ?? ''
    t.regex(replyTo, /^\/remote-temp-queue\//)
    const before = world.running.broker.sessions.size
    if (way === 'DISCONNECT') {
      await client.receipted('DISCONNECT')
      await client.closed()
    } else if (way === 'close') client.destroy()
    else client.socket.resetAndDestroy()
    await eventually('the session has gone', () => world.running.broker.sessions.size < before)
    next.send('SUBSCRIBE', { id: '1', destination })
    const seen: [string, string | undefined][] = []
    for (let n = 0; n < 5; n++) {
      const { body, headers } = await next.expect('MESSAGE')
      seen.push([body.toString(), headers.get('redelivered')])
    }
    t.deepEqual(seen, [
      ['1', 'true'],
      ['2', 'true'],
      ['3', 'true'],
      ['4', undefined],
      ['5', undefined],
    ])
    next.send('SEND', { destination: replyTo.replaceAll(':', '\\c') })
    t.is((await next.expect('ERROR')).headers.get('message'), replyTo.replace('/remote-temp-queue/', 'temp-queue://'))
    await next.quiet()
  })
}

test('S-DIS-02: a close right behind many SENDs loses none of them', async t => {
  const socket = connect(world.port(), '127.0.0.1')
  const frames = Array.from({ length: 5000 }, (_, n) => `SEND\ndestination:/queue/many\npersistent:true\n\n${n}\0`)
  socket.end(`CONNECT\n\n\0${frames.join('')}`)
  socket.resume()
  const reader = await world.connect()
  reader.send('SUBSCRIBE', { id: '1', destination: '/queue/many' })
  for (let n = 0; n < 5000; n++) t.is((await reader.expect('MESSAGE')).body.toString(), String(n))
})

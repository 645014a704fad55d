import test from 'ava'
import { World, brokerXml, deadlineMs, type Client } from './world.ts'

const world = new World()
test.before(async () => {
  await world.start(
    brokerXml({
      connectors: {
        stomp: 'stomp://127.0.0.1:0',
        defaulted: 'stomp://127.0.0.1:0?transport.defaultHeartBeat=150,60',
        graceful: 'stomp://127.0.0.1:0?transport.hbGracePeriodMultiplier=4',
        quiet: 'stomp://127.0.0.1:0?transport.useKeepAlive=false',
      },
    }),
  )
})
test.after.always(() => world.end())

/** Resolves at the end of the connection with the ms since `from`. */
async function lifetime(client: Client, from: number): Promise<number> {
  const frames = await client.closed()
  if (frames.length > 0) throw new Error(`expected a close without a frame, got ${frames[0]?.command}`)
  return performance.now() - from
}

/** Resolves when the broker has sent so many line feeds outside of frames. */
async function beats(client: Client, count: number): Promise<void> {
  const end = performance.now() + deadlineMs
  const seen = (): number => client.received.toString('latin1').replace(/[A-Z]+\n[^\0]*\0\n/g, '').length
  while (seen() < count) {
    if (performance.now() > end) throw new Error(`${seen()} heart-beats came instead of ${count}`)
    await new Promise(resolve => client.socket.once('data', resolve))
  }
}

for (const value of ['0', '0,', 'a,b', '1,2,3', '1, 2', '', '1.5,2', '99999999999999999999,0', ',', '0x10,0']) {
  test(`S-HB-01, S-ERR-02: heart-beat "${value}" is fatal`, async t => {
    const client = await world.dial()
    client.send('CONNECT', { 'heart-beat': ` ${value} `, receipt: 'c' })
    const frames = await client.closed()
    t.is(frames.length, 1)
    t.is(frames[0]?.command, 'ERROR')
    t.is(frames[0]?.headers.get('message'), `Invalid heart-beat header:${value}`)
    t.true(frames[0]?.body.toString().includes(`Invalid heart-beat header:${value}`))
  })
}

for (const [version, value, reply] of [
  ['1.0', '40000,50000', '50000,40000'],
  ['1.1', ' 1,2 ', '2,1'],
  ['1.2', '+7000,0,,', '0,7000'],
  ['1.2', '9223372036854775807,0', '0,9223372036854775807'],
] as const) {
  test(`S-HB-01, S-HB-03: in ${version} "${value}" is answered by its mirror`, async t => {
    const client = await world.dial()
    client.send('CONNECT', { 'accept-version': version, 'heart-beat': value })
    t.is((await client.expect('CONNECTED')).headers.get('heart-beat'), reply)
  })
}

test('S-HB-02: without the header the connector default holds, for the answer and for the timers', async t => {
  const client = await world.dial('defaulted')
  const from = performance.now()
  client.send('CONNECT')
  t.is((await client.expect('CONNECTED')).headers.get('heart-beat'), '60,150')
  await beats(client, 1)
  const ms = await lifetime(client, from)
  t.true(ms >= 150, `closed after ${ms} ms`)
})

test('S-HB-02: an explicit 0,0 wins over the connector default', async t => {
  const client = await world.dial('defaulted')
  client.send('CONNECT', { 'accept-version': '1.2', 'heart-beat': '0,0' })
  t.is((await client.expect('CONNECTED')).headers.get('heart-beat'), '0,0')
  client.version = '1.2'
  // Others that do use the default come and go in the meantime.
  for (let n = 0; n < 3; n++) await lifetime(await world.connect({}, 'defaulted'), 0)
  await client.quiet()
})

test('S-HB-04: the broker sends line feeds in the wanted interval, however long nothing else happens', async t => {
  const client = await world.connect({ 'heart-beat': '0,50' })
  const from = performance.now()
  await beats(client, 10)
  const ms = performance.now() - from
  t.true(ms >= 10 * 25, `ten beats within ${ms} ms are too many`)
  t.true(ms <= 10 * 50 * 5, `ten beats took ${ms} ms`)
})

test('S-HB-04: useKeepAlive=false suppresses the line feeds', async t => {
  const silent = await world.connect({ 'heart-beat': '0,20' }, 'quiet')
  await beats(await world.connect({ 'heart-beat': '0,20' }), 20)
  await silent.quiet()
  t.false(silent.received.toString('latin1').includes('\0\n\n'), JSON.stringify(silent.received.toString('latin1')))
})

test('S-HB-05: line ends, frames and single bytes of a frame keep a connection open', async t => {
  const client = await world.connect({ 'heart-beat': '300,0' })
  const bytes = Buffer.from('\n\r\nBEGIN\ntransaction:t\nreceipt:dribbled\n\n\0')
  const from = performance.now()
  for (const byte of bytes) {
    await new Promise(resolve => setTimeout(resolve, 60))
    client.raw(new Uint8Array([byte]))
  }
  t.is((await client.expect('RECEIPT')).headers.get('receipt-id'), 'dribbled')
  t.true(performance.now() - from > 3 * 300, 'it took longer than a silent client would have lived')
})

test('S-HB-06: a silent client is dropped without ERROR, not before its interval', async t => {
  const client = await world.connect({ 'heart-beat': '200,0' })
  const from = performance.now()
  const ms = await lifetime(client, from)
  t.true(ms >= 190, `closed after ${ms} ms`)
  t.true(world.lines.some(line => line.includes('no heart-beat')))
})

test('S-HB-06, S-DIS-02: what a dropped client had unacknowledged goes to the next', async t => {
  const client = await world.connect({ 'heart-beat': '150,0' })
  client.send('SUBSCRIBE', { id: '1', destination: '/queue/dropped', ack: 'client' })
  client.send('SEND', { destination: '/queue/dropped' }, 'kept')
  await client.expect('MESSAGE')
  await client.closed()
  const next = await world.connect()
  next.send('SUBSCRIBE', { id: '1', destination: '/queue/dropped' })
  const message = await next.expect('MESSAGE')
  t.is(message.body.toString(), 'kept')
  t.is(message.headers.get('redelivered'), 'true')
})

test('S-HB-07: the grace multiplier stretches the check, and CONNECTED shows the raw numbers', async t => {
  const client = await world.dial('graceful')
  client.send('CONNECT', { 'heart-beat': '100,0' })
  t.is((await client.expect('CONNECTED')).headers.get('heart-beat'), '0,100')
  const ms = await lifetime(client, performance.now())
  t.true(ms >= 390, `closed after ${ms} ms`)
})

test('S-HB-08: a negative number disables heart-beating, or is refused like any invalid header', async t => {
  for (const value of ['-1,50', '50,-1']) {
    const client = await world.dial()
    client.send('CONNECT', { 'accept-version': '1.2', 'heart-beat': value })
    const frame = await client.frame()
    if (frame.command === 'ERROR') {
      t.is(frame.headers.get('message'), `Invalid heart-beat header:${value}`)
      continue
    }
    t.is(frame.headers.get('heart-beat'), value.split(',').toReversed().join(','))
    await beats(await world.connect({ 'heart-beat': '0,20' }), 10)
    client.version = '1.2'
    await client.quiet()
    t.false(client.received.toString('latin1').includes('\0\n\n'))
  }
})

test('S-HB-09: with 0,0 a connection idles while others are dropped', async t => {
  const idle = await world.connect({ 'heart-beat': '0,0' })
  for (let n = 0; n < 5; n++) await (await world.connect({ 'heart-beat': '60,0' })).closed()
  await idle.quiet()
  t.pass()
})

test('S-RCP-03, S-HB-06: a sender that waits for space is not taken for dead', async t => {
  const own = await new World().start(
    brokerXml({
      attributes: 'persistent="false"',
      body: '<systemUsage><systemUsage><memoryUsage><memoryUsage limit="1 mb"/></memoryUsage></systemUsage></systemUsage>',
    }),
  )
  t.teardown(() => own.end())
  const sender = await own.connect({ 'heart-beat': '100,0' })
  const body = 'x'.repeat(100_000)
  for (let n = 0; n < 11; n++) await sender.receipted('SEND', { destination: '/queue/full', n: String(n) }, body)
  for (let n = 11; n < 20; n++) sender.send('SEND', { destination: '/queue/full', n: String(n) }, body)
  const beating = setInterval(() => sender.raw('\n'), 50)
  t.teardown(() => clearInterval(beating))
  // While the sender waits, clients that really are silent come and go.
  const idle = await own.connect({ 'heart-beat': '100,0' })
  await idle.closed()
  await (await own.connect({ 'heart-beat': '100,0' })).closed()
  const reader = await own.connect()
  reader.send('SUBSCRIBE', { id: '1', destination: '/queue/full' })
  for (let n = 0; n < 20; n++) t.is((await reader.expect('MESSAGE')).headers.get('n'), String(n))
  await sender.quiet()
})

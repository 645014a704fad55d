import test from 'ava'
import { dialTls, SSL_CONTEXT } from './tls.ts'
import { World, brokerXml, type Client, type WireFrame } from './world.ts'

const FOUR = ['stomp', 'stomp+nio', 'stomp+ssl', 'stomp+nio+ssl'] as const
const world = new World()
test.before(async () => {
  const connectors: Record<string, string> = {}
  for (const scheme of FOUR) {
    connectors[`data ${scheme}`] = `${scheme}://127.0.0.1:0?wireFormat.maxDataLength=1000`
    connectors[`frame ${scheme}`] = `${scheme}://127.0.0.1:0?wireFormat.maxFrameSize=500`
    connectors[`slow ${scheme}`] =
      `${scheme}://127.0.0.1:0?transport.connectAttemptTimeout=${scheme.includes('ssl') ? 1500 : 400}`
  }
  connectors['transport'] = 'stomp://127.0.0.1:0?transport.maxDataLength=1000&transport.maxFrameSize=2000'
  connectors['patient'] = 'stomp://127.0.0.1:0?transport.connectAttemptTimeout=0'
  connectors['two'] = 'stomp://127.0.0.1:0?maximumConnections=2'
  connectors['plain'] = 'stomp://127.0.0.1:0'
  await world.start(brokerXml({ body: SSL_CONTEXT, connectors }))
})
test.after.always(() => world.end())

const dial = (name: string): Promise<Client> => (name.includes('ssl') ? dialTls(world, name) : world.dial(name))

async function connect(name: string): Promise<Client> {
  const client = await dial(name)
  client.send('CONNECT', { 'accept-version': '1.2' })
  await client.expect('CONNECTED')
  client.version = '1.2'
  return client
}

/** The one ERROR that ends the connection: its message. */
async function fatal(client: Client): Promise<string> {
  const frames: WireFrame[] = await client.closed()
  if (frames.length !== 1 || frames[0]?.command !== 'ERROR')
    throw new Error(`expected one ERROR, got ${frames.map(frame => frame.command).join(' ') || 'nothing'}`)
  if (frames[0].headers.has('receipt-id')) throw new Error('it carries a receipt-id')
  return frames[0].headers.get('message') ?? ''
}

const DATA = 'The maximum data length was exceeded'
const FRAME = 'The maximum frame size was exceeded'
const HEADERS = 'The maximum frame size was exceeded while processing headers.'

for (const scheme of FOUR) {
  test(`S-LIM-04, S-LIM-06: ${scheme} judges an announced length before the body comes, and the limit is inclusive`, async t => {
    const client = await connect(`data ${scheme}`)
    await client.receipted('SEND', { destination: '/topic/x', 'content-length': '1000' }, 'x'.repeat(1000))
    client.raw('SEND\ndestination:/topic/x\ncontent-length:1001\nreceipt:r\n\n')
    t.is(await fatal(client), DATA)
  })

  test(`S-LIM-04: ${scheme} cuts a NUL-terminated body off while it streams`, async t => {
    const client = await connect(`data ${scheme}`)
    await client.receipted('SEND', { destination: '/topic/x' }, 'x'.repeat(1001))
    client.raw('SEND\ndestination:/topic/x\n\n' + 'x'.repeat(1002))
    t.is(await fatal(client), DATA)
  })

  test(`S-LIM-05, S-LIM-06: ${scheme} limits the frame: command, header lines and body together`, async t => {
    const client = await connect(`frame ${scheme}`)
    // SEND 4, destination:/topic/x 20, receipt:r1 10: 466 are left.
    await client.receipted('SEND', { destination: '/topic/x' }, 'x'.repeat(466))
    client.send('SEND', { destination: '/topic/x', receipt: 'r2' }, 'x'.repeat(467))
    t.is(await fatal(client), FRAME)
    const counted = await connect(`frame ${scheme}`)
    counted.raw('SEND\ndestination:/topic/x\ncontent-length:499\n\n')
    t.is(await fatal(counted), FRAME)
    const headers = await connect(`frame ${scheme}`)
    headers.send('SEND', { destination: '/topic/x', long: 'x'.repeat(600) })
    t.is(await fatal(headers), scheme.includes('nio') ? HEADERS : FRAME)
  })

  test(`S-LIM-06: ${scheme} applies its limits before CONNECT`, async t => {
    const client = await dial(`frame ${scheme}`)
    client.send('CONNECT', { receipt: 'r', long: 'x'.repeat(600) })
    t.regex(await fatal(client), /^The maximum frame size was exceeded/)
    const header = await dial(`data ${scheme}`)
    header.raw('CONNECT\nlong:' + 'x'.repeat(10_242))
    t.is(await fatal(header), 'The maximum header length was exceeded')
  })

  test(`S-LIM-07, K-05: ${scheme} drops whoever does not CONNECT in time, and partial bytes do not help`, async t => {
    const from = performance.now()
    const silent = await dial(`slow ${scheme}`)
    const dribbling = await dial(`slow ${scheme}`)
    const timer = setInterval(() => dribbling.raw('C'), 20)
    const patient = await connect(`slow ${scheme}`)
    t.deepEqual(await silent.closed(), [])
    t.true(performance.now() - from >= 390)
    t.deepEqual(await dribbling.closed(), [])
    clearInterval(timer)
    await patient.quiet()
  })
}

test('S-LIM-04, S-LIM-05, S-TRN-02: the limits are read with the transport prefix too', async t => {
  const data = await connect('transport')
  data.raw('SEND\ndestination:/topic/x\ncontent-length:1001\n\n')
  t.is(await fatal(data), DATA)
  const frame = await connect('transport')
  frame.send('SEND', { destination: '/topic/x', long: 'x'.repeat(1500) }, 'x'.repeat(900))
  t.is(await fatal(frame), FRAME)
})

test('S-LIM-07: a timeout of 0 waits for ever', async t => {
  const idle = await world.dial('patient')
  for (let n = 0; n < 2; n++) t.deepEqual(await (await world.dial('slow stomp')).closed(), [])
  idle.send('CONNECT', {})
  await idle.expect('CONNECTED')
})

test('S-LIM-07: a refused CONNECT does not stop the clock, and its ERROR arrives', async t => {
  const client = await world.dial('slow stomp')
  client.send('CONNECT', { 'accept-version': '7' })
  t.regex(await fatal(client), /^Invalid Protocol version/)
})

test('S-LIM-08, K-01: a connection too many is closed without a byte, and a slot is free again after a close', async t => {
  const first = await connect('two')
  const second = await connect('two')
  for (let n = 0; n < 5; n++) {
    const third = await world.dial('two')
    third.send('CONNECT', {})
    t.deepEqual(await third.closed(), [])
    t.is(third.received.length, 0)
  }
  await first.quiet()
  second.send('DISCONNECT', { receipt: 'bye' })
  await second.closed()
  // The broker sees the end of the connection a moment after this side does.
  for (let tries = 0; ; tries++) {
    const next = await world.dial('two')
    next.send('CONNECT', {})
    const frames = await Promise.race([next.closed(), next.expect('CONNECTED').then(frame => [frame])]).catch(() => [])
    if (frames.length > 0) break
    if (tries > 200) return t.fail('the slot is not free')
  }
  await first.quiet()
})

test('S-LIM-09: 3 MB of text and 8 MB of bytes pass in both directions, unchanged', async t => {
  const client = await connect('plain')
  client.send('SUBSCRIBE', { id: '1', destination: '/queue/large' })
  const text = 'Täxt…'.repeat(400_000)
  client.send('SEND', { destination: '/queue/large', persistent: 'true' }, text)
  t.true((await client.expect('MESSAGE')).body.toString() === text)
  const bytes = Buffer.alloc(8 * 1024 * 1024)
  for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 2654435761) >>> 24
  client.send('SEND', { destination: '/queue/large', 'content-length': String(bytes.length) }, bytes)
  const message = await client.expect('MESSAGE')
  t.is(message.headers.get('content-length'), String(bytes.length))
  t.true(message.body.equals(bytes))
})

import test from 'ava'
import { World, brokerXml, type Client } from './world.ts'

const world = new World()
test.before(async () => void (await world.start(brokerXml())))
test.after.always(() => world.end())

let queues = 0
const queue = (): string => `/queue/framing${++queues}`

/** Subscribed to a queue of its own, in the wanted version. */
async function reader(version: string): Promise<{ client: Client; destination: string }> {
  const client = await world.connect({ 'accept-version': version })
  const destination = queue()
  await client.receipted('SUBSCRIBE', { id: '1', destination })
  return { client, destination }
}

test('S-FRM-01: a conversation cut into single bytes is understood', async t => {
  const client = await world.dial()
  client.socket.setNoDelay(true)
  const at = queue()
  const text = `CONNECT\naccept-version:1.2\n\n\0\nSUBSCRIBE\nid:1\ndestination:${at}\n\n\0SEND\ndestination:${at}\ncontent-length:3\nk:v\\cw\n\na\0b\0`
  for (const byte of Buffer.from(text)) {
    client.raw(new Uint8Array([byte]))
    await new Promise(resolve => setImmediate(resolve))
  }
  await client.expect('CONNECTED')
  client.version = '1.2'
  const message = await client.expect('MESSAGE')
  t.is(message.body.toString(), 'a\0b')
  t.is(message.headers.get('k'), 'v:w')
})

test('S-FRM-01: a thousand frames in one segment behind CONNECT are all served, in order', async t => {
  const client = await world.dial()
  const at = queue()
  const frames = Array.from({ length: 1000 }, (_, n) => `SEND\ndestination:${at}\nreceipt:${n}\n\nbody ${n}\0`)
  client.raw(`CONNECT\naccept-version:1.2\n\n\0${frames.join('')}SUBSCRIBE\nid:1\ndestination:${at}\n\n\0`)
  await client.expect('CONNECTED')
  const receipts: string[] = []
  const bodies: string[] = []
  while (bodies.length < 1000 || receipts.length < 1000) {
    const frame = await client.frame()
    if (frame.command === 'MESSAGE') bodies.push(frame.body.toString())
    else receipts.push(frame.headers.get('receipt-id') ?? '')
  }
  t.deepEqual(
    bodies,
    Array.from({ length: 1000 }, (_, n) => `body ${n}`),
  )
  t.deepEqual(
    receipts,
    Array.from({ length: 1000 }, (_, n) => String(n)),
  )
})

test('S-FRM-02: every frame of the server ends with NUL and one LF', async t => {
  for (const version of ['1.0', '1.1', '1.2']) {
    const { client, destination } = await reader(version)
    client.send('SEND', { destination, receipt: 'a' }, 'text')
    client.send('ACK', { receipt: 'bad' })
    const seen = new Set<string>()
    for (let n = 0; n < 3; n++) seen.add((await client.frame()).command)
    client.send('DISCONNECT', { receipt: 'bye' })
    await client.closed()
    t.deepEqual([...seen].toSorted(), ['ERROR', 'MESSAGE', 'RECEIPT'])
    const text = client.received.toString('latin1')
    t.is(text.at(-1), '\n')
    // CONNECTED, RECEIPT, MESSAGE, RECEIPT, ERROR, RECEIPT
    t.is(text.split('\0\n').length - 1, 6)
    t.is(text.split('\0').length - 1, 6)
    t.notRegex(text, /\0\n\n/)
  }
})

test('S-FRM-03: LF, CRLF and NUL between frames are skipped', async t => {
  const client = await world.dial()
  client.raw('\n\r\n\r\n\r\n\0\0\n\nCONNECT\naccept-version:1.2\n\n\0\n\r\n\r\n\0\n')
  await client.expect('CONNECTED')
  client.version = '1.2'
  client.raw('\r\n\r\n\0\0\0\n\n\n')
  await client.quiet()
  t.pass()
})

test('S-FRM-04: the command line is trimmed, and commands are case-sensitive', async t => {
  for (const version of ['1.0', '1.1', '1.2']) {
    const { client, destination } = await reader(version)
    client.raw(`  \tSEND \t\r\ndestination:${destination}\n\ntrimmed\0`)
    t.is((await client.expect('MESSAGE')).body.toString(), 'trimmed')
    client.raw(`send\ndestination:${destination}\n\n\0`)
    const [error] = await client.closed()
    t.is(error?.headers.get('message'), 'Unknown STOMP action: send')
  }
})

for (const version of ['1.0', '1.2']) {
  test(`S-FRM-05: a ${version} client may end its lines with CRLF`, async t => {
    const client = await world.dial()
    const at = queue()
    client.raw(`CONNECT\r\naccept-version:${version}\r\nrequest-id:7\r\n\r\n\0\r\n`)
    const connected = await client.expect('CONNECTED')
    t.is(connected.headers.get('version'), version)
    t.is(connected.headers.get('receipt-id'), '7')
    client.version = version
    client.raw(`SUBSCRIBE\r\nid:1\r\ndestination:${at}\r\nreceipt:s\r\n\r\n\0\r\n`)
    t.is((await client.expect('RECEIPT')).headers.get('receipt-id'), 's')
    client.raw(`SEND\r\ndestination:${at}\r\nk:v\r\n\r\nline\r\nline\0\r\n`)
    const message = await client.expect('MESSAGE')
    t.is(message.headers.get('k'), 'v')
    t.is(message.body.toString(), 'line\r\nline')
  })
}

test('S-FRM-06: in 1.1 the CR of a CRLF stays in the value', async t => {
  const client = await world.dial()
  const at = queue()
  client.raw('CONNECT\r\naccept-version:1.1\r\n\r\n\0\r\n')
  t.is((await client.expect('CONNECTED')).headers.get('version'), '1.1')
  client.version = '1.1'
  client.raw(`SUBSCRIBE\r\nid:1\r\ndestination:${at}\r\nreceipt:s\r\n\r\n\0\r\n`)
  t.is((await client.expect('RECEIPT')).headers.get('receipt-id'), 's\r')
  client.raw(`SEND\r\ndestination:${at}\r\nk:v\r\n\r\nbody\0\r\n`)
  const message = await client.expect('MESSAGE')
  t.true(message.lines.includes('k:v\r'), JSON.stringify(message.lines))
  t.is(message.headers.get('subscription'), '1\r')
  t.is(message.headers.get('destination'), at)
})

/** One ERROR, then the close; answers its message. */
async function fatal(client: Client): Promise<string> {
  const frames = await client.closed()
  if (frames.length !== 1 || frames[0]?.command !== 'ERROR') {
    throw new Error(`expected one ERROR, got ${frames.map(({ command }) => command).join(' ')}`)
  }
  if (frames[0].headers.has('receipt-id')) throw new Error('a framing error carries no receipt-id')
  return frames[0].headers.get('message') ?? ''
}

for (const command of ['CONNECTED', 'MESSAGE', 'RECEIPT', 'ERROR']) {
  test(`S-FRM-22, S-ERR-02: ${command} from a client is fatal`, async t => {
    const client = await world.connect()
    client.send(command, { receipt: 'r' })
    t.is(
      await fatal(client),
      `StompWireFormat is configured for 'server' mode and received a frame that is only expected when configured for 'client' mode: ${command}`,
    )
  })
}

for (const command of ['KEEPALIVE', 'send', 'Subscribe', 'BOGUS', 'P\u00e9n']) {
  test(`S-FRM-23, S-ERR-02: ${command} is an unknown action and fatal`, async t => {
    const client = await world.connect()
    client.send(command)
    t.is(await fatal(client), `Unknown STOMP action: ${command}`)
  })
}

test('S-FRM-24: behind a fatal error nothing is processed, even if it was already sent', async t => {
  const { client: watch, destination } = await reader('1.2')
  const client = await world.connect()
  client.raw(
    `SEND\ndestination:${destination}\n\nbefore\0BOGUS\n\n\0SEND\ndestination:${destination}\nreceipt:no\n\nafter\0`,
  )
  t.is(await fatal(client), 'Unknown STOMP action: BOGUS')
  t.is((await watch.expect('MESSAGE')).body.toString(), 'before')
  await watch.quiet()
})

import { createServer, request, type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client as StompJs } from '@stomp/stompjs'
import test, { type ExecutionContext } from 'ava'
import { WebSocket, type ClientOptions } from 'ws'
import { Strangers } from '../../src/transport/strangers.ts'
import { serveWebSockets } from '../../src/transport/websocket.ts'
import { started } from './consuming.ts'
import { SSL_CONTEXT, tlsFile } from './tls.ts'
import { World, brokerXml, deadlineMs } from './world.ts'

/** A WebSocket client that shows the text messages it gets, one after the other. */
class Page {
  readonly socket: WebSocket
  readonly binary: boolean[] = []
  readonly #messages: string[] = []
  #wake: (() => void) | null = null
  #closed = false

  constructor(socket: WebSocket) {
    this.socket = socket
    socket.on('message', (data, isBinary) => {
      this.binary.push(isBinary)
      this.#messages.push((data as Buffer).toString('utf8')) // `ws` gives one Buffer unless told otherwise
      this.#wake?.()
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#closed = true
      this.#wake?.()
    })
  }

  /** The next message; null: the connection closed. */
  async next(): Promise<string | null> {
    const late = setTimeout(() => this.socket.terminate(), deadlineMs)
    while (this.#messages.length === 0 && !this.#closed) await new Promise<void>(wake => (this.#wake = wake))
    clearTimeout(late)
    return this.#messages.shift() ?? null
  }

  /** The next message that is no heart-beat. */
  async frame(): Promise<string> {
    for (;;) {
      const text = await this.next()
      if (text !== '\n') return text ?? ''
    }
  }

  send(command: string, headers: Readonly<Record<string, string>> = {}, body = ''): void {
    const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`)
    this.socket.send(`${command}\n${lines.join('')}\n${body}\0`)
  }

  async connected(headers: Readonly<Record<string, string>> = {}): Promise<this> {
    this.send('CONNECT', { 'accept-version': '1.2', ...headers })
    const answer = await this.frame()
    if (!answer.startsWith('CONNECTED\n')) throw new Error(answer)
    return this
  }
}

function open(
  t: ExecutionContext,
  world: World,
  protocols: string[] = ['v12.stomp'],
  more: ClientOptions = {},
  name = 'ws',
): Promise<Page> {
  const scheme = name === 'ws' ? 'ws' : 'wss'
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${scheme}://127.0.0.1:${world.port(name)}`, protocols, more)
    t.teardown(() => socket.terminate())
    const page = new Page(socket)
    socket.once('open', () => resolve(page))
    socket.once('error', reject)
  })
}

/** An HTTP request to the WebSocket port, as no WebSocket client would make it. */
function http(
  port: number,
  method: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; protocol: string | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, method, headers, agent: false })
    const answer = (response: IncomingMessage, body: string): void =>
      resolve({ status: response.statusCode ?? 0, protocol: response.headers['sec-websocket-protocol'], body })
    outgoing.on('upgrade', (response, socket) => {
      socket.destroy()
      answer(response, '')
    })
    outgoing.on('response', response => {
      let body = ''
      response.on('data', (chunk: Buffer) => (body += chunk.toString()))
      response.on('end', () => answer(response, body))
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
}

const upgrade = (protocol: string | null): Record<string, string> => ({
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  ...(protocol !== null && { 'sec-websocket-protocol': protocol }),
})

const wsOnly = { connectors: { ws: 'ws://127.0.0.1:0', stomp: 'stomp://127.0.0.1:0' } }

for (const [offered, answered] of [
  ['v12.stomp', 'v12.stomp'],
  ['v11.stomp', 'v11.stomp'],
  ['v10.stomp', 'v10.stomp'],
  ['stomp', 'stomp'],
  ['stomp, v10.stomp, v11.stomp', 'v11.stomp'],
  ['mqtt, v11.stomp, v12.stomp, x', 'v12.stomp'],
] as const) {
  test(`S-WS-01: of the sub-protocols "${offered}" the broker answers "${answered}"`, async t => {
    const world = await started(t, wsOnly)
    t.deepEqual(await http(world.port('ws'), 'GET', upgrade(offered)), { status: 101, protocol: answered, body: '' })
  })
}

test('S-WS-02: the sub-protocol does not decide the version, accept-version does', async t => {
  const world = await started(t, wsOnly)
  const newer = await open(t, world, ['v11.stomp'])
  newer.send('CONNECT', { 'accept-version': '1.2' })
  t.regex(await newer.frame(), /^CONNECTED\nversion:1\.2\n/)
  const older = await open(t, world, ['v12.stomp'])
  older.send('CONNECT')
  t.regex(await older.frame(), /^CONNECTED\nversion:1\.0\n/)
})

test('S-WS-03: without a sub-protocol it is STOMP; one that was not offered is never answered', async t => {
  const world = await started(t, wsOnly)
  const port = world.port('ws')
  t.deepEqual(await http(port, 'GET', upgrade(null)), { status: 101, protocol: undefined, body: '' })
  t.deepEqual(await http(port, 'GET', upgrade('chat, soap')), { status: 101, protocol: undefined, body: '' })
  t.deepEqual(await http(port, 'GET', upgrade('chat, my.stomp')), { status: 101, protocol: 'my.stomp', body: '' })
  await (await open(t, world, [])).connected()
})

test('S-WS-04: heart-beats are messages of one line feed both ways, and binary messages are ignored', async t => {
  const world = await started(t, wsOnly)
  const page = await (await open(t, world)).connected({ 'heart-beat': '200,50' })
  const beats = setInterval(() => page.socket.send('\n'), 50)
  t.teardown(() => clearInterval(beats))
  page.socket.send(Buffer.from('SEND\ndestination:/queue/binary\n\nx\0'), { binary: true })
  // Three beats of the broker take longer than a silent client would have lived with one of its own.
  for (let n = 0; n < 20; n++) t.is(await page.next(), '\n')
  page.send('SUBSCRIBE', { id: '1', destination: '/queue/binary', receipt: 'r' })
  t.is(await page.frame(), 'RECEIPT\nreceipt-id:r\n\n\0')
  page.send('SEND', { destination: '/queue/binary' }, 'text')
  t.regex(await page.frame(), /\n\ntext\0$/)
  t.false(page.binary.includes(true))
})

test('S-WS-04: one WebSocket message holds one frame, also when many are sent at once and when they are large', async t => {
  const world = await started(t, wsOnly)
  const page = await (await open(t, world)).connected()
  page.send('SUBSCRIBE', { id: '1', destination: '/queue/many', receipt: 's' })
  t.regex(await page.frame(), /^RECEIPT/)
  const tcp = await world.connect({}, 'stomp')
  const sizes = Array.from({ length: 300 }, (_, n) => (n % 50 === 7 ? 300_000 + n : n))
  for (const size of sizes) tcp.send('SEND', { destination: '/queue/many' }, 'x'.repeat(size))
  for (const size of sizes) {
    const frame = await page.frame()
    t.regex(frame, /^MESSAGE\n/)
    t.is(frame.length - frame.indexOf('\n\n') - 3, size)
    t.true(frame.endsWith('\0'))
  }
})

test('S-WS-05, S-WS-06: large frames pass, whole or cut over many messages, up to the limit of STOMP', async t => {
  const world = await started(t, {
    connectors: { ws: 'ws://127.0.0.1:0?websocket.maxTextMessageSize=100&wireFormat.maxDataLength=4000000' },
  })
  const page = await (await open(t, world)).connected()
  page.send('SUBSCRIBE', { id: '1', destination: '/queue/large', receipt: 's' })
  t.regex(await page.frame(), /^RECEIPT/)
  const body = 'ß'.repeat(1_500_000)
  const frame = `SEND\ndestination:/queue/large\n\n${body}\0`
  page.socket.send(frame)
  t.true((await page.frame()).endsWith(`\n\n${body}\0`))
  for (let at = 0; at < frame.length; at += 100_001) page.socket.send(frame.slice(at, at + 100_001))
  t.true((await page.frame()).endsWith(`\n\n${body}\0`))
  page.send('SEND', { destination: '/queue/large' }, 'x'.repeat(4_000_100))
  t.regex(await page.frame(), /The maximum data length was exceeded/)
  t.is(await page.next(), null)
})

test('S-WS-06: who does not CONNECT in time is dropped; who did may stay silent for as long as he likes', async t => {
  const world = await started(t, { connectors: { ws: 'ws://127.0.0.1:0?transport.connectAttemptTimeout=300' } })
  const patient = await (await open(t, world)).connected({ 'heart-beat': '0,0' })
  const silent = await open(t, world)
  silent.socket.send('CONNECT\naccept-ver')
  t.is(await silent.next(), null)
  patient.send('BEGIN', { transaction: 't', receipt: 'r' })
  t.is(await patient.frame(), 'RECEIPT\nreceipt-id:r\n\n\0')
})

test('S-WS-07: a close is a DISCONNECT: what was not acknowledged comes again, transactions are undone', async t => {
  const world = await started(t, wsOnly)
  for (const leave of ['close', 'terminate'] as const) {
    const page = await (await open(t, world)).connected()
    const destination = `/queue/${leave}`
    page.send('SUBSCRIBE', { id: '1', destination, ack: 'client' })
    page.send('SEND', { destination, persistent: 'true' }, 'mine')
    t.regex(await page.frame(), /\n\nmine\0$/)
    page.send('BEGIN', { transaction: 't' })
    page.send('SEND', { destination, transaction: 't', receipt: 'r' }, 'undone')
    t.regex(await page.frame(), /^RECEIPT/)
    page.socket[leave]()
    const tcp = await world.connect({}, 'stomp')
    tcp.send('SUBSCRIBE', { id: '1', destination })
    const message = await tcp.expect('MESSAGE')
    t.deepEqual([message.body.toString(), message.headers.get('redelivered')], ['mine', 'true'])
    await tcp.quiet()
  }
})

test('S-WS-07: after a fatal error the ERROR arrives and the WebSocket closes; other errors leave it open', async t => {
  const world = await started(t, wsOnly)
  const page = await (await open(t, world)).connected()
  page.send('SEND', {}, 'nowhere')
  t.regex(await page.frame(), /^ERROR\n(.*\n)*message:SEND received without a Destination specified!\n/)
  page.send('CONNECT', { 'accept-version': '1.2' })
  t.regex(await page.frame(), /^ERROR\n(.*\n)*message:.*duplicate CONNECT/)
  t.is(await page.next(), null)
})

test('S-WS-08: over wss the certificate of the client is its login', async t => {
  const world = new World()
  t.teardown(() => world.end())
  writeFileSync(
    join(world.directory, 'login.config'),
    `certificates { org.apache.activemq.jaas.TextFileCertificateLoginModule required
      org.apache.activemq.jaas.textfiledn.user="dns.properties" org.apache.activemq.jaas.textfiledn.group="groups.properties"; };`,
  )
  writeFileSync(join(world.directory, 'dns.properties'), 'page=/.*CN=client.*/\n')
  writeFileSync(join(world.directory, 'groups.properties'), 'pages=page\n')
  const plugins = '<plugins><jaasCertificateAuthenticationPlugin configuration="certificates"/></plugins>'
  const connectors = { wss: 'wss://127.0.0.1:0?needClientAuth=true' }
  await world.start(brokerXml({ attributes: 'populateJMSXUserID="true"', body: plugins + SSL_CONTEXT, connectors }))
  await t.throwsAsync(async () => {
    const page = await open(t, world, ['v12.stomp'], tlsOptions(), 'wss')
    if ((await page.next()) === null) throw new Error('closed')
  })
  const page = await (await open(t, world, ['v12.stomp'], tlsOptions('client'), 'wss')).connected()
  page.send('SUBSCRIBE', { id: '1', destination: '/queue/mine' })
  page.send('SEND', { destination: '/queue/mine' }, 'x')
  t.regex(await page.frame(), /\nJMSXUserID:page\n/)
})

/** The test authority, and the certificate of this client. */
function tlsOptions(name?: string): ClientOptions {
  const ca = readFileSync(tlsFile('ca.pem'))
  if (name === undefined) return { ca }
  const pem = readFileSync(tlsFile(`${name}.pem`))
  return { ca, key: pem, cert: pem }
}

test('S-WS-08: a GET without upgrade is answered empty, TRACE is not served', async t => {
  const world = await started(t, wsOnly)
  const port = world.port('ws')
  t.deepEqual(await http(port, 'GET'), { status: 200, protocol: undefined, body: '' })
  t.deepEqual(await http(port, 'TRACE'), { status: 405, protocol: undefined, body: '' })
})

const both = brokerXml({ connectors: { stomp: 'stomp://127.0.0.1:0', ws: 'ws://127.0.0.1:0' } })

/** The next text message of a WebSocket. */
const nextText = (socket: WebSocket): Promise<string> =>
  new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('no message came')), deadlineMs)
    socket.once('message', data => {
      clearTimeout(late)
      resolve((data as Buffer).toString('utf8'))
    })
  })

const plain = (port: number, protocols: string[]): Promise<WebSocket> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, protocols)
    socket.once('open', () => resolve(socket))
    socket.once('error', reject)
  })

test('S-WS-01, S-WS-04: the best sub-protocol is answered, and each text message is one frame ending at NUL', async t => {
  const world = await new World().start(both)
  t.teardown(() => world.end())
  const socket = await plain(world.port('ws'), ['v10.stomp', 'v12.stomp', 'v11.stomp'])
  t.is(socket.protocol, 'v12.stomp')
  socket.send('CONNECT\naccept-version:1.2\n\n\0')
  const connected = await nextText(socket)
  t.regex(connected, /^CONNECTED\nversion:1\.2\n/)
  t.true(connected.endsWith('\n\n\0'))
  const frames: string[] = []
  const done = new Promise<void>(resolve => {
    socket.on('message', data => {
      frames.push((data as Buffer).toString('utf8'))
      if (frames.length === 4) resolve()
    })
  })
  socket.send('SUBSCRIBE\nid:1\ndestination:/topic/t\nreceipt:s\n\n\0')
  for (const body of ['a', 'b', 'c']) socket.send(`SEND\ndestination:/topic/t\n\n${body}\0`)
  await done
  t.deepEqual(
    frames.map(frame => frame.split('\n', 1)[0]),
    ['RECEIPT', 'MESSAGE', 'MESSAGE', 'MESSAGE'],
  )
  for (const frame of frames) t.true(frame.endsWith('\0'))
  socket.terminate()
})

test('S-WS-03, S-WS-05: a frame cut over several text messages is one frame, and no sub-protocol offered is STOMP', async t => {
  const world = await new World().start(both)
  t.teardown(() => world.end())
  const socket = await plain(world.port('ws'), [])
  t.is(socket.protocol, '')
  socket.send('CONN')
  socket.send('ECT\naccept-version:1.1\n')
  socket.send('\n\0')
  t.regex(await nextText(socket), /^CONNECTED/)
  socket.terminate()
})

test('a browser client (@stomp/stompjs) and a TCP client exchange messages', async t => {
  const world = await new World().start(both)
  t.teardown(() => world.end())
  const tcp = await world.connect()
  await tcp.receipted('SUBSCRIBE', { id: '1', destination: '/queue/to-tcp' })
  const received = new Promise<string>((resolve, reject) => {
    const client = new StompJs({
      webSocketFactory: () =>
        new WebSocket(`ws://127.0.0.1:${world.port('ws')}`, ['v12.stomp']) as unknown as globalThis.WebSocket, // the same interface
      reconnectDelay: 0,
    })
    client.onConnect = () => {
      client.subscribe('/queue/to-browser', message => {
        resolve(message.body)
        void client.deactivate()
      })
      client.publish({ destination: '/queue/to-tcp', body: 'hello from a browser' })
    }
    client.onStompError = frame => reject(new Error(frame.headers['message']))
    client.activate()
  })
  t.is((await tcp.expect('MESSAGE')).body.toString(), 'hello from a browser')
  tcp.send('SEND', { destination: '/queue/to-browser' }, 'grüße 🚀')
  t.is(await received, 'grüße 🚀')
})

test('S-LIM-06: who has not connected cannot fill the memory with one endless message', async t => {
  const world = await started(t, { connectors: { ws: 'ws://127.0.0.1:0' } })
  const page = await open(t, world)
  const part = Buffer.alloc(1 << 20, 'x')
  let sent = 0
  // Twelve MiB would be more than a CONNECT can have.
  while (page.socket.readyState === WebSocket.OPEN && sent < 100) {
    await new Promise(resolve => page.socket.send(part, { fin: false, binary: false }, resolve))
    sent++
  }
  t.true(sent < 100, 'the connection ended before the message did')
  t.is(await page.next(), null)
  // Whoever has connected may send as much.
  const client = await (await open(t, world)).connected()
  client.send('SUBSCRIBE', { id: '1', destination: '/queue/a' })
  const body = 'y'.repeat(16 << 20)
  client.send('SEND', { destination: '/queue/a' }, body)
  t.true((await client.frame()).endsWith(`${body}\0`))
})

test('who was let in counts among the strangers no more, not even with what came along with CONNECT', async t => {
  const held = new Map<object, number>()
  class Counted extends Strangers {
    override holds(who: object, bytes: number): boolean {
      held.set(who, bytes)
      return super.holds(who, bytes)
    }
  }
  const server = createServer().listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const admitted = new Promise<void>(resolve =>
    serveWebSockets(server, 1 << 20, new Counted(), wire =>
      wire.onData(() => {
        wire.admitted()
        // The chunk that carried it is done with.
        setImmediate(resolve)
      }),
    ),
  )
  const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, 'v12.stomp')
  t.teardown(() => socket.terminate())
  await once(socket, 'open')
  socket.send('CONNECT\naccept-version:1.2\n\n\0')
  await admitted
  t.deepEqual([...held.values()], [0])
})

import { connect, type Socket } from 'node:net'
import { Client, type IFrame, type IMessage, type IStompSocket, type IStompSocketMessageEvent } from '@stomp/stompjs'
import test, { type ExecutionContext } from 'ava'
import { World, brokerXml } from './world.ts'

/** The published client `@stomp/stompjs` over TCP: its `webSocketFactory` takes anything that looks like a WebSocket. */
class TcpSocket implements IStompSocket {
  readonly url: string
  readyState = 0
  onopen: ((event?: unknown) => unknown) | null = null
  onmessage: ((event: IStompSocketMessageEvent) => unknown) | null = null
  onclose: ((event?: unknown) => unknown) | null = null
  onerror: ((event: unknown) => unknown) | null = null
  readonly #socket: Socket

  constructor(port: number) {
    this.url = `tcp://127.0.0.1:${port}`
    this.#socket = connect(port, '127.0.0.1')
    this.#socket.setNoDelay(true)
    this.#socket.on('connect', () => {
      this.readyState = 1
      this.onopen?.()
    })
    // Copied: the client keeps what it got, and a socket's memory is shared.
    this.#socket.on('data', data => this.onmessage?.({ data: new Uint8Array(data).buffer }))
    this.#socket.on('error', error => this.onerror?.(error))
    this.#socket.on('close', () => {
      this.readyState = 3
      this.onclose?.({ code: 1000, reason: '', wasClean: true })
    })
  }

  send(data: string | ArrayBuffer): void {
    this.#socket.write(typeof data === 'string' ? data : new Uint8Array(data))
  }

  close(): void {
    this.readyState = 2
    this.#socket.end()
  }

  terminate(): void {
    this.#socket.destroy()
  }
}

const world = new World()
test.before(async () => void (await world.start(brokerXml())))
test.after.always(() => world.end())

/** A client of this broker, not yet active; it ends with the test. */
function create(t: ExecutionContext, at: World = world, versions?: string): Client {
  const port = at.port()
  const client = new Client({
    webSocketFactory: () => new TcpSocket(port),
    forceBinaryWSFrames: true,
    heartbeatIncoming: 2000,
    heartbeatOutgoing: 2000,
    reconnectDelay: 50,
    ...(versions !== undefined && { connectHeaders: { 'accept-version': versions } }),
  })
  t.teardown(() => client.deactivate({ force: true }))
  return client
}

const active = (client: Client): Promise<IFrame> =>
  new Promise((resolve, reject) => {
    client.onConnect = resolve
    client.onStompError = frame => reject(new Error(frame.headers['message']))
    client.activate()
  })

let receipts = 0
/** Does something with a receipt; resolves when it came. */
const receipted = (client: Client, act: (receipt: string) => void): Promise<IFrame> =>
  new Promise(resolve => {
    const receipt = `s${++receipts}`
    client.watchForReceipt(receipt, resolve)
    act(receipt)
  })

const publish = (client: Client, destination: string, body: string, headers: Record<string, string> = {}) =>
  receipted(client, receipt =>
    client.publish({ destination, body, headers: { persistent: 'true', receipt, ...headers } }),
  )

/** So many messages, each given to `settle` first. */
const messages = (
  client: Client,
  destination: string,
  ack: string,
  count: number,
  settle: (message: IMessage) => void,
): Promise<string[]> =>
  new Promise(resolve => {
    const bodies: string[] = []
    const subscription = client.subscribe(
      destination,
      message => {
        bodies.push(message.body)
        settle(message)
        if (bodies.length < count) return
        subscription.unsubscribe()
        resolve(bodies)
      },
      { ack },
    )
  })

test('S-CON-02, S-RCP-01: stompjs agrees on 1.2 with heart-beats and gets its receipts and messages', async t => {
  const client = create(t)
  const connected = await active(client)
  t.is(connected.headers['version'], '1.2')
  t.is(connected.headers['heart-beat'], '2000,2000')
  for (const body of ['one', 'zwei:\\', '三\n']) await publish(client, '/queue/js.plain', body, { odd: 'a:b\nd\\' })
  const odd: (string | undefined)[] = []
  const bodies = await messages(client, '/queue/js.plain', 'auto', 3, message => odd.push(message.headers['odd']))
  t.deepEqual(bodies, ['one', 'zwei:\\', '三\n'])
  t.deepEqual(
    odd,
    Array.from({ length: 3 }, () => 'a:b\nd\\'),
  )
})

test('S-ACK-05: stompjs acknowledges single messages, and the rest comes again', async t => {
  const client = create(t)
  await active(client)
  for (let n = 1; n <= 5; n++) await publish(client, '/queue/js.acks', String(n))
  await messages(client, '/queue/js.acks', 'client-individual', 5, message => {
    if (Number(message.body) % 2 === 0) message.ack()
  })
  const redelivered: (string | undefined)[] = []
  const rest = await messages(client, '/queue/js.acks', 'client-individual', 3, message => {
    redelivered.push(message.headers['redelivered'])
    message.ack()
  })
  t.deepEqual(rest, ['1', '3', '5'])
  t.deepEqual(redelivered, ['true', 'true', 'true'])
})

test('S-TX-05: stompjs commits and aborts transactions', async t => {
  const client = create(t)
  await active(client)
  const aborted = client.begin()
  await publish(client, '/queue/js.tx', 'aborted', { transaction: aborted.id })
  aborted.abort()
  const committed = client.begin()
  await publish(client, '/queue/js.tx', 'committed', { transaction: committed.id })
  committed.commit()
  await publish(client, '/queue/js.tx', 'after')
  t.deepEqual(await messages(client, '/queue/js.tx', 'auto', 2, () => {}), ['committed', 'after'])
})

test('LC-23, S-DIS-02: stompjs reconnects after a restart of the broker and finds its messages', async t => {
  const own = await new World().start(brokerXml())
  t.teardown(() => own.end())
  const port = own.port()
  const client = create(t, own)
  await active(client)
  await publish(client, '/queue/js.again', 'kept')
  const again = new Promise(resolve => {
    client.onConnect = resolve
  })
  await own.stop()
  await own.start(brokerXml({ connectors: { stomp: `stomp://127.0.0.1:${port}` } }))
  await again
  t.deepEqual(await messages(client, '/queue/js.again', 'client', 1, message => message.ack()), ['kept'])
})

test('S-DIS-01: stompjs deactivates with a DISCONNECT and its receipt', async t => {
  const client = create(t)
  await active(client)
  let receipt: IFrame | undefined
  client.onDisconnect = frame => (receipt = frame)
  await client.deactivate()
  t.is(receipt?.command, 'RECEIPT')
})

import stompit from 'stompit'
import test from 'ava'
import { eventually } from './twins.ts'
import { World, brokerXml, deadlineMs } from './world.ts'

/** The published client `stompit`, used as its users do. */
const world = new World()
test.before(async () => void (await world.start(brokerXml())))
test.after.always(() => world.end())

const options = (port: number, heartBeat = '0,0'): stompit.connect.ConnectOptions => ({
  host: '127.0.0.1',
  port,
  connectHeaders: { host: '/', 'accept-version': '1.0,1.1,1.2', 'heart-beat': heartBeat },
})

const connect = (to: stompit.connect.ConnectOptions): Promise<stompit.Client> =>
  new Promise((resolve, reject) =>
    stompit.connect(to, (error, client) => {
      if (error !== null) return reject(error)
      client.on('error', () => {}) // the end of a test destroys it
      resolve(client)
    }),
  )

/** Sends with a receipt; resolves when it came. */
const send = (client: stompit.Client, headers: Record<string, string>, body: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const frame = client.send(headers, { onReceipt: () => resolve(), onError: reject })
    frame.end(body)
  })

const bodyOf = (message: stompit.Client.Message): Promise<string> =>
  new Promise((resolve, reject) =>
    message.readString('utf-8', (error, body) => (error === null ? resolve(body ?? '') : reject(error))),
  )

/** The next messages of a subscription, as bodies; `settle` decides what happens to each. */
function receive(
  client: stompit.Client,
  headers: { destination: string; ack: string },
  count: number,
  settle: (message: stompit.Client.Message, body: string) => void,
): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const bodies: string[] = []
    const subscription = client.subscribe(headers, (error, message) => {
      if (error !== null) return reject(error)
      void bodyOf(message).then(body => {
        bodies.push(body)
        settle(message, body)
        if (bodies.length === count) subscription.unsubscribe()
        if (bodies.length === count) resolve(bodies)
        return undefined
      }, reject)
    })
  })
}

test('S-CON-01, S-RCP-01: stompit connects, sends with receipts, subscribes and acknowledges', async t => {
  const client = await connect(options(world.port()))
  const destination = '/queue/stompit.plain'
  for (const body of ['one', 'zwei', '三']) await send(client, { destination, persistent: 'true' }, body)
  const bodies = await receive(client, { destination, ack: 'client-individual' }, 3, message => client.ack(message))
  t.deepEqual(bodies, ['one', 'zwei', '三'])
  await new Promise<void>((resolve, reject) => client.disconnect(error => (error === null ? resolve() : reject(error))))
  const reader = await world.connect()
  reader.send('SUBSCRIBE', { id: '1', destination })
  await reader.quiet()
})

test('S-NAK-04: a message that stompit refuses goes to the dead letter queue', async t => {
  const client = await connect(options(world.port()))
  const destination = '/queue/stompit.nack'
  await send(client, { destination, persistent: 'true' }, 'poison')
  await receive(client, { destination, ack: 'client-individual' }, 1, message => client.nack(message))
  const dead = await world.connect()
  dead.send('SUBSCRIBE', { id: '1', destination: '/queue/ActiveMQ.DLQ' })
  t.is((await dead.expect('MESSAGE')).body.toString(), 'poison')
  client.destroy(new Error('the test is over'))
})

test('S-HB-03, S-HB-04: stompit keeps a connection with heart-beats open in both directions', async t => {
  const client = await connect(options(world.port(), '300,300'))
  const idle = await world.connect({ 'heart-beat': '300,0' })
  let failed: Error | undefined
  client.on('error', error => (failed = error))
  await idle.closed()
  await send(client, { destination: '/queue/stompit.beat' }, 'still here')
  t.is(failed, undefined)
  client.destroy(new Error('the test is over'))
})

test('LC-23: stompit fails over between two addresses, and its channel sends, acknowledges and commits', async t => {
  const own = await new World().start(brokerXml())
  t.teardown(() => own.end())
  const port = own.port()
  const unused = await new World().start(brokerXml())
  const gone = unused.port()
  await unused.end()
  const failover = new stompit.ConnectFailover([options(gone), options(port)], {
    initialReconnectDelay: 10,
    maxReconnectDelay: 100,
    maxReconnects: 60,
    randomize: false,
  })
  const channel = new stompit.Channel(failover)
  const destination = '/queue/stompit.channel'
  const sent = (body: string): Promise<void> =>
    new Promise((resolve, reject) =>
      channel.send({ destination, persistent: 'true' }, body, error => (error ? reject(error) : resolve())),
    )
  await sent('before')
  // The published types give a transaction the signature of a client's send; it has the channel's.
  const transaction = channel.begin() as unknown as Pick<stompit.Channel, 'send'> & {
    commit(done: (error: Error | null) => void): void
  }
  transaction.send({ destination, persistent: 'true' }, 'in a transaction')
  await new Promise<void>((resolve, reject) => transaction.commit(error => (error ? reject(error) : resolve())))

  // The broker goes away and comes back at the same address: the client finds it without being told.
  await own.stop()
  await own.start(brokerXml({ connectors: { stomp: `stomp://127.0.0.1:${port}` } }))
  await sent('after')
  const bodies = await new Promise<string[]>((resolve, reject) => {
    const seen: string[] = []
    const late = setTimeout(() => reject(new Error(`only ${seen.join(', ')} came`)), deadlineMs)
    const subscription = channel.subscribe({ destination, ack: 'client-individual' }, (error, message) => {
      if (error) return reject(error)
      void bodyOf(message).then(body => {
        seen.push(body)
        channel.ack(message)
        if (seen.length === 3) {
          clearTimeout(late)
          subscription.unsubscribe()
          resolve(seen)
        }
        return undefined
      }, reject)
    })
  })
  t.deepEqual(bodies, ['before', 'in a transaction', 'after'])
  channel.close(new Error('the test is over'))
  // It says DISCONNECT; a connection that just ended would make it look for a broker again.
  await eventually('it has gone', () => own.running.broker.sessions.size === 0)
})

test('S-CON-08: stompit sees a refused login as the error of its connect', async t => {
  const own = await new World().start(
    brokerXml({
      body: '<plugins><simpleAuthenticationPlugin><users><authenticationUser username="a" password="b"/></users></simpleAuthenticationPlugin></plugins>',
    }),
  )
  t.teardown(() => own.end())
  const to = options(own.port())
  const wrong = { ...to, connectHeaders: { ...to.connectHeaders, login: 'a', passcode: 'c' } }
  const error = await t.throwsAsync(connect(wrong as stompit.connect.ConnectOptions))
  t.regex(error?.message ?? '', /User name \[a\] or password is invalid\./)
})

import test from 'ava'
import { World, brokerXml, type Client, type WireFrame } from './world.ts'
import {
  about,
  bodies,
  connect,
  depth,
  drain,
  fill,
  flags,
  forVersions,
  named,
  names,
  refused,
  started,
  take,
} from './consuming.ts'

const later = ['1.1', '1.2'] as const
let world: World
test.before(async () => {
  world = await new World().start(brokerXml())
})
test.after.always(() => world.end())

async function consumer(
  version: '1.0' | '1.1' | '1.2',
  name: string,
  headers: Record<string, string> = {},
): Promise<Client> {
  const client = await connect(world, version)
  client.send('SUBSCRIBE', { id: '1', destination: `/queue/${name}`, ack: 'client-individual', ...headers })
  return client
}

test('S-NAK-01: in STOMP 1.0 there is no NACK, whatever its headers', async t => {
  const client = await connect(world, '1.0')
  t.is(await refused(client, 'NACK', {}), 'NACK received but connection is in v1.0 mode.')
  const full = { 'message-id': 'x:1', subscription: '1', id: '1', transaction: 'no' }
  t.is(await refused(client, 'NACK', full), 'NACK received but connection is in v1.0 mode.')
})

test('S-NAK-02: in STOMP 1.1 a NACK needs subscription, then message-id', async t => {
  const client = await connect(world, '1.1')
  t.is(await refused(client, 'NACK', {}), 'NACK received without a subscription id for acknowledge!')
  t.is(
    await refused(client, 'NACK', { 'message-id': 'x:1' }),
    'NACK received without a subscription id for acknowledge!',
  )
  t.is(await refused(client, 'NACK', { subscription: '1' }), 'NACK received without a message-id to acknowledge!')
})

test('S-NAK-03: in STOMP 1.2 a NACK needs id', async t => {
  const client = await connect(world, '1.2')
  const old = { subscription: '1', 'message-id': 'x:1' }
  t.is(await refused(client, 'NACK', old), 'NACK received without an ack header to acknowledge!')
})

forVersions(
  test,
  later,
  'S-NAK-04, S-NAK-06, D-01, R-07: a NACKed persistent message goes to the DLQ at once, with its identity, and to nobody else',
  async (t, version) => {
    const own = await started(t)
    const sender = await own.connect()
    const sent = { persistent: 'true', custom: 'x', priority: '7', 'correlation-id': 'c', expires: '0' }
    await sender.receipted('SEND', { destination: '/queue/a', ...sent }, 'm1')
    await sender.receipted('SEND', { destination: '/queue/a', persistent: 'true' }, 'm2')
    const client = await connect(own, version)
    const other = await connect(own, version)
    client.send('SUBSCRIBE', { id: '1', destination: '/queue/a', ack: 'client' })
    const messages = await take(client, 2)
    await other.receipted('SUBSCRIBE', { id: '2', destination: '/queue/a', ack: 'client' })
    await client.receipted('NACK', about(client, messages[0]!))
    t.is(depth(own, 'a'), 1)
    await other.quiet()
    await client.quiet()
    await client.receipted('ACK', about(client, messages[1]!))
    const dead = await drain(own, 'ActiveMQ.DLQ')
    t.deepEqual(bodies(dead), ['m1'])
    const { headers } = dead[0]!
    t.is(headers.get('message-id'), messages[0]!.headers.get('message-id'))
    t.is(headers.get('destination'), '/queue/ActiveMQ.DLQ')
    t.is(headers.get('original-destination'), '/queue/a')
    t.is(headers.get('custom'), 'x')
    t.is(headers.get('priority'), '7')
    t.is(headers.get('correlation-id'), 'c')
    t.is(headers.get('persistent'), 'true')
    t.is(headers.get('expires'), '0')
    t.is(headers.get('originalExpiration'), '0')
    t.false(headers.has('redelivered'))
    t.false(headers.has('dlqDeliveryFailureCause'))
    await own.stop()
    await own.start(brokerXml())
    t.is(depth(own, 'a'), 0)
  },
)

forVersions(
  test,
  later,
  'S-NAK-05: in client mode a NACK is for one message; earlier ones stay, and a later cumulative ACK passes over it',
  async (t, version) => {
    const own = await started(t)
    await fill(own, '/queue/a', 5)
    const client = await connect(own, version)
    client.send('SUBSCRIBE', { id: '1', destination: '/queue/a', ack: 'client' })
    const messages = await take(client, 5)
    await client.receipted('NACK', about(client, messages[2]!))
    t.is(depth(own, 'a'), 4)
    await client.receipted('ACK', about(client, messages[3]!))
    t.is(depth(own, 'a'), 1)
    t.deepEqual(bodies(await drain(own, 'ActiveMQ.DLQ')), ['m3'])
    await client.receipted('UNSUBSCRIBE', { id: '1' })
    t.deepEqual(bodies(await drain(own, 'a')), ['m5'])
  },
)

forVersions(test, later, 'S-NAK-06: a NACKed non-persistent message is discarded', async (t, version) => {
  const own = await started(t)
  await fill(own, '/queue/a', 2, {})
  const client = await connect(own, version)
  client.send('SUBSCRIBE', { id: '1', destination: '/queue/a', ack: 'client' })
  const messages = await take(client, 2)
  await client.receipted('NACK', about(client, messages[0]!))
  await fill(own, '/queue/ActiveMQ.DLQ', 1)
  t.deepEqual(bodies(await drain(own, 'ActiveMQ.DLQ')), ['m1'])
  t.is(depth(own, 'ActiveMQ.DLQ'), 0)
  t.is(depth(own, 'a'), 1)
})

forVersions(
  test,
  later,
  'S-NAK-07: a NACK of what is unknown, settled, or was delivered in auto mode is unexpected',
  async (t, version) => {
    const name = `n07.${version}`
    await fill(world, `/queue/${name}`, 3)
    const client = await consumer(version, name)
    const messages = await take(client, 3)
    const unexpected = async (message: WireFrame): Promise<void> => {
      const error = await refused(client, 'NACK', about(client, message))
      t.is(error, `Unexpected NACK received for message-id [${named(client, message)}]`)
    }
    await client.receipted('NACK', about(client, messages[0]!))
    await unexpected(messages[0]!)
    await client.receipted('ACK', about(client, messages[1]!))
    await unexpected(messages[1]!)
    const nonsense = { id: 'x', subscription: '1', 'message-id': 'x' }
    t.is(await refused(client, 'NACK', nonsense), 'Unexpected NACK received for message-id [x]')
    await fill(world, `/queue/${name}.auto`, 1)
    client.send('SUBSCRIBE', { id: '2', destination: `/queue/${name}.auto`, ack: 'auto' })
    await unexpected((await take(client, 1))[0]!)
    await client.receipted('ACK', about(client, messages[2]!))
  },
)

for (const receipted of [true, false]) {
  forVersions(
    test,
    later,
    `S-NAK-08, X-07, S-TX-12: a NACK in a transaction is refused; ${receipted ? 'receipted, COMMIT does the rest' : 'without receipt COMMIT fails'}`,
    async (t, version) => {
      const name = `n08.${receipted}.${version}`
      await fill(world, `/queue/${name}`, 2)
      const client = await consumer(version, name)
      const messages = await take(client, 2)
      await client.receipted('BEGIN', { transaction: 'tx' })
      await client.receipted('ACK', about(client, messages[1]!, { transaction: 'tx' }))
      const nack = about(client, messages[0]!, { transaction: 'tx' })
      if (receipted) {
        t.regex((await refused(client, 'NACK', nack)) ?? '', /^Poison ack cannot be transacted/)
        await client.receipted('COMMIT', { transaction: 'tx' })
        t.is(depth(world, name), 1)
      } else {
        client.send('NACK', nack)
        const error = await client.expect('ERROR')
        t.regex(error.headers.get('message') ?? '', /^Poison ack cannot be transacted/)
        t.false(error.headers.has('receipt-id'))
        const failed = await refused(client, 'COMMIT', { transaction: 'tx' })
        t.is(failed, 'COMMIT FAILED: Transaction marked rollback only xaErrorCode:100')
        t.is(depth(world, name), 2)
        await client.receipted('ACK', about(client, messages[1]!))
      }
      if (version === '1.2') {
        t.is(await refused(client, 'ACK', about(client, messages[0]!)), 'Unexpected ACK received for message-id [null]')
      }
      await client.quiet()
      await client.receipted('UNSUBSCRIBE', { id: '1' })
      const back = await drain(world, name)
      t.deepEqual(bodies(back), ['m1'])
      t.deepEqual(flags(back), [true])
    },
  )
}

forVersions(test, later, 'S-NAK-10: a NACK of a dead letter destroys it', async (t, version) => {
  const own = await started(t)
  await fill(own, '/queue/ActiveMQ.DLQ', 2)
  const client = await connect(own, version)
  client.send('SUBSCRIBE', { id: '1', destination: '/queue/ActiveMQ.DLQ', ack: 'client' })
  const messages = await take(client, 2)
  await client.receipted('NACK', about(client, messages[0]!))
  await client.quiet()
  t.is(depth(own, 'ActiveMQ.DLQ'), 1)
})

forVersions(
  test,
  later,
  'S-NAK-11: a NACK on a topic subscription settles the message for it alone, and nothing is a dead letter',
  async (t, version) => {
    const own = await started(t)
    const client = await connect(own, version)
    const other = await connect(own, version)
    const options = { destination: '/topic/t', ack: 'client', 'activemq.prefetchSize': '1' }
    await client.receipted('SUBSCRIBE', { id: '1', ...options })
    await other.receipted('SUBSCRIBE', { id: '1', ...options })
    await fill(own, '/topic/t', 2)
    const [mine] = await take(client, 1)
    const [theirs] = await take(other, 1)
    client.send('NACK', about(client, mine!))
    t.deepEqual(bodies(await take(client, 1)), ['m2'])
    await other.quiet()
    other.send('ACK', about(other, theirs!))
    t.deepEqual(bodies(await take(other, 1)), ['m2'])
    await fill(own, '/queue/ActiveMQ.DLQ', 1)
    t.is(depth(own, 'ActiveMQ.DLQ'), 1)
  },
)

forVersions(test, later, 'S-NAK-04: many NACKs in one write are all served, in order', async (t, version) => {
  const own = await started(t)
  await fill(own, '/queue/a', 50)
  const client = await connect(own, version)
  client.send('SUBSCRIBE', { id: '1', destination: '/queue/a', ack: 'client-individual' })
  const messages = await take(client, 50)
  client.socket.cork()
  for (const message of messages) client.send('NACK', about(client, message))
  client.socket.uncork()
  await client.quiet()
  t.is(depth(own, 'a'), 0)
  t.deepEqual(bodies(await drain(own, 'ActiveMQ.DLQ')), names(1, 50))
})

import { lookup } from 'node:dns/promises'
import test from 'ava'
import type { Node } from '../../src/server/node.ts'
import { bodies, lost, take, until } from './consuming.ts'
import { eventually, fail, pair } from './twins.ts'
import { World, brokerXml, type Client } from './world.ts'

const subscribe = (client: Client, destination: string, name: string, headers = {}): Promise<unknown> =>
  client.receipted('SUBSCRIBE', { id: name, destination, 'activemq.subscriptionName': name, ...headers })

test('S-DUR-02, U-02, U-07: durable subscriptions and what they collected are there after a failover', async t => {
  const worlds = await pair(t)
  const [one, two] = worlds
  const client = await one.connect({ 'client-id': 'c' })
  await subscribe(client, '/topic/a.>', 's')
  await subscribe(client, '/topic/a.b', 'gone')
  await lost(one, client)
  const sender = await one.connect()
  for (const text of ['m1', 'm2', 'm3'])
    await sender.receipted('SEND', { destination: '/topic/a.b', persistent: 'true' }, text)
  await sender.receipted('SEND', { destination: '/topic/a.c' }, 'volatile')
  const again = await one.connect({ 'client-id': 'c' })
  await again.receipted('UNSUBSCRIBE', { id: 'x', 'activemq.subscriptionName': 'gone' })
  await again.receipted('SUBSCRIBE', {
    id: 's',
    destination: '/topic/a.>',
    'activemq.subscriptionName': 's',
    ack: 'client-individual',
    'activemq.prefetchSize': '1',
  })
  const [first] = await take(again, 1)
  again.send('ACK', { id: first!.headers.get('ack')! })
  await take(again, 1)
  await lost(one, again)
  await fail(t, worlds)
  const there = await two.connect({ 'client-id': 'c' })
  await subscribe(there, '/topic/a.>', 's')
  const back = await take(there, 3)
  t.deepEqual(bodies(back), ['m2', 'm3', 'volatile'])
  t.is(back[2]!.headers.get('destination'), '/topic/a.c')
  const late = await two.connect()
  await late.receipted('SEND', { destination: '/topic/a.late', persistent: 'true' }, 'm4')
  t.deepEqual(bodies(await take(there, 1)), ['m4'])
})

test('W-05, V-03, C-03: copies of lists, virtual topics and composites are there after a failover, each once', async t => {
  const composite = `<destinationInterceptors><virtualDestinationInterceptor><virtualDestinations>
    <virtualTopic name="VirtualTopic.>"/>
    <compositeQueue name="IN"><forwardTo><queue physicalName="X"/><topic physicalName="VirtualTopic.t"/></forwardTo></compositeQueue>
    </virtualDestinations></virtualDestinationInterceptor></destinationInterceptors>`
  const worlds = await pair(t, { body: composite })
  const [one, two] = worlds
  const client = await one.connect({ 'client-id': 'c' })
  await client.receipted('SUBSCRIBE', {
    id: '1',
    destination: '/queue/Consumer.a.VirtualTopic.t',
    'activemq.prefetchSize': '0',
  })
  await subscribe(client, '/topic/VirtualTopic.t', 's')
  await client.receipted('UNSUBSCRIBE', { id: 's' })
  await client.receipted('SEND', { destination: '/queue/IN,/queue/Y', persistent: 'true' }, 'all')
  await client.receipted('BEGIN', { transaction: 't' })
  await client.receipted('SEND', { destination: '/queue/IN', persistent: 'true', transaction: 't' }, 'tx')
  await client.receipted('COMMIT', { transaction: 't' })
  client.destroy()
  await fail(t, worlds)
  for (const [queue, expected] of [
    ['X', ['all', 'tx']],
    ['Y', ['all']],
    ['Consumer.a.VirtualTopic.t', ['all', 'tx']],
  ] as const) {
    const consumer = await two.connect()
    await consumer.receipted('SUBSCRIBE', { id: '1', destination: `/queue/${queue}` })
    t.deepEqual(bodies(await take(consumer, expected.length)), [...expected], queue)
    await consumer.quiet()
  }
  const durable = await two.connect({ 'client-id': 'c' })
  await subscribe(durable, '/topic/VirtualTopic.t', 's')
  t.deepEqual(bodies(await take(durable, 2)), ['all', 'tx'])
})

test('SC-10: jobs are there after a failover, each fires once, and repeats go on where they were', async t => {
  const worlds = await pair(t, { attributes: 'schedulerSupport="true"' })
  const [one, two] = worlds
  const client = await one.connect()
  const later = { destination: '/queue/a', AMQ_SCHEDULED_DELAY: '1500' }
  await client.receipted('SEND', { ...later, persistent: 'true' }, 'p')
  await client.receipted('SEND', later, 'v')
  await client.receipted('SEND', { ...later, destination: '/queue/far', AMQ_SCHEDULED_DELAY: '3600000' }, 'far')
  const again = { ...later, AMQ_SCHEDULED_DELAY: '1', AMQ_SCHEDULED_PERIOD: '1000', AMQ_SCHEDULED_REPEAT: '1' }
  await client.receipted('SEND', { ...again, destination: '/queue/r' }, 'r')
  const repeated = await one.connect()
  await repeated.receipted('SUBSCRIBE', { id: '1', destination: '/queue/r' })
  t.deepEqual(bodies(await take(repeated, 1)), ['r'])
  await lost(one, repeated)
  client.destroy()
  await fail(t, worlds)
  const there = await two.connect()
  await there.receipted('SUBSCRIBE', { id: '1', destination: '/queue/a,/queue/r' })
  t.deepEqual(bodies(await take(there, 3)).sort(), ['p', 'r', 'v'])
  await there.quiet()
  const { schedule } = two.running.broker.state
  await until(two, 'one job is left', () => schedule.size === 1)
})

test('an active whose disk fails tells its twin before it closes the connections, also by a port that the system chose', async t => {
  const [one, two] = await pair(t)
  const { connectorUris } = one.running as Node
  t.deepEqual(connectorUris, [`tcp://127.0.0.1:${one.port()}`])
  const client = await one.connect()
  const node = one.running as Node
  node.stopped.catch(() => {})
  node.failed(new Error('EIO: simulated'))
  t.deepEqual(await client.closed(), [])
  await eventually('the other leads', () => two.running.addresses.length > 0)
  t.true(two.lines.some(line => line.includes('is lost: it ended (disk)')))
})

test('an address of the passive that means this active itself does not stop it when the passive is lost', async t => {
  const one = await new World().start(brokerXml())
  t.teardown(() => one.end())
  const attributes = `masterConnectorURI="tcp://127.0.0.1:${one.port()}"`
  // As a name that both machines give to themselves.
  const properties = { 'tandemmq.pair.announce': `tcp://127.0.0.1:${one.port()}` }
  const two = await new World().start(brokerXml({ attributes }), { properties })
  t.teardown(() => two.end())
  const state = (): string => (one.running as Node).pair.state
  await eventually('the two are in sync', () => state() === 'PAIRED')
  await two.stop()
  await eventually('it goes on alone', () => state() === 'SOLO')
  const client = await one.connect()
  client.send('SEND', { destination: '/queue/q', receipt: '1', persistent: 'true' })
  t.is((await client.frame()).command, 'RECEIPT')
})

test('a passive is told the address of a connector, not its name, where the two mean the same', async t => {
  const one = await new World().start(brokerXml({ connectors: { stomp: 'stomp://localhost:0' } }))
  t.teardown(() => one.end())
  const { address, family } = await lookup('localhost')
  const uri = `tcp://${family === 6 ? `[${address}]` : address}:${one.port()}`
  const two = await new World().start(brokerXml({ attributes: `masterConnectorURI="${uri}"` }))
  t.teardown(() => two.end())
  await eventually('the passive is in sync', () => (two.running as Node).pair.state === 'IN_SYNC')
  t.deepEqual((two.running as Node).pair.peer?.uris, [uri])
})

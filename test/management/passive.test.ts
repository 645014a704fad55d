import test from 'ava'
import type { Node } from '../../src/server/node.ts'
import { objectName, ownBean } from '../../src/management/management.ts'
import { eventually, pair } from '../contract/twins.ts'
import { brokerXml, World } from '../contract/world.ts'
import { BROKER, exec, named, queueBean, read, send, topicBean, world } from './shown.ts'

test('P-03: a passive shows its replica, says that it is one, and changes nothing', async t => {
  const [one, two] = await pair(t)
  const client = await one.connect({ 'client-id': 'c1' })
  await client.receipted('SUBSCRIBE', {
    id: '1',
    destination: '/topic/news',
    'activemq.subscriptionName': 'sub',
    ack: 'client',
  })
  await send(client, '/queue/orders', ['1', '2'])
  await send(client, '/topic/news', ['kept'])
  const { beans } = two.running
  await eventually(
    'the replica has all of it',
    () => read(beans, BROKER, 'TotalMessageCount')['TotalMessageCount'] === 2,
  )
  t.like(read(beans, BROKER), { Slave: true, CurrentConnectionsCount: 0, BrokerName: 'test', TotalConsumerCount: 1 })
  t.like(read(beans, queueBean('orders')), {
    QueueSize: 2,
    ConsumerCount: 0,
    ProducerCount: 0,
    InFlightCount: 0,
    Paused: false,
  })
  t.like(read(beans, topicBean('news')), { Name: 'news', QueueSize: 0 })
  const rows = (await exec(beans, queueBean('orders'), 'browse')) as Record<string, unknown>[]
  t.deepEqual(
    rows.map(row => row['Text']),
    ['1', '2'],
  )
  const durable = named(
    ['destinationType', 'Topic'],
    ['destinationName', 'news'],
    ['endpoint', 'Consumer'],
    ['clientId', 'c1'],
    ['consumerId', 'Durable(c1_sub)'],
  )
  await eventually('and the last of it', () => read(beans, durable)['PendingQueueSize'] === 1)
  t.is(read(beans, durable, 'Active')['Active'], false)
  t.like(read(beans, ownBean('Pair', 'test')), { Role: 'passive', State: 'IN_SYNC', InSync: true, PeerConnected: true })
  t.regex(beans.readOnly ?? '', /^This broker is passive \(epoch \d+\); the active is /)
  await t.throwsAsync(async () => exec(beans, queueBean('orders'), 'purge'), { message: 'Broker is not yet started.' })

  const active = one.running.beans
  t.is(active.readOnly, null)
  t.like(read(active, ownBean('Pair', 'test')), { Role: 'active', State: 'PAIRED', PeerConnected: true })
  t.is(read(active, ownBean('Pair', 'test'), 'LagRecords')['LagRecords'], 0)
})

test('P-05: demote hands the lead over; both beans say so, and when and how long', async t => {
  // The one that leads then waits for the other so long, and a stop waits with it.
  const options = { properties: { 'tandemmq.pair.ackTimeout': '750' } }
  const one = await new World().start(brokerXml(), options)
  t.teardown(() => one.end())
  const attributes = `masterConnectorURI="tcp://127.0.0.1:${one.port()}"`
  const two = await new World().start(brokerXml({ attributes }), options)
  t.teardown(() => two.end())
  await eventually('the passive is in sync', () => (one.running as Node).pair.state === 'PAIRED')
  await send(await one.connect(), '/queue/orders', ['1'])
  await exec(one.running.beans, ownBean('Pair', 'test'), 'demote')
  await eventually('the other leads', () => two.running.serving)
  const now = read(two.running.beans, ownBean('Pair', 'test'))
  t.like(now, { Role: 'active', FailoverCount: 1 })
  t.true((now['LastFailoverTime'] as number) > 0)
  t.true((now['LastFailoverOutageMillis'] as number) >= 0)
  t.like(read(two.running.beans, queueBean('orders')), { QueueSize: 1 })
  await eventually('the first follows', () => read(one.running.beans, BROKER, 'Slave')['Slave'] === true)
})

test('P-02 P-03: under passive.jmx=minimal a passive shows as little as ActiveMQ’s slave', async t => {
  const one = await world(t)
  const attributes = `masterConnectorURI="tcp://127.0.0.1:${one.port()}"`
  const two = new World()
  t.teardown(() => two.end())
  await two.start(brokerXml({ attributes }), { properties: { 'tandemmq.passive.jmx': 'minimal' } })
  await eventually('it is in sync', () => (two.running as Node).pair.state === 'IN_SYNC')
  const { beans } = two.running
  t.deepEqual(
    [...beans.query(objectName('org.apache.activemq', [], true))].map(({ name }) => name),
    [BROKER],
  )
  t.is(read(beans, BROKER, 'Slave')['Slave'], true)
  t.throws(() => read(beans, BROKER, 'TotalMessageCount'), { message: 'Broker is not yet started.' })
})

test('P-06: with useJmx="false" only what is TandemMQ’s own answers', async t => {
  const node = await world(t, { attributes: 'useJmx="false"' })
  t.is(node.running.beans.find(BROKER), null)
  t.like(read(node.running.beans, ownBean('Pair', 'test')), { Role: 'active' })
})

test('a start whose twin is awaited answers, and changes nothing', async t => {
  const [one, two] = await pair(t, { attributes: 'waitForSlave="true"' })
  await send(await one.connect(), '/queue/q', ['1'])
  await two.stop()
  await one.stop()
  const again = new World(one.directory)
  const starting = again.start(brokerXml({ attributes: 'waitForSlave="true"' }))
  t.teardown(() => again.end())
  await starting
  const { beans } = again.running
  t.like(read(beans, queueBean('q')), { QueueSize: 1 })
  t.like(read(beans, BROKER), { Slave: false })
  t.regex(beans.readOnly ?? '', /does not serve yet/)
})

import test from 'ava'
import { DestinationKind } from '../../src/base/destination.ts'
import { ownMessage } from '../../src/broker/broker.ts'
import { RecordType } from '../../src/journal/journal.ts'
import { LoneBroker } from './lone-broker.ts'
import { bodies, depth, started, take, until } from '../contract/consuming.ts'

const note = (text: string, persistent = true): Parameters<typeof ownMessage>[0] => ({
  id: `ID:broker:${text}`,
  persistent,
  priority: 4,
  expires: 0,
  timestamp: 1,
  text: true,
  headers: [['type', 'Note']],
  body: Buffer.from(text),
})

test('SA-11, D-12: what the broker sends itself goes to queues, topics, lists and durable subscriptions, without rights', async t => {
  const rights = `<plugins><simpleAuthenticationPlugin><users><authenticationUser username="u" password="p" groups="g"/></users></simpleAuthenticationPlugin>
    <authorizationPlugin><map><authorizationMap><authorizationEntries>
    <authorizationEntry queue="&gt;" read="g" write="nobody" admin="nobody"/>
    <authorizationEntry topic="&gt;" read="g" write="nobody" admin="g"/>
    </authorizationEntries></authorizationMap></map></authorizationPlugin></plugins>`
  const world = await started(t, { body: rights })
  const { broker } = world.running
  const queue = { kind: DestinationKind.queue, name: 'q' }
  const topic = { kind: DestinationKind.topic, name: 't' }
  broker.deposit([queue], ownMessage(note('first')))
  const client = await world.connect({ login: 'u', passcode: 'p', 'client-id': 'c' })
  await client.receipted('SUBSCRIBE', { id: 'd', destination: '/topic/t', 'activemq.subscriptionName': 's' })
  await client.receipted('SUBSCRIBE', { id: 't', destination: '/topic/t' })
  broker.deposit([queue, topic], ownMessage(note('second')))
  const frames = await take(client, 2)
  t.deepEqual(bodies(frames), ['second', 'second'])
  t.deepEqual(
    frames.map(({ headers }) => headers.get('subscription')).toSorted((a = '', b = '') => a.localeCompare(b)),
    ['d', 't'],
  )
  t.is(frames[0]!.headers.get('type'), 'Note')
  t.is(frames[0]!.headers.get('original-destination'), '/queue/q,topic://t')
  await client.receipted('SUBSCRIBE', { id: 'q', destination: '/queue/q' })
  t.deepEqual(bodies(await take(client, 2)), ['first', 'second'])
})

test('M-09: a volatile message of the broker’s own to a topic is not journaled, and reaches who is there', async t => {
  const world = await started(t)
  const client = await world.connect()
  await client.receipted('SUBSCRIBE', { id: '1', destination: '/topic/t' })
  const { broker } = world.running
  const end = broker.journal.end
  broker.deposit([{ kind: DestinationKind.topic, name: 't' }], ownMessage(note('x', false)))
  t.is(broker.journal.end, end)
  t.deepEqual(bodies(await take(client, 1)), ['x'])
})

test('what goes nowhere takes along nothing, and harms nothing', async t => {
  const world = await started(t)
  const { broker } = world.running
  broker.deposit([{ kind: DestinationKind.tempQueue, name: 'gone' }], ownMessage(note('x')))
  broker.deposit([{ kind: DestinationKind.queue, name: 'q' }], ownMessage(note('y')))
  await until(world, 'it is there', () => depth(world, 'q') === 1)
  t.is(broker.state.messages, 1)
})

test('what the broker copies itself arrives also when one record cannot hold the copies', async t => {
  const world = await started(t)
  const { broker } = world.running
  broker.uncommitted.copiesMax = 100
  const client = await world.connect({ 'client-id': 'c' })
  const names = ['a', 'b', 'd']
  for (const name of names)
    await client.receipted('SUBSCRIBE', {
      id: name,
      destination: `/topic/${name}`,
      'activemq.subscriptionName': name,
    })
  const from = broker.journal.end
  broker.deposit(
    names.map(name => ({ kind: DestinationKind.topic, name })),
    ownMessage(note('x')),
  )
  const types: number[] = []
  broker.journal.scan(from, broker.journal.end, (_block, view, offset) => types.push(view.getUint8(offset + 8)))
  t.deepEqual(types, [RecordType.messageAdded, RecordType.messageAdded, RecordType.messageAdded])
  t.deepEqual(bodies(await take(client, 3)), ['x', 'x', 'x'])
})

test('more durable subscriptions than one record can name all get their copy', async t => {
  const lone = await new LoneBroker().start()
  const { broker } = lone
  const topic = { kind: DestinationKind.topic, name: 't' }
  broker.create(topic, null)
  const count = 65_540
  for (let i = 0; i < count; i++)
    broker.durables.open({ clientId: `c${i}`, name: 's', topics: 't', selector: null, exact: false, noLocal: false })
  await lone.rest()
  broker.deposit([topic], ownMessage(note('x')))
  await lone.rest()
  const sizes = [...broker.durables.all()].map(({ queue }) => queue.stored?.messages.live ?? 0)
  t.is(sizes.length, count)
  t.true(sizes.every(size => size === 1))
})

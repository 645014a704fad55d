import test, { type ExecutionContext } from 'ava'
import { DestinationKind } from '../../src/base/destination.ts'
import { FaultyFiles } from '../journal/faulty-files.ts'
import { behindOne, bodies, depth, started, take } from './consuming.ts'
import { eventually } from './twins.ts'
import { World, brokerXml, type Client } from './world.ts'

/*
 * A hand-over tells the twin where the journal ends. What a broker was in the middle of writes nothing behind that, which would be
 * cut off there and exported as if it were missing; if the hand-over is given up, it goes on.
 */

const queue = (name: string) => ({ kind: DestinationKind.queue, name }) as const
const DLQ = 'ActiveMQ.DLQ'

const dead = ({ running: { broker } }: World): number => {
  const letters = broker.find(DestinationKind.queue, DLQ)
  return letters !== null && 'stored' in letters ? (letters.stored?.messages.live ?? 0) : 0
}

/** Nothing is journaled while a hand-over is under way; then it is given up. */
async function atRest(t: ExecutionContext, { running: { broker } }: World, end = broker.journal.end): Promise<void> {
  // Whatever waits for a commit, or for another turn, has had many.
  for (let turns = 0; turns < 200; turns++) await new Promise(resolve => setImmediate(resolve))
  await new Promise(resolve => setTimeout(resolve, 20))
  t.is(broker.journal.end, end)
  broker.resume()
}

const expiring = (destination: string, expires: number, count: number): string =>
  Array.from(
    { length: count },
    (_, i) => `SEND\ndestination:${destination}\npersistent:true\nexpires:${expires}\n\nm${i}\0`,
  ).join('')

const numbered = (count: number): string[] => Array.from({ length: count }, (_, i) => `m${i}`)

async function letters(world: World, count: number): Promise<string[]> {
  const heir: Client = await world.connect()
  heir.send('SUBSCRIBE', { id: 'd', destination: `/queue/${DLQ}`, ack: 'auto' })
  return bodies(await take(heir, count))
}

test('PL-01: statistics that are being told rest during a hand-over', async t => {
  const world = await started(t, { body: '<plugins><statisticsBrokerPlugin/></plugins>' })
  const { broker } = world.running
  const count = 1200
  for (let i = 0; i < count; i++) broker.create(queue(`s.${i}`), null)
  const client = await world.connect()
  await client.receipted('SUBSCRIBE', { id: 'r', destination: '/temp-queue/r' })
  let told = 0
  const deposit = broker.deposit.bind(broker)
  broker.deposit = (names, message) => {
    // The first slice is told to its end, in the turn that is under way.
    if (told++ === 0) broker.quiesce()
    deposit(names, message)
  }
  client.send('SEND', { destination: '/queue/ActiveMQ.Statistics.Destination.s.>', 'reply-to': '/temp-queue/r' })
  await eventually('some are told', () => told > 0)
  t.true(told < count, `${told}`)
  await atRest(t, world)
  await take(client, count)
  t.is(told, count)
})

test('E-02: what is expired when it comes is not buried during a hand-over', async t => {
  const files = new FaultyFiles()
  let open: () => void = () => {}
  const gate = new Promise<void>(resolve => (open = resolve))
  let shut = false
  files.before = operation => (operation === 'sync' && shut ? gate : undefined)
  const world = await new World().start(brokerXml(), { files })
  t.teardown(() => world.end())
  const { broker } = world.running
  const client = await world.connect()
  await client.receipted('SEND', { destination: '/queue/a' })
  shut = true
  client.raw(expiring('/queue/a', 1, 10))
  await eventually('all are read', () => [...broker.sessions].some(({ sends }) => sends === 11))
  broker.quiesce()
  const { end } = broker.journal
  shut = false
  open()
  await eventually('it is committed', () => broker.journal.committed >= end)
  await atRest(t, world, end)
  await eventually('all are dead', () => dead(world) === 10)
  t.deepEqual(await letters(world, 10), numbered(10))
  t.is(depth(world, 'a'), 1)
})

test('E-05: nor is what expired while it waited for a slow subscriber of a topic', async t => {
  const { world, subscriber, sender, first } = await behindOne(t)
  const { broker } = world.running
  const count = 2500
  const began = performance.now()
  sender.raw(expiring('/queue/before', 0, count))
  await sender.receipted('SEND', { destination: '/queue/before' })
  // When it is over they are there, also where all takes long.
  const soon = Date.now() + 300 + 3 * Math.ceil(performance.now() - began)
  sender.raw(expiring('/topic/t', soon, count))
  await sender.receipted('SEND', { destination: '/topic/t' }, 'alive')
  await eventually('they have expired', () => Date.now() > soon)
  const deposit = broker.deposit.bind(broker)
  broker.deposit = (names, message, together) => {
    broker.deposit = deposit
    broker.quiesce()
    deposit(names, message, together)
  }
  subscriber.send('ACK', { id: first.headers.get('ack')! })
  await eventually('a hand-over is under way', () => broker.quiesced && broker.journal.committed === broker.journal.end)
  t.true(dead(world) < count, `${dead(world)} are dead`)
  await atRest(t, world)
  t.is((await subscriber.expect('MESSAGE')).body.toString(), 'alive')
  t.deepEqual(await letters(world, count), numbered(count))
})

test('R-01, TD-03: what a connection leaves behind that ends during a hand-over waits too', async t => {
  const world = await started(t)
  const { broker } = world.running
  const client = await world.connect()
  await client.receipted('SEND', { destination: '/queue/a', persistent: 'true' }, 'x')
  await client.receipted('SUBSCRIBE', { id: '1', destination: '/queue/a', ack: 'client' })
  await client.expect('MESSAGE')
  await client.receipted('SUBSCRIBE', { id: '2', destination: '/temp-queue/mine' })
  const queues = broker.state.destinations.size
  broker.quiesce()
  const { end } = broker.journal
  client.destroy()
  await eventually('it has ended', () => broker.sessions.size === 0)
  await atRest(t, world, end)
  await eventually('its temporary queue is forgotten', () => broker.state.destinations.size === queues - 1)
  const heir = await world.connect()
  heir.send('SUBSCRIBE', { id: '1', destination: '/queue/a', ack: 'client' })
  const { headers, body } = await heir.expect('MESSAGE')
  t.deepEqual([body.toString(), headers.get('redelivered')], ['x', 'true'])
})

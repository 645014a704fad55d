import test, { type ExecutionContext } from 'ava'
import { DestinationKind } from '../../src/base/destination.ts'
import type { Published, TopicConsumer } from '../../src/destination/destination.ts'
import { FaultyFiles } from '../journal/faulty-files.ts'
import { behindOne, bodies, depth, started, take } from './consuming.ts'
import { eventually } from './twins.ts'
import { World, brokerXml, type XmlParts } from './world.ts'

/*
 * What is asked of a broker at one moment may be a million things: it does them a few at a time, and serves others between.
 */

/** Looks at a number in each turn of the event loop; answers by how much it grew within one at most. */
function watch(t: ExecutionContext, count: () => number): () => number {
  let [last, most, ends] = [count(), 0, false]
  const look = (): void => {
    const now = count()
    most = Math.max(most, now - last)
    last = now
    if (!ends) setImmediate(look)
  }
  look()
  t.teardown(() => (ends = true))
  return () => most
}

const queue = (name: string) => ({ kind: DestinationKind.queue, name }) as const

const policy = (entry: string): XmlParts => ({
  body: `<destinationPolicy><policyMap><policyEntries><policyEntry ${entry}/></policyEntries></policyMap></destinationPolicy>`,
})

const count = 6000
/** Of as many that are all done in one turn without slices. */
const few = count / 2

/** In one piece, so that it is read and journaled in few turns. */
async function send(world: World, destination: string, headers: () => string): Promise<void> {
  const client = await world.connect()
  let text = ''
  for (let i = 1; i <= count; i++) text += `SEND\ndestination:${destination}\npersistent:true\n${headers()}\nm${i}\0`
  client.raw(text)
  await client.receipted('SEND', { destination: '/queue/other' })
  client.destroy()
}

/** When it is over what is sent from now on is there, also where all takes long: ms since 1970. */
async function later(world: World): Promise<number> {
  const began = performance.now()
  await send(world, '/queue/before', () => '')
  return Date.now() + 500 + 3 * Math.ceil(performance.now() - began)
}

const dead = (world: World): number =>
  world.running.broker.find(DestinationKind.queue, DLQ) === null ? 0 : depth(world, DLQ)
const DLQ = 'ActiveMQ.DLQ'

async function letters(world: World): Promise<string[]> {
  const heir = await world.connect()
  heir.send('SUBSCRIBE', { id: 'd', destination: '/queue/ActiveMQ.DLQ', ack: 'auto' })
  return bodies(await take(heir, count))
}

const inOrder = Array.from({ length: count }, (_, i) => `m${i + 1}`)

test.serial(
  'E-01: messages that expired at one moment are buried a few at a time when a consumer comes, all of them and in order',
  async t => {
    const world = await started(t)
    const soon = await later(world)
    await send(world, '/queue/a', () => `expires:${soon}\n`)
    await eventually('they have expired', () => Date.now() > soon)
    const most = watch(t, () => dead(world))
    const consumer = await world.connect()
    consumer.send('SUBSCRIBE', { id: '1', destination: '/queue/a', ack: 'client' })
    await eventually('all are dead', () => dead(world) === count)
    t.true(most() > 0 && most() < few, `${most()} in a turn`)
    consumer.send('SEND', { destination: '/queue/a' }, 'alive')
    t.is((await consumer.expect('MESSAGE')).body.toString(), 'alive')
    t.deepEqual(await letters(world), inOrder)
  },
)

test.serial(
  'E-03: so does the look for expired messages, however many a page has, and it goes on where it was',
  async t => {
    const world = await started(t, policy(`queue="a" maxExpirePageSize="${count}" expireMessagesPeriod="1"`))
    const { broker } = world.running
    broker.create(queue('a'), null)
    broker.operations.pause(queue('a'))
    const soon = await later(world)
    await send(world, '/queue/a', () => `expires:${soon}\n`)
    await eventually('they have expired', () => Date.now() > soon)
    broker.operations.resume(queue('a'))
    const most = watch(t, () => dead(world))
    broker.sweep('expired')
    await eventually('all are dead', () => dead(world) === count)
    t.true(most() > 0 && most() < few, `${most()} in a turn`)
    t.deepEqual(await letters(world), inOrder)
  },
)

test('E-02: and what is expired when it comes, though all of it is committed at one moment', async t => {
  let open: (() => void) | null = null
  let gate: Promise<void> | null = null
  const files = new FaultyFiles()
  files.before = operation => (operation === 'sync' && gate !== null ? gate : undefined)
  const world = await new World().start(brokerXml(), { files })
  t.teardown(() => world.end())
  const most = watch(t, () => dead(world))
  gate = new Promise(resolve => (open = resolve))
  const sent = send(world, '/queue/a', () => 'expires:1\n')
  await eventually('all are read', () => [...world.running.broker.sessions].some(({ sends }) => sends === count + 1))
  gate = null
  open!()
  await sent
  await eventually('all are dead', () => dead(world) === count)
  t.true(most() > 0 && most() < few, `${most()} in a turn`)
  t.is(depth(world, 'a'), 0)
})

test.serial('E-05: and what expired while it waited for a slow subscriber of a topic', async t => {
  const { world, subscriber, sender, first } = await behindOne(t)
  const soon = await later(world)
  await send(world, '/topic/t', () => `expires:${soon}\n`)
  await eventually('they have expired', () => Date.now() > soon)
  await sender.receipted('SEND', { destination: '/topic/t' }, 'alive')
  const most = watch(t, () => dead(world))
  subscriber.send('ACK', { id: first.headers.get('ack')! })
  t.is((await subscriber.expect('MESSAGE')).body.toString(), 'alive')
  await eventually('all are dead', () => dead(world) === count)
  t.true(most() > 0 && most() < few, `${most()} in a turn`)
  t.deepEqual(await letters(world), inOrder)
})

test('B-01: a browser passes the empty ones among many queues a few at a time', async t => {
  const world = await started(t)
  const { broker } = world.running
  for (let i = 0; i < count; i++) broker.create(queue(`b.${i}`), null)
  await eventually('they are there', () => broker.state.applied === broker.journal.end)
  const client = await world.connect()
  await client.receipted('SEND', { destination: `/queue/b.${count - 1}`, persistent: 'true' }, 'last')
  let runs = 0
  const run = broker.browsing.run.bind(broker.browsing)
  broker.browsing.run = () => {
    if (!broker.browsing.done) runs++
    run()
  }
  client.send('SUBSCRIBE', { id: '1', destination: '/queue/b.>', browser: 'true' })
  t.is((await client.expect('MESSAGE')).body.toString(), 'last')
  t.is((await client.expect('MESSAGE')).headers.get('browser'), 'end')
  t.true(runs >= count / 500, `${runs} turns`)
})

test('LD-04, AD-01: destinations that go at one moment go a few at a time, and so does what is told of them', async t => {
  const parts = policy('queue="gc.>" gcInactiveDestinations="true" inactiveTimeoutBeforeGC="1"')
  const world = await started(t, { ...parts, attributes: 'schedulePeriodForDestinationPurge="3600000"' })
  const { broker } = world.running
  for (let i = 0; i < count; i++) broker.create(queue(`gc.${i}`), null)
  await eventually('they are there', () => broker.state.applied === broker.journal.end)
  broker.sweep('inactive')
  const seen = performance.now()
  await eventually('they are old', () => performance.now() - seen > 5)
  const left = (): number => [...broker.registry.named()].filter(({ at }) => at.name.startsWith('gc.')).length
  const notices = broker.notices!
  const flush = notices.flush.bind(notices)
  let [more, turns] = [false, 0]
  notices.flush = () => {
    more = flush()
    if (more) turns++
    return more
  }
  broker.sweep('inactive')
  t.true(left() > 0, 'not all at once')
  await eventually('they are gone', () => left() === 0 && broker.state.applied === broker.journal.end && !more)
  t.true(turns >= 2, `${turns} turns with more to tell`)
})

test('PL-01: the statistics of many destinations are told a few at a time, in order, and the empty map comes last', async t => {
  const world = await started(t, { body: '<plugins><statisticsBrokerPlugin/></plugins>' })
  const { broker } = world.running
  for (let i = 0; i < 1200; i++) broker.create(queue(`s.${i}`), null)
  const client = await world.connect()
  await client.receipted('SUBSCRIBE', { id: 'r', destination: '/temp-queue/r', transformation: 'jms-map-json' })
  let told = 0
  const deposit = broker.deposit.bind(broker)
  broker.deposit = (names, message) => {
    told++
    deposit(names, message)
  }
  const most = watch(t, () => told)
  const to = '/queue/ActiveMQ.Statistics.Destination.s.>'
  client.send('SEND', {
    destination: to,
    'reply-to': '/temp-queue/r',
    'ActiveMQ.Statistics.Destination.List.End.With.Null': 'true',
  })
  const answers = bodies(await take(client, 1201))
  t.true(most() < 1000, `${most()} in a turn`)
  t.deepEqual(
    answers.map(body => /queue:\/\/(s\.\d+)/.exec(body)?.[1] ?? null),
    [...Array.from({ length: 1200 }, (_, i) => `s.${i}`), null],
  )
})

test('T-01: who publishes to many subscribers rests between, alone or in a transaction; each gets everything in order', async t => {
  const world = await started(t)
  const { broker } = world.running
  const to = broker.create({ kind: DestinationKind.topic, name: 't' }, null)
  const got: string[] = []
  const subscribers = 2000
  class Counting implements TopicConsumer {
    readonly priority = 0
    readonly audits = false
    publish({ delivery: { block, length } }: Published): void {
      copies++
      if (this === first) got.push(/m(\d+)[^0-9]*$/.exec(block.toString('latin1', 0, length))?.[1] ?? '?')
    }
    replay(): void {}
  }
  let copies = 0
  const first = new Counting()
  t.not(to.consumers, undefined)
  if (!('add' in to)) return t.fail('it is a topic')
  to.add(first)
  for (let i = 1; i < subscribers; i++) to.add(new Counting())
  const most = watch(t, () => copies)
  const client = await world.connect()
  const each = (from: number, header: string): string =>
    Array.from({ length: 600 }, (_, i) => `SEND\ndestination:/topic/t\n${header}\nm${from + i}\0`).join('')
  client.raw(`${each(0, '')}BEGIN\ntransaction:t\n\n\0${each(600, 'transaction:t\n')}COMMIT\ntransaction:t\n\n\0`)
  client.raw(each(1200, ''))
  await eventually('all are published', () => copies === 1800 * subscribers)
  t.true(most() < 1_100_000, `${most()} copies in a turn`)
  t.deepEqual(
    got,
    Array.from({ length: 1800 }, (_, i) => `${i}`),
  )
  // Nobody rests for ever.
  await client.quiet()
})

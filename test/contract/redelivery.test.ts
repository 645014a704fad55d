import test from 'ava'
import { World, brokerXml, type Client } from './world.ts'
import {
  about,
  bodies,
  connect,
  depth,
  drain,
  fill,
  flags,
  forVersions,
  lost,
  names,
  started,
  take,
  versions,
  type VersionText,
} from './consuming.ts'

let world: World
test.before(async () => {
  world = await new World().start(brokerXml())
})
test.after.always(() => world.end())

const individual = { id: '1', ack: 'client-individual' }

/** The ways in which a consumer ends. */
const ends: Record<string, (client: Client) => Promise<unknown>> = {
  UNSUBSCRIBE: client => client.receipted('UNSUBSCRIBE', { id: '1' }),
  DISCONNECT: client => client.receipted('DISCONNECT'),
  'a lost socket': client => lost(world, client),
}

for (const [how, end] of Object.entries(ends)) {
  forVersions(
    test,
    versions,
    `R-01, R-02, R-03, R-04: after ${how} what was written comes first, in order, flagged, read or not; what was not is unflagged`,
    async (t, version) => {
      const client = await connect(world, version)
      const name = `r01.${how.length}.${version}`
      await fill(world, `/queue/${name}`, 6)
      client.send('SUBSCRIBE', { ...individual, destination: `/queue/${name}`, 'activemq.prefetchSize': '4' })
      const messages = await take(client, 4)
      client.send('ACK', about(client, messages[1]!))
      await take(client, 1)
      await client.quiet()
      const other = await connect(world, version)
      await end(client)
      await other.receipted('SUBSCRIBE', { id: '2', destination: `/queue/${name}`, ack: 'auto' })
      const back = await take(other, 5)
      t.deepEqual(bodies(back), ['m1', 'm3', 'm4', 'm5', 'm6'])
      t.deepEqual(flags(back), [true, true, true, true, false])
      await other.quiet()
    },
  )
}

forVersions(test, versions, 'R-01: while a subscription lives nothing is delivered to it again', async (t, version) => {
  const client = await connect(world, version)
  const other = await connect(world, version)
  const name = `r01.living.${version}`
  await fill(world, `/queue/${name}`, 1)
  client.send('SUBSCRIBE', { ...individual, destination: `/queue/${name}`, 'activemq.prefetchSize': '1' })
  await take(client, 1)
  await other.receipted('SUBSCRIBE', { ...individual, destination: `/queue/${name}` })
  await fill(world, `/queue/${name}`, 1)
  await take(other, 1)
  await client.quiet()
  await other.quiet()
  t.is(depth(world, name), 2)
})

forVersions(
  test,
  versions,
  'R-02: a consumer that stands by with room gets what comes back before anything newer',
  async (t, version) => {
    const first = await connect(world, version)
    const second = await connect(world, version)
    const name = `r02.${version}`
    const options = { ...individual, destination: `/queue/${name}`, 'activemq.exclusive': 'true' }
    await fill(world, `/queue/${name}`, 6)
    first.send('SUBSCRIBE', { ...options, 'activemq.prefetchSize': '3' })
    await take(first, 3)
    await second.receipted('SUBSCRIBE', options)
    await second.quiet()
    first.destroy()
    const all = await take(second, 6)
    t.deepEqual(bodies(all), names(1, 6))
    t.deepEqual(flags(all), [true, true, true, false, false, false])
  },
)

forVersions(
  test,
  versions,
  'R-01, S-TX-13: what a transaction had acknowledged comes back once when subscription and connection end before COMMIT',
  async (t, version) => {
    const client = await connect(world, version)
    const name = `r01.tx.${version}`
    await fill(world, `/queue/${name}`, 4)
    client.send('SUBSCRIBE', { ...individual, destination: `/queue/${name}` })
    const messages = await take(client, 4)
    await client.receipted('BEGIN', { transaction: 'tx' })
    for (const i of [3, 1]) await client.receipted('ACK', about(client, messages[i]!, { transaction: 'tx' }))
    await client.receipted('UNSUBSCRIBE', { id: '1' })
    await client.receipted('DISCONNECT')
    const back = await drain(world, name)
    t.deepEqual(bodies(back), ['m1', 'm3', 'm2', 'm4'])
    t.deepEqual(flags(back), [true, true, true, true])
    t.is(depth(world, name), 0)
  },
)

test('R-02: what comes back goes before what was passed over because nobody wanted it', async t => {
  const own = await connect(world, '1.2')
  for (const body of ['n1', 'n2']) await own.receipted('SEND', { destination: '/queue/r02.local' }, body)
  const noLocal = { id: '1', destination: '/queue/r02.local', ack: 'client', 'activemq.noLocal': 'true' }
  await fill(world, '/queue/r02.local', 2)
  own.send('SUBSCRIBE', noLocal)
  t.deepEqual(bodies(await take(own, 2)), names(1, 2))
  await own.quiet()
  await lost(world, own)
  const back = await drain(world, 'r02.local')
  t.deepEqual(bodies(back), ['m1', 'm2', 'n1', 'n2'])
})

forVersions(
  test,
  versions,
  'R-06: what came back earlier stays in front of what comes back later',
  async (t, version) => {
    const name = `r06.${version}`
    await fill(world, `/queue/${name}`, 6)
    const consumers: Client[] = []
    for (let i = 0; i < 3; i++) {
      const client = await connect(world, version)
      client.send('SUBSCRIBE', { ...individual, destination: `/queue/${name}`, 'activemq.prefetchSize': '2' })
      await take(client, 2)
      consumers.push(client)
    }
    for (const i of [1, 0, 2]) await consumers[i]!.receipted('UNSUBSCRIBE', { id: '1' })
    t.deepEqual(bodies(await drain(world, name)), ['m3', 'm4', 'm1', 'm2', 'm5', 'm6'])
  },
)

forVersions(
  test,
  versions,
  'R-07: a message may come back without limit, and stays out of the DLQ',
  async (t, version) => {
    const own = await started(t)
    await fill(own, '/queue/a', 2)
    for (let i = 0; i < 20; i++) {
      const client = await connect(own, version)
      client.send('SUBSCRIBE', { ...individual, destination: '/queue/a' })
      const messages = await take(client, 2)
      t.deepEqual(bodies(messages), names(1, 2))
      t.deepEqual(flags(messages), [i > 0, i > 0])
      await client.receipted('UNSUBSCRIBE', { id: '1' })
      client.destroy()
    }
    await fill(own, '/queue/ActiveMQ.DLQ', 1)
    t.is(depth(own, 'ActiveMQ.DLQ'), 1)
  },
)

for (const kill of [false, true]) {
  test(`R-08, ST-05: what came back before ${kill ? 'two restarts, with a snapshot in between,' : 'a restart'} is flagged after it`, async t => {
    const own = await started(t)
    await fill(own, '/queue/a', 3)
    const client = await connect(own, '1.2')
    client.send('SUBSCRIBE', { ...individual, destination: '/queue/a', 'activemq.prefetchSize': '2' })
    await take(client, 2)
    await client.receipted('UNSUBSCRIBE', { id: '1' })
    client.send('SUBSCRIBE', { ...individual, destination: '/queue/a', 'activemq.prefetchSize': '1' })
    t.deepEqual(flags(await take(client, 1)), [true])
    for (let i = 0; i < (kill ? 2 : 1); i++) {
      await own.stop()
      await own.start(brokerXml())
    }
    const back = await drain(own, 'a')
    t.deepEqual(bodies(back), names(1, 3))
    t.deepEqual(flags(back), [true, true, false])
  })
}

async function stopWith(version: VersionText, own: World): Promise<{ waiting: Client; holding: Client }> {
  await fill(own, '/queue/a', 2)
  const holding = await connect(own, version)
  holding.send('SUBSCRIBE', { ...individual, destination: '/queue/a' })
  await take(holding, 2)
  const waiting = await connect(own, version)
  await waiting.receipted('SUBSCRIBE', { ...individual, destination: '/queue/a' })
  await own.stop()
  return { waiting, holding }
}

forVersions(
  test,
  versions,
  'R-11: when the broker stops, what comes back is given to nobody, and nothing is lost',
  async (t, version) => {
    const own = await started(t)
    const { waiting, holding } = await stopWith(version, own)
    t.deepEqual(await waiting.closed(), [])
    t.deepEqual(await holding.closed(), [])
    await own.start(brokerXml())
    t.deepEqual(bodies(await drain(own, 'a')), names(1, 2))
  },
)

test('R-01: thousands of messages that come back are served again, in order', async t => {
  await fill(world, '/queue/r01.many', 3000)
  const holder = await connect(world, '1.2')
  const options = { ...individual, destination: '/queue/r01.many' }
  holder.send('SUBSCRIBE', { ...options, 'activemq.prefetchSize': '3000' })
  await take(holder, 3000)
  await lost(world, holder)
  const client = await connect(world, '1.2')
  client.send('SUBSCRIBE', { ...options, 'activemq.prefetchSize': '100' })
  for (let i = 1; i <= 3000; i++) {
    const message = await client.expect('MESSAGE')
    if (message.body.toString() !== `m${i}`) t.fail(`m${i} was expected, ${message.body.toString()} came`)
    client.send('ACK', about(client, message))
  }
  await client.quiet()
  t.is(depth(world, 'r01.many'), 0)
})

import test from 'ava'
import { World, brokerXml } from './world.ts'
import {
  about,
  bodies,
  connect,
  depth,
  drain,
  fill,
  flags,
  forVersions,
  names,
  queueOf,
  refused,
  take,
  versions,
} from './consuming.ts'

let world: World
test.before(async () => {
  world = await new World().start(brokerXml())
})
test.after.always(() => world.end())

forVersions(
  test,
  ['1.1', '1.2'],
  'S-UNS-01: UNSUBSCRIBE needs the id, and a destination beside it does not matter',
  async (t, version) => {
    const client = await connect(world, version)
    const name = `u01.${version}`
    await client.receipted('SUBSCRIBE', { id: '1', destination: `/queue/${name}` })
    t.is(await refused(client, 'UNSUBSCRIBE', {}), 'UNSUBSCRIBE received without a subscription id!')
    const without = { destination: `/queue/${name}` }
    t.is(await refused(client, 'UNSUBSCRIBE', without), 'UNSUBSCRIBE received without a subscription id!')
    await client.receipted('UNSUBSCRIBE', { id: '1', destination: '/queue/other' })
    await fill(world, `/queue/${name}`, 1)
    await client.quiet()
    t.is(depth(world, name), 1)
  },
)

test('S-UNS-02: in STOMP 1.0 by id or by destination, one subscription at a time', async t => {
  const client = await connect(world, '1.0')
  const neither = 'Must specify the subscriptionId or the destination you are unsubscribing from'
  t.is(await refused(client, 'UNSUBSCRIBE', {}), neither)
  await client.receipted('SUBSCRIBE', { destination: '/queue/u02' })
  await client.receipted('SUBSCRIBE', { id: 'x', destination: '/queue/u02' })
  await client.receipted('SUBSCRIBE', { id: 'y', destination: '/queue/u02' })
  t.is(queueOf(world, 'u02').consumers.size, 3)
  await client.receipted('UNSUBSCRIBE', { id: 'y' })
  await client.receipted('UNSUBSCRIBE', { destination: '/queue/u02' })
  t.is(queueOf(world, 'u02').consumers.size, 1)
  await fill(world, '/queue/u02', 1)
  const [message] = await take(client, 1)
  t.is(message!.headers.get('subscription'), 'x')
  await client.receipted('UNSUBSCRIBE', { destination: '/queue/u02' })
  t.is(await refused(client, 'UNSUBSCRIBE', { destination: '/queue/u02' }), 'No subscription matched.')
  for (const [by, and] of [
    ['u02.plain', '/queue/u02.plain'],
    ['/queue/u02.plain', 'u02.plain'],
    ['/topic/u02', '/topic/u02'],
    ['/temp-queue/u02', '/temp-queue/u02'],
    ['/queue/u02.*', '/queue/u02.*'],
  ] as const) {
    await client.receipted('SUBSCRIBE', { destination: by })
    await client.receipted('UNSUBSCRIBE', { destination: and })
  }
})

forVersions(test, versions, 'S-UNS-03: an UNSUBSCRIBE that matches nothing is refused', async (t, version) => {
  const client = await connect(world, version)
  t.is(await refused(client, 'UNSUBSCRIBE', { id: 'none' }), 'No subscription matched.')
  await client.receipted('SUBSCRIBE', { id: '1', destination: `/queue/u03.${version}` })
  await client.receipted('UNSUBSCRIBE', { id: '1' })
  t.is(await refused(client, 'UNSUBSCRIBE', { id: '1' }), 'No subscription matched.')
  await client.receipted('SUBSCRIBE', { id: '1', destination: `/queue/u03.${version}` })
})

forVersions(
  test,
  versions,
  'S-UNS-04: after the RECEIPT nothing more comes; what was not acknowledged is first in the queue again, in order, flagged',
  async (t, version) => {
    const client = await connect(world, version)
    const name = `u04.${version}`
    await fill(world, `/queue/${name}`, 6)
    const window = { 'activemq.prefetchSize': '4' }
    client.send('SUBSCRIBE', { id: '1', destination: `/queue/${name}`, ack: 'client-individual', ...window })
    const messages = await take(client, 4)
    client.send('ACK', about(client, messages[1]!))
    await take(client, 1)
    await client.receipted('UNSUBSCRIBE', { id: '1' })
    await fill(world, `/queue/${name}`, 1)
    await client.quiet()
    const error = await refused(client, 'ACK', about(client, messages[0]!))
    t.regex(error ?? '', /^Unexpected ACK received/)
    const again = await drain(world, name)
    t.deepEqual(bodies(again), ['m1', 'm3', 'm4', 'm5', 'm6', 'm1'])
    t.deepEqual(flags(again), [true, true, true, true, false, false])
  },
)

forVersions(
  test,
  versions,
  'S-UNS-04: a subscription that was given too much to read stops at its UNSUBSCRIBE',
  async (t, version) => {
    const client = await connect(world, version)
    const name = `u04.much.${version}`
    await fill(world, `/queue/${name}`, 300)
    client.send('SUBSCRIBE', { id: '1', destination: `/queue/${name}`, ack: 'client', 'activemq.prefetchSize': '50' })
    client.send('UNSUBSCRIBE', { id: '1', receipt: 'end' })
    let frame = await client.frame()
    while (frame.command === 'MESSAGE') frame = await client.frame()
    t.is(frame.headers.get('receipt-id'), 'end')
    await client.quiet()
    t.deepEqual(bodies(await drain(world, name)), names(1, 300))
  },
)

forVersions(test, versions, 'S-UNS-06: of subscriptions that ended nothing is kept', async (t, version) => {
  const client = await connect(world, version)
  const name = `u06.${version}`
  await fill(world, `/queue/${name}`, 3)
  const { broker } = world.running
  const session = [...broker.sessions].find(one => one.link.remote.endsWith(`:${client.socket.localPort}`))!
  for (let i = 0; i < 20; i++) {
    client.send('SUBSCRIBE', { id: `q${i}`, destination: `/queue/${name}`, ack: 'client' })
    await take(client, 3)
    await client.receipted('UNSUBSCRIBE', { id: `q${i}` })
    await client.receipted('SUBSCRIBE', { id: `t${i}`, destination: `/topic/${name}.>`, ack: 'client' })
    await client.receipted('UNSUBSCRIBE', { id: `t${i}` })
  }
  t.is(session.allSubscriptions.size, 0)
  t.is(session.subscriptions.size, 0)
  t.is(queueOf(world, name).consumers.size, 0)
  t.true(session.held.empty)
  const wild = broker.registry.waitingFor({ kind: 1, name: `${name}.x` })
  t.is(wild.length, 0)
  t.is(depth(world, name), 3)
})

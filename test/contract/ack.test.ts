import test from 'ava'
import { World, brokerXml } from './world.ts'
import {
  about,
  bodies,
  connect,
  depth,
  drain,
  fill,
  forVersions,
  named,
  lost,
  names,
  queueOf,
  refused,
  started,
  take,
  versions,
} from './consuming.ts'

let world: World
test.before(async () => {
  world = await new World().start(brokerXml())
})
test.after.always(() => world.end())

test('S-ACK-01: in STOMP 1.0 an ACK without message-id is refused', async t => {
  const client = await connect(world, '1.0')
  t.is(await refused(client, 'ACK', {}), 'ACK received without a message-id to acknowledge!')
  t.is(await refused(client, 'ACK', { subscription: '1' }), 'ACK received without a message-id to acknowledge!')
})

for (const transaction of [null, 'tx']) {
  test(`S-ACK-01: in STOMP 1.0 one ACK settles one of two topic subscriptions${transaction === null ? '' : ', also in a transaction'}`, async t => {
    const client = await connect(world, '1.0')
    const destination = `/topic/a01${transaction}`
    client.send('SUBSCRIBE', { destination, ack: 'client', 'activemq.prefetchSize': '1' })
    await client.receipted('SUBSCRIBE', { destination, ack: 'client', 'activemq.prefetchSize': '1' })
    for (const body of ['m1', 'm2']) client.send('SEND', { destination }, body)
    const both = await take(client, 2)
    t.is(both[0]?.headers.get('message-id'), both[1]?.headers.get('message-id'))
    await client.quiet()
    if (transaction !== null) await client.receipted('BEGIN', { transaction })
    const ack = about(client, both[0]!, transaction === null ? {} : { transaction })
    client.send('ACK', ack)
    t.deepEqual(bodies(await take(client, 1)), ['m2'])
    await client.quiet()
    client.send('ACK', ack)
    t.deepEqual(bodies(await take(client, 1)), ['m2'])
    if (transaction === null) t.regex((await refused(client, 'ACK', ack)) ?? '', /^Unexpected ACK received/)
  })
}

test('S-ACK-02: in STOMP 1.1 an ACK needs message-id, then subscription', async t => {
  const client = await connect(world, '1.1')
  t.is(await refused(client, 'ACK', {}), 'ACK received without a message-id to acknowledge!')
  t.is(await refused(client, 'ACK', { 'message-id': 'x:1' }), 'ACK received without a subscription id for acknowledge!')
})

forVersions(
  test,
  ['1.0', '1.1'],
  'S-ACK-08: of two copies with one message-id, by two queues of a pattern, an ACK settles the older, and the next the other',
  async (t, version) => {
    for (const [ack, transaction] of [
      ['client', null],
      ['client-individual', null],
      ['client-individual', 'tx'],
    ] as const) {
      const client = await connect(world, version)
      const name = `a08.${version.replace('.', '')}.${ack}${transaction}`
      await client.receipted('SEND', { destination: `/queue/${name}.1,/queue/${name}.2` }, 'm1')
      client.send('SUBSCRIBE', { id: '1', destination: `/queue/${name}.*`, ack })
      const [one, two] = await take(client, 2)
      t.is(one!.headers.get('message-id'), two!.headers.get('message-id'))
      // Only then: in client mode an ACK that is taken for the newer copy takes this one along.
      await fill(world, `/queue/${name}.1`, 1)
      await take(client, 1)
      const left = (): number => depth(world, `${name}.1`) + depth(world, `${name}.2`)
      const more = transaction === null ? {} : { transaction }
      if (transaction !== null) await client.receipted('BEGIN', { transaction })
      await client.receipted('ACK', about(client, one!, more))
      if (transaction === null) t.is(left(), 2)
      await client.receipted('ACK', about(client, two!, more))
      if (transaction !== null) {
        // Repeated in a transaction it does no harm (S-TX-08).
        await client.receipted('ACK', about(client, two!, more))
        await client.receipted('COMMIT', { transaction })
      }
      t.is(left(), 1)
      t.regex((await refused(client, 'ACK', about(client, one!))) ?? '', /^Unexpected ACK received/)
    }
  },
)

test('S-ACK-03: in STOMP 1.2 an ACK needs the id that the MESSAGE named; message-id and subscription do not help', async t => {
  const client = await connect(world, '1.2')
  await fill(world, '/queue/a03', 1)
  client.send('SUBSCRIBE', { id: '1', destination: '/queue/a03', ack: 'client' })
  const [message] = await take(client, 1)
  const old = { subscription: '1', 'message-id': message!.headers.get('message-id')! }
  t.is(await refused(client, 'ACK', old), 'ACK received without a ack id for acknowledge!')
  t.is(depth(world, 'a03'), 1)
  await client.receipted('ACK', { ...old, id: message!.headers.get('ack')! })
  t.is(depth(world, 'a03'), 0)
})

forVersions(test, ['1.0', '1.1'], 'S-ACK-04: a header `id` on ACK does no harm before 1.2', async (t, version) => {
  const client = await connect(world, version)
  const name = `a04.${version}`
  await fill(world, `/queue/${name}`, 1)
  client.send('SUBSCRIBE', { id: '1', destination: `/queue/${name}`, ack: 'client' })
  const [message] = await take(client, 1)
  await client.receipted('ACK', about(client, message!, { id: 'something' }))
  t.is(depth(world, name), 0)
})

forVersions(
  test,
  versions,
  'S-ACK-05: client mode acknowledges up to the message, over all queues of a pattern, and no other subscription',
  async (t, version) => {
    const client = await connect(world, version)
    const stem = `a05.${version.replace('.', '')}`
    client.send('SUBSCRIBE', { id: 'many', destination: `/queue/${stem}.*`, ack: 'client' })
    await client.receipted('SUBSCRIBE', { id: 'other', destination: `/queue/other.${stem}`, ack: 'client' })
    for (const name of [`${stem}.x`, `other.${stem}`, `${stem}.y`, `${stem}.x`]) await fill(world, `/queue/${name}`, 1)
    const many = (await take(client, 4)).filter(({ headers }) => headers.get('subscription') === 'many')
    t.is(many.length, 3)
    await client.receipted('ACK', about(client, many[1]!))
    t.is(depth(world, `${stem}.x`) + depth(world, `${stem}.y`), 1)
    t.is(depth(world, `other.${stem}`), 1)
    for (const settled of [many[0]!, many[1]!]) {
      const error = await refused(client, 'ACK', about(client, settled))
      t.is(error, `Unexpected ACK received for message-id [${named(client, settled)}]`)
    }
    await client.receipted('ACK', about(client, many[2]!))
  },
)

forVersions(
  test,
  versions,
  'S-ACK-06, S-ACK-08: client-individual acknowledges exactly the message, in any order, once',
  async (t, version) => {
    const client = await connect(world, version)
    const name = `a06.${version}`
    await fill(world, `/queue/${name}`, 5)
    client.send('SUBSCRIBE', { id: '1', destination: `/queue/${name}`, ack: 'client-individual' })
    const messages = await take(client, 5)
    for (const [i, message] of [4, 1, 3].map(i => [i, messages[i]!] as const)) {
      await client.receipted('ACK', about(client, message))
      const error = await refused(client, 'ACK', about(client, message))
      t.is(error, `Unexpected ACK received for message-id [${named(client, message)}]`, `m${i + 1}`)
    }
    await lost(world, client)
    await fill(world, `/queue/${name}`, 1)
    const again = await drain(world, name)
    t.deepEqual(bodies(again), ['m1', 'm3', 'm1'])
  },
)

test('S-ACK-06: a message that is never acknowledged does not hold up, or cost, those behind it', async t => {
  for (const version of versions) {
    const client = await connect(world, version)
    const name = `a06.stuck.${version}`
    await fill(world, `/queue/${name}`, 400)
    const options = { ack: 'client-individual', 'activemq.prefetchSize': '10' }
    client.send('SUBSCRIBE', { id: '1', destination: `/queue/${name}`, ...options })
    const [stuck] = await take(client, 1)
    for (let i = 2; i <= 400; i++) client.send('ACK', about(client, await client.expect('MESSAGE')))
    await client.receipted('ACK', about(client, stuck!))
    t.is(depth(world, name), 0)
    await lost(world, client)
  }
})

forVersions(
  test,
  versions,
  'S-ACK-07, S-ACK-08: in auto mode the message is settled when it is sent, and an ACK for it is unexpected',
  async (t, version) => {
    const client = await connect(world, version)
    const name = `a07.${version}`
    await fill(world, `/queue/${name}`, 2)
    client.send('SUBSCRIBE', { id: '1', destination: `/queue/${name}`, ack: 'auto' })
    const [message] = await take(client, 2)
    t.false(message!.headers.has('ack'))
    const error = await refused(client, 'ACK', { ...about(client, message!), id: 'none' })
    t.is(error, `Unexpected ACK received for message-id [${named(client, message!)}]`)
    await lost(world, client)
    await fill(world, `/queue/${name}`, 1)
    t.is(depth(world, name), 1)
  },
)

test('S-ACK-08: unknown ids, and ids of another subscription or connection, are unexpected', async t => {
  const text = (id: string): string => `Unexpected ACK received for message-id [${id}]`
  await fill(world, '/queue/a08', 1)
  const new12 = await connect(world, '1.2')
  new12.send('SUBSCRIBE', { id: '1', destination: '/queue/a08', ack: 'client' })
  const [message] = await take(new12, 1)
  const ack = message!.headers.get('ack')!
  for (const id of [
    '',
    '1',
    'nonsense',
    `${ack}0`,
    ack.replace(/\d+$/, '0x1'),
    ack.replace(/\d+$/, '1e0'),
    `${ack} `,
  ]) {
    t.is(await refused(new12, 'ACK', { id }), text('null'), id)
  }
  t.is(await refused(new12, 'ACK', { id: 'x', 'message-id': 'a:1' }), text('a:1'))
  const other = await connect(world, '1.2')
  t.is(await refused(other, 'ACK', { id: ack }), text('null'))
  t.is(depth(world, 'a08'), 1)
})

forVersions(
  test,
  ['1.0', '1.1'],
  'S-ACK-08, S-ACK-09: a wrong subscription or an impossible message-id is unexpected',
  async (t, version) => {
    const client = await connect(world, version)
    const name = `a09.${version}`
    await fill(world, `/queue/${name}`, 1)
    await client.receipted('SUBSCRIBE', { id: '2', destination: `/queue/${name}.other`, ack: 'client' })
    client.send('SUBSCRIBE', { id: '1', destination: `/queue/${name}`, ack: 'client' })
    const [message] = await take(client, 1)
    const id = message!.headers.get('message-id')!
    for (const subscription of ['2', 'none']) {
      t.is(
        await refused(client, 'ACK', { 'message-id': id, subscription }),
        `Unexpected ACK received for message-id [${id}]`,
      )
    }
    for (const impossible of ['nonsense', 'a:b', '']) {
      const error = await refused(client, 'ACK', { 'message-id': impossible, subscription: '1' })
      t.is(error, `Unexpected ACK received for message-id [${impossible}]`)
    }
    await client.receipted('ACK', about(client, message!))
  },
)

forVersions(
  test,
  versions,
  'S-ACK-10, S-UNS-04: after UNSUBSCRIBE an ACK has no effect: the messages are back in the queue',
  async (t, version) => {
    const client = await connect(world, version)
    const name = `a10.${version}`
    await fill(world, `/queue/${name}`, 2)
    client.send('SUBSCRIBE', { id: '1', destination: `/queue/${name}`, ack: 'client' })
    const messages = await take(client, 2)
    await client.receipted('UNSUBSCRIBE', { id: '1' })
    const error = await refused(client, 'ACK', about(client, messages[1]!))
    t.is(error, `Unexpected ACK received for message-id [${named(client, messages[1]!)}]`)
    t.deepEqual(bodies(await drain(world, name)), names(1, 2))
  },
)

forVersions(
  test,
  versions,
  'S-ACK-11, S-TX-04: an ACK in an unknown transaction is refused, after the header checks and before the lookup',
  async (t, version) => {
    const client = await connect(world, version)
    const name = `a11.${version}`
    await fill(world, `/queue/${name}`, 1)
    client.send('SUBSCRIBE', { id: '1', destination: `/queue/${name}`, ack: 'client' })
    const [message] = await take(client, 1)
    t.regex((await refused(client, 'ACK', { transaction: 'no' })) ?? '', /^ACK received without/)
    const unknown = { id: 'x', 'message-id': 'x:1', subscription: '1', transaction: 'no' }
    t.is(await refused(client, 'ACK', unknown), 'Invalid transaction id: no')
    t.is(await refused(client, 'ACK', about(client, message!, { transaction: 'no' })), 'Invalid transaction id: no')
    t.is(depth(world, name), 1)
    await client.receipted('ACK', about(client, message!))
  },
)

forVersions(
  test,
  versions,
  'S-ACK-12, P-04: the window counts what is not settled, and each ACK lets the next message through at once',
  async (t, version) => {
    const client = await connect(world, version)
    const name = `a12.${version}`
    await fill(world, `/queue/${name}`, 6)
    const window = { 'activemq.prefetchSize': '2' }
    client.send('SUBSCRIBE', { id: '1', destination: `/queue/${name}`, ack: 'client-individual', ...window })
    const messages = await take(client, 2)
    await client.quiet()
    for (let i = 0; i < 4; i++) {
      client.send('ACK', about(client, messages[i]!))
      messages.push(...(await take(client, 1)))
      await client.quiet()
    }
    t.deepEqual(bodies(messages), names(1, 6))
    const auto = await connect(world, version)
    await fill(world, `/queue/${name}.auto`, 20)
    auto.send('SUBSCRIBE', { id: '1', destination: `/queue/${name}.auto`, ack: 'auto', ...window })
    t.deepEqual(bodies(await take(auto, 20)), names(1, 20))
  },
)

test('P-05, S-ACK-07: what was written to an auto consumer that dies without reading is lost', async t => {
  const client = await connect(world, '1.2')
  client.socket.pause()
  client.send('SUBSCRIBE', { id: '1', destination: '/queue/p05', ack: 'auto' })
  const producer = await connect(world, '1.2')
  // The subscription is there when a message sent behind it is gone from the queue.
  for (;;) {
    await producer.receipted('SEND', { destination: '/queue/p05', persistent: 'true' }, 'lost')
    await producer.quiet()
    if (depth(world, 'p05') === 0) break
  }
  await lost(world, client)
  t.deepEqual(await drain(world, 'p05'), [])
})

forVersions(
  test,
  versions,
  'S-ACK-13: an acknowledged message is never seen again, not after a restart either, and is counted once',
  async (t, version) => {
    const own = await started(t)
    await fill(own, '/queue/a', 5)
    const client = await connect(own, version)
    client.send('SUBSCRIBE', { id: '1', destination: '/queue/a', ack: 'client' })
    const messages = await take(client, 5)
    await client.receipted('ACK', about(client, messages[2]!))
    t.is(queueOf(own, 'a').enqueued, 5)
    t.is(queueOf(own, 'a').dequeued, 3)
    await own.stop()
    await own.start(brokerXml())
    t.deepEqual(bodies(await drain(own, 'a')), names(4, 5))
  },
)

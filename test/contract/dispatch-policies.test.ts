import test from 'ava'
import {
  about,
  bodies,
  connect,
  depth,
  drain,
  fill,
  flags,
  lost,
  names,
  queueOf,
  started,
  take,
  until,
} from './consuming.ts'
import { FaultyFiles } from '../journal/faulty-files.ts'
import { eventually, fail, pair } from './twins.ts'
import { World, brokerXml, type Client, type WireFrame } from './world.ts'

const policy = (...entries: readonly string[]): { body: string } => ({
  body: `<destinationPolicy><policyMap><policyEntries>${entries.map(entry => `<policyEntry ${entry}/>`).join('')}</policyEntries></policyMap></destinationPolicy>`,
})

const send = (
  client: Client,
  destination: string,
  body: string,
  headers: Record<string, string> = {},
): Promise<WireFrame> => client.receipted('SEND', { destination, persistent: 'true', ...headers }, body)

test('Q-08: with allConsumersExclusiveByDefault one consumer gets everything, the next takes over', async t => {
  const world = await started(t, policy('queue="a" allConsumersExclusiveByDefault="true"'))
  const [one, two] = [await connect(world, '1.2'), await connect(world, '1.2')]
  for (const client of [one, two])
    await client.receipted('SUBSCRIBE', { id: '1', destination: '/queue/a', ack: 'client' })
  await fill(world, '/queue/a', 3)
  t.deepEqual(bodies(await take(one, 3)), names(1, 3))
  await two.quiet()
  await lost(world, one)
  t.deepEqual(bodies(await take(two, 3)), names(1, 3))
})

test('Q-09: consumersBeforeDispatchStarts waits for the second consumer; without it dispatch starts after its time', async t => {
  const world = await started(
    t,
    policy(
      'queue="two" consumersBeforeDispatchStarts="2" timeBeforeDispatchStarts="3600000"',
      'queue="late" consumersBeforeDispatchStarts="2" timeBeforeDispatchStarts="100"',
    ),
  )
  for (const name of ['two', 'late']) await fill(world, `/queue/${name}`, 4)
  const [one, two] = [await connect(world, '1.2'), await connect(world, '1.2')]
  await one.receipted('SUBSCRIBE', { id: '1', destination: '/queue/two', ack: 'client' })
  await one.quiet()
  t.true(queueOf(world, 'two').gathering)
  await two.receipted('SUBSCRIBE', { id: '1', destination: '/queue/two', ack: 'client' })
  t.deepEqual(bodies(await take(one, 2)), ['m1', 'm3'])
  t.deepEqual(bodies(await take(two, 2)), ['m2', 'm4'])
  // It begins anew when the queue has had no consumer.
  for (const client of [one, two]) await lost(world, client)
  const third = await connect(world, '1.2')
  await third.receipted('SUBSCRIBE', { id: '2', destination: '/queue/two' })
  await third.quiet()
  await third.receipted('SUBSCRIBE', { id: 'l', destination: '/queue/late' })
  t.deepEqual(bodies(await take(third, 4)), names(1, 4))
})

test('Q-09: timeBeforeDispatchStarts alone is a delay after the first consumer', async t => {
  const world = await started(t, policy('queue="a" timeBeforeDispatchStarts="50"'))
  await fill(world, '/queue/a', 1)
  const client = await connect(world, '1.2')
  const before = performance.now()
  client.send('SUBSCRIBE', { id: '1', destination: '/queue/a' })
  await take(client, 1)
  t.true(performance.now() - before >= 45)
})

test('Q-06: with useConsumerPriority="false" consumers of every priority take turns', async t => {
  const world = await started(t, policy('queue="a" useConsumerPriority="false"'))
  const [low, high] = [await connect(world, '1.2'), await connect(world, '1.2')]
  await low.receipted('SUBSCRIBE', { id: '1', destination: '/queue/a', 'activemq.priority': '-5' })
  await high.receipted('SUBSCRIBE', { id: '1', destination: '/queue/a', 'activemq.priority': '5' })
  await fill(world, '/queue/a', 4)
  t.deepEqual(bodies(await take(low, 2)), ['m1', 'm3'])
  t.deepEqual(bodies(await take(high, 2)), ['m2', 'm4'])
})

test('Q-10, Q-11: lazyDispatch and optimizedDispatch change nothing that a client sees, and nothing is said about them', async t => {
  const world = await started(t, policy('queue="a" lazyDispatch="true" optimizedDispatch="true"'))
  t.deepEqual(
    world.findings.filter(({ severity }) => severity !== 'accept'),
    [],
  )
  await fill(world, '/queue/a', 3)
  t.deepEqual(bodies(await drain(world, 'a')), names(1, 3))
})

test('Q-13: with prioritizedMessages the higher priority goes first, in order within each; without it priority says nothing', async t => {
  const world = await started(t, policy('queue="p" prioritizedMessages="true"'))
  const sender = await connect(world, '1.2')
  const sent = [4, 9, 0, 4, 9, 5, 0]
  for (const destination of ['/queue/p', '/queue/plain'])
    for (const [i, priority] of sent.entries())
      await send(sender, destination, `${priority}.${i}`, { priority: String(priority) })
  const inOrder = ['9.1', '9.4', '5.5', '4.0', '4.3', '0.2', '0.6']
  const looker = await connect(world, '1.2')
  looker.send('SUBSCRIBE', { id: 'b', destination: '/queue/p', browser: 'true' })
  t.deepEqual(bodies(await take(looker, 8)), [...inOrder, ''])
  const holder = await connect(world, '1.2')
  holder.send('SUBSCRIBE', { id: '1', destination: '/queue/p', ack: 'client', 'activemq.prefetchSize': '2' })
  t.deepEqual(bodies(await take(holder, 2)), ['9.1', '9.4'])
  // What was handed over is not overtaken; what comes back goes first among those of its priority.
  await send(sender, '/queue/p', '9.late', { priority: '9' })
  await lost(world, holder)
  const again = await connect(world, '1.2')
  again.send('SUBSCRIBE', { id: '1', destination: '/queue/p', ack: 'client', 'activemq.prefetchSize': '4' })
  const held = await take(again, 4)
  t.deepEqual(bodies(held), ['9.1', '9.4', '9.late', '5.5'])
  t.deepEqual(flags(held), [true, true, false, false])
  await send(sender, '/queue/p', '7.late', { priority: '7' })
  await lost(world, again)
  const all = await drain(world, 'p')
  t.deepEqual(bodies(all), ['9.1', '9.4', '9.late', '7.late', '5.5', '4.0', '4.3', '0.2', '0.6'])
  t.deepEqual(flags(all).slice(0, 6), [true, true, true, false, true, false])
  t.deepEqual(
    bodies(await drain(world, 'plain')),
    sent.map((priority, i) => `${priority}.${i}`),
  )
})

test('Q-13: a long prioritized backlog is in order after a restart too, and acknowledged messages do not come again', async t => {
  const parts = policy('queue="p" prioritizedMessages="true"')
  const world = await started(t, parts)
  const sender = await connect(world, '1.2')
  for (let i = 0; i < 999; i++)
    sender.send('SEND', { destination: '/queue/p', persistent: 'true', priority: String(i % 10) }, String(i))
  await send(sender, '/queue/p', '999', { priority: '9' })
  const client = await connect(world, '1.2')
  client.send('SUBSCRIBE', { id: '1', destination: '/queue/p', ack: 'client', 'activemq.prefetchSize': '50' })
  const first = await take(client, 50)
  await client.receipted('ACK', about(client, first[49]!))
  await world.stop()
  await world.start(brokerXml(parts))
  const numbers = bodies([...first, ...(await drain(world, 'p'))]).map(Number)
  const expected = Array.from({ length: 1000 }, (_, i) => i).toSorted((a, b) => (b % 10) - (a % 10) || a - b)
  t.deepEqual(numbers, expected)
})

test('P-06: with usePrefetchExtension="false" an ACK in an open transaction lets nothing more come', async t => {
  const world = await started(t, policy('queue="a" usePrefetchExtension="false"'))
  await fill(world, '/queue/a', 3)
  const client = await connect(world, '1.2')
  client.send('SUBSCRIBE', { id: '1', destination: '/queue/a', ack: 'client', 'activemq.prefetchSize': '1' })
  for (const [i, end] of ['COMMIT', 'ABORT'].entries()) {
    const [message] = await take(client, 1)
    t.is(message!.body.toString(), `m${i + 1}`)
    await client.receipted('BEGIN', { transaction: 't' })
    client.send('ACK', about(client, message!, { transaction: 't' }))
    await client.quiet()
    client.send(end, { transaction: 't' })
  }
  await client.quiet()
})

test('P-08: a receipted wildcard SUBSCRIBE gets the backlog of every matching queue', async t => {
  const world = await started(t)
  for (const name of ['w.a', 'w.b']) await fill(world, `/queue/${name}`, 2)
  const client = await connect(world, '1.2')
  await client.receipted('SUBSCRIBE', { id: '1', destination: '/queue/w.>' })
  t.deepEqual(bodies(await take(client, 4)).toSorted(), ['m1', 'm1', 'm2', 'm2'])
})

test('R-06: with strictOrderDispatch an older batch goes in front when the last consumer leaves', async t => {
  const world = await started(t, policy('queue="strict" strictOrderDispatch="true"'))
  for (const [name, expected] of [
    ['strict', ['m1', 'm2', 'm3', 'm4']],
    ['plain', ['m3', 'm4', 'm1', 'm2']],
  ] as const) {
    await fill(world, `/queue/${name}`, 4)
    const [one, two] = [await connect(world, '1.2'), await connect(world, '1.2')]
    const headers = { destination: `/queue/${name}`, ack: 'client', 'activemq.prefetchSize': '2' }
    one.send('SUBSCRIBE', { id: '1', ...headers })
    await take(one, 2)
    two.send('SUBSCRIBE', { id: '1', ...headers })
    await take(two, 2)
    await lost(world, two)
    await lost(world, one)
    t.deepEqual(bodies(await drain(world, name)), expected, name)
  }
})

test('R-08, S-MSG-08: with persistJMSRedelivered what was handed over comes flagged after a kill, and nothing else does', async t => {
  const parts = policy('queue="a" persistJMSRedelivered="true"')
  const world = await started(t, parts)
  for (const name of ['a', 'b']) await fill(world, `/queue/${name}`, 4)
  const client = await connect(world, '1.2')
  for (const name of ['a', 'b'])
    client.send('SUBSCRIBE', {
      id: name,
      destination: `/queue/${name}`,
      ack: 'client-individual',
      'activemq.prefetchSize': '2',
    })
  const frames = await take(client, 4)
  t.deepEqual(flags(frames), [false, false, false, false])
  const [first] = frames.filter(({ headers }) => headers.get('subscription') === 'a')
  await client.receipted('ACK', about(client, first!))
  await take(client, 1)
  // What the client has seen is on disk: two restarts, the first of which finds it handed over and gives it to nobody.
  for (let i = 0; i < 2; i++) {
    await world.stop()
    await world.start(brokerXml(parts))
  }
  const [a, b] = [await drain(world, 'a'), await drain(world, 'b')]
  t.deepEqual(bodies(a), ['m2', 'm3', 'm4'])
  t.deepEqual(flags(a), [true, true, false])
  t.deepEqual(flags(b), [false, false, false, false], 'what consumers held when the broker stopped')
})

test('R-08: with persistJMSRedelivered what was handed over comes flagged from the twin, with equal digests', async t => {
  const worlds = await pair(t, policy('queue="a" persistJMSRedelivered="true"'))
  const [one, two] = worlds
  await fill(one, '/queue/a', 3)
  const client = await one.connect()
  client.send('SUBSCRIBE', { id: '1', destination: '/queue/a', ack: 'client', 'activemq.prefetchSize': '2' })
  await take(client, 2)
  await fail(t, worlds)
  const back = await drain(two, 'a')
  t.deepEqual(bodies(back), names(1, 3))
  t.deepEqual(flags(back), [true, true, false])
})

test('G-08: a group map of two remembers two groups; a simple one all; buckets share owners as Java hashes', async t => {
  const world = await started(
    t,
    policy(
      'queue="cached" messageGroupMapFactoryType="cached?cacheSize=2"',
      'queue="simple" messageGroupMapFactoryType="simple"',
      'queue="bucket" messageGroupMapFactoryType="bucket?bucketCount=2"',
    ),
  )
  const owners = async (name: string, groups: readonly string[]): Promise<string> => {
    const clients = [await connect(world, '1.2'), await connect(world, '1.2')]
    const got: string[] = []
    for (const client of clients)
      await client.receipted('SUBSCRIBE', { id: '1', destination: `/queue/${name}`, ack: 'client' })
    const sender = await connect(world, '1.2')
    for (const group of groups) await send(sender, `/queue/${name}`, group, { JMSXGroupID: group })
    await until(world, 'all are handed over', () => queueOf(world, name).dispatched === groups.length)
    for (const [i, client] of clients.entries()) {
      await client.receipted('UNSUBSCRIBE', { id: '1' }).catch(() => undefined)
      const text = client.received.toString('latin1')
      for (const [, body = ''] of text.matchAll(/MESSAGE\n[^\0]*\n\n([^\0]*)\0/g)) got.push(`${body}${i}`)
    }
    return got.toSorted().join(' ')
  }
  // x, y and z in turn: 0, 1, 0. Of two that are remembered x is forgotten when z comes, and begins again where fewer are.
  t.is(await owners('cached', ['x', 'y', 'z', 'x']), 'x0 x1 y1 z0')
  t.is(await owners('simple', ['x', 'y', 'z', 'x', 'y', 'z']), 'x0 x0 y1 y1 z0 z0')
  // "x" is 120 and "z" 122 in Java, "y" 121.
  t.is(await owners('bucket', ['x', 'y', 'z', 'y', 'z']), 'x0 y1 y1 z0 z0')
})

test('G-08: a factory element says the same as the text', async t => {
  const entry = (factory: string): string =>
    `<policyEntry queue="a"><messageGroupMapFactory>${factory}</messageGroupMapFactory></policyEntry>`
  const kinds: unknown[] = []
  for (const factory of [
    '<messageGroupHashBucketFactory bucketCount="7"/>',
    '<cachedMessageGroupMapFactory cacheSize="9"/>',
    '<simpleMessageGroupMapFactory/>',
  ]) {
    const body = `<destinationPolicy><policyMap><policyEntries>${entry(factory)}</policyEntries></policyMap></destinationPolicy>`
    const world = await new World().start(brokerXml({ body }))
    await fill(world, '/queue/a', 1)
    kinds.push(queueOf(world, 'a').policy.messageGroups)
    await world.end()
  }
  t.deepEqual(kinds, [
    { kind: 'bucket', size: 7 },
    { kind: 'cached', size: 9 },
    { kind: 'simple', size: 0 },
  ])
})

test('E-03: one look for expired messages examines maxExpirePageSize messages of a queue, and none of a paused one', async t => {
  const world = await started(
    t,
    policy('queue="a" maxExpirePageSize="2" expireMessagesPeriod="1"', 'queue="p" expireMessagesPeriod="1"'),
  )
  const { broker, operations } = world.running
  const soon = String(Date.now() + 2000)
  for (const name of ['a', 'p']) {
    await fill(world, `/queue/${name}`, 1)
    await fill(world, `/queue/${name}`, 3, { expires: soon })
  }
  operations.pause({ kind: 0, name: 'p' })
  await until(world, 'they have expired', () => Date.now() > Number(soon) + 5)
  broker.sweep('expired')
  await until(world, 'one of them is gone', () => depth(world, 'a') <= 3)
  t.is(depth(world, 'p'), 4)
  await until(world, 'all of them are gone', () => {
    broker.sweep('expired')
    return depth(world, 'a') === 1
  })
})

test('R-08: with persistJMSRedelivered nobody sees a message before the disk knows that it was handed over', async t => {
  let open: (() => void) | null = null
  let gate: Promise<void> | null = null
  const files = new FaultyFiles()
  files.before = operation => (operation === 'sync' && gate !== null ? gate : undefined)
  const parts = policy('queue="a" persistJMSRedelivered="true"')
  const world = await new World().start(brokerXml(parts), { files })
  t.teardown(() => world.end())
  await fill(world, '/queue/a', 1)
  const client = await world.connect()
  gate = new Promise(resolve => (open = resolve))
  client.send('SUBSCRIBE', { id: '1', destination: '/queue/a', ack: 'client' })
  await eventually('it is handed over', () => queueOf(world, 'a').dispatched === 1)
  // A round trip of another connection, which waits for no disk.
  ;(await world.connect()).destroy()
  t.false(client.received.includes('MESSAGE'))
  gate = null
  open!()
  t.deepEqual(flags(await take(client, 1)), [false])
})

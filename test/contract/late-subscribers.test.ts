import test, { type ExecutionContext } from 'ava'
import { DestinationKind } from '../../src/base/destination.ts'
import { bodies, fresh } from './exchange.ts'
import { started } from './consuming.ts'
import { clockShows } from './looking.ts'
import { brokerXml, type Client, type World } from './world.ts'

const recovery = (topic: string, policy: string, attributes = ''): string =>
  `<policyEntry topic="${topic}" ${attributes}><subscriptionRecoveryPolicy>${policy}</subscriptionRecoveryPolicy></policyEntry>`

const broker = (t: ExecutionContext, entries: string, body = ''): Promise<World> =>
  started(t, {
    body: `<destinationPolicy><policyMap><policyEntries>${entries}</policyEntries></policyMap></destinationPolicy>${body}`,
  })

const RETROACTIVE = { 'activemq.retroactive': 'true' }

async function subscribe(
  world: World,
  destination: string,
  headers: Readonly<Record<string, string>> = RETROACTIVE,
): Promise<Client> {
  const client = await world.connect()
  await client.receipted('SUBSCRIBE', { id: '1', destination, ...headers })
  return client
}

async function publish(
  world: World,
  destination: string,
  all: readonly string[],
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const client = await world.connect()
  for (const body of all) await client.receipted('SEND', { destination, ...headers }, body)
  client.destroy()
}

async function gets(t: ExecutionContext, client: Client, expected: readonly string[]): Promise<void> {
  t.deepEqual(await bodies(client, expected.length), [...expected])
  await client.quiet()
}

test('T-20, T-21, S-SUB-10: who asks for it gets what the policy of the topic kept, who does not gets nothing', async t => {
  const world = await broker(
    t,
    recovery('last.>', '<lastImageSubscriptionRecoveryPolicy/>') +
      recovery('two.>', '<fixedCountSubscriptionRecoveryPolicy maximumSize="2"/>') +
      recovery('none.>', '<noSubscriptionRecoveryPolicy/>') +
      recovery(
        'wrapped.>',
        '<retainedMessageSubscriptionRecoveryPolicy><wrapped><fixedCountSubscriptionRecoveryPolicy maximumSize="1"/></wrapped></retainedMessageSubscriptionRecoveryPolicy>',
      ) +
      recovery('retained.>', '<retainedMessageSubscriptionRecoveryPolicy/>'),
  )
  for (const [name, expected] of [
    ['last', ['3']],
    ['two', ['2', '3']],
    ['none', []],
    ['wrapped', ['3']],
    ['retained', []],
    ['unconfigured', []],
  ] as const) {
    const destination = `/topic/${name}.a`
    await publish(world, destination, ['1', '2', '3'])
    await gets(t, await subscribe(world, destination), expected)
    await gets(t, await subscribe(world, destination, {}), [])
  }
})

test('T-20: with alwaysRetroactive everybody gets it', async t => {
  const policy = '<fixedCountSubscriptionRecoveryPolicy/>'
  const world = await broker(t, recovery('>', policy, 'alwaysRetroactive="true"'))
  const many = Array.from({ length: 103 }, (_, i) => String(i))
  await publish(world, '/topic/a', many)
  // A hundred, when it is not said how many.
  await gets(t, await subscribe(world, '/topic/a', {}), many.slice(3))
})

test('T-21: fixedSizedSubscriptionRecoveryPolicy keeps the newest that fit into so many bytes', async t => {
  const world = await broker(t, recovery('>', '<fixedSizedSubscriptionRecoveryPolicy maximumSize="10000"/>'))
  // Each costs 2000 bytes, 1024 more and a little for its headers (L-07).
  const body = (n: number): string => `${n} ${'x'.repeat(2000)}`
  await publish(world, '/topic/a', [1, 2, 3, 4].map(body))
  await gets(t, await subscribe(world, '/topic/a'), [2, 3, 4].map(body))
  await publish(world, '/topic/a', ['x'.repeat(20_000)])
  await gets(t, await subscribe(world, '/topic/a'), [2, 3, 4].map(body))
})

test('T-21: timedSubscriptionRecoveryPolicy keeps what is not older than recoverDuration', async t => {
  const world = await broker(
    t,
    recovery('short.>', '<timedSubscriptionRecoveryPolicy recoverDuration="1000"/>') +
      recovery('long.>', '<timedSubscriptionRecoveryPolicy/>'),
  )
  for (const kind of ['short', 'long']) await publish(world, `/topic/${kind}.a`, ['old'])
  const sent = Date.now()
  await clockShows(sent + 1010)
  await publish(world, '/topic/short.a', ['new'])
  await gets(t, await subscribe(world, '/topic/short.a'), ['new'])
  await gets(t, await subscribe(world, '/topic/long.a'), ['old'])
})

test('T-22, S-SUB-09: the replay comes before what is published now, without what the subscriber sent itself', async t => {
  const world = await broker(t, recovery('>', '<fixedCountSubscriptionRecoveryPolicy maximumSize="5"/>'))
  const client = await world.connect()
  await publish(world, '/topic/a', ['1'])
  await client.receipted('SEND', { destination: '/topic/a' }, 'own')
  await publish(world, '/topic/a', ['2'])
  await publish(world, '/topic/b', ['3'])
  client.send('SUBSCRIBE', { id: '1', destination: '/topic/*', 'activemq.noLocal': 'true', ...RETROACTIVE })
  client.send('SEND', { destination: '/topic/a' }, 'own')
  await publish(world, '/topic/a', ['4'])
  const all = await bodies(client, 4)
  t.deepEqual(all.toSorted(), ['1', '2', '3', '4'])
  t.is(all.at(-1), '4')
})

test('T-22: the buffers of topics are gone after a restart', async t => {
  const entry = recovery('>', '<fixedCountSubscriptionRecoveryPolicy/>')
  const body = `<destinationPolicy><policyMap><policyEntries>${entry}</policyEntries></policyMap></destinationPolicy>`
  const world = await started(t, { body })
  await publish(world, '/topic/a', ['1'], { persistent: 'true', 'ActiveMQ.Retain': 'true' })
  await world.stop()
  await world.start(brokerXml({ body }))
  await gets(t, await subscribe(world, '/topic/a'), [])
})

test('T-22, L-01: the histories of all topics keep to a quarter of the memory limit, and the log says so', async t => {
  const world = await broker(
    t,
    recovery('>', '<fixedCountSubscriptionRecoveryPolicy maximumSize="1000"/>'),
    '<systemUsage><systemUsage><memoryUsage><memoryUsage limit="1mb"/></memoryUsage></systemUsage></systemUsage>',
  )
  const all = Array.from({ length: 40 }, (_, i) => `${i} ${'x'.repeat(10_000)}`)
  await publish(world, '/topic/a', all)
  const client = await subscribe(world, '/topic/a')
  const first = await client.expect('MESSAGE')
  const kept = all.indexOf(first.body.toString())
  t.true(kept > 10 && kept < 30, `${40 - kept} were kept`)
  t.deepEqual(await bodies(client, 39 - kept), all.slice(kept + 1))
  t.is(world.lines.filter(line => line.includes('quarter of the memory limit')).length, 1)
})

test('T-23: a message sent to be retained comes first to whoever asks, marked; live subscribers see nothing of it', async t => {
  const world = await broker(t, recovery('kept.>', '<lastImageSubscriptionRecoveryPolicy/>'))
  const retain = { 'ActiveMQ.Retain': 'TRUE', colour: 'red' }
  for (const [destination, replayed] of [
    ['/topic/a', []],
    ['/topic/kept.a', ['plain']],
  ] as const) {
    const live = await subscribe(world, destination, {})
    await publish(world, destination, ['retained'], retain)
    await publish(world, destination, ['plain'])
    const seen = await live.expect('MESSAGE')
    t.is(seen.body.toString(), 'retained')
    t.is(seen.headers.get('colour'), 'red')
    t.false([...seen.headers.keys()].some(name => name.startsWith('ActiveMQ.Retain')))
    const late = await subscribe(world, destination)
    const first = await late.expect('MESSAGE')
    t.is(first.body.toString(), 'retained')
    t.is(first.headers.get('ActiveMQ.Retained'), 'true')
    t.false(first.headers.has('ActiveMQ.Retain')) // or whoever sends it on would retain it again
    t.is(first.headers.get('colour'), 'red')
    await gets(t, late, replayed)
    await gets(t, await subscribe(world, destination, {}), [])
  }
})

test('T-23, AU-04: what is retained and in the history too comes once, with a policy entry that audits', async t => {
  const image = '<subscriptionRecoveryPolicy><lastImageSubscriptionRecoveryPolicy/></subscriptionRecoveryPolicy>'
  const world = await broker(
    t,
    `<policyEntry topic="once">${image}</policyEntry><policyEntry topic="twice" enableAudit="false">${image}</policyEntry>`,
  )
  for (const [destination, replayed] of [
    ['/topic/once', ['1']],
    ['/topic/twice', ['1', '1']],
  ] as const) {
    await publish(world, destination, ['1'], { 'ActiveMQ.Retain': 'true' })
    await gets(t, await subscribe(world, destination), replayed)
  }
})

test('T-23: the next retained message replaces it, an empty one of bytes takes it away, an empty text does not', async t => {
  const world = await broker(t, '<policyEntry topic=">"/>')
  const destination = `/topic/${fresh()}`
  const retain = { 'ActiveMQ.Retain': 'true' }
  await publish(world, destination, ['1', '2', ''], retain)
  await gets(t, await subscribe(world, destination), ['2'])
  await publish(world, destination, ['3'], { 'ActiveMQ.Retain': 'false' })
  await gets(t, await subscribe(world, destination), ['2'])
  await publish(world, destination, [''], { ...retain, 'content-length': '0' })
  await gets(t, await subscribe(world, destination), [])
})

const ONE_MB =
  '<systemUsage><systemUsage><memoryUsage><memoryUsage limit="1mb"/></memoryUsage></systemUsage></systemUsage>'

test('T-23, L-01: what all topics retain keeps to a quarter of the memory limit too, and the log says so', async t => {
  const world = await broker(t, '<policyEntry topic=">"/>', ONE_MB)
  const retain = { 'ActiveMQ.Retain': 'true' }
  const body = 'x'.repeat(60_000)
  for (let i = 0; i < 6; i++) await publish(world, `/topic/a${i}`, [body], retain)
  await gets(t, await subscribe(world, '/topic/a3'), [body])
  await gets(t, await subscribe(world, '/topic/a4'), [])
  t.is(world.lines.filter(line => line.includes('ActiveMQ.Retain')).length, 1)
  // One that takes another's place, and one that goes, leave room.
  await publish(world, '/topic/a0', ['small'], retain)
  await publish(world, '/topic/a4', [body], retain)
  await gets(t, await subscribe(world, '/topic/a4'), [body])
  await publish(world, '/topic/a3', [''], { ...retain, 'content-length': '0' })
  await publish(world, '/topic/a5', [body], retain)
  await gets(t, await subscribe(world, '/topic/a5'), [body])
})

test('T-20, T-23, L-01: a topic that is removed takes no room for late subscribers any more', async t => {
  const world = await broker(t, recovery('>', '<fixedCountSubscriptionRecoveryPolicy maximumSize="1000"/>'), ONE_MB)
  const { broker: inside } = world.running
  for (let i = 0; i < 8; i++) {
    await publish(world, `/topic/a${i}`, ['x'.repeat(100_000)], { 'ActiveMQ.Retain': 'true' })
    await inside.operations.removeDestination({ kind: DestinationKind.topic, name: `a${i}` })
  }
  t.is(inside.backlogs.history.bytes, 0)
  t.is(inside.backlogs.retained.bytes, 0)
  await publish(world, '/topic/b', ['last'])
  await gets(t, await subscribe(world, '/topic/b'), ['last'])
})

test('T-23: on a queue the header is one like any other', async t => {
  const world = await broker(t, '<policyEntry topic=">"/>')
  await publish(world, '/queue/a', ['1'], { 'ActiveMQ.Retain': 'true' })
  const client = await subscribe(world, '/queue/a')
  const message = await client.expect('MESSAGE')
  t.is(message.headers.get('ActiveMQ.Retain'), 'true')
})

test('T-24: a durable subscription is given the history only when it asks and has collected nothing itself', async t => {
  const world = await broker(
    t,
    recovery('>', '<fixedCountSubscriptionRecoveryPolicy maximumSize="5"/>', 'alwaysRetroactive="true"'),
  )
  await publish(world, '/topic/a', ['retained'], { 'ActiveMQ.Retain': 'true' })
  await publish(world, '/topic/a', ['1', '2'])
  const durable = async (clientId: string, headers: Readonly<Record<string, string>>): Promise<Client> => {
    const client = await world.connect({ 'client-id': clientId })
    await client.receipted('SUBSCRIBE', {
      id: '1',
      destination: '/topic/a',
      'activemq.subscriptionName': 's',
      ...headers,
    })
    return client
  }
  const asks = await durable('asks', RETROACTIVE)
  await gets(t, asks, ['retained', 'retained', '1', '2'])
  await gets(t, await durable('does not', {}), [])
  await asks.receipted('DISCONNECT')
  await publish(world, '/topic/a', ['3'])
  await gets(t, await durable('asks', RETROACTIVE), ['retained', '3'])
})

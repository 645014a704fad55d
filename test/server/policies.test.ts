import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { DestinationKind } from '../../src/base/destination.ts'
import { loadConfig } from '../../src/config/config.ts'
import { builtInPolicy, following, renewedPolicy, type PolicyEntry } from '../../src/destination/destination.ts'
import { decryptJasypt } from '../../src/security/security.ts'
import type { Node } from '../../src/server/node.ts'
import type { Reloaded } from '../../src/server/server.ts'
import { depth } from '../contract/consuming.ts'
import { bodies } from '../contract/exchange.ts'
import { eventually, pair } from '../contract/twins.ts'
import { World, brokerXml, type Client } from '../contract/world.ts'
import { queueBean, read, write } from '../management/shown.ts'

const map = (entries: string, fallback = ''): string =>
  `<destinationPolicy><policyMap><policyEntries>${entries}</policyEntries>${fallback}</policyMap></destinationPolicy>`
const VM = '<pendingQueuePolicy><vmQueueCursor/></pendingQueuePolicy>'
const vm = (attributes: string): string => map(`<policyEntry queue="full.>" ${attributes}>${VM}</policyEntry>`)
const letters = (prefix: string): string =>
  `<deadLetterStrategy><individualDeadLetterStrategy queuePrefix="${prefix}" processNonPersistent="true"/></deadLetterStrategy>`

async function broker(t: ExecutionContext, body: string): Promise<World> {
  const world = await new World().start(brokerXml({ body }))
  t.teardown(() => world.end())
  return world
}

/** Writes another file, and reads it anew as SIGHUP does. */
async function reload(world: World, body: string, attributes = ''): Promise<Reloaded> {
  const file = join(world.directory, 'activemq.xml')
  writeFileSync(file, brokerXml({ body, attributes }))
  const properties = { 'activemq.data': join(world.directory, 'data'), 'tandemmq.http': 'off' }
  const reading = await loadConfig(file, { properties, env: {}, cwd: world.directory, decrypt: decryptJasypt })
  if (reading.config === null) throw new Error('no configuration')
  return world.running.reload(reading.config)
}

const put = (client: Client, destination: string, body: string, headers = {}): Promise<unknown> =>
  client.receipted('SEND', { destination, persistent: 'true', ...headers }, body)

async function subscribe(world: World, destination: string, headers = {}): Promise<Client> {
  const client = await world.connect()
  await client.receipted('SUBSCRIBE', { id: '1', destination, ack: 'client-individual', ...headers })
  return client
}

async function refuse(client: Client): Promise<void> {
  const message = await client.expect('MESSAGE')
  client.send('NACK', { id: message.headers.get('ack') ?? '' })
}

test('RC-01, C-15: a queue with messages in it obeys a changed limit under traffic, and nothing is lost', async t => {
  const world = await broker(t, vm('memoryLimit="4kb"'))
  const sender = await world.connect()
  for (const body of ['1', '2', '3', '4']) await put(sender, '/queue/full.a', body)
  sender.send('SEND', { destination: '/queue/full.a', persistent: 'true', receipt: 'waits' }, '5')
  await eventually('it waits', () => world.running.broker.spaceWanted)

  const { changes, kept, ended } = await reload(world, vm('memoryLimit="8kb"'))
  t.deepEqual([changes, kept, ended], [['policies changed: queue://full.>'], [], 0])
  t.is((await sender.expect('RECEIPT')).headers.get('receipt-id'), 'waits', 'nobody had to consume for it')
  for (const body of ['6', '7']) await put(sender, '/queue/full.a', body)

  await reload(world, vm('memoryLimit="2kb" sendFailIfNoSpaceAfterTimeout="20"'))
  sender.send('SEND', { destination: '/queue/full.a', persistent: 'true', receipt: 'late' }, 'x')
  const late = await sender.expect('ERROR')
  t.regex(
    late.headers.get('message') ?? '',
    /^Usage Manager Memory Limit Wait Timeout/,
    'a lower limit, and its timeout',
  )
  t.deepEqual((await reload(world, vm('memoryLimit="2kb" sendFailIfNoSpaceAfterTimeout="20"'))).changes, [])
  const consumer = await world.connect()
  consumer.send('SUBSCRIBE', { id: '1', destination: '/queue/full.a' })
  t.deepEqual(await bodies(consumer, 7), ['1', '2', '3', '4', '5', '6', '7'])
})

const retries = (map: string, attributes = '', others = ''): string =>
  `<plugins><redeliveryPlugin ${attributes}><redeliveryPolicyMap><redeliveryPolicyMap>${map}</redeliveryPolicyMap></redeliveryPolicyMap></redeliveryPlugin>${others}</plugins>`
const retry = (attributes: string): string =>
  `<redeliveryPolicyEntries><redeliveryPolicy ${attributes}/></redeliveryPolicyEntries>`

test('RC-01, PL-10: redelivery policies that changed count at once, for messages that wait for their retry too', async t => {
  const support = 'schedulerSupport="true"'
  const world = await new World().start(
    brokerXml({ body: retries(retry('queue="a" maximumRedeliveries="0"')), attributes: support }),
  )
  t.teardown(() => world.end())
  const letters = (): number =>
    world.running.broker.find(DestinationKind.queue, 'ActiveMQ.DLQ') === null ? 0 : depth(world, 'ActiveMQ.DLQ')
  const sender = await world.connect()
  const client = await subscribe(world, '/queue/a')
  await put(sender, '/queue/a', 'first')
  await refuse(client)
  await eventually('no retry: a dead letter', () => letters() === 1)

  const more = retries(retry('queue="a" maximumRedeliveries="1" initialRedeliveryDelay="1000"'))
  const { changes, kept } = await reload(world, more, support)
  t.deepEqual([changes, kept], [['redelivery policies changed: queue://a'], []])
  await put(sender, '/queue/a', 'second')
  await refuse(client)
  await eventually('it waits for its retry', () => world.running.broker.state.schedule.size === 1)
  const none = retries(retry('topic="b"'), 'fallbackToDeadLetter="false"')
  t.deepEqual((await reload(world, none, support)).changes, [
    'redelivery policies added: topic://b',
    'redelivery policies removed: queue://a',
    'fallbackToDeadLetter of redeliveryPlugin is false',
  ])
  await refuse(client)
  await eventually('without a policy it is dropped', () => depth(world, 'a') === 0)
  t.is(letters(), 1)
  t.deepEqual((await reload(world, none, support)).changes, [], 'nothing is told twice')
})

test('RC-01: a redelivery plugin that comes or goes needs a restart', async t => {
  const world = await broker(t, '')
  const { changes } = await reload(world, retries(retry('queue="a"')), 'schedulerSupport="true"')
  t.deepEqual(changes, [])
})

test('RC-01: added, removed and changed entries, and the default one, govern destinations that exist and new ones', async t => {
  const world = await broker(t, map(''))
  const sender = await world.connect()
  for (const name of ['a.1', 'b.1']) for (const body of ['1', '2', '3', '4']) await put(sender, `/queue/${name}`, body)
  const [a, b] = [await subscribe(world, '/queue/a.1'), await subscribe(world, '/queue/b.1')]
  const deadIn = (name: string): number => world.running.broker.operations.statistics({ kind: 0, name })?.size ?? 0

  const isDeadLetterQueue = (name: string): unknown => read(world.running.beans, queueBean(name))['DLQ']
  t.false(isDeadLetterQueue('a.1'))

  await refuse(a)
  await eventually('the shared queue has it', () => deadIn('ActiveMQ.DLQ') === 1)
  const added = await reload(world, map(`<policyEntry queue="a.>">${letters('Dead.')}</policyEntry>`))
  t.deepEqual(added.changes, ['policies added: queue://a.>'])
  await refuse(a)
  await eventually('its own queue has it', () => deadIn('Dead.a.1') === 1)
  await refuse(b)
  await eventually('the other goes on as before', () => deadIn('ActiveMQ.DLQ') === 2)

  const fallback = `<defaultEntry><policyEntry>${letters('All.')}</policyEntry></defaultEntry>`
  const both = map(`<policyEntry queue="a.>">${letters('Gone.')}</policyEntry>`, fallback)
  t.deepEqual((await reload(world, both)).changes, [
    'policies changed: queue://a.>',
    'policies added: the default entry',
  ])
  await refuse(a)
  await eventually('the changed entry', () => deadIn('Gone.a.1') === 1)
  await refuse(b)
  await eventually('the default entry', () => deadIn('All.b.1') === 1)
  await put(sender, '/queue/All.z', 'no dead letter')
  t.true(isDeadLetterQueue('All.z'), 'by its name')

  t.deepEqual((await reload(world, map('', fallback))).changes, ['policies removed: queue://a.>'])
  await refuse(a)
  await eventually('without an entry of its own', () => deadIn('All.a.1') === 1)
  await put(sender, '/queue/c.1', '1')
  await refuse(await subscribe(world, '/queue/c.1'))
  await eventually('and a new one', () => deadIn('All.c.1') === 1)
})

test('RC-01: exclusive consumers, the page and the prefetch of new subscriptions change while consumers are there', async t => {
  const entry = (attributes: string): string => map(`<policyEntry queue=">" ${attributes}/>`)
  const world = await broker(t, entry('maxPageSize="1"'))
  const sender = await world.connect()
  const one = await subscribe(world, '/queue/q')
  const two = await subscribe(world, '/queue/q')
  await put(sender, '/queue/q', '1')
  await put(sender, '/queue/q', '2')
  t.deepEqual([await bodies(one, 1), await bodies(two, 1)], [['1'], ['2']], 'in turn')
  await reload(world, entry('allConsumersExclusiveByDefault="true" queuePrefetch="1"'))
  for (const body of ['3', '4']) await put(sender, '/queue/q', body)
  t.deepEqual(await bodies(one, 2), ['3', '4'], 'the first one alone; its window is the one that it had')
  await two.quiet()

  const picky = await subscribe(world, '/queue/p', { selector: 'wanted = 1' })
  await reload(world, entry('maxPageSize="1"'))
  await put(sender, '/queue/p', 'not wanted')
  await put(sender, '/queue/p', 'wanted', { wanted: '1' })
  await picky.quiet()
  await reload(world, entry('maxPageSize="2" queuePrefetch="1"'))
  t.deepEqual(await bodies(picky, 1), ['wanted'], 'it lay beyond the page')
  const late = await subscribe(world, '/queue/l')
  for (const body of ['1', '2']) await put(sender, '/queue/l', body)
  t.deepEqual(await bodies(late, 1), ['1'])
  await late.quiet()
})

test('RC-01, T-15: a slow consumer strategy that is added watches who is there, and one that is removed lets go', async t => {
  const strategy =
    '<slowConsumerStrategy><abortSlowAckConsumerStrategy abortConnection="true" checkPeriod="20" maxTimeSinceLastAck="1" maxSlowCount="1"/></slowConsumerStrategy>'
  const world = await broker(t, map('<policyEntry queue=">"/>'))
  const slow = await subscribe(world, '/queue/q')
  await put(await world.connect(), '/queue/q', '1')
  await slow.expect('MESSAGE')
  await reload(world, map(`<policyEntry queue=">">${strategy}</policyEntry>`))
  t.deepEqual(await slow.closed(), [])
  await reload(world, map('<policyEntry queue=">"/>'))
  const again = await subscribe(world, '/queue/q')
  await again.expect('MESSAGE')
  world.running.broker.sweep('slow')
  await again.quiet()
})

test('RC-01, E-03: messages expire by a period that came with a reload', async t => {
  // A broker in which nothing else comes round.
  const kahaDB = '<persistenceAdapter><kahaDB checkpointInterval="0" cleanupInterval="0"/></persistenceAdapter>'
  const entry = (period: number): string => kahaDB + map(`<policyEntry queue=">" expireMessagesPeriod="${period}"/>`)
  const world = await broker(t, entry(0))
  const sender = await world.connect()
  await put(sender, '/queue/q', 'x', { expires: String(Date.now() + 500) })
  await reload(world, entry(10))
  const size = (): number | undefined => world.running.broker.operations.statistics({ kind: 0, name: 'q' })?.size
  await eventually('it is gone', () => size() === 0)
  t.pass()
})

test('RC-01, LD-05: maxDestinations counts what exists already', async t => {
  const world = await broker(t, map(''))
  const sender = await world.connect()
  for (const name of ['1', '2']) await put(sender, `/queue/few.${name}`, 'x')
  await reload(world, map('<policyEntry queue="few.>" maxDestinations="2"/>'))
  sender.send('SEND', { destination: '/queue/few.3', receipt: 'r' }, 'x')
  t.regex((await sender.expect('ERROR')).headers.get('message') ?? '', /maxmimum number of destinations allowed \(2\)/)
  await put(sender, '/queue/few.1', 'x')
  await reload(world, map('<policyEntry queue="few.>" maxDestinations="3"/>'))
  await put(sender, '/queue/few.3', 'x')
  t.pass()
})

test('RC-01, C-15: what a destination is built by is named, stays for those that exist, and counts for new ones', async t => {
  const entry = (priorities: boolean): string =>
    map(`<policyEntry queue="p.>" prioritizedMessages="${priorities}" maxPageSize="${priorities ? 7 : 9}"/>`)
  const world = await broker(t, entry(false))
  const { beans } = world.running
  const sender = await world.connect()
  const fill = async (name: string): Promise<string[]> => {
    await put(sender, `/queue/${name}`, 'low', { priority: '1' })
    await put(sender, `/queue/${name}`, 'high', { priority: '9' })
    const consumer = await world.connect()
    consumer.send('SUBSCRIBE', { id: '1', destination: `/queue/${name}` })
    const read = await bodies(consumer, 2)
    await consumer.receipted('DISCONNECT')
    return read
  }
  t.deepEqual(await fill('p.old'), ['low', 'high'])
  await put(sender, '/queue/p.older', 'x')
  const { kept } = await reload(world, entry(true))
  t.like(kept, { length: 1 })
  t.like(kept[0], { word: 'prioritizedMessages', entry: 'queue://p.>', destinations: 2, example: 'queue://p.old' })
  t.regex(`${kept[0]?.at.file}:${kept[0]?.at.line}`, /activemq\.xml:4$/)
  t.deepEqual(await fill('p.old'), ['low', 'high'])
  t.like(read(beans, queueBean('p.old')), { MaxPageSize: 7, PrioritizedMessages: false })
  t.deepEqual(await fill('p.new'), ['high', 'low'])
  t.is((await reload(world, entry(true))).kept[0]?.destinations, 2, 'as long as it is so')
  t.is((await reload(world, entry(false))).kept[0]?.example, 'queue://p.new')
  await reload(world, entry(true))
  await world.stop()
  await world.start(brokerXml({ body: entry(true) }))
  const again = await world.connect()
  await put(again, '/queue/p.old', 'low', { priority: '1' })
  await put(again, '/queue/p.old', 'high', { priority: '9' })
  again.send('SUBSCRIBE', { id: '1', destination: '/queue/p.old' })
  t.deepEqual(await bodies(again, 2), ['high', 'low'])
})

test('RC-01: under one entry queues, durable subscriptions and topics keep each what they are built by, and no more', async t => {
  const fallback = (inside: string): string =>
    map(
      '',
      `<defaultEntry><policyEntry ${inside === '' ? '' : 'prioritizedMessages="true"'}>${inside}</policyEntry></defaultEntry>`,
    )
  const world = await broker(t, fallback(''))
  const durable = await world.connect({ 'client-id': 'c' })
  // The backlog of the subscription is older than the queue, the topic younger.
  await durable.receipted('SUBSCRIBE', { id: '1', destination: '/topic/t', 'activemq.subscriptionName': 'd' })
  await put(await world.connect(), '/queue/q', 'x')
  const recovery = '<subscriptionRecoveryPolicy><lastImageSubscriptionRecoveryPolicy/></subscriptionRecoveryPolicy>'
  const { kept } = await reload(world, fallback(VM + recovery))
  const { registry } = world.running.broker
  t.deepEqual(
    kept
      .map(({ word, destinations, example }) => [word, destinations, example])
      .sort(([a = ''], [b = '']) => String(a).localeCompare(String(b))),
    [
      ['pendingQueuePolicy', 1, 'queue://q'],
      ['prioritizedMessages', 2, 'topic://t'],
      ['subscriptionRecoveryPolicy', 1, 'topic://t'],
    ],
  )
  t.like(registry.find(0, 'q')?.policy, { queueInMemory: false, prioritizedMessages: false })
  t.like(registry.find(1, 't')?.policy, { recovery: { kind: 'none' } })
})

test('RC-01, AD-04: what an administrator has set for one queue stays, until the file says something else of it', async t => {
  const entry = (attributes: string): string => map(`<policyEntry queue=">" ${attributes}/>`)
  const world = await broker(t, entry('maxPageSize="5"'))
  const { beans } = world.running
  await put(await world.connect(), '/queue/q', 'x')
  write(beans, queueBean('q'), 'MaxPageSize', 77)
  await reload(world, entry('maxPageSize="5" memoryLimit="3kb"'))
  t.like(read(beans, queueBean('q')), { MaxPageSize: 77, MemoryLimit: 3072 })
  await reload(world, entry('maxPageSize="6"'))
  t.is(read(beans, queueBean('q'))['MaxPageSize'], 6)
})

test('RC-01: a passive reads its own file, and leads by it after a take-over', async t => {
  const entry = (page: number): string => map(`<policyEntry queue=">" maxPageSize="${page}"/>`)
  const [one, two] = await pair(t, { body: entry(5) })
  await put(await one.connect(), '/queue/q', 'x')
  const attributes = `masterConnectorURI="tcp://127.0.0.1:${one.port()}"`
  const { changes, kept } = await reload(two, entry(9), attributes)
  t.deepEqual([changes, kept], [['policies changed: queue://>'], []])
  await eventually('it has the queue', () => two.running.beans.find(queueBean('q')) !== null)
  t.is(read(two.running.beans, queueBean('q'))['MaxPageSize'], 9)
  t.is(read(one.running.beans, queueBean('q'))['MaxPageSize'], 5, "policies are each node's own")
  await one.stop()
  await eventually('the other leads', () => (two.running as Node).serving)
  t.is(read(two.running.beans, queueBean('q'))['MaxPageSize'], 9)
})

test('PM-06: entries that say the same are the same objects after a reload, and with them what hangs on them', t => {
  const scope = { destination: { kind: 0, name: '>' }, tempQueue: false, tempTopic: false } as const
  const deadLetter = { ...builtInPolicy.deadLetter, expiration: 5 }
  const before: PolicyEntry = { ...scope, maxPageSize: 5, deadLetter }
  t.is(following([structuredClone(before)], [before])[0]!, before)
  const changed = following([{ ...structuredClone(before), maxPageSize: 6 }], [before])[0]!
  t.is(changed.maxPageSize, 6)
  t.is(changed.deadLetter, deadLetter)
  const other = following([{ ...before, deadLetter: { ...deadLetter, expiration: 6 } }], [before])[0]!
  t.is(other.deadLetter?.expiration, 6)
})

test('RC-01: destinations that nothing was changed for alone share one policy, however often the file changes', t => {
  const [old, now] = [
    { ...builtInPolicy, maxPageSize: 1 },
    { ...builtInPolicy, maxPageSize: 2 },
  ]
  t.is(renewedPolicy(old, old, now, ['prioritizedMessages']).policy, now)
  const own = renewedPolicy({ ...old, memoryLimit: 9 }, old, now, [])
  t.like(own.policy, { memoryLimit: 9, maxPageSize: 2 })
  const built = renewedPolicy(old, old, { ...now, prioritizedMessages: true }, ['prioritizedMessages'])
  t.deepEqual(built.kept, ['prioritizedMessages'])
  t.like(built.policy, { prioritizedMessages: false, maxPageSize: 2 })
})

import test, { type ExecutionContext } from 'ava'
import { bodies, depth, drain, lost, names, refused, started, take, until } from '../contract/consuming.ts'
import type { Client, World, XmlParts } from '../contract/world.ts'
import { call, type Answer } from './terminal.ts'

const SCHEDULING = { attributes: 'schedulerSupport="true"' }
const HOUR = 3_600_000
const NEWS = { destination: '/topic/news,/topic/sport.>', selector: "kind = 'a'", 'activemq.noLocal': 'true' }

async function brokers(t: ExecutionContext, to: XmlParts = SCHEDULING): Promise<readonly [World, World]> {
  return [await started(t, SCHEDULING), await started(t, to)]
}

const migrate = (old: World, next: World, ...more: readonly string[]): Promise<Answer> =>
  call([
    'migrate',
    ...`--from stomp://127.0.0.1:${old.port()} --to stomp://127.0.0.1:${next.port()} --idle 20ms`.split(' '),
    ...more,
  ])

async function subscribed(world: World, name: string, headers: Readonly<Record<string, string>>): Promise<Client> {
  const client = await world.connect({ 'client-id': 'c.*' })
  client.send('SUBSCRIBE', { id: name, 'activemq.subscriptionName': name, ack: 'auto', ...headers })
  return client
}

async function offline(world: World, name: string, headers: Readonly<Record<string, string>>): Promise<void> {
  const client = await subscribed(world, name, headers)
  await client.receipted('SEND', { destination: '/queue/fence' })
  await lost(world, client)
}

async function collected(
  world: World,
  name: string,
  headers: Readonly<Record<string, string>>,
  count: number,
): Promise<string[]> {
  const client = await subscribed(world, name, headers)
  const frames = await take(client, count)
  await client.quiet()
  await lost(world, client)
  return bodies(frames)
}

async function publish(
  world: World,
  texts: readonly string[],
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const client = await world.connect()
  for (const text of texts)
    await client.receipted('SEND', { destination: '/topic/news', persistent: 'true', kind: 'a', ...headers }, text)
  client.destroy()
}

const jobsOf = (world: World): readonly object[] =>
  [...world.running.broker.state.schedule.values()].map(({ next, period, remaining, cron }) => ({
    next,
    period,
    remaining,
    cron,
  }))

test('migrate --all from a TandemMQ: a durable subscriber finds at the new broker what he had missed, and what comes later', async t => {
  const [old, next] = await brokers(t)
  await offline(old, 'one', NEWS)
  await publish(old, names(1, 5), { priority: '7' })
  await publish(old, ['not selected'], { kind: 'b' })
  const looked = await migrate(old, next, '--all', '--dry-run')
  t.regex(looked.out, /^fence: .*\ndurable subscription c\.\*:one: 5 messages\n1 queues looked at, nothing moved\n$/s)
  const listener = await next.connect()
  await listener.receipted('SUBSCRIBE', { id: 'x', destination: '/topic/news' })
  const done = await migrate(old, next, '--all')
  t.is(done.code, 0, done.err)
  t.regex(
    done.out,
    /durable subscription c\.\*:one: 5 moved\n6 messages of 1 queues, 1 durable subscriptions moved in [\d.]+ s\n$/,
  )
  // Producers are the last to go.
  await publish(old, names(6, 7))
  await publish(next, ['m8'])
  const again = await migrate(old, next, '--subscriptions', 'c.*:*', '--json')
  t.is(again.code, 0, again.err)
  t.like(JSON.parse(again.out), { moved: 2, queues: [], held: [{ moved: 2, left: 0, problem: null }] })
  t.deepEqual(bodies(await take(listener, 1)), ['m8'])
  await listener.quiet()
  await publish(next, ['not selected'], { kind: 'b' })
  const client = await subscribed(next, 'one', NEWS)
  const frames = await take(client, 8)
  t.deepEqual(bodies(frames), ['m1', 'm2', 'm3', 'm4', 'm5', 'm8', 'm6', 'm7'])
  t.like(Object.fromEntries(frames[0]!.headers), { destination: '/topic/news', kind: 'a', priority: '7' })
  t.deepEqual(
    [...frames[0]!.headers.keys()].filter(name => name.startsWith('tandemmq')),
    [],
  )
  client.send('SEND', { destination: '/topic/news', kind: 'a' }, 'its own')
  await client.quiet()
  t.deepEqual(await collected(old, 'one', NEWS, 0), [])
  t.is(depth(next, 'tandemmq.migration'), 0)
})

test('migrate --scheduled from a TandemMQ: a job fires at the new broker when it was due, and not at the old one', async t => {
  const [old, next] = await brokers(t)
  const client = await old.connect()
  const [far, near] = [{ AMQ_SCHEDULED_DELAY: String(HOUR) }, { AMQ_SCHEDULED_DELAY: '1500' }]
  const series = { ...far, AMQ_SCHEDULED_PERIOD: '60000', AMQ_SCHEDULED_REPEAT: '9' }
  await client.receipted('SEND', { destination: '/queue/far', ...series }, 'series')
  await client.receipted('SEND', { destination: '/queue/night', AMQ_SCHEDULED_CRON: '0 3 * * *' }, 'nightly')
  const kept = jobsOf(old)
  const [timestamp, expires] = [String(Date.now() - 9000), String(Date.now() - 5000)]
  const soon = { destination: '/queue/near', ...near, timestamp, expires, kind: 'x' }
  await client.receipted('SEND', { ...soon, 'content-length': '3', JMSXGroupID: 'g' }, 'a\0b')
  const left = await migrate(old, next, '--queues', 'near')
  t.regex(left.out, /0 messages of 1 queues moved in [\d.]+ s; 3 scheduled messages stay \(--scheduled\)\n$/)
  const done = await migrate(old, next, '--scheduled')
  t.is(done.code, 0, done.err)
  t.regex(done.out, /^scheduled: 3 moved\n3 messages of 0 queues, the scheduler moved/)
  t.deepEqual(jobsOf(old), [])
  await until(next, 'the near one is fired', () => jobsOf(next).length === 2)
  t.deepEqual(jobsOf(next), kept)
  const consumer = await next.connect()
  consumer.send('SUBSCRIBE', { id: 's', destination: '/queue/near', 'tandemmq.groups': 'true' })
  const [fired] = await take(consumer, 1)
  t.deepEqual(fired!.body, Buffer.from('a\0b'))
  t.like(Object.fromEntries(fired!.headers), { kind: 'x', JMSXGroupID: 'g' })
  t.false(fired!.headers.has('persistent'))
  const lifetime = Number(fired!.headers.get('expires')) - Number(fired!.headers.get('timestamp'))
  t.is(lifetime, Number(expires) - Number(timestamp), 'it began when it fired')
  t.deepEqual(
    [...fired!.headers.keys()].filter(name => /^(AMQ|tandemmq)/.test(name)),
    [],
  )
  await consumer.receipted('SUBSCRIBE', { id: 'j', destination: '/temp-queue/j' })
  const order = { AMQ_SCHEDULER_ACTION: 'BROWSE', 'reply-to': '/temp-queue/j' }
  consumer.send('SEND', { destination: '/topic/ActiveMQ.Scheduler.Management', ...order })
  const job = (await take(consumer, 2)).find(({ body }) => body.toString() === 'series')
  t.like(Object.fromEntries(job!.headers), { ...series, 'original-destination': '/queue/far' })
})

test('migrate: without a scheduler at the new broker a job stays where it is, and fires there', async t => {
  const [old, next] = await brokers(t, {})
  const client = await old.connect()
  await client.receipted('SEND', { destination: '/queue/q', AMQ_SCHEDULED_DELAY: '300', persistent: 'true' }, 'm')
  const done = await migrate(old, next, '--scheduled')
  t.is(done.code, 7, done.err)
  t.regex(done.out, /^scheduled: 0 moved; 1 left; .*No scheduler: schedulerSupport/)
  await until(old, 'it is fired', () => jobsOf(old).length === 0)
  t.deepEqual(bodies(await drain(old, 'q')), ['m'])
})

test('migrate leaves a subscription that is in use, and one that is another one at the new broker, and says so', async t => {
  const [old, next] = await brokers(t)
  await offline(old, 'one', NEWS)
  await publish(old, names(1, 2))
  await offline(next, 'one', { destination: '/topic/news' })
  const another = await migrate(old, next, '--subscriptions', '*:one')
  t.is(another.code, 7, another.err)
  t.regex(
    another.out,
    /^durable subscription c\.\*:one: 0 moved; 2 left; .*is there already, as another one: on news\n/,
  )
  t.deepEqual(await collected(old, 'one', NEWS, 2), ['m1', 'm2'])
  const busy = await subscribed(old, 'two', { destination: '/topic/news', ack: 'client' })
  await publish(old, ['m3'])
  await take(busy, 1)
  const held = await migrate(old, next, '--subscriptions', '*:two')
  t.is(held.code, 7, held.err)
  t.regex(
    held.out,
    /^durable subscription c\.\*:two: 0 moved; 1 left; .*Durable consumer is in use\n.*1 durable subscriptions stay \(--subscriptions\): c\.\*:one\n/,
  )
})

test('migrate does not wait for messages of a subscription that has collected none', async t => {
  const [old, next] = await brokers(t)
  const client = await old.connect()
  for (const name of names(1, 20))
    await client.receipted('SEND', { destination: '/tandemmq/subscription', 'client-id': 'c.*', name, topics: 'news' })
  const done = await migrate(old, next, '--subscriptions', '*', '--idle', '5s')
  t.is(done.code, 0, done.err)
  const [, seconds] = /20 durable subscriptions moved in ([\d.]+) s\n$/.exec(done.out) ?? []
  t.true(Number(seconds) < 5, done.out)
  t.is([...next.running.broker.durables.all()].length, 20)
})

test('migrate --all moves subscriptions and jobs also of a TandemMQ that has no queue', async t => {
  const [old, next] = await brokers(t)
  const client = await old.connect()
  await client.receipted('SEND', {
    destination: '/tandemmq/subscription',
    'client-id': 'c.*',
    name: 'one',
    topics: 'news',
  })
  await publish(old, ['m1'])
  await client.receipted('SEND', { destination: '/queue/later', AMQ_SCHEDULED_DELAY: String(HOUR) }, 'job')
  const done = await migrate(old, next, '--all')
  t.is(done.code, 0, done.err)
  t.regex(done.out, /^durable subscription c\.\*:one: 1 moved\nscheduled: 1 moved\n2 messages of 0 queues, /)
})

const removed = async (world: World, name: string): Promise<void> => {
  const client = await world.connect({ 'client-id': 'c.*' })
  await client.receipted('UNSUBSCRIBE', { id: name, 'activemq.subscriptionName': name })
  await lost(world, client)
}

test('migrate reports what an interrupted run has released and it does not drain, and the way out that it names works', async t => {
  const [old, next] = await brokers(t)
  for (const name of ['one', 'two']) await offline(old, name, { destination: '/topic/news' })
  await publish(old, names(1, 2))
  const client = await old.connect()
  await client.receipted('SEND', { destination: '/queue/q', AMQ_SCHEDULED_DELAY: String(HOUR) }, 'job')
  for (const headers of [{ 'client-id': 'c.*', name: 'one' }, { 'client-id': 'c.*', name: 'two' }, {}])
    await client.receipted('SEND', { destination: '/tandemmq/release', ...headers })
  await removed(old, 'one')
  const queue = 'tandemmq.released.subscription.c%2E%2A:one'
  const gone =
    '; 2 messages stay in the queue tandemmq.released.subscription.c%2E%2A:one, as the durable subscription c.*:one is gone: make it again there and call this again, or purge the queue\n'
  const others = await migrate(old, next, '--queues', 'fence')
  t.is(others.code, 0, others.err)
  t.true(
    others.out.endsWith(`; 1 scheduled messages of an interrupted run do not fire (--scheduled)${gone}`),
    others.out,
  )
  const dry = await migrate(old, next, '--all', '--dry-run')
  t.true(dry.out.includes('durable subscription c.*:two: 2 messages\nscheduled: 1 messages\n'), dry.out)
  t.true(dry.out.endsWith(gone), dry.out)
  const all = await migrate(old, next, '--all')
  t.is(all.code, 7, all.err)
  t.regex(all.out, /durable subscription c\.\*:two: 2 moved\nscheduled: 1 moved\n/)
  t.true(all.out.endsWith(gone), all.out)
  const named = await migrate(old, next, '--subscriptions', 'c.*:one', '--json')
  t.is(named.code, 7, named.err)
  t.deepEqual((JSON.parse(named.out) as { stranded: unknown }).stranded, [
    { queue, waiting: 2, subscription: 'c.*:one', wanted: true },
  ])
  t.is((await migrate(old, next, '--subscriptions', '*:two')).code, 0)
  await offline(old, 'one', { destination: '/topic/news' })
  const again = await migrate(old, next, '--all')
  t.is(again.code, 0, again.err)
  t.regex(again.out, /durable subscription c\.\*:one: 2 moved\n/)
  t.deepEqual(await collected(next, 'one', { destination: '/topic/news' }, 2), ['m1', 'm2'])
})

test('migrate counts as left also what was released before, of a subscription that is in use now', async t => {
  const [old, next] = await brokers(t)
  await offline(old, 'one', { destination: '/topic/news' })
  await publish(old, names(1, 2))
  const client = await old.connect()
  await client.receipted('SEND', { destination: '/tandemmq/release', 'client-id': 'c.*', name: 'one' })
  const owner = await subscribed(old, 'one', { destination: '/topic/news' })
  const held = await migrate(old, next, '--subscriptions', '*')
  t.is(held.code, 7, held.err)
  t.regex(held.out, /^durable subscription c\.\*:one: 0 moved; 2 left; .*Durable consumer is in use/)
  await lost(old, owner)
  t.regex((await migrate(old, next, '--all')).out, /c\.\*:one: 2 moved\n/)
})

const USERS = `<plugins><simpleAuthenticationPlugin><users>
  <authenticationUser username="nobody" password="n" groups="nobodies"/>
  <authenticationUser username="admin" password="a" groups="admins"/>
</users></simpleAuthenticationPlugin>
<authorizationPlugin><map><authorizationMap><authorizationEntries>
  <authorizationEntry topic=">" read="admins" write="admins" admin="admins"/>
  <authorizationEntry queue=">" read="admins" write="admins" admin="admins"/>
  <authorizationEntry topic="ActiveMQ.Advisory.>" read="nobodies,admins" write="nobodies,admins" admin="nobodies,admins"/>
</authorizationEntries></authorizationMap></map></authorizationPlugin></plugins>`

test('SA-04: releasing needs the rights of who may take it anyway, and nobody is told of what he may not read', async t => {
  const world = await started(t, { ...SCHEDULING, body: USERS })
  const as = (login: string, more = {}): Promise<Client> => world.connect({ login, passcode: login[0]!, ...more })
  const admin = await as('admin', { 'client-id': 'c' })
  await admin.receipted('SUBSCRIBE', { id: '1', destination: '/topic/news', 'activemq.subscriptionName': 's' })
  await admin.receipted('UNSUBSCRIBE', { id: '1' })
  await admin.receipted('SEND', { destination: '/topic/news', persistent: 'true' }, 'm')
  await admin.receipted('SEND', { destination: '/queue/q', AMQ_SCHEDULED_DELAY: String(HOUR) }, 'm')
  const nobody = await as('nobody')
  const release = { destination: '/tandemmq/release' }
  const one = { ...release, 'client-id': 'c', name: 's' }
  t.regex((await refused(nobody, 'SEND', one)) ?? '', /not authorized to read from: topic:\/\/news/)
  t.regex((await refused(nobody, 'SEND', release)) ?? '', /not authorized to write to: topic:\/\/ActiveMQ\.Scheduler/)
  const inventory = { destination: '/tandemmq/inventory' }
  t.regex((await refused(nobody, 'SEND', { ...inventory, 'reply-to': '/queue/q' })) ?? '', /not authorized to write/)
  t.regex((await refused(admin, 'SEND', inventory)) ?? '', /needs a reply-to/)
  for (const [client, count] of [
    [nobody, 0],
    [admin, 1],
  ] as const) {
    await client.receipted('SUBSCRIBE', { id: 'i', destination: '/temp-queue/i' })
    client.send('SEND', { ...inventory, 'reply-to': '/temp-queue/i' })
    const [told] = await take(client, 1)
    t.is((JSON.parse(told!.body.toString()) as { subscriptions: object[] }).subscriptions.length, count)
  }
  t.is(jobsOf(world).length, 1)
  await admin.receipted('SEND', one)
  await admin.receipted('SEND', release)
  t.is(depth(world, 'tandemmq.released.subscription.c:s') + depth(world, 'tandemmq.released.scheduled'), 2)
  t.regex((await refused(admin, 'SEND', { ...one, name: 'none' })) ?? '', /no such durable subscription/)
})

test('SA-04: migrate --all needs no right on what was released when there is none', async t => {
  const queue = '<authorizationEntry queue="q" read="nobodies" write="nobodies" admin="nobodies"/>'
  const old = await started(t, {
    ...SCHEDULING,
    body: USERS.replace('<authorizationEntry topic="ActiveMQ', `${queue}$&`),
  })
  const next = await started(t, SCHEDULING)
  const client = await old.connect({ login: 'nobody', passcode: 'n' })
  await client.receipted('SEND', { destination: '/queue/q' }, 'm')
  const done = await migrate(old, next, '--queues', 'q', '--scheduled', '--from-user', 'nobody', '--from-password', 'n')
  t.is(done.code, 0, done.out + done.err)
  t.regex(done.out, /^q: 1 moved\nscheduled: 0 moved\n/)
})

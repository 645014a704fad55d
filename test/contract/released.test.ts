import test, { type ExecutionContext } from 'ava'
import { bodies, depth, refused, started, take } from './consuming.ts'
import type { Client, World } from './world.ts'

/** Queues are everybody's, topics are not. */
const USERS = `<plugins><simpleAuthenticationPlugin><users>
  <authenticationUser username="joe" password="j" groups="users"/>
  <authenticationUser username="operator" password="o" groups="operators,users"/>
  <authenticationUser username="admin" password="a" groups="admins,users"/>
</users></simpleAuthenticationPlugin>
<authorizationPlugin><map><authorizationMap><authorizationEntries>
  <authorizationEntry queue="&gt;" read="users" write="users" admin="users"/>
  <authorizationEntry topic="&gt;" read="admins" write="admins" admin="admins"/>
  <authorizationEntry topic="ActiveMQ.Scheduler.Management" write="operators"/>
  <authorizationEntry topic="a.open" read="users" write="users" admin="users"/>
  <authorizationEntry topic="ActiveMQ.Advisory.&gt;" read="users" write="users" admin="users"/>
</authorizationEntries></authorizationMap></map></authorizationPlugin></plugins>`
const SCHEDULED = 'tandemmq.released.scheduled'
const released = (name: string): string => `tandemmq.released.subscription.c:${name}`
const MAKE = '/tandemmq/subscription'
const HOUR = '3600000'

const as = (world: World, login: string, more = {}): Promise<Client> =>
  world.connect({ login, passcode: login[0]!, ...more })

const brokerOf = (t: ExecutionContext): Promise<World> =>
  started(t, { attributes: 'schedulerSupport="true"', body: USERS })

/** A durable subscription of client `c` that is offline. */
async function offline(world: World, login: string, name: string, destination: string): Promise<void> {
  const client = await as(world, login, { 'client-id': 'c' })
  await client.receipted('SUBSCRIBE', { id: name, destination, 'activemq.subscriptionName': name })
  await client.receipted('UNSUBSCRIBE', { id: name })
  await client.receipted('DISCONNECT', {})
}

test('SA-02: what was released is read and written by who may order the scheduler about, whatever the rights on queues', async t => {
  const world = await brokerOf(t)
  await offline(world, 'admin', 'one', '/topic/a.secret')
  const [admin, joe, spy] = [await as(world, 'admin'), await as(world, 'joe'), await as(world, 'joe')]
  await spy.receipted('SUBSCRIBE', { id: 'all', destination: '/queue/tandemmq.>' })
  await admin.receipted('SEND', { destination: '/topic/a.secret', persistent: 'true' }, 'm')
  await admin.receipted('SEND', { destination: '/topic/a.secret', AMQ_SCHEDULED_DELAY: HOUR }, 'job')
  for (const headers of [{ 'client-id': 'c', name: 'one' }, {}])
    await admin.receipted('SEND', { destination: '/tandemmq/release', ...headers })
  await spy.quiet()
  for (const name of [released('one'), SCHEDULED, `${SCHEDULED},/queue/q`, 'tandemmq.released.>']) {
    const destination = `/queue/${name}`
    const denied = /User joe is not authorized to write to: topic:\/\/ActiveMQ\.Scheduler\.Management/
    t.regex((await refused(joe, 'SUBSCRIBE', { id: 's', destination })) ?? '', denied, name)
    t.regex((await refused(joe, 'SUBSCRIBE', { id: 's', destination, browser: 'true' })) ?? '', denied)
    const forged = { 'tandemmq-topic': '/topic/a.secret', 'tandemmq-to': '/topic/a.secret' }
    t.regex((await refused(joe, 'SEND', { destination, ...forged })) ?? '', denied, name)
  }
  for (const name of [released('one'), SCHEDULED]) {
    t.is(depth(world, name), 1)
    await admin.receipted('SEND', { destination: `/queue/${name}` }, 'imported')
    await admin.receipted('SUBSCRIBE', { id: name, destination: `/queue/${name}` })
    t.is((await take(admin, 2)).length, 2)
  }
})

test('SA-02, SA-07: releasing needs all these rights, a whole name, and leaves what a pattern has collected of what one may not read', async t => {
  const world = await brokerOf(t)
  await offline(world, 'admin', 'all', '/topic/a.*')
  const admin = await as(world, 'admin')
  for (const topic of ['a.secret', 'a.open'])
    await admin.receipted('SEND', { destination: `/topic/${topic}`, persistent: 'true' }, topic)
  await admin.receipted('SEND', { destination: '/queue/q', AMQ_SCHEDULED_DELAY: HOUR }, 'job')
  const all = { destination: '/tandemmq/release', 'client-id': 'c', name: 'all' }
  t.regex((await refused(await as(world, 'joe'), 'SEND', all)) ?? '', /write to: topic:.*Management/)
  const operator = await as(world, 'operator')
  const { name, ...half } = all
  t.regex((await refused(operator, 'SEND', half)) ?? '', /needs client-id and name/)
  t.is(world.running.broker.state.schedule.size, 1)
  await operator.receipted('SEND', { ...half, name })
  await operator.receipted('SUBSCRIBE', { id: 's', destination: `/queue/${released('all')}` })
  t.deepEqual(bodies(await take(operator, 1)), ['a.open'])
  await operator.quiet()
  const owner = await as(world, 'admin', { 'client-id': 'c' })
  await owner.receipted('SUBSCRIBE', { id: 'c', destination: '/topic/a.*', 'activemq.subscriptionName': 'all' })
  t.deepEqual(bodies(await take(owner, 1)), ['a.secret'])
})

test('U-08: a subscription is made, and filled, as SUBSCRIBE and SEND would; and a job has as many repeats as the journal holds', async t => {
  const world = await started(t, { attributes: 'schedulerSupport="true" maxSchedulerRepeatAllowed="2147483647"' })
  const client = await world.connect()
  const subscription = { 'client-id': 'c', name: 's', topics: 'a.>' }
  await client.receipted('SEND', { destination: MAKE, ...subscription })
  for (const topic of ['a.*', 'a.>', ''])
    t.regex((await refused(client, 'SEND', { destination: `/tandemmq/backlog/c/s/${topic}` })) ?? '', /name of a topic/)
  for (const [headers, error] of [
    [{ topics: 'ActiveMQ.Advisory.Queue' }, /advisory Topic/],
    [{ topics: 'a', selector: 'a = = b' }, /^a = = b$/],
    [{ topics: 'a,' }, /needs client-id, name and topics/],
  ] as const)
    t.regex((await refused(client, 'SEND', { ...subscription, destination: MAKE, name: 't', ...headers })) ?? '', error)
  const scheduled = (remaining: string): string => `/tandemmq/scheduled/9999999999999/1000/${remaining}//%2Fqueue%2Fq`
  for (const remaining of ['2147483648', '9999999999', '-2', '1.5', 'NaN', '1e3', ''])
    t.regex((await refused(client, 'SEND', { destination: scheduled(remaining) })) ?? '', /Not a schedule/)
  await client.receipted('SEND', { destination: scheduled('2147483647') }, 'm')
  t.deepEqual(
    [...world.running.broker.state.schedule.values()].map(({ remaining }) => remaining),
    [2_147_483_647],
  )
})

test('a consumer on a pattern is not handed what waits for a migration, unless he asks for just that', async t => {
  const world = await started(t, { attributes: 'schedulerSupport="true"' })
  const [client, asked] = [await world.connect(), await world.connect()]
  for (const [at, destination] of ['/queue/>', '/queue/tandemmq.>', '/queue/*.*.*'].entries())
    await client.receipted('SUBSCRIBE', { id: String(at), destination })
  await client.receipted('SEND', { destination: '/queue/q', AMQ_SCHEDULED_DELAY: HOUR }, 'job')
  await client.receipted('SEND', { destination: '/tandemmq/release' })
  await client.quiet()
  await client.receipted('SUBSCRIBE', { id: 'late', destination: '/queue/>' })
  await client.quiet()
  await asked.receipted('SUBSCRIBE', { id: 's', destination: '/queue/tandemmq.released.>' })
  t.deepEqual(bodies(await take(asked, 1)), ['job'])
})

import test, { type ExecutionContext } from 'ava'
import { DestinationKind } from '../../src/base/destination.ts'
import { Topic } from '../../src/destination/destination.ts'
import { bodies } from './exchange.ts'
import { started } from './consuming.ts'
import type { Client, World } from './world.ts'

const policies = (entries: string): string =>
  `<destinationPolicy><policyMap><policyEntries>${entries}</policyEntries></policyMap></destinationPolicy>`
const dispatch = (policy: string, kind = 'topic'): string =>
  policies(`<policyEntry ${kind}=">"><dispatchPolicy>${policy}</dispatchPolicy></policyEntry>`)

async function subscribe(
  client: Client,
  id: string,
  destination: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  await client.receipted('SUBSCRIBE', { id, destination, ...headers })
}

/** The ids in the order in which copies of one message came to one connection with several subscriptions. */
async function order(client: Client, count: number): Promise<string[]> {
  const ids: string[] = []
  while (ids.length < count) ids.push((await client.expect('MESSAGE')).headers.get('subscription') ?? '')
  return ids
}

/** One connection with subscriptions a, b and c of these priorities; the order in which each of so many messages comes. */
async function orders(world: World, priorities: readonly number[], messages: number): Promise<string[]> {
  const client = await world.connect()
  for (const [i, priority] of priorities.entries())
    await subscribe(client, 'abc'.charAt(i), '/topic/t', { 'activemq.priority': String(priority) })
  const sender = await world.connect()
  const all: string[] = []
  for (let i = 0; i < messages; i++) {
    await sender.receipted('SEND', { destination: '/topic/t' }, String(i))
    all.push((await order(client, priorities.length)).join(''))
  }
  return all
}

test('DP-01: everybody gets a copy, in the order of subscription; roundRobinDispatchPolicy rotates who is first', async t => {
  t.deepEqual(await orders(await started(t), [0, 0, 0], 2), ['abc', 'abc'])
  const simple = await started(t, { body: dispatch('<simpleDispatchPolicy/>') })
  t.deepEqual(await orders(simple, [0, 5, 0], 2), ['abc', 'abc'])
  const rotating = await started(t, { body: dispatch('<roundRobinDispatchPolicy/>') })
  t.deepEqual(await orders(rotating, [0, 0, 0], 4), ['abc', 'bca', 'cab', 'abc'])
})

test('DP-03: priorityDispatchPolicy serves higher priorities first', async t => {
  const world = await started(t, { body: dispatch('<priorityDispatchPolicy/>') })
  t.deepEqual(await orders(world, [1, 9, 5], 2), ['bca', 'bca'])
})

for (const policy of ['', '<strictOrderDispatchPolicy/>', '<priorityNetworkDispatchPolicy/>'])
  test(`DP-02, DP-04: all subscribers see the messages of concurrent senders in one order ${policy}`, async t => {
    const world = await started(t, { body: policy === '' ? '' : dispatch(policy) })
    const clients = [await world.connect(), await world.connect(), await world.connect()]
    for (const client of clients) await subscribe(client, '1', '/topic/t')
    const senders = [await world.connect(), await world.connect(), await world.connect()]
    for (let i = 0; i < 100; i++)
      for (const [n, sender] of senders.entries()) sender.send('SEND', { destination: '/topic/t' }, `${n}-${i}`)
    const [first = [], ...others] = await Promise.all(clients.map(client => bodies(client, 300)))
    for (const other of others) t.deepEqual(other, first)
    t.is(new Set(first).size, 300)
  })

test('DP-06: a dispatch policy of a queue entry changes nothing for queues', async t => {
  const world = await started(t, { body: dispatch('<priorityDispatchPolicy/>', 'queue') })
  const client = await world.connect()
  await subscribe(client, 'a', '/queue/q')
  await subscribe(client, 'b', '/queue/q')
  const sender = await world.connect()
  for (let i = 0; i < 4; i++) await sender.receipted('SEND', { destination: '/queue/q' })
  t.deepEqual((await order(client, 4)).toSorted(), ['a', 'a', 'b', 'b'])
})

/** Sends one message to both topics that a composite and a pattern lead to; how many copies a subscription gets. */
async function copies(t: ExecutionContext, entries: string): Promise<string[]> {
  const world = await started(t, { body: policies(entries) })
  const client = await world.connect()
  await subscribe(client, '1', '/topic/audit.>')
  const sender = await world.connect()
  for (const body of ['1', '2'])
    await sender.receipted('SEND', { destination: '/topic/audit.a,/topic/audit.b', persistent: 'true' }, body)
  await sender.receipted('SEND', { destination: '/topic/audit.a' }, 'last')
  const all: string[] = []
  while (all.at(-1) !== 'last') all.push((await client.expect('MESSAGE')).body.toString())
  return all
}

test('AU-04: with a policy entry a subscription gets one copy of each message, without one or without enableAudit all', async t => {
  t.deepEqual(await copies(t, '<policyEntry topic=">"/>'), ['1', '2', 'last'])
  t.deepEqual(await copies(t, '<policyEntry topic=">" enableAudit="false"/>'), ['1', '1', '2', '2', 'last'])
  t.deepEqual(await copies(t, '<policyEntry queue=">"/>'), ['1', '1', '2', '2', 'last'])
})

test('T-01: a topic forgets its subscriber when that unsubscribes', async t => {
  const world = await started(t)
  const client = await world.connect()
  await subscribe(client, '1', '/topic/t')
  const topic = world.running.broker.find(DestinationKind.topic, 't')
  t.true(topic instanceof Topic && topic.consumers.size === 1)
  await client.receipted('UNSUBSCRIBE', { id: '1' })
  t.true(topic instanceof Topic && topic.consumers.size === 0)
})

import test from 'ava'
import { depth, drain, started } from './consuming.ts'
import type { World } from './world.ts'

/** Sends to a list, and lets each of its queues refuse its copy. Answers what then lies in these queues. */
async function copiesDie(world: World, list: readonly string[]): Promise<void> {
  const client = await world.connect()
  const destination = list.map(name => `/queue/${name}`).join(',')
  await client.receipted('SEND', { destination, persistent: 'true' }, 'copy')
  for (const name of list) {
    client.send('SUBSCRIBE', { id: name, destination: `/queue/${name}`, ack: 'client' })
    const message = await client.expect('MESSAGE')
    await client.receipted('NACK', { id: message.headers.get('ack') ?? '' })
    await client.receipted('UNSUBSCRIBE', { id: name })
  }
  client.destroy()
}

const strategyFor = (entry: string, strategy: string): string =>
  `<policyEntry ${entry}><deadLetterStrategy>${strategy}</deadLetterStrategy></policyEntry>`
const policies = (...all: readonly string[]): { body: string } => ({
  body: `<destinationPolicy><policyMap><policyEntries>${all.join('')}</policyEntries></policyMap></destinationPolicy>`,
})

test('D-10, PM-06: copies of one SEND yield one dead letter under a shared strategy, which all its destinations share', async t => {
  const world = await started(t, policies(strategyFor('queue="s.>"', '<sharedDeadLetterStrategy/>')))
  await copiesDie(world, ['a', 'b', 'c'])
  t.is(depth(world, 'ActiveMQ.DLQ'), 1)
  // Another strategy object remembers its own deaths, and the dead letter queue takes each identity once (AU-01).
  await copiesDie(world, ['d', 's.1', 's.2'])
  t.is(depth(world, 'ActiveMQ.DLQ'), 2)
})

test('D-10, VER-01: the individual strategy remembers the deaths of each destination', async t => {
  const world = await started(t, policies(strategyFor('queue="i.>"', '<individualDeadLetterStrategy/>')))
  await copiesDie(world, ['i.a', 'i.b'])
  for (const name of ['i.a', 'i.b']) t.is(depth(world, `ActiveMQ.DLQ.Queue.${name}`), 1)
})

test('D-11, AU-01: without the audit of the strategy the dead letter queue still takes an identity once, unless its own is off too', async t => {
  const off = '<sharedDeadLetterStrategy enableAudit="false" deadLetterQueue="'
  const world = await started(
    t,
    policies(
      strategyFor('queue="one.>"', `${off}once"/>`),
      strategyFor('queue="all.>"', `${off}every"/>`),
      '<policyEntry queue="every" enableAudit="false"/>',
    ),
  )
  await copiesDie(world, ['one.a', 'one.b'])
  await copiesDie(world, ['all.a', 'all.b'])
  t.is(depth(world, 'once'), 1)
  t.is(depth(world, 'every'), 2)
})

test('D-10: maxAuditDepth and maxProducersToAudit are how much the audit remembers', async t => {
  const strategy = (attributes: string, queue: string): string =>
    `<sharedDeadLetterStrategy ${attributes} deadLetterQueue="${queue}"/>`
  const small = 'maxQueueAuditDepth="32" maxProducersToAudit="1"'
  const world = await started(
    t,
    policies(
      strategyFor('queue="d.>"', strategy('maxAuditDepth="32"', 'deep')),
      strategyFor('queue="p.>"', strategy('maxProducersToAudit="1"', 'many')),
      `<policyEntry queue="deep" ${small}/>`,
      `<policyEntry queue="many" ${small}/>`,
    ),
  )
  const client = await world.connect()
  const die = async (name: string): Promise<void> => {
    client.send('SUBSCRIBE', { id: name, destination: `/queue/${name}`, ack: 'client' })
    const message = await client.expect('MESSAGE')
    await client.receipted('NACK', { id: message.headers.get('ack') ?? '' })
    await client.receipted('UNSUBSCRIBE', { id: name })
  }
  await client.receipted('SEND', { destination: '/queue/d.1,/queue/d.2', persistent: 'true' }, 'first')
  await die('d.1')
  for (let i = 0; i < 200; i++) client.send('SEND', { destination: '/queue/elsewhere' })
  await client.receipted('SEND', { destination: '/queue/d.3', persistent: 'true' }, 'far away')
  await die('d.3')
  await die('d.2')
  t.is(depth(world, 'deep'), 3, 'the first is out of the window')
  const other = await world.connect()
  await client.receipted('SEND', { destination: '/queue/p.1,/queue/p.2', persistent: 'true' })
  await other.receipted('SEND', { destination: '/queue/p.3', persistent: 'true' })
  for (const name of ['p.1', 'p.3', 'p.2']) await die(name)
  t.is(depth(world, 'many'), 3, 'the first producer is forgotten')
})

test('D-04, D-13: the shared strategy may publish the dead on a topic', async t => {
  const world = await started(
    t,
    policies(strategyFor('queue="a"', '<sharedDeadLetterStrategy deadLetterQueue="topic://dead"/>')),
  )
  const client = await world.connect()
  await client.receipted('SUBSCRIBE', { id: 'd', destination: '/topic/dead' })
  await copiesDie(world, ['a'])
  const letter = await client.expect('MESSAGE')
  t.is(letter.headers.get('original-destination'), '/queue/a')
  t.is(letter.headers.get('destination'), '/topic/dead')
  t.is(depth(world, 'a'), 0)
})

test("D-12: with populateJMSXUserID a dead letter is the broker's own", async t => {
  const world = await started(t, { attributes: 'populateJMSXUserID="true"' })
  const client = await world.connect({ login: 'somebody', passcode: 'x' })
  await client.receipted('SEND', { destination: '/queue/a', persistent: 'true' }, 'x')
  client.send('SUBSCRIBE', { id: 'a', destination: '/queue/a', ack: 'client' })
  const message = await client.expect('MESSAGE')
  t.is(message.headers.get('JMSXUserID'), 'somebody')
  await client.receipted('NACK', { id: message.headers.get('ack') ?? '' })
  const [letter] = await drain(world, 'ActiveMQ.DLQ')
  t.is(letter?.headers.get('JMSXUserID'), 'ActiveMQBroker')
})

test('AU-04: of copies of one SEND a topic subscription gets the first, when a policy entry audits; without one all', async t => {
  const world = await started(
    t,
    policies('<policyEntry topic="once.>"/>', '<policyEntry topic="off.>" enableAudit="false"/>'),
  )
  const client = await world.connect()
  for (const name of ['once', 'off', 'free']) {
    await client.receipted('SUBSCRIBE', { id: name, destination: `/topic/${name}.>` })
    for (const each of ['a', 'b'])
      await client.receipted('SUBSCRIBE', { id: `${name}.${each}`, destination: `/topic/${name}.${each}` })
  }
  const sender = await world.connect()
  for (let i = 0; i < 2; i++)
    for (const name of ['once', 'off', 'free'])
      await sender.receipted('SEND', { destination: `/topic/${name}.a,/topic/${name}.b` }, String(i))
  const got = new Map<string, number>()
  for (let i = 0; i < 2 * (3 + 4 + 4); i++) {
    const id = (await client.expect('MESSAGE')).headers.get('subscription') ?? ''
    got.set(id, (got.get(id) ?? 0) + 1)
  }
  await client.quiet()
  t.deepEqual(
    ['once', 'once.a', 'once.b', 'off', 'free'].map(id => got.get(id)),
    [2, 2, 2, 4, 4],
  )
})

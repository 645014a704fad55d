import test, { type ExecutionContext } from 'ava'
import { DestinationKind } from '../../src/base/destination.ts'
import { about, bodies, depth, drain, started, take, until } from './consuming.ts'
import { World, brokerXml, type Client, type WireFrame } from './world.ts'

const SUPPORT = 'schedulerSupport="true"'
const plugins = (attributes: string, map: string, others = ''): string =>
  `<plugins><redeliveryPlugin ${attributes}><redeliveryPolicyMap><redeliveryPolicyMap>${map}</redeliveryPolicyMap></redeliveryPolicyMap></redeliveryPlugin>${others}</plugins>`
const fallback = (attributes: string): string => `<defaultEntry><redeliveryPolicy ${attributes}/></defaultEntry>`

const retrying = (t: ExecutionContext, body: string): Promise<World> => started(t, { attributes: SUPPORT, body })

/** Takes the next message and refuses it. */
async function refuse(client: Client): Promise<WireFrame> {
  const [message] = await take(client, 1)
  await client.receipted('NACK', about(client, message!))
  return message!
}

async function consumer(world: World, destination = '/queue/a', headers = {}): Promise<Client> {
  const client = await world.connect()
  await client.receipted('SUBSCRIBE', { id: '1', destination, ack: 'client-individual', ...headers })
  return client
}

const letters = (world: World): number =>
  world.running.broker.find(DestinationKind.queue, 'ActiveMQ.DLQ') === null ? 0 : depth(world, 'ActiveMQ.DLQ')

test('PL-10, R-07: a rejected message comes again after the delay, flagged, with its id; then it becomes a dead letter', async t => {
  const world = await retrying(
    t,
    plugins('', fallback('maximumRedeliveries="2" initialRedeliveryDelay="1000" redeliveryDelay="1100"')),
  )
  const client = await consumer(world)
  client.send('SEND', { destination: '/queue/a', persistent: 'true', x: 'y' }, 'm')
  const began = Date.now()
  const first = await refuse(client)
  t.false(first.headers.has('redelivered'))
  const second = await refuse(client)
  t.true(Date.now() - began >= 1000, `${Date.now() - began} ms`)
  t.is(second.headers.get('message-id'), first.headers.get('message-id'))
  t.is(second.headers.get('scheduledJobId'), first.headers.get('message-id'))
  t.is(second.headers.get('redelivered'), 'true')
  t.is(second.headers.get('redeliveryDelay'), '1000')
  t.is(second.headers.get('x'), 'y')
  t.false(second.headers.has('AMQ_SCHEDULED_DELAY'))
  const third = await refuse(client)
  t.is(third.headers.get('redeliveryDelay'), '1100')
  t.is(third.body.toString(), 'm')
  const [letter] = await drain(world, 'ActiveMQ.DLQ')
  t.is(letter!.headers.get('message-id'), first.headers.get('message-id'))
  t.false(letter!.headers.has('redelivered'))
  t.is(letter!.headers.get('original-destination'), '/queue/a')
  t.is(world.running.broker.state.schedule.size, 0)
})

test('PL-10, D-02: persistence does not matter, selectors see the count, and a policy is for its destination', async t => {
  const entries =
    '<redeliveryPolicyEntries><redeliveryPolicy queue="a.>" maximumRedeliveries="1"/></redeliveryPolicyEntries>'
  const world = await retrying(t, plugins('', entries))
  const client = await consumer(world, '/queue/a.b')
  const picky = await consumer(world, '/queue/a.b', { selector: 'JMSXDeliveryCount = 2 AND JMSRedelivered' })
  client.send('SEND', { destination: '/queue/a.b' }, 'volatile')
  await refuse(client)
  client.send('UNSUBSCRIBE', { id: '1' })
  t.deepEqual(bodies(await take(picky, 1)), ['volatile'])
  // No policy is for it: a dead letter at once.
  const other = await consumer(world, '/queue/other')
  other.send('SEND', { destination: '/queue/other', persistent: 'true' }, 'm')
  await refuse(other)
  t.is(letters(world), 1)
})

test('PL-11: without sendToDlqIfMaxRetriesExceeded the exhausted are dropped, without fallbackToDeadLetter the others', async t => {
  const entries =
    '<redeliveryPolicyEntries><redeliveryPolicy queue="a" maximumRedeliveries="0"/></redeliveryPolicyEntries>'
  for (const [attributes, expected] of [
    ['', 2],
    ['sendToDlqIfMaxRetriesExceeded="false"', 1],
    ['fallbackToDeadLetter="false"', 1],
    ['sendToDlqIfMaxRetriesExceeded="false" fallbackToDeadLetter="false"', 0],
  ] as const) {
    const world = await retrying(t, plugins(attributes, entries))
    for (const name of ['a', 'b']) {
      const client = await consumer(world, `/queue/${name}`)
      client.send('SEND', { destination: `/queue/${name}`, persistent: 'true' }, 'm')
      await refuse(client)
    }
    t.is(letters(world), expected, attributes)
  }
})

test('PL-10, E-04: an expired message is not tried again', async t => {
  const world = await retrying(t, plugins('', fallback('')))
  const client = await world.connect()
  await client.receipted('SEND', { destination: '/queue/a', persistent: 'true', expires: '1' }, 'm')
  await until(world, 'it is a dead letter', () => letters(world) === 1)
  t.is(world.running.broker.state.schedule.size, 0)
})

test('PL-10, SC-10: a retry outlives a restart, volatile message or not, and goes on counting', async t => {
  const body = plugins('', fallback('maximumRedeliveries="1"'))
  const world = await retrying(t, body)
  const client = await consumer(world)
  client.send('SEND', { destination: '/queue/a' }, 'm')
  await refuse(client)
  client.destroy()
  t.is(world.running.broker.state.schedule.size, 1)
  await world.stop()
  await world.start(brokerXml({ attributes: SUPPORT, body }))
  const again = await consumer(world)
  const message = await refuse(again)
  t.is(message.headers.get('redelivered'), 'true')
  t.is(depth(world, 'a'), 0)
  t.is(world.running.broker.state.schedule.size, 0)
})

test('M-01: the plugin that is listed last decides first what becomes of a death', async t => {
  const discarding = '<discardingDLQBrokerPlugin/>'
  const body = plugins('', fallback(''))
  for (const [xml, jobs] of [
    [body.replace('<plugins>', `<plugins>${discarding}`), 1],
    [body.replace('</plugins>', `${discarding}</plugins>`), 0],
  ] as const) {
    const world = await retrying(t, xml)
    const client = await consumer(world)
    client.send('SEND', { destination: '/queue/a', persistent: 'true' }, 'm')
    await refuse(client)
    t.is(world.running.broker.state.schedule.size, jobs)
  }
})

test('PL-10: without schedulerSupport, or with a delay below a second, the broker does not start', async t => {
  const start = (attributes: string, map: string): Promise<World> =>
    new World().start(brokerXml({ attributes, body: plugins('', map) }))
  await t.throwsAsync(start('', fallback('')), { message: /schedulerSupport/ })
  for (const name of ['initialRedeliveryDelay', 'redeliveryDelay'])
    await t.throwsAsync(start(SUPPORT, fallback(`${name}="999"`)), { message: new RegExp(`"${name}".*1000 ms`) })
})

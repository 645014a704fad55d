import test, { type ExecutionContext } from 'ava'
import type { ParkedFrames } from '../../src/session/parked.ts'
import { until } from './consuming.ts'
import { bodies, error } from './exchange.ts'
import { World, brokerXml, type Client } from './world.ts'

const vm = (memoryLimit: string, more = ''): string => `<destinationPolicy><policyMap><policyEntries>
  <policyEntry queue="full.>" memoryLimit="${memoryLimit}" ${more}><pendingQueuePolicy><vmQueueCursor/></pendingQueuePolicy></policyEntry>
</policyEntries></policyMap></destinationPolicy>`
const usage = (limits: string, attributes = ''): string =>
  `<systemUsage><systemUsage ${attributes}>${limits}</systemUsage></systemUsage>`

async function broker(t: ExecutionContext, body: string, attributes = ''): Promise<World> {
  const world = await new World().start(brokerXml({ body, attributes }))
  t.teardown(() => world.end())
  return world
}

/** Four small messages cost a little more than 4096 bytes, so the fifth finds the queue full (L-07). */
async function fill(client: Client, destination = '/queue/full.a'): Promise<void> {
  for (const body of ['1', '2', '3', '4']) await client.receipted('SEND', { destination }, body)
}

async function consume(world: World, destination = '/queue/full.a'): Promise<Client> {
  const client = await world.connect()
  client.send('SUBSCRIBE', { id: '1', destination })
  return client
}

test('F-01, S-RCP-03, CU-02, L-06, L-07: over the limit receipts are withheld, the connection works, and all comes in order', async t => {
  const world = await broker(t, vm('4kb'))
  const sender = await world.connect()
  await fill(sender)
  for (const body of ['5', '6', '7']) sender.send('SEND', { destination: '/queue/full.a', receipt: body }, body)
  // No receipt among these answers, and other places take messages.
  await sender.receipted('SEND', { destination: '/queue/roomy' }, 'x')
  await sender.quiet()
  const consumer = await consume(world)
  t.deepEqual(await bodies(consumer, 7), ['1', '2', '3', '4', '5', '6', '7'])
  for (const body of ['5', '6', '7']) t.is((await sender.expect('RECEIPT')).headers.get('receipt-id'), body)
  await sender.quiet()
  await consumer.quiet()
})

test('F-01: the sender itself can make room by acknowledging', async t => {
  const world = await broker(t, vm('4kb'))
  const client = await world.connect()
  await fill(client)
  client.send('SEND', { destination: '/queue/full.a', receipt: 'late' }, '5')
  client.send('SUBSCRIBE', { id: '1', destination: '/queue/full.a', ack: 'client', 'activemq.prefetchSize': '2' })
  await client.expect('MESSAGE')
  const second = await client.expect('MESSAGE')
  client.send('ACK', { id: second.headers.get('ack') ?? '' })
  const frames = [await client.frame(), await client.frame(), await client.frame()].map(({ command }) => command)
  t.deepEqual(frames.toSorted(), ['MESSAGE', 'MESSAGE', 'RECEIPT'])
})

test('F-01: without a receipt the connection is not read until there is room, again and again', async t => {
  const world = await broker(t, vm('4kb'))
  const sender = await world.connect()
  await fill(sender)
  for (let i = 5; i <= 40; i++) sender.send('SEND', { destination: '/queue/full.a' }, String(i))
  sender.send('BEGIN', { transaction: 't', receipt: 'last' })
  const other = await world.connect()
  await other.quiet()
  t.is(sender.received.indexOf('last'), -1)
  const consumer = await consume(world)
  t.deepEqual(
    await bodies(consumer, 40),
    Array.from({ length: 40 }, (_, i) => String(i + 1)),
  )
  t.is((await sender.expect('RECEIPT')).headers.get('receipt-id'), 'last')
})

test('F-02: what waited when its sender left is accepted later', async t => {
  for (const leave of ['DISCONNECT', 'close']) {
    const world = await broker(t, vm('4kb'))
    const sender = await world.connect()
    await fill(sender)
    for (const body of ['5', '6', '7', '8', '9'])
      sender.send('SEND', { destination: '/queue/full.a', receipt: body }, body)
    await sender.quiet()
    if (leave === 'DISCONNECT') sender.send('DISCONNECT')
    else sender.destroy()
    const other = await world.connect()
    await other.quiet()
    t.deepEqual(await bodies(await consume(world), 9), ['1', '2', '3', '4', '5', '6', '7', '8', '9'])
  }
})

test('F-02: senders that come, wait and leave again do not fill the memory', async t => {
  const world = await broker(t, vm('4kb'))
  await fill(await world.connect())
  const { space } = world.running.broker
  const mebibyte = 'x'.repeat(1024 * 1024)
  for (let senders = 1; senders <= 20; senders++) {
    const before = space.waiting
    const sender = await world.connect()
    for (const receipt of ['1', '2', '3', '4']) sender.send('SEND', { destination: '/queue/full.a', receipt }, mebibyte)
    const parked = (): number[] => [...world.running.broker.sessions].map(session => session.parked.count)
    await until(world, 'its SENDs wait', () => parked().includes(4))
    sender.destroy()
    await until(world, 'it is gone', () => !parked().includes(4))
    t.true(space.waiting === before + 1 || world.lines.some(line => line.includes('they are dropped')))
  }
  // 64 MiB are kept.
  t.is(space.waiting, 15)
  const consumer = await consume(world)
  t.is((await bodies(consumer, 4 + 15 * 4)).at(-1), mebibyte)
  await consumer.quiet()
})

test('F-02: small SENDs that wait count with all that they take, and their connection is not read beyond 4 MiB of it', async t => {
  const world = await broker(t, vm('4kb'))
  await fill(await world.connect())
  const sender = await world.connect()
  const count = 5000
  for (let i = 5; i < 5 + count; i++) sender.send('SEND', { destination: '/queue/full.a', receipt: `${i}` }, `${i}`)
  const parked = (): readonly ParkedFrames[] => [...world.running.broker.sessions].map(session => session.parked)
  await until(world, 'it is not read any more', () => parked().some(({ blocks }) => blocks))
  t.true(parked().every(({ count: waiting }) => waiting < 3000))
  const consumer = await consume(world)
  t.deepEqual(
    await bodies(consumer, 4 + count),
    Array.from({ length: 4 + count }, (_, i) => `${i + 1}`),
  )
})

test('F-01, S-TX-05, S-TX-07: a COMMIT waits for the SENDs of its transaction; an ABORT answers and forgets them', async t => {
  const world = await broker(t, vm('4kb'))
  const sender = await world.connect()
  await fill(sender)
  sender.send('BEGIN', { transaction: 'gone' })
  sender.send('SEND', { destination: '/queue/full.a', transaction: 'gone', receipt: 'g' }, 'aborted')
  sender.send('ABORT', { transaction: 'gone', receipt: 'abort' })
  t.is((await sender.expect('RECEIPT')).headers.get('receipt-id'), 'g')
  t.is((await sender.expect('RECEIPT')).headers.get('receipt-id'), 'abort')
  sender.send('BEGIN', { transaction: 't' })
  sender.send('SEND', { destination: '/queue/other', transaction: 't' }, 'o')
  for (const body of ['5', '6'])
    sender.send('SEND', { destination: '/queue/full.a', transaction: 't', receipt: body }, body)
  sender.send('COMMIT', { transaction: 't', receipt: 'commit' })
  const other = await consume(world, '/queue/other')
  await other.quiet()
  const consumer = await consume(world)
  t.deepEqual(await bodies(consumer, 6), ['1', '2', '3', '4', '5', '6'])
  t.deepEqual(await bodies(other, 1), ['o'])
  for (const id of ['5', '6', 'commit']) t.is((await sender.expect('RECEIPT')).headers.get('receipt-id'), id)
})

test('F-03: with sendFailIfNoSpace every SEND to a full queue is an ERROR, and there is room again after consuming', async t => {
  const world = await broker(t, vm('4kb') + usage('', 'sendFailIfNoSpace="true"'))
  const sender = await world.connect()
  await fill(sender)
  const text =
    'Usage Manager Memory Limit reached on queue://full.a. See http://activemq.apache.org/producer-flow-control.html for more info'
  for (const receipt of [{ receipt: 'r' }, {}]) {
    sender.send('SEND', { destination: '/queue/full.a', ...receipt })
    const refused = await sender.expect('ERROR')
    t.is(refused.headers.get('message'), text)
    t.is(refused.headers.has('receipt-id'), 'receipt' in receipt)
  }
  await bodies(await consume(world), 4)
  await sender.receipted('SEND', { destination: '/queue/full.a' }, '5')
})

test('F-08: with producerFlowControl="false" memory never blocks', async t => {
  const world = await broker(t, vm('4kb', 'producerFlowControl="false"'))
  const sender = await world.connect()
  for (let i = 0; i < 50; i++) sender.send('SEND', { destination: '/queue/full.a' })
  await sender.quiet()
  t.is((await bodies(await consume(world), 50)).length, 50)
})

test('CU-01: with the default cursor a small memory limit never blocks the senders of a queue', async t => {
  const world = await broker(
    t,
    '<destinationPolicy><policyMap><policyEntries><policyEntry queue=">" memoryLimit="1kb"/></policyEntries></policyMap></destinationPolicy>',
  )
  const sender = await world.connect()
  for (let i = 0; i < 50; i++) sender.send('SEND', { destination: '/queue/a', persistent: 'true' }, 'x'.repeat(1000))
  await sender.quiet()
  t.is((await bodies(await consume(world, '/queue/a'), 50)).length, 50)
})

test('CU-04, L-07: without a store everything is in memory and the memory limit blocks', async t => {
  const world = await broker(t, usage('<memoryUsage><memoryUsage limit="64kb"/></memoryUsage>'), 'persistent="false"')
  const sender = await world.connect()
  const body = 'x'.repeat(32_000)
  // Tested before adding: the second and third overshoot together.
  for (let i = 0; i < 2; i++) await sender.receipted('SEND', { destination: '/queue/a', persistent: 'true' }, body)
  sender.send('SEND', { destination: '/queue/b', receipt: 'late' }, 'y')
  await sender.quiet()
  const consumer = await consume(world, '/queue/a')
  await bodies(consumer, 2)
  t.is((await sender.expect('RECEIPT')).headers.get('receipt-id'), 'late')
  t.deepEqual(await bodies(await consume(world, '/queue/b'), 1), ['y'])
})

test('CU-04, L-06: without a store a queue blocks at its own memory limit, whatever its cursor', async t => {
  const entry =
    '<policyEntry queue="small" memoryLimit="4kb"><pendingQueuePolicy><storeCursor/></pendingQueuePolicy></policyEntry>'
  const policies = `<destinationPolicy><policyMap><policyEntries>${entry}</policyEntries></policyMap></destinationPolicy>`
  const world = await broker(t, policies, 'persistent="false"')
  const sender = await world.connect()
  await sender.receipted('SEND', { destination: '/queue/small' }, 'x'.repeat(4096))
  sender.send('SEND', { destination: '/queue/small', receipt: 'late' }, 'y')
  await sender.quiet()
  t.is((await bodies(await consume(world, '/queue/small'), 2)).length, 2)
  t.is((await sender.expect('RECEIPT')).headers.get('receipt-id'), 'late')
})

const smallStore = (attributes = ''): string =>
  `<persistenceAdapter><kahaDB directory="\${activemq.data}/kahadb" journalMaxFileLength="32kb" cleanupInterval="20" checkpointInterval="20"/></persistenceAdapter>` +
  usage('<storeUsage><storeUsage limit="128kb"/></storeUsage>', attributes)

test('F-09, F-10, S-RCP-03, M-03: a full store blocks the whole connection, others go on, and consuming frees it', async t => {
  const world = await broker(t, smallStore())
  const sender = await world.connect()
  const body = 'x'.repeat(16_000)
  for (let i = 0; i < 20; i++)
    sender.send('SEND', { destination: '/queue/a', persistent: 'true', receipt: String(i) }, body)
  sender.send('BEGIN', { transaction: 't', receipt: 'begin' })
  let receipts = 0
  while (receipts < 3) {
    t.is((await sender.expect('RECEIPT')).headers.get('receipt-id'), String(receipts))
    receipts++
  }
  const other = await world.connect()
  await other.receipted('SEND', { destination: '/queue/volatile', persistent: 'false' }, 'x')
  t.is(sender.received.indexOf('begin'), -1)
  const consumer = await consume(world, '/queue/a')
  t.is((await bodies(consumer, 20)).length, 20)
  for (; receipts < 20; receipts++) t.is((await sender.expect('RECEIPT')).headers.get('receipt-id'), String(receipts))
  t.is((await sender.expect('RECEIPT')).headers.get('receipt-id'), 'begin')
})

test('F-09: with sendFailIfNoSpace a full store is an ERROR', async t => {
  const world = await broker(t, smallStore('sendFailIfNoSpace="true"'))
  const sender = await world.connect()
  for (let i = 0; i < 20; i++) sender.send('SEND', { destination: '/queue/a', persistent: 'true' }, 'x'.repeat(16_000))
  t.regex(
    await error(sender),
    /^Persistent store is Full, 100% of 131072\. Stopping producer \(ID:.+\) to prevent flooding queue:\/\/a\./,
  )
})

import test from 'ava'
import { bodies, error } from './exchange.ts'
import { depth, started, until } from './consuming.ts'
import type { Client, World } from './world.ts'

const policies = (entries: string): string =>
  `<destinationPolicy><policyMap><policyEntries>${entries}</policyEntries></policyMap></destinationPolicy>`
const usage = (limits: string, attributes = ''): string =>
  `<systemUsage><systemUsage ${attributes}>${limits}</systemUsage></systemUsage>`
const memory = (limit: string): string => `<memoryUsage><memoryUsage limit="${limit}"/></memoryUsage>`
const VM = '<pendingQueuePolicy><vmQueueCursor/></pendingQueuePolicy>'
const vm = (attributes: string): string => policies(`<policyEntry queue="full.>" ${attributes}>${VM}</policyEntry>`)

/** Four small messages cost a little more than 4096 bytes, so the fifth finds the queue full (L-07). */
async function fill(world: World, destination = '/queue/full.a'): Promise<Client> {
  const client = await world.connect()
  for (const body of ['1', '2', '3', '4']) await client.receipted('SEND', { destination }, body)
  return client
}

async function consume(world: World, destination: string): Promise<Client> {
  const client = await world.connect()
  client.send('SUBSCRIBE', { id: '1', destination })
  return client
}

/** A subscriber of a topic that takes one message, and never says that it did. */
async function stuck(world: World, destination: string): Promise<Client> {
  const client = await world.connect()
  await client.receipted('SUBSCRIBE', { id: '1', destination, ack: 'client', 'activemq.prefetchSize': '1' })
  return client
}

const waits = (world: World): Promise<void> => until(world, 'a sender waits', () => world.running.broker.spaceWanted)

for (const [where, body] of [
  ['of the broker', vm('memoryLimit="4kb"') + usage('', 'sendFailIfNoSpaceAfterTimeout="500"')],
  ['of the policy', vm('memoryLimit="4kb" sendFailIfNoSpaceAfterTimeout="500"')],
] as const)
  test(`F-04, F-07: sendFailIfNoSpaceAfterTimeout ${where} answers a SEND to a full queue with ERROR after that time`, async t => {
    const world = await started(t, { body })
    const sender = await fill(world)
    const text =
      /^Usage Manager Memory Limit Wait Timeout\. Stopping producer \(ID:.+\) to prevent flooding queue:\/\/full\.a\./
    for (const receipt of [{ receipt: 'r' }, {}]) {
      const began = Date.now()
      sender.send('SEND', { destination: '/queue/full.a', ...receipt }, 'late')
      const refused = await sender.expect('ERROR')
      t.true(Date.now() - began >= 499, 'not before its time')
      t.regex(refused.headers.get('message') ?? '', text)
      t.is(refused.headers.has('receipt-id'), 'receipt' in receipt)
    }
    // The connection works, and whoever finds room in time is not refused.
    sender.send('SEND', { destination: '/queue/full.a', receipt: 'in time' }, '5')
    t.deepEqual(await bodies(await consume(world, '/queue/full.a'), 5), ['1', '2', '3', '4', '5'])
    t.is((await sender.expect('RECEIPT')).headers.get('receipt-id'), 'in time')
  })

test('F-04, X-04: a SEND that waited for too long in a transaction poisons it without a receipt, and does not with one', async t => {
  const world = await started(t, { body: vm('memoryLimit="4kb"') + usage('', 'sendFailIfNoSpaceAfterTimeout="30"') })
  const sender = await fill(world)
  sender.send('BEGIN', { transaction: 't' })
  sender.send('SEND', { destination: '/queue/full.a', transaction: 't' }, 'late')
  sender.send('COMMIT', { transaction: 't', receipt: 'commit' })
  t.regex(await error(sender), /Wait Timeout/)
  t.is(await error(sender), 'COMMIT FAILED: Transaction marked rollback only xaErrorCode:100')
  sender.send('BEGIN', { transaction: 'u' })
  sender.send('SEND', { destination: '/queue/other', transaction: 'u' }, 'kept')
  sender.send('SEND', { destination: '/queue/full.a', transaction: 'u', receipt: 'r' }, 'late')
  sender.send('COMMIT', { transaction: 'u', receipt: 'commit' })
  t.regex(await error(sender), /Wait Timeout/)
  t.is((await sender.expect('RECEIPT')).headers.get('receipt-id'), 'commit')
  t.deepEqual(await bodies(await consume(world, '/queue/other'), 1), ['kept'])
})

const TOPIC = '<policyEntry topic=">" memoryLimit="4kb"/>'

/** One message is delivered, four wait, and the topic is full. */
async function fillTopic(world: World, destination = '/topic/a'): Promise<Client> {
  const sender = await world.connect()
  for (let i = 0; i < 5; i++) await sender.receipted('SEND', { destination }, String(i))
  return sender
}

test('L-06, F-01: the memory limit of a topic holds its senders back, and no others', async t => {
  const world = await started(t, { body: policies('<policyEntry topic="a" memoryLimit="4kb"/>') })
  const client = await stuck(world, '/topic/a')
  const sender = await fillTopic(world)
  sender.send('SEND', { destination: '/topic/a', receipt: 'late' }, '5')
  await waits(world)
  await sender.receipted('SEND', { destination: '/topic/b' }, 'x')
  const first = await client.expect('MESSAGE')
  client.send('ACK', { id: first.headers.get('ack') ?? '' })
  t.is((await sender.expect('RECEIPT')).headers.get('receipt-id'), 'late')
})

test('F-05: with sendFailIfNoSpaceAfterTimeout a receipted SEND to a full topic waits on, one without is refused in time', async t => {
  const world = await started(t, { body: policies(TOPIC) + usage('', 'sendFailIfNoSpaceAfterTimeout="40"') })
  const client = await stuck(world, '/topic/a')
  const sender = await fillTopic(world)
  sender.send('SEND', { destination: '/topic/a', receipt: 'patient' }, '5')
  const other = await world.connect()
  other.send('SEND', { destination: '/topic/a' }, '6')
  t.regex(
    await error(other),
    /^Usage Manager Memory Usage limit reached\. Stopping producer \(ID:.+\) to prevent flooding topic:\/\/a\./,
  )
  await sender.quiet()
  const first = await client.expect('MESSAGE')
  client.send('ACK', { id: first.headers.get('ack') ?? '' })
  t.is((await sender.expect('RECEIPT')).headers.get('receipt-id'), 'patient')
})

test('F-06, F-07: sendFailIfNoSpace of the policy refuses at once, and its false overrules the true of the broker', async t => {
  const entries =
    '<policyEntry topic="refuses" memoryLimit="4kb" sendFailIfNoSpace="true"/><policyEntry topic="waits" memoryLimit="4kb" sendFailIfNoSpace="false"/>'
  const world = await started(t, { body: policies(entries) + usage('', 'sendFailIfNoSpace="true"') })
  await stuck(world, '/topic/refuses')
  await stuck(world, '/topic/waits')
  const sender = await fillTopic(world, '/topic/refuses')
  sender.send('SEND', { destination: '/topic/refuses' }, 'x')
  t.regex(
    await error(sender),
    /^Usage Manager memory limit \(4096\) reached\. Rejecting send for producer \(ID:.+\) to prevent flooding topic:\/\/refuses\./,
  )
  const patient = await fillTopic(world, '/topic/waits')
  patient.send('SEND', { destination: '/topic/waits', receipt: 'late' }, 'x')
  await waits(world)
  await patient.quiet()
})

test('F-08: with producerFlowControl="false" the memory limit of a topic holds nobody back', async t => {
  const world = await started(t, {
    body: policies('<policyEntry topic=">" memoryLimit="4kb" producerFlowControl="false"/>'),
  })
  await stuck(world, '/topic/a')
  const sender = await fillTopic(world)
  for (let i = 0; i < 20; i++) await sender.receipted('SEND', { destination: '/topic/a' }, 'x')
  t.pass()
})

test('L-06, TD-05: the memory limit of temporary destinations holds their senders back, whatever the cursor', async t => {
  const world = await started(t, {
    body: policies(
      '<policyEntry tempQueue="true" memoryLimit="4kb"/><policyEntry tempTopic="true" memoryLimit="4kb"/>',
    ),
  })
  const owner = await world.connect()
  await owner.receipted('SUBSCRIBE', {
    id: 'q',
    destination: '/temp-queue/q',
    ack: 'client',
    'activemq.prefetchSize': '1',
  })
  await owner.receipted('SUBSCRIBE', {
    id: 't',
    destination: '/temp-topic/t',
    ack: 'client',
    'activemq.prefetchSize': '1',
  })
  for (const destination of ['/temp-queue/q', '/temp-topic/t']) {
    let sent = 0
    while (!world.running.broker.spaceWanted) {
      owner.send('SEND', { destination, receipt: `${destination} ${++sent}` }, 'x')
      const probe = await world.connect()
      await probe.quiet()
      probe.destroy()
    }
    t.true(sent >= 5 && sent <= 7, `${destination}: ${sent} were sent`)
    owner.send('UNSUBSCRIBE', { id: destination.at(-1)! })
    if (destination.startsWith('/temp-topic')) continue
    const taker = { id: 'again', destination }
    owner.send('SUBSCRIBE', taker)
    await until(world, 'there is room', () => !world.running.broker.spaceWanted)
  }
})

test('L-07: minimumMessageSize is what a message counts for besides its body and properties', async t => {
  for (const [size, least, most] of [
    [1024, 4, 4],
    [4096, 1, 1],
    [256, 11, 16],
  ] as const) {
    const world = await started(t, { body: vm(`memoryLimit="4kb" minimumMessageSize="${size}"`) })
    const sender = await world.connect()
    for (let i = 0; i < 30; i++) await sendOne(world, sender, i)
    const held = depth(world, 'full.a')
    t.true(held >= least && held <= most, `${size}: ${held}`)
  }
})

/** Sends, and waits until the broker has taken it or lets it wait. */
async function sendOne(world: World, sender: Client, i: number): Promise<void> {
  sender.send('SEND', { destination: '/queue/full.a', receipt: String(i) })
  if (!world.running.broker.spaceWanted) await Promise.race([sender.expect('RECEIPT'), waits(world)])
}

test('CU-02, L-06: queues with vmQueueCursor share the memory limit of the broker when they have none of their own', async t => {
  const world = await started(t, { body: vm('') + usage(memory('64kb')) })
  const sender = await world.connect()
  const body = 'x'.repeat(20_000)
  for (const name of ['a', 'b', 'c', 'a'])
    await sender.receipted('SEND', { destination: `/queue/full.${name}`, persistent: 'true' }, body)
  sender.send('SEND', { destination: '/queue/full.d', receipt: 'late' }, 'x')
  await waits(world)
  // With the default cursor the backlog lies on disk, and nobody waits (CU-01).
  await sender.receipted('SEND', { destination: '/queue/other', persistent: 'true' }, body)
  t.is((await bodies(await consume(world, '/queue/full.a'), 2)).length, 2)
  t.is((await sender.expect('RECEIPT')).headers.get('receipt-id'), 'late')
})

test('L-08: with splitSystemUsageForProducersConsumers senders are held back at their part of the memory limit', async t => {
  const world = await started(t, {
    body: usage(memory('64kb')),
    attributes: 'persistent="false" splitSystemUsageForProducersConsumers="true" producerSystemUsagePortion="25"',
  })
  const sender = await world.connect()
  await sender.receipted('SEND', { destination: '/queue/a' }, 'x'.repeat(17_000))
  sender.send('SEND', { destination: '/queue/a', receipt: 'late' }, 'x')
  await waits(world)
  await sender.quiet()
  t.pass()
})

const smallStore = `<persistenceAdapter><kahaDB directory="\${activemq.data}/kahadb" journalMaxFileLength="32kb"/></persistenceAdapter>`

test('L-09, F-09: storeUsageHighWaterMark is the part of the store limit at which persistent messages wait, or are refused', async t => {
  const world = await started(t, {
    body:
      smallStore +
      policies('<policyEntry queue=">" storeUsageHighWaterMark="50" sendFailIfNoSpace="true"/>') +
      usage('<storeUsage><storeUsage limit="512kb"/></storeUsage>'),
  })
  const sender = await world.connect()
  const all = 60
  for (let i = 0; i < all; i++) sender.send('SEND', { destination: '/queue/a', persistent: 'true' }, 'x'.repeat(10_000))
  t.regex(
    await error(sender),
    /^Persistent store is Full, 50% of 524288\. Stopping producer \(ID:.+\) to prevent flooding queue:\/\/a\. See http/,
  )
  const stored = world.running.broker.journal.totalBytes
  t.true(stored >= 262_144 && stored < 400_000, `${stored}`)
})

test('F-09: sendFailIfNoSpaceAfterTimeout answers a full store with ERROR after that time', async t => {
  const world = await started(t, {
    body:
      smallStore + usage('<storeUsage><storeUsage limit="128kb"/></storeUsage>', 'sendFailIfNoSpaceAfterTimeout="30"'),
  })
  const sender = await world.connect()
  for (let i = 0; i < 20; i++) sender.send('SEND', { destination: '/queue/a', persistent: 'true' }, 'x'.repeat(16_000))
  t.regex(await error(sender), /^Persistent store is Full, 100% of 131072\. Stopping producer /)
})

test('F-13: the log says that senders wait, once in blockedProducerWarningInterval for each destination, or never', async t => {
  const lines = async (interval: string): Promise<string[]> => {
    const world = await started(t, { body: vm(`memoryLimit="4kb" blockedProducerWarningInterval="${interval}"`) })
    const sender = await fill(world)
    for (let i = 0; i < 5; i++) sender.send('SEND', { destination: '/queue/full.a', receipt: String(i) })
    await waits(world)
    await sender.quiet()
    return world.lines.filter(line => line.startsWith('WARN queue://full.a has no space: its senders wait'))
  }
  t.is((await lines('30000')).length, 1)
  t.deepEqual(await lines('0'), [])
})

import { cpSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { DestinationKind } from '../../src/base/destination.ts'
import { bodies, depth, refused, started, take, until } from './consuming.ts'
import { clockShows } from './looking.ts'
import { World, brokerXml, type Client, type WireFrame } from './world.ts'

const SUPPORT = 'schedulerSupport="true"'
const scheduling = (t: ExecutionContext, attributes = '', body = ''): Promise<World> =>
  started(t, { attributes: `${SUPPORT} ${attributes}`, body })

/** Of a connection of its own: what fires at once would come between its receipts. */
async function send(world: World, headers: Readonly<Record<string, string>>, body: string): Promise<void> {
  const client = await world.connect()
  await client.receipted('SEND', { destination: '/queue/a', ...headers }, body)
  client.destroy()
}

async function consumer(world: World, destination = '/queue/a', headers = {}): Promise<Client> {
  const client = await world.connect()
  await client.receipted('SUBSCRIBE', { id: '1', destination, ...headers })
  return client
}

const jobs = (world: World): number => world.running.broker.state.schedule.size
const at = ({ headers }: WireFrame): number => Number(headers.get('timestamp'))
const far = { AMQ_SCHEDULED_DELAY: '3600000' }

test('S-SND-20, SC-02, SC-05, SC-06: a delayed message comes when it is due, never early, as a one-shot with its own id', async t => {
  const world = await scheduling(t)
  const client = await consumer(world)
  const began = Date.now()
  await client.receipted(
    'SEND',
    { destination: '/queue/a', AMQ_SCHEDULED_DELAY: '150', x: 'y', 'content-length': '5' },
    'later',
  )
  t.is(jobs(world), 1)
  const [message] = await take(client, 1)
  t.true(Date.now() - began >= 150, `${Date.now() - began} ms`)
  const { headers } = message!
  t.is(message!.body.toString(), 'later')
  t.deepEqual(
    [...headers.keys()].filter(name => name.startsWith('AMQ_')),
    [],
  )
  t.is(headers.get('scheduledJobId'), headers.get('message-id'))
  t.is(headers.get('x'), 'y')
  t.false(headers.has('persistent'))
  await until(world, 'the job is done', () => jobs(world) === 0)
  t.is(world.running.broker.scheduler!.messages?.live, 0)
  await client.quiet()
})

test('SC-02, SC-12: a repeat count alone does not schedule, nor does what carries a scheduledJobId', async t => {
  const world = await scheduling(t)
  const client = await consumer(world)
  client.send('SEND', { destination: '/queue/a', AMQ_SCHEDULED_REPEAT: '3' }, 'now')
  client.send('SEND', { destination: '/queue/a', ...far, scheduledJobId: 'x' }, 'fired before')
  const [first, second] = await take(client, 2)
  t.is(first!.headers.get('AMQ_SCHEDULED_REPEAT'), '3')
  t.is(second!.headers.get('AMQ_SCHEDULED_DELAY'), '3600000')
  t.is(jobs(world), 0)
})

test('SC-03, SC-06: PERIOD is the spacing and REPEAT the firings beyond the first, each with an id of its own', async t => {
  const world = await scheduling(t)
  const client = await consumer(world)
  const began = Date.now()
  const headers = {
    destination: '/queue/a',
    AMQ_SCHEDULED_DELAY: '20',
    AMQ_SCHEDULED_PERIOD: '60',
    AMQ_SCHEDULED_REPEAT: '2',
  }
  await send(world, headers, 'again')
  const frames = await take(client, 3)
  t.true(Date.now() - began >= 140, `${Date.now() - began} ms`)
  t.deepEqual(bodies(frames), ['again', 'again', 'again'])
  const ids = new Set(frames.map(({ headers: given }) => given.get('message-id')))
  const names = new Set(frames.map(({ headers: given }) => given.get('scheduledJobId')))
  t.is(ids.size, 3)
  t.is(names.size, 1)
  t.false(ids.has([...names][0]))
  await until(world, 'the job is done', () => jobs(world) === 0)
  await client.quiet()
})

test('SC-03: PERIOD without DELAY fires once, after a period; REPEAT without PERIOD again within a fraction of a second', async t => {
  const world = await scheduling(t)
  const client = await consumer(world)
  const began = Date.now()
  await send(world, { AMQ_SCHEDULED_PERIOD: '120' }, 'once')
  t.deepEqual(bodies(await take(client, 1)), ['once'])
  t.true(Date.now() - began >= 120)
  await until(world, 'the job is done', () => jobs(world) === 0)
  await client.receipted(
    'SEND',
    { destination: '/queue/a', AMQ_SCHEDULED_DELAY: '1', AMQ_SCHEDULED_REPEAT: '1' },
    'twice',
  )
  t.deepEqual(bodies(await take(client, 2)), ['twice', 'twice'])
  await until(world, 'the job is done', () => jobs(world) === 0)
})

test('SC-04: a cron entry is due at the next minute that it names, and stays', async t => {
  const world = await scheduling(t)
  const client = await consumer(world)
  const began = Date.now()
  await client.receipted('SEND', { destination: '/queue/a', AMQ_SCHEDULED_CRON: '* * * * *' }, 'each minute')
  const [job] = world.running.broker.state.schedule.values()
  t.is(job!.next % 60_000, 0)
  t.true(job!.next > began && job!.next <= began + 61_000)
  t.is(job!.remaining, -1)
})

test('SC-07: a repeat beyond maxSchedulerRepeatAllowed is an ERROR, the connection goes on, and nothing is stored', async t => {
  const world = await scheduling(t, 'maxSchedulerRepeatAllowed="3"')
  const client = await world.connect()
  const headers = { destination: '/queue/a', AMQ_SCHEDULED_DELAY: '1', AMQ_SCHEDULED_REPEAT: '4' }
  t.is(await refused(client, 'SEND', headers), 'The scheduled repeat value is too large')
  t.is(jobs(world), 0)
  await client.receipted('SEND', { ...headers, AMQ_SCHEDULED_DELAY: '3600000', AMQ_SCHEDULED_REPEAT: '3' })
  t.is(jobs(world), 1)
})

test('S-SND-01: without a destination a scheduled SEND is told so as any other, and the connection goes on', async t => {
  const client = await (await scheduling(t)).connect()
  for (const headers of [{}, { AMQ_SCHEDULED_DELAY: '1' }])
    t.is(await refused(client, 'SEND', headers), 'SEND received without a Destination specified!')
  await client.quiet()
})

test('SC-08, E-06: the lifetime of a message begins when it fires', async t => {
  const world = await scheduling(t)
  const client = await consumer(world)
  const sent = Date.now()
  const headers = {
    destination: '/queue/a',
    expires: String(sent + 60_000),
    timestamp: String(sent),
    AMQ_SCHEDULED_DELAY: '120',
  }
  await send(world, headers, 'alive')
  const [message] = await take(client, 1)
  t.true(at(message!) >= sent + 120)
  t.is(Number(message!.headers.get('expires')), at(message!) + 60_000)
})

test('SC-09, X-01: in a transaction the job is made at COMMIT, and the delay begins there; ABORT makes none', async t => {
  const world = await scheduling(t)
  const client = await consumer(world)
  for (const transaction of ['gone', 'kept']) {
    await client.receipted('BEGIN', { transaction })
    await client.receipted('SEND', { destination: '/queue/a', transaction, AMQ_SCHEDULED_DELAY: '100' }, transaction)
  }
  t.is(jobs(world), 0)
  await client.receipted('ABORT', { transaction: 'gone' })
  await clockShows(Date.now() + 150)
  await client.quiet()
  const committed = Date.now()
  await client.receipted('COMMIT', { transaction: 'kept' })
  t.is(jobs(world), 1)
  t.deepEqual(bodies(await take(client, 1)), ['kept'])
  t.true(Date.now() - committed >= 100, `${Date.now() - committed} ms`)
  await client.quiet()
})

test('SC-07, X-04: a refused scheduled SEND without receipt takes its transaction along', async t => {
  const world = await scheduling(t, 'maxSchedulerRepeatAllowed="3"')
  const client = await world.connect()
  client.send('BEGIN', { transaction: 't' })
  client.send('SEND', {
    destination: '/queue/a',
    transaction: 't',
    AMQ_SCHEDULED_DELAY: '5',
    AMQ_SCHEDULED_REPEAT: '9',
  })
  t.is((await client.expect('ERROR')).headers.get('message'), 'The scheduled repeat value is too large')
  client.send('COMMIT', { transaction: 't' })
  t.true((await client.expect('ERROR')).headers.get('message')?.startsWith('COMMIT FAILED'))
  t.is(jobs(world), 0)
})

test('SC-10, ST-05: jobs survive restarts, persistent message or not, and what is overdue fires at the start', async t => {
  const world = await scheduling(t)
  const client = await world.connect()
  await client.receipted('SEND', { destination: '/queue/a', persistent: 'true', AMQ_SCHEDULED_DELAY: '2000' }, 'p')
  await client.receipted('SEND', { destination: '/queue/a', AMQ_SCHEDULED_DELAY: '2010' }, 'v')
  await client.receipted('SEND', { destination: '/queue/a', ...far }, 'far')
  await world.stop()
  await clockShows(Date.now() + 2020)
  await world.start(brokerXml({ attributes: SUPPORT }))
  const again = await consumer(world)
  const frames = await take(again, 2)
  t.deepEqual(bodies(frames), ['p', 'v'])
  t.deepEqual(
    frames.map(({ headers }) => headers.get('persistent')),
    ['true', undefined],
  )
  await until(world, 'one is left', () => jobs(world) === 1)
  await world.stop()
  await world.start(brokerXml({ attributes: SUPPORT }))
  t.is(jobs(world), 1)
  t.is(depth(world, 'a'), 0)
})

test('SC-10, ST-03: jobs survive a kill, those of a transaction that was committed too, and fire once', async t => {
  const world = await scheduling(t)
  const client = await world.connect()
  await client.receipted('SEND', { destination: '/queue/a', ...far }, 'far')
  for (const transaction of ['done', 'open']) {
    await client.receipted('BEGIN', { transaction })
    await client.receipted('SEND', { destination: '/queue/a', transaction, AMQ_SCHEDULED_DELAY: '1' }, transaction)
  }
  await client.receipted('COMMIT', { transaction: 'done' })
  await until(world, 'it has fired', () => jobs(world) === 1)
  const copy = mkdtempSync(join(tmpdir(), 'tandemmq-killed-'))
  cpSync(world.directory, copy, { recursive: true })
  const again = await new World(copy).start(brokerXml({ attributes: SUPPORT }))
  t.teardown(() => again.end())
  t.is(jobs(again), 1)
  t.is(again.running.broker.state.digest().length, 16)
  const consuming = await consumer(again)
  await consuming.quiet()
  t.is(depth(again, 'a'), 0, 'what was fired was volatile, and is not fired again')
})

test('SC-10: with persistent="false" jobs are in memory, and fire', async t => {
  const world = await scheduling(t, 'persistent="false"')
  const client = await consumer(world)
  await send(world, { AMQ_SCHEDULED_DELAY: '30' }, 'm')
  t.deepEqual(bodies(await take(client, 1)), ['m'])
})

test('SC-02, SA-04: the destination is made when the message fires; topics and lists are served too', async t => {
  const world = await scheduling(t)
  const topic = await consumer(world, '/topic/t')
  const sender = await world.connect()
  await sender.receipted('SEND', { destination: '/queue/x,/topic/t', AMQ_SCHEDULED_DELAY: '1000' }, 'both')
  t.is(world.running.broker.find(DestinationKind.queue, 'x'), null)
  const [message] = await take(topic, 1)
  t.is(message!.body.toString(), 'both')
  t.is(message!.headers.get('original-destination'), '/queue/x,topic://t')
  await until(world, 'it is in the queue', () => depth(world, 'x') === 1)
})

const MANAGEMENT = '/topic/ActiveMQ.Scheduler.Management'

test('SC-11: BROWSE tells each job to reply-to, in the order of their times; nobody subscribed sees the order', async t => {
  const world = await scheduling(t)
  const nosy = await consumer(world, MANAGEMENT)
  const answers = await consumer(world, '/queue/answers')
  const client = await world.connect()
  const order = (headers: Readonly<Record<string, string>>): Promise<unknown> =>
    client.receipted('SEND', { destination: '/topic/activemq.scheduler.management', ...headers })
  const browse = { AMQ_SCHEDULER_ACTION: 'BROWSE', 'reply-to': '/queue/answers' }
  const sent = {
    destination: '/queue/a',
    persistent: 'true',
    ...far,
    AMQ_SCHEDULED_PERIOD: '7',
    AMQ_SCHEDULED_REPEAT: '2',
  }
  await client.receipted('SEND', { ...sent, AMQ_SCHEDULED_DELAY: '7200000' }, 'second')
  await client.receipted('SEND', { ...sent, type: 'own' }, 'first')
  await order(browse)
  const frames = await take(answers, 2)
  t.deepEqual(bodies(frames), ['first', 'second'])
  const { headers } = frames[0]!
  t.is(headers.get('type'), 'Advisory')
  t.is(headers.get('original-destination'), '/queue/a')
  t.is(headers.get('AMQ_SCHEDULED_DELAY'), '3600000')
  t.is(headers.get('AMQ_SCHEDULED_PERIOD'), '7')
  t.is(headers.get('AMQ_SCHEDULED_REPEAT'), '2')
  t.false(headers.has('persistent'))
  t.not(headers.get('scheduledJobId'), headers.get('message-id'))
  // A window by the time of the next firing, and REMOVE by the id that was told.
  const now = Date.now()
  await order({ ...browse, ACTION_START_TIME: String(now), ACTION_END_TIME: String(now + 3_700_000) })
  t.deepEqual(bodies(await take(answers, 1)), ['first'])
  await order({ AMQ_SCHEDULER_ACTION: 'REMOVE', scheduledJobId: headers.get('scheduledJobId')! })
  await order(browse)
  t.deepEqual(bodies(await take(answers, 1)), ['second'])
  t.is(jobs(world), 1)
  const wrong = { destination: MANAGEMENT, ACTION_START_TIME: 'x', ACTION_END_TIME: '1' }
  t.is(await refused(client, 'SEND', wrong), 'Invalid time: x')
  await nosy.quiet()
  await answers.quiet()
})

test('SC-11: REMOVEALL ends all jobs, or those of a window, and they do not fire', async t => {
  const world = await scheduling(t)
  const client = await world.connect()
  for (const delay of [3_600_000, 7_200_000, 10_800_000])
    await client.receipted('SEND', { destination: '/queue/a', AMQ_SCHEDULED_DELAY: String(delay) }, String(delay))
  const window = { ACTION_START_TIME: '0', ACTION_END_TIME: String(Date.now() + 8_000_000) }
  await client.receipted('SEND', { destination: MANAGEMENT, AMQ_SCHEDULER_ACTION: 'REMOVEALL', ...window })
  t.is(jobs(world), 1)
  await client.receipted('SEND', { destination: MANAGEMENT, AMQ_SCHEDULER_ACTION: 'REMOVEALL' })
  t.is(jobs(world), 0)
  t.is(world.running.broker.scheduler!.messages?.live, 0)
})

test('SC-11, SA-08: orders and schedules need the right to write, as a SEND does', async t => {
  const users =
    '<authenticationUser username="u" password="p" groups="g"/><authenticationUser username="v" password="p" groups="h"/>'
  const entries =
    '<authorizationEntry queue="&gt;" read="g" write="g" admin="g"/><authorizationEntry topic="&gt;" read="g" write="g" admin="g"/>'
  const plugins = `<plugins><simpleAuthenticationPlugin><users>${users}</users></simpleAuthenticationPlugin><authorizationPlugin><map><authorizationMap><authorizationEntries>${entries}</authorizationEntries></authorizationMap></map></authorizationPlugin></plugins>`
  const world = await scheduling(t, '', plugins)
  const nobody = await world.connect({ login: 'v', passcode: 'p' })
  const text = 'User v is not authorized to write to: '
  t.is(await refused(nobody, 'SEND', { destination: '/queue/a', ...far }), `${text}queue://a`)
  const order = { destination: MANAGEMENT, AMQ_SCHEDULER_ACTION: 'REMOVEALL' }
  t.is(await refused(nobody, 'SEND', order), `${text}topic://ActiveMQ.Scheduler.Management`)
  const somebody = await world.connect({ login: 'u', passcode: 'p' })
  await somebody.receipted('SEND', { destination: '/queue/a', ...far })
  await somebody.receipted('SEND', order)
  t.is(jobs(world), 0)
})

test('L-04: at the limit of jobSchedulerUsage whoever schedules waits, and goes on when a job is gone', async t => {
  const usage =
    '<systemUsage><systemUsage><jobSchedulerUsage><jobSchedulerUsage limit="2kb"/></jobSchedulerUsage></systemUsage></systemUsage>'
  const world = await scheduling(t, '', usage)
  const client = await world.connect()
  const big = 'x'.repeat(1500)
  for (let i = 0; i < 2; i++) await client.receipted('SEND', { destination: '/queue/a', ...far }, big)
  client.send('SEND', { destination: '/queue/a', ...far, receipt: 'full' }, big)
  const other = await world.connect()
  await other.receipted('SEND', { destination: '/queue/a' }, 'others go on')
  t.is(jobs(world), 2)
  await other.receipted('SEND', { destination: MANAGEMENT, AMQ_SCHEDULER_ACTION: 'REMOVEALL' })
  t.is((await client.expect('RECEIPT')).headers.get('receipt-id'), 'full')
  t.is(jobs(world), 1)
})

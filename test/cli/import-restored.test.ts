import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { Node } from '../../src/server/node.ts'
import { freePort } from '../bench/ports.ts'
import { bodies, depth, drain, lost, names, refused, started, take, until } from '../contract/consuming.ts'
import type { Client, World, WireFrame } from '../contract/world.ts'
import { eventually } from '../contract/twins.ts'
import { temporary } from '../temporary.ts'
import { call, type Answer } from './terminal.ts'

const SCHEDULING = { attributes: 'schedulerSupport="true"' }
const dataOf = (world: World): string => join(world.directory, 'data', 'test', 'KahaDB')
const HOUR = 3_600_000

/** Of client `c`: a subscription with a selector and noLocal, and a second one on two topics. */
const FIRST = { destination: '/topic/news', selector: "kind = 'a'", 'activemq.noLocal': 'true' }
const SECOND = { destination: '/topic/news,/topic/sport.>' }

async function subscribed(client: Client, name: string, headers: Readonly<Record<string, string>>): Promise<Client> {
  await client.receipted('SUBSCRIBE', { id: name, 'activemq.subscriptionName': name, ack: 'client', ...headers })
  return client
}

/** A durable subscriber that connects, takes so many, and is shown no more. */
async function collected(
  world: World,
  name: string,
  headers: Readonly<Record<string, string>>,
  count: number,
): Promise<readonly WireFrame[]> {
  const client = await subscribed(await world.connect({ 'client-id': 'c' }), name, { ...headers, ack: 'auto' })
  const frames = await take(client, count)
  await client.quiet()
  await lost(world, client)
  return frames
}

const send = (client: Client, destination: string, body: string, headers = {}): Promise<unknown> =>
  client.receipted('SEND', { destination, persistent: 'true', ...headers }, body)

/** Two durable subscriptions that are offline, with what they have collected. */
async function withBacklogs(t: ExecutionContext): Promise<World> {
  const source = await started(t)
  const reader = await subscribed(await source.connect({ 'client-id': 'c' }), 'one', FIRST)
  await subscribed(reader, 'two', SECOND)
  await lost(source, reader)
  const client = await source.connect()
  for (let i = 1; i <= 6; i++)
    await send(client, '/topic/news', `m${i}`, { kind: i % 2 === 1 ? 'a' : 'b', n: String(i) })
  await send(client, '/topic/sport.ball', 'goal', { priority: '7', 'content-length': '4' })
  await source.stop()
  return source
}

async function exportedFrom(source: World): Promise<string> {
  const cwd = temporary('export')
  const { code, err } = await call(['export', dataOf(source), '--file', 'all.jsonl'], cwd)
  if (code !== 0) throw new Error(err)
  return cwd
}

const into = (target: World, cwd: string, ...more: readonly string[]): Promise<Answer> =>
  call(['import', 'all.jsonl', '--to', `stomp://127.0.0.1:${target.port()}`, ...more], cwd)

test('TC-05: a durable subscriber that reconnects at the new broker gets what it had missed, in order and once', async t => {
  const cwd = await exportedFrom(await withBacklogs(t))
  const target = await started(t)
  const listener = await target.connect()
  await listener.receipted('SUBSCRIBE', { id: 'x', destination: '/topic/news,/topic/sport.>' })
  const bystander = await subscribed(await target.connect({ 'client-id': 'other' }), 'one', FIRST)
  const first = await into(target, cwd, '--batch', '4')
  t.is(first.code, 0, first.err)
  t.is(first.out, '10 messages sent; 2 durable subscriptions are there\n')
  t.is((await into(target, cwd, '--batch', '4')).out, '0 messages sent; 10 were sent before\n')
  await listener.quiet()
  await bystander.quiet()
  t.is(listener.received.includes('MESSAGE'), false, 'nobody else is shown what one had collected')
  t.is(bystander.received.includes('MESSAGE'), false)
  await target.stop()
  await target.start(readFileSync(join(target.directory, 'activemq.xml'), 'utf8'))
  const one = await collected(target, 'one', FIRST, 3)
  t.deepEqual(bodies(one), ['m1', 'm3', 'm5'])
  t.like(Object.fromEntries(one[1]!.headers), { destination: '/topic/news', kind: 'a', n: '3', persistent: 'true' })
  const two = await collected(target, 'two', SECOND, 7)
  t.deepEqual(bodies(two), [...names(1, 6), 'goal'])
  t.like(Object.fromEntries(two[6]!.headers), {
    destination: '/topic/sport.ball',
    priority: '7',
    'content-length': '4',
  })
  await collected(target, 'one', FIRST, 0)
})

test('TC-05, U-05: an imported subscription goes on with its selector, and with noLocal', async t => {
  const cwd = await exportedFrom(await withBacklogs(t))
  const target = await started(t)
  t.is(
    (await into(target, cwd, '--subscriptions', 'c:one')).out,
    '3 messages sent; 1 durable subscriptions are there\n',
  )
  const publisher = await target.connect()
  await send(publisher, '/topic/news', 'not selected', { kind: 'b' })
  await send(publisher, '/topic/news', 'm7', { kind: 'a' })
  const client = await target.connect({ 'client-id': 'c' })
  await subscribed(client, 'one', FIRST)
  t.deepEqual(bodies(await take(client, 4)), ['m1', 'm3', 'm5', 'm7'])
  await send(client, '/topic/news', 'its own', { kind: 'a' })
  await send(publisher, '/topic/news', 'm9', { kind: 'a' })
  t.deepEqual(bodies(await take(client, 1)), ['m9'])
})

test('TC-05: a subscription that is there as another one keeps what it has, and nothing at all is sent before that is settled', async t => {
  const cwd = await exportedFrom(await withBacklogs(t))
  const target = await started(t)
  const other = { destination: '/topic/news', selector: "kind = 'b'" }
  await lost(target, await subscribed(await target.connect({ 'client-id': 'c' }), 'one', other))
  await send(await target.connect(), '/topic/news', 'kept', { kind: 'b' })
  const failed = await into(target, cwd)
  t.is(failed.code, 1)
  t.regex(failed.err, /c:one is there already, as another one: on news, selector kind = 'b' .*\n.*--subscriptions/)
  t.deepEqual(bodies(await collected(target, 'one', other, 1)), ['kept'])
  const rest = await into(target, cwd, '--queues', '*', '--subscriptions', 'c:two')
  t.is(rest.code, 0, rest.err)
  t.is((await collected(target, 'two', SECOND, 7)).length, 7)
})

test('TC-05, SC-10: what was scheduled fires at its time, once and with what is left of its schedule; what is past fires at once', async t => {
  const source = await started(t, SCHEDULING)
  const client = await source.connect()
  const to = { destination: '/queue/late,/topic/t', persistent: 'true' }
  await client.receipted('SEND', { ...to, AMQ_SCHEDULED_DELAY: String(HOUR), kind: 'x' }, 'due')
  await client.receipted(
    'SEND',
    {
      destination: '/queue/far',
      AMQ_SCHEDULED_DELAY: String(HOUR),
      AMQ_SCHEDULED_PERIOD: '60000',
      AMQ_SCHEDULED_REPEAT: '9',
    },
    'far',
  )
  await client.receipted('SEND', { destination: '/queue/cron', AMQ_SCHEDULED_CRON: '0 3 * * *' }, 'nightly')
  const before = [...source.running.broker.state.schedule.values()].map(({ next, period, remaining, cron }) => ({
    next,
    period,
    remaining,
    cron,
  }))
  await source.stop()
  const cwd = await exportedFrom(source)
  const target = await started(t, SCHEDULING)
  const done = await into(target, cwd)
  t.is(done.code, 0, done.err)
  t.is(done.out, '3 messages sent\n')
  const jobs = (): readonly object[] =>
    [...target.running.broker.state.schedule.values()].map(({ next, period, remaining, cron }) => ({
      next,
      period,
      remaining,
      cron,
    }))
  t.deepEqual(jobs(), before, 'to the millisecond')
  t.is((await into(target, cwd)).out, '0 messages sent; 3 were sent before\n')
  t.is(jobs().length, 3)
  // The same as if the hour had passed meanwhile.
  const file = join(cwd, 'all.jsonl')
  writeFileSync(
    file,
    readFileSync(file, 'utf8')
      .replaceAll(/"next":\d+,"period":0,"remaining":1/g, `"next":${Date.now() - HOUR},"period":0,"remaining":1`)
      .replace(/"id":"[^"]*"/, '"id":"later"'),
  )
  const late = await started(t, SCHEDULING)
  t.is((await into(late, cwd)).code, 0)
  await until(late, 'it is fired', () => late.running.broker.state.schedule.size === 2)
  const [fired, ...more] = await drain(late, 'late')
  t.is(more.length, 0)
  t.is(fired!.body.toString(), 'due')
  t.like(Object.fromEntries(fired!.headers), { kind: 'x', persistent: 'true' })
  t.deepEqual(
    [...fired!.headers.keys()].filter(name => name.startsWith('AMQ_')),
    [],
  )
  t.true(fired!.headers.has('scheduledJobId'))
})

test('TC-05, SC-01: without a scheduler nothing is sent: what is to come tomorrow would come at once', async t => {
  const source = await started(t, SCHEDULING)
  const client = await source.connect()
  await send(client, '/queue/q', 'now')
  await send(client, '/queue/q', 'tomorrow', { AMQ_SCHEDULED_DELAY: String(24 * HOUR) })
  await source.stop()
  const cwd = await exportedFrom(source)
  const target = await started(t)
  const failed = await into(target, cwd)
  t.is(failed.code, 1)
  t.regex(failed.err, /schedulerSupport="true".*\n.*--queues/)
  t.is((await into(target, cwd, '--queues', '*')).out, '1 messages sent\n')
  t.is(depth(target, 'q'), 1)
})

test('TC-05: an export of before, with subscriptions in between and without targets, is read; what it does not tell is counted', async t => {
  const cwd = temporary('export')
  const message = { persistent: true, priority: 4, text: true, headers: {} }
  const schedule = { next: 1, period: 0, remaining: 1, cron: '' }
  const lines = [
    { tandemmqExport: 1, id: 'old', exported: '', position: 1 },
    { ...message, destination: 'queue://q', body: 'm1' },
    { subscription: { clientId: 'c', name: 's', topics: 'news', selector: null } },
    { ...message, destination: 'subscription://c:s', shownAs: '/topic/news', body: 'm2' },
    { ...message, destination: 'scheduler://JMS', schedule, body: 'm3' },
    { end: true, messages: 3 },
  ]
  writeFileSync(join(cwd, 'all.jsonl'), lines.map(line => `${JSON.stringify(line)}\n`).join(''))
  const target = await started(t, SCHEDULING)
  const done = await into(target, cwd)
  t.is(done.code, 7, done.err)
  t.is(
    done.out,
    '2 messages sent; 1 durable subscriptions are there; 1 were not sent: scheduled, of an older export that does not tell where they go\n',
  )
  t.deepEqual(bodies(await collected(target, 's', { destination: '/topic/news' }, 1)), ['m2'])
  t.is(target.running.broker.state.schedule.size, 0)
})

test('TC-05, E-02: what has expired since the export ends where the expired go, and is not shown', async t => {
  const cwd = temporary('export')
  const message = {
    destination: 'subscription://c:s',
    shownAs: '/topic/news',
    persistent: true,
    priority: 4,
    text: true,
  }
  const lines = [
    { tandemmqExport: 1, id: 'expired', exported: '', position: 1, scheduled: 0 },
    { subscription: { clientId: 'c', name: 's', topics: 'news', selector: null, exact: false, noLocal: false } },
    { ...message, headers: { expires: String(Date.now() - 1) }, body: 'too late' },
    { ...message, headers: {}, body: 'in time' },
    { end: true, messages: 2 },
  ]
  writeFileSync(join(cwd, 'all.jsonl'), lines.map(line => `${JSON.stringify(line)}\n`).join(''))
  const target = await started(t)
  t.is((await into(target, cwd)).code, 0)
  t.deepEqual(bodies(await collected(target, 's', { destination: '/topic/news' }, 1)), ['in time'])
  t.deepEqual(bodies(await drain(target, 'ActiveMQ.DLQ')), ['too late'])
})

test('TC-05: an import into a pair goes on at the other node when the active ends in the middle of it', async t => {
  // The passive opens its port when it leads.
  const ports = [await freePort(), await freePort()]
  const [first, second] = ports.map(port => ({ stomp: `stomp://127.0.0.1:${port}` }))
  const one = await started(t, { ...SCHEDULING, connectors: first! })
  const attributes = `${SCHEDULING.attributes} masterConnectorURI="tcp://127.0.0.1:${ports[0]}"`
  const two = await started(t, { attributes, connectors: second! })
  await eventually('the passive is in sync', () => (one.running as Node).pair.state === 'PAIRED')
  const cwd = temporary('export')
  const message = { persistent: true, priority: 4, text: true, headers: {} }
  const next = Date.now() + HOUR
  const schedule = { next, period: 0, remaining: 1, cron: '', to: '/queue/q' }
  const lines = [
    { tandemmqExport: 1, id: 'pair', exported: '', position: 1, scheduled: 300 },
    { subscription: { clientId: 'c', name: 's', topics: 'T', selector: null, exact: false, noLocal: false } },
    ...names(1, 300).flatMap(body => [
      { ...message, destination: 'subscription://c:s', shownAs: '/topic/T', body },
      { ...message, destination: 'scheduler://JMS', schedule, body },
    ]),
    { end: true, messages: 600 },
  ]
  writeFileSync(join(cwd, 'all.jsonl'), lines.map(line => `${JSON.stringify(line)}\n`).join(''))
  const to = `failover:(${ports.map(port => `stomp://127.0.0.1:${port}`).join(',')})?initialReconnectDelay=10`
  const running = call(['import', 'all.jsonl', '--to', to, '--batch', '5'], cwd)
  const { schedule: jobs } = one.running.broker.state
  await eventually('some are there', () => jobs.size > 50)
  await one.stop()
  t.true(jobs.size < 300, 'not all were there')
  const done = await running
  t.is(done.code, 0, done.err)
  t.is(done.out, '600 messages sent; 1 durable subscriptions are there\n')
  t.deepEqual(bodies(await collected(two, 's', { destination: '/topic/T' }, 300)), names(1, 300))
  t.is(two.running.broker.state.schedule.size, 300)
})

test('TC-05: what an interrupted migrate has released is brought back as what it was, in order', async t => {
  const source = await started(t, SCHEDULING)
  await lost(source, await subscribed(await source.connect({ 'client-id': 'c' }), 'one', FIRST))
  const client = await source.connect()
  for (const body of ['m1', 'm2']) await send(client, '/topic/news', body, { kind: 'a', priority: '7' })
  const expires = String(Date.now() + HOUR)
  const series = { AMQ_SCHEDULED_DELAY: String(HOUR), AMQ_SCHEDULED_PERIOD: '60000', AMQ_SCHEDULED_REPEAT: '9' }
  await client.receipted('SEND', { destination: '/queue/far,/topic/t', ...series, expires, kind: 'x' }, 'job')
  const jobsOf = (world: World): readonly object[] =>
    [...world.running.broker.state.schedule.values()].map(job => ({ ...job, key: 0, destination: 0 }))
  const before = jobsOf(source)
  for (const headers of [{ 'client-id': 'c', name: 'one' }, {}])
    await client.receipted('SEND', { destination: '/tandemmq/release', ...headers })
  await send(client, '/topic/news', 'm3', { kind: 'a' })
  await send(client, '/queue/tandemmq.released.scheduled', 'of nobody')
  await source.stop()
  const cwd = await exportedFrom(source)
  const without = await started(t)
  t.regex((await into(without, cwd)).err, /schedulerSupport="true"/)
  t.is(without.running.broker.state.messages, 0, 'known before anything is sent')
  const target = await started(t, SCHEDULING)
  const done = await into(target, cwd)
  t.is(done.code, 0, done.err)
  t.is(done.out, '5 messages sent; 1 durable subscriptions are there\n')
  t.deepEqual(jobsOf(target), before)
  const consumer = await target.connect()
  await consumer.receipted('SUBSCRIBE', { id: 'j', destination: '/temp-queue/j' })
  const order = { AMQ_SCHEDULER_ACTION: 'BROWSE', 'reply-to': '/temp-queue/j' }
  consumer.send('SEND', { destination: '/topic/ActiveMQ.Scheduler.Management', ...order })
  const [job] = await take(consumer, 1)
  t.like(Object.fromEntries(job!.headers), { ...series, expires, kind: 'x' })
  const frames = await collected(target, 'one', FIRST, 3)
  t.deepEqual(bodies(frames), ['m1', 'm2', 'm3'])
  t.like(Object.fromEntries(frames[0]!.headers), { destination: '/topic/news', kind: 'a', priority: '7' })
  for (const { headers } of [job!, ...frames])
    t.deepEqual(
      [...headers.keys()].filter(name => name.startsWith('tandemmq')),
      [],
    )
  t.deepEqual(bodies(await drain(target, 'tandemmq.released.scheduled')), ['of nobody'])
})

const SMALL = `<persistenceAdapter><kahaDB directory="\${activemq.data}/kahadb" journalMaxFileLength="32kb" cleanupInterval="20" checkpointInterval="20"/></persistenceAdapter>
<systemUsage><systemUsage><storeUsage><storeUsage limit="128kb"/></storeUsage></systemUsage></systemUsage>`

test('TC-05, F-01: where there is no space for it the import waits, and goes on when the subscriber has made some', async t => {
  const cwd = temporary('export')
  const message = { destination: 'subscription://c:s', shownAs: '/topic/T', persistent: true, priority: 4, text: true }
  const lines = [
    { tandemmqExport: 1, id: 'large', exported: '', position: 1, scheduled: 0 },
    { subscription: { clientId: 'c', name: 's', topics: 'T', selector: null, exact: false, noLocal: false } },
    ...names(1, 20).map(name => ({ ...message, headers: { name }, body: 'x'.repeat(16_000) })),
    { end: true, messages: 20 },
  ]
  writeFileSync(join(cwd, 'all.jsonl'), lines.map(line => `${JSON.stringify(line)}\n`).join(''))
  const target = await started(t, { body: SMALL })
  const running = into(target, cwd, '--batch', '2')
  const parked = (): boolean => [...target.running.broker.sessions].some(({ parked: some }) => some.count > 0)
  await until(target, 'a message waits for space', parked)
  const client = await target.connect({ 'client-id': 'c' })
  client.send('SUBSCRIBE', { id: 's', destination: '/topic/T', 'activemq.subscriptionName': 's', ack: 'auto' })
  const frames = await take(client, 20)
  t.deepEqual(
    frames.map(({ headers }) => headers.get('name')),
    names(1, 20),
  )
  t.is((await running).out, '20 messages sent; 1 durable subscriptions are there\n')
  await client.quiet()
})

const USERS = `<plugins><simpleAuthenticationPlugin><users>
  <authenticationUser username="reader" password="r" groups="readers"/>
  <authenticationUser username="writer" password="w" groups="writers"/>
  <authenticationUser username="admin" password="a" groups="admins"/>
</users></simpleAuthenticationPlugin>
<authorizationPlugin><map><authorizationMap><authorizationEntries>
  <authorizationEntry topic=">" read="readers,admins" write="writers,admins" admin="admins"/>
  <authorizationEntry queue=">" read="readers,admins" write="admins" admin="admins"/>
  <authorizationEntry topic="ActiveMQ.Advisory.>" read="readers,writers,admins" write="readers,writers,admins" admin="readers,writers,admins"/>
</authorizationEntries></authorizationMap></map></authorizationPlugin></plugins>`

test('SA-04, SA-07: bringing back needs the rights of SUBSCRIBE and SEND', async t => {
  const target = await started(t, { ...SCHEDULING, body: USERS })
  const as = (login: string): Promise<Client> => target.connect({ login, passcode: login[0]! })
  const [reader, writer, admin] = await Promise.all([as('reader'), as('writer'), as('admin')])
  const about = { destination: '/tandemmq/subscription', 'client-id': 'c', name: 's', topics: 'news' }
  t.regex((await refused(writer, 'SEND', about)) ?? '', /not authorized to read from: topic:\/\/news/)
  t.regex((await refused(reader, 'SEND', about)) ?? '', /not authorized to create: topic:\/\/news/)
  await admin.receipted('SEND', about)
  const backlog = { destination: '/tandemmq/backlog/c/s/news' }
  t.regex((await refused(reader, 'SEND', backlog)) ?? '', /not authorized to write to: topic:\/\/news/)
  await writer.receipted('SEND', backlog, 'm')
  t.regex(
    (await refused(writer, 'SEND', { destination: '/tandemmq/backlog/c/s/other' })) ?? '',
    /does not collect from/,
  )
  t.regex((await refused(writer, 'SEND', { destination: '/tandemmq/backlog/c/none/news' })) ?? '', /No durable sub/)
  const scheduled = { destination: `/tandemmq/scheduled/1/0/1//${encodeURIComponent('/queue/q')}` }
  t.regex((await refused(writer, 'SEND', scheduled)) ?? '', /not authorized to write to: queue:\/\/q/)
  for (const name of [
    '',
    'backlog/c/s',
    'backlog/%/s/news',
    'scheduled/x/0/1//q',
    'scheduled/1/0/1/nonsense/q',
    'scheduled/1/0/1//',
  ])
    t.regex((await refused(admin, 'SEND', { destination: `/tandemmq/${name}` })) ?? '', /^Not a /, name)
  t.is(target.running.broker.state.messages, 1)
})

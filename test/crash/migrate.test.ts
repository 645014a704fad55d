import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { bodies, depth, drain, take } from '../contract/consuming.ts'
import { World, brokerXml } from '../contract/world.ts'
import { between, freshSeed, randomFrom } from '../journal/random.ts'
import { freePort } from '../bench/ports.ts'
import { Program, Site, connectTo } from './broker-process.ts'
import { Tap } from './tap.ts'

const seed = freshSeed()
const MESSAGES = 200
const ROUNDS = 4

test(`a migration that is killed -9 at any point and started again loses nothing and doubles nothing (seed ${seed})`, async t => {
  const random = randomFrom(seed)
  const old = await new World().start(brokerXml())
  t.teardown(() => old.end())
  const next = await new World().start(brokerXml())
  t.teardown(() => next.end())
  const client = await old.connect()
  for (let i = 1; i < MESSAGES; i++) client.send('SEND', { destination: '/queue/Q', persistent: 'true' }, `m${i}`)
  await client.receipted('SEND', { destination: '/queue/Q', persistent: 'true' }, `m${MESSAGES}`)
  const [from, to] = [await new Tap().open(t, old.port()), await new Tap().open(t, next.port())]
  const args = ['--from', `stomp://127.0.0.1:${from.port}`, '--to', `stomp://127.0.0.1:${to.port}`]
  const start = (): Program =>
    new Program(['migrate', ...args, '--queues', 'Q', '--batch', '10', '--idle', '50ms', '--json'])
  let killed = 0
  for (let round = 0; round < ROUNDS; round++) {
    const program = start()
    t.teardown(() => program.child.kill('SIGKILL'))
    // A batch is about 4 KB one way and 1 KB the other: most kills come within the first few.
    const tap = random() < 0.4 ? from : to
    const rest = (['arrives', 'is lost', 'arrives late'] as const)[between(random, 0, 3)]!
    tap.after(between(random, 500, 12_000), rest, () => program.child.kill('SIGKILL'))
    const { signal } = await program.exited
    if (signal === 'SIGKILL') killed++
  }
  t.true(killed >= 2, `${killed} of ${ROUNDS} were killed before they were done`)
  const last = start()
  const { code } = await last.exited
  t.is(code, 0, last.stderr)
  t.log(`killed ${killed} times; the last: ${last.stdout}`)
  t.is(depth(old, 'Q'), 0)
  t.is(depth(next, 'tandemmq.migration'), 0)
  const drained = (await drain(next, 'Q')).map(({ body }) => body.toString())
  t.is(drained.length, MESSAGES)
  t.is(new Set(drained).size, MESSAGES, 'each one once')
})

test(`a migration goes on when either broker was killed -9 and started again, and doubles nothing (seed ${seed})`, async t => {
  const random = randomFrom(seed)
  const ports = [await freePort(), await freePort()]
  const sites = ports.map(port => new Site({ connectors: { stomp: `stomp://127.0.0.1:${port}` } }))
  t.teardown(() => Promise.all(sites.map(site => site.end())))
  const brokers = sites.map(site => site.start())
  await Promise.all(brokers.map(broker => broker.port()))
  const client = await connectTo(ports[0]!)
  for (let i = 1; i < MESSAGES; i++) client.send('SEND', { destination: '/queue/Q', persistent: 'true' }, `m${i}`)
  await client.receipted('SEND', { destination: '/queue/Q', persistent: 'true' }, `m${MESSAGES}`)
  client.destroy()
  const taps = await Promise.all(ports.map(port => new Tap().open(t, port)))
  const url = (side: number): string => `failover:(stomp://127.0.0.1:${taps[side]!.port})`
  const args = [
    'migrate',
    '--from',
    url(0),
    '--to',
    url(1),
    '--queues',
    'Q',
    '--batch',
    '10',
    '--idle',
    '50ms',
    '--json',
  ]
  // Each broker dies once, somewhere among its batches, and comes back at once.
  for (const side of [0, 1])
    taps[side]!.after(between(random, 2000, 20_000), 'is lost', () => {
      void brokers[side]!.kill().then(() => (brokers[side] = sites[side]!.start()))
    })
  const migration = new Program(args)
  t.teardown(() => migration.child.kill('SIGKILL'))
  const { code } = await migration.exited
  t.is(code, 0, migration.stderr)
  t.regex(migration.stderr, /connected again/)
  await brokers[1]!.port()
  const next = await connectTo(ports[1]!)
  next.send('SUBSCRIBE', { id: 's', destination: '/queue/Q', ack: 'auto' })
  const received: string[] = []
  for (let i = 0; i < MESSAGES; i++) received.push((await next.expect('MESSAGE')).body.toString())
  await next.quiet()
  next.destroy()
  t.is(new Set(received).size, MESSAGES, 'each one once')
})

test(`an import that is killed -9 at any point and started again sends nothing twice, to queues, durable subscriptions and the scheduler (seed ${seed})`, async t => {
  const random = randomFrom(seed)
  const cwd = mkdtempSync(join(tmpdir(), 'tandemmq-import-'))
  t.teardown(() => rmSync(cwd, { recursive: true }))
  const file = join(cwd, 'q.jsonl')
  const message = {
    destination: 'queue://Q',
    persistent: true,
    priority: 4,
    text: true,
    headers: { kind: 'x'.repeat(100) },
  }
  const job = { period: 0, remaining: 1, cron: '', to: '/queue/later' }
  const far = Date.now() + 3_600_000
  const lines = [
    { tandemmqExport: 1, id: `seed-${seed}`, exported: '', position: 0, scheduled: MESSAGES },
    { subscription: { clientId: 'c', name: 's', topics: 'T', selector: null, exact: false, noLocal: false } },
    // In turns, so that a kill early on meets each of them.
    ...Array.from({ length: MESSAGES }, (_, i) => ({ ...message, body: `m${i + 1}` })).flatMap(one => [
      one,
      { ...one, destination: 'subscription://c:s', clientId: 'c', shownAs: '/topic/T' },
      { ...one, destination: 'scheduler://JMS', schedule: { ...job, next: far } },
    ]),
    { end: true, messages: 3 * MESSAGES },
  ]
  writeFileSync(file, lines.map(line => `${JSON.stringify(line)}\n`).join(''))
  const next = await new World().start(brokerXml({ attributes: 'schedulerSupport="true"' }))
  t.teardown(() => next.end())
  const tap = await new Tap().open(t, next.port())
  const start = (): Program =>
    new Program(['import', file, '--to', `stomp://127.0.0.1:${tap.port}`, '--batch', '10', '--json'])
  for (let round = 0; round < 3; round++) {
    const program = start()
    t.teardown(() => program.child.kill('SIGKILL'))
    const rest = (['arrives', 'is lost', 'arrives late'] as const)[between(random, 0, 3)]!
    tap.after(between(random, 500, 15_000), rest, () => program.child.kill('SIGKILL'))
    await program.exited
  }
  const last = start()
  t.is((await last.exited).code, 0, last.stderr)
  const all = Array.from({ length: MESSAGES }, (_, i) => `m${i + 1}`)
  t.deepEqual(bodies(await drain(next, 'Q')), all)
  const client = await next.connect({ 'client-id': 'c' })
  client.send('SUBSCRIBE', { id: 's', destination: '/topic/T', 'activemq.subscriptionName': 's' })
  t.deepEqual(bodies(await take(client, MESSAGES)), all)
  await client.quiet()
  const jobs = [...next.running.broker.state.schedule.values()]
  t.deepEqual(
    jobs.map(({ next: due }) => due),
    all.map(() => far),
  )
})

import test, { type ExecutionContext } from 'ava'
import { bodies, depth, take } from '../contract/consuming.ts'
import { World, brokerXml, type Client } from '../contract/world.ts'
import { between, freshSeed, randomFrom } from '../journal/random.ts'
import { freePort } from '../bench/ports.ts'
import { Program, Site, connectTo } from './broker-process.ts'
import { Tap } from './tap.ts'

const seed = freshSeed()
const MESSAGES = 100
const ALL = Array.from({ length: MESSAGES }, (_, i) => `m${i + 1}`)
const SCHEDULING = 'schedulerSupport="true"'
const SUBSCRIBED = { id: 's', destination: '/topic/T', 'activemq.subscriptionName': 's' }
const HOUR = 3_600_000
const HELD = ['--subscriptions', 'c:s', '--scheduled', '--batch', '10', '--idle', '50ms', '--json']

/** A durable subscription of `c`, which is offline, has collected all of them, and as many are scheduled. */
async function fill(port: number): Promise<void> {
  const owner = await connectTo(port, { 'client-id': 'c' })
  await owner.receipted('SUBSCRIBE', SUBSCRIBED)
  await owner.receipted('DISCONNECT', {})
  owner.destroy()
  const client = await connectTo(port)
  for (const body of ALL) {
    client.send('SEND', { destination: '/topic/T', persistent: 'true' }, body)
    client.send('SEND', { destination: '/queue/later', persistent: 'true', AMQ_SCHEDULED_DELAY: String(HOUR) }, body)
  }
  await client.receipted('SEND', { destination: '/queue/fence' })
  client.destroy()
}

/** What the durable subscription has, taken; and nothing more comes. */
async function collected(owner: Client): Promise<readonly string[]> {
  owner.send('SUBSCRIBE', SUBSCRIBED)
  const frames = await take(owner, MESSAGES)
  await owner.quiet()
  owner.destroy()
  return bodies(frames)
}

const kill = (t: ExecutionContext, program: Program): void => t.teardown(() => program.child.kill('SIGKILL'))

test(`durable subscriptions and jobs: a migration that is killed -9 at any point and started again loses and doubles none (seed ${seed})`, async t => {
  const random = randomFrom(seed)
  const [old, next] = [new World(), new World()]
  for (const world of [old, next]) {
    await world.start(brokerXml({ attributes: SCHEDULING }))
    t.teardown(() => world.end())
  }
  await fill(old.port())
  const due = [...old.running.broker.state.schedule.values()].map(job => job.next)
  const [from, to] = [await new Tap().open(t, old.port()), await new Tap().open(t, next.port())]
  const urls = ['--from', `stomp://127.0.0.1:${from.port}`, '--to', `stomp://127.0.0.1:${to.port}`]
  const start = (held = HELD): Program => new Program(['migrate', ...urls, ...held])
  let killed = 0
  for (let round = 0; round < 5; round++) {
    // Else most would die before they come to the jobs.
    const program = start(round % 2 === 0 ? HELD : HELD.slice(2))
    kill(t, program)
    const rest = (['arrives', 'is lost', 'arrives late'] as const)[between(random, 0, 3)]!
    // What is released comes in some 30 KB, and goes in some 25.
    ;(random() < 0.5 ? from : to).after(between(random, 300, 20_000), rest, () => program.child.kill('SIGKILL'))
    if ((await program.exited).signal === 'SIGKILL') killed++
  }
  const last = start()
  kill(t, last)
  t.is((await last.exited).code, 0, last.stderr)
  t.log(`killed ${killed} times; the last: ${last.stdout}`)
  t.deepEqual(await collected(await next.connect({ 'client-id': 'c' })), ALL)
  const jobs = [...next.running.broker.state.schedule.values()]
  t.deepEqual(
    jobs.map(job => job.next),
    due,
  )
  t.is(depth(next, 'tandemmq.migration'), 0)
  t.is(old.running.broker.state.schedule.size, 0)
})

test(`durable subscriptions and jobs: a migration goes on when either broker was killed -9 and started again (seed ${seed})`, async t => {
  const random = randomFrom(seed)
  const ports = [await freePort(), await freePort()]
  const sites = ports.map(
    port => new Site({ attributes: SCHEDULING, connectors: { stomp: `stomp://127.0.0.1:${port}` } }),
  )
  t.teardown(() => Promise.all(sites.map(site => site.end())))
  const brokers = sites.map(site => site.start())
  await Promise.all(brokers.map(broker => broker.port()))
  await fill(ports[0]!)
  const taps = await Promise.all(ports.map(port => new Tap().open(t, port)))
  const url = (side: number): string => `failover:(stomp://127.0.0.1:${taps[side]!.port})`
  for (const side of [0, 1])
    taps[side]!.after(between(random, 4000, 20_000), 'is lost', () => {
      void brokers[side]!.kill().then(() => (brokers[side] = sites[side]!.start()))
    })
  const migration = new Program(['migrate', '--from', url(0), '--to', url(1), ...HELD])
  kill(t, migration)
  t.is((await migration.exited).code, 0, migration.stderr)
  t.regex(migration.stderr, /connected again/)
  await brokers[1]!.port()
  t.deepEqual(await collected(await connectTo(ports[1]!, { 'client-id': 'c' })), ALL)
  // Jobs, as the broker tells whoever browses them.
  const client = await connectTo(ports[1]!)
  await client.receipted('SUBSCRIBE', { id: 'j', destination: '/temp-queue/jobs' })
  const order = { AMQ_SCHEDULER_ACTION: 'BROWSE', 'reply-to': '/temp-queue/jobs' }
  client.send('SEND', { destination: '/topic/ActiveMQ.Scheduler.Management', ...order })
  t.deepEqual(bodies(await take(client, MESSAGES)), ALL)
  await client.quiet()
  client.destroy()
})

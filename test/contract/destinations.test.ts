import test from 'ava'
import { bodies, fresh } from './exchange.ts'
import { World, brokerXml, type Client } from './world.ts'

const world = new World()
test.before(() => world.start(brokerXml()))
test.after.always(() => world.end())

async function subscribed(destination: string, id = '1'): Promise<Client> {
  const client = await world.connect()
  await client.receipted('SUBSCRIBE', { id, destination })
  return client
}

/** What a consumer of `subscribe` is told the destination is, when `send` is sent to. */
async function seen(subscribe: string, send: string): Promise<string | undefined> {
  const client = await subscribed(subscribe)
  client.send('SEND', { destination: send })
  return (await client.expect('MESSAGE')).headers.get('destination')
}

test('S-DST-01, S-DST-04: /queue/N and /topic/N are printed with their prefix; a queue and a topic of one name are two', async t => {
  const name = fresh()
  t.is(await seen(`/queue/${name}`, `/queue/${name}`), `/queue/${name}`)
  t.is(await seen(`/topic/${name}`, `/topic/${name}`), `/topic/${name}`)
})

test('S-DST-02: names may hold dots, slashes, spaces and colons', async t => {
  for (const name of ['a.b.c', 'a/b//c', 'a b', 'x:y', 'ünïcode', 'a-b_c$%41'])
    t.is(await seen(`/queue/${name}`, `/queue/${name}`), `/queue/${name}`)
})

test('S-DST-03, S-DST-04: white space around the value and around the name is removed', async t => {
  const name = fresh()
  t.is(await seen(`/queue/${name}`, `  /queue/ ${name}\t`), `/queue/${name}`)
  t.is(await seen(` /topic/ ${name} `, `/topic/${name}`), `/topic/${name}`)
})

test('S-DST-05, W-07: a value without a known prefix is a queue of exactly that name', async t => {
  for (const name of ['foo', '/foo', '/QUEUE/a', '/exchange/a/b', 'queue/x'])
    t.is(await seen(name, name), `/queue/${name}`)
  const client = await subscribed('foo2')
  client.send('SEND', { destination: '/foo2' }, 'other')
  client.send('SEND', { destination: '/queue/foo2' }, 'same')
  t.deepEqual(await bodies(client, 1), ['same'])
  await client.quiet()
})

test('S-DST-06: queue://X and topic://X are queues whose names hold that text', async t => {
  for (const name of ['queue://x', 'topic://x', 'temp-queue://x']) t.is(await seen(name, name), `/queue/${name}`)
})

test('S-DST-07: one name with a trailing comma, or twice the same name, is no composite', async t => {
  const [a, b] = [fresh(), fresh()]
  t.is(await seen(`/queue/${a}`, `/queue/${a},`), `/queue/${a}`)
  t.is(await seen(`/queue/${b}`, `/queue/${b},/queue/${b}`), `/queue/${b}`)
})

test('S-DST-12, M-13: options after ? are cut off and have no effect, on SEND and on SUBSCRIBE', async t => {
  const name = fresh()
  t.is(await seen(`/queue/${name}?consumer.prefetchSize=0&x`, `/queue/${name}?persistent=true`), `/queue/${name}`)
})

test('S-DST-12, S-DST-16: options that cannot be read are an ERROR', async t => {
  const client = await world.connect()
  client.send('SEND', { destination: '/queue/a?x=%zz' })
  t.regex((await client.closed())[0]?.headers.get('message') ?? '', /Invalid destination name/)
})

test('S-DST-13, S-DST-14, W-01, W-02: * is one level, a trailing > any number of levels and the parent itself', async t => {
  const root = fresh('r')
  for (const kind of ['queue', 'topic']) {
    const below = await subscribed(`/${kind}/${root}.a.>`)
    const child = await subscribed(`/${kind}/${root}.*.x`)
    const sender = await world.connect()
    const send = (name: string): void => sender.send('SEND', { destination: `/${kind}/${root}.${name}` }, name)
    for (const name of ['a', 'a.b', 'a.b.c', 'b', 'b.x', 'b.x.y', 'x']) send(name)
    await sender.quiet()
    t.deepEqual(await bodies(below, 3), ['a', 'a.b', 'a.b.c'], kind)
    t.deepEqual(await bodies(child, 1), ['b.x'], kind)
    await below.quiet()
    await child.quiet()
  }
})

test('S-DST-13, W-02: a pattern also serves the backlog of queues that exist, and shows the concrete destination', async t => {
  const root = fresh('r')
  const sender = await world.connect()
  await sender.receipted('SEND', { destination: `/queue/${root}.old` }, 'old')
  const client = await subscribed(`/queue/${root}.*`)
  const message = await client.expect('MESSAGE')
  t.is(message.headers.get('destination'), `/queue/${root}.old`)
  sender.send('SEND', { destination: `/queue/${root}.new` }, 'new')
  t.is((await client.expect('MESSAGE')).headers.get('destination'), `/queue/${root}.new`)
})

test('W-01: a > that is not the last level is literal', async t => {
  const root = fresh('r')
  const client = await subscribed(`/queue/${root}.>.x`)
  client.send('SEND', { destination: `/queue/${root}.a.x` }, 'no')
  client.send('SEND', { destination: `/queue/${root}.>.x` }, 'literal')
  t.deepEqual(await bodies(client, 1), ['literal'])
})

test('S-DST-15, W-03: SEND to a pattern addresses a destination of that literal name', async t => {
  const root = fresh('r')
  const concrete = await subscribed(`/queue/${root}.a`)
  const pattern = await subscribed(`/queue/${root}.*`)
  const sender = await world.connect()
  await sender.receipted('SEND', { destination: `/queue/${root}.*` }, 'literal')
  const message = await pattern.expect('MESSAGE')
  t.is(message.headers.get('destination'), `/queue/${root}.*`)
  await concrete.quiet()
})

for (const destination of [
  '/queue/',
  '/topic/ ',
  ' ',
  '?x=1',
  '/queue/?x=1',
  '',
  '/temp-queue/',
  '/queue/a,,/queue/b',
]) {
  test(`S-DST-16: SEND to "${destination}" is refused and creates nothing`, async t => {
    const client = await world.connect()
    client.send('SEND', { destination }, 'x')
    const frames = await client.closed()
    t.deepEqual(
      frames.map(({ headers }) => headers.get('message')),
      ['Invalid destination name: a non-empty name is required'],
    )
    t.is(world.running.broker.find(0, ''), null)
  })
}

test('LD-01, Q-14: SEND and SUBSCRIBE create a queue, and it keeps its messages while nobody consumes', async t => {
  const name = fresh()
  const sender = await world.connect()
  await sender.receipted('SEND', { destination: `/queue/${name}` }, 'volatile')
  await sender.receipted('SEND', { destination: `/queue/${name}`, persistent: 'true' }, 'persistent')
  t.deepEqual(await bodies(await subscribed(`/queue/${name}`), 2), ['volatile', 'persistent'])
})

test('LD-02, LD-03: configured destinations exist at start, stored ones again after a restart, also empty ones', async t => {
  const xml = brokerXml({
    body: '<destinations><queue physicalName="given"/><topic physicalName="news"/></destinations>',
  })
  const own = await new World().start(xml)
  t.teardown(() => own.end())
  t.not(own.running.broker.find(0, 'given'), null)
  t.not(own.running.broker.find(1, 'news'), null)
  const client = await own.connect()
  await client.receipted('SUBSCRIBE', { id: '1', destination: '/queue/empty' })
  await own.stop()
  await own.start(xml)
  t.not(own.running.broker.find(0, 'empty'), null)
})

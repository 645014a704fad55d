import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { connect, depth, drain, take } from '../contract/consuming.ts'
import { eventually } from '../contract/twins.ts'
import { World, brokerXml, type XmlParts } from '../contract/world.ts'
import { call } from './terminal.ts'

async function brokers(
  t: ExecutionContext,
  target: XmlParts = {},
  source: XmlParts = {},
): Promise<readonly [World, World]> {
  const old = await new World().start(brokerXml(source))
  t.teardown(() => old.end())
  const next = await new World().start(brokerXml(target))
  t.teardown(() => next.end())
  return [old, next]
}

const between = (old: World, next: World): readonly string[] =>
  `--from stomp://127.0.0.1:${old.port()} --to stomp://127.0.0.1:${next.port()} --idle 20ms`.split(' ')

test('migrate moves what a message is: body, headers, group, persistence, map; and gives it a new id', async t => {
  const [old, next] = await brokers(t)
  const client = await old.connect()
  const map = '<map>\n  <entry>\n    <string>a:b</string>\n    <int>1</int>\n  </entry>\n</map>'
  const expires = String(Date.now() + 600_000)
  const rich = {
    priority: '7',
    'correlation-id': 'c:1',
    'reply-to': '/queue/answers',
    type: 'order',
    kind: 'a:b\\c',
    expires,
  }
  const encoded = { ...rich, 'correlation-id': 'c\\c1', kind: 'a\\cb\\\\c', timestamp: '1000' }
  const all = { destination: '/queue/Q' }
  await client.receipted(
    'SEND',
    { ...all, ...encoded, persistent: 'true', JMSXGroupID: 'g1', JMSXGroupSeq: '3' },
    'grüße',
  )
  await client.receipted('SEND', { ...all, persistent: 'true', 'content-length': '4' }, 'a\0b\n')
  await client.receipted('SEND', { ...all, persistent: 'true', transformation: 'jms-map-xml' }, map)
  await client.receipted('SEND', all, '')
  const done = await call(['migrate', ...between(old, next), '--queues', 'queue://Q'])
  t.is(done.code, 0, done.err)
  t.regex(done.out, /^Q: 4 moved\n4 messages of 1 queues moved in [\d.]+ s\n$/)
  t.is(depth(old, 'Q'), 0)
  t.is(depth(next, 'tandemmq.migration'), 0, 'the ledger is empty when all is done')
  const consumer = await connect(next, '1.2')
  const asks = { transformation: 'jms-xml', 'tandemmq.groups': 'true', ack: 'client' }
  consumer.send('SUBSCRIBE', { id: 's', destination: '/queue/Q', ...asks })
  const [text, bytes, mapped, empty] = await take(consumer, 4)
  t.is(text!.body.toString(), 'grüße')
  t.like(Object.fromEntries(text!.headers), {
    ...rich,
    persistent: 'true',
    JMSXGroupID: 'g1',
    JMSXGroupSeq: '3',
    timestamp: '1000',
  })
  t.false(text!.headers.has('content-length'))
  t.deepEqual(bytes!.body, Buffer.from('a\0b\n'))
  t.is(bytes!.headers.get('content-length'), '4')
  t.is(mapped!.body.toString(), map)
  t.is(mapped!.headers.get('transformation'), 'jms-map-xml')
  t.is(empty!.body.length, 0)
  t.false(empty!.headers.has('persistent'))
})

test('migrate --all finds every queue by the broker’s advisories, dead letters too, and says where they died', async t => {
  const [old, next] = await brokers(t)
  const client = await old.connect()
  for (const queue of ['a', 'b.c', 'b.d'])
    for (let i = 0; i < 3; i++)
      await client.receipted('SEND', { destination: `/queue/${queue}`, persistent: 'true' }, `${queue} ${i}`)
  client.send('SUBSCRIBE', { id: 's', destination: '/queue/a', ack: 'client-individual' })
  const [first] = await take(client, 3)
  await client.receipted('NACK', { id: first!.headers.get('ack')! })
  client.destroy()
  const looked = await call(['migrate', ...between(old, next), '--all', '--dry-run'])
  t.is(looked.code, 0, looked.err)
  t.regex(
    looked.out,
    /^ActiveMQ\.DLQ: 1 messages\na: 2 messages\nb\.c: 3 messages\nb\.d: 3 messages\n4 queues looked at, nothing moved/,
  )
  t.is(depth(old, 'b.c'), 3)
  const some = await call(['migrate', ...between(old, next), '--queues', 'b.*', '--quiet'])
  t.regex(some.out, /^6 messages of 2 queues moved/)
  const done = await call(['migrate', ...between(old, next), '--all', '--json'])
  t.is(done.code, 0, done.err)
  t.like(JSON.parse(done.out), {
    moved: 3,
    arrivedBefore: 0,
    stopped: false,
    queues: [{ queue: 'ActiveMQ.DLQ', moved: 1 }, { queue: 'a', moved: 2 }, { moved: 0 }, { moved: 0 }],
  })
  const [dead] = await drain(next, 'ActiveMQ.DLQ')
  t.is(dead!.headers.get('tandemmq-original-destination'), '/queue/a')
})

test('migrate leaves what the new broker refuses, and what another consumer holds, and says so', async t => {
  const [old, next] = await brokers(t, { connectors: { stomp: 'stomp://127.0.0.1:0?transport.maxDataLength=1000' } })
  const client = await old.connect()
  for (let i = 0; i < 9; i++)
    await client.receipted(
      'SEND',
      { destination: '/queue/Q', persistent: 'true' },
      i === 4 ? 'x'.repeat(2000) : `m${i}`,
    )
  const done = await call(['migrate', ...between(old, next), '--queues', 'Q', '--json'])
  t.is(done.code, 7, done.err)
  const answer = JSON.parse(done.out) as { queues: { refused: { answer: string }[] }[] }
  t.like(answer, { moved: 8, queues: [{ left: 1, problem: null }] })
  t.is(answer.queues[0]!.refused.length, 1)
  t.regex(answer.queues[0]!.refused[0]!.answer, /maximum data length/)
  t.deepEqual(
    (await drain(next, 'Q')).map(({ body }) => body.toString()),
    ['m0', 'm1', 'm2', 'm3', 'm5', 'm6', 'm7', 'm8'],
  )
  t.is(depth(old, 'Q'), 1)
  await client.receipted('SEND', { destination: '/queue/held' }, 'mine')
  client.send('SUBSCRIBE', { id: 's', destination: '/queue/held', ack: 'client' })
  await take(client, 1)
  const held = await call(['migrate', ...between(old, next), '--queues', 'held', '--patience', '10ms'])
  t.is(held.code, 7)
  t.regex(held.out, /^held: 0 moved; 1 left; 1 messages are not handed over: another consumer may hold them\n/)
})

test('migrate into a broker that lets nobody write gives a queue up soon, and loses nothing', async t => {
  const rights = `<plugins><simpleAuthenticationPlugin anonymousAccessAllowed="true"><users/></simpleAuthenticationPlugin>
    <authorizationPlugin><map><authorizationMap><authorizationEntries>
      <authorizationEntry queue="tandemmq.migration" read="anonymous" write="anonymous" admin="anonymous"/>
      <authorizationEntry queue="closed.>" read="x" write="x" admin="x"/>
      <authorizationEntry topic=">" read="anonymous" write="anonymous" admin="anonymous"/>
    </authorizationEntries></authorizationMap></map></authorizationPlugin></plugins>`
  const [old, next] = await brokers(t, { body: rights })
  const client = await old.connect()
  for (let i = 0; i < 20; i++)
    await client.receipted('SEND', { destination: '/queue/closed.q', persistent: 'true' }, `m${i}`)
  const done = await call(['migrate', ...between(old, next), '--queues', 'closed.q'])
  t.is(done.code, 7, done.err)
  t.regex(done.out, /^closed\.q: 0 moved; 20 left; refused: .*not authorized/)
  t.is(depth(old, 'closed.q'), 20)
})

test('migrate: a wrong call, a broker that is not there, and a refused login have exit codes of their own', async t => {
  const [old, next] = await brokers(t)
  await (await old.connect()).receipted('SEND', { destination: '/queue/a' }, 'm')
  const [from, to] = [`stomp://127.0.0.1:${old.port()}`, `stomp://127.0.0.1:${next.port()}`]
  const wrong = [
    ['--from', from, '--queues', 'a'],
    ['--from', from, '--to', to],
    ['--from', from, '--to', to, '--queues', 'a', '--all'],
    ['--from', from, '--to', from, '--queues', 'a'],
    ['--from', from, '--to', to, '--queues', 'tandemmq.migration'],
    ['--from', from, '--to', to, '--queues', 'nothing.*'],
    ['--from', 'http://x', '--to', to, '--queues', 'a'],
  ]
  for (const args of wrong) {
    const { code, err } = await call(['migrate', ...args])
    t.is(code, 2, args.join(' '))
    t.regex(err, /Usage: tandemmq migrate/)
  }
  t.is((await call(['migrate', '--from', 'stomp://127.0.0.1:1', '--to', to, '--queues', 'a'])).code, 3)
})

test('migrate --from-http reads names, sizes and durable subscriptions from the web console’s feeds', async t => {
  const [, next] = await brokers(t)
  // It tells nothing over STOMP, as an ActiveMQ.
  const old = await new World().start(brokerXml(), { properties: { 'tandemmq.serverName': 'ActiveMQ/5.17.2' } })
  t.teardown(() => old.end())
  const client = await old.connect()
  await client.receipted('SEND', { destination: '/queue/a&b', persistent: 'true' }, 'm')
  const asked: string[] = []
  const console = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers.authorization}`)
    if (request.headers.authorization === undefined) response.statusCode = 401
    const queues =
      '<queues>\n\n<queue name="a&amp;b">\n\n<stats size="7"\n consumerCount="0"\n enqueueCount="1"/>\n\n</queue>\n\n<queue name="tandemmq.migration">\n\n<stats size="1"/>\n</queue>\n</queues>'
    const subscribers =
      '<subscribers>\n<subscriber clientId="c1"\n subscriptionName="s&lt;1"\n destinationName="news"\n active="no"/>\n</subscribers>'
    response.end(request.url?.includes('subscribers') === true ? subscribers : queues)
  })
  await new Promise<void>(resolve => console.listen(0, '127.0.0.1', resolve))
  t.teardown(() => console.close())
  const http = ['--from-http', `http://127.0.0.1:${(console.address() as AddressInfo).port}/`]
  const refused = await call(['migrate', ...between(old, next), '--all', ...http])
  t.is(refused.code, 4)
  const login = ['--from-http-user', 'admin', '--from-http-password', 'w0rd']
  const looked = await call(['migrate', ...between(old, next), '--all', '--dry-run', ...http, ...login])
  t.regex(looked.out, /^a&b: 7 messages\n1 queues looked at/)
  const done = await call(['migrate', ...between(old, next), '--all', ...http, ...login])
  t.is(done.code, 0, done.err)
  t.regex(done.out, /1 messages of 1 queues moved.* the old broker has 1 durable subscriptions: c1: s<1 on news\n/)
  t.notRegex(done.out + done.err, /w0rd/)
  t.true(
    asked.every(line => /^\/admin\/xml\/(queues|subscribers)\.jsp /.test(line)),
    asked.join('\n'),
  )
})

test('messages that do not fit into memory all at once are moved, and taken, all the same', async t => {
  const [old, next] = await brokers(t)
  const client = await old.connect()
  const body = Buffer.alloc(3 << 20, 'x')
  const headers = { destination: '/queue/Q', persistent: 'true', 'content-length': String(body.length) }
  for (let i = 0; i < 16; i++) await client.receipted('SEND', headers, body)
  const done = await call(['migrate', ...between(old, next), '--queues', 'Q'])
  t.is(done.code, 0, done.err)
  const url = [
    '--brokerUrl',
    `stomp://127.0.0.1:${next.port()}`,
    '--destination',
    'Q',
    '--messageCount',
    '16',
    '--quiet',
  ]
  const taken = await call([
    'consumer',
    ...url,
    '--ackMode',
    'CLIENT',
    '--batchSize',
    '2',
    '--prefetch',
    '12',
    '--timeout',
    '10',
  ])
  t.is(taken.code, 0, taken.err)
  t.is(depth(next, 'Q'), 0)
})

test('what the last words of a killed migration bring is waited for, and not sent a second time', async t => {
  const [old, next] = await brokers(t)
  const sender = await old.connect()
  await sender.receipted('SEND', { destination: '/queue/Q', persistent: 'true' }, 'once')
  sender.send('SUBSCRIBE', { id: 's', destination: '/queue/Q', ack: 'client' })
  const [message] = await take(sender, 1)
  sender.destroy()
  // As the killed one was: its COMMIT has not arrived yet, and its connection has not ended.
  const killed = await next.connect({ 'client-id': 'tandemmq-migration' })
  const transaction = 'b1'
  killed.send('BEGIN', { transaction })
  killed.send('SEND', { destination: '/queue/Q', persistent: 'true', transaction }, 'once')
  const entry = { 'tandemmq-migration-batch': 'b1', 'tandemmq-migration-queue': 'Q' }
  const ids = JSON.stringify([message!.headers.get('message-id')])
  await killed.receipted(
    'SEND',
    { destination: '/queue/tandemmq.migration', persistent: 'true', ...entry, transaction },
    ids,
  )
  const running = call(['migrate', ...between(old, next), '--queues', 'Q', '--json'])
  const knocks = new Set<string>()
  await eventually('the next one has knocked, and was not let in', () => {
    for (const { link } of next.running.broker.sessions) knocks.add(link.remote)
    return knocks.size > 3
  })
  killed.send('COMMIT', { transaction })
  killed.destroy()
  const done = await running
  t.is(done.code, 0, done.err)
  t.like(JSON.parse(done.out), { moved: 0, arrivedBefore: 1, queues: [{ left: 0 }] })
  t.deepEqual(
    (await drain(next, 'Q')).map(({ body }) => body.toString()),
    ['once'],
  )
  t.is(depth(old, 'Q') + depth(next, 'tandemmq.migration'), 0)
})

test('migrate between two names of one broker says so at once, and moves nothing', async t => {
  const one = await new World().start(brokerXml({ connectors: { a: 'stomp://127.0.0.1:0', b: 'stomp://127.0.0.1:0' } }))
  t.teardown(() => one.end())
  const client = await one.connect()
  await client.receipted('SEND', { destination: '/queue/Q', persistent: 'true' }, 'x')
  const uri = (name: string): string => `stomp://127.0.0.1:${one.port(name)}`
  const { code, err } = await call(['migrate', '--from', uri('a'), '--to', uri('b'), '--queues', 'Q'])
  t.is(code, 1)
  t.is(err, `tandemmq migrate: ${uri('a')} and ${uri('b')} are the same broker (CLIENT_ERROR)\n`)
  t.is(depth(one, 'Q'), 1)
})

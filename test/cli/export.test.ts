import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import { depth, drain, take } from '../contract/consuming.ts'
import { World, brokerXml, type XmlParts } from '../contract/world.ts'
import { temporary } from '../temporary.ts'
import { call } from './terminal.ts'

async function broker(t: ExecutionContext, parts: XmlParts = {}): Promise<World> {
  const world = await new World().start(brokerXml(parts))
  t.teardown(() => world.end())
  return world
}

const dataOf = (world: World): string => join(world.directory, 'data', 'test', 'KahaDB')
const MAP = '<map>\n  <entry>\n    <string>a:b</string>\n    <int>1</int>\n  </entry>\n</map>'

/** A stopped broker with a text in a group, bytes, a map, a dead queue, and what a durable subscription holds. */
async function filled(t: ExecutionContext): Promise<World> {
  const world = await broker(t)
  const client = await world.connect({ 'client-id': 'c' })
  const orders = { destination: '/queue/orders', persistent: 'true' }
  await client.receipted(
    'SEND',
    { ...orders, priority: '7', 'correlation-id': 'c\\c1', kind: 'ä', JMSXGroupID: 'g' },
    'grüße\u2028von\u2029hier',
  )
  await client.receipted('SEND', { ...orders, 'content-length': '3' }, 'a\0b')
  await client.receipted('SEND', { ...orders, transformation: 'jms-map-xml' }, MAP)
  await client.receipted('SEND', { destination: '/queue/empty.one', persistent: 'true' }, '')
  await client.receipted('SUBSCRIBE', {
    id: 'd',
    destination: '/topic/news',
    'activemq.subscriptionName': 's',
    ack: 'client',
  })
  await client.receipted('UNSUBSCRIBE', { id: 'd' })
  await client.receipted('SEND', { destination: '/topic/news', persistent: 'true' }, 'news')
  await world.stop()
  return world
}

test('CT-10, TC-05: what export writes of a stopped broker, import makes again on another', async t => {
  const source = await filled(t)
  const cwd = temporary('export')
  writeFileSync(join(cwd, 'all.jsonl.gz.part'), 'left by another one', { mode: 0o666 })
  const written = await call(['export', dataOf(source), '--file', 'all.jsonl.gz'], cwd)
  t.is(written.code, 0, written.err)
  t.regex(written.err, /5 messages of 3 destinations exported/)
  t.is(statSync(join(cwd, 'all.jsonl.gz')).mode & 0o077, 0, 'nobody else may read it')
  const lines = gunzipSync(readFileSync(join(cwd, 'all.jsonl.gz')))
    .toString()
    .split('\n')
  t.like(JSON.parse(lines[0]!), { tandemmqExport: 1 })
  t.notRegex(lines.join(''), /[\u2028\u2029]/, 'which readers of lines take for the end of one')
  t.like(JSON.parse(lines.at(-2)!), { end: true, messages: 5 })
  const target = await broker(t)
  const to = ['--to', `stomp://127.0.0.1:${target.port()}`]
  const done = await call(['import', 'all.jsonl.gz', ...to], cwd)
  t.is(done.code, 0, done.err)
  t.is(done.out, '5 messages sent; 1 durable subscriptions are there\n')
  t.is((await call(['import', 'all.jsonl.gz', ...to], cwd)).out, '0 messages sent; 5 were sent before\n')
  const client = await target.connect()
  client.send('SUBSCRIBE', {
    id: 's',
    destination: '/queue/orders',
    transformation: 'jms-xml',
    'tandemmq.groups': 'true',
    ack: 'client',
  })
  const [text, bytes, map] = await take(client, 3)
  t.is(text!.body.toString(), 'grüße\u2028von\u2029hier')
  t.like(Object.fromEntries(text!.headers), {
    priority: '7',
    'correlation-id': 'c:1',
    kind: 'ä',
    JMSXGroupID: 'g',
    persistent: 'true',
  })
  t.deepEqual(bytes!.body, Buffer.from('a\0b'))
  t.is(map!.body.toString(), MAP)
  client.destroy()
  t.deepEqual(
    (await drain(target, 'empty.one')).map(({ body }) => body.length),
    [0],
  )
  const again = await call(['import', 'all.jsonl.gz', ...to, '--again', '--queues', 'empty.*', '--json'], cwd)
  t.like(JSON.parse(again.out), { sent: 1, sentBefore: 0 })
})

test('TC-05: a bad byte below the newest snapshot is not exported as a message: file and byte are named, nothing is written', async t => {
  const kaha = '<kahaDB directory="${activemq.data}/small" journalMaxFileLength="256kb"/>'
  const source = await broker(t, { body: `<persistenceAdapter>${kaha}</persistenceAdapter>` })
  const client = await source.connect()
  for (const body of ['the first order', ...'abcdef'.split('').map(letter => letter.repeat(100_000))])
    await client.receipted('SEND', { destination: '/queue/orders', persistent: 'true' }, body)
  await source.stop()
  const directory = join(source.directory, 'data', 'small')
  const segments = readdirSync(directory).filter(name => name.endsWith('.journal'))
  t.true(segments.length > 1)
  t.true(
    readdirSync(directory).some(name => name.endsWith('.snapshot')),
    'a start reads the last segment alone',
  )
  const first = join(directory, segments.toSorted()[0]!)
  const bytes = readFileSync(first)
  bytes[bytes.indexOf('the first order')]! ^= 1
  writeFileSync(first, bytes)
  const cwd = temporary('export')
  const { code, err } = await call(['export', directory, '--file', 'all.jsonl'], cwd)
  t.is(code, 1)
  t.regex(err, /tandemmq-0+\.journal at byte \d+: .*store salvage/s)
  t.deepEqual(readdirSync(cwd), [])
})

test('TC-05: a store whose broker was killed while it began a segment is exported, and looked at, as it is', async t => {
  const source = await broker(t)
  const client = await source.connect()
  await client.receipted('SEND', { destination: '/queue/orders', persistent: 'true' }, 'an order')
  await source.stop()
  const directory = join(source.directory, 'data', 'test', 'KahaDB')
  const last = readdirSync(directory).findLast(name => name.endsWith('.journal'))!
  const end = Number.parseInt(last.slice(9, 25), 16) + statSync(join(directory, last)).size
  const begun = `tandemmq-${end.toString(16).padStart(16, '0')}.journal`
  for (const bytes of [0, 30, 4096]) {
    writeFileSync(join(directory, begun), Buffer.alloc(bytes))
    const cwd = temporary('export')
    const { code, err } = await call(['export', directory, '--file', 'all.jsonl'], cwd)
    t.is(code, 0, err)
    t.regex(readFileSync(join(cwd, 'all.jsonl'), 'utf8'), /an order/)
    t.is((await call(['store', 'info', directory], cwd)).code, 0)
    t.is(statSync(join(directory, begun)).size, bytes, 'nothing was changed')
  }
})

test('TC-05: an import that was interrupted goes on where it stopped, and sends nothing twice', async t => {
  const source = await broker(t)
  const client = await source.connect()
  for (let i = 1; i <= 9; i++)
    await client.receipted(
      'SEND',
      { destination: '/queue/Q', persistent: 'true' },
      i === 7 ? 'x'.repeat(2000) : `m${i}`,
    )
  await source.stop()
  const cwd = temporary('export')
  t.is((await call(['backup', '--config', `xbean:file:${dataOf(source)}`, '--filename', 'q.jsonl'], cwd)).code, 0)
  const small = { connectors: { stomp: 'stomp://127.0.0.1:0?transport.maxDataLength=1000' } }
  const target = await broker(t, small)
  const into = (): readonly string[] => [
    'import',
    'q.jsonl',
    '--to',
    `stomp://127.0.0.1:${target.port()}`,
    '--batch',
    '2',
  ]
  const stopped = await call(into(), cwd)
  t.is(stopped.code, 1)
  t.regex(stopped.err, /q\.jsonl, lines 8 to 9: .*maximum data length/)
  t.is(depth(target, 'Q'), 6)
  await target.stop()
  await target.start(brokerXml())
  const done = await call(into(), cwd)
  t.is(done.code, 0, done.err)
  t.is(done.out, '3 messages sent; 6 were sent before\n')
  t.deepEqual(
    (await drain(target, 'Q')).map(({ body }) => body.toString().slice(0, 2)),
    ['m1', 'm2', 'm3', 'm4', 'm5', 'm6', 'xx', 'm8', 'm9'],
  )
})

test('TC-05, TX-06: what is no whole export, no store, or a store in use is told, and nothing half is left', async t => {
  const source = await filled(t)
  const cwd = temporary('export')
  await call(['export', dataOf(source), '--file', 'all', '--queues', 'orders', '--offset', '1', '--count', '1'], cwd)
  const [head = '', first = '', end = ''] = readFileSync(join(cwd, 'all'), 'utf8').split('\n')
  t.like(JSON.parse(first), { bodyBase64: Buffer.from('a\0b').toString('base64') })
  t.like(JSON.parse(end), { end: true, messages: 1 })
  const target = await broker(t)
  const to = ['--to', `stomp://127.0.0.1:${target.port()}`]
  const broken: Record<string, [string | Buffer, RegExp]> = {
    cut: [`${head}\n${first}\n`, /cut:2: the file ends in the middle/],
    other: ['{"a":1}\n', /other:1: this is no export/],
    nameless: ['{"tandemmqExport":1}\n', /:1: this is no export/],
    later: ['{"tandemmqExport":2,"id":"x"}\n', /an export of version 2, and this reads 1/],
    junk: [`${head}\nnonsense\n`, /junk:2: no line of an export/],
    'bad.gz': [gzipSync(`${head}\n`).subarray(0, 20), /bad\.gz cannot be read/],
  }
  for (const [name, [bytes, says]] of Object.entries(broken)) {
    writeFileSync(join(cwd, name), bytes)
    const { code, err } = await call(['import', name, ...to], cwd)
    t.is(code, 1, name)
    t.regex(err, says)
  }
  t.is((await call(['export', dataOf(source), '--file', 'all'], cwd)).code, 2, 'it exists')
  t.is((await call(['export', 'nowhere', '--file', 'x'], cwd)).code, 2)
  const above = await call(['export', source.directory, '--file', 'x'], cwd)
  t.is(above.code, 2, 'an export of nothing is none')
  t.regex(above.err, /holds no journal/)
  t.is((await call(['import', 'nowhere', ...to], cwd)).code, 2)
  t.is((await call(['import', 'all'], cwd)).code, 2)
  await source.start(brokerXml())
  const busy = await call(['export', dataOf(source), '--file', 'busy'], cwd)
  t.is(busy.code, 6)
  t.throws(() => statSync(join(cwd, 'busy.part')))
})

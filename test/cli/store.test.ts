import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { take } from '../contract/consuming.ts'
import { World, brokerXml } from '../contract/world.ts'
import { call, tandem } from './terminal.ts'

test('store check counts the records of a stopped broker and says that they verify, also as JSON', async t => {
  const world = await new World().start(brokerXml())
  t.teardown(() => world.end())
  const producer = await world.connect()
  for (let i = 0; i < 3; i++) await producer.receipted('SEND', { destination: '/queue/a', persistent: 'true' }, 'x')
  await world.stop()
  const directory = join(world.directory, 'data', 'test', 'KahaDB')
  const text = await tandem(['store', 'check', directory], world.directory)
  t.is(text.code, 0)
  t.regex(text.out, /messageAdded: 3\n[^]*every record verifies\n$/)
  const json = await tandem(['store', 'check', directory, '--json'], world.directory)
  t.like(JSON.parse(json.out), { counts: { messageAdded: 3, destinationAdded: 1 } })
})

test('store check of a directory that is not there is a wrong call, and makes none', async t => {
  const cwd = mkdtempSync(join(tmpdir(), 'tandemmq-'))
  t.teardown(() => rmSync(cwd, { recursive: true }))
  const { code, err } = await tandem(['store', 'check', join(cwd, 'nowhere')], cwd)
  t.is(code, 2)
  t.regex(err, /does not exist/)
  t.is((await tandem(['store', 'check', join(cwd, 'nowhere')], cwd)).code, 2)
})

test('of a directory without a journal nothing is said to be whole, and nothing is exported', async t => {
  const world = await new World().start(brokerXml())
  t.teardown(() => world.end())
  const client = await world.connect()
  await client.receipted('SEND', { destination: '/queue/a', persistent: 'true' }, 'x')
  await world.stop()
  const above = join(world.directory, 'data', 'test')
  const hint = /\/test holds no journal of TandemMQ; did you mean \S*\/test\/KahaDB\?/
  for (const args of [
    ['store', 'check', above],
    ['store', 'info', above],
    ['store', 'dump', above],
    ['store', 'salvage', above, '--to', 'salvaged'],
    ['export', above, '--file', 'backup'],
    ['pair', 'verify', above, above],
  ]) {
    const { code, out, err } = await tandem(args, world.directory)
    t.is(code, 2, args.join(' '))
    t.is(out, '')
    t.regex(err, hint, args.join(' '))
  }
  t.deepEqual(
    readdirSync(world.directory).filter(name => name === 'backup' || name === 'salvaged'),
    [],
  )
})

test('a store that an activemq.xml names is that of its start: -D and ACTIVEMQ_OPTS count', async t => {
  const world = await new World().start(brokerXml())
  t.teardown(() => world.end())
  const client = await world.connect()
  await client.receipted('SEND', { destination: '/queue/a', persistent: 'true' }, 'x')
  await world.stop()
  const xml = join(world.directory, 'activemq.xml')
  const data = join(world.directory, 'data')
  const property = `-Dactivemq.data=${data}`
  for (const [args, seen] of [
    [['store', 'check', xml], /messageAdded: 1/],
    [['store', 'info', xml], /queue:\/\/a/],
    [['store', 'dump', xml], /"messageAdded"/],
    [['store', 'salvage', xml, '--to', 'salvaged', '--force'], /^(?!.*does not exist)/],
    [['export', xml, '--file', '-'], /queue:\/\/a/],
    [['salvage', 'list', xml], /KahaDB: nothing was salvaged/],
    [['pair', 'verify', xml, xml], /bytes that both hold are the same/],
  ] as const) {
    const given = await tandem([...args, property], world.directory)
    t.is(given.code, 0, given.err)
    t.regex(given.out, seen, args.join(' '))
    t.is((await tandem(args, world.directory, { ACTIVEMQ_OPTS: property })).code, 0, args.join(' '))
    t.not((await tandem([...args, '-Dactivemq.data=elsewhere'], world.directory)).code, 0, args.join(' '))
  }
})

interface Stopped {
  readonly world: World
  readonly directory: string
}

/** A broker that held three messages, of which one was consumed, and a durable subscription with one; stopped. */
async function stopped(t: ExecutionContext): Promise<Stopped> {
  const world = await new World().start(brokerXml())
  t.teardown(() => world.end())
  const client = await world.connect({ 'client-id': 'c' })
  const orders = { destination: '/queue/orders', persistent: 'true' }
  await client.receipted('SUBSCRIBE', {
    id: 'd',
    destination: '/topic/news',
    'activemq.subscriptionName': 's',
    ack: 'client',
  })
  await client.receipted('SEND', orders, 'eaten')
  client.send('SUBSCRIBE', { id: 'q', destination: '/queue/orders', ack: 'client-individual' })
  const [first] = await take(client, 1)
  await client.receipted('ACK', { id: first!.headers.get('ack')! })
  await client.receipted('UNSUBSCRIBE', { id: 'q' })
  await client.receipted('SEND', { ...orders, secret: 'h1dden' }, 'grüße')
  await client.receipted('SEND', { ...orders, 'content-length': '3' }, 'a\0b')
  await client.receipted('UNSUBSCRIBE', { id: 'd' })
  await client.receipted('SEND', { destination: '/topic/news', persistent: 'true' }, 'news')
  await world.stop()
  return { world, directory: join(world.directory, 'data', 'test', 'KahaDB') }
}

/** The bytes of every file. */
const bytesOf = (directory: string): Record<string, string> =>
  Object.fromEntries(readdirSync(directory).map(name => [name, readFileSync(join(directory, name), 'base64')]))

test('TC-15: store info says what a start would find, and which messages keep which segment', async t => {
  const { directory } = await stopped(t)
  const before = bytesOf(directory)
  const done = await call(['store', 'info', directory])
  t.is(done.code, 0, done.err)
  t.regex(done.out, /messages {2}3 in 2 destinations, 0 scheduled jobs/)
  t.regex(done.out, /queue:\/\/orders: 2 messages, \d+ bytes\n/)
  t.regex(done.out, /subscription:\/\/c:s: 1 messages, \d+ bytes, from news\n/)
  t.regex(
    done.out,
    /tandemmq-0{16}\.journal: \d+ bytes, 3 messages in it \(\d+ bytes\)\n {2}kept by queue:\/\/orders: 2 messages, \d+ bytes, from ID:\S+ on\n/,
  )
  const json = JSON.parse((await call(['store', 'info', directory, '--json'])).out) as Record<string, unknown>
  t.like(json, {
    messages: 3,
    tornBytes: 0,
    segments: [{ liveMessages: 3, keptBy: [{ destination: 'queue://orders', messages: 2 }, { messages: 1 }] }],
  })
  t.deepEqual(bytesOf(directory), before, 'nothing was changed')
})

test('TC-15: store dump shows each record as a line of JSON, and no header or body unless asked', async t => {
  const { directory } = await stopped(t)
  const before = bytesOf(directory)
  const lines = ({ out }: { readonly out: string }): Record<string, unknown>[] =>
    out.split('\n').flatMap(line => (line === '' ? [] : [JSON.parse(line) as Record<string, unknown>]))
  const all = await call(['store', 'dump', directory])
  t.is(all.code, 0, all.err)
  t.notRegex(all.out, /h1dden|grüße|"body"/)
  const types = lines(all).map(({ type }) => type)
  for (const type of ['segment', 'epoch', 'destinationAdded', 'subscriptionAdded', 'messageAdded', 'messageRemoved'])
    t.true(types.includes(type), type)
  const orders = await call([
    'store',
    'dump',
    directory,
    '--destination',
    'orders',
    '--type',
    'messageAdded',
    '--bodies',
    '--headers',
  ])
  const [eaten, text, bytes] = lines(orders)
  t.like(eaten, { destination: 'queue://orders', live: false, body: 'eaten' })
  t.like(text, { live: true, body: 'grüße', text: true, headers: { secret: 'h1dden' } })
  t.like(bytes, { live: true, bodyBase64: Buffer.from('a\0b').toString('base64'), text: false })
  const one = lines(await call(['store', 'dump', directory, '--id', String(text!['id'])]))
  t.deepEqual(
    one.map(({ lsn }) => lsn),
    [text!['lsn']],
  )
  const from = lines(
    await call(['store', 'dump', directory, '--from', String(text!['lsn']), '--to', String(bytes!['lsn'])]),
  )
  t.is(from[0]!['lsn'], text!['lsn'])
  t.deepEqual(bytesOf(directory), before, 'nothing was changed')
})

test('TC-15, TX-06: the store of a running broker is not looked into, and a damaged one is shown up to the damage', async t => {
  const { world, directory } = await stopped(t)
  await world.start(brokerXml())
  const busy = await tandem(['store', 'info', directory], world.directory)
  t.is(busy.code, 6, busy.err)
  t.regex(busy.err, /in use by a running broker/)
  await world.stop()
  for (const name of readdirSync(directory)) if (name.endsWith('.snapshot')) rmSync(join(directory, name))
  const file = join(
    directory,
    readdirSync(directory).find(name => name.endsWith('.journal'))!,
  )
  const bytes = readFileSync(file)
  bytes[bytes.indexOf('eaten')]! ^= 1
  writeFileSync(file, bytes)
  const broken = await call(['store', 'dump', directory])
  t.is(broken.code, 1)
  t.regex(broken.err, /at byte \d+: the record does not verify/)
  t.regex(broken.out, /"type":"epoch"/)
  t.is((await call(['store', 'info', directory])).code, 1)
})

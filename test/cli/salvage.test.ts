import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { silentLog } from '../../src/base/log.ts'
import { lsn, type Lsn } from '../../src/base/lsn.ts'
import { RecordType, diskFiles, recover, type RecoveryOptions } from '../../src/journal/journal.ts'
import { reinject, type Reinjected } from '../../src/cli/reinject.ts'
import { exportTail, readListing, type TailListing } from '../../src/twin/twin.ts'
import { bodies } from '../contract/exchange.ts'
import { World, brokerXml, type Client } from '../contract/world.ts'
import { tandem } from './terminal.ts'

const QUEUE = '/queue/orders'

interface Lost {
  readonly world: World
  readonly data: string
  readonly salvage: string
}

/** A broker that was sent six messages, of which one was consumed, and whose whole history was then exported. */
async function lost(t: ExecutionContext, also: (client: Client) => Promise<unknown> = async () => {}): Promise<Lost> {
  const world = await new World().start(brokerXml())
  t.teardown(() => world.end())
  const client = await world.connect()
  const headers = { destination: QUEUE, persistent: 'true' }
  await client.receipted('SEND', headers, 'consumed')
  await client.receipted('SUBSCRIBE', { id: 's', destination: QUEUE, ack: 'client-individual' })
  const first = await client.expect('MESSAGE')
  await client.receipted('ACK', { id: first.headers.get('ack') ?? '' })
  await client.receipted('UNSUBSCRIBE', { id: 's' })
  await client.receipted('SEND', { ...headers, kind: 'a:b', priority: '7', 'correlation-id': 'c1' }, 'one')
  await client.receipted('BEGIN', { transaction: 't' })
  await client.receipted('SEND', { ...headers, transaction: 't' }, 'two')
  await client.receipted('SEND', { ...headers, transaction: 't', 'content-length': '5' }, 'thr\0e')
  await client.receipted('COMMIT', { transaction: 't' })
  await client.receipted('SEND', { ...headers, JMSXGroupID: 'g' }, 'four')
  await also(client)
  await world.stop()
  const data = join(world.directory, 'data', 'test', 'KahaDB')
  const at = await firstMessage(data)
  const info = { journal: '.', now: 0, why: 'a test', receipted: true, log: silentLog }
  const done = await exportTail(diskFiles, data, at, info)
  return { world, data, salvage: join(data, done!.name) }
}

async function firstMessage(directory: string): Promise<Lsn> {
  let found: Lsn | undefined
  const options: RecoveryOptions = { directory, from: lsn(0), committed: lsn(0), log: silentLog }
  await recover(diskFiles, options, (block, _, offset, at) => {
    if (block[offset + 8] === RecordType.messageAdded) found ??= at
  })
  return found!
}

async function another(t: ExecutionContext, xml: string = brokerXml()): Promise<World> {
  const world = await new World().start(xml)
  t.teardown(() => world.end())
  return world
}

test('salvage list shows what was exported from a data directory, or from that of an activemq.xml, also as JSON', async t => {
  const { world, data, salvage } = await lost(t)
  const text = await tandem(['salvage', 'list', data], world.directory)
  t.is(text.code, 0)
  t.regex(text.out, /salvage-19700101T000000Z\n.*a test\n.*\n {2}5 messages \(5 persistent\), of which 1 were consumed/)
  const json = await tandem(['salvage', 'list', data, '--json'], world.directory)
  t.like(JSON.parse(json.out), [{ directory: salvage, kind: 'tail', receipted: true, counts: { messages: 5 } }])
  const file = join(world.directory, 'activemq.xml')
  const property = `-Dactivemq.data=${join(world.directory, 'data')}`
  t.regex((await tandem(['salvage', 'list', property, file], world.directory)).out, /5 messages/)
})

test('salvage reinject sends what was not consumed, in order and with its headers, and a second call sends nothing', async t => {
  const { world, salvage } = await lost(t)
  const target = await another(t)
  const call = ['salvage', 'reinject', salvage, '--to', `stomp://127.0.0.1:${target.port()}`]
  const done = await tandem(call, world.directory)
  t.is(done.code, 0, done.err)
  t.regex(done.out, /^4 messages sent and receipted; 1 had been consumed/)
  const again = await tandem(call, world.directory)
  t.regex(again.out, /^0 messages sent and receipted; 4 were sent before/)
  const consumer = await target.connect()
  consumer.send('SUBSCRIBE', { id: 's', destination: QUEUE })
  const first = await consumer.expect('MESSAGE')
  t.is(first.body.toString(), 'one')
  t.like(Object.fromEntries(first.headers), { kind: 'a:b', priority: '7', 'correlation-id': 'c1', persistent: 'true' })
  t.regex(first.headers.get('tandemmq-salvaged-id') ?? '', /^ID:/)
  t.not(first.headers.get('tandemmq-salvaged-id'), first.headers.get('message-id'))
  t.deepEqual(await bodies(consumer, 3), ['two', 'thr\0e', 'four'])
  const client = await target.connect()
  await client.receipted('SEND', { destination: QUEUE }, 'the end')
  t.deepEqual(await bodies(consumer, 1), ['the end'], 'nothing came twice')
})

test('S-TRF-02: a map message is a map again when it was reinjected', async t => {
  const map = '<map>\n  <entry>\n    <string>a:b</string>\n    <int>1</int>\n  </entry>\n</map>'
  const { world, salvage } = await lost(t, client =>
    client.receipted('SEND', { destination: '/queue/maps', persistent: 'true', transformation: 'jms-map-xml' }, map),
  )
  const target = await another(t)
  const call = ['salvage', 'reinject', salvage, '--to', `stomp://127.0.0.1:${target.port()}`]
  t.is((await tandem(call, world.directory)).code, 0)
  const consumer = await target.connect()
  consumer.send('SUBSCRIBE', { id: 's', destination: '/queue/maps', transformation: 'jms-xml' })
  const message = await consumer.expect('MESSAGE')
  t.is(message.body.toString(), map)
  t.is(message.headers.get('transformation'), 'jms-map-xml')
  t.false([...message.headers.keys()].some(name => name.startsWith('@')))
})

test('salvage reinject --destination sends everything to one queue', async t => {
  const { world, salvage } = await lost(t)
  const target = await another(t)
  const to = ['--to', `stomp://127.0.0.1:${target.port()}`, '--destination', '/queue/review']
  const done = await tandem(['salvage', 'reinject', salvage, ...to], world.directory)
  t.is(done.code, 0, done.err)
  const consumer = await target.connect()
  consumer.send('SUBSCRIBE', { id: 's', destination: '/queue/review' })
  t.deepEqual(await bodies(consumer, 4), ['one', 'two', 'thr\0e', 'four'])
})

test('a reinjection that was interrupted goes on behind the last receipt', async t => {
  const { salvage } = await lost(t)
  const listing = (await readListing(diskFiles, salvage)) as TailListing
  const sent: string[] = []
  const counts: Reinjected = { sent: 0, already: 0, skipped: 0 }
  const client = {
    receipted: (_: string, __: unknown, body: Buffer = Buffer.alloc(0)): Promise<void> => {
      if (sent.length === 2) return Promise.reject(new Error('the broker closed the connection'))
      sent.push(body.toString())
      return Promise.resolve()
    },
  }
  const call = { destination: null, client }
  await t.throwsAsync(reinject(diskFiles, salvage, listing, call, counts), { message: /closed the connection/ })
  t.is(counts.sent, 2)
  writeFileSync(join(salvage, 'progress.log'), `${readFileSync(join(salvage, 'progress.log'), 'latin1')}00000`)
  client.receipted = (_, __, body) => Promise.resolve(void sent.push(String(body)))
  await reinject(diskFiles, salvage, listing, call, counts)
  t.deepEqual(sent, ['one', 'two', 'thr\0e', 'four'])
  t.deepEqual(counts, { sent: 4, already: 2, skipped: 0 })
})

test('salvage reinject says what the broker answered when it is refused, and nothing of the password', async t => {
  const { world, salvage } = await lost(t)
  const users =
    '<plugins><simpleAuthenticationPlugin><users><authenticationUser username="u" password="right"/></users></simpleAuthenticationPlugin></plugins>'
  const target = await another(t, brokerXml({ body: users }))
  const call = ['salvage', 'reinject', salvage, '--to', `stomp://127.0.0.1:${target.port()}`, '--login', 'u']
  const refused = await tandem([...call, '--passcode', 'wr0ng'], world.directory)
  t.is(refused.code, 1)
  t.regex(refused.err, /the broker at \S+ answered ERROR: /)
  t.notRegex(refused.err, /wr0ng/)
  const done = await tandem(call, world.directory, { TANDEMMQ_PASSCODE: 'right' })
  t.is(done.code, 0, done.err)
})

test('salvage: a wrong call is exit code 2 with the help text, and a broker that is not there is 1', async t => {
  const cwd = mkdtempSync(join(tmpdir(), 'tandemmq-'))
  t.teardown(() => rmSync(cwd, { recursive: true }))
  const wrong = [
    ['salvage'],
    ['salvage', 'eat'],
    ['salvage', 'list'],
    ['salvage', 'list', 'nowhere'],
    ['salvage', 'reinject', cwd],
    ['salvage', 'reinject', cwd, '--to', 'http://a'],
    ['salvage', 'reinject', cwd, '--to', 'stomp://127.0.0.1:1'],
    ['salvage', 'list', cwd, '--what'],
  ]
  for (const call of wrong) {
    const { code, err } = await tandem(call, cwd)
    t.is(code, 2, call.join(' '))
    t.regex(err, /Usage: tandemmq salvage/)
  }
  const { salvage, world } = await lost(t)
  const absent = await tandem(['salvage', 'reinject', salvage, '--to', 'stomp://127.0.0.1:1'], world.directory)
  t.is(absent.code, 1)
  t.regex(absent.err, /ECONNREFUSED/)
  t.regex((await tandem(['salvage', '--help'], cwd)).out, /Example: tandemmq salvage reinject/)
})

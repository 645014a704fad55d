import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import { drain, take } from '../contract/consuming.ts'
import { World, brokerXml } from '../contract/world.ts'
import { call, type Answer } from './terminal.ts'

const BODY = 'x'.repeat(200)

interface Stopped {
  readonly world: World
  readonly directory: string
  readonly cwd: string
  readonly journal: string
}

/** A stopped broker: orders 1 to 6 with 1 consumed at the end, one message for a durable subscription, one scheduled. */
async function stopped(t: ExecutionContext): Promise<Stopped> {
  const world = await new World().start(brokerXml({ attributes: 'schedulerSupport="true"' }))
  t.teardown(() => world.end())
  const client = await world.connect({ 'client-id': 'c' })
  const orders = { destination: '/queue/orders', persistent: 'true' }
  const news = { destination: '/topic/news', persistent: 'true' }
  await client.receipted('SUBSCRIBE', { id: 'd', ...news, 'activemq.subscriptionName': 's', ack: 'client' })
  await client.receipted('UNSUBSCRIBE', { id: 'd' })
  await client.receipted('SEND', { destination: '/queue/first', persistent: 'true' }, 'alone')
  for (let i = 1; i <= 6; i++) await client.receipted('SEND', orders, `order ${i} ${BODY}`)
  await client.receipted('SEND', news, 'news')
  await client.receipted('SEND', { ...orders, AMQ_SCHEDULED_DELAY: '3600000' }, 'later')
  client.send('SUBSCRIBE', { id: 'q', ...orders, ack: 'client-individual', 'activemq.prefetchSize': '1' })
  const [first] = await take(client, 1)
  client.send('ACK', { id: first!.headers.get('ack')! })
  await take(client, 1)
  await client.receipted('UNSUBSCRIBE', { id: 'q' })
  await client.receipted('SEND', orders, 'the last one')
  await world.stop()
  const directory = join(world.directory, 'data', 'test', 'KahaDB')
  const cwd = mkdtempSync(join(tmpdir(), 'tandemmq-'))
  t.teardown(() => rmSync(cwd, { recursive: true }))
  const journal = join(
    directory,
    readdirSync(directory).find(name => name.endsWith('.journal'))!,
  )
  return { world, directory, cwd, journal }
}

function withoutSnapshots({ directory }: Stopped): void {
  for (const name of readdirSync(directory)) if (name.endsWith('.snapshot')) rmSync(join(directory, name))
}

/** Changes the journal's bytes. */
function damage({ journal }: Stopped, change: (bytes: Buffer) => void): void {
  const bytes = readFileSync(journal)
  change(bytes)
  writeFileSync(journal, bytes)
}

/** The record of this type that holds, or follows, a text: from and to. */
async function recordOf(place: Stopped, type: string, behind = 0): Promise<{ from: number; to: number }> {
  const { out } = await call(['store', 'dump', place.directory, '--type', type, '--from', String(behind)])
  const { lsn, bytes } = JSON.parse(out.split('\n')[0]!) as { lsn: number; bytes: number }
  return { from: lsn, to: lsn + bytes }
}

const linesOf = (text: string): Record<string, unknown>[] =>
  text.split('\n').flatMap(line => (line === '' ? [] : [JSON.parse(line) as Record<string, unknown>]))
const messagesIn = (text: string): Record<string, unknown>[] => linesOf(text).filter(line => 'headers' in line)
const bytesOf = (directory: string): Record<string, string> =>
  Object.fromEntries(readdirSync(directory).map(name => [name, readFileSync(join(directory, name), 'base64')]))

const salvage = ({ directory, cwd }: Stopped, ...more: readonly string[]): Promise<Answer> =>
  call(['store', 'salvage', directory, ...more], cwd)

test('TC-15: of a whole store salvage writes what export writes, and exits with 0', async t => {
  const place = await stopped(t)
  const done = await salvage(place, '--to', 'all.jsonl')
  t.is(done.code, 0, done.out + done.err)
  t.regex(done.out, /, 0 holes\n/)
  t.is(statSync(join(place.cwd, 'all.jsonl')).mode & 0o077, 0, 'nobody else may read it')
  await call(['export', place.directory, '--file', 'export.jsonl'], place.cwd)
  const [ours, theirs] = ['all.jsonl', 'export.jsonl'].map(name => linesOf(readFileSync(join(place.cwd, name), 'utf8')))
  t.deepEqual(ours!.slice(1), theirs!.slice(1))
  t.is(messagesIn(readFileSync(join(place.cwd, 'all.jsonl'), 'utf8')).length, 9)
})

test('C-14, TC-15: a start refuses a damaged journal and names salvage; what it writes, import brings to a broker', async t => {
  const place = await stopped(t)
  withoutSnapshots(place)
  damage(place, bytes => {
    bytes[bytes.indexOf('order 3')]! ^= 1
  })
  const before = bytesOf(place.directory)
  const refused = await t.throwsAsync(place.world.start(brokerXml({ attributes: 'schedulerSupport="true"' })))
  t.like(refused, { code: 'JOURNAL_CORRUPT' })
  t.regex((refused as Error & { hint: string }).hint, /"tandemmq store salvage \S+KahaDB --to FILE"/)
  const paired = { attributes: 'schedulerSupport="true" activeConnectorURI="tcp://127.0.0.1:1"' }
  const twin = await t.throwsAsync(place.world.start(brokerXml(paired)))
  t.regex(
    (twin as Error & { hint: string }).hint,
    /^Nothing was changed\. The twin has this store too: .*activeConnectorURI/,
  )
  const done = await salvage(place, '--to', 'left.jsonl.gz')
  t.is(done.code, 1, done.err)
  t.regex(
    done.out,
    /tandemmq-0{16}\.journal, bytes \d+ to \d+ \(\d+ bytes\): one message of queue:\/\/orders, which cannot be read/,
  )
  t.notRegex(done.out, /doubtful/, 'the hole is one message: nothing was consumed in it')
  t.deepEqual(bytesOf(place.directory), before, 'nothing was changed')
  const text = gunzipSync(readFileSync(join(place.cwd, 'left.jsonl.gz'))).toString()
  t.true(messagesIn(text).every(message => message['doubtful'] === undefined))
  const target = await new World().start(brokerXml({ attributes: 'schedulerSupport="true"' }))
  t.teardown(() => target.end())
  const sent = await call(['import', 'left.jsonl.gz', '--to', `stomp://127.0.0.1:${target.port()}`], place.cwd)
  t.is(sent.out, '8 messages sent; 1 durable subscriptions are there\n', sent.err)
  t.deepEqual(
    (await drain(target, 'orders')).map(({ body }) => body.toString().slice(0, 7)),
    ['order 2', 'order 4', 'order 5', 'order 6', 'the las'],
  )
})

test('C-14: what may have been consumed in a hole comes back marked, and not at all with --certain', async t => {
  const place = await stopped(t)
  withoutSnapshots(place)
  const { from, to } = await recordOf(place, 'messageRemoved')
  damage(place, bytes => bytes.fill(0, from, to))
  const done = await salvage(place, '--to', 'left.jsonl', '--json')
  t.is(done.code, 1, done.err)
  t.like(JSON.parse(done.out), {
    damaged: true,
    written: 10,
    mayBeConsumed: 9,
    holes: [{ first: from, last: to - 1, message: null }],
  })
  const doubts = messagesIn(readFileSync(join(place.cwd, 'left.jsonl'), 'utf8')).map(({ body, doubtful }) => [
    String(body).slice(0, 7),
    doubtful,
  ])
  t.deepEqual(
    doubts.find(([body]) => body === 'order 1'),
    ['order 1', 'consumed'],
  )
  t.deepEqual(
    doubts.filter(([, doubt]) => doubt !== 'consumed').map(([body]) => body),
    ['the las'],
  )
  const certain = await salvage(place, '--to', 'left.jsonl', '--force', '--certain')
  t.is(certain.code, 1)
  t.regex(certain.out, /left\.jsonl: 1 messages\n/)
  t.regex(certain.out, /9 doubtful ones were left out/)
})

test('C-14: a destination whose name lies in a hole gets another one, and a snapshot knows the names', async t => {
  const place = await stopped(t)
  const { from, to } = await recordOf(place, 'destinationAdded', (await recordOf(place, 'subscriptionAdded')).from)
  damage(place, bytes => bytes.fill(0xff, from, to))
  const known = await salvage(place, '--to', 'a.jsonl')
  t.is(known.code, 1, known.err)
  t.regex(known.out, /older than the newest snapshot, which is whole/)
  t.regex(known.out, /queue:\/\/first: 1 messages, 1 without a proof\n/, 'the checksum before it is in the hole')
  withoutSnapshots(place)
  const unknown = await salvage(place, '--to', 'b.jsonl')
  t.is(unknown.code, 1, unknown.err)
  t.regex(unknown.out, /queue:\/\/tandemmq\.salvaged\.destination-\d+: 1 messages.*its name is lost/)
  const [alone] = messagesIn(readFileSync(join(place.cwd, 'b.jsonl'), 'utf8')).filter(({ body }) => body === 'alone')
  t.regex(String(alone!['destination']), /^queue:\/\/tandemmq\.salvaged\.destination-\d+$/)
})

test('C-14: messages that a snapshot knows and nobody can read are counted; without any file the names are left', async t => {
  const place = await stopped(t)
  damage(place, bytes => bytes.fill(0, bytes.indexOf('order 4'), bytes.indexOf('order 6')))
  const done = await salvage(place, '--to', 'a.jsonl')
  t.is(done.code, 1, done.err)
  t.regex(done.out, /queue:\/\/orders: 3 messages, 3 that were there cannot be read\n/)
  rmSync(place.journal)
  const none = await salvage(place, '--to', 'b.jsonl')
  t.is(none.code, 1, none.err)
  t.regex(none.out, /no file holds the journal from 0 to \d+ \(\d+ bytes\): the journal's end is missing/)
  t.regex(none.out, /queue:\/\/orders: 0 messages, 6 that were there cannot be read\n/)
})

test('TC-15, TX-06: salvage of a store in use answers 6, a wrong call 2, and nothing half is left', async t => {
  const place = await stopped(t)
  t.is((await salvage(place)).code, 2)
  t.is((await call(['store', 'salvage', 'nowhere', '--to', 'x'], place.cwd)).code, 2)
  t.is((await call(['store', 'salvage', place.cwd, '--to', 'x'], place.cwd)).code, 2, 'no journal there')
  writeFileSync(join(place.cwd, 'there'), '')
  t.is((await salvage(place, '--to', 'there')).code, 2, 'it exists')
  await place.world.start(brokerXml({ attributes: 'schedulerSupport="true"' }))
  const busy = await salvage(place, '--to', 'busy')
  t.is(busy.code, 6, busy.err)
  t.deepEqual(readdirSync(place.cwd), ['there'])
})

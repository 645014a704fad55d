import { once } from 'node:events'
import { connect } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import type { Node } from '../../src/server/node.ts'
import { pair, eventually } from '../contract/twins.ts'
import { World, brokerXml } from '../contract/world.ts'
import { FaultyFiles } from '../journal/faulty-files.ts'

/** A broker that answers HTTP on a port of its own, over files that the test can hold up. */
async function world(t: ExecutionContext, files = new FaultyFiles()): Promise<{ world: World; files: FaultyFiles }> {
  const made = new World()
  t.teardown(async () => {
    files.before = () => undefined
    await made.end()
  })
  await made.start(brokerXml(), { files, properties: { 'tandemmq.http': '127.0.0.1:0' } })
  return { world: made, files }
}

/** Holds up every operation of this kind until `release`; `met` resolves at the first one. */
function gate(files: FaultyFiles, operation: 'sync' | 'read'): { met: Promise<void>; release: () => void } {
  let release = (): void => {}
  let meet = (): void => {}
  const open = new Promise<void>(resolve => (release = resolve))
  const met = new Promise<void>(resolve => (meet = resolve))
  files.before = async what => {
    if (what !== operation) return undefined
    meet()
    await open
    return undefined
  }
  return { met, release }
}

const get = async (
  address: string | null,
  path: string,
): Promise<{ status: number; body: Record<string, unknown> }> => {
  const answer = await fetch(`http://${address}${path}`, { headers: { connection: 'close' } })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

async function refused(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED'
  } finally {
    socket.destroy()
  }
}

test('D-05: a stop takes nobody new, is not ready, answers what it has read, and only then closes', async t => {
  const { world: broker, files } = await world(t)
  const { http } = broker.running
  const port = broker.port()
  const client = await broker.connect()
  const idle = await broker.connect()
  await idle.receipted('SUBSCRIBE', { id: '1', destination: '/queue/b' })
  t.is((await get(http, '/health/ready')).status, 200)
  const { met, release } = gate(files, 'sync')
  client.send('SEND', { destination: '/queue/a', persistent: 'true', receipt: 'in flight' }, 'x')
  await met
  const stopped = broker.running.stop()
  const ready = await get(http, '/health/ready')
  t.is(ready.status, 503)
  t.regex(JSON.stringify(ready.body), /"stopping","ok":false/)
  t.is((await get(http, '/health/live')).status, 200, 'it lives until it is gone')
  await eventually('the port is closed', () => broker.running.broker.quiesced)
  t.true(await refused(port))
  client.send('SEND', { destination: '/queue/a', persistent: 'true', receipt: 'too late' }, 'y')
  release()
  t.deepEqual(
    (await client.closed()).map(({ command, headers }) => `${command} ${headers.get('receipt-id')}`),
    ['RECEIPT in flight'],
  )
  t.deepEqual(await idle.closed(), [], 'no ERROR')
  await stopped
  const again = new World(broker.directory)
  await again.start(brokerXml(), { files: files.kill() })
  t.teardown(() => again.stop())
  const reader = await again.connect()
  await reader.receipted('SUBSCRIBE', { id: '1', destination: '/queue/a' })
  t.is((await reader.expect('MESSAGE')).body.toString(), 'x')
  await reader.quiet()
  t.regex(again.lines.join('\n'), /\(snapshot, 0 records read\)/, 'the stop left a snapshot')
})

test('D-05: a disk that does not answer holds a stop up no longer than its limit', async t => {
  const files = new FaultyFiles()
  const broker = new World()
  await broker.start(brokerXml(), { files, stopTimeoutMs: 200 })
  const client = await broker.connect()
  const { met, release } = gate(files, 'sync')
  client.send('SEND', { destination: '/queue/a', persistent: 'true', receipt: 'r' }, 'x')
  await met
  const ended = broker.running.stop()
  t.deepEqual(await client.closed(), [], 'nothing was promised')
  release()
  await ended
  await broker.end()
})

test('D-05, C-13: the active of a pair hands over with every receipt given; probes find the new active', async t => {
  const [one, two] = await pair(t)
  const client = await one.connect()
  for (let n = 0; n < 20; n++)
    client.send('SEND', { destination: '/queue/a', persistent: 'true', receipt: `${n}` }, `${n}`)
  await client.frame()
  await one.running.stop()
  const receipts = (await client.closed()).filter(({ command }) => command === 'RECEIPT').length + 1
  await eventually('the other leads', () => two.running.addresses.length > 0)
  t.is((two.running as Node).pair.role, 'active')
  const reader = await two.connect()
  await reader.receipted('SUBSCRIBE', { id: '1', destination: '/queue/a' })
  let got = 0
  for (; got < receipts; got++) t.is((await reader.expect('MESSAGE')).body.toString(), `${got}`)
  t.true(receipts > 0)
})

test('D-04, C-14: while it recovers it lives and is not ready, and says how far it is; nothing else is answered', async t => {
  const { world: first, files } = await world(t)
  const client = await first.connect()
  for (let n = 0; n < 50; n++) await client.receipted('SEND', { destination: '/queue/a', persistent: 'true' }, `${n}`)
  const left = files.kill()
  await first.stop()
  const { met, release } = gate(left, 'read')
  const second = new World()
  let address = ''
  const log = {
    debug() {},
    warn() {},
    error() {},
    info: (text: string) => void (address ||= /http:\/\/([^/]*)/.exec(text)?.[1] ?? ''),
  }
  const place = { 'tandemmq.http': '127.0.0.1:0', 'activemq.data': `${first.directory}/data` }
  // The same files, so the same directory.
  const starting = second.start(brokerXml(), { files: left, log, properties: place })
  t.teardown(async () => {
    release()
    await starting.catch(() => {})
    await second.end()
  })
  await met
  t.is((await get(address, '/health/live')).status, 200)
  const ready = await get(address, '/health/ready')
  t.like(ready, { status: 503 })
  t.is(ready.body['state'], 'STARTING')
  t.is((await get(address, '/health/ready?role=active')).status, 503)
  const status = await get(address, '/api/pair')
  t.like(status.body, {
    state: 'STARTING',
    detail: 'The data directory is being opened.',
    inSync: false,
    connectors: [],
  })
  const other = await get(address, '/api/pair/segments')
  t.like(other, { status: 503 })
  t.is(other.body['code'], 'starting')
  release()
  await starting
  t.is((await get(address, '/health/ready')).status, 200)
  t.like(second.running.recovered, { messages: 50, destinations: 1 })
})

import { copyFileSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { connect as dialTls, type TLSSocket } from 'node:tls'
import test, { type ExecutionContext } from 'ava'
import { silentLog, type Log } from '../../src/base/log.ts'
import type { TandemError } from '../../src/base/errors.ts'
import type { Node } from '../../src/server/node.ts'
import { loadConfig } from '../../src/config/config.ts'
import { decryptJasypt } from '../../src/security/security.ts'
import { refuses } from '../contract/refuses.ts'
import { connectTls, tlsFile } from '../contract/tls.ts'
import { jettyXml, REALM, secureConnector } from '../config/jetty-files.ts'
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
  t.true(await refuses(port))
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
  const log = lines()
  const place = { 'tandemmq.http': '127.0.0.1:0', 'activemq.data': `${first.directory}/data` }
  // The same files, so the same directory.
  const starting = second.start(brokerXml(), { files: left, log, properties: place })
  t.teardown(async () => {
    release()
    await starting.catch(() => {})
    await second.end()
  })
  await met
  const address = log.http
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

test('CE-06, C-15: a reload serves other certificates from the next handshake on, and a wrong store changes nothing', async t => {
  const world = new World()
  t.teardown(() => world.end())
  const keys = join(world.directory, 'keys.p12')
  copyFileSync(tlsFile('server-keytool.p12'), keys)
  const body = `<sslContext><sslContext keyStore="${keys}" keyStoreType="PKCS12" keyStorePassword="store-secret"/></sslContext>`
  const connectors = { ssl: 'stomp+ssl://127.0.0.1:0', wss: 'wss://127.0.0.1:0' }
  writeFileSync(join(world.directory, 'jetty.xml'), jettyXml({ port: '0', connectors: secureConnector(keys, '0') }))
  writeFileSync(join(world.directory, 'jetty-realm.properties'), REALM)
  const properties = { 'tandemmq.http': '127.0.0.1:0', 'activemq.conf': world.directory }
  const xml = brokerXml({ body, connectors }).replace('</beans>', '<import resource="jetty.xml"/></beans>')
  await world.start(xml, { properties })
  const webPort = Number(/https:\/\/127\.0\.0\.1:(\d+)/.exec(world.lines.join('\n'))?.[1])
  const webCurve = async (): Promise<string | undefined> => {
    const socket = dialTls({ host: '127.0.0.1', port: webPort, rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    const { asn1Curve } = socket.getPeerCertificate()
    socket.destroy()
    return asn1Curve
  }
  const keyOf = async (): Promise<string | undefined> => {
    const client = await connectTls(world, 'ssl', { rejectUnauthorized: false })
    const { asn1Curve } = (client.socket as TLSSocket).getPeerCertificate()
    client.destroy()
    return asn1Curve
  }
  const again = async (): Promise<readonly string[]> => {
    const file = join(world.directory, 'activemq.xml')
    const given = { 'activemq.data': join(world.directory, 'data'), ...properties }
    const { config } = await loadConfig(file, {
      properties: given,
      env: {},
      cwd: world.directory,
      decrypt: decryptJasypt,
    })
    if (config === null) throw new Error('no configuration')
    return world.running.reload(config).changes
  }
  t.is(await keyOf(), undefined, 'an RSA key')
  t.is(await webCurve(), undefined)
  const old = await connectTls(world, 'ssl')
  copyFileSync(tlsFile('server-ec.p12'), keys)
  const connectorsChanged = ['connector "ssl" has other certificates', 'connector "wss" has other certificates']
  t.deepEqual(await again(), [...connectorsChanged, 'the HTTP interface has other certificates'])
  t.is(await keyOf(), 'prime256v1')
  t.is(await webCurve(), 'prime256v1')
  await old.quiet()
  t.deepEqual(await again(), [])
  copyFileSync(tlsFile('ca.pem'), keys)
  const error = await t.throwsAsync<TandemError>(again())
  t.regex(error.code, /^TLS_/)
  t.is(await keyOf(), 'prime256v1', 'what was in force still is')
})

test('D-06: a broker that waits for the data directory lives and is not ready, and serves when the other is gone', async t => {
  const first = new World()
  t.teardown(() => first.end())
  const locker = '<locker><shared-file-locker lockAcquireSleepInterval="50"/></locker>'
  const store = `<kahaDB directory="\${activemq.data}/store">${locker}</kahaDB>`
  const xml = brokerXml({ body: `<persistenceAdapter>${store}</persistenceAdapter>` })
  await first.start(xml)
  const second = new World(first.directory)
  const log = lines()
  const starting = second.start(xml, { log, properties: { 'tandemmq.http': '127.0.0.1:0' } })
  t.teardown(() => second.stop())
  await eventually('HTTP is open', () => log.http !== '')
  t.is((await get(log.http, '/health/live')).status, 200)
  t.is((await get(log.http, '/health/ready')).status, 503)
  t.is((await get(log.http, '/api/pair')).body['detail'], 'Another broker has the data directory; waiting for it.')
  await first.stop()
  await starting
  t.is((await get(log.http, '/health/ready')).status, 200)
})

/** A log that remembers where HTTP is. */
function lines(): Log & { http: string } {
  const log = {
    ...silentLog,
    http: '',
    info: (text: string) => void (log.http ||= /http:\/\/([^/]*)/.exec(text)?.[1] ?? ''),
  }
  return log
}

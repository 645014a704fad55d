import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { silentLog } from '../../src/base/log.ts'
import type { Broker } from '../../src/broker/broker.ts'
import { loadConfig } from '../../src/config/config.ts'
import { Connectors } from '../../src/server/connectors.ts'
import { readyLine } from '../../src/cli/ready-line.ts'
import type { About, Log } from '../../src/base/log.ts'
import type { Node } from '../../src/server/node.ts'
import { accessTo } from '../../src/management/access.ts'
import { POLICIES, type BeanError } from '../../src/management/management.ts'
import { BROKER, bean, exec, named, read } from '../management/shown.ts'
import { listenerOptions } from '../../src/server/options.ts'
import { refuses } from '../contract/refuses.ts'
import { Client, World, brokerXml } from '../contract/world.ts'
import { eventually, pair } from '../contract/twins.ts'
import { temporary } from '../temporary.ts'

const connectorBean = (name: string) => named(['connector', 'clientConnectors'], ['connectorName', name])

/** The connectors of a node by themselves, on ports that the system chooses. */
async function doors(t: ExecutionContext, names: readonly string[], hasTwin = false): Promise<Connectors> {
  const directory = temporary('doors')
  const file = join(directory, 'activemq.xml')
  writeFileSync(file, brokerXml({ connectors: Object.fromEntries(names.map(name => [name, 'stomp://127.0.0.1:0'])) }))
  const { config } = await loadConfig(file, { properties: { 'activemq.data': directory }, env: {}, cwd: directory })
  if (config === null) throw new Error('no configuration')
  const connectors = config.connectors.map(one => listenerOptions(config, one, silentLog))
  const broker = { brokerName: 'test' } as Broker // nobody connects
  const made = new Connectors({ broker, connectors, unstarted: [], hasTwin: () => hasTwin, log: silentLog })
  t.teardown(() => made.closeAll())
  return made
}

const namesOf = (all: readonly { readonly name: string }[]): string[] => all.map(({ name }) => name)

test('what is being opened does not stay open when all are closed meanwhile: a node that steps down, or ends', async t => {
  const all = await doors(t, ['one', 'two'])
  const opening = all.openAll()
  await all.closeAll()
  await opening
  t.deepEqual(all.ports, [])
  await all.openAll()
  t.deepEqual(namesOf(all.ports), ['one', 'two'])
})

test('a node that steps down while it opens its connectors serves nobody, and its start is over', async t => {
  const node = (await world(t, { one: 'stomp://127.0.0.1:0' })).running as Node
  const { connectors } = node.service!
  await connectors.closeAll()
  await Promise.all([node.open(), node.reopen()])
  t.false(node.serving)
  t.deepEqual(connectors.ports, [])
})

test('LC-11: a disk that fails and recovers while the connectors are being opened leaves each of them open once', async t => {
  const all = await doors(t, ['one', 'two'])
  const first = all.openAll()
  await Promise.all([all.suspend(), first, all.openAll()])
  t.deepEqual(namesOf(all.ports), ['one', 'two'])
  t.deepEqual(namesOf(all.addresses), ['one', 'two'])
  const second = all.openAll()
  const suspended = all.suspend()
  await Promise.all([second, suspended])
  t.deepEqual(all.ports, [])
})

test('LC-11, D-05: a disk that takes something again opens nothing on a node that is about to end', async t => {
  const all = await doors(t, ['one'])
  await all.openAll()
  await all.suspend()
  all.refuseNew()
  await all.openAll()
  t.deepEqual(all.ports, [])
})

test('LC-11, OC-01: a disk that fails while the connectors are being opened leaves the twin its ports, and clients none', async t => {
  const all = await doors(t, ['one', 'two'], true)
  const opening = all.openAll()
  await all.suspend()
  await opening
  t.deepEqual([namesOf(all.ports), all.addresses], [['one', 'two'], []])
  await all.openAll()
  t.deepEqual(namesOf(all.addresses), ['one', 'two'])
})

const HTTP = { 'tandemmq.http': '127.0.0.1:0' }

async function world(t: ExecutionContext, connectors: Readonly<Record<string, string>>): Promise<World> {
  const made = await new World().start(brokerXml({ connectors }), { properties: HTTP })
  t.teardown(() => made.end())
  return made
}

async function get(world: World, path: string): Promise<{ readonly status: number; readonly text: string }> {
  const answer = await fetch(`http://${world.running.http}${path}`, { headers: { connection: 'close' } })
  return { status: answer.status, text: await answer.text() }
}

const connectorsOf = async (world: World): Promise<unknown> =>
  (JSON.parse((await get(world, '/api/pair')).text) as Record<string, unknown>)['connectors']

const TWO = { one: 'stomp://127.0.0.1:0', two: 'stomp://127.0.0.1:0' }

test('OC-01, AC-01: stop() of a connector closes its port and its connections, and everything says so', async t => {
  const node = await world(t, TWO)
  const { beans } = node.running
  const port = node.port('one')
  const client = await node.connect({}, 'one')
  await client.receipted('SUBSCRIBE', { id: '1', destination: '/queue/q', ack: 'client' })
  const other = await node.connect({}, 'two')
  await other.receipted('SEND', { destination: '/queue/q', persistent: 'true' }, 'x')
  await client.expect('MESSAGE')
  client.send('SEND', { destination: '/queue/p', persistent: 'true', receipt: 'last' }, 'y')
  await eventually('it was read', () => node.running.broker.find(0, 'p') !== null)

  t.is((await exec(beans, connectorBean('one'), 'stop')) ?? null, null)

  const [last, ...rest] = await client.closed()
  t.is(last?.headers.get('receipt-id'), 'last', 'what was read is answered')
  t.deepEqual(rest, [], 'the connection ends without an ERROR (LC-02)')
  t.true(await refuses(port))
  t.like(read(beans, connectorBean('one')), { Started: false, ConnectionCount: 0 })
  t.like(read(beans, connectorBean('two')), { Started: true, ConnectionCount: 1 })
  t.deepEqual(Object.keys(read(beans, BROKER)['TransportConnectors'] as object), ['two'])
  t.deepEqual(
    node.running.addresses.map(({ name }) => name),
    ['two'],
  )
  t.deepEqual(await connectorsOf(node), [`tcp://127.0.0.1:${node.port('two')}`])
  const ready = await get(node, '/health/ready')
  t.is(ready.status, 200, 'the other connector lets clients in')
  t.regex(ready.text, /clients are let in; stopped by an administrator: one"/)
  t.regex(
    node.lines.join('\n'),
    /connector "one" was stopped by an administrator: its port is closed, 1 connections end/,
  )
  await other.receipted('SUBSCRIBE', { id: '2', destination: '/queue/q', ack: 'client' })
  t.is((await other.expect('MESSAGE')).body.toString(), 'x', "what it had not acknowledged is another one's")

  await exec(beans, connectorBean('one'), 'stop')
  t.is(node.lines.filter(line => line.includes('was stopped')).length, 1, 'a second stop() does nothing')
  await exec(beans, connectorBean('one'), 'start')
  await exec(beans, connectorBean('one'), 'start')
  t.is(read(beans, connectorBean('one'))['Started'], true)
  t.deepEqual(
    node.running.addresses.map(({ name }) => name),
    ['one', 'two'],
  )
  await (await node.connect({}, 'one')).quiet()
})

test('OC-01, D-06: with every connector stopped the node is not ready, and can still be asked to open them', async t => {
  const node = await world(t, TWO)
  const { beans } = node.running
  await Promise.all([exec(beans, connectorBean('one'), 'stop'), exec(beans, connectorBean('two'), 'stop')])
  const ready = await get(node, '/health/ready')
  t.is(ready.status, 503)
  t.regex(ready.text, /"stopped by an administrator: one, two"/)
  t.regex((await get(node, '/metrics')).text, /^tandemmq_up\S* 0$/m)
  t.deepEqual(read(beans, BROKER)['TransportConnectors'], {})
  t.deepEqual(await connectorsOf(node), [])
  t.is(beans.readOnly, null)
  await exec(beans, connectorBean('two'), 'start')
  t.is((await get(node, '/health/ready')).status, 200)
  await node.stop()
  await node.start(brokerXml({ connectors: TWO }), { properties: HTTP })
  t.is(node.running.addresses.length, 2, 'a restart remembers nothing of it')
})

test('OC-01: start() of a connector whose port was taken meanwhile is an IOException, and it stays stopped', async t => {
  const taker = createServer()
  taker.listen(0, '127.0.0.1')
  await once(taker, 'listening')
  const { port } = taker.address() as AddressInfo
  taker.close()
  await once(taker, 'close')
  const node = await world(t, { one: `stomp://127.0.0.1:${port}` })
  const { beans } = node.running
  await exec(beans, connectorBean('one'), 'stop')
  const thief = createServer()
  thief.listen(port, '127.0.0.1')
  await once(thief, 'listening')
  const error = await t.throwsAsync<BeanError>(exec(beans, connectorBean('one'), 'start'))
  t.is(error.className, 'java.io.IOException')
  t.regex(
    error.message,
    /^Failed to bind to server socket: stomp:\/\/127\.0\.0\.1:\d+ due to: .*another program listens/,
  )
  t.is(read(beans, connectorBean('one'))['Started'], false)
  thief.close()
  await once(thief, 'close')
  await exec(beans, connectorBean('one'), 'start')
  t.is(node.port('one'), port)
})

test('OC-01: in a pair a stopped connector turns clients away and lets the twin in; its passive does not take over', async t => {
  const [one, two] = await pair(t)
  const [active, passive] = [one.running as Node, two.running as Node]
  const { beans } = active
  const port = one.port()
  const client = await one.connect()
  await exec(beans, connectorBean('stomp'), 'stop')
  t.deepEqual(await client.closed(), [])
  t.regex(one.lines.join('\n'), /connector "stomp" was stopped by an administrator: only the twin is let in/)
  t.is(active.pair.state, 'PAIRED')
  t.is(read(beans, connectorBean('stomp'))['Started'], false)
  t.deepEqual(active.connectorUris, [])
  const late = await Client.dial(port)
  late.send('CONNECT', { 'accept-version': '1.2', host: 'localhost' })
  t.deepEqual(await late.closed(), [], 'as where nobody listens')
  // A passive that finds the port of its active closed would take it for dead, and lead too.
  await passive.stop()
  await two.stop()
  const attributes = `masterConnectorURI="tcp://127.0.0.1:${port}"`
  await two.start(brokerXml({ attributes }))
  await eventually('it is in sync again', () => active.pair.state === 'PAIRED')
  await exec(beans, connectorBean('stomp'), 'start')
  await (await one.connect()).quiet()
  await exec(beans, connectorBean('stomp'), 'stop')
  await one.stop()
  await eventually('the other leads', () => two.running.addresses.length > 0)
  t.is(read(two.running.beans, connectorBean('stomp'))['Started'], true)
})

/** `late` waits for its start, whatever else there is. */
const unstarted = (connectors: Readonly<Record<string, string>>, attributes = ''): string =>
  brokerXml({ connectors, attributes }).replaceAll('name="late"', 'name="late" autoStart="false"')

async function jolokia(world: World, request: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
  const body = JSON.stringify(request)
  const answer = await fetch(`http://${world.running.http}/api/jolokia/`, { method: 'POST', body })
  return (await answer.json()) as Record<string, unknown>
}

test('VER-06, AC-01, OC-01: a connector with autoStart="false" is listed, and opens and closes through Jolokia', async t => {
  const made = new World()
  t.teardown(() => made.end())
  const xml = unstarted({ late: 'stomp://127.0.0.1:0', open: 'stomp://127.0.0.1:0' })
  const node = await made.start(xml, { properties: HTTP })
  const mbean = 'org.apache.activemq:type=Broker,brokerName=test,connector=clientConnectors,connectorName=late'
  const shown = async (): Promise<unknown> =>
    (await jolokia(node, { type: 'read', mbean, attribute: ['Started', 'AutoStart', 'Name'] }))['value']
  const listed = await jolokia(node, { type: 'search', mbean: mbean.replace('late', '*') })
  t.is((listed['value'] as string[]).length, 2)
  t.deepEqual(await shown(), { Started: false, AutoStart: false, Name: 'late' })
  t.is(read(node.running.beans, connectorBean('open'))['AutoStart'], true)
  t.deepEqual(
    node.running.addresses.map(({ name }) => name),
    ['open'],
  )
  t.is(node.lines.filter(line => /connector "late" is not opened: autoStart="false"/.test(line)).length, 1)
  t.regex((await get(node, '/health/ready')).text, /clients are let in; not started \(autoStart=\\"false\\"\): late"/)

  t.is((await jolokia(node, { type: 'exec', mbean, operation: 'stop()' }))['status'], 200)
  t.false(
    node.lines.some(line => line.includes('was stopped')),
    'there is nothing to stop',
  )
  t.is((await jolokia(node, { type: 'exec', mbean, operation: 'start()' }))['status'], 200)
  t.deepEqual(await shown(), { Started: true, AutoStart: false, Name: 'late' })
  t.regex(node.lines.join('\n'), /connector "late" was started by an administrator/)
  t.regex(node.lines.join('\n'), /connector "late" listens on stomp:\/\/127\.0\.0\.1:\d+: connect/)
  await (await node.connect({}, 'late')).quiet()
  const port = node.port('late')

  t.is((await jolokia(node, { type: 'exec', mbean, operation: 'stop()' }))['status'], 200)
  t.true(await refuses(port))
  t.regex((await get(node, '/health/ready')).text, /stopped by an administrator: late"/)
  await jolokia(node, { type: 'exec', mbean, operation: 'start()' })
  t.is(node.running.addresses.length, 2)
  await node.stop()
  await node.start(xml, { properties: HTTP })
  t.deepEqual(await shown(), { Started: false, AutoStart: false, Name: 'late' }, 'the file says so for every start')
})

test("VER-06, D-01: in ActiveMQ's form the log says of a start and a stop what ActiveMQ says", async t => {
  const made = new World()
  t.teardown(() => made.end())
  const classic: string[] = []
  const line = (_text: string, about?: About): void => {
    if (about?.code?.startsWith('CONNECTOR_') === true) classic.push(about.classic ?? '')
  }
  const log: Log = { debug: line, info: line, warn: line, error: line }
  const xml = unstarted({ late: 'stomp://127.0.0.1:0', open: 'stomp://127.0.0.1:0' })
  const { running } = await made.start(xml, { log })
  classic.length = 0
  await exec(running.beans, connectorBean('late'), 'start')
  const address = `stomp://127.0.0.1:${made.port('late')}`
  await exec(running.beans, connectorBean('late'), 'stop')
  t.deepEqual(classic, [`Listening for connections at: ${address}`, 'Connector late started', 'Connector late stopped'])
})

test('VER-06, D-06: where every connector waits for its start the broker runs, is not ready, and says why', async t => {
  const made = new World()
  t.teardown(() => made.end())
  const node = await made.start(unstarted({ late: 'stomp://127.0.0.1:0' }), { properties: HTTP })
  const ready = await get(node, '/health/ready')
  t.is(ready.status, 503)
  t.regex(ready.text, /"not started \(autoStart=\\"false\\"\): late"/)
  t.regex(readyLine(node.running, { ms: 1, warnings: 0 }), /^ready, no connector is open, after 1 ms; active \(ALONE\)/)
  await exec(node.running.beans, connectorBean('late'), 'start')
  t.is((await get(node, '/health/ready')).status, 200)
  await (await node.connect({}, 'late')).quiet()
})

test('VER-06: a pair tells nobody of a connector that nobody has started', async t => {
  const [closed, taker] = [createServer(), createServer()]
  for (const one of [closed, taker]) await once(one.listen(0, '127.0.0.1'), 'listening')
  const ports = [closed, taker].map(one => (one.address() as AddressInfo).port)
  for (const one of [closed, taker]) await once(one.close(), 'close')
  const one = new World()
  const two = new World()
  t.teardown(() => Promise.all([one.end(), two.end()]))
  await one.start(unstarted({ late: `stomp://127.0.0.1:${ports[0]}`, stomp: 'stomp://127.0.0.1:0' }))
  const attributes = `masterConnectorURI="tcp://127.0.0.1:${one.port('stomp')}"`
  const late = `stomp://127.0.0.1:${ports[1]}`
  await two.start(unstarted({ late, stomp: 'stomp://127.0.0.1:0' }, attributes))
  const [active, passive] = [one.running as Node, two.running as Node]
  await eventually('it is in sync', () => active.pair.state === 'PAIRED')
  const told = [`tcp://127.0.0.1:${one.port('stomp')}`]
  t.deepEqual(active.connectorUris, told)
  t.deepEqual(passive.pair.peer?.uris, told)
  t.false(passive.connectorUris.some(uri => uri.endsWith(`:${ports[1]}`)))
  t.deepEqual(Object.keys(read(passive.beans, BROKER)['TransportConnectors'] as object), ['stomp'])
  await exec(active.beans, connectorBean('late'), 'start')
  t.deepEqual(active.connectorUris, [`tcp://127.0.0.1:${ports[0]}`, ...told])
  await one.stop()
  await eventually('the other leads', () => two.running.addresses.length > 0)
  t.deepEqual(
    two.running.addresses.map(({ name }) => name),
    ['stomp'],
    'what was started on one is not started on the other',
  )
})

test('OC-01, JA-04: where the access policy is hardened nobody stops a connector', t => {
  const name = connectorBean('stomp')
  for (const operation of ['start', 'stop', 'start()', 'stop()']) {
    t.false(accessTo(POLICIES.hardened, 'exec', name)(operation))
    t.true(accessTo(POLICIES.strict, 'exec', name)(operation))
  }
})

test('OB-04: stopGracefully() stops the connectors of a name, and ends the broker when the queues are empty', async t => {
  const node = await world(t, TWO)
  const producer = await node.connect({}, 'one')
  await producer.receipted('SEND', { destination: '/queue/q', persistent: 'true' }, 'x')
  const port = node.port('one')
  const consumer = await node.connect({}, 'two')
  const { beans } = node.running
  t.truthy(bean(beans, BROKER))
  const ended = exec(beans, BROKER, 'stopGracefully', 'one', 'q', 60_000, 10)
  await producer.closed()
  t.true(await refuses(port), 'nobody comes back with more')
  await consumer.receipted('SUBSCRIBE', { id: '1', destination: '/queue/q', ack: 'auto' })
  await ended
  await node.running.stopped
  t.pass()
})

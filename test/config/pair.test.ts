import { readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import test from 'ava'
import { formatFinding, type Finding, type HttpConfig, type LoadResult } from '../../src/config/config.ts'
import { codes, find, load, loadBroker, STOMP, stops } from './loading.ts'

const texts = ({ findings }: LoadResult, severity: Finding['severity']): string =>
  findings
    .filter(finding => finding.severity === severity)
    .map(formatFinding)
    .join('\n')

const set = (properties: Readonly<Record<string, string>>, attributes = ''): Promise<LoadResult> =>
  loadBroker(attributes, STOMP, { properties })

const uris = async (uri: string): Promise<readonly string[] | undefined> =>
  (await loadBroker(`masterConnectorURI="${uri}"`, STOMP)).config?.pair.activeConnector?.uris

test('an ordinary broker is told nothing about the pair, and has its defaults', async t => {
  const { config, findings } = await set({})
  t.deepEqual(findings, [])
  t.like(config?.pair, {
    activeConnector: null,
    policy: 'auto',
    takeoverAfter: 10_000,
    bootPeerWait: 5000,
    startAlone: false,
    bootAlone: false,
    handoverOnStop: true,
    replicators: null,
    ackTimeout: 5000,
    beat: 250,
    window: 8 * 1024 * 1024,
  })
  t.true((config?.pair.retainedBytes ?? 0) <= 4 * 1024 ** 3)
  t.like(config?.http, { host: '127.0.0.1', port: 8161, asked: false, web: null })
})

test('replication.md 4.3: each shutdown flag, under any of its names, chooses its policy', async t => {
  const policy = async (attributes: string): Promise<string | undefined> =>
    (await loadBroker(attributes, STOMP)).config?.pair.policy
  t.is(await policy('shutdownOnMasterFailure="true"'), 'manual')
  t.is(await policy('shutdownOnActiveFailure="true"'), 'manual')
  t.is(await policy('shutdownOnSlaveFailure="true"'), 'stop-on-loss')
  t.is(await policy('shutdownOnPassiveFailure="true"'), 'stop-on-loss')
  t.is(await policy('shutdownOnMasterFailure="false" shutdownOnSlaveFailure="false"'), 'auto')
})

test('two policies in one file are an error that names both places, each as it was written', async t => {
  const both = await loadBroker('shutdownOnActiveFailure="true" shutdownOnPassiveFailure="true"', STOMP)
  t.is(both.config, null)
  const message = find(both, 'CONFIG_CONTRADICTION')?.message ?? ''
  t.regex(message, /"shutdownOnPassiveFailure".*stop-on-loss.*"shutdownOnActiveFailure" \(line 3, column \d+\).*manual/)
  t.not(find(both, 'CONFIG_CONTRADICTION')?.at.column, Number(/column (\d+)/.exec(message)?.[1]))
})

test('two names with two values are an error for every setting of the pair, the address included', async t => {
  for (const attributes of [
    'masterConnectorURI="tcp://a:1" activeConnectorURI="tcp://b:1"',
    'shutdownOnMasterFailure="true" shutdownOnActiveFailure="false"',
    'waitForSlaveTimeout="5" waitForPassiveTimeout="6"',
    'shutdownOnSlaveFailure="true" shutdownOnPassiveFailure="false"',
  ])
    t.regex(find(await loadBroker(attributes, STOMP), 'CONFIG_CONTRADICTION')?.message ?? '', /line 3, column/)
  const elements =
    '<services><masterConnector remoteURI="tcp://a:1"/><activeConnector remoteURI="tcp://b:1"/></services>'
  t.deepEqual(codes(await loadBroker('', elements + STOMP), 'error'), ['CONFIG_CONTRADICTION'])
})

test('config 3.2, 4.6: the address of the active is one connector or a list of them', async t => {
  t.deepEqual(await uris('tcp://a:61616'), ['tcp://a:61616'])
  t.deepEqual(await uris('stomp+nio://[::1]:61623?soTimeout=5'), ['tcp://[::1]:61623'])
  t.deepEqual(await uris('failover:(tcp://a:1)?initialReconnectDelay=500&amp;maxReconnectAttempts=-1'), ['tcp://a:1'])
  t.deepEqual(await uris('failover://(tcp://a:1,tcp://a:1,nio://b:2?wireFormat.x=1)?randomize=false'), [
    'tcp://a:1',
    'tcp://b:2',
  ])
  t.deepEqual(await uris('static:(failover:(tcp://a:1,tcp://b:2)?maxReconnectAttempts=0)'), ['tcp://a:1', 'tcp://b:2'])
  t.deepEqual(await uris('failover:tcp://a:1,tcp://b:2'), ['tcp://a:1', 'tcp://b:2'])
})

test('an address that cannot be the active is an error with the reason, at its place', async t => {
  const wrong: readonly (readonly [uri: string, reason: RegExp])[] = [
    ['discovery:(multicast://default)', /discovery:, which is refused: .*nobody is looked for/],
    ['multicast://default', /refused/],
    ['vm://localhost', /another process/],
    ['http://a:8161', /not go over HTTP/],
    ['ws://a:61614', /name a tcp or ssl connector/],
    ['tpc://a:1', /did you mean "tcp"/],
    ['tcp://a', /no host and port/],
    ['tcp://0.0.0.0:1', /every address and none/],
    ['failover:(tcp://a:1', /parentheses/],
    ['failover:()', /names no address/],
    ['tcp://a:1?initialReconnectDely=5', /did you mean "initialReconnectDelay"/],
    ['localhost:61616', /localhost:|not a URI|scheme/],
    ['', /no remoteURI/],
  ]
  for (const [uri, reason] of wrong) {
    const result = await loadBroker(`masterConnectorURI="${uri}"`, STOMP)
    t.is(result.config, null, uri)
    t.regex(texts(result, 'error'), reason, uri)
  }
})

test("a broker that names its own connector as the active is told so, and another's port on this machine is not", async t => {
  const own = await loadBroker('masterConnectorURI="tcp://localhost:61613"', STOMP)
  t.regex(texts(own, 'error'), /own connector "stomp"/)
  t.deepEqual(stops(await loadBroker('masterConnectorURI="tcp://localhost:61623"', STOMP)), [])
})

test('passwords and messages in clear to another machine are warned about, on loopback not', async t => {
  const away = '<services><masterConnector remoteURI="tcp://a:1" userName="u" password="pw-secret"/></services>'
  const clear = await loadBroker('', away + STOMP)
  t.regex(texts(clear, 'warn'), /the password and every message go to tcp:\/\/a:1 in clear/)
  t.notRegex(clear.findings.map(formatFinding).join('\n'), /pw-secret/)
  const here = await loadBroker('', away.replace('//a:', '//127.0.0.1:') + STOMP)
  t.notRegex(texts(here, 'warn'), /in clear/)
  const tls = await loadBroker('masterConnectorURI="ssl://a:1"', STOMP)
  t.regex(texts(tls, 'refuse'), /no trust store/)
})

test('a witness is refused until it is served, and no other policy takes its place', async t => {
  const result = await set({ 'tandemmq.pair.witness': 'etcd://127.0.0.1:2379/x' })
  t.is(result.config, null)
  t.regex(texts(result, 'refuse'), /a witness .* is not served by this version, so the broker does not start/)
})

test('-Dtandemmq.pair.… settings are read in the units of the file', async t => {
  const { config, findings } = await set({
    'tandemmq.pair.takeoverAfter': '3000',
    'tandemmq.pair.window': '16 mb',
    'tandemmq.pair.retainedBytes': '1g',
    'tandemmq.pair.startAlone': 'true',
    'tandemmq.pair.handoverOnStop': 'false',
    'tandemmq.pair.deleteAll': '1',
  })
  t.deepEqual(findings, [])
  t.like(config?.pair, { takeoverAfter: 3000, window: 16 * 1024 ** 2, retainedBytes: 1024 ** 3, deleteAll: true })
  t.like(config?.pair, { startAlone: true, handoverOnStop: false })
})

test('a -Dtandemmq.pair.… setting that is unknown or wrong stops the start and says what was meant', async t => {
  const wrong: readonly (readonly [name: string, value: string, reason: RegExp])[] = [
    ['announce', 'one:61613', /write tcp:\/\/host:port/],
    ['takeOverAfter', '1', /did you mean "takeoverAfter"/],
    ['takeoverAfter', '10s', /write 10000 \(milliseconds\)/],
    ['window', '1 kb', /from 65536 to/],
    ['window', 'big', /not a size/],
    ['bootAlone', 'yes', /neither true nor false/],
    ['ackTimeout', '500', /at least three beats \(750 ms\)/],
    ['replicators', ' , ', /names nobody/],
    ['replicators', 'users:x', /holds "users:x"/],
  ]
  for (const [name, value, reason] of wrong) {
    const result = await set({ [`tandemmq.pair.${name}`]: value })
    t.is(result.config, null, name)
    t.regex(texts(result, 'error'), reason, name)
    t.is(find(result, 'CONFIG_PROPERTY')?.severity, 'error')
  }
})

test('replication.md rule 10: a pair open to the network without replicators says who may read the journal', async t => {
  const open = STOMP.replace('127.0.0.1', '0.0.0.0')
  const anyone = await loadBroker('waitForPassive="true"', open)
  t.regex(texts(anyone, 'warn'), /anybody who reaches a connector may attach as the passive/)
  const nobody = await set({ 'tandemmq.pair.replicators': 'twin' }, 'waitForPassive="true"')
  t.regex(texts(nobody, 'refuse'), /without an authentication plugin there are none/)
})

test('a passive whose store is in memory is refused', async t => {
  const result = await loadBroker('masterConnectorURI="tcp://127.0.0.1:1" persistent="false"', STOMP)
  t.regex(texts(result, 'refuse'), /a store in memory cannot be paired/)
})

test('config 4.2: waiting for no time at all is an error, passiveSlave is told to replicate all the same', async t => {
  t.regex(texts(await loadBroker('waitForSlave="true" waitForSlaveTimeout="0"', STOMP), 'error'), /no time to wait/)
  const attached = await loadBroker('passiveSlave="true"', STOMP)
  t.deepEqual(stops(attached), [])
  t.regex(texts(attached, 'warn'), /"passiveSlave".*replicates all the same/)
})

test('management W-01, P-06: -Dtandemmq.http moves, closes or opens the HTTP interface', async t => {
  const http = async (value: string): Promise<HttpConfig | null | undefined> =>
    (await set({ 'tandemmq.http': value })).config?.http
  t.like(await http('127.0.0.1:8171'), { host: '127.0.0.1', port: 8171, asked: true })
  t.like(await http('[::1]:0'), { host: '::1', port: 0, asked: true })
  t.is(await http('off'), null)
  t.is((await loadBroker('useJmx="false"', STOMP)).config?.http, null)
  const asked = { properties: { 'tandemmq.http': 'localhost:9' } }
  t.like((await loadBroker('useJmx="false"', STOMP, asked)).config?.http, {
    host: 'localhost',
    port: 9,
    asked: true,
  })
  for (const value of ['8161', 'a:70000', '', 'http://a:1'])
    t.regex(texts(await set({ 'tandemmq.http': value }), 'error'), /neither HOST:PORT nor off/, value)
  t.regex(texts(await set({ 'tandemmq.http': '0.0.0.0:8161' }), 'warn'), /can read the state of the pair/)
})

test('-Dtandemmq.scrub sets the time between two passes over what lies sealed, or turns them off; anything else is refused', async t => {
  const scrub = async (value: string): Promise<number | null | undefined> =>
    (await set({ 'tandemmq.scrub': value })).config?.scrub
  t.is((await set({})).config?.scrub, 86_400_000)
  t.deepEqual(
    [await scrub('90s'), await scrub('15m'), await scrub('24h'), await scrub('7d')],
    [90, 900, 86_400, 604_800].map(s => s * 1000),
  )
  t.is(await scrub('off'), null)
  for (const value of ['', '24', '0h', '500ms', '-1h', '1.5h', '366d', 'never', 'OFF']) {
    const { findings } = await set({ 'tandemmq.scrub': value })
    const found = findings.find(({ severity }) => severity === 'error')
    t.is(found?.message, `-Dtandemmq.scrub="${value}" is neither a time between two passes nor off`)
    t.regex(found?.hint ?? '', /-Dtandemmq\.scrub=24h, or off/)
  }
})

test('the fixtures of the pair load: loopback, ports of their own, one names the other', async t => {
  const [active, passive] = await Promise.all(
    ['active', 'passive'].map(name => load(`fixtures/pair/${name}.xml`, { cwd: process.cwd() })),
  )
  t.deepEqual([...stops(active!), ...stops(passive!)].map(formatFinding), [])
  const ports = [active, passive].flatMap(one => one?.config?.connectors.map(({ port }) => port) ?? [])
  t.is(new Set([...ports, 61613]).size, ports.length + 1)
  t.deepEqual(passive?.config?.pair.activeConnector?.uris, [`tcp://127.0.0.1:${active?.config?.connectors[0]?.port}`])
  t.not(active?.config?.store.directory, passive?.config?.store.directory)
  t.deepEqual(active?.findings.map(formatFinding), [])
})

const CORPUS = '../shared/corpus'
const corpus = (() => {
  try {
    return readdirSync(CORPUS).filter(name => /--ha-|ft-(slave|master)|master-slave|ccorsi.*(master|slave)/.test(name))
  } catch {
    return []
  }
})()

for (const file of corpus)
  test(`${file} loads as a member of a pair, or says which two places contradict one another`, async t => {
    const properties = { 'master.hostname': 'a', 'master.port.number': '1', 'slave.port.number': '2' }
    const result = await load(resolve(CORPUS, file), { properties })
    const wrong = stops(result).filter(({ code }) => /PAIR|PROPERTY|CONTRADICTION/.test(code))
    if (file.includes('conflict'))
      t.deepEqual(
        wrong.map(({ code }) => code),
        ['CONFIG_CONTRADICTION'],
      )
    // Its store is in memory.
    else if (file === 'amq-4.0.2--ft-slave.xml') t.regex(texts(result, 'refuse'), /a store in memory cannot be paired/)
    else t.deepEqual(wrong.map(formatFinding), [])
  })

import { createServer, type AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import type { Log } from '../../src/base/log.ts'
import { formatFinding, loadConfig } from '../../src/config/config.ts'
import { startServer, type RunningBroker } from '../../src/server/server.ts'
import { tlsFile } from '../contract/tls.ts'
import { freePort } from '../bench/ports.ts'
import { check, pairFiles, type Parts } from './pair.ts'

/** `pair check` says of two files whether they make a pair; here both are started, and it must be so. */
interface Two {
  readonly active: Parts
  readonly passive: Parts
  readonly properties?: Readonly<Record<string, string>>
  readonly works: boolean
}

interface Ports {
  readonly a: number
  readonly p: number
  /** Where nobody is but a witness of this test, who hangs up on whoever comes. */
  readonly nobody: number
}

const users = (...names: readonly string[]): string =>
  names.map(name => `<authenticationUser username="${name}" password="secret-${name}" groups="${name}s"/>`).join('')
const rules = (...whats: readonly string[]): string =>
  whats.map(what => `<authorizationEntry ${what} read="twins" write="twins" admin="twins"/>`).join('')
const guarded = (...whats: readonly string[]): string => `<plugins>
  <simpleAuthenticationPlugin><users>${users('twin', 'app')}</users></simpleAuthenticationPlugin>
  <authorizationPlugin><map><authorizationMap><authorizationEntries>${rules(...whats)}</authorizationEntries></authorizationMap></map></authorizationPlugin>
</plugins>`
const EVERYTHING = guarded('queue="&gt;"', 'topic="&gt;"')
const QUEUES = guarded('queue="&gt;"')

const PAIRS: Readonly<Record<string, (ports: Ports) => Two>> = {
  'a plain pair': ({ a, p }) => ({ active: on(a), passive: on(p, a), works: true }),
  'a pair with users and rights': ({ a, p }) => ({
    active: { ...on(a), body: EVERYTHING },
    passive: { ...on(p, a), body: EVERYTHING, login: 'userName="twin" password="secret-twin"' },
    works: true,
  }),
  'a user that -D names': ({ a, p }) => ({
    active: { ...on(a), body: QUEUES },
    passive: { ...on(p, a), body: QUEUES, login: 'userName="app" password="secret-app"' },
    properties: { 'tandemmq.pair.replicators': 'group:apps' },
    works: true,
  }),
  'a wrong password': ({ a, p }) => ({
    active: { ...on(a), body: EVERYTHING },
    passive: { ...on(p, a), body: EVERYTHING, login: 'userName="twin" password="secret-app"' },
    works: false,
  }),
  'no right to replicate': ({ a, p }) => ({
    active: { ...on(a), body: QUEUES },
    passive: { ...on(p, a), body: QUEUES, login: 'userName="twin" password="secret-twin"' },
    works: false,
  }),
  'a wrong port': ({ a, p, nobody }) => ({ active: on(a), passive: on(p, nobody), works: false }),
  'a list with one wrong port': ({ a, p, nobody }) => ({
    active: on(a),
    passive: { ...on(p), names: `failover:(tcp://127.0.0.1:${nobody},tcp://127.0.0.1:${a})` },
    works: true,
  }),
  'a pair over TLS': ({ a, p }) => ({
    active: { ...encrypted(a), body: tls('server-keytool.p12') },
    passive: { ...encrypted(p), body: tls('server-keytool.p12'), names: `ssl://localhost:${a}` },
    works: true,
  }),
  'a certificate that is not for clients': ({ a, p }) => ({
    active: { ...encrypted(a, '?transport.needClientAuth=true'), body: tls('server-keytool.p12') },
    passive: { ...encrypted(p), body: tls('server-keytool.p12'), names: `ssl://localhost:${a}` },
    works: false,
  }),
  'a certificate that nobody trusts': ({ a, p }) => ({
    active: { ...encrypted(a), body: tls('stranger.pem') },
    passive: { ...encrypted(p), body: tls('server-keytool.p12'), names: `ssl://localhost:${a}` },
    works: false,
  }),
  'an active in memory': ({ a, p }) => ({
    active: { ...on(a), attributes: 'persistent="false"' },
    passive: on(p, a),
    works: false,
  }),
  'the two named the other way round': ({ a, p }) => ({ active: on(a, p), passive: on(p), works: false }),
  'two that name one another': ({ a, p, nobody }) => ({
    active: { ...on(a), names: `failover:(tcp://127.0.0.1:${p},tcp://127.0.0.1:${nobody})` },
    passive: { ...on(p), names: `failover:(tcp://127.0.0.1:${a},tcp://127.0.0.1:${nobody})` },
    works: false,
  }),
}

const on = (port: number, names?: number): Parts => ({
  connectors: [`stomp://127.0.0.1:${port}`],
  names: names === undefined ? null : `tcp://127.0.0.1:${names}`,
})

const encrypted = (port: number, options = ''): Parts => ({ connectors: [`stomp+ssl://localhost:${port}${options}`] })

function tls(file: string): string {
  const type = file.endsWith('.pem') ? 'keyStoreType="PEM"' : 'keyStoreType="PKCS12" keyStorePassword="store-secret"'
  const trust = `trustStore="${tlsFile('trust-keytool.p12')}" trustStoreType="PKCS12" trustStorePassword="store-secret"`
  return `<sslContext><sslContext keyStore="${tlsFile(file)}" ${type} ${trust}/></sslContext>`
}

/** What becomes of the passive: the first of these that is seen. */
class Outcome {
  readonly seen: Promise<string>
  #settle!: (what: string) => void

  constructor() {
    this.seen = new Promise(resolve => (this.#settle = resolve))
  }

  /** A line of the passive's log, or the active's. */
  line(role: 'active' | 'passive', text: string): void {
    if (text.startsWith('IN_SYNC: holds')) this.#settle(`${role} in sync`)
    else if (role === 'passive' && text.startsWith('the twin said no')) this.#settle('refused')
    else if (role === 'active' && text.includes('TLS handshake failed')) this.#settle('refused by TLS')
  }

  /** It has come to the wrong place, and come back after that. */
  called(times: number): void {
    if (times > 6) this.#settle('nobody there')
  }
}

async function start(
  t: ExecutionContext,
  file: string,
  given: Readonly<Record<string, string>>,
  line: (text: string) => void,
): Promise<RunningBroker> {
  const properties = { ...given, 'tandemmq.http': 'off' }
  const { config, findings } = await loadConfig(file, { properties, env: {}, cwd: '.' })
  if (config === null) throw new Error(findings.map(formatFinding).join('\n'))
  const log: Log = { debug() {}, info: line, warn: line, error: line }
  const running = await startServer(config, { log, properties, environment: {} })
  t.teardown(() => running.stop())
  return running
}

for (const [name, two] of Object.entries(PAIRS)) {
  test(`pair check is right about ${name}: both nodes are started, and do as it said`, async t => {
    const outcome = new Outcome()
    let calls = 0
    const stray = createServer(socket => {
      socket.on('error', () => {}).destroy()
      outcome.called(++calls)
    })
    await new Promise<void>(resolve => void stray.listen(0, '127.0.0.1', resolve))
    t.teardown(() => stray.close())
    const nobody = (stray.address() as AddressInfo).port
    const { active, passive, properties = {}, works } = two({ a: await freePort(), p: await freePort(), nobody })
    const files = pairFiles(t, active, passive)
    const settings = Object.entries(properties).map(([property, value]) => `-D${property}=${value}`)
    const said = await check(files, ...settings)
    t.is(said.code, works ? 0 : 1, said.verdict)
    // The passive first, so that a node which leads is there for whoever asks it.
    await start(t, files.passive, properties, text => outcome.line('passive', text))
    await start(t, files.active, properties, text => outcome.line('active', text))
    const seen = await outcome.seen
    t.is(seen === 'passive in sync', works, seen)
  })
}

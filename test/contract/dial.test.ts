import { createServer, type Server, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { readFileSync } from 'node:fs'
import test, { type ExecutionContext } from 'ava'
import { checksum } from '../../src/journal/journal.ts'
import type { PairFrame, PairLink, PairLinkEvents } from '../../src/pair/pair.ts'
import { loadClientTls } from '../../src/security/security.ts'
import type { ReplicationPort } from '../../src/session/session.ts'
import { DialFailure, dial, probe, type DialOptions } from '../../src/transport/transport.ts'
import { freePort } from '../bench/ports.ts'
import { SSL_CONTEXT, tlsFile } from './tls.ts'
import { World, brokerXml } from './world.ts'

const silent: PairLinkEvents = { frame: () => {}, drained: () => {}, closed: () => {} }

const options = (uris: readonly string[], more: Partial<DialOptions> = {}): DialOptions => ({
  uris,
  tls: null,
  connectTimeoutMs: 10_000,
  checksum,
  subscription: 'r',
  leadsBack: () => false,
  ...more,
})

async function fails(t: ExecutionContext, asked: DialOptions, events: PairLinkEvents = silent): Promise<DialFailure> {
  const failure = await t.throwsAsync(dial(asked, events), { instanceOf: DialFailure })
  return failure
}

/** A server that does with each connection what `run` does; its port. */
async function serve(t: ExecutionContext, run: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const server: Server = createServer(socket => {
    sockets.add(socket.on('error', () => {}))
    run(socket)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** A port on which nobody listens: it was given out, and closed. */
/** Takes any twin, and says one thing to it at once. */
const greeting: PairFrame = { type: 'refuse', code: 'already-attached', text: 'one is enough' }
const greeter: ReplicationPort = {
  refusal: () => null,
  pairLogin: () => false,
  attach(link: PairLink): PairLinkEvents {
    link.send(greeting)
    link.close()
    return silent
  },
}

async function world(t: ExecutionContext, connectors: Record<string, string>, body = ''): Promise<World> {
  const started = await new World().start(brokerXml({ connectors, body }))
  t.teardown(() => started.end())
  started.running.broker.replication = greeter
  return started
}

test('a dead process is told from a silent one: refused, unreachable', async t => {
  const dead = await freePort()
  const mute = await serve(t, () => {})
  t.is((await fails(t, options([`tcp://127.0.0.1:${dead}`]))).why, 'refused')
  const late = await fails(t, options([`tcp://127.0.0.1:${mute}`], { connectTimeoutMs: 50 }))
  t.is(late.why, 'unreachable')
  t.regex(late.text, /^tcp:\/\/127\.0\.0\.1:\d+: no answer within 50 ms$/)
  // One that is silent may live: that one refuses does not make it dead.
  const both = [`tcp://127.0.0.1:${dead}`, `tcp://127.0.0.1:${mute}`]
  t.is((await fails(t, options(both, { connectTimeoutMs: 50 }))).why, 'unreachable')
})

test('probe: refused when all refuse, open when one is open, silent otherwise', async t => {
  const dead = `tcp://127.0.0.1:${await freePort()}`
  const alive = `tcp://127.0.0.1:${await serve(t, () => {})}`
  t.is(await probe([dead], 10_000), 'refused')
  t.is(await probe([`failover:(${dead},${alive})`], 10_000), 'open')
  t.is(await probe([dead, 'tcp://nowhere.invalid:1'], 10_000), 'silent')
  t.is(await probe([dead, 'tcp://no-port'], 10_000), 'silent')
  t.is(await probe([], 10_000), 'silent')
})

test('whoever answers and does not take us in is told as rejected, with what it said', async t => {
  const { port } = { port: await serve(t, socket => socket.write('ERROR\nmessage:no\n\nbusy:\nnot today\n\0')) }
  const failure = await fails(t, options([`tcp://127.0.0.1:${port}`]))
  t.is(failure.why, 'rejected')
  t.regex(failure.text, /busy: not today$/)
  const unusable = await fails(t, options(['tcp://nowhere']))
  t.is(unusable.why, 'rejected')
  t.regex(unusable.text, /names no port/)
})

test('a server that speaks something else, or closes, is unreachable', async t => {
  const http = await serve(t, socket => socket.end('HTTP/1.1 400 Bad Request\r\nX: y\r\n\r\n\0'))
  t.regex((await fails(t, options([`tcp://127.0.0.1:${http}`]))).text, /HTTP\/1\.1 400 Bad Request/)
  const closing = await serve(t, socket => socket.end())
  t.is((await fails(t, options([`tcp://127.0.0.1:${closing}`]))).why, 'unreachable')
  const noise = await serve(t, socket => socket.write(Buffer.alloc(100_000, 'x')))
  t.regex((await fails(t, options([`tcp://127.0.0.1:${noise}`]))).text, /head does not end/)
})

test('the next address is tried, and what the twin says at once comes after the link', async t => {
  const { running } = await world(t, { stomp: 'stomp://127.0.0.1:0' })
  const seen: string[] = []
  const closed = new Promise<void>(resolve => {
    const events: PairLinkEvents = {
      frame: frame => void seen.push(frame.type),
      drained: () => {},
      closed: () => resolve(),
    }
    const uris = [`failover:(tcp://127.0.0.1:1,stomp://127.0.0.1:${running.addresses[0]!.port})`]
    void dial(options(uris), events).then(() => seen.push('link'))
  })
  await closed
  t.deepEqual(seen, ['link', 'refuse'])
})

test('an address that leads back to the caller is none of the twin: the next one is tried', async t => {
  const [self, twin] = [
    await world(t, { stomp: 'stomp://127.0.0.1:0' }),
    await world(t, { stomp: 'stomp://127.0.0.1:0' }),
  ]
  const [own, other] = [self, twin].map(({ running }) => `tcp://127.0.0.1:${running.addresses[0]!.port}`) as [
    string,
    string,
  ]
  const leadsBack = (uri: string): boolean => uri === own
  const link = await dial(options([own, other], { leadsBack }), silent)
  t.is(link.remote, other)
  link.close()
  // What the others say decides.
  const dead = `tcp://127.0.0.1:${await freePort()}`
  t.is((await fails(t, options([own, dead], { leadsBack }))).why, 'refused')
  const alone = await fails(t, options([own], { leadsBack }))
  t.is(alone.why, 'unreachable')
  t.regex(alone.text, /leads back to this node/)
  t.is(await probe([own, dead], 10_000), 'open')
  t.is(await probe([own, dead], 10_000, new Set([own])), 'refused')
  t.is(await probe([own], 10_000, new Set([own])), 'silent')
})

test('a dial can be given up', async t => {
  const mute = await serve(t, () => {})
  const abort = new AbortController()
  const dialling = fails(t, options([`tcp://127.0.0.1:${mute}`], { signal: abort.signal }))
  abort.abort()
  t.regex((await dialling).text, /given up/)
})

test('over TLS the certificate must be trusted, and be the host’s unless verifyHostName=false', async t => {
  const stage = await world(t, { tls: 'stomp+ssl://127.0.0.1:0' }, SSL_CONTEXT)
  const port = stage.port()
  const ca = readFileSync(tlsFile('ca.pem'))
  const stranger = await fails(t, options([`ssl://localhost:${port}`]))
  t.is(stranger.why, 'rejected')
  t.truthy(await dial(options([`ssl://localhost:${port}`], { tls: { ca } }), silent))
  const stores = {
    keyStore: null,
    keyStoreType: 'jks',
    keyStorePassword: null,
    keyStoreKeyPassword: null,
    trustStore: tlsFile('trust-keytool.p12'),
    trustStoreType: 'pkcs12',
    trustStorePassword: 'store-secret',
    crlPath: null,
    needClientAuth: false,
    wantClientAuth: false,
    enabledProtocols: null,
    enabledCipherSuites: null,
  }
  t.truthy(await dial(options([`ssl://localhost:${port}`], { tls: loadClientTls(stores) }), silent))
  t.is((await fails(t, options([`tcp://127.0.0.1:${port}`]))).why, 'unreachable')
})

test('a certificate for another host is refused unless verifyHostName=false', async t => {
  const stage = await world(t, { tls: 'stomp+ssl://127.0.0.2:0' }, SSL_CONTEXT)
  const ca = readFileSync(tlsFile('ca.pem'))
  const other = await fails(t, options([`ssl://127.0.0.2:${stage.port()}`], { tls: { ca } }))
  t.is(other.why, 'rejected')
  t.truthy(await dial(options([`ssl://127.0.0.2:${stage.port()}?verifyHostName=false`], { tls: { ca } }), silent))
})

test('an encrypted twin whose name means nothing here is reached by number, and its certificate is for the name', async t => {
  const stage = await world(t, { tls: 'stomp+ssl://127.0.0.2:0' }, SSL_CONTEXT)
  const tls = { ca: readFileSync(tlsFile('ca.pem')) }
  const numbered = (name: string, port = stage.port()): string => `ssl://127.0.0.2:${port}?serverName=${name}`
  const link = await dial(options([`ssl://no.such.host.invalid:1`, numbered('localhost')], { tls }), silent)
  t.is(link.remote, `ssl://127.0.0.2:${stage.port()}`)
  link.close()
  t.is((await fails(t, options([numbered('another')], { tls }))).why, 'rejected', 'of another name it is not')
  // The door that is known by number decides whether the twin is dead.
  const dead = await freePort()
  const both = [`ssl://no.such.host.invalid:${dead}`, `ssl://127.0.0.1:${dead}?serverName=no.such.host.invalid`]
  t.is((await fails(t, options(both, { tls }))).why, 'refused')
  t.is(await probe(both, 10_000), 'refused')
  t.is(await probe([...both, 'ssl://no.such.host.invalid:1'], 10_000), 'silent', 'another door may be open')
})

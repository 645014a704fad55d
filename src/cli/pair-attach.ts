import { isIP } from 'node:net'
import { Duplex } from 'node:stream'
import { connect, createServer, type ConnectionOptions, type Server, type TLSSocket } from 'node:tls'
import { messageOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { BrokerConfig } from '../config/config.ts'
import type { Attach, AttachAnswer, Attempt, PairFile } from '../inspect/inspect.ts'
import {
  createAuthenticator,
  createReplicatorRight,
  isRefusal,
  loadClientTls,
  loadTls,
  peerDn,
  peerRefusal,
  type SecurityHost,
} from '../security/security.ts'

/** What each file was read with: its properties, and the environment of the process. */
export interface Surroundings {
  propertiesOf(file: PairFile): Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string | undefined>>
}

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} }

/**
 * Attaches as the broker would: TLS between two ends in this process, then the authenticator and the right `replicator`
 * of the other node, which are the ones that `start` uses. Opens no port and writes nothing.
 */
export function attaching({ propertiesOf, env }: Surroundings): Attach {
  return async attempt => {
    const { to, connector, login } = attempt
    const shaken = connector.tls ? await handshake(attempt) : { dn: undefined }
    if ('text' in shaken) return { is: 'refused', by: 'tls', text: shaken.text }
    if (login === 'secret') return { is: 'let in', user: null, notes: [] }
    const host: SecurityHost = { properties: propertiesOf(to), environment: env, log: silent }
    try {
      return admit(to.config, attempt, shaken.dn, host)
    } catch (error) {
      return { is: 'unknown', text: `the logins of "${to.config.brokerName}" cannot be read: ${messageOf(error)}` }
    }
  }
}

/** CONNECT and SUBSCRIBE of the twin, as far as they are judged. */
function admit(
  to: BrokerConfig,
  { login, connector }: Attempt,
  dn: string | undefined,
  host: SecurityHost,
): AttachAnswer {
  const authenticator = createAuthenticator(to.authentication, host)
  const [name, passcode] = typeof login === 'object' ? [login.userName, login.password] : [undefined, undefined]
  const identity = authenticator.authenticate({ login: name, passcode, certificateDn: dn, tls: connector.tls })
  if (isRefusal(identity)) return { is: 'refused', by: 'login', text: identity.message }
  const right = createReplicatorRight({ ...to, replicators: to.overrides['pair.replicators'] })
  const refusal = right.refusal(identity)
  if (refusal !== null) return { is: 'refused', by: 'right', text: refusal }
  return { is: 'let in', user: identity.user, notes: right.warnings }
}

type Shaken = { readonly dn: string | undefined } | { readonly text: string }

/** The TLS handshake of `from` with a connector of `to`, and the subject of the certificate that `from` showed. */
async function handshake(attempt: Attempt): Promise<Shaken> {
  try {
    return await shake(listening(attempt), dialling(attempt), attempt.connector.needClientAuth)
  } catch (error) {
    return { text: reasonOf(error) }
  }
}

const NO_STORES = {
  keyStore: null,
  keyStoreType: 'jks',
  keyStorePassword: null,
  keyStoreKeyPassword: null,
  trustStore: null,
  trustStoreType: 'jks',
  trustStorePassword: null,
  crlPath: null,
} as const
const PLAIN = { needClientAuth: false, wantClientAuth: false, enabledProtocols: null, enabledCipherSuites: null }

function listening({ to, connector }: Attempt): Server {
  const { needClientAuth, wantClientAuth, enabledProtocols, enabledCipherSuites } = connector
  const asked = { needClientAuth, wantClientAuth, enabledProtocols, enabledCipherSuites }
  const material = loadTls({ ...NO_STORES, at: connector.at, ...to.config.tls, ...asked })
  // Whoever would be turned away comes through here, so that it can be said why.
  return createServer({
    ...material.secureContextOptions,
    requestCert: material.requestCert,
    rejectUnauthorized: false,
  })
}

/** OpenSSL's own words, without its numbers. */
const reasonOf = (error: unknown): string =>
  error instanceof Error && 'reason' in error && typeof error.reason === 'string' ? error.reason : messageOf(error)

/** The certificate must be trusted and, when it is known how the connector is dialled, be that host's. */
function dialling({ from, host }: Attempt): ConnectionOptions {
  const own = from.config.tls === null ? {} : loadClientTls({ ...from.config.tls, ...PLAIN })
  if (host === null) return { ...own, checkServerIdentity: () => undefined }
  return { ...own, host, ...(isIP(host) === 0 && { servername: host }) }
}

/** ms for two ends in one process. */
const shakeMsMax = 5000

function shake(server: Server, client: ConnectionOptions, demands: boolean): Promise<Shaken> {
  const [near, far] = wire()
  return new Promise(resolve => {
    const settle = (answer: Shaken): void => {
      clearTimeout(late)
      resolve(answer)
      for (const end of [near, far]) end.destroy()
    }
    const late = setTimeout(() => settle({ text: `no end after ${shakeMsMax} ms` }), shakeMsMax)
    const failed = (error: Error): void => settle({ text: reasonOf(error) })
    // The server has the last word: with TLS 1.3 the client is done before its certificate is judged.
    server.on('secureConnection', (accepted: TLSSocket) => {
      accepted.on('error', failed)
      const refusal = demands && !accepted.authorized ? unproved(accepted) : peerRefusal(accepted)
      const certificate = accepted.authorized ? accepted.getPeerX509Certificate() : undefined
      const done = (): void => settle({ dn: certificate === undefined ? undefined : peerDn(certificate) })
      if (refusal !== null) settle({ text: refusal })
      else if (socket.authorized) done()
      else socket.once('secureConnect', done)
    })
    server.on('tlsClientError', failed)
    const socket = connect({ ...client, socket: far })
    socket.on('error', failed)
    server.emit('connection', near)
  })
}

const unproved = (socket: TLSSocket): string =>
  socket.getPeerX509Certificate() === undefined
    ? 'a client certificate is demanded, and none is shown'
    : (peerRefusal(socket) ?? 'the client certificate is not trusted')

/** Two ends of one connection, without a network. */
function wire(): readonly [Duplex, Duplex] {
  const ends: Duplex[] = []
  const end = (other: () => Duplex | undefined): Duplex =>
    new Duplex({
      read() {},
      write(chunk: Buffer, _encoding, done) {
        other()?.push(chunk)
        done()
      },
      final(done) {
        other()?.push(null)
        done()
      },
    })
  const [near, far] = [end(() => ends[1]), end(() => ends[0])]
  ends.push(near, far)
  return [near, far]
}

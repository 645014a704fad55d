import { once } from 'node:events'
import { createServer, STATUS_CODES, type RequestListener, type Server, type ServerOptions } from 'node:http'
import {
  createServer as createSecureServer,
  Server as SecureServer,
  type ServerOptions as SecureOptions,
} from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { messageOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { LoopLag } from './loop-lag.ts'
import type { Management } from './management.ts'
import { NO_LOGIN, UNGUARDED, type LoginGuard, type WebAccess } from './access.ts'
import { POLICIES, type AccessPolicy, type Deed } from '../management/management.ts'
import { Router } from './router.ts'

export interface HttpOptions {
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  readonly log: Log
  readonly limits?: Partial<Limits>
  readonly access?: WebAccess
  /** What may be asked of Jolokia; null: nothing. */
  readonly policy?: AccessPolicy | null
  /** Is told of every operation and write of Jolokia that is let through. */
  readonly record?: (deed: Deed) => void
  readonly guard?: LoginGuard
  /** False: only the addresses by TLS are opened. */
  readonly plain?: boolean
  readonly secure?: readonly SecureAddress[]
}

/** An address by TLS (management W-04). */
export interface SecureAddress {
  readonly host: string
  readonly port: number
  readonly tls: SecureOptions
  /** Why the certificate of a client is not to be let in, where it need not show one; null: it may. */
  refusalOf(socket: TLSSocket): string | null
}

/** How much one client may take, so that it harms nobody else. */
interface Limits {
  readonly headerBytes: number
  /** ms until the headers, and the whole request, must have come. */
  readonly headersMs: number
  readonly requestMs: number
  /** ms without any byte after which a connection is closed. */
  readonly idleMs: number
  readonly connections: number
}

const LIMITS: Limits = { headerBytes: 8192, headersMs: 5000, requestMs: 10_000, idleMs: 15_000, connections: 64 }

export interface HttpInterface {
  /** `host:port`, a wildcard as it was configured; for the twin (PeerIdentity.http). By TLS alone: with `https://`. */
  readonly address: string
  /** Other keys and certificates, for connections from now on; found by host and port. */
  renew(secure: readonly SecureAddress[]): void
  close(): Promise<void>
}

/**
 * Opens the HTTP interface. Null, after a warning, when none of its ports can be had: a broker does not depend on it
 * (management W-01; two brokers on one machine need `-Dtandemmq.http=127.0.0.1:8162` for the second).
 */
export async function startHttp(options: HttpOptions, management: Management): Promise<HttpInterface | null> {
  const { host, port, log, access = NO_LOGIN, policy = POLICIES.compat, plain = true, secure = [] } = options
  const { record = () => {}, guard = UNGUARDED } = options
  const lag = new LoopLag()
  const router = new Router(management, log, () => lag.ms, { access, policy, record, guard })
  const limits = { ...LIMITS, ...options.limits }
  const open: Opened[] = []
  if (plain) open.push(...(await listen(limited(createServer(shape(limits), answer(router)), limits), host, port, log)))
  const byTls: { readonly at: SecureAddress; readonly server: SecureServer }[] = []
  for (const one of secure) {
    const server = secured(one, router, limits)
    const opened = await listen(server, one.host, one.port, log)
    open.push(...opened)
    if (opened.length > 0) byTls.push({ at: one, server })
  }
  const [first] = open
  if (first === undefined) {
    lag.stop()
    return null
  }
  for (const { server, address } of open) {
    const url = `${server instanceof SecureServer ? 'https' : 'http'}://${address}`
    log.info(`HTTP interface: ${url}/api/pair`, {
      code: 'HTTP_OPEN',
      classic: `ActiveMQ Jolokia REST API available at ${url}/api/jolokia/`,
    })
  }
  log.info(`what may be asked of /api/jolokia: ${policy?.label ?? 'nothing'}`, { code: 'HTTP_POLICY' })
  const servers = open.map(one => one.server)
  const address = first.server instanceof SecureServer ? `https://${first.address}` : first.address
  return {
    address,
    renew(fresh) {
      for (const { at: old, server } of byTls) {
        const now = fresh.find(one => one.host === old.host && one.port === old.port)
        if (now !== undefined) server.setSecureContext(now.tls)
      }
    },
    close: () => close(servers, lag),
  }
}

interface Opened {
  readonly server: Server
  readonly address: string
}

/** One address, or none after a warning. */
async function listen(server: Server, host: string, port: number, log: Log): Promise<readonly Opened[]> {
  try {
    server.listen({ host, port, backlog: 64 })
    await once(server, 'listening')
  } catch (error) {
    const hint = 'going on without it; -Dtandemmq.http=HOST:PORT chooses another address, off says that none is wanted'
    log.warn(`the HTTP interface cannot open ${at(host, port)}: ${messageOf(error)}; ${hint}`, {
      code: 'HTTP_UNAVAILABLE',
    })
    return []
  }
  server.on('error', error => log.warn(`HTTP: ${error.message}`, { code: 'HTTP_FAILED' }))
  return [{ server, address: at(host, (server.address() as AddressInfo).port) }]
}

const at = (host: string, port: number): string => `${host.includes(':') ? `[${host}]` : host}:${port}`

const shape = (limits: Limits): ServerOptions => ({
  maxHeaderSize: limits.headerBytes,
  headersTimeout: limits.headersMs,
  requestTimeout: limits.requestMs,
  keepAliveTimeout: Math.min(5000, limits.idleMs),
  connectionsCheckingInterval: Math.min(1000, limits.headersMs),
  requireHostHeader: true,
  insecureHTTPParser: false,
})

const answer =
  (router: Router): RequestListener =>
  (request, response) => {
    response.sendDate = false
    response.on('error', () => {}) // the client is gone: nobody to tell
    void router.handle(request, response)
  }

function secured({ tls, refusalOf }: SecureAddress, router: Router, limits: Limits): SecureServer {
  const server = createSecureServer({ ...shape(limits), ...tls, handshakeTimeout: limits.headersMs }, answer(router))
  server.on('secureConnection', socket => {
    if (refusalOf(socket) !== null) socket.destroy()
  })
  server.on('tlsClientError', (_, socket) => socket.destroy())
  return limited(server, limits)
}

function limited<S extends Server>(server: S, limits: Limits): S {
  server.maxConnections = limits.connections
  server.maxHeadersCount = 64
  server.setTimeout(limits.idleMs, socket => socket.destroy())
  server.on('clientError', refuseGarbage)
  return server
}

/** What is no request gets one short answer and the end of its connection. */
function refuseGarbage(error: NodeJS.ErrnoException, socket: Duplex): void {
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const body = `${JSON.stringify({ code: 'bad-request', message: 'this is no HTTP request that is served here' })}\n`
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nconnection: close\r\ncontent-type: application/json`
  socket.end(`${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`, () => socket.destroy())
}

async function close(servers: readonly Server[], lag: LoopLag): Promise<void> {
  lag.stop()
  const closed = servers.map(server => new Promise<void>(resolve => server.close(() => resolve())))
  for (const server of servers) server.closeAllConnections()
  await Promise.all(closed)
}

import { once } from 'node:events'
import { createServer, STATUS_CODES, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { messageOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { Management } from './management.ts'
import { NO_LOGIN, type WebAccess } from './access.ts'
import { POLICIES, type AccessPolicy } from '../management/management.ts'
import { Router } from './router.ts'

export interface HttpOptions {
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  readonly log: Log
  readonly limits?: Partial<Limits>
  readonly access?: WebAccess
  readonly policy?: AccessPolicy | null
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
  /** `host:port`, a wildcard as it was configured; for the twin (PeerIdentity.http) and the log. */
  readonly address: string
  close(): Promise<void>
}

/**
 * Opens the HTTP interface. Null, after a warning, when its port cannot be had: a broker does not depend on it
 * (management W-01; two brokers on one machine need `-Dtandemmq.http=127.0.0.1:8162` for the second).
 */
export async function startHttp(options: HttpOptions, management: Management): Promise<HttpInterface | null> {
  const { host, port, log } = options
  const lag = new LoopLag()
  const { access = NO_LOGIN, policy = POLICIES.compat } = options
  const router = new Router(management, log, () => lag.ms, { access, policy })
  const server = create({ ...LIMITS, ...options.limits }, router)
  try {
    server.listen({ host, port, backlog: 64 })
    await once(server, 'listening')
  } catch (error) {
    lag.stop()
    const hint = 'going on without it; -Dtandemmq.http=HOST:PORT chooses another address, off says that none is wanted'
    log.warn(`the HTTP interface cannot open ${at(host, port)}: ${messageOf(error)}; ${hint}`, {
      code: 'HTTP_UNAVAILABLE',
    })
    return null
  }
  server.on('error', error => log.warn(`HTTP: ${error.message}`, { code: 'HTTP_FAILED' }))
  const address = at(host, (server.address() as AddressInfo).port)
  log.info(`HTTP interface: http://${address}/api/pair`, {
    code: 'HTTP_OPEN',
    classic: `ActiveMQ Jolokia REST API available at http://${address}/api/jolokia/`,
  })
  return { address, close: () => close(server, lag) }
}

const at = (host: string, port: number): string => `${host.includes(':') ? `[${host}]` : host}:${port}`

function create(limits: Limits, router: Router): Server {
  const server = createServer(
    {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      keepAliveTimeout: Math.min(5000, limits.idleMs),
      connectionsCheckingInterval: Math.min(1000, limits.headersMs),
      requireHostHeader: true,
      insecureHTTPParser: false,
    },
    (request, response) => {
      response.sendDate = false
      response.on('error', () => {}) // the client is gone: nobody to tell
      void router.handle(request, response)
    },
  )
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

async function close(server: Server, lag: LoopLag): Promise<void> {
  lag.stop()
  const closed = new Promise<void>(resolve => server.close(() => resolve()))
  server.closeAllConnections()
  await closed
}

const LAG_EVERY_MS = 1000

/** How late the event loop was the last time it was looked at. */
class LoopLag {
  ms = 0
  #due = performance.now() + LAG_EVERY_MS
  readonly #timer = setInterval(() => {
    const now = performance.now()
    this.ms = Math.max(0, now - this.#due)
    this.#due = now + LAG_EVERY_MS
  }, LAG_EVERY_MS).unref()

  stop(): void {
    clearInterval(this.#timer)
  }
}

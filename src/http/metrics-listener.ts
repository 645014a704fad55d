import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { messageOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { write, type Answer } from './answer.ts'
import { LoopLag } from './loop-lag.ts'
import type { Management } from './management.ts'
import { metrics } from './monitors.ts'
import { Pace } from './pace.ts'

export interface MetricsListenerOptions {
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  readonly log: Log
}

export interface MetricsListener {
  readonly address: string
  close(): Promise<void>
}

/** Whoever scrapes needs a moment and a few bytes. */
const LIMITS = { headerBytes: 8192, requestMs: 5000, idleMs: 10_000, connections: 16 }

const NOTHING = { status: 404, body: { code: 'not-found', message: 'only /metrics is here' } }
/** Before the store is read there is nothing to count. */
const starting = (message: string): Answer => ({
  status: 503,
  body: { code: 'starting', message },
  headers: { 'retry-after': '1' },
})
const FAILED = { status: 500, body: { code: 'failed', message: 'the node could not answer; its log says why' } }

/**
 * An address for /metrics and nothing else, without a login, for scrapers that must not see the rest (management M-01).
 * Null, after a warning, when it cannot be had: a broker does not depend on it.
 */
export async function startMetrics(
  { host, port, log }: MetricsListenerOptions,
  management: Management,
): Promise<MetricsListener | null> {
  const lag = new LoopLag()
  const pace = new Pace()
  /** Never rejects: what fails here must not end the broker. */
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      const url = new URL(`http://node${request.url?.startsWith('/') === true ? request.url : '/'}`)
      const isScrape = (request.method === 'GET' || request.method === 'HEAD') && url.pathname === '/metrics'
      if (!isScrape) return write(request, response, NOTHING, {})
      const { state, detail } = management.pair()
      if (state === 'STARTING') return write(request, response, starting(detail), {})
      write(request, response, await metrics(management, lag.ms, { request, query: url.searchParams }, pace), {})
    } catch (thrown) {
      log.error(`metrics: ${messageOf(thrown)}`, { code: 'HTTP_FAILED' })
      if (response.headersSent) response.destroy()
      else write(request, response, FAILED, {})
    }
  }
  const server = createServer(
    {
      maxHeaderSize: LIMITS.headerBytes,
      headersTimeout: LIMITS.requestMs,
      requestTimeout: LIMITS.requestMs,
      keepAliveTimeout: LIMITS.idleMs,
    },
    (request, response) => {
      response.on('error', () => {}) // the scraper is gone: nobody to tell
      void answer(request, response)
    },
  )
  server.maxConnections = LIMITS.connections
  server.setTimeout(LIMITS.idleMs, socket => socket.destroy())
  server.on('clientError', (_, socket) => socket.destroy())
  try {
    server.listen({ host, port })
    await once(server, 'listening')
  } catch (error) {
    log.warn(`the metrics cannot be served on ${host}:${port}: ${messageOf(error)}; going on without them`, {
      code: 'HTTP_UNAVAILABLE',
    })
    lag.stop()
    return null
  }
  server.on('error', error => log.warn(`metrics: ${error.message}`, { code: 'HTTP_FAILED' }))
  const address = `${host.includes(':') ? `[${host}]` : host}:${(server.address() as AddressInfo).port}`
  log.info(`metrics: http://${address}/metrics`, { code: 'HTTP_OPEN' })
  return {
    address,
    close: async () => {
      lag.stop()
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}

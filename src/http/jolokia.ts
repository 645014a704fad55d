import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Log } from '../base/log.ts'
import {
  failureText,
  Jolokia,
  type AccessPolicy,
  type BeanServer,
  type Deed,
  type JolokiaOptions,
} from '../management/management.ts'
import type { Asker } from './access.ts'
import { readText } from './body.ts'
import { hostAllowed } from './inet.ts'
import { corsHeaders, originOf, originRefused, pageOnlyReads } from './origin.ts'
import { Pace, sendPieces } from './pace.ts'
import { Refusal } from './refusal.ts'

/** Bytes of a request, at most: a message to send, or some thousand reads. */
const BODY_MAX = 2 << 20

export interface JolokiaDoorOptions {
  readonly beans: BeanServer
  readonly policy: AccessPolicy
  readonly version: string
  readonly log: Log
  /** Is told of every operation and write that is let through. */
  readonly record: (deed: Deed) => void
}

/** Jolokia over HTTP (management 1.1). Whoever comes here has been let in already (access.ts). */
export class JolokiaDoor {
  readonly #policy: AccessPolicy
  readonly #log: Log
  readonly #jolokia: Jolokia
  readonly #pace = new Pace()
  /** Clients and rules of refusals that the log has told of. */
  readonly #told = new Set<string>()
  #scraped = false

  constructor({ beans, policy, version, log, record }: JolokiaDoorOptions) {
    this.#policy = policy
    this.#log = log
    const forbade: JolokiaOptions['forbade'] = ({ from }, message) =>
      this.#tell(from.replace(/:\d+(?: .*)?$/, ''), message)
    this.#jolokia = new Jolokia({ beans, policy, log, version, now: Date.now, record, forbade })
  }

  /** `path` is what stands below the base path, still encoded; `query` without its `?`. */
  async answer(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    query: string,
    asker: Asker,
    own: Readonly<Record<string, string>>,
  ): Promise<void> {
    if (this.#policy.adminsOnly && !asker.mayChange)
      throw new Refusal(403, 'role', 'the access policy lets only the role admin ask')
    const { method = 'GET' } = request
    const headers = { ...own, ...headersOf(request, this.#policy, new URLSearchParams(query).get('mimeType')) }
    if (method === 'OPTIONS' || method === 'HEAD') {
      const more = method === 'OPTIONS' ? { 'access-control-max-age': '3600', 'content-length': '0' } : {}
      response.writeHead(200, { ...headers, ...more }).end()
      return
    }
    if (method !== 'GET' && method !== 'POST') {
      response.writeHead(405, { ...own, allow: 'GET, POST, HEAD, OPTIONS', 'content-length': '0' }).end()
      return
    }
    const parameters = new Map<string, string>()
    // The first of several of one name counts, as in a servlet.
    for (const [name, value] of new URLSearchParams(query)) if (!parameters.has(name)) parameters.set(name, value)
    if (parameters.has('callback'))
      throw new Refusal(400, 'no-callback', 'JSONP is not served; ask with Accept: application/json and an Origin')
    if (request.headers['user-agent']?.startsWith('Prometheus/') === true) this.#tellScraper(request)
    const refused = this.#refused(request)
    if (refused !== null) {
      await sendPieces(response, one(refused), headers, this.#pace)
      return
    }
    const body = method === 'POST' ? await readText(request, BODY_MAX) : null
    const caller = { user: asker.user, roles: asker.roles, from: fromOf(request) }
    const call = {
      path,
      query: parameters,
      method: method.toLowerCase(),
      body,
      caller,
      onlyReads: asker.mayChange ? pageOnlyReads(request, this.#policy.origins) : 'the role admin is needed',
    }
    await sendPieces(response, this.#jolokia.answer(call), headers, this.#pace)
  }

  /** A refusal is told once for each client and rule, with what would help. */
  #tell(address: string, message: string, hint = hintFor(message)): void {
    const key = `${address} ${message.slice(0, 200)}`
    if (this.#told.has(key) || this.#told.size >= TOLD_MAX) return
    this.#told.add(key)
    const text = `Jolokia, policy ${this.#policy.label}, client ${address}: ${message.slice(0, 200)}`
    this.#log.warn(text, { code: 'HTTP_REFUSED', hint })
  }

  /** ActiveMQ's Helm chart sends Prometheus here, which cannot read JSON (management D-08). */
  #tellScraper({ socket }: IncomingMessage): void {
    if (this.#scraped) return
    this.#scraped = true
    const text = `Prometheus at ${socket.remoteAddress ?? ''} scrapes /api/jolokia, which answers JSON`
    this.#log.warn(text, { code: 'HTTP_SCRAPED', hint: 'let it scrape /metrics' })
  }

  /** The answer to one whom the policy keeps out, whatever he asks (management JE-01). */
  #refused(request: IncomingMessage): string | null {
    const address = request.socket.remoteAddress ?? ''
    const { hosts, origins } = this.#policy
    let message: string | null = null
    let cure = ''
    if (hosts !== null && !hostAllowed(hosts, address)) {
      message = `No access from client ${address} allowed`
      cure = 'add a <host> to <remote>'
    } else if (originRefused(request, origins)) {
      const origin = originOf(request)
      message = `Origin ${origin ?? 'null'} is not allowed to call this agent`
      cure = origin === null ? 'let the client send the header Origin' : 'add an <allow-origin> to <cors>'
    }
    if (message === null) return null
    this.#tell(address, message, cure)
    return failureText(null, { className: 'java.lang.Exception', message, status: 403 })
  }
}

const TOLD_MAX = 1000

/** Which setting lets through what role or policy refuse. */
const hintFor = (message: string): string =>
  message.includes('the role admin')
    ? 'log in with the role admin, or start with -Dtandemmq.jolokia.userExec=true'
    : 'the policy says so: the jolokia-access.xml in force, or -Dtandemmq.jolokia.policy'

/** `address:port`, and whoever the client says that sits in front of it (management UA-03). */
function fromOf({ socket, headers }: IncomingMessage): string {
  const { remoteAddress = '', remotePort = 0 } = socket
  const actor = headers['x-tandemmq-actor']
  const named = typeof actor === 'string' && /^[\x21-\x7e][\x20-\x7e]{0,99}$/.test(actor)
  return `${remoteAddress}:${remotePort}${named ? ` (${actor})` : ''}`
}

// oxlint-disable-next-line require-await -- one piece in the form of many
async function* one(text: string): AsyncGenerator<string> {
  yield text
}

/** Nobody keeps an answer; text/plain is what ActiveMQ sent up to 5.19 (management J-05, J-06). */
function headersOf(
  request: IncomingMessage,
  { origins }: AccessPolicy,
  mimeType: string | null,
): Readonly<Record<string, string>> {
  return {
    'content-type': `${mimeType === 'text/plain' ? 'text/plain' : 'application/json'};charset=utf-8`,
    'cache-control': 'no-cache',
    pragma: 'no-cache',
    expires: new Date(Date.now() - 3_600_000).toUTCString(),
    'x-content-type-options': 'nosniff',
    ...corsHeaders(request, origins),
  }
}

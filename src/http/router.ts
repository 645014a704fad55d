import type { IncomingMessage, ServerResponse } from 'node:http'
import { messageOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { AccessPolicy, Deed } from '../management/management.ts'
import {
  admit,
  checkAddress,
  credentialsOf,
  isLocal,
  UNGUARDED,
  type Asker,
  type LoginGuard,
  type WebAccess,
} from './access.ts'
import { actionAnswer, adminPage } from './admin-page.ts'
import { asPage, write, type Answer } from './answer.ts'
import { readJson } from './body.ts'
import { strangerBecause } from './caller.ts'
import { live, ready, type HealthAnswer } from './health.ts'
import { JolokiaDoor } from './jolokia.ts'
import type { Management, Outcome } from './management.ts'
import { monitorRoutes } from './monitors.ts'
import { pairJson } from './pair-json.ts'
import { Rate } from './rate.ts'
import { Refusal } from './refusal.ts'
import { Rest } from './rest.ts'

interface Call {
  readonly request: IncomingMessage
  readonly path: string
  readonly query: URLSearchParams
  /** What the path's last, variable part says. */
  readonly part: string
  /** Who asks; null: nobody was asked who he is. */
  readonly asker: Asker | null
}

interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: RegExp
  /**
   * `open` to everybody; `local` for callers on this machine only; `login` as jetty.xml says, which without a login is
   * this machine; `seen` for this machine, and for others as jetty.xml says, if it says anything (management P-04).
   */
  readonly guard: 'open' | 'local' | 'login' | 'seen'
  answer(call: Call): Answer | Promise<Answer>
}

/** What is answered before the store is open (management D-04). */
const EARLY = /^\/(?:admin|api\/pair|health\/(?:live|ready)|healthz|readyz)$/

/** Journal bytes of one answer, at most, and answers of that kind at once. */
const RANGE_MAX = 1 << 20
const READS_MAX = 4

/** Where Jolokia answers; the others are where clients of ActiveMQ and hawtio look for it (management J-01). */
const JOLOKIA = /^(?:\/api|\/hawtio)?\/jolokia(?=\/|$)/

/** Who may ask, and what for. */
export interface RouterOptions {
  readonly access: WebAccess
  /** Null: Jolokia is off. */
  readonly policy: AccessPolicy | null
  readonly record: (deed: Deed) => void
  readonly guard?: LoginGuard
}

/** Paths to answers. One per interface; knows nothing of sockets. */
export class Router {
  readonly #management: Management
  readonly #log: Log
  readonly #lagMs: () => number
  readonly #routes: readonly Route[]
  readonly #access: WebAccess
  readonly #guard: LoginGuard
  readonly #jolokia: JolokiaDoor | null
  /** Of every answer, in lower case; what an answer itself says wins. */
  readonly #headers: Readonly<Record<string, string>>
  readonly #rate: Rate | null
  #reads = 0

  constructor(
    management: Management,
    log: Log,
    lagMs: () => number,
    { access, policy, record, guard = UNGUARDED }: RouterOptions,
  ) {
    this.#guard = guard
    this.#management = management
    this.#access = access
    this.#rate = access.requestsPerSecond === null ? null : new Rate(access.requestsPerSecond)
    this.#headers = Object.fromEntries(access.headers.map(({ name, value }) => [name.toLowerCase(), value]))
    const { beans, version } = management
    this.#jolokia = policy === null ? null : new JolokiaDoor({ beans, policy, version, log, record })
    this.#log = log
    this.#lagMs = lagMs
    this.#routes = [
      { method: 'GET', path: /^\/api\/pair$/, guard: 'seen', answer: () => ok(pairJson(management)) },
      { method: 'GET', path: /^\/(?:health\/live|healthz)$/, guard: 'open', answer: () => this.#live() },
      { method: 'GET', path: /^\/(?:health\/ready|readyz)$/, guard: 'open', answer: call => this.#ready(call) },
      {
        method: 'GET',
        path: /^\/api\/state$/,
        guard: 'login',
        answer: () => ok({ lines: management.stateLines() }),
      },
      { method: 'GET', path: /^\/admin(?:\/index\.jsp)?$/, guard: 'login', answer: () => adminPage(management) },
      { method: 'GET', path: /\.action$/, guard: 'login', answer: call => actionAnswer(call.path) },
      { method: 'POST', path: /\.action$/, guard: 'login', answer: call => actionAnswer(call.path) },
      { method: 'POST', path: /^\/api\/pair\/promote$/, guard: 'local', answer: call => this.#promote(call) },
      { method: 'POST', path: /^\/api\/pair\/handover$/, guard: 'local', answer: call => this.#handover(call) },
      { method: 'POST', path: /^\/api\/pair\/verified$/, guard: 'local', answer: call => this.#verified(call) },
      { method: 'GET', path: /^\/api\/pair\/segments$/, guard: 'local', answer: () => this.#segments() },
      {
        method: 'GET',
        path: /^\/api\/pair\/segment\/(\d{1,16})$/,
        guard: 'local',
        answer: call => this.#segment(call),
      },
      ...monitorRoutes(management, lagMs),
      ...new Rest(management).routes,
    ]
  }

  /** Answers one request, whatever it is. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let answer: Answer
    let headers: Readonly<Record<string, string>> = {}
    try {
      checkAddress(request, this.#access)
      this.#checkRate(request)
      if (await this.#answeredByJolokia(request, response)) return
      answer = await this.#route(request)
    } catch (thrown) {
      const refusal = thrown instanceof Refusal ? thrown : this.#unexpected(thrown)
      this.#tellLogin(request, refusal)
      answer = refusal.status === 401 ? asPage(refusal) : { status: refusal.status, body: asObject(refusal) }
      headers = refusal.headers
    }
    try {
      write(request, response, answer, { ...this.#headers, ...headers })
    } catch (thrown) {
      // A header that HTTP cannot carry: the client sees the connection end, and nobody else sees anything.
      this.#log.error(`HTTP: an answer cannot be sent: ${messageOf(thrown)}`, { code: 'HTTP_FAILED' })
      response.destroy()
    }
  }

  /** Judged by its raw path: what it escapes, a URL parser would undo (management J-10). */
  async #answeredByJolokia(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const [path = '', query = ''] = split(request.url ?? '', '?')
    const base = JOLOKIA.exec(path)?.[0]
    if (base === undefined || this.#jolokia === null) return false
    this.#checkStarted()
    const asker = await admit(request, '/api/jolokia', this.#access, this.#guard)
    await this.#jolokia.answer(request, response, path.slice(base.length), query, asker, this.#headers)
    return true
  }

  #checkRate({ socket }: IncomingMessage): void {
    if (this.#rate === null || this.#rate.take(socket.remoteAddress ?? '', performance.now())) return
    throw new Refusal(429, 'too-many', 'this address asks too often', { 'retry-after': '1' })
  }

  #checkStarted(): void {
    const { state, detail } = this.#management.pair()
    if (state === 'STARTING') throw new Refusal(503, 'starting', detail, { 'retry-after': '1' })
  }

  async #route(request: IncomingMessage): Promise<Answer> {
    const url = urlOf(request)
    const path = url.pathname.length > 1 ? url.pathname.replace(/\/$/, '') : url.pathname
    const matching = this.#routes.filter(route => route.path.test(path))
    if (matching.length === 0) throw new Refusal(404, 'not-found', 'nothing is here; try /api/pair or /health/ready')
    const method = request.method === 'HEAD' ? 'GET' : request.method
    const route = matching.find(one => one.method === method)
    if (route === undefined) {
      const allow = matching.map(one => (one.method === 'GET' ? 'GET, HEAD' : one.method)).join(', ')
      throw new Refusal(405, 'method-not-allowed', `this path takes ${allow}`, { allow })
    }
    if (!EARLY.test(path)) this.#checkStarted()
    const asker = await this.#admit(request, path, route.guard)
    return route.answer({ request, path, query: url.searchParams, part: route.path.exec(path)?.[1] ?? '', asker })
  }

  async #admit(request: IncomingMessage, path: string, guard: Route['guard']): Promise<Asker | null> {
    if (guard === 'login' || (guard === 'seen' && this.#access.login !== null && !isLocal(request)))
      return admit(request, path, this.#access, this.#guard)
    const why = guard === 'local' ? strangerBecause(request) : null
    if (why !== null) throw new Refusal(403, 'not-local', why)
    return null
  }

  /** A login that failed; one that was not tried is how most clients begin. */
  #tellLogin(request: IncomingMessage, { status }: Refusal): void {
    const given = status === 401 ? credentialsOf(request) : null
    if (given === null) return
    const user = given.user.slice(0, 64).replace(/\p{Cc}/gu, '?')
    const text = `HTTP: user name or password of "${user}" is wrong, from ${request.socket.remoteAddress ?? ''}`
    this.#log.warn(text, { code: 'HTTP_REFUSED', user })
  }

  /** The reason goes to the log only: it may hold what is nobody else's business. */
  #unexpected(thrown: unknown): Refusal {
    this.#log.error(`HTTP: ${messageOf(thrown)}`, { code: 'HTTP_FAILED' })
    return new Refusal(500, 'failed', 'the node could not answer; its log says why')
  }

  #live(): Answer {
    return asAnswer(live(this.#management, this.#lagMs()))
  }

  #ready({ query }: Call): Answer {
    const role = query.get('role')
    if (role !== null && role !== 'active' && role !== 'passive')
      throw new Refusal(400, 'bad-request', 'role is active or passive')
    return asAnswer(ready(this.#management, this.#lagMs(), role))
  }

  async #promote({ request }: Call): Promise<Answer> {
    return this.#changed('promote', await this.#management.promote(await forced(request)))
  }

  async #handover({ request }: Call): Promise<Answer> {
    // One client asks both ways with one body; a hand-over to a twin that is in sync needs no force.
    await forced(request)
    return this.#changed('handover', await this.#management.handover())
  }

  #changed(what: string, outcome: Outcome): Answer {
    if (!outcome.accepted) throw new Refusal(409, outcome.code, outcome.message)
    this.#log.info(`HTTP: ${what} was asked for and accepted`, { code: 'HTTP_CHANGE' })
    return { status: 202, body: { accepted: true } }
  }

  /** Whoever compared both copies says what came of it. */
  async #verified({ request }: Call): Promise<Answer> {
    const { ok: isEqual, position: at, compared } = await readJson(request, ['ok', 'position', 'compared'])
    const { committed } = this.#management.pair()
    if (typeof isEqual !== 'boolean' || !isWithin(at, committed) || !isWithin(compared, at))
      throw new Refusal(400, 'bad-request', `ok is true or false; compared and position are at most ${committed} here`)
    this.#management.noteVerified({ ok: isEqual, position: at, compared })
    return { status: 202, body: { accepted: true } }
  }

  async #segments(): Promise<Answer> {
    const { committed } = this.#management.pair()
    return ok({ committed, segments: await this.#management.segments() })
  }

  /** `from` and `to` are positions in the journal (LSNs), of which `part` is where the segment starts. */
  async #segment({ query, part }: Call): Promise<Answer> {
    const base = Number(part)
    const from = position(query.get('from'), base)
    const to = position(query.get('to'), from + RANGE_MAX)
    if (from < base || to <= from || to - from > RANGE_MAX)
      throw new Refusal(400, 'bad-request', `from and to are positions from ${base} on, at most ${RANGE_MAX} apart`)
    if (this.#reads >= READS_MAX)
      throw new Refusal(503, 'busy', 'the journal is being read already; try again', { 'retry-after': '1' })
    this.#reads++
    try {
      const bytes = await this.#management.readSegment(base, from, to)
      if (bytes === null) throw new Refusal(404, 'no-such-bytes', `the journal does not hold ${from} to ${to}`)
      return { status: 200, body: bytes }
    } finally {
      this.#reads--
    }
  }
}

async function forced(request: IncomingMessage): Promise<boolean> {
  const { force = false } = await readJson(request, ['force'])
  if (typeof force !== 'boolean') throw new Refusal(400, 'bad-request', '"force" is true or false')
  return force
}

const isWithin = (value: unknown, most: number): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= most

/** At the first separator. */
function split(text: string, separator: string): readonly string[] {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

const asObject = ({ code, message }: Refusal): object => ({ code, message })
const ok = (body: object): Answer => ({ status: 200, body })
const asAnswer = ({ status, body }: HealthAnswer): Answer => ({ status, body })

/** The request's path and query; an absolute or broken target is judged as any other. */
function urlOf(request: IncomingMessage): URL {
  const target = request.url ?? '/'
  if (!target.startsWith('/')) throw new Refusal(400, 'bad-request', 'the request names no path')
  try {
    // Joined as text: `//host/…` would otherwise be read as another host.
    return new URL(`http://node${target}`)
  } catch {
    throw new Refusal(400, 'bad-request', 'the path cannot be read')
  }
}

function position(text: string | null, otherwise: number): number {
  if (text === null) return otherwise
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (!Number.isSafeInteger(value)) throw new Refusal(400, 'bad-request', 'a position is a whole number')
  return value
}

import { twinUrl } from './address.ts'
import { ANY_BROKER } from './bean-names.ts'
import { AdminError } from './error.ts'
import { exchange, type Exchange, type Reply } from './exchange.ts'
import { readAnswers, valueOf } from './jolokia.ts'
import { isObject, parseJson } from './json.ts'
import { isReport, type NodeReport } from './report.ts'
import type { BeanAnswer, BeanRequest } from './requests.ts'

export interface Login {
  readonly user: string
  readonly password: string
}

export interface ClientOptions {
  readonly login?: Login | null
  /** ms that one request may take; default 5000. */
  readonly timeoutMs?: number
  /** Who sits in front of it, `user@host program`, for the audit log (management UA-03). */
  readonly actor?: string
}

/** One node's HTTP interface. Every method rejects with an AdminError. */
export class NodeClient {
  /** `http://host:port`; what `nodeUrl` makes. */
  readonly url: string
  readonly #options: ClientOptions
  readonly #timeoutMs: number

  constructor(url: string, options: ClientOptions = {}) {
    this.url = url
    this.#options = options
    this.#timeoutMs = options.timeoutMs ?? 5000
  }

  /** The same login and patience, for another node: the twin. */
  at(url: string): NodeClient {
    return new NodeClient(url, this.#options)
  }

  /** The same node, asked in another way. */
  with(change: ClientOptions): NodeClient {
    return new NodeClient(this.url, { ...this.#options, ...change })
  }

  /** `GET /api/pair`. Kind `unknown`: something answers there that knows no such path, an ActiveMQ perhaps. */
  async pair(): Promise<NodeReport> {
    const body = await this.getJson('/api/pair')
    if (isReport(body)) return body
    throw new AdminError('failed', `${this.url} answers, but not as a TandemMQ node`)
  }

  /** Resolves when the node accepted it; its state says when it is done. */
  async promote(force: boolean): Promise<void> {
    await this.#post('/api/pair/promote', { force })
  }

  /** Tells the node what a comparison with its twin found. */
  async verified(found: { readonly ok: boolean; readonly position: number; readonly compared: number }): Promise<void> {
    await this.#post('/api/pair/verified', found)
  }

  async handover(): Promise<void> {
    await this.#post('/api/pair/handover', {})
  }

  /** The other node, where this report says that it is; null when that cannot be reached from here. */
  twin(report: NodeReport): NodeClient | null {
    const url = twinUrl(report, this.url)
    return url === null ? null : this.at(url)
  }

  /** A bulk request: one answer for each, in their order. */
  async beans(requests: readonly BeanRequest[]): Promise<readonly BeanAnswer[]> {
    if (requests.length === 0) return []
    const { body } = await this.#ask({
      method: 'POST',
      path: '/api/jolokia/',
      // ActiveMQ answers nobody who does not say where from; that is the node itself, as for its own console.
      headers: { 'content-type': 'application/json', origin: this.url },
      body: JSON.stringify(requests),
    })
    return readAnswers(this.url, requests, parseJson(body.toString('utf8')))
  }

  /** The value of one request. */
  async bean(request: BeanRequest): Promise<unknown> {
    const [answer] = await this.beans([request])
    if (answer === undefined) throw new AdminError('failed', `${this.url} gave no answer`)
    return valueOf(answer, this.url)
  }

  /** One attribute, bare. */
  read(mbean: string, attribute: string): Promise<unknown> {
    return this.bean({ type: 'read', mbean, attribute })
  }

  /** Attributes by name: all, or those that are asked for. */
  async readMany(mbean: string, attribute?: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
    return asObject(
      this.url,
      await this.bean({ type: 'read', mbean, ...(attribute === undefined ? {} : { attribute }) }),
    )
  }

  /** Attributes of every bean that matches, by the bean's name (management JR-06). No match is an empty map. */
  async readAll(
    pattern: string,
    attribute?: readonly string[],
  ): Promise<ReadonlyMap<string, Readonly<Record<string, unknown>>>> {
    try {
      const found = Object.entries(await this.readMany(pattern, attribute))
      return new Map(found.map(([name, attributes]) => [name, asObject(this.url, attributes)]))
    } catch (error) {
      if (error instanceof AdminError && error.kind === 'unknown') return new Map()
      throw error
    }
  }

  /** The old value. */
  write(mbean: string, attribute: string, value: unknown): Promise<unknown> {
    return this.bean({ type: 'write', mbean, attribute, value })
  }

  exec(mbean: string, operation: string, ...args: readonly unknown[]): Promise<unknown> {
    return this.bean({ type: 'exec', mbean, operation, ...(args.length === 0 ? {} : { arguments: args }) })
  }

  /** Names of beans, canonical, in their order. */
  async search(pattern: string): Promise<readonly string[]> {
    const names = await this.bean({ type: 'search', mbean: pattern })
    return Array.isArray(names) ? names.map(String) : []
  }

  /** What the broker behind this interface calls itself. */
  async brokerName(): Promise<string> {
    const [bean] = await this.search(ANY_BROKER)
    if (bean === undefined) throw new AdminError('unreachable', `${this.url} shows no broker`, { hint: NO_BROKER })
    return String(await this.read(bean, 'BrokerName'))
  }

  /** GET of a path that answers JSON. */
  async getJson(path: string): Promise<unknown> {
    const value = parseJson((await this.get(path)).toString('utf8'))
    if (value === undefined) throw new AdminError('failed', `${this.url}${path} answers, but not with JSON`)
    return value
  }

  async get(path: string): Promise<Buffer> {
    return (await this.#ask({ method: 'GET', path })).body
  }

  /** What a path answers, with its status, whatever that is: for whoever wants to see it as it is. */
  answer(path: string): Promise<Reply> {
    return this.#exchange({ method: 'GET', path })
  }

  #post(path: string, body: object): Promise<Reply> {
    const headers = { 'content-type': 'application/json' }
    return this.#ask({ method: 'POST', path, headers, body: JSON.stringify(body) })
  }

  async #ask(asked: Omit<Exchange, 'timeoutMs'>): Promise<Reply> {
    const reply = await this.#exchange(asked)
    if (reply.status >= 200 && reply.status < 300) return reply
    throw refusal(`${this.url}${asked.path}`, reply, (this.#options.login ?? null) !== null)
  }

  #exchange(asked: Omit<Exchange, 'timeoutMs'>): Promise<Reply> {
    const { login = null, actor } = this.#options
    const who = actor === undefined ? {} : { 'x-tandemmq-actor': actor }
    const headers = { accept: 'application/json', ...who, ...asked.headers, ...(login === null ? {} : basic(login)) }
    return exchange(this.url, { ...asked, headers, timeoutMs: this.#timeoutMs })
  }
}

const basic = ({ user, password }: Login): { readonly authorization: string } => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`,
})

/** An answer that is no success. A node's own refusals say a code and a sentence. */
function refusal(where: string, { status, body }: Reply, withLogin: boolean): AdminError {
  const said = parseJson(body.toString('utf8'))
  const own = isObject(said) && typeof said['code'] === 'string' && typeof said['message'] === 'string'
  const code = own ? String(said['code']) : String(status)
  const message = own ? String(said['message']) : `${where} answers with HTTP status ${status}`
  if (status === 401)
    return withLogin
      ? new AdminError('refused', `${where}: user name or password is wrong`, { code, hint: PASSWORDS })
      : new AdminError('refused', `${where} asks for a login`, { code, hint: LOGIN })
  if (status === 403) return new AdminError('refused', message, { code })
  if (status === 404) return new AdminError('unknown', message, { code })
  if (status === 409) return new AdminError('state', message, { code })
  if (status >= 300 && status < 400)
    return new AdminError('failed', `${where} sends elsewhere, which is not followed`, { code, hint: ELSEWHERE })
  return new AdminError('failed', message, { code })
}

const LOGIN = 'give --user NAME with --password-file FILE, or set TANDEMMQ_USER and TANDEMMQ_PASSWORD_FILE'
const PASSWORDS = 'the users of this interface are in jetty-realm.properties beside activemq.xml'
const ELSEWHERE = 'give the address it sends to as --url'
const NO_BROKER = 'its XML says useJmx="false", or it is only starting'

function asObject(url: string, value: unknown): Readonly<Record<string, unknown>> {
  if (isObject(value)) return value
  throw new AdminError('failed', `${url} answers, but not with attributes by name`)
}

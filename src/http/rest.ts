import type { IncomingMessage } from 'node:http'
import {
  BeanError,
  POLICIES,
  brokerBean,
  destinationKeys,
  ownBean,
  readingOf,
  type Reading,
} from '../management/management.ts'
import type { Asker } from './access.ts'
import type { Answer } from './answer.ts'
import { readText } from './body.ts'
import type { Management } from './management.ts'
import { originRefused } from './origin.ts'
import { Refusal } from './refusal.ts'

interface Asked {
  readonly request: IncomingMessage
  readonly query: URLSearchParams
  readonly part: string
  /** Null: nobody was asked who he is. */
  readonly asker: Asker | null
}

interface RestRoute {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: RegExp
  readonly guard: 'open' | 'login'
  answer(asked: Asked): Promise<Answer>
}

/** Bytes of a message, as ActiveMQ's maxMessageSize; ms that a GET waits at most, and those that wait at once. */
const bodyMax = 100_000
const waitMsMax = 10_000
const waitingMax = 16
/** ms between two looks at a queue that is empty. */
const lookMs = 50

/**
 * ActiveMQ's REST messages (management R-01 … R-04), where `-Dtandemmq.rest=true` asks for them: POST sends one, GET and
 * DELETE take one. Nothing is held between two requests: no session, no prefetch.
 */
export class Rest {
  readonly #management: Management
  #waiting = 0

  constructor(management: Management) {
    this.#management = management
  }

  get routes(): RestRoute[] {
    const path = /^\/api\/message(?:\/(.+))?$/
    if (!this.#management.shown.rest)
      return (['GET', 'POST', 'DELETE'] as const).map(method => ({ method, path, guard: 'open', answer: off }))
    return [
      { method: 'POST', path, guard: 'login', answer: asked => this.#send(asked) },
      { method: 'GET', path, guard: 'login', answer: asked => this.#take(asked) },
      { method: 'DELETE', path, guard: 'login', answer: asked => this.#take(asked) },
    ]
  }

  async #send(asked: Asked): Promise<Answer> {
    mayChange(asked)
    const { request, query } = asked
    const { kind, name } = destinationOf(asked)
    const text = await readText(request, bodyMax)
    const isForm = (request.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded')
    const form = new URLSearchParams(isForm && text.includes('body=') ? text : '')
    const body = form.get('body') ?? query.get('body') ?? text
    const given = new Map([...form, ...query])
    for (const used of ['body', 'type', 'destination']) given.delete(used)
    const headers = { JMSDeliveryMode: 'persistent', JMSPriority: '5', ...Object.fromEntries(given) }
    const target = await this.#existing(kind, name)
    const id = await answered(() => target.call('sendTextMessage', headers, body))
    return { status: 200, body: 'Message sent', type: 'text/plain;charset=utf-8', headers: { messageID: String(id) } }
  }

  /** It is made when it is sent to, as by any client. */
  async #existing(kind: 0 | 1, name: string): Promise<Reading> {
    const { beans, brokerName } = this.#management
    const bean = brokerBean(brokerName, destinationKeys(kind, name))
    if (beans.readOnly !== null) throw new Refusal(503, 'passive', beans.readOnly)
    if (beans.find(bean) === null)
      await answered(() => readingOf(beans, brokerBean(brokerName))?.call(kind === 0 ? 'addQueue' : 'addTopic', name))
    const found = readingOf(beans, bean)
    if (found === null) throw new Refusal(404, 'not-found', 'there is no such destination')
    return found
  }

  async #take(asked: Asked): Promise<Answer> {
    mayChange(asked)
    const { request, query } = asked
    // HEAD is routed as GET is, and never takes anything.
    if (request.method === 'HEAD') return { status: 204, body: '', type: 'text/plain;charset=utf-8' }
    const { beans, brokerName } = this.#management
    const { kind, name } = destinationOf(asked)
    if (kind === 1) throw new Refusal(400, 'topic', 'a topic keeps nothing that could be fetched; subscribe by STOMP')
    if (beans.readOnly !== null) throw new Refusal(503, 'passive', beans.readOnly)
    const messages = readingOf(beans, ownBean('Messages', brokerName))
    const selector = String(request.headers['selector'] ?? '')
    const row = await this.#wait(request, waitMs(query), () => answered(() => messages?.call('take', name, selector)))
    if (row === null) return { status: 204, body: '', type: 'text/plain;charset=utf-8' }
    return shown(row as Row, query)
  }

  /** Looks until there is something, the time is over, or whoever asked is gone. */
  async #wait(request: IncomingMessage, ms: number, look: () => Promise<unknown>): Promise<unknown> {
    if (this.#waiting >= waitingMax)
      throw new Refusal(503, 'busy', 'too many wait for messages; try again', { 'retry-after': '1' })
    this.#waiting++
    try {
      for (const until = performance.now() + ms; ;) {
        const found = (await look()) ?? null
        if (found !== null || performance.now() >= until) return found
        await new Promise(resolve => setTimeout(resolve, lookMs))
        // Asked before the next look, which would take a message for nobody.
        if (request.socket.destroyed) return null
      }
    } finally {
      this.#waiting--
    }
  }
}

type Row = Readonly<Record<string, unknown>>

function off(): Promise<Answer> {
  const message = 'ActiveMQ’s REST messages are off; -Dtandemmq.rest=true serves them, and STOMP serves them better'
  return Promise.reject(new Refusal(404, 'rest-off', message))
}

/** A page in a browser that has a login may not use it here; who may only read may not either. */
function mayChange({ request, asker }: Asked): void {
  if (asker !== null && !asker.mayChange)
    throw new Refusal(403, 'role', 'the role admin is needed to send or to take messages')
  if (originRefused(request, POLICIES.compat.origins))
    throw new Refusal(403, 'origin', 'a page of another origin may not ask this')
}

/** By the path, where `/` is `.`, or `?destination=`; a topic unless `type` or a prefix says otherwise (management R-01). */
function destinationOf({ query, part }: Asked): { readonly kind: 0 | 1; readonly name: string } {
  const given = query.get('destination') ?? decoded(part).replaceAll('/', '.')
  const [, prefix, name = ''] = /^(?:(queue|topic|channel):\/\/)?(.*)$/s.exec(given) ?? []
  if (name === '') throw new Refusal(400, 'bad-request', 'name a destination: /api/message/NAME?type=queue')
  const type = prefix ?? query.get('type') ?? 'topic'
  if (!['queue', 'topic', 'channel'].includes(type)) throw new Refusal(400, 'bad-request', 'type is queue or topic')
  return { kind: type === 'queue' ? 0 : 1, name }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new Refusal(400, 'bad-request', 'the path cannot be read')
  }
}

function waitMs(query: URLSearchParams): number {
  const ms = Number(query.get('readTimeout') ?? waitMsMax)
  if (!Number.isInteger(ms) || ms < 0) throw new Refusal(400, 'bad-request', 'readTimeout is a number of ms')
  return Math.min(ms, waitMsMax)
}

/** What a bean refuses is the caller's mistake. */
async function answered(call: () => unknown): Promise<unknown> {
  try {
    return await call()
  } catch (error) {
    if (error instanceof BeanError) throw new Refusal(400, 'bad-request', error.message)
    throw error
  }
}

/** The body, its kind, and each property as a header that HTTP can carry (management R-03). */
function shown(row: Row, query: URLSearchParams): Answer {
  const { Text: text, BodyBase64: bytes } = row
  const body = typeof text === 'string' ? text : Buffer.from(typeof bytes === 'string' ? bytes : '', 'base64')
  const asked =
    query.get('json') === 'true' ? 'application/json' : query.get('xml') === 'true' ? 'application/xml' : null
  const isXml = typeof body === 'string' && body.startsWith('<')
  const type =
    asked ?? (isXml ? 'application/xml' : typeof body === 'string' ? 'text/plain' : 'application/octet-stream')
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries((row['StringProperties'] ?? {}) as Record<string, string>))
    if (/^[\w-]+$/.test(name) && /^[\x20-\x7e]*$/.test(value) && !RESERVED.has(name.toLowerCase()))
      headers[name] = value
  headers['destination'] = carried(String(row['JMSDestination']))
  headers['id'] = carried(String(row['JMSMessageID']))
  return { status: 200, body, type: typeof body === 'string' ? `${type};charset=utf-8` : type, headers }
}

/** As HTTP can carry it: the message is taken already, and must not be lost for the name of its queue. */
const carried = (text: string): string =>
  text.replace(/[^\x20-\x7e]+/g, part => encodeURIComponent(Buffer.from(part).toString()))

/** What a message must not say in an answer of ours. */
const RESERVED = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'cache-control',
  'date',
  'location',
  'set-cookie',
  'transfer-encoding',
  'trailer',
  'upgrade',
  'www-authenticate',
])

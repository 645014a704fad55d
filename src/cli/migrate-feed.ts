import { TandemError, messageOf } from '../base/errors.ts'
import type { Login } from '../client/client.ts'

/** What the old broker's web console says of it. */
export interface Feed {
  /** Messages by queue. */
  readonly queues: ReadonlyMap<string, number>
  /** Durable subscriptions, `client id: name on topic`. */
  readonly durables: readonly string[]
}

const REQUEST_MS = 10_000

/**
 * Reads the XML feeds of ActiveMQ's web console (management 3): `http://old:8161`. Rejects with what to do. The login goes to
 * that address only: no redirect is followed.
 */
export async function readFeed(url: string, { login, passcode }: Login): Promise<Feed> {
  const base = url.replace(/\/+$/, '')
  const headers: Record<string, string> = {}
  if (login !== null) headers['authorization'] = `Basic ${Buffer.from(`${login}:${passcode ?? ''}`).toString('base64')}`
  const [queues, subscribers] = await Promise.all([
    get(`${base}/admin/xml/queues.jsp`, headers),
    get(`${base}/admin/xml/subscribers.jsp`, headers),
  ])
  return { queues: readQueues(queues), durables: readDurables(subscribers) }
}

async function get(url: string, headers: Record<string, string>): Promise<string> {
  let answer: Response
  try {
    answer = await fetch(url, { headers, redirect: 'manual', signal: AbortSignal.timeout(REQUEST_MS) })
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error)
    throw new TandemError('CLIENT_UNREACHABLE', `${url}: ${cause}`)
  }
  if (answer.status === 401 || answer.status === 403)
    throw new TandemError('CLIENT_REFUSED', `${url} refuses the login`, {
      hint: 'Give --from-http-user and --from-http-password-file.',
    })
  if (!answer.ok)
    throw new TandemError('CLIENT_ERROR', `${url} answers ${answer.status}`, { hint: 'Name the queues with --queues.' })
  return await answer.text()
}

function readQueues(xml: string): Map<string, number> {
  const queues = new Map<string, number>()
  for (const [, name = '', size = '0'] of xml.matchAll(/<queue\s+name="([^"]*)"\s*>\s*<stats\s+size="(\d+)"/g))
    queues.set(unescape(name), Number(size))
  return queues
}

function readDurables(xml: string): string[] {
  return [...xml.matchAll(/<subscriber\b([^>]*)>/g)].map(([, attributes = '']) => {
    const of = (name: string): string => unescape(new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1] ?? '')
    return `${of('clientId')}: ${of('subscriptionName')} on ${of('destinationName')}`
  })
}

const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }
const unescape = (text: string): string =>
  text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w+));/gi, (whole, decimal?: string, hex?: string, name = '') => {
    const code = decimal !== undefined ? Number(decimal) : hex !== undefined ? parseInt(hex, 16) : -1
    if (code >= 0) return code <= 0x10ffff ? String.fromCodePoint(code) : whole
    return Object.hasOwn(NAMED, name as string) ? (NAMED[name as string] ?? whole) : whole
  })

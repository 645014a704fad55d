import { messageOf } from '../base/errors.ts'

/** ms that one request may take. */
const REQUEST_MS = 5000

/** What `GET /api/pair` says, as far as the command line shows it. */
export interface NodeReport {
  readonly brokerName: string
  readonly role: 'active' | 'passive'
  readonly state: string
  readonly detail: string
  readonly policy: string
  readonly epoch: number
  readonly position: number
  readonly committed: number
  readonly inSync: boolean
  readonly connectors: readonly string[]
  readonly since: string
  readonly node: string
  readonly pid: number | null
  readonly peer: {
    readonly brokerName: string
    readonly role: string
    readonly http: string | null
    readonly connectors: readonly string[]
    readonly lagBytes: number
    readonly lagMs: number
  } | null
  readonly lastFailover: { readonly at: string; readonly reason: string } | null
}

/** A node that cannot be reached, or that refuses. The text says which and why, for the person who asked. */
export class NodeError extends Error {
  /** The refusal's stable code; null: no answer at all. */
  readonly code: string | null
  constructor(message: string, code: string | null = null) {
    super(message)
    this.code = code
  }
}

/** `http://host:port` without a path, from what a person writes; null when it is no address. */
export function nodeUrl(text: string): string | null {
  const withScheme = /^https?:\/\//i.test(text) ? text : `http://${text}`
  if (!/^https?:\/\/(\[[0-9a-f:.]+\]|[^/:[\]@?#\s]+)(:\d{1,5})?(\/(api\/pair\/?)?)?$/i.test(withScheme)) return null
  try {
    return new URL(withScheme).origin
  } catch {
    return null
  }
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

/** Where the twin's interface is, seen from here; null when it cannot be told. `via` is the node that named it. */
export function twinUrl(report: NodeReport, via: string): string | null {
  if (report.peer === null || report.peer.http === null) return null
  const named = nodeUrl(report.peer.http)
  if (named === null) return null
  const url = new URL(named)
  // A loopback address that another machine named is that machine's own.
  if (LOOPBACK.test(url.hostname)) return LOOPBACK.test(new URL(via).hostname) ? named : null
  if (url.hostname !== '0.0.0.0' && url.hostname !== '[::]') return named
  const host = /^\w+:\/\/(\[[^\]]+\]|[^:]+):\d+$/.exec(report.peer.connectors[0] ?? '')?.[1]
  return host === undefined ? null : nodeUrl(`${host}:${url.port}`)
}

export async function readNode(url: string): Promise<NodeReport> {
  const body = await ask(url, '/api/pair')
  const value: unknown = await body.json().catch(() => null)
  if (!isReport(value)) throw new NodeError(`${url} answers, but not as a TandemMQ node`)
  return value
}

/** Asks for a change; resolves when the node accepted it. */
export async function change(url: string, what: 'promote' | 'handover', body: object): Promise<void> {
  await ask(url, `/api/pair/${what}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}

/** A request that succeeded; everything else is a NodeError. */
export async function ask(url: string, path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response
  try {
    response = await fetch(`${url}${path}`, { ...init, redirect: 'error', signal: AbortSignal.timeout(REQUEST_MS) })
  } catch (error) {
    throw new NodeError(`${url} does not answer: ${reason(error)}`)
  }
  if (response.ok) return response
  const body: unknown = await response.json().catch(() => null)
  const { code, message } = isRefusal(body) ? body : { code: `${response.status}`, message: response.statusText }
  throw new NodeError(message, code)
}

/** fetch says "fetch failed"; the cause knows more. */
function reason(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const text = messageOf(cause)
  return text === '' ? code : text
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

const isRefusal = (value: unknown): value is { readonly code: string; readonly message: string } =>
  isObject(value) && typeof value['code'] === 'string' && typeof value['message'] === 'string'

function isReport(value: unknown): value is NodeReport {
  if (!isObject(value)) return false
  const texts = ['brokerName', 'role', 'state', 'detail', 'policy', 'since', 'node']
  const numbers = ['epoch', 'position', 'committed']
  const { peer } = value
  return (
    texts.every(name => typeof value[name] === 'string') &&
    numbers.every(name => typeof value[name] === 'number') &&
    Array.isArray(value['connectors']) &&
    (peer === null || (isObject(peer) && typeof peer['brokerName'] === 'string' && Array.isArray(peer['connectors'])))
  )
}

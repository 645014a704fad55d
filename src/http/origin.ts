import type { IncomingMessage } from 'node:http'
import { originAllowed, type OriginRule } from '../management/management.ts'
import { isBrowser } from './caller.ts'

/** Where a request says that it comes from: its Origin, or what can be told from its Referer. */
export function originOf({ headers }: IncomingMessage): string | null {
  if (headers.origin !== undefined) return headers.origin
  const { referer } = headers
  if (referer === undefined) return null
  return /^(https?:\/\/[^/?#]+)/i.exec(referer)?.[1] ?? referer
}

/**
 * Does the policy refuse where the request comes from (management JE-01, JA-06)? A policy from a file is obeyed to the
 * letter. Otherwise a program need not say it; a browser must, and only the page of this very address may ask.
 */
export function originRefused(request: IncomingMessage, rule: OriginRule): boolean {
  const origin = originOf(request)
  if (!rule.programs) return rule.strict && (origin === null || !originAllowed(rule, origin))
  if (!isBrowser(request)) return false
  const site = request.headers['sec-fetch-site']
  if (origin === null) return site !== 'same-origin' && site !== 'none'
  return !isOwn(request, origin)
}

/** Is it the address that was asked itself? */
const isOwn = ({ headers }: IncomingMessage, origin: string): boolean =>
  origin.toLowerCase().replace(/^https?:\/\//, '') === (headers.host ?? '').toLowerCase()

/**
 * Why a page in a browser may not change anything; null: it may, or no browser asks. It uses whatever login the browser
 * remembers, so its origin must be this address, or one that an <allow-origin> names: that none is named lets every page
 * read, as in ActiveMQ, and no page do anything.
 */
export function pageOnlyReads(request: IncomingMessage, rule: OriginRule): string | null {
  if (!isBrowser(request)) return null
  const { origin } = request.headers
  // A link that somebody is talked into opening sends none.
  if (origin === undefined) return 'a browser changes something only with the header Origin'
  const isNamed = rule.allowed.length > 0 && originAllowed(rule, origin)
  return isNamed || isOwn(request, origin) ? null : 'a page of another origin changes something only if <cors> names it'
}

/** The headers that let the page of another origin read the answer (management J-06). A Referer alone gets none. */
export function corsHeaders({ headers }: IncomingMessage, rule: OriginRule): Readonly<Record<string, string>> {
  const { origin } = headers
  if (origin === undefined || !/^[\x21-\x7e]+$/.test(origin) || !originAllowed(rule, origin)) return {}
  return { 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true', vary: 'Origin' }
}

import type { IncomingMessage } from 'node:http'

export const LOCAL_ADDRESS: RegExp = /^(::1|(::ffff:)?127\.\d+\.\d+\.\d+)$/
export const LOCAL_HOST: RegExp = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d{1,5})?$/i
const LOCAL_ORIGIN = /^https?:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d{1,5})?$/i

/**
 * Why this caller may not change anything, or null when it may. It must be a process of this machine that means this
 * interface: a foreign Host is a rebound name, a foreign Origin a page in somebody's browser, and a proxy's header says
 * that the real caller sits elsewhere.
 */
export function strangerBecause(request: IncomingMessage): string | null {
  const { headers, socket } = request
  if (!LOCAL_ADDRESS.test(socket.remoteAddress ?? ''))
    return 'only a process on this machine may ask this; use the command line there'
  if (!LOCAL_HOST.test(headers.host ?? '')) return 'the Host header names another machine; use 127.0.0.1 or localhost'
  if (headers.origin !== undefined && !LOCAL_ORIGIN.test(headers.origin))
    return 'a page of another origin may not ask this'
  for (const name of ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'])
    if (headers[name] !== undefined) return 'this came through a proxy; ask this machine directly'
  return null
}

/**
 * Does a browser ask? Then a page may have made it do so, with the login that it remembers. PowerShell calls itself Mozilla
 * too, and is moved by no page.
 */
export function isBrowser({ headers }: IncomingMessage): boolean {
  const agent = headers['user-agent'] ?? ''
  return (
    headers['sec-fetch-site'] !== undefined ||
    headers.cookie !== undefined ||
    (agent.startsWith('Mozilla/') && !agent.includes('PowerShell'))
  )
}

import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { isBrowser, LOCAL_ADDRESS, LOCAL_HOST, strangerBecause } from './caller.ts'
import { hostAllowed } from './inet.ts'
import { Refusal } from './refusal.ts'

/** Who may ask what over HTTP, from jetty.xml (management W-05 to W-10). */
export interface WebAccess {
  /** Null: no login is configured. Then only this machine may manage the broker. */
  readonly login: Login | null
  /** In the order of the file. */
  readonly constraints: readonly Constraint[]
  /** A role of `user`, `users` may execute too, as it might up to ActiveMQ 5.19 (management JA-07). */
  readonly userExec: boolean
  /** Addresses that are let in at all, those that are not; null: every address is (management W-10). */
  readonly inet: { readonly include: readonly string[]; readonly exclude: readonly string[] } | null
  /** Headers of every answer (management W-09). */
  readonly headers: readonly { readonly name: string; readonly value: string }[]
  /** Requests of one address; more are answered 429. Null: no limit. */
  readonly requestsPerSecond: number | null
}

/** Slows down whoever guesses passwords. */
export interface LoginGuard {
  /** ms that this login must wait before it is judged; 0: none. */
  waitOf(address: string, user: string, password: string): number
  judged(address: string, user: string, password: string, right: boolean): void
}

/** Nobody waits. */
export const UNGUARDED: LoginGuard = { waitOf: () => 0, judged: () => {} }

export interface Login {
  readonly realm: string
  /** The roles of a user; null: there is none with this password. Compares in constant time. */
  rolesOf(user: string, password: string): readonly string[] | null
}

export interface Constraint {
  /** `/api/*`, `*.jsp`, `/` or an exact path. */
  readonly pathSpec: string
  /** False: open to everybody. */
  readonly authenticate: boolean
  /** One of them is needed; `*` and `**` are any. */
  readonly roles: readonly string[]
}

/** What is known of who asks. */
export interface Asker {
  /** Null: nobody was asked for a name. */
  readonly user: string | null
  readonly roles: readonly string[]
  readonly mayChange: boolean
}

export const NO_LOGIN: WebAccess = {
  login: null,
  constraints: [],
  userExec: false,
  inet: null,
  headers: [],
  requestsPerSecond: null,
}

const READERS: ReadonlySet<string> = new Set(['user', 'users'])
const ADMINS: ReadonlySet<string> = new Set(['admin', 'admins'])

/**
 * Lets a request for a path in, or throws: 401 without a right login, 403 without the role, or from elsewhere when no
 * login is configured. `path` is the one whose constraint counts, which an alias shares. Takes as long as `guard` wants.
 */
export async function admit(
  request: IncomingMessage,
  path: string,
  access: WebAccess,
  guard: LoginGuard = UNGUARDED,
): Promise<Asker> {
  const { login, constraints, userExec } = access
  if (login === null) {
    const why = strangerBecause(request) ?? browserBecause(request)
    if (why !== null) throw new Refusal(403, 'not-local', `no login is configured for the HTTP interface: ${why}`)
    return { user: null, roles: [], mayChange: true }
  }
  const constraint = constraintOf(constraints, path) ?? ownConstraint(constraints, path)
  const given = credentialsOf(request)
  if (constraint === null || !constraint.authenticate) {
    const why = reboundBecause(request)
    if (why !== null) throw new Refusal(403, 'not-local', why)
    const roles = given === null ? [] : ((await judge(request, given, access, guard)) ?? [])
    return { user: given !== null && roles.length > 0 ? given.user : null, roles, mayChange: true }
  }
  const roles = given === null ? null : await judge(request, given, access, guard)
  if (given === null || roles === null) throw unauthorized(login)
  const any = constraint.roles.some(role => role === '*' || role === '**')
  const held = roles.filter(role => (any ? ADMINS.has(role) : constraint.roles.includes(role)))
  if (!any && held.length === 0)
    throw new Refusal(403, 'role', `the user ${given.user} has none of the roles that ${path} needs`)
  return { user: given.user, roles, mayChange: userExec || held.some(role => !READERS.has(role)) }
}

/** Connections on which a login waits. */
const waiting = new WeakSet<Socket>()

/** The roles; null: there is no such user with this password. Throws 429 behind a login of the same connection that waits. */
async function judge(
  { socket }: IncomingMessage,
  { user, password }: Credentials,
  access: WebAccess,
  guard: LoginGuard,
): Promise<readonly string[] | null> {
  const address = socket.remoteAddress ?? ''
  const wait = guard.waitOf(address, user, password)
  if (wait > 0) {
    // Requests may come one behind the other without an answer between them: each would be a guess of its own.
    if (waiting.has(socket))
      throw new Refusal(429, 'too-many', 'a login on this connection waits', { connection: 'close' })
    waiting.add(socket)
    await new Promise<void>(resolve => setTimeout(resolve, wait).unref())
    waiting.delete(socket)
  }
  // Asked of the access as it is when the wait is over: a reload may have put others in the place of the users.
  const roles = access.login?.rolesOf(user, password) ?? null
  guard.judged(address, user, password, roles !== null)
  return roles
}

/** What ActiveMQ's web server did not have, no jetty.xml can have left open on purpose: it is guarded as Jolokia is. */
function ownConstraint(constraints: readonly Constraint[], path: string): Constraint | null {
  if (path !== '/metrics' && path !== '/api/state') return null
  return constraintOf(constraints, '/api/jolokia') ?? { pathSpec: path, authenticate: true, roles: ['*'] }
}

/** Throws 403 for an address that jetty.xml keeps out: what excludes it beats what includes it. */
export function checkAddress({ socket }: IncomingMessage, { inet }: WebAccess): void {
  if (inet === null) return
  const address = socket.remoteAddress ?? ''
  const { include, exclude } = inet
  if ((include.length > 0 && !hostAllowed(include, address)) || hostAllowed(exclude, address))
    throw new Refusal(403, 'address', `the address ${address} may not connect here (InetAccessHandler of jetty.xml)`)
}

const unauthorized = ({ realm }: Login): Refusal =>
  new Refusal(401, 'unauthorized', 'a user and a password are needed', {
    'www-authenticate': `basic realm="${realm}"`,
    'cache-control': 'must-revalidate,no-cache,no-store',
  })

/** The longest match counts, and of equal ones the first (management W-08): exact, then `/a/*`, then `*.x`, then `/`. */
export function constraintOf(constraints: readonly Constraint[], path: string): Constraint | null {
  let best: Constraint | null = null
  let weight = -1
  for (const constraint of constraints) {
    const found = weightOf(constraint.pathSpec, path)
    if (found <= weight) continue
    best = constraint
    weight = found
  }
  return best
}

/** -1: does not match. */
function weightOf(spec: string, path: string): number {
  if (spec === '/' || spec === '/*') return spec === '/' ? 0 : 2
  if (spec.startsWith('*.')) return path.endsWith(spec.slice(1)) ? 1 : -1
  if (spec.endsWith('/*')) {
    const folder = spec.slice(0, -2)
    return path === folder || path.startsWith(`${folder}/`) ? 2 + folder.length : -1
  }
  return spec === path ? 1_000_000 : -1
}

interface Credentials {
  readonly user: string
  readonly password: string
}

/** Of the Authorization header; null: none, or none that can be read. */
export function credentialsOf({ headers }: IncomingMessage): Credentials | null {
  const match = /^basic\s+([A-Za-z0-9+/]+={0,2})\s*$/i.exec(headers.authorization ?? '')
  if (match === null) return null
  const text = Buffer.from(match[1] ?? '', 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 0 ? null : { user: text.slice(0, colon), password: text.slice(colon + 1) }
}

/** From this machine, and no other one's doing. */
export const isLocal = ({ socket }: IncomingMessage): boolean => LOCAL_ADDRESS.test(socket.remoteAddress ?? '')

/**
 * What jetty.xml leaves open to everybody who can reach it, it does not leave open to pages: one whose name was pointed at
 * this machine after it was loaded reaches what only this machine should (DNS rebinding), and its Host gives it away.
 */
const reboundBecause = (request: IncomingMessage): string | null =>
  isLocal(request) && isBrowser(request) && !LOCAL_HOST.test(request.headers.host ?? '')
    ? 'the Host header names another machine; use 127.0.0.1 or localhost'
    : null

/**
 * A page that a browser shows can ask this machine's ports, often without saying where it comes from. Without a login to
 * stop it, whatever is a browser must say that it asks for itself.
 */
function browserBecause(request: IncomingMessage): string | null {
  const { headers } = request
  const site = headers['sec-fetch-site']
  if (site === 'same-origin' || site === 'none') return null
  if (site !== undefined) return 'a page of another origin may not ask this'
  if (isBrowser(request) && headers.origin === undefined) return 'a browser must send the header Origin'
  return null
}

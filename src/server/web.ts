import { DEFAULT_LOGINS, isLoopback, type HttpConfig, type WebConfig, type WebTlsConfig } from '../config/config.ts'
import { NO_LOGIN, type HttpOptions, type SecureAddress, type WebAccess } from '../http/http.ts'
import { parseObjectName, POLICIES, type AccessPolicy } from '../management/management.ts'
import { createWebLogin, loadTls, peerRefusal, type SecurityHost, type WebLogin } from '../security/security.ts'

/** ActiveMQ's realm has this name whatever jetty.xml calls it, and clients bind their passwords to it (management F-02). */
const REALM = 'ActiveMQRealm'

/** The HTTP interface as its listener wants it, but for the log: realm, policy and keys read, ready to be opened. */
export type WebOptions = Omit<HttpOptions, 'log' | 'limits' | 'record' | 'guard'> & { readonly access: WebAccess }

/** Who may ask by what was read last: users and constraints come into force with a reload, addresses and headers do not. */
export function liveAccess(first: WebOptions, security: { readonly web: WebOptions | null }): WebAccess {
  const now = (): WebAccess => (security.web ?? first).access
  return {
    get login() {
      return now().login
    },
    get constraints() {
      return now().constraints
    },
    get inet() {
      return now().inet
    },
    userExec: first.access.userExec,
    headers: first.access.headers,
    requestsPerSecond: first.access.requestsPerSecond,
  }
}

/** Null: there is no HTTP interface. Throws a TandemError when what protects it cannot be honoured. */
export function openWeb(http: HttpConfig | null, host: SecurityHost): WebOptions | null {
  if (http === null) return null
  const { web } = http
  return {
    host: http.host,
    port: http.port,
    plain: web?.plain ?? true,
    secure: (web?.secure ?? []).map(one => secureAddress(one, host)),
    access: hardened(http, web === null ? NO_LOGIN : accessOf(http, web, host)),
    policy: policyOf(http),
  }
}

/** ActiveMQ's hardened web server lets nobody in from elsewhere, unless its address list says otherwise (management JA-04). */
function hardened({ jolokia: { policy } }: HttpConfig, access: WebAccess): WebAccess {
  if (policy !== 'hardened' || access.inet !== null) return access
  return { ...access, inet: { include: ['127.0.0.0/8', '::1'], exclude: [] } }
}

function accessOf(http: HttpConfig, web: WebConfig, host: SecurityHost): WebAccess {
  const { login, constraints, inet, headers, requestsPerSecond } = web
  const { userExec } = http.jolokia
  if (login === null) return { ...NO_LOGIN, inet, headers, requestsPerSecond }
  const rolesOf = createWebLogin(login, host)
  const warning = defaultWebLogin(http, rolesOf)
  if (warning !== null) host.log.warn(warning, { code: 'SECURITY_DEFAULT', at: login.at })
  return { login: { realm: REALM, rolesOf }, constraints, userExec, inet, headers, requestsPerSecond }
}

/** Does a login of ActiveMQ's examples still manage a broker that others can reach (management W-13)? */
export function defaultWebLogin({ host, web }: HttpConfig, rolesOf: WebLogin): string | null {
  const addresses = [...(web?.plain === false ? [] : [host]), ...(web?.secure ?? []).map(one => one.host)]
  if (addresses.every(isLoopback)) return null
  for (const pair of DEFAULT_LOGINS) {
    const [user = '', password = ''] = pair.split('/')
    if (rolesOf(user, password) !== null)
      return `the user "${user}" of the HTTP interface still has the password of ActiveMQ's examples; change it`
  }
  return null
}

function policyOf({ jolokia: { policy, access } }: HttpConfig): AccessPolicy | null {
  if (policy === 'off') return null
  if (policy !== 'file') return POLICIES[policy]
  if (access === null) throw new Error('an access policy that could not be read stops the start')
  const rules = (all: typeof access.allow): AccessPolicy['allow'] =>
    all.map(rule => ({ ...rule, name: parseObjectName(rule.name) }))
  return {
    label: access.at.file,
    methods: access.methods === null ? null : new Set(access.methods),
    hosts: access.hosts,
    commands: access.commands === null ? null : new Set(access.commands),
    origins: {
      allowed: access.origins,
      strict: access.strictChecking,
      ignoreScheme: access.ignoreScheme,
      programs: false,
    },
    allow: rules(access.allow),
    deny: rules(access.deny),
    adminsOnly: false,
  }
}

function secureAddress(tls: WebTlsConfig, { log }: SecurityHost): SecureAddress {
  const material = loadTls(tls)
  for (const note of material.notes) log.info(`HTTP by TLS: ${note}`, { code: 'CONNECTOR_TLS' })
  const { secureContextOptions, requestCert, rejectUnauthorized } = material
  return {
    host: tls.host,
    port: tls.port,
    tls: { ...secureContextOptions, requestCert, rejectUnauthorized },
    refusalOf: peerRefusal,
  }
}

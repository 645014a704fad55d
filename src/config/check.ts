import type { ErrorObject, ValidateFunction } from 'ajv'
import type { Position } from '../base/errors.ts'
import type { Environment } from './environment.ts'
import type { Places } from './fields.ts'
import type { Findings } from '../base/findings.ts'
import type { AuthorizationConfig, BrokerConfig, ConnectorConfig, SimpleAuthenticationConfig } from './model.ts'
import { checkPair } from './check-pair.ts'
import { isLoopback } from './uri.ts'

/** What only shows when the whole model stands: protections that would not hold, and brokers nobody could use. */
export function checkBroker(config: BrokerConfig, places: Places, outer: Environment, findings: Findings): void {
  checkConnectors(config, findings)
  checkAccess(config, findings)
  checkPair(config, places, findings)
  if (config.connectors.some(({ tls }) => tls)) checkTls(config, places, outer, findings)
  else if (config.tls !== null && !config.pair.activeConnector?.uris.some(uri => uri.startsWith('ssl:')))
    findings.add('accept', 'CONFIG_NO_EFFECT', config.tls.at, '<sslContext> has no effect: no connector uses TLS')
  if (config.deleteAllMessagesOnStartup)
    findings.warn(
      'CONFIG_STORE',
      places.get('/deleteAllMessagesOnStartup') ?? config.at,
      'all messages are deleted at every start',
    )
}

function checkConnectors({ connectors }: BrokerConfig, findings: Findings): void {
  const taken = new Map<string, ConnectorConfig>()
  for (const connector of connectors) {
    if (connector.port === 0) continue
    const address = `${connector.host}:${connector.port}`
    const other = taken.get(address)
    if (other === undefined) taken.set(address, connector)
    else {
      const message = `"${connector.name}" and "${other.name}" (line ${other.at.line}) listen at the same address ${address}`
      findings.error('CONFIG_URI', connector.at, message, 'give each a port of its own')
    }
  }
}

/** `user/password` of the users in ActiveMQ's examples (management W-13). */
export const DEFAULT_LOGINS: ReadonlySet<string> = new Set([
  'admin/admin',
  'system/manager',
  'user/password',
  'guest/password',
])

function checkAccess({ authentication, authorization, connectors }: BrokerConfig, findings: Findings): void {
  const open = connectors.find(({ host, at }) => !isLoopback(host) && !findings.stopAt(at))
  if (authorization !== null && authentication === null) {
    const message = 'authorization without authentication: no client would have a user, so nobody could do anything'
    findings.refuse('CONFIG_PROTECTION', authorization.at, message, 'add an authentication plugin to <plugins>')
  }
  if (open !== undefined && authentication === null && authorization === null) {
    const message = `anybody who reaches ${open.host}:${open.port} can read and write everything`
    const hint = 'add a simpleAuthenticationPlugin to <plugins>, or listen on 127.0.0.1'
    findings.warn('CONFIG_OPEN', open.at, message, hint)
  }
  if (authentication?.kind !== 'simple') return
  const { users, at } = authentication
  if (open !== undefined && users.some(({ name, password }) => DEFAULT_LOGINS.has(`${name}/${password}`)))
    findings.warn('CONFIG_OPEN', at, "a user still has the password of ActiveMQ's examples", 'change it')
  if (authorization !== null) checkGroups(authentication, authorization, findings)
}

/** Rules for groups that nobody is in, and users whom no rule lets do anything (config 6). */
function checkGroups(
  { users, anonymous, at }: SimpleAuthenticationConfig,
  { entries, defaultEntry, temporary }: AuthorizationConfig,
  findings: Findings,
): void {
  const groups = new Set([...users.flatMap(user => user.groups), ...(anonymous === null ? [] : [anonymous.group])])
  const granted = new Set<string>()
  for (const { read, write, admin } of [...entries, defaultEntry, temporary].flatMap(entry => entry ?? []))
    for (const name of [...read, ...write, ...admin]) granted.add(name)
  for (const entry of entries) {
    const unknown = [...entry.read, ...entry.write, ...entry.admin].filter(name => name !== '*' && !groups.has(name))
    if (unknown.length === 0) continue
    const message = `no user is in the group ${[...new Set(unknown)].map(name => `"${name}"`).join(', ')}`
    findings.warn('CONFIG_ACL', entry.at, message)
  }
  if (granted.has('*')) return
  for (const { name, groups: own } of users) {
    if (own.some(group => granted.has(group))) continue
    const message = `the user "${name}" can log in and do nothing: no rule names one of its groups`
    findings.warn('CONFIG_ACL', at, message, 'add its group to an authorizationEntry, or remove the user')
  }
}

/** Never plain text and never an unchecked certificate in place of what was asked for (config section 5). */
function checkTls(
  { tls, connectors, authentication }: BrokerConfig,
  places: Places,
  outer: Environment,
  findings: Findings,
): void {
  const secure = connectors.filter(connector => connector.tls)
  const [first] = secure
  if (first === undefined) return
  if (tls === null || tls.keyStore === null) {
    const java =
      outer.system['javax.net.ssl.keyStore'] ?? /javax\.net\.ssl\.keyStore=/.exec(outer.env['ACTIVEMQ_SSL_OPTS'] ?? '')
    const lost = java === undefined || java === null ? '' : "; Java's javax.net.ssl properties are not read"
    const message = `connector "${first.name}" uses TLS, but no key store is configured${lost}`
    const hint = 'add <sslContext><sslContext keyStore="…" keyStorePassword="…"/></sslContext> to <broker>'
    findings.refuse('CONFIG_TLS', tls?.at ?? first.at, message, hint)
    return
  }
  for (const name of ['keyStore', 'trustStore', 'crlPath'] as const) {
    const path = tls[name]
    if (path === null || outer.sources.exists(path)) continue
    findings.refuse(
      'CONFIG_TLS',
      places.get(`/tls/${name}`) ?? tls.at,
      `${name} ${path} does not exist`,
      'check the path',
    )
  }
  const asks = secure.find(({ needClientAuth }) => needClientAuth)
  if (asks !== undefined && tls.trustStore === null) {
    const message = `connector "${asks.name}" demands client certificates, but no trust store says whose`
    findings.refuse('CONFIG_TLS', tls.at, message, 'add trustStore and trustStorePassword')
  }
  if (authentication?.kind !== 'jaas-certificate') return
  if (!connectors.some(({ tls: on, needClientAuth, wantClientAuth }) => on && (needClientAuth || wantClientAuth)))
    findings.warn('CONFIG_TLS', authentication.at, 'certificate authentication, but no connector asks for certificates')
}

/** Checks the model against `schemas/broker.json`; each error is told at the place of the attribute it came from. */
export function checkSchema(
  config: BrokerConfig,
  validate: ValidateFunction,
  places: Places,
  findings: Findings,
): void {
  // A plain boolean: the type guard of ajv would leave `never` behind.
  const valid: boolean = validate(config)
  if (valid) return
  for (const error of validate.errors ?? []) {
    const field = error.instancePath.split('/').findLast(part => !/^\d*$/.test(part)) ?? 'broker'
    const at = placeOf(error.instancePath, places) ?? config.at
    if (findings.stopAt(at)) continue
    findings.error('CONFIG_VALUE', at, `"${field}" ${expected(error)}`)
  }
}

/** The nearest place known: of the field, else of the object around it. */
function placeOf(pointer: string, places: Places): Position | null {
  for (let path = pointer; ; path = path.slice(0, path.lastIndexOf('/'))) {
    const at = places.get(path)
    if (at !== undefined) return at
    if (path === '') return null
  }
}

/** ajv's sentence; a bound is told as the bound it is. Values are never shown: they may be secret. */
function expected({ keyword, message, params }: ErrorObject): string {
  if (keyword === 'enum') return `must be one of ${(params['allowedValues'] as readonly unknown[]).join(', ')}`
  return message ?? 'is not valid'
}

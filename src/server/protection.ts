import type { SecureContextOptions } from 'node:tls'
import type { Broker } from '../broker/broker.ts'
import type { AclConfig, AuthorizationConfig, BrokerConfig } from '../config/config.ts'
import { standingChanges, type StandingChanges } from '../security/security.ts'
import type { ListenerOptions } from '../transport/transport.ts'
import { certificateEnds, tellEnds } from './certificates.ts'
import { openSecurity, type Security } from './create-broker.ts'
import { listenerOptions } from './options.ts'
import type { Reloaded, ServerOptions } from './server.ts'
import type { Service } from './service.ts'
import type { Twin } from './twin-links.ts'

/** Who may come in, and under which keys: what a node goes by, and a reload puts others in the place of. */
export class Protection {
  /** One object for ever, with others in it after a reload. */
  readonly security: Security
  #connectors: readonly ListenerOptions[]
  readonly #options: ServerOptions
  /** What the access rules were taken from. */
  #rules: BrokerConfig['authorization']

  /** Reads certificates and keys: a wrong password should not cost a recovery. Throws TLS_…. */
  constructor(config: BrokerConfig, options: ServerOptions, security: Security) {
    this.security = security
    this.#options = options
    this.#rules = config.authorization
    this.#connectors = config.connectors.map(connector => listenerOptions(config, connector, options.log))
    security.certificates = certificateEnds(config, this.#connectors, security.web)
  }

  get connectors(): readonly ListenerOptions[] {
    return this.#connectors
  }

  /** Says which certificates have expired, or will soon. */
  tellCertificates(): void {
    tellEnds(this.security.certificates, Date.now(), this.#options.log)
  }

  /**
   * Reads users, groups, access rules and certificates anew, all of them before any comes into force. Throws as a start
   * does (AUTH_…, TLS_…, DECRYPT_…); then nothing has changed. What else `config` says is not looked at. `service` is
   * null where nobody is served.
   */
  renew(config: BrokerConfig, twin: Twin, service: Service | null): Omit<Reloaded, 'kept'> {
    const fresh = openSecurity(config, this.#options, this.security.guard)
    const connectors = this.#connectors.map(one => withFreshKeys(one, config, this.#options))
    // Reads files as well, and what it reads may be gone a moment later.
    const ends = certificateEnds(config, connectors, fresh.web)
    twin.renew(config)
    const users = standingChanges(this.security.standings, fresh.standings)
    const groups = groupsConcerned(this.#rules, config.authorization)
    const changes = [...userChanges(users), ...ruleChanges(groups)]
    for (const [index, { name, tls }] of connectors.entries())
      if (!sameKeys(this.#connectors[index]?.tls, tls)) changes.push(`connector "${name}" has other certificates`)
    if (webKeys(this.security) !== webKeys(fresh)) changes.push('the HTTP interface has other certificates')
    Object.assign(this.security, fresh)
    this.#rules = config.authorization
    this.#connectors = connectors
    this.security.certificates = ends
    this.tellCertificates()
    service?.connectors.renew(connectors)
    return { changes, ended: service === null ? 0 : part(service.broker, users, groups) }
  }
}

function withFreshKeys(one: ListenerOptions, config: BrokerConfig, { log }: ServerOptions): ListenerOptions {
  const connector = config.connectors.find(({ name }) => name === one.name)
  if (one.tls === null || connector === undefined || !connector.tls) return one
  const { tls } = listenerOptions(config, connector, log)
  return tls === null ? one : { ...one, tls: { ...one.tls, secureContextOptions: tls.secureContextOptions } }
}

const sameKeys = (a: ListenerOptions['tls'] | undefined, b: ListenerOptions['tls']): boolean =>
  material(a?.secureContextOptions) === material(b?.secureContextOptions)

const webKeys = ({ web }: Security): string => (web?.secure ?? []).map(({ tls }) => material(tls)).join()

/** What a peer could tell apart; the rest of the options is drawn by lot each time. */
function material(keys: SecureContextOptions | undefined): string {
  const names = ['key', 'cert', 'ca', 'crl', 'ciphers', 'minVersion', 'maxVersion'] as const
  return keys === undefined ? '' : JSON.stringify(names.map(name => keys[name] ?? null))
}

function userChanges({ added, removed, changed, everybody }: StandingChanges): string[] {
  const told = [
    { what: 'added', names: added },
    { what: 'removed', names: removed },
    { what: 'changed (password or groups)', names: changed },
  ]
  const sentences = told.flatMap(({ what, names }) => (names.length === 0 ? [] : `users ${what}: ${listed(names)}`))
  return everybody ? [...sentences, 'how logins are judged has changed'] : sentences
}

const ruleChanges = (groups: ReadonlySet<string>): string[] =>
  groups.size === 0 ? [] : [`access rules changed for the groups: ${listed([...groups])}`]

/** A file may hold thousands. */
export const listed = (names: readonly string[]): string =>
  names.length <= namesShown
    ? names.join(', ')
    : `${names.slice(0, namesShown).join(', ')} and ${names.length - namesShown} more`
const namesShown = 20

/** Groups for which any rule differs; `*`: everybody. */
function groupsConcerned(old: AuthorizationConfig | null, now: AuthorizationConfig | null): ReadonlySet<string> {
  if ((old === null) !== (now === null)) return new Set(['*'])
  const [before, after] = [rulesOf(old), rulesOf(now)]
  const groups = new Set<string>()
  for (const where of new Set([...before.keys(), ...after.keys()])) {
    const [one, other] = [before.get(where) ?? nobody, after.get(where) ?? nobody]
    for (const action of ['read', 'write', 'admin'] as const)
      for (const group of new Set([...one[action], ...other[action]]))
        if (one[action].includes(group) !== other[action].includes(group)) groups.add(group)
  }
  return groups
}

const nobody: AclConfig = { read: [], write: [], admin: [] }

/** By what they are for; several for one destination add up. */
function rulesOf(map: AuthorizationConfig | null): ReadonlyMap<string, AclConfig> {
  const rules = new Map<string, AclConfig>()
  const add = (where: string, { read, write, admin }: AclConfig): void => {
    const so = rules.get(where) ?? nobody
    rules.set(where, { read: [...so.read, ...read], write: [...so.write, ...write], admin: [...so.admin, ...admin] })
  }
  for (const entry of map?.entries ?? []) add(`${entry.destination.kind} ${entry.destination.name}`, entry)
  if (map !== null && map.defaultEntry !== null) add('default', map.defaultEntry)
  if (map !== null && map.temporary !== null) add('temporary', map.temporary)
  // Without a rule for them temporary destinations are everybody's.
  else if (map !== null) add('temporary', { read: ['*'], write: ['*'], admin: ['*'] })
  return rules
}

/** A connection remembers what it may; who may less, or is somebody else now, has to come back and prove who he is. */
function part(broker: Broker, { removed, changed, everybody }: StandingChanges, groups: ReadonlySet<string>): number {
  const users = new Set([...removed, ...changed])
  let ended = 0
  for (const session of broker.sessions) {
    const { identity, connected, closed } = session
    if (!connected || closed || identity.twin === true) continue
    const rules = groups.has('*') || identity.groups.some(group => groups.has(group))
    if (!everybody && !rules && !(identity.user !== null && users.has(identity.user))) continue
    session.fatalError('The rights of this connection have changed; connect again', undefined, true)
    ended++
  }
  return ended
}

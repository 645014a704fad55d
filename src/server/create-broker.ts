import { Broker, type BrokerOptions, type OpenedStore, type PluginOptions, type TempPort } from '../broker/broker.ts'
import type { CertificateEnd } from '../base/certificate-end.ts'
import type { Log } from '../base/log.ts'
import { DEFAULT_LOGINS, isLoopback, type BrokerConfig } from '../config/config.ts'
import type { PolicyEntry } from '../destination/destination.ts'
import {
  createAuthenticator,
  createAuthorizer,
  createReplicatorRight,
  isRefusal,
  type LoginGuard,
  type ReplicatorRight,
  type Standings,
} from '../security/security.ts'
import type { ServerOptions } from './server.ts'
import { addressIn, createLoginGuard, GuardedDoor } from './logins.ts'
import { idStem, policyEntry } from './options.ts'
import { systemZone, wakeUp } from './clock.ts'
import { Drawing } from './pictures.ts'
import type { Twin } from './twin-links.ts'
import { openWeb, type WebOptions } from './web.ts'

/** Who may come in, and what they may. A reload puts others in the place of all of them: ask it, keep none of it. */
export interface Security {
  authenticator: ReturnType<typeof createAuthenticator>
  authorizer: ReturnType<typeof createAuthorizer>
  replicator: ReplicatorRight
  /** The HTTP interface; null: there is none. */
  readonly web: WebOptions | null
  /** Who guesses passwords waits. */
  readonly guard: LoginGuard
  /** The certificates that this node shows; set by whoever has read them all. */
  certificates: readonly CertificateEnd[]
  /** What was known of each user when it was read; for the next reload. */
  standings: Standings
}

/** Everything that protects is read first: when it cannot be honoured, nothing else happens. `guard`: of a node that runs. */
export function openSecurity(
  config: BrokerConfig,
  options: ServerOptions,
  guard: LoginGuard = createLoginGuard(config),
): Security {
  const { properties, environment, log } = options
  const authenticator = createAuthenticator(config.authentication, { properties, environment, log })
  const warning = defaultLogin(config, authenticator)
  if (warning !== null && config.authentication !== null)
    log.warn(warning, { code: 'SECURITY_DEFAULT', at: config.authentication.at })
  return {
    authenticator,
    web: openWeb(config.http, { properties, environment, log }),
    guard,
    certificates: [],
    standings: authenticator.standings(),
    authorizer: createAuthorizer(config.authorization),
    replicator: createReplicatorRight({ ...config, replicators: config.overrides['pair.replicators'] }),
  }
}

/**
 * Does a login of ActiveMQ's examples still open a connector that others can reach (management W-13)? Asked of whoever
 * judges logins, since their passwords are not in the configuration; those of the XML itself are told when it is read.
 */
export function defaultLogin(
  { authentication, connectors }: BrokerConfig,
  authenticator: Security['authenticator'],
): string | null {
  if (authentication?.kind !== 'jaas' && authentication?.kind !== 'jaas-dual') return null
  if (connectors.every(({ host }) => isLoopback(host))) return null
  for (const pair of DEFAULT_LOGINS) {
    const [login, passcode] = pair.split('/')
    const answer = authenticator.authenticate({ login, passcode, certificateDn: undefined, tls: false })
    if (!isRefusal(answer) && answer.guest !== true)
      return `the user "${login}" still has the password of ActiveMQ's examples; change it`
  }
  return null
}

/** The policy entries as dispatch goes by them, in the order of the configuration. */
export function policiesOf({ policies, defaultPolicy, store }: BrokerConfig): {
  readonly policies: readonly PolicyEntry[]
  readonly defaultPolicy: PolicyEntry | null
} {
  const inMemory = store.kind === 'memory'
  return {
    policies: policies.map(policy => policyEntry(policy, inMemory)),
    defaultPolicy: defaultPolicy === null ? null : policyEntry(defaultPolicy, inMemory),
  }
}

/** `ActiveMQ/…`: some client libraries choose their dialect by this (stomp S-CON-06). */
const SERVER_NAME = 'ActiveMQ/6.1.0 TandemMQ'

function schedulerOptions({ scheduler }: BrokerConfig, idStem: string): BrokerOptions['scheduler'] {
  return scheduler === null ? null : { ...scheduler, zone: systemZone, idStem, now: () => Date.now(), after: wakeUp }
}

/** Null when nothing in `<plugins>` acts on messages: then nothing asks for it. */
function pluginOptions({ plugins, brokerName }: BrokerConfig, log: Log, broker: () => Broker): PluginOptions | null {
  const rules: PluginOptions['rules'][number][] = []
  const watchers: Drawing[] = []
  for (const plugin of plugins) {
    if (plugin.kind === 'picture') watchers.push(new Drawing(plugin, broker, log))
    else if (plugin.kind !== 'destinations') rules.push(plugin)
  }
  if (rules.length + watchers.length === 0) return null
  return { rules, watchers, brokerName, log, random: () => Math.random() }
}

/** A broker over an opened store. Every one of them has connection ids of its own. */
export function createBroker(
  config: BrokerConfig,
  security: Security,
  log: Log,
  { journal, state }: OpenedStore,
  twin: Twin,
  temp: TempPort | null,
  connectorUrls: BrokerOptions['connectorUrls'],
): Broker {
  const stem = idStem(config.connectors[0]?.port ?? 0, Date.now())
  const inMemory = config.store.kind === 'memory'
  const door = new GuardedDoor(security.guard, 'stomp', log)
  const broker: Broker = new Broker(
    {
      brokerName: config.brokerName,
      serverName: config.overrides['serverName'] ?? SERVER_NAME,
      stampUserId: config.populateJMSXUserID,
      pathSeparator: config.pathSeparator,
      plugins: pluginOptions(config, log, () => broker),
      scheduler: schedulerOptions(config, stem),
      space: { ...config.usage, inMemory },
      temp,
      ...policiesOf(config),
      virtual: config.virtual,
      durables: config.durables,
      dataDirectory: config.dataDirectory,
      connectorUrls,
      advisories: config.advisorySupport ? { anonymousProducers: config.anonymousProducerAdvisorySupport } : null,
      statistics: config.statistics,
      idStem: stem,
      log,
      now: () => Date.now(),
      defer: run => void setImmediate(run),
      later: (ms, run) => void setTimeout(run, ms).unref(),
      loginWait: ({ link }, login, passcode) => door.waitOf(addressIn(link.remote), login, passcode),
      authenticate: ({ options, link }, login, passcode) => {
        const { tls, certificateDn } = options
        const answer = security.authenticator.authenticate({ login, passcode, certificateDn, tls })
        const refused = isRefusal(answer)
        if (refused || answer.authenticated) door.judged(addressIn(link.remote), login, passcode, !refused)
        return refused ? answer.message : answer
      },
      refusalOfAll: (identity, action, names) => security.authorizer.refusalOfAll(identity, action, names),
      refusal: (identity, action, at) =>
        security.authorizer.may(identity, action, at) ? null : security.authorizer.refusal(identity, action, at),
    },
    journal,
    state,
  )
  broker.replication = twin
  return broker
}

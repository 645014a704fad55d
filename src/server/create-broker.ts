import { Broker, type OpenedStore } from '../broker/broker.ts'
import type { Log } from '../base/log.ts'
import type { BrokerConfig } from '../config/config.ts'
import {
  createAuthenticator,
  createAuthorizer,
  createReplicatorRight,
  isRefusal,
  type ReplicatorRight,
  type SecurityHost,
} from '../security/security.ts'
import type { ServerOptions } from './server.ts'
import { idStem, policyEntry } from './options.ts'
import { systemZone, wakeUp } from './clock.ts'
import type { Twin } from './twin-links.ts'

export interface Security {
  readonly authenticator: ReturnType<typeof createAuthenticator>
  readonly authorizer: ReturnType<typeof createAuthorizer>
  readonly replicator: ReplicatorRight
}

/** Everything that protects is read first: when it cannot be honoured, nothing else happens. */
export function openSecurity(config: BrokerConfig, options: ServerOptions): Security {
  const host: SecurityHost = { properties: options.properties, environment: options.environment, log: options.log }
  return {
    authenticator: createAuthenticator(config.authentication, host),
    authorizer: createAuthorizer(config.authorization),
    replicator: createReplicatorRight({ ...config, replicators: config.overrides['pair.replicators'] }),
  }
}

/** `ActiveMQ/…`: some client libraries choose their dialect by this (stomp S-CON-06). */
const SERVER_NAME = 'ActiveMQ/6.1.0 TandemMQ'

/** A broker over an opened store. Every one of them has connection ids of its own. */
export function createBroker(
  config: BrokerConfig,
  { authenticator, authorizer }: Security,
  log: Log,
  { journal, state }: OpenedStore,
  twin: Twin,
): Broker {
  const { memoryLimit, storeLimit, sendFailIfNoSpace } = config.usage
  const stem = idStem(config.connectors[0]?.port ?? 0, Date.now())
  const inMemory = config.store.kind === 'memory'
  const broker = new Broker(
    {
      brokerName: config.brokerName,
      serverName: config.overrides['serverName'] ?? SERVER_NAME,
      stampUserId: config.populateJMSXUserID,
      pathSeparator: config.pathSeparator,
      scheduler:
        config.scheduler === null ? null : { ...config.scheduler, zone: systemZone, idStem: stem, after: wakeUp },
      space: { memoryLimit, storeLimit, sendFailIfNoSpace, inMemory },
      virtual: config.virtual,
      durables: config.durables,
      policies: config.policies.map(policy => policyEntry(policy, inMemory)),
      defaultPolicy: config.defaultPolicy === null ? null : policyEntry(config.defaultPolicy, inMemory),
      idStem: stem,
      log,
      now: () => Date.now(),
      defer: run => void setImmediate(run),
      authenticate: (session, login, passcode) => {
        const { tls, certificateDn } = session.options
        const answer = authenticator.authenticate({ login, passcode, certificateDn, tls })
        return isRefusal(answer) ? answer.message : answer
      },
      refusalOfAll: (identity, action, names) => authorizer.refusalOfAll(identity, action, names),
      refusal: (identity, action, at) =>
        authorizer.may(identity, action, at) ? null : authorizer.refusal(identity, action, at),
    },
    journal,
    state,
  )
  broker.replication = twin
  return broker
}

import type { Places } from './fields.ts'
import type { Findings } from '../base/findings.ts'
import type { BrokerConfig } from './model.ts'
import { isLoopback } from './uri.ts'

/** What only the whole broker shows about its pair. A broker whose file says nothing of a pair is told nothing. */
export function checkPair(config: BrokerConfig, places: Places, findings: Findings): void {
  const { pair, store } = config
  const { activeConnector } = pair
  const waits = places.get('/pair/waitForPassive') ?? config.at
  const at = activeConnector?.at ?? (pair.waitForPassive ? waits : config.at)
  if (activeConnector === null && !pair.waitForPassive && pair.policy !== 'stop-on-loss') return
  if (store.kind === 'memory') {
    const message = 'a store in memory cannot be paired: its passive would have nothing to follow'
    findings.refuse('CONFIG_PAIR', at, message, 'remove persistent="false" or the memoryPersistenceAdapter')
  }
  if (pair.policy === 'auto') {
    const message =
      'policy auto: if the two nodes lose sight of one another while both run, both may serve; a witness removes this risk, and comes in a later version'
    findings.warn('CONFIG_PAIR', at, message, 'shutdownOnPassiveFailure="true" on both nodes removes it today')
  }
  if (pair.waitForPassive && activeConnector === null && pair.policy === 'auto') {
    const message = `clients are refused until a passive is in sync, for at most ${pair.waitForPassiveTimeout} ms; ActiveMQ 5.8 and newer ignored this setting`
    findings.warn('CONFIG_PAIR', waits, message)
  }
  checkAddresses(config, findings)
  checkReplicators(config, at, findings)
}

function checkAddresses({ pair, connectors, tls }: BrokerConfig, findings: Findings): void {
  if (pair.activeConnector === null) return
  const { at, uris } = pair.activeConnector
  for (const uri of uris) {
    const [, host = '', port] = /^\w+:\/\/\[?([^\]]*?)\]?:(\d+)$/.exec(uri) ?? []
    const plain = uri.startsWith('tcp:')
    const own = connectors.find(one => one.port === Number(port) && sameHost(one.host, host))
    if (own !== undefined) {
      const message = `${uri} is this broker's own connector "${own.name}": it cannot be its own passive`
      findings.error('CONFIG_PAIR', at, message, 'name a connector of the other broker')
    }
    if (plain && !isLoopback(host)) {
      const message = `the password and every message go to ${uri} in clear`
      findings.warn('CONFIG_OPEN', at, message, `write ssl://… and an <sslContext> with a trust store`)
    }
    if (!plain && (tls === null || tls.trustStore === null)) {
      const message = `${uri} uses TLS, but no trust store says whose certificate is the active's`
      findings.refuse('CONFIG_TLS', tls?.at ?? at, message, 'add trustStore and trustStorePassword to <sslContext>')
    }
  }
}

const sameHost = (listens: string, named: string): boolean =>
  listens === named || (isLoopback(named) && (isLoopback(listens) || listens === '0.0.0.0' || listens === '::'))

/** replication.md rule 10. On loopback only, who can connect can read the disk as well. */
function checkReplicators(config: BrokerConfig, at: BrokerConfig['at'], findings: Findings): void {
  const { pair, connectors, authentication, authorization } = config
  if (pair.replicators !== null && authentication === null) {
    const message = '-Dtandemmq.pair.replicators names users, but without an authentication plugin there are none'
    findings.refuse('CONFIG_PROTECTION', at, message, 'add an authentication plugin to <plugins>')
  }
  if (pair.replicators !== null || connectors.every(({ host }) => isLoopback(host))) return
  if (authorization !== null) return
  const who = authentication === null ? 'anybody who reaches a connector' : 'every user'
  const message = `${who} may attach as the passive and read all messages`
  const hint =
    authentication === null
      ? 'add a simpleAuthenticationPlugin to <plugins>, and -Dtandemmq.pair.replicators=user'
      : 'name the user of the pair with -Dtandemmq.pair.replicators=user'
  findings.warn('CONFIG_OPEN', at, message, hint)
}

import { endNotice, type CertificateEnd } from '../base/certificate-end.ts'
import { TandemError, messageOf } from '../base/errors.ts'
import { Findings, type Finding } from '../base/findings.ts'
import { silentLog, type Log } from '../base/log.ts'
import type { BrokerConfig } from '../config/config.ts'
import { createAuthenticator } from '../security/security.ts'
import { connectorEnd, pairEnd, webEnds } from './certificates.ts'
import { defaultLogin } from './create-broker.ts'
import { refuseMisfits } from './disk-limits.ts'
import { refuseNetworkDisk } from './network-disk.ts'
import { dialTls, listenerOptions } from './options.ts'
import type { ServerOptions } from './server.ts'
import { openWeb } from './web.ts'

/** Parts of a configuration that were found wrong already: what is built on them would only say so again. */
export type Skipped = 'authentication' | 'tls' | 'web'

type Place = Finding['at']

/**
 * What `startServer` finds before it opens anything, by the same code, and all of it at once: the login configuration
 * with its files, key stores, trust stores, revocation lists, protocols and ciphers (management TC-07). Opens no port,
 * takes no lock, writes nothing. `now`, ms since 1970: for how long certificates are good.
 */
export function checkStart(
  config: BrokerConfig,
  { properties, environment }: Pick<ServerOptions, 'properties' | 'environment'>,
  skipped: ReadonlySet<Skipped> = new Set(),
  now: number = Date.now(),
): readonly Finding[] {
  const findings = new Findings()
  const { authentication, connectors, tls } = config
  if (!skipped.has('authentication') && authentication !== null) {
    const { at } = authentication
    attempt(findings, at, () => {
      const log = gathering(findings, 'AUTH_OPTION_INVALID', at)
      const authenticator = createAuthenticator(authentication, { properties, environment, log })
      const open = defaultLogin(config, authenticator)
      if (open !== null) findings.warn('CONFIG_OPEN', at, open)
    })
  }
  const web = config.http?.web ?? null
  if (web !== null && !skipped.has('web'))
    attempt(findings, web.at, () => {
      const log = gathering(findings, 'CONFIG_OPEN', web.login?.at ?? web.at)
      const opened = openWeb(config.http, { properties, environment, log })
      for (const end of webEnds(config, opened)) warnOfEnd(findings, web.secure[0]?.at ?? web.at, end, now)
    })
  if (skipped.has('tls')) return findings.list()
  for (const connector of connectors) {
    const log = gathering(findings, 'CONFIG_TLS', connector.at)
    attempt(findings, tls?.at ?? connector.at, () => {
      const options = listenerOptions(config, connector, log)
      warnOfEnd(findings, connector.at, connectorEnd(config, options), now)
    })
  }
  attempt(findings, tls?.at ?? config.at, () => {
    dialTls(config)
    warnOfEnd(findings, config.pair.activeConnector?.at ?? config.at, pairEnd(config), now)
  })
  return findings.list()
}

/**
 * What a start refuses when it takes the data directory: a network file system under it, and limits that its disk has no room
 * for. Throws STORE_NETWORK_DISK or CONFIG_LIMIT; takes no lock, writes nothing.
 */
export function checkPlace(config: BrokerConfig): void {
  refuseNetworkDisk(config, silentLog)
  refuseMisfits(config)
}

function warnOfEnd(findings: Findings, at: Place, end: CertificateEnd | null, now: number): void {
  const notice = end === null ? null : endNotice(end, now)
  if (notice !== null) findings.warn(notice.code, at, notice.text, notice.hint)
}

function attempt(findings: Findings, at: Place, act: () => unknown): void {
  try {
    act()
  } catch (error) {
    if (!(error instanceof TandemError)) throw error
    findings.refuse(error.code, error.position ?? at, messageOf(error), error.hint ?? null)
  }
}

/** What a start would write into its log, as findings. */
const gathering = (findings: Findings, code: Finding['code'], at: Place): Log => ({
  debug: () => {},
  info: text => findings.add('accept', code, at, text),
  warn: text => findings.warn(code, at, text),
  error: text => findings.refuse(code, at, text),
})

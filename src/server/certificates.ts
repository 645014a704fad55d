import { endNotice, type CertificateEnd } from '../base/certificate-end.ts'
import type { Log } from '../base/log.ts'
import type { BrokerConfig } from '../config/config.ts'
import { firstEnd } from '../security/security.ts'
import type { ListenerOptions } from '../transport/transport.ts'
import { dialTls } from './options.ts'
import type { WebOptions } from './web.ts'

/** Null: a connector without TLS. */
export function connectorEnd({ tls: stores }: BrokerConfig, { name, tls }: Connector): CertificateEnd | null {
  if (tls === null) return null
  const where = { place: `connector "${name}"`, label: name, file: stores?.keyStore ?? '' }
  return firstEnd(tls.secureContextOptions, where)
}
type Connector = Pick<ListenerOptions, 'name' | 'tls'>

/** Of the HTTP interface. */
export function webEnds({ http }: BrokerConfig, web: Pick<WebOptions, 'secure'> | null): readonly CertificateEnd[] {
  return (web?.secure ?? []).flatMap(({ host, port, tls }) => {
    const file = http?.web?.secure.find(one => one.host === host && one.port === port)?.keyStore ?? ''
    const place = `the HTTP interface at ${host}:${port}`
    return firstEnd(tls, { place, label: `https://${host}:${port}`, file }) ?? []
  })
}

/** What this node shows to the active that it dials; null: it dials none by TLS, or shows nothing. Throws TLS_…. */
export function pairEnd(config: BrokerConfig): CertificateEnd | null {
  const dials = config.pair.activeConnector?.uris.some(uri => uri.startsWith('ssl:')) === true
  const keys = dials ? dialTls(config) : null
  const where = { place: 'the link to the active', label: 'pair', file: config.tls?.keyStore ?? '' }
  return keys === null ? null : firstEnd(keys, where)
}

/** Whatever this node shows a certificate at. */
export function certificateEnds(
  config: BrokerConfig,
  connectors: readonly Connector[],
  web: Pick<WebOptions, 'secure'> | null,
): readonly CertificateEnd[] {
  const ends = [...connectors.map(one => connectorEnd(config, one)), ...webEnds(config, web), pairEnd(config)]
  return ends.filter(end => end !== null)
}

/** Says which of them have ended, or will soon. `now`: ms since 1970. */
export function tellEnds(ends: readonly CertificateEnd[], now: number, log: Log): void {
  for (const end of ends) {
    const notice = endNotice(end, now)
    if (notice === null) continue
    const { expired, code, text, hint } = notice
    log[expired ? 'error' : 'warn'](text, { code, connector: end.label, hint })
  }
}

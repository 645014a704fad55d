import type { Code } from '../base/codes.ts'
import { messageOf, TandemError, type Position } from '../base/errors.ts'
import type { Environment } from './environment.ts'
import type { Findings } from '../base/findings.ts'
import type { BrokerConfig } from './model.ts'

/**
 * What protects is tried before a start depends on it: every key store is opened and every realm is read, so that checking
 * a file and starting it say the same (config section 5). Only what has no finding of its own yet is tried.
 */
export function checkProofs(config: BrokerConfig, outer: Environment, findings: Findings): void {
  const { prove, sources } = outer
  const { authentication, tls, connectors } = config
  if (prove === null) return
  if (authentication !== null && (authentication.kind === 'simple' || sources.exists(authentication.loginConfig)))
    attempt(() => prove.authentication(authentication), authentication.at, 'CONFIG_LOGIN', findings)
  // Where jetty.xml names what is not there, that was said already.
  const web = config.http?.web ?? null
  const { login = null, secure = [] } = web ?? {}
  const named = [login?.kind === 'realm' ? login.file : login?.loginConfig, ...secure.map(({ keyStore }) => keyStore)]
  if (web !== null && named.every(path => path === undefined || sources.exists(path)))
    attempt(() => prove.web(web), login?.at ?? web.at, 'CONFIG_LOGIN', findings)
  const files = [tls?.keyStore, tls?.trustStore, tls?.crlPath].filter(path => path !== null && path !== undefined)
  if (tls === null || tls.keyStore === null || !files.every(path => sources.exists(path))) return
  for (const connector of connectors)
    if (connector.tls && !(connector.needClientAuth && tls.trustStore === null))
      attempt(() => prove.tls(tls, connector), connector.at, 'CONFIG_TLS', findings)
}

function attempt(act: () => void, at: Position, otherwise: Code, findings: Findings): void {
  try {
    act()
  } catch (thrown) {
    const known = thrown instanceof TandemError ? thrown : null
    const place = known?.position ?? at
    findings.refuse(known?.code ?? otherwise, place, messageOf(thrown), known?.hint ?? null)
  }
}

import { silentLog } from '../base/log.ts'
import type { LoadOptions } from '../config/config.ts'
import { createAuthenticator, createWebLogin, decryptJasypt, loadTls } from '../security/security.ts'

/**
 * What the configuration cannot do itself, since it knows nothing of keys: decrypting `ENC(…)`, opening key stores, reading
 * realms. Every verb that loads a configuration passes these, so that all of them say what a start would say.
 */
export function securityTools(
  properties: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string | undefined>>,
): Required<Pick<LoadOptions, 'decrypt' | 'prove'>> {
  return {
    decrypt: decryptJasypt,
    prove: {
      authentication: config => void createAuthenticator(config, { properties, environment, log: silentLog }),
      tls: (tls, { needClientAuth, wantClientAuth, enabledProtocols, enabledCipherSuites }) =>
        void loadTls({ ...tls, needClientAuth, wantClientAuth, enabledProtocols, enabledCipherSuites }),
      web: ({ login, secure }) => {
        if (login !== null) createWebLogin(login, { properties, environment, log: silentLog })
        for (const one of secure) loadTls(one)
      },
    },
  }
}

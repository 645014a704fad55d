import type { Position } from '../base/errors.ts'
import { type Authenticator, type Credentials, type Identity, type Refusal, type SecurityHost } from './identity.ts'
import { invalidLogin } from './identity.ts'
import { loadRealm, type Realm } from './jaas.ts'
import { sameSecret } from './secret.ts'
import { standingsOf } from './standing.ts'

/** How clients prove who they are; the shape of the configuration's, so that it can be passed through. */
export type AuthenticationOptions =
  | { readonly kind: 'none' }
  | SimpleAuthenticationOptions
  | (JaasOptions & { readonly kind: 'jaas' })
  | (JaasOptions & { readonly kind: 'jaas-certificate' })
  | (JaasOptions & { readonly kind: 'jaas-dual'; readonly sslRealm: string })

export interface SimpleAuthenticationOptions {
  readonly kind: 'simple'
  readonly users: readonly { readonly name: string; readonly password: string; readonly groups: readonly string[] }[]
  /** Null: anonymous access is not allowed. */
  readonly anonymous: { readonly user: string; readonly group: string } | null
}

export interface JaasOptions {
  /** Place of the plugin in activemq.xml, for errors that have no place in the login configuration. */
  readonly at?: Position
  /** Absolute path of login.config. */
  readonly loginConfig: string
  readonly realm: string
}

/**
 * Builds what judges logins. Throws a `TandemError` (AUTH_…, DECRYPT_…) for anything that cannot be honoured exactly:
 * a broker that cannot protect as configured must not start (SE-11).
 * Null is a broker without authentication plugin.
 */
export function createAuthenticator(options: AuthenticationOptions | null, host: SecurityHost): Authenticator {
  switch (options?.kind) {
    case undefined:
    case 'none':
      return { authenticate: unauthenticated, standings: () => standingsOf('none', []) }
    case 'simple':
      return simpleAuthenticator(options)
    case 'jaas':
      return byPassword(loadRealm(options, 'password', host))
    case 'jaas-certificate':
      return byCertificate(loadRealm(options, 'certificate', host))
    case 'jaas-dual': {
      const certificate = byCertificate(loadRealm({ ...options, realm: options.sslRealm }, 'certificate', host))
      const password = byPassword(loadRealm(options, 'password', host))
      // SE-10: a TLS connector never falls back to passwords, even when the client has no certificate.
      const choose = (c: Credentials) => (c.tls || c.certificateDn !== undefined ? certificate : password)
      return {
        authenticate: credentials => choose(credentials).authenticate(credentials),
        // A name may be in both; then either list tells.
        standings: () => {
          const all = [...certificate.standings(), ...password.standings()].map(([name, one]) => [name, [one]] as const)
          return standingsOf('dual', all)
        },
      }
    }
    default:
      return options satisfies never
  }
}

/** SE-01: the login is only a name. */
const unauthenticated = ({ login }: Credentials): Identity => ({
  user: login ?? null,
  groups: [],
  anonymous: true,
  authenticated: false,
})

/** SE-02, SE-03. An absent passcode equals no password here, not even an empty one, as in ActiveMQ. */
function simpleAuthenticator(options: SimpleAuthenticationOptions): Authenticator {
  const users = new Map(options.users.map(user => [user.name, user]))
  const { anonymous } = options
  const known = options.users.map(({ name, password, groups }) => [name, [password, ...groups]] as const)
  return {
    standings: () => standingsOf(`simple ${JSON.stringify(anonymous)}`, known),
    authenticate({ login, passcode }): Identity | Refusal {
      if (anonymous !== null && login === undefined && passcode === undefined) {
        return { user: anonymous.user, groups: [anonymous.group], anonymous: true, authenticated: true }
      }
      const user = login === undefined ? undefined : users.get(login)
      if (!sameSecret(user?.password, passcode ?? '') || passcode === undefined || user === undefined) {
        return { message: invalidLogin(login) }
      }
      return { user: user.name, groups: user.groups, anonymous: false, authenticated: true }
    },
  }
}

/** SE-04: the identity bears the login as it was given, also when a guest module let it in. */
function byPassword(realm: Realm): Authenticator {
  return {
    standings: () => standingsOf(`password ${realm.shape}`, realm.known()),
    authenticate(credentials): Identity | Refusal {
      const answer = realm.judge(credentials)
      if ('failure' in answer) return { message: invalidLogin(credentials.login) }
      const user = credentials.login ?? null
      const guest = answer.guest === true ? ({ guest: true } as const) : {}
      return { user, groups: answer.groups, anonymous: user === null, authenticated: true, ...guest }
    },
  }
}

/** SE-09: the identity bears the name that the certificate maps to; login and passcode are ignored (S-TLS-02). */
function byCertificate(realm: Realm): Authenticator {
  return {
    standings: () => standingsOf(`certificate ${realm.shape}`, realm.known()),
    authenticate(credentials): Identity | Refusal {
      if (credentials.certificateDn === undefined) {
        return { message: 'Unable to authenticate transport without SSL certificate.' }
      }
      const answer = realm.judge(credentials)
      if ('failure' in answer) return { message: `${invalidLogin(credentials.login)} ${answer.failure}` }
      return { user: answer.user, groups: answer.groups, anonymous: false, authenticated: true }
    },
  }
}

import type { Log } from '../base/log.ts'
import type { Standings } from './standing.ts'

/** What a client shows when it connects. A header that was absent is `undefined`, never the empty string. */
export interface Credentials {
  readonly login: string | undefined
  readonly passcode: string | undefined
  /** Subject of the verified peer certificate as `peerDn` writes it; undefined without one. */
  readonly certificateDn: string | undefined
  /** Does the connection run over TLS? */
  readonly tls: boolean
}

/** Who a connection is. One object lives as long as its connection, so that decisions can be remembered for it. */
export interface Identity {
  /** The name for texts and `JMSXUserID`; null when the client gave none. */
  readonly user: string | null
  readonly groups: readonly string[]
  /** The client proved no name: anonymous access, a guest without login, or a broker without authentication. */
  readonly anonymous: boolean
  /** False when no authentication plugin vouches for it: an authorization map then refuses everything (SA-06). */
  readonly authenticated: boolean
  /** A guest module let it in under whatever name it gave: the name proves nothing. */
  readonly guest?: true
}

/** A login that failed. The message goes to the client as it stands and never holds a password. */
export interface Refusal {
  readonly message: string
}

/** Synchronous: what a login touches besides memory is at most the `stat` of two small files (SE-05). */
export interface Authenticator {
  authenticate(credentials: Credentials): Identity | Refusal
  /** What is known of each user now; see Standings. Costs a digest a user: for a reload, not for a login. */
  standings(): Standings
}

/** What the room needs of the process around it. */
export interface SecurityHost {
  /** Java's system properties (`-Dname=value`), for `${…}` in a login configuration. */
  readonly properties: Readonly<Record<string, string>>
  /** The environment; `ACTIVEMQ_ENCRYPTION_PASSWORD` is read for `ENC(…)` values. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly log: Log
}

export const isRefusal = (answer: Identity | Refusal): answer is Refusal => 'message' in answer

/** The text that ActiveMQ gives to every failed login (S-CON-08, SE-02); an absent login reads `null`. */
export const invalidLogin = (login: string | undefined): string =>
  `User name [${login ?? 'null'}] or password is invalid.`

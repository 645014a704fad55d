import type { Position } from '../base/errors.ts'

/** The HTTP interface; management section 2. */
export interface HttpConfig {
  readonly host: string
  readonly port: number
  /** `-Dtandemmq.http` or jetty.xml named it. */
  readonly asked: boolean
  /** From jetty.xml; null: none was read, so only this machine may manage the broker. */
  readonly web: WebConfig | null
  readonly jolokia: JolokiaConfig
}

/** What an imported jetty.xml says of the web server, as far as it is served here. */
export interface WebConfig {
  readonly at: Position
  /** Null: the address of the connector without TLS is not opened. */
  readonly plain: boolean
  /** Connectors by TLS. */
  readonly secure: readonly WebTlsConfig[]
  readonly login: WebLoginConfig | null
  /** In the order of the file. */
  readonly constraints: readonly WebConstraintConfig[]
  readonly inet: { readonly include: readonly string[]; readonly exclude: readonly string[] } | null
  /** Of every answer, in the order of the file. */
  readonly headers: readonly { readonly name: string; readonly value: string }[]
  /** Of one address; beyond it the answer is 429. Null: no limit. */
  readonly requestsPerSecond: number | null
}

export interface WebTlsConfig {
  readonly at: Position
  readonly host: string
  readonly port: number
  readonly keyStore: string
  readonly keyStoreType: string
  readonly keyStorePassword: string | null
  readonly keyStoreKeyPassword: string | null
  readonly trustStore: string | null
  readonly trustStoreType: string
  readonly trustStorePassword: string | null
  readonly crlPath: string | null
  readonly needClientAuth: boolean
  readonly wantClientAuth: boolean
  readonly enabledProtocols: readonly string[] | null
  readonly enabledCipherSuites: readonly string[] | null
}

export type WebLoginConfig =
  | { readonly kind: 'realm'; readonly at: Position; readonly file: string; readonly reload: boolean }
  | { readonly kind: 'jaas'; readonly at: Position; readonly loginConfig: string; readonly realm: string }

export interface WebConstraintConfig {
  readonly pathSpec: string
  readonly authenticate: boolean
  readonly roles: readonly string[]
}

export interface JolokiaConfig {
  /** `file`: `access` says. */
  readonly policy: 'compat' | 'strict' | 'hardened' | 'off' | 'file'
  readonly access: AccessConfig | null
  /** A role of `user` may execute too (management JA-07). */
  readonly userExec: boolean
}

/** A jolokia-access.xml (management JA-05). */
export interface AccessConfig {
  readonly at: Position
  readonly methods: readonly string[] | null
  readonly hosts: readonly string[] | null
  readonly commands: readonly string[] | null
  readonly origins: readonly string[]
  readonly strictChecking: boolean
  readonly ignoreScheme: boolean
  readonly allow: readonly AccessRuleConfig[]
  readonly deny: readonly AccessRuleConfig[]
}

export interface AccessRuleConfig {
  readonly name: string
  readonly read: readonly string[]
  readonly write: readonly string[]
  readonly operations: readonly string[]
}

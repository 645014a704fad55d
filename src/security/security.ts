/**
 * Security says who a client is, what it may do, and under which keys it is spoken to.
 *
 *   login, passcode, certificate ─► authenticator ─► identity ─► authorizer ─► may it?  ─► or the words of the refusal
 *                                    │ simple: users in the XML      └ entries ─► access pattern, remembered per groups
 *                                    └ jaas ─► login config ─► login modules ─► properties files, ENC(…)
 *
 *   user, password over HTTP ─► web-login: a realm of Jetty, or a login config
 *
 *   sslContext ─► tls ─► key store (JKS, PKCS#12, PEM) · trust · revocation · versions and suites ─► node:tls
 *
 * Read: identity (the words) · authenticator · jaas (how modules add up) · login-modules · authorizer · access-pattern
 * (wildcards) · replicator (who may have the journal) · tls · key-store · pkcs12 · distinguished-name (how ActiveMQ writes a certificate's subject) · jasypt
 * · web-login with unix-crypt (who may manage) · login-guard (who guesses waits) · own-certificates (how long they are good).
 * Promises: texts and decisions are ActiveMQ's; passwords are compared in constant time and occur in no message.
 * Refuses: to approximate. Whatever protects and cannot be honoured to the letter throws a TandemError at creation, which
 * stops the start; nothing falls back to plain text, to an unverified peer, or to an open door.
 */
export { createAuthenticator } from './authenticator.ts'
export type { AuthenticationOptions, JaasOptions, SimpleAuthenticationOptions } from './authenticator.ts'
export { accessTo, createAuthorizer } from './authorizer.ts'
export type { Access, AccessList, Action, AuthorizationOptions, Authorizer } from './authorizer.ts'
export { peerDn } from './distinguished-name.ts'
export { isRefusal } from './identity.ts'
export type { Authenticator, Credentials, Identity, Refusal, SecurityHost } from './identity.ts'
export { standingChanges } from './standing.ts'
export type { StandingChanges, Standings } from './standing.ts'
export { JASYPT_ALGORITHMS, JASYPT_RANDOM_BYTES, decryptJasypt, encryptJasypt } from './jasypt.ts'
export { loginProof } from './secret.ts'
export { freeFailuresMax, longestWaitMs, LoginGuard } from './login-guard.ts'
export type { LoginDoor } from './login-guard.ts'
export { firstEnd, ownCertificates } from './own-certificates.ts'
export { createReplicatorRight, isPairLogin } from './replicator.ts'
export type { ReplicatorOptions, ReplicatorRight } from './replicator.ts'
export { loadClientTls, loadTls, peerRefusal } from './tls.ts'
export type { TlsMaterial, TlsOptions } from './tls.ts'
export { createWebLogin } from './web-login.ts'
export type { WebLogin, WebLoginOptions } from './web-login.ts'

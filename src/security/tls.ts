import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext, createServer } from 'node:tls'
import type { SecureContextOptions, TLSSocket } from 'node:tls'
import { TandemError } from '../base/errors.ts'
import type { X509Certificate } from 'node:crypto'
import type { Position } from '../base/errors.ts'
import { protocolOptions } from './cipher-suites.ts'
import { peerDn } from './distinguished-name.ts'
import { failureOf } from './file.ts'
import { type KeyEntry, readStore, type StoreContents, storeError } from './key-store.ts'

/** One TLS connector: the `<sslContext>` and the connector's own options together. Paths are absolute. */
export interface TlsOptions {
  /** Place in activemq.xml, for errors. */
  readonly at?: Position
  readonly keyStore: string | null
  /** `jks`, `pkcs12` or `pem`; the content decides. */
  readonly keyStoreType: string
  readonly keyStorePassword: string | null
  /** Null: the key has the store's password. */
  readonly keyStoreKeyPassword: string | null
  readonly trustStore: string | null
  readonly trustStoreType: string
  readonly trustStorePassword: string | null
  readonly crlPath: string | null
  readonly needClientAuth: boolean
  readonly wantClientAuth: boolean
  /** Java's names. Null: the platform's. */
  readonly enabledProtocols: readonly string[] | null
  /** Java's or OpenSSL's names. Null: the platform's. */
  readonly enabledCipherSuites: readonly string[] | null
}

/** What `tls.createServer` takes: `{ ...material.secureContextOptions, requestCert, rejectUnauthorized }`. */
export interface TlsMaterial {
  readonly secureContextOptions: SecureContextOptions & {
    readonly honorCipherOrder: boolean
    readonly sessionIdContext: string
  }
  readonly requestCert: boolean
  /** False with `wantClientAuth`: whoever accepts must ask `peerRefusal` about each connection. */
  readonly rejectUnauthorized: boolean
  /** Sentences for the log about what differs from the letter of the configuration. Never about less protection. */
  readonly notes: readonly string[]
}

/**
 * Reads everything a TLS connector needs, once, and proves that it fits together (TL-01, TL-02, S-TLS-01).
 * Throws TLS_… for whatever is missing, damaged or beyond what can be served; there is no fallback to less.
 */
export function loadTls(options: TlsOptions): TlsMaterial {
  const notes: string[] = []
  const note = (text: string): void => void notes.push(text)
  const own = ownKeys(options, note)
  const trusted = trustedCertificates(options)
  const asked = options.needClientAuth || options.wantClientAuth
  if (asked && trusted !== null) warnOfLooseAnchors(trusted, options.trustStore ?? '', note)
  if (options.needClientAuth && trusted === null) {
    const detail = options.at === undefined ? {} : { position: options.at }
    throw new TandemError('TLS_TRUST_MISSING', 'needClientAuth=true, but sslContext has no trustStore', {
      ...detail,
      hint: 'Make one: keytool -importcert -alias ca -file ca.pem -keystore trust.p12 -storetype PKCS12',
    })
  }
  const secureContextOptions = {
    key: own.map(({ key }) => key.export({ type: 'pkcs8', format: 'pem' })),
    cert: own.map(({ chain }) => chain.map(String).join('')),
    // Without a trust store the platform's authorities judge an optional certificate (TL-03).
    ...(trusted === null ? {} : { ca: trusted.map(String) }),
    // As in Java, whatever the trust store holds is an anchor, be it an authority or a single client's certificate.
    allowPartialTrustChain: trusted !== null,
    ...(options.crlPath === null ? {} : { crl: revocationLists(options.crlPath, options.at) }),
    ...protocolOptions(options.enabledProtocols, options.enabledCipherSuites, options.at, note),
    honorCipherOrder: true,
    // A session begun on a connector that asks for no certificate must not be resumed on one that does.
    sessionIdContext: randomBytes(16).toString('hex'),
  }
  prove(secureContextOptions, options)
  return { secureContextOptions, requestCert: asked, rejectUnauthorized: options.needClientAuth, notes }
}

/**
 * The same stores for a connection that this node opens to its twin: whom it trusts, and its own certificate, if there is
 * a keyStore, for a twin that wants one. Throws TLS_… like `loadTls`. Host names are verified by Node, not here.
 */
export function loadClientTls(options: TlsOptions): SecureContextOptions {
  const own = options.keyStore === null ? [] : ownKeys(options, () => {})
  const trusted = trustedCertificates(options)
  const secureContextOptions = {
    key: own.map(({ key }) => key.export({ type: 'pkcs8', format: 'pem' })),
    cert: own.map(({ chain }) => chain.map(String).join('')),
    ...(trusted === null ? {} : { ca: trusted.map(String) }),
    allowPartialTrustChain: trusted !== null,
    ...(options.crlPath === null ? {} : { crl: revocationLists(options.crlPath, options.at) }),
    ...protocolOptions(options.enabledProtocols, options.enabledCipherSuites, options.at, () => {}),
  }
  prove(secureContextOptions, options)
  return secureContextOptions
}

/**
 * Why a connection must be closed after its handshake, or null. With `wantClientAuth` a client may come without a
 * certificate, but one that shows a certificate nobody trusts is turned away, as Java does in the handshake.
 */
export function peerRefusal(socket: TLSSocket): string | null {
  if (socket.authorized || socket.getPeerX509Certificate() === undefined) return null
  return `client certificate refused: ${String(socket.authorizationError ?? 'not verified')}`
}

/** One key of each kind (RSA, EC, …): a server can offer no more. */
function ownKeys(options: TlsOptions, note: (text: string) => void): KeyEntry[] {
  const { keyStore: path, at } = options
  if (path === null) {
    const detail = at === undefined ? {} : { position: at }
    throw new TandemError('TLS_KEY_MISSING', 'a TLS connector needs <sslContext keyStore="…">', detail)
  }
  const location = { role: 'keyStore', path, at } as const
  const { keys } = readStore({
    ...location,
    type: options.keyStoreType,
    password: options.keyStorePassword,
    keyPassword: options.keyStoreKeyPassword,
  })
  if (keys.length === 0) {
    const hint = 'A trust store holds certificates only; name the store with the private key as keyStore.'
    throw storeError('TLS_KEY_MISSING', location, 'it holds no private key with its certificate', hint)
  }
  const chosen = new Map<string | undefined, KeyEntry>()
  for (const entry of keys) {
    const kind = entry.key.asymmetricKeyType
    if (chosen.has(kind)) note(`keyStore ${path}: more than one ${kind} key; the first is served`)
    else chosen.set(kind, entry)
  }
  return [...chosen.values()]
}

function trustedCertificates(options: TlsOptions): StoreContents['trusted'] | null {
  const { trustStore: path, at } = options
  if (path === null) return null
  const location = { role: 'trustStore', path, at } as const
  const { trusted } = readStore({
    ...location,
    type: options.trustStoreType,
    password: options.trustStorePassword,
    keyPassword: null,
  })
  if (trusted.length === 0) {
    const hint = 'In PKCS12 only what keytool -importcert imported is trusted, in Java and here.'
    throw storeError('TLS_TRUST_MISSING', location, 'it holds no trusted certificate', hint)
  }
  return trusted
}

/**
 * Java trusts whatever is in the trust store; Node 20's `tls.createServer` drops `allowPartialTrustChain` and so needs
 * every chain to end in a self-signed certificate. Such clients are refused rather than admitted, and the log says why.
 */
function warnOfLooseAnchors(trusted: readonly X509Certificate[], path: string, note: (text: string) => void): void {
  if ('allowPartialTrustChain' in createServer({ allowPartialTrustChain: true })) return
  for (const anchor of trusted) {
    if (trusted.some(each => anchor.checkIssued(each))) continue
    note(`trustStore ${path}: the issuer of ${peerDn(anchor)} is not in it, so its clients are refused; import it too`)
  }
}

/** The lists of a file, PEM or DER, as PEM. */
function revocationLists(path: string, at: Position | undefined): string[] {
  const detail = at === undefined ? {} : { position: at }
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    throw new TandemError('TLS_STORE_UNREADABLE', `crlPath ${path} cannot be read: ${failureOf(error)}`, detail)
  }
  const lists =
    bytes[0] === 0x30
      ? [`-----BEGIN X509 CRL-----\n${bytes.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END X509 CRL-----\n`]
      : (bytes.toString('latin1').match(/-----BEGIN X509 CRL-----[^-]+-----END X509 CRL-----/g) ?? [])
  try {
    if (lists.length > 0) createSecureContext({ crl: [...lists] })
  } catch {
    lists.length = 0
  }
  if (lists.length === 0) throw new TandemError('TLS_CRL_INVALID', `crlPath ${path} holds no revocation list`, detail)
  return [...lists]
}

/** OpenSSL has the last word on whether key, certificate, suites and versions work together. */
function prove(secureContextOptions: SecureContextOptions, { keyStore, at }: TlsOptions): void {
  try {
    createSecureContext(secureContextOptions)
  } catch (error) {
    const reason = error instanceof Error && 'reason' in error ? `: ${String(error.reason)}` : ''
    const location = { role: 'keyStore', path: keyStore ?? '', at } as const
    throw storeError('TLS_STORE_INVALID', location, `OpenSSL refuses to serve with it${reason}`)
  }
}

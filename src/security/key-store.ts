import { readFileSync } from 'node:fs'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { createRequire } from 'node:module'
import type * as Jks from 'jks-js'
import { TandemError } from '../base/errors.ts'
import type { Code } from '../base/codes.ts'
import type { Position } from '../base/errors.ts'
import { failureOf } from './file.ts'
import { openPkcs12 } from './pkcs12.ts'
import { WrongPassword } from './wrong-password.ts'

/** Where a store is and how it opens. */
export interface StoreLocation {
  /** `keyStore` or `trustStore`, as the configuration calls it. */
  readonly role: 'keyStore' | 'trustStore'
  readonly path: string
  /** As configured; the format is told from the content, because `jks` is the default that nobody corrects (TL-01). */
  readonly type: string
  readonly password: string | null
  /** For the private keys inside. */
  readonly keyPassword: string | null
  readonly at: Position | undefined
}

export interface KeyEntry {
  readonly key: KeyObject
  /** The certificate of the key first, then its issuers as far as the store has them. */
  readonly chain: readonly [X509Certificate, ...X509Certificate[]]
}

export interface StoreContents {
  readonly keys: readonly KeyEntry[]
  /** What Java would trust if this is a trust store: certificates imported for trust, and the keys' own. */
  readonly trusted: readonly X509Certificate[]
}

/** Reads a JKS, PKCS#12 or PEM store; throws TLS_STORE_… or TLS_PASSWORD_WRONG with its path. */
export function readStore(store: StoreLocation): StoreContents {
  if (!['jks', 'pkcs12', 'p12', 'pem'].includes(store.type.toLowerCase())) {
    throw storeError('TLS_STORE_UNSUPPORTED', store, `the type "${store.type}" is not served`, convertHint(store))
  }
  let bytes: Buffer
  try {
    bytes = readFileSync(store.path)
  } catch (error) {
    throw storeError('TLS_STORE_UNREADABLE', store, `it cannot be read: ${failureOf(error)}`)
  }
  const read = readerFor(bytes)
  if (read === null) {
    throw storeError('TLS_STORE_UNSUPPORTED', store, 'it is neither PKCS12 nor JKS nor PEM', convertHint(store))
  }
  try {
    return read(bytes, store)
  } catch (error) {
    if (error instanceof TandemError) throw error
    if (error instanceof WrongPassword) {
      const which = `${store.role}Password${store.role === 'keyStore' ? ' or keyStoreKeyPassword' : ''}`
      throw storeError('TLS_PASSWORD_WRONG', store, `the password is wrong or missing`, `Check ${which}.`)
    }
    throw storeError(
      'TLS_STORE_INVALID',
      store,
      'it is damaged or written in a way that is not served',
      convertHint(store),
    )
  }
}

function readerFor(bytes: Buffer): ((bytes: Buffer, store: StoreLocation) => StoreContents) | null {
  if (bytes.length > 4 && bytes.readUInt32BE(0) === 0xfeedfeed) return readJks
  if (bytes.includes('-----BEGIN ')) return readPem
  return bytes[0] === 0x30 ? readPkcs12 : null
}

function readPkcs12(bytes: Buffer, store: StoreLocation): StoreContents {
  const password = store.password ?? ''
  const { keys, certificates } = openPkcs12(bytes, password, store.keyPassword ?? password)
  const found = keys.flatMap(key =>
    keyEntry(
      key,
      certificates.map(each => each.certificate),
    ),
  )
  return {
    keys: found,
    trusted: trustedOf(
      found,
      certificates.filter(each => each.trusted).map(each => each.certificate),
    ),
  }
}

function readJks(bytes: Buffer, store: StoreLocation): StoreContents {
  const jks = createRequire(import.meta.url)('jks-js') as typeof Jks
  let entries: ReturnType<typeof jks.parseJks>
  try {
    // Without a password Java reads a store too, unverified; keys stay closed.
    entries = jks.parseJks(bytes, store.password ?? '')
  } catch (error) {
    if (error instanceof Error && error.message === 'Password verification failed') throw new WrongPassword()
    throw error
  }
  const keyPassword = store.keyPassword ?? store.password
  const keys: KeyEntry[] = []
  const trusted: X509Certificate[] = []
  for (const entry of entries) {
    if ('cert' in entry) {
      trusted.push(new X509Certificate(entry.cert.value))
      continue
    }
    const chain = entry.chain.map(each => new X509Certificate(each.value))
    // A trust store may hold keys that nobody here can open, nor needs to.
    if (store.role === 'trustStore') trusted.push(...chain.slice(0, 1))
    else if (keyPassword === null) throw new WrongPassword()
    else keys.push(...keyEntry(jksKey(jks, entry.protectedPrivateKey, keyPassword), chain))
  }
  return { keys, trusted }
}

function jksKey(jks: typeof Jks, bytes: Buffer, password: string): KeyObject {
  let pem: string
  try {
    pem = jks.decrypt(bytes, password)
  } catch (error) {
    if (error instanceof Error && error.message === 'Cannot recover key') throw new WrongPassword()
    throw error
  }
  return createPrivateKey(pem)
}

function readPem(bytes: Buffer, store: StoreLocation): StoreContents {
  const text = bytes.toString('latin1')
  const blocks = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----[^-]*-----END \1-----/g)]
  const certificates = blocks
    .filter(([, label]) => label?.endsWith('CERTIFICATE'))
    .map(([block]) => new X509Certificate(block))
  const passphrase = store.keyPassword ?? store.password
  const keys = blocks
    .filter(([, label]) => label?.endsWith('PRIVATE KEY'))
    .map(([block]) => pemKey(block, passphrase))
    .flatMap(key => keyEntry(key, certificates))
  return { keys, trusted: certificates }
}

function pemKey(block: string, passphrase: string | null): KeyObject {
  const encrypted = block.includes('ENCRYPTED')
  if (encrypted && passphrase === null) throw new WrongPassword()
  try {
    return createPrivateKey(encrypted ? { key: block, passphrase: passphrase ?? '' } : block)
  } catch (error) {
    if (encrypted) throw new WrongPassword()
    throw error
  }
}

/** The key with its certificate and as much of the chain as there is; nothing when the certificate is not there. */
function keyEntry(key: KeyObject, certificates: readonly X509Certificate[]): KeyEntry[] {
  const own = certificates.find(each => each.checkPrivateKey(key))
  if (own === undefined) return []
  const chain: [X509Certificate, ...X509Certificate[]] = [own]
  for (let last = own; !last.checkIssued(last);) {
    const issuer = certificates.find(each => last.checkIssued(each) && !chain.includes(each))
    if (issuer === undefined) break
    chain.push(issuer)
    last = issuer
  }
  return [{ key, chain }]
}

const trustedOf = (keys: readonly KeyEntry[], imported: readonly X509Certificate[]): X509Certificate[] => [
  ...imported,
  ...keys.map(({ chain: [own] }) => own),
]

export function storeError(
  code: Code,
  { role, path, at }: Pick<StoreLocation, 'role' | 'path' | 'at'>,
  what: string,
  hint?: string,
): TandemError {
  return new TandemError(code, `${role} ${path}: ${what}`, {
    ...(at === undefined ? {} : { position: at }),
    ...(hint === undefined ? {} : { hint }),
  })
}

const convertHint = ({ path }: StoreLocation): string =>
  `Convert it: keytool -importkeystore -srckeystore ${path} -destkeystore ${path}.p12 -deststoretype PKCS12`

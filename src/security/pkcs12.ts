import { createHmac, createPrivateKey, timingSafeEqual, X509Certificate } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { childOf, childrenOf, type DerValue, octetsOf, oidOf, readDer, Tag } from './der.ts'
import { countOf, decryptWith, derive, type Hash, Purpose } from './pkcs12-encryption.ts'
import { WrongPassword } from './wrong-password.ts'

/** What a PKCS#12 file holds. Keys and certificates find one another by their mathematics, not by their labels. */
export interface Pkcs12 {
  readonly keys: readonly KeyObject[]
  readonly certificates: readonly { readonly certificate: X509Certificate; readonly trusted: boolean }[]
}

const DATA = '1.2.840.113549.1.7.1'
const ENCRYPTED_DATA = '1.2.840.113549.1.7.6'
const BAG = '1.2.840.113549.1.12.10.1'
const X509 = '1.2.840.113549.1.9.22.1'
/** Java's mark on a certificate that was imported to be trusted. */
const TRUSTED_KEY_USAGE = '2.16.840.1.113894.746875.1.1'

const MAC_HASHES: Readonly<Record<string, Hash>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
}

/**
 * Opens a PKCS#12 file (RFC 7292), old and new, also with the ciphers that OpenSSL 3 refuses. Two passwords, because Java's API can protect a key with another one than its store.
 *
 *   PFX ─► authenticated safe ─┬─► data ──────────┬─► safe contents ─► bags: key, shrouded key, certificate
 *    └─► MAC (store password)  └─► encrypted data ┘
 *
 * Throws `WrongPassword`, or any other error for a file that is damaged or beyond what is served.
 */
export function openPkcs12(bytes: Buffer, storePassword: string, keyPassword: string): Pkcs12 {
  const pfx = readDer(bytes)
  const [, authSafe, mac] = childrenOf(pfx)
  if (authSafe === undefined) throw new RangeError('not PKCS#12')
  const safe = contentOf(authSafe)
  if (mac !== undefined) verifyMac(mac, safe, storePassword)
  const keys: KeyObject[] = []
  const certificates: { certificate: X509Certificate; trusted: boolean }[] = []
  for (const part of childrenOf(readDer(safe))) {
    const contents =
      oidOf(childOf(part, 0, Tag.oid)) === ENCRYPTED_DATA ? encryptedOf(part, storePassword) : contentOf(part)
    for (const bag of bagsOf(readDer(contents))) {
      const value = explicit(bag, 1)
      switch (oidOf(childOf(bag, 0, Tag.oid))) {
        case `${BAG}.1`:
          keys.push(createPrivateKey({ key: value.whole, format: 'der', type: 'pkcs8' }))
          break
        case `${BAG}.2`:
          keys.push(shroudedKey(value, keyPassword))
          break
        case `${BAG}.3`:
          if (oidOf(childOf(value, 0, Tag.oid)) !== X509) break
          certificates.push({ certificate: new X509Certificate(octetsOf(explicit(value, 1))), trusted: isTrusted(bag) })
          break
        default: // revocation lists and other secrets are nothing a connector could use
      }
    }
  }
  return { keys, certificates }
}

/** The octets of a ContentInfo of type data. */
function contentOf(info: DerValue): Buffer {
  if (oidOf(childOf(info, 0, Tag.oid)) !== DATA) throw new RangeError('protected by a public key, not by a password')
  return octetsOf(explicit(info, 1))
}

/** The value inside the n-th child, which is an explicit tag. */
function explicit(value: DerValue, index: number): DerValue {
  const [inner] = childrenOf(childOf(value, index, 0xa0))
  if (inner === undefined) throw new RangeError('unexpected ASN.1 structure')
  return inner
}

/** The bags of safe contents, nested ones included. */
function* bagsOf(contents: DerValue): Generator<DerValue> {
  for (const bag of childrenOf(contents)) {
    if (oidOf(childOf(bag, 0, Tag.oid)) === `${BAG}.6`) yield* bagsOf(explicit(bag, 1))
    else yield bag
  }
}

const isTrusted = (bag: DerValue): boolean => {
  const attributes = childrenOf(bag)[2]
  return (
    attributes !== undefined &&
    childrenOf(attributes).some(each => oidOf(childOf(each, 0, Tag.oid)) === TRUSTED_KEY_USAGE)
  )
}

function verifyMac(mac: DerValue, safe: Buffer, password: string): void {
  const [info, salt, rounds] = childrenOf(mac)
  if (info === undefined || salt === undefined) throw new RangeError('unexpected ASN.1 structure')
  const hash = MAC_HASHES[oidOf(childOf(childOf(info, 0, Tag.sequence), 0, Tag.oid))]
  if (hash === undefined) throw new RangeError('its integrity check is of an unknown kind')
  const expected = octetsOf(childOf(info, 1, Tag.octetString))
  const count = rounds === undefined ? 1 : countOf(rounds)
  const key = derive(hash, password, octetsOf(salt), count, Purpose.mac, expected.length)
  const actual = createHmac(hash, key).update(safe).digest()
  if (actual.length !== expected.length || !timingSafeEqual(actual, expected)) throw new WrongPassword()
}

/** EncryptedData → EncryptedContentInfo → type, algorithm, [0] implicit octets. */
function encryptedOf(info: DerValue, password: string): Buffer {
  const content = childOf(explicit(info, 1), 1, Tag.sequence)
  const [, algorithm, octets] = childrenOf(content)
  if (algorithm === undefined || octets === undefined) throw new RangeError('unexpected ASN.1 structure')
  return decryptWith(algorithm, octetsOf(octets), password)
}

function shroudedKey(value: DerValue, password: string): KeyObject {
  const plain = decryptWith(childOf(value, 0, Tag.sequence), octetsOf(childOf(value, 1, Tag.octetString)), password)
  try {
    return createPrivateKey({ key: plain, format: 'der', type: 'pkcs8' })
  } catch {
    // One wrong password in 256 leaves a padding that looks right.
    throw new WrongPassword()
  }
}

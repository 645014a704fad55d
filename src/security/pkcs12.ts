import { createHmac, createPrivateKey, timingSafeEqual, X509Certificate } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { createRequire } from 'node:module'
import type * as Forge from 'node-forge'
import { WrongPassword } from './wrong-password.ts'
import { childOf, childrenOf, type DerValue, octetsOf, oidOf, readDer, Tag } from './der.ts'

/** What a PKCS#12 file holds. Keys and certificates find one another by their mathematics, not by their labels. */
export interface Pkcs12 {
  readonly keys: readonly KeyObject[]
  readonly certificates: readonly { readonly certificate: X509Certificate; readonly trusted: boolean }[]
}

const DATA = '1.2.840.113549.1.7.1'
const ENCRYPTED_DATA = '1.2.840.113549.1.7.6'
const PBES2 = '1.2.840.113549.1.5.13'
const BAG = '1.2.840.113549.1.12.10.1'
const X509 = '1.2.840.113549.1.9.22.1'
/** Java's mark on a certificate that was imported to be trusted. */
const TRUSTED_KEY_USAGE = '2.16.840.1.113894.746875.1.1'

const MAC_HASHES: Readonly<Record<string, 'sha1' | 'sha256' | 'sha384' | 'sha512'>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
}

/** A million rounds take seconds; more is not a key store but an attack on whoever opens it. */
const ROUNDS_MAX = 5_000_000

/**
 * Opens a PKCS#12 file (RFC 7292), old and new: node-forge brings the RC2 and 3DES ciphers that OpenSSL 3 refuses, and
 * that Java wrote until 2020. Two passwords, because Java's API can protect a key with another one than its store.
 *
 *   PFX ─► authenticated safe ─┬─► data ──────────┬─► safe contents ─► bags: key, shrouded key, certificate
 *    └─► MAC (store password)  └─► encrypted data ┘
 *
 * Throws `WrongPassword`, or any other error for a file that is damaged or beyond what is served.
 */
export function openPkcs12(bytes: Buffer, storePassword: string, keyPassword: string): Pkcs12 {
  const forge = createRequire(import.meta.url)('node-forge') as typeof Forge
  const pfx = readDer(bytes)
  const [, authSafe, mac] = childrenOf(pfx)
  if (authSafe === undefined) throw new RangeError('not PKCS#12')
  const safe = contentOf(authSafe)
  if (mac !== undefined) verifyMac(forge, mac, safe, storePassword)
  const keys: KeyObject[] = []
  const certificates: { certificate: X509Certificate; trusted: boolean }[] = []
  for (const part of childrenOf(readDer(safe))) {
    const contents =
      oidOf(childOf(part, 0, Tag.oid)) === ENCRYPTED_DATA ? encryptedOf(forge, part, storePassword) : contentOf(part)
    for (const bag of bagsOf(readDer(contents))) {
      const value = explicit(bag, 1)
      switch (oidOf(childOf(bag, 0, Tag.oid))) {
        case `${BAG}.1`:
          keys.push(createPrivateKey({ key: value.whole, format: 'der', type: 'pkcs8' }))
          break
        case `${BAG}.2`:
          keys.push(shroudedKey(forge, value, keyPassword))
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

function verifyMac(forge: typeof Forge, mac: DerValue, safe: Buffer, password: string): void {
  const [info, salt, rounds] = childrenOf(mac)
  if (info === undefined || salt === undefined) throw new RangeError('unexpected ASN.1 structure')
  const hash = MAC_HASHES[oidOf(childOf(childOf(info, 0, Tag.sequence), 0, Tag.oid))]
  if (hash === undefined) throw new RangeError('its integrity check is of an unknown kind')
  const expected = octetsOf(childOf(info, 1, Tag.octetString))
  const count = rounds === undefined ? 1 : boundedRounds(rounds)
  // RFC 7292 appendix B: purpose 3 makes the key of the MAC.
  const md = forge.md[hash].create()
  const saltBytes = forge.util.createBuffer(octetsOf(salt).toString('binary'))
  const key = forge.pkcs12.generateKey(password, saltBytes, 3, count, md.digestLength, md)
  const actual = createHmac(hash, Buffer.from(key.getBytes(), 'binary')).update(safe).digest()
  if (actual.length !== expected.length || !timingSafeEqual(actual, expected)) throw new WrongPassword()
}

function boundedRounds(value: DerValue): number {
  const count = value.body.length <= 6 ? value.body.readUIntBE(0, value.body.length) : Infinity
  if (count < 1 || count > ROUNDS_MAX) throw new RangeError('too many rounds of password hashing')
  return count
}

/** EncryptedData → EncryptedContentInfo → type, algorithm, [0] implicit octets. */
function encryptedOf(forge: typeof Forge, info: DerValue, password: string): Buffer {
  const content = childOf(explicit(info, 1), 1, Tag.sequence)
  const [, algorithm, octets] = childrenOf(content)
  if (algorithm === undefined || octets === undefined) throw new RangeError('unexpected ASN.1 structure')
  return decrypt(forge, algorithm, octetsOf(octets), password)
}

function shroudedKey(forge: typeof Forge, value: DerValue, password: string): KeyObject {
  const plain = decrypt(forge, childOf(value, 0, Tag.sequence), octetsOf(childOf(value, 1, Tag.octetString)), password)
  try {
    return createPrivateKey({ key: plain, format: 'der', type: 'pkcs8' })
  } catch {
    // One wrong password in 256 leaves a padding that looks right.
    throw new WrongPassword()
  }
}

function decrypt(forge: typeof Forge, algorithm: DerValue, octets: Buffer, password: string): Buffer {
  let cipher: ReturnType<typeof forge.cipher.createDecipher>
  try {
    const parsed = forge.asn1.fromDer(algorithm.whole.toString('binary'))
    const [type, parameters] = parsed.value as [Forge.asn1.Asn1, Forge.asn1.Asn1]
    const oid = forge.asn1.derToOid(type.value as string)
    // node-forge takes characters as they are; Java and OpenSSL feed PBES2 with UTF-8.
    const secret = oid === PBES2 ? Buffer.from(password).toString('binary') : password
    cipher = (forge.pki as unknown as Pbe).pbe.getCipher(oid, parameters, secret)
  } catch (error) {
    throw new RangeError('it is encrypted in an unknown way', { cause: error })
  }
  cipher.update(forge.util.createBuffer(octets.toString('binary')))
  if (!cipher.finish()) throw new WrongPassword()
  return Buffer.from(cipher.output.getBytes(), 'binary')
}

/** Documented by node-forge, missing in its types. */
interface Pbe {
  readonly pbe: {
    getCipher(oid: string, parameters: Forge.asn1.Asn1, password: string): Forge.cipher.BlockCipher
  }
}

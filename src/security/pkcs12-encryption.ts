import { createDecipheriv, hash, pbkdf2Sync } from 'node:crypto'
import { createRequire } from 'node:module'
import type * as Forge from 'node-forge'
import { childOf, childrenOf, type DerValue, octetsOf, oidOf, Tag } from './der.ts'
import { WrongPassword } from './wrong-password.ts'

export type Hash = 'sha1' | 'sha256' | 'sha384' | 'sha512'

/** RFC 7292 appendix B.3: what a derived key is for. */
export const Purpose = { key: 1, iv: 2, mac: 3 } as const

/** A million rounds take a second; more is not a key store but an attack on whoever opens it. */
const ROUNDS_MAX = 5_000_000

/** A small ASN.1 INTEGER: rounds of hashing, a key length. Throws `RangeError` outside 1 to ROUNDS_MAX. */
export function countOf(value: DerValue): number {
  if (value.tag !== Tag.integer) throw new RangeError('unexpected ASN.1 structure')
  const count = value.body.length > 0 && value.body.length <= 4 ? value.body.readIntBE(0, value.body.length) : Infinity
  if (count < 1 || count > ROUNDS_MAX) throw new RangeError('too many rounds of password hashing')
  return count
}

/**
 * The key derivation of PKCS#12 (RFC 7292 appendix B.2). The rounds run in OpenSSL, which keeps a start within its time;
 * the same in JavaScript takes a second for a store of Java's defaults.
 */
export function derive(
  algorithm: Hash,
  password: string,
  salt: Buffer,
  rounds: number,
  purpose: number,
  length: number,
): Buffer {
  const block = algorithm === 'sha1' || algorithm === 'sha256' ? 64 : 128
  const text = Buffer.from(`${password}\0`, 'utf16le').swap16()
  const input = Buffer.concat([filled(salt, block), filled(text, block)])
  const parts: Buffer[] = []
  for (let have = 0; have < length;) {
    let part: Buffer = hash(algorithm, Buffer.concat([Buffer.alloc(block, purpose), input]), 'buffer')
    for (let round = 1; round < rounds; round++) part = hash(algorithm, part, 'buffer')
    parts.push(part)
    have += part.length
    const step = Buffer.alloc(block, part)
    for (let at = 0; at < input.length; at += block) addOneAnd(step, input.subarray(at, at + block))
  }
  return Buffer.concat(parts).subarray(0, length)
}

const filled = (bytes: Buffer, block: number): Buffer =>
  bytes.length === 0 ? bytes : Buffer.alloc(Math.ceil(bytes.length / block) * block, bytes)

/** target = target + step + 1, as numbers of their whole length, the overflow dropped. */
function addOneAnd(step: Buffer, target: Buffer): void {
  let carry = 1
  for (let i = target.length - 1; i >= 0; i--) {
    carry += (target[i] ?? 0) + (step[i] ?? 0)
    target[i] = carry & 0xff
    carry >>= 8
  }
}

const PBES2 = '1.2.840.113549.1.5.13'
const PBKDF2 = '1.2.840.113549.1.5.12'
const HMACS: Readonly<Record<string, string>> = {
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.8': 'sha224',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
}
const CIPHERS: Readonly<Record<string, readonly [name: string, keyLength: number]>> = {
  '2.16.840.1.101.3.4.1.2': ['aes-128-cbc', 16],
  '2.16.840.1.101.3.4.1.22': ['aes-192-cbc', 24],
  '2.16.840.1.101.3.4.1.42': ['aes-256-cbc', 32],
  '1.2.840.113549.3.7': ['des-ede3-cbc', 24],
}
/** The password ciphers of PKCS#12's own, all with SHA-1. RC2's key length is given in bits as well. */
const OLD_CIPHERS: Readonly<Record<string, readonly [name: 'des' | 'rc2', keyLength: number]>> = {
  '1.2.840.113549.1.12.1.3': ['des', 24],
  '1.2.840.113549.1.12.1.5': ['rc2', 16],
  '1.2.840.113549.1.12.1.6': ['rc2', 5],
}

/**
 * Decrypts with the scheme that an AlgorithmIdentifier names: PBES2 with AES or 3DES, or PKCS#12's old ones with 3DES or
 * RC2. Throws `WrongPassword`, or `RangeError` for a scheme that is not served.
 */
export function decryptWith(algorithm: DerValue, octets: Buffer, password: string): Buffer {
  const scheme = oidOf(childOf(algorithm, 0, Tag.oid))
  const parameters = childOf(algorithm, 1, Tag.sequence)
  const old = OLD_CIPHERS[scheme]
  if (old === undefined && scheme !== PBES2) throw new RangeError('encrypted in a way that is not served')
  const run = old === undefined ? pbes2(parameters, password) : pkcs12Cipher(old, parameters, password)
  try {
    return run(octets)
  } catch {
    throw new WrongPassword()
  }
}

type Decrypt = (octets: Buffer) => Buffer

const nodeCipher =
  (name: string, key: Buffer, iv: Buffer): Decrypt =>
  octets => {
    const cipher = createDecipheriv(name, key, iv)
    return Buffer.concat([cipher.update(octets), cipher.final()])
  }

/** RFC 8018: { PBKDF2 { salt, rounds, [key length], [HMAC] }, cipher { IV } }. */
function pbes2(parameters: DerValue, password: string): Decrypt {
  const derivation = childOf(parameters, 0, Tag.sequence)
  const scheme = childOf(parameters, 1, Tag.sequence)
  const cipher = CIPHERS[oidOf(childOf(scheme, 0, Tag.oid))]
  const [salt, rounds, ...rest] = childrenOf(childOf(derivation, 1, Tag.sequence))
  const prf = rest.find(each => each.tag === Tag.sequence)
  const hmac = prf === undefined ? 'sha1' : HMACS[oidOf(childOf(prf, 0, Tag.oid))]
  const isPbkdf2 = oidOf(childOf(derivation, 0, Tag.oid)) === PBKDF2
  if (!isPbkdf2 || cipher === undefined || hmac === undefined || salt === undefined || rounds === undefined) {
    throw new RangeError('encrypted in a way that is not served')
  }
  const [name, keyLength] = cipher
  const key = pbkdf2Sync(password, octetsOf(salt), countOf(rounds), keyLength, hmac)
  return nodeCipher(name, key, octetsOf(childOf(scheme, 1, Tag.octetString)))
}

/** RFC 7292 appendix C: { salt, rounds }, key and IV derived from both. */
function pkcs12Cipher(
  [name, keyLength]: readonly [name: 'des' | 'rc2', keyLength: number],
  parameters: DerValue,
  password: string,
): Decrypt {
  const [salt, rounds] = childrenOf(parameters)
  if (salt === undefined || rounds === undefined) throw new RangeError('unexpected ASN.1 structure')
  const make = (purpose: number, length: number): Buffer =>
    derive('sha1', password, octetsOf(salt), countOf(rounds), purpose, length)
  const key = make(Purpose.key, keyLength)
  const iv = make(Purpose.iv, 8)
  return name === 'des' ? nodeCipher('des-ede3-cbc', key, iv) : rc2Cipher(key, iv)
}

/** OpenSSL 3 has put RC2 away, yet every PKCS#12 file that Java wrote until 2020 hides its certificates with it. */
function rc2Cipher(key: Buffer, iv: Buffer): Decrypt {
  const forge = createRequire(import.meta.url)('node-forge') as typeof Forge
  return octets => {
    const cipher = (forge as unknown as Rc2).rc2.createDecryptionCipher(key.toString('binary'), key.length * 8)
    cipher.start(iv.toString('binary'))
    cipher.update(forge.util.createBuffer(octets.toString('binary')))
    if (!cipher.finish()) throw new WrongPassword()
    return Buffer.from(cipher.output.getBytes(), 'binary')
  }
}

/** Documented by node-forge, missing in its types. */
interface Rc2 {
  readonly rc2: {
    createDecryptionCipher(
      key: string,
      bits: number,
    ): {
      start(iv: string): void
      update(input: Forge.util.ByteStringBuffer): void
      finish(): boolean
      readonly output: Forge.util.ByteStringBuffer
    }
  }
}

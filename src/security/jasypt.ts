import { createCipheriv, createDecipheriv, createHash, pbkdf2Sync } from 'node:crypto'
import { TandemError } from '../base/errors.ts'

const ITERATIONS = 1000
const MODERN = /^PBEWITHHMACSHA(1|224|256|384|512)ANDAES_(128|256)$/

/**
 * Decrypts the text inside jasypt's `ENC(…)`, as ActiveMQ's tools write it (config 1.5).
 *
 *   PBEWithMD5AndDES             salt 8 │ DES-CBC(…)             key and IV: MD5, 1000 times, over password and salt
 *   PBEWITHHMACSHAnANDAES_bits   salt 16 │ IV 16 │ AES-CBC(…)    key: PBKDF2 with HMAC-SHAn, 1000 iterations
 *
 * Throws DECRYPT_UNSUPPORTED for another algorithm, DECRYPT_FAILED for a wrong password or a damaged text, which
 * cannot be told apart. Neither message repeats the password or the text.
 */
export function decryptJasypt(algorithm: string, password: string, base64: string): string {
  const modern = algorithmOf(algorithm)
  const bytes = decodeBase64(base64)
  if (!isAscii(password)) throw failed(ASCII)
  try {
    const plain = modern === null ? decryptDes(password, bytes) : decryptAes(password, bytes, modern)
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(plain)
  } catch {
    throw failed('the encrypted text cannot be decrypted: wrong password, other algorithm, or damaged')
  }
}

/** The algorithms that jasypt's users and ActiveMQ's configuration know; the first is ActiveMQ's default, the second ours. */
export const JASYPT_ALGORITHMS = ['PBEWithMD5AndDES', 'PBEWITHHMACSHA256ANDAES_256'] as const

/** Bytes of a salt and of an IV, at most: what `encryptJasypt` needs of chance. */
export const JASYPT_RANDOM_BYTES = 32

/**
 * Encrypts a text so that `decryptJasypt`, jasypt and ActiveMQ read it back; `random`: JASYPT_RANDOM_BYTES that nobody can guess.
 * Throws DECRYPT_UNSUPPORTED for another algorithm, DECRYPT_FAILED for a password that Java would not take.
 */
export function encryptJasypt(algorithm: string, password: string, plain: string, random: Buffer): string {
  const modern = algorithmOf(algorithm)
  if (!isAscii(password)) throw failed(ASCII)
  if (modern === null) {
    const salt = random.subarray(0, 8)
    const { key, iv } = desKey(password, salt)
    const cipher = createCipheriv('des-ede3-cbc', key, iv)
    return Buffer.concat([salt, cipher.update(plain, 'utf8'), cipher.final()]).toString('base64')
  }
  const [salt, iv] = [random.subarray(0, 16), random.subarray(16, 32)]
  const cipher = createCipheriv(`aes-${modern.bits}-cbc`, aesKey(password, salt, modern), iv)
  return Buffer.concat([salt, iv, cipher.update(plain, 'utf8'), cipher.final()]).toString('base64')
}

interface Modern {
  readonly sha: string
  readonly bits: string
}

/** Null: the old one, of MD5 and DES. */
function algorithmOf(algorithm: string): Modern | null {
  const [, sha, bits] = MODERN.exec(algorithm.toUpperCase()) ?? []
  if (sha !== undefined && bits !== undefined) return { sha, bits }
  if (algorithm.toUpperCase() === 'PBEWITHMD5ANDDES') return null
  throw new TandemError('DECRYPT_UNSUPPORTED', `the encryption algorithm "${algorithm}" is not served`, {
    hint: 'Served: PBEWithMD5AndDES and PBEWITHHMACSHA(1|224|256|384|512)ANDAES_(128|256).',
  })
}

const ASCII = 'the encryption password must be printable ASCII, as Java demands'
const isAscii = (password: string): boolean => !/[^ -~]/.test(password)

function desKey(password: string, salt: Buffer): { readonly key: Buffer; readonly iv: Buffer } {
  let hash: Buffer = Buffer.concat([Buffer.from(password), salt])
  for (let i = 0; i < ITERATIONS; i++) hash = createHash('md5').update(hash).digest()
  // OpenSSL 3 no longer offers single DES. Triple DES with three equal keys is the same function.
  const des = hash.subarray(0, 8)
  return { key: Buffer.concat([des, des, des]), iv: hash.subarray(8) }
}

const aesKey = (password: string, salt: Buffer, { sha, bits }: Modern): Buffer =>
  pbkdf2Sync(password, salt, ITERATIONS, Number(bits) / 8, `sha${sha}`)

function decryptDes(password: string, bytes: Buffer): Buffer {
  const { key, iv } = desKey(password, bytes.subarray(0, 8))
  const cipher = createDecipheriv('des-ede3-cbc', key, iv)
  return Buffer.concat([cipher.update(bytes.subarray(8)), cipher.final()])
}

function decryptAes(password: string, bytes: Buffer, modern: Modern): Buffer {
  const cipher = createDecipheriv(
    `aes-${modern.bits}-cbc`,
    aesKey(password, bytes.subarray(0, 16), modern),
    bytes.subarray(16, 32),
  )
  return Buffer.concat([cipher.update(bytes.subarray(32)), cipher.final()])
}

/** Buffer skips what is not base64; a damaged text must not be taken for another one. */
function decodeBase64(text: string): Buffer {
  const compact = text.replace(/\s+/g, '')
  if (compact === '' || !/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(compact)) {
    throw failed('the encrypted text is not base64')
  }
  return Buffer.from(compact, 'base64')
}

const failed = (message: string): TandemError =>
  new TandemError('DECRYPT_FAILED', message, {
    hint: 'Check ACTIVEMQ_ENCRYPTION_PASSWORD and the algorithm it was encrypted with.',
  })

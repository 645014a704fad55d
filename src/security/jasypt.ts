import { createDecipheriv, createHash, pbkdf2Sync } from 'node:crypto'
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
  const modern = MODERN.exec(algorithm.toUpperCase())
  if (modern === null && algorithm.toUpperCase() !== 'PBEWITHMD5ANDDES') {
    throw new TandemError('DECRYPT_UNSUPPORTED', `the encryption algorithm "${algorithm}" is not served`, {
      hint: 'Served: PBEWithMD5AndDES and PBEWITHHMACSHA(1|224|256|384|512)ANDAES_(128|256).',
    })
  }
  const bytes = decodeBase64(base64)
  if (/[^ -~]/.test(password)) throw failed('the encryption password must be printable ASCII, as Java demands')
  try {
    const plain = modern === null ? decryptDes(password, bytes) : decryptAes(password, bytes, modern)
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(plain)
  } catch {
    throw failed('the encrypted text cannot be decrypted: wrong password, other algorithm, or damaged')
  }
}

function decryptDes(password: string, bytes: Buffer): Buffer {
  const salt = bytes.subarray(0, 8)
  let key: Buffer = Buffer.concat([Buffer.from(password), salt])
  for (let i = 0; i < ITERATIONS; i++) key = createHash('md5').update(key).digest()
  // OpenSSL 3 no longer offers single DES. Triple DES with three equal keys is the same function.
  const des = key.subarray(0, 8)
  const cipher = createDecipheriv('des-ede3-cbc', Buffer.concat([des, des, des]), key.subarray(8))
  return Buffer.concat([cipher.update(bytes.subarray(8)), cipher.final()])
}

function decryptAes(password: string, bytes: Buffer, [, sha = '', bits = '']: readonly string[]): Buffer {
  const key = pbkdf2Sync(password, bytes.subarray(0, 16), ITERATIONS, Number(bits) / 8, `sha${sha}`)
  const cipher = createDecipheriv(`aes-${bits}-cbc`, key, bytes.subarray(16, 32))
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

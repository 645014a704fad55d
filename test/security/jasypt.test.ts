import test from 'ava'
import { decryptJasypt } from '../../src/security/security.ts'

// The first two are ActiveMQ's stock credentials-enc.properties; the others were made with jasypt 1.9.3 on Java 17.
const VECTORS = [
  ['PBEWithMD5AndDES', 'mYRkg+4Q4hua1kvpCCI2hg==', 'manager'],
  ['PBEWithMD5AndDES', 'Cf3Jf3tM+UrSOoaKU50od5CuBa8rxjoL', 'password'],
  ['PBEWITHMD5ANDDES', 'idV+x1E5zTPX7BFkMRrH+KKaGsS3HnBP', 'påss wörd €'],
  ['PBEWITHHMACSHA1ANDAES_128', '3XIv3cPldD5cBv+kfXHeDFE9kSu7J8A4LbA04dUfc7oUqCKxS6vvwztkHq9xVMhY', 'påss wörd €'],
  ['PBEWITHHMACSHA256ANDAES_256', 'jY1xbO9jyDsZgzxVlTkPlQjXStTv1SQ7MTAXxBb/htdAf8Dw5ScyYuNtGydsFJEM', 'påss wörd €'],
  ['PBEWITHHMACSHA512ANDAES_256', 'KWVHyHIP/l6XDvLj4xPGQBcmM4VAHJ08cv+oXULlIVZKKz9jLOMK+cO2OWzmro+k', 'påss wörd €'],
] as const

for (const [algorithm, encrypted, plain] of VECTORS) {
  test(`config 1.5: what jasypt wrote with ${algorithm} is decrypted (${encrypted.slice(0, 6)}…)`, t => {
    t.is(decryptJasypt(algorithm, 'activemq', encrypted), plain)
  })

  test(`config 1.5: a wrong password for ${algorithm} is told, without the password (${encrypted.slice(0, 6)}…)`, t => {
    const error = t.throws(() => decryptJasypt(algorithm, 'not-the-password', encrypted), { code: 'DECRYPT_FAILED' })
    t.notRegex(`${error?.message} ${JSON.stringify(error)}`, /not-the-password/)
  })
}

test('config 1.5: garbage in ENC(…) is refused, never taken for a password', t => {
  for (const text of [
    '',
    'not base64!',
    'AAAA',
    'mYRkg+4Q4hua1kvpCCI2hg=',
    'AAAAAAAAAAAAAAAAAAAAAAAAAAA=',
    'AAAAAAAAAAA=',
  ]) {
    t.throws(() => decryptJasypt('PBEWithMD5AndDES', 'activemq', text), { code: 'DECRYPT_FAILED' }, text)
    t.throws(() => decryptJasypt('PBEWITHHMACSHA256ANDAES_256', 'activemq', text), { code: 'DECRYPT_FAILED' }, text)
  }
  t.throws(() => decryptJasypt('PBEWithMD5AndTripleDES', 'activemq', 'AAAA'), { code: 'DECRYPT_UNSUPPORTED' })
  t.throws(() => decryptJasypt('PBEWithMD5AndDES', 'pässword', 'mYRkg+4Q4hua1kvpCCI2hg=='), { code: 'DECRYPT_FAILED' })
})

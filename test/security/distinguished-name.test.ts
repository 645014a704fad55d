import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import test from 'ava'
import { peerDn } from '../../src/security/security.ts'

test('SE-09: a certificate subject reads letter for letter as Java prints it', t => {
  const lines = readFileSync('fixtures/security/distinguished-names.txt', 'utf8').trim().split('\n').slice(1)
  t.true(lines.length >= 30)
  for (let i = 0; i < lines.length; i += 2) {
    t.is(peerDn({ raw: Buffer.from(lines[i] ?? '', 'base64') }), JSON.parse(lines[i + 1] ?? ''))
  }
})

test('SE-09: the subject is taken, not the issuer', t => {
  const certificate = new X509Certificate(readFileSync('fixtures/tls/client.pem'))
  t.is(peerDn(certificate), 'CN=client, OU=Test, O="Acme, Inc.", C=US')
})

test('a certificate that is cut short or no certificate at all throws instead of naming anybody', t => {
  const { raw } = new X509Certificate(readFileSync('fixtures/tls/client.pem'))
  for (let end = 0; end < 300; end++) t.throws(() => peerDn({ raw: raw.subarray(0, end) }))
})

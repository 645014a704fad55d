import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto'

const der = (tag: number, ...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(parts)
  const { length } = body
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255]
  return Buffer.concat([Buffer.from([tag, ...size]), body])
}
const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, ...parts)
const oid = (hex: string): Buffer => der(6, Buffer.from(hex, 'hex'))
const time = (ms: number): Buffer =>
  der(0x18, Buffer.from(new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, ''), 'latin1'))

const ECDSA_SHA256 = sequence(oid('2a8648ce3d040302'))
const name = (common: string): Buffer =>
  sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(common, 'utf8')))))

/** A key with its self-signed certificate, as PEM: what a key store in PEM holds. It is good until `endsAt`, ms since 1970. */
export function makeCertificate(common: string, endsAt: number): string {
  const { privateKey, publicKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const body = sequence(
    der(0xa0, der(2, Buffer.from([2]))),
    der(2, Buffer.from([1])),
    ECDSA_SHA256,
    name(common),
    sequence(time(endsAt - 400 * 86_400_000), time(endsAt)),
    name(common),
    publicKey,
  )
  const signature = sign('sha256', body, createPrivateKey(privateKey))
  const bytes = sequence(body, ECDSA_SHA256, der(3, Buffer.concat([Buffer.from([0]), signature])))
  const lines = bytes.toString('base64').replace(/.{64}/g, '$&\n')
  return `${privateKey}-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`
}

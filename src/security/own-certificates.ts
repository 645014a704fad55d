import { X509Certificate } from 'node:crypto'
import type { SecureContextOptions } from 'node:tls'
import type { CertificateEnd } from '../base/certificate-end.ts'
import { peerDn } from './distinguished-name.ts'

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** The certificates that a connector shows: of each key its own and those above it in the key store. */
export function ownCertificates({ cert }: Pick<SecureContextOptions, 'cert'>): readonly X509Certificate[] {
  const texts = [cert ?? []].flat().flatMap(pem => String(pem).match(CERTIFICATE) ?? [])
  return texts.map(text => new X509Certificate(text))
}

/** The one that ends first; null: none is shown there. */
export function firstEnd(
  keys: Pick<SecureContextOptions, 'cert'>,
  where: Pick<CertificateEnd, 'place' | 'label' | 'file'>,
): CertificateEnd | null {
  const [first] = ownCertificates(keys)
    .map(certificate => ({ certificate, endsAt: Date.parse(certificate.validTo) }))
    .sort((a, b) => a.endsAt - b.endsAt)
  if (first === undefined) return null
  const { certificate, endsAt } = first
  return { ...where, subject: peerDn(certificate), endsAt, day: new Date(endsAt).toISOString().slice(0, 10) }
}

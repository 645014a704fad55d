import { childOf, childrenOf, type DerValue, oidOf, readDer, Tag, textOf } from './der.ts'

/** What Java calls these attributes; any other is `OID.` and its number. */
const KEYWORDS: ReadonlyMap<string, string> = new Map([
  ['2.5.4.3', 'CN'],
  ['2.5.4.4', 'SURNAME'],
  ['2.5.4.5', 'SERIALNUMBER'],
  ['2.5.4.6', 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.9', 'STREET'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
  ['2.5.4.12', 'T'],
  ['2.5.4.42', 'GIVENNAME'],
  ['2.5.4.43', 'INITIALS'],
  ['2.5.4.44', 'GENERATION'],
  ['2.5.4.46', 'DNQ'],
  ['0.9.2342.19200300.100.1.1', 'UID'],
  ['0.9.2342.19200300.100.1.25', 'DC'],
  ['1.2.840.113549.1.9.1', 'EMAILADDRESS'],
  ['1.3.6.1.4.1.42.2.11.2.1', 'IP'],
])

/**
 * The subject of a peer certificate, letter for letter as ActiveMQ sees it and `textfiledn.user` files hold it (SE-09):
 * Java's `X500Name` text, most specific part first, parts joined by comma and blank, values quoted where they need it.
 *
 *   CN=client, OU=Test, O="Acme, Inc.", C=US
 *
 * Accepts a `tls.PeerCertificate` or an `X509Certificate`; only the bytes count.
 */
export function peerDn(certificate: { readonly raw: Buffer }): string {
  return childrenOf(subjectOf(readDer(certificate.raw)))
    .toReversed()
    .map(relative => childrenOf(relative).map(attributeText).join(' + '))
    .join(', ')
}

/** Certificate → TBSCertificate → [version], serial, algorithm, issuer, validity, subject. */
function subjectOf(certificate: DerValue): DerValue {
  const signed = childOf(certificate, 0, Tag.sequence)
  const hasVersion = childrenOf(signed)[0]?.tag === 0xa0
  return childOf(signed, hasVersion ? 5 : 4, Tag.sequence)
}

function attributeText(attribute: DerValue): string {
  const [type, value] = childrenOf(attribute)
  if (type === undefined || value === undefined) throw new RangeError('unexpected ASN.1 structure')
  const oid = oidOf(type)
  const text = textOf(value)
  return `${KEYWORDS.get(oid) ?? `OID.${oid}`}=${text === null ? `#${value.whole.toString('hex')}` : quoted(text)}`
}

/** Java quotes a value with a special character, an outer blank or two blanks in a row, unless it comes quoted. */
function quoted(text: string): string {
  if (/^"[^]*"$/.test(text)) return `"${escaped(text.slice(1, -1))}"`
  return /[,+=\n<>#;\\"]|^ | $| {2}/.test(text) ? `"${escaped(text)}"` : escaped(text)
}

const escaped = (text: string): string => text.replace(/["\\]/g, '\\$&')

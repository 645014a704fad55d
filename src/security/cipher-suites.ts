import { getCiphers } from 'node:tls'
import type { SecureVersion } from 'node:tls'
import { TandemError } from '../base/errors.ts'
import type { Position } from '../base/errors.ts'

/** Versions and suites as node:tls takes them; what is absent is the platform's choice. */
export interface ProtocolOptions {
  readonly minVersion?: SecureVersion
  readonly maxVersion?: SecureVersion
  readonly ciphers?: string
}

const JAVA_PROTOCOLS = ['SSLv2Hello', 'SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']

/**
 * `enabledProtocols` and `enabledCipherSuites` (TL-02) for node:tls. Throws TLS_PROTOCOL_UNSUPPORTED or
 * TLS_CIPHER_UNSUPPORTED for a name that is unknown, or a set that leaves nothing to be served.
 *
 * SSLv2Hello, SSLv3, TLSv1 and TLSv1.1 are left out with a note when a newer version is enabled beside them: OpenSSL 3
 * refuses them as today's Java does (jdk.tls.disabledAlgorithms). Leaving out can only make a connector stricter.
 */
export function protocolOptions(
  protocols: readonly string[] | null,
  suites: readonly string[] | null,
  at: Position | undefined,
  note: (text: string) => void,
): ProtocolOptions {
  const ciphers = suites === null ? null : suites.flatMap(name => cipherSuite(name, at))
  let versions: readonly SecureVersion[] = protocols === null ? [] : enabledVersions(protocols, at, note)
  if (ciphers === null) return range(versions)
  const modern = ciphers.some(name => name.startsWith('TLS_'))
  const classic = ciphers.some(name => !name.startsWith('TLS_'))
  const possible = (['TLSv1.2', 'TLSv1.3'] as const).filter(version => (version === 'TLSv1.3' ? modern : classic))
  versions = protocols === null ? possible : possible.filter(version => versions.includes(version))
  if (versions.length === 0) {
    throw failed('TLS_CIPHER_UNSUPPORTED', 'enabledCipherSuites has no suite for the enabled protocols', at)
  }
  return { ...range(versions), ciphers: ciphers.join(':') }
}

const range = (versions: readonly SecureVersion[]): ProtocolOptions => {
  const [min, max = min] = versions
  return min === undefined || max === undefined ? {} : { minVersion: min, maxVersion: max }
}

function enabledVersions(
  names: readonly string[],
  at: Position | undefined,
  note: (text: string) => void,
): readonly SecureVersion[] {
  const unknown = names.find(name => !JAVA_PROTOCOLS.includes(name))
  if (unknown !== undefined) {
    throw failed('TLS_PROTOCOL_UNSUPPORTED', `enabledProtocols: "${unknown}" is not a protocol`, at)
  }
  const served = (['TLSv1.2', 'TLSv1.3'] as const).filter(version => names.includes(version))
  const old = names.filter(name => name !== 'TLSv1.2' && name !== 'TLSv1.3')
  if (served.length === 0) {
    throw failed('TLS_PROTOCOL_UNSUPPORTED', `enabledProtocols: ${old.join(', ') || 'nothing'} cannot be served`, at)
  }
  if (old.length > 0) note(`enabledProtocols: ${old.join(', ')} not served; ${served.join(', ')} only`)
  return served
}

const EXCHANGES: Readonly<Record<string, string>> = {
  RSA: '',
  DHE_RSA: 'DHE-RSA-',
  ECDHE_RSA: 'ECDHE-RSA-',
  ECDHE_ECDSA: 'ECDHE-ECDSA-',
}

/** Java's pseudo suite for safe renegotiation, which OpenSSL always offers. */
const SIGNAL = 'TLS_EMPTY_RENEGOTIATION_INFO_SCSV'

/** OpenSSL's name for a suite that this platform has, given Java's name or OpenSSL's own. */
function cipherSuite(name: string, at: Position | undefined): string[] {
  if (name === SIGNAL) return []
  const openssl = opensslName(name)
  if (openssl === null || !getCiphers().includes(openssl.toLowerCase())) {
    throw failed('TLS_CIPHER_UNSUPPORTED', `enabledCipherSuites: "${name}" is not a suite that can be served`, at)
  }
  return [openssl]
}

/** `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256` → `ECDHE-RSA-AES128-GCM-SHA256`. */
function opensslName(name: string): string | null {
  const [, exchange = '', cipher = '', hash = ''] = /^(?:TLS|SSL)_(\w+)_WITH_(\w+?)_(SHA\d*)$/.exec(name) ?? []
  if (exchange === '') return name
  const prefix = EXCHANGES[exchange]
  if (prefix === undefined) return null
  if (cipher === 'CHACHA20_POLY1305') return `${prefix}CHACHA20-POLY1305`
  const [, bits = '', mode = ''] = /^AES_(128|256)_(CBC|GCM)$/.exec(cipher) ?? []
  if (bits === '') return null
  return `${prefix}AES${bits}-${mode === 'GCM' ? 'GCM-' : ''}${hash}`
}

const failed = (
  code: 'TLS_PROTOCOL_UNSUPPORTED' | 'TLS_CIPHER_UNSUPPORTED',
  message: string,
  position: Position | undefined,
): TandemError => new TandemError(code, message, position === undefined ? {} : { position })

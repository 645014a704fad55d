import type { Position } from '../base/errors.ts'
import type { Findings } from '../base/findings.ts'
import { deobfuscate } from '../base/obfuscated.ts'
import type { Element } from '../xml/xml.ts'
import { placeOf, type JettyBeans } from './jetty-beans.ts'
import type { WebTlsConfig } from './model-web.ts'

/** What is offered unless the file says otherwise. Jetty leaves out SHA-1, RSA key exchange and worse; so does this. */
const SUITES: readonly string[] = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  ...['ECDHE_ECDSA', 'ECDHE_RSA'].flatMap(by => [
    `TLS_${by}_WITH_AES_256_GCM_SHA384`,
    `TLS_${by}_WITH_CHACHA20_POLY1305_SHA256`,
    `TLS_${by}_WITH_AES_128_GCM_SHA256`,
  ]),
]

const PROTOCOLS = ['TLSv1.2', 'TLSv1.3']

/** The lists of a SslContextFactory; empty ones say nothing. */
export interface Offered {
  readonly includeProtocols: readonly string[]
  readonly excludeProtocols: readonly string[]
  /** Of suites both are Java patterns, as a rule plain names. */
  readonly includeCipherSuites: readonly string[]
  readonly excludeCipherSuites: readonly string[]
}

/** What is left of protocols and suites. A pattern that cannot be read is refused: it was meant to leave something out. */
export function offer(
  lists: Offered,
  at: Position,
  findings: Findings,
): Pick<WebTlsConfig, 'enabledProtocols' | 'enabledCipherSuites'> {
  const protocols = lists.includeProtocols.length === 0 ? PROTOCOLS : lists.includeProtocols
  const suites = lists.includeCipherSuites.length === 0 ? SUITES : lists.includeCipherSuites
  const left = lists.excludeCipherSuites.flatMap(text => {
    try {
      return [new RegExp(`^(?:${text})$`)]
    } catch {
      findings.refuse(
        'CONFIG_TLS',
        at,
        `excludeCipherSuites: "${text}" is not read`,
        'name the suites that are allowed',
      )
      return []
    }
  })
  return {
    enabledProtocols: protocols.filter(name => !lists.excludeProtocols.includes(name)),
    enabledCipherSuites: suites.filter(name => !left.some(pattern => pattern.test(name))),
  }
}

/** A connector by TLS (management W-04). Null after a refusal: it has no key store. */
export function readSecure(bean: Element, host: string, jetty: JettyBeans): WebTlsConfig | null {
  const factory = jetty.inside(bean, /\.SslContextFactory/)[0] ?? bean
  const at = placeOf(bean)
  const { findings } = jetty
  const keyStore = path(factory, jetty, 'keyStorePath', 'keystorePath', 'keyStore', 'keystore')
  if (keyStore === null) {
    findings.refuse('CONFIG_TLS', at, 'this connector by TLS has no keyStorePath', 'name a key store')
    return null
  }
  const list = (name: keyof Offered): readonly string[] => jetty.list(factory, name)
  const lists = {
    includeProtocols: list('includeProtocols'),
    excludeProtocols: list('excludeProtocols'),
    includeCipherSuites: list('includeCipherSuites'),
    excludeCipherSuites: list('excludeCipherSuites'),
  }
  return {
    at,
    host,
    port: jetty.port(bean) ?? 8162,
    keyStore,
    keyStoreType: (jetty.text(factory, 'keyStoreType')?.text ?? 'jks').toLowerCase(),
    keyStorePassword: password(factory, jetty, 'keyStorePassword', 'password'),
    keyStoreKeyPassword: password(factory, jetty, 'keyManagerPassword', 'keyPassword'),
    trustStore: path(factory, jetty, 'trustStorePath', 'trustStore', 'truststore'),
    trustStoreType: (jetty.text(factory, 'trustStoreType')?.text ?? 'jks').toLowerCase(),
    trustStorePassword: password(factory, jetty, 'trustStorePassword', 'trustPassword'),
    crlPath: path(factory, jetty, 'crlPath'),
    needClientAuth: jetty.boolean(factory, 'needClientAuth', false),
    wantClientAuth: jetty.boolean(factory, 'wantClientAuth', false),
    ...offer(lists, placeOf(factory), findings),
  }
}

function path(factory: Element, jetty: JettyBeans, ...names: readonly string[]): string | null {
  const given = jetty.text(factory, ...names)
  return given === null || given.text === '' ? null : jetty.file(given)
}

function password(factory: Element, jetty: JettyBeans, ...names: readonly string[]): string | null {
  const given = jetty.text(factory, ...names)
  if (given === null) return null
  if (!given.text.startsWith('OBF:')) return given.text
  const clear = deobfuscate(given.text.slice('OBF:'.length))
  if (clear === null) jetty.findings.error('CONFIG_VALUE', given.at, 'this OBF: password cannot be read')
  return clear
}

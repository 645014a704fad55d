import { deobfuscate } from '../base/obfuscated.ts'
import type { Element } from '../xml/xml.ts'
import { placeOf, type JettyBeans } from './jetty-beans.ts'
import type { WebTlsConfig } from './model-web.ts'

/** Protocols that are never spoken here; leaving them out asks for nothing more. */
const NEVER = /^(?:SSL|TLSv1(?:\.1)?$|TLS1(?:\.1)?$)/
/** The same of cipher suites, as Jetty's own defaults write them. */
const WEAK = /NULL|RC4|MD5|DES|DSS|EXPORT|anon|^\^?SSL_|^\^?TLS_RSA_/i

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
  const protocols = jetty.list(factory, 'excludeProtocols').filter(name => !NEVER.test(name))
  const suites = jetty.list(factory, 'excludeCipherSuites').filter(name => !WEAK.test(name))
  for (const name of [...protocols, ...suites]) {
    const hint = 'say what is allowed instead: includeProtocols, includeCipherSuites'
    findings.refuse('CONFIG_TLS', placeOf(factory), `leaving out ${name} is not served`, hint)
  }
  const included = jetty.list(factory, 'includeProtocols')
  const includedSuites = jetty.list(factory, 'includeCipherSuites')
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
    enabledProtocols: included.length === 0 ? null : included,
    enabledCipherSuites: includedSuites.length === 0 ? null : includedSuites,
  }
}

function path(factory: Element, jetty: JettyBeans, ...names: readonly string[]): string | null {
  const given = jetty.text(factory, ...names)
  if (given === null || given.text === '') return null
  return jetty.outer.resource(given.text, given.at.file)
}

function password(factory: Element, jetty: JettyBeans, ...names: readonly string[]): string | null {
  const given = jetty.text(factory, ...names)
  if (given === null) return null
  if (!given.text.startsWith('OBF:')) return given.text
  const clear = deobfuscate(given.text.slice('OBF:'.length))
  if (clear === null) jetty.findings.error('CONFIG_VALUE', given.at, 'this OBF: password cannot be read')
  return clear
}

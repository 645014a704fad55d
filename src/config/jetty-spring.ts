import { parseJavaProperties } from '../base/java-properties.ts'
import { messageOf, type Position } from '../base/errors.ts'
import { deobfuscate } from '../base/obfuscated.ts'
import type { Findings } from '../base/findings.ts'
import type { Element } from '../xml/xml.ts'
import { decodeProperties } from './configurers.ts'
import type { Environment } from './environment.ts'
import { placeOf, type JettyBeans } from './jetty-beans.ts'
import { readConfigures, type Configured } from './jetty-configure.ts'
import { offer, type Offered } from './jetty-tls.ts'
import type { WebTlsConfig } from './model-web.ts'
import { join, resolve } from './paths.ts'
import { parseList } from './values.ts'

/** What ActiveMQ 6.3 spreads over `jetty-spring.properties` and a directory in Jetty's own dialect (management W-11). */
export interface SpringJetty extends Configured {
  readonly host: string
  readonly port: number
  readonly plain: boolean
  readonly secure: readonly WebTlsConfig[]
  readonly requestsPerSecond: number | null
}

type ReadRoot = (path: string) => Element | null

/** Null: there is no JettyServerBean. What it names and is not there is an error, as it stops an ActiveMQ. */
export function readSpring(jetty: JettyBeans, readRoot: ReadRoot): SpringJetty | null {
  const [bean] = jetty.ofClass(/\.JettyServerBean$/)
  if (bean === undefined) return null
  const { findings, outer } = jetty
  const at = placeOf(bean)
  const directory = (name: string, otherwise: string): string =>
    resolve(outer.cwd, (jetty.text(bean, name)?.text ?? otherwise).replace(/^file:/, ''))
  const conf = outer.system['activemq.conf'] ?? outer.cwd
  const settings = new Settings(
    join(directory('jettyConfDirectory', conf), 'jetty-spring.properties'),
    at,
    outer,
    findings,
  )
  const files = directory('jettyXmlDirectory', join(conf, 'jetty'))
  const names = [
    ...settings.list('jettyXmlFiles'),
    ...(settings.isTrue('httpEnabled', true) ? settings.list('jettyHttpXmlFiles') : []),
    ...(settings.isTrue('httpsEnabled', false) ? settings.list('jettyHttpsXmlFiles') : []),
  ]
  const roots: Element[] = []
  for (const name of names) {
    const root = readRoot(join(files, name))
    if (root === null) findings.error('CONFIG_NOT_FOUND', at, `${join(files, name)} does not exist or cannot be read`)
    else roots.push(root)
  }
  return {
    ...readConfigures(roots, outer, findings),
    host: settings.text('jetty.http.host') ?? '127.0.0.1',
    port: settings.port('jetty.http.port', 8161),
    plain: settings.isTrue('httpEnabled', true),
    secure: settings.isTrue('httpsEnabled', false) ? [secureOf(settings, at)] : [],
    requestsPerSecond: names.some(name => /dos/i.test(name))
      ? settings.count('jetty.dos.leakingBucketTracker.maxRequestsPerSecond', 100)
      : null,
  }
}

function secureOf(settings: Settings, at: Position): WebTlsConfig {
  const { outer } = settings
  const path = (name: string): string | null => {
    const text = settings.text(`jetty.sslContext.${name}`)
    return text === null || text === '' ? null : resolve(outer.system['activemq.base'] ?? outer.cwd, text)
  }
  const list = (name: keyof Offered): readonly string[] => settings.list(`jetty.sslContext.${name}`)
  const lists = {
    includeProtocols: list('includeProtocols'),
    excludeProtocols: list('excludeProtocols'),
    includeCipherSuites: list('includeCipherSuites'),
    excludeCipherSuites: list('excludeCipherSuites'),
  }
  return {
    at,
    host: settings.text('jetty.ssl.host') ?? '127.0.0.1',
    port: settings.port('jetty.ssl.port', 8443),
    keyStore: path('keyStorePath') ?? resolve(outer.system['activemq.base'] ?? outer.cwd, 'etc/keystore.p12'),
    keyStoreType: (settings.text('jetty.sslContext.keyStoreType') ?? 'pkcs12').toLowerCase(),
    keyStorePassword: settings.password('jetty.sslContext.keyStorePassword'),
    keyStoreKeyPassword: settings.password('jetty.sslContext.keyManagerPassword'),
    trustStore: path('trustStorePath'),
    trustStoreType: (settings.text('jetty.sslContext.trustStoreType') ?? 'pkcs12').toLowerCase(),
    trustStorePassword: settings.password('jetty.sslContext.trustStorePassword'),
    crlPath: null,
    needClientAuth: settings.isTrue('jetty.sslContext.needClientAuth', false),
    wantClientAuth: settings.isTrue('jetty.sslContext.wantClientAuth', false),
    ...offer(lists, at, settings.findings),
  }
}

/** jetty-spring.properties, under the system properties of the same names. */
class Settings {
  readonly outer: Environment
  readonly findings: Findings
  readonly #at: Position
  readonly #values: ReadonlyMap<string, string>

  constructor(path: string, at: Position, outer: Environment, findings: Findings) {
    this.outer = outer
    this.#at = at
    this.findings = findings
    this.#values = this.#read(path)
  }

  #read(path: string): ReadonlyMap<string, string> {
    const bytes = this.outer.sources.read(path)
    if (bytes === null) {
      this.findings.error('CONFIG_PROPERTIES_FILE', this.#at, `${path} does not exist or cannot be read`)
      return new Map()
    }
    try {
      return parseJavaProperties(decodeProperties(bytes))
    } catch (error) {
      this.findings.error('CONFIG_PROPERTIES_FILE', this.#at, `${path}: ${messageOf(error)}`)
      return new Map()
    }
  }

  text(name: string): string | null {
    return (this.outer.system[name] ?? this.#values.get(name))?.trim() ?? null
  }

  list(name: string): readonly string[] {
    return parseList(this.text(name) ?? '')
  }

  isTrue(name: string, otherwise: boolean): boolean {
    const text = this.text(name)
    return text === null || text === '' ? otherwise : text.toLowerCase() === 'true'
  }

  port(name: string, otherwise: number): number {
    const port = this.count(name, otherwise)
    if (port <= 65_535) return port
    this.findings.error('CONFIG_VALUE', this.#at, `${name}=${port} is no port`)
    return otherwise
  }

  count(name: string, otherwise: number): number {
    const text = this.text(name)
    if (text === null || text === '') return otherwise
    if (/^\d{1,9}$/.test(text)) return Number(text)
    this.findings.error('CONFIG_VALUE', this.#at, `${name}=${text} is no number`)
    return otherwise
  }

  password(name: string): string | null {
    const text = this.text(name)
    if (text === null || !text.startsWith('OBF:')) return text
    const clear = deobfuscate(text.slice('OBF:'.length))
    if (clear === null) this.findings.error('CONFIG_VALUE', this.#at, `${name}: this OBF: password cannot be read`)
    return clear
  }
}

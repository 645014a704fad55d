import type { Position } from '../base/errors.ts'
import { readTree, type ReadTools } from '../document/document.ts'
import { decodeXml, XML_LIMITS, type Element } from '../xml/xml.ts'
import type { Findings } from '../base/findings.ts'
import { descendants } from './beans.ts'
import type { Context, Import } from './document.ts'
import type { Environment } from './environment.ts'
import { classOf, JettyBeans, placeOf } from './jetty-beans.ts'
import { isJettyFile } from './jetty-file.ts'
import { readLogin } from './jetty-login.ts'
import { checkProperties } from './jetty-properties.ts'
import { readSpring } from './jetty-spring.ts'
import { readSecure } from './jetty-tls.ts'
import type { WebConfig } from './model-web.ts'
import { basename } from './paths.ts'
import type { Placeholders } from './placeholders.ts'

export interface Jetty {
  /** Of the connector without TLS. */
  readonly host: string
  readonly port: number
  readonly web: WebConfig
}

const CONNECTOR =
  /\.(?:SelectChannelConnector|SocketConnector|BlockingChannelConnector|ServerConnector|SslSelectChannelConnector|SslSocketConnector)$/

/**
 * What the imported jetty.xml says of address, login, roles, TLS and addresses let in (management section 2). Its console
 * is not served. Whatever protects and cannot be honoured is refused; null: there is none, or none that can be read.
 */
export function readJetty(
  context: Context,
  placeholders: Placeholders,
  tools: ReadTools,
  outer: Environment,
  findings: Findings,
): Jetty | null {
  const tops: Element[] = []
  let at: Position | null = null
  for (const { resource, path, at: from } of importsOf(context)) {
    const root = readRoot(path, tools, outer, findings)
    if (root === null) {
      tellUnread(path, from, outer, findings)
      continue
    }
    if (asksConsole(root)) {
      const served = 'its address, login, roles and TLS are those of the HTTP interface (/api/jolokia)'
      findings.warn('CONFIG_NOT_SERVED', from, `ActiveMQ's web console is not served; of ${resource} ${served}`)
    }
    at ??= root.at
    tops.push(root)
  }
  if (at === null) return null
  const jetty = new JettyBeans(tops, placeholders, outer, findings)
  refuseUnserved(jetty)
  checkProperties(jetty)
  const spring = readSpring(jetty, path => readRoot(path, tools, outer, findings))
  if (spring !== null) {
    const { host, port, ...web } = spring
    return { host, port, web: { at, ...web, headers: [] } }
  }
  const connectors = jetty.ofClass(CONNECTOR)
  const secure = connectors.filter(bean => isSecure(bean, jetty))
  const plain = connectors.find(bean => !secure.includes(bean))
  const { login, constraints } = readLogin(jetty)
  return {
    host: plain === undefined ? jetty.consolePort('host') : hostOf(plain, jetty),
    port: plain === undefined ? Number(jetty.consolePort('port')) : (jetty.port(plain) ?? 8161),
    web: {
      at,
      plain: plain !== undefined || secure.length === 0,
      secure: secure.flatMap(bean => readSecure(bean, hostOf(bean, jetty), jetty) ?? []),
      login,
      constraints,
      inet: readInet(jetty),
      headers: readHeaders(jetty),
      requestsPerSecond: null,
    },
  }
}

/** Does it name pages that are not here? One that `tandemmq create` made does not. */
const asksConsole = (root: Element): boolean =>
  [...descendants(root)].some(one =>
    /WebAppContext$|\.JettyServerBean$/i.test(one.local === 'bean' ? classOf(one) : one.local),
  )

/** A login that nobody can read must not be left out in silence; one that is not there ends an ActiveMQ. */
function tellUnread(path: string, at: Position, outer: Environment, findings: Findings): void {
  if (outer.sources.exists(path)) {
    const hint = 'let the user of the broker read it, or start with -Dtandemmq.http=off'
    findings.refuse('CONFIG_PROTECTION', at, `${path} cannot be read, nor who may manage the broker`, hint)
    return
  }
  const message = `${path} does not exist: the HTTP interface is where it is without one, and asks for no login`
  findings.warn('CONFIG_NOT_SERVED', at, message, 'ActiveMQ would not have started; create it or remove this')
}

/** Says that the file is not read, since there is no HTTP interface. */
export function passOverJetty(context: Context, findings: Findings): void {
  for (const { resource, at } of importsOf(context))
    findings.add('accept', 'CONFIG_NO_EFFECT', at, `${resource} is not read: the HTTP interface is off`)
}

function importsOf({ imports }: Context): readonly (Import & { readonly path: string })[] {
  return imports.flatMap(one => {
    const { path, outcome } = one
    return outcome === 'aside' && path !== null && isJettyFile(basename(path)) ? [{ ...one, path }] : []
  })
}

function readRoot(path: string, tools: ReadTools, outer: Environment, findings: Findings): Element | null {
  const bytes = outer.sources.read(path)
  if (bytes === null) return null
  if (bytes.length > XML_LIMITS.bytes) {
    const message = `the file is larger than ${XML_LIMITS.bytes} bytes`
    findings.refuse('CONFIG_XML_FORBIDDEN', { file: path, line: 1, column: 1 }, message)
    return null
  }
  const text = decodeXml(bytes)
  if (text === null) {
    const message = 'the file is not in its declared encoding'
    findings.error('CONFIG_NOT_WELL_FORMED', { file: path, line: 1, column: 1 }, message)
    return null
  }
  return readTree(text, path, tools, findings)?.root ?? null
}

const isSecure = (bean: Element, jetty: JettyBeans): boolean =>
  /\.Ssl\w+$/.test(classOf(bean)) || jetty.inside(bean, /\.SslContextFactory/).length > 0

/** A connector that names no host listens on every address, as Jetty's do. */
const hostOf = (bean: Element, jetty: JettyBeans): string => {
  const given = jetty.text(bean, 'host')
  return given === null || given.text === '' ? '0.0.0.0' : given.text
}

/** Handlers that keep somebody out in a way that is not known here. */
function refuseUnserved(jetty: JettyBeans): void {
  for (const bean of jetty.ofClass(/\.(?:IPAccessHandler|DoSFilter|DoSHandler)$/)) {
    const hint = 'use InetAccessHandler, or start with -Dtandemmq.http=off'
    jetty.findings.refuse('CONFIG_PROTECTION', placeOf(bean), `${classOf(bean)} is not served`, hint)
  }
}

/** `InetAccessHandler`: addresses, `a/bits`, and ranges `a-b`; with `|/path` only where that is all paths. */
function readInet(jetty: JettyBeans): WebConfig['inet'] {
  const handlers = jetty.ofClass(/\.InetAccessHandler$/)
  if (handlers.length === 0) return null
  const include: string[] = []
  const exclude: string[] = []
  const take = (words: readonly string[], into: string[], at: Position): void => {
    for (const word of words) {
      const address = word.replace(/\|\/\*?$/, '')
      if (ADDRESS.test(address)) into.push(address)
      else {
        const hint = 'an address, or address/bits; rules for single paths or connectors are not served'
        jetty.findings.refuse('CONFIG_PROTECTION', at, `InetAccessHandler: "${word}" is not read`, hint)
      }
    }
  }
  for (const bean of handlers) {
    take(jetty.list(bean, 'include', 'includes'), include, placeOf(bean))
    take(jetty.list(bean, 'exclude', 'excludes'), exclude, placeOf(bean))
  }
  for (const call of jetty.ofClass(/\.MethodInvokingFactoryBean$/)) {
    const method = jetty.text(call, 'targetMethod')?.text
    const on = jetty.held(call, 'targetObject')
    if ((method !== 'include' && method !== 'exclude') || !on.some(bean => handlers.includes(bean))) continue
    take(jetty.list(call, 'arguments'), method === 'include' ? include : exclude, placeOf(call))
  }
  return { include, exclude }
}

const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f:.]*:[0-9a-f:.]*)(?:\/\d{1,3})?$/i

/** `HeaderPatternRule` for every path (management W-09). */
function readHeaders(jetty: JettyBeans): WebConfig['headers'] {
  return jetty.ofClass(/\.HeaderPatternRule$/).flatMap(bean => {
    const name = jetty.text(bean, 'name', 'headerName')
    const value = jetty.text(bean, 'value', 'headerValue')
    const pattern = jetty.text(bean, 'pattern')?.text ?? '*'
    if (name === null || value === null) return []
    if (!['*', '/', '/*'].includes(pattern)) {
      const message = `the response header ${name.text} for ${pattern} is not sent; those for every path are`
      jetty.findings.warn('CONFIG_NOT_SERVED', placeOf(bean), message)
      return []
    }
    if (/^[!#$%&'*+.^_`|~\w-]+$/.test(name.text) && /^[\t\x20-\x7e]*$/.test(value.text))
      return [{ name: name.text, value: value.text }]
    jetty.findings.error('CONFIG_VALUE', name.at, `"${name.text}" with this value is no header of HTTP`)
    return []
  })
}

import type { Position } from '../base/errors.ts'
import { suggest } from '../base/suggest.ts'
import { parseComposite } from './composite.ts'
import type { Fields } from './fields.ts'
import type { Site } from './site.ts'
import { parseUri } from './uri.ts'

/** What holds several addresses, and how few make sense (config 3.4). */
const COMPOSITE: Readonly<Record<string, number>> = { static: 1, masterslave: 2, failover: 1, fanout: 1, simple: 1 }
/** What finds its addresses by itself. Others come with plug-ins, such as kube. */
const DISCOVERY = [
  'multicast',
  'discovery',
  'rendezvous',
  'zeroconf',
  'peer',
  'ldap',
  'http',
  'https',
  'dns',
  'k8s',
  'kube',
]

/** Options of the agents and of failover (config 3.4); those of the members belong to their transports. */
const OPTIONS = new Set(
  'initialReconnectDelay maxReconnectDelay useExponentialBackOff backOffMultiplier reconnectDelayExponent maxReconnectAttempts minConnectTime startupMaxReconnectAttempts randomize timeout backup backupPoolSize priorityBackup priorityURIs trackMessages maxCacheSize updateURIsSupported updateURIsURL nested transport warnAfterReconnectAttempts reconnectSupported rebalanceUpdateURIs useLocalHost connectionInterruptProcessingComplete fanOutQueues minAckCount networkTTL duplex group trace maxInactivityDuration soTimeout keepAlive tcpNoDelay connectionTimeout'.split(
    ' ',
  ),
)

/**
 * Bridges to other brokers are not served, which is said elsewhere. Their addresses are read all the same: a parenthesis
 * that does not match, or a scheme that is none, stops ActiveMQ as well.
 */
export function checkNetworks(broker: Fields, site: Site): void {
  for (const node of broker.objects('networkConnectors'))
    for (const name of ['uri', 'discoveryURI', 'brokerURL']) {
      const value = node.values.get(name)
      if (value !== undefined) checkAddress(value.text, value.at, `the network connector's ${name}`, site)
    }
  for (const node of broker.objects('proxyConnectors'))
    for (const name of ['remote', 'bind']) {
      const value = node.values.get(name)
      if (value !== undefined) checkAddress(value.text, value.at, `the proxy connector's ${name}`, site)
    }
}

function checkAddress(text: string, at: Position, what: string, site: Site): void {
  const { findings, transports } = site
  const trimmed = text.trim()
  const parsed = parseComposite(trimmed)
  if ('problem' in parsed) {
    findings.error('CONFIG_URI', at, `${what} ${parsed.problem}`, 'write static:(tcp://host1:61616,tcp://host2:61616)')
    return
  }
  const { scheme, components, query } = parsed
  const least = Object.hasOwn(COMPOSITE, scheme) ? COMPOSITE[scheme] : undefined
  if (least === undefined) {
    checkScheme(scheme, at, what, site)
    return
  }
  if (components.length < least)
    findings.error('CONFIG_URI', at, `${what} names ${components.length} addresses; ${scheme}: needs ${least}`)
  checkOptions(query.text, at, what, site)
  for (const component of components) {
    const inner = component.text.includes(':') ? component.text : `${component.text}:`
    const known = /^([A-Za-z][\w+.-]*):/.exec(inner)?.[1]?.toLowerCase() ?? ''
    if (Object.hasOwn(COMPOSITE, known) || !Object.hasOwn(transports.schemes, known))
      checkAddress(inner, at, what, site)
    else {
      const address = parseUri(component.text)
      if ('problem' in address) findings.error('CONFIG_URI', at, `${what}: "${known}:" ${address.problem}`)
    }
  }
}

function checkScheme(scheme: string, at: Position, what: string, { findings, transports }: Site): void {
  const known = [...DISCOVERY, ...Object.keys(COMPOSITE), ...Object.keys(transports.schemes)]
  if (known.includes(scheme)) return
  const meant = suggest(scheme, known)
  if (meant !== null)
    findings.error('CONFIG_SCHEME', at, `${what}: unknown scheme "${scheme}"`, `did you mean "${meant}"?`)
}

function checkOptions(query: string, at: Position, what: string, { findings }: Site): void {
  for (const part of query.split('&')) {
    const name = part.split('=')[0] ?? ''
    if (name === '' || OPTIONS.has(name.split('.')[0] ?? '')) continue
    const meant = suggest(name, OPTIONS)
    const hint = meant === null ? null : `did you mean "${meant}"?`
    findings.warn('CONFIG_URI_OPTION', at, `${what}: unknown option "${name}", which stops ActiveMQ`, hint)
  }
}

import type { Position } from '../base/errors.ts'
import type { Site } from './site.ts'
import { stompUri } from './build-stomp.ts'
import { readOptions } from './connector-options.ts'
import { Fields } from './fields.ts'
import type { ConnectorConfig } from './model.ts'
import { suggestion } from '../base/suggest.ts'
import { parseUri } from './uri.ts'
import { judge } from './verdicts.ts'

interface Spot {
  readonly at: Position
  readonly uri: string
  readonly name: string | null
  readonly consumers: number
  readonly linkStealing: boolean
  readonly autoStart: boolean
  readonly pointer: string
}

/** The connectors that TandemMQ opens; what each of the others would have served is said by name. */
export function buildConnectors(broker: Fields, at: Position, site: Site): readonly ConnectorConfig[] {
  const connectors: ConnectorConfig[] = []
  const nodes = broker.objects('transportConnectors').filter(({ name }) => name === 'transportConnector')
  for (const node of nodes) {
    const pointer = `/connectors/${connectors.length}`
    const fields = new Fields(node, pointer, site.places)
    const uri = fields.text('uri')
    if (uri === null) {
      if (node.values.has('discoveryUri') || node.slots.has('server') || node.failed.has('uri')) continue
      site.findings.error('CONFIG_URI', node.at, 'this transportConnector has no uri')
    } else {
      const consumers = fields.integer('maximumConsumersAllowedPerConnection', 2 ** 31 - 1)
      const linkStealing = fields.boolean('allowLinkStealing')
      const autoStart = fields.boolean('autoStart', true)
      const spot = { at: fields.at('uri'), uri, name: fields.text('name'), consumers, linkStealing, autoStart, pointer }
      const connector = buildConnector(spot, site)
      if (connector !== null) connectors.push(connector)
    }
  }
  const asked = stompUri(at, site)
  const added = asked === null ? [] : [{ text: asked, at, name: 'stomp' }]
  for (const { text, at: place, name = null } of [...plainUris(broker), ...added]) {
    const pointer = `/connectors/${connectors.length}`
    const spot = { at: place, uri: text, name, consumers: 2 ** 31 - 1, linkStealing: false, autoStart: true, pointer }
    const connector = buildConnector(spot, site)
    if (connector !== null) connectors.push(connector)
  }
  // A connector that is there but wrong was reported; it is not missing.
  const wrong = nodes.some(
    node => node.failed.has('uri') || site.findings.stopAt(node.values.get('uri')?.at ?? node.at),
  )
  if (connectors.length === 0 && !wrong) {
    const message = 'no connector speaks STOMP, so nobody could connect'
    const hint =
      'add <transportConnector name="stomp" uri="stomp://0.0.0.0:61613"/> to <transportConnectors>, or give -Dtandemmq.stomp=61613'
    site.findings.refuse('CONFIG_NO_CONNECTOR', at, message, hint)
  } else if (connectors.length > 0 && connectors.every(({ autoStart }) => !autoStart)) {
    const message = 'every connector has autoStart="false": nobody can connect before start() of one\'s MBean'
    site.findings.warn('CONFIG_NO_CONNECTOR', at, message)
  }
  return connectors
}

/** `transportConnectorURIs`: a comma list, or a list of values. */
function* plainUris(
  broker: Fields,
): Generator<{ readonly text: string; readonly at: Position; readonly name?: string }> {
  for (const text of broker.list('transportConnectorURIs')) yield { text, at: broker.at('transportConnectorURIs') }
  for (const item of broker.items('transportConnectorURIs'))
    if (item.kind === 'text') yield { text: item.value.text.trim(), at: item.value.at }
}

function buildConnector(spot: Spot, site: Site): ConnectorConfig | null {
  const { at, uri, name, consumers, linkStealing, autoStart, pointer } = spot
  const { findings, transports, outer } = site
  const parsed = parseUri(uri)
  if ('problem' in parsed) {
    findings.error('CONFIG_URI', at, `the connector's uri ${parsed.problem}`)
    return null
  }
  const { scheme } = parsed
  const label = name === null ? `the ${scheme} connector` : `connector "${name}" (${scheme})`
  const word = Object.hasOwn(transports.schemes, scheme) ? transports.schemes[scheme] : undefined
  if (word === undefined) {
    const hint = suggestion(scheme, Object.keys(transports.schemes))
    findings.error('CONFIG_SCHEME', at, `unknown transport "${scheme}"`, hint)
    return null
  }
  const court = { findings, overrides: outer.overrides }
  const told = word.verdict === 'WARN' ? { ...word, reason: `not opened: ${word.reason ?? ''}` } : word
  if (!judge(told, at, label, court, 'CONFIG_SCHEME')) return null
  const auto = scheme.startsWith('auto')
  const options = readOptions(parsed.options, { at, label, tls: word.tls === true, auto, pointer }, site)
  if (auto && options.protocols !== null && !options.protocols.some(protocol => protocol.toLowerCase() === 'stomp')) {
    findings.warn('CONFIG_SCHEME', at, `${label}: not opened: its auto.protocols leave out stomp`)
    return null
  }
  if (parsed.port === null) findings.error('CONFIG_URI', at, `${label} names no port`)
  for (const field of ['port', 'host', 'maximumConnections', 'maxFrameSize', 'heartBeatGrace'])
    site.places.set(`${pointer}/${field}`, at)
  const { protocols: _, ...settings } = options
  return {
    at,
    name: name ?? `${scheme}-${parsed.port ?? 0}`,
    scheme,
    transport: word.transport ?? 'tcp',
    tls: word.tls === true,
    auto,
    host: parsed.host === '' ? '0.0.0.0' : parsed.host,
    port: parsed.port ?? 0,
    maximumConsumersAllowedPerConnection: consumers,
    ...settings,
    allowLinkStealing: linkStealing || settings.allowLinkStealing,
    autoStart,
  }
}

import type { Position } from '../base/errors.ts'
import type { Site } from './site.ts'
import { Fields } from './fields.ts'
import type { PairConfig } from './model.ts'
import { readPairProperties } from './pair-settings.ts'
import { parseTwinUri } from './pair-uri.ts'

/** By ActiveMQ's names; the documentation's names are aliases of these (config 4.1). */
export function buildPair(broker: Fields, at: Position, storeDirectory: string, site: Site): PairConfig {
  const waitForPassive = broker.boolean('waitForSlave')
  const waitForPassiveTimeout = broker.integer('waitForSlaveTimeout', 600_000, 'pair/waitForPassiveTimeout')
  if (waitForPassive && waitForPassiveTimeout <= 0) {
    const name = broker.spelling('waitForSlaveTimeout')
    const hint = 'write milliseconds, such as 600000'
    site.findings.error('CONFIG_PAIR', broker.at('waitForSlaveTimeout'), `"${name}" leaves no time to wait`, hint)
  }
  site.places.set('/pair', at)
  site.places.set('/pair/waitForPassive', broker.at('waitForSlave'))
  return {
    activeConnector: buildActiveConnector(broker, at, site),
    policy: buildPolicy(broker, site),
    waitForPassive,
    waitForPassiveTimeout,
    ...readPairProperties(at, storeDirectory, site),
  }
}

/** replication.md 4.3; one node has one policy, which it announces when it is the active. */
function buildPolicy(broker: Fields, site: Site): PairConfig['policy'] {
  const manual = broker.boolean('shutdownOnMasterFailure')
  const stopOnLoss = broker.boolean('shutdownOnSlaveFailure')
  if (manual && stopOnLoss) {
    const [first, second] = [broker.spelling('shutdownOnMasterFailure'), broker.spelling('shutdownOnSlaveFailure')]
    const other = broker.at('shutdownOnMasterFailure')
    const message = `"${second}" chooses the policy stop-on-loss and "${first}" (line ${other.line}, column ${other.column}) the policy manual`
    const hint =
      'keep the one that both nodes shall follow: stop-on-loss stops the active without its passive, manual the passive without its active'
    site.findings.error('CONFIG_CONTRADICTION', broker.at('shutdownOnSlaveFailure'), message, hint)
  }
  return stopOnLoss ? 'stop-on-loss' : manual ? 'manual' : 'auto'
}

function buildActiveConnector(broker: Fields, at: Position, site: Site): PairConfig['activeConnector'] {
  const { findings, places, transports } = site
  const [element, second] = broker.objects('services').filter(({ name }) => name === 'masterConnector')
  if (second !== undefined && element !== undefined)
    conflict('two connectors to an active broker', second.at, element.at, site)
  if (element !== undefined && broker.given('masterConnectorURI')) {
    const what = `${broker.spelling('masterConnectorURI')} together with a connector element`
    conflict(what, element.at, broker.at('masterConnectorURI'), site)
  }
  const fields = element === undefined ? null : new Fields(element, '/pair/activeConnector', places)
  const uri = (fields === null ? broker.text('masterConnectorURI') : fields.text('remoteURI', 'uri'))?.trim() ?? null
  // A value that could not be read was reported; it is not missing.
  const missing = element !== undefined && fields?.given('remoteURI') === false
  if (missing || uri === '')
    findings.error('CONFIG_PAIR', element?.at ?? at, 'the connector to the active broker has no remoteURI')
  if (uri === null || uri === '') return null
  const place = fields?.at('remoteURI') ?? broker.at('masterConnectorURI')
  places.set('/pair/activeConnector', place)
  const parsed = parseTwinUri(uri, transports)
  if ('problem' in parsed) {
    findings.error('CONFIG_PAIR', place, `the address of the active broker ${parsed.problem}`, parsed.hint)
    return null
  }
  for (const note of parsed.notes) {
    const severity = note.includes('is not served') ? 'warn' : 'accept'
    findings.add(severity, 'CONFIG_URI_OPTION', place, note)
  }
  const uris = parsed.addresses.map(address => address.uri)
  checkNetwork(broker, uris, place, site)
  return {
    at: place,
    uri,
    uris,
    userName: fields?.text('userName') ?? null,
    password: fields?.text('password') ?? null,
  }
}

/** A network connector to its own active raced with the pair in ActiveMQ (config 6). */
function checkNetwork(broker: Fields, uris: readonly string[], place: Position, { findings }: Site): void {
  for (const node of broker.objects('networkConnectors')) {
    const uri = node.values.get('uri')
    const shared = uris.find(one => uri?.text.includes(one.replace(/^\w+:/, '')))
    if (uri === undefined || shared === undefined) continue
    const message = `this network connector leads to ${shared}, which is the active of this passive (line ${place.line})`
    findings.warn('CONFIG_PAIR', uri.at, message, 'remove it: the pair has the messages already')
  }
}

function conflict(what: string, at: Position, other: Position, { findings }: Site): void {
  const message = `${what}: ActiveMQ refuses both; the other is at line ${other.line}, column ${other.column}`
  findings.error('CONFIG_CONTRADICTION', at, message, 'keep one of them')
}

import type { Position } from '../base/errors.ts'
import type { Site } from './site.ts'
import { Fields } from './fields.ts'
import type { PairConfig } from './model.ts'

/** The one sentence about a setting of the pair, until the pair itself is served. */
const ALONE = 'the pair is not served by this version: this broker runs alone'

/** The broker attributes of the pair by ActiveMQ's names; the documentation's names are aliases of these (config 4.1). */
const SETTINGS = [
  'shutdownOnMasterFailure',
  'waitForSlave',
  'waitForSlaveTimeout',
  'shutdownOnSlaveFailure',
  'passiveSlave',
]

export function buildPair(broker: Fields, at: Position, site: Site): PairConfig {
  const { findings, places } = site
  for (const name of [...SETTINGS, 'masterConnectorURI'])
    if (broker.has(name)) findings.warn('CONFIG_PAIR_ALONE', broker.at(name), `"${broker.spelling(name)}": ${ALONE}`)
  const connectors = broker.objects('services').filter(({ name }) => name === 'masterConnector')
  for (const node of connectors) findings.warn('CONFIG_PAIR_ALONE', node.at, `<masterConnector>: ${ALONE}`)
  const [element, second] = connectors
  if (second !== undefined && element !== undefined)
    conflict('two connectors to an active broker', second.at, element.at, site)
  if (element !== undefined && broker.has('masterConnectorURI'))
    conflict('masterConnectorURI together with a masterConnector', element.at, broker.at('masterConnectorURI'), site)
  const fields = element === undefined ? null : new Fields(element, '/pair/activeConnector', places)
  if (fields !== null && fields.text('remoteURI', 'uri') === null)
    findings.error('CONFIG_PAIR', element?.at ?? at, 'the connector to the active broker has no remoteURI')
  const uri = fields?.text('remoteURI', 'uri') ?? broker.text('masterConnectorURI')
  const activeConnector =
    uri === null
      ? null
      : {
          at: element?.at ?? broker.at('masterConnectorURI'),
          uri: uri.trim(),
          userName: fields?.text('userName') ?? null,
          password: fields?.text('password') ?? null,
        }
  return {
    activeConnector,
    shutdownOnMasterFailure: broker.boolean('shutdownOnMasterFailure'),
    waitForPassive: broker.boolean('waitForSlave'),
    waitForPassiveTimeout: broker.integer('waitForSlaveTimeout', 600_000, 'pair/waitForPassiveTimeout'),
    shutdownOnPassiveFailure: broker.boolean('shutdownOnSlaveFailure'),
    passiveSlave: broker.boolean('passiveSlave'),
  }
}

function conflict(what: string, at: Position, other: Position, { findings }: Site): void {
  const message = `${what}: ActiveMQ refuses both; the other is at line ${other.line}, column ${other.column}`
  findings.error('CONFIG_CONTRADICTION', at, message, 'keep one of them')
}

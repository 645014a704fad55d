import { buildAuthentication, buildAuthorization, buildLoginDelay, buildTls } from './build-security.ts'
import { buildConnectors } from './build-connectors.ts'
import { buildHttp } from './build-http.ts'
import { buildScrub } from './build-scrub.ts'
import { buildShown } from './build-shown.ts'
import { checkNetworks } from './build-networks.ts'
import { buildPair } from './build-pair.ts'
import { buildPlugins, buildReload } from './build-plugins.ts'
import { buildDestinations, buildPolicies } from './build-policies.ts'
import { buildScheduler } from './build-scheduler.ts'
import { buildStore } from './build-store.ts'
import { buildIoExceptionHandler, buildUsage } from './build-usage.ts'
import { buildDurables, buildVirtual } from './build-virtual.ts'
import { Fields } from './fields.ts'
import type { BrokerConfig } from './model.ts'
import type { ObjectNode } from './node.ts'
import { join } from './paths.ts'
import { filePath, type Site } from './site.ts'

/** The checked `<broker>` object to the model. What is missing takes ActiveMQ's default. */
export function buildBroker(node: ObjectNode, site: Site): BrokerConfig {
  const fields = new Fields(node, '', site.places)
  const brokerName = buildName(fields, site)
  const configured = fields.text('dataDirectory') ?? ''
  const given = fields.has('dataDirectoryFile')
    ? fields.text('dataDirectoryFile')
    : fields.has('dataDirectory')
      ? configured
      : null
  const dataDirectory = filePath(given ?? 'activemq-data', site)
  const persistent = fields.boolean('persistent')
  const core = { at: node.at, brokerName, dataDirectory, persistent }
  const plugins = fields.objects('plugins')
  const policies = buildPolicies(fields, site)
  const store = buildStore(fields, core, site)
  const useJmx = fields.boolean('useJmx')
  const scheduler = buildScheduler(fields, site)
  const connectors = buildConnectors(fields, node.at, site)
  checkNetworks(fields, site)
  const pair = buildPair(fields, node.at, store.directory, site)
  const tlsUsed = connectors.some(({ tls }) => tls) || pair.activeConnector?.uris.some(uri => uri.startsWith('ssl:'))
  const spool = fields.has('tmpDataDirectory') ? fields.text('tmpDataDirectory') : null
  return {
    ...core,
    tempDirectory: spool === null ? join(join(dataDirectory, brokerName), 'tmp_storage') : filePath(spool, site),
    deleteAllMessagesOnStartup: fields.boolean('deleteAllMessagesOnStartup'),
    useJmx,
    scheduler,
    advisorySupport: fields.boolean('advisorySupport'),
    anonymousProducerAdvisorySupport: fields.boolean('anonymousProducerAdvisorySupport'),
    statistics: plugins.some(({ name }) => name === 'statisticsBrokerPlugin'),
    populateJMSXUserID: fields.boolean('populateJMSXUserID'),
    purge: {
      period: fields.integer('schedulePeriodForDestinationPurge', 0, 'purge/period'),
      most: fields.integer('maxPurgedDestinationsPerSweep', 0, 'purge/most'),
    },
    store,
    usage: buildUsage(fields, dataDirectory, site),
    connectors,
    durables: buildDurables(fields),
    virtual: buildVirtual(node, fields, site),
    destinations: buildDestinations(fields.objects('destinations'), site),
    policies: policies.entries,
    defaultPolicy: policies.defaultEntry,
    authentication: buildAuthentication(plugins, site),
    authorization: buildAuthorization(plugins, site),
    tls: buildTls(fields.object('sslContext'), tlsUsed === true, site),
    loginDelay: buildLoginDelay(node.at, site),
    pair,
    http: buildHttp(useJmx, node.at, site),
    shown: buildShown(node.at, site),
    scrub: buildScrub(node.at, site),
    ioExceptionHandler: buildIoExceptionHandler(fields.object('ioExceptionHandler'), site),
    pathSeparator: buildPathSeparator(plugins, site),
    reloadCheckPeriod: buildReload(plugins, site),
    plugins: buildPlugins(
      plugins,
      { schedulerSupport: scheduler !== null, directory: `${dataDirectory}/${brokerName}` },
      site,
    ),
    overrides: site.outer.overrides,
  }
}

function buildName(fields: Fields, { findings }: Site): string {
  const given = (fields.text('brokerName') ?? 'localhost').trim()
  const name = given.replace(/[^A-Za-z0-9._:-]/g, '_')
  if (name !== given) {
    const message = `brokerName may hold only letters, digits and . _ - : ; it became "${name}"`
    findings.warn('CONFIG_VALUE', fields.at('brokerName'), message)
  }
  return name
}

function buildPathSeparator(plugins: readonly ObjectNode[], { places, findings }: Site): string | null {
  const plugin = plugins.find(({ name }) => name === 'destinationPathSeparatorPlugin')
  if (plugin === undefined) return null
  const fields = new Fields(plugin, '/pathSeparator', places)
  const separator = fields.text('pathSeparator') ?? '/'
  if (separator === '') findings.error('CONFIG_VALUE', fields.at('pathSeparator'), 'the path separator is empty')
  return separator
}

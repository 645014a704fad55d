import { entryDestination } from './build-policies.ts'
import { Fields } from './fields.ts'
import type { LoggingConfig, PluginConfig, RedeliveryConfig, RedeliveryPolicyConfig } from './model-plugins.ts'
import type { ObjectNode } from './node.ts'
import { filePath, type Site } from './site.ts'

/** What a plugin needs to know of the broker it stands in. */
interface Surroundings {
  readonly schedulerSupport: boolean
  /** dataDirectory/brokerName. */
  readonly directory: string
}

/** The plugins that act on messages, in the order in which they are listed; those that protect are read elsewhere. */
export function buildPlugins(nodes: readonly ObjectNode[], around: Surroundings, site: Site): readonly PluginConfig[] {
  const plugins: PluginConfig[] = []
  for (const node of nodes) {
    const plugin = buildPlugin(node, `/plugins/${plugins.length}`, around, site)
    if (plugin !== null) plugins.push(plugin)
  }
  return plugins
}

/** As long as ActiveMQ's own, what is not above 0 watches nothing. */
export function buildReload(nodes: readonly ObjectNode[], { places }: Site): number {
  const node = nodes.find(({ name }) => name === 'runtimeConfigurationPlugin')
  if (node === undefined) return 0
  return Math.max(0, new Fields(node, '', places).integer('checkPeriod', 0, 'reloadCheckPeriod'))
}

function buildPlugin(node: ObjectNode, pointer: string, around: Surroundings, site: Site): PluginConfig | null {
  const fields = new Fields(node, pointer, site.places)
  switch (node.name) {
    case 'timeStampingBrokerPlugin':
      return {
        kind: 'timeStamp',
        zeroExpirationOverride: fields.integer('zeroExpirationOverride'),
        ttlCeiling: fields.integer('ttlCeiling'),
        futureOnly: fields.boolean('futureOnly'),
      }
    case 'forcePersistencyModeBrokerPlugin':
      return { kind: 'forcePersistency', persistent: fields.boolean('persistenceFlag') }
    case 'redeliveryPlugin':
      return redelivery(node, fields, pointer, around, site)
    case 'discardingDLQBrokerPlugin':
      return {
        kind: 'discardDeadLetters',
        dropAll: fields.boolean('dropAll', true),
        dropTemporaryTopics: fields.boolean('dropTemporaryTopics', true),
        dropTemporaryQueues: fields.boolean('dropTemporaryQueues', true),
        dropOnly: expressions(fields, site),
      }
    case 'loggingBrokerPlugin':
      return logging(fields)
    case 'traceBrokerPathPlugin':
      return { kind: 'trace', header: fields.text('stampProperty') ?? 'BrokerPath' }
    case 'connectionDotFilePlugin':
      return { kind: 'picture', of: 'connections', file: filePath(fields.text('file') ?? '', site) }
    case 'destinationDotFilePlugin':
      return { kind: 'picture', of: 'destinations', file: filePath(fields.text('file') ?? '', site) }
    case 'destinationsPlugin':
      return {
        kind: 'destinations',
        file: filePath(fields.text('location') ?? `${around.directory}/destinations`, site),
      }
    default:
      return null
  }
}

function logging(fields: Fields): LoggingConfig {
  const all = fields.boolean('logAll')
  const messages = fields.boolean('logMessageEvents')
  return {
    kind: 'logging',
    connections: fields.boolean('logConnectionEvents', true) || all,
    sessions: fields.boolean('logSessionEvents', true) || all,
    transactions: fields.boolean('logTransactionEvents') || all,
    consumers: fields.boolean('logConsumerEvents') || all,
    producers: fields.boolean('logProducerEvents') || messages || all,
    internal: fields.boolean('logInternalEvents') || all,
    perDestination: fields.boolean('perDestinationLogger'),
  }
}

/** Space between them; Java's regular expressions, of which those that this platform cannot read are an error. */
function expressions(fields: Fields, { findings }: Site): readonly string[] {
  const texts = (fields.text('dropOnly') ?? '').split(/\s+/).filter(text => text !== '')
  return texts.filter(text => {
    try {
      new RegExp(text)
      return true
    } catch {
      const message = `"dropOnly": "${text}" is no regular expression that can be read here`
      findings.error('CONFIG_VALUE', fields.at('dropOnly'), message, 'write it without what only Java has')
      return false
    }
  })
}

function redelivery(
  node: ObjectNode,
  fields: Fields,
  pointer: string,
  { schedulerSupport }: Surroundings,
  site: Site,
): RedeliveryConfig {
  if (!schedulerSupport)
    site.findings.error(
      'CONFIG_VALUE',
      node.at,
      '<redeliveryPlugin> needs the scheduler, and schedulerSupport is off',
      'write schedulerSupport="true" on <broker>',
    )
  const map = fields.object('redeliveryPolicyMap')
  const inner = map === null ? null : new Fields(map, pointer, site.places)
  const nodes = inner === null ? [] : [...inner.objects('redeliveryPolicyEntries'), ...inner.objects('entries')]
  const fallback = inner?.object('defaultEntry') ?? null
  return {
    kind: 'redelivery',
    sendToDlqIfMaxRetriesExceeded: fields.boolean('sendToDlqIfMaxRetriesExceeded', true),
    fallbackToDeadLetter: fields.boolean('fallbackToDeadLetter', true),
    policies: nodes.map(one => redeliveryPolicy(one, pointer, site)),
    defaultPolicy: fallback === null ? null : redeliveryPolicy(fallback, pointer, site),
  }
}

/** Shorter delays than this end the start of ActiveMQ: a retry must not overtake the death it follows. */
const delayLeast = 1000

function redeliveryPolicy(node: ObjectNode, pointer: string, site: Site): RedeliveryPolicyConfig {
  const fields = new Fields(node, pointer, site.places)
  for (const name of ['initialRedeliveryDelay', 'redeliveryDelay'])
    if (fields.integer(name, delayLeast) < delayLeast)
      site.findings.error(
        'CONFIG_VALUE',
        fields.at(name),
        `"${name}" of a redeliveryPolicy in <redeliveryPlugin> must be at least ${delayLeast} ms`,
      )
  return {
    destination: entryDestination(fields),
    tempQueue: fields.boolean('tempQueue'),
    tempTopic: fields.boolean('tempTopic'),
    maximumRedeliveries: fields.integer('maximumRedeliveries', 6),
    initialRedeliveryDelay: fields.integer('initialRedeliveryDelay', delayLeast),
    redeliveryDelay: fields.integer('redeliveryDelay', delayLeast),
    maximumRedeliveryDelay: fields.integer('maximumRedeliveryDelay', -1),
    backOffMultiplier: fields.boolean('useExponentialBackOff') ? fields.number('backOffMultiplier', 5) : 1,
    collisionAvoidance: fields.boolean('useCollisionAvoidance')
      ? fields.integer('collisionAvoidancePercent', 15) / 100
      : 0,
  }
}

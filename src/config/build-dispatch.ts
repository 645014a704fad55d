import type { Site } from './site.ts'
import { Fields } from './fields.ts'
import type { MessageGroupsConfig, PolicyConfig } from './model.ts'

type Optional<T> = { -readonly [K in keyof T]?: T[K] }

/** What a policyEntry says about dispatch, browsing and the life of destinations; what was not written is absent. */
export function buildDispatch(fields: Fields, pointer: string, site: Site): Optional<PolicyConfig> {
  const given: Optional<PolicyConfig> = {}
  for (const name of [
    'allConsumersExclusiveByDefault',
    'enableAudit',
    'gcInactiveDestinations',
    'persistJMSRedelivered',
    'prioritizedMessages',
    'useConsumerPriority',
    'usePrefetchExtension',
  ] as const)
    if (fields.has(name)) given[name] = fields.boolean(name)
  for (const name of [
    'consumersBeforeDispatchStarts',
    'inactiveTimeoutBeforeGC',
    'maxBrowsePageSize',
    'maxDestinations',
    'maxExpirePageSize',
    'maxProducersToAudit',
    'maxQueueAuditDepth',
    'timeBeforeDispatchStarts',
  ] as const)
    if (fields.has(name)) given[name] = fields.integer(name)
  const groups = messageGroups(fields, pointer, site)
  if (groups !== null) given.messageGroups = groups
  return given
}

/** The owners of message groups, by a factory or by the text of its type (semantics G-08). */
function messageGroups(fields: Fields, pointer: string, site: Site): MessageGroupsConfig | null {
  const factory = fields.object('messageGroupMapFactory')
  if (factory !== null) {
    const inner = new Fields(factory, `${pointer}/messageGroups`, site.places)
    switch (factory.name) {
      case 'simpleMessageGroupMapFactory':
        return { kind: 'simple', size: 0 }
      case 'messageGroupHashBucketFactory':
        return { kind: 'bucket', size: positive(inner.integer('bucketCount')) }
      default:
        return { kind: 'cached', size: positive(inner.integer('cacheSize')) }
    }
  }
  if (!fields.has('messageGroupMapFactoryType')) return null
  const text = (fields.text('messageGroupMapFactoryType', 'messageGroups') ?? '').trim()
  const [name = '', query = ''] = text.split('?')
  const parameter = (wanted: string): number =>
    positive(Number(/^\d+$/.exec(new URLSearchParams(query).get(wanted) ?? '')?.[0] ?? 0))
  switch (name.toLowerCase()) {
    case 'simple':
      return { kind: 'simple', size: 0 }
    case 'bucket':
      return { kind: 'bucket', size: parameter('bucketCount') }
    case 'cached':
      return { kind: 'cached', size: parameter('cacheSize') }
    default: {
      const message = `"${text}" is no kind of message group map: cached, bucket or simple; cached is used`
      site.findings.warn('CONFIG_VALUE', fields.at('messageGroupMapFactoryType'), message)
      return null
    }
  }
}

const positive = (size: number): number => (size > 0 ? size : 1024)

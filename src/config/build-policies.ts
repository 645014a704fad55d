import { DestinationKind, isTemporaryKind, type DestinationName } from '../base/destination.ts'
import type { Site } from './site.ts'
import { buildDispatch } from './build-dispatch.ts'
import { Fields } from './fields.ts'
import { topicStrategies } from './build-topics.ts'
import type { DeadLetterConfig, PolicyConfig } from './model.ts'
import type { ObjectNode } from './node.ts'

/** Names with a comma are composite destinations, which come later. */
export function buildDestinations(
  nodes: readonly ObjectNode[],
  { places, findings }: Site,
): readonly DestinationName[] {
  const all: DestinationName[] = []
  for (const node of nodes) {
    const kind = KINDS[node.name]
    const fields = new Fields(node, `/destinations/${all.length}`, places)
    const name = (fields.text('physicalName') ?? fields.text('name') ?? '').trim()
    if (kind === undefined || name === '') {
      if (!fields.given('physicalName') && !fields.given('name'))
        findings.error('CONFIG_VALUE', node.at, `<${node.name}> has no physicalName`)
    } else if (name.includes(',')) {
      findings.warn(
        'CONFIG_NOT_SERVED',
        fields.at('physicalName'),
        'not served yet: composite destinations; it is not created',
      )
    } else all.push(named(kind, name))
  }
  return all
}

export const KINDS: Readonly<Record<string, DestinationKind>> = {
  queue: DestinationKind.queue,
  topic: DestinationKind.topic,
  tempQueue: DestinationKind.tempQueue,
  tempTopic: DestinationKind.tempTopic,
}

/** `queue=`, `topic=`, or `destination="topic://…"`. Null when an entry names nothing. */
export function entryDestination(fields: Fields): DestinationName | null {
  const queue = fields.text('queue')
  if (queue !== null) return named(DestinationKind.queue, queue)
  const topic = fields.text('topic')
  if (topic !== null) return named(DestinationKind.topic, topic)
  const nested = fields.object('destination')
  const kind = KINDS[nested?.name ?? '']
  const text = nested?.values.get('physicalName')?.text ?? nested?.values.get('name')?.text
  if (kind !== undefined && text !== undefined) return named(kind, text)
  return destinationOfText(fields.text('destination'))
}

/** Without its options: `NAME?consumer.x=y` is the destination NAME (config 2.4). */
const named = (kind: DestinationKind, name: string): DestinationName => ({ kind, name: bareName(name) })

const bareName = (name: string): string => (name.split('?')[0] ?? '').trim()

/** An entry is for one destination; of two ActiveMQ takes one without saying which. */
export function checkOneDestination(node: ObjectNode, { findings }: Site): void {
  const given = ['queue', 'topic'].flatMap(name => node.values.get(name) ?? [])
  const [first, second] = given
  if (first === undefined || second === undefined) return
  const message = `this ${node.name} names "${first.spelling}" and "${second.spelling}"; it can be for one destination`
  findings.error('CONFIG_CONTRADICTION', second.at, message, 'make two entries of it')
}

function destinationOfText(text: string | null): DestinationName | null {
  const match = /^(?:(queue|topic|temp-queue|temp-topic):(?:\/\/)?)?(.+)$/s.exec(text?.trim() ?? '')
  if (match === null) return null
  const kinds = { queue: 0, topic: 1, 'temp-queue': 2, 'temp-topic': 3 } as const
  return { kind: kinds[(match[1] ?? 'queue') as keyof typeof kinds], name: bareName(match[2] ?? '') }
}

export interface Policies {
  readonly entries: readonly PolicyConfig[]
  readonly defaultEntry: PolicyConfig | null
}

export function buildPolicies(broker: Fields, site: Site): Policies {
  const map = broker.object('destinationPolicy')
  if (map === null) return { entries: [], defaultEntry: null }
  const fields = new Fields(map, '/destinationPolicy', site.places)
  const nodes = [...fields.objects('policyEntries'), ...fields.objects('entries')]
  const fallback = fields.object('defaultEntry')
  return {
    entries: nodes.map((node, index) => buildPolicy(node, `/policies/${index}`, false, site)),
    defaultEntry: fallback === null ? null : buildPolicy(fallback, '/defaultPolicy', true, site),
  }
}

type Optional<T> = { -readonly [K in keyof T]?: T[K] }

function buildPolicy(node: ObjectNode, pointer: string, isDefault: boolean, site: Site): PolicyConfig {
  const fields = new Fields(node, pointer, site.places)
  const destination = isDefault ? null : entryDestination(fields)
  checkOneDestination(node, site)
  const tempQueue = fields.boolean('tempQueue')
  const tempTopic = fields.boolean('tempTopic')
  const unusable = fields.given('queue') || fields.given('topic') || fields.given('destination')
  if (!isDefault && destination === null && !tempQueue && !tempTopic && !unusable)
    site.findings.warn('CONFIG_VALUE', node.at, 'this policyEntry names no queue and no topic; it applies to nothing')
  return {
    at: node.at,
    destination,
    tempQueue,
    tempTopic,
    ...givenPolicy(fields),
    ...buildDispatch(fields, pointer, site),
    ...strategies(fields, pointer, site),
    ...topicStrategies(fields, pointer, site),
  }
}

/** Only what was written: an absent field takes the built-in default, never a broader entry's value (PM-04). */
function givenPolicy(fields: Fields): Optional<PolicyConfig> {
  const given: Optional<PolicyConfig> = {}
  for (const name of ['producerFlowControl', 'strictOrderDispatch', 'sendFailIfNoSpace', 'alwaysRetroactive'] as const)
    if (fields.has(name)) given[name] = fields.boolean(name)
  for (const name of [
    'maxPageSize',
    'queuePrefetch',
    'topicPrefetch',
    'durableTopicPrefetch',
    'queueBrowserPrefetch',
    'expireMessagesPeriod',
    'sendFailIfNoSpaceAfterTimeout',
    'minimumMessageSize',
    'cursorMemoryHighWaterMark',
    'storeUsageHighWaterMark',
    'blockedProducerWarningInterval',
  ] as const)
    if (fields.has(name)) given[name] = fields.integer(name)
  if (fields.has('memoryLimit')) given.memoryLimit = fields.size('memoryLimit')
  return given
}

const CURSORS: Readonly<Record<string, 'store' | 'vm' | 'file'>> = {
  storeCursor: 'store',
  vmQueueCursor: 'vm',
  fileQueueCursor: 'file',
}

function strategies(entry: Fields, pointer: string, site: Site): Optional<PolicyConfig> {
  const out: Optional<PolicyConfig> = {}
  const limit = entry.object('pendingMessageLimitStrategy')
  if (limit !== null) {
    const fields = new Fields(limit, `${pointer}/pendingMessageLimit`, site.places)
    if (limit.name === 'constantPendingMessageLimitStrategy') out.pendingMessageLimit = fields.integer('limit', -1)
    else out.pendingMessageRate = fields.number('multiplier', 0.5)
  }
  const cursor = CURSORS[entry.object('pendingQueuePolicy')?.name ?? '']
  if (cursor !== undefined) out.queueCursor = cursor
  const letters = entry.object('deadLetterStrategy')
  if (letters !== null) out.deadLetter = deadLetter(letters, `${pointer}/deadLetter`, site)
  return out
}

const DEAD_LETTER_KINDS: Readonly<Record<string, DeadLetterConfig['kind']>> = {
  sharedDeadLetterStrategy: 'shared',
  individualDeadLetterStrategy: 'individual',
  discarding: 'discarding',
}

function deadLetter(node: ObjectNode, pointer: string, site: Site): DeadLetterConfig {
  const fields = new Fields(node, pointer, site.places)
  const queue = fields.object('deadLetterQueue')
  const text = destinationOfText(fields.text('deadLetterQueue'))
  const kind = queue === null ? text?.kind : KINDS[queue.name]
  const name = queue === null ? text?.name : (queue.values.get('physicalName') ?? queue.values.get('name'))?.text.trim()
  if (kind !== undefined && isTemporaryKind(kind)) {
    const message = `a temporary destination belongs to its connection; dead letters go to the queue "${name ?? ''}"`
    site.findings.warn('CONFIG_VALUE', fields.at('deadLetterQueue'), message)
  }
  return {
    kind: DEAD_LETTER_KINDS[node.name] ?? 'shared',
    processExpired: fields.boolean('processExpired', true),
    processNonPersistent: fields.boolean('processNonPersistent'),
    expiration: fields.integer('expiration'),
    queueName: name ?? 'ActiveMQ.DLQ',
    queueKind: kind === DestinationKind.topic ? 'topic' : 'queue',
    enableAudit: fields.boolean('enableAudit', true),
    maxAuditDepth: fields.integer('maxAuditDepth') || 2048,
    maxProducersToAudit: fields.integer('maxProducersToAudit') || 64,
    queuePrefix: fields.text('queuePrefix') ?? 'ActiveMQ.DLQ.Queue.',
    queueSuffix: fields.text('queueSuffix') ?? '',
    topicPrefix: fields.text('topicPrefix') ?? 'ActiveMQ.DLQ.Topic.',
    topicSuffix: fields.text('topicSuffix') ?? '',
    useQueueForQueueMessages: fields.boolean('useQueueForQueueMessages', true),
    useQueueForTopicMessages: fields.boolean('useQueueForTopicMessages', true),
    perDurableSubscriber: fields.boolean('destinationPerDurableSubscriber'),
  }
}

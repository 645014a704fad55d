import { DestinationKind, type DestinationName } from '../base/destination.ts'
import { SelectorError, parseSelector } from '../selector/selector.ts'
import { KINDS, entryDestination } from './build-policies.ts'
import { Fields } from './fields.ts'
import type { CompositeConfig, DurableConfig, VirtualConfig } from './model-virtual.ts'
import type { ObjectNode } from './node.ts'
import type { Site } from './site.ts'

export const buildDurables = (broker: Fields): DurableConfig => ({
  keepActive: broker.boolean('keepDurableSubsActive'),
  reject: broker.boolean('rejectDurableConsumers'),
  offlineTimeout: broker.integer('offlineDurableSubscriberTimeout'),
  offlineSchedule: broker.integer('offlineDurableSubscriberTaskSchedule'),
  sweepActive: broker.boolean('enableMessageExpirationOnActiveDurableSubs'),
})

/** Whatever `<destinationInterceptors>` holds replaces what is built in (semantics V-02, C-08). */
export function buildVirtual(node: ObjectNode, broker: Fields, site: Site): readonly VirtualConfig[] {
  const temporary = broker.boolean('useTempMirroredQueues')
  if (!node.slots.has('destinationInterceptors')) return builtIn(broker, temporary)
  const rules: VirtualConfig[] = []
  const add = (of: ObjectNode): void => {
    const fields = new Fields(of, `/virtual/${rules.length}`, site.places)
    if (of.name === 'virtualDestinationInterceptor')
      for (const inner of fields.objects('virtualDestinations')) add(inner)
    else if (of.name === 'virtualTopic') rules.push(virtualTopic(fields))
    else if (of.name === 'mirroredQueue') rules.push(mirror(fields, temporary))
    else rules.push(composite(of, fields, site))
  }
  for (const interceptor of broker.objects('destinationInterceptors')) add(interceptor)
  return rules
}

function builtIn(broker: Fields, temporary: boolean): VirtualConfig[] {
  const rules: VirtualConfig[] = []
  if (broker.boolean('useMirroredQueues'))
    rules.push({ kind: 'mirror', prefix: 'VirtualTopic.Mirror.', postfix: '', temporary })
  if (broker.boolean('useVirtualTopics'))
    rules.push({
      kind: 'virtualTopic',
      name: 'VirtualTopic.>',
      prefix: 'Consumer.*.',
      postfix: '',
      selectorAware: false,
      setOriginalDestination: true,
      dropOnResourceLimit: false,
    })
  return rules
}

const virtualTopic = (fields: Fields): VirtualConfig => ({
  kind: 'virtualTopic',
  name: (fields.text('name') ?? '>').trim(),
  prefix: fields.text('prefix') ?? '',
  postfix: fields.text('postfix') ?? '',
  selectorAware: fields.boolean('selectorAware'),
  setOriginalDestination: fields.boolean('setOriginalDestination', true),
  dropOnResourceLimit: fields.boolean('dropOnResourceLimit'),
})

const mirror = (fields: Fields, temporary: boolean): VirtualConfig => ({
  kind: 'mirror',
  prefix: fields.text('prefix') ?? '',
  postfix: fields.text('postfix') ?? '',
  temporary,
})

function composite(node: ObjectNode, fields: Fields, site: Site): CompositeConfig {
  const name = (fields.text('name') ?? '').trim()
  if (name === '') site.findings.error('CONFIG_VALUE', node.at, `<${node.name}> has no name`, 'give it name="…"')
  const kind = node.name === 'compositeQueue' ? DestinationKind.queue : DestinationKind.topic
  return {
    kind: 'composite',
    from: { kind, name },
    forwardOnly: fields.boolean('forwardOnly', true),
    sendWhenNotMatched: fields.boolean('sendWhenNotMatched'),
    targets: fields.objects('forwardTo').flatMap(target => targets(target, site)),
  }
}

/** A name with commas is that many targets. */
function targets(node: ObjectNode, site: Site): CompositeConfig['targets'] {
  const fields = new Fields(node, '/virtual', site.places)
  const kind = KINDS[node.name]
  const at = kind === undefined ? entryDestination(fields) : plain(kind, fields)
  if (at === null || at.name === '') {
    site.findings.error('CONFIG_VALUE', node.at, `<${node.name}> names no destination to forward to`)
    return []
  }
  const filter = node.name === 'filteredDestination' ? { selector: selectorOf(fields, site) } : null
  return at.name.split(',').map(name => ({ to: { kind: at.kind, name: name.trim() }, filter }))
}

/** A selector that is none stops the start, as in ActiveMQ. */
function selectorOf(fields: Fields, { findings }: Site): string | null {
  const text = fields.text('selector')
  const parsed = text === null ? null : parseSelector(text)
  if (parsed instanceof SelectorError) {
    const what = `this is no selector: ${parsed.message} (character ${parsed.column})`
    findings.error('CONFIG_VALUE', fields.at('selector'), what, `expected ${parsed.expected}`)
  }
  return text
}

const plain = (kind: DestinationKind, fields: Fields): DestinationName => ({
  kind,
  name: (fields.text('physicalName') ?? fields.text('name') ?? '').trim(),
})

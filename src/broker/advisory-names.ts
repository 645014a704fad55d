import { DestinationKind, destinationUri, isQueueKind, type DestinationName } from '../base/destination.ts'

export const ADVISORY_PREFIX = 'ActiveMQ.Advisory.'

/** Events of one destination each: `ActiveMQ.Advisory.<event>.<kind>.<name>`. */
export type DestinationEvent =
  | 'Consumer'
  | 'Expired'
  | 'NoConsumer'
  | 'MessageDLQd'
  | 'SlowConsumer'
  | 'FastProducer'
  | 'MessageDiscarded'
  | 'MessageDelivered'
  | 'MessageConsumed'
  | 'MessageDispatched'
  | 'FULL'

export const DESTINATION_EVENTS: readonly DestinationEvent[] = [
  'Consumer',
  'Expired',
  'NoConsumer',
  'MessageDLQd',
  'SlowConsumer',
  'FastProducer',
  'MessageDiscarded',
  'MessageDelivered',
  'MessageConsumed',
  'MessageDispatched',
  'FULL',
]

/** These tell queues from topics only; the others name temporary ones by their own kind. */
const BY_DOMAIN: ReadonlySet<DestinationEvent> = new Set(['Consumer', 'Expired', 'NoConsumer'])
const KINDS = ['Queue', 'Topic', 'TempQueue', 'TempTopic'] as const

/** The topic of an event at a destination; a comma in its name would make a list of it (semantics AD-16). */
export function eventTopic(event: DestinationEvent, { kind, name }: DestinationName): string {
  const kindName = BY_DOMAIN.has(event) ? (isQueueKind(kind) ? 'Queue' : 'Topic') : KINDS[kind]
  return `${ADVISORY_PREFIX}${event}.${kindName}.${name.replaceAll(',', '&sbquo;')}`
}

export const CONNECTION: string = `${ADVISORY_PREFIX}Connection`
export const MASTER_BROKER: string = `${ADVISORY_PREFIX}MasterBroker`
export const ANONYMOUS_PRODUCER: string = `${ADVISORY_PREFIX}Producer.Anonymous`
export const CONSUMER_PREFIX: string = `${ADVISORY_PREFIX}Consumer.`
export const PRODUCER_PREFIX: string = `${ADVISORY_PREFIX}Producer.`

/** The topic that tells which destinations of a kind come and go (semantics AD-02). */
export const lifeTopic = (kind: DestinationKind): string => `${ADVISORY_PREFIX}${KINDS[kind]}`
export const TEMPORARY_LIFE: readonly string[] = [
  lifeTopic(DestinationKind.tempQueue),
  lifeTopic(DestinationKind.tempTopic),
]
export const LIFE: readonly string[] = [
  lifeTopic(DestinationKind.queue),
  lifeTopic(DestinationKind.topic),
  ...TEMPORARY_LIFE,
]

/** Advisories tell nothing of advisory topics. */
export const isAdvisoryTopic = ({ kind, name }: DestinationName): boolean =>
  kind === DestinationKind.topic && name.startsWith(ADVISORY_PREFIX)

/** Several destinations as the name of one (semantics W-05). */
export function listedName(names: readonly DestinationName[]): DestinationName {
  const [first, ...others] = names
  if (first === undefined) return { kind: DestinationKind.topic, name: '' }
  return { kind: first.kind, name: [first.name, ...others.map(destinationUri)].join(',') }
}

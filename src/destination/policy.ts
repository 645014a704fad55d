import {
  DestinationKind,
  destinationMatches,
  isPattern,
  isQueueKind,
  isTemporaryKind,
  patternCovers,
  type DestinationName,
} from '../base/destination.ts'

import type { EvictionPolicy } from './eviction.ts'
import type { RecoveryPolicy } from './history.ts'
import type { DurableName } from './queue.ts'

/** Where a dead message goes (semantics D-04 … D-08). */
export interface DeadLetterPolicy {
  readonly kind: 'shared' | 'individual' | 'discarding'
  readonly processExpired: boolean
  readonly processNonPersistent: boolean
  /** ms from death to the dead letter's own expiry; 0 none. */
  readonly expiration: number
  /** shared: where to. */
  readonly queueName: string
  readonly queueKind: 'queue' | 'topic'
  readonly queuePrefix: string
  readonly queueSuffix: string
  readonly topicPrefix: string
  readonly topicSuffix: string
  readonly useQueueForQueueMessages: boolean
  readonly useQueueForTopicMessages: boolean
  /** A durable subscription's dead letters are apart: `.clientId:name` before the suffix (semantics D-05). */
  readonly perDurableSubscriber: boolean
  /** A second death of the same message is swallowed (semantics D-10). */
  readonly enableAudit: boolean
  /** Messages remembered per producer, and producers. */
  readonly maxAuditDepth: number
  readonly maxProducersToAudit: number
}

/** How the owners of message groups are remembered (semantics G-08). */
export interface GroupPolicy {
  readonly kind: 'cached' | 'simple' | 'bucket'
  /** Groups kept (cached), or buckets (bucket). */
  readonly size: number
}

/** When a slow consumer is aborted; times in ms (semantics T-14, T-15). One object for all that its entry governs (PM-06). */
export interface SlowConsumerPolicy {
  /** Judged by what waits for it, or by the time since it acknowledged anything. */
  readonly kind: 'pending' | 'acknowledgement'
  readonly checkPeriod: number
  /** Slow for so long: aborted; -1 never. */
  readonly maxSlowDuration: number
  /** Flagged so often: aborted; -1 never. */
  readonly maxSlowCount: number
  readonly abortConnection: boolean
  /** `acknowledgement` only. */
  readonly maxTimeSinceLastAck: number
  readonly ignoreIdleConsumers: boolean
}

/** What governs one destination: the one policy entry that applies, over the built-in defaults (semantics PM-04). */
export interface DestinationPolicy {
  readonly producerFlowControl: boolean
  /** Bytes of messages in memory at which senders wait; 0: the broker's limit alone (semantics L-06). */
  readonly memoryLimit: number
  /** A queue's backlog counts as memory: vmQueueCursor, or a broker without a store (semantics CU-02, CU-04). */
  readonly queueInMemory: boolean
  /** What waits for a topic subscription stays in memory: vmCursor (semantics CU-03). */
  readonly subscriberInMemory: boolean
  /** What a message counts for besides body and properties, bytes (semantics L-07). */
  readonly minimumMessageSize: number
  /** Per cent of the memory limit above which a topic backlog goes to disk (semantics L-09). */
  readonly cursorMemoryHighWaterMark: number
  /** Per cent of the store limit at which persistent messages wait (semantics L-09). */
  readonly storeUsageHighWaterMark: number
  /** ms between two lines in the log about senders that wait; 0 none (semantics F-13). */
  readonly blockedProducerWarningInterval: number
  /** Refuse instead of waiting when space is short; null takes the broker's setting. */
  readonly sendFailIfNoSpace: boolean | null
  /** ms that a SEND waits for space before it is refused, 0 for ever; null takes the broker's setting. */
  readonly sendFailIfNoSpaceAfterTimeout: number | null
  /** Prefetch that replaces the built-in default (stomp S-SUB-04). */
  readonly queuePrefetch: number
  readonly topicPrefetch: number
  readonly durableTopicPrefetch: number
  readonly queueBrowserPrefetch: number
  /** ACKs in an open transaction widen the window (semantics P-06). */
  readonly usePrefetchExtension: boolean
  /** Messages that are looked at without being deliverable (semantics Q-12). */
  readonly maxPageSize: number
  /** Messages that a browser is shown (semantics B-05). */
  readonly maxBrowsePageSize: number
  /** Messages that one look for expired ones examines (semantics E-03). */
  readonly maxExpirePageSize: number
  /** Every consumer is taken for exclusive (semantics Q-08). */
  readonly allConsumersExclusiveByDefault: boolean
  /** Consumers are ranked by the priority they ask for (semantics Q-06). */
  readonly useConsumerPriority: boolean
  /** Dispatch waits for so many consumers, at most so many ms; 0 and 0: not at all (semantics Q-09). */
  readonly consumersBeforeDispatchStarts: number
  readonly timeBeforeDispatchStarts: number
  /** Higher priorities first (semantics Q-13). */
  readonly prioritizedMessages: boolean
  /** That a message was handed over outlives a restart (semantics R-08). */
  readonly persistJMSRedelivered: boolean
  readonly messageGroups: GroupPolicy
  /** What is empty and unused for so many ms is removed (semantics LD-04). */
  readonly gcInactiveDestinations: boolean
  readonly inactiveTimeoutBeforeGC: number
  /** Destinations under the entry; -1 unlimited (semantics LD-05). */
  readonly maxDestinations: number
  /** A second message of the same identity is not taken (semantics AU-01). */
  readonly enableAudit: boolean
  readonly maxQueueAuditDepth: number
  readonly maxProducersToAudit: number
  /** One consumer is served until its window is full, instead of all in turn (semantics Q-05). */
  readonly strictOrderDispatch: boolean
  /** ms between two looks for expired messages; 0 none (semantics E-03). */
  readonly expireMessagesPeriod: number
  /** Messages kept for a slow topic consumer beyond its window; -1 unlimited. */
  readonly pendingMessageLimit: number
  /** The same as a multiple of the prefetch; null when not configured. */
  readonly pendingMessageRate: number | null
  /** Advisories about its messages, senders and consumers (semantics AD-05 … AD-12, VER-06). */
  readonly sendAdvisoryIfNoConsumers: boolean
  readonly advisoryForSlowConsumers: boolean
  readonly advisoryForFastProducers: boolean
  readonly advisoryForDiscardingMessages: boolean
  readonly advisoryForDelivery: boolean
  readonly advisoryForConsumed: boolean
  readonly advisoryForDispatched: boolean
  readonly advisoryWhenFull: boolean
  /** They carry the message's body (AD-16). */
  readonly includeBodyForAdvisory: boolean
  readonly eviction: EvictionPolicy
  /** Null: slow consumers are left alone. */
  readonly slowConsumer: SlowConsumerPolicy | null
  readonly recovery: RecoveryPolicy
  /** Every subscriber is given the history, asked or not (semantics T-20). */
  readonly alwaysRetroactive: boolean
  /** Which topic subscriber is served first (semantics DP-01, DP-03). */
  readonly dispatch: 'subscription' | 'roundRobin' | 'priority'
  readonly deadLetter: DeadLetterPolicy
}

/** One configured entry: the destinations it is for, and what it sets. */
export type PolicyEntry = Partial<DestinationPolicy> & {
  /** Null for the default entry. */
  readonly destination: DestinationName | null
  readonly tempQueue: boolean
  readonly tempTopic: boolean
}

/** A record holds at least 128 bytes besides body and properties, identity, times and lengths: they count once. */
export const perMessageBytes = ({ minimumMessageSize }: DestinationPolicy): number =>
  Math.max(0, minimumMessageSize - 128)

export const builtInPolicy: DestinationPolicy = {
  producerFlowControl: true,
  memoryLimit: 0,
  queueInMemory: false,
  subscriberInMemory: false,
  minimumMessageSize: 1024,
  cursorMemoryHighWaterMark: 70,
  storeUsageHighWaterMark: 100,
  blockedProducerWarningInterval: 30_000,
  sendFailIfNoSpace: null,
  sendFailIfNoSpaceAfterTimeout: null,
  queuePrefetch: 1000,
  topicPrefetch: 32767,
  durableTopicPrefetch: 100,
  queueBrowserPrefetch: 500,
  usePrefetchExtension: true,
  maxPageSize: 200,
  maxBrowsePageSize: Infinity,
  maxExpirePageSize: 400,
  allConsumersExclusiveByDefault: false,
  useConsumerPriority: true,
  consumersBeforeDispatchStarts: 0,
  timeBeforeDispatchStarts: 0,
  prioritizedMessages: false,
  persistJMSRedelivered: false,
  messageGroups: { kind: 'cached', size: 1024 },
  gcInactiveDestinations: false,
  inactiveTimeoutBeforeGC: 60_000,
  maxDestinations: -1,
  enableAudit: true,
  maxQueueAuditDepth: 10_000,
  maxProducersToAudit: 64,
  strictOrderDispatch: false,
  expireMessagesPeriod: 30_000,
  pendingMessageLimit: -1,
  pendingMessageRate: null,
  sendAdvisoryIfNoConsumers: false,
  advisoryForSlowConsumers: false,
  advisoryForFastProducers: false,
  advisoryForDiscardingMessages: false,
  advisoryForDelivery: false,
  advisoryForConsumed: false,
  advisoryForDispatched: false,
  advisoryWhenFull: false,
  includeBodyForAdvisory: false,
  eviction: { kind: 'oldest', propertyName: null, expiredHighWatermark: 1000 },
  slowConsumer: null,
  recovery: { kind: 'none', limit: 0 },
  alwaysRetroactive: false,
  dispatch: 'subscription',
  deadLetter: {
    kind: 'shared',
    processExpired: true,
    processNonPersistent: false,
    expiration: 0,
    queueName: 'ActiveMQ.DLQ',
    queueKind: 'queue',
    queuePrefix: 'ActiveMQ.DLQ.Queue.',
    queueSuffix: '',
    topicPrefix: 'ActiveMQ.DLQ.Topic.',
    topicSuffix: '',
    useQueueForQueueMessages: true,
    useQueueForTopicMessages: true,
    perDurableSubscriber: false,
    enableAudit: true,
    maxAuditDepth: 2048,
    maxProducersToAudit: 64,
  },
}

/** As `builtInPolicy`, under an entry that sets nothing: then browsing has a limit (semantics B-05). */
const underAnEntry: DestinationPolicy = { ...builtInPolicy, maxBrowsePageSize: 400 }

/**
 * The policy of a destination: an exact name wins, else the more specific pattern, else the default entry
 * (semantics PM-01 … PM-03). Entries are not merged.
 */
export function policyFor(
  entries: readonly PolicyEntry[],
  fallback: PolicyEntry | null,
  at: DestinationName,
): DestinationPolicy {
  const entry = entryFor(entries, at) ?? fallback
  if (entry === null) return builtInPolicy
  let policy = made.get(entry)
  if (policy === undefined) made.set(entry, (policy = { ...underAnEntry, ...withoutUndefined(entry) }))
  return policy
}

/** All destinations under one entry share one policy, and what hangs on it (semantics PM-06). */
const made = new WeakMap<PolicyEntry, DestinationPolicy>()

/** What an entry is for; the rest of it plays no part in the choice. */
export type EntryScope = Pick<PolicyEntry, 'destination' | 'tempQueue' | 'tempTopic'>

/** The one entry that governs a destination; null when none is for it. */
export function entryFor<Entry extends EntryScope>(entries: readonly Entry[], at: DestinationName): Entry | null {
  let asked = entries
  if (!isTemporaryKind(at.kind) && !isPattern(at.name)) {
    const { exact, others } = sortedOut(entries)
    const found = exact.get(exactKey(at))
    if (found !== undefined) return found
    asked = others
  }
  let best: Entry | null = null
  for (const entry of asked) {
    if (!entryApplies(entry, at)) continue
    if (best === null || moreSpecific(entry, best, at.name)) best = entry
  }
  return best
}

/** Of many entries most are for exactly one destination: it finds the last of its own by name, and asks the others only. */
interface SortedOut<Entry> {
  readonly exact: ReadonlyMap<string, Entry>
  readonly others: readonly Entry[]
}

const sorted = new WeakMap<readonly EntryScope[], SortedOut<EntryScope>>()

function sortedOut<Entry extends EntryScope>(entries: readonly Entry[]): SortedOut<Entry> {
  const known = sorted.get(entries)
  if (known !== undefined) return known as SortedOut<Entry> // made of these very entries
  const exact = new Map<string, Entry>()
  const others: Entry[] = []
  for (const entry of entries) {
    const { destination } = entry
    if (destination === null || isTemporaryKind(destination.kind) || isPattern(destination.name)) others.push(entry)
    else exact.set(exactKey(destination), entry)
  }
  const made: SortedOut<Entry> = { exact, others }
  sorted.set(entries, made)
  return made
}

const exactKey = ({ kind, name }: DestinationName): string => `${isQueueKind(kind) ? 'queue' : 'topic'} ${name}`

/** Is an entry for a destination? Among several that are, `entryFor` chooses. */
export function entryApplies(entry: EntryScope, at: DestinationName): boolean {
  if (at.kind === DestinationKind.tempQueue) return entry.tempQueue
  if (at.kind === DestinationKind.tempTopic) return entry.tempTopic
  const wanted = entry.destination
  if (wanted === null || isTemporaryKind(wanted.kind) || isQueueKind(wanted.kind) !== isQueueKind(at.kind)) return false
  // A pattern is governed by every entry that its own wildcards can meet (semantics W-08, PM-05).
  return isPattern(at.name) ? patternCovers(wanted.name, at.name) : destinationMatches(wanted.name, at.name)
}

function moreSpecific(entry: EntryScope, than: EntryScope, name: string): boolean {
  const a = entry.destination?.name ?? ''
  const b = than.destination?.name ?? ''
  if (a === name || b === name) return a === name
  const aBelowB = patternCovers(b, a)
  const bBelowA = patternCovers(a, b)
  if (aBelowB !== bBelowA) return aBelowB
  // At equal reach a `*` beats a `>` (semantics PM-02).
  if (aBelowB && a.endsWith('>') !== b.endsWith('>')) return b.endsWith('>')
  return a > b
}

function withoutUndefined(entry: PolicyEntry): Partial<DestinationPolicy> {
  return Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined))
}

/** Where a message that died at `source` goes, or null when it is dropped (semantics D-02 … D-06, D-09). */
export function deadLetterTarget(
  policy: DeadLetterPolicy,
  source: DestinationName,
  persistent: boolean,
  expired: boolean,
  durable: DurableName | null = null,
): DestinationName | null {
  if (policy.kind === 'discarding') return null
  if (!persistent && !policy.processNonPersistent) return null
  if (expired && !policy.processExpired) return null
  const target =
    policy.kind === 'shared'
      ? { kind: DestinationKind[policy.queueKind], name: policy.queueName }
      : individual(policy, source, durable)
  return target.kind === source.kind && target.name === source.name ? null : target
}

function individual(policy: DeadLetterPolicy, source: DestinationName, durable: DurableName | null): DestinationName {
  if (isQueueKind(source.kind)) {
    const kind = policy.useQueueForQueueMessages ? DestinationKind.queue : DestinationKind.topic
    return { kind, name: policy.queuePrefix + source.name + policy.queueSuffix }
  }
  const kind = policy.useQueueForTopicMessages ? DestinationKind.queue : DestinationKind.topic
  const whose = policy.perDurableSubscriber && durable !== null ? `.${durable.clientId}:${durable.name}` : ''
  return { kind, name: policy.topicPrefix + source.name + whose + policy.topicSuffix }
}

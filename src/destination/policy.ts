import {
  DestinationKind,
  destinationMatches,
  isPattern,
  isQueueKind,
  isTemporaryKind,
  patternCovers,
  type DestinationName,
} from '../base/destination.ts'

import type { DurableName } from './queue.ts'

/** Where a dead message goes (semantics D-04 … D-08). */
export interface DeadLetterPolicy {
  readonly kind: 'shared' | 'individual' | 'discarding'
  readonly processExpired: boolean
  readonly processNonPersistent: boolean
  /** ms from death to the dead letter's own expiry; 0 none. */
  readonly expiration: number
  readonly queueName: string
  readonly queuePrefix: string
  readonly queueSuffix: string
  readonly topicPrefix: string
  readonly topicSuffix: string
  readonly useQueueForQueueMessages: boolean
  readonly useQueueForTopicMessages: boolean
  /** A durable subscription's dead letters are apart: `.clientId:name` before the suffix (semantics D-05). */
  readonly perDurableSubscriber: boolean
}

/** What governs one destination: the one policy entry that applies, over the built-in defaults (semantics PM-04). */
export interface DestinationPolicy {
  readonly producerFlowControl: boolean
  /** Bytes of a queue at which its senders wait, with vmQueueCursor (semantics CU-02); 0 none. */
  readonly blockingMemoryLimit: number
  /** Refuse instead of waiting when space is short; null takes the broker's setting. */
  readonly sendFailIfNoSpace: boolean | null
  /** Prefetch that replaces the built-in default (stomp S-SUB-04). */
  readonly queuePrefetch: number
  readonly topicPrefetch: number
  readonly durableTopicPrefetch: number
  /** Messages that are looked at without being deliverable, at most (semantics Q-12). */
  readonly maxPageSize: number
  /** One consumer is served until its window is full, instead of all in turn (semantics Q-05). */
  readonly strictOrderDispatch: boolean
  /** ms between two looks for expired messages; 0 none (semantics E-03). */
  readonly expireMessagesPeriod: number
  /** Messages kept for a slow topic consumer beyond its window; -1 unlimited. */
  readonly pendingMessageLimit: number
  /** The same as a multiple of the prefetch; null when not configured. */
  readonly pendingMessageRate: number | null
  readonly deadLetter: DeadLetterPolicy
}

/** One configured entry: the destinations it is for, and what it sets. */
export type PolicyEntry = Partial<DestinationPolicy> & {
  /** Null for the default entry. */
  readonly destination: DestinationName | null
  readonly tempQueue: boolean
  readonly tempTopic: boolean
}

export const builtInPolicy: DestinationPolicy = {
  producerFlowControl: true,
  blockingMemoryLimit: 0,
  sendFailIfNoSpace: null,
  queuePrefetch: 1000,
  topicPrefetch: 32767,
  durableTopicPrefetch: 100,
  maxPageSize: 200,
  strictOrderDispatch: false,
  expireMessagesPeriod: 30_000,
  pendingMessageLimit: -1,
  pendingMessageRate: null,
  deadLetter: {
    kind: 'shared',
    processExpired: true,
    processNonPersistent: false,
    expiration: 0,
    queueName: 'ActiveMQ.DLQ',
    queuePrefix: 'ActiveMQ.DLQ.Queue.',
    queueSuffix: '',
    topicPrefix: 'ActiveMQ.DLQ.Topic.',
    topicSuffix: '',
    useQueueForQueueMessages: true,
    useQueueForTopicMessages: true,
    perDurableSubscriber: false,
  },
}

/**
 * The policy of a destination: an exact name wins, else the more specific pattern, else the default entry
 * (semantics PM-01 … PM-03). Entries are not merged.
 */
export function policyFor(
  entries: readonly PolicyEntry[],
  fallback: PolicyEntry | null,
  at: DestinationName,
): DestinationPolicy {
  const chosen = entryFor(entries, at) ?? fallback
  return chosen === null ? builtInPolicy : { ...builtInPolicy, ...withoutUndefined(chosen) }
}

/** What an entry is for; the rest of it plays no part in the choice. */
export type EntryScope = Pick<PolicyEntry, 'destination' | 'tempQueue' | 'tempTopic'>

/** The one entry that governs a destination; null when none is for it. */
export function entryFor<Entry extends EntryScope>(entries: readonly Entry[], at: DestinationName): Entry | null {
  let best: Entry | null = null
  for (const entry of entries) {
    if (!entryApplies(entry, at)) continue
    if (best === null || moreSpecific(entry, best, at.name)) best = entry
  }
  return best
}

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
      ? { kind: DestinationKind.queue, name: policy.queueName }
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

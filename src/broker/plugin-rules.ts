import type { DestinationName } from '../base/destination.ts'

/** timeStampingBrokerPlugin (semantics PL-06); times in ms, 0 none. */
export interface TimeStampRule {
  readonly kind: 'timeStamp'
  readonly zeroExpirationOverride: number
  readonly ttlCeiling: number
  readonly futureOnly: boolean
}

/** forcePersistencyModeBrokerPlugin (semantics PL-08). */
export interface ForcePersistencyRule {
  readonly kind: 'forcePersistency'
  readonly persistent: boolean
}

/** redeliveryPlugin (semantics PL-10, PL-11). */
export interface RedeliveryRule {
  readonly kind: 'redelivery'
  readonly sendToDlqIfMaxRetriesExceeded: boolean
  readonly fallbackToDeadLetter: boolean
  readonly policies: readonly RedeliveryPolicy[]
  readonly defaultPolicy: RedeliveryPolicy | null
}

/** One redeliveryPolicy; times in ms. */
export interface RedeliveryPolicy {
  readonly destination: DestinationName | null
  readonly tempQueue: boolean
  readonly tempTopic: boolean
  /** -1: for ever. */
  readonly maximumRedeliveries: number
  readonly initialRedeliveryDelay: number
  readonly redeliveryDelay: number
  /** -1: no limit. */
  readonly maximumRedeliveryDelay: number
  /** Each delay is the one before times this; 1: they are all alike. */
  readonly backOffMultiplier: number
  /** The share of a delay by which it may be longer or shorter; 0 none. */
  readonly collisionAvoidance: number
}

/** discardingDLQBrokerPlugin (semantics PL-12). */
export interface DiscardDeadLettersRule {
  readonly kind: 'discardDeadLetters'
  readonly dropAll: boolean
  readonly dropTemporaryTopics: boolean
  readonly dropTemporaryQueues: boolean
  /** Regular expressions for the whole name of a source. */
  readonly dropOnly: readonly string[]
}

/** loggingBrokerPlugin (semantics PL-07). */
export interface LoggingRule {
  readonly kind: 'logging'
  readonly connections: boolean
  readonly sessions: boolean
  readonly transactions: boolean
  readonly consumers: boolean
  readonly producers: boolean
  readonly internal: boolean
  /** Each line about a message begins with its destination. */
  readonly perDestination: boolean
}

/** traceBrokerPathPlugin (semantics PL-13). */
export interface TraceRule {
  readonly kind: 'trace'
  readonly header: string
}

/** A plugin that acts on messages; in a list the last sees a call first (semantics M-01). */
export type PluginRule =
  | TimeStampRule
  | ForcePersistencyRule
  | RedeliveryRule
  | DiscardDeadLettersRule
  | LoggingRule
  | TraceRule

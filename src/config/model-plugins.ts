import type { DestinationName } from '../base/destination.ts'

/** A plugin that acts on messages, in listing order: the last listed sees a call first (semantics M-01). */
export type PluginConfig =
  | TimeStampConfig
  | ForcePersistencyConfig
  | RedeliveryConfig
  | DiscardDeadLettersConfig
  | LoggingConfig
  | TraceConfig
  | PictureConfig
  | SavedDestinationsConfig

/** timeStampingBrokerPlugin (semantics PL-06); times in ms, 0 none. */
export interface TimeStampConfig {
  readonly kind: 'timeStamp'
  readonly zeroExpirationOverride: number
  readonly ttlCeiling: number
  readonly futureOnly: boolean
}

/** forcePersistencyModeBrokerPlugin (semantics PL-08). */
export interface ForcePersistencyConfig {
  readonly kind: 'forcePersistency'
  readonly persistent: boolean
}

/** redeliveryPlugin (semantics PL-10, PL-11). */
export interface RedeliveryConfig {
  readonly kind: 'redelivery'
  readonly sendToDlqIfMaxRetriesExceeded: boolean
  readonly fallbackToDeadLetter: boolean
  readonly policies: readonly RedeliveryPolicyConfig[]
  readonly defaultPolicy: RedeliveryPolicyConfig | null
}

/** One redeliveryPolicy; times in ms. */
export interface RedeliveryPolicyConfig {
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
export interface DiscardDeadLettersConfig {
  readonly kind: 'discardDeadLetters'
  readonly dropAll: boolean
  readonly dropTemporaryTopics: boolean
  readonly dropTemporaryQueues: boolean
  /** Regular expressions for the whole name of a source, as they are written. */
  readonly dropOnly: readonly string[]
}

/** loggingBrokerPlugin (semantics PL-07). */
export interface LoggingConfig {
  readonly kind: 'logging'
  readonly connections: boolean
  readonly sessions: boolean
  readonly transactions: boolean
  readonly consumers: boolean
  readonly producers: boolean
  readonly internal: boolean
  readonly perDestination: boolean
}

/** traceBrokerPathPlugin (semantics PL-13). */
export interface TraceConfig {
  readonly kind: 'trace'
  readonly header: string
}

/** connectionDotFilePlugin, destinationDotFilePlugin (semantics PL-14). */
export interface PictureConfig {
  readonly kind: 'picture'
  readonly of: 'connections' | 'destinations'
  readonly file: string
}

/** destinationsPlugin (semantics PL-16). */
export interface SavedDestinationsConfig {
  readonly kind: 'destinations'
  readonly file: string
}

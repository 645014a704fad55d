import type { DestinationName } from '../base/destination.ts'

/** What durable subscriptions are told (semantics U-03, U-09, U-10, E-05). */
export interface DurableConfig {
  /** keepDurableSubsActive: one that is offline collects non-persistent messages too. */
  readonly keepActive: boolean
  /** rejectDurableConsumers. */
  readonly reject: boolean
  /** offlineDurableSubscriberTimeout, ms; -1 for ever. */
  readonly offlineTimeout: number
  /** offlineDurableSubscriberTaskSchedule, ms. */
  readonly offlineSchedule: number
  /** enableMessageExpirationOnActiveDurableSubs. */
  readonly sweepActive: boolean
}

/** One interceptor, in the order in which they are written; the built-in ones when none is (semantics V-01, V-02). */
export type VirtualConfig = VirtualTopicConfig | CompositeConfig | MirrorConfig

export interface VirtualTopicConfig {
  readonly kind: 'virtualTopic'
  /** Pattern of topics. */
  readonly name: string
  readonly prefix: string
  readonly postfix: string
  readonly selectorAware: boolean
  readonly setOriginalDestination: boolean
  readonly dropOnResourceLimit: boolean
}

export interface CompositeConfig {
  readonly kind: 'composite'
  /** A queue or a topic; the name may be a pattern. */
  readonly from: DestinationName
  readonly forwardOnly: boolean
  readonly sendWhenNotMatched: boolean
  readonly targets: readonly {
    readonly to: DestinationName
    /** Null: no filteredDestination. */
    readonly filter: { readonly selector: string | null } | null
  }[]
}

export interface MirrorConfig {
  readonly kind: 'mirror'
  readonly prefix: string
  readonly postfix: string
  /** useTempMirroredQueues. */
  readonly temporary: boolean
}

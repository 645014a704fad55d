/** What a node said, as the dashboard holds it. Names are as the broker has them; the view makes them printable. */

/** From `GET /api/pair` (management P-04). Null where the node does not know, or is too old to say. */
export interface PairFacts {
  readonly brokerName: string
  readonly role: 'active' | 'passive'
  readonly state: string
  readonly detail: string
  readonly policy: string
  readonly epoch: number
  readonly position: number
  readonly committed: number
  readonly inSync: boolean
  readonly connectors: readonly string[]
  /** ms since 1970 of the last change of state. */
  readonly since: number | null
  readonly node: string
  readonly pid: number | null
  readonly version: string
  readonly uptimeMs: number | null
  readonly peer: PeerFacts | null
  readonly lastFailover: FailoverFacts | null
  readonly canPromote: boolean | null
  readonly canPromoteReason: string | null
  /** 0 to 1 while a copy is being made. */
  readonly syncProgress: number | null
  /** `replaced`: what differed is gone, the passive having got it anew. */
  readonly verify: { readonly at: number; readonly ok: boolean; readonly replaced: boolean } | null
  /** Of each segment of its journal that does not verify: file, byte, and what is wrong. */
  readonly damaged: readonly string[]
}

export interface PeerFacts {
  readonly brokerName: string
  readonly role: string
  readonly http: string | null
  readonly connectors: readonly string[]
  readonly position: number | null
  readonly lagRecords: number | null
  readonly lagBytes: number | null
  readonly lagMs: number | null
}

export interface FailoverFacts {
  /** ms since 1970. */
  readonly at: number | null
  readonly from: string | null
  readonly reason: string
  readonly outageMs: number | null
}

/** The broker bean, of TandemMQ or of ActiveMQ 5.x. Percentages of their limits. */
export interface BrokerFacts {
  /** Its canonical name, for operations. */
  readonly bean: string
  readonly name: string
  readonly version: string
  readonly uptimeMs: number | null
  readonly slave: boolean
  readonly memoryPercent: number | null
  readonly storePercent: number | null
  readonly tempPercent: number | null
  readonly connections: number | null
  readonly enqueued: number | null
  readonly dequeued: number | null
  readonly queues: number | null
  readonly topics: number | null
  readonly connectors: Readonly<Record<string, string>>
}

export interface DestinationFacts {
  readonly kind: 'queue' | 'topic'
  readonly bean: string
  readonly name: string
  readonly size: number
  readonly inFlight: number
  readonly consumers: number
  readonly producers: number
  readonly enqueued: number
  readonly dequeued: number
  readonly expired: number
  readonly memoryPercent: number
  readonly blockedSends: number
  readonly dlq: boolean
  readonly paused: boolean
}

export interface SubscriptionFacts {
  readonly bean: string
  readonly destination: string
  readonly kind: 'queue' | 'topic'
  readonly clientId: string
  /** Null: not durable. */
  readonly name: string | null
  readonly selector: string | null
  readonly active: boolean
  readonly slow: boolean
  readonly pending: number
  readonly dispatched: number
  readonly enqueued: number
  readonly dequeued: number
}

export interface ConnectionFacts {
  readonly bean: string
  readonly connector: string
  readonly clientId: string
  readonly user: string | null
  readonly remote: string
  readonly pending: number
  readonly transactions: number
  readonly slow: boolean
  readonly blocked: boolean
  /** ms since 1970. */
  readonly connectedAt: number | null
}

/** What went through the node since it began to lead. */
export interface TrafficFacts {
  readonly received: number
  readonly delivered: number
  readonly bytesIn: number
  readonly bytesOut: number
}

/** What the pair's bean tells and /api/pair may not. */
export interface PairBeanFacts {
  readonly lagRecords: number | null
  readonly outageMs: number | null
}

/** How long syncs of the journal took: for each bound, in s, how many took no longer and longer than the one before. */
export interface Syncs {
  readonly bounds: readonly number[]
  readonly buckets: readonly number[]
}

/** One file of the journal (management C-01). */
export interface SegmentFacts {
  readonly base: number
  readonly bytes: number
  readonly sealed: boolean
  /** 0 to 1. */
  readonly live: number | null
  readonly liveMessages: number | null
  /** What keeps it: where its oldest message is, and that one's id. */
  readonly pin: string | null
  /** ms since that message was sent. */
  readonly pinAgeMs: number | null
}

export interface MessageFacts {
  /** What a TandemMQ finds it by; null: all of it is here. */
  readonly key: number | null
  readonly id: string
  /** ms since 1970. */
  readonly at: number | null
  readonly priority: number | null
  readonly persistent: boolean
  readonly redelivered: boolean
  /** The body, or its beginning. */
  readonly body: string
  readonly headers: readonly (readonly [string, string])[]
}

/** All that one round of questions to a node found out; absent where it was not asked or not answered. */
export interface Facts {
  /** Undefined: not asked; null: there is no such interface, as with ActiveMQ. */
  readonly pair?: PairFacts | null
  readonly broker?: BrokerFacts
  readonly health?: string
  readonly queues?: Page<DestinationFacts>
  readonly topics?: Page<DestinationFacts>
  readonly subscriptions?: readonly SubscriptionFacts[]
  /** The durable ones, which are few. */
  readonly durables?: readonly SubscriptionFacts[]
  readonly connections?: readonly ConnectionFacts[]
  readonly segments?: readonly SegmentFacts[]
  readonly syncs?: Syncs
  readonly traffic?: TrafficFacts
  /** ms since the oldest message of each queue came, by name. */
  readonly oldest?: Readonly<Record<string, number>>
  readonly pairBean?: PairBeanFacts
  /** The attributes of the one bean that is open. */
  readonly detail?: Readonly<Record<string, unknown>>
  /** Whole seconds since 1970, by the node's clock. */
  readonly nodeSeconds?: number
}

/** Messages of a queue; `next`: what the ones behind them are asked for with, null at the end. */
export interface MessagePage {
  readonly list: readonly MessageFacts[]
  readonly next: number | null
}

/** Some of many: `total` counts all that the filter lets through, `chosen` says that the broker chose these. */
export interface Page<T> {
  readonly rows: readonly T[]
  readonly total: number
  readonly chosen: boolean
}

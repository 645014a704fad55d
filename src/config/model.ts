import type { DestinationName } from '../base/destination.ts'
import type { Position } from '../base/errors.ts'
import type { Finding } from '../base/findings.ts'
import type { PluginConfig } from './model-plugins.ts'
import type { SchedulerConfig } from './model-scheduler.ts'
import type { ShownConfig } from './model-shown.ts'
import type { DurableConfig, VirtualConfig } from './model-virtual.ts'
import type { HttpConfig } from './model-web.ts'

/**
 * What a broker is told by its configuration, after placeholders, references, defaults and checks.
 * Sizes are bytes, times are milliseconds, paths are absolute. `server/` maps it to each room's own options.
 */
export interface BrokerConfig {
  /** The file it came from, and the place of its `<broker>` element. */
  readonly at: Position
  /** Only `[A-Za-z0-9._:-]`; other characters were replaced by `_` (config 2.4). */
  readonly brokerName: string
  readonly dataDirectory: string
  readonly persistent: boolean
  /** Holds what is spooled when memory is short; emptied at every start (semantics LC-07). */
  readonly tempDirectory: string
  readonly deleteAllMessagesOnStartup: boolean
  readonly useJmx: boolean
  /** Null: no schedulerSupport. */
  readonly scheduler: SchedulerConfig | null
  readonly advisorySupport: boolean
  readonly anonymousProducerAdvisorySupport: boolean
  /** statisticsBrokerPlugin. */
  readonly statistics: boolean
  readonly populateJMSXUserID: boolean
  /** Every so many ms inactive destinations are removed, at most so many at once; 0 never, 0 without limit (semantics LD-04). */
  readonly purge: { readonly period: number; readonly most: number }
  readonly store: StoreConfig
  readonly usage: UsageConfig
  /** In document order; only those that TandemMQ opens. The others were WARNed about by name. */
  readonly connectors: readonly ConnectorConfig[]
  readonly durables: DurableConfig
  readonly virtual: readonly VirtualConfig[]
  /** Created at start (semantics LD-02). */
  readonly destinations: readonly DestinationName[]
  readonly policies: readonly PolicyConfig[]
  /** The policyMap's `<defaultEntry>`. */
  readonly defaultPolicy: PolicyConfig | null
  readonly authentication: AuthenticationConfig | null
  readonly authorization: AuthorizationConfig | null
  readonly tls: TlsConfig | null
  /** After several wrong passwords logins of an address wait (`-Dtandemmq.loginDelay`). */
  readonly loginDelay: boolean
  readonly pair: PairConfig
  /** Null: off. */
  readonly http: HttpConfig | null
  readonly shown: ShownConfig
  /** ms from one pass over the journal's sealed segments to the next; null: they are not read. */
  readonly scrub: number | null
  readonly ioExceptionHandler: IoExceptionHandlerConfig
  /** destinationPathSeparatorPlugin: this character (or text) in names means `.`; null when not configured. */
  readonly pathSeparator: string | null
  /** runtimeConfigurationPlugin: ms between two looks at whether the file has changed; 0: nobody looks (semantics RC-01). */
  readonly reloadCheckPeriod: number
  /** In listing order. */
  readonly plugins: readonly PluginConfig[]
  /** Everything set by `-Dtandemmq.…`, without the prefix. */
  readonly overrides: Readonly<Record<string, string>>
}

export interface StoreConfig {
  readonly kind: 'journal' | 'memory'
  /** Holds the journal, its snapshots and the lock. Unused for `memory`. */
  readonly directory: string
  readonly journalMaxFileLength: number
  /** `journalDiskSyncStrategy`; `enableJournalDiskSyncs=false` is `never` (semantics KB-04). */
  readonly sync: 'always' | 'periodic' | 'never'
  readonly syncInterval: number
  readonly cleanupInterval: number
  readonly checkpointInterval: number
  /** Null: moved nowhere, deleted. Else spent segments are moved there (`archiveDataLogs`). */
  readonly archiveDirectory: string | null
  readonly lock: { readonly use: boolean; readonly failIfLocked: boolean; readonly retryInterval: number }
  readonly at: Position
}

export interface UsageConfig {
  readonly memoryLimit: number
  /** 0 means no limit is enforced. */
  readonly storeLimit: number
  /** 0 means no limit is enforced. */
  readonly tempLimit: number
  /** Per cent of the file system that the limits were given as; 0: they were given in bytes. */
  readonly storePercent: number
  readonly tempPercent: number
  /** The limits were written down, and not the defaults. */
  readonly storeGiven: boolean
  readonly tempGiven: boolean
  /** Limits that the disk has no room for are lowered; else the broker does not start (semantics L-01, L-02). */
  readonly adjust: boolean
  /** ms between two looks at the disk; 0: one at the start (semantics L-08). */
  readonly diskCheckPeriod: number
  /** Bytes by which a lowered limit must be able to grow before it does; -1 it never grows. */
  readonly diskRegrowThreshold: number
  readonly sendFailIfNoSpace: boolean
  /** 0 means not set. */
  readonly sendFailIfNoSpaceAfterTimeout: number
}

export interface ConnectorConfig {
  readonly at: Position
  readonly name: string
  /** As configured, e.g. `stomp+nio+ssl`. */
  readonly scheme: string
  /** `ws` and `wss` are WebSocket; the others are plain sockets. */
  readonly transport: 'tcp' | 'ws'
  readonly tls: boolean
  /** `auto…`: the first bytes must be a STOMP CONNECT (stomp S-TRN-03). */
  readonly auto: boolean
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  readonly maximumConnections: number
  /** 0 means unlimited. */
  readonly maxFrameSize: number
  readonly maxDataLength: number
  /** `transport.connectAttemptTimeout`, ≤ 0 disables (stomp S-LIM-07). */
  readonly connectAttemptTimeout: number
  readonly protocolDetectionTimeout: number
  /** `transport.defaultHeartBeat` (stomp S-HB-02). */
  readonly defaultHeartBeat: readonly [number, number]
  readonly heartBeatGrace: number
  readonly useKeepAlive: boolean
  readonly tcpNoDelay: boolean
  readonly socketKeepAlive: boolean
  readonly backlog: number
  readonly allowLinkStealing: boolean
  /** False: it opens when start() of its MBean is called (semantics VER-06). */
  readonly autoStart: boolean
  readonly maximumConsumersAllowedPerConnection: number
  readonly trace: boolean
  readonly needClientAuth: boolean
  readonly wantClientAuth: boolean
  /** Java names (`TLSv1.2`); null means the platform's. */
  readonly enabledProtocols: readonly string[] | null
  /** Java (`TLS_RSA_WITH_…`) or OpenSSL names; null means the platform's. */
  readonly enabledCipherSuites: readonly string[] | null
}

/** One policyEntry; a field that was not set is absent and takes the built-in default (semantics PM-04). */
export interface PolicyConfig {
  readonly at: Position
  /** Null for the default entry. */
  readonly destination: DestinationName | null
  readonly tempQueue: boolean
  readonly tempTopic: boolean
  readonly producerFlowControl?: boolean
  readonly memoryLimit?: number
  readonly maxPageSize?: number
  readonly queuePrefetch?: number
  readonly topicPrefetch?: number
  readonly durableTopicPrefetch?: number
  readonly queueBrowserPrefetch?: number
  readonly expireMessagesPeriod?: number
  readonly strictOrderDispatch?: boolean
  readonly sendAdvisoryIfNoConsumers?: boolean
  readonly advisoryForSlowConsumers?: boolean
  readonly advisoryForFastProducers?: boolean
  readonly advisoryForDiscardingMessages?: boolean
  readonly advisoryForDelivery?: boolean
  readonly advisoryForConsumed?: boolean
  readonly advisoryForDispatched?: boolean
  readonly advisoryWhenFull?: boolean
  readonly includeBodyForAdvisory?: boolean
  /** constantPendingMessageLimitStrategy limit; -1 unlimited. */
  readonly pendingMessageLimit?: number
  /** prefetchRatePendingMessageLimitStrategy multiplier. */
  readonly pendingMessageRate?: number
  /** `vm` when pendingQueuePolicy is vmQueueCursor: the memory limit then blocks senders (semantics CU-02). */
  readonly queueCursor?: 'store' | 'vm' | 'file'
  readonly sendFailIfNoSpace?: boolean
  readonly sendFailIfNoSpaceAfterTimeout?: number
  readonly deadLetter?: DeadLetterConfig
  /** `vm` when pendingSubscriberPolicy is vmCursor: what waits for a topic subscriber stays in memory (semantics CU-03). */
  readonly subscriberCursor?: 'vm' | 'file'
  readonly minimumMessageSize?: number
  /** Per cent. */
  readonly cursorMemoryHighWaterMark?: number
  readonly storeUsageHighWaterMark?: number
  readonly blockedProducerWarningInterval?: number
  readonly eviction?: EvictionConfig
  readonly slowConsumer?: SlowConsumerConfig
  readonly recovery?: RecoveryConfig
  readonly alwaysRetroactive?: boolean
  readonly dispatch?: 'roundRobin' | 'priority'
  readonly usePrefetchExtension?: boolean
  readonly maxBrowsePageSize?: number
  readonly maxExpirePageSize?: number
  readonly allConsumersExclusiveByDefault?: boolean
  readonly useConsumerPriority?: boolean
  readonly consumersBeforeDispatchStarts?: number
  readonly timeBeforeDispatchStarts?: number
  readonly prioritizedMessages?: boolean
  readonly persistJMSRedelivered?: boolean
  readonly messageGroups?: MessageGroupsConfig
  readonly gcInactiveDestinations?: boolean
  readonly inactiveTimeoutBeforeGC?: number
  /** -1 unlimited. */
  readonly maxDestinations?: number
  readonly enableAudit?: boolean
  readonly maxQueueAuditDepth?: number
  readonly maxProducersToAudit?: number
}

/** messageEvictionStrategy (semantics T-10, T-11). */
export interface EvictionConfig {
  readonly kind: 'oldest' | 'lowestPriority' | 'uniqueProperty'
  readonly propertyName: string | null
  readonly expiredHighWatermark: number
}

/** slowConsumerStrategy (semantics T-14, T-15): abortSlowConsumerStrategy is `pending`. -1 is never. */
export interface SlowConsumerConfig {
  readonly kind: 'pending' | 'acknowledgement'
  readonly checkPeriod: number
  readonly maxSlowDuration: number
  readonly maxSlowCount: number
  readonly abortConnection: boolean
  readonly maxTimeSinceLastAck: number
  readonly ignoreIdleConsumers: boolean
}

/** subscriptionRecoveryPolicy (semantics T-21): messages, bytes or ms, as the kind says. */
export interface RecoveryConfig {
  readonly kind: 'none' | 'lastImage' | 'fixedCount' | 'fixedSize' | 'timed'
  readonly limit: number
}

export interface MessageGroupsConfig {
  readonly kind: 'cached' | 'simple' | 'bucket'
  /** Groups kept, or buckets; 0 for `simple`. */
  readonly size: number
}

export interface DeadLetterConfig {
  readonly kind: 'shared' | 'individual' | 'discarding'
  readonly processExpired: boolean
  readonly processNonPersistent: boolean
  readonly expiration: number
  /** shared: the name of the queue, or topic. */
  readonly queueName: string
  readonly queueKind: 'queue' | 'topic'
  readonly enableAudit: boolean
  readonly maxAuditDepth: number
  readonly maxProducersToAudit: number
  readonly queuePrefix: string
  readonly queueSuffix: string
  readonly topicPrefix: string
  readonly topicSuffix: string
  readonly useQueueForQueueMessages: boolean
  readonly useQueueForTopicMessages: boolean
  readonly perDurableSubscriber: boolean
}

export type AuthenticationConfig =
  | SimpleAuthenticationConfig
  | { readonly kind: 'jaas'; readonly at: Position; readonly loginConfig: string; readonly realm: string }
  | { readonly kind: 'jaas-certificate'; readonly at: Position; readonly loginConfig: string; readonly realm: string }
  | {
      readonly kind: 'jaas-dual'
      readonly at: Position
      readonly loginConfig: string
      readonly realm: string
      readonly sslRealm: string
    }

export interface SimpleAuthenticationConfig {
  readonly kind: 'simple'
  readonly at: Position
  readonly users: readonly { readonly name: string; readonly password: string; readonly groups: readonly string[] }[]
  /** Null: anonymous access is not allowed. */
  readonly anonymous: { readonly user: string; readonly group: string } | null
}

export interface AuthorizationConfig {
  readonly at: Position
  readonly entries: readonly AuthorizationEntryConfig[]
  /** `<defaultEntry>`, united with every match (config 2.4). */
  readonly defaultEntry: AclConfig | null
  /** Null: temporary destinations are open to everyone (semantics SA-09). */
  readonly temporary: AclConfig | null
}

/** Group names; `*` means any group. */
export interface AclConfig {
  readonly read: readonly string[]
  readonly write: readonly string[]
  readonly admin: readonly string[]
}

export interface AuthorizationEntryConfig extends AclConfig {
  readonly at: Position
  readonly destination: DestinationName
}

/** `<sslContext>`; stores are absolute paths. Types in lower case: `jks`, `pkcs12`, `pem`. */
export interface TlsConfig {
  readonly at: Position
  readonly keyStore: string | null
  readonly keyStoreType: string
  readonly keyStorePassword: string | null
  readonly keyStoreKeyPassword: string | null
  readonly trustStore: string | null
  readonly trustStoreType: string
  readonly trustStorePassword: string | null
  readonly crlPath: string | null
}

/** The pair's settings: those of the file, under either of their names (config section 4), and `-Dtandemmq.pair.…`. */
export interface PairConfig {
  /** Set: on its very first start this broker is the passive of whoever answers there. */
  readonly activeConnector: {
    readonly at: Position
    /** As it was written. */
    readonly uri: string
    /** `tcp://host:port`, or `ssl://host:port` for TLS; at least one, in order, none twice. */
    readonly uris: readonly string[]
    readonly userName: string | null
    readonly password: string | null
  } | null
  /** This broker's own (replication.md 4.3): `manual` by shutdownOnMasterFailure, `stop-on-loss` by shutdownOnPassiveFailure. */
  readonly policy: 'auto' | 'manual' | 'stop-on-loss'
  readonly waitForPassive: boolean
  readonly waitForPassiveTimeout: number
  readonly takeoverAfter: number
  readonly bootPeerWait: number
  readonly startAlone: boolean
  readonly bootAlone: boolean
  /** SIGTERM on an active with a passive in sync hands the lead over. */
  readonly handoverOnStop: boolean
  /** Who may follow the journal: `user` or `group:name`; null: not set (replication.md rule 10). */
  readonly replicators: readonly string[] | null
  /** Where the twin reaches this node, when that is not where its connectors listen (NAT, a container); null: not set. */
  readonly announce: readonly string[] | null
  readonly ackTimeout: number
  readonly beat: number
  readonly window: number
  readonly retainedBytes: number
  /** deleteAllMessagesOnStartup may wipe even the newer history of a pair. */
  readonly deleteAll: boolean
}

/** semantics LC-11. */
export interface IoExceptionHandlerConfig {
  readonly ignoreAllErrors: boolean
  readonly ignoreNoSpaceErrors: boolean
  readonly noSpaceMessage: string
  readonly stopStartConnectors: boolean
  readonly resumeCheckSleepPeriod: number
  readonly configured: boolean
}

export interface LoadResult {
  /** Present when no finding is of severity `error` or `refuse`. */
  readonly config: BrokerConfig | null
  readonly findings: readonly Finding[]
}

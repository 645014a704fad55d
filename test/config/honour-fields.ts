import { PLUGIN_BEHAVIOURS } from './honour-plugins.ts'

/** The test that sees a field of the model change what the broker does: its file below test/, and its title as it is written. */
export type Behaviour = readonly [file: string, title: string]

const DURABLE = 'contract/durable.test.ts'
const SELECTORS = 'contract/selectors.test.ts'
const VIRTUAL = 'contract/virtual.test.ts'
const DISPATCH = 'contract/dispatch-policies.test.ts'
const AUDIT = 'contract/death-audit.test.ts'
const LIFE = 'contract/lifetimes.test.ts'
const BROWSER = 'contract/browser.test.ts'
const SETTINGS = 'contract/settings.test.ts'
const SECURITY = 'contract/security.test.ts'
const POLICIES = 'contract/policies.test.ts'
const LETTERS = 'contract/dead-letter.test.ts'
const TRANSPORTS = 'contract/transports.test.ts'
const LIMITS = 'contract/limits.test.ts'
const ATTACH = 'chaos/attach.test.ts'
const FLOW = 'contract/flow-control.test.ts'

const SPACE = 'contract/space.test.ts'
const SLOW = 'contract/slow-consumers.test.ts'
const LATE = 'contract/late-subscribers.test.ts'
const BACKLOG = 'contract/topic-backlog.test.ts'
const SERVED = 'contract/topic-dispatch.test.ts'
const ROOM = 'server/disk-limits.test.ts'
const ASKED: Behaviour = [
  LATE,
  'T-20, T-21, S-SUB-10: who asks for it gets what the policy of the topic kept, who does not gets nothing',
]
const SLOW_ACKS: Behaviour = [
  SLOW,
  'T-15, T-16: abortSlowAckConsumerStrategy ends who does not acknowledge, on queues and topics, and its messages are redelivered',
]
const SLOW_PENDING: Behaviour = [
  SLOW,
  'T-13, T-14, T-16: abortSlowConsumerStrategy ends the subscription without a word, and the id can be used again',
]
const SLOW_COUNT: Behaviour = [
  SLOW,
  'T-14: maxSlowCount ends a consumer that was flagged so often, abortConnection closes its connection',
]

const RIGHTS: Behaviour = [
  SECURITY,
  'S-ERR-05, S-ERR-04, S-ERR-01, SA-14: what a user may not do is refused with the exact text and harms nobody',
]
const TEMPORARY: Behaviour = [SECURITY, 'S-ERR-05: temporary destinations have rights of their own']
const DISK = 'server/disk-watch.test.ts'
const GO_ON: Behaviour = [
  DISK,
  'LC-11: another error stops the broker, unless ignoreAllErrors or stopStartConnectors says to go on',
]
const SYNCED: Behaviour = [SETTINGS, 'KB-04: five receipted messages are synced as ${words} says']
const INDIVIDUAL: Behaviour = [
  'destination/policy.test.ts',
  'D-05: the individual strategy builds the name from prefix, source and suffix',
]
const MAINTENANCE: Behaviour = [
  'broker/maintenance.test.ts',
  'KB-03, F-10: snapshots are taken, spent segments deleted, nearly dead ones relocated; what stays survives restarts in order',
]
const LOGIN: Behaviour = [
  ATTACH,
  'I19, rule 10: the journal is not shipped to ${title}: both nodes say so, and the active is unharmed',
]
const STORES: Behaviour = [TRANSPORTS, 'S-TLS-01, TL-01: a key store ${file} serves']
const CLIENTS: Behaviour = [
  TRANSPORTS,
  'S-TLS-01, TL-02: ${name}ClientAuth lets a trusted certificate in and nobody else',
]
const PROTOCOLS: Behaviour = [TRANSPORTS, 'S-TLS-01: enabledProtocols and enabledCipherSuites are honoured']
const SOCKET: Behaviour = [
  SETTINGS,
  'backlog, keepAlive and tcpNoDelay of a connector are what its listening socket is given',
]
const PM: Behaviour = [
  POLICIES,
  'PM-01: an exact name wins, else the more specific pattern; a topic entry is not for queues',
]
const DUAL: Behaviour = [
  SECURITY,
  'SE-10: jaasDualAuthenticationPlugin asks for certificates on TLS and for passwords elsewhere',
]
const ANONYMOUS: Behaviour = [
  SECURITY,
  'SE-03: anonymous access needs both headers absent, and has its own user and group',
]

const REPLACED: Behaviour = [
  VIRTUAL,
  'V-01, V-02: useVirtualTopics="false", and interceptors of its own, end the built-in virtual topics',
]
const MIRRORED: Behaviour = [
  VIRTUAL,
  'C-08: a mirroredQueue with names of its own; temporary queues only where that is asked for',
]
const KEPT: Behaviour = [
  VIRTUAL,
  'C-01, C-02: names with wildcards, topics as composites, and forwardOnly="false" keeps a copy without an origin',
]
const FORWARDED: Behaviour = [
  VIRTUAL,
  'C-01, C-02, C-03: a composite queue forwards to queues and topics, and keeps nothing',
]
const OFFLINE: Behaviour = [
  DURABLE,
  'U-10: one that is offline for longer than offlineDurableSubscriberTimeout is removed, one in use stays',
]

/** By pointer, `*` for an index: every field that a word or an option in force sets. */
export const BEHAVIOURS: Readonly<Record<string, Behaviour>> = {
  ...PLUGIN_BEHAVIOURS,
  '/durables/keepActive': [
    DURABLE,
    'U-03: while offline it collects non-persistent messages too, unless keepDurableSubsActive says no',
  ],
  '/durables/reject': [DURABLE, 'U-09: rejectDurableConsumers refuses'],
  '/durables/offlineTimeout': OFFLINE,
  '/durables/offlineSchedule': OFFLINE,
  '/durables/sweepActive': [
    DURABLE,
    'E-05: enableMessageExpirationOnActiveDurableSubs has the sweep look at subscriptions in use too',
  ],
  '/virtual': REPLACED,
  '/virtual/*/kind': MIRRORED,
  '/virtual/*/name': REPLACED,
  '/virtual/*/prefix': REPLACED,
  '/virtual/*/postfix': REPLACED,
  '/virtual/*/temporary': MIRRORED,
  '/virtual/*/selectorAware': [
    SELECTORS,
    'V-06: selectorAware stores a copy only for a queue of which a present consumer wants it',
  ],
  '/virtual/*/setOriginalDestination': [
    VIRTUAL,
    'V-07: with setOriginalDestination="false" copies are shown under the topic',
  ],
  '/virtual/*/dropOnResourceLimit': [
    VIRTUAL,
    'V-07: with dropOnResourceLimit="true" a full queue is passed over, and the send goes on',
  ],
  '/virtual/*/from/name': KEPT,
  '/virtual/*/forwardOnly': KEPT,
  '/virtual/*/sendWhenNotMatched': [
    SELECTORS,
    'C-05: sendWhenNotMatched keeps at the composite exactly what no entry matched',
  ],
  '/virtual/*/targets/*/to/name': FORWARDED,
  '/virtual/*/targets/*/to/kind': FORWARDED,
  '/virtual/*/targets/*/filter/selector': [
    SELECTORS,
    'C-04, S-06: filtered targets get what their selectors accept, texts being compared as they are',
  ],
  '/policies/*/durableTopicPrefetch': [
    DURABLE,
    'P-01, P-02, S-SUB-04: its window is 100, durableTopicPrefetch where that applies, or what it asks for',
  ],
  '/policies/*/maxPageSize': [
    SELECTORS,
    'Q-12: behind maxPageSize messages that nobody wants nothing is looked at, until the head moves',
  ],
  '/policies/*/deadLetter/perDurableSubscriber': [
    'destination/policy.test.ts',
    'D-05: destinationPerDurableSubscriber puts client id and name before the suffix, of durable subscriptions only',
  ],
  '/policies/*/allConsumersExclusiveByDefault': [
    DISPATCH,
    'Q-08: with allConsumersExclusiveByDefault one consumer gets everything, the next takes over',
  ],
  '/policies/*/consumersBeforeDispatchStarts': [
    DISPATCH,
    'Q-09: consumersBeforeDispatchStarts waits for the second consumer; without it dispatch starts after its time',
  ],
  '/policies/*/timeBeforeDispatchStarts': [
    DISPATCH,
    'Q-09: timeBeforeDispatchStarts alone is a delay after the first consumer',
  ],
  '/policies/*/enableAudit': [
    AUDIT,
    'D-11, AU-01: without the audit of the strategy the dead letter queue still takes an identity once, unless its own is off too',
  ],
  '/policies/*/gcInactiveDestinations': [
    LIFE,
    'LD-04, LD-03: what is empty and unused is removed, under either spelling of the timeout, and stays away after a restart',
  ],
  '/policies/*/inactiveTimeoutBeforeGC': [
    LIFE,
    'LD-04, LD-03: what is empty and unused is removed, under either spelling of the timeout, and stays away after a restart',
  ],
  '/policies/*/maxBrowsePageSize': [
    BROWSER,
    'B-05: under a policy entry at most maxBrowsePageSize messages are shown, 400 unless it says; without an entry all',
  ],
  '/policies/*/maxDestinations': [
    LIFE,
    'LD-05: one destination more than maxDestinations is refused in the words of ActiveMQ; what exists goes on',
  ],
  '/policies/*/maxExpirePageSize': [
    DISPATCH,
    'E-03: one look for expired messages examines maxExpirePageSize messages of a queue, and none of a paused one',
  ],
  '/policies/*/maxProducersToAudit': [
    AUDIT,
    'D-10: maxAuditDepth and maxProducersToAudit are how much the audit remembers',
  ],
  '/policies/*/maxQueueAuditDepth': [
    AUDIT,
    'D-10: maxAuditDepth and maxProducersToAudit are how much the audit remembers',
  ],
  '/policies/*/persistJMSRedelivered': [
    DISPATCH,
    'R-08, S-MSG-08: with persistJMSRedelivered what was handed over comes flagged after a kill, and nothing else does',
  ],
  '/policies/*/prioritizedMessages': [
    DISPATCH,
    'Q-13: with prioritizedMessages the higher priority goes first, in order within each; without it priority says nothing',
  ],
  '/policies/*/queueBrowserPrefetch': [
    BROWSER,
    'P-01, P-02, S-SUB-04: in the client modes a browser has a window, 500 or queueBrowserPrefetch, and ACK moves it on',
  ],
  '/policies/*/useConsumerPriority': [
    DISPATCH,
    'Q-06: with useConsumerPriority="false" consumers of every priority take turns',
  ],
  '/policies/*/usePrefetchExtension': [
    DISPATCH,
    'P-06: with usePrefetchExtension="false" an ACK in an open transaction lets nothing more come',
  ],
  '/policies/*/messageGroups/kind': [DISPATCH, 'G-08: a factory element says the same as the text'],
  '/policies/*/messageGroups/size': [
    DISPATCH,
    'G-08: a group map of two remembers two groups; a simple one all; buckets share owners as Java hashes',
  ],
  '/policies/*/deadLetter/enableAudit': [
    AUDIT,
    'D-11, AU-01: without the audit of the strategy the dead letter queue still takes an identity once, unless its own is off too',
  ],
  '/policies/*/deadLetter/maxAuditDepth': [
    AUDIT,
    'D-10: maxAuditDepth and maxProducersToAudit are how much the audit remembers',
  ],
  '/policies/*/deadLetter/maxProducersToAudit': [
    AUDIT,
    'D-10: maxAuditDepth and maxProducersToAudit are how much the audit remembers',
  ],
  '/purge/period': [
    LIFE,
    'LD-04, LD-03: what is empty and unused is removed, under either spelling of the timeout, and stays away after a restart',
  ],
  '/purge/most': [LIFE, 'LD-04: one sweep removes at most maxPurgedDestinationsPerSweep'],
  '/brokerName': [SETTINGS, 'OS-02: without a store of its own the journal lies in dataDirectory, brokerName, KahaDB'],
  '/dataDirectory': [
    SETTINGS,
    'OS-02: without a store of its own the journal lies in dataDirectory, brokerName, KahaDB',
  ],
  '/deleteAllMessagesOnStartup': [
    SETTINGS,
    'LC-08: deleteAllMessagesOnStartup empties the store at each start, and only then',
  ],
  '/populateJMSXUserID': [SECURITY, 'SE-12: populateJMSXUserID stamps the login name over what the sender claims'],
  '/pathSeparator': [SETTINGS, 'PL-09: destinationPathSeparatorPlugin: a client that writes / in names means the dot'],
  '/destinations/*/name': [
    'contract/destinations.test.ts',
    'LD-02, LD-03: configured destinations exist at start, stored ones again after a restart, also empty ones',
  ],

  '/store/kind': [
    'contract/restart.test.ts',
    'ST-04, CU-04: with ${what} nothing is written to disk, everything works, and nothing is left after a restart',
  ],
  '/store/directory': [SETTINGS, 'KB-03, KB-05: with archiveDataLogs spent segments are moved to directoryArchive'],
  '/store/archiveDirectory': [
    SETTINGS,
    'KB-03, KB-05: with archiveDataLogs spent segments are moved to directoryArchive',
  ],
  '/store/journalMaxFileLength': MAINTENANCE,
  '/store/cleanupInterval': MAINTENANCE,
  '/store/checkpointInterval': MAINTENANCE,
  '/store/sync': SYNCED,
  '/store/syncInterval': [
    SETTINGS,
    'KB-04: with journalDiskSyncStrategy="periodic" the journal is synced every journalDiskSyncInterval, not per message',
  ],
  '/store/lock/use': [
    SETTINGS,
    'KB-14: useLock="false": a second broker on the same directory is not kept out, and both say so',
  ],
  '/store/lock/failIfLocked': [
    'crash/lock.test.ts',
    'LK-04, KB-14: failIfLocked: a second broker on a directory ends with exit code 1 and says why',
  ],
  '/store/lock/retryInterval': [
    'crash/lock.test.ts',
    'LK-01, LK-02, LC-01: a second broker on a directory waits without a port, and takes over at once when the first is killed',
  ],

  '/usage/memoryLimit': [FLOW, 'CU-04, L-07: without a store everything is in memory and the memory limit blocks'],
  '/usage/storeLimit': [
    FLOW,
    'F-09, F-10, S-RCP-03, M-03: a full store blocks the whole connection, others go on, and consuming frees it',
  ],
  '/usage/sendFailIfNoSpace': [FLOW, 'F-09: with sendFailIfNoSpace a full store is an ERROR'],

  '/connectors/*': [SETTINGS, 'VER-06: autoStart="false" leaves the port closed'],
  '/connectors/*/port': [
    'crash/lock.test.ts',
    'LK-01, LK-02, LC-01: a second broker on a directory waits without a port, and takes over at once when the first is killed',
  ],
  '/connectors/*/name': [SETTINGS, 'VER-06: autoStart="false" leaves the port closed'],
  '/connectors/*/autoStart': [SETTINGS, 'VER-06: autoStart="false" leaves the port closed'],
  '/connectors/*/allowLinkStealing': [
    'contract/connect.test.ts',
    'S-CON-09, LC-24: with allowLinkStealing the newer connection wins and the older is closed without ERROR',
  ],
  '/connectors/*/maximumConsumersAllowedPerConnection': [
    SETTINGS,
    'maximumConsumersAllowedPerConnection: a SUBSCRIBE beyond it is refused, the connection goes on',
  ],
  '/connectors/*/maximumConnections': [
    LIMITS,
    'S-LIM-08, K-01: a connection too many is closed without a byte, and a slot is free again after a close',
  ],
  '/connectors/*/maxFrameSize': [
    LIMITS,
    'S-LIM-05, S-LIM-06: ${scheme} limits the frame: command, header lines and body together',
  ],
  '/connectors/*/maxDataLength': [
    LIMITS,
    'S-LIM-04, S-LIM-06: ${scheme} judges an announced length before the body comes, and the limit is inclusive',
  ],
  '/connectors/*/connectAttemptTimeout': [
    LIMITS,
    'S-LIM-07, K-05: ${scheme} drops whoever does not CONNECT in time, and partial bytes do not help',
  ],
  '/connectors/*/protocolDetectionTimeout': [
    TRANSPORTS,
    'S-TRN-03: ${scheme}: protocolDetectionTimeOut limits the first eight bytes',
  ],
  '/connectors/*/defaultHeartBeat': [
    'contract/heartbeat.test.ts',
    'S-HB-02: without the header the connector default holds, for the answer and for the timers',
  ],
  '/connectors/*/heartBeatGrace': [
    'contract/heartbeat.test.ts',
    'S-HB-07: the grace multiplier stretches the check, and CONNECTED shows the raw numbers',
  ],
  '/connectors/*/useKeepAlive': ['contract/heartbeat.test.ts', 'S-HB-04: useKeepAlive=false suppresses the line feeds'],
  '/connectors/*/tcpNoDelay': SOCKET,
  '/connectors/*/socketKeepAlive': SOCKET,
  '/connectors/*/backlog': SOCKET,
  '/connectors/*/trace': [TRANSPORTS, 'S-TRN-04: trace shows the frames and no passcode'],
  '/connectors/*/needClientAuth': CLIENTS,
  '/connectors/*/wantClientAuth': [
    TRANSPORTS,
    'S-TLS-01, TL-02: wantClientAuth lets a client without certificate in, but not one with an untrusted',
  ],
  '/connectors/*/enabledProtocols': PROTOCOLS,
  '/connectors/*/enabledCipherSuites': PROTOCOLS,

  '/tempDirectory': [BACKLOG, 'LC-07: tmpDataDirectory names another place for the files'],
  '/usage/tempLimit': [
    BACKLOG,
    'F-11, L-03: when memory and tempUsage are full the connection waits, receipt or not, and goes on when there is room',
  ],
  '/usage/sendFailIfNoSpaceAfterTimeout': [
    SPACE,
    'F-04, F-07: sendFailIfNoSpaceAfterTimeout ${where} answers a SEND to a full queue with ERROR after that time',
  ],
  '/usage/adjust': [ROOM, 'L-02: with adjustUsageLimits="false" such a limit keeps the broker from starting'],
  '/usage/diskCheckPeriod': [ROOM, 'L-08: schedulePeriodForDiskUsageCheck looks at the disk again and again'],
  '/usage/diskRegrowThreshold': [ROOM, 'L-08: diskUsageCheckRegrowThreshold lets a percentLimit grow that was lowered'],
  '/policies/*/alwaysRetroactive': [LATE, 'T-20: with alwaysRetroactive everybody gets it'],
  '/policies/*/blockedProducerWarningInterval': [
    SPACE,
    'F-13: the log says that senders wait, once in blockedProducerWarningInterval for each destination, or never',
  ],
  '/policies/*/cursorMemoryHighWaterMark': [
    BACKLOG,
    'L-09: cursorMemoryHighWaterMark says how much of the memory limit is filled before anything goes to disk',
  ],
  '/policies/*/minimumMessageSize': [
    SPACE,
    'L-07: minimumMessageSize is what a message counts for besides its body and properties',
  ],
  '/policies/*/sendFailIfNoSpaceAfterTimeout': [
    SPACE,
    'F-04, F-07: sendFailIfNoSpaceAfterTimeout ${where} answers a SEND to a full queue with ERROR after that time',
  ],
  '/policies/*/storeUsageHighWaterMark': [
    SPACE,
    'L-09, F-09: storeUsageHighWaterMark is the part of the store limit at which persistent messages wait, or are refused',
  ],
  '/policies/*/subscriberCursor': [
    BACKLOG,
    'CU-03, F-01: with vmCursor everything stays in memory, and the memory limit holds the senders back',
  ],
  '/policies/*/dispatch': [SERVED, 'DP-03: priorityDispatchPolicy serves higher priorities first'],
  '/policies/*/eviction/kind': [
    SLOW,
    'T-10: oldestMessageWithLowestPriorityEvictionStrategy discards the oldest of the lowest priority',
  ],
  '/policies/*/eviction/propertyName': [
    SLOW,
    'T-10: uniquePropertyMessageEvictionStrategy keeps the newest of each value, and the oldest goes when all differ',
  ],
  '/policies/*/eviction/expiredHighWatermark': [
    SLOW,
    'T-11: above evictExpiredMessagesHighWatermark one that has expired goes before any other',
  ],
  '/policies/*/slowConsumer/kind': SLOW_PENDING,
  '/policies/*/slowConsumer/checkPeriod': SLOW_PENDING,
  '/policies/*/slowConsumer/maxSlowDuration': SLOW_PENDING,
  '/policies/*/slowConsumer/maxSlowCount': SLOW_COUNT,
  '/policies/*/slowConsumer/abortConnection': SLOW_COUNT,
  '/policies/*/slowConsumer/maxTimeSinceLastAck': SLOW_ACKS,
  '/policies/*/slowConsumer/ignoreIdleConsumers': [
    SLOW,
    'T-15: with ignoreIdleConsumers="false" who has nothing to acknowledge is ended too; maxSlowCount counts the checks',
  ],
  '/policies/*/recovery/kind': ASKED,
  '/policies/*/recovery/limit': ASKED,
  '/policies/*/destination/name': PM,
  '/policies/*/destination/kind': PM,
  '/policies/*/tempQueue': [
    POLICIES,
    'PM-05, W-08: temporary destinations have their entry; a pattern subscription goes by its own pattern',
  ],
  '/policies/*/tempTopic': [
    'destination/policy.test.ts',
    'PM-05: tempQueue and tempTopic entries govern all temporary destinations, and no name does',
  ],
  '/policies/*/producerFlowControl': [FLOW, 'F-08: with producerFlowControl="false" memory never blocks'],
  '/policies/*/memoryLimit': [
    FLOW,
    'F-01, S-RCP-03, CU-02, L-06, L-07: over the limit receipts are withheld, the connection works, and all comes in order',
  ],
  '/policies/*/sendFailIfNoSpace': [
    FLOW,
    'F-03: with sendFailIfNoSpace every SEND to a full queue is an ERROR, and there is room again after consuming',
  ],
  '/policies/*/queueCursor': [
    FLOW,
    'CU-01: with the default cursor a small memory limit never blocks the senders of a queue',
  ],
  '/policies/*/queuePrefetch': [
    'contract/subscribe.test.ts',
    'S-SUB-04, P-02: the policy prefetch replaces the built-in default, also when the client spells it out; not another value',
  ],
  '/policies/*/topicPrefetch': [
    'contract/topics.test.ts',
    'T-03: what does not fit the window waits, however much, and comes in order',
  ],
  '/policies/*/expireMessagesPeriod': [
    LETTERS,
    'E-03: the sweep finds what expired in a queue without consumers, by the period of its policy; 0 disables it',
  ],
  '/policies/*/sendAdvisoryIfNoConsumers': [
    'contract/advisories.test.ts',
    'AD-07: a non-persistent message that nobody takes is published itself, and its queue keeps it',
  ],
  '/policies/*/advisoryForSlowConsumers': [
    'contract/advisories.test.ts',
    'AD-08: a topic consumer that becomes slow is told of, once until it has caught up',
  ],
  '/policies/*/advisoryForFastProducers': [
    'contract/advisories.test.ts',
    'AD-09, AD-12: a sender that a memory limit holds up, and the limit, are told of',
  ],
  '/policies/*/advisoryForDiscardingMessages': [
    'contract/advisories.test.ts',
    'AD-10: what a slow topic consumer loses is told of, one by one',
  ],
  '/policies/*/advisoryForDelivery': [
    'contract/advisories.test.ts',
    'AD-11: accepted and acknowledged messages are told of, also of topics and durable subscriptions',
  ],
  '/policies/*/advisoryForConsumed': [
    'contract/advisories.test.ts',
    'AD-11: accepted and acknowledged messages are told of, also of topics and durable subscriptions',
  ],
  '/policies/*/advisoryForDispatched': [
    'contract/advisories.test.ts',
    'VER-06: messages that were handed to a consumer are told of with advisoryForDispatched',
  ],
  '/policies/*/advisoryWhenFull': [
    'contract/advisories.test.ts',
    'AD-09, AD-12: a sender that a memory limit holds up, and the limit, are told of',
  ],
  '/policies/*/includeBodyForAdvisory': [
    'contract/advisories.test.ts',
    'AD-16: includeBodyForAdvisory adds the body to what is told of a message',
  ],
  '/advisorySupport': ['contract/advisories.test.ts', 'S-ADV-01: with advisorySupport="false" nothing is told'],
  '/anonymousProducerAdvisorySupport': [
    'contract/advisories.test.ts',
    'AD-04, M-02: STOMP senders are told of on Producer.Anonymous only with anonymousProducerAdvisorySupport',
  ],
  '/reloadCheckPeriod': [
    'cli/signals.test.ts',
    'RC-01: with a checkPeriod a changed file is read as by a reload, and a broken one is told of once and changes nothing',
  ],
  '/statistics': [
    'contract/statistics.test.ts',
    'PL-01: a request is not stored; without reply-to, or without the plugin, it is a message like any other',
  ],
  '/policies/*/strictOrderDispatch': [
    'contract/subscribe.test.ts',
    'Q-05: with strictOrderDispatch the first consumer with space is always used',
  ],
  '/policies/*/pendingMessageLimit': [
    'contract/topics.test.ts',
    'T-07: beyond the window at most the limit is kept, the oldest goes first',
  ],
  '/policies/*/pendingMessageRate': [
    'contract/topics.test.ts',
    'T-08: a relative limit is the multiplier times the window, 0.5 by default',
  ],
  '/policies/*/deadLetter/kind': [LETTERS, 'D-06: the discarding strategy drops everything'],
  '/policies/*/deadLetter/processExpired': [
    LETTERS,
    'D-03: with processExpired="false" the expired are dropped, the NACKed are not',
  ],
  '/policies/*/deadLetter/processNonPersistent': [
    LETTERS,
    'S-DLQ-01, D-02: a non-persistent message is dropped, unless processNonPersistent; then it says what it was',
  ],
  '/policies/*/deadLetter/expiration': [
    LETTERS,
    'D-08: a strategy with an expiration gives the dead letter an expiry of its own and no originalExpiration',
  ],
  '/policies/*/deadLetter/queueName': [
    LETTERS,
    'S-DLQ-04, D-04, D-05: individual strategies name the queue after its source; a shared one may be named',
  ],
  '/policies/*/deadLetter/queuePrefix': [
    LETTERS,
    'S-DLQ-04, D-04, D-05: individual strategies name the queue after its source; a shared one may be named',
  ],
  '/policies/*/deadLetter/queueSuffix': INDIVIDUAL,
  '/policies/*/deadLetter/topicPrefix': INDIVIDUAL,
  '/policies/*/deadLetter/topicSuffix': INDIVIDUAL,
  '/policies/*/deadLetter/useQueueForQueueMessages': [
    LETTERS,
    'D-05: useQueueForQueueMessages="false" publishes the dead on a topic',
  ],
  '/policies/*/deadLetter/useQueueForTopicMessages': INDIVIDUAL,
  '/defaultPolicy/queuePrefetch': [
    POLICIES,
    'PM-03: without a matching entry the default entry applies, and without one the built-in defaults',
  ],

  '/authentication/kind': [SECURITY, 'SE-02, S-CON-08: simpleAuthenticationPlugin lets its users in and nobody else'],
  '/authentication/users/*/name': [
    SECURITY,
    'SE-02, S-CON-08: simpleAuthenticationPlugin lets its users in and nobody else',
  ],
  '/authentication/users/*/password': [
    SECURITY,
    'SE-02, S-CON-08: simpleAuthenticationPlugin lets its users in and nobody else',
  ],
  '/authentication/users/*/groups': RIGHTS,
  '/authentication/anonymous': ANONYMOUS,
  '/authentication/anonymous/user': ANONYMOUS,
  '/authentication/anonymous/group': ANONYMOUS,
  '/authentication/realm': [
    SECURITY,
    'SE-04, SE-05: JAAS with PropertiesLoginModule reads users and groups from files, and reloads them',
  ],
  '/authentication/sslRealm': DUAL,
  '/authorization/entries/*/destination/name': RIGHTS,
  '/authorization/entries/*/destination/kind': [
    'security/authorizer.test.ts',
    'SA-01: an entry grants each right to its own groups, for its kind of destination only',
  ],
  '/authorization/entries/*/read': RIGHTS,
  '/authorization/entries/*/write': RIGHTS,
  '/authorization/entries/*/admin': [SECURITY, 'S-ERR-05, SA-04, SA-05: creating a destination needs the admin right'],
  '/authorization/defaultEntry/read': [
    'security/authorizer.test.ts',
    'SA-02: rights are the union over all matching entries and the default entry',
  ],
  '/authorization/temporary/read': TEMPORARY,
  '/authorization/temporary/write': TEMPORARY,
  '/authorization/temporary/admin': TEMPORARY,
  '/tls/keyStore': STORES,
  '/tls/keyStoreType': STORES,
  '/tls/keyStorePassword': STORES,
  '/tls/keyStoreKeyPassword': STORES,
  '/tls/trustStore': CLIENTS,
  '/tls/trustStoreType': CLIENTS,
  '/tls/trustStorePassword': CLIENTS,
  '/tls/crlPath': [TRANSPORTS, 'S-TLS-01, TL-01: a certificate on the revocation list is refused'],

  '/pair/activeConnector/uri': ['chaos/pair.test.ts', 'a passive has no connector open, and answers /api/pair'],
  '/pair/activeConnector/userName': LOGIN,
  '/pair/activeConnector/password': LOGIN,
  '/pair/policy': [ATTACH, 'shutdownOnSlaveFailure: the active stops acknowledging and ends when its passive is lost'],
  '/pair/waitForPassive': [
    ATTACH,
    'waitForPassive: clients are held off until the passive is in sync, not merely connected',
  ],
  '/pair/waitForPassiveTimeout': [ATTACH, 'waitForSlaveTimeout: the start fails when no passive came in time'],

  '/ioExceptionHandler/ignoreAllErrors': GO_ON,
  '/ioExceptionHandler/ignoreNoSpaceErrors': [
    DISK,
    'LC-11: a full disk is tried again after resumeCheckSleepPeriod, unless ignoreNoSpaceErrors is false',
  ],
  '/ioExceptionHandler/noSpaceMessage': [DISK, 'LC-11: noSpaceMessage says which texts mean a full disk'],
  '/ioExceptionHandler/resumeCheckSleepPeriod': [
    DISK,
    'LC-11: a full disk is tried again after resumeCheckSleepPeriod, unless ignoreNoSpaceErrors is false',
  ],
  '/ioExceptionHandler/stopStartConnectors': [
    'crash/disk-faults.test.ts',
    'stopStartConnectors: a full disk closes the connectors and every connection, and space opens them again',
  ],
}

const TOLD = 'told by another field, which has its test'
const PROPERTY = 'set by a -Dtandemmq.… property, not by a word of the file'

/** Fields of the model that no word or option in force sets, with the reason; a pointer stands for all below it. */
export const OTHERS: Readonly<Record<string, string>> = {
  '/persistent': TOLD,
  '/useJmx': 'it closes the HTTP interface: management W-01, config/pair.test.ts',
  '/plugins/*/kind': TOLD,
  '/plugins/*/of': TOLD,
  '/usage/storePercent': TOLD,
  '/usage/tempPercent': TOLD,
  '/usage/storeGiven': TOLD,
  '/usage/tempGiven': TOLD,
  '/virtual/*/from/kind': TOLD,
  '/connectors/*/scheme': TOLD,
  '/connectors/*/transport': TOLD,
  '/connectors/*/tls': TOLD,
  '/connectors/*/auto': TOLD,
  '/connectors/*/host': TOLD,
  '/destinations/*/kind': TOLD,
  '/policies/*/deadLetter/queueKind': TOLD,
  '/plugins/*/defaultPolicy': 'the same fields as those of an entry',
  '/defaultPolicy': 'the same fields as those of an entry',
  '/authentication/loginConfig': 'found beside the file or by a Java property: config/broker.test.ts',
  '/authorization/defaultEntry': 'the same fields as those of an entry',
  '/pair/activeConnector/uris': TOLD,
  '/pair/takeoverAfter': PROPERTY,
  '/pair/bootPeerWait': PROPERTY,
  '/pair/startAlone': PROPERTY,
  '/pair/bootAlone': PROPERTY,
  '/pair/handoverOnStop': PROPERTY,
  '/pair/replicators': PROPERTY,
  '/pair/announce': PROPERTY,
  '/pair/ackTimeout': PROPERTY,
  '/pair/beat': PROPERTY,
  '/pair/window': PROPERTY,
  '/pair/retainedBytes': PROPERTY,
  '/pair/deleteAll': PROPERTY,
  '/http': PROPERTY,
  '/http/web': 'read from jetty.xml: config/jetty.test.ts, contract/web.test.ts',
  '/http/jolokia': 'a property, or jolokia-access.xml: config/jetty.test.ts, contract/web.test.ts',
  '/shown': PROPERTY,
  '/scrub': PROPERTY,
  '/loginDelay': PROPERTY,
  '/ioExceptionHandler/configured': TOLD,
  '/overrides': PROPERTY,
}

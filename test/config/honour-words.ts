import { PLUGIN_FRAMES, PLUGIN_ROWS } from './honour-plugins.ts'
import { STOMP } from './loading.ts'

/** What a broker is made of for one trial: its attributes, and what stands in it. */
export interface Trial {
  readonly attributes: string
  readonly content: string
}

/** A word, two things that may be written for it, and the place in the model where they make a difference. */
export interface Row {
  readonly element: string
  readonly word: string
  /** JSON pointer into BrokerConfig. */
  readonly at: string
  /** An attribute's value, or a slot's content when it begins with `<`. */
  readonly on: string
  /** The other thing; null: the word is not written. */
  readonly off: string | null
  /** Attributes of the same element that the word needs. */
  readonly beside: string
}

export type Frame = (attributes: string, content: string) => Trial

const inBroker = (content: string): Trial => ({ attributes: '', content: content + STOMP })
const adapter = (name: string): Frame => store(name, 'persistenceAdapter')
const store =
  (name: string, slot: string): Frame =>
  (attributes, content) =>
    inBroker(`<${slot}><${name} ${attributes}>${content}</${name}></${slot}>`)
const plugin =
  (name: string): Frame =>
  (attributes, content) =>
    inBroker(`<plugins><${name} ${attributes}>${content}</${name}></plugins>`)
const policies = (entries: string): Trial =>
  inBroker(`<destinationPolicy><policyMap><policyEntries>${entries}</policyEntries></policyMap></destinationPolicy>`)
const inPolicy = (strategy: string): Trial => policies(`<policyEntry queue="q">${strategy}</policyEntry>`)
const strategy =
  (slot: string, name: string): Frame =>
  (attributes, content) =>
    inPolicy(`<${slot}><${name} ${attributes}>${content}</${name}></${slot}>`)
const evicting = (name: string): Frame => strategy('messageEvictionStrategy', name)
const recovering = (name: string): Frame => strategy('subscriptionRecoveryPolicy', name)
const USERS =
  '<simpleAuthenticationPlugin><users><authenticationUser username="u" password="p" groups="g"/></users></simpleAuthenticationPlugin>'
const authorized = (map: string): Trial =>
  inBroker(`<plugins>${USERS}<authorizationPlugin><map>${map}</map></authorizationPlugin></plugins>`)
const rights = (entries: string): Trial =>
  authorized(`<authorizationMap><authorizationEntries>${entries}</authorizationEntries></authorizationMap>`)
const usage =
  (slot: string): Frame =>
  (attributes, content) =>
    inBroker(
      `<systemUsage><systemUsage><${slot}><${slot} ${attributes}>${content}</${slot}></${slot}></systemUsage></systemUsage>`,
    )
const interceptors = (content: string): Trial =>
  inBroker(`<destinationInterceptors>${content}</destinationInterceptors>`)
const virtual =
  (name: string): Frame =>
  (attributes, content) =>
    interceptors(
      `<virtualDestinationInterceptor><virtualDestinations><${name} ${attributes}>${content}</${name}></virtualDestinations></virtualDestinationInterceptor>`,
    )
const destination =
  (name: string): Frame =>
  attributes =>
    inBroker(`<destinations><${name} ${attributes}/></destinations>`)

/** Where each element stands so that its words count. */
export const FRAMES: Readonly<Record<string, Frame>> = {
  ...PLUGIN_FRAMES,
  broker: (attributes, content) => ({
    attributes,
    content: /transportConnector/.test(content + attributes) ? content : content + STOMP,
  }),
  amqPersistenceAdapter: adapter('amqPersistenceAdapter'),
  amqPersistenceAdapterFactory: store('amqPersistenceAdapterFactory', 'persistenceFactory'),
  jdbcPersistenceAdapter: adapter('jdbcPersistenceAdapter'),
  journaledJDBC: store('journaledJDBC', 'persistenceFactory'),
  journalPersistenceAdapterFactory: store('journalPersistenceAdapterFactory', 'persistenceFactory'),
  kahaDB: adapter('kahaDB'),
  kahaPersistenceAdapter: adapter('kahaPersistenceAdapter'),
  levelDB: adapter('levelDB'),
  mKahaDB: adapter('mKahaDB'),
  'shared-file-locker': attributes => adapter('kahaDB')('', `<locker><shared-file-locker ${attributes}/></locker>`),
  authenticationUser: attributes =>
    plugin('simpleAuthenticationPlugin')('', `<users><authenticationUser ${attributes}/></users>`),
  simpleAuthenticationPlugin: plugin('simpleAuthenticationPlugin'),
  jaasAuthenticationPlugin: plugin('jaasAuthenticationPlugin'),
  jaasCertificateAuthenticationPlugin: plugin('jaasCertificateAuthenticationPlugin'),
  jaasDualAuthenticationPlugin: plugin('jaasDualAuthenticationPlugin'),
  authorizationPlugin: (attributes, content) =>
    inBroker(`<plugins>${USERS}<authorizationPlugin ${attributes}>${content}</authorizationPlugin></plugins>`),
  authorizationMap: (attributes, content) =>
    authorized(`<authorizationMap ${attributes}>${content}</authorizationMap>`),
  authorizationEntry: (attributes, content) =>
    rights(`<authorizationEntry ${attributes}>${content}</authorizationEntry>`),
  tempDestinationAuthorizationEntry: attributes =>
    authorized(
      `<authorizationMap><tempDestinationAuthorizationEntry><tempDestinationAuthorizationEntry ${attributes}/></tempDestinationAuthorizationEntry></authorizationMap>`,
    ),
  sslContext: attributes => inBroker(`<sslContext><sslContext ${attributes}/></sslContext>`),
  policyMap: (attributes, content) =>
    inBroker(`<destinationPolicy><policyMap ${attributes}>${content}</policyMap></destinationPolicy>`),
  policyEntry: (attributes, content) => policies(`<policyEntry ${attributes}>${content}</policyEntry>`),
  constantPendingMessageLimitStrategy: strategy('pendingMessageLimitStrategy', 'constantPendingMessageLimitStrategy'),
  prefetchRatePendingMessageLimitStrategy: strategy(
    'pendingMessageLimitStrategy',
    'prefetchRatePendingMessageLimitStrategy',
  ),
  oldestMessageEvictionStrategy: evicting('oldestMessageEvictionStrategy'),
  oldestMessageWithLowestPriorityEvictionStrategy: evicting('oldestMessageWithLowestPriorityEvictionStrategy'),
  uniquePropertyMessageEvictionStrategy: evicting('uniquePropertyMessageEvictionStrategy'),
  abortSlowConsumerStrategy: strategy('slowConsumerStrategy', 'abortSlowConsumerStrategy'),
  abortSlowAckConsumerStrategy: strategy('slowConsumerStrategy', 'abortSlowAckConsumerStrategy'),
  fixedCountSubscriptionRecoveryPolicy: recovering('fixedCountSubscriptionRecoveryPolicy'),
  fixedSizedSubscriptionRecoveryPolicy: recovering('fixedSizedSubscriptionRecoveryPolicy'),
  timedSubscriptionRecoveryPolicy: recovering('timedSubscriptionRecoveryPolicy'),
  retainedMessageSubscriptionRecoveryPolicy: recovering('retainedMessageSubscriptionRecoveryPolicy'),
  cachedMessageGroupMapFactory: strategy('messageGroupMapFactory', 'cachedMessageGroupMapFactory'),
  messageGroupHashBucketFactory: strategy('messageGroupMapFactory', 'messageGroupHashBucketFactory'),
  sharedDeadLetterStrategy: strategy('deadLetterStrategy', 'sharedDeadLetterStrategy'),
  individualDeadLetterStrategy: strategy('deadLetterStrategy', 'individualDeadLetterStrategy'),
  systemUsage: (attributes, content) => ({
    ...inBroker(`<systemUsage><systemUsage ${attributes}>${content}</systemUsage></systemUsage>`),
    attributes: 'schedulerSupport="true"',
  }),
  memoryUsage: usage('memoryUsage'),
  storeUsage: usage('storeUsage'),
  tempUsage: usage('tempUsage'),
  usageManager: attributes => inBroker(`<memoryManager><usageManager ${attributes}/></memoryManager>`),
  queue: destination('queue'),
  topic: destination('topic'),
  tempQueue: destination('tempQueue'),
  tempTopic: destination('tempTopic'),
  transportConnector: attributes => ({
    attributes: '',
    content: `<transportConnectors><transportConnector ${attributes}/></transportConnectors>`,
  }),
  masterConnector: attributes => inBroker(`<services><masterConnector ${attributes}/></services>`),
  defaultIOExceptionHandler: attributes =>
    inBroker(`<ioExceptionHandler><defaultIOExceptionHandler ${attributes}/></ioExceptionHandler>`),
  destinationPathSeparatorPlugin: plugin('destinationPathSeparatorPlugin'),
  virtualDestinationInterceptor: (attributes, content) =>
    interceptors(`<virtualDestinationInterceptor ${attributes}>${content}</virtualDestinationInterceptor>`),
  mirroredQueue: attributes => interceptors(`<mirroredQueue ${attributes}/>`),
  virtualTopic: virtual('virtualTopic'),
  compositeQueue: virtual('compositeQueue'),
  compositeTopic: virtual('compositeTopic'),
  filteredDestination: attributes =>
    virtual('compositeQueue')('name="c"', `<forwardTo><filteredDestination ${attributes}/></forwardTo>`),
}

const row = (id: string, at: string, on: string, off: string | null = null, beside = ''): Row => {
  const [element = '', word = ''] = id.split('@')
  return { element, word, at, on, off, beside }
}

const LOCKED = '<shared-file-locker failIfLocked="true"/>'
const ENTRY = '<policyEntry queue="q" queuePrefetch="7"/>'
const RIGHT = '<authorizationEntry queue="q" read="g"/>'

const BROKER = [
  row('broker@adjustUsageLimits', '/usage/adjust', 'false'),
  row('broker@schedulePeriodForDiskUsageCheck', '/usage/diskCheckPeriod', '7'),
  row('broker@diskUsageCheckRegrowThreshold', '/usage/diskRegrowThreshold', '7'),
  row('broker@splitSystemUsageForProducersConsumers', '/usage/memoryLimit', 'true'),
  row(
    'broker@producerSystemUsagePortion',
    '/usage/memoryLimit',
    '7',
    null,
    'splitSystemUsageForProducersConsumers="true"',
  ),
  row('broker@tmpDataDirectory', '/tempDirectory', '/a'),
  row('broker@brokerName', '/brokerName', 'a'),
  row('broker@advisorySupport', '/advisorySupport', 'false'),
  row('broker@anonymousProducerAdvisorySupport', '/anonymousProducerAdvisorySupport', 'true'),
  row('broker@dataDirectory', '/dataDirectory', '/a'),
  row('broker@dataDirectoryFile', '/dataDirectory', '/a'),
  row('broker@deleteAllMessagesOnStartup', '/deleteAllMessagesOnStartup', 'true'),
  row(
    'broker@destinationPolicy',
    '/policies/0/queuePrefetch',
    `<policyMap><policyEntries>${ENTRY}</policyEntries></policyMap>`,
  ),
  row('broker@destinationInterceptors', '/virtual/0/kind', '<mirroredQueue/>'),
  row('broker@useVirtualTopics', '/virtual', 'false'),
  row('broker@useMirroredQueues', '/virtual/0/kind', 'true'),
  row('broker@useTempMirroredQueues', '/virtual/0/temporary', 'false', null, 'useMirroredQueues="true"'),
  row('broker@keepDurableSubsActive', '/durables/keepActive', 'false'),
  row('broker@rejectDurableConsumers', '/durables/reject', 'true'),
  row('broker@offlineDurableSubscriberTimeout', '/durables/offlineTimeout', '7'),
  row('broker@offlineDurableSubscriberTaskSchedule', '/durables/offlineSchedule', '7'),
  row('broker@enableMessageExpirationOnActiveDurableSubs', '/durables/sweepActive', 'true'),
  row('broker@destinations', '/destinations/0/name', '<queue physicalName="q"/>'),
  row(
    'broker@ioExceptionHandler',
    '/ioExceptionHandler/stopStartConnectors',
    '<defaultIOExceptionHandler stopStartConnectors="true"/>',
  ),
  row('broker@masterConnectorURI', '/pair/activeConnector/uri', 'tcp://127.0.0.1:61616'),
  row('broker@persistenceAdapter', '/store/directory', '<kahaDB directory="/a"/>'),
  row('broker@persistenceFactory', '/store/directory', '<journaledJDBC dataDirectory="/a"/>'),
  row('broker@schedulePeriodForDestinationPurge', '/purge/period', '7'),
  row('broker@maxPurgedDestinationsPerSweep', '/purge/most', '7'),
  row('broker@persistent', '/store/kind', 'false'),
  row('broker@plugins', '/authentication/kind', USERS),
  row('broker@populateJMSXUserID', '/populateJMSXUserID', 'true'),
  row('broker@services', '/pair/activeConnector/uri', '<masterConnector remoteURI="tcp://127.0.0.1:61616"/>'),
  row('broker@shutdownOnMasterFailure', '/pair/policy', 'true'),
  row('broker@shutdownOnSlaveFailure', '/pair/policy', 'true'),
  row('broker@sslContext', '/tls/keyStore', '<sslContext keyStore="/a.p12"/>'),
  row('broker@systemUsage', '/usage/sendFailIfNoSpace', '<systemUsage sendFailIfNoSpace="true"/>'),
  row(
    'broker@transportConnectors',
    '/connectors/0/port',
    '<transportConnector uri="stomp://127.0.0.1:61614"/>',
    '<transportConnector uri="stomp://127.0.0.1:61615"/>',
  ),
  row('broker@transportConnectorURIs', '/connectors/0/port', 'stomp://127.0.0.1:61614', 'stomp://127.0.0.1:61615'),
  row('broker@waitForSlave', '/pair/waitForPassive', 'true'),
  row('broker@waitForSlaveTimeout', '/pair/waitForPassiveTimeout', '5000'),
]

const STORES = [
  row('amqPersistenceAdapter@directory', '/store/directory', '/a'),
  row('amqPersistenceAdapterFactory@dataDirectory', '/store/directory', '/a'),
  row('kahaPersistenceAdapter@directory', '/store/directory', '/a'),
  row('levelDB@directory', '/store/directory', '/a'),
  row('mKahaDB@directory', '/store/directory', '/a'),
  row('kahaDB@archiveDataLogs', '/store/archiveDirectory', 'true'),
  row('kahaDB@checkpointInterval', '/store/checkpointInterval', '1'),
  row('kahaDB@cleanupInterval', '/store/cleanupInterval', '1'),
  row('kahaDB@directory', '/store/directory', '/a'),
  row('kahaDB@directoryArchive', '/store/archiveDirectory', '/a', '/b', 'archiveDataLogs="true"'),
  row('kahaDB@enableJournalDiskSyncs', '/store/sync', 'false'),
  row('kahaDB@journalDiskSyncInterval', '/store/syncInterval', '1'),
  row('kahaDB@journalDiskSyncStrategy', '/store/sync', 'periodic', 'never'),
  row('kahaDB@journalMaxFileLength', '/store/journalMaxFileLength', '1mb'),
  row('kahaDB@locker', '/store/lock/failIfLocked', LOCKED),
  row('kahaDB@useLock', '/store/lock/use', 'false'),
  row('shared-file-locker@failIfLocked', '/store/lock/failIfLocked', 'true'),
  row('shared-file-locker@lockAcquireSleepInterval', '/store/lock/retryInterval', '7'),
  row('jdbcPersistenceAdapter@directory', '/store/directory', '/a'),
  row('jdbcPersistenceAdapter@dataDirectory', '/store/directory', '/a'),
  row('jdbcPersistenceAdapter@dataDirectoryFile', '/store/directory', '/a'),
  row('jdbcPersistenceAdapter@databaseLocker', '/store/lock/failIfLocked', LOCKED),
  row('jdbcPersistenceAdapter@locker', '/store/lock/failIfLocked', LOCKED),
  row('jdbcPersistenceAdapter@lockAcquireSleepInterval', '/store/lock/retryInterval', '7'),
  row('jdbcPersistenceAdapter@useDatabaseLock', '/store/lock/use', 'false'),
  row('jdbcPersistenceAdapter@useLock', '/store/lock/use', 'false'),
  ...['journaledJDBC', 'journalPersistenceAdapterFactory'].flatMap(name => [
    row(`${name}@dataDirectory`, '/store/directory', '/a'),
    row(`${name}@dataDirectoryFile`, '/store/directory', '/a'),
    row(`${name}@journalArchiveDirectory`, '/store/archiveDirectory', '/a'),
    row(`${name}@journalLogFileSize`, '/store/journalMaxFileLength', '1mb'),
    row(`${name}@locker`, '/store/lock/failIfLocked', LOCKED),
    row(`${name}@useDatabaseLock`, '/store/lock/use', 'false'),
    row(`${name}@useLock`, '/store/lock/use', 'false'),
  ]),
]

const SECURITY = [
  row('authenticationUser@groups', '/authentication/users/0/groups', 'a', null, 'username="u" password="p"'),
  row('authenticationUser@password', '/authentication/users/0/password', 'a', null, 'username="u"'),
  row('authenticationUser@username', '/authentication/users/0/name', 'a', 'b', 'password="p"'),
  row(
    'simpleAuthenticationPlugin@users',
    '/authentication/users/0/name',
    '<authenticationUser username="u" password="p"/>',
  ),
  row('simpleAuthenticationPlugin@anonymousAccessAllowed', '/authentication/anonymous', 'true'),
  row(
    'simpleAuthenticationPlugin@anonymousGroup',
    '/authentication/anonymous/group',
    'a',
    null,
    'anonymousAccessAllowed="true"',
  ),
  row(
    'simpleAuthenticationPlugin@anonymousUser',
    '/authentication/anonymous/user',
    'a',
    null,
    'anonymousAccessAllowed="true"',
  ),
  row('jaasAuthenticationPlugin@configuration', '/authentication/realm', 'a'),
  row('jaasCertificateAuthenticationPlugin@configuration', '/authentication/realm', 'a'),
  row('jaasDualAuthenticationPlugin@configuration', '/authentication/realm', 'a'),
  row('jaasDualAuthenticationPlugin@sslConfiguration', '/authentication/sslRealm', 'a'),
  row(
    'authorizationPlugin@map',
    '/authorization/entries/0/read',
    `<authorizationMap><authorizationEntries>${RIGHT}</authorizationEntries></authorizationMap>`,
  ),
  row('authorizationMap@authorizationEntries', '/authorization/entries/0/read', RIGHT),
  row('authorizationMap@entries', '/authorization/entries/0/read', RIGHT),
  row('authorizationMap@defaultEntry', '/authorization/defaultEntry/read', RIGHT),
  row(
    'authorizationMap@tempDestinationAuthorizationEntry',
    '/authorization/temporary/read',
    '<tempDestinationAuthorizationEntry read="g"/>',
  ),
  row('authorizationEntry@admin', '/authorization/entries/0/admin', 'a', null, 'queue="q"'),
  row('authorizationEntry@read', '/authorization/entries/0/read', 'a', null, 'queue="q"'),
  row('authorizationEntry@write', '/authorization/entries/0/write', 'a', null, 'queue="q"'),
  row('authorizationEntry@queue', '/authorization/entries/0/destination/name', 'a', 'b'),
  row('authorizationEntry@topic', '/authorization/entries/0/destination/kind', 'a', null, 'destination="queue://a"'),
  row('authorizationEntry@destination', '/authorization/entries/0/destination/name', 'topic://a', 'topic://b'),
  row('tempDestinationAuthorizationEntry@admin', '/authorization/temporary/admin', 'a'),
  row('tempDestinationAuthorizationEntry@read', '/authorization/temporary/read', 'a'),
  row('tempDestinationAuthorizationEntry@write', '/authorization/temporary/write', 'a'),
  row('sslContext@crlPath', '/tls/crlPath', '/a'),
  row('sslContext@keyStore', '/tls/keyStore', '/a'),
  row('sslContext@keyStoreKeyPassword', '/tls/keyStoreKeyPassword', 'a'),
  row('sslContext@keyStorePassword', '/tls/keyStorePassword', 'a'),
  row('sslContext@keyStoreType', '/tls/keyStoreType', 'pkcs12'),
  row('sslContext@trustStore', '/tls/trustStore', '/a'),
  row('sslContext@trustStorePassword', '/tls/trustStorePassword', 'a'),
  row('sslContext@trustStoreType', '/tls/trustStoreType', 'pkcs12'),
]

const LETTERS = '/policies/0/deadLetter'
const POLICIES = [
  row('policyMap@policyEntries', '/policies/0/queuePrefetch', ENTRY),
  row('policyMap@entries', '/policies/0/queuePrefetch', ENTRY),
  row('policyMap@defaultEntry', '/defaultPolicy/queuePrefetch', '<policyEntry queuePrefetch="7"/>'),
  row('policyEntry@queue', '/policies/0/destination/name', 'a', 'b'),
  row('policyEntry@topic', '/policies/0/destination/kind', 'a', null, 'destination="queue://a"'),
  row('policyEntry@destination', '/policies/0/destination/name', 'topic://a', 'topic://b'),
  row('policyEntry@tempQueue', '/policies/0/tempQueue', 'true'),
  row('policyEntry@tempTopic', '/policies/0/tempTopic', 'true'),
  row('policyEntry@expireMessagesPeriod', '/policies/0/expireMessagesPeriod', '7', null, 'queue="q"'),
  row('policyEntry@memoryLimit', '/policies/0/memoryLimit', '1mb', null, 'queue="q"'),
  row('policyEntry@producerFlowControl', '/policies/0/producerFlowControl', 'false', null, 'queue="q"'),
  row('policyEntry@queuePrefetch', '/policies/0/queuePrefetch', '7', null, 'queue="q"'),
  row('policyEntry@durableTopicPrefetch', '/policies/0/durableTopicPrefetch', '7', null, 'topic="q"'),
  row('policyEntry@maxPageSize', '/policies/0/maxPageSize', '7', null, 'queue="q"'),
  row('policyEntry@topicPrefetch', '/policies/0/topicPrefetch', '7', null, 'topic="q"'),
  row('policyEntry@sendFailIfNoSpace', '/policies/0/sendFailIfNoSpace', 'true', null, 'queue="q"'),
  row('policyEntry@sendAdvisoryIfNoConsumers', '/policies/0/sendAdvisoryIfNoConsumers', 'true', null, 'queue="q"'),
  row('policyEntry@advisoryForSlowConsumers', '/policies/0/advisoryForSlowConsumers', 'true', null, 'queue="q"'),
  row('policyEntry@advisoryForFastProducers', '/policies/0/advisoryForFastProducers', 'true', null, 'queue="q"'),
  row(
    'policyEntry@advisoryForDiscardingMessages',
    '/policies/0/advisoryForDiscardingMessages',
    'true',
    null,
    'queue="q"',
  ),
  row('policyEntry@advisoryForDelivery', '/policies/0/advisoryForDelivery', 'true', null, 'queue="q"'),
  row('policyEntry@advisoryForConsumed', '/policies/0/advisoryForConsumed', 'true', null, 'queue="q"'),
  row('policyEntry@advisoryForDispatched', '/policies/0/advisoryForDispatched', 'true', null, 'queue="q"'),
  row('policyEntry@advisoryWhenFull', '/policies/0/advisoryWhenFull', 'true', null, 'queue="q"'),
  row('policyEntry@includeBodyForAdvisory', '/policies/0/includeBodyForAdvisory', 'true', null, 'queue="q"'),
  row('policyEntry@strictOrderDispatch', '/policies/0/strictOrderDispatch', 'true', null, 'queue="q"'),
  row('policyEntry@pendingQueuePolicy', '/policies/0/queueCursor', '<vmQueueCursor/>', null, 'queue="q"'),
  row(
    'policyEntry@pendingMessageLimitStrategy',
    '/policies/0/pendingMessageLimit',
    '<constantPendingMessageLimitStrategy limit="7"/>',
    null,
    'topic="q"',
  ),
  row('policyEntry@deadLetterStrategy', `${LETTERS}/kind`, '<discarding/>', null, 'queue="q"'),
  row('policyEntry@alwaysRetroactive', '/policies/0/alwaysRetroactive', 'true', null, 'topic="q"'),
  row(
    'policyEntry@blockedProducerWarningInterval',
    '/policies/0/blockedProducerWarningInterval',
    '7',
    null,
    'topic="q"',
  ),
  row('policyEntry@cursorMemoryHighWaterMark', '/policies/0/cursorMemoryHighWaterMark', '7', null, 'topic="q"'),
  row('policyEntry@minimumMessageSize', '/policies/0/minimumMessageSize', '7', null, 'topic="q"'),
  row('policyEntry@sendFailIfNoSpaceAfterTimeout', '/policies/0/sendFailIfNoSpaceAfterTimeout', '7', null, 'topic="q"'),
  row('policyEntry@storeUsageHighWaterMark', '/policies/0/storeUsageHighWaterMark', '7', null, 'topic="q"'),
  row('policyEntry@pendingSubscriberPolicy', '/policies/0/subscriberCursor', '<vmCursor/>', null, 'topic="q"'),
  row('policyEntry@dispatchPolicy', '/policies/0/dispatch', '<priorityDispatchPolicy/>', null, 'topic="q"'),
  row(
    'policyEntry@messageEvictionStrategy',
    '/policies/0/eviction/kind',
    '<oldestMessageEvictionStrategy/>',
    null,
    'topic="q"',
  ),
  row(
    'policyEntry@slowConsumerStrategy',
    '/policies/0/slowConsumer/kind',
    '<abortSlowConsumerStrategy/>',
    null,
    'topic="q"',
  ),
  row(
    'policyEntry@subscriptionRecoveryPolicy',
    '/policies/0/recovery/kind',
    '<lastImageSubscriptionRecoveryPolicy/>',
    null,
    'topic="q"',
  ),
  ...['oldestMessage', 'oldestMessageWithLowestPriority', 'uniquePropertyMessage'].map(name =>
    row(`${name}EvictionStrategy@evictExpiredMessagesHighWatermark`, '/policies/0/eviction/expiredHighWatermark', '7'),
  ),
  row('uniquePropertyMessageEvictionStrategy@propertyName', '/policies/0/eviction/propertyName', 'a'),
  ...['abortSlowConsumerStrategy', 'abortSlowAckConsumerStrategy'].flatMap(name => [
    row(`${name}@abortConnection`, '/policies/0/slowConsumer/abortConnection', 'true'),
    row(`${name}@checkPeriod`, '/policies/0/slowConsumer/checkPeriod', '7'),
    row(`${name}@maxSlowCount`, '/policies/0/slowConsumer/maxSlowCount', '7'),
    row(`${name}@maxSlowDuration`, '/policies/0/slowConsumer/maxSlowDuration', '7'),
  ]),
  row('abortSlowAckConsumerStrategy@ignoreIdleConsumers', '/policies/0/slowConsumer/ignoreIdleConsumers', 'false'),
  row('abortSlowAckConsumerStrategy@maxTimeSinceLastAck', '/policies/0/slowConsumer/maxTimeSinceLastAck', '7'),
  row('fixedCountSubscriptionRecoveryPolicy@maximumSize', '/policies/0/recovery/limit', '7'),
  row('fixedSizedSubscriptionRecoveryPolicy@maximumSize', '/policies/0/recovery/limit', '7'),
  row('timedSubscriptionRecoveryPolicy@recoverDuration', '/policies/0/recovery/limit', '7'),
  row(
    'retainedMessageSubscriptionRecoveryPolicy@wrapped',
    '/policies/0/recovery/kind',
    '<lastImageSubscriptionRecoveryPolicy/>',
  ),
  row(
    'policyEntry@allConsumersExclusiveByDefault',
    '/policies/0/allConsumersExclusiveByDefault',
    'true',
    null,
    'queue="q"',
  ),
  row('policyEntry@consumersBeforeDispatchStarts', '/policies/0/consumersBeforeDispatchStarts', '7', null, 'queue="q"'),
  row('policyEntry@timeBeforeDispatchStarts', '/policies/0/timeBeforeDispatchStarts', '7', null, 'queue="q"'),
  row('policyEntry@enableAudit', '/policies/0/enableAudit', 'false', null, 'queue="q"'),
  row('policyEntry@gcInactiveDestinations', '/policies/0/gcInactiveDestinations', 'true', null, 'queue="q"'),
  row('policyEntry@inactiveTimeoutBeforeGC', '/policies/0/inactiveTimeoutBeforeGC', '7', null, 'queue="q"'),
  row('policyEntry@maxBrowsePageSize', '/policies/0/maxBrowsePageSize', '7', null, 'queue="q"'),
  row('policyEntry@maxDestinations', '/policies/0/maxDestinations', '7', null, 'queue="q"'),
  row('policyEntry@maxExpirePageSize', '/policies/0/maxExpirePageSize', '7', null, 'queue="q"'),
  row('policyEntry@maxProducersToAudit', '/policies/0/maxProducersToAudit', '7', null, 'queue="q"'),
  row('policyEntry@maxQueueAuditDepth', '/policies/0/maxQueueAuditDepth', '7', null, 'queue="q"'),
  row('policyEntry@persistJMSRedelivered', '/policies/0/persistJMSRedelivered', 'true', null, 'queue="q"'),
  row('policyEntry@prioritizedMessages', '/policies/0/prioritizedMessages', 'true', null, 'queue="q"'),
  row('policyEntry@queueBrowserPrefetch', '/policies/0/queueBrowserPrefetch', '7', null, 'queue="q"'),
  row('policyEntry@useConsumerPriority', '/policies/0/useConsumerPriority', 'false', null, 'queue="q"'),
  row('policyEntry@usePrefetchExtension', '/policies/0/usePrefetchExtension', 'false', null, 'queue="q"'),
  row(
    'policyEntry@messageGroupMapFactory',
    '/policies/0/messageGroups/kind',
    '<simpleMessageGroupMapFactory/>',
    null,
    'queue="q"',
  ),
  row('policyEntry@messageGroupMapFactoryType', '/policies/0/messageGroups/kind', 'simple', null, 'queue="q"'),
  row('cachedMessageGroupMapFactory@cacheSize', '/policies/0/messageGroups/size', '7'),
  row('messageGroupHashBucketFactory@bucketCount', '/policies/0/messageGroups/size', '7'),
  row('sharedDeadLetterStrategy@enableAudit', `${LETTERS}/enableAudit`, 'false'),
  row('sharedDeadLetterStrategy@maxAuditDepth', `${LETTERS}/maxAuditDepth`, '7'),
  row('sharedDeadLetterStrategy@maxProducersToAudit', `${LETTERS}/maxProducersToAudit`, '7'),
  row('individualDeadLetterStrategy@enableAudit', `${LETTERS}/enableAudit`, 'false'),
  row('individualDeadLetterStrategy@maxAuditDepth', `${LETTERS}/maxAuditDepth`, '7'),
  row('individualDeadLetterStrategy@maxProducersToAudit', `${LETTERS}/maxProducersToAudit`, '7'),
  row('constantPendingMessageLimitStrategy@limit', '/policies/0/pendingMessageLimit', '7'),
  row('prefetchRatePendingMessageLimitStrategy@multiplier', '/policies/0/pendingMessageRate', '2'),
  row('sharedDeadLetterStrategy@deadLetterQueue', `${LETTERS}/queueName`, 'queue://dead'),
  row('sharedDeadLetterStrategy@expiration', `${LETTERS}/expiration`, '7'),
  row('sharedDeadLetterStrategy@processExpired', `${LETTERS}/processExpired`, 'false'),
  row('sharedDeadLetterStrategy@processNonPersistent', `${LETTERS}/processNonPersistent`, 'true'),
  row('individualDeadLetterStrategy@expiration', `${LETTERS}/expiration`, '7'),
  row('individualDeadLetterStrategy@processExpired', `${LETTERS}/processExpired`, 'false'),
  row('individualDeadLetterStrategy@processNonPersistent', `${LETTERS}/processNonPersistent`, 'true'),
  row('individualDeadLetterStrategy@queuePrefix', `${LETTERS}/queuePrefix`, 'a'),
  row('individualDeadLetterStrategy@queueSuffix', `${LETTERS}/queueSuffix`, 'a'),
  row('individualDeadLetterStrategy@topicPrefix', `${LETTERS}/topicPrefix`, 'a'),
  row('individualDeadLetterStrategy@topicSuffix', `${LETTERS}/topicSuffix`, 'a'),
  row('individualDeadLetterStrategy@useQueueForQueueMessages', `${LETTERS}/useQueueForQueueMessages`, 'false'),
  row('individualDeadLetterStrategy@destinationPerDurableSubscriber', `${LETTERS}/perDurableSubscriber`, 'true'),
  row('individualDeadLetterStrategy@useQueueForTopicMessages', `${LETTERS}/useQueueForTopicMessages`, 'false'),
]

const FORWARD = '<queue physicalName="q"/>'
const VIRTUAL = [
  row(
    'virtualDestinationInterceptor@virtualDestinations',
    '/virtual/0/name',
    '<virtualTopic name="a"/>',
    '<virtualTopic name="b"/>',
  ),
  row('virtualTopic@name', '/virtual/0/name', 'a'),
  row('virtualTopic@prefix', '/virtual/0/prefix', 'a'),
  row('virtualTopic@postfix', '/virtual/0/postfix', 'a'),
  row('virtualTopic@selectorAware', '/virtual/0/selectorAware', 'true'),
  row('virtualTopic@setOriginalDestination', '/virtual/0/setOriginalDestination', 'false'),
  row('virtualTopic@dropOnResourceLimit', '/virtual/0/dropOnResourceLimit', 'true'),
  ...['compositeQueue', 'compositeTopic'].flatMap(name => [
    row(`${name}@name`, '/virtual/0/from/name', 'a', 'b'),
    row(`${name}@forwardOnly`, '/virtual/0/forwardOnly', 'false', null, 'name="a"'),
    row(`${name}@sendWhenNotMatched`, '/virtual/0/sendWhenNotMatched', 'true', null, 'name="a"'),
    row(`${name}@forwardTo`, '/virtual/0/targets/0/to/name', FORWARD, null, 'name="a"'),
  ]),
  row('filteredDestination@queue', '/virtual/0/targets/0/to/name', 'a', 'b'),
  row('filteredDestination@topic', '/virtual/0/targets/0/to/kind', 'a', null, 'destination="queue://a"'),
  row('filteredDestination@destination', '/virtual/0/targets/0/to/name', 'topic://a', 'topic://b'),
  row('filteredDestination@selector', '/virtual/0/targets/0/filter/selector', "a = 'b'", null, 'queue="q"'),
  row('mirroredQueue@prefix', '/virtual/0/prefix', 'a'),
  row('mirroredQueue@postfix', '/virtual/0/postfix', 'a'),
]

const REST = [
  row('broker@memoryManager', '/usage/memoryLimit', '<usageManager limit="1048576"/>'),
  row('usageManager@limit', '/usage/memoryLimit', '1048576'),
  row('memoryUsage@limit', '/usage/memoryLimit', '1mb'),
  row('memoryUsage@percentOfJvmHeap', '/usage/memoryLimit', '7'),
  row('storeUsage@limit', '/usage/storeLimit', '1mb'),
  row('storeUsage@percentLimit', '/usage/storeLimit', '7', null, 'total="1gb"'),
  row('storeUsage@total', '/usage/storeLimit', '1gb', '2gb', 'percentLimit="7"'),
  row('systemUsage@memoryUsage', '/usage/memoryLimit', '<memoryUsage limit="1mb"/>'),
  row('systemUsage@storeUsage', '/usage/storeLimit', '<storeUsage limit="1mb"/>'),
  row('tempUsage@limit', '/usage/tempLimit', '1mb'),
  row('tempUsage@percentLimit', '/usage/tempLimit', '7', null, 'total="1gb"'),
  row('tempUsage@total', '/usage/tempLimit', '1gb', '2gb', 'percentLimit="7"'),
  row('systemUsage@tempUsage', '/usage/tempLimit', '<tempUsage limit="1mb"/>'),
  row('systemUsage@sendFailIfNoSpaceAfterTimeout', '/usage/sendFailIfNoSpaceAfterTimeout', '7'),
  row('systemUsage@sendFailIfNoSpace', '/usage/sendFailIfNoSpace', 'true'),
  ...['queue', 'topic', 'tempQueue', 'tempTopic'].flatMap(name => [
    row(`${name}@physicalName`, '/destinations/0/name', 'a', 'b'),
    row(`${name}@name`, '/destinations/0/name', 'a', 'b'),
  ]),
  row('transportConnector@uri', '/connectors/0/port', 'stomp://127.0.0.1:61614', 'stomp://127.0.0.1:61615'),
  row('transportConnector@name', '/connectors/0/name', 'a', null, 'uri="stomp://127.0.0.1:61614"'),
  row(
    'transportConnector@allowLinkStealing',
    '/connectors/0/allowLinkStealing',
    'true',
    null,
    'uri="stomp://127.0.0.1:61614"',
  ),
  row('transportConnector@autoStart', '/connectors/0/autoStart', 'false', 'true', 'uri="stomp://127.0.0.1:61614"'),
  row(
    'transportConnector@maximumConsumersAllowedPerConnection',
    '/connectors/0/maximumConsumersAllowedPerConnection',
    '7',
    null,
    'uri="stomp://127.0.0.1:61614"',
  ),
  row('masterConnector@remoteURI', '/pair/activeConnector/uri', 'tcp://127.0.0.1:1', 'tcp://127.0.0.1:2'),
  row('masterConnector@userName', '/pair/activeConnector/userName', 'a', null, 'remoteURI="tcp://127.0.0.1:1"'),
  row('masterConnector@password', '/pair/activeConnector/password', 'a', null, 'remoteURI="tcp://127.0.0.1:1"'),
  row('defaultIOExceptionHandler@ignoreAllErrors', '/ioExceptionHandler/ignoreAllErrors', 'true'),
  row('defaultIOExceptionHandler@ignoreNoSpaceErrors', '/ioExceptionHandler/ignoreNoSpaceErrors', 'false'),
  row('defaultIOExceptionHandler@noSpaceMessage', '/ioExceptionHandler/noSpaceMessage', 'a'),
  row('defaultIOExceptionHandler@resumeCheckSleepPeriod', '/ioExceptionHandler/resumeCheckSleepPeriod', '7'),
  row('defaultIOExceptionHandler@stopStartConnectors', '/ioExceptionHandler/stopStartConnectors', 'true'),
  row('destinationPathSeparatorPlugin@pathSeparator', '/pathSeparator', '-'),
]

export const ROWS: readonly Row[] = [
  ...PLUGIN_ROWS,
  ...BROKER,
  ...STORES,
  ...SECURITY,
  ...POLICIES,
  ...VIRTUAL,
  ...REST,
]

const cursor = (name: string): Trial => inPolicy(`<pendingQueuePolicy><${name}/></pendingQueuePolicy>`)

/** Elements in force without any word of their own: where they make a difference to a broker that has none of this. */
export const BARE: Readonly<Record<string, { readonly at: string; readonly trial: Trial }>> = {
  discarding: { at: '/policies/0/deadLetter/kind', trial: strategy('deadLetterStrategy', 'discarding')('', '') },
  fileQueueCursor: { at: '/policies/0/queueCursor', trial: cursor('fileQueueCursor') },
  storeCursor: { at: '/policies/0/queueCursor', trial: cursor('storeCursor') },
  vmQueueCursor: { at: '/policies/0/queueCursor', trial: cursor('vmQueueCursor') },
  fileCursor: {
    at: '/policies/0/subscriberCursor',
    trial: strategy('pendingSubscriberPolicy', 'fileCursor')('', ''),
  },
  vmCursor: { at: '/policies/0/subscriberCursor', trial: strategy('pendingSubscriberPolicy', 'vmCursor')('', '') },
  lastImageSubscriptionRecoveryPolicy: {
    at: '/policies/0/recovery/kind',
    trial: recovering('lastImageSubscriptionRecoveryPolicy')('', ''),
  },
  priorityDispatchPolicy: {
    at: '/policies/0/dispatch',
    trial: strategy('dispatchPolicy', 'priorityDispatchPolicy')('', ''),
  },
  roundRobinDispatchPolicy: {
    at: '/policies/0/dispatch',
    trial: strategy('dispatchPolicy', 'roundRobinDispatchPolicy')('', ''),
  },
  simpleMessageGroupMapFactory: {
    at: '/policies/0/messageGroups/kind',
    trial: strategy('messageGroupMapFactory', 'simpleMessageGroupMapFactory')('', ''),
  },
  statisticsBrokerPlugin: { at: '/statistics', trial: plugin('statisticsBrokerPlugin')('', '') },
  memoryPersistenceAdapter: { at: '/store/kind', trial: adapter('memoryPersistenceAdapter')('', '') },
}

/** Elements that are only walked, so that what stands in them is judged. */
export const WALKED: ReadonlySet<string> = new Set(['journalPersistenceAdapter'])

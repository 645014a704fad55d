import test from 'ava'
import { loadBroker, STOMP, stops } from './loading.ts'

/** What the broker says of words whose row asks for nothing that a STOMP client could see. */

type Said = Readonly<Record<string, string>>

/** `accept: …`, `warn: …` by the word that it is about; nothing that stops the start. */
async function said(attributes: string, content: string): Promise<Said> {
  const result = await loadBroker(attributes, content)
  if (stops(result).length > 0)
    throw new Error(
      stops(result)
        .map(({ message }) => message)
        .join('\n'),
    )
  const of = (message: string): string => /^(?:"([^"]+)"|<([^>]+)>)/.exec(message)?.slice(1).find(Boolean) ?? message
  return Object.fromEntries(result.findings.map(({ severity, message }) => [of(message), `${severity}: ${message}`]))
}

const kahaDB = (attributes: string, content = ''): string =>
  `<persistenceAdapter><kahaDB directory="\${activemq.data}/k" ${attributes}>${content}</kahaDB></persistenceAdapter>${STOMP}`

const names = (attributes: string): string[] => [...attributes.matchAll(/(\w+)="/g)].map(([, name = '']) => name)

for (const [title, attributes, why] of [
  ['KB-01: where <kahaDB> would keep an index', 'indexDirectory="/tmp/index"', /no index on disk/],
  [
    'KB-07: whether <kahaDB> checks its files',
    'checkForCorruptJournalFiles="true" checksumJournalFiles="false"',
    /checked at every start|has a checksum/,
  ],
  [
    'KB-08: how <kahaDB> would tune an index',
    'forceRecoverIndex="true" archiveCorruptedIndex="true" indexCacheSize="5" indexWriteBatchSize="5" enableIndexWriteAsync="true" enableIndexRecoveryFile="false" enableIndexPageCaching="false" enableIndexDiskSyncs="false" useIndexLFRUEviction="true" indexLFUEvictionFactor="0.5"',
    /no index on disk/,
  ],
  ['KB-09: how <kahaDB> allocates ahead', 'preallocationScope="none" preallocationStrategy="zeros"', /in its own way/],
  [
    'KB-10: how <kahaDB> would compact acknowledgements',
    'enableAckCompaction="false" compactAcksAfterNoGC="3" compactAcksIgnoresStoreGrowth="true"',
    /no index on disk/,
  ],
  [
    'KB-11: whether <kahaDB> may dispatch before it stores',
    'maxAsyncJobs="3" concurrentStoreAndDispatchQueues="false" concurrentStoreAndDispatchTopics="true"',
    /after it is committed|no Java threads/,
  ],
  [
    'KB-12: how many producers <kahaDB> would audit',
    'failoverProducersAuditDepth="3" maxFailoverProducersToTrack="3"',
    /no audit for duplicates/,
  ],
  [
    'KB-13: what of <kahaDB> is for XA, statistics and databases',
    'purgeRecoveredXATransactionStrategy="COMMIT" enableSubscriptionStatistics="true" databaseLockedWaitDelay="10"',
    /no XA|need no switch|how often to try/,
  ],
  [
    'LK-03: how often <kahaDB> would look after its lock',
    'lockKeepAlivePeriod="100"',
    /the operating system holds the lock/,
  ],
] as const)
  test(`${title} is accepted, each word with its reason`, async t => {
    const result = await said('', kahaDB(attributes))
    for (const name of names(attributes)) {
      t.regex(result[name] ?? '', /^accept: /, name)
      t.regex(result[name] ?? '', why, name)
    }
  })

test('KB-06: ignoreMissingJournalfiles is warned about: an incomplete journal always stops the start', async t => {
  t.regex(
    (await said('', kahaDB('ignoreMissingJournalfiles="true"')))['ignoreMissingJournalfiles'] ?? '',
    /^warn: .*stops the start/,
  )
})

test('OS-01: with persistent="false" a configured store is ignored, and that is said', async t => {
  const result = await loadBroker('persistent="false"', kahaDB(''))
  t.is(result.config?.store.kind, 'memory')
  t.true(result.findings.some(({ severity, message }) => severity === 'warn' && /store is ignored/.test(message)))
})

test('OS-03, OS-06: several stores, and a journal before a database, become one journal, and that is said', async t => {
  const filtered =
    '<filteredKahaDB queue="a" perDestination="true"><persistenceAdapter><kahaDB/></persistenceAdapter></filteredKahaDB>'
  const several = `<persistenceAdapter><mKahaDB directory="/tmp/m"><filteredPersistenceAdapters>${filtered}</filteredPersistenceAdapters></mKahaDB></persistenceAdapter>`
  for (const [store, name] of [
    [several, 'mKahaDB'],
    [
      '<persistenceFactory><journalPersistenceAdapterFactory journalLogFiles="5"/></persistenceFactory>',
      'journalPersistenceAdapterFactory',
    ],
    ['<persistenceFactory><journaledJDBC journalLogFiles="5"/></persistenceFactory>', 'journaledJDBC'],
  ] as const) {
    t.regex((await said('', store + STOMP))[name] ?? '', /^warn: .*own journal/, name)
    t.is((await loadBroker('', store + STOMP)).config?.store.kind, 'journal', name)
  }
})

test('OS-04, OS-05: a store or a lock that lives in a database stops the start, with the way out', async t => {
  const source = '<bean id="ds" class="org.postgresql.ds.PGPoolingDataSource"/>'
  const database = await loadBroker(
    '',
    `<persistenceAdapter><jdbcPersistenceAdapter dataSource="#ds"/></persistenceAdapter>${STOMP}`,
    {},
    { 'ds.xml': source },
  )
  t.true(stops(database).some(({ message }) => /in a database that TandemMQ does not read/.test(message)))
  const lease = '<locker><lease-database-locker lockAcquireSleepInterval="10000"/></locker>'
  const locked = await loadBroker(
    '',
    `<persistenceAdapter><jdbcPersistenceAdapter>${lease}</jdbcPersistenceAdapter></persistenceAdapter>${STOMP}`,
  )
  t.true(stops(locked).some(({ message }) => /second broker would not be kept out/.test(message)))
})

test('SA-13: a Java class that decides who may see which message stops the start', async t => {
  const result = await loadBroker(
    '',
    `<messageAuthorizationPolicy><bean class="x.Y"/></messageAuthorizationPolicy>${STOMP}`,
  )
  t.true(
    stops(result).some(({ severity, message }) => severity === 'refuse' && /who may see which message/.test(message)),
  )
})

test('RC-01: nobody looks at the file without a checkPeriod above 0', async t => {
  const period = async (plugin: string): Promise<number | undefined> =>
    (await loadBroker('', `<plugins>${plugin}</plugins>${STOMP}`)).config?.reloadCheckPeriod
  t.is(await period('<runtimeConfigurationPlugin checkPeriod="1000"/>'), 1000)
  t.is(await period('<runtimeConfigurationPlugin/>'), 0)
  t.is(await period('<runtimeConfigurationPlugin checkPeriod="-1"/>'), 0)
})

test('LC-04, LC-06, LC-09: what only Java code around the broker could use is accepted or warned about', async t => {
  const content = `<managementContext><managementContext createConnector="true" connectorPort="1099"/></managementContext>${STOMP}`
  const result = await said('startAsync="true" start="false" brokerId="b" useJmx="true"', content)
  t.regex(result['startAsync'] ?? '', /^accept: /)
  t.regex(result['start'] ?? '', /^warn: .*starts with the process/)
  t.regex(result['brokerId'] ?? '', /^accept: /)
  t.regex(result['managementContext'] ?? '', /^accept: /)
})

test('LC-20, LC-21, LC-22: a connector may say everything that ActiveMQ lets it say', async t => {
  const inert =
    'enableStatusMonitor="true" disableAsyncDispatch="true" maximumProducersAllowedPerConnection="3" auditNetworkProducers="true" warnOnRemoteClose="true" displayStackTrace="true" updateClusterClients="true" rebalanceClusterClients="true" updateClusterClientsOnRemove="true" updateClusterFilter="a"'
  const connector = `<transportConnector name="s" uri="stomp://127.0.0.1:0" discoveryUri="multicast://default" maximumConsumersAllowedPerConnection="3" ${inert}/>`
  const content = `<transportConnectors>${connector}</transportConnectors>`
  const result = await said('', content)
  for (const name of names(inert)) t.regex(result[name] ?? '', /^accept: /, name)
  t.regex(result['discoveryUri'] ?? '', /^warn: .*not announced/)
  t.is((await loadBroker('', content)).config?.connectors[0]?.maximumConsumersAllowedPerConnection, 3)
})

test('VER-06: the policy attributes of later versions are known', async t => {
  const attributes = 'advancedNetworkStatisticsEnabled="true" advancedMessageStatisticsEnabled="true"'
  const entry = `<policyEntry queue="a" ${attributes}><messageInterceptorStrategy><headerMessageInterceptorStrategy/></messageInterceptorStrategy></policyEntry>`
  const result = await said(
    '',
    `<destinationPolicy><policyMap><policyEntries>${entry}</policyEntries></policyMap></destinationPolicy>${STOMP}`,
  )
  for (const name of names(attributes)) t.regex(result[name] ?? '', /^(accept|warn): /, name)
  t.regex(result['headerMessageInterceptorStrategy'] ?? '', /^warn: /)
})

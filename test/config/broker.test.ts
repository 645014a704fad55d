import { join } from 'node:path'
import test from 'ava'
import { DestinationKind } from '../../src/base/destination.ts'
import { formatFinding } from '../../src/config/config.ts'
import { beans, broker, codes, CONFIGURER, directoryWith, find, load, loadBroker, STOMP, stops } from './loading.ts'

const GiB = 1024 ** 3
const connector = (uri: string, more = ''): string =>
  `<transportConnectors><transportConnector name="c" uri="${uri}" ${more}/></transportConnectors>`

test("semantics LC, L-01 to L-03, OS-02: what is not said takes ActiveMQ's defaults", async t => {
  const { config, findings } = await loadBroker('', STOMP, { cwd: '/work-dir' })
  t.deepEqual(findings, [])
  t.like(config, {
    brokerName: 'localhost',
    dataDirectory: '/work-dir/activemq-data',
    persistent: true,
    useJmx: true,
    advisorySupport: true,
    scheduler: null,
    usage: {
      memoryLimit: GiB,
      storeLimit: 100 * GiB,
      tempLimit: 50 * GiB,
      sendFailIfNoSpace: false,
      sendFailIfNoSpaceAfterTimeout: 0,
    },
  })
  t.like(config?.store, {
    kind: 'journal',
    directory: '/work-dir/activemq-data/localhost/KahaDB',
    sync: 'always',
    journalMaxFileLength: 32 * 1024 * 1024,
  })
})

test('config 1.4 rule 2: a property may be an attribute or an element', async t => {
  const { config } = await loadBroker('', `<persistent>false</persistent><brokerName>b</brokerName>${STOMP}`)
  t.like(config, { persistent: false, brokerName: 'b', store: { kind: 'memory' } })
})

test('LC-05: characters that no broker name may have become _, and that is said', async t => {
  const result = await loadBroker('brokerName="a b/c:1"', STOMP)
  t.is(result.config?.brokerName, 'a_b_c:1')
  t.like(find(result, 'CONFIG_VALUE'), { severity: 'warn' })
})

test('config 1.5: ACTIVEMQ_* variables, -D and guesses from the place of the file name the directories', async t => {
  const text = beans(broker('dataDirectory="${activemq.data}" brokerName="${activemq.base}|${activemq.conf}"', STOMP))
  const directory = directoryWith({ 'conf/a.xml': text, 'b.xml': text })
  const at = async (file: string, options: Parameters<typeof load>[1]): Promise<string | undefined> =>
    (await load(join(directory, file), options)).config?.dataDirectory
  t.is(await at('conf/a.xml', {}), join(directory, 'data'))
  t.is(await at('b.xml', {}), join(directory, 'data'))
  t.is(await at('b.xml', { env: { ACTIVEMQ_BASE: '/base' } }), '/base/data')
  t.is(await at('b.xml', { env: { ACTIVEMQ_HOME: '/home', ACTIVEMQ_DATA: '/d' } }), '/d')
  t.is(await at('b.xml', { env: { ACTIVEMQ_DATA: '/d' }, properties: { 'activemq.data': '/e' } }), '/e')
})

const located = (file: string, more = ''): string =>
  `<bean class="org.springframework.beans.factory.config.PropertyPlaceholderConfigurer"><property name="locations"><list><value>${file}</value></list></property>${more}</bean>`

test('config 1.5: properties files come before -D and the environment, or after them in override mode', async t => {
  const content = broker('brokerName="${who}" dataDirectory="${where}"', STOMP)
  const files = { 'p.properties': 'who = file\n' }
  const override = '<property name="systemPropertiesModeName" value="SYSTEM_PROPERTIES_MODE_OVERRIDE"/>'
  const options = { properties: { who: 'property' }, env: { who: 'environment', where: '/env' } }
  for (const [more, expected] of [
    ['', 'file'],
    [override, 'property'],
  ] as const) {
    const directory = directoryWith({
      ...files,
      'a.xml': beans(content, located('file:${activemq.conf}/p.properties', more)),
    })
    const { config } = await load(join(directory, 'a.xml'), options)
    t.like(config, { brokerName: expected, dataDirectory: '/env' })
  }
})

test('a missing properties file is a warning, until a placeholder needs it', async t => {
  const configurer = located('file:${activemq.conf}/gone.properties')
  const directory = directoryWith({
    'a.xml': beans(broker('', STOMP), configurer),
    'b.xml': beans(broker('brokerName="${who}"', STOMP), configurer),
  })
  const unneeded = await load(join(directory, 'a.xml'))
  t.not(unneeded.config, null)
  t.deepEqual(codes(unneeded, 'warn'), ['CONFIG_PROPERTIES_FILE'])
  const needed = await load(join(directory, 'b.xml'))
  t.regex(
    stops(needed).map(formatFinding).join(),
    /refuse: cannot resolve \$\{who\} in "brokerName" .*gone\.properties does not exist/,
  )
})

test('LC-07: without a configurer placeholders are filled all the same, and that is said', async t => {
  const directory = directoryWith({ 'a.xml': beans(broker('brokerName="${who}"', STOMP), '') })
  const result = await load(join(directory, 'a.xml'), { properties: { who: 'me' } })
  t.is(result.config?.brokerName, 'me')
  t.like(find(result, 'CONFIG_PLACEHOLDER'), { severity: 'warn' })
})

const USERS = (password: string): string =>
  `<plugins><simpleAuthenticationPlugin><users><authenticationUser username="u" password="${password}" groups=" a, b "/></users></simpleAuthenticationPlugin></plugins>`

test('a credential that cannot be resolved, or an ENC(…) that nothing decrypts, refuses the start', async t => {
  t.deepEqual(codes(await loadBroker('', USERS('${none}') + STOMP), 'refuse'), ['CONFIG_PLACEHOLDER'])
  const plain = await loadBroker('', USERS('ENC(c2VjcmV0)') + STOMP)
  t.deepEqual(codes(plain, 'refuse'), ['CONFIG_ENCRYPTED'])
  t.false(JSON.stringify(plain).includes('c2VjcmV0'))
})

const JASYPT = `<bean id="e" class="org.jasypt.encryption.pbe.StandardPBEStringEncryptor"><property name="algorithm" value="ALG"/><property name="password" value="key-1"/></bean>
<bean class="org.jasypt.spring.properties.EncryptablePropertyPlaceholderConfigurer"><constructor-arg ref="e"/><property name="location" value="classpath:p.properties"/></bean>`

test('ENC(…) in a file of an encryptable configurer goes through the decryptor; without one, or when it fails, the start is refused', async t => {
  const directory = directoryWith({
    'a.xml': beans(broker('', USERS('${secret}') + STOMP), JASYPT),
    'p.properties': 'secret=ENC(c2VjcmV0)',
  })
  const file = join(directory, 'a.xml')
  const good = await load(file, { decrypt: (...all) => all.join(' ') })
  t.like(good.config?.authentication, { users: [{ name: 'u', password: 'ALG key-1 c2VjcmV0', groups: ['a', 'b'] }] })
  const failing = await load(file, {
    decrypt: () => {
      throw new Error('wrong key')
    },
  })
  for (const result of [await load(file), failing]) {
    t.deepEqual(codes(result, 'refuse'), ['CONFIG_ENCRYPTED'])
    t.notRegex(JSON.stringify(result), /c2VjcmV0|key-1/)
  }
})

test('config 3.3: the options of a connector, prefixes and defaults', async t => {
  const { config, findings } = await loadBroker(
    '',
    connector(
      'stomp+nio://[::1]:0?maximumConnections=5&amp;wireFormat.maxFrameSize=1000&amp;transport.defaultHeartBeat=5000,10&amp;transport.hbGracePeriodMultiplier=1.5&amp;transport.soTimeout=1&amp;trace=true',
      'maximumConsumersAllowedPerConnection="7"',
    ),
  )
  t.deepEqual(
    findings.map(({ severity }) => severity),
    ['accept'],
  )
  t.like(config?.connectors[0], {
    scheme: 'stomp+nio',
    host: '::1',
    port: 0,
    maximumConnections: 5,
    maxFrameSize: 1000,
    maxDataLength: 104_857_600,
    defaultHeartBeat: [5000, 10],
    heartBeatGrace: 1.5,
    connectAttemptTimeout: 30_000,
    trace: true,
    maximumConsumersAllowedPerConnection: 7,
    needClientAuth: false,
    enabledProtocols: null,
  })
})

test('config 3.3: a wrong case is read as meant, other unknown options are said, and a misspelt protection refuses', async t => {
  const lower = await loadBroker('', connector('tcp://127.0.0.1:1?wireformat.maxFrameSize=9'))
  t.is(lower.config?.connectors[0]?.maxFrameSize, 9)
  t.deepEqual(codes(lower, 'warn'), ['CONFIG_URI_OPTION'])
  const bare = await loadBroker('', connector('tcp://127.0.0.1:1?maxFrameSize=9'))
  t.is(bare.config?.connectors[0]?.maxFrameSize, 0)
  t.is(find(bare, 'CONFIG_URI_OPTION')?.hint, 'did you mean "wireFormat.maxFrameSize"?')
  for (const option of [
    'transport.enabledProtocol=TLSv1.2',
    'needClientAut=true',
    'transport.NeedClientAuth=true',
    'enabledCiphersuites=X',
  ])
    t.deepEqual(
      codes(await loadBroker('', connector(`tcp://127.0.0.1:1?${option}`)), 'refuse'),
      ['CONFIG_URI_OPTION'],
      option,
    )
  t.true(
    codes(await loadBroker('', connector('tcp://127.0.0.1:1?needClientAuth=true')), 'refuse').includes('CONFIG_TLS'),
  )
  t.true(
    codes(await loadBroker('', connector('tcp://127.0.0.1:1?maximumConnections=many')), 'error').includes(
      'CONFIG_URI_OPTION',
    ),
  )
})

test('connectors of other protocols are not opened and named; without a STOMP one there is no start', async t => {
  const some = await loadBroker(
    '',
    `<transportConnectors><transportConnector name="m" uri="mqtt://127.0.0.1:1"/><transportConnector name="s" uri="ws://127.0.0.1:2"/></transportConnectors>`,
  )
  t.deepEqual(
    some.config?.connectors.map(({ name, transport }) => [name, transport]),
    [['s', 'ws']],
  )
  t.regex(find(some, 'CONFIG_SCHEME')?.message ?? '', /connector "m" \(mqtt\): not opened: MQTT clients/)
  t.true(codes(await loadBroker('', connector('amqp://127.0.0.1:1')), 'refuse').includes('CONFIG_NO_CONNECTOR'))
  t.is(find(await loadBroker('', connector('tpc://127.0.0.1:1')), 'CONFIG_SCHEME')?.hint, 'did you mean "tcp"?')
})

test('semantics KB: the settings of kahaDB and its locker reach the journal', async t => {
  const kaha = `<persistenceAdapter><kahaDB directory="store" journalMaxFileLength="1 mb" journalDiskSyncStrategy="PERIODIC" journalDiskSyncInterval="50" cleanupInterval="7" checkpointInterval="8" archiveDataLogs="true" indexCacheSize="5"><locker><shared-file-locker failIfLocked="true" lockAcquireSleepInterval="100"/></locker></kahaDB></persistenceAdapter>`
  const { config } = await loadBroker('', kaha + STOMP, { cwd: '/w' })
  t.like(config?.store, {
    directory: '/w/store',
    journalMaxFileLength: 1024 * 1024,
    sync: 'periodic',
    syncInterval: 50,
    cleanupInterval: 7,
    checkpointInterval: 8,
    archiveDirectory: '/w/store/data-archive',
    lock: { use: true, failIfLocked: true, retryInterval: 100 },
  })
  const old = await loadBroker(
    '',
    `<persistenceAdapter><kahaDB directory="s" enableJournalDiskSyncs="false"/></persistenceAdapter>${STOMP}`,
  )
  t.is(old.config?.store.sync, 'never')
  const zero = await loadBroker(
    '',
    `<persistenceAdapter>\n<kahaDB directory="s" journalMaxFileLength="1b"/></persistenceAdapter>${STOMP}`,
  )
  t.like(find(zero, 'CONFIG_VALUE'), { severity: 'error', at: { line: 4, column: 23 } })
})

test('other stores become a journal in their directory; a database refuses the start unless told otherwise', async t => {
  const store = (text: string): string => `<persistenceAdapter>${text}</persistenceAdapter>${STOMP}`
  for (const name of ['amqPersistenceAdapter', 'levelDB', 'mKahaDB', 'kahaPersistenceAdapter'])
    t.like(
      (await loadBroker('', store(`<${name} directory="/s/d"/>`))).config?.store,
      { kind: 'journal', directory: '/s/d' },
      name,
    )
  const jdbc = beans(
    broker('', store('<jdbcPersistenceAdapter dataSource="#ds" dataDirectory="/s/j"/>')),
    `${CONFIGURER}<bean id="ds" class="org.apache.derby.jdbc.EmbeddedDataSource"/>`,
  )
  const file = join(directoryWith({ 'a.xml': jdbc }), 'a.xml')
  t.deepEqual(codes(await load(file), 'refuse'), ['CONFIG_PROTECTION'])
  const forced = await load(file, { properties: { 'tandemmq.store': 'journal' } })
  t.is(forced.config?.store.directory, '/s/j')
  t.true(codes(forced, 'warn').includes('CONFIG_OVERRIDDEN'))
  t.deepEqual(forced.config?.overrides, { store: 'journal' })
  const ignored = await loadBroker('persistent="false"', store('<kahaDB directory="/s/k"/>'))
  t.is(ignored.config?.store.kind, 'memory')
  t.true(codes(ignored, 'warn').includes('CONFIG_STORE'))
})

test("messages of ActiveMQ's own store are never left behind in silence", async t => {
  const kaha = `<persistenceAdapter><kahaDB directory="\${activemq.conf}/k"/></persistenceAdapter>${STOMP}`
  const foreign = { 'k/db.data': 'x'.repeat(10), 'k/db-1.log': 'x'.repeat(20), 'k/lock': 'x' }
  const refused = await loadBroker('', kaha, {}, foreign)
  t.regex(find(refused, 'CONFIG_FOREIGN_STORE')?.message ?? '', /holds 30 bytes of ActiveMQ data/)
  t.is(find(refused, 'CONFIG_FOREIGN_STORE')?.severity, 'refuse')
  const told = await loadBroker('', kaha, { properties: { 'tandemmq.ignoreForeignStore': 'true' } }, foreign)
  t.not(told.config, null)
  const beside = await loadBroker('', kaha, {}, { ...foreign, 'k/tandemmq-0000000000000000.journal': 'x' })
  t.is(find(beside, 'CONFIG_FOREIGN_STORE')?.severity, 'warn')
  t.not(beside.config, null)
})

test('L-05: limits by size, by share of the memory budget, and by share of a total', async t => {
  const usage = (inner: string): string =>
    `<systemUsage><systemUsage sendFailIfNoSpace="true">${inner}</systemUsage></systemUsage>${STOMP}`
  const limits = usage(
    '<memoryUsage><memoryUsage percentOfJvmHeap="70"/></memoryUsage><storeUsage><storeUsage percentLimit="50" total="10 gb"/></storeUsage><tempUsage><tempUsage limit="0"/></tempUsage>',
  )
  t.like((await loadBroker('', limits, { memoryBudget: 1000 })).config?.usage, {
    memoryLimit: 700,
    storeLimit: 5 * GiB,
    tempLimit: 0,
    sendFailIfNoSpace: true,
  })
  const large = await loadBroker('', usage('<memoryUsage><memoryUsage limit="2 gb"/></memoryUsage>'))
  t.is(large.config?.usage.memoryLimit, Math.floor(GiB * 0.7))
  t.like(find(large, 'CONFIG_LIMIT'), { severity: 'warn' })
  const short = await loadBroker('', '<systemUsage><memoryUsage limit="1 mb"/></systemUsage>' + STOMP)
  t.regex(find(short, 'CONFIG_MISPLACED')?.hint ?? '', /write <systemUsage><systemUsage><memoryUsage><memoryUsage/)
})

test('semantics PM: an entry holds only what was written, with its strategies', async t => {
  const entries = `<destinationPolicy><policyMap><policyEntries>
    <policyEntry queue="A.&gt;" memoryLimit="1mb" producerFlowControl="false"><pendingQueuePolicy><vmQueueCursor/></pendingQueuePolicy><deadLetterStrategy><individualDeadLetterStrategy queuePrefix="DLQ." processExpired="false"/></deadLetterStrategy></policyEntry>
    <policyEntry topic="&gt;"><pendingMessageLimitStrategy><constantPendingMessageLimitStrategy limit="1000"/></pendingMessageLimitStrategy></policyEntry>
    <policyEntry tempQueue="true"/>
  </policyEntries><defaultEntry><policyEntry queuePrefetch="1"/></defaultEntry></policyMap></destinationPolicy>
  <destinations><queue physicalName="Q"/><topic physicalName="T"/></destinations>`
  const { config, findings } = await loadBroker('', entries + STOMP)
  t.deepEqual(findings, [])
  const [first, second, third] = config?.policies ?? []
  t.like(first, {
    destination: { kind: DestinationKind.queue, name: 'A.>' },
    memoryLimit: 1024 * 1024,
    producerFlowControl: false,
    queueCursor: 'vm',
  })
  t.like(first?.deadLetter, {
    kind: 'individual',
    queuePrefix: 'DLQ.',
    processExpired: false,
    topicPrefix: 'ActiveMQ.DLQ.Topic.',
  })
  t.false('queuePrefetch' in (first ?? {}))
  t.like(second, { destination: { kind: DestinationKind.topic, name: '>' }, pendingMessageLimit: 1000 })
  t.like(third, { destination: null, tempQueue: true })
  t.like(config?.defaultPolicy, { destination: null, queuePrefetch: 1 })
  t.deepEqual(config?.destinations, [
    { kind: DestinationKind.queue, name: 'Q' },
    { kind: DestinationKind.topic, name: 'T' },
  ])
})

test('what is not served is said with what is lost, and a value that is the default says nothing', async t => {
  const result = await loadBroker(
    'useMirroredQueues="false"',
    `<networkConnectors><networkConnector uri="static:(tcp://h:1)" name="n"/></networkConnectors><plugins><udpTraceBrokerPlugin/></plugins><destinationPolicy><policyMap><policyEntries><policyEntry queue="&gt;" advisoryWhenFull="true"/></policyEntries></policyMap></destinationPolicy>${STOMP}`,
  )
  t.not(result.config, null)
  const told = result.findings
    .filter(({ severity }) => severity === 'warn')
    .map(({ message }) => message.replace(/:.*/s, ''))
  t.deepEqual([...told].sort(), ['"advisoryWhenFull" on <policyEntry>', '<networkConnector>', '<udpTraceBrokerPlugin>'])
})

test('semantics SE, SA: users, anonymous access and access rights', async t => {
  const plugins = `<plugins>
    <simpleAuthenticationPlugin anonymousAccessAllowed="true" anonymousGroup="any"><users><authenticationUser username="u" password="pw" groups="admins"/></users></simpleAuthenticationPlugin>
    <authorizationPlugin><map><authorizationMap><authorizationEntries><authorizationEntry queue="A.&gt;" read="admins, any" write="admins" admin="nobody"/></authorizationEntries>
    <tempDestinationAuthorizationEntry><tempDestinationAuthorizationEntry read="admins" write="admins" admin="admins"/></tempDestinationAuthorizationEntry></authorizationMap></map></authorizationPlugin>
  </plugins>`
  const result = await loadBroker('', plugins + STOMP)
  t.deepEqual(codes(result), ['CONFIG_ACL'])
  t.like(result.config?.authentication, { kind: 'simple', anonymous: { user: 'anonymous', group: 'any' } })
  t.like(result.config?.authorization, {
    entries: [
      {
        destination: { kind: DestinationKind.queue, name: 'A.>' },
        read: ['admins', 'any'],
        write: ['admins'],
        admin: ['nobody'],
      },
    ],
    defaultEntry: null,
    temporary: { read: ['admins'], write: ['admins'], admin: ['admins'] },
  })
})

test('config 5: whatever may protect and cannot be honoured stops the start', async t => {
  const plugin = (text: string): string => `<plugins>${text}</plugins>${STOMP}`
  const map =
    '<authorizationPlugin><map><authorizationMap><authorizationEntries><authorizationEntry queue="Q" read="a"/></authorizationEntries></authorizationMap></map></authorizationPlugin>'
  const cases = {
    'a custom plugin': plugin('<bean xmlns="http://www.springframework.org/schema/beans" class="org.example.Guard"/>'),
    'a plugin by reference': `<plugins><ref xmlns="http://www.springframework.org/schema/beans" bean="guard"/></plugins>${STOMP}`,
    'an LDAP map': plugin(`<authorizationPlugin><map><cachedLDAPAuthorizationMap/></map></authorizationPlugin>`),
    'authorization alone': plugin(map),
    'a missing login.config': plugin('<jaasAuthenticationPlugin configuration="activemq"/>'),
    'a message policy': `<messageAuthorizationPolicy><bean xmlns="http://www.springframework.org/schema/beans" class="org.example.Policy"/></messageAuthorizationPolicy>${STOMP}`,
    'a group class': plugin(
      USERS('p').replace(/<\/?plugins>/g, '') +
        map.replace('<authorizationMap>', '<authorizationMap groupClass="org.example.Group">'),
    ),
    'TLS without a key': connector('stomp+ssl://127.0.0.1:1'),
    'a key store that is not there': `<sslContext><sslContext keyStore="no.ks" keyStorePassword="p"/></sslContext>${connector('stomp+ssl://127.0.0.1:1')}`,
    'an unknown interceptor': `<destinationInterceptors><bean xmlns="http://www.springframework.org/schema/beans" class="org.example.Filter"/></destinationInterceptors>${STOMP}`,
  }
  for (const [name, content] of Object.entries(cases)) {
    const directory = directoryWith({
      'a.xml': beans(broker('', content), `${CONFIGURER}<bean id="guard" class="org.example.Guard"/>`),
    })
    const result = await load(join(directory, 'a.xml'))
    t.true(codes(result, 'refuse').length > 0, name)
    t.is(result.config, null, name)
  }
})

test('semantics TL: key and trust stores are found beside the file, as Java found them on its class path', async t => {
  const tls = `<sslContext><sslContext keyStore="broker.ks" keyStorePassword="p1" keyStoreType="PKCS12" trustStore="file:\${activemq.conf}/t.ts"/></sslContext>`
  const files = { 'broker.ks': 'k', 't.ts': 't' }
  const uri = 'stomp+ssl://127.0.0.1:1?needClientAuth=true&amp;transport.enabledProtocols=TLSv1.2,TLSv1.3'
  const { config, findings } = await loadBroker('', tls + connector(uri), { cwd: '/' }, files)
  t.deepEqual(findings, [])
  t.like(config?.tls, { keyStoreType: 'pkcs12', trustStoreType: 'jks', keyStorePassword: 'p1' })
  t.regex(config?.tls?.keyStore ?? '', /^\/.*\/broker\.ks$/)
  t.like(config?.connectors[0], { tls: true, needClientAuth: true, enabledProtocols: ['TLSv1.2', 'TLSv1.3'] })
})

test('config 4.1: both names of a pair setting are one setting; two different values are an error with both places', async t => {
  const names = await loadBroker(
    'activeConnectorURI="tcp://a:1" waitForPassive="true" shutdownOnPassiveFailure="true" waitForPassiveTimeout="5"',
    STOMP,
  )
  t.like(names.config?.pair, {
    waitForPassive: true,
    policy: 'stop-on-loss',
    waitForPassiveTimeout: 5,
    activeConnector: { uri: 'tcp://a:1' },
  })
  t.deepEqual(stops(names), [])
  t.not((await loadBroker('waitForPassive="true" waitForSlave="true"', STOMP)).config, null)
  const both = await loadBroker('waitForPassive="true" waitForSlave="false"', STOMP)
  t.regex(find(both, 'CONFIG_CONTRADICTION')?.message ?? '', /line 3, column 56/)
  for (const name of ['masterConnector', 'activeConnector']) {
    const element = `<services><${name} remoteURI="tcp://a:1" userName="u" password="pw-1"/></services>${STOMP}`
    t.like(
      (await loadBroker('', element)).config?.pair.activeConnector,
      { uri: 'tcp://a:1', userName: 'u', password: 'pw-1' },
      name,
    )
    t.true(codes(await loadBroker('masterConnectorURI="tcp://a:1"', element), 'error').includes('CONFIG_CONTRADICTION'))
  }
})

test('config 1.4 rule 4: two objects of one name are an error with both places', async t => {
  const twice = STOMP.replace(
    '</transportConnectors>',
    '<transportConnector name="stomp" uri="stomp://127.0.0.1:2"/></transportConnectors>',
  )
  t.regex(find(await loadBroker('', twice), 'CONFIG_DUPLICATE_NAME')?.message ?? '', /"stomp" is used twice/)
})

test('a broker open to the network without any plugin is a warning, one on loopback is not', async t => {
  t.deepEqual(codes(await loadBroker('', connector('stomp://0.0.0.0:1')), 'warn'), ['CONFIG_OPEN'])
  t.deepEqual(codes(await loadBroker('', connector('stomp://127.0.0.1:1')), 'warn'), [])
})

test('config 1.5: trivial Spring expressions read as placeholders, others and templates are told', async t => {
  const plain = await loadBroker(`brokerName="#{systemProperties['who']}"`, STOMP, { properties: { who: 'me' } })
  t.is(plain.config?.brokerName, 'me')
  t.deepEqual(codes(await loadBroker('brokerName="#{a.b}"', STOMP), 'refuse'), ['CONFIG_EXPRESSION'])
  t.deepEqual(codes(await loadBroker('brokerName="{{ name }}"', STOMP), 'refuse'), ['CONFIG_TEMPLATE'])
})

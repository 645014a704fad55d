import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import test from 'ava'
import { securityTools } from '../../src/cli/provers.ts'
import { formatFinding, type LoadResult } from '../../src/config/config.ts'
import { beans, broker, CONFIGURER, directoryWith, load, STOMP } from './loading.ts'

interface Case {
  readonly attributes?: string
  readonly content?: string
  readonly tops?: string
  readonly properties?: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  readonly files?: Readonly<Record<string, string>>
  /** `severity CODE`, or a regular expression over the whole finding; every one must be there. */
  readonly expect: readonly (string | RegExp)[]
  /** Does it start? */
  readonly starts: boolean
}

async function verdict(one: Case): Promise<LoadResult> {
  const { attributes = '', content = STOMP, tops = '', properties = {}, env = {}, files = {} } = one
  const text = beans(tops + broker(attributes, content), CONFIGURER)
  const cwd = directoryWith({ 'activemq.xml': text, ...files })
  return load(join(cwd, 'activemq.xml'), { properties, env, ...securityTools(properties, env) })
}

const TLS = (query = ''): string =>
  `<transportConnectors><transportConnector name="s" uri="stomp+ssl://127.0.0.1:61613${query}"/></transportConnectors>`
const SSL = (attributes: string): string => `<sslContext><sslContext ${attributes}/></sslContext>`
const JKS = resolve('fixtures/tls/server.jks')
const plugins = (content: string): string => `<plugins>${content}</plugins>${STOMP}`
const store = (content: string): string => `<persistenceAdapter>${content}</persistenceAdapter>${STOMP}`
const bean = (className: string): string =>
  `<bean xmlns="http://www.springframework.org/schema/beans" class="${className}"/>`
const USERS =
  '<simpleAuthenticationPlugin><users><authenticationUser username="u" password="p-1" groups="g"/></users></simpleAuthenticationPlugin>'
const ACL = (attributes = ''): string =>
  `${USERS}<authorizationPlugin><map><authorizationMap ${attributes}><authorizationEntries><authorizationEntry queue=">" read="g" write="g" admin="g"/></authorizationEntries></authorizationMap></map></authorizationPlugin>`
const JAAS = '<jaasAuthenticationPlugin configuration="activemq"/>'
const DATA_SOURCE = '<bean id="ds" class="org.apache.commons.dbcp2.BasicDataSource"/>'
const REFUSED = 'refuse CONFIG_PROTECTION'

const ROWS: Readonly<Record<string, readonly Case[]>> = {
  'no users means that nobody can log in': [
    {
      content: plugins('<simpleAuthenticationPlugin><users/></simpleAuthenticationPlugin>'),
      expect: ['warn CONFIG_OPEN'],
      starts: true,
    },
  ],
  'a JAAS realm of login.config is read at load: properties files are honoured, LDAP and classes of your own refuse': [
    { content: plugins(JAAS), expect: ['refuse CONFIG_LOGIN'], starts: false },
    {
      content: plugins(JAAS),
      files: {
        'login.config':
          'activemq { org.apache.activemq.jaas.PropertiesLoginModule required org.apache.activemq.jaas.properties.user="users.properties" org.apache.activemq.jaas.properties.group="groups.properties"; };',
        'users.properties': 'u=p-1\n',
        'groups.properties': 'g=u\n',
      },
      expect: [],
      starts: true,
    },
    ...[
      'org.apache.activemq.jaas.LDAPLoginModule',
      'com.example.MyModule',
      'com.sun.security.auth.module.Krb5LoginModule',
    ].map(module => ({
      content: plugins(JAAS),
      files: { 'login.config': `activemq {\n  ${module} required debug=true;\n};` },
      expect: [/login\.config:2:3: refuse: .* is not served .*AUTH_MODULE_UNSUPPORTED/],
      starts: false,
    })),
    {
      content: plugins(JAAS),
      files: { 'login.config': 'somebody { org.apache.activemq.jaas.GuestLoginModule required; };' },
      expect: [/refuse: .*activemq.*AUTH_/s],
      starts: false,
    },
  ],
  'a group class of your own refuses, the default one is honoured': [
    { content: plugins(ACL('groupClass="a.Group"')), expect: [REFUSED], starts: false },
    { content: plugins(ACL('groupClass="org.apache.activemq.jaas.GroupPrincipal"')), expect: [], starts: true },
  ],
  'access rights in a directory refuse': [
    {
      content: plugins(`${USERS}<authorizationPlugin><map><cachedLDAPAuthorizationMap/></map></authorizationPlugin>`),
      expect: [/LDAP directory are not consulted/],
      starts: false,
    },
    {
      content: plugins(
        `${USERS}<authorizationPlugin><map>${bean('org.apache.activemq.security.LDAPAuthorizationMap')}</map></authorizationPlugin>`,
      ),
      expect: [REFUSED],
      starts: false,
    },
    {
      content: plugins(`${USERS}<authorizationPlugin><map>${bean('a.Map')}</map></authorizationPlugin>`),
      properties: { 'tandemmq.ignoreBeans': 'a.Map' },
      expect: [REFUSED],
      starts: false,
    },
  ],
  'a messageAuthorizationPolicy refuses, on the broker and on a connector, and nothing overrides that': [
    {
      attributes: 'messageAuthorizationPolicy="#p"',
      tops: '<bean id="p" class="a.B"/>',
      properties: { 'tandemmq.ignoreBeans': 'a.B' },
      expect: [REFUSED],
      starts: false,
    },
    {
      content: STOMP.replace('name="stomp"', 'name="stomp" messageAuthorizationPolicy="#p"'),
      tops: '<bean id="p" class="a.B"/>',
      expect: [REFUSED],
      starts: false,
    },
  ],
  'a Java plugin refuses, written in place or by reference, unless its class is said to protect nothing': [
    { content: plugins(bean('a.B')), expect: [/refuse: .*a\.B.*\n.*-Dtandemmq\.ignoreBeans=a\.B/], starts: false },
    { attributes: 'plugins="#p"', tops: '<bean id="p" class="a.B"/>', expect: [REFUSED], starts: false },
    {
      attributes: 'plugins="#list"',
      tops: `<util:list xmlns:util="http://www.springframework.org/schema/util" id="list">${bean('a.B')}</util:list>`,
      expect: [REFUSED],
      starts: false,
    },
    {
      content: plugins(bean('a.B')),
      properties: { 'tandemmq.ignoreBeans': 'x.Y, a.B' },
      expect: ['warn CONFIG_OVERRIDDEN'],
      starts: true,
    },
    { content: plugins(bean('a.B')), properties: { 'tandemmq.ignoreBeans': 'a.C' }, expect: [REFUSED], starts: false },
  ],
  'an interceptor of your own refuses, also inside what is not served': [
    {
      content: `<destinationInterceptors>${bean('a.B')}</destinationInterceptors>${STOMP}`,
      expect: [REFUSED],
      starts: false,
    },
    {
      content: `<destinationInterceptors><virtualDestinationInterceptor><virtualDestinations>${bean('a.B')}</virtualDestinations></virtualDestinationInterceptor></destinationInterceptors>${STOMP}`,
      expect: [REFUSED],
      starts: false,
    },
  ],
  'key stores are opened at load': [
    {
      content: SSL(`keyStore="${JKS}" keyStorePassword="wrong"`) + TLS(),
      expect: [/refuse: .*TLS_PASSWORD_WRONG/s],
      starts: false,
    },
    {
      content: SSL('keyStore="k.jks" keyStorePassword="x"') + TLS(),
      files: { 'k.jks': 'no key store' },
      expect: [/refuse: .*keytool -importkeystore/s],
      starts: false,
    },
    {
      content: SSL('keyStore="gone.jks" keyStorePassword="x"') + TLS(),
      expect: [/refuse: keyStore .*gone\.jks does not exist/],
      starts: false,
    },
    {
      content: SSL(`keyStore="${JKS}" keyStoreType="Windows-MY"`) + TLS(),
      expect: [/refuse: keyStoreType "Windows-MY"/],
      starts: false,
    },
    {
      content: SSL('keyStore="gone.jks" keyStoreType="odd"') + STOMP,
      expect: ['accept CONFIG_NO_EFFECT'],
      starts: true,
    },
  ],
  'TLS is enforced or the start refused': [
    { content: TLS(), expect: [/refuse: .*no key store is configured/], starts: false },
    {
      content: TLS(),
      properties: { 'javax.net.ssl.keyStore': '/k' },
      expect: [/javax\.net\.ssl properties are not read.*\n.*<sslContext>/],
      starts: false,
    },
    {
      content: TLS(),
      env: { ACTIVEMQ_SSL_OPTS: '-Djavax.net.ssl.keyStore=/k' },
      expect: [/javax\.net\.ssl properties are not read/],
      starts: false,
    },
    {
      content: SSL(`keyStore="${JKS}" keyStorePassword="changeit"`) + TLS('?needClientAuth=true'),
      expect: [/refuse: .*no trust store/],
      starts: false,
    },
    { content: STOMP.replace('61613', '61613?needClientAuth=true'), expect: ['refuse CONFIG_TLS'], starts: false },
    { content: TLS('?transport.enabledProtocols=TLSv9'), expect: ['error CONFIG_TLS'], starts: false },
    { content: SSL('keyStore="k" provider="X"') + TLS(), expect: [/refuse: "provider"/], starts: false },
  ],
  'a database refuses with its override, and without a data source the journal serves': [
    {
      content: store('<jdbcPersistenceAdapter dataSource="#ds"/>'),
      tops: DATA_SOURCE,
      expect: [/refuse: .*\n.*-Dtandemmq\.store=journal/],
      starts: false,
    },
    {
      content: store('<jdbcPersistenceAdapter dataSource="#ds"/>'),
      tops: DATA_SOURCE,
      properties: { 'tandemmq.store': 'journal' },
      expect: ['warn CONFIG_OVERRIDDEN'],
      starts: true,
    },
    { content: store('<journaledJDBC dataDirectory="d"/>'), expect: ['warn CONFIG_STORE'], starts: true },
    {
      content: store('<replicatedLevelDB directory="d"/>'),
      expect: [/refuse: .*\n.*-Dtandemmq\.store=journal/],
      starts: false,
    },
    {
      content: store(bean('a.Store')),
      expect: [/refuse: .*messages .* are not read.*\n.*-Dtandemmq\.store=journal/],
      starts: false,
    },
    {
      content: store('<kahaDB directory="d"><locker><lease-database-locker dataSource="#ds"/></locker></kahaDB>'),
      tops: DATA_SOURCE,
      expect: [REFUSED],
      starts: false,
    },
  ],
  'persistent="false" beats any configured store': [
    {
      attributes: 'persistent="false"',
      content: store('<jdbcPersistenceAdapter dataSource="#ds"/>'),
      tops: DATA_SOURCE,
      expect: [/warn: persistent="false": the configured store is ignored/],
      starts: true,
    },
    { attributes: 'persistent="false"', content: store(bean('a.Store')), expect: [], starts: true },
  ],
  'stores of other kinds become a journal in their directory, and say so': [
    'amqPersistenceAdapter',
    'kahaPersistenceAdapter',
    'levelDB',
    'mKahaDB',
  ].map(name => ({ content: store(`<${name} directory="d"/>`), expect: ['warn CONFIG_NOT_SERVED'], starts: true })),
  'what is tuned without effect is accepted, what is weaker is said': [
    {
      content: store('<kahaDB directory="d" indexCacheSize="10"/>'),
      expect: ['accept CONFIG_NO_EFFECT'],
      starts: true,
    },
    {
      content: store('<kahaDB directory="d" journalDiskSyncStrategy="never"/>'),
      expect: ['warn CONFIG_STORE'],
      starts: true,
    },
    { attributes: 'deleteAllMessagesOnStartup="true"', expect: ['warn CONFIG_STORE'], starts: true },
  ],
  'network, proxy and JMS bridges, and what only watches, warn with what is lost': [
    {
      content: `<networkConnectors><networkConnector name="n" uri="static:(tcp://a:1)" password="pw-1"/></networkConnectors>${STOMP}`,
      expect: [/warn: <networkConnector>: store-and-forward/],
      starts: true,
    },
    {
      content: plugins('<udpTraceBrokerPlugin/><multicastTraceBrokerPlugin/>'),
      expect: ['warn CONFIG_NOT_SERVED'],
      starts: true,
    },
  ],
}

for (const [row, cases] of Object.entries(ROWS))
  test(`config 5: ${row}`, async t => {
    for (const one of cases) {
      const { config, findings } = await verdict(one)
      const told = findings.map(formatFinding)
      t.is(config !== null, one.starts, told.join('\n'))
      t.false(told.join().includes('p-1'), 'a password')
      for (const expected of one.expect) {
        const there =
          typeof expected === 'string'
            ? findings.some(({ severity, code }) => `${severity} ${code}` === expected)
            : told.some(text => expected.test(text))
        t.true(there, `${String(expected)} in\n${told.join('\n')}`)
      }
    }
  })

test("config 5: an ActiveMQ store's files refuse the start, however deep its kind keeps them", async t => {
  for (const [adapter, file] of [
    ['kahaDB', 'd/db-1.log'],
    ['kahaDB', 'd/db.data'],
    ['mKahaDB', 'd/#210#3e/db-1.log'],
    ['levelDB', 'd/0000000000000000.log'],
    ['amqPersistenceAdapter', 'd/journal/data-1'],
    ['amqPersistenceAdapter', 'd/kr-store/data/hash-index-queue-data_A'],
    ['jdbcPersistenceAdapter', 'd/derby/seg0/c10.dat'],
  ] as const) {
    const key = adapter.startsWith('jdbc') ? 'dataDirectory' : 'directory'
    const cwd = directoryWith({ 'a.xml': broker('', store(`<${adapter} ${key}="d"/>`)) })
    mkdirSync(dirname(join(cwd, file)), { recursive: true })
    writeFileSync(join(cwd, file), 'messages')
    const { findings } = await load(join(cwd, 'a.xml'))
    const foreign = findings.find(({ code }) => code === 'CONFIG_FOREIGN_STORE')
    t.like(foreign, { severity: 'refuse' }, `${adapter} ${file}`)
    t.regex(foreign?.hint ?? '', /-Dtandemmq\.ignoreForeignStore=true/)
  }
})

import { join, resolve } from 'node:path'
import test from 'ava'
import type { LoadOptions, LoadResult } from '../../src/config/config.ts'
import { securityTools } from '../../src/cli/provers.ts'
import { ACCESS, JAAS, OLD_JETTY, REALM, jettyXml, secureConnector, type JettyParts } from './jetty-files.ts'
import { beans, broker, codes, directoryWith, load, stops, STOMP } from './loading.ts'

const IMPORT = '<import resource="jetty.xml"/>'

interface Loading extends Partial<LoadOptions> {
  readonly files?: Readonly<Record<string, string>>
  readonly imports?: string
  readonly attributes?: string
}

/** A stock broker with this jetty.xml beside it. */
async function loadJetty(jetty: JettyParts | string, { files = {}, ...more }: Loading = {}): Promise<LoadResult> {
  const { imports = IMPORT, attributes = '', properties = {}, ...options } = more
  const directory = directoryWith({
    'activemq.xml': beans(broker(attributes, STOMP) + imports),
    'jetty.xml': typeof jetty === 'string' ? jetty : jettyXml(jetty),
    'jetty-realm.properties': REALM,
    ...files,
  })
  return load(join(directory, 'activemq.xml'), {
    ...options,
    properties: { 'activemq.conf': directory, ...properties },
  })
}

const messages = (result: LoadResult): string => result.findings.map(({ message }) => message).join('\n')

test('W-01, W-02, Q-07: address, realm, roles and headers of jetty.xml are honoured, and only its console is told off', async t => {
  const result = await loadJetty({})
  t.deepEqual(codes(result), ['CONFIG_NOT_SERVED'])
  t.regex(
    messages(result),
    /web console is not served; of jetty.xml its address, login, roles and TLS are those of the HTTP interface/,
  )
  t.like(result.config?.http, { host: '127.0.0.1', port: 8161, asked: true })
  const web = result.config?.http?.web
  t.like(web?.login, { kind: 'realm', reload: false })
  t.true(web?.login?.kind === 'realm' && web.login.file.endsWith('/jetty-realm.properties'))
  t.deepEqual(web?.constraints, [
    { pathSpec: '*.action', authenticate: true, roles: ['admin'] },
    ...['/', '/api/*', '*.jsp', '*.html'].map(pathSpec => ({ pathSpec, authenticate: true, roles: ['user', 'admin'] })),
  ])
  t.deepEqual(web?.headers, [
    { name: 'X-FRAME-OPTIONS', value: 'SAMEORIGIN' },
    { name: 'X-XSS-Protection', value: '1; mode=block' },
  ])
})

test('W-02: -Djetty.host and -Djetty.port override the file, -Dtandemmq.http both; off reads nothing of it', async t => {
  const told = await loadJetty({}, { properties: { 'jetty.host': '0.0.0.0', 'jetty.port': '9000' } })
  t.like(told.config?.http, { host: '0.0.0.0', port: 9000 })
  const ours = await loadJetty({}, { properties: { 'jetty.port': '9000', 'tandemmq.http': '127.0.0.1:0' } })
  t.like(ours.config?.http, { host: '127.0.0.1', port: 0, asked: true })
  t.is(ours.config?.http?.web?.login?.kind, 'realm')
  for (const off of [{ properties: { 'tandemmq.http': 'off' } }, { attributes: 'useJmx="false"' }]) {
    const result = await loadJetty('<beans><unread/></beans>', off)
    t.is(result.config?.http, null)
    t.regex(messages(result), /jetty.xml is not read: the HTTP interface is off/)
    t.deepEqual(stops(result), [])
  }
  const none = await loadJetty({}, { imports: '<!-- <import resource="jetty.xml"/> -->' })
  t.like(none.config?.http, { host: '127.0.0.1', port: 8161, asked: false, web: null })
})

test('W-03, W-07: a file of 5.7 listens on every address and is open, which is said aloud', async t => {
  const result = await loadJetty(OLD_JETTY)
  t.like(result.config?.http, { host: '0.0.0.0', port: 8161 })
  t.deepEqual(result.config?.http?.web?.constraints, [{ pathSpec: '/*', authenticate: false, roles: ['admin'] }])
  t.regex(
    messages(result),
    /authenticate="false": anybody who reaches 0.0.0.0:8161 can manage the broker without a login/,
  )
})

test('W-08: constraints that leave Jolokia out leave it open, which is said aloud', async t => {
  const open = jettyXml({ host: '0.0.0.0' }).replace('/,/api/*,*.jsp,*.html', '/admin/*,*.jsp')
  t.regex(messages(await loadJetty(open)), /no constraint covers \/api\/jolokia: anybody who reaches 0.0.0.0:8161/)
})

test('W-03: of Spring expressions only the system properties are read; a placeholder or port that is none is an error', async t => {
  t.deepEqual(codes(await loadJetty({ port: '#{1+1}' }), 'error'), ['CONFIG_EXPRESSION'])
  t.deepEqual(codes(await loadJetty({ port: '${web.port}' }), 'error'), ['CONFIG_PLACEHOLDER'])
  t.deepEqual(codes(await loadJetty({ port: 'http' }), 'error'), ['CONFIG_VALUE'])
  const filled = await loadJetty({ port: '${web.port}' }, { properties: { 'web.port': '8200' } })
  t.is(filled.config?.http?.port, 8200)
})

test('W-05: a JAAS login of 6.x goes by login.config', async t => {
  const missing = await loadJetty({ login: JAAS, roles: 'users,admins' })
  t.deepEqual(codes(missing, 'refuse'), ['CONFIG_LOGIN'])
  const result = await loadJetty({ login: JAAS }, { files: { 'login.config': 'activemq { };' } })
  const login = result.config?.http?.web?.login
  t.true(login?.kind === 'jaas' && login.realm === 'activemq' && login.loginConfig.endsWith('/login.config'))
})

test('W-04: connectors by TLS take their stores, OBF passwords and client certificates', async t => {
  const more =
    '<property name="trustStorePath" value="${activemq.conf}/trust.p12"/><property name="needClientAuth" value="true"/>' +
    '<property name="trustStorePassword" value="OBF:1u2a1toa1w8v1tok1u30"/>' +
    '<property name="excludeProtocols"><list><value>SSLv3</value><value>TLSv1</value></list></property>'
  const result = await loadJetty({ connectors: secureConnector('${activemq.conf}/broker.p12', '8162', more) })
  t.like(result.config?.http, { port: 8161, web: { plain: true } })
  const [secure] = result.config?.http?.web?.secure ?? []
  t.like(secure, { host: '127.0.0.1', port: 8162, keyStorePassword: 'store-secret', needClientAuth: true })
  t.is(secure?.trustStorePassword, 'admin')
  t.true(secure?.keyStore.endsWith('/broker.p12'))
})

test('what protects and cannot be honoured is refused, with a way out', async t => {
  const tls = (more: string): string => secureConnector('broker.p12', '8162', more)
  const cases: readonly (readonly [what: string, jetty: JettyParts | string, code: string])[] = [
    ['another login service', { login: HASH_OF('org.example.LdapLoginService') }, 'CONFIG_PROTECTION'],
    ['a realm that is not there', { login: HASH_OF('org.eclipse.jetty.security.HashLoginService') }, 'CONFIG_LOGIN'],
    ['another authenticator', jettyXml().replace('BasicAuthenticator', 'DigestAuthenticator'), 'CONFIG_PROTECTION'],
    [
      'a constraint by method',
      jettyXml().replace('<property name="pathSpec"', '<property name="method" value="GET"/><property name="pathSpec"'),
      'CONFIG_PROTECTION',
    ],
    [
      'TLS demanded by a constraint',
      jettyXml().replace(
        '<property name="authenticate"',
        '<property name="dataConstraint" value="2"/><property name="authenticate"',
      ),
      'CONFIG_PROTECTION',
    ],
    [
      'a mapping without its constraint',
      jettyXml().replace('ref="adminSecurityConstraint"', 'ref="nowhere"'),
      'CONFIG_PROTECTION',
    ],
    ['no key store', { connectors: tls('').replace(/<property name="keyStorePath"[^>]*>/, '') }, 'CONFIG_TLS'],
    ['a protocol left out', { connectors: tls('<property name="excludeProtocols" value="TLSv1.2"/>') }, 'CONFIG_TLS'],
    [
      'another list of addresses',
      { more: '<bean class="org.eclipse.jetty.server.handler.IPAccessHandler"/>' },
      'CONFIG_PROTECTION',
    ],
    ['an address list by path', { more: inet('127.0.0.1|/admin/*') }, 'CONFIG_PROTECTION'],
  ]
  for (const [what, jetty, code] of cases) {
    const result = await loadJetty(jetty)
    t.deepEqual([...new Set(codes(result, 'refuse'))], [code], what)
    t.true(
      stops(result).every(({ hint }) => hint !== null),
      what,
    )
    t.is(result.config, null)
  }
})

const HASH_OF = (className: string): string =>
  `<bean id="securityLoginService" class="${className}"><property name="config" value="gone.properties"/></bean>`

const inet = (include: string): string => `
  <bean id="access" class="org.eclipse.jetty.server.handler.InetAccessHandler"/>
  <bean class="org.springframework.beans.factory.config.MethodInvokingFactoryBean">
    <property name="targetObject" ref="access"/><property name="targetMethod" value="include"/>
    <property name="arguments"><list><value>${include}</value><value>::1</value></list></property>
  </bean>`

test('W-10: the address lists of InetAccessHandler are taken over', async t => {
  const result = await loadJetty({ more: inet('10.0.0.0/8') })
  t.deepEqual(result.config?.http?.web?.inet, { include: ['10.0.0.0/8', '::1'], exclude: [] })
})

test('a jetty.xml that is not there stops nothing, and one that is broken does', async t => {
  const gone = await loadJetty({}, { imports: '<import resource="jetty-demo.xml"/>' })
  t.deepEqual(codes(gone), ['CONFIG_NOT_SERVED'])
  t.is(gone.config?.http?.web, null)
  t.deepEqual(codes(await loadJetty('<beans>'), 'error'), ['CONFIG_NOT_WELL_FORMED'])
})

test('W-06, TC-07: a check opens realms and key stores, so that it says what a start would say', async t => {
  const { prove } = securityTools({}, {})
  const stores = resolve('fixtures/tls/server-keytool.p12')
  const good = await loadJetty({ connectors: secureConnector(stores, '8162') }, { prove })
  t.deepEqual(stops(good), [])
  const wrong = await loadJetty(
    { connectors: secureConnector(stores, '8162').replace('store-secret', 'wrong-secret') },
    { prove },
  )
  t.deepEqual(codes(wrong, 'refuse'), ['TLS_PASSWORD_WRONG'])
  t.notRegex(JSON.stringify(wrong.findings), /wrong-secret/)
  const realm = await loadJetty({}, { prove, files: { 'jetty-realm.properties': 'admin: MD5:xyz, admin' } })
  t.deepEqual(codes(realm, 'refuse'), ['AUTH_FILE_INVALID'])
})

test('JA-05, JA-06: jolokia-access.xml in the conf directory is read to the letter, or the start is refused', async t => {
  const result = await loadJetty({}, { files: { 'jolokia-access.xml': ACCESS } })
  const jolokia = result.config?.http?.jolokia
  t.is(jolokia?.policy, 'file')
  t.like(jolokia?.access, { methods: null, hosts: null, strictChecking: true, origins: [] })
  t.deepEqual(jolokia?.access?.commands, ['read', 'list', 'version', 'search'])
  t.deepEqual(jolokia?.access?.allow, [{ name: 'org.apache.activemq:*', read: ['*'], write: ['*'], operations: ['*'] }])
  const named = await loadJetty({}, { files: { 'other.xml': ACCESS }, env: { JOLOKIA_CONF: 'file:other.xml' } })
  t.is(named.config?.http?.jolokia.policy, 'file')
  const gone = await loadJetty({}, { properties: { 'jolokia.conf': 'file:/nowhere/access.xml' } })
  t.deepEqual(codes(gone, 'refuse'), ['CONFIG_LOGIN'])
  for (const broken of [
    ACCESS.replace('<strict-checking/>', '<strict-cheking/>'),
    ACCESS.replace('<command>read', '<command>reed'),
    ACCESS.replace('<name>org.apache.activemq:*</name>', ''),
    ACCESS.replace('<cors>', '<remote><host>somewhere.example</host></remote><cors>'),
    ACCESS.replace('<commands>', '<comands>').replace('</commands>', '</comands>'),
    ACCESS.replaceAll('restrict', 'restricted'),
  ])
    t.deepEqual(codes(await loadJetty({}, { files: { 'jolokia-access.xml': broken } }), 'refuse'), [
      'CONFIG_PROTECTION',
    ])
  const policy = await loadJetty(
    {},
    {
      files: { 'jolokia-access.xml': ACCESS },
      properties: { 'tandemmq.jolokia.policy': 'hardened', 'tandemmq.jolokia.userExec': 'true' },
    },
  )
  t.deepEqual(policy.config?.http?.jolokia, { policy: 'hardened', access: null, userExec: true })
  const misspelt = await loadJetty({}, { properties: { 'tandemmq.jolokia.policy': 'open' } })
  t.deepEqual(codes(misspelt, 'error'), ['CONFIG_PROPERTY'])
})

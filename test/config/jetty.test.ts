import { join, resolve } from 'node:path'
import test from 'ava'
import type { LoadOptions, LoadResult } from '../../src/config/config.ts'
import { securityTools } from '../../src/cli/provers.ts'
import { readConfig } from '../../src/config/config.ts'
import { advice } from '../../src/inspect/inspect.ts'
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

test('W-01: one that nobody can read stops the start, one that is not there is said, and one without a console is quiet', async t => {
  const files = { 'jetty.xml/in-its-place.txt': '' }
  const directory = directoryWith({ 'activemq.xml': beans(broker('', STOMP) + IMPORT), ...files })
  const unreadable = await load(join(directory, 'activemq.xml'))
  t.is(stops(unreadable).length, 1)
  t.regex(messages(unreadable), /jetty\.xml cannot be read, nor who may manage the broker/)
  const off = await load(join(directory, 'activemq.xml'), { properties: { 'tandemmq.http': 'off' } })
  t.deepEqual(stops(off), [], 'nothing is open then')
  const gone = await load(join(directoryWith({ 'activemq.xml': beans(broker('', STOMP) + IMPORT) }), 'activemq.xml'))
  t.deepEqual(codes(gone), ['CONFIG_NOT_SERVED'])
  t.regex(
    messages(gone),
    /jetty\.xml does not exist: the HTTP interface is where it is without one, and asks for no login/,
  )
  const plain = await loadJetty({ webapps: '' })
  t.deepEqual(codes(plain), [])
  t.like(plain.config?.http?.web?.login, { kind: 'realm' })
})

test('W-07: a property that is misspelt lets nobody in: it stops the start, at its place', async t => {
  const parts = jettyXml({})
  for (const [right, wrong] of [
    ['name="authenticate"', 'name="authenticat"'],
    ['name="constraintMappings"', 'name="constraintMapping"'],
    ['name="pathSpec"', 'name="pathSpecs"'],
    ['<property name="host" value="127.0.0.1"/>', '<property name="hots" value="127.0.0.1"/>'],
  ] as const) {
    const result = await loadJetty(parts.replace(right, wrong))
    const [first] = stops(result)
    t.is(first?.code, 'CONFIG_UNKNOWN_ATTRIBUTE', wrong)
    t.regex(`${first?.message}; ${first?.hint}`, /^unknown property "\w+" of the \w+; did you mean "\w+"\?$/)
    t.true(first?.at.file.endsWith('/jetty.xml'))
  }
})

test('W-05, W-08: a reference to a mapping that is not there, and a class that is not, leave nothing open', async t => {
  const parts = jettyXml({})
  const reference = await loadJetty(
    parts.replace('<ref bean="securityConstraintMapping" />', '<ref bean="securityConstraintMaping" />'),
  )
  t.deepEqual(codes(reference, 'refuse'), ['CONFIG_PROTECTION'])
  t.regex(messages(reference), /there is no bean "securityConstraintMaping", so what it protects would be open/)
  const unused = await loadJetty(
    parts.replace('org.eclipse.jetty.security.ConstraintSecurityHandler', 'com.example.Other'),
  )
  t.regex(messages(unused), /no SecurityHandler uses this login service: the HTTP interface asks for no login/)
  const wrong = await loadJetty(
    parts.replace('security.ConstraintSecurityHandler', 'security.ConstraintSecurityHandlr'),
  )
  const [found] = stops(wrong)
  t.is(found?.message, 'there is no class org.eclipse.jetty.security.ConstraintSecurityHandlr')
  t.is(found?.hint, 'did you mean "ConstraintSecurityHandler"?')
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
  t.deepEqual(secure?.enabledProtocols, ['TLSv1.2', 'TLSv1.3'])
  t.false(secure?.enabledCipherSuites?.some(name => /_SHA$|TLS_RSA_/.test(name)))
  const less =
    '<property name="excludeProtocols" value="TLSv1.2"/><property name="excludeCipherSuites" value=".*_128_.*,.*CHACHA.*"/>'
  const [strict] =
    (await loadJetty({ connectors: secureConnector('a.p12', '8162', less) })).config?.http?.web?.secure ?? []
  t.deepEqual(strict?.enabledProtocols, ['TLSv1.3'])
  t.true(strict?.enabledCipherSuites?.every(name => name.includes('_256_GCM_')))
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
    [
      'a suite left out that cannot be read',
      { connectors: tls('<property name="excludeCipherSuites" value="("/>') },
      'CONFIG_TLS',
    ],
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

const SPRING = `<beans xmlns="http://www.springframework.org/schema/beans">
  <bean id="jettyServer" class="org.apache.activemq.spring.jetty.JettyServerBean">
    <property name="jettyXmlDirectory" value="\${activemq.conf}/jetty" />
    <property name="jettyConfDirectory" value="\${activemq.conf}" />
    <property name="webAppsContext" value="jetty-webapps.xml" />
  </bean>
</beans>`

const SETTINGS = `
jettyXmlFiles=jetty.xml,jetty-security.xml,jetty-dos.xml
jettyHttpXmlFiles=jetty-http.xml
jettyHttpsXmlFiles=jetty-ssl.xml
httpEnabled=true
httpsEnabled=false
jetty.http.port=8161
jetty.ssl.port=8443
jetty.sslContext.keyStorePath=conf/jetty-keystore.ks
jetty.sslContext.keyStoreType=PKCS12
jetty.sslContext.keyStorePassword=OBF:1v2j1uum1xtv1zej1zer1xtn1uvk1v1v
jetty.dos.leakingBucketTracker.maxRequestsPerSecond=100
`

const configure = (content: string): string => `<?xml version="1.0"?>
<!DOCTYPE Configure PUBLIC "-//Jetty//Configure//EN" "https://jetty.org/configure_10_0.dtd">
<Configure id="Server" class="org.eclipse.jetty.server.Server">${content}</Configure>`

const put = (path: string, roles: readonly string[]): string => `<Call name="put"><Arg>${path}</Arg><Arg>
  <Call class="org.eclipse.jetty.security.Constraint" name="from"><Arg><Array type="java.lang.String">
    ${roles.map(role => `<Item>${role}</Item>`).join('')}
  </Array></Arg></Call></Arg></Call>`

const SECURITY = configure(`
  <New id="jaasLoginService" class="org.eclipse.jetty.security.jaas.JAASLoginService">
    <Set name="name">ActiveMQRealm</Set><Set name="loginModuleName">activemq</Set>
  </New>
  <Call name="insertHandler"><Arg><New class="org.eclipse.jetty.server.handler.InetAccessHandler">
    <Set name="handler"><New id="consoleSecurityHandler" class="org.eclipse.jetty.security.SecurityHandler$PathMapped">
      <Set name="loginService"><Ref refid="jaasLoginService"/></Set>
      <Set name="authenticator"><New class="org.eclipse.jetty.security.authentication.BasicAuthenticator"/></Set>
      ${put('/admin/*', ['admins'])}${put('/api/jolokia/*', ['admins'])}${put('/*', ['users', 'admins'])}
    </New></Set>
    <Call name="include"><Arg><Array type="java.lang.String"><Item>127.0.0.1</Item><Item>::1</Item></Array></Arg></Call>
  </New></Arg></Call>`)

const CONF_63 = {
  'jetty-spring.xml': SPRING,
  'jetty-spring.properties': SETTINGS,
  'jetty/jetty.xml': configure(''),
  'jetty/jetty-http.xml': configure(''),
  'jetty/jetty-ssl.xml': configure(''),
  'jetty/jetty-dos.xml': configure(''),
  'jetty/jetty-security.xml': SECURITY,
  'login.config': 'activemq { };',
}
const IMPORT_63 = '<import resource="jetty-spring.xml"/>'

test('W-11: the directory and the properties of 6.3 give address, login, roles, addresses and rate', async t => {
  const result = await loadJetty({}, { imports: IMPORT_63, files: CONF_63 })
  t.deepEqual(stops(result), [])
  t.like(result.config?.http, { host: '127.0.0.1', port: 8161 })
  const web = result.config?.http?.web
  t.like(web, { plain: true, secure: [], requestsPerSecond: 100 })
  t.like(web?.login, { kind: 'jaas', realm: 'activemq' })
  t.deepEqual(web?.constraints, [
    { pathSpec: '/admin/*', authenticate: true, roles: ['admins'] },
    { pathSpec: '/api/jolokia/*', authenticate: true, roles: ['admins'] },
    { pathSpec: '/*', authenticate: true, roles: ['users', 'admins'] },
  ])
  t.deepEqual(web?.inet, { include: ['127.0.0.1', '::1'], exclude: [] })
  const told = { 'jetty.http.host': '0.0.0.0', 'jetty.http.port': '9000', httpsEnabled: 'true', httpEnabled: 'false' }
  const tls = (await loadJetty({}, { imports: IMPORT_63, files: CONF_63, properties: told })).config?.http
  t.like(tls, { host: '0.0.0.0', port: 9000 })
  t.is(tls?.web?.plain, false)
  const asked = { ...told, 'tandemmq.http': '127.0.0.1:0' }
  const both = (await loadJetty({}, { imports: IMPORT_63, files: CONF_63, properties: asked })).config?.http?.web
  t.deepEqual([both?.plain, both?.secure.length], [true, 1])
  t.like(tls?.web?.secure[0], { host: '127.0.0.1', port: 8443, keyStorePassword: 'password', keyStoreType: 'pkcs12' })
})

test('W-11: what protects in Jetty’s own dialect and cannot be read is refused', async t => {
  const cases: Readonly<Record<string, string>> = {
    constraint: SECURITY.replace('name="from"', 'name="forbid"'),
    roles: SECURITY.replace('<Item>admins</Item>', '<Item><Property name="role"/></Item>'),
    service: SECURITY.replace('jaas.JAASLoginService', 'ldap.LDAPLoginService'),
    authenticator: SECURITY.replace('BasicAuthenticator', 'FormAuthenticator'),
    address: SECURITY.replace('<Item>127.0.0.1</Item>', '<Item>127.0.0.1|/admin/*</Item>'),
    call: SECURITY.replace('name="include"', 'name="includeConnector"'),
  }
  for (const [what, text] of Object.entries(cases)) {
    const result = await loadJetty({}, { imports: IMPORT_63, files: { ...CONF_63, 'jetty/jetty-security.xml': text } })
    t.deepEqual([...new Set(codes(result, 'refuse'))], ['CONFIG_PROTECTION'], what)
  }
  const { 'jetty/jetty-security.xml': _, ...missing } = CONF_63
  t.deepEqual(codes(await loadJetty({}, { imports: IMPORT_63, files: missing }), 'error'), ['CONFIG_NOT_FOUND'])
  const { 'jetty-spring.properties': __, ...unset } = CONF_63
  t.deepEqual(codes(await loadJetty({}, { imports: IMPORT_63, files: unset }), 'error'), ['CONFIG_PROPERTIES_FILE'])
})

test('C-10: validate says what a stricter access policy refuses of the tools that ask', async t => {
  const said = async (access: string): Promise<string> => {
    const files = { 'activemq.xml': beans(broker('', STOMP)), 'jolokia-access.xml': access }
    const file = join(directoryWith(files), 'activemq.xml')
    const reading = await readConfig(file, { properties: {}, env: {}, cwd: '/' })
    return advice(reading)
      .map(({ message }) => message)
      .join()
  }
  t.regex(await said(ACCESS), /refuses who sends no Origin: KEDA/)
  t.regex(await said(ACCESS.replace('<commands>', '<http><method>post</method></http><commands>')), /refuses GET/)
  t.is(await said(ACCESS.replace('<strict-checking/>', '')), '')
})

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { tlsFile } from '../contract/tls.ts'
import { call } from './terminal.ts'

/**
 * Whatever protects and cannot be honoured stops the start: exit code 2, the place, no password, no port
 * (semantics SE-11, TL-02).
 */
interface Case {
  readonly plugins?: string
  /** Attributes of <sslContext>; null: no such element. */
  readonly ssl?: string | null
  readonly scheme?: string
  readonly options?: string
  readonly attributes?: string
  readonly beans?: string
  readonly connectorBody?: string
  /** Files beside activemq.xml. */
  readonly files?: Readonly<Record<string, string>>
  /** Text in activemq.xml on whose line the finding must be; with `file`, in that file. */
  readonly at: string
  readonly file?: string
  /** What the message must name. */
  readonly names: RegExp
}

const SECRET = 'sw0rdf1sh'
const KEY = `keyStore="${tlsFile('server-keytool.p12')}" keyStoreType="PKCS12" keyStorePassword="store-secret"`
const TRUST = `trustStore="${tlsFile('trust-keytool.p12')}" trustStoreType="PKCS12" trustStorePassword="store-secret"`
const SIMPLE = `<simpleAuthenticationPlugin><users><authenticationUser username="u" password="${SECRET}" groups="g"/></users></simpleAuthenticationPlugin>`
const JAAS = '<jaasAuthenticationPlugin configuration="r"/>'
const module_ = (name: string, options = ''): Readonly<Record<string, string>> => ({
  'login.config': `r {\n  ${name} required\n    ${options};\n};\n`,
  'users.properties': `u=${SECRET}\n`,
  'groups.properties': 'g=u\n',
})
const PROPERTIES = 'org.apache.activemq.jaas.PropertiesLoginModule'
const FILES =
  'org.apache.activemq.jaas.properties.user="users.properties" org.apache.activemq.jaas.properties.group="groups.properties"'

const CASES: Readonly<Record<string, Case>> = {
  'a shiro plugin': {
    plugins: `<bean xmlns="http://www.springframework.org/schema/beans" id="shiro" class="org.apache.activemq.shiro.ShiroPlugin"><property name="iniConfig" value="${SECRET}"/></bean>`,
    at: 'ShiroPlugin',
    names: /[Ss]hiro/,
  },
  'a plugin that is a Java class of your own': {
    plugins: `<bean xmlns="http://www.springframework.org/schema/beans" id="own" class="com.example.AuditPlugin"/>`,
    at: 'AuditPlugin',
    names: /com\.example\.AuditPlugin/,
  },
  'a plugin nobody knows': { plugins: '<shieldPlugin/>', at: 'shieldPlugin', names: /shieldPlugin/ },
  'a misspelt plugin': {
    plugins: `<simpleAuthenticatonPlugin/>`,
    at: 'simpleAuthenticatonPlugin',
    names: /simpleAuthenticationPlugin/,
  },
  'two authentication plugins': {
    plugins: `${SIMPLE}\n<simpleAuthenticationPlugin anonymousAccessAllowed="true"/>`,
    at: 'anonymousAccessAllowed',
    names: /two authentication plugins/,
  },
  'users given as Java maps': {
    plugins: `<simpleAuthenticationPlugin userPasswords="#map"/>`,
    at: 'userPasswords',
    names: /userPasswords/,
  },
  'authorization without authentication': {
    plugins: '<authorizationPlugin><map><authorizationMap/></map></authorizationPlugin>',
    at: 'authorizationPlugin',
    names: /authentication/,
  },
  'access rights in LDAP': {
    plugins: `${SIMPLE}\n<authorizationPlugin><map>\n<cachedLDAPAuthorizationMap connectionPassword="${SECRET}"/></map></authorizationPlugin>`,
    at: 'cachedLDAPAuthorizationMap',
    names: /LDAP/,
  },
  'access rights by a Java class': {
    plugins: `${SIMPLE}\n<authorizationPlugin><map><authorizationMap groupClass="com.example.Group"/></map></authorizationPlugin>`,
    at: 'groupClass',
    names: /groupClass/,
  },
  'an authorizationEntry that names no destination': {
    plugins: `${SIMPLE}\n<authorizationPlugin><map><authorizationMap><authorizationEntries>\n<authorizationEntry read="g"/></authorizationEntries></authorizationMap></map></authorizationPlugin>`,
    at: '<authorizationEntry read',
    names: /queue/,
  },
  'a misspelt access right': {
    plugins: `${SIMPLE}\n<authorizationPlugin><map><authorizationMap><authorizationEntries>\n<authorizationEntry queue="a" raed="g"/></authorizationEntries></authorizationMap></map></authorizationPlugin>`,
    at: 'raed',
    names: /raed/,
  },
  'a message authorization policy': {
    connectorBody:
      '<messageAuthorizationPolicy>\n<bean xmlns="http://www.springframework.org/schema/beans" class="com.example.Policy"/></messageAuthorizationPolicy>',
    at: 'messageAuthorizationPolicy',
    names: /messageAuthorizationPolicy|may see/,
  },
  'JAAS without login.config': { plugins: JAAS, at: 'jaasAuthenticationPlugin', names: /login\.config/ },
  'a realm that login.config lacks': {
    plugins: '<jaasAuthenticationPlugin configuration="other"/>',
    files: module_(PROPERTIES, FILES),
    at: 'jaasAuthenticationPlugin',
    names: /other/,
  },
  'an LDAP login module': {
    plugins: JAAS,
    files: module_('org.apache.activemq.jaas.LDAPLoginModule', `connectionPassword="${SECRET}"`),
    file: 'login.config',
    at: 'LDAPLoginModule',
    names: /LDAPLoginModule/,
  },
  'a login module of your own': {
    plugins: JAAS,
    files: module_('com.example.Login', `password="${SECRET}"`),
    file: 'login.config',
    at: 'com.example.Login',
    names: /com\.example\.Login/,
  },
  'a users file that is missing': {
    plugins: JAAS,
    files: { ...module_(PROPERTIES, FILES.replace('users.properties', 'nobody.properties')) },
    file: 'login.config',
    at: 'PropertiesLoginModule',
    names: /nobody\.properties/,
  },
  'a login.config that cannot be parsed': {
    plugins: JAAS,
    files: { 'login.config': `r {\n  ${PROPERTIES} perhaps ${FILES};\n};\n` },
    file: 'login.config',
    at: 'perhaps',
    names: /perhaps|required/,
  },
  'a TLS connector without sslContext': { scheme: 'stomp+ssl', ssl: null, at: 'name="door"', names: /keyStore/ },
  'a key store that is missing': {
    scheme: 'stomp+ssl',
    ssl: `keyStore="/nowhere/broker.ks" keyStorePassword="${SECRET}"`,
    at: 'keyStore',
    names: /\/nowhere\/broker\.ks/,
  },
  'a wrong key store password': {
    scheme: 'stomp+ssl',
    ssl: KEY.replace('store-secret', SECRET),
    at: 'keyStore',
    names: /password/,
  },
  'a key store that is none': {
    scheme: 'stomp+ssl',
    ssl: `keyStore="users.properties" keyStorePassword="${SECRET}"`,
    files: { 'users.properties': 'a=b\n' },
    at: 'keyStore',
    names: /users\.properties/,
  },
  'a trust store where the key store should be': {
    scheme: 'stomp+ssl',
    ssl: KEY.replace('server-keytool', 'trust-keytool'),
    at: 'keyStore',
    names: /private key/,
  },
  'needClientAuth without a trust store': {
    scheme: 'stomp+ssl',
    options: '?needClientAuth=true',
    at: '<sslContext key|name="door"',
    names: /trustStore/,
  },
  'needClientAuth on a plain connector': {
    options: '?needClientAuth=true',
    ssl: `${KEY} ${TRUST}`,
    at: 'name="door"',
    names: /needClientAuth.*TLS/,
  },
  'needClientAuth misspelt': {
    scheme: 'stomp+ssl',
    options: '?needClientAuht=true',
    ssl: `${KEY} ${TRUST}`,
    at: 'name="door"',
    names: /needClientAuth/,
  },
  'needClientAuth in the wrong case': {
    scheme: 'stomp+ssl',
    options: '?transport.needclientauth=true',
    ssl: `${KEY} ${TRUST}`,
    at: 'name="door"',
    names: /needClientAuth/,
  },
  'needClientAuth that is neither true nor false': {
    scheme: 'stomp+ssl',
    options: '?needClientAuth=yes',
    ssl: `${KEY} ${TRUST}`,
    at: 'name="door"',
    names: /needClientAuth/,
  },
  verifyHostName: {
    scheme: 'stomp+ssl',
    options: '?transport.verifyHostName=true',
    ssl: `${KEY} ${TRUST}`,
    at: 'name="door"',
    names: /verifyHostName/,
  },
  'a TLS version that is none': {
    scheme: 'stomp+ssl',
    options: '?transport.enabledProtocols=TLSv1.4',
    at: 'name="door"',
    names: /TLSv1\.4/,
  },
  'a cipher suite that is none': {
    scheme: 'stomp+ssl',
    options: '?transport.enabledCipherSuites=TLS_WITH_HOPE',
    at: '<sslContext key|name="door"',
    names: /TLS_WITH_HOPE/,
  },
  'a revocation list that is missing': {
    scheme: 'stomp+ssl',
    ssl: `${KEY} ${TRUST} crlPath="/nowhere/list.crl"`,
    at: 'sslContext key',
    names: /\/nowhere\/list\.crl/,
  },
  'a Java trust manager': {
    scheme: 'stomp+ssl',
    ssl: `${KEY} trustManagers="#managers"`,
    at: 'trustManagers',
    names: /trustManagers/,
  },
  'a password nobody defined': {
    plugins: SIMPLE.replace(SECRET, '${not.defined}'),
    at: 'not.defined',
    names: /not\.defined/,
  },
}

function xml(one: Case): string {
  const {
    scheme = 'stomp',
    options = '',
    ssl = KEY,
    plugins = '',
    attributes = '',
    beans = '',
    connectorBody = '',
  } = one
  return `<beans xmlns="http://www.springframework.org/schema/beans">
  <bean class="org.springframework.beans.factory.config.PropertyPlaceholderConfigurer"/>
  ${beans}
  <broker xmlns="http://activemq.apache.org/schema/core" brokerName="guarded" dataDirectory="data" ${attributes}>
    <plugins>
      ${plugins}
    </plugins>
    ${ssl === null ? '' : `<sslContext>\n<sslContext ${ssl}/></sslContext>`}
    <transportConnectors>
      <transportConnector name="door" uri="${scheme}://127.0.0.1:0${options.replaceAll('&', '&amp;')}">${connectorBody}</transportConnector>
    </transportConnectors>
  </broker>
</beans>`.replace(/<plugins>\s*<\/plugins>/, '')
}

for (const [what, one] of Object.entries(CASES)) {
  test.serial(`SE-11, TL-02: ${what} stops the start with exit code 2 and its place`, async t => {
    const directory = mkdtempSync(join(tmpdir(), 'tandemmq-protection-'))
    t.teardown(() => rmSync(directory, { recursive: true, force: true }))
    writeFileSync(join(directory, 'activemq.xml'), xml(one))
    for (const [name, text] of Object.entries(one.files ?? {})) writeFileSync(join(directory, name), text)
    let stop = (): void => undefined
    const { code, out, err } = await call(['start', 'activemq.xml'], directory, {
      env: { TANDEMMQ_LOG: 'pretty' },
      onStop: asked => (stop = asked),
      ready: () => stop(), // it must not come to that, and then the exit code says so
    })
    t.is(code, 2, err)
    t.is(out, '')
    t.regex(err, one.names)
    const file = one.file ?? 'activemq.xml'
    const text = one.files?.[file] ?? xml(one)
    const wanted = one.at.split('|').map(needle => text.slice(0, text.indexOf(needle)).split('\n').length)
    const places = [...err.matchAll(new RegExp(`${file.replace('.', '\\.')}:(\\d+):(\\d+): `, 'g'))].map(found =>
      Number(found[1]),
    )
    t.true(
      wanted.some(line => places.includes(line)),
      `expected line ${wanted.join(' or ')} of ${file}: ${err}`,
    )
    t.false(err.includes(SECRET) || err.includes('store-secret'), `a password is in it: ${err}`)
    t.notRegex(err, /listens on/)
    t.notRegex(err, /\n {4}at /, 'no stack')
  })
}

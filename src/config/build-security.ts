import type { Position } from '../base/errors.ts'
import { filePath, type Site } from './site.ts'
import { checkOneDestination, entryDestination } from './build-policies.ts'
import { Fields } from './fields.ts'
import type {
  AclConfig,
  AuthenticationConfig,
  AuthorizationConfig,
  AuthorizationEntryConfig,
  SimpleAuthenticationConfig,
  TlsConfig,
} from './model.ts'
import type { ObjectNode } from './node.ts'

/** The one authentication plugin. Two of them would both have to agree in ActiveMQ, which is not served. */
export function buildAuthentication(plugins: readonly ObjectNode[], site: Site): AuthenticationConfig | null {
  const found = plugins.filter(({ name }) => /^(simple|jaas\w*)AuthenticationPlugin$/.test(name))
  const [plugin, second] = found
  if (plugin === undefined) return null
  if (second !== undefined) {
    const message = 'two authentication plugins: ActiveMQ asks both, which is not served'
    site.findings.refuse('CONFIG_PROTECTION', second.at, message, 'keep one of them')
  }
  return plugin.name === 'simpleAuthenticationPlugin' ? simple(plugin, site) : jaas(plugin, site)
}

function simple(plugin: ObjectNode, site: Site): SimpleAuthenticationConfig {
  const fields = new Fields(plugin, '/authentication', site.places)
  const users = fields
    .objects('users')
    .filter(({ name, failed }) => name === 'authenticationUser' && !failed.has('username'))
    .map((node, index) => {
      const user = new Fields(node, `/authentication/users/${index}`, site.places)
      const name = user.text('username')
      if (!user.given('username'))
        site.findings.error('CONFIG_VALUE', node.at, 'this authenticationUser has no username')
      return { name: name ?? '', password: user.text('password') ?? '', groups: user.list('groups'), at: node.at }
    })
  const seen = new Set<string>()
  for (const { name, at } of users) {
    if (seen.has(name))
      site.findings.warn('CONFIG_REPEATED', at, `the user "${name}" is given twice; the last one counts`)
    seen.add(name)
  }
  const anonymous = fields.boolean('anonymousAccessAllowed')
    ? { user: fields.text('anonymousUser') ?? 'anonymous', group: fields.text('anonymousGroup') ?? 'anonymous' }
    : null
  if (users.length === 0 && anonymous === null)
    site.findings.warn('CONFIG_OPEN', plugin.at, 'no user is configured, so nobody can log in')
  return {
    kind: 'simple',
    at: plugin.at,
    users: users.map(({ name, password, groups }) => ({ name, password, groups })),
    anonymous,
  }
}

/** On unless `-Dtandemmq.loginDelay=false`; another word for it must not turn it off. */
export function buildLoginDelay(at: Position, { outer, findings }: Site): boolean {
  const text = outer.overrides['loginDelay']?.trim() ?? 'true'
  if (text !== 'true' && text !== 'false')
    findings.error('CONFIG_PROPERTY', at, `-Dtandemmq.loginDelay="${text}" is none of true, false`)
  return text !== 'false'
}

/** The login configuration: the property ActiveMQ's start script sets, else login.config in the conf directory. */
function jaas(plugin: ObjectNode, site: Site): AuthenticationConfig {
  const { outer, findings, places } = site
  const fields = new Fields(plugin, '/authentication', places)
  const told = outer.system['java.security.auth.login.config']
  const loginConfig =
    told === undefined ? outer.resource('classpath:login.config', plugin.at.file) : filePath(told, site)
  if (!outer.sources.exists(loginConfig)) {
    const message = `<${plugin.name}> needs the login configuration ${loginConfig}, which does not exist`
    const hint = 'put login.config beside this file, or name it with -Djava.security.auth.login.config=…'
    findings.refuse('CONFIG_LOGIN', plugin.at, message, hint)
  }
  const common = { at: plugin.at, loginConfig, realm: fields.text('configuration') ?? 'activemq-domain' }
  if (plugin.name === 'jaasCertificateAuthenticationPlugin') return { kind: 'jaas-certificate', ...common }
  if (plugin.name === 'jaasDualAuthenticationPlugin')
    return { kind: 'jaas-dual', ...common, sslRealm: fields.text('sslConfiguration') ?? 'activemq-ssl-domain' }
  return { kind: 'jaas', ...common }
}

export function buildAuthorization(plugins: readonly ObjectNode[], site: Site): AuthorizationConfig | null {
  const found = plugins.filter(({ name }) => name === 'authorizationPlugin')
  const [plugin, second] = found
  if (plugin === undefined) return null
  if (second !== undefined)
    site.findings.refuse(
      'CONFIG_PROTECTION',
      second.at,
      'two authorization plugins are not served',
      'unite their entries',
    )
  const map = new Fields(plugin, '/authorization', site.places).object('map')
  if (map === null || map.name !== 'authorizationMap') {
    if (map === null) {
      const hint = 'write <authorizationPlugin><map><authorizationMap>…</authorizationMap></map></authorizationPlugin>'
      site.findings.error('CONFIG_MISPLACED', plugin.at, '<authorizationPlugin> holds no authorizationMap', hint)
    }
    return { at: plugin.at, entries: [], defaultEntry: null, temporary: null }
  }
  const fields = new Fields(map, '/authorization/map', site.places)
  const nodes = [...fields.objects('authorizationEntries'), ...fields.objects('entries')]
  const fallback = fields.object('defaultEntry')
  const temporary = fields.object('tempDestinationAuthorizationEntry')
  return {
    at: plugin.at,
    entries: nodes.flatMap((node, index) => entry(node, `/authorization/entries/${index}`, site)),
    defaultEntry: fallback === null ? null : acl(new Fields(fallback, '/authorization/defaultEntry', site.places)),
    temporary: temporary === null ? null : acl(new Fields(temporary, '/authorization/temporary', site.places)),
  }
}

function entry(node: ObjectNode, pointer: string, site: Site): readonly AuthorizationEntryConfig[] {
  const fields = new Fields(node, pointer, site.places)
  const destination = entryDestination(fields)
  checkOneDestination(node, site)
  if (destination === null) {
    if (['queue', 'topic', 'tempQueue', 'tempTopic'].some(name => fields.given(name))) return []
    const message = `this ${node.name} names no queue and no topic, so it grants nothing`
    site.findings.error('CONFIG_VALUE', node.at, message, 'give it queue="…" or topic="…"')
    return []
  }
  return [{ at: node.at, destination, ...acl(fields) }]
}

const acl = (fields: Fields): AclConfig => ({
  read: fields.list('read'),
  write: fields.list('write'),
  admin: fields.list('admin'),
})

/** `used`: some connection is by TLS. Else nothing about the stores can stop a start. */
export function buildTls(node: ObjectNode | null, used: boolean, site: Site): TlsConfig | null {
  if (node === null || node.name !== 'sslContext') return null
  const fields = new Fields(node, '/tls', site.places)
  return {
    at: node.at,
    keyStore: storePath(fields, 'keyStore', site),
    keyStoreType: storeType(fields, 'keyStoreType', used, site),
    keyStorePassword: fields.text('keyStorePassword'),
    keyStoreKeyPassword: fields.text('keyStoreKeyPassword'),
    trustStore: storePath(fields, 'trustStore', site),
    trustStoreType: storeType(fields, 'trustStoreType', used, site),
    trustStorePassword: fields.text('trustStorePassword'),
    crlPath: storePath(fields, 'crlPath', site),
  }
}

/** What security reads; the content of the file decides between them. */
const STORE_TYPES = ['jks', 'pkcs12', 'p12', 'pem']

/** A store of another type may be fine in a Java that has its provider; here it cannot be opened. */
function storeType(fields: Fields, name: string, used: boolean, { findings }: Site): string {
  const given = (fields.text(name) ?? 'jks').trim()
  const type = given.toLowerCase()
  if (STORE_TYPES.includes(type)) return type
  const message = `${name} "${given}" is not read; it is one of ${STORE_TYPES.join(', ')}`
  const hint = 'convert it: keytool -importkeystore -srckeystore OLD -destkeystore new.p12 -deststoretype PKCS12'
  if (used) findings.refuse('CONFIG_TLS', fields.at(name), message, hint)
  else findings.add('accept', 'CONFIG_NO_EFFECT', fields.at(name), `${message}; no connection uses TLS`)
  return 'jks'
}

/** A URL, a path from the working directory, or one from the conf directory, which was on Java's class path. */
function storePath(fields: Fields, name: string, site: Site): string | null {
  const { sources } = site.outer
  const text = fields.text(name)?.trim()
  if (text === undefined || text === '') return null
  const direct = /^classpath/i.test(text) ? site.outer.resource(text, fields.at(name).file) : filePath(text, site)
  if (sources.exists(direct) || /^(file|classpath):/i.test(text)) return direct
  const onClassPath = site.outer.resource(`classpath:${text}`, fields.at(name).file)
  return sources.exists(onClassPath) ? onClassPath : direct
}

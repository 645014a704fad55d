import { readFileSync, writeFileSync } from 'node:fs'
import { request as requestByTls, type RequestOptions } from 'node:https'
import { connect } from 'node:net'
import { join, resolve } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { loadConfig, type HttpConfig } from '../../src/config/config.ts'
import { checkStart, startServer } from '../../src/server/server.ts'
import { freeFailuresMax } from '../../src/security/login-guard.ts'
import { openWeb } from '../../src/server/web.ts'
import { silentLog } from '../../src/base/log.ts'
import { ACCESS, JAAS, jettyXml, REALM, secureConnector, type JettyParts } from '../config/jetty-files.ts'
import { temporary } from '../temporary.ts'
import { eventually } from './twins.ts'
import { brokerXml, Client, World } from './world.ts'

interface Site {
  readonly world: World
  readonly url: string
  readonly write: (name: string, text: string) => void
  /** Status of HTTP, and the text. */
  readonly get: (
    path: string,
    login?: string,
    headers?: Record<string, string>,
  ) => Promise<{ status: number; text: string }>
}

const B = 'org.apache.activemq:type=Broker,brokerName=test'
const SLAVE = `/api/jolokia/read/${B}/Slave`
const GC = `/api/jolokia/exec/${B}/resetStatistics()`

/** A broker of this process with jetty.xml, and files beside it. */
async function site(
  t: ExecutionContext,
  jetty: JettyParts,
  files: Record<string, string> = {},
  properties = {},
): Promise<Site> {
  const world = new World()
  t.teardown(() => world.end())
  const write = (name: string, text: string): void => writeFileSync(join(world.directory, name), text)
  write('jetty.xml', jettyXml({ port: '0', ...jetty }))
  write('jetty-realm.properties', REALM)
  for (const [name, text] of Object.entries(files)) write(name, text)
  const xml = brokerXml({ attributes: 'persistent="false"' }).replace(
    '</beans>',
    '<import resource="jetty.xml"/></beans>',
  )
  await world.start(xml, {
    properties: { 'tandemmq.http': '127.0.0.1:0', 'activemq.conf': world.directory, ...properties },
  })
  const url = `http://${world.running.http ?? ''}`
  const get: Site['get'] = async (path, login, headers = {}) => {
    const authorization = login === undefined ? {} : { authorization: `Basic ${Buffer.from(login).toString('base64')}` }
    const response = await fetch(url + path, { headers: { ...authorization, ...headers } })
    return { status: response.status, text: await response.text() }
  }
  return { world, url, write, get }
}

const USERS = {
  'login.config': `activemq { org.apache.activemq.jaas.PropertiesLoginModule required
    org.apache.activemq.jaas.properties.user="users.properties"
    org.apache.activemq.jaas.properties.group="groups.properties" reload=true; };`,
  'users.properties': 'admin=first\nann=secret\n',
  'groups.properties': 'admins=admin\nusers=ann\n',
}

test('W-05, W-07: with a JAASLoginService the groups of groups.properties are the roles', async t => {
  const { get } = await site(t, { login: JAAS, roles: 'users,admins' }, USERS)
  t.is((await get(SLAVE)).status, 401)
  t.is((await get(SLAVE, 'admin:admin')).status, 401)
  t.regex((await get(SLAVE, 'ann:secret')).text, /"value":false/)
  t.regex((await get(GC, 'ann:secret')).text, /forbidden for MBean .*: the role admin is needed","status":403/)
  t.regex((await get(GC, 'admin:first')).text, /"value":null/)
})

test('W-05: who guesses passwords waits, whoever was right before from there does not, and the metrics count them', async t => {
  const { get, world } = await site(t, {})
  t.is((await get(SLAVE, 'user:user')).status, 200)
  for (let i = 0; i < freeFailuresMax; i++) t.is((await get(SLAVE, `admin:guess-${i}`)).status, 401)
  const order: string[] = []
  const asked = async (name: string, login?: string): Promise<void> => {
    const { status } = await get(login === undefined ? '/health/live' : SLAVE, login)
    order.push(`${name} ${status}`)
  }
  await Promise.all([asked('wrong', 'admin:guess-again'), asked('known', 'user:user').then(() => asked('health'))])
  t.deepEqual(order, ['known 200', 'health 200', 'wrong 401'])
  t.is((await get(SLAVE, 'admin:admin')).status, 200, 'a right one is let in, after a wait')
  const { text } = await get('/metrics', 'user:user')
  t.regex(text, new RegExp(`^tandemmq_failed_logins_total\\{interface="http"\\} ${freeFailuresMax + 1}$`, 'm'))
  t.regex(text, /^tandemmq_delayed_logins_total\{interface="http"\} 2$/m)
  t.is(world.lines.filter(line => line.includes('logins from there wait')).length, 1)
  t.notRegex(world.lines.join('\n'), /guess-/)
})

test('W-05: requests that come behind a login that waits, on the same connection, are no further guesses', async t => {
  const { get, world } = await site(t, {})
  for (let i = 0; i < freeFailuresMax; i++) t.is((await get(SLAVE, `admin:guess-${i}`)).status, 401)
  const [host = '', port = ''] = (world.running.http ?? '').split(':')
  const client = new Client(connect({ host, port: Number(port) }))
  const ask = (login: string): string =>
    `GET ${SLAVE} HTTP/1.1\r\nhost: ${host}\r\nauthorization: Basic ${Buffer.from(login).toString('base64')}\r\n\r\n`
  client.raw([...Array.from({ length: 20 }, (_, i) => `admin:behind-${i}`), 'admin:admin'].map(ask).join(''))
  await eventually('it ends', () => client.socket.closed)
  const statuses = [...client.received.toString().matchAll(/^HTTP\/1\.1 (\d+) /gm)].map(([, status]) => status)
  t.deepEqual(statuses, ['401', '429'], 'the connection ends behind the second')
  const { text } = await get('/metrics', 'admin:admin')
  t.regex(text, new RegExp(`^tandemmq_failed_logins_total\\{interface="http"\\} ${freeFailuresMax + 1}$`, 'm'))
})

test('C-15: a reload puts other users of the realm in force', async t => {
  const { world, get, write } = await site(t, {})
  t.is((await get(SLAVE, 'admin:admin')).status, 200)
  write('jetty-realm.properties', 'admin: other, admin\n')
  t.is((await get(SLAVE, 'admin:admin')).status, 200, 'HashLoginService reads its file once')
  const file = join(world.directory, 'activemq.xml')
  const properties = {
    'activemq.data': join(world.directory, 'data'),
    'activemq.conf': world.directory,
    'tandemmq.http': '127.0.0.1:0',
  }
  const { config } = await loadConfig(file, { properties, env: {}, cwd: world.directory })
  if (config === null) throw new Error('the file cannot be read any more')
  world.running.reload(config)
  t.is((await get(SLAVE, 'admin:admin')).status, 401)
  t.is((await get(SLAVE, 'admin:other')).status, 200)
})

test('JA-05, JA-06: a jolokia-access.xml is in force to the letter, and the log says which', async t => {
  const deny =
    '<mbean><name>org.apache.activemq:*</name><operation>reset*</operation><attribute mode="read">VMURL</attribute></mbean>'
  const { get, world } = await site(t, {}, { 'jolokia-access.xml': ACCESS.replace('<deny>', `<deny>${deny}`) })
  t.true(
    world.lines.some(
      line => line.includes('what may be asked of /api/jolokia: ') && line.includes('jolokia-access.xml'),
    ),
  )
  const origin = { origin: 'http://localhost' }
  t.regex((await get(SLAVE, 'admin:admin')).text, /Origin null is not allowed to call this agent","status":403/)
  t.regex((await get(SLAVE, 'admin:admin', origin)).text, /"value":false/)
  t.regex((await get(GC, 'admin:admin', origin)).text, /Operation resetStatistics\(\) forbidden for MBean/)
  t.regex(
    (await get(SLAVE.replace('Slave', 'VMURL'), 'admin:admin', origin)).text,
    /Reading attribute VMURL is forbidden for MBean/,
  )
  t.regex((await get(`/api/jolokia/exec/${B}/addQueue/q`, 'admin:admin', origin)).text, /"status":200/)
  t.regex((await get('/api/jolokia/read/java.lang:type=Runtime/Uptime', 'admin:admin', origin)).text, /"status":200/)
  t.is(world.lines.filter(line => /Jolokia, policy .*resetStatistics.* forbidden/.test(line)).length, 1)
})

test('JA-06: -Dtandemmq.jolokia.policy=off serves no Jolokia, and the pair and health all the same', async t => {
  const { get } = await site(t, {}, {}, { 'tandemmq.jolokia.policy': 'off' })
  t.is((await get(SLAVE, 'admin:admin')).status, 404)
  t.is((await get('/health/ready')).status, 200)
})

test('JA-04: with hardened nobody from elsewhere is answered at all, unless jetty.xml has a list of its own', async t => {
  const http = async (properties: Record<string, string>): Promise<HttpConfig | null | undefined> => {
    const file = join(temporary('web'), 'activemq.xml')
    writeFileSync(file, brokerXml())
    return (await loadConfig(file, { properties, env: {}, cwd: '/' })).config?.http
  }
  const host = { properties: {}, environment: {}, log: silentLog }
  const hardened = openWeb((await http({ 'tandemmq.jolokia.policy': 'hardened' })) ?? null, host)
  t.deepEqual(hardened?.access.inet, { include: ['127.0.0.0/8', '::1'], exclude: [] })
  t.is(openWeb((await http({})) ?? null, host)?.access.inet, null)
})

test('D-01: changes are lines of the log, operations lines of audit.log, and no body or password is in either', async t => {
  const { get, world } = await site(t, {}, {}, { 'org.apache.activemq.audit': 'true' })
  const queue = `${B},destinationType=Queue,destinationName=q`
  const actor = { 'x-tandemmq-actor': 'ann@desk monitor' }
  await get(`/api/jolokia/exec/${B}/addQueue/q`, 'admin:admin', actor)
  await get(
    `/api/jolokia/exec/${queue}/sendTextMessage(java.lang.String,java.lang.String,java.lang.String)/hidden-body/admin/hidden-word`,
    'admin:admin',
  )
  await get(`/api/jolokia/exec/${queue}/browse()`, 'admin:admin')
  await get(SLAVE, 'admin:admin')
  const forged = encodeURIComponent('a\n2026-01-01T00:00:00Z | INFO | forged')
  await get(`/api/jolokia/exec/${B}/addQueue/${forged}`, 'admin:admin')
  await get(
    `/api/jolokia/exec/${B},destinationType=Queue,destinationName=${forged.replace(/%3A/g, '_')}/purge()`,
    'admin:admin',
  )
  const file = readFileSync(join(world.directory, 'data/audit.log'), 'utf8')
  t.regex(
    file,
    /\| INFO \| admin requested addQueue \[q\] on org.apache.activemq:brokerName=test,type=Broker from 127.0.0.1:\d+ \(ann@desk monitor\) at /,
  )
  t.regex(file, /admin requested browse \[\]/)
  t.notRegex(file, /Slave/)
  t.regex(file, /requested purge .*forged/)
  t.notRegex(file, /^2026-01-01T00/m, 'the name of a queue is no line of its own')
  const log = world.lines.join('\n')
  t.regex(log, /INFO admin requested addQueue \[q\]/)
  t.notRegex(log, /browse/)
  t.notRegex(file + log, /hidden/)
})

test('W-04: where jetty.xml demands a certificate, nobody without one is answered', async t => {
  const stores = resolve('fixtures/tls')
  const more = `<property name="trustStorePath" value="${stores}/trust-keytool.p12"/><property name="trustStoreType" value="pkcs12"/>
    <property name="trustStorePassword" value="store-secret"/><property name="needClientAuth" value="true"/>`
  const { world } = await site(t, { connectors: secureConnector(`${stores}/server-keytool.p12`, '0', more) })
  const port = Number(/https:\/\/127\.0\.0\.1:(\d+)/.exec(world.lines.join('\n'))?.[1])
  const ask = (options: RequestOptions): Promise<number | string> =>
    new Promise(done => {
      requestByTls(
        { host: '127.0.0.1', port, path: '/health/live', ca: readFileSync(`${stores}/ca.pem`), ...options },
        response => done(response.resume().statusCode ?? 0),
      )
        .on('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message))
        .end()
    })
  const pem = (name: string): { key: Buffer; cert: Buffer } => ({
    key: readFileSync(`${stores}/${name}.pem`),
    cert: readFileSync(`${stores}/${name}.pem`),
  })
  t.is(await ask(pem('client')), 200)
  t.not(await ask({}), 200)
  t.not(await ask(pem('stranger')), 200)
})

test('what protects and fails stops the start before a port is opened', async t => {
  const world = new World()
  t.teardown(() => world.end())
  writeFileSync(join(world.directory, 'jetty.xml'), jettyXml({ port: '0' }))
  writeFileSync(join(world.directory, 'jetty-realm.properties'), 'admin: MD5:zz, admin\n')
  const xml = brokerXml().replace('</beans>', '<import resource="jetty.xml"/></beans>')
  const file = join(world.directory, 'activemq.xml')
  writeFileSync(file, xml)
  const properties = { 'activemq.data': join(world.directory, 'data'), 'activemq.conf': world.directory }
  const { config } = await loadConfig(file, { properties, env: {}, cwd: world.directory })
  if (config === null) throw new Error('not even the configuration')
  await t.throwsAsync(startServer(config, { log: silentLog, properties, environment: {} }), {
    code: 'AUTH_FILE_INVALID',
  })
})

test('W-13: a check says that the shipped passwords still open an address that others reach, and not on the loopback', async t => {
  const check = async (host: string): Promise<string> => {
    const world = new World()
    t.teardown(() => world.end())
    writeFileSync(join(world.directory, 'jetty.xml'), jettyXml({ host }))
    writeFileSync(join(world.directory, 'jetty-realm.properties'), REALM)
    const file = join(world.directory, 'activemq.xml')
    writeFileSync(file, brokerXml().replace('</beans>', '<import resource="jetty.xml"/></beans>'))
    const properties = { 'activemq.data': join(world.directory, 'data'), 'activemq.conf': world.directory }
    const { config } = await loadConfig(file, { properties, env: {}, cwd: world.directory })
    if (config === null) throw new Error('not even the configuration')
    return checkStart(config, { properties, environment: {} })
      .map(({ message }) => message)
      .join()
  }
  t.regex(
    await check('0.0.0.0'),
    /the user "admin" of the HTTP interface still has the password of ActiveMQ's examples/,
  )
  t.is(await check('127.0.0.1'), '')
})

test('P-06: with useJmx="false" and an address, the broker has no beans, and the pair and health are shown', async t => {
  const world = new World()
  t.teardown(() => world.end())
  const xml = brokerXml({ attributes: 'persistent="false" useJmx="false"' })
  await world.start(xml, { properties: { 'tandemmq.http': '127.0.0.1:0' } })
  const get = async (path: string): Promise<string> => (await fetch(`http://${world.running.http ?? ''}${path}`)).text()
  t.regex(await get('/api/jolokia/search/org.apache.activemq:*'), /"value":\[\]/)
  t.regex(await get(SLAVE), /InstanceNotFoundException.*"status":404/)
  t.regex(await get('/api/pair'), /"role":"active"/)
  t.regex(await get('/health/ready'), /"status":"ok"/)
})

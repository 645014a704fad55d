import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import test from 'ava'
import { tlsFile } from '../contract/tls.ts'
import { about, ACTIVE_PORT, check, pairFiles, PASSIVE_PORT, tandemmq, type Parts } from './pair.ts'

const SECRET = 'sw0rdf1sh'
const users = (...names: readonly string[]): string =>
  names.map(name => `<authenticationUser username="${name}" password="${SECRET}" groups="${name}s"/>`).join('')
const simple = (inside: string, attributes = ''): string =>
  `<simpleAuthenticationPlugin ${attributes}><users>${inside}</users></simpleAuthenticationPlugin>`
const acl = (...entries: readonly string[]): string =>
  `<authorizationPlugin><map><authorizationMap><authorizationEntries>${entries.join('')}</authorizationEntries></authorizationMap></map></authorizationPlugin>`
const grant = (what: string, group: string): string =>
  `<authorizationEntry ${what} read="${group}" write="${group}" admin="${group}"/>`
const plugins = (...all: readonly string[]): string => `<plugins>${all.join('')}</plugins>`
const LOGIN = `userName="twin" password="${SECRET}"`

test('replication: a plain pair works, every place is named, and the exit code says so', async t => {
  const checked = await check(pairFiles(t))
  t.is(checked.code, 0)
  t.is(checked.verdict, 'These two make a working pair.')
  t.regex(about(checked, 'address'), /^ok tcp:\/\/127\.0\.0\.1:61714 is connector "c0" of "alpha"/)
  t.regex(about(checked, 'attach'), /^ok "alpha" lets its passive in without a login/)
  t.regex(about(checked, 'fail-back'), /^ok after a take-over "alpha" comes back to connector "c0" of "beta"/)
  const [address] = checked.answers.filter(({ topic }) => topic === 'address')
  t.like(address?.active, { line: 7 })
  t.like(address?.passive, { line: 5 })
})

/** What is different in the two files, and what must be said. */
interface Case {
  readonly active?: Parts
  readonly passive?: Parts
  readonly args?: readonly string[]
  readonly topic: Parameters<typeof about>[1]
  readonly says: RegExp
  /** By default it is an error, and the exit code 1. */
  readonly works?: true
}

const CASES: Readonly<Record<string, Case>> = {
  'config 4: named the other way round': {
    active: { names: `tcp://127.0.0.1:${PASSIVE_PORT}` },
    passive: { names: null },
    topic: 'roles',
    says: /^error you named them the other way round: "alpha" is the passive of "beta" → tandemmq pair check .*passive\.xml .*active\.xml$/,
  },
  'config 4: nobody names an active': {
    passive: { names: null },
    topic: 'roles',
    says: /^error neither file names an active/,
  },
  'both name the other: on their first start nobody leads': {
    active: { names: `tcp://127.0.0.1:${PASSIVE_PORT}` },
    topic: 'roles',
    says: /^error each names the other, .* nobody leads → remove it from .*active\.xml/,
  },
  'both name the other, and the active may start alone': {
    active: { names: `tcp://127.0.0.1:${PASSIVE_PORT}` },
    args: ['--active-property', 'tandemmq.pair.startAlone=true'],
    topic: 'roles',
    says: /^warning each names the other/,
    works: true,
  },
  'config 4.6: a port where nothing listens': {
    passive: { names: 'tcp://127.0.0.1:61799' },
    topic: 'address',
    says: /^error tcp:\/\/127\.0\.0\.1:61799 reaches no connector of "alpha": no connector has port 61799 → name tcp:\/\/127\.0\.0\.1:61714$/,
  },
  'an address beyond a connector on loopback': {
    passive: { names: `tcp://10.0.0.1:${ACTIVE_PORT}` },
    topic: 'address',
    says: /^error .* listens on 127\.0\.0\.1: its own machine only → let "c0" listen on 0\.0\.0\.0/,
  },
  'another address of another machine': {
    active: { connectors: [`stomp://10.0.0.2:${ACTIVE_PORT}`] },
    passive: { names: `tcp://10.0.0.1:${ACTIVE_PORT}`, connectors: [`stomp://10.0.0.3:${PASSIVE_PORT}`] },
    topic: 'address',
    says: /^error .* listens on 10\.0\.0\.2: 10\.0\.0\.2 only/,
  },
  'a host name that is not resolved here': {
    active: { connectors: [`stomp://10.0.0.2:${ACTIVE_PORT}`] },
    passive: { names: `tcp://alpha.example:${ACTIVE_PORT}`, connectors: [`stomp://10.0.0.3:${PASSIVE_PORT}`] },
    topic: 'address',
    says: /^warning .* if alpha\.example is 10\.0\.0\.2: host names are not resolved here → .*ping alpha\.example/,
    works: true,
  },
  'an address that only -Dtandemmq.pair.announce knows': {
    active: { connectors: [`stomp://172.17.0.2:${ACTIVE_PORT}`] },
    passive: { names: 'tcp://10.0.0.1:7000', connectors: [`stomp://10.0.0.3:${PASSIVE_PORT}`] },
    args: ['--active-property', 'tandemmq.pair.announce=tcp://10.0.0.1:7000'],
    topic: 'address',
    says: /^note .* as -Dtandemmq\.pair\.announce says/,
    works: true,
  },
  'a connector with WebSocket': {
    active: { connectors: [`ws://127.0.0.1:${ACTIVE_PORT}`] },
    topic: 'address',
    says: /^error .* speaks WebSocket/,
  },
  'a connector that is not opened here': {
    active: { connectors: ['stomp://127.0.0.1:61700', `amqp://127.0.0.1:${ACTIVE_PORT}`] },
    topic: 'address',
    says: /^error .* port 61714 belongs to a connector for amqp, which is not opened here → name tcp:\/\/127\.0\.0\.1:61700/,
  },
  'VER-06: a connector that waits for its start': {
    active: { connectors: ['stomp://127.0.0.1:61700', `stomp://127.0.0.1:${ACTIVE_PORT}`], waits: 1 },
    topic: 'address',
    says: /^error .* port 61714 belongs to a connector for stomp with autoStart="false", which opens later → name tcp:\/\/127\.0\.0\.1:61700/,
  },
  'one good address of a list is enough': {
    passive: { names: `failover:(tcp://127.0.0.1:61799,tcp://127.0.0.1:${ACTIVE_PORT})` },
    topic: 'address',
    says: /^warning tcp:\/\/127\.0\.0\.1:61799 reaches no connector .*the other address is used instead.*\nok tcp:\/\/127\.0\.0\.1:61714/,
    works: true,
  },
  'SE-02: a wrong password': {
    active: { body: plugins(simple(users('twin'))) },
    passive: { login: 'userName="twin" password="other"', body: plugins(simple(users('twin'))) },
    topic: 'attach',
    says: /^error "alpha" would refuse its passive: User name \[twin\] or password is invalid\. → the password of twin in .*active\.xml is another one$/,
  },
  'SE-02: an unknown user': {
    active: { body: plugins(simple(users('app'))) },
    passive: { login: LOGIN, body: plugins(simple(users('app'))) },
    topic: 'attach',
    says: /^error .*User name \[twin\].* → .*active\.xml has no user twin: add <authenticationUser username="twin"/,
  },
  'no login where one is asked for': {
    active: { body: plugins(simple(users('twin'))) },
    passive: { body: plugins(simple(users('twin'))) },
    topic: 'attach',
    says: /^error .*User name \[null\] or password is invalid\. → give it a login: <services>/,
  },
  'replication.md rule 10: anonymous access is no right to copy': {
    active: { body: plugins(simple(users('twin'), 'anonymousAccessAllowed="true"')) },
    passive: { body: plugins(simple(users('twin'), 'anonymousAccessAllowed="true"')) },
    topic: 'attach',
    says: /^error .*not authorized to replicate.* → give it a login: .*; and start both with -Dtandemmq\.pair\.replicators=USER/,
  },
  'replication.md rule 10: read and write on everything is no right to copy': {
    active: { body: plugins(simple(users('twin')), acl(grant('queue="&gt;"', 'twins'))) },
    passive: { login: LOGIN, body: plugins(simple(users('twin')), acl(grant('queue="&gt;"', 'twins'))) },
    topic: 'attach',
    says: /^error .*User twin is not authorized to replicate.* → start both with -Dtandemmq\.pair\.replicators=twin, or give a group/,
  },
  'replication.md rule 10: admin on both wildcards is': {
    active: {
      body: plugins(simple(users('twin')), acl(grant('queue="&gt;"', 'twins'), grant('topic="&gt;"', 'twins'))),
    },
    passive: {
      login: LOGIN,
      body: plugins(simple(users('twin')), acl(grant('topic="&gt;"', 'twins'), grant('queue="&gt;"', 'twins'))),
    },
    topic: 'attach',
    says: /^ok "alpha" lets its passive in as twin/,
    works: true,
  },
  'replication.md rule 10: so is being named by -D': {
    active: { body: plugins(simple(users('twin')), acl(grant('queue="&gt;"', 'apps'))) },
    passive: { login: LOGIN, body: plugins(simple(users('twin')), acl(grant('queue="&gt;"', 'apps'))) },
    args: ['-Dtandemmq.pair.replicators=twin'],
    topic: 'attach',
    says: /^ok "alpha" lets its passive in as twin/,
    works: true,
  },
  'the way back is shut: the login of the active is none of the passive': {
    active: {
      body: plugins(simple(users('twin', 'old'))),
      names: `tcp://127.0.0.1:${PASSIVE_PORT}`,
      login: `userName="old" password="${SECRET}"`,
    },
    passive: { login: LOGIN, body: plugins(simple(users('twin'))) },
    args: ['--active-property', 'tandemmq.pair.startAlone=true'],
    topic: 'fail-back',
    says: /^error after a take-over "alpha" could not come back .*User name \[old\] or password is invalid\. → let the login/,
  },
  'the way back is shut: the passive listens on loopback, the active is elsewhere': {
    active: { connectors: [`stomp://0.0.0.0:${ACTIVE_PORT}`] },
    passive: { names: `tcp://alpha.example:${ACTIVE_PORT}` },
    topic: 'fail-back',
    says: /^error .* could not find "beta" to follow it: it listens on 127\.0\.0\.1 only → let it listen on 0\.0\.0\.0/,
  },
  'the way back is shut: WebSocket only': {
    passive: { connectors: [`ws://127.0.0.1:${PASSIVE_PORT}`] },
    topic: 'fail-back',
    says: /^error .* it has no connector but WebSocket/,
  },
  'config 4.3: a memory store': {
    active: { attributes: 'persistent="false"' },
    topic: 'store',
    says: /^error "alpha" keeps its messages in memory: such a broker has no twin/,
  },
  'config 4.3: one directory on one machine': {
    active: {
      data: '/var/lib/tandemmq-no-such',
      body: '<persistenceAdapter><kahaDB directory="/var/lib/tandemmq-no-such/k"/></persistenceAdapter>',
    },
    passive: {
      data: '/var/lib/tandemmq-no-such',
      body: '<persistenceAdapter><kahaDB directory="/var/lib/tandemmq-no-such/k"/></persistenceAdapter>',
    },
    topic: 'store',
    says: /^error both use \/var\/lib\/tandemmq-no-such\/k on one machine/,
  },
  'config 4.3: one path on two machines is usual': {
    active: {
      connectors: ['stomp://0.0.0.0:61613'],
      body: '<persistenceAdapter><kahaDB directory="/var/lib/tandemmq-no-such/k"/></persistenceAdapter>',
    },
    passive: {
      names: 'tcp://alpha.example:61613',
      connectors: ['stomp://0.0.0.0:61613'],
      body: '<persistenceAdapter><kahaDB directory="/var/lib/tandemmq-no-such/k"/></persistenceAdapter>',
    },
    topic: 'store',
    says: /^note both use .*: good as long as each machine has a disk of its own/,
    works: true,
  },
  'KB-04: a disk that is not synced': {
    active: {
      body: '<persistenceAdapter><kahaDB directory="${activemq.data}/a" enableJournalDiskSyncs="false"/></persistenceAdapter>',
    },
    topic: 'store',
    says: /warning "alpha" syncs never: an acknowledged message is not on both disks/,
    works: true,
  },
  'config 4.3: deleteAllMessagesOnStartup': {
    active: { attributes: 'deleteAllMessagesOnStartup="true"' },
    topic: 'store',
    says: /warning "alpha" has deleteAllMessagesOnStartup: once it has met its passive, it is refused a start/,
    works: true,
  },
  'one port for both on one machine': {
    active: { connectors: [`stomp://127.0.0.1:${ACTIVE_PORT}`, 'stomp://127.0.0.1:61720'] },
    passive: { connectors: [`stomp://127.0.0.1:${PASSIVE_PORT}`, 'stomp://0.0.0.0:61720'] },
    topic: 'ports',
    says: /^error "c1" of "alpha" and "c1" of "beta" want the same port 61720 of one machine/,
  },
  'W-01: one HTTP port for both on one machine': {
    args: ['-Dtandemmq.http=127.0.0.1:8161'],
    topic: 'ports',
    says: /warning both want 127\.0\.0\.1:8161 for HTTP.* → start one of them with -Dtandemmq\.http=127\.0\.0\.1:8162/,
    works: true,
  },
  'replication.md 4.3: either loss ends all service': {
    active: { attributes: 'shutdownOnSlaveFailure="true"' },
    passive: { attributes: 'shutdownOnMasterFailure="true"' },
    topic: 'policy',
    says: /^warning the active stops when the passive is lost, and the passive when the active is/,
    works: true,
  },
  'replication.md 4.3: another policy after a take-over': {
    active: { attributes: 'shutdownOnPassiveFailure="true"' },
    topic: 'policy',
    says: /^warning policy stop-on-loss while "alpha" leads.*from a take-over on auto.* → write the same flag into both files/,
    works: true,
  },
  'config 4.2: a passive that waits for its own passive': {
    passive: { attributes: 'waitForSlave="true" waitForSlaveTimeout="30000"' },
    topic: 'policy',
    says: /warning "beta" has waitForPassive too: nothing waits at a take-over, but if it is started again while it leads.*30000 ms, then it stops/,
    works: true,
  },
  'logins are asked for by the active only: protection that is gone after a take-over': {
    active: { body: plugins(simple(users('twin'))) },
    passive: { login: LOGIN },
    topic: 'security',
    says: /^error only "alpha" asks for a login: after a take-over anybody is let in/,
  },
  'logins are asked for by the passive only': {
    passive: { body: plugins(simple(users('twin'))) },
    topic: 'security',
    says: /^error only "beta" asks for a login/,
  },
  'anonymous access on the passive only': {
    active: { body: plugins(simple(users('twin'))) },
    passive: { login: LOGIN, body: plugins(simple(users('twin'), 'anonymousAccessAllowed="true"')) },
    topic: 'security',
    says: /^error only "beta" lets clients in without a login/,
  },
  'users that differ are named, passwords are not': {
    active: {
      body: plugins(simple(`${users('twin', 'a', 'c')}<authenticationUser username="b" password="x" groups="bs"/>`)),
    },
    passive: {
      login: LOGIN,
      body: plugins(
        simple(`${users('twin', 'b', 'd')}<authenticationUser username="c" password="${SECRET}" groups="other"/>`),
      ),
    },
    topic: 'security',
    says: /^warning .*"beta" does not know a; only "beta" knows d; the password of b differs; the groups of c differ/,
    works: true,
  },
  'access rules on the active only': {
    active: { body: plugins(simple(users('twin')), acl(grant('queue="&gt;"', 'twins'))) },
    passive: { login: LOGIN, body: plugins(simple(users('twin'))) },
    args: ['-Dtandemmq.pair.replicators=twin'],
    topic: 'security',
    says: /error only "alpha" has access rules: after a take-over every user may do everything/,
  },
  'access rules that differ': {
    active: { body: plugins(simple(users('twin')), acl(grant('queue="&gt;"', 'twins'))) },
    passive: {
      login: LOGIN,
      body: plugins(simple(users('twin')), acl(grant('queue="A"', 'twins'), grant('queue="&gt;"', 'twins'))),
    },
    args: ['-Dtandemmq.pair.replicators=twin'],
    topic: 'security',
    says: /warning the access rules differ for queue:\/\/A:/,
    works: true,
  },
  'a kind of connector that the passive lacks': {
    active: { connectors: [`stomp://127.0.0.1:${ACTIVE_PORT}`, 'ws://127.0.0.1:61730'] },
    topic: 'connectors',
    says: /^warning "beta" has no connector for ws: after a take-over those clients find none/,
    works: true,
  },
  'connectors that differ in what clients notice': {
    passive: { connectors: [`stomp://127.0.0.1:${PASSIVE_PORT}?wireFormat.maxFrameSize=1000`] },
    topic: 'connectors',
    says: /warning "c0" and "c0" differ in maxFrameSize/,
    works: true,
  },
  'policies that differ': {
    active: {
      body: '<destinationPolicy><policyMap><policyEntries><policyEntry queue="A" queuePrefetch="1"/></policyEntries></policyMap></destinationPolicy>',
    },
    topic: 'settings',
    says: /warning <destinationPolicy> differs for queue:\/\/A:/,
    works: true,
  },
  'limits that differ': {
    active: {
      body: '<systemUsage><systemUsage><memoryUsage><memoryUsage limit="64 mb"/></memoryUsage></systemUsage></systemUsage>',
    },
    topic: 'settings',
    says: /warning memoryLimit of <systemUsage> differ/,
    works: true,
  },
  'times of the pair that differ': {
    args: ['--passive-property', 'tandemmq.pair.takeoverAfter=2000', '--active-property=tandemmq.pair.ackTimeout=9000'],
    topic: 'settings',
    says: /warning -Dtandemmq\.pair\.… differs: ackTimeout 9000 and 5000 and takeoverAfter 10000 and 2000/,
    works: true,
  },
  'a network connector between the two': {
    active: {
      body: `<networkConnectors><networkConnector uri="static:(tcp://127.0.0.1:${PASSIVE_PORT})"/></networkConnectors>`,
    },
    topic: 'settings',
    says: /warning "alpha" has a network connector to "beta": in a pair there is none/,
    works: true,
  },
  'one name for both': {
    passive: { name: 'alpha', data: '/var/lib/tandemmq-other' },
    topic: 'settings',
    says: /note both are called "alpha"/,
    works: true,
  },
  'two lengths of journal files do no harm': {
    active: {
      body: '<persistenceAdapter><kahaDB directory="${activemq.data}/a" journalMaxFileLength="16mb"/></persistenceAdapter>',
    },
    topic: 'store',
    says: /note journalMaxFileLength is 16777216 and 33554432 bytes: the journals stay alike/,
    works: true,
  },
}

for (const [name, { active = {}, passive = {}, args = [], topic, says, works }] of Object.entries(CASES)) {
  test(`pair check: ${name}`, async t => {
    const checked = await check(pairFiles(t, active, passive), ...args)
    t.regex(about(checked, topic), says)
    t.is(checked.code, works === true ? 0 : 1, checked.verdict)
    t.is(checked.works, works === true)
    t.false(checked.text.includes(SECRET), 'a password is shown')
  })
}

test('what the cases above find wrong is not said of a pair where it is right', async t => {
  const security = plugins(
    simple(users('twin', 'app')),
    acl(grant('queue="&gt;"', 'twins'), grant('topic="&gt;"', 'twins')),
  )
  const attributes = 'shutdownOnSlaveFailure="true"'
  const connectors = (port: number): readonly string[] => [`stomp://127.0.0.1:${port}`, `ws://127.0.0.1:${port + 10}`]
  const checked = await check(
    pairFiles(
      t,
      { body: security, attributes, connectors: connectors(ACTIVE_PORT) },
      { body: security, attributes, connectors: connectors(PASSIVE_PORT), login: LOGIN },
    ),
  )
  t.deepEqual(
    checked.answers.filter(({ status }) => status !== 'ok'),
    [],
  )
  t.is(checked.code, 0)
})

const store = (kind: 'key' | 'trust', file: string): string =>
  file.endsWith('.pem')
    ? `${kind}Store="${tlsFile(file)}" ${kind}StoreType="PEM"`
    : `${kind}Store="${tlsFile(file)}" ${kind}StoreType="PKCS12" ${kind}StorePassword="store-secret"`
const context = (key: string): string =>
  `<sslContext><sslContext ${store('key', key)} ${store('trust', 'trust-keytool.p12')}/></sslContext>`
const SERVER = context('server-keytool.p12')

/** Both speak TLS; the test certificates are for `localhost` and 127.0.0.1. */
const secure = (active: Parts = {}, passive: Parts = {}): readonly [Parts, Parts] => [
  { body: SERVER, connectors: [`stomp+ssl://localhost:${ACTIVE_PORT}`], ...active },
  {
    body: SERVER,
    connectors: [`stomp+ssl://localhost:${PASSIVE_PORT}`],
    names: `ssl://localhost:${ACTIVE_PORT}`,
    ...passive,
  },
]

test('TLS: the handshake is made for real: the right certificates and names pass', async t => {
  const checked = await check(pairFiles(t, ...secure()))
  t.is(checked.code, 0, checked.verdict)
  t.regex(about(checked, 'attach'), /^ok/)
  t.regex(about(checked, 'fail-back'), /^ok/)
})

test('TLS: another host name, a stranger, and a missing client certificate are found out', async t => {
  const wildcard = { connectors: [`stomp+ssl://0.0.0.0:${ACTIVE_PORT}`] }
  const passive = { names: `ssl://alpha.example:${ACTIVE_PORT}`, connectors: [`stomp+ssl://0.0.0.0:${PASSIVE_PORT}`] }
  const name = await check(pairFiles(t, ...secure(wildcard, passive)))
  t.regex(
    about(name, 'attach'),
    /^error the TLS connection would fail: .*alpha\.example.* → name the active by a host name that its/,
  )
  t.regex(about(name, 'fail-back'), /warning "c0" listens on every address, so it is announced by its IP address/)
  const stranger = await check(pairFiles(t, ...secure({ body: context('stranger.pem') })))
  t.regex(about(stranger, 'attach'), /^error the TLS connection would fail: .* → import the active's certificate/)
  const demanding = [`stomp+ssl://localhost:${ACTIVE_PORT}?transport.needClientAuth=true`]
  const unproved = await check(pairFiles(t, ...secure({ connectors: demanding })))
  t.regex(
    about(unproved, 'attach'),
    /^error the TLS connection would fail: client certificate refused: .* → give the passive a keyStore/,
  )
  t.is(unproved.code, 1)
  const proved = { body: context('client.pem'), connectors: [`stomp+ssl://127.0.0.1:${PASSIVE_PORT}`] }
  const client = await check(pairFiles(t, ...secure({ connectors: demanding }, proved)))
  t.regex(about(client, 'attach'), /^ok "alpha" lets its passive in/)
})

test('TLS: plain against encrypted is said with the address that would do', async t => {
  const plain = await check(pairFiles(t, ...secure({}, { names: `tcp://localhost:${ACTIVE_PORT}` })))
  t.regex(about(plain, 'address'), /^error .*connector "c0" \(stomp\+ssl\) uses TLS → name ssl:\/\/localhost:61714/)
  const none = await check(pairFiles(t, { connectors: [`stomp://localhost:${ACTIVE_PORT}`] }, secure()[1]))
  t.regex(about(none, 'address'), /^error .*connector "c0" \(stomp\) does not use TLS/)
  const back = await check(pairFiles(t, ...secure({}, { connectors: [`stomp://localhost:${PASSIVE_PORT}`] })))
  t.regex(about(back, 'fail-back'), /^error .*the pair speaks TLS, and it has no connector with TLS/)
  t.regex(about(back, 'connectors'), /error "beta" has no connector of a kind that "alpha" has \(stomp with TLS\)/)
})

const PROPERTIES = `org.apache.activemq.jaas.PropertiesLoginModule required
 org.apache.activemq.jaas.properties.user="users.properties" org.apache.activemq.jaas.properties.group="groups.properties";`

test('SE-05: users in properties files are asked by the code that the broker runs', async t => {
  const body = plugins('<jaasAuthenticationPlugin configuration="activemq"/>')
  const files = pairFiles(t, { body }, { body, login: LOGIN })
  writeFileSync(join(files.directory, 'login.config'), `activemq {\n${PROPERTIES}\n};\n`)
  writeFileSync(join(files.directory, 'users.properties'), `twin=${SECRET}\n`)
  writeFileSync(join(files.directory, 'groups.properties'), 'twins=twin\n')
  const right = await check(files)
  t.is(right.code, 0, right.verdict)
  t.regex(about(right, 'attach'), /^ok "alpha" lets its passive in as twin/)
  t.regex(about(right, 'security'), /^note both judge logins by files/)
  writeFileSync(join(files.directory, 'users.properties'), 'twin=other-word\n')
  const wrong = await check(files)
  t.is(wrong.code, 1)
  t.regex(
    about(wrong, 'attach'),
    /^error .*User name \[twin\] or password is invalid\. → compare userName and password/,
  )
  t.false(wrong.text.includes('other-word') || wrong.text.includes(SECRET))
})

test('what a store remembers counts: a pair that has met may name one another, and the one that led last leads', async t => {
  const files = pairFiles(t, { names: `tcp://127.0.0.1:${PASSIVE_PORT}` })
  const meta = {
    format: 1,
    journal: '.',
    storeId: '0'.repeat(32),
    pairId: 'p',
    secret: SECRET,
    role: 'active',
    paired: true,
  }
  const rest = { mayPromote: false, suspect: false, policy: null, peer: null, inSyncTo: 0, rev: 0, maxEpoch: 1 }
  const store = join(files.directory, 'data', 'beta', 'beta', 'KahaDB')
  mkdirSync(store, { recursive: true })
  writeFileSync(join(store, 'tandemmq-store.json'), JSON.stringify({ ...meta, ...rest }))
  const checked = await check(files)
  t.is(checked.code, 0, about(checked, 'roles'))
  t.regex(about(checked, 'roles'), /note each names the other: that counts for a store that was never in a pair/)
  t.regex(about(checked, 'roles'), /note by its store "beta" led last: it is the active now/)
  t.false(checked.text.includes(SECRET))
})

test('a check writes nothing, and makes no directory', async t => {
  const files = pairFiles(t)
  t.is((await check(files)).code, 0)
  t.deepEqual(readdirSync(files.directory).toSorted(), ['active.xml', 'passive.xml'])
})

test('a file that does not start comes first, by its name, and nothing is judged by values that could not be read', async t => {
  const files = pairFiles(t, {}, { names: 'tcp://${no.such.host}:61714' })
  const { code, out } = await tandemmq(['pair', 'check', files.active, files.passive])
  t.is(code, 1)
  t.regex(
    out,
    /passive {2}"beta".*\n {2}does not start: .*passive\.xml:5:\d+: refuse: cannot resolve \$\{no\.such\.host\}/,
  )
  t.regex(out, /No pair: the passive does not start\. Correct that first; then ask again\.\n$/)
  t.notRegex(out, /roles|address/)
  const given = await tandemmq([
    'pair',
    'check',
    files.active,
    files.passive,
    '--passive-property',
    'no.such.host=127.0.0.1',
  ])
  t.is(given.code, 0, given.out)
})

test('people read a table with places and next steps; a wrong call exits with 2 and says what was meant', async t => {
  const files = pairFiles(t, {}, { names: 'tcp://127.0.0.1:61799' })
  const { code, out } = await tandemmq(['pair', 'check', 'active.xml', 'passive.xml'], files.directory)
  t.is(code, 1)
  t.regex(out, /error +address +tcp:.*\n +active: +active\.xml:7:\d+\n +passive: passive\.xml:5:\d+\n +next: name tcp/)
  t.regex(out, /These two do not make a working pair: 1 error\.\n$/)
  for (const [args, text] of [
    [[], /check takes two files: ACTIVE PASSIVE/],
    [['a', 'b', 'c'], /two files, not 3/],
    [['a', 'b', '--jsno'], /did you mean --json/],
    [['a', 'b', '--active-property', 'x'], /write --active-property name=value/],
    [['a', 'b', '--active-property', '-Dx=y', '--json'], /write --active-property name=value/],
  ] as const) {
    const wrong = await tandemmq(['pair', 'check', ...args])
    t.is(wrong.code, 2)
    t.regex(wrong.err, text)
  }
  t.regex(
    (await tandemmq(['pair', '--help'])).out,
    /tandemmq pair check fixtures\/pair\/active\.xml fixtures\/pair\/passive\.xml/,
  )
})

test('the pair of the first steps works as it is', async t => {
  const { code, out } = await tandemmq(['pair', 'check', 'fixtures/pair/active.xml', 'fixtures/pair/passive.xml'])
  t.is(code, 0, out)
  t.notRegex(out, /error/)
})

const CORPUS = resolve('../shared/corpus')
const overCorpus = existsSync(join(CORPUS, 'CORPUS.tsv')) ? test : test.skip
if (overCorpus === test.skip) console.log('the corpus of configuration files is not here: pairs of it are not checked')

const CCORSI = ['master', 'slave'].map(name => `user--ccorsi-broker-service-runner--${name}-activemq.xml`)
const WITH = [
  'master.hostname=a.example',
  'master.port.number=61616',
  'slave.hostname=b.example',
  'slave.port.number=61616',
]
const SUFFIX = [
  'master.suffix.name=m',
  'slave.suffix.name=s',
  'kahadb.dir=/var/lib/tandemmq-no-such',
  'kahadb.prefix=k',
]
const REAL: readonly (readonly [active: string, passive: string, code: number, says: RegExp, ...args: string[]])[] = [
  ['amq-5.7.0--ft-master.xml', 'amq-5.7.0--ft-slave.xml', 0, /2 warnings to look at/],
  ['amq-5.7.0--ft-master.xml', 'amq-5.7.0--ft-slave2.xml', 0, /without a login|as James/],
  ['amq-5.7.0--ft-slave.xml', 'amq-5.7.0--ft-master.xml', 1, /you named them the other way round/],
  [CCORSI[0] ?? '', CCORSI[1] ?? '', 0, /a working pair/, ...[...WITH, ...SUFFIX].map(each => `-D${each}`)],
  [CCORSI[0] ?? '', CCORSI[1] ?? '', 1, /cannot resolve \$\{master\.hostname\}/],
  ['synth--ha-master-waitforslave.xml', 'synth--ha-slave-failover-uri.xml', 0, /policy stop-on-loss while/],
  ['synth--ha-master-waitforslave.xml', 'synth--ha-slave-shutdown-with-master.xml', 0, /the loss of either ends/],
  ['synth--ha-master-waitforslave.xml', 'synth--ha-both-ways-conflict.xml', 1, /the passive does not start/],
]
for (const [active, passive, code, says, ...args] of REAL) {
  overCorpus(
    `a real pair: ${active} and ${passive} ${args.length > 0 ? 'with their properties ' : ''}answer ${code}`,
    async t => {
      const checked = await tandemmq(['pair', 'check', join(CORPUS, active), join(CORPUS, passive), ...args])
      t.is(checked.code, code, checked.out)
      t.regex(checked.out, says)
    },
  )
}

overCorpus('the examples of the documentation make a pair with an ordinary active', async t => {
  const page = readFileSync(resolve('../shared/mission/pure-active-passive.md'), 'utf8')
  const examples = [...page.matchAll(/<broker [^]*?<\/broker>/g)].map(([text]) => text)
  t.is(examples.length, 2)
  for (const example of examples) {
    const host = /tcp:\/\/(activehost|localhost):62001/.exec(example)?.[1] ?? ''
    const port = host === 'localhost' ? '127.0.0.1' : '0.0.0.0'
    const files = pairFiles(t, { connectors: [`tcp://${port}:62001`] })
    const core = example.replace(/<broker (?![^>]*xmlns=)/, '<broker xmlns="http://activemq.apache.org/schema/core" ')
    writeFileSync(
      files.passive,
      `<beans xmlns="http://www.springframework.org/schema/beans"><bean class="org.springframework.beans.factory.config.PropertyPlaceholderConfigurer"/>${core}</beans>`,
    )
    const checked = await check(files)
    t.is(checked.code, 0, checked.text)
    t.regex(about(checked, 'address'), /^ok tcp:\/\/(activehost|localhost):62001 is connector "c0"/)
  }
})

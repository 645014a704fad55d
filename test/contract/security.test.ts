import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { clientCertificate, connectTls, dialTls, SSL_CONTEXT } from './tls.ts'
import { World, brokerXml, type Client } from './world.ts'

const USERS = `<simpleAuthenticationPlugin>
  <users>
    <authenticationUser username="system" password="manager" groups="admins"/>
    <authenticationUser username="user" password="pass" groups=" users , guests "/>
    <authenticationUser username="guest" password="pass" groups="guests"/>
  </users>
</simpleAuthenticationPlugin>`

const RIGHTS = `<authorizationPlugin><map><authorizationMap>
  <authorizationEntries>
    <authorizationEntry queue="&gt;" read="admins" write="admins" admin="admins"/>
    <authorizationEntry queue="USERS.&gt;" read="users" write="users" admin="users"/>
    <authorizationEntry queue="GUEST.*" read="guests" write="guests,users" admin="guests"/>
    <authorizationEntry queue="READ.ONLY" read="users"/>
    <authorizationEntry topic="&gt;" read="admins" write="admins" admin="admins"/>
    <authorizationEntry topic="USERS.&gt;" read="users" write="users" admin="users"/>
  </authorizationEntries>
  <tempDestinationAuthorizationEntry><tempDestinationAuthorizationEntry read="users" write="users" admin="users"/></tempDestinationAuthorizationEntry>
</authorizationMap></map></authorizationPlugin>`

async function start(t: ExecutionContext, plugins: string, rest: Parameters<typeof brokerXml>[0] = {}): Promise<World> {
  const world = new World()
  t.teardown(() => world.end())
  return world.start(brokerXml({ ...rest, body: `<plugins>${plugins}</plugins>${rest.body ?? ''}` }))
}

const user = { login: 'user', passcode: 'pass' }
const guest = { login: 'guest', passcode: 'pass' }
const system = { login: 'system', passcode: 'manager' }

/** The text of the ERROR that ends a CONNECT with these headers. */
async function refusal(world: World, headers: Readonly<Record<string, string>>, dialled?: Client): Promise<string> {
  const client = dialled ?? (await world.dial())
  client.send('CONNECT', { 'accept-version': '1.2', ...headers })
  const frames = await client.closed()
  if (frames.length !== 1 || frames[0]?.command !== 'ERROR')
    throw new Error(`got ${frames.map(f => f.command).join(' ')}`)
  const text = frames[0].headers.get('message') ?? ''
  if (frames[0].body.toString() !== text) throw new Error(`body: ${frames[0].body.toString()}`)
  return text
}

/** A refused frame: the ERROR's text, with a receipt and without; afterwards the connection still works. */
async function denied(client: Client, command: string, headers: Readonly<Record<string, string>>): Promise<string> {
  client.send(command, { ...headers, receipt: 'asked' }, 'secret body')
  const error = await client.expect('ERROR')
  const text = error.headers.get('message') ?? ''
  if (error.headers.get('receipt-id') !== 'asked') throw new Error('no receipt-id')
  if (error.body.toString() !== text) throw new Error(`body: ${error.body.toString()}`)
  client.send(command, headers, 'secret body')
  const plain = await client.expect('ERROR')
  if (plain.headers.has('receipt-id') || plain.headers.get('message') !== text) throw new Error('the second differs')
  await client.quiet()
  return text
}

test('SE-02, S-CON-08: simpleAuthenticationPlugin lets its users in and nobody else', async t => {
  const world = await start(t, USERS)
  await (await world.connect(user)).quiet()
  await (await world.connect(system)).quiet()
  t.is(await refusal(world, { ...user, passcode: 'PASS' }), 'User name [user] or password is invalid.')
  t.is(await refusal(world, { ...user, passcode: '' }), 'User name [user] or password is invalid.')
  t.is(await refusal(world, {}), 'User name [null] or password is invalid.')
})

test('SE-03: anonymous access needs both headers absent, and has its own user and group', async t => {
  const plugin = USERS.replace(
    '<simpleAuthenticationPlugin>',
    '<simpleAuthenticationPlugin anonymousAccessAllowed="true" anonymousUser="nemo" anonymousGroup="guests">',
  )
  const world = await start(t, plugin + RIGHTS)
  const client = await world.connect()
  await client.receipted('SEND', { destination: '/queue/GUEST.a' })
  t.is(
    await denied(client, 'SEND', { destination: '/queue/OTHER' }),
    'User nemo is not authorized to write to: queue://OTHER',
  )
  t.is(await refusal(world, { login: '', passcode: '' }), 'User name [] or password is invalid.')
  t.is(await refusal(world, { login: '' }), 'User name [] or password is invalid.')
  t.is(await refusal(world, { passcode: '' }), 'User name [null] or password is invalid.')
})

const LOGIN = `activemq {
  org.apache.activemq.jaas.PropertiesLoginModule required
    org.apache.activemq.jaas.properties.user="users.properties"
    org.apache.activemq.jaas.properties.group="groups.properties"
    reload=true;
};
certificates {
  org.apache.activemq.jaas.TextFileCertificateLoginModule required
    org.apache.activemq.jaas.textfiledn.user="dns.properties"
    org.apache.activemq.jaas.textfiledn.group="groups.properties";
};
`

/** login.config and its files, beside activemq.xml. */
function loginFiles(world: World): void {
  mkdirSync(world.directory, { recursive: true })
  const write = (name: string, text: string): void => writeFileSync(join(world.directory, name), text)
  write('login.config', LOGIN)
  write('users.properties', 'system=manager\nuser=pass\nguest=pass\n')
  write('groups.properties', 'admins=system\nusers=user,client\nguests=guest,client\n')
  write('dns.properties', 'client=CN=client, OU=Test, O="Acme, Inc.", C=US\n')
}

test('SE-04, SE-05: JAAS with PropertiesLoginModule reads users and groups from files, and reloads them', async t => {
  const world = new World()
  t.teardown(() => world.end())
  loginFiles(world)
  await world.start(
    brokerXml({ body: `<plugins><jaasAuthenticationPlugin configuration="activemq"/>${RIGHTS}</plugins>` }),
  )
  const client = await world.connect(user)
  await client.receipted('SEND', { destination: '/queue/USERS.jaas' })
  t.is(
    await denied(client, 'SEND', { destination: '/queue/ADMIN' }),
    'User user is not authorized to write to: queue://ADMIN',
  )
  t.is(await refusal(world, { login: 'user', passcode: 'no' }), 'User name [user] or password is invalid.')
  t.is(await refusal(world, { login: 'new', passcode: 'one' }), 'User name [new] or password is invalid.')
  const users = join(world.directory, 'users.properties')
  writeFileSync(users, 'user=changed\nnew=one\n')
  utimesSync(users, new Date(), new Date(Date.now() + 5000))
  await (await world.connect({ login: 'new', passcode: 'one' })).quiet()
  t.is(await refusal(world, user), 'User name [user] or password is invalid.')
  await client.receipted('SEND', { destination: '/queue/USERS.jaas' })
})

test('SE-09, S-TLS-02: jaasCertificateAuthenticationPlugin makes the certificate the login', async t => {
  const world = new World()
  t.teardown(() => world.end())
  loginFiles(world)
  const plugins = `<plugins><jaasCertificateAuthenticationPlugin configuration="certificates"/>${RIGHTS}</plugins>`
  const connectors = {
    need: 'stomp+ssl://127.0.0.1:0?needClientAuth=true',
    want: 'auto+ssl://127.0.0.1:0?wantClientAuth=true',
    plain: 'stomp://127.0.0.1:0',
  }
  await world.start(brokerXml({ body: plugins + SSL_CONTEXT, connectors }))
  for (const [name, headers] of [
    ['need', {}],
    ['want', { login: 'system', passcode: 'ignored' }],
  ] as const) {
    const client = await connectTls(world, name, clientCertificate('client'), headers)
    await client.receipted('SEND', { destination: '/queue/USERS.certificate' })
    t.is(
      await denied(client, 'SEND', { destination: '/queue/ADMIN' }),
      'User client is not authorized to write to: queue://ADMIN',
    )
  }
  const text = 'Unable to authenticate transport without SSL certificate.'
  t.is(await refusal(world, system, await dialTls(world, 'want')), text)
  t.is(await refusal(world, system, await world.dial('plain')), text)
})

test('SE-10: jaasDualAuthenticationPlugin asks for certificates on TLS and for passwords elsewhere', async t => {
  const world = new World()
  t.teardown(() => world.end())
  loginFiles(world)
  const plugins =
    '<plugins><jaasDualAuthenticationPlugin configuration="activemq" sslConfiguration="certificates"/></plugins>'
  const connectors = { tls: 'stomp+ssl://127.0.0.1:0?wantClientAuth=true', plain: 'stomp://127.0.0.1:0' }
  await world.start(brokerXml({ body: plugins + SSL_CONTEXT, connectors }))
  await (await connectTls(world, 'tls', clientCertificate('client'))).quiet()
  await (await world.connect(user, 'plain')).quiet()
  t.is(
    await refusal(world, user, await dialTls(world, 'tls')),
    'Unable to authenticate transport without SSL certificate.',
  )
  t.is(
    await refusal(world, { ...user, passcode: 'x' }, await world.dial('plain')),
    'User name [user] or password is invalid.',
  )
})

test('S-ERR-05, S-ERR-04, S-ERR-01, SA-14: what a user may not do is refused with the exact text and harms nobody', async t => {
  const world = await start(t, USERS + RIGHTS)
  const other = await world.connect(user)
  await other.receipted('SUBSCRIBE', { id: '1', destination: '/queue/USERS.news' })
  const client = await world.connect(guest)
  await client.receipted('BEGIN', { transaction: 'open' })
  await client.receipted('SEND', { destination: '/queue/GUEST.a', transaction: 'open' }, 'mine')
  const cases = [
    ['SEND', { destination: '/queue/USERS.news' }, 'User guest is not authorized to write to: queue://USERS.news'],
    ['SEND', { destination: '/topic/USERS.news' }, 'User guest is not authorized to write to: topic://USERS.news'],
    [
      'SUBSCRIBE',
      { id: '9', destination: '/queue/USERS.news' },
      'User guest is not authorized to read from: queue://USERS.news',
    ],
    [
      'SUBSCRIBE',
      { id: '9', destination: '/topic/USERS.news' },
      'User guest is not authorized to read from: topic://USERS.news',
    ],
  ] as const
  for (const [command, headers, text] of cases) t.is(await denied(client, command, headers), text)
  await client.receipted('COMMIT', { transaction: 'open' })
  client.send('SUBSCRIBE', { id: '1', destination: '/queue/GUEST.a' })
  t.is((await client.expect('MESSAGE')).body.toString(), 'mine')
  await other.quiet()
  await other.receipted('SEND', { destination: '/queue/USERS.other' })
  const log = world.lines.join('\n')
  t.notRegex(log, /manager|secret body/)
})

test('S-ERR-05, SA-04, SA-05: creating a destination needs the admin right', async t => {
  const world = await start(t, USERS + RIGHTS)
  const client = await world.connect(user)
  t.is(
    await denied(client, 'SUBSCRIBE', { id: '1', destination: '/queue/READ.ONLY' }),
    'User user is not authorized to create: queue://READ.ONLY',
  )
  await (await world.connect(system)).receipted('SEND', { destination: '/queue/READ.ONLY' }, 'there now')
  client.send('SUBSCRIBE', { id: '1', destination: '/queue/READ.ONLY' })
  t.is((await client.expect('MESSAGE')).body.toString(), 'there now')
  t.is(
    await denied(client, 'SEND', { destination: '/queue/READ.ONLY' }),
    'User user is not authorized to write to: queue://READ.ONLY',
  )
})

test('S-ERR-05: a wildcard subscription reaches only what its user may read', async t => {
  const world = await start(t, USERS + RIGHTS)
  const client = await world.connect(user)
  await client.receipted('SUBSCRIBE', { id: '1', destination: '/topic/USERS.>' })
  const admin = await world.connect(system)
  await admin.receipted('SEND', { destination: '/topic/USERS.a' }, 'may')
  t.is((await client.expect('MESSAGE')).body.toString(), 'may')
  // All topics: the pattern itself is not the user's to read, or only what is becomes visible.
  client.send('SUBSCRIBE', { id: '2', destination: '/topic/>', receipt: 'all' })
  const answer = await client.frame()
  if (answer.command === 'ERROR')
    t.is(answer.headers.get('message'), 'User user is not authorized to read from: topic://>')
  await admin.receipted('SEND', { destination: '/topic/SECRET' }, 'must not')
  await admin.receipted('SEND', { destination: '/queue/USERS.q' }, 'x')
  await client.quiet()
})

test('S-ERR-05: temporary destinations have rights of their own', async t => {
  const world = await start(t, USERS + RIGHTS)
  const allowed = await world.connect(user)
  await allowed.receipted('SUBSCRIBE', { id: '1', destination: '/temp-queue/a' })
  await allowed.receipted('SEND', { destination: '/queue/GUEST.ask', 'reply-to': '/temp-queue/a' }, 'question')
  const client = await world.connect(guest)
  client.send('SUBSCRIBE', { id: '1', destination: '/queue/GUEST.ask' })
  const replyTo = (await client.expect('MESSAGE')).headers.get('reply-to') ?? ''
  const name = replyTo.replace('/remote-temp-queue/', '')
  t.is(
    await denied(client, 'SEND', { destination: replyTo.replaceAll(':', '\\c') }),
    `User guest is not authorized to write to: temp-queue://${name}`,
  )
  t.regex(
    await denied(client, 'SUBSCRIBE', { id: '2', destination: '/temp-queue/b' }),
    /^User guest is not authorized to (create|read from): temp-queue:\/\/ID:/,
  )
  await allowed.quiet()
})

test('SE-12: populateJMSXUserID stamps the login name over what the sender claims', async t => {
  const world = await start(t, USERS, { attributes: 'populateJMSXUserID="true"' })
  const client = await world.connect(user)
  client.send('SUBSCRIBE', { id: '1', destination: '/queue/stamped' })
  client.send('SEND', { destination: '/queue/stamped', JMSXUserID: 'system' })
  t.is((await client.expect('MESSAGE')).headers.get('JMSXUserID'), 'user')
})

test('SE-02: a hundred wrong logins at once harm nobody, and no password reaches the log', async t => {
  const world = await start(t, USERS)
  const client = await world.connect(user)
  await Promise.all(
    Array.from({ length: 100 }, async (_, n) => refusal(world, { login: 'user', passcode: `wrong-guess-${n}` })),
  )
  await client.quiet()
  t.notRegex(world.lines.join('\n'), /wrong-guess|manager/)
})

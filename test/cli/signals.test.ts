import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { brokerXml, Client } from '../contract/world.ts'
import { Tandem } from './process.ts'

function place(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'tandemmq-signals-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

function launch(t: ExecutionContext, directory: string, args: readonly string[] = [], env = {}): Tandem {
  const all = ['start', '-Dactivemq.data=data', '-Dtandemmq.http=off', ...args, 'activemq.xml']
  const broker = new Tandem(all, directory, env)
  t.teardown(async () => {
    broker.child.kill('SIGKILL')
    await broker.ended
  })
  return broker
}

async function login(port: number, name: string, passcode: string): Promise<Client | string> {
  const client = await Client.dial(port)
  client.send('CONNECT', { 'accept-version': '1.2', login: name, passcode })
  const { command, headers } = await client.frame()
  client.version = '1.2'
  return command === 'CONNECTED' ? client : (headers.get('message') ?? '')
}

const user = (name: string, password: string, groups: string): string =>
  `<authenticationUser username="${name}" password="${password}" groups="${groups}"/>`
const entry = (queue: string, groups: string): string =>
  `<authorizationEntry queue="${queue}" read="${groups}" write="${groups}" admin="${groups}"/>`

/** Users ann, bob and the like in the XML, and what they may. */
function xml(users: readonly string[], entries: readonly string[], more = ''): string {
  const plugins = `<simpleAuthenticationPlugin><users>${users.join('')}</users></simpleAuthenticationPlugin>
    <authorizationPlugin><map><authorizationMap><authorizationEntries>${entries.join('')}
      <authorizationEntry topic="ActiveMQ.Advisory.>" read="all" write="all" admin="all"/>
    </authorizationEntries></authorizationMap></map></authorizationPlugin>`
  return brokerXml({ body: `<plugins>${plugins}</plugins>${more}` })
}

test('C-15, CE-06: SIGHUP takes users and access rules, says what changed, ends whom it concerns, and refuses the rest', async t => {
  const directory = place(t)
  const file = join(directory, 'activemq.xml')
  const [ann, bob, eve] = [user('ann', 'a1', 'all,shop'), user('bob', 'b1', 'all,shop'), user('eve', 'e1', 'all,bank')]
  writeFileSync(file, xml([ann, bob, eve], [entry('shop.>', 'shop'), entry('bank.>', 'bank')]))
  const broker = launch(t, directory)
  const port = await broker.port('stomp')
  const [a, b, e] = await Promise.all([login(port, 'ann', 'a1'), login(port, 'bob', 'b1'), login(port, 'eve', 'e1')])
  if (typeof a === 'string' || typeof b === 'string' || typeof e === 'string') return t.fail('nobody can log in')
  await b.receipted('SEND', { destination: '/queue/shop.a' }, 'x')
  await e.receipted('SEND', { destination: '/queue/bank.a' }, 'x')
  t.is(await login(port, 'new', 'n1'), 'User name [new] or password is invalid.')

  const memory =
    '<systemUsage><systemUsage><memoryUsage><memoryUsage limit="16 mb"/></memoryUsage></systemUsage></systemUsage>'
  const now = [ann, user('bob', 'b2', 'all,shop'), eve, user('new', 'n1', 'all')]
  writeFileSync(file, xml(now, [entry('shop.>', 'shop'), entry('bank.>', 'nobody')], memory))
  broker.child.kill('SIGHUP')
  await broker.says(/needs a restart/)
  t.regex(
    broker.err,
    /reload: users added: new; users changed \(password or groups\): bob; access rules changed for the groups: (bank, nobody|nobody, bank); 2 connections had to end by that \[NODE_RELOADED\]/,
  )
  t.regex(
    broker.err,
    /activemq\.xml:\d+:\d+: broker\/systemUsage.* needs a restart, until then the old holds \[NODE_RELOAD_REFUSED\]/,
  )
  for (const gone of [b, e]) {
    const [error] = await gone.closed()
    t.is(error?.headers.get('message'), 'The rights of this connection have changed; connect again')
  }
  await a.quiet()
  t.is(await login(port, 'bob', 'b1'), 'User name [bob] or password is invalid.')
  for (const [name, passcode] of [
    ['bob', 'b2'],
    ['new', 'n1'],
  ] as const) {
    const client = await login(port, name, passcode)
    if (typeof client === 'string') t.fail(client)
  }
  const again = await login(port, 'eve', 'e1')
  if (typeof again === 'string') return t.fail(again)
  again.send('SEND', { destination: '/queue/bank.a', receipt: '1' }, 'x')
  t.regex((await again.frame()).headers.get('message') ?? '', /not authorized to write to: queue:\/\/bank\.a/)
  // C-18: who, from where, and what it was about.
  await broker.says(
    /INFO {2}tcp:\/\/127\.0\.0\.1:\d+: User eve is not authorized to write to: queue:\/\/bank\.a \(client \S+, user eve\) \[CLIENT_DENIED\]/,
  )

  writeFileSync(file, xml([ann], [entry('shop.>', 'shop')]).replace('</broker>', '<nonsense/></broker>'))
  broker.child.kill('SIGHUP')
  await broker.says(/the files cannot be honoured as they are now: nothing has changed \[NODE_RELOAD_REFUSED\]/)
  t.not(typeof (await login(port, 'bob', 'b2')), 'string', 'what was in force still is')
  t.notRegex(broker.err, /\b(a1|b1|b2|e1|n1)\b/, 'no password in the log')
  t.is((await broker.stop()).code, 0)
})

test('RC-01, C-15: SIGHUP takes policies, names what needs a restart and where it stands, and of a wrong file takes nothing', async t => {
  const directory = place(t)
  const write = (entries: string, more = ''): void =>
    writeFileSync(
      join(directory, 'activemq.xml'),
      brokerXml({
        body: `<destinationPolicy><policyMap><policyEntries>\n${entries}\n</policyEntries></policyMap></destinationPolicy>${more}`,
      }),
    )
  write('<policyEntry queue=">"/>')
  const broker = launch(t, directory)
  const client = await login(await broker.port('stomp'), 'x', 'y')
  if (typeof client === 'string') return t.fail(client)
  const send = async (body: string): Promise<unknown> =>
    client.receipted('SEND', { destination: '/queue/q', persistent: 'true' }, body)
  await send('1')

  write('<policyEntry queue=">" maxDestinations="1" prioritizedMessages="true"/>')
  broker.child.kill('SIGHUP')
  await broker.says(/reload: policies changed: queue:\/\/> \[NODE_RELOADED\]/)
  await broker.says(
    /WARN {2}\S*activemq\.xml:5:44: prioritizedMessages of queue:\/\/> needs a restart for what exists: until then the old holds for queue:\/\/q \[NODE_RELOAD_REFUSED\]/,
  )
  t.notRegex(broker.err, /destinationPolicy/, 'the rest of it needs none')
  client.send('SEND', { destination: '/queue/other', receipt: '1' }, 'x')
  t.regex((await client.expect('ERROR')).headers.get('message') ?? '', /destinations allowed \(1\)/)

  write('<policyEntry queue=">" maxDestinations="2"/>', '<nonsense/>')
  broker.child.kill('SIGHUP')
  await broker.says(/the files cannot be honoured as they are now: nothing has changed \[NODE_RELOAD_REFUSED\]/)
  client.send('SEND', { destination: '/queue/other', receipt: '2' }, 'x')
  t.regex((await client.expect('ERROR')).headers.get('message') ?? '', /destinations allowed \(1\)/)
  await send('2')
  await client.receipted('SUBSCRIBE', { id: '1', destination: '/queue/q' })
  t.deepEqual(
    [(await client.expect('MESSAGE')).body.toString(), (await client.expect('MESSAGE')).body.toString()],
    ['1', '2'],
  )
  t.is((await broker.stop()).code, 0)
})

test('RC-01: with a checkPeriod a changed file is read as by a reload, and a broken one is told of once and changes nothing', async t => {
  const directory = place(t)
  const file = join(directory, 'activemq.xml')
  const write = (users: string, more = '', period = 10): void => {
    const plugins = `<simpleAuthenticationPlugin><users>${users}</users></simpleAuthenticationPlugin>
      <runtimeConfigurationPlugin checkPeriod="${period}"/>`
    // As editors do: nobody reads half of it.
    writeFileSync(`${file}.new`, brokerXml({ body: `<plugins>${plugins}</plugins>\n${more}` }))
    renameSync(`${file}.new`, file)
  }
  const [ann, bob, eve] = [user('ann', 'a1', 'all'), user('bob', 'b1', 'all'), user('eve', 'e1', 'all')]
  write(ann)
  const broker = launch(t, directory)
  const port = await broker.port('stomp')
  await broker.says(/activemq\.xml is read again when it has changed; it is looked at every 10 ms \[NODE_WATCHES\]/)
  t.is(typeof (await login(port, 'bob', 'b1')), 'string')

  write(ann + bob)
  await broker.says(/activemq\.xml has changed \[NODE_WATCHES\]/)
  await broker.says(/reload: users added: bob \[NODE_RELOADED\]/)
  t.not(typeof (await login(port, 'bob', 'b1')), 'string')

  write(ann, '<nonsense/>')
  await broker.says(/the files cannot be honoured as they are now: nothing has changed \[NODE_RELOAD_REFUSED\]/)
  t.regex(broker.err, /ERROR \S*activemq\.xml:6:1: .*nonsense.* \[NODE_RELOAD_REFUSED\]/)
  t.not(typeof (await login(port, 'bob', 'b1')), 'string', 'what was in force still is')

  write(ann + bob + eve, '', 20)
  await broker.says(/reload: users added: eve \[NODE_RELOADED\]/)
  await broker.says(/checkPeriod was 10 and is 20 now: that needs a restart, until then the old holds/)
  t.is(broker.err.match(/the files cannot be honoured as they are now/g)?.length, 1, 'once for one change')
  t.is(broker.err.match(/has changed \[NODE_WATCHES\]/g)?.length, 3)
  t.is((await broker.stop()).code, 0)
})

test('RC-01, PL-10: SIGHUP takes the policies of a redeliveryPlugin; a plugin that goes is named as needing a restart', async t => {
  const directory = place(t)
  const write = (body: string): void =>
    writeFileSync(join(directory, 'activemq.xml'), brokerXml({ attributes: 'schedulerSupport="true"', body }))
  const plugin = (times: number): string =>
    `<plugins><redeliveryPlugin><redeliveryPolicyMap><redeliveryPolicyMap><defaultEntry>
    <redeliveryPolicy maximumRedeliveries="${times}"/></defaultEntry></redeliveryPolicyMap></redeliveryPolicyMap></redeliveryPlugin></plugins>`
  write(plugin(1))
  const broker = launch(t, directory)
  await broker.port('stomp')
  write(plugin(2))
  broker.child.kill('SIGHUP')
  await broker.says(/reload: redelivery policies changed: the default entry \[NODE_RELOADED\]/)
  write('')
  broker.child.kill('SIGHUP')
  await broker.says(
    /activemq\.xml:\d+:\d+: broker\/plugins.* was .* and is nothing now: that needs a restart, until then the old holds/,
  )
  t.notRegex(broker.err, /maximumRedeliveries.*needs a restart/, 'what was taken needs none')
  t.is((await broker.stop()).code, 0)
})

test('CE-06, CE-05: SIGHUP takes the files of a realm, and the root level of log4j2.properties', async t => {
  const directory = place(t)
  const conf = join(directory, 'conf')
  mkdirSync(conf)
  const write = (name: string, text: string): void => writeFileSync(join(conf, name), text)
  write(
    'login.config',
    `r { org.apache.activemq.jaas.PropertiesLoginModule required
    org.apache.activemq.jaas.properties.user="users.properties" org.apache.activemq.jaas.properties.group="groups.properties"; };`,
  )
  write('users.properties', 'ann=a1\n')
  write('groups.properties', 'all=ann\n')
  write('activemq.xml', brokerXml({ body: '<plugins><jaasAuthenticationPlugin configuration="r"/></plugins>' }))
  const broker = new Tandem(['start', '-Dactivemq.data=data', '-Dtandemmq.http=off', directory], directory)
  t.teardown(() => broker.child.kill('SIGKILL'))
  const port = await broker.port('stomp')
  t.is(await login(port, 'bob', 'b1'), 'User name [bob] or password is invalid.')
  write('users.properties', 'ann=a1\nbob=b1\n')
  write('log4j2.properties', 'rootLogger.level = DEBUG\n')
  broker.child.kill('SIGHUP')
  await broker.says(/reload: users added: bob; the log level is debug/)
  t.not(typeof (await login(port, 'bob', 'b1')), 'string')
  await broker.says(/DEBUG tcp:\/\/127\.0\.0\.1:\d+: connected \(client \S+, user bob\) \[CLIENT_LOGIN\]/)
  broker.child.kill('SIGHUP')
  await broker.says(/no user, rule, certificate or policy of the broker has changed/)
  t.is((await broker.stop()).code, 0)
})

test('CE-06: SIGUSR2 writes the state into the log: counts, limits and queues, and no message', async t => {
  const directory = place(t)
  writeFileSync(join(directory, 'activemq.xml'), brokerXml())
  const broker = launch(t, directory)
  const client = await login(await broker.port('stomp'), 'x', 'y')
  if (typeof client === 'string') return t.fail(client)
  await client.receipted('SEND', { destination: '/queue/orders', persistent: 'true' }, 'a secret order')
  broker.child.kill('SIGUSR2')
  await broker.says(/1 destinations?, 1 of them/)
  t.regex(broker.err, /pair: active ALONE, epoch 1/)
  t.regex(broker.err, /clients: 1 connected, 0 before CONNECT, 0 wait for space/)
  t.regex(broker.err, /queue:\/\/orders: 1 messages, \d+ B, 0 in flight, 0 consumers/)
  t.notRegex(broker.err, /secret/)
  t.is((await broker.stop()).code, 0)
})

test('D-05: a second signal ends it at once, with the code of that signal; what was acknowledged is there', async t => {
  const directory = place(t)
  writeFileSync(join(directory, 'activemq.xml'), brokerXml())
  const broker = launch(t, directory, ['-Dtandemmq.stopTimeout=5m'])
  // One that never closes its end: the stop waits for it a while.
  const client = new Client(connect({ port: await broker.port('stomp'), host: '127.0.0.1', allowHalfOpen: true }))
  t.teardown(() => client.destroy())
  client.send('CONNECT', { 'accept-version': '1.2' })
  await client.expect('CONNECTED')
  await client.receipted('SEND', { destination: '/queue/a', persistent: 'true' }, 'kept')
  broker.child.kill('SIGTERM')
  await broker.says(/NODE_STOPPING/)
  // What comes at once is an echo of the first, as when Ctrl-C reaches a whole group of processes.
  broker.child.kill('SIGINT')
  const impatient = setInterval(() => broker.child.kill('SIGINT'), 100)
  const { code, err } = await broker.ended
  clearInterval(impatient)
  t.is(code, 130, err)
  t.regex(err, /SIGINT again: ending at once/)
  const [asked = '', forced = ''] = err.split('\n').filter(line => line.includes('NODE_STOPPING'))
  t.true(Date.parse(forced.slice(0, 24)) - Date.parse(asked.slice(0, 24)) >= 290, err)
  const second = launch(t, directory)
  await second.says(/recovered 1 messages/)
  t.is((await second.stop()).code, 0)
})

test('D-09: systemd is told when it is ready, when it reloads and when it stops, if it listens', async t => {
  const directory = place(t)
  const bin = join(directory, 'bin')
  mkdirSync(bin)
  const said = join(directory, 'said')
  writeFileSync(join(bin, 'systemd-notify'), `#!/bin/sh\necho "$NOTIFY_SOCKET $*" >> '${said}'\n`, { mode: 0o755 })
  writeFileSync(join(directory, 'activemq.xml'), brokerXml())
  const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}`, NOTIFY_SOCKET: '/run/notify' }
  const broker = launch(t, directory, [], env)
  await broker.port('stomp')
  await broker.says(/NODE_READY/)
  broker.child.kill('SIGHUP')
  await broker.says(/NODE_RELOADED/)
  t.is((await broker.stop()).code, 0)
  const lines = readFileSync(said, 'utf8').trim().split('\n')
  t.is(lines[0], '/run/notify --ready STATUS=active (ALONE)')
  t.is(lines[1], '/run/notify RELOADING=1')
  t.true(lines.includes('/run/notify --ready'))
  t.is(lines.at(-1), '/run/notify STOPPING=1')
})

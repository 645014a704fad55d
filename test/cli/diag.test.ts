import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import { logText } from '../../src/cli/diag-log.ts'
import { directoryWith } from '../config/loading.ts'
import { eventually } from '../contract/twins.ts'
import { brokerXml, Client } from '../contract/world.ts'
import { Tandem } from './process.ts'
import { call } from './terminal.ts'

/** None of these may be in a report. */
const SECRETS = {
  user: 'needle-of-a-user',
  misspelt: 'needle-misspelt',
  placeholder: 'needle-of-a-file',
  property: 'needle-of-D',
  environment: 'needle-of-env',
  url: 'needle-of-a-url',
  body: 'needle-in-a-body',
  header: 'needle-in-a-header',
}

const PLUGINS = `<plugins><loggingBrokerPlugin logAll="true"/><simpleAuthenticationPlugin><users>
  <authenticationUser username="app" password="${SECRETS.user}" groups="users"/>
  <authenticationUser username="b" password="\${db}" groups="users"/>
  <authenticationUser username="c" password="\${given}" groups="users"/>
  </users></simpleAuthenticationPlugin></plugins>
  <networkConnectors><networkConnector uri="static:(tcp://me:${SECRETS.url}@far:61616)"/></networkConnectors>`

function directory(t: ExecutionContext): string {
  const xml = brokerXml({ body: PLUGINS, connectors: { stomp: 'stomp://127.0.0.1:0?trace=true' } }).replace(
    'PropertyPlaceholderConfigurer"/>',
    'PropertyPlaceholderConfigurer"><property name="location" value="file:${activemq.conf}/db.properties"/></bean>',
  )
  const made = directoryWith({ 'conf/activemq.xml': xml, 'conf/db.properties': `db=${SECRETS.placeholder}\n` })
  t.teardown(() => rmSync(made, { recursive: true, force: true }))
  return made
}

const envOf = (place: string): Record<string, string> => ({
  ACTIVEMQ_BASE: place,
  ACTIVEMQ_DATA: join(place, 'data'),
  ACTIVEMQ_CONF: join(place, 'conf'),
  ACTIVEMQ_OPTS: `-Dgiven=${SECRETS.property}`,
  ACTIVEMQ_ENCRYPTION_PASSWORD: SECRETS.environment,
  TANDEMMQ_LOG_FILE: join(place, 'broker.log'),
})

for (const format of ['json', 'pretty'])
  test(`TC-15: diag tells of a running broker what a bug report needs, and no secret and no message (log: ${format})`, async t => {
    const place = directory(t)
    const env = envOf(place)
    const running = new Tandem(['start', '-Dtandemmq.http=127.0.0.1:0', `-Dtandemmq.log=${format}`, '-v'], place, env)
    t.teardown(() => running.child.kill('SIGKILL'))
    const log = (): string =>
      existsSync(join(place, 'broker.log')) ? readFileSync(join(place, 'broker.log'), 'utf8') : ''
    await eventually('it is ready', () => log().includes('NODE_READY'))
    const port = Number(/connector \S+ listens on [^ ]*:(\d+)/.exec(log())?.[1])
    const client = await Client.dial(port)
    client.send('CONNECT', { 'accept-version': '1.2', host: 'x', login: 'app', passcode: SECRETS.user })
    t.is((await client.frame()).command, 'CONNECTED')
    const headers = { destination: '/queue/orders', persistent: 'true', note: `${SECRETS.header} [NODE_STATE]` }
    await client.receipted('SEND', headers, SECRETS.body)
    t.true(log().includes(SECRETS.header), 'the trace holds what must not be told')

    const { code, out, err } = await call(['diag'], place, { env })
    t.deepEqual([code, err], [0, ''])
    for (const [what, secret] of Object.entries(SECRETS)) t.false(out.includes(secret), `${what} in\n${out}`)
    t.regex(out, /^TandemMQ test diagnostics of [^]*\nRead it before you send it\.\n\n {2}1 {2}machine\n/)
    for (const [title, text] of [
      [
        'machine',
        /\n {2}Max open files[^]*\n {2}ACTIVEMQ_ENCRYPTION_PASSWORD \(set\)\n[^]*without their values: given\n/,
      ],
      ['configuration', /authenticationUser[^]*password = "•••"/],
      ['findings', /networkConnector/],
      ['data directory .*', /\d+ {2}20\S+Z {2}lock\n/],
      ['http:.*/api/pair', /"role": "active"/],
      ['http:.*/health/live', /"status": "ok"/],
      ['http:.*/health/ready', /"clients are let in"/],
      ['http:.*/api/state', /\nstore: 1 messages in 1 queues, /],
      ['http:.*/metrics', /\n# TYPE /],
      ['http:.*, the store', /SegmentCount = 1\n[^]*"keptBy":\{"destination":"queue:\/\/orders","ageMs":\d+\}/],
      ['log .*broker.log', /NODE_READY/],
    ] as const) {
      const section = new RegExp(`\\n=== \\d+ ${title}\\n([^]*?)(?=\\n=== |$)`).exec(out)?.[1]
      t.regex(section ?? '', text, title)
    }
    t.notRegex(/, the store\n\n([^]*?)\n===/.exec(out)?.[1] ?? 'none', /ID:|none/, 'of a message only where it lies')
    t.is((await running.stop()).code, 0)
  })

test('TC-15: diag of a broker that does not answer is an answer too, in a file that only its owner reads', async t => {
  const place = directory(t)
  const xml = join(place, 'conf', 'activemq.xml')
  const wrong = `username="b" pasword="${SECRETS.misspelt}"`
  writeFileSync(xml, readFileSync(xml, 'utf8').replace('username="b"', wrong))
  const env = { ...envOf(place), TANDEMMQ_URL: 'http://127.0.0.1:1' }
  const first = await call(['diag', '--output', 'diag.txt.gz'], place, { env })
  t.is(first.code, 0)
  t.regex(first.err, /^tandemmq diag: wrote \S+diag\.txt\.gz, \d+ bytes; read it before you send it\n$/)
  t.is(statSync(join(place, 'diag.txt.gz')).mode & 0o777, 0o600)
  const text = gunzipSync(readFileSync(join(place, 'diag.txt.gz'))).toString()
  for (const secret of Object.values(SECRETS)) t.false(text.includes(secret), text)
  t.regex(text, /CONFIG_UNKNOWN_ATTRIBUTE {2}unknown attribute "pasword"/)
  t.regex(text, /=== \d+ http:\/\/127\.0\.0\.1:1\/api\/pair\n\n.*ECONNREFUSED/)
  t.regex(text, /=== \d+ log \S+broker\.log\n\nENOENT.*--log-file FILE names another\n/)
  const again = await call(['diag', '--output', 'diag.txt.gz'], place, { env })
  t.is(again.code, 1)
  t.regex(again.err, /is there already; --force replaces it\n$/)
  t.is((await call(['diag', '--output', 'diag.txt.gz', '--force'], place, { env })).code, 0)
  t.is((await call(['diag', 'a.xml', 'b.xml'], place, { env })).code, 2)
  // Of another machine's broker, this one's configuration and log say nothing.
  const elsewhere = await call(['diag', '--url', 'http://127.0.0.1:1'], place, { env })
  t.regex(elsewhere.out, /=== 2 configuration\n\nnone was named[^]*=== 4 log\n\nnone was named: --log-file FILE\n$/)
})

test('TC-15: of a log only lines with a code are told, and none that holds a secret', t => {
  const place = directory(t)
  const path = join(place, 'a.log')
  writeFileSync(
    path,
    [
      '2026-01-01T00:00:00.000Z INFO  ready [NODE_READY]',
      '  a next step',
      '2026-01-01T00:00:00.000Z INFO  tcp://1.2.3.4:5 > SEND a:x [NODE_READY]',
      '  of a trace',
      '2026-01-01T00:00:00.000Z INFO  Sending message: 3 bytes',
      '2026-01-01 00:00:00,000 | INFO  | ready | tandemmq.NODE_READY | active',
      '2026-01-01 00:00:00,000 | INFO  | tcp://1.2.3.4:5 > SEND a:x | tandemmq.node | active',
      '2026-01-01T00:00:00.000Z INFO  made up [NO_SUCH_CODE]',
      '2026-01-01T00:00:00.000Z INFO  hunter-two was here [NODE_STATE]',
      '',
    ].join('\n'),
  )
  t.is(
    logText(path, ['hunter-two']),
    [
      'the last 3 lines with a code; 6 others are left out',
      '2026-01-01T00:00:00.000Z INFO  ready [NODE_READY]',
      '  a next step',
      '2026-01-01 00:00:00,000 | INFO  | ready | tandemmq.NODE_READY | active',
    ].join('\n'),
  )
})

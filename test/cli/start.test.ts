import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { brokerXml, Client } from '../contract/world.ts'
import { tandem, Tandem } from './process.ts'
import { tandem as called } from './terminal.ts'

/** A directory of the test's own, with `activemq.xml` in it when XML is given. */
function place(t: ExecutionContext, xml?: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'tandemmq-cli-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  if (xml !== undefined) writeFileSync(join(directory, 'activemq.xml'), xml)
  return directory
}

/** A broker as a process of its own, which ends with the test. */
function launch(t: ExecutionContext, ...args: ConstructorParameters<typeof Tandem>): Tandem {
  const broker = new Tandem(...args)
  t.teardown(async () => {
    broker.child.kill('SIGKILL')
    await broker.ended
  })
  return broker
}

async function connected(port: number): Promise<Client> {
  const client = await Client.dial(port)
  client.send('CONNECT', { 'accept-version': '1.2' })
  await client.expect('CONNECTED')
  client.version = '1.2'
  return client
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`LC-03: start serves, ${signal} stops it with exit code 0, and what was received is kept`, async t => {
    const directory = place(t, brokerXml())
    const arguments_ = ['start', '-Dactivemq.data=data', 'xbean:file:activemq.xml']
    const broker = launch(t, arguments_, directory)
    const client = await connected(await broker.port('stomp'))
    await broker.says(/ready after \d+ ms/)
    await client.receipted('SEND', { destination: '/queue/cli', persistent: 'true' }, 'kept')
    broker.child.kill(signal)
    t.deepEqual(await client.closed(), [])
    const { code, out, err } = await broker.ended
    t.is(code, 0, err)
    t.is(out, '', 'stdout is for answers, not for the log')
    t.regex(err, /stopped \[NODE_STOPPED\]\n$/)
    const second = launch(t, arguments_, directory)
    const reader = await connected(await second.port('stomp'))
    reader.send('SUBSCRIBE', { id: '1', destination: '/queue/cli' })
    t.is((await reader.expect('MESSAGE')).body.toString(), 'kept')
    const last = await second.stop()
    t.is(last.code, 0, last.err)
  })
}

test('LC-03: a signal while it waits for the data directory ends it with exit code 0', async t => {
  const directory = place(t, brokerXml())
  const first = launch(t, ['start', '-Dactivemq.data=data', 'activemq.xml'], directory)
  await first.port('stomp')
  const second = launch(t, ['start', '-Dactivemq.data=data', 'activemq.xml'], directory)
  await second.says(/waiting as its passive/)
  t.is((await second.stop()).code, 0)
  t.notRegex(second.err, /listens on/)
})

test('a port that is taken ends the start with exit code 1, and the place of the connector is named', async t => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const directory = place(t, brokerXml({ connectors: { taken: `stomp://127.0.0.1:${port}` } }))
  const { code, err } = await tandem(['start', '-Dactivemq.data=data', 'activemq.xml'], directory)
  t.is(code, 1, err)
  t.regex(err, /activemq\.xml:\d+:\d+: connector "taken" cannot listen on 127\.0\.0\.1:\d+/)
  t.true(err.includes(String(port)))
  t.notRegex(err, /\n {4}at /, 'no stack')
})

test('wrong calls end with exit code 2 and say what is wrong and what would be right', async t => {
  const directory = place(t, brokerXml())
  const calls = [
    [['stop-it'], /unknown verb "stop-it"/],
    [['start', '--colour'], /unknown option --colour/],
    [['start', '-Dactivemq.data'], /write -Dname=value/],
    [['start', '-D=x', 'activemq.xml'], /write -Dname=value/],
    [['start', 'activemq.xml', 'b.xml'], /one configuration at a time/],
    [['store', 'look'], /Usage: tandemmq store/],
  ] as const
  for (const [args, said] of calls) {
    const { code, out, err } = await called(args, directory)
    t.is(code, 2, args.join(' '))
    t.regex(err, said)
    t.regex(err, /Usage: tandemmq/)
    t.is(out, '')
  }
})

test('a file that is missing, is no XML, or configures no broker ends with exit code 2 and its place', async t => {
  const directory = place(t)
  mkdirSync(join(directory, 'conf'))
  writeFileSync(join(directory, 'text.xml'), 'listen: 61613\n')
  writeFileSync(join(directory, 'open.xml'), '<beans>\n  <broker>\n</beans>')
  writeFileSync(join(directory, 'none.xml'), '<beans/>')
  for (const [file, where] of [
    ['missing.xml', /missing\.xml/],
    ['xbean:file:missing.xml', /missing\.xml/],
    ['conf', /conf/],
    ['text.xml', /text\.xml:1:/],
    ['open.xml', /open\.xml:3:/],
    ['none.xml', /none\.xml:1:/],
    ['xbean:http://localhost/a.xml', /local files/],
  ] as const) {
    const { code, err } = await called(['start', file], directory)
    t.is(code, 2, `${file}: ${err}`)
    t.regex(err, where)
    t.notRegex(err, /\n {4}at /, 'no stack')
  }
})

test('help and version go to stdout with exit code 0, and the help of a verb has an example', async t => {
  const directory = place(t)
  for (const args of [[], ['help'], ['--help'], ['-h']]) {
    const { code, out, err } = await called(args, directory)
    t.deepEqual([code, err], [0, ''])
    t.regex(out, /Usage: tandemmq <verb>/)
    for (const verb of ['start', 'store', 'version', 'help']) t.regex(out, new RegExp(`^ {2}${verb} `, 'm'))
  }
  for (const args of [
    ['help', 'start'],
    ['start', '--help'],
    ['start', '-h'],
  ]) {
    const { code, out } = await called(args, directory)
    t.is(code, 0)
    t.regex(out, /Examples: tandemmq start/)
    for (const word of ['-Dname=value', '--verbose', 'ACTIVEMQ_DATA', 'Exit code 0', 'xbean:file:'])
      t.true(out.includes(word), word)
  }
  t.regex((await tandem(['version'], directory)).out, /^TandemMQ \d+\.\d+\.\d+/)
})

test('without a file, conf/activemq.xml is read, else activemq.xml, as the help says', async t => {
  const directory = place(t, brokerXml({ connectors: { outside: 'stomp://127.0.0.1:0' } }))
  const broker = launch(t, ['start', '-Dactivemq.data=data'], directory)
  await broker.port('outside')
  await broker.stop()
  mkdirSync(join(directory, 'conf'))
  writeFileSync(join(directory, 'conf', 'activemq.xml'), brokerXml({ connectors: { inside: 'stomp://127.0.0.1:0' } }))
  const second = launch(t, ['start', '-Dactivemq.data=data'], directory)
  await second.port('inside')
  t.is((await second.stop()).code, 0)
})

test('-D and ACTIVEMQ_DATA reach the XML, and -D wins', async t => {
  const body = '<!-- ${activemq.conf} -->'
  const directory = place(t, brokerXml({ body, connectors: { '${the.name}': 'stomp://127.0.0.1:${the.port}' } }))
  const properties = ['-Dthe.name=from-D', '-Dthe.port=0']
  const broker = launch(t, ['start', ...properties, 'activemq.xml'], directory, {
    ACTIVEMQ_DATA: join(directory, 'by-environment'),
  })
  await broker.port('from-D')
  await broker.stop()
  t.true(existsSync(join(directory, 'by-environment')))
  const second = launch(t, ['start', ...properties, '-Dactivemq.data=by-property', 'activemq.xml'], directory, {
    ACTIVEMQ_DATA: join(directory, 'not-used'),
  })
  await second.port('from-D')
  await second.stop()
  t.true(existsSync(join(directory, 'by-property')))
  t.false(existsSync(join(directory, 'not-used')))
})

test('ACTIVEMQ_BASE and ACTIVEMQ_CONF reach the XML', async t => {
  const directory = place(t)
  mkdirSync(join(directory, 'base', 'etc'), { recursive: true })
  const xml = brokerXml({
    body: '<persistenceAdapter><kahaDB directory="${activemq.base}/store"/></persistenceAdapter>',
  })
  writeFileSync(join(directory, 'base', 'etc', 'credentials.properties'), 'connector.name=named-by-file\n')
  writeFileSync(
    join(directory, 'activemq.xml'),
    xml
      .replace('name="stomp"', 'name="${connector.name}"')
      .replace(
        'PropertyPlaceholderConfigurer"/>',
        'PropertyPlaceholderConfigurer"><property name="locations"><value>file:${activemq.conf}/credentials.properties</value></property></bean>',
      ),
  )
  const broker = launch(t, ['start', 'activemq.xml'], directory, {
    ACTIVEMQ_BASE: join(directory, 'base'),
    ACTIVEMQ_CONF: join(directory, 'base', 'etc'),
  })
  await broker.port('named-by-file')
  t.is((await broker.stop()).code, 0)
  t.true(existsSync(join(directory, 'base', 'store')))
})

test('the file of the first steps starts as it is', async t => {
  const directory = place(t)
  const xml = new URL(
    import.meta.url.includes('/dist/') ? '../../../fixtures/first/activemq.xml' : '../../fixtures/first/activemq.xml',
    import.meta.url,
  )
  const { readFileSync } = await import('node:fs')
  writeFileSync(join(directory, 'activemq.xml'), readFileSync(xml, 'utf8').replace('61613?', '0?'))
  const broker = launch(t, ['start', '-Dtandemmq.http=127.0.0.1:0', 'activemq.xml'], directory)
  await (await connected(await broker.port('stomp'))).quiet()
  t.is((await broker.stop()).code, 0)
  t.notRegex(broker.err, / (WARN|ERROR)/)
})
